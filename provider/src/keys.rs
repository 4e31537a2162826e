//! The signing keys: made at first start, sealed in the store, parsed once and held in memory.
//!
//! JSON Web Signatures are made and checked here directly with the cryptographic library: a JWS
//! library parses the private key for each signature, which costs more than signing with ES256.

use std::collections::HashMap;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use store::client::SigningAlgorithm;
use store::signing_key::{self, SigningKey};
use store::{Document, Id, Store};

use crate::{Error, Published, Result};

/// The keys of a provider.
pub(crate) struct Keys {
    es256: Signer,
    rs256: Signer,
    /// By the first part of a token, which names algorithm and key. Nothing else in a token's
    /// header is ever read: one with `jwk`, `jku`, `crit` or another `alg` is not among these.
    verifiers: HashMap<String, UnparsedPublicKey<Vec<u8>>>,
    pub(crate) jwks: Published,
}

struct Signer {
    header: String,
    key: PrivateKey,
}

enum PrivateKey {
    Es256(EcdsaKeyPair),
    Rs256(RsaKeyPair),
}

const ALGORITHMS: [SigningAlgorithm; 2] = [SigningAlgorithm::ES256, SigningAlgorithm::RS256];

const fn name(algorithm: SigningAlgorithm) -> &'static str {
    match algorithm {
        SigningAlgorithm::ES256 => "ES256",
        SigningAlgorithm::RS256 => "RS256",
    }
}

impl Keys {
    /// Reads the keys, making those that are missing.
    pub(crate) async fn load(store: &Store) -> Result<Self> {
        let mut rows = signing_key::all(&mut store.read().await?).await?;
        for algorithm in ALGORITHMS {
            let mut same = rows.iter().filter(|row| row.algorithm == name(algorithm));
            if same.clone().all(|row| row.retired_at.is_some()) {
                let generation = same.next().map_or(0, |row| row.generation) + 1;
                create(store, algorithm, generation).await?;
                rows = signing_key::all(&mut store.read().await?).await?;
            }
        }
        Self::read(store, &rows)
    }

    fn read(store: &Store, rows: &[SigningKey]) -> Result<Self> {
        let (mut es256, mut rs256) = (None, None);
        let mut verifiers = HashMap::new();
        for row in rows {
            let secret = store.sealer().open(&signing_key::place(&row.id), &row.sealed)?;
            let key = PrivateKey::read(&row.algorithm, &secret)?;
            let header = json!({ "alg": row.algorithm, "typ": "JWT", "kid": row.id });
            let header = BASE64URL_NOPAD.encode(header.to_string().as_bytes());
            verifiers.insert(header.clone(), key.verifier());
            // The newest generation comes first.
            let slot = if matches!(key, PrivateKey::Es256(_)) { &mut es256 } else { &mut rs256 };
            if slot.is_none() && row.retired_at.is_none() {
                *slot = Some(Signer { header, key });
            }
        }
        let public: Vec<&Value> = rows.iter().map(|row| &row.public_jwk.0).collect();
        Ok(Self {
            es256: es256.ok_or(Error::Key("found"))?,
            rs256: rs256.ok_or(Error::Key("found"))?,
            verifiers,
            jwks: Published::new(&json!({ "keys": public }))?,
        })
    }

    /// Signs `claims`: a JWS in compact form (RFC 7515 §7.1).
    pub(crate) fn sign(
        &self,
        algorithm: SigningAlgorithm,
        claims: &impl serde::Serialize,
    ) -> Result<String> {
        let signer = match algorithm {
            SigningAlgorithm::ES256 => &self.es256,
            SigningAlgorithm::RS256 => &self.rs256,
        };
        let payload = serde_json::to_vec(claims).map_err(Error::Encoding)?;
        let mut token = String::with_capacity(signer.header.len() + payload.len() * 4 / 3 + 400);
        token.push_str(&signer.header);
        token.push('.');
        BASE64URL_NOPAD.encode_append(&payload, &mut token);
        let signature = signer.key.sign(token.as_bytes())?;
        token.push('.');
        BASE64URL_NOPAD.encode_append(&signature, &mut token);
        Ok(token)
    }

