//! `flowgate logout`: ends the token at the server, and forgets it here whatever the server says.

use provider::endpoint;
use serde_json::json;

use super::credentials::Credentials;
use super::failure::Failure;
use super::{Common, Outcome};
use crate::cli::warn;

pub(super) async fn run(common: &Common) -> Result<Outcome, Failure> {
    let api = common.api()?;
    let server = api.server();
    let form = [("client_id", provider::CLI), ("token", &*api.kept().access_token)];
    let answer = api.http().post(&server.at(endpoint::REVOCATION), &form).await;
    let revoked = answer.as_ref().is_ok_and(|answer| answer.status.is_success());
    Credentials::read()?.forget(server)?;
    if !revoked {
        let why = match answer {
            Ok(answer) => format!("status {}", answer.status.as_u16()),
            Err(failure) => failure.text,
        };
        warn(&format!("the token is forgotten here, but may live for up to an hour: {why}"));
    }
    Ok(Outcome {
        text: format!("signed out of {server}"),
        json: json!({ "server": server.to_string(), "revoked": revoked }),
    })
}
