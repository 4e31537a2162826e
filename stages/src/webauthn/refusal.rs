//! Why a ceremony was refused: a word for the audit trail, and what the person is told.

use webauthn_rs_core::error::WebauthnError;

/// Why what an authenticator answered was not taken. The numbers are the steps of Web Authentication
/// Level 3: §7.1 for a registration, §7.2 for an assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is no answer of an authenticator, or a part of it cannot be read.
    Unreadable,
    /// No ceremony is under way, or it began too long ago.
    Expired,
    /// `type` is not what this ceremony asks for (§7.1.7, §7.2.10).
    Type,
    /// `id` and `rawId` differ.
    Id,
    /// The challenge is not the one that was sent (§7.1.8, §7.2.11).
    Challenge,
    /// The origin is none of ours (§7.1.9, §7.2.12).
    Origin,
    /// It was made within another site's page (§7.1.10–11, §7.2.13–14).
    CrossOrigin,
    /// It was made for another relying party (§7.1.14, §7.2.15).
    RelyingParty,
    /// Nobody touched the authenticator (§7.1.15, §7.2.16).
    Presence,
    /// The authenticator did not check who touches it, though it must (§7.1.16, §7.2.17).
    Verification,
    /// The flags of backup contradict each other or what is known (§7.1.17, §7.2.18–19).
    Backup,
    /// A key of a kind that was not asked for (§7.1.20).
    Algorithm,
    /// The attestation is missing, broken or not trusted (§7.1.21–24).
    Attestation,
    /// The credential's id is too long (§7.1.25).
    CredentialId,
    /// Somebody has this credential already (§7.1.26).
    Registered,
    /// The product, or the way in which the key is kept, is not allowed here.
    NotAllowed,
    /// Nobody has this credential, or it was not asked for (§7.2.5).
    Unknown,
    /// The credential is another person's (§7.2.6).
    Owner,
    /// The user handle is not the account's, or missing where it must be there (§7.2.6).
    UserHandle,
    /// The signature is wrong (§7.2.21).
    Signature,
    /// The counter did not grow: perhaps there are two of this key (§7.2.22, §6.1.1).
    Counter,
    /// Who has this credential may not sign in.
    Person,
}

impl Refusal {
    /// For the audit trail.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Expired => "expired",
            Self::Type => "type",
            Self::Id => "id",
            Self::Challenge => "challenge",
            Self::Origin => "origin",
            Self::CrossOrigin => "cross_origin",
            Self::RelyingParty => "relying_party",
            Self::Presence => "user_presence",
            Self::Verification => "user_verification",
            Self::Backup => "backup_flags",
            Self::Algorithm => "algorithm",
            Self::Attestation => "attestation",
            Self::CredentialId => "credential_id",
            Self::Registered => "registered",
            Self::NotAllowed => "not_allowed",
            Self::Unknown => "unknown",
            Self::Owner => "owner",
            Self::UserHandle => "user_handle",
            Self::Signature => "signature",
            Self::Counter => "counter",
            Self::Person => "person",
        }
    }

    /// The message key. It tells apart only what the person can do something about; whose a
    /// credential is, and what exactly was wrong, stays here.
    pub(crate) const fn message(self) -> &'static str {
        match self {
            Self::Expired => "webauthn.expired",
            Self::Unknown | Self::Owner | Self::Person => "webauthn.unknown",
            Self::Registered => "webauthn.registered",
            Self::NotAllowed | Self::Attestation | Self::Algorithm => "webauthn.not_allowed",
            _ => "webauthn.failed",
        }
    }
}

impl From<WebauthnError> for Refusal {
    fn from(error: WebauthnError) -> Self {
        use WebauthnError as E;
        match error {
            E::InvalidClientDataType => Self::Type,
            E::MismatchedChallenge => Self::Challenge,
            E::InvalidRPOrigin => Self::Origin,
            E::CredentialCrossOrigin => Self::CrossOrigin,
            E::InvalidRPIDHash => Self::RelyingParty,
            E::UserNotPresent => Self::Presence,
            E::UserNotVerified => Self::Verification,
            E::CredentialBackupEligibilityInconsistent | E::CredentialMayNotBeHardwareBound => {
                Self::Backup
            }
            // The library says so of a key that it was told to exclude, too.
            E::CredentialAlteredAlgFromRequest
            | E::COSEKeyInvalidAlgorithm
            | E::COSEKeyInvalidType
            | E::COSEKeyInvalidCBORValue
            | E::COSEKeyECDSAXYInvalid
            | E::COSEKeyECDSAInvalidCurve
            | E::COSEKeyEDDSAXInvalid
            | E::COSEKeyEDDSAInvalidCurve
            | E::COSEKeyRSANEInvalid
            | E::EcdsaPointInvalid
            | E::RsaParametersInvalid
            | E::SshPublicKeyEDUnsupported
            | E::COSEKeyEDUnsupported
            | E::CredentialInsecureCryptography => Self::Algorithm,
            E::CredentialNotFound => Self::Unknown,
            E::AuthenticationFailure | E::SignatureInvalid => Self::Signature,
            E::CredentialPossibleCompromise => Self::Counter,
            E::ParseBase64Failure(_)
            | E::ParseCBORFailure(_)
            | E::ParseJSONFailure(_)
            | E::ParseNOMFailure
            | E::ParseInsufficientBytesAvailable
            | E::MissingAttestationCredentialData => Self::Unreadable,
            // What is left concerns attestation statements and certificates.
            _ => Self::Attestation,
        }
    }
}
