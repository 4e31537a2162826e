//! What may go wrong between Wiki and its identity provider, each with a code for the page.

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The identity provider refused, in the words of RFC 6749 §4.1.2.1 or §5.2.
    #[error("{}", description.as_deref().unwrap_or("the identity provider gave no description"))]
    Refused {
        /// The code.
        code: String,
        /// For developers.
        description: Option<String>,
    },
    /// The identity provider is away or answers nonsense.
    #[error("{what}: {detail}")]
    Unreachable {
        /// Which of its endpoints.
        what: &'static str,
        /// Why.
        detail: String,
    },
    /// This browser began no such login: an old tab, or someone else's link (RFC 9700 §4.7).
    #[error("this browser did not begin this sign-in, or too long ago: please sign in again")]
    UnknownState,
    /// The answer came from another issuer (RFC 9207 §2.4).
    #[error("the answer names another issuer")]
    OtherIssuer,
    /// The ID token must not be believed (OpenID Connect Core §3.1.3.7).
    #[error("the ID token was refused: {0}")]
    IdToken(String),
    /// Userinfo is about someone else (OpenID Connect Core §5.3.2).
    #[error("userinfo is about another person than the ID token")]
    OtherPerson,
}

impl Error {
    /// The endpoint `what` gave no answer that could be used.
    pub(super) fn unreachable(what: &'static str, detail: &dyn std::fmt::Display) -> Self {
        Self::Unreachable { what, detail: detail.to_string() }
    }

    /// For the page: the provider's own code, or one of Wiki's.
    pub(super) fn code(&self) -> &str {
        match self {
            Self::Refused { code, .. } => code,
            Self::Unreachable { .. } => "provider_unreachable",
            Self::UnknownState => "unknown_state",
            Self::OtherIssuer => "other_issuer",
            Self::IdToken(_) => "invalid_id_token",
            Self::OtherPerson => "other_person",
        }
    }
}
