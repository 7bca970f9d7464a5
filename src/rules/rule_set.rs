//! A loaded set of rules, and the one evaluator that puts alerts to it.

use serde_json::Value;

use crate::incident::{Alert, Digest, LogSource, NearestMiss};

use super::evaluate::Nearness;
use super::guardrails::Guardrails;
use super::identities::Identities;
use super::index::Index;
use super::problem::Problem;
use super::reasons::Reasons;
use super::rule::Rule;

/// Everything of one rules folder, compiled and checked. Immutable.
#[derive(Debug, Clone)]
pub struct RuleSet {
    /// In the order of their files' names.
    rules: Vec<Rule>,
    routes: Vec<Route>,
    index: Index,
    digest: Digest,
    reasons: Reasons,
    guardrails: Guardrails,
    identities: Identities,
    warnings: Vec<Problem>,
}

/// The rules (by index) for one log source.
#[derive(Debug, Clone)]
struct Route {
    log_source: LogSource,
    rules: Vec<usize>,
}

/// What a rule set says to an alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation<'r> {
    /// The rules that match, in the order of their files' names.
    pub matches: Vec<Match<'r>>,
    /// When none matches: the rule for these events that came nearest. `None` when there is no rule
    /// for them at all.
    pub nearest: Option<NearestMiss>,
}

/// One rule that matches.
#[derive(Debug, Clone, PartialEq)]
pub struct Match<'r> {
    /// The rule.
    pub rule: &'r Rule,
    /// The search identifiers that matched, at most 16.
    pub matched: Vec<String>,
}

impl RuleSet {
    pub(super) fn new(
        rules: Vec<Rule>,
        digest: Digest,
        reasons: Reasons,
        guardrails: Guardrails,
        identities: Identities,
        warnings: Vec<Problem>,
    ) -> Self {
        Self {
            routes: routes(&rules),
            index: Index::of(&rules),
            rules,
            digest,
            reasons,
            guardrails,
            identities,
            warnings,
        }
    }

    /// The rules, in the order of their files' names.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// SHA-256 over names and contents of all files of the folder; on every verdict.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The employee reasons.
    #[must_use]
    pub fn reasons(&self) -> &Reasons {
        &self.reasons
    }

    /// What holds for every rule.
    #[must_use]
    pub fn guardrails(&self) -> &Guardrails {
        &self.guardrails
    }

    /// Who is who.
    #[must_use]
    pub fn identities(&self) -> &Identities {
        &self.identities
    }

    /// What is allowed but probably not meant, sorted by file and line.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// Adds to the warnings what is known only once the set is made.
    pub(super) fn warn(&mut self, problem: Problem) {
        self.warnings.push(problem);
        self.warnings.sort();
    }

    /// Puts the alert to every rule for one of its log sources. Pure; allocates only for what it
    /// gives back.
    #[must_use]
    pub fn evaluate(&self, alert: &Alert) -> Evaluation<'_> {
        let event = &alert.event;
        let mut hits = Vec::new();
        self.index.candidates(event, |index| {
            if let Some(rule) = self.rules.get(index)
                && alert.log_sources.iter().any(|source| rule.log_source.has(source))
                && rule.matches(event)
            {
                hits.push(index);
            }
        });
        if hits.is_empty() {
            return Evaluation { matches: Vec::new(), nearest: self.nearest(alert) };
        }
        hits.sort_unstable();
        let rules = hits.into_iter().filter_map(|index| self.rules.get(index));
        Evaluation { matches: rules.map(|rule| Match { rule, matched: rule.matched(event) }).collect(), nearest: None }
    }

    /// The rules whose detection the event passes, whatever log source they are for, in the order of
    /// their files' names.
    #[must_use]
    pub fn matching(&self, event: &Value) -> Vec<&Rule> {
        let mut hits = Vec::new();
        self.index.candidates(event, |index| hits.extend(Some(index).filter(|_| self.passes(index, event))));
        hits.sort_unstable();
        hits.into_iter().filter_map(|index| self.rules.get(index)).collect()
    }

    fn passes(&self, index: usize, event: &Value) -> bool {
        self.rules.get(index).is_some_and(|rule| rule.matches(event))
    }

    fn routed<'s>(&'s self, alert: &'s Alert) -> impl Iterator<Item = (usize, &'s Rule)> {
        let routes =
            self.routes.iter().filter(|route| alert.log_sources.iter().any(|source| route.log_source.has(source)));
        routes.flat_map(|route| &route.rules).filter_map(|index| self.rules.get(*index).map(|rule| (*index, rule)))
    }

    fn nearest(&self, alert: &Alert) -> Option<NearestMiss> {
        let event: &Value = &alert.event;
        let near = self.routed(alert).map(|(index, rule)| (index, rule, rule.nearness(event)));
        let (_, rule, nearness) = near.reduce(|best, next| if is_before(&next, &best) { next } else { best })?;
        let miss = nearness.miss?;
        Some(NearestMiss {
            rule: rule.reference.clone(),
            passed: nearness.passed,
            tests: nearness.tests,
            field: miss.field(),
            why: miss.why(),
        })
    }
}

/// Whether `next` is nearer, or as near and earlier in the set: the order of routes decides nothing.
fn is_before(next: &(usize, &Rule, Nearness<'_>), best: &(usize, &Rule, Nearness<'_>)) -> bool {
    next.2.is_nearer_than(&best.2) || (!best.2.is_nearer_than(&next.2) && next.0 < best.0)
}

fn routes(rules: &[Rule]) -> Vec<Route> {
    let mut routes: Vec<Route> = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        match routes.iter_mut().find(|route| route.log_source == rule.log_source) {
            Some(route) => route.rules.push(index),
            None => routes.push(Route { log_source: rule.log_source.clone(), rules: vec![index] }),
        }
    }
    routes
}
