//! What one side of the comparison says to an alert: how it came out, and whom it touched.

use serde::Serialize;

use crate::incident::{AccountRef, Decision, HoldReason, IncidentId, Opened, RuleRef, Timestamp, Verdict, VerdictKind};

/// What an alert came to, weakest first. A repeat that an earlier containment covers is contained
/// with it, so that neither side differs by what came before the first alert looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// No rule matched.
    #[default]
    Unmatched,
    /// A rule matched that only watches, or only tells people.
    Shadow,
    /// A guardrail wants a human to look.
    Held,
    /// The account is contained.
    Contained,
}

impl Outcome {
    /// In a word, as in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unmatched => "unmatched",
            Self::Shadow => "shadow",
            Self::Held => "held",
            Self::Contained => "contained",
        }
    }
}

/// What one side says to one alert. The default is that it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ruling {
    /// The strongest of its decisions.
    pub outcome: Outcome,
    /// The rules that matched.
    pub(super) rules: Vec<RuleRef>,
    /// Whom it acts on or holds, once for each rule.
    pub(super) touched: Vec<Touched>,
    /// Why rules that matched would act on nobody: no account could be named, or the source proves
    /// too little to look.
    pub(super) unnamed: Vec<HoldReason>,
    /// How many containments it begins.
    pub(super) begun: u64,
}

/// An account that a rule acts on, or would if it were not held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// Who.
    pub account: AccountRef,
    /// By which rule.
    pub rule: RuleRef,
    /// Why it is held; `None` when it is contained.
    pub held: Option<HoldReason>,
}

/// What is known of an incident that covers later alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Whom it is about.
    pub account: AccountRef,
    /// Whether anything is done to them; else people are told, and nobody is contained.
    pub touches: bool,
    /// Why it was held from the start, before DingTalk was asked anything.
    pub held: Option<HoldReason>,
    /// When it was opened.
    pub opened_at: Timestamp,
}

impl Ruling {
    /// What a verdict with the incidents that it opens comes to. `known` tells of an incident, opened
    /// just now or before, and knows better than the plan whether it is held; what it does not know of is
    /// taken to contain somebody.
    pub(super) fn of(verdict: &Verdict, opened: &[Opened], known: impl Fn(&IncidentId) -> Option<Known>) -> Self {
        let mut touched = Vec::new();
        let mut begun = 0;
        for Opened { plan, held } in opened.iter().filter(|opened| opened.plan.touches()) {
            let known = known(&plan.incident);
            begun += u64::from(known.as_ref().map_or(*held, |known| known.held).is_none());
            if let Some(Known { account, held, .. }) = known {
                let touch = |rule: &RuleRef| Touched { account: account.clone(), rule: rule.clone(), held };
                touched.extend(plan.rules.iter().map(touch));
            }
        }
        let mut strongest = Outcome::Unmatched;
        for decision in &verdict.decisions {
            let incident = decision.incident.as_ref().and_then(&known);
            strongest = strongest.max(outcome(decision, incident.as_ref()));
            let covering = incident.filter(|known| known.touches && decision.kind == VerdictKind::Suppressed);
            touched.extend(covering.map(|Known { account, held, .. }| Touched {
                account,
                rule: decision.rule.clone(),
                held,
            }));
        }
        let unnamed = verdict.decisions.iter().filter(|decision| decision.incident.is_none());
        let unnamed = unnamed.filter_map(|decision| decision.reason).collect();
        let rules = verdict.decisions.iter().map(|decision| decision.rule.clone()).collect();
        Self { outcome: strongest, rules, touched, unnamed, begun }
    }
}

fn outcome(decision: &Decision, incident: Option<&Known>) -> Outcome {
    match decision.kind {
        VerdictKind::Tried | VerdictKind::Unmatched | VerdictKind::Counted => Outcome::Unmatched,
        VerdictKind::Shadow => Outcome::Shadow,
        _ if incident.is_some_and(|known| !known.touches) => Outcome::Shadow,
        VerdictKind::Held => Outcome::Held,
        VerdictKind::Suppressed | VerdictKind::Planned if incident.is_some_and(|known| known.held.is_some()) => {
            Outcome::Held
        }
        VerdictKind::Suppressed | VerdictKind::Planned => Outcome::Contained,
    }
}
