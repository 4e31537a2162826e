//! Secrets at rest: sealed with a key that is not in the database (AES-256-GCM, NIST SP 800-38D).

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::{Ambient, Error, Result};

/// A sealed value as a column keeps it: nonce, ciphertext, tag.
pub type Sealed = Vec<u8>;

/// The 32 bytes from which the sealing key and the keyed hashes are derived.
pub struct SecretKey(Zeroizing<[u8; 32]>);

impl SecretKey {
    /// A key from its bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads the key file, or makes one that only its owner may read if there is none.
    ///
    /// # Errors
    /// When the file cannot be read or made, or does not hold 64 hexadecimal digits.
    pub fn read_or_create(path: &Path, ambient: &Ambient) -> Result<Self> {
        let setup = |error: std::io::Error| {
            Error::Setup(format!("the secret key file {}: {error}", path.display()))
        };
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(text.trim()).ok_or_else(|| {
                Error::Setup(format!(
                    "the secret key file {} must hold 64 hexadecimal digits",
                    path.display()
                ))
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let bytes: [u8; 32] = ambient.bytes();
                // Written whole under another name and then linked: a crash leaves no half key, and
                // of two first starts at once one wins and the other reads the winner's.
                let mut draft = path.as_os_str().to_owned();
                draft.push(format!(".{}", std::process::id()));
                let draft = std::path::PathBuf::from(draft);
                let mut options = fs::OpenOptions::new();
                options.write(true).create(true).truncate(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let mut file = options.open(&draft).map_err(setup)?;
                writeln!(file, "{}", data_encoding::HEXLOWER.encode(&bytes)).map_err(setup)?;
                file.sync_all().map_err(setup)?;
                let linked = fs::hard_link(&draft, path);
                fs::remove_file(&draft).map_err(setup)?;
                match linked {
                    Ok(()) => Ok(Self::new(bytes)),
                    Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                        Self::read_or_create(path, ambient)
                    }
                    Err(error) => Err(setup(error)),
                }
            }
            Err(error) => Err(setup(error)),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes =
            Zeroizing::new(data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?);
        Some(Self::new(bytes.as_slice().try_into().ok()?))
    }
}

/// Seals and opens secrets, and hashes with a key. Cheap to clone.
#[derive(Clone)]
pub struct Sealer(Arc<Keys>);

struct Keys {
    seal: LessSafeKey,
    mac: hmac::Key,
}

impl Sealer {
    /// A sealer whose keys are derived from `key`, one per use.
    ///
    /// # Errors
    /// Never in practice: the key has the right length by its type.
    pub fn new(key: &SecretKey) -> Result<Self> {
        let root = hmac::Key::new(hmac::HMAC_SHA256, key.0.as_slice());
        let derive = |purpose: &str| hmac::sign(&root, purpose.as_bytes());
        let seal = UnboundKey::new(&AES_256_GCM, derive("flowgate seal 1").as_ref())
            .map_err(|_| Error::Seal)?;
        let mac = hmac::Key::new(hmac::HMAC_SHA256, derive("flowgate mac 1").as_ref());
        Ok(Self(Arc::new(Keys { seal: LessSafeKey::new(seal), mac })))
    }

    /// Seals `secret`. `place` names where it will be kept (table and row); opening it anywhere else fails.
    pub fn seal(&self, ambient: &Ambient, place: &str, secret: &[u8]) -> Result<Sealed> {
        let nonce: [u8; NONCE_LEN] = ambient.bytes();
        let mut sealed = nonce.to_vec();
        let mut text = Zeroizing::new(secret.to_vec());
        let tag = self
            .0
            .seal
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.as_bytes()),
                &mut text,
            )
            .map_err(|_| Error::Seal)?;
        sealed.extend_from_slice(&text);
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what [`Sealer::seal`] made for the same `place`.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or(Error::Seal)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Error::Seal)?;
        let mut buffer = Zeroizing::new(text.to_vec());
        let length = self
            .0
            .seal
            .open_in_place(nonce, Aad::from(place.as_bytes()), &mut buffer)
            .map_err(|_| Error::Seal)?
            .len();
        buffer.truncate(length);
        Ok(buffer)
    }

    /// HMAC-SHA256 of `value` for `purpose`: a digest that the database alone can neither check nor guess.
    #[must_use]
    pub fn mac(&self, purpose: &str, value: &[u8]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.0.mac);
        context.update(&u64::try_from(purpose.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(purpose.as_bytes());
        context.update(value);
        context.sign().as_ref().to_vec()
    }

    /// Whether `digest` is [`Sealer::mac`] of the same purpose and value, in constant time.
    #[must_use]
    pub fn is_mac(&self, purpose: &str, value: &[u8], digest: &[u8]) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(&self.mac(purpose, value), digest).is_ok()
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}
