//! Ten different mistakes in two files: ten errors, each at its place.

use crate::fixture::{check_files, said};

const PEOPLE: &str = "\
flowgate: 1
name: acme

organisations:
  acme:
    name: Acme GmbH
    polcy: { mfa: required }
  partners:
    policy: { mfa: requird }

users:
  ada:
    email: ada@acme.example
    organisations:
      - partners
      - acmee
";

const FLOWS: &str = "\
name: acme

clients:
  wiki:
    kind: public
    redirect_uris:
      - https://wiki.example/callback
      - https://*.wiki.example/callback

flows:
  sign-in:
    use: authentication
    stages:
      - identify: { by: [email] }
      - password: { atempts: 5 }
      - branch:
          - when: user.emial == \"x\"
            stages:
              - logn: {}
          - otherwise:
              - deny: {}
              - message: {}
      - login: { session: 12 hours }
  settings:
    use: settings
    use: recovery
    stages: [message: {}]
";

#[test]
fn ten_mistakes_are_ten_errors_with_their_places() {
    let checked = check_files(&[("people.yaml", PEOPLE), ("flows.yaml", FLOWS)]);
    assert!(checked.blueprint.is_none());
    assert_eq!(
        said(&checked),
        [
            "people.yaml:7:5 unknown-key organisations.acme.polcy: unknown key `polcy` (did you mean `policy`?)",
            "people.yaml:9:20 wrong-value organisations.partners.policy.mfa: expected one of `off`, `optional`, `required`, found `requird` (did you mean `required`?)",
            "people.yaml:16:9 unknown-reference users.ada.organisations[1]: `acmee` is not the name of an organisation (did you mean `acme`?)",
            "flows.yaml:8:9 wrong-value clients.wiki.redirect_uris[1]: a redirect URI has no wildcard: it is compared byte for byte (list each address)",
            "flows.yaml:15:21 unknown-key flows.sign-in.stages[1].password.atempts: unknown key `atempts` (did you mean `attempts`?)",
            "flows.yaml:17:24 condition flows.sign-in.stages[2].branch[0].when: `user` has no field `emial` (did you mean `email`?)",
            "flows.yaml:19:17 unknown-kind flows.sign-in.stages[2].branch[0].stages[0].logn: there is no stage kind `logn` (did you mean `login`?)",
            "flows.yaml:22:17 unreachable flows.sign-in.stages[2].branch[1].otherwise[1]: no path reaches this: every one ends above it (remove it, or give what ends the flow above a `when`)",
            "flows.yaml:23:27 wrong-value flows.sign-in.stages[3].login.session: `12 hours` does not have the form that belongs here (for example `90s`, `15m`, `12h`, `7d`)",
            "flows.yaml:26:5 duplicate flows.settings.use: the key `use` stands here a second time",
        ]
    );
}
