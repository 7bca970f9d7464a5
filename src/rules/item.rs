//! Compiles one key of a search with its values.

use super::allowance::Cost;
use super::encode;
use super::expression::{Expression, Refused};
use super::field::Field;
use super::key::{self, Key};
use super::lint::Lint;
use super::lists::Context;
use super::modifier::{Ends, Kind, Modifiers, TextSteps};
use super::network::Network;
use super::other_field::OtherField;
use super::pattern::{Case, Written};
use super::placeholder;
use super::problem::{Place, Report};
use super::value::Test;
use super::yaml::{Node, Yaml};

/// The longest text value, in bytes.
const TEXT_BYTES_MAX: usize = 4_096;

/// One key with its values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub(super) field: Field,
    pub(super) modifiers: Modifiers,
    pub(super) tests: Vec<Test>,
}

impl Item {
    /// Reads a key's values.
    pub(super) fn read(key: Key, value: &Node, context: &Context<'_>, report: &mut Report) -> Option<Self> {
        let Key { field, modifiers, .. } = key;
        let values = match &value.value {
            Yaml::List(items) => items.as_slice(),
            _ => std::slice::from_ref(value),
        };
        if modifiers.all && values.len() == 1 {
            report.warn(
                Lint::SingleValueAll,
                value.at,
                "`all` with a single value changes nothing",
                "leave it out or list the values",
            );
        }
        if field == Field::Everywhere {
            return Self::keywords(values, modifiers, context, value.at, report);
        }
        let mut tests: Vec<Option<Test>> = values.iter().map(|node| test(node, modifiers, context, report)).collect();
        if values.is_empty() {
            if !modifiers.is_plain() || modifiers.all {
                report.error(value.at, "an empty list has nothing for the modifiers to work on");
                return None;
            }
            report.warn(Lint::EmptyList, value.at, "an empty list means null", "write `null` if that is meant");
            tests.push(Some(Test::Null));
        }
        check_single(modifiers, values, value.at, report)?;
        // All of one value is any of it; written either way it is the same item.
        let modifiers = Modifiers { all: modifiers.all && tests.len() > 1, ..modifiers };
        Some(Self { field, modifiers, tests: tests.into_iter().collect::<Option<Vec<_>>>()? })
    }

    /// Keywords: each is found anywhere in any value of the event.
    pub(super) fn keywords(
        values: &[Node],
        modifiers: Modifiers,
        context: &Context<'_>,
        at: Place,
        report: &mut Report,
    ) -> Option<Self> {
        if values.is_empty() {
            report.error(at, "an empty list of keywords matches nothing");
            return None;
        }
        if matches!(modifiers.kind, Kind::Exists | Kind::Field(..)) {
            report.error(at, format!("keywords cannot have the modifier `{}`", modifiers.comparison()));
            return None;
        }
        if let Kind::Text(TextSteps { ends, .. }) = modifiers.kind
            && ends.more_before != ends.more_behind
        {
            let advice = "leave out `startswith` and `endswith`";
            report.error_with(at, "keywords are found anywhere in a value", advice);
            return None;
        }
        let tests: Vec<Option<Test>> = values.iter().map(|node| keyword(node, modifiers, context, report)).collect();
        let tests = tests.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Self { field: Field::Everywhere, modifiers, tests })
    }

    /// Whether it can only pass when a value that was asked for is there, and not just any value.
    pub(super) fn is_positive(&self) -> bool {
        let asks = |test: &Test| match test {
            Test::Same(other) => *other.field() != self.field,
            test => test.is_telling(),
        };
        let asks = if self.modifiers.all {
            self.tests.iter().any(asks)
        } else {
            // Hours of which each sorts something out may together be the whole day.
            self.tests.iter().all(asks) && !Test::cover_dates(&self.tests)
        };
        asks && !self.modifiers.neq
    }

    /// The comparison in a word, for the explanation of a miss.
    pub(super) fn comparison(&self) -> &'static str {
        self.modifiers.comparison()
    }
}

