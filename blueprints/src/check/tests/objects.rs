//! Organisations, clients and people: rules about one and about several together.

use crate::fixture::{check, said};

fn document(text: &str) -> Vec<String> {
    said(&check(&format!("flowgate: 1\nname: a\n{text}")))
        .into_iter()
        .map(|said| said.replace("a.yaml:", ""))
        .collect()
}

const NONE: [&str; 0] = [];

#[test]
fn a_client_has_a_secret_or_is_public() {
    let client = |rest: &str| {
        document(&format!("clients:\n  c:\n    redirect_uris: [https://a.example/]\n{rest}"))
    };
    assert_eq!(client("    kind: public\n"), NONE);
    assert_eq!(client("    kind: confidential\n    secret: abcdefghijklmnop\n"), NONE);
    assert_eq!(
        client("    kind: confidential\n"),
        [
            "4:3 missing-key clients.c: a confidential client needs a `secret` (for example `secret: !env WIKI_SECRET`, or make the client `kind: public`)"
        ]
    );
    assert_eq!(
        client("    kind: public\n    secret: abcdefghijklmnop\n"),
        [
            "7:13 conflict clients.c.secret: a public client cannot keep a secret (remove it, or make the client `kind: confidential`)"
        ]
    );
    assert_eq!(
        client("    kind: public\n    pkce: optional\n"),
        [
            "7:11 conflict clients.c.pkce: a public client must use PKCE (RFC 9700 §2.1.1) (remove `pkce: optional`)"
        ]
    );
    assert_eq!(
        client("    secret: abcdefghijklmnop\n")[0],
        "4:3 missing-key clients.c: the key `kind` is missing (`kind`: Whether it can keep a secret (RFC 6749 §2.1))"
    );
    assert_eq!(
        client("    kind: public\n    scopes: [openid, openid]\n"),
        ["7:22 duplicate clients.c.scopes[1]: `openid` stands in this list twice"]
    );
}

#[test]
fn a_client_that_gets_codes_says_where_they_may_go() {
    let client = |rest: &str| document(&format!("clients:\n  c:\n    kind: public\n{rest}"));
    assert_eq!(client("    grants: [device_code]\n"), NONE);
    let both = "    grants: [authorization_code, device_code]\n";
    assert_eq!(client(&format!("{both}    redirect_uris: [https://a.example/]\n")), NONE);
    let missing = "4:3 missing-key clients.c: a client with the grant `authorization_code` needs `redirect_uris` (state where codes may be sent, or `grants: [device_code]` alone)";
    for rest in ["", both, "    redirect_uris: []\n"] {
        assert_eq!(client(rest), [missing], "{rest}");
    }
    assert_eq!(client("    grants: []\n").len(), 1);
    let unknown = client("    grants: [password]\n    redirect_uris: [https://a.example/]\n");
    assert!(unknown[0].contains("clients.c.grants[0]"), "{unknown:?}");
}

#[test]
fn redirect_uris_are_kept_byte_for_byte() {
    let text = "flowgate: 1\nname: a\nclients:\n  c:\n    kind: public\n    redirect_uris: ['HTTPS://App.Example:443/A%2f?', 'com.example.app:/Callback']\n";
    let blueprint = check(text).blueprint.unwrap();
    assert_eq!(
        blueprint.clients["c"].redirect_uris,
        ["HTTPS://App.Example:443/A%2f?", "com.example.app:/Callback"]
    );
}

#[test]
fn a_private_use_scheme_is_for_public_clients() {
    let said = document(
        "clients:\n  c:\n    kind: confidential\n    secret: abcdefghijklmnop\n    redirect_uris: ['HTTPS://a.example/', com.example.app:/x]\n    post_logout_redirect_uris: [com.example.app:/y]\n",
    );
    assert_eq!(said.len(), 2);
    assert!(said[0].starts_with("7:43 conflict clients.c.redirect_uris[1]"));
    assert!(said[1].starts_with("8:33 conflict clients.c.post_logout_redirect_uris[0]"));
}

#[test]
fn organisations_and_their_domains() {
    assert_eq!(
        document("organisations:\n  a: { join: domain }\n"),
        [
            "4:14 conflict organisations.a.join: `join: domain` needs `domains`: nobody could join (for example `domains: [acme.example]`)"
        ]
    );
    assert_eq!(
        document(
            "organisations:\n  a: { domains: [acme.example] }\n  b: { domains: [x.example, ACME.example] }\n"
        ),
        ["5:29 duplicate organisations.b.domains[1]: this domain belongs to two organisations"]
    );
    assert_eq!(
        document(
            "organisations:\n  a:\n    policy:\n      phishing_resistant: true\n      factors: [totp]\n"
        ),
        [
            "6:27 conflict organisations.a.policy.phishing_resistant: `phishing_resistant` leaves only `webauthn`, which `factors` does not list: nobody could satisfy it"
        ]
    );
    assert_eq!(
        document("organisations:\n  a:\n    policy: { session: 0, factors: [password] }\n").len(),
        1
    );
    assert_eq!(document("organisations:\n  a: { colour: red, logo: 'javascript:x' }\n").len(), 2);
    assert_eq!(
        document("organisations: []\n"),
        ["3:1 wrong-type organisations: expected a mapping, found a list"]
    );
}

#[test]
fn a_person_in_two_organisations_needs_a_factor_that_both_allow() {
    let text = "organisations:\n  a: { policy: { mfa: required, factors: [totp] } }\n  b: { policy: { mfa: required, factors: [webauthn] } }\n  c: { policy: { mfa: required, factors: [webauthn], mode: report } }\nusers:\n  ada: { organisations: [a, b] }\n  bob: { organisations: [a, c] }\n";
    assert_eq!(
        document(text),
        [
            "8:10 conflict users.ada.organisations: no second factor is allowed by all of them: `a` allows `totp`, `b` allows `webauthn`"
        ]
    );
    let text = "organisations:\n  a: { policy: { factors: [totp] } }\n  b: { policy: { factors: [webauthn] } }\nclients:\n  w: { kind: public, redirect_uris: [https://a.example/], organisation: b }\nusers:\n  ada: { organisations: [a] }\n  eve: { organisations: [a] }\n";
    let said = document(text);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with(
        "7:73 conflict clients.w.organisation: members of other organisations cannot sign in"
    ));
}

#[test]
fn people() {
    assert_eq!(
        document("users:\n  ada: { verified: true }\n"),
        ["4:20 conflict users.ada.verified: `verified` needs an `email`"]
    );
    assert_eq!(
        document("users:\n  ada: { email: A@x.example }\n  bob: { email: a@X.example }\n"),
        ["5:17 duplicate users.bob.email: two people have this address"]
    );
    assert_eq!(
        document(
            "users:\n  ada:\n    password: abcdefgh\n    password_hash: $argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9v\n"
        ),
        [
            "6:20 conflict users.ada.password_hash: `password_hash` stands beside `password`: give one of them"
        ]
    );
    assert_eq!(document("users:\n  Ada: {}\n").len(), 1);
    assert_eq!(document("users:\n  ada: { language: german }\n").len(), 1);
    assert_eq!(document("users:\n  ada: { language: de-CH, name: Ada }\n"), NONE);
}
