//! What there was so far, in numbers, for dashboards. Derived from the records alone, as the board is, so
//! that the numbers go on after a restart. No part of the board: most alerts change nothing there, and
//! need not wait for who looks at it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::activity::Activity;
use crate::incident::{
    Counted, Decision, Event, SenderEvent, SourceName, StreamStatus, Timestamp, Verdict, VerdictKind, sorted,
};

/// The most different reasons and sources of refused deliveries that are told apart; what comes on top is
/// counted as `other`.
const REFUSALS_MAX: usize = 4_096;
/// The most sources of which it is known what was last heard; those that were first.
const HEARD_MAX: usize = 4_096;
/// The most secrets of one source, live ones and former ones.
const SECRETS_MAX: usize = 32;
/// The reason under which those are counted.
const OTHER: &str = "other";

/// Numbers that only grow, but for those of some time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
// As the board, of which it is carried.
#[serde(default, deny_unknown_fields)]
pub struct Figures {
    /// Alerts by their source and what became of them.
    #[serde(with = "sorted::map")]
    pub alerts: BTreeMap<(SourceName, VerdictKind), u64>,
    /// Matches by the mode of the rule that matched.
    #[serde(with = "sorted::map")]
    pub matches: BTreeMap<MatchedAs, u64>,
    /// Deliveries that were not taken, by the configured source that they name and the reason's code.
    #[serde(with = "sorted::map")]
    pub refusals: BTreeMap<(Option<SourceName>, String), u64>,
    /// Steps by how they came out.
    #[serde(with = "sorted::map")]
    pub steps: BTreeMap<StepOutcome, u64>,
    /// Windows of correlations that had to give way to others.
    pub windows_evicted: u64,
    /// What was last heard of sources.
    pub heard: BTreeMap<SourceName, Heard>,
    /// How much there was when.
    pub activity: Activity,
}

/// What was last heard of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// When it last sent an alert that was recorded.
    pub alert_at: Option<Timestamp>,
    /// When each of its secrets was last used for one.
    pub secrets: BTreeMap<String, Timestamp>,
    /// When something in its name was last refused or not understood, and the reason's code.
    pub refused: Option<(Timestamp, String)>,
    /// What its sender has last said of its stream or subscription.
    pub stream: Option<Stream>,
}

/// Whether a sender goes on sending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// Whether it does.
    pub status: StreamStatus,
    /// When we heard so.
    pub at: Timestamp,
    /// When it was said, as its sender has signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// Why, in its words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a rule that matched may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MatchedAs {
    /// Only detect: it has no response.
    Detect,
    /// Only watch.
    Shadow,
    /// Act.
    Enforce,
    /// Not known: the record lists no more decisions.
    Unlisted,
}

/// How an attempt at a step, or the look at its effect, came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum StepOutcome {
    /// It is claimed to be done.
    Succeeded,
    /// Its effect was read back.
    Verified,
    /// It failed and is tried again.
    Retried,
    /// It failed and is given up.
    Failed,
    /// Whether it was done is to be found out.
    Unknown,
}

impl Figures {
    pub(super) fn apply(&mut self, event: &Event, at: Timestamp) {
        self.hear(event, at);
        self.activity.apply(event, at);
        match event {
            Event::AlertAdmitted { alert, verdict, counted, .. } => {
                self.note_verdict(&alert.source, verdict);
                let evicted = |counted: &Counted| counted.evicted.len() as u64;
                self.windows_evicted += counted.iter().map(evicted).sum::<u64>();
            }
            Event::Sender(SenderEvent::Refused { source, reason, count, .. }) => {
                self.refused(source.as_ref(), reason, *count)
            }
            Event::Sender(SenderEvent::NotUnderstood { source, reason, .. }) => self.refused(Some(source), reason, 1),
            Event::Sender(SenderEvent::Conflict { source, .. }) => self.refused(Some(source), "conflict", 1),
            Event::StepSucceeded { .. } => self.step(StepOutcome::Succeeded),
            Event::StepVerified { .. } => self.step(StepOutcome::Verified),
            Event::StepFailed { retry_at: Some(_), .. } => self.step(StepOutcome::Retried),
            Event::StepFailed { retry_at: None, .. } => self.step(StepOutcome::Failed),
            Event::StepUnknown { .. } => self.step(StepOutcome::Unknown),
            _ => {}
        }
    }

