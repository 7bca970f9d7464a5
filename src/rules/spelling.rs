//! Finds the word an author meant, for "did you mean".

/// Words longer than this are not compared; no word of the language is.
const WORD_CHARS_MAX: usize = 64;

/// The candidate that `word` is most likely a typing error of, if any is near enough: one edit for
/// words up to five letters, two for longer ones, whatever the case.
pub(super) fn closest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if word.chars().count() > WORD_CHARS_MAX {
        return None;
    }
    let word = word.to_lowercase();
    let length = word.chars().count();
    let edits_max = if length <= 5 { 1 } else { 2 };
    let folded = candidates.into_iter().map(|candidate| (candidate.to_lowercase(), candidate));
    // Each letter more or less is an edit.
    let alike = folded.filter(|(folded, _)| folded.chars().count().abs_diff(length) <= edits_max);
    let near = alike.map(|(folded, candidate)| (edits(&word, &folded), candidate));
    near.filter(|(edits, _)| *edits <= edits_max).min_by_key(|(edits, _)| *edits).map(|(_, candidate)| candidate)
}

/// "did you mean …?" for the closest candidate, or else the list of all.
pub(super) fn advice(word: &str, candidates: &[&str]) -> String {
    if candidates.is_empty() {
        return "there is none".to_owned();
    }
    closest(word, candidates.iter().copied())
        .map_or_else(|| format!("known are {}", candidates.join(", ")), |meant| format!("did you mean `{meant}`?"))
}

/// The least number of insertions, removals, replacements and swaps of neighbours (optimal string
/// alignment) between two words.
fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    let mut last = None;
    for (index, letter) in left.chars().enumerate() {
        let mut next = vec![index + 1];
        for (column, other) in right.iter().enumerate() {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX - 1);
            let replaced = at(&row, column) + usize::from(letter != *other);
            let mut least = replaced.min(at(&row, column + 1) + 1).min(at(&next, column) + 1);
            let left_of = column.checked_sub(1);
            if last == Some(*other) && left_of.and_then(|c| right.get(c)) == Some(&letter) {
                least = least.min(left_of.map_or(usize::MAX, |c| at(&before, c) + 1));
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
        last = Some(letter);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_are_recognised_and_other_words_are_not() {
        let words = ["title", "detection", "response", "level"];
        for (word, meant) in [
            ("titel", Some("title")),
            ("responce", Some("response")),
            ("detections", Some("detection")),
            ("Level", Some("level")),
            ("detectoin", Some("detection")),
            ("simulation", None),
            ("x", None),
        ] {
            assert_eq!(closest(word, words), meant, "{word}");
        }
        assert_eq!(closest(&"title".repeat(1000), words), None);
    }

    #[test]
    fn edits_are_counted() {
        for (left, right, expected) in [("", "abc", 3), ("abc", "", 3), ("ab", "ba", 1), ("kitten", "sitting", 3)] {
            assert_eq!(edits(left, right), expected, "{left} {right}");
        }
    }
}
