//! Exact numbers for sums and thresholds. A float merges neighbours beyond 2^53 and drifts when things
//! are added and taken away again; these do neither.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Decimals that are kept.
const DECIMALS: usize = 9;
/// One, in billionths.
const ONE: i128 = 1_000_000_000;
/// Digits of the largest number, decimals among them: what a thousand of them sum up to fits as well.
const DIGITS_MAX: usize = 35;

/// A number of up to 26 digits with nine decimals.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Amount(i128);

impl Amount {
    /// The largest, which stands for every larger one too.
    pub const MAX: Self = Self(10_i128.pow(DIGITS_MAX as u32) - 1);

    /// A whole number.
    #[must_use]
    pub fn whole(number: usize) -> Self {
        Self(i128::try_from(number).unwrap_or(i128::MAX).saturating_mul(ONE).min(Self::MAX.0))
    }

    /// What a text is that is nothing but a number, exactly; `None` also for one with more digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        read(text).filter(|(_, is_exact)| *is_exact).map(|(amount, _)| amount)
    }

    /// The nearest to what a text is that is nothing but a number.
    #[must_use]
    pub fn near(text: &str) -> Option<Self> {
        read(text).map(|(amount, _)| amount)
    }

    /// The whole part, towards zero.
    #[must_use]
    pub fn trunc(self) -> i128 {
        self.0 / ONE
    }

    /// The smallest whole number that is not less.
    #[must_use]
    pub fn ceil(self) -> i128 {
        self.0.div_euclid(ONE) + i128::from(self.0.rem_euclid(ONE) != 0)
    }

    /// Between two; a thousand of them fit.
    #[must_use]
    pub fn midpoint(self, other: Self) -> Self {
        Self((self.0 + other.0) / 2)
    }

    /// How far from zero.
    #[must_use]
    pub fn magnitude(self) -> u128 {
        self.0.unsigned_abs()
    }

    /// The way from this to `other`, in parts of a `whole`; rounded down to a billionth.
    #[must_use]
    pub fn towards(self, other: Self, part: i128, whole: i128) -> Self {
        let way = other.0 - self.0;
        // Apart, because the product of both need not fit.
        Self(self.0 + way / whole * part + way % whole * part / whole)
    }
}

/// A sum of up to a few thousand amounts, from which each can be taken away again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    billionths: i128,
    count: usize,
}

impl Sum {
    /// With one more.
    pub fn add(&mut self, amount: Amount) {
        self.billionths += amount.0;
        self.count += 1;
    }

    /// Without one that was added.
    pub fn take_away(&mut self, amount: Amount) {
        self.billionths -= amount.0;
        self.count -= 1;
    }

    /// How many it is of.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// How it compares.
    #[must_use]
    pub fn compare(&self, other: Amount) -> Ordering {
        self.billionths.cmp(&other.0)
    }

    /// How the mean compares, without dividing.
    #[must_use]
    pub fn compare_mean(&self, other: Amount) -> Ordering {
        self.billionths.cmp(&(other.0 * i128::try_from(self.count).unwrap_or(i128::MAX)))
    }

    /// As a number.
    #[must_use]
    pub fn total(&self) -> Amount {
        Amount(self.billionths)
    }

    /// The mean, rounded towards zero to a billionth.
    #[must_use]
    pub fn mean(&self) -> Option<Amount> {
        let count = i128::try_from(self.count).ok()?;
        self.billionths.checked_div(count).map(Amount)
    }
}

