//! Claims about a person (OpenID Connect Core §5.1), by scope (§5.4). A claim is added here and
//! nowhere else; nothing that a person or a flow wrote can take the name of another.

use serde_json::{Map, Value};
use store::user::User;

/// The scopes that mean something here; a client may have others for its own resource servers.
pub(crate) const SCOPES: [&str; 4] = ["openid", "profile", "email", crate::ACCOUNT];

/// Claims of `profile` that are read from the person's attributes of the same name.
const ATTRIBUTES: [&str; 10] = [
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
];

const PROFILE: [&str; 4] = ["name", "preferred_username", "locale", "updated_at"];

const EMAIL: [&str; 2] = ["email", "email_verified"];

/// Claims of the authentication, in the ID token.
const AUTHENTICATION: [&str; 11] =
    ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid"];

/// Every claim that may be served.
pub(crate) fn supported() -> Vec<&'static str> {
    [&AUTHENTICATION[..], &PROFILE, &ATTRIBUTES, &EMAIL].concat()
}

/// The scope that covers a claim about a person, if it is one.
pub(crate) fn scope_of(claim: &str) -> Option<&'static str> {
    if PROFILE.contains(&claim) || ATTRIBUTES.contains(&claim) {
        Some("profile")
    } else if EMAIL.contains(&claim) {
        Some("email")
    } else {
        None
    }
}

/// The claims about `user` that these scopes cover, and those asked for one by one. What is not
/// known of the person is left out (§5.3.2).
pub(crate) fn of_user(user: &User, scopes: &[String], names: &[String]) -> Map<String, Value> {
    let has = |scope: &str| scopes.iter().any(|granted| granted == scope);
    let (profile, email) = (has("profile"), has("email"));
    let wanted = |covered: bool, claim: &str| covered || names.iter().any(|name| name == claim);
    let text = |value: Option<&str>| value.filter(|text| !text.is_empty()).map(Value::from);
    let mut claims = Map::new();
    let mut add = |covered: bool, claim: &str, value: Option<Value>| {
        if let Some(value) = value.filter(|_| wanted(covered, claim)) {
            claims.insert(claim.to_owned(), value);
        }
    };
    add(profile, "name", text(Some(&user.name)));
    add(profile, "preferred_username", text(user.username.as_deref()));
    add(profile, "locale", text(user.language.as_deref()));
    add(profile, "updated_at", Some(user.updated_at.timestamp().into()));
    for claim in ATTRIBUTES {
        add(profile, claim, text(user.attributes.get(claim).and_then(Value::as_str)));
    }
    if user.email.is_some() {
        add(email, "email", text(user.email.as_deref()));
        add(email, "email_verified", Some(user.email_verified_at.is_some().into()));
    }
    claims
}
