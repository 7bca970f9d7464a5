//! Reads the budgets of `guardrails.yml`, and the narrower one that a rule may give itself.

use std::collections::BTreeMap;

use crate::incident::{Budget, DepartmentId, RuleId, SourceName};

use super::allowed::Allowed;
use super::problem::{Place, Report};
use super::reader::Fields;
use super::yaml::{Entry, Node};

/// The keys.
const KEYS: [&str; 7] =
    ["organization", "each_source", "each_rule", "each_department", "sources", "rules", "departments"];
/// The most rules, sources and departments with budgets of their own.
const NAMED_MAX: usize = 10_000;
/// Unless the file says otherwise: a bad night may use it up, a sender gone mad is stopped by it early.
const EACH_RULE: Allowed = Allowed::numbers(10, 30);
const EACH_SOURCE: Allowed = Allowed::numbers(20, 60);
const ORGANIZATION: Allowed = Allowed::numbers(30, 100);
/// What a rule or a department may be given at most, which narrows nothing.
const WIDEST: Allowed = Allowed::numbers(Budget::MOST, Budget::MOST);

/// How many plans there may be before a human is asked, by what they are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budgets {
    organization: Allowed,
    each_source: Allowed,
    each_rule: Allowed,
    each_department: Option<Allowed>,
    sources: BTreeMap<SourceName, Allowed>,
    rules: BTreeMap<RuleId, (Place, Allowed)>,
    departments: BTreeMap<DepartmentId, Allowed>,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            organization: ORGANIZATION,
            each_source: EACH_SOURCE,
            each_rule: EACH_RULE,
            each_department: None,
            sources: BTreeMap::new(),
            rules: BTreeMap::new(),
            departments: BTreeMap::new(),
        }
    }
}

impl Budgets {
    /// Of all plans together.
    #[must_use]
    pub fn organization(&self) -> Allowed {
        self.organization
    }

    /// Of plans for alerts of one source.
    #[must_use]
    pub fn of_source(&self, source: &SourceName) -> Allowed {
        self.sources.get(source).copied().unwrap_or(self.each_source)
    }

    /// Of plans of one rule, but for what the rule says itself.
    #[must_use]
    pub fn of_rule(&self, rule: &RuleId) -> Allowed {
        self.rules.get(rule).map_or(self.each_rule, |(_, budget)| *budget)
    }

    /// Of plans for accounts of a department and those below it. The organization as a whole is no department, unless
    /// it is named as one.
    #[must_use]
    pub fn of_department(&self, id: DepartmentId) -> Option<Allowed> {
        let usual = self.each_department.filter(|_| id != DepartmentId::ROOT);
        self.departments.get(&id).copied().or(usual)
    }

    /// Whether any department has one. If so, it has to be known in which departments an account is.
    #[must_use]
    pub fn have_departments(&self) -> bool {
        self.each_department.is_some() || !self.departments.is_empty()
    }

    /// Whether any of them is a share of the people that there are.
    #[must_use]
    pub fn have_shares(&self) -> bool {
        let usual = [Some(self.organization), Some(self.each_source), Some(self.each_rule), self.each_department];
        let named = self.rules.values().map(|(_, budget)| budget).chain(self.sources.values());
        usual.iter().flatten().chain(named).chain(self.departments.values()).any(|budget| budget.has_share())
    }

    /// The sources that have one of their own.
    pub(super) fn sources(&self) -> impl Iterator<Item = &SourceName> {
        self.sources.keys()
    }

    /// Reads the key `budgets`; what it leaves out stays at its default.
    pub(super) fn read(node: &Node, report: &mut Report) -> Option<Self> {
        let fields = Fields::of(node, "budgets", report)?;
        fields.only(&KEYS, report);
        let mut one = |key: &str, otherwise: Allowed| {
            fields.get(key).map_or(Some(otherwise), |node| Allowed::read(node, &format!("`{key}`"), otherwise, report))
        };
        let organization = one("organization", ORGANIZATION)?;
        let (each_source, each_rule) = (one("each_source", EACH_SOURCE)?, one("each_rule", EACH_RULE)?);
        let each_department = match fields.get("each_department") {
            Some(_) => Some(one("each_department", WIDEST)?),
            None => None,
        };
        let sources = named(&fields, "sources", each_source, report, |text| SourceName::parse(text).ok())?;
        let rules = named(&fields, "rules", each_rule, report, |text| RuleId::parse(text).ok())?;
        let of_department = each_department.unwrap_or(WIDEST);
        let departments = named(&fields, "departments", of_department, report, department)?;
        let sources = sources.into_iter().map(|(source, (_, budget))| (source, budget)).collect();
        let departments = departments.into_iter().map(|(id, (_, budget))| (id, budget)).collect();
        Some(Self { organization, each_source, each_rule, each_department, sources, rules, departments })
    }

