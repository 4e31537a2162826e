//! Request parameters: each at most once, of bounded length, without control characters.

use serde_json::Value;

use crate::error::Refusal;

/// More parameters than any request has.
const MOST: usize = 64;

/// The parameters of one request, in the order in which they were sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params(Vec<(String, String)>);

/// A parameter that an endpoint reads, and how many bytes its value may have.
pub(crate) type Known = (&'static str, usize);

impl From<Vec<(String, String)>> for Params {
    fn from(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }
}

impl Params {
    /// The value of a parameter. One without a value counts as left out (RFC 6749 §3.1).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that cannot be checked with the others, because it decides where
    /// errors go: sent exactly once, bounded, clean.
    pub(crate) fn get_strictly(&self, known: Known) -> Option<&str> {
        let once = self.0.iter().filter(|(key, _)| key == known.0).count() == 1;
        self.get(known.0).filter(|value| once && problem(value, known.1).is_none())
    }

    /// Refuses repeated parameters (RFC 6749 §3.1), and values too long or with control characters.
    /// Unknown parameters are ignored, but may not be repeated either; `resource` may (RFC 8707 §2).
    pub(crate) fn check(&self, known: &[Known]) -> Result<(), Refusal> {
        if self.0.len() > MOST {
            return Err(Refusal::invalid_request("There are too many parameters."));
        }
        for (index, (name, value)) in self.0.iter().enumerate() {
            let known = known.iter().find(|(known, _)| known == name);
            let named = known.map_or("An unknown parameter", |(name, _)| name);
            if name != "resource" && self.0[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(Refusal::invalid_request(format!("{named} occurs more than once.")));
            }
            if let Some(problem) = known.and_then(|(_, most)| problem(value, *most)) {
                return Err(Refusal::invalid_request(format!("{named} {problem}.")));
            }
        }
        Ok(())
    }

    /// The known parameters as they are kept with an interaction.
    pub(crate) fn keep(&self, known: &[Known]) -> Value {
        let pairs = self.0.iter().filter(|(name, _)| known.iter().any(|(known, _)| known == name));
        pairs.map(|(name, value)| Value::from(vec![name.as_str(), value.as_str()])).collect()
    }

    /// Reads what [`Params::keep`] wrote.
    pub(crate) fn kept(value: &Value) -> serde_json::Result<Self> {
        use serde::Deserialize as _;
        Vec::deserialize(value).map(Self)
    }
}

fn problem(value: &str, most: usize) -> Option<&'static str> {
    if value.len() > most {
        Some("is too long")
    } else if value.chars().any(char::is_control) {
        Some("has a control character")
    } else {
        None
    }
}

/// The words of a list that is separated by spaces, as `scope` (RFC 6749 §3.3).
pub(crate) fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split(' ').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Params {
        Params(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    const KNOWN: &[Known] = &[("state", 4), ("scope", 9)];

    #[test]
    fn a_parameter_without_a_value_was_not_sent() {
        assert_eq!(params(&[("state", "")]).get("state"), None);
        assert_eq!(params(&[("state", "a")]).get("state"), Some("a"));
    }

    #[test]
    fn repeated_long_and_unclean_parameters_are_refused_without_repeating_them() {
        for (pairs, says) in [
            (&[("state", "a"), ("state", "a")][..], "state occurs more than once."),
            (&[("state", ""), ("state", "a")], "state occurs more than once."),
            (&[("<x>", "a"), ("<x>", "b")], "An unknown parameter occurs more than once."),
            (&[("state", "abcde")], "state is too long."),
            (&[("state", "a\nb")], "state has a control character."),
            (&[("state", "a\u{85}")], "state has a control character."),
        ] {
            assert_eq!(params(pairs).check(KNOWN).unwrap_err().description, says);
        }
        let fine =
            [("resource", "a"), ("resource", "b"), ("state", "abcd"), ("extra", "any\nthing")];
        assert_eq!(params(&fine).check(KNOWN), Ok(()));
        let many: Vec<_> = (0..65).map(|n| (n.to_string(), String::new())).collect();
        assert!(Params(many).check(KNOWN).is_err());
    }

    #[test]
    fn what_decides_where_errors_go_is_read_only_if_it_is_beyond_doubt() {
        let twice = params(&[("state", "a"), ("state", "a")]);
        assert_eq!(twice.get_strictly(("state", 4)), None);
        assert_eq!(params(&[("state", "a\0")]).get_strictly(("state", 4)), None);
        assert_eq!(params(&[("state", "abcd")]).get_strictly(("state", 4)), Some("abcd"));
    }

    #[test]
    fn known_parameters_are_kept_as_they_were() {
        let kept = params(&[("state", "a b&c"), ("extra", "x")]).keep(KNOWN);
        let read = Params::kept(&kept).unwrap();
        assert_eq!(read.get("state"), Some("a b&c"));
        assert_eq!(read.get("extra"), None);
    }
}
