//! Reads `field|modifier|modifier`: which modifiers there are, and what a chain of them means.
//!
//! Modifiers work from left to right on a value; the chain is read into the one [`Kind`] of test it
//! asks for, so that a combination without a meaning has no representation and is refused here.

use super::compare::Order;
use super::date_part::DatePart;
use super::encode::{Base64, Utf16};
use super::expression::Flags;
use super::problem::{Place, Report};
use super::spelling;

/// Every modifier (Sigma specification 2.1, appendix on modifiers; pySigma's longer names beside).
pub(super) const NAMES: [&str; 34] = [
    "contains",
    "startswith",
    "endswith",
    "all",
    "cased",
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

/// The modifiers of one key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Modifiers {
    /// All values must pass, not any.
    pub(super) all: bool,
    /// The item passes when it otherwise would not.
    pub(super) neq: bool,
    /// What is done with each value.
    pub(super) kind: Kind,
}

/// What a chain of modifiers makes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text with wildcards, or, without any step, also a number, a truth value or null.
    Text(TextSteps),
    /// A regular expression.
    Expression(Flags),
    /// A network that an address is in.
    Network,
    /// A number that the field's is compared with.
    Number(Order),
    /// Whether the field is there.
    Exists,
    /// The name of another field.
    Field(Ends, IsCased),
    /// A number that a part of the field's date is compared with.
    Date(DatePart, Order),
}

impl Default for Kind {
    fn default() -> Self {
        Self::Text(TextSteps::default())
    }
}

/// What is done to a text, in this order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct TextSteps {
    /// `%name%` stands for the values of a list.
    pub(super) expand: bool,
    /// A dash that begins a word may be any dash or a slash.
    pub(super) windash: bool,
    /// The text's bytes, if not UTF-8.
    pub(super) utf16: Option<Utf16>,
    /// The bytes are written in base64.
    pub(super) base64: Option<Base64>,
    /// Where more may stand.
    pub(super) ends: Ends,
    /// Whether case counts.
    pub(super) cased: IsCased,
}

/// At which ends of the wanted text the field may have more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) more_before: bool,
    pub(super) more_behind: bool,
}

/// Whether case counts.
pub(super) type IsCased = bool;

impl Ends {
    fn open(&mut self, before: bool, behind: bool) {
        self.more_before |= before;
        self.more_behind |= behind;
    }

    fn are_closed(self) -> bool {
        self == Self::default()
    }

    fn comparison(self) -> &'static str {
        match (self.more_before, self.more_behind) {
            (true, true) => "contains",
            (false, true) => "startswith",
            (true, false) => "endswith",
            (false, false) => "equals",
        }
    }
}

/// Why a modifier cannot stand where it stands.
enum Refused {
    Unknown,
    Misplaced(&'static str),
}

impl Modifiers {
    /// Reads the modifiers behind a field's name.
    pub(super) fn parse<'t>(names: impl Iterator<Item = &'t str>, at: Place, report: &mut Report) -> Option<Self> {
        let mut modifiers = Self::default();
        let mut seen = Vec::new();
        for name in names {
            if seen.contains(&name) {
                report.error(at, format!("the modifier `{name}` is given twice"));
                return None;
            }
            match modifiers.add(name, seen.is_empty()) {
                Ok(()) => seen.push(name),
                Err(Refused::Unknown) => {
                    report.error_with(at, format!("unknown modifier `{name}`"), spelling::advice(name, &NAMES));
                    return None;
                }
                Err(Refused::Misplaced(advice)) => {
                    report.error_with(at, format!("the modifier `{name}` cannot stand here"), advice);
                    return None;
                }
            }
        }
        Some(modifiers)
    }

    /// Whether a value other than a text can be meant.
    pub(super) fn is_plain(self) -> bool {
        self.kind == Kind::default()
    }

    /// The comparison in a word, for the explanation of a miss.
    pub(super) fn comparison(self) -> &'static str {
        match self.kind {
            Kind::Text(TextSteps { ends, .. }) => ends.comparison(),
            Kind::Expression(_) => "re",
            Kind::Network => "cidr",
            Kind::Number(order) => order.name(),
            Kind::Exists => "exists",
            Kind::Field(..) => "fieldref",
            Kind::Date(part, _) => part.name(),
        }
    }

    fn add(&mut self, name: &str, is_first: bool) -> Result<(), Refused> {
        if self.kind == Kind::Exists {
            return Err(Refused::Misplaced("`exists` stands alone"));
        }
        match name {
            "all" => self.all = true,
            "neq" => self.neq = true,
            "exists" if is_first => self.kind = Kind::Exists,
            "exists" => return Err(Refused::Misplaced("`exists` stands alone")),
            "re" if is_first => self.kind = Kind::Expression(Flags::default()),
            "re" => return Err(Refused::Misplaced("`re` comes first")),
            _ => self.kind = self.kind.after(name)?,
        }
        Ok(())
    }
}

