//! How many elements of an array must pass: the word in the brackets of `target[any]`.

use serde_json::Value;

use super::field::{Field, Seen};

/// Which elements of an array must pass (SigmaHQ's proposal #212).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantifier {
    /// At least one.
    Any,
    /// There is one, and all of them.
    All,
    /// All of them, if there is one.
    AllOrEmpty,
    /// Not one.
    None,
}

impl Quantifier {
    /// The quantifier of this word.
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Any, Self::All, Self::AllOrEmpty, Self::None].into_iter().find(|quantifier| quantifier.name() == name)
    }

    /// Whether the elements of the field's array pass so. What is no array is its only element; null
    /// and missing have none.
    pub(super) fn holds(self, field: &Field, event: &Value, mut test: impl FnMut(&Value) -> bool) -> bool {
        let wants_pass = matches!(self, Self::Any | Self::None);
        let mut count = 0_usize;
        // Stops at the first element that decides: one that passes, or one that does not.
        let mut decides = |element: &Value| {
            count += 1;
            test(element) == wants_pass
        };
        let found = field.look_whole(event, |node| match node {
            Value::Array(elements) => elements.iter().any(&mut decides),
            Value::Null => false,
            single => decides(single),
        });
        let is_decided = found == Seen::Passed;
        match self {
            Self::Any => is_decided,
            Self::All => !is_decided && count > 0,
            Self::AllOrEmpty | Self::None => !is_decided,
        }
    }

    /// The word in brackets.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::All => "all",
            Self::AllOrEmpty => "all_or_empty",
            Self::None => "none",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn quantifiers_count_elements() {
        let big = |element: &Value| element.as_i64().is_some_and(|number| number > 5);
        for (event, expected) in [
            (json!({"f": [1, 9]}), [true, false, false, false]),
            (json!({"f": [8, 9]}), [true, true, true, false]),
            (json!({"f": [1, 2]}), [false, false, false, true]),
            (json!({"f": []}), [false, false, true, true]),
            (json!({}), [false, false, true, true]),
            (json!({"f": null}), [false, false, true, true]),
            (json!({"f": 9}), [true, true, true, false]),
        ] {
            let field = Field::named("f");
            let quantifiers = [Quantifier::Any, Quantifier::All, Quantifier::AllOrEmpty, Quantifier::None];
            assert_eq!(quantifiers.map(|quantifier| quantifier.holds(&field, &event, big)), expected, "{event}");
        }
    }
}
