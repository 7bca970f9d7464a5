//! Sigma's filters: a document that narrows rules, so that local exclusions need no change of them.
//!
//! A rule under a filter is `(rule) and (the filter's condition)`, as pySigma has it and everybody
//! writes them; an exclusion therefore begins with `not`.

use serde_json::Value;

use crate::incident::{Digest, LogSource, RuleId};

use super::allowance::{Allowance, Cost};
use super::detection::Detection;
use super::detector::Draft;
use super::document::Origin;
use super::head;
use super::lint::Lint;
use super::lists::{Context, Lists};
use super::log_source;
use super::problem::{Place, Report};
use super::reader::{self, Fields};
use super::version::SigmaVersion;
use super::yaml::{Node, Yaml};

/// How much of a filter's title stands before its searches on the record of a match, in characters.
const CALLED_CHARS_MAX: usize = 60;
/// The most rules that one filter names.
const RULES_MAX: usize = 1_000;

/// One filter, compiled.
#[derive(Debug)]
pub(super) struct Filter {
    at: Place,
    /// Its file below the rules folder.
    pub(super) file: String,
    pub(super) id: Option<(Place, RuleId)>,
    pub(super) name: Option<(Place, String)>,
    /// What its searches are known by.
    called: String,
    rules: Rules,
    log_source: LogSource,
    detection: Detection,
    version: Digest,
}

/// Which rules a filter narrows.
#[derive(Debug)]
enum Rules {
    /// All for its log source; the word stands here.
    Any(Place),
    /// Those with these ids or names, for its log source.
    Named(Vec<(Place, String)>),
}

impl Filter {
    /// Reads a filter; `None` when it has a problem that leaves none.
    pub(super) fn read(fields: &Fields<'_>, origin: &Origin<'_>, lists: &Lists, report: &mut Report) -> Option<Self> {
        // The rules it narrows may act.
        let context = SigmaVersion::read(fields, report).map(|version| Context::new(lists, version, true))?;
        head::check_words(fields, origin, report);
        if let Some(node) = fields.get("response") {
            report.error(node.at, "a filter narrows rules and has no response of its own");
        }
        if let Some(entry) = fields.entry("tests") {
            report.error_with(entry.at, "a filter has no tests of its own", "write them in the rules it narrows");
        }
        let id = fields.get("id").map(|node| head::read_own_id(node, report));
        let name = head::read_name(fields, report);
        let log_source = fields.need("logsource", report).and_then(|node| log_source::read(node, report));
        let body = fields.need("filter", report)?;
        let inner = Fields::of(body, "filter", report)?;
        let rules = inner.need("rules", report).and_then(|node| Rules::read(node, report));
        let detection = Detection::read(&without_rules(body), &context, report);
        if let Some(node) = inner.get("condition") {
            let passes_others = detection.as_ref().is_none_or(|detection| detection.matches(&no_event()));
            check_polarity(node, body, passes_others, report);
        }
        let version = origin.version(&context.digests());
        let file = origin.file.name.clone();
        let (rules, log_source, detection) = (rules?, log_source?, detection?);
        let called = called(fields);
        Some(Self { at: fields.at, file, id: id.flatten(), name, called, rules, log_source, detection, version })
    }

    /// Narrows the rules it is for. A name that no rule has, or a log source for which there is no
    /// rule, is an error: its exclusions would silently be gone.
    pub(super) fn apply(
        &self,
        drafts: &mut [&mut Draft],
        is_correlation: &dyn Fn(&str) -> bool,
        allowance: &Allowance,
        report: &mut Report,
    ) {
        if let Rules::Named(named) = &self.rules {
            for (at, name) in named {
                match drafts.iter().find(|draft| draft.is_called(name)) {
                    None if is_correlation(name) => {
                        let advice = "name the rules that it builds on";
                        report.error_with(*at, format!("`{name}` is a correlation; a filter narrows rules"), advice);
                    }
                    None => report.error_with(*at, format!("no rule is called `{name}`"), "write its id or its name"),
                    Some(draft) if !self.log_source.has(&draft.detector.log_source) => {
                        let what = format!("the rule `{name}` is for another log source than the filter");
                        report.error_with(*at, what, "give the filter the rule's log source, or a part of it");
                    }
                    Some(_) => {}
                }
            }
        }
        let mut narrowed = 0_usize;
        for draft in drafts.iter_mut().filter(|draft| self.is_for(draft)) {
            if allowance.spend(Cost::ConditionParts, self.detection.parts(), self.at, report).is_none() {
                return;
            }
            draft.detector.narrow(&self.detection, &self.called, self.version);
            narrowed += 1;
        }
        if let (Rules::Any(at), 0) = (&self.rules, narrowed) {
            let advice = "give it the log source of the rules it is for, or remove it";
            report.error_with(*at, "the filter narrows no rule: none is for its log source", advice);
        }
    }

