//! Decides what an unquoted YAML scalar is, by the YAML 1.2 core schema and nothing more.

use std::fmt;

/// A number as the author wrote it. Integers stay exact; nothing is compared through a float.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Number {
    /// Its value.
    pub(super) value: NumberValue,
    /// Its text: as written, with its sign, except that hexadecimal and octal numbers are in decimal.
    pub(super) text: String,
}

/// A number's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum NumberValue {
    /// A whole number within 64 bits, signed or unsigned.
    Integer(i128),
    /// Any other finite number.
    Float(f64),
}

impl fmt::Display for NumberValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
        }
    }
}

/// What a plain scalar is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Number(Number),
    /// `0x17` or `0o17`: a number in YAML, though authors often mean the text.
    OtherBase(Number),
    Text,
    /// `012`: a text here, because Sigma means what is written; a number to some YAML readers.
    LeadingZero,
    /// A number that cannot be compared, and why.
    Refused(&'static str),
}

/// Reads one plain (unquoted) scalar. `yes`, `no`, `on`, `off`, dates and `1_000` are text.
pub(super) fn resolve(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Bool(true),
        "false" | "False" | "FALSE" => return Scalar::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Scalar::Refused("not a number cannot be compared"),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Scalar::Refused("infinity cannot be compared");
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return other_base(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return other_base(digits, 8);
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        return integer(text, unsigned);
    }
    float(text, unsigned)
}

fn integer(text: &str, unsigned: &str) -> Scalar {
    if unsigned.len() > 1 && unsigned.starts_with('0') {
        return Scalar::LeadingZero;
    }
    match text.parse::<i128>() {
        Ok(value) if in_64_bits(value) => {
            Scalar::Number(Number { value: NumberValue::Integer(value), text: text.to_owned() })
        }
        _ => Scalar::Refused("the number does not fit 64 bits"),
    }
}

fn other_base(digits: &str, radix: u32) -> Scalar {
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Scalar::Text;
    }
    match i128::from_str_radix(digits, radix) {
        Ok(value) if in_64_bits(value) => {
            Scalar::OtherBase(Number { value: NumberValue::Integer(value), text: value.to_string() })
        }
        _ => Scalar::Refused("the number does not fit 64 bits"),
    }
}

/// The core schema's float: `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`.
fn float(text: &str, unsigned: &str) -> Scalar {
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let is_float = digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && !exponent.is_empty()
        && digits(exponent);
    if !is_float {
        return Scalar::Text;
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => {
            Scalar::Number(Number { value: NumberValue::Float(value), text: text.to_owned() })
        }
        _ => Scalar::Refused("the number is too large"),
    }
}

fn in_64_bits(value: i128) -> bool {
    (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_yaml_1_1_are_text() {
        let texts = "yes no on off y n Yes NO On OFF 2020-01-01 2020-01-01T10:00:00Z 1_000 12:30:45 1.2.3 . - + 0x \
                     0xg 0o8 1e 1e+ .e1 tRUE nUll << =";
        for text in texts.split_whitespace() {
            assert_eq!(resolve(text), Scalar::Text, "{text}");
        }
    }

    #[test]
    fn core_scalars_are_what_they_are() {
        let number = |value, text: &str| Scalar::Number(Number { value, text: text.to_owned() });
        assert_eq!(resolve(""), Scalar::Null);
        assert_eq!(resolve("~"), Scalar::Null);
        assert_eq!(resolve("True"), Scalar::Bool(true));
        assert_eq!(resolve("-5"), number(NumberValue::Integer(-5), "-5"));
        assert_eq!(resolve("+8613800000001"), number(NumberValue::Integer(8_613_800_000_001), "+8613800000001"));
        assert_eq!(
            resolve("18446744073709551615"),
            number(NumberValue::Integer(u64::MAX.into()), "18446744073709551615")
        );
        assert_eq!(resolve("1.50"), number(NumberValue::Float(1.5), "1.50"));
        assert_eq!(resolve("1e3"), number(NumberValue::Float(1000.0), "1e3"));
        assert!(matches!(resolve("0x17"), Scalar::OtherBase(Number { value: NumberValue::Integer(23), .. })));
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        for text in [".inf", "-.INF", ".nan", "1e999", "99999999999999999999", "0xfffffffffffffffffff"] {
            assert!(matches!(resolve(text), Scalar::Refused(_)), "{text}");
        }
    }

    #[test]
    fn a_leading_zero_is_no_number() {
        for text in ["012", "-01", "00", "00000429"] {
            assert_eq!(resolve(text), Scalar::LeadingZero, "{text}");
        }
    }
}