fn check_single(modifiers: Modifiers, values: &[Node], at: Place, report: &mut Report) -> Option<()> {
    if modifiers.kind == Kind::Exists && values.len() != 1 {
        report.error(at, "`exists` takes one value, true or false");
        return None;
    }
    let has_null = values.iter().any(|node| matches!(node.value, Yaml::Null));
    if has_null && modifiers.all {
        report.error(at, "`all` cannot be used with null");
        return None;
    }
    if has_null && values.len() > 1 {
        report.warn(Lint::NullInList, at, "null in a list is one more alternative", "write a search of its own for it");
    }
    Some(())
}

/// One value of a field.
fn test(node: &Node, modifiers: Modifiers, context: &Context<'_>, report: &mut Report) -> Option<Test> {
    match (modifiers.kind, &node.value) {
        (_, Yaml::Map(_)) => {
            let advice = "write the way to a value in the field's name: `field.part: value`, `field[0].part: value`";
            report.error_with(node.at, "a mapping cannot be the value of a field", advice);
            None
        }
        (_, Yaml::List(_)) => {
            report.error(node.at, format!("{} cannot be the value of a field", node.what()));
            None
        }
        (Kind::Text(steps), Yaml::Text(text)) => texts(text, steps, Ends::default(), context, node.at, report),
        (_, Yaml::Null) if modifiers.is_plain() => Some(Test::Null),
        (_, Yaml::Bool(value)) if modifiers.is_plain() => Some(Test::Bool(*value)),
        (_, Yaml::Number(number)) if modifiers.is_plain() => Some(Test::Number(number.clone())),
        _ => special(node, modifiers, context, report),
    }
}

/// A value under modifiers that take one kind of value only.
fn special(node: &Node, modifiers: Modifiers, context: &Context<'_>, report: &mut Report) -> Option<Test> {
    match (modifiers.kind, &node.value) {
        (Kind::Expression(flags), Yaml::Text(text)) => {
            if text.contains("(?") && inline_flags(text) {
                report.warn(
                    Lint::InlineRegexFlags,
                    node.at,
                    "flags inside an expression are going out of use",
                    "write `re|i`, `re|m` or `re|s`",
                );
            }
            context.allowance().spend(Cost::ExpressionBytes, 0, node.at, report)?;
            if Expression::is_bare(text) {
                let what = format!("`{text}` is found anywhere in a value, also within a longer word");
                report.warn(
                    Lint::UnanchoredRegex,
                    node.at,
                    what,
                    "leave `re` out for the whole value, or write `contains`",
                );
            }
            let compiled = Expression::compile(text, flags);
            // What is refused for its size has cost its size.
            let bytes = compiled.as_ref().map_or_else(|refused| refused.bytes, Expression::bytes);
            let expression =
                compiled.map_err(|Refused { what, advice, .. }| report.error_with(node.at, what, advice)).ok();
            context.allowance().spend(Cost::ExpressionBytes, bytes, node.at, report)?;
            let expression = expression?;
            Some(Test::Expression(expression))
        }
        (Kind::Network, Yaml::Text(text)) => Network::parse(text)
            .map(Test::Network)
            .map_err(|why| report.error_with(node.at, format!("`{text}` is no network: {why}"), "write 10.0.0.0/8"))
            .ok(),
        (Kind::Number(order), Yaml::Number(number)) => Some(Test::Compare(order, number.value)),
        (Kind::Date(part, order), Yaml::Number(number)) => Some(Test::Date(part, order, number.value)),
        (Kind::Exists, Yaml::Bool(wanted)) => Some(Test::Exists(*wanted)),
        (Kind::Field(ends, cased), Yaml::Text(name)) => {
            let (field, quantifier) = key::read_field(name, context.version, node.at, report)?;
            if quantifier.is_some() || field == Field::Everywhere {
                report.error(node.at, format!("`{name}` is not the name of a field"));
                return None;
            }
            key::check_parts(&field, context, node.at, report)?;
            Some(Test::Same(OtherField::new(field, ends, case(cased))))
        }
        (kind, _) => {
            let (wanted, advice) = match kind {
                Kind::Number(_) | Kind::Date(..) => ("a number", "write it without quotes"),
                Kind::Exists => ("true or false", "write it without quotes"),
                _ => ("a text", "quote it"),
            };
            let what = format!("the modifiers want {wanted}, not {}", node.what());
            report.error_with(node.at, what, advice);
            None
        }
    }
}

