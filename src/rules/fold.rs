//! Compares text without regard to case, character by character (Unicode simple case folding).
//!
//! Never by lower-casing whole strings: that looks at context (a final sigma) and changes lengths.

/// The character that stands for `character` and all its case variants.
pub(super) fn fold(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    if let Some(special) = special(character) {
        return special;
    }
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(single), None) => single,
        _ => character,
    }
}

/// The simple foldings (status C and S of Unicode's CaseFolding.txt) that lower-casing does not do.
fn special(character: char) -> Option<char> {
    Some(match character {
        'µ' => 'μ',
        'ſ' => 's',
        '\u{345}' | '\u{1fbe}' => 'ι',
        'ς' => 'σ',
        'ϐ' => 'β',
        'ϑ' => 'θ',
        'ϕ' => 'φ',
        'ϖ' => 'π',
        'ϰ' => 'κ',
        'ϱ' => 'ρ',
        'ϵ' => 'ε',
        'ẛ' => 'ṡ',
        '\u{1c80}' => 'в',
        '\u{1c81}' => 'д',
        '\u{1c82}' => 'о',
        '\u{1c83}' => 'с',
        '\u{1c84}' | '\u{1c85}' => 'т',
        '\u{1c86}' => 'ъ',
        '\u{1c87}' => 'ѣ',
        '\u{1c88}' => '\u{a64b}',
        '\u{1fd3}' => '\u{390}',
        '\u{1fe3}' => '\u{3b0}',
        '\u{fb05}' => '\u{fb06}',
        _ => return None,
    })
}

/// Folds a whole text, for patterns; done once, at load.
pub(super) fn folded(text: &str) -> String {
    text.chars().map(fold).collect()
}

/// Whether `text` equals `pattern`, which is folded already.
pub(super) fn equals(pattern: &str, text: &str) -> bool {
    if text.is_ascii() {
        // A folded pattern with a character outside ASCII has no ASCII variant left to match.
        return pattern.eq_ignore_ascii_case(text);
    }
    pattern.chars().eq(text.chars().map(fold))
}

/// Whether `text` begins with `pattern`, which is folded already.
pub(super) fn starts_with(pattern: &str, text: &str) -> bool {
    if text.is_ascii() {
        return text.as_bytes().get(..pattern.len()).is_some_and(|head| head.eq_ignore_ascii_case(pattern.as_bytes()));
    }
    leads(pattern.chars(), text.chars())
}

/// Whether `text` ends with `pattern`, which is folded already.
pub(super) fn ends_with(pattern: &str, text: &str) -> bool {
    if text.is_ascii() {
        let from = text.len().checked_sub(pattern.len());
        let tail = from.and_then(|from| text.as_bytes().get(from..));
        return tail.is_some_and(|tail| tail.eq_ignore_ascii_case(pattern.as_bytes()));
    }
    leads(pattern.chars().rev(), text.chars().rev())
}

/// Whether `pattern`, which is folded already, occurs in `text`.
pub(super) fn contains(pattern: &str, text: &str) -> bool {
    let Some(first) = pattern.chars().next() else { return true };
    let mut rest = text.chars();
    loop {
        let here = rest.clone();
        match rest.next() {
            None => return false,
            Some(character) if fold(character) == first && leads(pattern.chars(), here) => return true,
            Some(_) => {}
        }
    }
}

fn leads(pattern: impl Iterator<Item = char>, mut text: impl Iterator<Item = char>) -> bool {
    pattern.into_iter().all(|wanted| text.next().is_some_and(|character| fold(character) == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_variants_fold_together_and_others_do_not() {
        for same in
            ["üÜ", "дД", "σΣς", "kK\u{212a}", "sSſ", "åÅ\u{212b}", "ωΩ\u{2126}", "ßẞ", "µμΜ", "θϑΘϴ", "ꭰᎠ", "ﬅﬆ"]
        {
            let folded: std::collections::BTreeSet<char> = same.chars().map(fold).collect();
            assert_eq!(folded.len(), 1, "{same}");
        }
        for different in [('ı', 'i'), ('ı', 'I'), ('İ', 'i'), ('ß', 's'), ('é', 'e'), ('о', 'o')] {
            assert_ne!(fold(different.0), fold(different.1), "{different:?}");
        }
    }

    #[test]
    fn a_sigma_matches_wherever_it_stands() {
        assert!(contains(&folded("ΟΔΟΣ"), "ΟΔΟΣΑΣ"));
        assert!(equals(&folded("ΟΔΟΣ"), "οδος"));
        assert!(ends_with(&folded("ΟΣ"), "οδος"));
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing_more(character in any::<char>()) {
            prop_assert_eq!(fold(fold(character)), fold(character));
        }

        #[test]
        fn the_comparisons_agree_with_folding_both_sides(pattern in "[aAkKsSſK.ςΣ]{0,4}", text in "[aAkKsSſK.ςΣ]{0,8}") {
            let (pattern, both) = (folded(&pattern), folded(&text));
            prop_assert_eq!(equals(&pattern, &text), both == pattern);
            prop_assert_eq!(starts_with(&pattern, &text), both.starts_with(&pattern));
            prop_assert_eq!(ends_with(&pattern, &text), both.ends_with(&pattern));
            prop_assert_eq!(contains(&pattern, &text), both.contains(&pattern));
        }
    }
}
