//! Reads the `approval` of a response: who has to say yes before anything is done.

use std::time::Duration;

use super::duration;
use super::problem::Report;
use super::reader::{self, Fields};
use super::yaml::Node;
use crate::incident::{Approval, Lapse};

/// The keys of an approval.
pub(super) const KEYS: [&str; 3] = ["people", "within", "otherwise"];
/// What becomes of a plan that nobody approves, by its name.
pub(super) const LAPSES: [(&str, Lapse); 2] = [("drop", Lapse::Drop), ("act", Lapse::Act)];
/// How long people may be waited for, in seconds: a minute to a week.
const WITHIN_S: std::ops::RangeInclusive<u64> = 60..=7 * 86_400;

/// All three keys must be there: who is asked, how long, and what happens then, is to be decided and not found out.
pub(super) fn read(node: &Node, report: &mut Report) -> Option<Approval> {
    let fields = Fields::of(node, "approval", report)?;
    fields.only(&KEYS, report);
    let people =
        fields.need("people", report).and_then(|node| reader::number(node, "people", 1..=Approval::PEOPLE_MAX, report));
    let within =
        fields.need("within", report).and_then(|node| duration::read(node, "within", WITHIN_S, report)).map(seconds);
    let otherwise =
        fields.need("otherwise", report).and_then(|node| reader::choice(node, "otherwise", &LAPSES, report));
    Some(Approval { people: people?, within_s: within?, otherwise: otherwise? })
}

fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::yaml;
    use super::*;

    fn read(text: &str) -> Result<Approval, String> {
        let mut report = Report::about("rule.yml");
        let read = yaml::parse(text, &mut report).and_then(|node| super::read(&node, &mut report));
        let mut problems = Vec::new();
        report.hand_over(&mut problems, &mut Vec::new());
        match problems.first() {
            Some(problem) => Err(problem.to_string()),
            None => Ok(read.unwrap()),
        }
    }

    #[test]
    fn an_approval_says_who_how_long_and_what_then() {
        let read_one = read("{people: 2, within: 30m, otherwise: drop}").unwrap();
        assert_eq!(read_one, Approval { people: 2, within_s: 1_800, otherwise: Lapse::Drop });
        for (text, problem) in [
            ("{people: 1, within: 30m}", "rule.yml:1:1: approval needs the key `otherwise`"),
            ("{people: 1, otherwise: act}", "rule.yml:1:1: approval needs the key `within`"),
            ("{within: 1m, otherwise: act}", "rule.yml:1:1: approval needs the key `people`"),
            ("{people: 0, within: 30m, otherwise: act}", "rule.yml:1:10: `people` is a number from 1 to 2"),
            ("{people: 3, within: 30m, otherwise: act}", "rule.yml:1:10: `people` is a number from 1 to 2"),
            ("{people: 1, within: 30s, otherwise: act}", "rule.yml:1:21: `within` of 30s is out of bounds"),
            ("{people: 1, within: 8d, otherwise: act}", "rule.yml:1:21: `within` of 8d is out of bounds"),
            ("{people: 1, within: 1h, otherwise: wait}", "rule.yml:1:36: "),
            ("{people: 1, within: 1h, otherwise: act, by: me}", "rule.yml:1:41: unknown key `by` in approval"),
            ("2", "rule.yml:1:1: approval must be a mapping, not a number"),
        ] {
            let found = read(text).unwrap_err();
            assert!(found.starts_with(problem), "{text}: {found}");
        }
    }
}
