//! An authenticator and the browser in front of it, without a screen: answers the options of a
//! ceremony as `PublicKeyCredential.toJSON()` does, with an ES256 key of its own, honestly or with one
//! [`Fault`]. Whatever a fault changes is signed where it stands under the signature, so that nothing
//! but the check it is about can refuse it.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use data_encoding::BASE64URL_NOPAD as B64;
use serde_json::{Value, json};
use store::Ambient;

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// `id` is another one than `rawId`.
    Id,
    /// `rawId` is another one than `id`.
    RawId,
    /// Both are of a credential that nobody knows.
    BothIds,
    /// `type` is not `public-key`.
    Type,
    /// The client data is of the other ceremony.
    ClientType,
    /// The client data has another challenge.
    Challenge,
    /// The client data has this origin.
    Origin(&'static str),
    /// The client data says that another site's page stood around.
    CrossOrigin,
    /// The client data says which other site's page stood around.
    TopOrigin,
    /// The authenticator signed for another relying party.
    RelyingParty,
    /// Nobody touched it.
    Presence,
    /// It did not check who touched it.
    Verification,
    /// The signature is of something else.
    Signature,
    /// The signature is by another key.
    Key,
    /// The user handle is another account's.
    UserHandle,
    /// There is no user handle.
    NoUserHandle,
    /// The flag BE is the other way round.
    BackupEligible,
    /// The flag BS is set without BE.
    BackupState,
    /// The counter is this.
    Counter(u32),
    /// The new key is of an algorithm that nobody asked for (`EdDSA`).
    Algorithm,
    /// The new credential's id has 1024 bytes.
    LongId,
}

/// Who speaks for a new credential. The certificates in `attestation/` were made for these tests: the
/// maker's leads to `attestation/root.pem`, the stranger's to a root of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attestation {
    /// Nobody.
    None,
    /// The credential itself.
    Itself,
    /// The maker.
    Maker,
    /// Somebody else.
    Stranger,
    /// The credential, with the maker's certificate beside it.
    Forged,
}

/// A passkey or security key with one credential.
pub(crate) struct Authenticator {
    key: EcdsaKeyPair,
    /// The credential's id.
    pub(crate) id: Vec<u8>,
    /// The origin of the page in front of it.
    pub(crate) origin: String,
    /// What product it says it is.
    pub(crate) aaguid: [u8; 16],
    /// The counter, if it counts: raised with each use.
    pub(crate) counter: Option<u32>,
    /// Whether it checks who touches it.
    pub(crate) verifies: bool,
    /// BE, and with it BS.
    pub(crate) synced: bool,
    /// Who speaks for it.
    pub(crate) attestation: Attestation,
    user_handle: Vec<u8>,
}

impl Authenticator {
    /// One that checks its user, is synced and does not count, as a telephone's, in front of `origin`.
    pub(crate) fn new(origin: &str) -> Self {
        Self {
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            id: Ambient::system().bytes::<32>().to_vec(),
            origin: origin.to_owned(),
            aaguid: [0; 16],
            counter: None,
            verifies: true,
            synced: true,
            attestation: Attestation::None,
            user_handle: Vec::new(),
        }
    }

    /// A key on a key ring: it counts, its key stays in it, and it checks only that it is touched.
    pub(crate) fn security_key(origin: &str) -> Self {
        Self { counter: Some(0), verifies: false, synced: false, ..Self::new(origin) }
    }

    /// Makes its credential, as `options` (`PublicKeyCredentialCreationOptionsJSON`) ask.
    pub(crate) fn register(&mut self, options: &Value) -> Value {
        self.make(options, None)
    }

    /// The same with something wrong.
    pub(crate) fn register_with(&mut self, options: &Value, fault: &Fault) -> Value {
        self.make(options, Some(fault))
    }

