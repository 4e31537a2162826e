//! Claims as a page: a table that people can read, and the same as JSON.

use chrono::DateTime;
use serde_json::{Value as Json, json};

use super::Neighbours;
use super::relying_party::SignedIn;
use crate::render::{Claim, WikiAction, WikiClaims};

/// Claims that are moments (OpenID Connect Core §2 and §5.1).
const MOMENTS: [&str; 5] = ["auth_time", "exp", "iat", "nbf", "updated_at"];

/// The page of somebody who signed in.
pub(super) fn claims(neighbours: &Neighbours, signed_in: &SignedIn) -> WikiClaims {
    let SignedIn { id_claims, userinfo, .. } = signed_in;
    let find = |name: &str| userinfo.get(name).or_else(|| id_claims.get(name))?.as_str();
    let name = ["name", "preferred_username", "email", "sub"].into_iter().find_map(find);
    let json = json!({ "id_token": id_claims, "userinfo": userinfo });
    let own = userinfo.iter().filter(|(name, _)| !id_claims.contains_key(*name));
    let claim =
        |(name, value): (&String, &Json)| Claim { name: name.clone(), value: text(name, value) };
    WikiClaims {
        name: name.unwrap_or_default().to_owned(),
        sign_out: "/logout".to_owned(),
        claims: id_claims.iter().chain(own).map(claim).collect(),
        json: serde_json::to_string_pretty(&json).unwrap_or_default(),
        actions: actions(neighbours, true),
    }
}

/// A value on one line; a moment as a number and as a date.
fn text(name: &str, value: &Json) -> String {
    let moment = value.as_i64().filter(|_| MOMENTS.contains(&name));
    if let Some(at) = moment.and_then(|seconds| DateTime::from_timestamp(seconds, 0)) {
        return format!("{value} ({} UTC)", at.format("%Y-%m-%d %H:%M:%S"));
    }
    match value {
        Json::String(text) => text.clone(),
        Json::Array(items) => {
            items.iter().map(|item| text("", item)).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

/// What to try next.
pub(super) fn actions(neighbours: &Neighbours, is_signed_in: bool) -> Vec<WikiAction> {
    let action = |key: &str, url: String| WikiAction { key: key.to_owned(), url };
    let tries: &[&str] =
        if is_signed_in { &["fresh", "second_factor", "silent", "consent"] } else { &["silent"] };
    let tries = tries.iter().map(|key| action(key, format!("/login?try={key}")));
    let account = format!("{}/", neighbours.issuer);
    let rest = [action("account", account), action("outbox", neighbours.outbox.clone())];
    tries.chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_well() {
        assert_eq!(text("exp", &json!(1_795_376_280)), "1795376280 (2026-11-22 19:38:00 UTC)");
        assert_eq!(text("amr", &json!(["pwd", "otp"])), "pwd, otp");
        assert_eq!(text("email_verified", &json!(true)), "true");
        assert_eq!(text("sub", &json!("1")), "1");
        assert_eq!(text("x", &json!({ "a": 1 })), r#"{"a":1}"#);
    }
}
