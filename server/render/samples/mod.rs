//! One sample or more of every page and mail, for the tests that render them all in every language
//! and for the gallery. A new template without a sample fails a test.

mod account;
mod api;
mod device;
mod stages;
mod stages_factor;
mod stages_setup;

use minijinja::Value;
use minijinja::value::Serde;
use serde_json::{Value as Json, json};

use super::{
    App, Brand, Claim, ClientHead, Consent, ConsentClient, Error, ErrorKind, ErrorPage, FlowHead,
    FormPost, Lang, Links, LoggedOut, LogoutConfirm, OauthError, Organisation, Outbox, OutboxEntry,
    OutboxMail, Page, Person, Renderer, Scope, View, WikiAction, WikiClaims, WikiError, WikiHome,
};

/// A page with data.
pub struct Sample {
    /// Unique; the file's name in the gallery.
    pub name: String,
    /// Below `templates/`.
    pub template: String,
    /// The variable that holds `data`.
    pub variable: &'static str,
    /// The page's own part.
    pub data: Json,
    /// With the organisation's brand?
    pub branded: bool,
}

impl Sample {
    /// The frame that goes with the samples.
    pub fn page(&self, renderer: &Renderer, lang: &Lang) -> Page {
        let mut page = frame(renderer, lang);
        if !self.branded {
            page.brand.organisation = None;
        }
        if ["identify", "stage_message", "error", "oauth_error", "logged_out"]
            .iter()
            .any(|name| self.name.starts_with(name))
        {
            page.person = None;
        }
        page
    }

    /// Renders it.
    pub fn render(&self, renderer: &Renderer, lang: &Lang) -> Result<String, Error> {
        let page = self.page(renderer, lang);
        renderer.render_parts(&self.template, &page, self.variable, Value::from(Serde(&self.data)))
    }
}

/// A frame with everything in it.
pub fn frame(renderer: &Renderer, lang: &Lang) -> Page {
    let mut page = Page::new(renderer, lang, "0198f3c2-7d1e-7a40-9c55-2f0e6b1d8a37", "bm9uY2U");
    page.brand = Brand {
        name: "Flowgate".to_owned(),
        organisation: Some(Organisation::new("Acme GmbH", Some("#4f46e5"), None)),
    };
    page.languages = renderer.languages(lang, |lang| format!("/flow/sign-in?lang={lang}"));
    "c5rf".clone_into(&mut page.csrf);
    "/flow/sign-in".clone_into(&mut page.action);
    page.step = 2;
    page.flow = Some(FlowHead {
        slug: "sign-in".to_owned(),
        title: "Welcome back".to_owned(),
        purpose: "authentication".to_owned(),
    });
    page.client = Some(ClientHead { name: "Wiki".to_owned() });
    page.person = Some(Person::new("Ada Lovelace", Some("ada@acme.example")));
    page.links = Links {
        help: Some("https://help.acme.example".to_owned()),
        privacy: Some("/privacy".to_owned()),
        restart: Some("/flow/sign-in?restart".to_owned()),
        not_you: Some("/flow/sign-in?restart".to_owned()),
        back: Some("https://wiki.acme.example/".to_owned()),
        account: Some("/account".to_owned()),
        sign_in: Some("/flow/sign-in".to_owned()),
        sign_out: Some("/flow/sign-out".to_owned()),
    };
    page
}

/// Every page.
pub fn pages() -> Vec<Sample> {
    let mut pages = stages::stages();
    pages.extend(stages::prompts());
    pages.extend(stages_factor::factors());
    pages.extend(stages_setup::setups());
    pages.extend(oauth());
    pages.extend(errors());
    pages.extend(demo());
    pages.extend(account::pages());
    pages.extend(api::pages());
    pages.extend(device::pages());
    for page in &mut pages {
        // Both brands are looked at.
        page.branded = !page.name.ends_with("_plain");
    }
    pages
}

/// The sample of a view.
fn view<V: View>(name: &str, view: &V) -> Sample {
    Sample {
        name: name.to_owned(),
        template: V::TEMPLATE.to_owned(),
        variable: V::NAME,
        data: serde_json::to_value(view).unwrap_or_default(),
        branded: true,
    }
}

fn oauth() -> Vec<Sample> {
    let scope = |name: &str| Scope { name: name.to_owned(), title: None, description: None };
    let mut consent = Consent {
        client: ConsentClient {
            name: "Wiki".to_owned(),
            logo_uri: None,
            policy_uri: Some("https://wiki.acme.example/privacy".to_owned()),
            tos_uri: Some("https://wiki.acme.example/terms".to_owned()),
            uri: Some("https://wiki.acme.example/".to_owned()),
        },
        scopes: ["openid", "profile", "email", "offline_access"].map(scope).to_vec(),
        redirect_host: Some("wiki.acme.example".to_owned()),
    };
    let full = view("consent", &consent);
    consent.client.logo_uri = Some("/static/wiki.svg".to_owned());
    consent.client.policy_uri = None;
    consent.client.tos_uri = None;
    consent.scopes = vec![Scope {
        name: "wiki:write".to_owned(),
        title: Some("Edit articles".to_owned()),
        description: None,
    }];
    let client = Some("Wiki".to_owned());
    let app = App { name: "Wiki".to_owned(), uri: Some("https://wiki.acme.example/".to_owned()) };
    let description = "redirect_uri is not one of this client's registered addresses".to_owned();
    let code = "invalid_request".to_owned();
    let fields = [("code", "SplxlOBeZQQYbYS6WxSbIA"), ("state", "af0ifjsldkj")];
    let form_post = FormPost {
        action: "https://wiki.acme.example/callback".to_owned(),
        fields: fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
    };
    vec![
        full,
        view("consent_plain", &consent),
        view(
            "oauth_error",
            &OauthError {
                code: code.clone(),
                description: Some(description),
                client: client.clone(),
            },
        ),
        view("oauth_error_plain", &OauthError { code, description: None, client: None }),
        view("form_post", &form_post),
        view("logout_confirm", &LogoutConfirm { client }),
        view("logout_confirm_plain", &LogoutConfirm { client: None }),
        view("logged_out", &LoggedOut { client: Some(app) }),
        view("logged_out_plain", &LoggedOut { client: None }),
    ]
}

