//! The languages: one YAML file each, nested keys flattened with dots. A new language is a new file
//! in `templates/locales/` (or in the override directory) that states `language.name` and
//! `language.dir`.

use std::collections::HashMap;

use super::Error;
use super::locale::{Lang, Locale, Message};

/// The language that every other takes from what it lacks itself.
pub const DEFAULT_LANGUAGE: &str = "en";

/// The languages of the running server.
#[derive(Debug)]
pub struct Locales {
    locales: Vec<Locale>,
    /// The place of the language of people who ask for none that there is.
    default: usize,
}

impl Locales {
    /// From the text of the locale files, `(tag, YAML)`, later ones over earlier ones key by key.
    /// What a language lacks, it takes from English.
    pub(super) fn parse(files: &[(String, String)]) -> Result<Self, Error> {
        let mut texts: Vec<(String, HashMap<String, Message>)> = Vec::new();
        for (tag, source) in files {
            let messages = parse_file(tag, source)?;
            match texts.iter_mut().find(|(known, _)| known == tag) {
                Some((_, known)) => known.extend(messages),
                None => texts.push((tag.clone(), messages)),
            }
        }
        texts.sort_by(|(a, _), (b, _)| (a != DEFAULT_LANGUAGE, a).cmp(&(b != DEFAULT_LANGUAGE, b)));
        let default = match texts.first() {
            Some((tag, messages)) if tag == DEFAULT_LANGUAGE => messages.clone(),
            _ => return Err(Error::locale(DEFAULT_LANGUAGE, "is missing")),
        };
        let locales = texts.into_iter().map(|(tag, messages)| {
            let own = |key: &str| messages.get(key).and_then(|message| message.plain.clone());
            let name = own("language.name").map_or_else(|| tag.clone(), |name| name.to_string());
            let dir = own("language.dir").map_or_else(|| "ltr".to_owned(), |dir| dir.to_string());
            if dir != "ltr" && dir != "rtl" {
                return Err(Error::locale(&tag, "language.dir is neither ltr nor rtl"));
            }
            let mut all = default.clone();
            all.extend(messages);
            let lang = Lang(tag.into());
            Ok(Locale { lang, name, dir, messages: all })
        });
        let locales = locales.collect::<Result<_, _>>()?;
        Ok(Self { locales, default: 0 })
    }

    /// All languages, English first, then by tag.
    pub fn all(&self) -> &[Locale] {
        &self.locales
    }

    /// The language of people who ask for none that there is: English, unless it was
    /// [set](Self::set_default).
    pub fn default_lang(&self) -> Lang {
        // `parse` refuses to build without English.
        self.locales
            .get(self.default)
            .map_or_else(|| Lang(DEFAULT_LANGUAGE.into()), |locale| locale.lang.clone())
    }

    /// Sets the language of people who ask for none that there is. Returns whether there is such a
    /// language.
    #[must_use]
    pub(super) fn set_default(&mut self, tag: &str) -> bool {
        let found = self.find(tag).map(|lang| self.index(&lang));
        self.default = found.unwrap_or(self.default);
        found.is_some()
    }

    pub(super) fn index(&self, lang: &Lang) -> usize {
        let found = self.locales.iter().position(|locale| locale.lang == *lang);
        found.unwrap_or(0)
    }

    /// The texts of a language.
    pub fn get(&self, lang: &Lang) -> &Locale {
        &self.locales[self.index(lang)]
    }

    /// The language of a stored or received tag, by RFC 4647 §3.4 lookup: `de-AT` finds `de`.
    pub fn find(&self, tag: &str) -> Option<Lang> {
        let mut tag = tag.trim();
        loop {
            let same = |locale: &&Locale| locale.lang.0.eq_ignore_ascii_case(tag);
            if let Some(locale) = self.locales.iter().find(same) {
                return Some(locale.lang.clone());
            }
            tag = tag.rsplit_once('-')?.0;
        }
    }

    /// The language of a page: what the person chose here (parameter or cookie), else what the
    /// relying party asks for (`ui_locales`, in order; section 3.1.2.1 of the core specification), else what the
    /// browser says (`Accept-Language`, RFC 9110 §12.5.4, by weight), else the default.
    pub fn negotiate(
        &self,
        ui_locales: Option<&str>,
        chosen: Option<&str>,
        accept_language: Option<&str>,
    ) -> Lang {
        let chosen = chosen.and_then(|tag| self.find(tag));
        let asked = || ui_locales?.split(' ').take(16).find_map(|tag| self.find(tag));
        let accepted = || self.find_accepted(accept_language?);
        chosen.or_else(asked).or_else(accepted).unwrap_or_else(|| self.default_lang())
    }

    fn find_accepted(&self, header: &str) -> Option<Lang> {
        let mut ranges: Vec<(&str, u16)> = header
            .split(',')
            .take(32)
            .filter_map(parse_range)
            .filter(|(_, weight)| *weight > 0)
            .collect();
        // Stable: equal weights keep the browser's order.
        ranges.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
        ranges.into_iter().find_map(|(tag, _)| match tag {
            "*" => Some(self.default_lang()),
            tag => self.find(tag),
        })
    }
}

