//! The tests a correlation carries: rows of alerts, each some time after the one before, and whether
//! the correlation matches by the last of them.

use std::time::Duration;

use serde_json::Value;

use crate::incident::WindowState;

use super::super::duration;
use super::super::problem::{Place, Report};
use super::super::reader::{self, Fields};
use super::super::rule::Rule;
use super::super::rule_set::RuleSet;
use super::super::yaml::{Node, Yaml};
use super::Correlation;
use super::row::{Row, Told};

/// The most tests of one correlation, and the most alerts of one test.
pub(in crate::rules) const TESTS_MAX: usize = 20;
pub(in crate::rules) const ALERTS_MAX: usize = 200;
/// The most alerts of all tests together: what is wrong must be told soon.
pub(in crate::rules) const ALL_ALERTS_MAX: usize = 20_000;
/// The longest time between two alerts: a year.
const AFTER_SECONDS_MAX: u64 = 366 * 86_400;

/// The keys of a test, and of one of its alerts.
pub(in crate::rules) const KEYS: [&str; 3] = ["name", "alerts", "expect"];
pub(in crate::rules) const ALERT_KEYS: [&str; 3] = ["after", "times", "alert"];

/// One test.
#[derive(Debug)]
pub(super) struct OwnTest {
    name: String,
    at: Place,
    alerts: Vec<(Duration, Value)>,
    matches: bool,
}

impl OwnTest {
    /// What it is called.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

/// Reads the `tests` of a correlation.
pub(super) fn read(node: &Node, report: &mut Report) -> Vec<OwnTest> {
    let items = reader::list(node, "tests", report);
    if items.len() > TESTS_MAX {
        report.error(node.at, format!("more than {TESTS_MAX} tests"));
    }
    items.iter().take(TESTS_MAX).filter_map(|item| OwnTest::read(item, report)).collect()
}

/// What came of one test.
pub(in crate::rules) struct Outcome<'c> {
    pub(in crate::rules) rule: &'c Rule,
    pub(in crate::rules) name: &'c str,
    pub(in crate::rules) at: Place,
    /// Whether it is one of a match.
    pub(in crate::rules) matches: bool,
    /// What differs from what it expects.
    pub(in crate::rules) difference: Option<&'static str>,
}

/// How many alerts the tests of these correlations have.
pub(in crate::rules) fn alerts(correlations: &[Correlation]) -> usize {
    correlations.iter().flat_map(|correlation| &correlation.tests).map(|test| test.alerts.len()).sum()
}

/// Puts the correlations' tests to them and to the rules that they count.
pub(in crate::rules) fn run(set: &RuleSet) -> Vec<Outcome<'_>> {
    let tested = set.correlations().iter().filter(|correlation| !correlation.tests.is_empty());
    let tests = tested.flat_map(|correlation| {
        let mut row = Row::towards(set, correlation);
        correlation.tests.iter().map(move |test| outcome(correlation, test, &mut row))
    });
    tests.collect()
}

fn outcome<'c>(correlation: &'c Correlation, test: &'c OwnTest, row: &mut Row<'_>) -> Outcome<'c> {
    row.begin();
    let mut has_fired = false;
    for (after, event) in &test.alerts {
        row.wait(*after);
        let is_match = |told: &Told<'_>| {
            told.state == WindowState::Fired && told.correlation.rule.reference.id == correlation.rule.reference.id
        };
        has_fired |= row.put(event).iter().any(is_match);
    }
    let difference = match (test.matches, has_fired) {
        (true, false) => Some("expected a match, but it does not match"),
        (false, true) => Some("expected none, but it matches"),
        _ => None,
    };
    Outcome { rule: &correlation.rule, name: &test.name, at: test.at, matches: test.matches, difference }
}

impl OwnTest {
    /// Whether it is one of a match.
    pub(super) fn matches(&self) -> bool {
        self.matches
    }

    fn read(item: &Node, report: &mut Report) -> Option<Self> {
        let fields = Fields::of(item, "a test", report)?;
        fields.only(&KEYS, report);
        let name = fields.need("name", report).and_then(|node| reader::line(node, "name", report));
        let outcomes = [("none", false), ("match", true)];
        let expect = fields.need("expect", report);
        let matches = expect.and_then(|node| reader::choice(node, "outcome of a correlation", &outcomes, report));
        let mut alerts = Vec::new();
        let rows = fields.need("alerts", report)?;
        for node in reader::list(rows, "alerts", report) {
            let (after, times, event) = read_alert(node, report)?;
            alerts.extend(std::iter::repeat_n((after, event), times));
            if alerts.len() > ALERTS_MAX {
                report.error(node.at, format!("more than {ALERTS_MAX} alerts in a test"));
                return None;
            }
        }
        if alerts.is_empty() {
            report.error_with(rows.at, "a test without an alert tells nothing", "add an alert");
            return None;
        }
        Some(Self { name: name?.to_owned(), at: item.at, alerts, matches: matches? })
    }
}

/// An alert, how long after the one before it comes, and how many times.
fn read_alert(node: &Node, report: &mut Report) -> Option<(Duration, usize, Value)> {
    let fields = Fields::of(node, "an alert of a test", report)?;
    fields.only(&ALERT_KEYS, report);
    let after = match fields.get("after") {
        Some(node) => duration::read(node, "after", 0..=AFTER_SECONDS_MAX, report)?,
        None => Duration::ZERO,
    };
    let times = fields.get("times").map_or(Some(1), |node| read_times(node, report))?;
    let event = fields.need("alert", report)?;
    Fields::of(event, "alert", report)?;
    Some((after, times, event.to_json()))
}

fn read_times(node: &Node, report: &mut Report) -> Option<usize> {
    let times = match &node.value {
        Yaml::Number(number) => number.text.parse::<usize>().ok().filter(|times| (1..=ALERTS_MAX).contains(times)),
        _ => None,
    };
    if times.is_none() {
        report.error(node.at, format!("`times` is a whole number from 1 to {ALERTS_MAX}"));
    }
    times
}
