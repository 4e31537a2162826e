//! What may be said about a text that someone else wrote: whether it is a link, a picture, a name or
//! a header line, and how it is shown.

use minijinja::Value;

use super::locale::one_line;

/// A link's target: http, https, or a path of this origin. Anything else leads nowhere.
pub(super) fn href(url: &Value) -> Value {
    match url.as_str() {
        Some(text) if is_link(text) => url.clone(),
        _ => Value::from("#"),
    }
}

fn is_link(url: &str) -> bool {
    // Browsers drop tabs and line breaks and read `\` as `/`.
    if url.contains(|c: char| c.is_control() || c == '\\' || c == ' ') {
        return false;
    }
    let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    let is_path = url.starts_with(['/', '?', '#']) && !url.starts_with("//");
    is_path || lower.starts_with("https://") || lower.starts_with("http://")
}

/// A picture that needs no request to another origin and can't run anything.
pub(super) fn is_local_picture(url: &str) -> bool {
    let is_raster = ["png", "jpeg", "webp", "gif"].iter().any(|kind| {
        let rest = url.strip_prefix("data:image/").and_then(|rest| rest.strip_prefix(kind));
        rest.is_some_and(|rest| rest.starts_with(";base64,"))
    });
    is_raster || (url.starts_with('/') && is_link(url))
}

/// Mails greet by name only where the name can't be read as a message of its own.
pub(super) fn is_plain_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '’');
    let dots = name.matches('.').count();
    let is_initial_dot = name
        .split('.')
        .rev()
        .skip(1)
        .all(|part| part.rsplit(' ').next().is_some_and(|word| word.chars().count() <= 3));
    !name.trim().is_empty()
        && name.chars().count() <= 48
        && name.chars().all(|c| is_plain(c) || c == '.')
        && (dots == 0
            || (is_initial_dot
                && name.split('.').skip(1).all(|rest| rest.is_empty() || rest.starts_with(' '))))
}

pub(super) fn initial(text: &str) -> String {
    let first = text.chars().find(|c| c.is_alphanumeric());
    first.into_iter().flat_map(char::to_uppercase).collect()
}

/// Plain text as markup whose web addresses can be clicked.
pub(super) fn linkify(text: &str) -> Value {
    let mut html = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(start) = find_url(rest) {
        escape(&mut html, &rest[..start]);
        let url = &rest[start..];
        let is_end = |c: char| {
            c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '\'' | '\\')
        };
        let end = url.find(is_end).unwrap_or(url.len());
        let url = url[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
        html.push_str("<a href=\"");
        escape(&mut html, url);
        html.push_str("\">");
        escape(&mut html, url);
        html.push_str("</a>");
        rest = &rest[start + url.len()..];
    }
    escape(&mut html, rest);
    Value::from_safe_string(html)
}

fn find_url(text: &str) -> Option<usize> {
    let found = ["https://", "http://"].iter().filter_map(|scheme| text.find(scheme));
    found.min()
}

fn escape(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c if c.is_control() && c != '\n' && c != '\t' => html.push(' '),
            c => html.push(c),
        }
    }
}

/// A mail's subject: one header line, whatever stands in it (RFC 5322 §2.2).
pub(super) fn is_header_safe(text: &str) -> bool {
    !text.is_empty() && text.len() <= 200 && one_line(text) == text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_and_paths_are_links() {
        for url in ["https://a.example", "HTTP://a", "/flow/x?a=b", "?lang=de", "#top"] {
            assert!(is_link(url), "{url}");
        }
        for url in [
            "javascript:alert(1)",
            "java\tscript:alert(1)",
            " https://a",
            "//evil.example",
            "/\\evil.example",
            "data:text/html,x",
            "",
            "ftp://a",
            "https:evil",
        ] {
            assert!(!is_link(url), "{url}");
        }
    }

    #[test]
    fn only_raster_pictures_and_paths_are_shown() {
        assert!(is_local_picture("/static/logo.svg"));
        assert!(is_local_picture("data:image/png;base64,AAAA"));
        for url in
            ["https://a/b.png", "//a/b.png", "data:image/svg+xml;base64,AA", "data:image/pngx"]
        {
            assert!(!is_local_picture(url), "{url}");
        }
    }

    #[test]
    fn names_that_carry_a_message_are_not_greeted() {
        for name in ["Ada Lovelace", "Dr. Zoë O'Neill-Šimić", "J. R. R. Tolkien", "李小龍"] {
            assert!(is_plain_name(name), "{name}");
        }
        for name in [
            "visit evil.example",
            "www.evil.example now",
            "https://x",
            "Win €100!",
            "a@b",
            "",
            "  ",
            "A\nB",
        ] {
            assert!(!is_plain_name(name), "{name}");
        }
    }

    #[test]
    fn links_in_text_are_escaped_and_end_where_they_end() {
        assert_eq!(
            linkify("a <b> (https://x.example/?a=1&b=\"2\"). http://y!").to_string(),
            "a &lt;b&gt; (<a href=\"https://x.example/?a=1&amp;b=\">https://x.example/?a=1&amp;b=</a>&quot;2&quot;). \
             <a href=\"http://y\">http://y</a>!"
        );
        assert_eq!(linkify("javascript:alert(1)").to_string(), "javascript:alert(1)");
    }
}
