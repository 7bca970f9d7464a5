//! Mends what one lint found, within its line.

use super::super::catalogue::Lint;
use super::super::old;

/// The line with what stands at the column mended.
pub(super) fn mended(line: &str, column: usize, lint: Lint) -> Option<String> {
    let from = line.char_indices().map(|(at, _)| at).nth(column.checked_sub(1)?)?;
    let (before, rest) = line.split_at_checked(from)?;
    match lint {
        Lint::OldDate => replaced_word(before, rest, old::date),
        Lint::OldTag => replaced_word(before, rest, old::tag_of_today),
        Lint::UnquotedZero => replaced_word(before, rest, |word| Some(format!("'{word}'"))),
        Lint::ShoutingOperator => Some(format!("{before}{}", quiet(rest)?)),
        Lint::SingleValueAll => {
            let key = before.trim_end().strip_suffix(':')?;
            let shorter = key.strip_suffix("|all")?;
            Some(format!("{shorter}{}{rest}", before.get(key.len()..)?))
        }
        _ => None,
    }
}

/// The word that the rest begins with, in quotes or not, replaced.
fn replaced_word(before: &str, rest: &str, new: impl Fn(&str) -> Option<String>) -> Option<String> {
    let quote = rest.get(..1).filter(|first| matches!(*first, "'" | "\"")).unwrap_or_default();
    let inside = rest.get(quote.len()..)?;
    let is_end = |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | ',' | ']' | '}' | '#');
    let (word, behind) = inside.split_at(inside.find(is_end).unwrap_or(inside.len()));
    Some(format!("{before}{quote}{}{behind}", new(word)?))
}

/// A condition on one line with its operators in small letters.
fn quiet(condition: &str) -> Option<String> {
    if condition.starts_with(['|', '>']) {
        return None;
    }
    let (condition, comment) = condition.find(" #").map_or((condition, ""), |at| condition.split_at(at));
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '*' | '.');
    let mut quiet = String::with_capacity(condition.len());
    let mut rest = condition;
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(rest.find(|c| !is_word(c)).unwrap_or(rest.len()));
        let counts_some = || behind.trim_start().get(..3).is_some_and(|next| next.eq_ignore_ascii_case("of "));
        match word.to_ascii_lowercase().as_str() {
            operator @ ("and" | "or" | "not" | "of") => quiet.push_str(operator),
            quantity @ ("all" | "any") if counts_some() => quiet.push_str(quantity),
            _ => quiet.push_str(word),
        }
        let mark = behind.chars().next().map_or(0, char::len_utf8);
        let (mark, behind) = behind.split_at(mark);
        quiet.push_str(mark);
        rest = behind;
    }
    Some(format!("{quiet}{comment}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mend_changes_one_word_of_a_line() {
        for (line, column, lint, expected) in [
            ("date: 2023/1/02", 7, Lint::OldDate, Some("date: 2023-01-02")),
            ("date: '2023/01/02' # ä", 7, Lint::OldDate, Some("date: '2023-01-02' # ä")),
            ("tags: [attack.T1078, x]", 8, Lint::OldTag, Some("tags: [attack.t1078, x]")),
            ("- attack.credential_access\r", 3, Lint::OldTag, Some("- attack.credential-access\r")),
            ("ä: 012, b", 4, Lint::UnquotedZero, Some("ä: '012', b")),
            ("s: {f|all: x}", 12, Lint::SingleValueAll, Some("s: {f: x}")),
            ("f|contains|all: [x]", 17, Lint::SingleValueAll, Some("f|contains: [x]")),
            ("f|all|contains: x", 17, Lint::SingleValueAll, None),
            ("- x", 3, Lint::SingleValueAll, None),
            (
                "condition: (a AND b)  OR NOT 1 OF c_* or ALL Of them # AND",
                12,
                Lint::ShoutingOperator,
                Some("condition: (a and b)  or not 1 of c_* or all of them # AND"),
            ),
            ("condition: ALL and NOT", 12, Lint::ShoutingOperator, Some("condition: ALL and not")),
            ("condition: >", 12, Lint::ShoutingOperator, None),
            ("date: 2023/01/02", 90, Lint::OldDate, None),
            ("x", 1, Lint::CanHitEveryone, None),
        ] {
            assert_eq!(mended(line, column, lint).as_deref(), expected, "{line}");
        }
    }
}
