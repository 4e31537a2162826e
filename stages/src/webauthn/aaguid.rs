//! Which product an authenticator says that it is: its AAGUID (Web Authentication Level 3 §6.5.1).
//! It names a new passkey for its owner; without a verified attestation it proves nothing.
//!
//! The pairs are facts that the vendors publish. To add one, add a row.

use engine::ConfigProblem;

/// An AAGUID in its usual spelling, and what people call the product.
const PRODUCTS: &[(&str, &str)] = &[
    ("fbfc3007-154e-4ecc-8c0b-6e020557d7bd", "Apple Passwords"),
    ("dd4ec289-e01d-41c9-bb89-70fa845d4bf2", "iCloud Keychain (managed)"),
    ("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4", "Google Password Manager"),
    ("adce0002-35bc-c60a-648b-0b25f1f05503", "Chrome on Mac"),
    ("08987058-cadc-4b81-b6e1-30de50dcbe96", "Windows Hello"),
    ("9ddd1817-af5a-4672-a2b9-3e3dd95000a9", "Windows Hello"),
    ("6028b017-b1d4-4c02-b4b3-afcdafc96bb2", "Windows Hello"),
    ("53414d53-554e-4700-0000-000000000000", "Samsung Pass"),
    ("bada5566-a7aa-401f-bd96-45619a55120d", "1Password"),
    ("d548826e-79b4-db40-a3d8-11116f7e8349", "Bitwarden"),
    ("531126d6-e717-415c-9320-3d9aa6981239", "Dashlane"),
    ("50726f74-6f6e-5061-7373-50726f746f6e", "Proton Pass"),
    ("fdb141b2-5d84-443e-8a35-4698c205a502", "KeePassXC"),
    ("b84e4048-15dc-4dd0-8640-f4f60813c8af", "NordPass"),
    ("0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6", "Keeper"),
    ("f3809540-7f14-49c1-a8b3-8f813b225541", "Enpass"),
    ("cb69481e-8ff7-4039-93ec-0a2729a154a8", "YubiKey 5"),
    ("ee882879-721c-4913-9775-3dfcce97072a", "YubiKey 5"),
    ("fa2b99dc-9e39-4257-8f92-4a30d23c4118", "YubiKey 5 NFC"),
    ("2fc0579f-8113-47ea-b116-bb5a8db9202a", "YubiKey 5 NFC"),
    ("c5ef55ff-ad9a-4b9f-b580-adebafe026d0", "YubiKey 5Ci"),
    ("c1f9a0bc-1dd2-404a-b27f-8e29047a43fd", "YubiKey 5 NFC FIPS"),
    ("73bb0cd4-e502-49b8-9c6f-b59445bf720b", "YubiKey 5 FIPS"),
    ("f8a011f3-8c0a-4d15-8006-17111f9edc7d", "Security Key by Yubico"),
    ("6d44ba9b-f6ec-2e49-b930-0c8fe920cb73", "Security Key NFC by Yubico"),
];

/// The product with this AAGUID.
pub(crate) fn product(aaguid: &str) -> Option<&'static str> {
    PRODUCTS.iter().find(|(known, _)| *known == aaguid).map(|(_, product)| *product)
}

/// The usual spelling (RFC 9562 §4); `None` for all zeros, by which an authenticator says nothing.
pub(super) fn spell(bytes: [u8; 16]) -> Option<String> {
    let hex = data_encoding::HEXLOWER.encode(&bytes);
    let parts =
        [hex.get(..8)?, hex.get(8..12)?, hex.get(12..16)?, hex.get(16..20)?, hex.get(20..)?];
    (bytes != [0; 16]).then(|| parts.join("-"))
}

/// Whether a text is an AAGUID in its usual spelling.
pub(super) fn is_aaguid(text: &str) -> bool {
    let is_part = |(part, length): (&str, &usize)| {
        part.len() == *length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    text.split('-').count() == 5 && text.split('-').zip(&[8, 4, 4, 4, 12]).all(is_part)
}

/// Whether a stage that names products takes this one. A product that does not say what it is passes
/// where nothing is demanded of it.
pub(crate) fn is_allowed(aaguid: Option<&str>, allow: &[String], deny: &[String]) -> bool {
    let is_in = |list: &[String]| aaguid.is_some_and(|it| list.iter().any(|other| other == it));
    (allow.is_empty() || is_in(allow)) && !is_in(deny)
}

/// What is wrong with the lists of products in a stage's configuration.
pub(crate) fn problems(allow: &[String], deny: &[String]) -> Vec<ConfigProblem> {
    let of = |key: &'static str, list: &[String]| {
        let bad = list.iter().enumerate().filter(|(_, aaguid)| !is_aaguid(aaguid));
        let problem = |(at, _)| {
            let text =
                "must be an AAGUID in lower case, such as ee882879-721c-4913-9775-3dfcce97072a";
            ConfigProblem::new(format!("{key}[{at}]"), text)
        };
        bad.map(problem).collect::<Vec<_>>()
    };
    let mut problems = of("allow_aaguids", allow);
    problems.extend(of("deny_aaguids", deny));
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_product_is_listed_once_in_the_usual_spelling() {
        for (at, (aaguid, name)) in PRODUCTS.iter().enumerate() {
            assert!(is_aaguid(aaguid), "{aaguid}");
            assert!(!name.is_empty() && name.len() <= 64);
            let again = PRODUCTS.iter().skip(at + 1).any(|(other, _)| other == aaguid);
            assert!(!again, "{aaguid} stands twice");
        }
        assert_eq!(product("d548826e-79b4-db40-a3d8-11116f7e8349"), Some("Bitwarden"));
        assert_eq!(product("00000000-0000-0000-0000-000000000001"), None);
    }

    #[test]
    fn a_product_is_taken_unless_the_lists_say_otherwise() {
        let [one, other] = [PRODUCTS[0].0, PRODUCTS[1].0].map(str::to_owned);
        let (known, list) = (Some(one.as_str()), std::slice::from_ref(&one));
        assert!(is_allowed(None, &[], &[]) && is_allowed(known, &[], &[]));
        assert!(is_allowed(known, list, &[]) && !is_allowed(None, list, &[]));
        assert!(!is_allowed(Some(&other), list, &[]) && !is_allowed(known, &[], list));
        assert!(!is_allowed(known, list, list), "what is denied stays denied");
        assert!(is_allowed(None, &[], list));
        let wrong = ["YubiKey".to_owned(), one];
        let problems = problems(&wrong, &wrong);
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["allow_aaguids[0]", "deny_aaguids[0]"]);
    }

    #[test]
    fn zeros_are_no_aaguid() {
        assert_eq!(spell([0; 16]), None);
        assert_eq!(spell([0xab; 16]).as_deref(), Some("abababab-abab-abab-abab-abababababab"));
        for bad in ["", "abababab", "ABABABAB-abab-abab-abab-abababababab", "a-b-c-d-e"] {
            assert!(!is_aaguid(bad), "{bad}");
        }
    }
}
