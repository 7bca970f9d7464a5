//! Reads a correlation's document.

use std::collections::HashMap;
use std::time::Duration;

use crate::incident::{Digest, LogSource, ReasonCode};

use super::super::condition::Condition as Joined;
use super::super::detection::Detection;
use super::super::document::Origin;
use super::super::field::Field;
use super::super::key;
use super::super::problem::{Place, Report};
use super::super::reader::{self, Fields};
use super::super::response::Response;
use super::super::rule::{Head, Rule, warn_of_no_tests};
use super::super::version::SigmaVersion;
use super::super::yaml::{Node, Yaml};
use super::Sort;
use super::condition::{Condition, number};
use super::own_tests::{self, OwnTest};

/// The keys of `correlation`.
pub(in crate::rules) const KEYS: [&str; 9] =
    ["type", "rules", "group-by", "timespan", "condition", "aliases", "field", "generate", "percentile"];
/// The types, by Sigma's names; the median is the percentile of 50.
pub(in crate::rules) const TYPES: [(&str, Sort); 8] = [
    ("event_count", Sort::EventCount),
    ("value_count", Sort::ValueCount),
    ("temporal", Sort::Temporal),
    ("temporal_ordered", Sort::TemporalOrdered),
    ("value_sum", Sort::Sum),
    ("value_avg", Sort::Average),
    ("value_percentile", Sort::Percentile(f64::NAN)),
    ("value_median", Sort::Percentile(50.0)),
];
/// The most rules that one correlation names.
pub(in crate::rules) const RULES_MAX: usize = 100;
/// The most fields that group its events.
pub(in crate::rules) const GROUP_BY_MAX: usize = 8;
/// The longest timespan: a year.
const TIMESPAN_SECONDS_MAX: u64 = 366 * 86_400;

/// A correlation whose rules are not found yet.
#[derive(Debug)]
pub(in crate::rules) struct CorrelationDraft {
    pub(in crate::rules) rule: Rule,
    pub(in crate::rules) name: Option<(Place, String)>,
    pub(in crate::rules) id_at: Place,
    pub(in crate::rules) at: Place,
    pub(in crate::rules) codes: Vec<(Place, ReasonCode)>,
    pub(super) rules: Vec<(Place, String)>,
    pub(super) shape: Digest,
    pub(super) sort: Sort,
    pub(super) timespan: Duration,
    pub(super) group_by: Vec<(String, Field)>,
    pub(super) aliases: Vec<Alias>,
    pub(super) fields: Vec<Field>,
    pub(super) condition: Condition,
    pub(super) account_key: Option<usize>,
    pub(super) generates: bool,
    pub(super) tests: Vec<OwnTest>,
}

/// A name that stands for another field in each rule.
#[derive(Debug)]
pub(super) struct Alias {
    pub(super) name: String,
    pub(super) fields: HashMap<String, (Place, Field)>,
}

impl CorrelationDraft {
    pub(in crate::rules) fn read(fields: &Fields<'_>, origin: &Origin<'_>, report: &mut Report) -> Option<Self> {
        let version = SigmaVersion::read(fields, report);
        for key in ["logsource", "detection"] {
            if let Some(node) = fields.get(key) {
                report.error_with(node.at, format!("a correlation has no `{key}`"), "its rules have");
            }
        }
        let mut codes = Vec::new();
        let (head, response) = Head::read(fields, origin, &[], &mut codes, report)?;
        let body = Fields::of(fields.need("correlation", report)?, "correlation", report)?;
        body.only(&KEYS, report);
        let version = version?;
        let sort = sort(&body, report);
        let rules = rules(&body, report);
        let timespan = body.need("timespan", report).and_then(|node| timespan(node, report));
        let group_by = group_by(&body, report);
        let aliases = aliases(&body, version, report);
        let (sort, rules, aliases) = (sort?, rules?, aliases?);
        let value_fields = value_fields(&body, sort, version, report)?;
        let condition = condition(&body, sort, &rules, report)?;
        let generates = match body.get("generate") {
            None => false,
            Some(Node { value: Yaml::Bool(value), .. }) => *value,
            Some(node) => {
                report.error(node.at, "`generate` is true or false");
                false
            }
        };
        let group_by: Vec<(String, Field)> = group_by?
            .into_iter()
            .map(|key| Some((key.clone(), field_of(&key, version, body.at, report)?)))
            .collect::<Option<_>>()?;
        let keys: Vec<String> = group_by.iter().map(|(key, _)| key.clone()).collect();
        let account_key = account_key(response.as_ref(), &keys, body.at, report)?;
        if response.is_some() && !head.has_owner() {
            let advice = "add `owner`: the team or person to ask when it has locked somebody out";
            report.error_with(fields.at, "a rule with a response needs an owner", advice);
        }
        let tests = fields.get("tests").map(|node| own_tests::read(node, report)).unwrap_or_default();
        if let Some(response) = &response {
            warn_of_no_tests(response, tests.len(), fields.at, report);
        }
        let shape = shape(&body);
        let (name, id_at) = (head.name.clone(), head.id_at);
        let nothing = Detection { searches: Vec::new(), condition: Joined::Any(Vec::new()) };
        Some(Self {
            rule: head.rule(LogSource::default(), nothing, response),
            name,
            id_at,
            at: fields.at,
            codes,
            rules,
            shape,
            sort,
            timespan: timespan?,
            group_by,
            aliases,
            fields: value_fields,
            condition,
            account_key,
            generates,
            tests,
        })
    }
}

