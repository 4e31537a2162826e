//! Signing out at the wish of a relying party.

use provider::EndSession;
use provider::authorize::Location;

use crate::harness::{Bed, SignedIn, pairs};

const BYE: &str = "https://wiki.example/bye";

async fn bed() -> (Bed, SignedIn, String) {
    let bed = Bed::new().await;
    let ada = bed.sign_in(false).await;
    let hint = bed.tokens(&ada, &[]).await.id_token.unwrap();
    (bed, ada, hint)
}

async fn end(bed: &Bed, fields: &[(&str, &str)], session: Option<&SignedIn>) -> EndSession {
    bed.provider.end_session(pairs(fields), session, false).await.unwrap()
}

fn done(answer: &EndSession) -> (bool, Option<&str>) {
    match answer {
        EndSession::Done { end, redirect } => (*end, redirect.as_ref().map(Location::as_str)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hint_of_the_present_person_suffices() {
    let (bed, ada, hint) = bed().await;
    bed.pass(7200);
    let full = [("id_token_hint", &*hint), ("post_logout_redirect_uri", BYE), ("state", "a b")];
    let answer = end(&bed, &full, Some(&ada)).await;
    assert_eq!(done(&answer), (true, Some("https://wiki.example/bye?state=a+b")));
    assert_eq!(done(&end(&bed, &full[..2], Some(&ada)).await), (true, Some(BYE)));
    assert_eq!(done(&end(&bed, &full[..1], Some(&ada)).await), (true, None));
    let gone = end(&bed, &full, None).await;
    assert_eq!(done(&gone), (false, Some("https://wiki.example/bye?state=a+b")), "signed out");
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_else_must_ask() {
    let (bed, ada, hint) = bed().await;
    let ask = |answer| assert_eq!(answer, EndSession::Ask { client: None });
    ask(end(&bed, &[], Some(&ada)).await);
    ask(end(&bed, &[("state", "x")], Some(&ada)).await);
    ask(end(&bed, &[("client_id", "wiki"), ("post_logout_redirect_uri", BYE)], Some(&ada)).await);

    let (message, signature) = hint.rsplit_once('.').unwrap();
    let payload = message.split_once('.').unwrap().1;
    let none = data_encoding::BASE64URL_NOPAD.encode(br#"{"alg":"none"}"#);
    let flipped: String = signature.chars().rev().collect();
    for forged in [
        format!("{none}.{payload}."),
        format!("{none}.{payload}.{signature}"),
        format!("{message}.{flipped}"),
        format!("{message}."),
        message.to_owned(),
        ".".repeat(100),
        hint.clone() + ".x",
    ] {
        let fields = [("id_token_hint", &*forged), ("post_logout_redirect_uri", BYE)];
        ask(end(&bed, &fields, Some(&ada)).await);
        let confirmed = bed.provider.end_session(pairs(&fields), Some(&ada), true).await.unwrap();
        assert_eq!(done(&confirmed), (true, None), "not sent back");
    }

    let bob = bed.another_person().await;
    let bob = bed.sign_in_as(&bob, false).await;
    let fields = [("id_token_hint", &*hint), ("post_logout_redirect_uri", BYE)];
    let answer = end(&bed, &fields, Some(&bob)).await;
    assert_eq!(answer, EndSession::Ask { client: Some("The wiki".to_owned()) });
    let confirmed = bed.provider.end_session(pairs(&fields), Some(&bob), true).await.unwrap();
    assert_eq!(done(&confirmed), (true, Some(BYE)), "the hint proves who asks");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_request_ends_nothing_and_goes_nowhere() {
    let (bed, ada, hint) = bed().await;
    let wrong = [
        &[("id_token_hint", &*hint), ("post_logout_redirect_uri", "https://evil.example/")][..],
        &[("id_token_hint", &*hint), ("post_logout_redirect_uri", "https://wiki.example/bye?x=y")],
        &[("id_token_hint", &*hint), ("post_logout_redirect_uri", "https://wiki.example/cb")],
        &[("id_token_hint", &*hint), ("client_id", "other")],
        &[("id_token_hint", &*hint), ("id_token_hint", &*hint)],
        &[("state", "a\nb")],
    ];
    for fields in wrong {
        for session in [None, Some(&ada)] {
            let answer = end(&bed, fields, session).await;
            assert!(matches!(answer, EndSession::Error(_)), "{fields:?}");
        }
    }
}
