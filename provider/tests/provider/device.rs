//! The device authorization grant: what a device, a person and a guesser see (RFC 8628).

use std::sync::Arc;

use assurance::{Factor, Mfa, Policy};
use provider::device::{DeviceAuthorization, DevicePage, Entry, Question};
use provider::token::{TokenError, TokenResponse};
use provider::{Provider, Trace};
use store::client::{Client, Consent, GrantType, Kind, Settings};
use store::interaction::Interaction;
use store::organisation::{self, Organisation};
use store::{Document, Id, client, consent, session, user};

use crate::harness::{Bed, SECRET, SignedIn, basic, pairs, request, settings};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const DEVICE: Trace<'static> = Trace { ip: Some("192.0.2.7"), request_id: None };

fn native() -> Settings {
    let mut native = settings();
    native.kind = Kind::Public;
    native.grants = vec![GrantType::DeviceCode];
    native.redirect_uris.clear();
    native.consent = Consent::Once;
    native
}

async fn bed() -> Bed {
    let bed = Bed::new().await;
    bed.client("tv", None, native()).await;
    bed.client("radio", None, native()).await;
    bed
}

impl Bed {
    async fn ask(&self, changes: &[(&str, &str)]) -> Result<DeviceAuthorization, TokenError> {
        let mut fields = vec![("client_id", "tv"), ("scope", "openid email")];
        fields.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        fields.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
        self.provider.device_authorization(None, pairs(&fields), "A television", &DEVICE).await
    }

    async fn poll_as(&self, client: &str, device_code: &str) -> Result<TokenResponse, TokenError> {
        let fields = [("grant_type", GRANT), ("client_id", client), ("device_code", device_code)];
        self.provider.token(None, pairs(&fields), &Trace::default()).await
    }

    async fn poll(&self, asked: &DeviceAuthorization) -> Result<TokenResponse, &'static str> {
        let answer = self.poll_as("tv", &asked.device_code).await;
        answer.map_err(|error| {
            assert_eq!(error.status, 400, "{error:?}");
            error.error.as_str()
        })
    }

    async fn enter(&self, typed: &str, who: Option<&SignedIn>) -> Entry {
        self.provider.enter_user_code(typed, &self.caller(who)).await.unwrap()
    }

    /// Enters a code that is right.
    async fn found(&self, asked: &DeviceAuthorization, who: &SignedIn) -> Id<Interaction> {
        match self.enter(&asked.user_code, Some(who)).await {
            Entry::Found { interaction } => interaction,
            other => panic!("{other:?}"),
        }
    }

    async fn question(&self, id: &Id<Interaction>, who: Option<&SignedIn>) -> Question {
        self.provider.device_question(id, &self.caller(who)).await.unwrap()
    }

    async fn reply(&self, id: &Id<Interaction>, who: Option<&SignedIn>, allow: bool) -> Question {
        self.provider.answer_device(id, &self.caller(who), allow).await.unwrap()
    }

    /// Enters the code, looks at the question and allows it.
    async fn allow(&self, asked: &DeviceAuthorization, who: &SignedIn) {
        let id = self.found(asked, who).await;
        page(self.question(&id, Some(who)).await);
        assert!(matches!(self.reply(&id, Some(who), true).await, Question::Allowed(_)));
    }

    async fn change(&self, id: &str, change: impl FnOnce(&mut Client)) {
        let mut unit = self.store.write().await.unwrap();
        let mut found = client::find(&mut unit, &Id::from(id)).await.unwrap().unwrap();
        change(&mut found);
        client::update(&mut unit, &found).await.unwrap();
        unit.commit().await.unwrap();
    }

    /// An organisation of the television's, which asks for this.
    async fn guard_tv(&self, policy: Policy) {
        let now = self.now();
        let row = Organisation {
            id: self.store.ambient().id(),
            slug: "studio".to_owned(),
            name: "Studio".to_owned(),
            colour: None,
            logo: None,
            domains: Document(Vec::new()),
            join_by_domain: false,
            policy: Document(policy),
            policy_since: now,
            owner: None,
            created_at: now,
            updated_at: now,
        };
        let mut unit = self.store.write().await.unwrap();
        organisation::create(&mut unit, &row).await.unwrap();
        unit.commit().await.unwrap();
        self.change("tv", |tv| tv.organisation_id = Some(row.id)).await;
    }
}