/// `(?i)` and the like, but not groups such as `(?:` and `(?P<name>`.
fn inline_flags(text: &str) -> bool {
    text.match_indices("(?").any(|(at, _)| {
        text.get(at + 2..).is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_lowercase() || next == '-'))
    })
}

/// What a text stands for: one pattern, or any of several.
fn texts(
    text: &str,
    steps: TextSteps,
    least: Ends,
    context: &Context<'_>,
    at: Place,
    report: &mut Report,
) -> Option<Test> {
    if text.len() > TEXT_BYTES_MAX {
        report.error(at, format!("the value is longer than {TEXT_BYTES_MAX} bytes"));
        return None;
    }
    let written =
        if steps.expand { placeholder::expanded(text, context, at, report)? } else { vec![Written::parse(text)] };
    let mut tests = Vec::new();
    for written in written {
        let written = if steps.windash { written.with_any_dash() } else { written };
        for mut written in encoded(written, steps, at, report)? {
            if steps.ends.more_before || least.more_before {
                written = written.after_anything();
            }
            if steps.ends.more_behind || least.more_behind {
                written = written.before_anything();
            }
            if least.more_before && written.is_anything() {
                report.error(at, "this keyword matches everything");
                return None;
            }
            tests.push(Test::Text(written.compile(case(steps.cased))));
        }
    }
    match (tests.pop(), tests.is_empty()) {
        (Some(only), true) => Some(only),
        (last, _) => Some(Test::Any(tests.into_iter().chain(last).collect())),
    }
}

/// The text in the encodings that are asked for.
fn encoded(written: Written, steps: TextSteps, at: Place, report: &mut Report) -> Option<Vec<Written>> {
    if steps.utf16.is_none() && steps.base64.is_none() {
        return Some(vec![written]);
    }
    let Some(text) = written.text() else {
        if steps.windash {
            let advice = "leave out `windash` and write one value for each dash; a wildcard is `\\*` or `\\?`";
            report.error_with(at, "a text whose dashes or wildcards stand for several cannot be encoded", advice);
        } else {
            let advice = "write `\\*` or `\\?` for the characters";
            report.error_with(at, "a text with wildcards cannot be encoded", advice);
        }
        return None;
    };
    let bytes = encode::bytes(&text, steps.utf16);
    let texts = match steps.base64 {
        Some(how) => encode::base64(&bytes, how),
        None => match String::from_utf8(bytes) {
            Ok(text) => vec![text],
            Err(_) => {
                report.error_with(at, "these bytes are no text", "put `base64` or `base64offset` behind");
                return None;
            }
        },
    };
    if texts.iter().any(String::is_empty) {
        report.error(at, "the text is too short to be found at every offset");
        return None;
    }
    Some(texts.iter().map(|text| Written::literal(text)).collect())
}

fn keyword(node: &Node, modifiers: Modifiers, context: &Context<'_>, report: &mut Report) -> Option<Test> {
    let anywhere = Ends { more_before: true, more_behind: true };
    match (modifiers.kind, &node.value) {
        (Kind::Text(steps), Yaml::Text(text)) => texts(text, steps, anywhere, context, node.at, report),
        (Kind::Text(steps), Yaml::Number(number)) if modifiers.is_plain() => {
            texts(&number.text, steps, anywhere, context, node.at, report)
        }
        (Kind::Text(steps), Yaml::Bool(value)) if modifiers.is_plain() => {
            texts(if *value { "true" } else { "false" }, steps, anywhere, context, node.at, report)
        }
        (Kind::Text(_), _) | (_, Yaml::List(_) | Yaml::Map(_) | Yaml::Null) => {
            report.error(node.at, format!("{} is no keyword", node.what()));
            None
        }
        _ => special(node, modifiers, context, report),
    }
}

fn case(cased: bool) -> Case {
    if cased { Case::Counts } else { Case::Ignored }
}
