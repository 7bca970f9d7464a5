//! Reads the budgets of `guardrails.yml`, and the narrower one that a rule may give itself.

use std::collections::BTreeMap;

use crate::incident::{Budget, RuleId, SourceName};

use super::problem::{Place, Report};
use super::reader::{self, Fields};
use super::yaml::{Entry, Node};

/// The keys of one budget.
pub(super) const KEYS: [&str; 2] = ["per_hour", "per_day"];
/// The most rules and the most sources with budgets of their own.
const NAMED_MAX: usize = 10_000;
/// Unless the file says otherwise: a bad night may use it up, a sender gone mad is stopped by it early.
const EACH_RULE: Budget = Budget { per_hour: 10, per_day: 30 };
const EACH_SOURCE: Budget = Budget { per_hour: 20, per_day: 60 };
const ORGANIZATION: Budget = Budget { per_hour: 30, per_day: 100 };
/// What a rule may give itself at most, which narrows nothing.
const WIDEST: Budget = Budget { per_hour: Budget::MOST, per_day: Budget::MOST };

/// How many plans there may be before a human is asked, by what they are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budgets {
    organization: Budget,
    each_source: Budget,
    each_rule: Budget,
    sources: BTreeMap<SourceName, Budget>,
    rules: BTreeMap<RuleId, (Place, Budget)>,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            organization: ORGANIZATION,
            each_source: EACH_SOURCE,
            each_rule: EACH_RULE,
            sources: BTreeMap::new(),
            rules: BTreeMap::new(),
        }
    }
}

impl Budgets {
    /// Of all plans together.
    #[must_use]
    pub fn organization(&self) -> Budget {
        self.organization
    }

    /// Of plans for alerts of one source.
    #[must_use]
    pub fn of_source(&self, source: &SourceName) -> Budget {
        self.sources.get(source).copied().unwrap_or(self.each_source)
    }

    /// Of plans of one rule, but for what the rule says itself.
    #[must_use]
    pub fn of_rule(&self, rule: &RuleId) -> Budget {
        self.rules.get(rule).map_or(self.each_rule, |(_, budget)| *budget)
    }

    /// The sources that have one of their own.
    pub(super) fn sources(&self) -> impl Iterator<Item = &SourceName> {
        self.sources.keys()
    }

    /// Reads the key `budgets`; what it leaves out stays at its default.
    pub(super) fn read(node: &Node, report: &mut Report) -> Option<Self> {
        let fields = Fields::of(node, "budgets", report)?;
        fields.only(&["organization", "each_source", "each_rule", "sources", "rules"], report);
        let mut one = |key: &str, otherwise: Budget| {
            fields.get(key).map_or(Some(otherwise), |node| read(node, &format!("`{key}`"), otherwise, report))
        };
        let organization = one("organization", ORGANIZATION)?;
        let (each_source, each_rule) = (one("each_source", EACH_SOURCE)?, one("each_rule", EACH_RULE)?);
        let sources = named(&fields, "sources", each_source, report, |text| SourceName::parse(text).ok())?;
        let rules = named(&fields, "rules", each_rule, report, |text| RuleId::parse(text).ok())?;
        let sources = sources.into_iter().map(|(source, (_, budget))| (source, budget)).collect();
        Some(Self { organization, each_source, each_rule, sources, rules })
    }

    /// Reports budgets of rules that there are not: most likely the one that was meant has none.
    pub(super) fn check_rules(&self, is_known: impl Fn(&RuleId) -> bool, report: &mut Report) {
        for (rule, (at, _)) in self.rules.iter().filter(|(rule, _)| !is_known(rule)) {
            report.error_with(*at, format!("no rule has the id `{rule}`"), "remove it, or correct the id");
        }
    }
}

/// The budget of a rule's own, which is only ever narrower than the others.
pub(super) fn read_own(node: &Node, report: &mut Report) -> Option<Budget> {
    read(node, "`budget`", WIDEST, report)
}

/// One budget; a number that is left out is as `otherwise`.
fn read(node: &Node, name: &str, otherwise: Budget, report: &mut Report) -> Option<Budget> {
    let fields = Fields::of(node, name, report)?;
    fields.only(&KEYS, report);
    if fields.entries().is_empty() {
        report.error_with(node.at, format!("{name} is empty"), "give `per_hour`, `per_day` or both");
        return None;
    }
    let mut one = |key, otherwise| match fields.get(key) {
        Some(node) => reader::number(node, key, 0..=Budget::MOST, report),
        None => Some(otherwise),
    };
    let [per_hour, per_day] = [one(KEYS[0], otherwise.per_hour), one(KEYS[1], otherwise.per_day)];
    let budget = Budget { per_hour: per_hour?, per_day: per_day? };
    // Given alone, the hour's would not be what it says.
    if budget.per_hour > budget.per_day && fields.get(KEYS[0]).is_some() {
        let what = format!("{name} has {} per hour and only {} per day", budget.per_hour, budget.per_day);
        report.error_with(node.at, what, "give a `per_day` that is no less");
        return None;
    }
    Some(budget)
}