    fn make(&mut self, options: &Value, fault: Option<&Fault>) -> Value {
        self.user_handle = bytes(&options["user"]["id"]);
        let id = match fault {
            Some(Fault::LongId) => vec![7; 1024],
            _ => self.id.clone(),
        };
        let rp_id = options["rp"]["id"].as_str().unwrap();
        let mut data = self.authenticator_data(rp_id, fault, true);
        data.extend(self.aaguid);
        data.extend(u16::try_from(id.len()).unwrap().to_be_bytes());
        data.extend(&id);
        data.extend(self.public_key(fault));
        let client_data = self.client_data(options, "create", fault);
        let (format, statement) = self.attest(&data, &client_data);
        // {"fmt": format, "attStmt": statement, "authData": data}
        let parts = [text("fmt"), text(format), text("attStmt"), statement, text("authData")];
        let object = [vec![0xa3], parts.concat(), string(2, &data)].concat();
        let response = json!({
            "clientDataJSON": B64.encode(&client_data),
            "attestationObject": B64.encode(&object),
            "transports": ["internal", "hybrid"],
        });
        credential(&id, &response, &json!({ "credProps": { "rk": true } }), fault)
    }

    /// Proves that it has its credential, as `options` (`PublicKeyCredentialRequestOptionsJSON`) ask.
    pub(crate) fn assert(&mut self, options: &Value) -> Value {
        self.show(options, None)
    }

    /// The same with something wrong.
    pub(crate) fn assert_with(&mut self, options: &Value, fault: &Fault) -> Value {
        self.show(options, Some(fault))
    }

    fn show(&mut self, options: &Value, fault: Option<&Fault>) -> Value {
        if let Some(counter) = &mut self.counter {
            *counter += 1;
        }
        let rp_id = options["rpId"].as_str().unwrap();
        let data = self.authenticator_data(rp_id, fault, false);
        let client_data = self.client_data(options, "get", fault);
        let mut signed = data.clone();
        signed.extend(digest(&SHA256, &client_data).as_ref());
        if fault == Some(&Fault::Signature) {
            signed.push(0);
        }
        let other = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let key = if fault == Some(&Fault::Key) { &other } else { &self.key };
        let signature = key.sign(&SystemRandom::new(), &signed).unwrap();
        let handle = match fault {
            Some(Fault::UserHandle) => json!(B64.encode(&[9; 16])),
            Some(Fault::NoUserHandle) => Value::Null,
            _ => json!(B64.encode(&self.user_handle)),
        };
        let response = json!({
            "clientDataJSON": B64.encode(&client_data),
            "authenticatorData": B64.encode(&data),
            "signature": B64.encode(signature.as_ref()),
            "userHandle": handle,
        });
        credential(&self.id, &response, &json!({}), fault)
    }

