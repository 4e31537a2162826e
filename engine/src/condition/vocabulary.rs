//! The fixed names, their types, and how each is read from the facts.
//!
//! A new field is one line here, one in [`Facts`], and one in `docs/conditions.md`.

use std::fmt;
use std::sync::Arc;

use rhai::Dynamic;

use super::facts::{Answer, AnswerType, Facts};

/// The names of the factors, for `proven("…")` and `enrolled("…")`, beside `"any"`.
pub const FACTORS: [&str; 7] = ["password", "webauthn", "totp", "static", "email", "sms", "social"];

/// The values of `assurance.acr`; it is empty where nothing was proven.
pub const ACRS: [&str; 4] = ["aal1", "aal2", "phr", "phrh"];

/// What people call some factors elsewhere.
pub(super) const FACTOR_SYNONYMS: [(&str, &str); 8] = [
    ("passkey", "webauthn"),
    ("security_key", "webauthn"),
    ("fido2", "webauthn"),
    ("otp", "totp"),
    ("recovery_code", "static"),
    ("backup_code", "static"),
    ("federated", "social"),
    ("mfa", "any"),
];

/// The functions, each with an example of its use.
pub(super) const FUNCTIONS: [(&str, &str); 5] = [
    ("proven", r#"proven("totp")"#),
    ("enrolled", r#"enrolled("totp")"#),
    ("in_cidr", r#"in_cidr(request.ip, "10.0.0.0/8")"#),
    ("domain", "domain(user.email)"),
    ("between", r#"between(now, "08:00", "18:00")"#),
];

/// The methods of text; `contains` and `len` are also those of a list.
pub(super) const METHODS: [&str; 6] =
    ["starts_with", "ends_with", "contains", "to_lower", "trim", "len"];

/// The static types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Bool,
    Int,
    Text,
    Time,
    Address,
    List,
    /// `()`, with which absent values are found out.
    Nothing,
    Object(&'static str),
}

impl fmt::Display for Type {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Bool => "true or false",
            Self::Int => "a whole number",
            Self::Text => "text",
            Self::Time => "a time",
            Self::Address => "an IP address",
            Self::List => "a list of text",
            Self::Nothing => "`()`",
            Self::Object(name) => return write!(formatter, "the object `{name}`"),
        })
    }
}

impl From<AnswerType> for Type {
    fn from(kind: AnswerType) -> Self {
        match kind {
            AnswerType::Flag => Self::Bool,
            AnswerType::Number => Self::Int,
            AnswerType::Text => Self::Text,
            AnswerType::List => Self::List,
        }
    }
}

/// A list of text as rhai holds it: cheap to clone, and not bound by the limit on array literals.
#[derive(Debug, Clone)]
pub(super) struct List(pub(super) Arc<[String]>);

/// A fixed name that has fields.
pub(super) struct Object {
    pub(super) name: &'static str,
    /// Whether it may be absent.
    pub(super) optional: bool,
    pub(super) is_present: fn(&Facts) -> bool,
    pub(super) fields: &'static [Field],
}

/// A fixed name with a value, or a field of an object.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Type,
    /// Whether it may be absent, though its object is there.
    pub(super) optional: bool,
    /// Whether it is masked in traces.
    pub(super) personal: bool,
    /// The only values that it can have; empty for any.
    pub(super) words: &'static [&'static str],
    pub(super) read: fn(&Facts) -> Option<Dynamic>,
}

impl Field {
    const fn new(name: &'static str, kind: Type, read: fn(&Facts) -> Option<Dynamic>) -> Self {
        Self { name, kind, optional: false, personal: false, words: &[], read }
    }

    const fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    const fn personal(self) -> Self {
        Self { personal: true, ..self }
    }

    const fn one_of(self, words: &'static [&'static str]) -> Self {
        Self { words, ..self }
    }
}

fn list(items: &[String]) -> Dynamic {
    Dynamic::from(List(items.into()))
}

/// The fixed names without fields.
pub(super) static SCALARS: [Field; 2] = [
    Field::new("source", Type::Text, |f| f.source.as_deref().map(Into::into)).optional(),
    Field::new("now", Type::Time, |f| Some(Dynamic::from(f.now))),
];

/// The name that only guarantees know.
pub(super) static SESSION: Field = Field::new("session", Type::Bool, |f| Some(f.session.into()));

/// The name of the object whose fields the `prompt` stages declare.
pub(super) const ANSWERS: &str = "answers";