/// The budgets of those that have one of their own.
fn named<K: Ord>(
    fields: &Fields<'_>,
    key: &str,
    otherwise: Budget,
    report: &mut Report,
    parse: impl Fn(&str) -> Option<K>,
) -> Option<BTreeMap<K, (Place, Budget)>> {
    let Some(node) = fields.get(key) else { return Some(BTreeMap::new()) };
    let name = format!("`{key}`");
    let entries = Fields::of(node, &name, report)?.entries();
    if entries.len() > NAMED_MAX {
        report.error(node.at, format!("more than {NAMED_MAX} entries"));
        return None;
    }
    let one = |entry: &Entry| {
        let Some(name) = parse(&entry.key) else {
            report.error(entry.at, format!("`{}` is no name that `{key}` can have", entry.key));
            return None;
        };
        let budget = read(&entry.value, &format!("the budget of `{}`", entry.key), otherwise, report)?;
        Some((name, (entry.at, budget)))
    };
    entries.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::super::yaml;
    use super::*;

    fn read(text: &str) -> Result<Budgets, String> {
        let mut report = Report::about("guardrails.yml");
        let read = yaml::parse(text, &mut report).and_then(|node| Budgets::read(&node, &mut report));
        let mut problems = Vec::new();
        report.hand_over(&mut problems, &mut Vec::new());
        match problems.first() {
            Some(problem) => Err(problem.to_string()),
            None => Ok(read.unwrap()),
        }
    }

    fn budget(per_hour: u32, per_day: u32) -> Budget {
        Budget { per_hour, per_day }
    }

    #[test]
    fn what_is_left_out_is_as_for_all_and_what_is_left_out_there_is_as_ever() {
        let rule = RuleId::parse("00000000-0000-4000-8000-000000000001").unwrap();
        let other = RuleId::parse("00000000-0000-4000-8000-000000000002").unwrap();
        let [okta, siem] = ["okta", "siem"].map(|name| SourceName::parse(name).unwrap());
        let budgets = read(&format!(
            "each_rule: {{per_hour: 5}}\nrules: {{{rule}: {{per_day: 6}}}}\nsources: {{okta: {{per_hour: 0}}}}\n"
        ))
        .unwrap();
        assert_eq!((budgets.of_rule(&rule), budgets.of_rule(&other)), (budget(5, 6), budget(5, EACH_RULE.per_day)));
        assert_eq!((budgets.of_source(&okta), budgets.of_source(&siem)), (budget(0, EACH_SOURCE.per_day), EACH_SOURCE));
        assert_eq!(budgets.organization(), ORGANIZATION);
        assert_eq!(read("{}").unwrap(), Budgets::default());
    }

    #[test]
    fn budgets_are_read_strictly() {
        for (text, problem) in [
            ("each: {}", "guardrails.yml:1:1: unknown key `each` in budgets"),
            ("organization: 5", "guardrails.yml:1:15: `organization` must be a mapping, not a number"),
            ("organization: {}", "guardrails.yml:1:15: `organization` is empty; give `per_hour`, `per_day` or both"),
            ("organization: {per_hour: -1}", "guardrails.yml:1:26: `per_hour` is a number from 0 to 10000"),
            ("organization: {per_hour: 1.5}", "guardrails.yml:1:26: `per_hour` is a number from 0 to 10000"),
            ("organization: {per_hour: '5'}", "guardrails.yml:1:26: `per_hour` is a number from 0 to 10000"),
            ("organization: {per_day: 10001}", "guardrails.yml:1:25: `per_day` is a number from 0 to 10000"),
            ("organization: {per_week: 1}", "guardrails.yml:1:16: unknown key `per_week` in `organization`"),
            (
                "each_rule: {per_hour: 31}",
                "guardrails.yml:1:12: `each_rule` has 31 per hour and only 30 per day; give a `per_day` that is no less",
            ),
            ("rules: {no-id: {per_hour: 1}}", "guardrails.yml:1:9: `no-id` is no name that `rules` can have"),
            ("sources: {'a b': {per_hour: 1}}", "guardrails.yml:1:11: `a b` is no name that `sources` can have"),
        ] {
            let found = read(text).unwrap_err();
            assert!(found.starts_with(problem), "{text}: {found}");
        }
    }
}
