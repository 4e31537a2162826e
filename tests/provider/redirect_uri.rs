//! Where a code may go: compared byte for byte, and nowhere is anybody sent who was not registered
//! (RFC 9700 §2.1, §4.1).

use crate::harness::{RelyingParty, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_registered_gets_nothing() {
    let app = TestApp::start().await;
    let wiki = RelyingParty::wiki(app.url()).await;
    for address in [
        "http://127.0.0.1:9/callback/",
        "http://127.0.0.1:9/callback?x=1",
        "http://127.0.0.1:9/callback#",
        "http://127.0.0.1:9/Callback",
        "http://127.0.0.1:9/%63allback",
        "http://127.0.0.1:9/x/../callback",
        "http://127.0.0.1:9@evil.example/callback",
        "http://127.0.0.1:99/callback",
        "https://127.0.0.1:9/callback",
        "http://localhost:9/callback",
        "//127.0.0.1:9/callback",
        "javascript:alert(1)",
        "http://127.0.0.1:9/call\tback",
        " http://127.0.0.1:9/callback",
        "",
    ] {
        let page = app.browser().visit(&wiki.request(&[("redirect_uri", address)])).await;
        assert_eq!(page.status, 400, "{address:?}: {page:?}");
        assert_eq!(page.location(), None, "{address:?}");
        assert!(!page.has("main a[href^='http']"), "no link leads there: {page:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_mistakes_are_told_to_the_app() {
    let app = TestApp::start().await;
    let wiki = RelyingParty::wiki(app.url()).await;
    for (changes, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("prompt", "none login"), "invalid_request"),
        (("max_age", "soon"), "invalid_request"),
        (("request", "eyJ.e30."), "request_not_supported"),
    ] {
        let page = app.browser().visit(&wiki.request(&[changes])).await.expect(303);
        assert_eq!(page.parameter("error").as_deref(), Some(error), "{changes:?}");
        assert_eq!(page.parameter("state").as_deref(), Some("state-of-the-app"), "{changes:?}");
        assert_eq!(page.parameter("iss").as_deref(), Some(app.url()), "{changes:?}");
    }
}
