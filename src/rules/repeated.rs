//! How much longer an account is disabled that has been contained before: a ladder of lengths, and within what time
//! the times before count.

use std::time::Duration;

use super::duration;
use super::problem::Report;
use super::reader::{self, Fields};
use super::yaml::Node;

/// The keys.
pub(super) const KEYS: [&str; 2] = ["within", "expires_in"];
/// The most lengths beside the first.
pub(super) const RUNGS_MAX: usize = 5;
/// Within how long times before may count, in seconds: an hour to a year.
const WITHIN_S: std::ops::RangeInclusive<u64> = 3_600..=365 * 86_400;

/// For how long the second time, the third, and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeated {
    /// How long ago a containment may have been to count.
    pub within: Duration,
    /// The lengths from the second time on, none shorter than the one before it; the last is for all that follow.
    pub expires_in: Vec<Duration>,
}

impl Repeated {
    /// How long the `nth` time lasts, from 1, where the first lasts `first`.
    #[must_use]
    pub fn lasts(&self, first: Duration, nth: u32) -> Duration {
        let rung = usize::try_from(nth).unwrap_or(usize::MAX).checked_sub(2);
        let last = || self.expires_in.last().copied();
        rung.and_then(|rung| self.expires_in.get(rung).copied().or_else(last)).unwrap_or(first)
    }

    /// As rule authors read it.
    #[must_use]
    pub fn describe(&self, first: Duration) -> String {
        let show = |time: &Duration| duration::show(time.as_secs());
        let later: Vec<String> = self.expires_in.iter().map(show).collect();
        format!("{}, and {} when contained before within {}", show(&first), later.join(", "), show(&self.within))
    }

    /// The section `repeated` of a disable that lasts `first`.
    pub(super) fn read(
        node: &Node,
        first: Duration,
        bounds: std::ops::RangeInclusive<u64>,
        report: &mut Report,
    ) -> Option<Self> {
        let fields = Fields::of(node, "repeated", report)?;
        fields.only(&KEYS, report);
        let within = fields.need("within", report).and_then(|node| duration::read(node, "within", WITHIN_S, report));
        let list = fields.need("expires_in", report)?;
        let items = reader::list(list, "expires_in", report);
        if !(1..=RUNGS_MAX).contains(&items.len()) {
            report.error(list.at, format!("`expires_in` has 1 to {RUNGS_MAX} lengths of time"));
            return None;
        }
        let mut expires_in: Vec<Duration> = Vec::with_capacity(items.len());
        for item in items {
            let next = duration::read(item, "expires_in", bounds.clone(), report)?;
            if next < expires_in.last().copied().unwrap_or(first) {
                let what = "who is contained again is not let in sooner";
                report.error_with(item.at, what, "give each length at least as much as the one before it");
                return None;
            }
            expires_in.push(next);
        }
        Some(Self { within: within?, expires_in })
    }
}

#[cfg(test)]
mod tests {
    use super::super::yaml;
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn read(text: &str) -> Result<Repeated, String> {
        let mut report = Report::about("x");
        let bounds = 60..=365 * 86_400;
        let read = yaml::parse(text, &mut report).and_then(|node| Repeated::read(&node, 4 * HOUR, bounds, &mut report));
        let mut problems = Vec::new();
        report.hand_over(&mut problems, &mut Vec::new());
        problems.first().map_or_else(|| Ok(read.unwrap()), |problem| Err(problem.to_string()))
    }

    #[test]
    fn each_time_lasts_as_long_as_its_rung_and_the_last_rung_is_for_all_that_follow() {
        let repeated = read("{within: 30d, expires_in: [24h, 7d]}").unwrap();
        let lasts = [0, 1, 2, 3, 4, u32::MAX].map(|nth| repeated.lasts(4 * HOUR, nth).as_secs() / 3_600);
        assert_eq!(lasts, [4, 4, 24, 168, 168, 168]);
        assert_eq!(repeated.describe(4 * HOUR), "4h, and 1d, 7d when contained before within 30d");
        assert_eq!(read("{within: 1h, expires_in: [4h, 4h]}").unwrap().lasts(4 * HOUR, 3), 4 * HOUR);
    }

    #[test]
    fn a_ladder_that_goes_down_or_has_no_rungs_is_refused() {
        for (text, problem) in [
            ("{within: 30d, expires_in: [3h]}", "x:1:28: who is contained again is not let in sooner; give each"),
            ("{within: 30d, expires_in: [7d, 1d]}", "x:1:32: who is contained again is not let in sooner"),
            ("{within: 30d, expires_in: []}", "x:1:27: `expires_in` has 1 to 5 lengths of time"),
            ("{within: 30d, expires_in: [4h, 4h, 4h, 4h, 4h, 4h]}", "x:1:27: `expires_in` has 1 to 5"),
            ("{within: 30d, expires_in: 7d}", "x:1:27: `expires_in` must be a list"),
            ("{within: 30d, expires_in: [366d]}", "x:1:28: `expires_in` of 366d is out of bounds"),
            ("{within: 59m, expires_in: [7d]}", "x:1:10: `within` of 59m is out of bounds"),
            ("{expires_in: [7d]}", "x:1:1: "),
            ("{within: 30d}", "x:1:1: "),
            ("{within: 30d, expires_in: [7d], after: 1}", "x:1:33: unknown key `after` in repeated"),
        ] {
            let found = read(text).unwrap_err();
            assert!(found.starts_with(problem), "{text}: {found}");
        }
    }
}