fn page(question: Question) -> Box<DevicePage> {
    match question {
        Question::Ask(page) => page,
        other => panic!("{other:?}"),
    }
}

fn code_of(error: &TokenError) -> (u16, &'static str) {
    (error.status, error.error.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_gets_tokens_after_the_person_allowed_it() {
    let bed = bed().await;
    let ada = bed.sign_in(false).await;
    let asked = bed.ask(&[]).await.unwrap();
    assert_eq!((asked.expires_in, asked.interval), (600, 5));
    assert_eq!(asked.verification_uri, "https://id.example/device");
    let complete = format!("https://id.example/device?user_code={}", asked.user_code);
    assert_eq!(asked.verification_uri_complete, complete);
    assert_eq!(asked.device_code.len(), 43, "256 bits");
    assert_eq!(bed.poll(&asked).await.unwrap_err(), "authorization_pending");

    let typed = asked.user_code.to_lowercase().replace('-', " ");
    let Entry::Found { interaction } = bed.enter(&typed, Some(&ada)).await else { panic!() };
    let page = page(bed.question(&interaction, Some(&ada)).await);
    assert_eq!(
        (page.client.id.as_str(), &*page.scopes),
        ("tv", &["openid", "email"].map(str::to_owned)[..])
    );
    assert_eq!((page.ip.as_deref(), &*page.user_agent), (DEVICE.ip, "A television"));
    assert_eq!(page.asked_at, bed.now());
    bed.pass(5);
    assert_eq!(bed.poll(&asked).await.unwrap_err(), "authorization_pending", "only looked at");
    assert!(matches!(bed.reply(&interaction, Some(&ada), true).await, Question::Allowed(_)));

    let tokens = bed.poll(&asked).await.unwrap();
    assert_eq!((&*tokens.scope, tokens.expires_in), ("openid email", 3600));
    let claims = bed.claims(&tokens.id_token.unwrap());
    assert_eq!((&claims["aud"], &claims["sub"]), (&"tv".into(), &bed.ada.id.as_str().into()));
    assert_eq!((&claims["sid"], &claims["acr"]), (&ada.0.id.as_str().into(), &"aal1".into()));
    let person = bed.userinfo(&tokens.access_token).await.unwrap();
    assert_eq!(person["email"], "ada@acme.example");
    assert_eq!(bed.poll(&asked).await.unwrap_err(), "invalid_grant", "redeemed");
    assert!(bed.userinfo(&tokens.access_token).await.is_ok(), "a lost answer harms nobody");
    let mut conn = bed.store.read().await.unwrap();
    let given = consent::find(&mut conn, &bed.ada.id, &Id::from("tv")).await.unwrap().unwrap();
    assert!(given.has_all(&page.scopes));
    assert_eq!((bed.events("device_allowed").await, bed.events("token_issued").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_simultaneous_polls_one_gets_tokens() {
    let bed = Arc::new(bed().await);
    let ada = bed.sign_in(false).await;
    let asked = bed.ask(&[]).await.unwrap();
    bed.allow(&asked, &ada).await;
    let polls = (0..20).map(|_| {
        let (bed, asked) = (bed.clone(), asked.clone());
        tokio::spawn(async move { bed.poll(&asked).await })
    });
    let mut won = Vec::new();
    for poll in polls.collect::<Vec<_>>() {
        match poll.await.unwrap() {
            Ok(tokens) => won.push(tokens),
            Err(error) => assert_eq!(error, "invalid_grant"),
        }
    }
    assert_eq!((won.len(), bed.events("token_issued").await), (1, 1));
    assert!(bed.userinfo(&won[0].access_token).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_simultaneous_answers_one_counts() {
    let bed = Arc::new(bed().await);
    let ada = Arc::new(bed.sign_in(false).await);
    let asked = bed.ask(&[]).await.unwrap();
    let id = bed.found(&asked, &ada).await;
    page(bed.question(&id, Some(&ada)).await);
    let answers = (0..20).map(|number| {
        let (bed, ada, id) = (bed.clone(), ada.clone(), id.clone());
        tokio::spawn(async move { bed.reply(&id, Some(&ada), number % 2 == 0).await })
    });
    let (mut allowed, mut denied) = (0, 0);
    for answer in answers.collect::<Vec<_>>() {
        match answer.await.unwrap() {
            Question::Allowed(_) => allowed += 1,
            Question::Denied(_) => denied += 1,
            Question::Gone => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(allowed + denied, 1);
    assert_eq!(bed.poll(&asked).await.is_ok(), allowed == 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_device_is_told_so() {
    let bed = bed().await;
    let ada = bed.sign_in(false).await;
    let asked = bed.ask(&[]).await.unwrap();
    let id = bed.found(&asked, &ada).await;
    page(bed.question(&id, Some(&ada)).await);
    assert!(matches!(bed.reply(&id, Some(&ada), false).await, Question::Denied(_)));
    assert!(matches!(bed.reply(&id, Some(&ada), true).await, Question::Gone), "answered");
    assert!(matches!(bed.enter(&asked.user_code, Some(&ada)).await, Entry::Unknown));
    assert_eq!(bed.poll(&asked).await.unwrap_err(), "access_denied");
    assert_eq!(bed.poll(&asked).await.unwrap_err(), "access_denied");
    assert_eq!((bed.events("device_denied").await, bed.events("token_issued").await), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_live_ten_minutes() {
    let bed = bed().await;
    let ada = bed.sign_in(false).await;
    let asked = bed.ask(&[]).await.unwrap();
    let id = bed.found(&asked, &ada).await;
    page(bed.question(&id, Some(&ada)).await);
    bed.pass(600);
    assert!(matches!(bed.enter(&asked.user_code, Some(&ada)).await, Entry::Unknown));
    assert!(matches!(bed.reply(&id, Some(&ada), true).await, Question::Gone));
    assert_eq!(bed.poll(&asked).await.unwrap_err(), "expired_token");
    // Allowed in time, but never fetched.
    let asked = bed.ask(&[]).await.unwrap();
    bed.allow(&asked, &ada).await;
    bed.pass(600);
    assert_eq!(bed.poll(&asked).await.unwrap_err(), "expired_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_polls_too_often_is_slowed_down() {
    let bed = bed().await;
    let asked = bed.ask(&[]).await.unwrap();
    for (seconds, error) in [
        (0, "authorization_pending"),
        (1, "slow_down"),
        (5, "slow_down"),
        (15, "authorization_pending"),
        (10, "slow_down"),
        (20, "authorization_pending"),
    ] {
        bed.pass(seconds);
        assert_eq!(bed.poll(&asked).await.unwrap_err(), error, "after {seconds} more seconds");
    }
    let ada = bed.sign_in(false).await;
    bed.allow(&asked, &ada).await;
    assert!(bed.poll(&asked).await.is_ok(), "an answer is not held back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_code_is_its_clients() {
    let bed = bed().await;
    let ada = bed.sign_in(false).await;
    let asked = bed.ask(&[]).await.unwrap();
    bed.allow(&asked, &ada).await;
    let foreign = bed.poll_as("radio", &asked.device_code).await.unwrap_err();
    assert_eq!(code_of(&foreign), (400, "invalid_grant"));
    let made_up = bed.poll_as("tv", "made-up").await.unwrap_err();
    assert_eq!(code_of(&made_up), (400, "invalid_grant"));
    let missing = bed.poll_as("tv", "").await.unwrap_err();
    assert_eq!(code_of(&missing), (400, "invalid_request"));
    let typed = bed.poll_as("tv", &asked.user_code).await.unwrap_err();
    assert_eq!(code_of(&typed), (400, "invalid_grant"), "the user code opens nothing");
    assert!(bed.poll(&asked).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_is_locked_out_though_they_enter_right_codes_too() {
    let bed = bed().await;
    let ada = bed.sign_in(false).await;
    let asked = bed.ask(&[]).await.unwrap();
    for typed in ["", "WDJB", "AAAA-AAAA", &"B".repeat(9)] {
        assert!(matches!(bed.enter(typed, Some(&ada)).await, Entry::Malformed), "{typed}");
    }
    assert!(matches!(bed.enter(&asked.user_code, None).await, Entry::SignIn));
    for _ in 0..4 {
        assert!(matches!(bed.enter("BBBB-BBBB", Some(&ada)).await, Entry::Unknown));
        bed.found(&asked, &ada).await;
    }
    assert!(matches!(bed.enter("BBBB-BBBC", Some(&ada)).await, Entry::Unknown));
    let Entry::Locked { until } = bed.enter(&asked.user_code, Some(&ada)).await else { panic!() };
    assert_eq!(until.signed_duration_since(*bed.now()).num_seconds(), 60);
    // Neither another session nor another browser helps.
    let again = bed.sign_in(true).await;
    assert!(matches!(bed.enter(&asked.user_code, Some(&again)).await, Entry::Locked { .. }));
    let bob = bed.another_person().await;
    let bob = bed.sign_in_as(&bob, false).await;
    bed.found(&asked, &bob).await;
    bed.pass(60);
    bed.found(&asked, &ada).await;
    assert!(matches!(bed.enter("BBBB-BBBD", Some(&ada)).await, Entry::Unknown));
    let Entry::Locked { until } = bed.enter("BBBB-BBBF", Some(&ada)).await else { panic!() };
    assert_eq!(until.signed_duration_since(*bed.now()).num_seconds(), 120);
    assert_eq!(bed.events("device_code_unknown").await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_thousand_guesses_in_a_day_next_to_none_is_compared() {
    let bed = bed().await;
    let ada = bed.sign_in(false).await;
    let mut compared = 0;
    for _ in 0..1_000 {
        compared +=
            i32::from(!matches!(bed.enter("BBBB-BBBB", Some(&ada)).await, Entry::Locked { .. }));
        bed.pass(43);
    }
    assert!((5..=33).contains(&compared), "{compared}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_browser_and_the_person_who_saw_the_question_can_answer_it() {
    let bed = bed().await;
    let ada = bed.sign_in(false).await;
    let asked = bed.ask(&[]).await.unwrap();
    let id = bed.found(&asked, &ada).await;
    page(bed.reply(&id, Some(&ada), true).await);
    let bob = bed.another_person().await;
    let bob = bed.sign_in_as(&bob, false).await;
    page(bed.reply(&id, Some(&bob), true).await);
    assert!(matches!(bed.reply(&id, None, true).await, Question::SignIn { .. }));
    let elsewhere = store::token("another browser");
    let mut caller = bed.caller(Some(&ada));
    caller.browser = &elsewhere;
    let stolen = bed.provider.answer_device(&id, &caller, true).await.unwrap();
    assert!(matches!(stolen, Question::Gone));
    assert!(matches!(bed.poll(&asked).await.unwrap_err(), "authorization_pending"));
    // An authorization request is no device.
    let other = crate::harness::waiting(bed.authorize(request(&[]), None).await);
    assert!(matches!(bed.reply(&other, Some(&ada), true).await, Question::Gone));
    let resumed = bed.resume(&id, Some(&ada)).await;
    assert!(
        matches!(&resumed, provider::authorize::Authorize::Device { interaction } if *interaction == id)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policies_decide_when_it_is_allowed_and_again_when_it_is_fetched() {
    let bed = bed().await;
    let required = Policy { mfa: Mfa::Required, ..Policy::default() };
    bed.enrol_totp().await;
    let weak = bed.sign_in(false).await;
    let asked = bed.ask(&[]).await.unwrap();
    let id = bed.found(&asked, &weak).await;
    // Ada has a second factor, so the default policy asks for it.
    let Question::SignIn { interaction } = bed.reply(&id, Some(&weak), true).await else {
        panic!("one factor suffices");
    };
    assert_eq!(interaction, id);
    let facts = bed.provider.interaction_facts(&id, &bed.browser).await.unwrap().unwrap();
    assert_eq!((facts.client.id.as_str(), &*facts.redirect_uri), ("tv", ""));
    let strong = bed.sign_in(true).await;
    page(bed.question(&id, Some(&strong)).await);
    assert!(matches!(bed.reply(&id, Some(&strong), true).await, Question::Allowed(_)));

    // Before it is fetched the studio begins to ask for a passkey.
    let passkeys = Policy { factors: [Factor::Webauthn].into(), ..required };
    bed.guard_tv(passkeys).await;
    assert_eq!(bed.poll(&asked).await.unwrap_err(), "invalid_grant");
    assert_eq!(bed.events("token_issued").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_cannot_do_what_is_asked_is_told_and_so_is_the_device() {
    let bed = bed().await;
    bed.enrol_totp().await;
    let asked = bed.ask(&[]).await.unwrap();
    let weak = bed.sign_in(false).await;
    let id = bed.found(&asked, &weak).await;
    // Each return with a session that falls short counts, and the second ends it.
    assert!(matches!(bed.question(&id, Some(&weak)).await, Question::SignIn { .. }));
    assert!(matches!(bed.question(&id, Some(&weak)).await, Question::Refused(_)));
    assert_eq!(bed.poll(&asked).await.unwrap_err(), "access_denied");
    assert_eq!(bed.events("authorization_denied").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_can_ask_for_a_fresh_proof_and_a_level() {
    let bed = bed().await;
    let old = bed.sign_in(true).await;
    bed.pass(60);
    let asked = bed.ask(&[("max_age", "0"), ("acr_values", "aal2")]).await.unwrap();
    let id = bed.found(&asked, &old).await;
    assert!(matches!(bed.question(&id, Some(&old)).await, Question::SignIn { .. }));
    let facts = bed.provider.interaction_facts(&id, &bed.browser).await.unwrap().unwrap();
    assert_eq!((facts.demand.max_age, facts.demand.acr), (Some(0), Some(assurance::Acr::Aal2)));
    bed.pass(30);
    let fresh = bed.sign_in(true).await;
    page(bed.question(&id, Some(&fresh)).await);
    assert!(matches!(bed.reply(&id, Some(&fresh), true).await, Question::Allowed(_)));
    bed.pass(120);
    let tokens = bed.poll(&asked).await.unwrap();
    assert_eq!(bed.claims(&tokens.id_token.unwrap())["acr"], "aal2");

    // A level that the person did not reach, though asked for it, is let go: it is a wish.
    let asked = bed.ask(&[("acr_values", "phrh")]).await.unwrap();
    let id = bed.found(&asked, &fresh).await;
    bed.pass(1);
    let fresh = bed.sign_in(true).await;
    page(bed.question(&id, Some(&fresh)).await);
    bed.reply(&id, Some(&fresh), true).await;
    let tokens = bed.poll(&asked).await.unwrap();
    assert_eq!(bed.claims(&tokens.id_token.unwrap())["acr"], "aal2");
    for wrong in ["-1", "+1", "soon", "99999999999"] {
        let refused = bed.ask(&[("max_age", wrong)]).await.unwrap_err();
        assert_eq!(code_of(&refused), (400, "invalid_request"), "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_client_that_may_asks_and_redeems() {
    let bed = bed().await;
    let wiki = pairs(&[("scope", "openid")]);
    let header = basic("wiki", SECRET);
    let refused = bed.provider.device_authorization(Some(&header), wiki, "", &DEVICE).await;
    assert_eq!(code_of(&refused.unwrap_err()), (400, "unauthorized_client"));
    let fields = pairs(&[("grant_type", GRANT), ("device_code", "made-up")]);
    let refused = bed.provider.token(Some(&header), fields, &Trace::default()).await;
    assert_eq!(code_of(&refused.unwrap_err()), (400, "unauthorized_client"));
    let fields = pairs(&[("grant_type", "authorization_code"), ("client_id", "tv"), ("code", "x")]);
    let refused = bed.provider.token(None, fields, &Trace::default()).await;
    assert_eq!(code_of(&refused.unwrap_err()), (400, "unauthorized_client"));
    bed.change_wiki(|wiki| wiki.settings.grants = vec![GrantType::DeviceCode]).await;
    let answered = bed.authorize(request(&[]), None).await;
    assert_eq!(crate::harness::error(answered), "unauthorized_client");

    for (changes, error) in [
        (&[("client_id", "unknown")][..], (401, "invalid_client")),
        (&[("client_id", "wiki")], (401, "invalid_client")),
        (&[("client_id", "wiki"), ("client_secret", "wrong")], (401, "invalid_client")),
        (&[("scope", "")], (400, "invalid_scope")),
        (&[("scope", "groups")], (400, "invalid_scope")),
        (&[("scope", "openid\u{7}")], (400, "invalid_request")),
    ] {
        assert_eq!(code_of(&bed.ask(changes).await.unwrap_err()), error, "{changes:?}");
    }
    let narrowed = bed.ask(&[("scope", "openid account groups")]).await.unwrap();
    let ada = bed.sign_in(false).await;
    bed.allow(&narrowed, &ada).await;
    assert_eq!(bed.poll(&narrowed).await.unwrap().scope, "openid", "no more than is registered");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_end_with_the_session_that_allowed_them() {
    let bed = bed().await;
    let ada = bed.sign_in(false).await;
    let (fetched, waiting) = (bed.ask(&[]).await.unwrap(), bed.ask(&[]).await.unwrap());
    bed.allow(&fetched, &ada).await;
    bed.allow(&waiting, &ada).await;
    let tokens = bed.poll(&fetched).await.unwrap();
    let mut unit = bed.store.write().await.unwrap();
    session::end(&mut unit, &ada.0.id, bed.now()).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(bed.userinfo(&tokens.access_token).await, Err(401));
    assert_eq!(bed.poll(&waiting).await.unwrap_err(), "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_the_account_acts_with_its_session() {
    let bed = bed().await;
    let ada = bed.sign_in(false).await;
    let account = async |scope: &str| {
        let fields = pairs(&[("client_id", "flowgate-cli"), ("scope", scope)]);
        let asked = bed.provider.device_authorization(None, fields, "", &DEVICE).await.unwrap();
        bed.allow(&asked, &ada).await;
        bed.poll_as("flowgate-cli", &asked.device_code).await.unwrap().access_token
    };
    let (with, without) = (account("openid account").await, account("openid profile").await);
    let (token, user, session) = bed.provider.account_token(&with).await.unwrap().unwrap();
    assert_eq!(token.client_id.as_str(), provider::CLI);
    assert_eq!((&user.id, &session.id), (&bed.ada.id, &ada.0.id));
    assert!(bed.provider.account_token(&without).await.unwrap().is_none(), "another scope");
    assert!(bed.provider.account_token("made-up").await.unwrap().is_none());
    bed.pass(3600);
    assert!(bed.provider.account_token(&with).await.unwrap().is_none(), "expired");
    let fresh = account("account").await;
    assert!(bed.provider.account_token(&fresh).await.unwrap().is_some());
    let mut unit = bed.store.write().await.unwrap();
    user::advance_epoch(&mut unit, &bed.ada.id, bed.now()).await.unwrap();
    unit.commit().await.unwrap();
    assert!(bed.provider.account_token(&fresh).await.unwrap().is_none(), "credentials were reset");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_s_client_is_always_there() {
    let bed = Bed::new().await;
    let id = Id::from(provider::CLI);
    let find = async || client::find(&mut bed.store.read().await.unwrap(), &id).await.unwrap();
    let cli = find().await.unwrap();
    assert!(cli.is_built_in() && !cli.has_secret());
    assert_eq!((&*cli.name, cli.settings.kind), ("Flowgate CLI", Kind::Public));
    assert_eq!(cli.settings.grants, [GrantType::DeviceCode]);
    assert_eq!(cli.settings.scopes, ["openid", "profile", "email", "account"]);
    bed.change(provider::CLI, |cli| "Terminal".clone_into(&mut cli.name)).await;
    let opened = Provider::open(bed.store.clone(), "https://id.example".to_owned()).await;
    opened.unwrap();
    assert_eq!(find().await.unwrap().name, "Terminal", "what is there stays");

    let announces = || {
        let body = bed.provider.discovery().body;
        String::from_utf8_lossy(&body).contains("device_authorization_endpoint")
    };
    assert!(announces());
    let now = bed.now();
    bed.change(provider::CLI, |cli| cli.disabled_at = Some(now)).await;
    bed.provider.reload_clients().await.unwrap();
    assert!(find().await.is_none() && !announces(), "an administrator's word stays");
    let mut unit = bed.store.write().await.unwrap();
    client::delete(&mut unit, &id).await.unwrap();
    unit.commit().await.unwrap();
    bed.provider.reload_clients().await.unwrap();
    assert!(find().await.is_some() && announces());
}
