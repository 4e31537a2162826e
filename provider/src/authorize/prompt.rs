//! `prompt` (OpenID Connect Core §3.1.2.1).

use crate::Refusal;
use crate::params::{Params, words};

/// What must, or must not, be shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Prompt {
    /// Nothing may be shown.
    pub(super) none: bool,
    /// Only a sign-in after this request will do: `login`, and `select_account` too, since a browser
    /// holds one account here and another is chosen by signing in.
    pub(super) login: bool,
    /// The person must consent again.
    pub(super) consent: bool,
}

pub(super) fn check(params: &Params) -> Result<Prompt, Refusal> {
    let mut prompt = Prompt::default();
    for word in params.get("prompt").map(words).into_iter().flatten() {
        match word {
            "none" => prompt.none = true,
            "login" | "select_account" => prompt.login = true,
            "consent" => prompt.consent = true,
            _ => {
                return Err(Refusal::invalid_request(
                    "prompt has a value other than none, login, consent and select_account.",
                ));
            }
        }
    }
    if prompt.none && (prompt.login || prompt.consent) {
        return Err(Refusal::invalid_request("prompt=none goes with no other value."));
    }
    Ok(prompt)
}
