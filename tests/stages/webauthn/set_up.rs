//! What may be bound, what it is called, and who hears of it.

use serde_json::{Map, json};
use store::{Clock as _, user};

use super::*;

const YUBIKEY: [u8; 16] = [
    0xee, 0x88, 0x28, 0x79, 0x72, 0x1c, 0x49, 0x13, 0x97, 0x75, 0x3d, 0xfc, 0xce, 0x97, 0x07, 0x2a,
];

#[tokio::test(flavor = "multi_thread")]
async fn a_new_passkey_is_kept_whole_and_its_owner_is_told() {
    let app = app().await;
    let browser = signed_in(&app, (ADA, PASSWORD)).await;
    let walk = Walk::begin(&browser, "bind").await.asks("webauthn_setup");
    let asked = options(&walk);
    assert_eq!(asked["rp"], json!({ "name": "Flowgate", "id": "acme.example" }));
    assert_eq!(asked["user"]["name"], ADA);
    assert_eq!(asked["user"]["displayName"], "Ada Lovelace");
    assert_eq!(asked["authenticatorSelection"]["residentKey"], "preferred");
    assert_eq!(asked["attestation"], "none");
    let algorithms: Vec<_> =
        asked["pubKeyCredParams"].as_array().unwrap().iter().map(|it| it["alg"].clone()).collect();
    assert_eq!(algorithms, [json!(-7), json!(-35), json!(-257)]);
    let credential = Authenticator::new(ORIGIN).register(&asked);
    let walk = walk.answer(json!({ "credential": credential, "name": " My telephone " })).await;
    assert_eq!(walk.component(), "static_setup", "recovery codes come with the first factor");
    let row = passkeys(&app, ADA).await.pop().unwrap();
    assert_eq!(row.name, "My telephone");
    assert_eq!(row.unique_key, Some(format!("webauthn:{}", credential["id"].as_str().unwrap())));
    let data = &row.data.0;
    for (key, expected) in [
        ("presence_only", json!(false)),
        ("hardware", json!(false)),
        ("backup_eligible", json!(true)),
        ("backup_state", json!(true)),
        ("discoverable", json!(true)),
        ("transports", json!(["internal", "hybrid"])),
        ("aaguid", json!(null)),
    ] {
        assert_eq!(data[key], expected, "{key}");
    }
    let mails = app.outbox().await;
    assert_eq!((mails.len(), &mails[0].to), (1, &vec![ADA.to_owned()]));
    assert_eq!(app.events_of("factor_added").await.len(), 1);
    // Whoever has it is not asked to make it again.
    let walk = walk.answer(json!({ "saved": true })).await;
    assert!(walk.body["finished"].is_object(), "{walk:?}");
    let walk = Walk::begin(&browser, "bind").await.asks("webauthn_setup");
    assert_eq!(options(&walk)["excludeCredentials"][0]["id"], credential["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_without_a_name_is_called_by_its_product() {
    let app = app().await;
    let browser = signed_in(&app, (ADA, PASSWORD)).await;
    for (aaguid, name) in [(YUBIKEY, "YubiKey 5"), ([0; 16], "Passkey"), ([7; 16], "Passkey")] {
        let mut authenticator = Authenticator::new(ORIGIN);
        authenticator.aaguid = aaguid;
        bind(&browser, "bind", &mut authenticator).await;
        assert_eq!(passkeys(&app, ADA).await.pop().unwrap().name, name);
        app.clock.advance(Duration::seconds(1));
    }
}

/// shown as text and not long, or refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_name_is_text_or_nothing() {
    let app = app().await;
    let browser = signed_in(&app, (ADA, PASSWORD)).await;
    let mut walk = Walk::begin(&browser, "bind").await;
    let credential = Authenticator::new(ORIGIN).register(&options(&walk));
    for name in ["x".repeat(10_000), "x".repeat(65), "a\0b".to_owned(), "a\nb".to_owned()] {
        walk = walk.answer(json!({ "credential": credential, "name": name })).await;
        assert_refused(&walk, "factor.name");
        assert!(passkeys(&app, ADA).await.is_empty());
    }
    let name = "<script>alert(1)</script>";
    let walk = walk.answer(json!({ "credential": credential, "name": name })).await;
    assert_eq!(walk.component(), "static_setup", "{walk:?}");
    assert_eq!(passkeys(&app, ADA).await.pop().unwrap().name, name);
    let mail = app.outbox().await.pop().unwrap();
    assert!(!mail.html.contains("<script>alert"), "{}", mail.html);
}

/// what the browser's own dialog shows.
#[tokio::test(flavor = "multi_thread")]
async fn a_persons_name_cannot_turn_a_dialog_around() {
    let app = app().await;
    let hostile = format!("Eve \u{202e}<b>\u{200b}{}", "x".repeat(120));
    let (bob, now) = (app.person(BOB.0).await, app.clock.now());
    let mut unit = app.app.store.write().await.unwrap();
    user::update_profile(&mut unit, &bob.id, &hostile, Map::new(), now).await.unwrap();
    unit.commit().await.unwrap();
    let walk = Walk::begin(&signed_in(&app, BOB).await, "bind").await.asks("webauthn_setup");
    let shown = options(&walk)["user"]["displayName"].as_str().unwrap().to_owned();
    assert!(shown.starts_with("Eve <b>x") && shown.chars().count() == 64, "{shown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_says_which_products_and_keys_it_takes() {
    let app = app().await;
    let browser = signed_in(&app, (ADA, PASSWORD)).await;
    let make = |aaguid| {
        let mut key = Authenticator::new(ORIGIN);
        key.aaguid = aaguid;
        key
    };
    for (slug, aaguid) in
        [("bind-yubikey", [0; 16]), ("bind-yubikey", [7; 16]), ("bind-no-yubikey", YUBIKEY)]
    {
        let walk = bind(&browser, slug, &mut make(aaguid)).await;
        assert_refused(&walk, "webauthn.not_allowed");
        assert_eq!(last_reason(&app, "factor_added").await, "not_allowed", "{slug}");
    }
    let walk = Walk::begin(&browser, "bind-resident").await;
    assert_eq!(options(&walk)["authenticatorSelection"]["residentKey"], "required");
    let mut credential = Authenticator::new(ORIGIN).register(&options(&walk));
    credential["clientExtensionResults"] = json!({ "credProps": { "rk": false } });
    let walk = walk.answer(json!({ "credential": credential })).await;
    assert_refused(&walk, "webauthn.not_allowed");
    assert!(passkeys(&app, ADA).await.is_empty());
    for (slug, aaguid) in [("bind-yubikey", YUBIKEY), ("bind-no-yubikey", [7; 16])] {
        let walk = bind(&browser, slug, &mut make(aaguid)).await;
        assert!(walk.body["finished"].is_object(), "{slug}: {walk:?}");
    }
}

/// A stage of its own binds nothing for somebody who has shown less than the account asks for.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_passkey_takes_proof_of_the_first() {
    let app = app().await;
    let mut first = bound(&app, Authenticator::new(ORIGIN)).await;
    let browser = app.browser();
    let walk = crate::flows::sign_in_as(&browser, ADA, PASSWORD).await;
    assert_eq!((walk.component(), walk.session()), ("webauthn", None), "{walk:?}");
    let walk = Walk::begin(&browser, "bind").await;
    assert_eq!(walk.status, 401, "half a sign-in is none: {walk:?}");
    let walk = reach(&browser, "second", (ADA, PASSWORD)).await;
    touch(walk, &mut first).await;
    let walk = bind(&browser, "bind", &mut Authenticator::new(ORIGIN)).await;
    assert!(walk.body["finished"].is_object(), "{walk:?}");
}
