#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::path::Path;

use clap::{Args as _, FromArgMatches as _};

use super::*;

fn resolve(flags: &[(&'static str, &str)], variables: &[(&str, &str)]) -> Result<Settings, String> {
    let flags = flags.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let environment = variables.iter().copied().collect();
    Settings::resolve(&flags, &environment).map_err(|error| error.to_string())
}

/// Settings of a configuration file, in a folder that lives as long as the test.
fn with_file(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flowgate.toml");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn nothing_stated_is_a_server_on_loopback() {
    let settings = resolve(&[], &[]).unwrap();
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.public_url, "http://127.0.0.1:8080");
    assert!(!settings.is_secure());
    assert!(!settings.is_exposed_without_url());
    assert_eq!(settings.database, Database::Sqlite("flowgate-data/flowgate.db".into()));
    assert_eq!(settings.secret_key_file, Path::new("flowgate-data/secret.key"));
    assert_eq!(settings.mail_from.to_string(), "Flowgate <no-reply@localhost>");
    assert_eq!(settings.default_language, "en");
    assert!(settings.smtp.is_none() && settings.trusted_proxies.is_empty());
}

#[test]
fn a_flag_beats_a_variable_beats_the_file_beats_the_default() {
    let (_folder, path) =
        with_file("listen = '127.0.0.1:1'\nlog = 'warn'\nworkers = 3\ndata = 'd'\n");
    let variables = [
        ("FLOWGATE_CONFIG", path.as_str()),
        ("FLOWGATE_LISTEN", "127.0.0.1:2"),
        ("FLOWGATE_LOG", "error"),
        ("FLOWGATE_WORKERS", ""),
    ];
    let settings = resolve(&[("listen", "127.0.0.1:3")], &variables).unwrap();
    assert_eq!(settings.listen.port(), 3);
    assert_eq!(settings.log, "error");
    assert_eq!(settings.workers, 3, "an empty variable counts as absent");
    assert_eq!(settings.log_format, LogFormat::Text);
}

#[test]
fn a_path_in_the_file_is_relative_to_the_file() {
    let (folder, path) = with_file("data = 'data'\ndatabase = 'sqlite:a.db'\nblueprints = '.'");
    let settings = resolve(&[("config", &path)], &[]).unwrap();
    assert_eq!(settings.secret_key_file, folder.path().join("data/secret.key"));
    assert_eq!(settings.database, Database::Sqlite(folder.path().join("a.db")));
    assert_eq!(settings.blueprints, Some(folder.path().join(".")));
    let settings = resolve(&[("config", &path), ("database", "b.db")], &[]).unwrap();
    assert_eq!(settings.database, Database::Sqlite("b.db".into()));
}

#[test]
fn every_mistake_is_told_at_once_with_all_names_and_the_place() {
    let (_folder, path) = with_file("\nworkers = 0\nlisten_on = 'x'\nlog = true\n");
    let variables = [("FLOWGATE_PUBLIC_URL", "http://id.example.org"), ("FLOWGATE_CONFIG", &path)];
    let flags = [("listen", "nowhere"), ("trusted-proxies", "10.0.0.0/8,10.0.0.0/33")];
    let error = resolve(&flags, &variables).unwrap_err();
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 6, "{error}");
    let has = |parts: &[&str]| {
        let found = lines.iter().any(|line| parts.iter().all(|part| line.contains(part)));
        assert!(found, "{parts:?} in:\n{error}");
    };
    has(&["--listen (FLOWGATE_LISTEN, key listen", "nowhere", "given by the flag"]);
    has(&[
        "--public-url (FLOWGATE_PUBLIC_URL, key public_url",
        "https",
        "given by FLOWGATE_PUBLIC",
    ]);
    has(&["--workers (FLOWGATE_WORKERS, key workers", "given at", "flowgate.toml:2"]);
    has(&["flowgate.toml:3", "`listen_on` is no setting"]);
    has(&["--log (FLOWGATE_LOG, key log", "boolean", "flowgate.toml:4"]);
    has(&["--trusted-proxies", "`10.0.0.0/33`"]);
}

