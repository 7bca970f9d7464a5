//! Puts the values of lists in the place of `%name%`.

use super::allowance::Cost;
use super::lists::{self, Context};
use super::pattern::Written;
use super::problem::{Place, Report};
use super::spelling;

/// The most texts that one value may stand for, and the most characters of all of them.
const EXPANDED_MAX: usize = 10_000;
const EXPANDED_CHARS_MAX: usize = 1_000_000;

/// A piece of a value: what stands between placeholders, or a placeholder's name.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    List(String),
}

/// All texts that `text` stands for. Wildcards in a list's values are wildcards.
pub(super) fn expanded(text: &str, context: &Context<'_>, at: Place, report: &mut Report) -> Option<Vec<Written>> {
    let parts = match parts(text) {
        Ok(parts) => parts,
        Err(between) => {
            let what = format!("`%{between}%` is no name of a list");
            let advice = "write `\\%` for a percent sign; names are letters, digits, `_`, `-` and `.`";
            report.error_with(at, what, advice);
            return None;
        }
    };
    context.allowance().spend(Cost::ExpandedChars, 0, at, report)?;
    let mut texts = vec![Written::literal("")];
    for part in parts {
        let values: Vec<Written> = match part {
            Part::Text(text) => vec![Written::parse(&text)],
            Part::List(name) => match context.list(&name) {
                Some(values) => values.iter().map(|value| Written::parse(value)).collect(),
                None => {
                    let advice = spelling::advice(&name, &context.list_names());
                    report.error_with(
                        at,
                        format!("there is no list for `%{name}%`"),
                        format!("put its values into lists/{name}.yml; {advice}"),
                    );
                    return None;
                }
            },
        };
        check_size(&texts, &values, at, report)?;
        if let [only] = values.as_slice() {
            texts.iter_mut().for_each(|text| text.append(only));
            continue;
        }
        let joined = |before: &Written, value| {
            let mut text = before.clone();
            text.append(value);
            text
        };
        texts = texts.iter().flat_map(|before| values.iter().map(move |value| joined(before, value))).collect();
    }
    context.allowance().spend(Cost::ExpandedChars, chars(&texts), at, report)?;
    Some(texts)
}

/// Whether each text followed by each value is not too much, before it is made.
fn check_size(texts: &[Written], values: &[Written], at: Place, report: &mut Report) -> Option<()> {
    if texts.len().saturating_mul(values.len()) > EXPANDED_MAX {
        report.error(at, format!("the value stands for more than {EXPANDED_MAX} texts"));
        return None;
    }
    let sum = chars(texts).saturating_mul(values.len()).saturating_add(chars(values).saturating_mul(texts.len()));
    if sum > EXPANDED_CHARS_MAX {
        report.error(at, format!("the value stands for texts of more than {EXPANDED_CHARS_MAX} characters"));
        return None;
    }
    Some(())
}

fn chars(texts: &[Written]) -> usize {
    texts.iter().map(Written::len).sum()
}

/// `\%` is a percent sign, and so is a `%` without a second one. Two of them with something between
/// that can be no name are an error that says what is between: as a text it would match nothing, and
/// the exclusion that was meant would silently be gone.
fn parts(text: &str) -> Result<Vec<Part>, &str> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let behind = rest.get(first.len_utf8()..).unwrap_or_default();
        rest = behind;
        match first {
            '\\' if behind.starts_with('%') => {
                plain.push('%');
                rest = behind.get(1..).unwrap_or_default();
            }
            '%' => match before_percent(behind) {
                Some(name) if lists::is_name(name) => {
                    rest = behind.get(name.len() + 1..).unwrap_or_default();
                    parts.extend([Part::Text(std::mem::take(&mut plain)), Part::List(name.to_owned())]);
                }
                Some(other) => return Err(other),
                None => plain.push('%'),
            },
            // A doubled backslash must not lend its second half to a percent sign.
            '\\' if behind.starts_with('\\') => {
                plain.push_str("\\\\");
                rest = behind.get(1..).unwrap_or_default();
            }
            other => plain.push(other),
        }
    }
    parts.push(Part::Text(plain));
    parts.retain(|part| *part != Part::Text(String::new()));
    Ok(parts)
}

/// What stands before the next percent sign that no backslash takes literally.
fn before_percent(text: &str) -> Option<&str> {
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '%' => return text.get(..at),
            '\\' if characters.as_str().starts_with(['%', '\\']) => drop(characters.next()),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_names_between_percent_signs() {
        let text = |text: &str| Part::Text(text.to_owned());
        let list = |name: &str| Part::List(name.to_owned());
        for (written, expected) in [
            ("%admins%", vec![list("admins")]),
            ("a%x%b%y%", vec![text("a"), list("x"), text("b"), list("y")]),
            ("%白名单%", vec![list("白名单")]),
            ("%dépôt-1.a_b%", vec![list("dépôt-1.a_b")]),
            (r"\%admins%", vec![text("%admins%")]),
            (r"100\% of 5\%", vec![text("100% of 5%")]),
            (r"100\% of %x%", vec![text("100% of "), list("x")]),
            (r"%x\%", vec![text("%x%")]),
            ("100%", vec![text("100%")]),
            ("%", vec![text("%")]),
            ("", vec![]),
            (r"a\\%x%", vec![text(r"a\\"), list("x")]),
        ] {
            assert_eq!(parts(written), Ok(expected), "{written}");
        }
    }

    #[test]
    fn what_stands_between_two_percent_signs_is_a_name_or_an_error() {
        for (written, between) in [
            ("%Admin Users%", "Admin Users"),
            ("100% of 5%", " of 5"),
            ("100% of %admins%", " of "),
            ("%%", ""),
            (r"%a\%b%", r"a\%b"),
            (r"%a\\%", r"a\\"),
            ("%a*%", "a*"),
            ("%🙂%", "🙂"),
        ] {
            assert_eq!(parts(written), Err(between), "{written}");
        }
    }
}
