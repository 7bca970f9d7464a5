//! The lint on expressions that are found anywhere in a value: `example.com` is also in
//! `example.com.evil.net`. Those without anything special are warned of when they are read.

use super::super::expression::Expression;
use super::super::problem::Report;
use super::super::yaml::Yaml;
use super::catalogue::Lint;
use super::subject::{Subject, all_entries, items};

pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
    if subject.rule.response.is_none() {
        return;
    }
    let detection = subject.entry("detection").map(|entry| all_entries(&entry.value)).unwrap_or_default();
    for entry in detection {
        let modifiers: Vec<&str> = entry.key.split('|').skip(1).collect();
        if !modifiers.contains(&"re") {
            continue;
        }
        let is_multi_line = modifiers.iter().any(|modifier| matches!(*modifier, "m" | "multiline"));
        for node in items(&entry.value) {
            if matches!(&node.value, Yaml::Text(text) if !Expression::is_bare(text) && !is_anchored(text, is_multi_line))
            {
                let what = "the expression is found anywhere in the value, whatever stands around it";
                let advice = "begin it with `^` and end it with `$`, each alternative too; or write `.*` to say that \
                              it is meant";
                report.warn(Lint::UnanchoredRegex, node.at, what, advice);
            }
        }
    }
}

/// Whether each alternative says where the value begins and where it ends, be it by `.*`.
fn is_anchored(expression: &str, is_multi_line: bool) -> bool {
    let expression = without_flags(expression);
    let inner = expression.strip_prefix("(?:").or_else(|| expression.strip_prefix('('));
    if let Some(inner) = inner.and_then(|inner| inner.strip_suffix(')'))
        && alternatives(inner).is_some()
    {
        return is_anchored(inner, is_multi_line);
    }
    alternatives(expression).is_some_and(|parts| parts.iter().all(|part| has_ends(part, is_multi_line)))
}

fn has_ends(part: &str, is_multi_line: bool) -> bool {
    let begins = part.starts_with(r"\A") || part.starts_with(".*") || (part.starts_with('^') && !is_multi_line);
    let is_escaped = |end: usize| {
        let before = part.get(..part.len() - end).unwrap_or_default();
        before.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
    };
    let ends = part.ends_with(r"\z")
        || (part.ends_with(".*") && !is_escaped(2))
        || (part.ends_with('$') && !is_escaped(1) && !is_multi_line);
    begins && ends
}

fn without_flags(expression: &str) -> &str {
    let flags = expression.strip_prefix("(?").and_then(|rest| rest.split_once(')'));
    match flags {
        Some((flags, rest)) if flags.bytes().all(|byte| byte.is_ascii_alphabetic()) => rest,
        _ => expression,
    }
}

/// The alternatives outside all groups; `None` when a group is closed that was not opened here.
fn alternatives(expression: &str) -> Option<Vec<&str>> {
    let (mut parts, mut begin, mut depth, mut is_in_class) = (Vec::new(), 0, 0_usize, false);
    let mut characters = expression.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => {
                characters.next();
            }
            '[' => is_in_class = true,
            ']' => is_in_class = false,
            _ if is_in_class => {}
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            '|' if depth == 0 => {
                parts.push(expression.get(begin..at)?);
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(expression.get(begin..)?);
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_anchored_when_each_alternative_is_at_both_ends() {
        let anchored = [
            "^a$",
            r"\Aa\z",
            "^(a|b)$",
            "^a$|^b$",
            "(^a$|^b$)",
            "(?:^a$)",
            "(?i)^a$",
            "^a.*",
            ".*a.*",
            r"^a\\$",
            "^[|)]$",
            "^a.*$",
        ];
        for text in anchored {
            assert!(is_anchored(text, false), "{text}");
        }
        let loose =
            ["a", "^a", "a$", "^a|b$", r"^a\$", "^a$|b", "(a)|(b)", "", "(^a$|b)", "(?i)a", r"^a\.*", "(^a)(b$)"];
        for text in loose {
            assert!(!is_anchored(text, false), "{text}");
        }
        assert!(!is_anchored("^a$", true) && is_anchored(r"\Aa\z", true), "with `m` the ends are those of a line");
    }
}
