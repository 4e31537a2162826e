use crate::{Ambient, Error, Sealer, SecretKey};

fn sealer(byte: u8) -> Sealer {
    Sealer::new(&SecretKey::new([byte; 32])).unwrap()
}

#[test]
fn a_secret_opens_only_with_its_key_in_its_place_and_whole() {
    let ambient = Ambient::system();
    let sealed = sealer(1).seal(&ambient, "credentials/1", b"secret").unwrap();
    assert_eq!(sealer(1).open("credentials/1", &sealed).unwrap().as_slice(), b"secret");
    assert!(!sealed.windows(6).any(|part| part == b"secret"));
    assert!(matches!(sealer(2).open("credentials/1", &sealed), Err(Error::Seal)));
    assert!(matches!(sealer(1).open("credentials/2", &sealed), Err(Error::Seal)));
    for at in 0..sealed.len() {
        let mut bent = sealed.clone();
        bent[at] ^= 1;
        assert!(matches!(sealer(1).open("credentials/1", &bent), Err(Error::Seal)), "byte {at}");
    }
    assert!(matches!(sealer(1).open("credentials/1", &sealed[..5]), Err(Error::Seal)));
}

#[test]
fn a_keyed_hash_is_for_one_purpose() {
    let digest = sealer(1).mac("client secret wiki", b"secret");
    assert!(sealer(1).is_mac("client secret wiki", b"secret", &digest));
    assert!(!sealer(1).is_mac("client secret blog", b"secret", &digest));
    assert!(!sealer(1).is_mac("client secret wiki", b"Secret", &digest));
    assert!(!sealer(2).is_mac("client secret wiki", b"secret", &digest));
}

#[test]
fn a_key_file_is_made_once_for_its_owner_alone_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret.key");
    let ambient = Ambient::system();
    let first = Sealer::new(&SecretKey::read_or_create(&path, &ambient).unwrap()).unwrap();
    let second = Sealer::new(&SecretKey::read_or_create(&path, &ambient).unwrap()).unwrap();
    assert_eq!(first.mac("p", b"v"), second.mac("p", b"v"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    std::fs::write(&path, "short").unwrap();
    assert!(matches!(SecretKey::read_or_create(&path, &ambient), Err(Error::Setup(_))));
}