    fn hear(&mut self, event: &Event, at: Timestamp) {
        let (source, refused) = match event {
            Event::AlertAdmitted { alert, .. } => (&alert.source, None),
            Event::Sender(SenderEvent::Refused { source: Some(source), reason, minute, latest, .. }) => {
                (source, Some((latest.unwrap_or(*minute), reason.as_str())))
            }
            Event::Sender(SenderEvent::NotUnderstood { source, reason, .. }) => (source, Some((at, reason.as_str()))),
            Event::Sender(SenderEvent::Conflict { source, .. }) => (source, Some((at, "conflict"))),
            Event::Sender(SenderEvent::Stream { source, .. }) => (source, None),
            _ => return,
        };
        if self.heard.len() >= HEARD_MAX && !self.heard.contains_key(source) {
            return;
        }
        let heard = match self.heard.get_mut(source) {
            Some(heard) => heard,
            None => self.heard.entry(source.clone()).or_default(),
        };
        // A summary comes late: what was refused since is not older than what it sums up.
        if let Some((at, reason)) = refused
            && heard.refused.as_ref().is_none_or(|(last, _)| *last <= at)
        {
            heard.refused = Some((at, reason.to_owned()));
        }
        // What was sent earlier and comes later changes nothing any more.
        if let Event::Sender(SenderEvent::Stream { status, sent_at, reason, .. }) = event
            && heard.stream.as_ref().is_none_or(|last| last.sent_at <= *sent_at)
        {
            heard.stream = Some(Stream { status: *status, at, sent_at: *sent_at, reason: reason.clone() });
        }
        let Event::AlertAdmitted { alert, .. } = event else { return };
        heard.alert_at = Some(at);
        if let Some(last) = heard.secrets.get_mut(&alert.secret) {
            *last = at;
        } else if heard.secrets.len() < SECRETS_MAX {
            heard.secrets.insert(alert.secret.clone(), at);
        }
    }

    fn note_verdict(&mut self, source: &SourceName, verdict: &Verdict) {
        *self.alerts.entry((source.clone(), verdict.kind)).or_default() += 1;
        for decision in &verdict.decisions {
            *self.matches.entry(matched_as(decision)).or_default() += 1;
        }
        if verdict.decisions_left_out > 0 {
            *self.matches.entry(MatchedAs::Unlisted).or_default() += u64::from(verdict.decisions_left_out);
        }
    }

    fn refused(&mut self, source: Option<&SourceName>, reason: &str, count: u64) {
        let key = (source.cloned(), reason.to_owned());
        let has_room = self.refusals.len() < REFUSALS_MAX || self.refusals.contains_key(&key);
        let key = if has_room { key } else { (None, OTHER.to_owned()) };
        *self.refusals.entry(key).or_default() += count;
    }

    fn step(&mut self, outcome: StepOutcome) {
        *self.steps.entry(outcome).or_default() += 1;
    }
}

/// A rule that watches says whom it would have acted on, or why on nobody.
fn matched_as(decision: &Decision) -> MatchedAs {
    match decision.kind {
        VerdictKind::Shadow if decision.account.is_none() && decision.reason.is_none() => MatchedAs::Detect,
        VerdictKind::Shadow => MatchedAs::Shadow,
        _ => MatchedAs::Enforce,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_beyond_the_limit_are_counted_together() {
        let mut figures = Figures::default();
        let refused = |reason: String| {
            let (minute, count) = (Timestamp::UNIX_EPOCH, 2);
            Event::Sender(SenderEvent::Refused { source: None, assurance: None, reason, minute, count, latest: None })
        };
        (0..REFUSALS_MAX + 3).for_each(|number| figures.apply(&refused(format!("r{number}")), Timestamp::UNIX_EPOCH));
        assert_eq!(figures.refusals.len(), REFUSALS_MAX + 1);
        assert_eq!(figures.refusals[&(None, OTHER.to_owned())], 6);
    }

    #[test]
    fn the_last_refusal_is_the_latest_whatever_its_name_and_whenever_it_is_summed_up() {
        let (mut figures, source) = (Figures::default(), SourceName::parse("okta").unwrap());
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let summary = |reason: &str, minute, latest: Option<i64>| {
            Event::Sender(SenderEvent::Refused {
                source: Some(source.clone()),
                assurance: None,
                reason: reason.to_owned(),
                minute: at(minute),
                count: 1,
                latest: latest.map(at),
            })
        };
        let unread = Event::Sender(SenderEvent::NotUnderstood {
            delivery: None,
            source: source.clone(),
            assurance: None,
            tried: false,
            reason: "json_syntax".to_owned(),
            body_digest: crate::incident::Digest::of(b""),
            event_digest: None,
            private: crate::incident::Digest::of(b""),
        });
        let last = |figures: &Figures| figures.heard[&source].refused.clone().unwrap();
        figures.apply(&summary("signature_wrong", 60, Some(90)), at(121));
        figures.apply(&summary("timestamp_stale", 60, Some(70)), at(121));
        assert_eq!(last(&figures), (at(90), "signature_wrong".to_owned()), "not the last in the alphabet");
        figures.apply(&unread, at(200));
        figures.apply(&summary("signature_wrong", 180, Some(185)), at(241));
        assert_eq!(last(&figures), (at(200), "json_syntax".to_owned()), "a summary is late");
        figures.apply(&summary("unsigned", 240, None), at(301));
        assert_eq!(last(&figures), (at(240), "unsigned".to_owned()), "of older records the minute is known");
    }
}
