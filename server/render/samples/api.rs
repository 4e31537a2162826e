//! Samples of the page that describes the API.

use serde_json::json;

use super::super::{ApiAnswer, ApiDocs, ApiField, ApiGroup, ApiOperation};
use super::{Sample, view};

pub(super) fn pages() -> Vec<Sample> {
    let field = |name: &str, kind: &str, required| ApiField {
        name: name.to_owned(),
        kind: kind.to_owned(),
        required,
        says: "The digits that the app shows.".to_owned(),
    };
    let answer = |status: &str, kind: &str, fields| ApiAnswer {
        status: status.to_owned(),
        is_refusal: !status.starts_with('2'),
        lines: vec![json!({ "kind": kind, "says": "Signed in: the person." })],
        fields,
    };
    let verify = ApiOperation {
        anchor: "postLoginVerify".to_owned(),
        method: "POST".to_owned(),
        path: "/api/v1/login/verify".to_owned(),
        summary: "Show the second factor".to_owned(),
        details: "Five wrong ones end the sign-in.".to_owned(),
        parameters: vec![field("client", "string | null", false)],
        fields: vec![field("code", "string", true), field("factors", "Factor[]", false)],
        example:
            "curl -X POST https://id.acme.example/api/v1/login/verify -d '{\"code\":\"123456\"}'"
                .to_owned(),
        answers: vec![
            answer("200", "", vec![field("id", "string", true)]),
            answer("400", "answer_refused", Vec::new()),
        ],
    };
    let bare = ApiOperation {
        anchor: "getMe".to_owned(),
        method: "GET".to_owned(),
        path: "/api/v1/me".to_owned(),
        details: String::new(),
        parameters: Vec::new(),
        fields: Vec::new(),
        ..verify.clone()
    };
    let group = |title: &str, operations| ApiGroup {
        title: title.to_owned(),
        anchor: title.to_lowercase().replace(' ', "-"),
        operations,
    };
    let docs = ApiDocs {
        about: vec![
            "What the pages do, for programs.".to_owned(),
            "Errors are problems.".to_owned(),
        ],
        groups: vec![group("Signing in", vec![verify]), group("The account", vec![bare])],
        document: "/api/v1/openapi.json",
    };
    vec![view("api_docs", &docs)]
}
