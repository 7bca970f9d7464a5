//! Reads Sigma's timespans: a number and one of `s m h d w M y`, where `m` are minutes and `M` months.

use std::time::Duration;

use super::super::problem::Report;
use super::super::yaml::{Node, Yaml};

/// The longest: a year.
const SECONDS_MAX: u64 = 366 * 86_400;

pub(super) fn read(node: &Node, report: &mut Report) -> Option<Duration> {
    let seconds = match &node.value {
        Yaml::Text(text) => seconds(text),
        _ => None,
    };
    let seconds = seconds.filter(|seconds| (1..=SECONDS_MAX).contains(seconds));
    if seconds.is_none() {
        let advice = "write a number and s, m (minutes), h, d, w, M (months of 30 days) or y; up to a year";
        report.error_with(node.at, "`timespan` is no length of time", advice);
    }
    seconds.map(Duration::from_secs)
}

fn seconds(text: &str) -> Option<u64> {
    let unit = text.chars().last()?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        'M' => 30 * 86_400,
        'y' => 365 * 86_400,
        _ => return None,
    };
    let number = text.strip_suffix(unit)?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| number.parse::<u64>().ok()?.checked_mul(factor)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_count_in_the_case_in_which_they_are_written() {
        const DAY: u64 = 86_400;
        for (text, expected) in [
            ("90s", Some(90)),
            ("2m", Some(120)),
            ("2M", Some(60 * DAY)),
            ("3h", Some(10_800)),
            ("4d", Some(4 * DAY)),
            ("2w", Some(14 * DAY)),
            ("1y", Some(365 * DAY)),
            ("1H", None),
            ("1D", None),
            ("1Y", None),
            ("m", None),
            ("-1m", None),
            ("1.5h", None),
            ("1 m", None),
            ("1h30m", None),
            ("99999999999999999999y", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
