//! A browser's user agent in words. What is shown are words from the tables here, never what a request
//! said, so nothing hostile in it reaches a page.
//!
//! Browsers name the ones they descend from, so the order of the tables matters: the first row whose
//! text is found is the answer. To add one, add a row above those that it also names.

use schemars::JsonSchema;
use serde::Serialize;

/// What a user agent names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Agent {
    /// The browser or app.
    pub(crate) browser: Option<&'static str>,
    /// The operating system.
    pub(crate) system: Option<&'static str>,
}

const BROWSERS: [(&str, &str); 19] = [
    ("flowgate/", "Flowgate CLI"),
    ("edg/", "Edge"),
    ("edga/", "Edge"),
    ("edgios/", "Edge"),
    ("opr/", "Opera"),
    ("opt/", "Opera"),
    ("samsungbrowser/", "Samsung Internet"),
    ("vivaldi/", "Vivaldi"),
    ("yabrowser/", "Yandex Browser"),
    ("duckduckgo/", "DuckDuckGo"),
    ("fxios/", "Firefox"),
    ("firefox/", "Firefox"),
    ("crios/", "Chrome"),
    ("headlesschrome/", "Chrome"),
    ("chromium/", "Chromium"),
    ("chrome/", "Chrome"),
    ("safari/", "Safari"),
    ("curl/", "curl"),
    ("okhttp/", "Android app"),
];

const SYSTEMS: [(&str, &str); 11] = [
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("android", "Android"),
    ("cros ", "ChromeOS"),
    ("windows", "Windows"),
    ("macintosh", "macOS"),
    ("mac os", "macOS"),
    ("freebsd", "FreeBSD"),
    ("openbsd", "OpenBSD"),
    ("linux", "Linux"),
    ("darwin", "macOS"),
];

impl Agent {
    /// Reads a user agent.
    pub(crate) fn of(user_agent: Option<&str>) -> Self {
        let text = user_agent.unwrap_or_default().to_ascii_lowercase();
        let find = |table: &[(&str, &'static str)]| {
            table.iter().find(|(part, _)| text.contains(part)).map(|(_, name)| *name)
        };
        Self { browser: find(&BROWSERS), system: find(&SYSTEMS) }
    }
}

#[cfg(test)]
mod tests {
    use super::Agent;

    fn named(user_agent: &str) -> (&'static str, &'static str) {
        let agent = Agent::of(Some(user_agent));
        (agent.browser.unwrap_or("-"), agent.system.unwrap_or("-"))
    }

    #[test]
    fn browsers_are_told_from_those_they_descend_from() {
        let gecko = "AppleWebKit/537.36 (KHTML, like Gecko)";
        let cases = [
            (format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {gecko} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"), ("Edge", "Windows")),
            (format!("Mozilla/5.0 (X11; Linux x86_64) {gecko} Chrome/140.0.0.0 Safari/537.36"), ("Chrome", "Linux")),
            (format!("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {gecko} Chrome/140.0.0.0 Safari/537.36"), ("Chrome", "ChromeOS")),
            (format!("Mozilla/5.0 (Linux; Android 10; K) {gecko} Chrome/140.0.0.0 Mobile Safari/537.36"), ("Chrome", "Android")),
            (format!("Mozilla/5.0 (Linux; Android 14; SM-S918B) {gecko} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36"), ("Samsung Internet", "Android")),
            (format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {gecko} Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0"), ("Opera", "Windows")),
            ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0".to_owned(), ("Firefox", "Linux")),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15".to_owned(), ("Safari", "macOS")),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1".to_owned(), ("Safari", "iPhone")),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.0.0 Mobile/15E148 Safari/604.1".to_owned(), ("Chrome", "iPhone")),
            ("curl/8.5.0".to_owned(), ("curl", "-")),
        ];
        for (user_agent, expected) in cases {
            assert_eq!(named(&user_agent), expected, "{user_agent}");
        }
    }

    #[test]
    fn what_is_unknown_has_no_words() {
        for strange in ["", "<script>alert(1)</script>", "\u{1b}[31m", "Mozilla/5.0"] {
            assert_eq!(named(strange), ("-", "-"), "{strange:?}");
        }
        assert_eq!(Agent::of(None).browser, None);
    }
}