/// The fixed names with fields.
pub(super) static OBJECTS: [Object; 7] = [
    Object { name: "user", optional: true, is_present: |f| f.user.is_some(), fields: &USER },
    Object {
        name: "organisation",
        optional: true,
        is_present: |f| f.organisation.is_some(),
        fields: &ORGANISATION,
    },
    Object { name: "client", optional: true, is_present: |f| f.client.is_some(), fields: &CLIENT },
    Object { name: "request", optional: false, is_present: |_| true, fields: &REQUEST },
    Object { name: "device", optional: false, is_present: |_| true, fields: &DEVICE },
    Object { name: ANSWERS, optional: false, is_present: |_| true, fields: &[] },
    Object { name: "assurance", optional: false, is_present: |_| true, fields: &ASSURANCE },
];

static USER: [Field; 9] = [
    Field::new("id", Type::Text, |f| Some((&*f.user.as_ref()?.id).into())),
    Field::new("username", Type::Text, |f| Some(f.user.as_ref()?.username.as_deref()?.into()))
        .optional()
        .personal(),
    Field::new("email", Type::Text, |f| Some(f.user.as_ref()?.email.as_deref()?.into()))
        .optional()
        .personal(),
    Field::new("email_verified", Type::Bool, |f| Some(f.user.as_ref()?.email_verified.into())),
    Field::new("name", Type::Text, |f| Some((&*f.user.as_ref()?.name).into())).personal(),
    Field::new("language", Type::Text, |f| Some(f.user.as_ref()?.language.as_deref()?.into()))
        .optional(),
    Field::new("organisations", Type::List, |f| Some(list(&f.user.as_ref()?.organisations))),
    Field::new("admin", Type::Bool, |f| Some(f.user.as_ref()?.admin.into())),
    Field::new("created_at", Type::Time, |f| Some(Dynamic::from(f.user.as_ref()?.created_at))),
];

static ORGANISATION: [Field; 2] = [
    Field::new("slug", Type::Text, |f| Some((&*f.organisation.as_ref()?.slug).into())),
    Field::new("name", Type::Text, |f| Some((&*f.organisation.as_ref()?.name).into())),
];

static CLIENT: [Field; 3] = [
    Field::new("id", Type::Text, |f| Some((&*f.client.as_ref()?.id).into())),
    Field::new("name", Type::Text, |f| Some((&*f.client.as_ref()?.name).into())),
    Field::new("organisation", Type::Text, |f| {
        Some(f.client.as_ref()?.organisation.as_deref()?.into())
    })
    .optional(),
];

static REQUEST: [Field; 3] = [
    Field::new("ip", Type::Address, |f| f.request.ip.map(Dynamic::from)).optional(),
    Field::new("user_agent", Type::Text, |f| Some((&*f.request.user_agent).into())),
    Field::new("language", Type::Text, |f| Some((&*f.request.language).into())),
];

static DEVICE: [Field; 1] =
    [Field::new("remembered", Type::Bool, |f| Some(f.device.remembered.into()))];

static ASSURANCE: [Field; 4] = [
    Field::new("mfa", Type::Bool, |f| Some(f.assurance.mfa.into())),
    Field::new("phishing_resistant", Type::Bool, |f| Some(f.assurance.phishing_resistant.into())),
    Field::new("acr", Type::Text, |f| Some((&*f.assurance.acr).into())).one_of(&ACRS),
    Field::new("amr", Type::List, |f| Some(list(&f.assurance.amr))),
];

/// The object of this name.
pub(super) fn find_object(name: &str) -> Option<&'static Object> {
    OBJECTS.iter().find(|object| object.name == name)
}

/// An answer as a value of its declared type; `Err` when it has another one.
pub(super) fn read_answer(
    facts: &Facts,
    name: &str,
    kind: AnswerType,
) -> Result<Option<Dynamic>, ()> {
    match (facts.answers.get(name), kind) {
        (None, _) => Ok(None),
        (Some(Answer::Flag(value)), AnswerType::Flag) => Ok(Some((*value).into())),
        (Some(Answer::Number(value)), AnswerType::Number) => Ok(Some((*value).into())),
        (Some(Answer::Text(value)), AnswerType::Text) => Ok(Some((&**value).into())),
        (Some(Answer::List(value)), AnswerType::List) => Ok(Some(list(value))),
        (Some(_), _) => Err(()),
    }
}

/// The candidate that was probably meant: a letter or two away, or with more or less at its end.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let allowed = match lower.chars().count() {
        0..=3 => 1,
        4..=7 => 2,
        _ => 3,
    };
    let distance = |candidate: &str| {
        let other = candidate.to_lowercase();
        let is_part = other.len() >= 3
            && lower.len() >= 3
            && (lower.starts_with(&other) || other.starts_with(&lower));
        let edits = strsim::damerau_levenshtein(&lower, &other);
        (edits <= allowed || is_part).then_some(edits)
    };
    candidates
        .into_iter()
        .filter_map(|candidate| distance(candidate).map(|edits| (edits, candidate)))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}
