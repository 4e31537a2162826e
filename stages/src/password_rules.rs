//! What a new password must be (NIST SP 800-63B-4 §3.1.1.2): long enough, taken whole, not one that
//! everybody tries. No rules about kinds of characters, no expiry, no hints.

use engine::{FieldError, MAX_PASSWORD_BYTES, MAX_PASSWORD_CHARACTERS};

/// Where a password may be the only factor it has at least so many characters.
pub const MIN_PASSWORD_CHARACTERS: u8 = 15;

/// So few guesses for a password mean that it stands in the lists that everybody tries first.
const FEW_GUESSES: u64 = 1_000_000;

/// The rules of one field.
#[derive(Debug, Clone, Copy)]
pub struct PasswordRules {
    /// The least number of characters; each code point counts one.
    pub min: u8,
}

impl PasswordRules {
    /// What is wrong with `password`, if anything. `context` holds words that must not make it up:
    /// the person's name and address.
    #[must_use]
    pub fn check(&self, field: &str, password: &str, context: &[&str]) -> Option<FieldError> {
        let length = password.chars().count();
        if length < usize::from(self.min) {
            return Some(FieldError::field(field, "new_password.too_short").with("min", self.min));
        }
        if length > MAX_PASSWORD_CHARACTERS || password.len() > MAX_PASSWORD_BYTES {
            let error = FieldError::field(field, "new_password.too_long");
            return Some(error.with("max", MAX_PASSWORD_CHARACTERS));
        }
        // The estimate is made of the first hundred characters; what follows only adds to it.
        let guesses = zxcvbn::zxcvbn(password, context).guesses();
        (guesses < FEW_GUESSES).then(|| FieldError::field(field, "new_password.common"))
    }
}

#[cfg(test)]
mod tests {
    use super::PasswordRules;

    fn verdict(min: u8, password: &str, context: &[&str]) -> Option<String> {
        PasswordRules { min }.check("password", password, context).map(|error| error.key)
    }

    #[test]
    fn length_counts_code_points() {
        assert_eq!(verdict(15, "fourteen chars", &[]).as_deref(), Some("new_password.too_short"));
        assert_eq!(verdict(15, "fünfzehn Zeichen", &[]), None);
        assert_eq!(verdict(8, "7 😀 4 5", &[]).as_deref(), Some("new_password.too_short"));
        let long = "correct horse battery ".repeat(6);
        assert_eq!(verdict(15, &long, &[]).as_deref(), Some("new_password.too_long"));
    }

    #[test]
    fn what_everybody_tries_is_refused_whole() {
        for common in
            ["password123", "qwertyuiop", "iloveyou1", "1234567890", "aaaaaaaaaaaaaaaaaaaa"]
        {
            assert_eq!(verdict(8, common, &[]).as_deref(), Some("new_password.common"), "{common}");
        }
        assert_eq!(
            verdict(8, "ada.lovelace", &["ada.lovelace"]).as_deref(),
            Some("new_password.common")
        );
        assert_eq!(verdict(15, "correct horse battery staple", &[]), None);
    }
}
