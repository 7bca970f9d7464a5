//! Rules that wait for events that nobody sends: they load, their tests come out, and they never match.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use crate::incident::{LogSource, RuleId, SourceName};

use super::detector::Detector;
use super::guardrails;
use super::lint::LintLevel;
use super::load::shown;
use super::problem::Problem;
use super::response::Mode;
use super::rule::Rule;
use super::rule_set::RuleSet;

impl RuleSet {
    /// Adds a warning for each rule that has a response, or that a correlation with one counts, if its log
    /// source is none of those `sent` by any source. Of a rule that only watches it is an info. And one for each
    /// budget of a source that there is not. `folder` has the rules.
    pub fn hear(&mut self, folder: &Path, sent: &BTreeMap<SourceName, Arc<[LogSource]>>) {
        let waiting = self.waited_for();
        let is_sent =
            |detector: &Detector| sent.values().flat_map(|sent| sent.iter()).any(|sent| detector.log_source.has(sent));
        let unheard: Vec<Problem> = self
            .detectors()
            .iter()
            .filter(|detector| !is_sent(detector))
            .filter_map(|detector| Some(problem(detector, *waiting.get(&detector.rule.reference.id)?, folder)))
            .collect();
        let named = self.guardrails().budgets().sources();
        let of_nobody: Vec<Problem> =
            named.filter(|name| !sent.contains_key(*name)).map(|name| of_nobody(name, folder)).collect();
        self.warn(unheard);
        self.warn(of_nobody);
    }

    /// The rules whose matches come to something, each with the most that comes of them.
    fn waited_for(&self) -> HashMap<RuleId, Mode> {
        let own = |rule: &Rule| Some((rule.reference.id.clone(), rule.response.as_ref()?.mode));
        let mut waited: HashMap<RuleId, Mode> = self.all_rules().filter_map(own).collect();
        // Each comes behind those that it builds on, so this way round whole chains are followed.
        for correlation in self.correlations().iter().rev() {
            let Some(mode) = waited.get(&correlation.rule.reference.id).copied() else { continue };
            for part in correlation.parts() {
                let known = waited.entry(part.clone()).or_insert(mode);
                if mode == Mode::Enforce {
                    *known = mode;
                }
            }
        }
        waited
    }
}

fn problem(detector: &Detector, mode: Mode, folder: &Path) -> Problem {
    let Detector { rule, log_source, .. } = detector;
    let level = match mode {
        Mode::Enforce => LintLevel::Warning,
        Mode::Shadow => LintLevel::Info,
    };
    Problem {
        file: format!("{}{}", shown(folder), rule.file),
        at: None,
        what: format!(
            "the rule `{}` never matches: no configured source sends events of {}",
            rule.reference.title,
            log_source.named().map(|(key, name)| format!("`{key}: {name}`")).collect::<Vec<_>>().join(", ")
        ),
        advice: Some("give a source this `log_source`, or correct the rule's".to_owned()),
        lint: None,
        level,
        excerpt: None,
    }
}

