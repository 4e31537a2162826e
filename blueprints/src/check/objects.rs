//! Rules about the objects of a blueprint, each alone and together: what a schema cannot say.

use std::collections::{BTreeMap, BTreeSet};

use assurance::{Disagreement, Held, Mode};
use chrono::{DateTime, Utc};

use crate::diagnostic::{Code, Finding, Report};
use crate::model::{Client, ClientKind, Grant, Join, Organisation, Pkce, User};
use crate::path::Path;
use crate::read::{Node, Span};
use crate::validate::list;

/// Checks objects that parsed, and points into the tree.
pub(super) struct Objects<'a> {
    pub(super) root: &'a Node,
    /// Values that are not known on this machine.
    pub(super) unset: &'a BTreeSet<Span>,
    pub(super) report: &'a mut Report,
}

impl Objects<'_> {
    pub(super) fn check(
        mut self,
        organisations: &BTreeMap<String, Organisation>,
        clients: &BTreeMap<String, Client>,
        users: &BTreeMap<String, User>,
    ) {
        let mut domains = BTreeMap::new();
        for (name, organisation) in organisations {
            self.organisation(name, organisation, &mut domains);
        }
        for (name, client) in clients {
            self.client(name, client);
        }
        let mut addresses = BTreeMap::new();
        for (name, user) in users {
            self.user(name, user, &mut addresses);
            self.memberships(name, user, organisations);
        }
        for (name, client) in clients {
            self.client_and_users(name, client, users, organisations);
        }
    }

    fn organisation(
        &mut self,
        name: &str,
        organisation: &Organisation,
        domains: &mut BTreeMap<String, Path>,
    ) {
        let path = Path::top().key("organisations").key(name);
        if organisation.join == Join::Domain && organisation.domains.is_empty() {
            self.error(
                Code::Conflict,
                &path.key("join"),
                "`join: domain` needs `domains`: nobody could join",
            )
            .suggest(Some("for example `domains: [acme.example]`".to_owned()));
        }
        for (index, domain) in organisation.domains.iter().enumerate() {
            let path = path.key("domains").index(index);
            // Whoever has an address there would be in both, and which was meant is not said.
            if let Some(first) = domains.insert(domain.to_ascii_lowercase(), path.clone()) {
                let other = self.span(&first);
                self.error(Code::Duplicate, &path, "this domain belongs to two organisations")
                    .relate("the first one", other);
            }
        }
        for problem in organisation.policy.problems() {
            let path =
                problem.path().into_iter().fold(path.key("policy"), |path, step| path.key(step));
            self.error(Code::Conflict, &path, &problem.to_string());
        }
    }

    fn client(&mut self, name: &str, client: &Client) {
        let path = Path::top().key("clients").key(name);
        let is_public = client.kind == ClientKind::Public;
        match (&client.secret, is_public) {
            (Some(_), true) => {
                self.error(
                    Code::Conflict,
                    &path.key("secret"),
                    "a public client cannot keep a secret",
                )
                .suggest(Some("remove it, or make the client `kind: confidential`".to_owned()));
            }
            (None, false) => {
                self.error(Code::MissingKey, &path, "a confidential client needs a `secret`")
                    .suggest(Some(
                        "for example `secret: !env WIKI_SECRET`, or make the client `kind: public`"
                            .to_owned(),
                    ));
            }
            _ => {}
        }
        if is_public && client.pkce == Pkce::Optional {
            self.error(
                Code::Conflict,
                &path.key("pkce"),
                "a public client must use PKCE (RFC 9700 §2.1.1)",
            )
            .suggest(Some("remove `pkce: optional`".to_owned()));
        }
        if client.redirect_uris.is_empty() && client.grants.contains(&Grant::AuthorizationCode) {
            self.error(
                Code::MissingKey,
                &path,
                "a client with the grant `authorization_code` needs `redirect_uris`",
            )
            .suggest(Some(
                "state where codes may be sent, or `grants: [device_code]` alone".to_owned(),
            ));
        }
        let lists = [
            ("redirect_uris", &client.redirect_uris),
            ("post_logout_redirect_uris", &client.post_logout_redirect_uris),
        ];
        for (key, addresses) in lists {
            for (index, address) in addresses.iter().enumerate() {
                let is_web = ["https:", "http:"].iter().any(|scheme| {
                    address
                        .get(..scheme.len())
                        .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
                });
                if !is_web && !is_public {
                    self.error(
                        Code::Conflict,
                        &path.key(key).index(index),
                        "a private-use scheme is for public clients: another app on the device could claim it",
                    )
                    .suggest(Some("use `https`, or make the client `kind: public`".to_owned()));
                }
            }
        }
    }

    fn user(&mut self, name: &str, user: &User, addresses: &mut BTreeMap<String, Path>) {
        let path = Path::top().key("users").key(name);
        if user.verified && user.email.is_none() {
            self.error(Code::Conflict, &path.key("verified"), "`verified` needs an `email`");
        }
        if user.password.is_some() && user.password_hash.is_some() {
            self.error(
                Code::Conflict,
                &path.key("password_hash"),
                "`password_hash` stands beside `password`: give one of them",
            );
        }
        if let Some(email) = &user.email {
            let path = path.key("email");
            if let Some(first) = addresses.insert(email.to_lowercase(), path.clone()) {
                let other = self.span(&first);
                self.error(Code::Duplicate, &path, "two people have this address")
                    .relate("the first one", other);
            }
        }
    }

    /// A member of several organisations needs one factor that all of them allow.
    fn memberships(
        &mut self,
        name: &str,
        user: &User,
        organisations: &BTreeMap<String, Organisation>,
    ) {
        let path = Path::top().key("users").key(name).key("organisations");
        let held: Vec<(&str, &Organisation)> = user
            .organisations
            .iter()
            .filter_map(|name| Some((name.as_str(), organisations.get(name)?)))
            .collect();
        if let Some(message) = disagreement(&held) {
            self.error(
                Code::Conflict,
                &path,
                &format!("no second factor is allowed by all of them: {message}"),
            );
        }
    }

    /// The same for who signs in to a client of another organisation.
    fn client_and_users(
        &mut self,
        name: &str,
        client: &Client,
        users: &BTreeMap<String, User>,
        organisations: &BTreeMap<String, Organisation>,
    ) {
        let Some((own, organisation)) =
            client.organisation.as_deref().and_then(|name| Some((name, organisations.get(name)?)))
        else {
            return;
        };
        let mut said = BTreeSet::new();
        for user in users.values() {
            let mut held: Vec<(&str, &Organisation)> = user
                .organisations
                .iter()
                .filter_map(|name| Some((name.as_str(), organisations.get(name)?)))
                .collect();
            if held.iter().any(|(name, _)| *name == own) || disagreement(&held).is_some() {
                continue;
            }
            held.push((own, organisation));
            if let Some(message) = disagreement(&held)
                && said.insert(message.clone())
            {
                let path = Path::top().key("clients").key(name).key("organisation");
                let span = self.span(&path);
                self.report.warning(
                    Code::Conflict,
                    span,
                    &path,
                    format!("members of other organisations cannot sign in to this client, for no second factor is allowed by all: {message}"),
                );
            }
        }
    }

    fn span(&self, path: &Path) -> Span {
        super::place(self.root, path)
    }

    fn error(&mut self, code: Code, path: &Path, message: &str) -> &mut Finding {
        let span = self.span(path);
        if self.unset.contains(&span) {
            // About a value that is not known here nothing can be said.
            return self.report.warning(
                Code::Unset,
                span,
                path,
                "could not be checked without its value",
            );
        }
        self.report.error(code, span, path, message).hide(is_secret(path))
    }
}

fn is_secret(path: &Path) -> bool {
    let last = path.segments().last();
    matches!(last, Some(crate::path::Segment::Key(key)) if matches!(key.as_str(), "secret" | "password" | "password_hash"))
}

/// Which factors each organisation allows, when there is none that all of them do.
fn disagreement(held: &[(&str, &Organisation)]) -> Option<String> {
    let held: Vec<Held> = held
        .iter()
        .filter(|(_, organisation)| {
            // One that can satisfy nobody was reported by itself.
            let policy = &organisation.policy;
            policy.mode == Mode::Enforce && !policy.allowed().is_empty()
        })
        .map(|(name, organisation)| {
            // Which factors are allowed does not depend on time.
            let any = DateTime::<Utc>::MIN_UTC;
            Held::organisation(*name, *name, organisation.policy.clone(), any, any)
        })
        .collect();
    let Disagreement { parties } = Disagreement::among(&held)?;
    let each: Vec<String> = parties
        .iter()
        .map(|party| {
            format!(
                "`{}` allows {}",
                party.origin.name().unwrap_or_default(),
                list(party.allows.iter().map(|factor| factor.as_str()))
            )
        })
        .collect();
    Some(each.join(", "))
}