    /// The claims of a token that one of our keys signed; `None` for any other text.
    pub(crate) fn verify<T: serde::de::DeserializeOwned>(&self, token: &str) -> Option<T> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).ok()?;
        self.verifiers.get(header)?.verify(message.as_bytes(), &signature).ok()?;
        serde_json::from_slice(&BASE64URL_NOPAD.decode(payload.as_bytes()).ok()?).ok()
    }
}

impl PrivateKey {
    fn read(algorithm: &str, pkcs8: &[u8]) -> Result<Self> {
        let rejected = |_| Error::Key("read");
        match algorithm {
            "ES256" => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8)
                .map(Self::Es256)
                .map_err(rejected),
            "RS256" => RsaKeyPair::from_pkcs8(pkcs8).map(Self::Rs256).map_err(rejected),
            _ => Err(Error::Key("read: its algorithm is unknown")),
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let failed = |_| Error::Key("used");
        match self {
            Self::Es256(key) => {
                let signature = key.sign(&SystemRandom::new(), message).map_err(failed)?;
                Ok(signature.as_ref().to_vec())
            }
            Self::Rs256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                    .map_err(failed)?;
                Ok(signature)
            }
        }
    }

    fn verifier(&self) -> UnparsedPublicKey<Vec<u8>> {
        match self {
            Self::Es256(key) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.public_key().as_ref().to_vec())
            }
            Self::Rs256(key) => UnparsedPublicKey::new(
                &RSA_PKCS1_2048_8192_SHA256,
                key.public_key().as_ref().to_vec(),
            ),
        }
    }

    /// The public half: the members that its thumbprint is made of, in the order of their names
    /// (RFC 7638 §3.2).
    fn public_members(&self) -> Result<Value> {
        let text = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        match self {
            Self::Es256(key) => match key.public_key().as_ref() {
                // Uncompressed point (SEC 1 §2.3.3).
                [4, point @ ..] if point.len() == 64 => {
                    let (x, y) = point.split_at(32);
                    Ok(json!({ "crv": "P-256", "kty": "EC", "x": text(x), "y": text(y) }))
                }
                _ => Err(Error::Key("written")),
            },
            Self::Rs256(key) => {
                let public = key.public_key();
                let n = public.modulus().big_endian_without_leading_zero();
                let e = public.exponent().big_endian_without_leading_zero();
                Ok(json!({ "e": text(e), "kty": "RSA", "n": text(n) }))
            }
        }
    }
}

/// Makes a key and keeps it, unless another node made one of the same generation.
async fn create(store: &Store, algorithm: SigningAlgorithm, generation: i64) -> Result<()> {
    let failed = |_| Error::Key("made");
    let pkcs8 = match algorithm {
        SigningAlgorithm::ES256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .and_then(|key| key.to_pkcs8v1())
            .map_err(failed)?
            .as_ref()
            .to_vec(),
        SigningAlgorithm::RS256 => RsaKeyPair::generate(KeySize::Rsa2048)
            .and_then(|key| key.as_der())
            .map_err(failed)?
            .as_ref()
            .to_vec(),
    };
    let mut public = PrivateKey::read(name(algorithm), &pkcs8)?.public_members()?;
    let thumbprint =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, public.to_string().as_bytes());
    let id = Id::from(BASE64URL_NOPAD.encode(thumbprint.as_ref()));
    public["use"] = "sig".into();
    public["alg"] = name(algorithm).into();
    public["kid"] = id.as_str().into();
    let sealed = store.sealer().seal(store.ambient(), &signing_key::place(&id), &pkcs8)?;
    let key = SigningKey {
        id,
        algorithm: name(algorithm).to_owned(),
        generation,
        sealed,
        public_jwk: Document(public),
        created_at: store.ambient().now(),
        retired_at: None,
    };
    let mut unit = store.write().await?;
    signing_key::create(&mut unit, &key).await?;
    unit.commit().await?;
    Ok(())
}