    /// Reports budgets of rules that there are not: most likely the one that was meant has none.
    pub(super) fn check_rules(&self, is_known: impl Fn(&RuleId) -> bool, report: &mut Report) {
        for (rule, (at, _)) in self.rules.iter().filter(|(rule, _)| !is_known(rule)) {
            report.error_with(*at, format!("no rule has the id `{rule}`"), "remove it, or correct the id");
        }
    }
}

/// The budget of a rule's own, which is only ever narrower than the others.
pub(super) fn read_own(node: &Node, report: &mut Report) -> Option<Allowed> {
    Allowed::read(node, "`budget`", WIDEST, report)
}

/// DingTalk numbers departments from 1, the organization itself.
fn department(text: &str) -> Option<DepartmentId> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| is_plain).map(DepartmentId::new)
}

/// The budgets of those that have one of their own.
fn named<K: Ord>(
    fields: &Fields<'_>,
    key: &str,
    otherwise: Allowed,
    report: &mut Report,
    parse: impl Fn(&str) -> Option<K>,
) -> Option<BTreeMap<K, (Place, Allowed)>> {
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
        let budget = Allowed::read(&entry.value, &format!("the budget of `{}`", entry.key), otherwise, report)?;
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

    fn among_nobody(allowed: Allowed) -> Budget {
        allowed.among(None)
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
        let of_rules = [&rule, &other].map(|rule| among_nobody(budgets.of_rule(rule)));
        assert_eq!(of_rules, [budget(5, 6), budget(5, 30)]);
        let of_sources = [&okta, &siem].map(|source| among_nobody(budgets.of_source(source)));
        assert_eq!(of_sources, [budget(0, 60), budget(20, 60)]);
        assert_eq!(budgets.organization(), ORGANIZATION);
        assert_eq!(read("{}").unwrap(), Budgets::default());
    }

    #[test]
    fn a_department_has_a_budget_if_it_or_each_is_given_one() {
        let [root, one, two] = [1, 31, 32].map(DepartmentId::new);
        let of = |text: &str| {
            let budgets = read(text).unwrap();
            [root, one, two].map(|id| budgets.of_department(id).map(among_nobody))
        };
        assert_eq!(of("{}"), [None; 3]);
        assert_eq!(of("departments: {'31': {per_hour: 2}}"), [None, Some(budget(2, Budget::MOST)), None]);
        let each = "each_department: {per_hour: 3, per_day: 5}\n";
        assert_eq!(of(each), [None, Some(budget(3, 5)), Some(budget(3, 5))]);
        let named = format!("{each}departments: {{1: {{per_day: 9}}, 32: {{per_hour: 1}}}}");
        assert_eq!(of(&named), [Some(budget(3, 9)), Some(budget(3, 5)), Some(budget(1, 5))]);
        assert!(!read("{}").unwrap().have_departments() && read(each).unwrap().have_departments());
        let shares = |text: &str| read(text).unwrap().have_shares();
        assert!(!shares(each) && shares("departments: {2: {percent_per_day: 5}}"));
        assert!(shares("each_rule: {percent_per_hour: 1}") && shares("sources: {okta: {percent_per_hour: 1}}"));
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
            (
                "departments: {'031': {per_hour: 1}}",
                "guardrails.yml:1:15: `031` is no name that `departments` can have",
            ),
            ("departments: {engineering: {per_hour: 1}}", "guardrails.yml:1:15: `engineering` is no name that"),
            ("rules: {no-id: {per_hour: 1}}", "guardrails.yml:1:9: `no-id` is no name that `rules` can have"),
            ("sources: {'a b': {per_hour: 1}}", "guardrails.yml:1:11: `a b` is no name that `sources` can have"),
        ] {
            let found = read(text).unwrap_err();
            assert!(found.starts_with(problem), "{text}: {found}");
        }
    }
}
