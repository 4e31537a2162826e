//! A factor that a flow asks for, as the API shows it.

use assurance::Factor;
use engine::{Body, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::failure::Failure;
use super::drive::asked;
use super::problem::Problem;

/// A factor that is asked for.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Question {
    /// Which is asked for now.
    pub(super) factor: Factor,
    /// All that would do, this one first.
    pub(super) factors: Vec<Factor>,
    /// What showing it takes: `options` for `navigator.credentials.get()`, `sent_to` and `resend_in` of
    /// a code, `digits`, `pattern` …
    pub(super) challenge: Map<String, Value>,
    /// Why it is asked for.
    pub(super) reasons: Vec<Value>,
    /// For how many days this browser can be remembered; `null` where it cannot.
    pub(super) remember_days: Option<i64>,
    /// What went wrong on the way here: a code that could not be sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) errors: Vec<Value>,
}

/// A factor that is shown. Which field it takes depends on the factor that is asked for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Shown {
    /// `totp`, `static`, `email`, `sms`: the code.
    pub(super) code: Option<String>,
    /// `webauthn`: the `PublicKeyCredential` as its `toJSON()` makes it.
    #[schemars(with = "Option<Map<String, Value>>")]
    pub(super) credential: Option<Value>,
    /// `password`.
    pub(super) password: Option<String>,
}

/// The factor that a component asks for.
fn factor_of(component: &str) -> Option<Factor> {
    Some(match component {
        "password" => Factor::Password,
        "webauthn" => Factor::Webauthn,
        "totp" => Factor::Totp,
        "static" => Factor::Static,
        "email_otp" => Factor::Email,
        "sms_otp" => Factor::Sms,
        _ => return None,
    })
}

impl Question {
    /// What `view` asks for, if that is a factor.
    pub(super) fn of(view: &View) -> Option<Self> {
        let challenge = asked(view)?;
        let factor = factor_of(challenge.component)?;
        let mut data = challenge.data.as_object().cloned().unwrap_or_default();
        let others = data.remove("others").and_then(|it| serde_json::from_value(it).ok());
        let others: Vec<Factor> = others.unwrap_or_default();
        let reasons = data.remove("reasons").and_then(|it| serde_json::from_value(it).ok());
        let remember = data.remove("remember").and_then(|it| it.get("days")?.as_i64());
        if factor == Factor::Password {
            data.clear();
        }
        let errors = match &view.body {
            Body::Ask { errors, .. } => errors.iter().map(|error| json!(error)).collect(),
            Body::Finished(_) | Body::Denied(_) => Vec::new(),
        };
        Some(Self {
            factor,
            factors: std::iter::once(factor).chain(others).collect(),
            challenge: data,
            reasons: reasons.unwrap_or_default(),
            remember_days: remember,
            errors,
        })
    }

    /// Whether it is asked of somebody who has shown nothing: the passkey is to say who it is.
    pub(super) fn is_passwordless(&self) -> bool {
        self.challenge.get("mode").is_some_and(|mode| mode == "passwordless")
    }
}

impl Shown {
    /// The answer to `question`.
    ///
    /// # Errors
    /// When it is none.
    pub(super) fn answer(self, question: &Question) -> Result<Map<String, Value>, Failure> {
        let field = match question.factor {
            Factor::Password => "password",
            Factor::Webauthn => "credential",
            Factor::Totp | Factor::Static | Factor::Email | Factor::Sms => "code",
        };
        let sent = [
            ("code", self.code.map(Value::from)),
            ("credential", self.credential),
            ("password", self.password.map(Value::from)),
        ];
        let sent: Map<String, Value> =
            sent.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        if sent.len() == 1 && sent.contains_key(field) {
            Ok(sent)
        } else {
            let detail =
                format!("{} is asked for: send `{field}` and nothing else", question.factor);
            Err(Problem::malformed(detail).into())
        }
    }
}