    fn is_for(&self, draft: &Draft) -> bool {
        let is_named = match &self.rules {
            Rules::Any(_) => true,
            Rules::Named(named) => named.iter().any(|(_, name)| draft.is_called(name)),
        };
        is_named && self.log_source.has(&draft.detector.log_source)
    }
}

impl Rules {
    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        if let Yaml::Text(word) = &node.value {
            return match word.as_str() {
                "any" => Some(Self::Any(node.at)),
                name => Some(Self::Named(vec![(node.at, name.to_owned())])),
            };
        }
        let items = reader::list(node, "rules", report);
        if items.is_empty() || items.len() > RULES_MAX {
            report.error_with(node.at, format!("a filter names 1 to {RULES_MAX} rules"), "or write `any`");
            return None;
        }
        let names =
            items.iter().map(|item| Some((item.at, reader::line(item, "a rule's id or name", report)?.to_owned())));
        names.collect::<Option<Vec<_>>>().map(Self::Named)
    }
}

/// The beginning of its title; one without a title is refused.
fn called(fields: &Fields<'_>) -> String {
    let title = fields.line("title", &mut Report::about("")).unwrap_or_default();
    format!("filter {}", title.chars().take(CALLED_CHARS_MAX).collect::<String>())
}

/// The body as a detection: searches and condition.
fn without_rules(body: &Node) -> Node {
    let mut body = body.clone();
    if let Yaml::Map(entries) = &mut body.value {
        entries.retain(|entry| entry.key != "rules");
    }
    body
}

/// The specification's own example has it the other way round, so this is easily got wrong.
fn check_polarity(condition: &Node, body: &Node, passes_others: bool, report: &mut Report) {
    let mut warn = |at: Place| {
        let advice = "an exclusion begins with `not`";
        report.warn(Lint::FilterPolarity, at, "this filter keeps only the events that match it", advice);
    };
    match &condition.value {
        Yaml::List(conditions) => {
            conditions.iter().filter(|condition| !is_exclusion(condition)).for_each(|condition| warn(condition.at));
        }
        // A search for what is not there is passed by what it is not about, and is excluded all the same.
        _ if !passes_others && (!is_exclusion(condition) || names_what_it_keeps(body)) => warn(condition.at),
        _ => {}
    }
}

/// An event that no exclusion is about.
fn no_event() -> Value {
    Value::Object(serde_json::Map::new())
}

/// Whether the condition is one `not`.
fn is_exclusion(condition: &Node) -> bool {
    match &condition.value {
        Yaml::Text(text) => {
            let lower = text.trim_start().to_ascii_lowercase();
            let is_not = |rest: &str| rest.starts_with([' ', '\t', '\n', '(']);
            lower.strip_prefix("not").is_some_and(is_not) && !lower.contains(" and ")
        }
        _ => true,
    }
}

/// Whether something is asked of by what it is not, so that `not` keeps only that.
fn names_what_it_keeps(node: &Node) -> bool {
    match &node.value {
        Yaml::Map(entries) => entries
            .iter()
            .any(|entry| entry.key.split('|').skip(1).any(|part| part == "neq") || names_what_it_keeps(&entry.value)),
        Yaml::List(items) => items.iter().any(names_what_it_keeps),
        _ => false,
    }
}
