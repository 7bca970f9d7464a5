//! A loaded set of rules, and the one evaluator that puts alerts to it.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::Value;

use crate::incident::{
    AccountKind, AccountRef, ActionKind, Alert, Approval, Assurance, Budget, Digest, LogSource, NearestMiss,
    ReasonCode, RuleId, UserId,
};

use super::correlation::{self, Correlation, Feeds, Signal};
use super::detector::Detector;
use super::guardrails::Guardrails;
use super::identities::Identities;
use super::index::{Found, Index};
use super::near::{Near, Nearest};
use super::problem::Problem;
use super::reasons::Reasons;
use super::responders::Responders;
use super::response::{Mode, Response};
use super::routing::Routing;
use super::rule::Rule;

/// Everything of one rules folder, compiled and checked. Immutable.
#[derive(Debug)]
pub struct RuleSet {
    /// In the order of their files' names.
    detectors: Vec<Detector>,
    /// Each behind those that it builds on.
    correlations: Vec<Correlation>,
    feeds: Feeds,
    routing: Routing,
    /// Over all rules; made when it is first asked for.
    index: OnceLock<Index>,
    digest: Digest,
    reasons: Reasons,
    guardrails: Guardrails,
    identities: Identities,
    warnings: Vec<Problem>,
}

/// What a rule set says to an alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation<'r> {
    /// The rules that match, in the order of their files' names.
    pub matches: Vec<Match<'r>>,
    /// When none matches: the rule for these events that came nearest. `None` when there is no rule
    /// for them at all.
    pub nearest: Option<Nearest<'r>>,
}

/// One rule that matches.
#[derive(Debug, Clone, PartialEq)]
pub struct Match<'r> {
    /// The rule.
    pub rule: &'r Rule,
    /// The search identifiers that matched, at most 16; of a correlation the rule that has.
    pub matched: Vec<String>,
    /// Of a correlation that acts: the value of the group that names the account.
    pub account: Option<String>,
}

impl RuleSet {
    pub(super) fn new(
        detectors: Vec<Detector>,
        correlations: Vec<Correlation>,
        digest: Digest,
        reasons: Reasons,
        guardrails: Guardrails,
        identities: Identities,
        warnings: Vec<Problem>,
    ) -> Self {
        Self {
            feeds: Feeds::of(correlations.iter()),
            correlations,
            routing: Routing::default(),
            index: OnceLock::new(),
            detectors,
            digest,
            reasons,
            guardrails,
            identities,
            warnings,
        }
    }

    /// The rules that look at one event, in the order of their files' names.
    #[must_use]
    pub fn detectors(&self) -> &[Detector] {
        &self.detectors
    }

    /// The correlations, each behind those that it builds on.
    #[must_use]
    pub fn correlations(&self) -> &[Correlation] {
        &self.correlations
    }

    /// All rules: those of the detectors, and those that are correlations.
    pub fn all_rules(&self) -> impl Iterator<Item = &Rule> {
        self.detectors
            .iter()
            .map(|detector| &detector.rule)
            .chain(self.correlations.iter().map(|correlation| &correlation.rule))
    }

    /// Whose account a reference names, as far as that can be told without asking anybody.
    #[must_use]
    pub fn user_of(&self, account: &AccountRef) -> Option<UserId> {
        let mapped = self.identities.user_for(account).cloned();
        mapped.or_else(|| UserId::parse(account.value()).ok().filter(|_| account.kind() == AccountKind::UserId))
    }

    /// Whether the rule is there, acts, and has a step of this kind.
    #[must_use]
    pub fn asks_for(&self, rule: &RuleId, kind: ActionKind) -> bool {
        let acts = self.response_of(rule).is_some_and(|response| {
            response.mode == Mode::Enforce && response.steps.iter().any(|step| step.kind() == kind)
        });
        acts && !self.is_silent(rule)
    }

    /// Whether the rule wants no more to be said before it acts than was asked for, as it is now: no more people, and
    /// not that it is dropped where nobody says yes. That `people` of them have said it may be so by now.
    #[must_use]
    pub fn is_content_with(&self, rule: &RuleId, asked: Option<Approval>, people: u8) -> bool {
        let wanted = self.response_of(rule).and_then(|response| response.approval);
        wanted.is_none_or(|wanted| {
            let may_act = |asked: Approval| asked.otherwise <= wanted.otherwise;
            asked.is_some_and(|asked| asked.people >= wanted.people && (people >= wanted.people || may_act(asked)))
        })
    }

