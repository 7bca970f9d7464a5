//! Compares a field with another one of the same event or element (`fieldref`), in time that grows with
//! the event and not with its square: both fields are what senders write.

use std::collections::HashSet;

use serde_json::Value;

use super::compare;
use super::field::Field;
use super::fold;
use super::modifier::Ends;
use super::pattern::Case;
use super::scalar::NumberValue;
use super::value::with_text;

/// The most pairs of values that are compared where one is to be a part of the other, and the most
/// bytes of both in all pairs.
const PAIRS_MAX: usize = 10_000;
const PAIRS_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Another field, and how much of the first must be its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OtherField {
    field: Field,
    ends: Ends,
    case: Case,
}

/// What comparing two fields came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    /// A value of the one is a value of the other.
    Same,
    /// Both have values, and no two go together.
    Different,
    /// One of them has no value that can be compared, or there are too many to say. Neither `fieldref`
    /// nor its contrary (`neq`) passes then: nobody is to be acted on for what is not there.
    Unknown,
}

impl OtherField {
    pub(super) fn new(field: Field, ends: Ends, case: Case) -> Self {
        Self { field, ends, case }
    }

    /// Which one.
    pub(super) fn field(&self) -> &Field {
        &self.field
    }

    /// Compares the values of `field` in `event` with those of this one.
    pub(super) fn compare(&self, field: &Field, event: &Value) -> Compared {
        if self.ends == Ends::default() { self.compare_whole(field, event) } else { self.compare_parts(field, event) }
    }

    /// Whole values: two numbers as numbers, others as texts.
    fn compare_whole(&self, field: &Field, event: &Value) -> Compared {
        let mut others = Values::default();
        self.field.look(event, |other| {
            others.add(other, self.case);
            false
        });
        if others.is_empty() {
            return Compared::Unknown;
        }
        let mut compared = Compared::Unknown;
        field.look(event, |value| {
            compared = match others.has(value, self.case) {
                Some(true) => Compared::Same,
                Some(false) => Compared::Different,
                None => compared,
            };
            compared == Compared::Same
        });
        compared
    }

    /// Texts that begin with, end with or contain the other's.
    fn compare_parts(&self, field: &Field, event: &Value) -> Compared {
        let mut others = Vec::new();
        self.field.look(event, |other| {
            others.extend(text(other, self.case));
            false
        });
        let (mut compared, mut pairs, mut bytes) = (Compared::Unknown, 0_usize, 0_usize);
        field.look(event, |value| {
            let Some(text) = text(value, self.case) else { return false };
            for other in &others {
                pairs += 1;
                bytes = bytes.saturating_add(text.len()).saturating_add(other.len());
                compared = if pairs > PAIRS_MAX || bytes > PAIRS_BYTES_MAX {
                    Compared::Unknown
                } else if self.is_part(other, &text) {
                    Compared::Same
                } else {
                    Compared::Different
                };
                if compared != Compared::Different {
                    return true;
                }
            }
            false
        });
        compared
    }

    fn is_part(&self, part: &str, text: &str) -> bool {
        match (self.ends.more_before, self.ends.more_behind) {
            (true, true) => text.contains(part),
            (false, true) => text.starts_with(part),
            (true, false) => text.ends_with(part),
            (false, false) => text == part,
        }
    }
}

/// The values of a field. Numbers are there by their text, too, for those of the other that are texts.
#[derive(Default)]
struct Values {
    texts: HashSet<String>,
    numbers: HashSet<NumberKey>,
    texts_of_numbers: HashSet<String>,
}

/// The same for numbers that are equal.
#[derive(PartialEq, Eq, Hash)]
enum NumberKey {
    Integer(i128),
    Float(u64),
}

