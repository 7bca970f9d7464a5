//! A rule that looks at one event at a time: what it looks for, and the tests of its own.

use serde_json::Value;

use crate::incident::{Digest, LogSource, ReasonCode};

use super::carried;
use super::conjunct::Settled;
use super::detection::Detection;
use super::document::Origin;
use super::evaluate::Nearness;
use super::head::{Head, warn_of_no_tests};
use super::lists::{Context, Lists};
use super::log_source;
use super::own_tests::{self, OwnTest};
use super::problem::{Place, Report};
use super::reader::Fields;
use super::rule::Rule;
use super::version::SigmaVersion;

/// One rule and what it looks for, compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Detector {
    /// The rule.
    pub rule: Rule,
    /// The events it is for, in lower case.
    pub log_source: LogSource,
    pub(super) detection: Detection,
    /// How many filters narrow it.
    pub(super) filters: usize,
}

impl Detector {
    /// Narrows it to what passes the filter `called` so, too.
    pub(super) fn narrow(&mut self, filter: &Detection, called: &str, version: Digest) {
        self.detection.narrow(filter, called);
        self.filters += 1;
        let Rule { reference, behaviour, .. } = &mut self.rule;
        reference.version = Digest::of_parts(&[&reference.version.0, &version.0]);
        *behaviour = Digest::of_parts(&[&behaviour.0, &version.0]);
    }

    /// Whether it finds the same events.
    pub(super) fn finds_as(&self, other: &Self) -> bool {
        self.log_source == other.log_source && self.detection == other.detection && self.filters == other.filters
    }

    pub(super) fn matches(&self, event: &Value) -> bool {
        self.detection.matches(event)
    }

    /// Whether the event matches, when it passes what is settled.
    pub(super) fn matches_besides(&self, settled: Settled, event: &Value) -> bool {
        self.detection.matches_besides(settled, event)
    }

    pub(super) fn matched(&self, event: &Value) -> Vec<String> {
        self.detection.matched(event)
    }

    pub(super) fn nearness(&self, event: &Value) -> Nearness<'_> {
        self.detection.nearness(event)
    }
}

/// A rule with what must be checked once the whole set is known.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) detector: Detector,
    pub(super) name: Option<(Place, String)>,
    pub(super) id_at: Place,
    pub(super) codes: Vec<(Place, ReasonCode)>,
    /// Where the whole of the rule, and its `detection`, begin.
    pub(super) at: Place,
    pub(super) detection_at: Place,
    /// Where it says how its account is found.
    account_at: Place,
    pub(super) tests: Vec<OwnTest>,
}

impl Draft {
    /// Reads a rule; `None` when it has a problem that leaves no rule.
    pub(super) fn read(fields: &Fields<'_>, origin: &Origin<'_>, lists: &Lists, report: &mut Report) -> Option<Self> {
        let acts = fields.get("response").is_some();
        let context = SigmaVersion::read(fields, report).map(|version| Context::new(lists, version, acts));
        let log_source = fields.need("logsource", report).and_then(|node| log_source::read(node, report));
        let detection = fields.need("detection", report).zip(context.as_ref());
        let detection = detection.and_then(|(node, context)| Detection::read(node, context, report));
        let lists = context.map(|context| context.digests());
        let head = Head::read(fields, origin, lists.as_deref().unwrap_or_default(), report);
        // Tests are read last: what they may expect depends on the response.
        let tests = match (fields.get("tests"), &head) {
            (Some(node), Some(head)) => own_tests::read(node, head.rule.response.as_ref(), report),
            _ => Vec::new(),
        };
        let Head { mut rule, name, id_at, codes } = lists.and(head)?;
        rule.tests = tests.iter().map(|test| test.name.clone()).collect();
        let account_at = carried::place(fields);
        if let (Some(log_source), Some(response)) = (&log_source, &rule.response) {
            carried::check(log_source, response, account_at, report);
        }
        let detector = Detector { rule, log_source: log_source?, detection: detection?, filters: 0 };
        let detection_at = fields.entry("detection").map_or(fields.at, |entry| entry.at);
        Some(Self { detector, name, id_at, codes, at: fields.at, detection_at, account_at, tests })
    }

    /// Whether `name` is its id or its name.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.detector.rule.reference.id.as_str() == name || self.name.as_ref().is_some_and(|(_, own)| own == name)
    }

    /// Whether it matches nothing but what it asks for, filters being part of it.
    pub(super) fn is_anchored(&self) -> bool {
        !self.detector.matches(&Value::Object(serde_json::Map::new())) && self.detector.detection.is_anchored()
    }

    /// A rule that acts must not act on whatever comes along; filters are part of it.
    pub(super) fn check(&self, report: &mut Report) {
        let Some(response) = &self.detector.rule.response else { return };
        let advice = "add a search that the event must pass; that a field is there is not enough";
        if self.detector.matches(&Value::Object(serde_json::Map::new())) {
            report.error_with(self.detection_at, "a rule with a response must not match the empty event", advice);
        } else if !self.detector.detection.is_anchored() {
            let what = "a rule with a response needs a positive test that every match passes";
            report.error_with(self.detection_at, what, advice);
        }
        warn_of_no_tests(response, self.tests.len(), self.at, report);
        // What is wrong with a test that would show it is told first.
        if report.errors() == 0 {
            carried::check_shown(&self.detector, &self.tests, self.account_at, report);
        }
    }
}
