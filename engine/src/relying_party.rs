//! This installation as authenticators and browsers know it.

/// The relying party of WebAuthn (Web Authentication Level 3 §5.4.2). The server takes it from its
/// configuration, never from a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    /// The RP ID: a domain. Credentials are bound to it for good.
    pub id: String,
    /// What authenticators show.
    pub name: String,
    /// The origins whose pages may use the credentials, as browsers write them.
    pub origins: Vec<String>,
    /// The root certificates (PEM, one or more) to which an attestation must lead where a stage
    /// demands one; empty where the operator gave none.
    pub attestation_roots: String,
}
