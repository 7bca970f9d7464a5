//! The time that is looked at, as it is written on the command line.

use std::str::FromStr;
use std::time::Duration;

use crate::backtest::Window;
use crate::incident::Timestamp;

const SECONDS_A_DAY: u64 = 86_400;

/// A time as it is written on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// So long before now.
    Ago(Duration),
    /// This one.
    At(Timestamp),
}

impl FromStr for Moment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let at = || text.parse().or_else(|_| format!("{text}T00:00:00Z").parse()).ok().map(Self::At);
        ago(text).map(Self::Ago).or_else(at).ok_or("write `30d`, `12h`, `15m`, `2026-11-01` or `2026-11-01T08:00:00Z`")
    }
}

fn ago(text: &str) -> Option<Duration> {
    let number = text.strip_suffix(['d', 'h', 'm'])?;
    let factor = match text.bytes().last()? {
        b'd' => SECONDS_A_DAY,
        b'h' => 3_600,
        _ => 60,
    };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = is_number.then(|| number.parse::<u64>().ok()?.checked_mul(factor))??;
    Some(Duration::from_secs(seconds))
}

/// From when on, until when.
///
/// # Errors
/// There is no time between them.
pub(super) fn window(since: Option<Moment>, until: Option<Moment>, now: Timestamp) -> anyhow::Result<Window> {
    let window = Window { since: since.map(|since| since.seen_from(now)), until: until.map(|u| u.seen_from(now)) };
    if let Window { since: Some(since), until: Some(until) } = window {
        anyhow::ensure!(since < until, "there is no time between {since} and {until}");
    }
    Ok(window)
}

impl Moment {
    fn seen_from(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(ago) => now.checked_sub(ago).unwrap_or(Timestamp::MIN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_is_a_length_a_day_or_a_moment() {
        let now = at("2026-11-21T03:00:00Z");
        for (text, expected) in [
            ("30d", "2026-10-22T03:00:00Z"),
            ("0m", "2026-11-21T03:00:00Z"),
            ("12h", "2026-11-20T15:00:00Z"),
            ("2026-11-01", "2026-11-01T00:00:00Z"),
            ("2026-11-01T08:00:00+08:00", "2026-11-01T00:00:00Z"),
        ] {
            assert_eq!(text.parse::<Moment>().unwrap().seen_from(now), at(expected), "{text}");
        }
        for bad in ["", "d", "-1d", "1.5h", "30", "30s", "yesterday", "2026-13-01", "99999999999999999999d"] {
            assert!(bad.parse::<Moment>().is_err(), "{bad}");
        }
        assert_eq!("9999999999d".parse::<Moment>().unwrap().seen_from(now), Timestamp::MIN);
    }

    #[test]
    fn the_beginning_belongs_to_a_window_and_the_end_does_not() {
        let (one, two) = (at("2026-11-01T00:00:00Z"), at("2026-11-02T00:00:00Z"));
        let one_day = window(Some(Moment::At(one)), Some(Moment::At(two)), two).unwrap();
        assert!(one_day.has(one) && !one_day.has(two));
        assert!(window(Some(Moment::At(two)), Some(Moment::At(two)), two).is_err());
        let open = window(None, Some(Moment::At(two)), one).unwrap();
        assert!(open.has(Timestamp::MIN));
        assert_eq!(open.or_last(24 * Duration::from_hours(1), one).since, Some(one));
        assert_eq!(one_day.or_last(Duration::from_hours(1), one), one_day);
        let (hour, second) = (Duration::from_hours(1), Duration::from_secs(1));
        assert!(one_day.is_led_in_by(one - hour, hour) && !one_day.is_led_in_by(one - hour - second, hour));
        assert!(!one_day.is_led_in_by(one, hour) && !open.is_led_in_by(Timestamp::MIN, hour));
    }
}
