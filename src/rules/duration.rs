//! Reads a length of time as rule authors write it: `90s`, `15m`, `8h`, `2d`.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::problem::Report;
use super::yaml::{Node, Yaml};

const ADVICE: &str = "write a number and s, m, h or d, such as `90s`, `15m`, `8h`, `2d`";

/// The node as a duration within `bounds` (seconds).
pub(super) fn read(node: &Node, name: &str, bounds: RangeInclusive<u64>, report: &mut Report) -> Option<Duration> {
    let Yaml::Text(text) = &node.value else {
        report.error_with(node.at, format!("`{name}` is a length of time, not {}", node.what()), ADVICE);
        return None;
    };
    let Some(seconds) = parse(text) else {
        report.error_with(node.at, format!("`{text}` is no length of time"), ADVICE);
        return None;
    };
    if !bounds.contains(&seconds) {
        let advice = format!("it may be {} to {}", show(*bounds.start()), show(*bounds.end()));
        report.error_with(node.at, format!("`{name}` of {text} is out of bounds"), advice);
        return None;
    }
    Some(Duration::from_secs(seconds))
}

fn parse(text: &str) -> Option<u64> {
    let number = text.strip_suffix(['s', 'm', 'h', 'd'])?;
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let factor = match text.bytes().last()? {
        b's' => 1,
        b'm' => 60,
        b'h' => 3_600,
        _ => 86_400,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

/// As rule authors write it.
pub(super) fn show(seconds: u64) -> String {
    match seconds {
        s if s >= 86_400 && s.is_multiple_of(86_400) => format!("{}d", s / 86_400),
        s if s >= 3_600 && s.is_multiple_of(3_600) => format!("{}h", s / 3_600),
        s if s >= 60 && s.is_multiple_of(60) => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_a_number_and_a_unit() {
        for (text, seconds) in [("90s", Some(90)), ("15m", Some(900)), ("8h", Some(28_800)), ("2d", Some(172_800))] {
            assert_eq!(parse(text), seconds, "{text}");
            assert_eq!(seconds.map(show).as_deref(), Some(text));
        }
        for bad in
            ["", "h", "8", "8 h", "-1h", "+1h", "1.5h", "8hh", "1w", "99999999999999999999s", "18446744073709551615d"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
