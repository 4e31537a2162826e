//! `redirect`: ends the flow by leading to a URL that the blueprint states.

use engine::{ConfigProblem, Context, Ending, Entered, Result, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Leads elsewhere.
pub struct Redirect;

/// Where `redirect` leads.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// An `https` URL, or a path of this server such as `/flow/recovery`.
    #[schemars(length(min = 1, max = 2000))]
    pub url: String,
}

/// `redirect` asks nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {}

impl Stage for Redirect {
    const KIND: &'static str = "redirect";
    const ENDING: Ending = Ending::Leaves;
    type Config = Config;
    type Answer = Answer;

    fn check(config: &Config) -> Vec<ConfigProblem> {
        if is_target(&config.url) {
            return Vec::new();
        }
        let message = "must be an https URL or a path of this server that begins with one slash";
        vec![ConfigProblem::new("url", message)]
    }

    async fn enter(_: &mut Context<'_>, config: &Config) -> Result<Entered> {
        Ok(Entered::Leave(config.url.clone()))
    }
}

fn is_target(target: &str) -> bool {
    // Browsers read a backslash as a slash and drop tabs, so `/\evil` and `/<tab>/evil` leave.
    let plain = |c: char| c.is_ascii_graphic() && c != '\\';
    if !target.chars().all(plain) {
        return false;
    }
    match target.strip_prefix('/') {
        Some(rest) => !rest.starts_with('/'),
        None => url::Url::parse(target).is_ok_and(|url| {
            url.scheme() == "https" && url.host().is_some() && url.username().is_empty()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::is_target;

    #[test]
    fn leads_only_to_https_or_to_a_path_of_this_server() {
        for good in ["https://wiki.example/", "/", "/flow/recovery", "/flow/x?y=z"] {
            assert!(is_target(good), "{good}");
        }
        let bad = [
            "",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil",
            "/\t/evil",
            "http://a.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://",
            "https://a@b.example/",
            "evil",
            "https://wiki.example/ä",
            "/a b",
        ];
        for bad in bad {
            assert!(!is_target(bad), "{bad}");
        }
    }
}
