//! Reads a correlation's document.

use crate::incident::ReasonCode;

use super::super::document::Origin;
use super::super::head::{Head, warn_of_no_tests};
use super::super::problem::{Place, Report};
use super::super::reader::Fields;
use super::super::response::Response;
use super::super::rule::Rule;
use super::super::version::SigmaVersion;
use super::own_tests::{self, OwnTest};
use super::section::Section;

/// A correlation whose rules are not found yet.
#[derive(Debug)]
pub(in crate::rules) struct CorrelationDraft {
    pub(in crate::rules) rule: Rule,
    pub(in crate::rules) name: Option<(Place, String)>,
    pub(in crate::rules) id_at: Place,
    pub(in crate::rules) at: Place,
    pub(in crate::rules) codes: Vec<(Place, ReasonCode)>,
    pub(super) section: Section,
    pub(super) account_key: Option<usize>,
    pub(super) tests: Vec<OwnTest>,
}

impl CorrelationDraft {
    /// Whether `name` is its id or its name.
    pub(in crate::rules) fn is_called(&self, name: &str) -> bool {
        self.rule.reference.id.as_str() == name || self.name.as_ref().is_some_and(|(_, own)| own == name)
    }

    pub(in crate::rules) fn read(fields: &Fields<'_>, origin: &Origin<'_>, report: &mut Report) -> Option<Self> {
        let version = SigmaVersion::read(fields, report);
        for key in ["logsource", "detection"] {
            if let Some(node) = fields.get(key) {
                report.error_with(node.at, format!("a correlation has no `{key}`"), "its rules have");
            }
        }
        let head = Head::read(fields, origin, &[], report);
        let acts = fields.get("response").is_some();
        let section = fields.need("correlation", report).zip(version);
        let section = section.and_then(|(node, version)| Section::read(node, version, acts, report));
        let tests = fields.get("tests").map(|node| own_tests::read(node, report)).unwrap_or_default();
        let (Head { mut rule, name, id_at, codes }, section) = (head?, section?);
        rule.tests = tests.iter().map(|test| test.name().to_owned()).collect();
        let account_key = match &rule.response {
            Some(response) => {
                warn_of_no_tests(response, tests.len(), fields.at, report);
                Some(account_key(response, &section, report)?)
            }
            None => None,
        };
        Some(Self { rule, name, id_at, at: fields.at, codes, section, account_key, tests })
    }
}

/// Which of the values that make the group is the account, so that it is one for all its events.
fn account_key(response: &Response, section: &Section, report: &mut Report) -> Option<usize> {
    if response.each.is_some() {
        report.error(section.at, "a correlation acts on one account, that of its group; leave `each` out");
        return None;
    }
    let Some(path) = &response.account else {
        let advice = "add `account` with one of the fields of `group-by`, or one of their aliases";
        report.error_with(section.at, "a correlation with a response must say who is meant", advice);
        return None;
    };
    let keys: Vec<&str> = section.group_by.iter().map(|(key, _)| key.as_str()).collect();
    let key = keys.iter().position(|key| *key == path.path.as_str());
    if key.is_none() {
        let advice = format!("group by it; this correlation groups by {}", keys.join(", "));
        report.error_with(
            section.at,
            format!("the account `{}` is not part of `group-by`", path.path.as_str()),
            advice,
        );
    }
    key
}
