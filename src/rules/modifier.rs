//! Reads `field|modifier|modifier`: which modifiers there are, and what they do to a rule's values.

use super::pattern::{Case, Pattern, Written};
use super::problem::{Place, Report};
use super::spelling;

/// The modifiers that work.
const SUPPORTED: [&str; 5] = ["contains", "startswith", "endswith", "all", "cased"];
/// Sigma's other modifiers. A rule with one of them is refused, never half understood.
const NOT_YET: [&str; 29] = [
    "exists",
    "neq",
    "re",
    "i",
    "m",
    "s",
    "ignorecase",
    "multiline",
    "dotall",
    "cidr",
    "lt",
    "lte",
    "gt",
    "gte",
    "base64",
    "base64offset",
    "utf16le",
    "utf16be",
    "utf16",
    "wide",
    "windash",
    "fieldref",
    "expand",
    "minute",
    "hour",
    "day",
    "week",
    "month",
    "year",
];
/// The longest field name, in bytes.
const FIELD_BYTES_MAX: usize = 256;

/// A key of a search: the field (`None` for keywords) and its modifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) field: Option<String>,
    pub(super) modifiers: Modifiers,
}

/// The modifiers of one key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Modifiers {
    contains: bool,
    startswith: bool,
    endswith: bool,
    cased: bool,
    /// All values must pass, not any.
    pub(super) all: bool,
}

impl Key {
    /// Reads a key of a search.
    pub(super) fn parse(text: &str, at: Place, report: &mut Report) -> Option<Self> {
        let mut parts = text.split('|');
        let field = parts.next().unwrap_or_default();
        if field.len() > FIELD_BYTES_MAX {
            report.error(at, format!("the field name is longer than {FIELD_BYTES_MAX} bytes"));
            return None;
        }
        if field.trim() != field {
            report.error(at, format!("the field name `{field}` begins or ends with a space"));
            return None;
        }
        let mut modifiers = Modifiers::default();
        for part in parts {
            modifiers.add(part, at, report)?;
        }
        let field = (!field.is_empty()).then(|| field.to_owned());
        if field.is_none() && (modifiers.startswith || modifiers.endswith) {
            report.error_with(at, "keywords are found anywhere in a value", "leave out `startswith` and `endswith`");
            return None;
        }
        Some(Self { field, modifiers })
    }
}

impl Modifiers {
    /// Whether every value must be a text.
    pub(super) fn wants_text(self) -> bool {
        self.contains || self.startswith || self.endswith || self.cased
    }

    /// A text value under these modifiers.
    pub(super) fn pattern(self, mut written: Written) -> Pattern {
        if self.contains || self.endswith {
            written = written.after_anything();
        }
        if self.contains || self.startswith {
            written = written.before_anything();
        }
        written.compile(if self.cased { Case::Counts } else { Case::Ignored })
    }

    /// The comparison in a word, for the explanation of a miss.
    pub(super) fn comparison(self) -> &'static str {
        match (self.contains, self.startswith, self.endswith) {
            (true, ..) | (_, true, true) => "contains",
            (_, true, _) => "startswith",
            (_, _, true) => "endswith",
            _ => "equals",
        }
    }

    fn add(&mut self, name: &str, at: Place, report: &mut Report) -> Option<()> {
        let flag = match name {
            "contains" => &mut self.contains,
            "startswith" => &mut self.startswith,
            "endswith" => &mut self.endswith,
            "cased" => &mut self.cased,
            "all" => &mut self.all,
            _ if NOT_YET.contains(&name) => {
                let advice = format!("supported are {}", SUPPORTED.join(", "));
                report.error_with(at, format!("the modifier `{name}` is not supported yet"), advice);
                return None;
            }
            _ => {
                let advice = spelling::advice(name, &SUPPORTED);
                report.error_with(at, format!("unknown modifier `{name}`"), advice);
                return None;
            }
        };
        if std::mem::replace(flag, true) {
            report.error(at, format!("the modifier `{name}` is given twice"));
            return None;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Key, String> {
        let mut report = Report::about("x");
        let key = Key::parse(text, Place { line: 1, column: 1 }, &mut report);
        let mut errors = Vec::new();
        report.hand_over(&mut errors, &mut Vec::new());
        key.ok_or_else(|| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_key_is_a_field_and_its_modifiers() {
        let key = parse("actor.type|contains|all").unwrap();
        assert_eq!(key.field.as_deref(), Some("actor.type"));
        assert!(key.modifiers.all && key.modifiers.wants_text());
        assert_eq!(parse("|all").unwrap().field, None);
        assert!(!parse("f|all").unwrap().modifiers.wants_text());
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (text, message) in [
            (
                "f|re",
                "the modifier `re` is not supported yet; supported are contains, startswith, endswith, all, cased",
            ),
            ("f|contians", "unknown modifier `contians`; did you mean `contains`?"),
            ("f|", "unknown modifier ``; known are contains, startswith, endswith, all, cased"),
            ("f|all|all", "the modifier `all` is given twice"),
            ("|startswith", "keywords are found anywhere in a value; leave out `startswith` and `endswith`"),
            (" f", "the field name ` f` begins or ends with a space"),
        ] {
            assert_eq!(parse(text).unwrap_err(), format!("x:1:1: {message}"));
        }
        for name in NOT_YET {
            assert!(parse(&format!("f|{name}")).unwrap_err().contains("not supported yet"), "{name}");
        }
    }
}