    /// The format of an attestation statement, and the statement (§8.2, §8.7).
    fn attest(&self, data: &[u8], client_data: &[u8]) -> (&'static str, Vec<u8>) {
        let signed = [data, digest(&SHA256, client_data).as_ref()].concat();
        let sign = |pkcs8: Option<&[u8]>| {
            let read = |bytes| EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, bytes);
            let key = pkcs8.map(|bytes| read(bytes).unwrap());
            key.as_ref().unwrap_or(&self.key).sign(&SystemRandom::new(), &signed).unwrap()
        };
        let (signature, certificate) = match self.attestation {
            Attestation::None => return ("none", vec![0xa0]),
            Attestation::Itself => (sign(None), None),
            Attestation::Maker => (sign(Some(MAKER.1)), Some(MAKER.0)),
            Attestation::Stranger => (sign(Some(STRANGER.1)), Some(STRANGER.0)),
            Attestation::Forged => (sign(None), Some(MAKER.0)),
        };
        // {"alg": -7, "sig": signature, "x5c": [certificate]}
        let size = if certificate.is_some() { 0xa3 } else { 0xa2 };
        let mut statement = [vec![size], text("alg"), vec![0x26], text("sig")].concat();
        statement.extend(string(2, signature.as_ref()));
        if let Some(certificate) = certificate {
            statement.extend([text("x5c"), vec![0x81], string(2, certificate)].concat());
        }
        ("packed", statement)
    }

    /// `rpIdHash`, flags and counter (Web Authentication Level 3 §6.1).
    fn authenticator_data(&self, rp_id: &str, fault: Option<&Fault>, is_new: bool) -> Vec<u8> {
        let rp_id = if fault == Some(&Fault::RelyingParty) { "evil.example" } else { rp_id };
        let mut data = digest(&SHA256, rp_id.as_bytes()).as_ref().to_vec();
        let is_synced = self.synced != (fault == Some(&Fault::BackupEligible));
        let (eligible, backed_up) = match fault {
            Some(Fault::BackupState) => (false, true),
            _ => (is_synced, is_synced),
        };
        let flags = [
            (0x01, fault != Some(&Fault::Presence)),
            (0x04, self.verifies && fault != Some(&Fault::Verification)),
            (0x08, eligible),
            (0x10, backed_up),
            (0x40, is_new),
        ];
        data.push(flags.iter().filter(|(_, is_set)| *is_set).map(|(bit, _)| bit).sum());
        let counter = match fault {
            Some(Fault::Counter(counter)) => *counter,
            _ => self.counter.unwrap_or(0),
        };
        data.extend(counter.to_be_bytes());
        data
    }

    fn client_data(&self, options: &Value, ceremony: &str, fault: Option<&Fault>) -> Vec<u8> {
        let ceremony = match (fault, ceremony) {
            (Some(Fault::ClientType), "get") => "create",
            (Some(Fault::ClientType), _) => "get",
            _ => ceremony,
        };
        let mut data = json!({
            "type": format!("webauthn.{ceremony}"),
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": false,
        });
        match fault {
            Some(Fault::Challenge) => data["challenge"] = json!(B64.encode(&[1; 32])),
            Some(Fault::Origin(origin)) => data["origin"] = json!(origin),
            Some(Fault::CrossOrigin) => data["crossOrigin"] = json!(true),
            Some(Fault::TopOrigin) => data["topOrigin"] = json!("https://evil.example"),
            _ => {}
        }
        data.to_string().into_bytes()
    }

    /// The public key in COSE (RFC 9053 §7.1.1).
    fn public_key(&self, fault: Option<&Fault>) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        if fault == Some(&Fault::Algorithm) {
            // {1: 1 (OKP), 3: -8 (EdDSA), -1: 6 (Ed25519), -2: x}
            return [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32], x].concat();
        }
        // {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
        let start: &[u8] = &[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32];
        [start, x, &[0x22, 0x58, 32], y].concat()
    }
}

fn credential(id: &[u8], response: &Value, extensions: &Value, fault: Option<&Fault>) -> Value {
    let (id, other) = (B64.encode(id), B64.encode(&[5; 32]));
    let (shown, raw) = match fault {
        Some(Fault::Id) => (&other, &id),
        Some(Fault::RawId) => (&id, &other),
        Some(Fault::BothIds) => (&other, &other),
        _ => (&id, &id),
    };
    json!({
        "id": shown,
        "rawId": raw,
        "type": if fault == Some(&Fault::Type) { "password" } else { "public-key" },
        "authenticatorAttachment": "platform",
        "response": response,
        "clientExtensionResults": extensions,
    })
}

fn bytes(value: &Value) -> Vec<u8> {
    B64.decode(value.as_str().expect("base64url").as_bytes()).expect("base64url")
}

/// The first bytes of a CBOR item of a major type (RFC 8949 §3).
fn head(major: u8, length: usize) -> Vec<u8> {
    let major = major << 5;
    match u8::try_from(length) {
        Ok(length @ 0..24) => vec![major | length],
        Ok(length) => vec![major | 0x18, length],
        Err(_) => {
            let [high, low] = u16::try_from(length).unwrap().to_be_bytes();
            vec![major | 0x19, high, low]
        }
    }
}

/// A string of bytes (2) or letters (3).
fn string(major: u8, bytes: &[u8]) -> Vec<u8> {
    [head(major, bytes.len()), bytes.to_vec()].concat()
}

fn text(text: &str) -> Vec<u8> {
    string(3, text.as_bytes())
}

/// A certificate for attestations, and its key.
type Speaker = (&'static [u8], &'static [u8]);

const MAKER: Speaker =
    (include_bytes!("attestation/maker.der"), include_bytes!("attestation/maker.pk8"));

const STRANGER: Speaker =
    (include_bytes!("attestation/stranger.der"), include_bytes!("attestation/stranger.pk8"));
