//! Where a flow may lead back to: a page of ours, by an allow-list. Every test of "is this URL local"
//! that forbids instead of allowing has been beaten by `//`, `/\`, a tab or an encoded slash.

/// The pages, each with everything below it.
const PLACES: [&str; 3] = ["/account", "/device", "/flow"];

/// A longer one is none that a page of ours made.
pub(super) const MAX_LENGTH: usize = 1024;

/// The path and query, if it is one of ours.
pub(super) fn check(given: &str) -> Option<&str> {
    let (path, query) = match given.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (given, None),
    };
    let is_below = |place: &str| {
        path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let is_one = given.len() <= MAX_LENGTH
        && PLACES.into_iter().any(is_below)
        && path.split('/').skip(1).all(is_segment)
        && query.is_none_or(is_query);
    is_one.then_some(given)
}

/// Ids and slugs: nothing that any reader of a URL could decode, skip or climb.
fn is_segment(segment: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    !segment.is_empty() && segment.bytes().all(is_plain) && segment.bytes().any(|b| b != b'.')
}

/// As `application/x-www-form-urlencoded` is written.
fn is_query(query: &str) -> bool {
    let is_plain = |b: u8| {
        b.is_ascii_alphanumeric()
            || matches!(b, b'-' | b'_' | b'.' | b'~' | b'*' | b'+' | b'=' | b'&' | b'%')
    };
    query.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::{MAX_LENGTH, check};

    #[test]
    fn pages_of_ours_are_led_back_to() {
        for page in [
            "/account",
            "/account/security",
            "/account/factors/0190a9c5-3d0e-7d7e-8f6a-3a8f4d3c2b1a?lang=de",
            "/device",
            "/device?user_code=ABCD-EFGH",
            "/flow/set-up-totp?next=%2Faccount%2Fsecurity",
        ] {
            assert_eq!(check(page), Some(page));
        }
    }

    #[test]
    fn nothing_else_is() {
        let long = format!("/account/{}", "a".repeat(MAX_LENGTH));
        for evil in [
            "",
            "/",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "/%5cevil.example",
            "/%2fevil.example",
            "\t//evil.example",
            "/\t/evil.example",
            "/%09/evil.example",
            "https:evil.example",
            "https://evil.example",
            "https://evil.example/account",
            "javascript:alert(1)",
            "/@evil.example",
            "account",
            " /account",
            "/account ",
            "/account\n",
            "/account\0",
            "/account//evil.example",
            "/account/\\evil.example",
            "/account/..//evil.example",
            "/account/../oauth/logout",
            "/account/./x",
            "/account/%2e%2e/logout",
            "/account/",
            "/account;@evil.example",
            "/account@evil.example",
            "/account.evil.example",
            "/accounts",
            "/account#//evil.example",
            "/account?a=\r\nset-cookie:x",
            "/account?a=<script>",
            "/account?next=//evil.example",
            "/Account",
            "/ACCOUNT",
            "/aÿccount",
            "/oauth/authorize?client_id=x",
            "/logout",
            "/flowers",
            &long,
        ] {
            assert_eq!(check(evil), None, "{evil:?}");
        }
    }
}