/// The amount, and whether the text says just that.
fn read(text: &str) -> Option<(Amount, bool)> {
    let (is_negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (rest, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    if digits().next().is_none() || !digits().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let leading = digits().take_while(|digit| *digit == b'0').count();
    let significant = whole.len() + fraction.len() - leading;
    // How many digits there are in billionths; what lies behind them is rounded away.
    let shift = exponent.saturating_add(DECIMALS as i64).saturating_sub(i64::try_from(fraction.len()).ok()?);
    let kept = i64::try_from(significant).ok()?.saturating_add(shift);
    if significant == 0 {
        return Some((Amount(0), true));
    }
    if kept > DIGITS_MAX as i64 {
        return Some((signed(Amount::MAX.0, is_negative), false));
    }
    let Ok(kept) = usize::try_from(kept) else { return Some((Amount(0), false)) };
    let padded = digits().skip(leading).chain(std::iter::repeat(b'0')).take(kept);
    let mut billionths = padded.fold(0_i128, |sum, digit| sum * 10 + i128::from(digit - b'0'));
    let mut behind = digits().skip(leading + kept);
    let next = behind.next().unwrap_or(b'0');
    let is_exact = next == b'0' && behind.all(|digit| digit == b'0');
    billionths += i128::from(next >= b'5');
    Some((signed(billionths.min(Amount::MAX.0), is_negative), is_exact))
}

fn signed(billionths: i128, is_negative: bool) -> Amount {
    Amount(if is_negative { -billionths } else { billionths })
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) =
            (self.0.unsigned_abs() / ONE.unsigned_abs(), self.0.unsigned_abs() % ONE.unsigned_abs());
        let sign = if self.0 < 0 { "-" } else { "" };
        if fraction == 0 {
            return write!(f, "{sign}{whole}");
        }
        let fraction = format!("{fraction:09}");
        write!(f, "{sign}{whole}.{}", fraction.trim_end_matches('0'))
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        amount.to_string()
    }
}

impl TryFrom<String> for Amount {
    type Error = super::InvalidId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // A sum on a record may be larger than any one amount.
        Self::near(&text).ok_or_else(|| super::InvalidId::new("amount", "a decimal number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_their_texts_say() {
        for (text, shown) in [
            ("0", "0"),
            ("-0.0", "0"),
            ("+3", "3"),
            ("9007199254740993", "9007199254740993"),
            ("-2.50", "-2.5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1e2", "100"),
            ("25E-1", "2.5"),
            ("0.000000001", "0.000000001"),
            ("00012", "12"),
            ("99999999999999999999999999.999999999", "99999999999999999999999999.999999999"),
        ] {
            assert_eq!(Amount::parse(text).map(|amount| amount.to_string()).as_deref(), Some(shown), "{text}");
        }
        for text in ["", "-", "e5", "1e", "1e5e5", "1.2.3", "12a", " 1", "0x10", "inf", "nan", "--1"] {
            assert_eq!(Amount::near(text), None, "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_the_nearest_and_never_exact() {
        for (text, shown) in [
            ("1e300", "99999999999999999999999999.999999999"),
            ("-1e999999999999", "-99999999999999999999999999.999999999"),
            ("1e-300", "0"),
            ("0.0000000004", "0"),
            ("0.0000000005", "0.000000001"),
            ("1.99999999999", "2"),
        ] {
            assert_eq!(Amount::near(text).unwrap().to_string(), shown, "{text}");
            assert_eq!(Amount::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_sum_is_exact_whatever_was_added_and_taken_away() {
        let amount = |text| Amount::parse(text).unwrap();
        let mut sum = Sum::default();
        ["1e20", "0.1", "0.2", "-1e20"].into_iter().for_each(|text| sum.add(amount(text)));
        assert_eq!(sum.compare(amount("0.3")), Ordering::Equal);
        sum.take_away(amount("0.1"));
        assert_eq!((sum.total(), sum.count()), (amount("0.2"), 3));
        // A third has no decimals that end, but compares exactly.
        assert_eq!(sum.compare_mean(amount("0.066666666")), Ordering::Greater);
        assert_eq!(sum.compare_mean(amount("0.066666667")), Ordering::Less);
        let mut large = Sum::default();
        (0..1_000).for_each(|_| large.add(Amount::MAX));
        assert_eq!(large.compare_mean(Amount::MAX), Ordering::Equal);
        assert_eq!(Sum::default().mean(), None);
    }

    #[test]
    fn a_part_of_the_way_is_between_both_ends() {
        let amount = |text| Amount::parse(text).unwrap();
        assert_eq!(amount("2.5").towards(amount("10"), 1, 2), amount("6.25"));
        assert_eq!(amount("10").towards(amount("2.5"), 1, 2), amount("6.25"));
        let least = Amount::near("-1e300").unwrap();
        assert_eq!(least.towards(Amount::MAX, 99_999_999_999, 100_000_000_000).trunc().to_string().len(), 26);
        assert_eq!((amount("2.1").ceil(), amount("-2.1").ceil(), amount("2").ceil()), (3, -2, 2));
    }
}