    /// The least that these rules accept of a source, as they are now.
    #[must_use]
    pub fn floor_of<'r>(&self, rules: impl Iterator<Item = &'r RuleId>) -> Option<Assurance> {
        rules.filter_map(|rule| Some(self.response_of(rule)?.assurance)).min_by_key(|level| *level as u8)
    }

    fn response_of(&self, rule: &RuleId) -> Option<&Response> {
        self.all_rules().find(|known| known.reference.id == *rule)?.response.as_ref()
    }

    /// How often a rule may act where there are so many people: as `guardrails.yml` says, or less where the rule says so.
    #[must_use]
    pub fn budget_of(&self, rule: &RuleId, people: Option<u32>) -> Budget {
        let of_all = self.guardrails.budgets().of_rule(rule).among(people);
        let own = self
            .all_rules()
            .find(|known| known.reference.id == *rule)
            .and_then(|known| known.response.as_ref()?.budget);
        own.map_or(of_all, |own| own.among(people).narrowed(of_all))
    }

    /// Takes what the event, which these rules match, adds to correlations to `holds`, one signal after
    /// the other and each correlation behind those that it builds on. Those that name a correlation
    /// count it if `holds` says so.
    pub fn walk<'r, 'm>(
        &'r self,
        matched: impl IntoIterator<Item = &'m RuleId>,
        event: &Value,
        holds: impl FnMut(Signal<'r>) -> bool,
    ) {
        self.feeds.walk(&self.correlations, matched, event, holds);
    }

    /// Why an event that these rules match is counted nowhere, when it is not.
    #[must_use]
    pub fn uncounted(&self, matched: &[RuleId], event: &Value) -> Option<NearestMiss> {
        self.feeds.uncounted(&self.correlations, matched, event)
    }

    /// Whether matches of the rule are only counted by correlations, and are none of their own.
    #[must_use]
    pub fn is_silent(&self, rule: &RuleId) -> bool {
        self.feeds.is_silent(rule)
    }

    /// How far back an alert can matter to correlations.
    #[must_use]
    pub fn looks_back(&self) -> Duration {
        correlation::looks_back(&self.correlations)
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

    /// The version of what employees read for `code`, as it stands on the trail when they are signed out.
    #[must_use]
    pub fn wording_of(&self, code: &ReasonCode) -> Digest {
        self.reasons.wording_digest(code, self.guardrails.contact())
    }

    /// The same of every reason.
    #[must_use]
    pub fn wordings(&self) -> BTreeMap<&str, Digest> {
        self.reasons.codes().map(|code| (code.as_str(), self.wording_of(code))).collect()
    }

    /// Protects the accounts of those who decide about others', beside those that the folder lists.
    pub fn protect_responders(&mut self, responders: &Arc<Responders>) {
        self.guardrails.protect_responders(responders);
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
    pub(super) fn warn(&mut self, problems: impl IntoIterator<Item = Problem>) {
        self.warnings.extend(problems);
        self.warnings.sort();
    }

    /// Puts the alert to every rule for one of its log sources. Pure; allocates only for what it
    /// gives back, and for a set of log sources that it has not met before.
    #[must_use]
    pub fn evaluate(&self, alert: &Alert) -> Evaluation<'_> {
        self.evaluate_event(&alert.event, &alert.log_sources)
    }

    /// As [`RuleSet::evaluate`], for an event of these log sources.
    pub(super) fn evaluate_event<'s>(&'s self, event: &Value, log_sources: &Arc<[LogSource]>) -> Evaluation<'s> {
        let routed = self.routing.of(log_sources, &self.detectors);
        let (mut hits, mut near) = (Vec::new(), Near::default());
        routed.index.find(event, |found| {
            if self.is_match(found, event) {
                hits.push(found.number);
            } else if hits.is_empty() {
                near.see(found);
            }
        });
        if hits.is_empty() {
            return Evaluation { matches: Vec::new(), nearest: near.nearest(&self.detectors, &routed.rules) };
        }
        hits.sort_unstable();
        let detectors = hits.into_iter().filter_map(|number| self.detectors.get(number));
        let found =
            |detector: &'s Detector| Match { rule: &detector.rule, matched: detector.matched(event), account: None };
        Evaluation { matches: detectors.map(found).collect(), nearest: None }
    }

    /// The rules whose detection the event passes, whatever log source they are for, in the order of
    /// their files' names.
    #[must_use]
    pub fn matching(&self, event: &Value) -> Vec<&Rule> {
        let mut hits = Vec::new();
        let index = self.index.get_or_init(|| Index::of(self.detectors.iter().enumerate()));
        index.find(event, |found| {
            if self.is_match(found, event) {
                hits.push(found.number);
            }
        });
        hits.sort_unstable();
        hits.into_iter().filter_map(|number| Some(&self.detectors.get(number)?.rule)).collect()
    }

    /// Prepares for the log sources that `other` has met, so that no alert waits for it.
    pub(super) fn prepare_as(&self, other: &Self) {
        self.routing.prepare_as(&other.routing, &self.detectors);
    }

    fn is_match(&self, found: Found, event: &Value) -> bool {
        let detector = self.detectors.get(found.number).filter(|_| found.is_candidate());
        detector.is_some_and(|detector| detector.matches_besides(found.settled, event))
    }
}
