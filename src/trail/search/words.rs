//! Takes text apart into words as they are looked for: lower case, and Chinese, Japanese and Korean as pairs of
//! characters, since nothing is written between their words.

/// The longest word, in characters; of longer ones the beginning counts.
const WORD_CHARS_MAX: usize = 32;

/// The words under which `text` is found.
pub(super) fn of_record(text: &str, mut found: impl FnMut(&str)) {
    runs(text, |run, is_paired| {
        if !is_paired {
            return found(run);
        }
        pairs(run, &mut found);
        // The last one begins no pair, and is looked for alone, too.
        if let Some((at, _)) = run.char_indices().next_back() {
            found(run.get(at..).unwrap_or_default());
        }
    });
}

/// A word that is looked for, and whether others that begin with it will do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wanted {
    pub(super) word: String,
    pub(super) is_prefix: bool,
}

/// What has to be found of a record that has all words of `text`; the last of a part that ends with `*` is a beginning.
pub(super) fn of_query(text: &str) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    for part in text.split_whitespace() {
        let (part, is_open) = part.strip_suffix('*').map_or((part, false), |part| (part, true));
        let mut of_part = Vec::new();
        runs(part, |run, is_paired| {
            let exact = |word: &str| Wanted { word: word.to_owned(), is_prefix: false };
            match (is_paired, run.chars().nth(1)) {
                (false, _) => of_part.push(exact(run)),
                // A pair that begins with it, or it as the last of its run.
                (true, None) => of_part.push(Wanted { is_prefix: true, ..exact(run) }),
                (true, Some(_)) => pairs(run, |pair| of_part.push(exact(pair))),
            }
        });
        if let Some(last) = of_part.last_mut() {
            // A pair of characters has none behind it that its run does not have.
            last.is_prefix |= is_open && !last.word.chars().any(is_paired);
        }
        wanted.extend(of_part);
    }
    wanted.sort();
    wanted.dedup();
    wanted
}

/// Letters and digits in a row, in lower case, and whether they are to be paired.
fn runs(text: &str, mut found: impl FnMut(&str, bool)) {
    let (mut run, mut length, mut of_pairs) = (String::new(), 0, false);
    for c in text.chars() {
        if !c.is_alphanumeric() || (length > 0 && is_paired(c) != of_pairs) {
            if length > 0 {
                found(&run, of_pairs);
            }
            (length, of_pairs) = (0, false);
            run.clear();
        }
        if c.is_alphanumeric() {
            of_pairs = is_paired(c);
            if of_pairs || length < WORD_CHARS_MAX {
                run.extend(c.to_lowercase());
            }
            length += 1;
        }
    }
    if length > 0 {
        found(&run, of_pairs);
    }
}

fn pairs(run: &str, mut found: impl FnMut(&str)) {
    let starts: Vec<usize> = run.char_indices().map(|(at, _)| at).chain([run.len()]).collect();
    for window in starts.windows(3) {
        if let [from, _, to] = window {
            found(run.get(*from..*to).unwrap_or_default());
        }
    }
}

/// Han, kana and Hangul.
fn is_paired(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        of_record(text, |word| words.push(word.to_owned()));
        words
    }

    fn wanted(text: &str) -> Vec<String> {
        of_query(text).into_iter().map(|w| if w.is_prefix { w.word + "*" } else { w.word }).collect()
    }

    #[test]
    fn text_is_found_by_its_words_in_lower_case() {
        assert_eq!(words("Impossible Travel, inc-42: ÉTÉ"), ["impossible", "travel", "inc", "42", "été"]);
        assert_eq!(words(" -- "), Vec::<String>::new());
        assert_eq!(words(&"x".repeat(100)), ["x".repeat(WORD_CHARS_MAX)]);
    }

    #[test]
    fn chinese_is_found_by_pairs_and_by_single_characters() {
        assert_eq!(words("账号被盗A1"), ["账号", "号被", "被盗", "盗", "a1"]);
        assert_eq!(wanted("被盗"), ["被盗"]);
        assert_eq!(wanted("盗"), ["盗*"]);
        assert_eq!(wanted("账号 被盗*"), ["被盗", "账号"]);
    }

    #[test]
    fn a_star_at_the_end_asks_for_a_beginning() {
        assert_eq!(wanted("Imposs* travel"), ["imposs*", "travel"]);
        assert_eq!(wanted("step.fail*"), ["fail*", "step"]);
        assert_eq!(wanted("* a*b"), ["a", "b"]);
        assert_eq!(wanted("  "), Vec::<String>::new());
    }
}
