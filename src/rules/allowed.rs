//! One budget as it is written: numbers, shares of the people that there are, or both.

use crate::incident::Budget;

use super::problem::Report;
use super::reader::{self, Fields};
use super::yaml::{Node, Yaml};

/// The keys of one budget that are numbers, and those that are shares.
pub(super) const NUMBERS: [&str; 2] = ["per_hour", "per_day"];
pub(super) const SHARES: [&str; 2] = ["percent_per_hour", "percent_per_day"];
/// A percent in the smallest part that can be written: two decimals.
const PERCENT: u32 = 100;

/// How many plans there may be, whoever there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed {
    hour: Limit,
    day: Limit,
}

/// The limit of an hour, or of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limit {
    most: u32,
    /// So many hundredths of a percent of the people.
    share: Option<u32>,
    /// Whether the share was written without a number.
    is_share_alone: bool,
}

impl Allowed {
    /// These numbers, whatever the number of people.
    pub(super) const fn numbers(per_hour: u32, per_day: u32) -> Self {
        let hour = Limit { most: per_hour, share: None, is_share_alone: false };
        Self { hour, day: Limit { most: per_day, ..hour } }
    }

    /// The numbers for so many people: a share narrows them and never widens them. Nobody knows how many people there
    /// are: the numbers count, and where there is only a share a human is asked each time.
    #[must_use]
    pub fn among(self, people: Option<u32>) -> Budget {
        Budget { per_hour: self.hour.among(people), per_day: self.day.among(people) }
    }

    /// Whether it asks how many people there are.
    #[must_use]
    pub fn has_share(self) -> bool {
        self.hour.share.or(self.day.share).is_some()
    }

    /// One budget; what is left out is as `otherwise`.
    pub(super) fn read(node: &Node, name: &str, otherwise: Self, report: &mut Report) -> Option<Self> {
        let fields = Fields::of(node, name, report)?;
        fields.only(&[NUMBERS[0], NUMBERS[1], SHARES[0], SHARES[1]], report);
        if fields.entries().is_empty() {
            report.error_with(node.at, format!("{name} is empty"), "give `per_hour`, `per_day` or both");
            return None;
        }
        let hour = Limit::read(&fields, (NUMBERS[0], SHARES[0]), otherwise.hour, report);
        let day = Limit::read(&fields, (NUMBERS[1], SHARES[1]), otherwise.day, report);
        let (hour, day) = (hour?, day?);
        // Given alone, the hour's would not be what it says.
        if hour.most > day.most && fields.get(NUMBERS[0]).is_some() {
            let what = format!("{name} has {} per hour and only {} per day", hour.most, day.most);
            report.error_with(node.at, what, "give a `per_day` that is no less");
            return None;
        }
        if fields.get(SHARES[0]).is_some() && day.share.is_some_and(|of_day| hour.share > Some(of_day)) {
            let what = format!("{name} has a greater share per hour than per day");
            report.error_with(node.at, what, "give a `percent_per_day` that is no less");
            return None;
        }
        Some(Self { hour, day })
    }
}

impl Limit {
    fn among(self, people: Option<u32>) -> u32 {
        match (self.share, people) {
            (None, _) => self.most,
            (Some(share), Some(people)) => self.most.min(part(share, people)),
            (Some(_), None) if self.is_share_alone => 0,
            (Some(_), None) => self.most,
        }
    }

    fn read(fields: &Fields<'_>, (number, share): (&str, &str), otherwise: Self, report: &mut Report) -> Option<Self> {
        let most = match fields.get(number) {
            Some(node) => Some(reader::number(node, number, 0..=Budget::MOST, report)?),
            None => None,
        };
        let own = match fields.get(share) {
            Some(node) => Some(percent(node, share, report)?),
            None => None,
        };
        Some(Self {
            most: most.unwrap_or(otherwise.most),
            share: own.or(otherwise.share),
            is_share_alone: most.is_none() && (own.is_some() || otherwise.is_share_alone),
        })
    }
}