fn sort(body: &Fields<'_>, report: &mut Report) -> Option<Sort> {
    let sort = reader::choice(body.need("type", report)?, "type", &TYPES, report)?;
    let percentile = body.get("percentile").or_else(|| {
        let condition = body.get("condition").and_then(|node| Fields::of(node, "condition", &mut Report::about("")));
        condition.and_then(|condition| condition.get("percentile"))
    });
    match (sort, percentile) {
        (Sort::Percentile(given), None) if given.is_nan() => {
            let advice = "add `percentile: 95`, or another from 0 to 100, to the condition";
            report.error_with(body.at, "value_percentile needs a percentile", advice);
            None
        }
        (Sort::Percentile(given), Some(node)) if given.is_nan() => {
            let percent = number(node, report)?;
            if (0.0..=100.0).contains(&percent) {
                return Some(Sort::Percentile(percent));
            }
            report.error(node.at, "a percentile is 0 to 100");
            None
        }
        (_, Some(node)) => {
            report.error(node.at, "only value_percentile has a percentile");
            None
        }
        (sort, None) => Some(sort),
    }
}

fn rules(body: &Fields<'_>, report: &mut Report) -> Option<Vec<(Place, String)>> {
    let node = body.need("rules", report)?;
    let single = std::slice::from_ref(node);
    let items = if matches!(node.value, Yaml::Text(_)) { single } else { reader::list(node, "rules", report) };
    if items.is_empty() || items.len() > RULES_MAX {
        report.error(node.at, format!("a correlation names 1 to {RULES_MAX} rules"));
        return None;
    }
    let mut rules: Vec<(Place, String)> = Vec::new();
    for item in items {
        let name = reader::line(item, "a rule's id or name", report)?.to_owned();
        if rules.iter().any(|(_, other)| *other == name) {
            report.error(item.at, format!("the rule `{name}` is named twice"));
            return None;
        }
        rules.push((item.at, name));
    }
    Some(rules)
}

/// Sigma's timespan: a number and one of `s m h d w M y`, where `m` are minutes and `M` months.
fn timespan(node: &Node, report: &mut Report) -> Option<Duration> {
    let seconds = match &node.value {
        Yaml::Text(text) => seconds(text),
        _ => None,
    };
    match seconds {
        Some(seconds) if (1..=TIMESPAN_SECONDS_MAX).contains(&seconds) => Some(Duration::from_secs(seconds)),
        _ => {
            let advice = "write a number and s, m (minutes), h, d, w, M (months of 30 days) or y; up to a year";
            report.error_with(node.at, "`timespan` is no length of time", advice);
            None
        }
    }
}

fn seconds(text: &str) -> Option<u64> {
    let unit = text.chars().last()?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        'M' => 30 * 86_400,
        'y' => 365 * 86_400,
        _ => return None,
    };
    let number = text.strip_suffix(unit)?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| number.parse::<u64>().ok()?.checked_mul(factor)).flatten()
}

fn group_by(body: &Fields<'_>, report: &mut Report) -> Option<Vec<String>> {
    let Some(node) = body.get("group-by") else { return Some(Vec::new()) };
    let single = std::slice::from_ref(node);
    let items = if matches!(node.value, Yaml::Text(_)) { single } else { reader::list(node, "group-by", report) };
    if items.len() > GROUP_BY_MAX {
        report.error(node.at, format!("more than {GROUP_BY_MAX} fields to group by"));
        return None;
    }
    items.iter().map(|item| Some(reader::line(item, "group-by", report)?.to_owned())).collect()
}