fn errors() -> Vec<Sample> {
    let page = |kind: ErrorKind| {
        let mut page = ErrorPage::new(kind);
        if kind == ErrorKind::TooManyRequests {
            page.retry_after = Some(30);
        }
        view(&format!("error_{kind:?}").to_lowercase(), &page)
    };
    ErrorKind::ALL.into_iter().map(page).collect()
}

fn demo() -> Vec<Sample> {
    let action = |key: &str| WikiAction { key: key.to_owned(), url: format!("/login?try={key}") };
    let actions = ["fresh", "second_factor", "silent", "consent", "account", "outbox"].map(action);
    let claim = |name: &str, value: &str| Claim { name: name.to_owned(), value: value.to_owned() };
    let error = WikiError {
        code: "access_denied".to_owned(),
        description: Some("the person did not consent".to_owned()),
    };
    let sign_in = "/login".to_owned();
    let entry = OutboxEntry {
        to: "ada@acme.example".to_owned(),
        subject: "Set a new password for Acme GmbH".to_owned(),
        at: "2026-11-22T19:58:00Z".to_owned(),
        url: "/demo/outbox/1".to_owned(),
    };
    let claims = WikiClaims {
        name: "Ada Lovelace".to_owned(),
        sign_out: "/logout".to_owned(),
        claims: vec![
            claim("iss", "http://127.0.0.1:8080"),
            claim("sub", "0198f3c2-7d1e-7a40-9c55-2f0e6b1d8a37"),
            claim("acr", "aal1"),
            claim("amr", "pwd"),
            claim("email", "ada@acme.example"),
            claim("email_verified", "true"),
            claim("something_else", "42"),
        ],
        json: "{\n  \"iss\": \"http://127.0.0.1:8080\",\n  \"sub\": \"0198f3c2-7d1e-7a40-9c55-2f0e6b1d8a37\",\n  \"acr\": \"aal1\",\n  \"amr\": [\"pwd\"]\n}".to_owned(),
        actions: actions.to_vec(),
    };
    vec![
        view("wiki_home", &WikiHome { sign_in: sign_in.clone(), error: None, actions: Vec::new() }),
        view("wiki_home_error", &WikiHome { sign_in, error: Some(error), actions: actions[2..4].to_vec() }),
        view("wiki_claims", &claims),
        view("outbox_plain", &Outbox { mails: vec![entry.clone(), entry] }),
        view("outbox_empty_plain", &Outbox { mails: Vec::new() }),
        view("outbox_mail_plain", &OutboxMail {
            from: "flowgate@localhost".to_owned(),
            to: "ada@acme.example".to_owned(),
            subject: "Set a new password for Acme GmbH".to_owned(),
            at: "2026-11-22T19:58:00Z".to_owned(),
            text: "Hello Ada Lovelace,\n\nSomebody asked to set a new password.\n\nhttp://127.0.0.1:8080/flow/recovery?token=x9f\n\nThe link works once, for 30 minutes.\n".to_owned(),
            back: "/demo/outbox".to_owned(),
        }),
    ]
}

/// Every mail: its name and data.
pub fn mails() -> Vec<(&'static str, Json)> {
    let mail = |name: Option<&str>, minutes: u64| {
        json!({
            "name": name, "address": "ada@acme.example", "minutes": minutes,
            "link": "https://id.acme.example/flow/recovery?token=x9f&lang=en",
        })
    };
    let notice = |more: Json| {
        let mut notice = json!({
            "name": "Ada Lovelace", "address": "ada@acme.example", "at": "2026-11-22T19:58:00Z",
            "when": "2026-11-22T19:58:00Z", "ip": "203.0.113.7", "device": null,
            "link": "https://id.acme.example/account/security",
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            notice[key] = value.clone();
        }
        notice
    };
    vec![
        ("verify", mail(Some("Ada Lovelace"), 60)),
        ("recovery", mail(None, 1)),
        ("password_changed", mail(Some("Ada Lovelace"), 0)),
        ("account_deleted", mail(Some("Ada Lovelace"), 0)),
        ("account_exists", mail(Some(""), 0)),
        ("code", json!({ "name": "Ada Lovelace", "code": "049213", "minutes": 10 })),
        ("factor_added", notice(json!({ "factor": "webauthn", "device": "My key" }))),
        ("factor_removed", notice(json!({ "factor": "totp", "device": "Phone", "ip": null }))),
        ("second_factors_removed", notice(json!({ "ip": null }))),
        ("factor_locked", notice(json!({ "factor": "sms" }))),
        ("recovery_codes_made", notice(json!({}))),
        ("recovery_code_used", notice(json!({ "left": 3, "few": true }))),
        ("address_changed", notice(json!({ "new": "l•••@acme.example" }))),
    ]
}
