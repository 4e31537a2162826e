//! What an expression read, for traces: names and masked values.

use chrono::SecondsFormat;
use rhai::Dynamic;

use super::check::Uses;
use super::facts::Facts;
use super::vocabulary::{Field, List, read_answer};

/// Characters of a value that a trace shows.
const SHOWN: usize = 120;

impl Uses {
    /// The names, as a person would write them.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        let objects = self.objects.iter().flat_map(|(object, (_, fields))| {
            let whole = fields.is_empty().then(|| (*object).to_owned());
            let parts = fields.iter().map(move |f| format!("{object}.{}", f.name));
            whole.into_iter().chain(parts)
        });
        let answers = self.answers.keys().map(|name| format!("answers.{name}"));
        let factors = (self.proven.iter().map(|f| format!("proven(\"{f}\")")))
            .chain(self.enrolled.iter().map(|f| format!("enrolled(\"{f}\")")));
        objects
            .filter(|name| name != "answers")
            .chain(answers)
            .chain(self.scalars.keys().map(|name| (*name).to_owned()))
            .chain(factors)
            .chain(self.conditions.keys().cloned())
    }

    /// The names that read facts, and their values with personal data masked; `None` for absent.
    pub(super) fn values(&self, facts: &Facts) -> Vec<(String, Option<String>)> {
        let mut values = Vec::new();
        for (name, (object, fields)) in &self.objects {
            if object.optional {
                let known = (object.is_present)(facts).then(|| "known".to_owned());
                values.push(((*name).to_owned(), known));
            }
            if (object.is_present)(facts) {
                let fields = fields.iter();
                values.extend(fields.map(|f| (format!("{name}.{}", f.name), shown(f, facts))));
            }
        }
        for (name, kind) in &self.answers {
            let is_given = read_answer(facts, name, *kind).is_ok_and(|value| value.is_some());
            let value = is_given.then(|| "answered".to_owned());
            values.push((format!("answers.{name}"), value));
        }
        let scalars = self.scalars.iter();
        values.extend(scalars.map(|(name, f)| ((*name).to_owned(), shown(f, facts))));
        for (function, asked, held) in
            [("proven", &self.proven, &facts.proven), ("enrolled", &self.enrolled, &facts.enrolled)]
        {
            values.extend(asked.iter().map(|factor| {
                let holds = held.contains(factor) || (factor == "any" && !held.is_empty());
                (format!("{function}(\"{factor}\")"), Some(holds.to_string()))
            }));
        }
        values
    }
}

fn shown(field: &Field, facts: &Facts) -> Option<String> {
    let value = (field.read)(facts)?;
    if field.personal {
        return Some(masked(&value.to_string()));
    }
    let text = if let Some(list) = value.read_lock::<List>() {
        format!("[{}]", list.0.join(", "))
    } else if let Some(time) = value.read_lock::<chrono::DateTime<chrono::Utc>>() {
        time.to_rfc3339_opts(SecondsFormat::Secs, true)
    } else if let Some(ip) = value.read_lock::<std::net::IpAddr>() {
        ip.to_string()
    } else {
        Dynamic::to_string(&value)
    };
    Some(text.chars().take(SHOWN).collect())
}

/// The first letter, and of an address the domain: enough to recognise, too little to use.
fn masked(text: &str) -> String {
    let first: String = text.chars().take(1).collect();
    match text.rsplit_once('@') {
        Some((_, domain)) => format!("{first}…@{domain}"),
        None => format!("{first}…"),
    }
}
