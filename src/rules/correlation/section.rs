//! Reads the section `correlation` of a document: what is counted, for whom, in which time, and how much
//! of it is wanted. Its rules are not found yet.

use std::time::Duration;

use crate::incident::Digest;

use super::super::field::Field;
use super::super::key;
use super::super::problem::{Place, Report};
use super::super::reader::{self, Fields};
use super::super::version::SigmaVersion;
use super::super::yaml::{Entry, Node, Yaml};
use super::Sort;
use super::condition::Condition;
use super::timespan;

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

/// The section, read.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) at: Place,
    pub(super) rules: Vec<(Place, String)>,
    pub(super) shape: Digest,
    pub(super) sort: Sort,
    pub(super) timespan: Duration,
    pub(super) group_by: Vec<(String, Field)>,
    pub(super) aliases: Vec<Alias>,
    pub(super) fields: Vec<Field>,
    pub(super) condition: Condition,
    pub(super) generates: bool,
}

/// A name that stands for another field in each rule.
#[derive(Debug)]
pub(super) struct Alias {
    pub(super) name: String,
    /// For each rule, as it is called here.
    pub(super) fields: Vec<(Place, String, Field)>,
}

impl Section {
    /// Reads it; of a correlation that `acts`, or does not.
    pub(super) fn read(node: &Node, version: SigmaVersion, acts: bool, report: &mut Report) -> Option<Self> {
        let body = Fields::of(node, "correlation", report)?;
        body.only(&KEYS, report);
        let sort = sort(&body, report);
        let rules = rules(&body, report);
        let timespan = body.need("timespan", report).and_then(|node| timespan::read(node, report));
        let group_by = group_by(&body, version, report);
        let aliases = aliases(&body, version, group_by.as_deref(), report);
        let generates = generates(&body, report);
        let (sort, rules) = (sort?, rules?);
        let fields = value_fields(&body, sort, version, report);
        let condition = condition(&body, sort, &rules, acts, report);
        Some(Self {
            at: body.at,
            rules,
            shape: shape(&body),
            sort,
            timespan: timespan?,
            group_by: group_by?,
            aliases: aliases?,
            fields: fields?,
            condition: condition?,
            generates: generates?,
        })
    }
}

fn sort(body: &Fields<'_>, report: &mut Report) -> Option<Sort> {
    let sort = reader::choice(body.need("type", report)?, "type", &TYPES, report)?;
    match (sort, in_condition(body, "percentile", report)?) {
        (Sort::Percentile(given), None) if given.is_nan() => {
            let advice = "add `percentile: 95`, or another from 0 to 100, to the condition";
            report.error_with(body.at, "value_percentile needs a percentile", advice);
            None
        }
        (Sort::Percentile(given), Some(node)) if given.is_nan() => percentile(node, report).map(Sort::Percentile),
        (_, Some(node)) => {
            report.error(node.at, "only value_percentile has a percentile");
            None
        }
        (sort, None) => Some(sort),
    }
}

fn percentile(node: &Node, report: &mut Report) -> Option<f64> {
    let Yaml::Number(number) = &node.value else {
        report.error(node.at, format!("expected a number, not {}", node.what()));
        return None;
    };
    let percent = number.text.parse::<f64>().ok().filter(|percent| (0.0..=100.0).contains(percent));
    if percent.is_none() {
        report.error(node.at, "a percentile is 0 to 100");
    }
    percent
}

fn rules(body: &Fields<'_>, report: &mut Report) -> Option<Vec<(Place, String)>> {
    let node = body.need("rules", report)?;
    let items = reader::list_or_text(node, "rules", report);
    if items.is_empty() || items.len() > RULES_MAX {
        report.error(node.at, format!("a correlation names 1 to {RULES_MAX} rules"));
        return None;
    }
    items.iter().map(|item| Some((item.at, reader::line(item, "a rule's id or name", report)?.to_owned()))).collect()
}

