//! Puts the values of lists in the place of `%name%`.

use super::lists::Context;
use super::pattern::Written;
use super::problem::{Place, Report};
use super::spelling;

/// The most texts that one value may stand for.
const EXPANDED_MAX: usize = 10_000;

/// A piece of a value: what stands between placeholders, or a placeholder's name.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    List(String),
}

/// All texts that `text` stands for. Wildcards in a list's values are wildcards.
pub(super) fn expanded(text: &str, context: &Context<'_>, at: Place, report: &mut Report) -> Option<Vec<Written>> {
    let mut texts = vec![Vec::new()];
    for part in parts(text) {
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
        if texts.len().saturating_mul(values.len()) > EXPANDED_MAX {
            report.error(at, format!("the value stands for more than {EXPANDED_MAX} texts"));
            return None;
        }
        texts = texts
            .iter()
            .flat_map(|before| values.iter().map(|value| [&before[..], std::slice::from_ref(value)].concat()))
            .collect();
    }
    Some(texts.into_iter().map(Written::joined).collect())
}

/// `\%` is a percent sign. A `%` without a second one, or around what is no name, is one too.
fn parts(text: &str) -> Vec<Part> {
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
            '%' => match name_before_percent(behind) {
                Some(name) => {
                    rest = behind.get(name.len() + 1..).unwrap_or_default();
                    parts.extend([Part::Text(std::mem::take(&mut plain)), Part::List(name.to_owned())]);
                }
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
    parts
}

fn name_before_percent(text: &str) -> Option<&str> {
    let (name, _) = text.split_once('%')?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    (!name.is_empty() && name.bytes().all(is_name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_names_between_percent_signs() {
        let text = |text: &str| Part::Text(text.to_owned());
        let list = |name: &str| Part::List(name.to_owned());
        for (written, expected) in [
            ("%admins%", vec![text(""), list("admins"), text("")]),
            ("a%x%b%y%", vec![text("a"), list("x"), text("b"), list("y"), text("")]),
            (r"\%admins%", vec![text("%admins%")]),
            ("100% of 5%", vec![text("100% of 5%")]),
            ("%", vec![text("%")]),
            (r"a\\%x%", vec![text(r"a\\"), list("x"), text("")]),
        ] {
            assert_eq!(parts(written), expected, "{written}");
        }
    }
}