impl Kind {
    fn after(mut self, name: &str) -> Result<Self, Refused> {
        let is_plain = self == Self::default();
        match name {
            "contains" => self.open(true, true)?,
            "startswith" => self.open(false, true)?,
            "endswith" => self.open(true, false)?,
            "cased" => match &mut self {
                Self::Text(TextSteps { cased, .. }) | Self::Field(_, cased) => *cased = true,
                Self::Expression(_) => return Err(Refused::Misplaced("in expressions case counts; `i` ignores it")),
                _ => return Err(Refused::Misplaced("only texts have case")),
            },
            "i" | "ignorecase" => self.flags()?.ignore_case = true,
            "m" | "multiline" => self.flags()?.multi_line = true,
            "s" | "dotall" => self.flags()?.dot_all = true,
            "fieldref" if is_plain => return Ok(Self::Field(Ends::default(), false)),
            "cidr" if is_plain => return Ok(Self::Network),
            "fieldref" | "cidr" => return Err(Refused::Misplaced("it works on the value as written")),
            "expand" => self.text("only texts have placeholders")?.expand = true,
            "windash" => match self.text("only texts have dashes")? {
                TextSteps { base64: None, windash, .. } => *windash = true,
                _ => return Err(Refused::Misplaced("put it before `base64`")),
            },
            "base64" => self.encode(Base64::Whole)?,
            "base64offset" => self.encode(Base64::AnyOffset)?,
            "utf16le" | "wide" => self.utf16(Utf16::LittleEndian)?,
            "utf16be" => self.utf16(Utf16::BigEndian)?,
            "utf16" => self.utf16(Utf16::Marked)?,
            _ => return self.compared(name, is_plain),
        }
        Ok(self)
    }

    /// After a comparison of numbers or a part of a date.
    fn compared(self, name: &str, is_plain: bool) -> Result<Self, Refused> {
        match (Order::named(name), DatePart::named(name), self) {
            (Some(order), _, Self::Date(part, Order::Equal)) => Ok(Self::Date(part, order)),
            (Some(order), ..) if is_plain => Ok(Self::Number(order)),
            (_, Some(part), _) if is_plain => Ok(Self::Date(part, Order::Equal)),
            (None, None, _) => Err(Refused::Unknown),
            _ => Err(Refused::Misplaced("it works on the value as written")),
        }
    }

    fn open(&mut self, before: bool, behind: bool) -> Result<(), Refused> {
        match self {
            Self::Text(TextSteps { ends, .. }) | Self::Field(ends, _) => ends.open(before, behind),
            // A search may begin and end anywhere already.
            Self::Expression(_) => {}
            _ => return Err(Refused::Misplaced("only texts have a beginning and an end")),
        }
        Ok(())
    }

    fn flags(&mut self) -> Result<&mut Flags, Refused> {
        match self {
            Self::Expression(flags) => Ok(flags),
            _ => Err(Refused::Misplaced("it belongs behind `re`")),
        }
    }

    fn text(&mut self, otherwise: &'static str) -> Result<&mut TextSteps, Refused> {
        match self {
            Self::Text(steps) => Ok(steps),
            _ => Err(Refused::Misplaced(otherwise)),
        }
    }

    fn encode(&mut self, how: Base64) -> Result<(), Refused> {
        match self.text("only texts can be encoded")? {
            TextSteps { base64: Some(_), .. } => Err(Refused::Misplaced("encode once")),
            TextSteps { ends, .. } if !ends.are_closed() => {
                Err(Refused::Misplaced("put it before `contains`, `startswith` and `endswith`"))
            }
            steps => {
                steps.base64 = Some(how);
                Ok(())
            }
        }
    }

    fn utf16(&mut self, how: Utf16) -> Result<(), Refused> {
        match self.text("only texts can be encoded")? {
            TextSteps { base64: Some(_), .. } => Err(Refused::Misplaced("put it before `base64`")),
            TextSteps { utf16: Some(_), .. } => Err(Refused::Misplaced("encode once")),
            steps => {
                steps.utf16 = Some(how);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Modifiers, String> {
        let mut report = Report::about("x");
        let modifiers = Modifiers::parse(text.split('|'), Place { line: 1, column: 1 }, &mut report);
        let mut errors = Vec::new();
        report.hand_over(&mut errors, &mut Vec::new());
        modifiers.ok_or_else(|| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_chain_becomes_one_kind_of_test() {
        assert!(parse("contains|all").unwrap().all);
        assert_eq!(parse("startswith|endswith").unwrap(), parse("contains").unwrap());
        assert_eq!(parse("re|i|s").unwrap(), parse("re|dotall|ignorecase").unwrap());
        assert_eq!(parse("hour|gte").unwrap().kind, Kind::Date(DatePart::Hour, Order::GreaterOrEqual));
        assert_eq!(parse("neq|fieldref|cased").unwrap().kind, Kind::Field(Ends::default(), true));
        assert_eq!(parse("wide|base64offset|contains"), parse("utf16le|base64offset|contains"));
        for name in NAMES {
            let before =
                if matches!(name, "i" | "m" | "s" | "ignorecase" | "multiline" | "dotall") { "re|" } else { "" };
            assert!(parse(&format!("{before}{name}")).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_chain_without_a_meaning_is_refused() {
        for (text, message) in [
            ("contians", "unknown modifier `contians`; did you mean `contains`?"),
            ("all|all", "the modifier `all` is given twice"),
            ("contains|re", "the modifier `re` cannot stand here; `re` comes first"),
            ("exists|all", "the modifier `all` cannot stand here; `exists` stands alone"),
            ("i", "the modifier `i` cannot stand here; it belongs behind `re`"),
            ("base64|wide", "the modifier `wide` cannot stand here; put it before `base64`"),
            ("cidr|contains", "the modifier `contains` cannot stand here; only texts have a beginning and an end"),
            ("gt|lt", "the modifier `lt` cannot stand here; it works on the value as written"),
            ("hour|day", "the modifier `day` cannot stand here; it works on the value as written"),
        ] {
            assert_eq!(parse(text).unwrap_err(), format!("x:1:1: {message}"));
        }
        for text in [
            "contains|base64",
            "base64|base64offset",
            "re|cased",
            "cidr|gt",
            "contains|fieldref",
            "all|exists",
            "re|expand",
            "base64|windash",
            "contains|gt",
            "",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
