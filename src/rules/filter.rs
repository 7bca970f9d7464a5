//! Sigma's filters: a document that narrows rules, so that local exclusions need no change of them.
//!
//! A rule under a filter is `(rule) and (the filter's condition)`, as pySigma has it and everybody
//! writes them; an exclusion therefore begins with `not`.

use crate::incident::{Digest, LogSource};

use super::detection::Detection;
use super::document::Origin;
use super::lint::Lint;
use super::lists::{Context, Lists};
use super::log_source;
use super::problem::{Place, Report};
use super::reader::{self, Fields};
use super::rule::Draft;
use super::version::SigmaVersion;
use super::yaml::{Node, Yaml};

/// The most rules that one filter names.
const RULES_MAX: usize = 1_000;

/// One filter, compiled.
#[derive(Debug)]
pub(super) struct Filter {
    rules: Rules,
    log_source: LogSource,
    detection: Detection,
    version: Digest,
}

/// Which rules a filter narrows.
#[derive(Debug)]
enum Rules {
    /// All for its log source.
    Any,
    /// Those with these ids or names, for its log source.
    Named(Vec<(Place, String)>),
}

impl Filter {
    /// Reads a filter; `None` when it has a problem that leaves none.
    pub(super) fn read(fields: &Fields<'_>, origin: &Origin<'_>, lists: &Lists, report: &mut Report) -> Option<Self> {
        let context = SigmaVersion::read(fields, report).map(|version| Context::new(lists, version))?;
        fields.need("title", report).and_then(|node| reader::line(node, "title", report));
        if let Some(node) = fields.get("response") {
            report.error(node.at, "a filter narrows rules and has no response of its own");
        }
        let log_source = fields.need("logsource", report).and_then(|node| log_source::read(node, report));
        let body = fields.need("filter", report)?;
        let inner = Fields::of(body, "filter", report)?;
        let rules = inner.need("rules", report).and_then(|node| Rules::read(node, report));
        let detection = Detection::read(&without_rules(body), &context, report);
        if let Some(node) = inner.get("condition") {
            warn_of_polarity(node, report);
        }
        let version = origin.version(&context.digests());
        Some(Self { rules: rules?, log_source: log_source?, detection: detection?, version })
    }

    /// Narrows the rules it is for. A name that no rule has is an error: the rule was renamed, and
    /// its exclusions would silently be gone.
    pub(super) fn apply(&self, drafts: &mut [&mut Draft], report: &mut Report) {
        if let Rules::Named(named) = &self.rules {
            for (at, name) in named {
                match drafts.iter().find(|draft| draft.is_called(name)) {
                    None => report.error_with(*at, format!("no rule is called `{name}`"), "write its id or its name"),
                    Some(draft) if !self.log_source.has(&draft.rule.log_source) => {
                        let what = format!("the rule `{name}` is for another log source than the filter");
                        report.error_with(*at, what, "give the filter the rule's log source, or a part of it");
                    }
                    Some(_) => {}
                }
            }
        }
        for draft in drafts.iter_mut().filter(|draft| self.is_for(draft)) {
            draft.rule.narrow(&self.detection, self.version);
        }
    }

    fn is_for(&self, draft: &Draft) -> bool {
        let is_named = match &self.rules {
            Rules::Any => true,
            Rules::Named(named) => named.iter().any(|(_, name)| draft.is_called(name)),
        };
        is_named && self.log_source.has(&draft.rule.log_source)
    }
}

impl Rules {
    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        if let Yaml::Text(word) = &node.value {
            return match word.as_str() {
                "any" => Some(Self::Any),
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

/// The body as a detection: searches and condition.
fn without_rules(body: &Node) -> Node {
    let mut body = body.clone();
    if let Yaml::Map(entries) = &mut body.value {
        entries.retain(|entry| entry.key != "rules");
    }
    body
}

/// The specification's own example has it the other way round, so this is easily got wrong.
fn warn_of_polarity(condition: &Node, report: &mut Report) {
    if let Yaml::Text(text) = &condition.value
        && !text.trim_start().to_ascii_lowercase().starts_with("not ")
    {
        let advice = "an exclusion begins with `not`";
        report.warn(Lint::FilterPolarity, condition.at, "this filter keeps only the events that match it", advice);
    }
}