/// `de-AT;q=0.8` → tag and weight in thousandths; nothing where the weight isn't one.
fn parse_range(range: &str) -> Option<(&str, u16)> {
    let mut parts = range.split(';');
    let tag = parts.next()?.trim();
    if tag.is_empty() {
        return None;
    }
    let Some(weight) = parts.next() else {
        return Some((tag, 1000));
    };
    let weight = weight.trim();
    let weight = weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?;
    let (whole, digits) = weight.split_once('.').unwrap_or((weight, ""));
    if digits.len() > 3 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{digits:0<3}").parse().ok()?;
    match whole {
        "0" => Some((tag, thousandths)),
        "1" if thousandths == 0 => Some((tag, 1000)),
        _ => None,
    }
}

fn parse_file(tag: &str, source: &str) -> Result<HashMap<String, Message>, Error> {
    let root: serde_yaml::Value =
        serde_yaml::from_str(source).map_err(|error| Error::locale(tag, &error.to_string()))?;
    let mut messages = HashMap::new();
    flatten(tag, "", &root, &mut messages)?;
    Ok(messages)
}

fn flatten(
    tag: &str,
    path: &str,
    value: &serde_yaml::Value,
    messages: &mut HashMap<String, Message>,
) -> Result<(), Error> {
    match value {
        serde_yaml::Value::Mapping(entries) => {
            for (key, value) in entries {
                let Some(key) = key.as_str() else {
                    return Err(Error::locale(tag, &format!("a key under `{path}` is no text")));
                };
                let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
                flatten(tag, &path, value, messages)?;
            }
            Ok(())
        }
        serde_yaml::Value::String(text) => {
            let message = Message::parse(text.trim_end())
                .ok_or_else(|| Error::locale(tag, &format!("`{path}` has a broken placeholder")))?;
            messages.insert(path.to_owned(), message);
            Ok(())
        }
        serde_yaml::Value::Null if path.is_empty() => Ok(()),
        _ => Err(Error::locale(tag, &format!("`{path}` is no text"))),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn locales() -> Locales {
        let file = |tag: &str, text: &str| (tag.to_owned(), text.to_owned());
        Locales::parse(&[
            file("en", "language: {name: English, dir: ltr}\na: {b: 'Hi {name}'}\nonly: here\nwait: {one: a second, other: '{count} seconds'}"),
            file("de", "language: {name: Deutsch, dir: ltr}\na: {b: 'Hallo {name}'}"),
            file("pt-BR", "language: {name: Português, dir: ltr}"),
            file("de", "a: {c: Neu}"),
        ])
        .unwrap()
    }

    #[test]
    fn negotiation_prefers_choice_then_relying_party_then_browser() {
        let locales = locales();
        let negotiate = |ui, chosen, accept| locales.negotiate(ui, chosen, accept).to_string();
        assert_eq!(negotiate(None, None, None), "en");
        assert_eq!(negotiate(Some("fr de en"), Some("xx"), Some("en")), "de");
        assert_eq!(negotiate(Some("de"), Some("en"), Some("de")), "en");
        assert_eq!(negotiate(None, None, Some("fr, en;q=0.3, de-AT;q=0.5")), "de");
        assert_eq!(negotiate(None, None, Some("de;q=0, *;q=0.1")), "en");
        assert_eq!(negotiate(None, None, Some("de;q=abc, PT-br;q=0.001")), "pt-BR");
        let long = "de;".repeat(10_000);
        assert_eq!(negotiate(None, None, Some(&long)), "en");
        assert_eq!(negotiate(None, Some("../../etc"), Some(",,;;q=,=")), "en");
    }

    #[test]
    fn texts_merge_key_by_key_and_fall_back_to_english() {
        let locales = locales();
        let de = locales.get(&locales.find("DE-at").unwrap());
        assert_eq!(de.text("a.b", &[("name", "Ada")]), "Hallo Ada");
        assert_eq!(de.text("a.c", &[]), "Neu");
        assert_eq!(de.text("only", &[]), "here");
        assert_eq!(de.text("none", &[]), "none");
        assert_eq!(de.text("wait", &[("count", "1")]), "a second");
        assert_eq!(de.text("wait", &[("count", "12")]), "12 seconds");
        assert_eq!(de.text("a.b", &[("name", "A\r\nBcc: x\u{202e}")]), "Hallo A  Bcc: x ");
    }

    #[test]
    fn a_broken_file_is_refused_by_name() {
        let parse = |text: &str| {
            Locales::parse(&[("en".to_owned(), text.to_owned())]).unwrap_err().to_string()
        };
        assert!(parse("a: {b: 'Hi {name'}").contains("`a.b`"));
        assert!(parse("a: 'Hi {Na me}'").contains("`a`"));
        assert!(parse("a: [1]").contains("`a`"));
        assert!(parse("a: 1\na: 2").contains("en"));
        assert!(Locales::parse(&[]).is_err());
    }
}
