//! Parts of a date as it is written: `21:37+02:00` is 21 o'clock, whatever that is elsewhere.

use std::ops::RangeInclusive;

use jiff::civil::{Date, DateTime};

/// The longest text that is tried, in bytes; RFC 3339 with nanoseconds and an offset has 35.
const TEXT_BYTES_MAX: usize = 64;

/// A part of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DatePart {
    Minute,
    Hour,
    Day,
    /// Of the year, by ISO 8601.
    Week,
    Month,
    Year,
}

impl DatePart {
    /// The part of this modifier.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "minute" => Self::Minute,
            "hour" => Self::Hour,
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "year" => Self::Year,
            _ => return None,
        })
    }

    /// The modifier's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// What this part can be. Events are of years from this program's on, and of this century.
    pub(super) fn range(self) -> RangeInclusive<i128> {
        match self {
            Self::Minute => 0..=59,
            Self::Hour => 0..=23,
            Self::Day => 1..=31,
            Self::Week => 1..=53,
            Self::Month => 1..=12,
            Self::Year => 2026..=2100,
        }
    }

    /// This part of the date that `text` is, in ISO 8601 or RFC 3339; `None` when it is no date, or a
    /// date without a time where that is asked for.
    pub(super) fn of(self, text: &str) -> Option<i128> {
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let (date, time) = parse(text)?;
        Some(match self {
            Self::Minute => time?.minute().into(),
            Self::Hour => time?.hour().into(),
            Self::Day => date.day().into(),
            Self::Week => date.iso_week_date().week().into(),
            Self::Month => date.month().into(),
            Self::Year => date.year().into(),
        })
    }
}

fn parse(text: &str) -> Option<(Date, Option<jiff::civil::Time>)> {
    // What remains after `Z` is the same, and a date without a zone is all that is asked for.
    let local = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    if !local.contains([':', 'T', 't', ' ']) {
        return local.parse::<Date>().ok().map(|date| (date, None));
    }
    local.parse::<DateTime>().ok().map(|both| (both.date(), Some(both.time())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_taken_as_written() {
        for (text, part, expected) in [
            ("2026-11-20T21:37:05Z", DatePart::Hour, Some(21)),
            ("2026-11-20T21:37:05.123456Z", DatePart::Minute, Some(37)),
            ("2026-11-20T23:30:00+02:00", DatePart::Hour, Some(23)),
            ("2026-11-20T23:30:00+02:00", DatePart::Day, Some(20)),
            ("2026-11-20 21:37:05", DatePart::Month, Some(11)),
            ("2026-11-20", DatePart::Year, Some(2026)),
            ("2026-11-20", DatePart::Week, Some(47)),
            ("2027-01-01", DatePart::Week, Some(53)),
            ("2026-11-20", DatePart::Hour, None),
            ("2026-13-20T00:00:00Z", DatePart::Month, None),
            ("tomorrow", DatePart::Day, None),
            ("21", DatePart::Hour, None),
            ("", DatePart::Day, None),
        ] {
            assert_eq!(part.of(text), expected, "{part:?} of {text}");
        }
    }
}
