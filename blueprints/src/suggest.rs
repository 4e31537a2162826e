//! "Did you mean …?": the nearest of a set of names, or none when nothing is near.

/// The candidate nearest to `wrong`, when it is near enough to be meant: at most a third of the
/// letters differ (transposed letters count once), or only case and `-`/`_` do.
pub(crate) fn nearest<'a>(
    wrong: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // Comparing is quadratic; no name of the language is this long.
    if wrong.len() > 100 {
        return None;
    }
    let folded = fold(wrong);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != wrong && candidate.len().abs_diff(wrong.len()) < 4)
        .map(|candidate| (strsim::damerau_levenshtein(&folded, &fold(candidate)), candidate))
        .filter(|(distance, candidate)| {
            let longest = wrong.chars().count().max(candidate.chars().count());
            *distance * 3 <= longest
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// [`nearest`] as a sentence.
pub(crate) fn did_you_mean<'a>(
    wrong: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(wrong, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

fn fold(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let keys = ["attempts", "session", "redirect_uris"];
        assert_eq!(nearest("atempts", keys), Some("attempts"));
        assert_eq!(nearest("sesssion", keys), Some("session"));
        assert_eq!(nearest("redirect-uri", keys), Some("redirect_uris"));
        assert_eq!(nearest("Session", keys), Some("session"));
        assert_eq!(nearest("policy", keys), None);
        assert_eq!(nearest(&"a".repeat(5000), keys), None);
    }
}
