//! An authenticator app, made from RFC 6238 alone, so that it shares no code with what it tests.

use aws_lc_rs::hmac;
use data_encoding::BASE32_NOPAD;
use store::Time;

/// The secret of Ada and Tess in `tests/blueprints/factors.yaml`.
pub(crate) const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// The six digits of the app with this base32 secret, `steps` of thirty seconds after `now`.
pub(crate) fn totp(secret: &str, now: Time, steps: i64) -> String {
    let secret = BASE32_NOPAD.decode(secret.replace(' ', "").as_bytes()).expect("base32");
    let counter = now.timestamp() / 30 + steps;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret);
    let tag = hmac::sign(&key, &counter.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[19] & 0xf);
    let word = u32::from_be_bytes(tag[offset..offset + 4].try_into().expect("four bytes"));
    format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
}
