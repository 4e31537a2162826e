//! What the demo prints: addresses, people with their passwords, and what to try first.

use std::fmt::Write as _;
use std::path::Path;

use blueprints::Compiled;
use blueprints::model::User;

/// What the greeting tells.
pub(super) struct Greeting<'a> {
    pub(super) issuer: &'a str,
    pub(super) wiki: &'a str,
    pub(super) outbox: &'a str,
    pub(super) blueprint: &'a Path,
    pub(super) is_watched: bool,
    pub(super) data: &'a Path,
    pub(super) is_temporary: bool,
    /// The blueprint as it was applied: the people in it are the people that there are.
    pub(super) applied: &'a Compiled,
}

impl Greeting<'_> {
    /// As a text for the terminal.
    pub(super) fn text(&self) -> String {
        let mut text =
            String::from("\nThis is the demo of Flowgate. It answers on this machine alone.\n\n");
        let blueprint = self.blueprint.display().to_string();
        let data = self.data.display().to_string();
        let (saved, kept) = (
            if self.is_watched { "edit it now, and see it at once" } else { "read at the start" },
            if self.is_temporary { "deleted at the end" } else { "kept" },
        );
        table(
            &mut text,
            &[
                ["Wiki", &format!("{}/", self.wiki), "an app to sign in to"],
                ["Outbox", &format!("{}/", self.outbox), "mails wait here instead of being sent"],
                ["Flowgate", &format!("{}/", self.issuer), "the identity provider"],
                ["Blueprint", &blueprint, saved],
                ["Data", &data, kept],
            ],
        );
        text.push('\n');
        let people = self.people();
        let rows = people.iter().map(|[name, password, who]| [&**name, &**password, &**who]);
        let mut rows: Vec<_> = rows.collect();
        rows.insert(0, ["user name", "password", "who"]);
        table(&mut text, &rows);
        text.push_str("\nTry first\n");
        for (number, line) in self.tries(&blueprint).iter().enumerate() {
            let _ = writeln!(text, "  {}. {line}", number + 1);
        }
        text.push_str("\nCtrl-C ends it.\n");
        text
    }

    fn people(&self) -> Vec<[String; 3]> {
        let people = self.applied.users.iter().map(|(name, user)| {
            let password = user.password.as_ref().map_or("", |password| password.reveal());
            [name.clone(), password.to_owned(), self.who(name, user)]
        });
        people.collect()
    }

    fn who(&self, username: &str, user: &User) -> String {
        let mut about = vec![user.name.clone().unwrap_or_else(|| username.to_owned())];
        let names = user.organisations.iter().map(|slug| {
            let organisation = self.applied.organisations.get(slug);
            organisation.and_then(|it| it.name.as_deref()).unwrap_or(slug)
        });
        let names: Vec<&str> = names.collect();
        about.push(if names.is_empty() {
            "no organisation".to_owned()
        } else {
            names.join(" and ")
        });
        if user.admin {
            about.push("administrator".to_owned());
        }
        if !user.verified {
            about.push("address not confirmed".to_owned());
        }
        about.join(", ")
    }

    /// Only what this blueprint has the people for.
    fn tries(&self, blueprint: &str) -> Vec<String> {
        let mut tries = Vec::new();
        if let Some(first) = self.applied.users.keys().next() {
            tries.push(format!(
                "Open Wiki, sign in as {first}, and see what Flowgate tells an app."
            ));
        }
        if self.is_watched {
            tries.push(format!(
                "Change the title below `sign-in` in {blueprint}, save, and sign in again."
            ));
        }
        let unverified = self.applied.users.iter().find(|(_, user)| !user.verified);
        if let Some((name, _)) = unverified {
            tries.push(format!(
                "Sign in as {name}: the link to confirm the address is in the outbox."
            ));
        }
        tries
    }
}

/// Columns as wide as their longest cell.
fn table(text: &mut String, rows: &[[&str; 3]]) {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let (first, second) = (width(0).unwrap_or(0), width(1).unwrap_or(0));
    for [one, two, three] in rows {
        let _ = writeln!(text, "  {one:first$}  {two:second$}  {three}");
    }
}
