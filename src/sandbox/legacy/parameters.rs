//! Reads a look-up's parameters from a JSON body or a form, which DingTalk takes alike.

use serde_json::Value;

use super::super::refusals::{LEGACY_INVALID_PARAMETER, LegacyRefusal};
use super::super::request::Request;

/// The parameters of one call.
pub(in super::super) struct Parameters<'a>(pub(in super::super) &'a Request);

impl Parameters<'_> {
    /// A text; empty is as good as absent. A number is taken as its digits, as the documentation's
    /// own examples mix the two.
    pub(in super::super) fn text(&self, name: &str) -> Result<Option<String>, LegacyRefusal> {
        let text = match (self.0.json(name), self.0.form(name)) {
            (Some(Value::String(text)), _) => text.clone(),
            (Some(Value::Number(number)), _) => number.to_string(),
            (Some(_), _) => return Err(LEGACY_INVALID_PARAMETER),
            (None, Some(text)) => text.to_owned(),
            (None, None) => return Ok(None),
        };
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// A text that must be there.
    pub(in super::super) fn needed_text(&self, name: &str) -> Result<String, LegacyRefusal> {
        self.text(name)?.ok_or(LEGACY_INVALID_PARAMETER)
    }

    /// A number that is not negative; anything else in its place is refused with `improper`.
    pub(in super::super) fn number(&self, name: &str, improper: LegacyRefusal) -> Result<Option<u64>, LegacyRefusal> {
        self.text(name)?.map(|text| text.parse().map_err(|_| improper)).transpose()
    }

    /// Whether a switch is on; absent is off.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.0.json(name).is_some_and(|value| value == &Value::Bool(true) || value == "true")
            || self.0.form(name) == Some("true")
    }

    /// The language of names in the answer.
    pub(super) fn language(&self) -> Result<String, LegacyRefusal> {
        match self.text("language")?.as_deref() {
            None | Some("zh_CN") => Ok("zh_CN".to_owned()),
            Some("en_US") => Ok("en_US".to_owned()),
            Some(_) => Err(LEGACY_INVALID_PARAMETER),
        }
    }
}

/// The digits of a mobile number without the Chinese prefix; `None` when it is none.
pub(in super::super) fn mobile_digits(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    let digits = digits.strip_prefix("+86").unwrap_or(&digits);
    let proper = (5..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    proper.then(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use super::mobile_digits;

    #[test]
    fn a_mobile_number_is_read_with_and_without_the_prefix() {
        for text in ["10000000001", "+86-10000000001", "+8610000000001"] {
            assert_eq!(mobile_digits(text).as_deref(), Some("10000000001"), "{text}");
        }
        for text in ["", "1234", "12345x", "一二三四五六", "123456789012345678901", "+1x"] {
            assert_eq!(mobile_digits(text), None, "{text}");
        }
    }
}
