//! Reads the breakers of `guardrails.yml`: how many accounts one rule, and all rules on the word of one source, may
//! act on in a short time before a human has to look.

use std::time::Duration;

use super::duration;
use super::problem::Report;
use super::reader::{self, Fields};
use super::yaml::Node;
use crate::incident::{Breaker, Span};

/// How short the time may be, in seconds: a minute to a day.
const WITHIN_S: std::ops::RangeInclusive<u64> = 60..=86_400;
/// Unless the file says otherwise: more than budgets let pass in an hour, so that it trips where something has gone
/// wrong that an hour's wait would not mend.
const ACCOUNTS_OF_RULE: u32 = 15;
const ACCOUNTS_OF_SOURCE: u32 = 30;
const WITHIN: Duration = Duration::from_secs(600);

/// What trips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerLimits {
    /// For each rule.
    pub each_rule: Breaker,
    /// For each source.
    pub each_source: Breaker,
}

impl Default for BreakerLimits {
    fn default() -> Self {
        let breaker = |accounts| Breaker { accounts, within: Span::of(WITHIN) };
        Self { each_rule: breaker(ACCOUNTS_OF_RULE), each_source: breaker(ACCOUNTS_OF_SOURCE) }
    }
}

impl BreakerLimits {
    /// Reads the key `breakers`; what it leaves out stays at its default.
    pub(super) fn read(node: &Node, report: &mut Report) -> Option<Self> {
        let fields = Fields::of(node, "breakers", report)?;
        fields.only(&["each_rule", "each_source"], report);
        let default = Self::default();
        let mut one = |key: &str, otherwise: Breaker| {
            fields.get(key).map_or(Some(otherwise), |node| read(node, key, otherwise, report))
        };
        let (each_rule, each_source) = (one("each_rule", default.each_rule), one("each_source", default.each_source));
        Some(Self { each_rule: each_rule?, each_source: each_source? })
    }
}

fn read(node: &Node, key: &str, otherwise: Breaker, report: &mut Report) -> Option<Breaker> {
    let name = format!("`{key}`");
    let fields = Fields::of(node, &name, report)?;
    fields.only(&["accounts", "within"], report);
    let accounts = match fields.get("accounts") {
        Some(node) => reader::number(node, "accounts", 1..=Breaker::MOST, report),
        None => Some(otherwise.accounts),
    };
    let within = match fields.get("within") {
        Some(node) => duration::read(node, "within", WITHIN_S, report).map(Span::of),
        None => Some(otherwise.within),
    };
    Some(Breaker { accounts: accounts?, within: within? })
}

#[cfg(test)]
mod tests {
    use super::super::yaml;
    use super::*;

    fn read(text: &str) -> Result<BreakerLimits, String> {
        let mut report = Report::about("guardrails.yml");
        let read = yaml::parse(text, &mut report).and_then(|node| BreakerLimits::read(&node, &mut report));
        let mut problems = Vec::new();
        report.hand_over(&mut problems, &mut Vec::new());
        match problems.first() {
            Some(problem) => Err(problem.to_string()),
            None => Ok(read.unwrap()),
        }
    }

    #[test]
    fn what_is_left_out_is_as_ever() {
        let default = BreakerLimits::default();
        assert_eq!(read("{}").unwrap(), default);
        let limits = read("each_rule: {accounts: 5}\neach_source: {within: 1h}\n").unwrap();
        assert_eq!(limits.each_rule, Breaker { accounts: 5, ..default.each_rule });
        assert_eq!((limits.each_source.accounts, limits.each_source.within.seconds()), (ACCOUNTS_OF_SOURCE, 3_600));
    }

    #[test]
    fn breakers_are_read_strictly_and_none_can_be_left_without_a_limit() {
        for (text, problem) in [
            ("each: {}", "guardrails.yml:1:1: unknown key `each` in breakers"),
            ("each_rule: 5", "guardrails.yml:1:12: `each_rule` must be a mapping, not a number"),
            ("each_rule: {accounts: 0}", "guardrails.yml:1:23: `accounts` is a number from 1 to 1000"),
            ("each_rule: {accounts: 1001}", "guardrails.yml:1:23: `accounts` is a number from 1 to 1000"),
            ("each_rule: {accounts: many}", "guardrails.yml:1:23: `accounts` is a number from 1 to 1000"),
            ("each_rule: {within: 10s}", "guardrails.yml:1:21: `within` of 10s is out of bounds"),
            ("each_rule: {within: 2d}", "guardrails.yml:1:21: `within` of 2d is out of bounds"),
        ] {
            let found = read(text).unwrap_err();
            assert!(found.starts_with(problem), "{text}: {found}");
        }
    }
}
