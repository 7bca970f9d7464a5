//! The tests a rule carries: example events and what the rule must make of them, run at every load.

use std::fmt::Write;
use std::sync::Arc;

use serde_json::Value;

use crate::incident::{AccountRef, ActionKind};

use super::detector::Detector;
use super::guardrails::read_account;
use super::problem::{Place, Report};
use super::reader::{self, Fields};
use super::response::{Named, Response};
use super::rule::Rule;
use super::rule_set::RuleSet;
use super::yaml::{Node, Yaml};

/// The most tests of one rule.
pub(super) const TESTS_MAX: usize = 100;

/// The keys of a test, and of what it expects of a rule with a response.
pub(super) const KEYS: [&str; 3] = ["name", "alert", "expect"];
pub(super) const EXPECT_KEYS: [&str; 2] = ["account", "steps"];

/// One test of a rule.
#[derive(Debug)]
pub(super) struct OwnTest {
    pub(super) name: String,
    pub(super) at: Place,
    pub(super) event: Value,
    expected: Expected,
}

/// What the rule must make of the event.
#[derive(Debug)]
enum Expected {
    /// It does not match.
    Nothing,
    /// It matches; all there is to say of a rule without a response.
    Match,
    /// It matches, names this account (unless the source does that) and asks for these steps.
    Response { account: Option<AccountRef>, steps: Vec<ActionKind> },
}

/// Reads the `tests` section of a rule with this response.
pub(super) fn read(node: &Node, response: Option<&Response>, report: &mut Report) -> Vec<OwnTest> {
    let items = reader::list(node, "tests", report);
    if items.len() > TESTS_MAX {
        report.error(node.at, format!("more than {TESTS_MAX} tests"));
    }
    items.iter().take(TESTS_MAX).filter_map(|item| OwnTest::read(item, response, report)).collect()
}

impl OwnTest {
    fn read(item: &Node, response: Option<&Response>, report: &mut Report) -> Option<Self> {
        let fields = Fields::of(item, "a test", report)?;
        fields.only(&KEYS, report);
        let name = fields.need("name", report).and_then(|node| reader::line(node, "name", report));
        let alert = fields.need("alert", report).filter(|node| Fields::of(node, "alert", report).is_some());
        let expected = fields.need("expect", report).and_then(|node| Expected::read(node, response, report));
        Some(Self { name: name?.to_owned(), at: item.at, event: alert?.to_json(), expected: expected? })
    }

    /// Whether it shows an event that matches and names an account.
    pub(super) fn names_account(&self) -> bool {
        matches!(self.expected, Expected::Response { account: Some(_), .. })
    }

    /// What differs from what is expected of the rule, when an alert of its log source with this event is
    /// put to the set as any other is.
    pub(super) fn check(&self, detector: &Detector, set: &RuleSet) -> Result<(), String> {
        let rule = &detector.rule;
        let evaluation = set.evaluate_event(&self.event, &Arc::from([detector.log_source.clone()]));
        let found = evaluation.matches.iter().find(|found| found.rule.reference.id == rule.reference.id);
        match (&self.expected, found) {
            (Expected::Nothing, Some(found)) => {
                Err(format!("expected none, but the rule matched ({})", found.matched.join(", ")))
            }
            (Expected::Nothing, None) => Ok(()),
            (_, None) if detector.matches(&self.event) => {
                Err("the rule matches, but is not found among the others: a fault of this program, tell its makers"
                    .to_owned())
            }
            (_, None) => Err(format!("expected a match, but {}", miss(detector, &self.event))),
            (Expected::Match, Some(_)) => Ok(()),
            (Expected::Response { account, steps }, Some(_)) => {
                check_response(rule, &self.event, account.as_ref(), steps)
            }
        }
    }
}

impl Expected {
    fn read(node: &Node, response: Option<&Response>, report: &mut Report) -> Option<Self> {
        if matches!(&node.value, Yaml::Text(word) if word == "none") {
            return Some(Self::Nothing);
        }
        let Some(response) = response else {
            return reader::choice(node, "outcome of a rule without response", &[("none", ()), ("match", ())], report)
                .map(|()| Self::Match);
        };
        let fields = Fields::of(node, "expect (if not `none`)", report)?;
        fields.only(&EXPECT_KEYS, report);
        let account = match (&response.account, fields.get("account")) {
            (Some(path), Some(node)) => Some(read_account(node, path.kind, report)?),
            (Some(_), None) => {
                report.error(node.at, "expect needs the account that the rule must find");
                return None;
            }
            (None, Some(node)) => {
                let advice = "leave the account out";
                report.error_with(node.at, "this rule has no account path, so the source names the account", advice);
                return None;
            }
            (None, None) => None,
        };
        let kinds = ActionKind::ALL.map(|kind| (kind.as_str(), kind));
        let steps = reader::list(fields.need("steps", report)?, "steps", report);
        let steps: Vec<Option<ActionKind>> =
            steps.iter().map(|step| reader::choice(step, "step", &kinds, report)).collect();
        Some(Self::Response { account, steps: steps.into_iter().collect::<Option<Vec<_>>>()? })
    }
}

fn check_response(
    rule: &Rule,
    event: &Value,
    account: Option<&AccountRef>,
    steps: &[ActionKind],
) -> Result<(), String> {
    let Some(response) = &rule.response else { return Err("the rule has no response".to_owned()) };
    if let Some(expected) = account {
        match response.account_in(event, None) {
            Named::One(found) if found == *expected => {}
            Named::One(found) => {
                return Err(format!("expected the account {}, but it names {}", expected.value(), found.value()));
            }
            Named::None => return Err("the path to the account reaches nothing".to_owned()),
            Named::Several => return Err("the path to the account reaches more than one".to_owned()),
            Named::Invalid => return Err("the path to the account reaches something that is no such name".to_owned()),
        }
    }
    let found: Vec<ActionKind> = response.steps.iter().map(super::StepTemplate::kind).collect();
    if found == steps {
        return Ok(());
    }
    let list = |kinds: &[ActionKind]| kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
    Err(format!("expected the steps {}, but the rule asks for {}", list(steps), list(&found)))
}

/// What kept the event from matching, in words.
fn miss(detector: &Detector, event: &Value) -> String {
    let nearness = detector.nearness(event);
    let mut text = format!("{} of {} tests passed", nearness.passed, nearness.tests);
    if let Some(miss) = nearness.miss {
        // Writing to a String cannot fail.
        let _ = write!(text, "; `{}`: {}", miss.field(), miss.why());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::super::rule::Statuses;
    use super::super::tests::{ACTING, detecting, folder, load_rule};

    #[test]
    fn a_test_takes_the_way_of_alerts_and_tells_when_that_loses_the_rule() {
        let opened = load::open("", &folder(&[("x.yml", ACTING)]), Vec::new(), Statuses::default());
        let (_, draft) = &opened.drafts.rules[0];
        let (test, rule) = (&draft.tests[0], &draft.detector);
        assert_eq!(test.check(rule, &load_rule(ACTING).unwrap()), Ok(()));
        // As if the index over the rules had forgotten this one.
        let others = load_rule(&detecting("  s: {b: y}\n  condition: s\n")).unwrap();
        let said = test.check(rule, &others).unwrap_err();
        assert!(said.contains("a fault of this program"), "{said}");
    }
}