/// Most likely a name that is written otherwise in the configuration, whose source has the usual budget.
fn of_nobody(name: &SourceName, folder: &Path) -> Problem {
    Problem {
        file: format!("{}{}", shown(folder), guardrails::FILE),
        at: None,
        what: format!("there is a budget for the source `{name}`, which is not configured"),
        advice: Some("correct the name, or remove it".to_owned()),
        lint: None,
        level: LintLevel::Warning,
        excerpt: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::compile;
    use super::super::tests::{ACTING, folder};
    use super::*;

    /// What is said of these rules when this is sent, without the advice.
    fn told(rules: &[(&str, &str)], sent: &[(&str, Option<&str>)]) -> Vec<(LintLevel, String)> {
        let log_source = |(product, service): &(&str, Option<&str>)| LogSource {
            category: None,
            product: Some((*product).to_owned()),
            service: service.map(str::to_owned),
        };
        let sent: Arc<[LogSource]> = sent.iter().map(log_source).collect();
        let sent = BTreeMap::from([(SourceName::parse("okta").unwrap(), sent)]);
        let mut set = compile(&folder(rules)).unwrap();
        set.hear(Path::new("here"), &sent);
        set.warnings().iter().map(|problem| (problem.level, format!("{}: {}", problem.file, problem.what))).collect()
    }

    #[test]
    fn a_budget_for_a_source_that_there_is_not_is_told_of() {
        let budgets = "protected: []\nbudgets: {sources: {okta: {per_hour: 1}, otka: {per_hour: 1}}}\n";
        let mut files = folder(&[("x.yml", ACTING)]);
        files.retain(|file| file.name != guardrails::FILE);
        files.push(super::super::tests::file(guardrails::FILE, budgets));
        let mut set = compile(&files).unwrap();
        let test: Arc<[LogSource]> =
            Arc::from([LogSource { product: Some("test".to_owned()), ..LogSource::default() }]);
        set.hear(Path::new("here"), &BTreeMap::from([(SourceName::parse("okta").unwrap(), test)]));
        let told: Vec<String> =
            set.warnings().iter().map(|problem| format!("{}: {}", problem.file, problem.what)).collect();
        assert_eq!(told, ["here/guardrails.yml: there is a budget for the source `otka`, which is not configured"]);
    }

    const NEVER: &str = "here/x.yml: the rule `T` never matches: no configured source sends events of";

    #[test]
    fn a_rule_that_acts_and_hears_of_nothing_is_told_of() {
        let warned = |rule: &str, sent: &[(&str, Option<&str>)]| told(&[("x.yml", rule)], sent);
        assert_eq!(warned(ACTING, &[("test", None)]), []);
        assert_eq!(warned(ACTING, &[("other", None), ("Test", Some("x"))]), []);
        let of_test = format!("{NEVER} `product: test`");
        for sent in [&[][..], &[("tset", None)], &[("tests", Some("test"))]] {
            assert_eq!(warned(ACTING, sent), [(LintLevel::Warning, of_test.clone())], "{sent:?}");
        }
        let service = ACTING.replace("{product: test}", "{product: test, service: a}");
        let of_service = format!("{NEVER} `product: test`, `service: a`");
        assert_eq!(warned(&service, &[("test", None)]), [(LintLevel::Warning, of_service)]);
        assert_eq!(warned(&service, &[("test", Some("a"))]), []);
        let watching = ACTING.replace("mode: enforce", "mode: shadow");
        assert_eq!(warned(&watching, &[]), [(LintLevel::Info, of_test)]);
        let detecting = "title: D\nlogsource: {product: test}\ndetection: {s: {a: x}, condition: s}\n";
        assert_eq!(warned(detecting, &[]), []);
    }

    #[test]
    fn a_rule_that_is_counted_by_what_acts_is_told_of_through_a_chain_too() {
        let counted = "title: C\nid: 00000000-0000-4000-8000-0000000000c1\nname: counted\n\
                       logsource: {product: far}\ndetection: {s: {a: x}, condition: s}\n";
        let count = |number: u32, of: &str, rest: &str| {
            format!(
                "title: N\nid: 00000000-0000-4000-8000-0000000000d{number}\nname: n{number}\nowner: tests\n\
                 correlation: {{type: event_count, rules: {of}, group-by: who, timespan: 1h, condition: {{gte: 2}}}}\n{rest}"
            )
        };
        let response = "response:\n  mode: enforce\n  account: {email: who}\n  steps:\n    \
                        - sign_out: {reason: 'x', employee_reason: account-takeover}\n";
        let (inner, outer) = (count(1, "counted", ""), count(2, "n1", response));
        let of_far = "here/a.yml: the rule `C` never matches: no configured source sends events of `product: far`";
        let unheard = |rules: &[(&str, &str)]| {
            let told = told(rules, &[("test", None)]);
            told.into_iter().filter(|(_, what)| what.contains("never matches")).collect::<Vec<_>>()
        };
        let chain = [("a.yml", counted), ("b.yml", inner.as_str()), ("c.yml", outer.as_str())];
        assert_eq!(unheard(&chain), [(LintLevel::Warning, of_far.to_owned())]);
        assert_eq!(unheard(&chain[..2]), [], "nothing comes of it");
        let shadow = outer.replace("mode: enforce", "mode: shadow");
        let chain = [chain[0], chain[1], ("c.yml", shadow.as_str())];
        assert_eq!(unheard(&chain), [(LintLevel::Info, of_far.to_owned())]);
    }
}