fn group_by(body: &Fields<'_>, version: SigmaVersion, report: &mut Report) -> Option<Vec<(String, Field)>> {
    let Some(node) = body.get("group-by") else { return Some(Vec::new()) };
    let items = reader::list_or_text(node, "group-by", report);
    if items.len() > GROUP_BY_MAX {
        report.error(node.at, format!("more than {GROUP_BY_MAX} fields to group by"));
        return None;
    }
    let mut keys: Vec<(String, Field)> = Vec::new();
    for item in items {
        let key = reader::line(item, "group-by", report)?;
        if keys.iter().any(|(known, _)| known == key) {
            report.error(item.at, format!("`group-by` has `{key}` twice"));
            return None;
        }
        keys.push((key.to_owned(), field_of(key, version, item.at, report)?));
    }
    Some(keys)
}

/// The aliases; one that does not group would do nothing.
fn aliases(
    body: &Fields<'_>,
    version: SigmaVersion,
    group_by: Option<&[(String, Field)]>,
    report: &mut Report,
) -> Option<Vec<Alias>> {
    let Some(node) = body.get("aliases") else { return Some(Vec::new()) };
    let entries = Fields::of(node, "aliases", report)?.entries();
    for entry in
        entries.iter().filter(|entry| group_by.is_some_and(|keys| keys.iter().all(|(key, _)| *key != entry.key)))
    {
        let advice = "add it to `group-by`, or remove it";
        report.error_with(entry.at, format!("nothing uses the alias `{}`", entry.key), advice);
    }
    entries.iter().map(|entry| Alias::read(entry, version, report)).collect()
}

impl Alias {
    fn read(entry: &Entry, version: SigmaVersion, report: &mut Report) -> Option<Self> {
        let rules = Fields::of(&entry.value, "an alias", report)?;
        let mut fields = Vec::new();
        for rule in rules.entries() {
            let field = reader::line(&rule.value, "a field", report)?;
            fields.push((rule.at, rule.key.clone(), field_of(field, version, rule.value.at, report)?));
        }
        Some(Self { name: entry.key.clone(), fields })
    }
}

fn generates(body: &Fields<'_>, report: &mut Report) -> Option<bool> {
    match body.get("generate") {
        None => Some(false),
        Some(Node { value: Yaml::Bool(value), .. }) => Some(*value),
        Some(node) => {
            report.error(node.at, "`generate` is true or false");
            None
        }
    }
}

/// The field whose values are counted; several make one value together.
fn value_fields(body: &Fields<'_>, sort: Sort, version: SigmaVersion, report: &mut Report) -> Option<Vec<Field>> {
    let Some(node) = in_condition(body, "field", report)? else {
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
    let items = reader::list_or_text(node, "field", report);
    if items.is_empty() || items.len() > GROUP_BY_MAX || (items.len() > 1 && sort != Sort::ValueCount) {
        report.error_with(node.at, "too many fields, or none", "only value_count takes more than one");
        return None;
    }
    items.iter().map(|item| field_of(reader::line(item, "field", report)?, version, item.at, report)).collect()
}

fn condition(
    body: &Fields<'_>,
    sort: Sort,
    rules: &[(Place, String)],
    acts: bool,
    report: &mut Report,
) -> Option<Condition> {
    let names: Vec<&str> = rules.iter().map(|(_, name)| name.as_str()).collect();
    match body.get("condition") {
        Some(node) => Condition::read(node, sort, &names, acts, report),
        None if sort.tells_parts_apart() => Some(Condition::all_of(rules.len())),
        None => {
            report.error_with(body.at, "this type of correlation needs a `condition`", "add one such as `gte: 10`");
            None
        }
    }
}

/// The value of a key that stands in the condition, or beside it as others write it.
fn in_condition<'n>(body: &Fields<'n>, key: &str, report: &mut Report) -> Option<Option<&'n Node>> {
    let inner = body.get("condition").and_then(|node| Fields::if_map(node, "condition"));
    match (inner.and_then(|inner| inner.get(key)), body.entry(key)) {
        (Some(_), Some(outer)) => {
            let what = format!("`{key}` stands in the condition and beside it");
            report.error_with(outer.at, what, "remove one of them");
            None
        }
        (inner, outer) => Some(inner.or(outer.map(|entry| &entry.value))),
    }
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
    let inner = body.get("condition").and_then(|node| Fields::if_map(node, "condition"));
    parts.extend(inner.and_then(|inner| inner.get("field")).map(|node| format!("field={}", node.to_json())));
    parts.sort();
    Digest::of_parts(&parts.iter().map(String::as_bytes).collect::<Vec<_>>())
}