/// So much of all people, and one at least: of a few nobody would be left, and one is no flood.
fn part(share: u32, people: u32) -> u32 {
    let part = u64::from(people) * u64::from(share) / u64::from(100 * PERCENT);
    u32::try_from(part).unwrap_or(u32::MAX).max(u32::from(share > 0))
}

/// A number from 0 to 100 with two decimals at most.
fn percent(node: &Node, name: &str, report: &mut Report) -> Option<u32> {
    let read = |text: &str| {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_plain(whole) || !is_plain(decimals) || decimals.len() > 2 {
            return None;
        }
        let hundredths =
            whole.parse::<u32>().ok()?.checked_mul(PERCENT)? + format!("{decimals:0<2}").parse::<u32>().ok()?;
        (hundredths <= 100 * PERCENT).then_some(hundredths)
    };
    let percent = match &node.value {
        Yaml::Number(number) => read(&number.text),
        _ => None,
    };
    if percent.is_none() {
        report.error(node.at, format!("`{name}` is a number from 0 to 100, with two decimals at most"));
    }
    percent
}

#[cfg(test)]
mod tests {
    use super::super::yaml;
    use super::*;

    const TEN: Allowed = Allowed::numbers(10, 30);

    fn read(text: &str, otherwise: Allowed) -> Result<Allowed, String> {
        let mut report = Report::about("x");
        let read = yaml::parse(text, &mut report).and_then(|node| Allowed::read(&node, "it", otherwise, &mut report));
        let mut problems = Vec::new();
        report.hand_over(&mut problems, &mut Vec::new());
        problems.first().map_or_else(|| Ok(read.unwrap()), |problem| Err(problem.to_string()))
    }

    fn of_day(text: &str, people: Option<u32>) -> u32 {
        read(text, TEN).unwrap().among(people).per_day
    }

    #[test]
    fn a_share_narrows_a_number_and_never_widens_it() {
        for (people, most) in [(0, 1), (50, 1), (250, 2), (2_999, 29), (3_000, 30), (500_000, 30)] {
            assert_eq!(of_day("{per_day: 30, percent_per_day: 1}", Some(people)), most, "{people}");
            assert_eq!(of_day("{percent_per_day: 1}", Some(people)), most, "the usual number counts as well");
        }
        assert_eq!(of_day("{percent_per_day: 0.01}", Some(30_000)), 3);
        assert_eq!(of_day("{percent_per_day: 100}", Some(7)), 7);
        assert_eq!(of_day("{percent_per_day: 0}", Some(7)), 0);
    }

    #[test]
    fn where_nobody_knows_how_many_there_are_numbers_count_and_shares_alone_ask_a_human() {
        assert_eq!(of_day("{per_day: 20, percent_per_day: 1}", None), 20);
        assert_eq!(of_day("{percent_per_day: 1}", None), 0);
        assert_eq!(of_day("{per_hour: 3}", None), 30);
        let both = read("{percent_per_hour: 1}", TEN).unwrap().among(None);
        assert_eq!((both.per_hour, both.per_day), (0, 30));
        // What one leaves out is as for all, also that a share stands alone.
        let for_all = read("{percent_per_day: 1}", TEN).unwrap();
        assert_eq!(read("{per_hour: 3}", for_all).unwrap().among(None).per_day, 0);
        assert_eq!(read("{per_day: 7}", for_all).unwrap().among(None).per_day, 7);
        assert_eq!(read("{per_day: 7}", for_all).unwrap().among(Some(100)).per_day, 1, "and the share still narrows");
    }

    #[test]
    fn shares_are_read_strictly() {
        for bad in ["101", "100.01", "-1", "1.234", "1e1", "'5'", ".5", "5.", "[5]"] {
            let found = read(&format!("{{percent_per_day: {bad}}}"), TEN);
            assert!(found.is_err(), "{bad}: {found:?}");
        }
        let both = read("{percent_per_hour: 5, percent_per_day: 1}", TEN).unwrap_err();
        assert!(both.contains("it has a greater share per hour than per day"), "{both}");
    }
}
