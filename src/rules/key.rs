//! Reads a key of a search: the field, an array selector behind it, and the modifiers.

use super::field::Field;
use super::lint::Lint;
use super::lists::Context;
use super::modifier::Modifiers;
use super::problem::{Place, Report};
use super::quantifier::Quantifier;
use super::selector;
use super::version::SigmaVersion;

/// The longest field name, in bytes.
const FIELD_BYTES_MAX: usize = 256;

/// A key of a search.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    /// Where to look.
    pub(super) field: Field,
    /// Which elements of the array there must pass, if the key selects some.
    pub(super) quantifier: Option<Quantifier>,
    pub(super) modifiers: Modifiers,
}

impl Key {
    /// Reads a key as this version of Sigma means it.
    pub(super) fn parse(text: &str, version: SigmaVersion, at: Place, report: &mut Report) -> Option<Self> {
        let (name, modifiers) = text.split_once('|').map_or((text, None), |(name, rest)| (name, Some(rest)));
        let (field, quantifier) = read_field(name, version, at, report)?;
        let modifiers = match modifiers {
            Some(names) => Modifiers::parse(names.split('|'), at, report)?,
            None => Modifiers::default(),
        };
        Some(Self { field, quantifier, modifiers })
    }
}

/// Reads a field's name, as a key has it or `fieldref` names it.
pub(super) fn read_field(
    name: &str,
    version: SigmaVersion,
    at: Place,
    report: &mut Report,
) -> Option<(Field, Option<Quantifier>)> {
    if name.len() > FIELD_BYTES_MAX {
        report.error(at, format!("the field name is longer than {FIELD_BYTES_MAX} bytes"));
        return None;
    }
    if name.trim() != name {
        report.error(at, format!("the field name `{name}` begins or ends with a space"));
        return None;
    }
    if version.has_array_blocks() {
        return selector::parse(name)
            .map_err(|why| report.error_with(at, format!("the field `{name}`: {why}"), "write `\\[` for a bracket"))
            .ok();
    }
    if name.contains(['[', ']']) {
        let advice = "write `sigma-version: 3` if elements of an array are meant";
        report.warn(
            Lint::BracketInName,
            at,
            format!("the brackets of `{name}` are taken as a part of the name"),
            advice,
        );
    }
    Some((Field::named(name), None))
}

/// A name with an empty part is found only where an event has empty names, so it is most likely a slip;
/// whoever excludes by it excludes nobody.
pub(super) fn check_parts(field: &Field, context: &Context<'_>, at: Place, report: &mut Report) -> Option<()> {
    let is_whole = match field {
        Field::Everywhere | Field::Steps(_) => true,
        Field::Itself => context.is_within_block(),
        Field::Named(name) => name.split('.').all(|part| !part.is_empty()),
    };
    if is_whole {
        return Some(());
    }
    let what = format!("the field name `{}` has an empty part", field.name());
    let advice = "write one dot between two names; `.` alone is the element of an array block";
    if context.acts {
        report.error_with(at, what, advice);
        report.last_error_is(Lint::EmptyPartInName);
        return None;
    }
    report.warn(Lint::EmptyPartInName, at, what, advice);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, version: SigmaVersion) -> Result<Key, String> {
        let mut report = Report::about("x");
        let key = Key::parse(text, version, Place { line: 1, column: 1 }, &mut report);
        let mut errors = Vec::new();
        report.hand_over(&mut errors, &mut Vec::new());
        key.ok_or_else(|| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_key_is_a_field_and_its_modifiers() {
        let key = parse("actor.type|contains|all", SigmaVersion::Two).unwrap();
        assert_eq!(key.field, Field::named("actor.type"));
        assert!(key.modifiers.all && !key.modifiers.is_plain());
        assert_eq!(parse("|all", SigmaVersion::Two).unwrap().field, Field::Everywhere);
        assert!(parse("f|all", SigmaVersion::Two).unwrap().modifiers.is_plain());
        assert!(parse(" f", SigmaVersion::Two).unwrap_err().contains("begins or ends with a space"));
        assert!(parse("f|", SigmaVersion::Two).unwrap_err().contains("unknown modifier ``"));
    }

    #[test]
    fn brackets_that_select_nothing_are_warned_of() {
        let warnings = |text: &str, version| {
            let mut report = Report::about("x");
            Key::parse(text, version, Place { line: 1, column: 1 }, &mut report);
            let mut warnings = Vec::new();
            report.hand_over(&mut Vec::new(), &mut warnings);
            warnings.iter().map(ToString::to_string).collect::<String>()
        };
        for text in ["target[any]", "target[0].type", "a[1"] {
            let warning = warnings(text, SigmaVersion::Two);
            assert!(warning.contains("are taken as a part of the name; write `sigma-version: 3`"), "{text}: {warning}");
        }
        assert_eq!(warnings("a.b", SigmaVersion::Two), "");
        assert_eq!(warnings("target[0].type", SigmaVersion::Three), "");
    }

    #[test]
    fn brackets_are_selectors_from_version_three_on() {
        assert_eq!(parse("target[any]", SigmaVersion::Two).unwrap().field, Field::named("target[any]"));
        let key = parse("target[any]", SigmaVersion::Three).unwrap();
        assert_eq!((key.field, key.quantifier), (Field::named("target"), Some(Quantifier::Any)));
        let key = parse(r"a\[any\]", SigmaVersion::Three).unwrap();
        assert_eq!((key.field, key.quantifier), (Field::named("a[any]"), None));
        for text in ["target[some]", "target[", "a]b", "[any]", "a[any].b", "a[1"] {
            assert!(parse(text, SigmaVersion::Three).is_err(), "{text}");
        }
    }
}