impl Values {
    fn add(&mut self, value: &Value, case: Case) {
        let Some(text) = text(value, case) else { return };
        match number(value) {
            Some(number) => {
                self.numbers.insert(number);
                self.texts_of_numbers.insert(text);
            }
            None => {
                self.texts.insert(text);
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.numbers.is_empty()
    }

    /// Whether one of them is `value`; `None` if that can be compared with nothing.
    fn has(&self, value: &Value, case: Case) -> Option<bool> {
        let text = text(value, case)?;
        Some(match number(value) {
            Some(number) => self.numbers.contains(&number) || self.texts.contains(&text),
            None => self.texts.contains(&text) || self.texts_of_numbers.contains(&text),
        })
    }
}

fn text(value: &Value, case: Case) -> Option<String> {
    with_text(value, |text| match case {
        Case::Ignored => fold::folded(text),
        Case::Counts => text.to_owned(),
    })
}

fn number(value: &Value) -> Option<NumberKey> {
    let Value::Number(number) = value else { return None };
    Some(match compare::of_json(number)? {
        NumberValue::Integer(integer) => NumberKey::Integer(integer),
        NumberValue::Float(float) => match compare::whole(float) {
            Some(integer) => NumberKey::Integer(integer),
            None => NumberKey::Float(float.to_bits()),
        },
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use serde_json::json;

    fn compare(ends: (bool, bool), case: Case, event: &Value) -> Compared {
        let ends = Ends { more_before: ends.0, more_behind: ends.1 };
        OtherField::new(Field::named("g"), ends, case).compare(&Field::named("f"), event)
    }

    #[test]
    fn whole_values_are_numbers_among_numbers_and_texts_otherwise() {
        use Compared::{Different, Same, Unknown};
        for (f, g, expected) in [
            (json!("aB"), json!("Ab"), Same),
            (json!("a*"), json!("ab"), Different),
            (json!(5), json!(5.0), Same),
            (json!(5), json!("5"), Same),
            (json!("5"), json!(5.0), Same),
            (json!("5.0"), json!(5), Different),
            (json!("05"), json!(5), Different),
            (json!(0.0), json!(-0.0), Same),
            (json!(1.5), json!(1.5), Same),
            (json!(u64::MAX), json!(18_446_744_073_709_551_616.0), Different),
            (json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992.0), Different),
            (json!(true), json!("TRUE"), Same),
            (json!(true), json!(1), Different),
            (json!(["x", "y"]), json!(["z", "Y"]), Same),
            (json!(""), json!(""), Same),
            (json!("x"), json!(null), Unknown),
            (json!(null), json!(null), Unknown),
            (json!([]), json!("x"), Unknown),
            (json!({}), json!("x"), Unknown),
            (json!([null, "x"]), json!([null, "y"]), Different),
        ] {
            let event = json!({"f": f, "g": g});
            assert_eq!(compare((false, false), Case::Ignored, &event), expected, "{event}");
            let turned = json!({"f": event["g"], "g": event["f"]});
            assert_eq!(compare((false, false), Case::Ignored, &turned), expected, "{turned}");
        }
        let event = json!({"f": "aB", "g": "Ab"});
        assert_eq!(compare((false, false), Case::Counts, &event), Different);
        assert_eq!(compare((false, false), Case::Ignored, &json!({"f": "x"})), Unknown);
        assert_eq!(compare((false, false), Case::Ignored, &json!({"g": "x"})), Unknown);
    }

    #[test]
    fn parts_are_looked_for_where_they_may_stand() {
        use Compared::{Different, Same, Unknown};
        let event = json!({"f": ["xAby"], "g": ["aB", 7]});
        assert_eq!(compare((true, true), Case::Ignored, &event), Same);
        assert_eq!(compare((true, true), Case::Counts, &event), Different);
        assert_eq!(compare((false, true), Case::Ignored, &event), Different);
        assert_eq!(compare((false, true), Case::Ignored, &json!({"f": 712, "g": 7})), Same);
        assert_eq!(compare((true, false), Case::Ignored, &json!({"f": "x.EXE", "g": ".exe"})), Same);
        assert_eq!(compare((true, true), Case::Ignored, &json!({"f": "x"})), Unknown);
        assert_eq!(compare((true, true), Case::Ignored, &json!({"g": "x"})), Unknown);
        assert_eq!(compare((true, true), Case::Ignored, &json!({"f": null, "g": null})), Unknown);
    }

    #[test]
    fn what_is_too_much_to_compare_is_unknown() {
        let values = |begin: char, count: usize| (0..count).map(|n| format!("{begin}{n}")).collect::<Vec<_>>();
        let parts = |event: &Value| compare((true, true), Case::Ignored, event);
        assert_eq!(parts(&json!({"f": values('x', 100), "g": values('y', 100)})), Compared::Different);
        let last = [values('y', 100), vec!["x99".to_owned()]].concat();
        assert_eq!(parts(&json!({"f": values('x', 101), "g": values('y', 100)})), Compared::Unknown);
        assert_eq!(parts(&json!({"f": values('x', 100), "g": last})), Compared::Unknown);
        let long = |last: &str| format!("{}{last}", "a".repeat(PAIRS_BYTES_MAX / 2));
        assert_eq!(parts(&json!({"f": long(""), "g": long("b")})), Compared::Unknown);
    }

    /// Comparing each with each would take a minute and more.
    #[test]
    fn many_whole_values_take_linear_time() {
        let values = |begin: char| (0..30_000).map(|n| format!("{begin}{n}")).collect::<Vec<_>>();
        let mut event = json!({"f": values('x'), "g": values('y')});
        let began = Instant::now();
        assert_eq!(compare((false, false), Case::Ignored, &event), Compared::Different);
        event["g"][29_999] = json!("X29999");
        assert_eq!(compare((false, false), Case::Ignored, &event), Compared::Same);
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }
}