#[test]
fn a_broken_file_is_an_error_with_a_line_and_without_its_text() {
    let (_folder, path) = with_file("log = 'info'\nsmtp_url = \"smtps://a:hunter2@b\nlog = 1");
    let error = resolve(&[("config", &path)], &[]).unwrap_err();
    assert!(error.contains("flowgate.toml:2"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
    let error = resolve(&[("config", "/nowhere.toml")], &[]).unwrap_err();
    assert!(error.contains("--config (FLOWGATE_CONFIG)") && error.contains("/nowhere.toml"));
}

#[test]
fn a_variable_that_is_nearly_a_setting_is_noted_and_others_are_not() {
    let variables = [("FLOWGATE_PUBLIC_ULR", "x"), ("FLOWGATE_PORT", "tcp://10.0.0.1:80")];
    let settings = resolve(&[], &variables).unwrap();
    assert_eq!(settings.notes.len(), 1, "{:?}", settings.notes);
    assert!(settings.notes[0].contains("did you mean FLOWGATE_PUBLIC_URL?"));
}

#[test]
fn the_public_url_is_an_origin_and_plain_http_is_for_loopback() {
    for (url, origin) in [
        ("https://ID.example.org/", "https://id.example.org"),
        ("https://id.example.org:443", "https://id.example.org"),
        ("https://id.example.org:8443", "https://id.example.org:8443"),
        ("http://localhost:9000", "http://localhost:9000"),
        ("http://idp.localhost", "http://idp.localhost"),
        ("http://[::1]:9000", "http://[::1]:9000"),
    ] {
        assert_eq!(resolve(&[("public-url", url)], &[]).unwrap().public_url, origin);
    }
    for url in [
        "http://id.example.org",
        "http://localhost.example.org",
        "http://10.0.0.1",
        "https://id.example.org/login",
        "https://id.example.org/?a",
        "https://id.example.org/#a",
        "https://user@id.example.org",
        "ftp://id.example.org",
        "id.example.org",
        "https://",
    ] {
        let error = resolve(&[("public-url", url)], &[]).unwrap_err();
        assert!(error.starts_with("--public-url"), "{url}: {error}");
    }
}

#[test]
fn an_unstated_public_url_follows_the_port_that_was_taken() {
    let settings = resolve(&[("listen", "0.0.0.0:0")], &[]).unwrap();
    assert!(settings.is_exposed_without_url());
    let settings = settings.bound_to("0.0.0.0:4711".parse().unwrap());
    assert_eq!(settings.public_url, "http://127.0.0.1:4711");
    let stated = [("listen", "0.0.0.0:0"), ("public-url", "https://id.example.org")];
    let settings = resolve(&stated, &[]).unwrap().bound_to("0.0.0.0:4711".parse().unwrap());
    assert_eq!(settings.public_url, "https://id.example.org");
}

#[test]
fn an_unencrypted_login_to_a_mail_server_stays_on_this_machine() {
    let url = |url: &str| resolve(&[("smtp-url", url)], &[]).map(|s| s.smtp.unwrap().url);
    assert_eq!(url("smtps://a:b@mail.example.org").unwrap(), "smtps://a:b@mail.example.org:465");
    assert_eq!(
        url("smtp+starttls://a%40b:p%2Fq+%26@mail.example.org:25").unwrap(),
        "smtp://a%40b:p%2Fq+&@mail.example.org:25?tls=required"
    );
    assert_eq!(url("smtp://mail.example.org").unwrap(), "smtp://mail.example.org:25");
    assert_eq!(url("smtp://a:b@127.0.0.1").unwrap(), "smtp://a:b@127.0.0.1:25");
    for refused in [
        "smtp://a:hunter2@mail.example.org",
        "http://mail.example.org",
        "smtps://:hunter2@mail.example.org",
        "smtps://a:hunter2@mail.example.org/ehlo",
        "smtps://a:hunter2@mail.example.org?tls=none",
        "smtps:mail",
    ] {
        let error = url(refused).unwrap_err();
        assert!(error.starts_with("--smtp-url (FLOWGATE_SMTP_URL, key smtp_url"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn the_mail_password_comes_from_a_file_of_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    let file_name = file.to_str().unwrap();
    let with = |url: &str| resolve(&[("smtp-url", url), ("smtp-password-file", file_name)], &[]);
    std::fs::write(&file, "p@ss\n").unwrap();
    let settings = with("smtps://a@mail.example.org").unwrap();
    assert_eq!(settings.smtp.unwrap().url, "smtps://a:p%40ss@mail.example.org:465");
    assert!(with("smtps://mail.example.org").unwrap_err().contains("must name the user"));
    assert!(with("smtps://a:b@mail.example.org").unwrap_err().contains("must not hold a password"));
    std::fs::write(&file, "one\ntwo\n").unwrap();
    assert!(with("smtps://a@mail.example.org").unwrap_err().contains("one line"));
    std::fs::write(&file, "p").unwrap();
    assert!(resolve(&[("smtp-password-file", file_name)], &[]).unwrap_err().contains("smtp_url"));
}

#[test]
fn lists_are_texts_with_commas_and_lists_in_the_file() {
    let (_folder, path) = with_file("trusted_proxies = ['10.0.0.0/8', '::1']");
    let expected: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
    assert_eq!(resolve(&[("config", &path)], &[]).unwrap().trusted_proxies, expected);
    let flags = [("trusted-proxies", "10.0.0.0/8, ::1")];
    assert_eq!(resolve(&flags, &[]).unwrap().trusted_proxies, expected);
}

#[test]
fn no_value_is_shown_that_may_be_secret() {
    let database = ("database", "postgres://u:hunter2@db/x");
    let settings = resolve(&[database, ("smtp-url", "smtps://u:hunter2@m")], &[]).unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
    let error = resolve(&[("database", "mysql://u:hunter2@db/x")], &[]).unwrap_err();
    assert!(error.starts_with("--database") && !error.contains("hunter2"), "{error}");
}

#[test]
fn every_setting_is_a_flag_and_no_two_share_a_name() {
    let command = Flags::augment_args(clap::Command::new("x"));
    let names: HashSet<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
    assert_eq!(names.len(), SETTINGS.len());
    let mut arguments = vec!["x".to_owned()];
    arguments.extend(names.iter().flat_map(|name| [format!("--{name}"), "v".to_owned()]));
    let matches = command.try_get_matches_from(arguments).unwrap();
    let flags = Flags::from_arg_matches(&matches).unwrap();
    // Each is read: a value that is wrong for it is an error, or it takes any text.
    let error = Settings::resolve(&flags, &Environment::default()).unwrap_err().to_string();
    for name in names {
        let takes_any = ["data", "database", "secret-key-file", "default-language", "log"];
        assert!(takes_any.contains(&name) || error.contains(&format!("--{name} ")), "{name}");
    }
}

const TWILIO: [(&str, &str); 4] = [
    ("sms-provider", "twilio"),
    ("sms-account", "AC0123456789abcdef0123456789abcdef"),
    ("sms-secret", "hunter2"),
    ("sms-from", "Acme"),
];

#[test]
fn twilio_needs_an_account_its_token_and_a_sender() {
    assert!(resolve(&TWILIO, &[]).unwrap().sms.is_some());
    for left_out in 1..TWILIO.len() {
        let mut less = TWILIO.to_vec();
        let (name, _) = less.remove(left_out);
        let error = resolve(&less, &[]).err().unwrap();
        assert!(error.starts_with(&format!("--{name} ")), "{error}");
        assert!(error.contains("not given") && !error.contains("hunter2"), "{error}");
    }
    for (name, wrong) in [
        ("sms-account", "AC0123456789abcdef0123456789abcdeg"),
        ("sms-account", "AC0123456789abcdef0123456789abcdef/../x"),
        ("sms-from", "Acme\r\nBcc: x"),
        ("sms-url", "http://api.twilio.com"),
        ("sms-url", "https://user:hunter2@api.twilio.com"),
        ("sms-url", "file:///etc/passwd"),
        ("sms-method", "POST"),
    ] {
        let mut flags: Vec<_> = TWILIO.into_iter().filter(|(it, _)| *it != name).collect();
        flags.push((name, wrong));
        let error = resolve(&flags, &[]).err().unwrap();
        assert!(error.starts_with(&format!("--{name} ")) && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn a_gateway_is_described_in_whole_or_refused() {
    let good = [
        ("sms-provider", "http"),
        ("sms-url", "https://sms.example.org/v1"),
        ("sms-body", r#"{"to": "{digits}", "text": "{text}"}"#),
    ];
    assert!(resolve(&good, &[]).unwrap().sms.is_some());
    assert!(resolve(&good[..2], &[]).err().unwrap().contains("--sms-body"));
    for (name, wrong, about) in [
        ("sms-body", r#"{"to": "{to}"}"#, "{text}"),
        ("sms-body", r#"{"text": "{text}"}"#, "{to}"),
        ("sms-body", r#"{"to": "{to}", "text": "{text}", "k": "{secret}"}"#, "sms_secret"),
        ("sms-body", r#"["{to}", "{text}"]"#, "JSON object"),
        ("sms-headers", r#"{"X-To": "{to}"}"#, "X-To"),
        ("sms-headers", r#"{"X To": "a"}"#, "X To"),
        ("sms-headers", r#"{"X": "a\r\nb"}"#, "`X`"),
        ("sms-headers", r#"{"Authorization": "Bearer {secret}"}"#, "sms_secret"),
        ("sms-headers", r#"{"Authorization": "hunter2"#, "JSON object"),
        ("sms-method", "GET", "GET"),
        ("sms-encoding", "xml", "xml"),
        ("sms-statuses", "200,302", "302"),
        ("sms-account", "AC0123456789abcdef0123456789abcdef", "no use"),
    ] {
        let mut flags: Vec<_> = good.into_iter().filter(|(it, _)| *it != name).collect();
        flags.push((name, wrong));
        let error = resolve(&flags, &[]).err().unwrap();
        assert!(error.starts_with(&format!("--{name} ")), "{wrong}: {error}");
        assert!(error.contains(about) && !error.contains("hunter2"), "{wrong}: {error}");
    }
    let nested = [good[0], good[1], ("sms-encoding", "form")];
    let nested =
        [nested.as_slice(), &[("sms-body", r#"{"a": ["{to}"], "text": "{text}"}"#)]].concat();
    assert!(resolve(&nested, &[]).err().unwrap().contains("`a`"));
}

#[test]
fn the_secret_of_the_provider_comes_from_a_variable_or_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "from the file\n").unwrap();
    let file = file.to_str().unwrap();
    let secret = |flags: &[(&'static str, &str)], variables: &[(&str, &str)]| {
        let others = TWILIO.into_iter().filter(|(name, _)| *name != "sms-secret");
        let flags: Vec<_> = others.chain(flags.iter().copied()).collect();
        resolve(&flags, variables).map(|settings| match settings.sms {
            Some(Sms::Twilio(twilio)) => twilio.secret,
            _ => String::new(),
        })
    };
    assert_eq!(secret(&[("sms-secret-file", file)], &[]).unwrap(), "from the file");
    assert_eq!(secret(&[], &[("FLOWGATE_SMS_SECRET", "a variable")]).unwrap(), "a variable");
    let both = secret(&[("sms-secret-file", file)], &[("FLOWGATE_SMS_SECRET", "x")]);
    assert!(both.unwrap_err().starts_with("--sms-secret-file "));
}

#[test]
fn limits_are_on_unless_somebody_says_otherwise() {
    let factor = |text: &str| resolve(&[("rate-limit", text)], &[]).map(|it| it.rate_limit);
    assert_eq!(resolve(&[], &[]).unwrap().rate_limit, Some(1.0));
    assert_eq!(factor("on"), Ok(Some(1.0)));
    assert_eq!(factor("2.5"), Ok(Some(2.5)));
    assert_eq!(factor("off"), Ok(None));
    for wrong in ["0", "-1", "0.09", "1001", "inf", "NaN", "no", "2x", "OFF"] {
        assert!(factor(wrong).unwrap_err().contains("--rate-limit"), "{wrong}");
    }
}

#[test]
fn sessions_idle_for_ever_unless_somebody_says_otherwise() {
    let idle = |text: &str| resolve(&[("session-idle", text)], &[]).map(|it| it.session_idle);
    assert_eq!(resolve(&[], &[]).unwrap().session_idle, Span::ZERO);
    assert_eq!(idle("0"), Ok(Span::ZERO));
    assert_eq!(idle("1h"), Ok(Span::hours(1)));
    for wrong in ["1", "1 h", "-1h", "1w", "soon"] {
        assert!(idle(wrong).unwrap_err().contains("--session-idle"), "{wrong}");
    }
}
