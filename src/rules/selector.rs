//! Reads a field's name with selectors (SigmaHQ's proposal #212): `args[0].name`, `target[any]`.

use super::field::{Field, Step};
use super::quantifier::Quantifier;

/// A name in which brackets select elements and `\[` is a bracket.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse(text: &str) -> Result<(Field, Option<Quantifier>), &'static str> {
    let mut steps = Vec::new();
    let mut rest = text;
    loop {
        let (name, selector, behind) = split_selector(rest)?;
        let quantifier = selector.and_then(Quantifier::named);
        let element = match selector {
            Some(selector) if quantifier.is_none() => {
                Some(selector.parse().map_err(|_| "brackets hold any, all, all_or_empty, none or a position")?)
            }
            _ => None,
        };
        if name.is_empty() && selector.is_some() {
            return Err("a selector needs a name before it");
        }
        steps.push(Step { name: name.into(), element });
        match (behind, quantifier) {
            (None, _) => return Ok((of(steps), quantifier)),
            (Some(_), Some(_)) => return Err("only the last name can have a quantifier"),
            (Some(behind), None) => rest = behind,
        }
    }
}

fn of(mut steps: Vec<Step>) -> Field {
    match steps.pop() {
        Some(Step { name, element: None }) if steps.is_empty() && *name == *"." => Field::Itself,
        Some(Step { name, element: None }) if steps.is_empty() => Field::named(&name),
        last => Field::Steps(steps.into_iter().chain(last).collect()),
    }
}

/// The name up to the first selector, the selector, and what stands behind it and its dot.
type Split<'t> = (String, Option<&'t str>, Option<&'t str>);

fn split_selector(text: &str) -> Result<Split<'_>, &'static str> {
    let mut name = String::new();
    let mut rest = text.char_indices();
    while let Some((at, character)) = rest.next() {
        match character {
            '\\' if rest.as_str().starts_with(['[', ']']) => name.extend(rest.next().map(|(_, bracket)| bracket)),
            ']' => return Err("a bracket is closed that is not open"),
            '[' => {
                let inside = text.get(at + 1..).unwrap_or_default();
                let (selector, behind) = inside.split_once(']').ok_or("a bracket is not closed")?;
                return match behind.strip_prefix('.') {
                    _ if behind.is_empty() => Ok((name, Some(selector), None)),
                    Some(behind) if !behind.is_empty() => Ok((name, Some(selector), Some(behind))),
                    _ => Err("a dot and a name must follow a position"),
                };
            }
            other => name.push(other),
        }
    }
    Ok((name, None, None))
}