fn aliases(body: &Fields<'_>, version: SigmaVersion, report: &mut Report) -> Option<Vec<Alias>> {
    let Some(node) = body.get("aliases") else { return Some(Vec::new()) };
    let aliases = Fields::of(node, "aliases", report)?;
    let alias = |entry: &super::super::yaml::Entry, report: &mut Report| {
        let rules = Fields::of(&entry.value, "an alias", report)?;
        let mut fields = HashMap::new();
        for rule in rules.entries() {
            let field = reader::line(&rule.value, "a field", report)?;
            fields.insert(rule.key.clone(), (rule.at, field_of(field, version, rule.value.at, report)?));
        }
        Some(Alias { name: entry.key.clone(), fields })
    };
    aliases.entries().iter().map(|entry| alias(entry, report)).collect()
}

/// The field whose values are counted; several make one value together.
fn value_fields(body: &Fields<'_>, sort: Sort, version: SigmaVersion, report: &mut Report) -> Option<Vec<Field>> {
    let inner = body.get("condition").and_then(|node| Fields::of(node, "condition", &mut Report::about("")));
    let node = inner.and_then(|condition| condition.get("field")).or_else(|| body.get("field"));
    let Some(node) = node else {
        if sort.reads_values() {
            let advice = "add `field` to the condition";
            report.error_with(body.at, "this type of correlation needs the field that it counts", advice);
            return None;
        }
        return Some(Vec::new());
    };
    if !sort.reads_values() {
        report.error(node.at, "this type of correlation reads no field");
        return None;
    }
    let single = std::slice::from_ref(node);
    let items = if matches!(node.value, Yaml::Text(_)) { single } else { reader::list(node, "field", report) };
    if items.is_empty() || items.len() > GROUP_BY_MAX || (items.len() > 1 && sort != Sort::ValueCount) {
        report.error_with(node.at, "too many fields, or none", "only value_count takes more than one");
        return None;
    }
    items.iter().map(|item| field_of(reader::line(item, "field", report)?, version, item.at, report)).collect()
}

fn condition(body: &Fields<'_>, sort: Sort, rules: &[(Place, String)], report: &mut Report) -> Option<Condition> {
    let names: Vec<&str> = rules.iter().map(|(_, name)| name.as_str()).collect();
    match body.get("condition") {
        Some(node) => Condition::read(node, sort, &names, report),
        None if sort.tells_parts_apart() => Some(Condition::all_of(rules.len())),
        None => {
            report.error_with(body.at, "this type of correlation needs a `condition`", "add one such as `gte: 10`");
            None
        }
    }
}

/// The account must be one of the values that make the group, so that it is one for all its events.
fn account_key(
    response: Option<&Response>,
    group_by: &[String],
    at: Place,
    report: &mut Report,
) -> Option<Option<usize>> {
    let Some(response) = response else { return Some(None) };
    if response.each.is_some() {
        report.error(at, "a correlation acts on one account, that of its group; leave `each` out");
        return None;
    }
    let Some(path) = &response.account else {
        let advice = "add `account` with one of the fields of `group-by`, or one of their aliases";
        report.error_with(at, "a correlation with a response must say who is meant", advice);
        return None;
    };
    let key = group_by.iter().position(|key| key == path.path.as_str());
    if key.is_none() {
        let advice = format!("group by it; this correlation groups by {}", group_by.join(", "));
        report.error_with(at, format!("the account `{}` is not part of `group-by`", path.path.as_str()), advice);
    }
    key.map(Some)
}

/// A field as keys of searches name it.
fn field_of(name: &str, version: SigmaVersion, at: Place, report: &mut Report) -> Option<Field> {
    match key::read_field(name, version, at, report)? {
        (field, None) if field != Field::Everywhere => Some(field),
        _ => {
            report.error(at, format!("`{name}` is not one field"));
            None
        }
    }
}

/// What is counted; with another condition or response it is counted the same.
fn shape(body: &Fields<'_>) -> Digest {
    let counted = body.entries().iter().filter(|entry| !["condition", "generate"].contains(&entry.key.as_str()));
    let mut parts: Vec<String> = counted.map(|entry| format!("{}={}", entry.key, entry.value.to_json())).collect();
    let inner = body.get("condition").and_then(|node| Fields::of(node, "condition", &mut Report::about("")));
    let field = inner.and_then(|condition| condition.get("field")).map(|node| format!("field={}", node.to_json()));
    parts.extend(field);
    parts.sort();
    Digest::of_parts(&parts.iter().map(String::as_bytes).collect::<Vec<_>>())
}
