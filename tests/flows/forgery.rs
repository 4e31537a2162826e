//! Requests that another site, or another browser, makes in a person's name (A-250, CVE-2014-3709).

use reqwest::Method;
use serde_json::json;

use crate::harness::{Browser, Page, TestApp, Walk};
use crate::{ADA, PASSWORD};

use super::{SIGN_IN, assert_nobody, is_signed_in, me, sign_in};

/// What a form needs beside its fields to be believed.
struct Forged {
    what: &'static str,
    /// The token in place of the page's: `None` leaves it out.
    csrf: Option<String>,
    headers: Vec<(&'static str, String)>,
    /// Whether the browser's cookies go with it.
    with_cookies: bool,
}

/// Every way in which a form can come from elsewhere. `token` is the page's own, `other` that of
/// another browser.
fn forgeries(token: &str, other: &str, own: &str) -> Vec<Forged> {
    let sent = |what, csrf: Option<&str>, headers: &[(&'static str, &str)]| Forged {
        what,
        csrf: csrf.map(str::to_owned),
        headers: headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        with_cookies: true,
    };
    let good = Some(token);
    let twin = own.replace("127.0.0.1", "localhost");
    vec![
        sent("no token", None, &[]),
        sent("an empty token", Some(""), &[]),
        sent("another browser's token", Some(other), &[]),
        sent("half a token", Some(&token[..token.len() / 2]), &[]),
        sent("a longer token", Some(&format!("{token}A")), &[]),
        sent("no base64", Some("????"), &[]),
        sent("a form of another site", good, &[("sec-fetch-site", "cross-site")]),
        sent("a form of a neighbour", good, &[("sec-fetch-site", "same-site")]),
        sent("nonsense", good, &[("sec-fetch-site", "Same-Origin ")]),
        sent("another origin", good, &[("origin", "https://evil.example")]),
        sent("an origin that begins the same", good, &[("origin", &format!("{own}.evil.example"))]),
        sent("another port", good, &[("origin", &format!("{own}0"))]),
        sent("another scheme", good, &[("origin", &own.replace("http:", "https:"))]),
        sent("another name of the host", good, &[("origin", &twin)]),
        sent("an opaque origin", good, &[("origin", "null")]),
        sent("an empty origin", good, &[("origin", "")]),
        Forged { with_cookies: false, ..sent("no cookies", good, &[]) },
    ]
}

/// Sends a form as it was forged.
async fn send(browser: &Browser, address: &str, fields: &[(&str, &str)], forged: &Forged) -> Page {
    let sender = browser.stolen();
    if !forged.with_cookies {
        sender.jar().clear();
    }
    let csrf = forged.csrf.iter().map(|token| ("csrf", token.as_str()));
    let pairs = csrf.chain(fields.iter().copied());
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let form = ("content-type", "application/x-www-form-urlencoded".as_bytes());
    let headers = forged.headers.iter().map(|(name, value)| (*name, value.as_bytes()));
    let headers: Vec<_> = headers.chain([form]).collect();
    sender.raw(Method::POST, address, &headers, body).await
}

async fn token_of(browser: &Browser) -> String {
    browser.visit(SIGN_IN).await.attribute(r#"[name="csrf"]"#, "value")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_of_another_page_is_taken() {
    let app = TestApp::with_outbox(crate::ACME).await;
    let browser = app.browser();
    let page = browser.visit(SIGN_IN).await;
    let page = page.form_with("login").fill("login", ADA).submit().await.expect(200);
    let address = page.url.to_string();
    let token = page.attribute(r#"[name="csrf"]"#, "value");
    let other = token_of(&app.browser()).await;
    let walk = Walk::begin(&app.browser(), "recovery").await;
    walk.answer(json!({ "login": ADA })).await;
    let link = app.outbox().await[0].link().to_owned();

    let password = [("step", "1"), ("password", PASSWORD)];
    for forged in forgeries(&token, &other, app.url()) {
        let what = forged.what;
        let page = send(&browser, &address, &password, &forged).await;
        assert_eq!(page.status, 403, "{what}: {page:?}");
        assert!(page.headers.get("set-cookie").is_none(), "{what}");
        let page = send(&browser, &link, &[("action", "confirm")], &forged).await;
        assert_eq!(page.status, 403, "{what}: {page:?}");
    }
    assert_nobody(&app, &browser).await;
    assert!(app.events_of("password_checked").await.is_empty(), "nothing was looked at");
    assert!(app.events_of("link_used").await.is_empty(), "nothing was used");

    // And with everything as it should be, each is taken.
    let good = Forged { csrf: Some(token), ..forgeries("", "", "").remove(0) };
    assert_eq!(send(&browser, &link, &[("action", "confirm")], &good).await.status, 303);
    let page = send(&browser, &address, &password, &good).await.expect(303);
    assert!(is_signed_in(&page.browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_signed_out_by_another_site() {
    let app = TestApp::start().await;
    let browser = app.browser();
    sign_in(browser.visit(SIGN_IN).await).await.expect(200);
    let token = browser.visit("/").await.attribute(r#"[name="csrf"]"#, "value");
    let other = token_of(&app.browser()).await;
    for forged in forgeries(&token, &other, app.url()) {
        let page = send(&browser, "/logout", &[], &forged).await;
        assert_eq!(page.status, 403, "{}: {page:?}", forged.what);
    }
    me(&browser).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn json_comes_from_scripts_of_this_server_or_from_apps() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let walk = Walk::begin(&browser, "sign-in").await.answer(json!({ "login": ADA })).await;
    let body = json!({ "step": 1, "answer": { "password": PASSWORD } }).to_string();
    let address = walk.address();
    let json: (&str, &[u8]) = ("content-type", b"application/json");
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let headers = [json, (name, value.as_bytes())];
        let page = browser.raw(Method::POST, &address, &headers, &*body).await;
        assert_eq!(page.status, 403, "{name}: {value}: {page:?}");
    }
    // What a form of another site can send without asking first is no JSON.
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "text/json",
        "application/json-patch+json",
        "",
    ] {
        let headers: [(&str, &[u8]); 1] = [("content-type", kind.as_bytes())];
        let page = browser.raw(Method::POST, &address, &headers, &*body).await;
        assert_eq!(page.status, 415, "{kind}: {page:?}");
    }
    assert_eq!(browser.raw(Method::POST, &address, &[], &*body).await.status, 415);
    assert_nobody(&app, &browser).await;
    // A preflight is not answered, so no other site's script may ask.
    let asks: &[(&str, &[u8])] = &[
        ("origin", b"https://evil.example"),
        ("access-control-request-method", b"POST"),
        ("access-control-request-headers", b"content-type"),
    ];
    let page = browser.raw(Method::OPTIONS, &address, asks, "").await.expect(405);
    assert!(page.headers.keys().all(|name| !name.as_str().starts_with("access-control")));
    let own = [json, ("origin", app.url().as_bytes()), ("sec-fetch-site", b"same-origin")];
    browser.raw(Method::POST, &address, &own, &*body).await.expect(200);
    me(&browser).await.expect(200);
}
