//! `flowgate profile auth status`: who is signed in, with what, and what protects the account.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::failure::{Failure, plain};
use super::login::time;
use super::{Common, Outcome};

pub(super) async fn run(common: &Common) -> Result<Outcome, Failure> {
    let api = common.api()?;
    let me = api.get("").await?;
    let step_up = api.get("/step-up").await?;
    let factors = api.get("/factors").await?;
    let server = api.server().to_string();
    let expires_at = api.kept().expires_at;

    let mut text = String::new();
    let name = said(&me["email"]).or_else(|| said(&me["username"])).unwrap_or_default();
    let _ = writeln!(text, "signed in to {server} as {name} until {}", time(expires_at));
    let session = &me["session"];
    let methods: Vec<String> =
        session["amr"].as_array().into_iter().flatten().filter_map(said).collect();
    let level = said(&session["acr"]).unwrap_or_default();
    let _ = writeln!(text, "level {level}, proven by {}", methods.join(", "));
    let _ = match (step_up["satisfied"].as_bool(), said(&step_up["until"])) {
        (Some(true), Some(until)) => {
            writeln!(text, "sensitive changes: allowed until {}", moment(&until))
        }
        (Some(true), None) => writeln!(text, "sensitive changes: allowed"),
        _ => writeln!(text, "sensitive changes: need `flowgate login --step-up`"),
    };
    for factor in listed(&factors) {
        let _ = writeln!(text, "factor {factor}");
    }
    let codes = &factors["recovery_codes"];
    if let (Some(left), Some(of)) = (codes["left"].as_i64(), codes["of"].as_i64()) {
        let _ = writeln!(text, "recovery codes: {left} of {of} left");
    }
    Ok(Outcome {
        text,
        json: json!({
            "server": server,
            "expires_at": expires_at,
            "user": me,
            "step_up": step_up,
            "factors": factors,
        }),
    })
}

/// Each factor in a line: its kind and its name.
pub(super) fn listed(factors: &Value) -> Vec<String> {
    let list = factors.get("factors").or_else(|| factors.get("passkeys")).unwrap_or(factors);
    let line = |factor: &Value| {
        let kind = said(&factor["factor"]).or_else(|| said(&factor["kind"]))?;
        let used = said(&factor["last_used_at"]);
        let used =
            used.map_or_else(|| "never used".to_owned(), |at| format!("used {}", moment(&at)));
        let name = said(&factor["name"]).unwrap_or_default();
        Some(
            [kind, name, used]
                .iter()
                .filter(|text| !text.is_empty())
                .cloned()
                .collect::<Vec<_>>()
                .join(", "),
        )
    };
    list.as_array().into_iter().flatten().filter_map(line).collect()
}

/// A text of the server's, for the terminal.
fn said(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(plain)
}

/// A moment as the server wrote it, as people read it.
fn moment(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), time)
}
