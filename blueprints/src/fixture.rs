//! Stage kinds and shortcuts for the tests of this crate.

use std::collections::BTreeMap;

use assurance::Span;
use engine::condition::AnswerType;
use engine::{ConfigProblem, Ending, Named, Registry, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Checked, Options, Source, check_sources};

/// Nobody answers in these tests.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Answer {}

/// No settings.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Empty {}

/// Asks who it is.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdentifyConfig {
    /// By what. Default: all.
    #[serde(default)]
    by: Vec<By>,
    /// Social logins. Default: none.
    #[serde(default)]
    sources: Vec<String>,
    /// The flow for new people. Default: none.
    #[serde(default)]
    enrolment: Option<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum By {
    Email,
    Username,
}

pub(crate) struct Identify;
impl Stage for Identify {
    const KIND: &'static str = "identify";
    type Config = IdentifyConfig;
    type Answer = Answer;

    fn references(config: &IdentifyConfig) -> Vec<Named> {
        let sources = config.sources.iter().enumerate().map(|(index, slug)| Named::Source {
            path: format!("sources[{index}]"),
            slug: slug.clone(),
        });
        let flows = config
            .enrolment
            .iter()
            .map(|slug| Named::Flow { path: "enrolment".to_owned(), slug: slug.clone() });
        sources.chain(flows).collect()
    }
}

/// Asks for the password.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordConfig {
    /// How often. Default: 5.
    #[serde(default)]
    #[schemars(range(min = 1, max = 20))]
    attempts: Option<u32>,
}

pub(crate) struct Password;
impl Stage for Password {
    const KIND: &'static str = "password";
    type Config = PasswordConfig;
    type Answer = Answer;
}

/// Makes the session.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginConfig {
    /// How long. Default: 12h.
    #[serde(default)]
    session: Option<Span>,
    /// How long with "remember me". Default: never.
    #[serde(default)]
    remember_me: Option<Span>,
}

pub(crate) struct Login;
impl Stage for Login {
    const KIND: &'static str = "login";
    const ENDING: Ending = Ending::SignsIn;
    type Config = LoginConfig;
    type Answer = Answer;
}

/// Asks for fields.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PromptConfig {
    /// The fields.
    #[schemars(length(min = 1))]
    fields: Vec<Field>,
}

/// A field.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Field {
    /// Its name.
    name: String,
    /// Its type. Default: text.
    #[serde(default)]
    kind: FieldKind,
}

#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum FieldKind {
    /// One line.
    #[default]
    Text,
    /// Yes or no.
    Flag,
}

pub(crate) struct Prompt;
impl Stage for Prompt {
    const KIND: &'static str = "prompt";
    type Config = PromptConfig;
    type Answer = Answer;

    fn check(config: &PromptConfig) -> Vec<ConfigProblem> {
        let reserved =
            config.fields.iter().enumerate().filter(|(_, field)| field.name == "password");
        reserved
            .map(|(index, _)| {
                ConfigProblem::new(
                    format!("fields[{index}].name"),
                    "`password` is asked by its own stage",
                )
            })
            .collect()
    }

    fn answers(config: &PromptConfig) -> Vec<(String, AnswerType)> {
        let kind = |kind: &FieldKind| {
            if matches!(kind, FieldKind::Flag) { AnswerType::Flag } else { AnswerType::Text }
        };
        config.fields.iter().map(|field| (field.name.clone(), kind(&field.kind))).collect()
    }
}

macro_rules! plain {
    ($name:ident, $kind:literal, $ending:ident) => {
        pub(crate) struct $name;
        impl Stage for $name {
            const KIND: &'static str = $kind;
            const ENDING: Ending = Ending::$ending;
            type Config = Empty;
            type Answer = Answer;
        }
    };
}

