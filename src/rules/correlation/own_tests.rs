//! The tests a correlation carries: rows of alerts, each some time after the one before, and whether
//! the correlation matches by the last of them.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;

use crate::incident::{Entry, RuleId, Timestamp, Window, WindowState};

use super::super::duration;
use super::super::problem::{Place, Report};
use super::super::reader::{self, Fields};
use super::super::rule::Rule;
use super::super::yaml::Node;
use super::Correlation;
use super::signal::{Feeds, Signal, SignalValue};

/// The most tests of one correlation, and the most alerts of one test.
const TESTS_MAX: usize = 20;
const ALERTS_MAX: usize = 200;
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

/// Puts the correlations' tests to them and to the rules that they count.
pub(in crate::rules) fn run<'c>(rules: &[Rule], correlations: &'c [Correlation]) -> Vec<Outcome<'c>> {
    let feeds = Feeds::of(correlations);
    let counted: Vec<&Rule> = rules.iter().filter(|rule| feeds.counts(&rule.reference.id)).collect();
    let tests =
        correlations.iter().flat_map(|correlation| correlation.tests.iter().map(move |test| (correlation, test)));
    tests.map(|(correlation, test)| outcome(correlation, test, &counted, correlations, &feeds)).collect()
}

fn outcome<'c>(
    correlation: &'c Correlation,
    test: &'c OwnTest,
    rules: &[&Rule],
    correlations: &[Correlation],
    feeds: &Feeds,
) -> Outcome<'c> {
    let mut row = Row { rules, correlations, feeds, windows: HashMap::new(), now: Timestamp::UNIX_EPOCH };
    let mut has_fired = false;
    for (after, event) in &test.alerts {
        row.now = row.now.saturating_add(*after).unwrap_or(Timestamp::MAX);
        has_fired |= row.put(event).contains(&correlation.rule.reference.id);
    }
    let difference = match (test.matches, has_fired) {
        (true, false) => Some("expected a match, but it does not match"),
        (false, true) => Some("expected none, but it matches"),
        _ => None,
    };
    Outcome { rule: &correlation.rule, name: &test.name, at: test.at, matches: test.matches, difference }
}

impl OwnTest {
    fn read(item: &Node, report: &mut Report) -> Option<Self> {
        let fields = Fields::of(item, "a test", report)?;
        fields.only(&KEYS, report);
        let name = fields.need("name", report).and_then(|node| reader::line(node, "name", report));
        let outcomes = [("none", false), ("match", true)];
        let expect = fields.need("expect", report);
        let matches = expect.and_then(|node| reader::choice(node, "outcome of a correlation", &outcomes, report));
        let mut alerts = Vec::new();
        for node in reader::list(fields.need("alerts", report)?, "alerts", report) {
            let fields = Fields::of(node, "an alert of a test", report)?;
            fields.only(&ALERT_KEYS, report);
            let after = match fields.get("after") {
                Some(node) => duration::read(node, "after", 0..=AFTER_SECONDS_MAX, report)?,
                None => Duration::ZERO,
            };
            let times = match fields.get("times") {
                Some(node) => super::condition::number(node, report)?,
                None => 1.0,
            };
            let event = fields.need("alert", report)?.to_json();
            // A row that is too long is said so below.
            let times = times.clamp(0.0, ALERTS_MAX as f64 + 1.0) as usize;
            alerts.extend(std::iter::repeat_n((after, event), times));
            if alerts.len() > ALERTS_MAX {
                report.error(node.at, format!("more than {ALERTS_MAX} alerts in a test"));
                return None;
            }
        }
        Some(Self { name: name?.to_owned(), at: item.at, alerts, matches: matches? })
    }
}

/// A row of alerts, counted in memory.
struct Row<'r> {
    rules: &'r [&'r Rule],
    correlations: &'r [Correlation],
    feeds: &'r Feeds,
    windows: HashMap<Vec<u8>, Window>,
    now: Timestamp,
}

impl Row<'_> {
    /// The correlations that match by this event.
    fn put(&mut self, event: &Value) -> Vec<RuleId> {
        let matching = self.rules.iter().filter(|rule| rule.matches(event));
        let mut waiting: Vec<RuleId> = matching.map(|rule| rule.reference.id.clone()).collect();
        let (mut fired, mut counted) = (Vec::new(), Vec::new());
        while let Some(rule) = waiting.pop() {
            for signal in self.feeds.signals(self.correlations, &rule, event) {
                let window = signal.window().join(&0);
                let entry = (window.clone(), signal.part);
                if counted.contains(&entry) {
                    continue;
                }
                counted.push(entry);
                if self.count(&signal, window) == WindowState::Fired {
                    fired.push(signal.correlation.rule.reference.id.clone());
                    waiting.push(signal.correlation.rule.reference.id.clone());
                }
            }
        }
        fired
    }

    fn count(&mut self, signal: &Signal<'_>, window: Vec<u8>) -> WindowState {
        let Ok((at, until)) = signal.correlation.time_of(None, self.now) else { return WindowState::Late };
        let value = match &signal.value {
            SignalValue::None => None,
            SignalValue::Texts(texts) => Some(texts.join("\0").into()),
            SignalValue::Number(number) => Some(number.as_str().into()),
        };
        let entry = Entry { at, until, part: signal.part, value };
        signal.correlation.count(self.windows.entry(window).or_default(), entry)
    }
}