plain!(Gate, "gate", Continues);
plain!(Message, "message", Continues);
plain!(ConsentPage, "consent", Continues);
plain!(Deny, "deny", Denies);
plain!(Redirect, "redirect", Leaves);
plain!(UserWrite, "user_write", Writes);
plain!(Logout, "logout", SignsOut);

pub(crate) fn registry() -> Registry {
    Registry::new()
        .with::<Identify>()
        .with::<Password>()
        .with::<Login>()
        .with::<Prompt>()
        .with::<Gate>()
        .with::<Message>()
        .with::<ConsentPage>()
        .with::<Deny>()
        .with::<Redirect>()
        .with::<UserWrite>()
        .with::<Logout>()
}

/// Checks one text as a file named `a.yaml`.
pub(crate) fn check(text: &str) -> Checked {
    check_files(&[("a.yaml", text)])
}

/// Checks several texts as files.
pub(crate) fn check_files(files: &[(&str, &str)]) -> Checked {
    check_with(files, BTreeMap::new())
}

/// The same with `--var`.
pub(crate) fn check_with(files: &[(&str, &str)], vars: BTreeMap<String, String>) -> Checked {
    let registry = registry();
    let options = Options {
        vars,
        environment: Box::new(|name| (name == "SET").then(|| "sesame-sesame".to_owned())),
        ..Options::new(&registry)
    };
    let sources = files.iter().map(|(name, text)| Source {
        origin: crate::Origin::Operator { folder: "/nowhere".into() },
        ..Source::submitted(*name, *text)
    });
    check_sources(sources, &options)
}

/// The findings as `file:line:column code path: message (suggestion)`, one a line.
pub(crate) fn said(checked: &Checked) -> Vec<String> {
    checked
        .diagnostics
        .iter()
        .map(|found| {
            let suggestion =
                found.suggestion.as_ref().map(|text| format!(" ({text})")).unwrap_or_default();
            format!(
                "{}:{}:{} {} {}: {}{suggestion}",
                found.file,
                found.line,
                found.column,
                found.code.as_str(),
                found.path,
                found.message
            )
        })
        .collect()
}

/// A blueprint without a mistake that uses every part of the language.
pub(crate) const GOOD: &str = r##"# yaml-language-server: $schema=./flowgate.schema.json
flowgate: 1
name: acme
vars:
  host: acme.example

organisations:
  acme:
    name: Acme GmbH
    domains: [acme.example]
    join: domain
    colour: "#0055aa"
    policy:
      mfa: required
      social_logins: require_mfa
      factors: [webauthn, totp, static]
      grace: 7d
      recent: 15m
  partners: {}

clients:
  wiki:
    name: Wiki
    kind: confidential
    secret: !env SET
    redirect_uris: [https://wiki.acme.example/callback, "http://127.0.0.1:9000/callback"]
    organisation: acme
    consent: once
    pkce: required
    scopes: [openid, profile, email, offline_access]
  app:
    kind: public
    redirect_uris: &uris
      - com.example.app:/callback
    post_logout_redirect_uris: *uris

conditions:
  from_office: in_cidr(request.ip, "10.0.0.0/8")

flows:
  sign-in:
    use: authentication
    title: Welcome back
    stages:
      - identify: { by: [email, username], enrolment: sign-up }
      - password: { attempts: 5 }
        when: not proven("any")
      - gate:
      - branch:
          - when: from_office
            stages:
              - login: { session: 12h, remember_me: 30d }
          - otherwise:
              - login: { session: 1h }
  sign-up:
    use: enrolment
    stages:
      - prompt: { fields: [{ name: nickname }, { name: terms, kind: flag }] }
      - deny: {}
        id: refused
        when: not answers.terms
        title: Not without the terms
      - include: finish
  finish:
    use: enrolment
    stages:
      - user_write: {}

users:
  ada:
    email: !env [UNSET_BUT_WITH_DEFAULT, ada@acme.example]
    verified: true
    password: !env SET
    organisations: [acme]
    admin: true
  grace:
    email: grace@acme.example
    name: !var host
"##;
