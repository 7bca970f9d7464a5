//! Whether the senders are heard: pure, from what was last heard of each.

use std::time::Duration;

use super::examined::Examined;
use crate::incident::{Check, Diagnosis, SourceName, Timestamp};
use crate::intake::Intake;
use crate::trail::Figures;

/// What was refused longer ago tells nothing of today.
const LATELY: Duration = Duration::from_secs(24 * 3_600);

/// What was last heard of one source.
struct Last<'a> {
    source: &'a SourceName,
    proven_at: Option<Timestamp>,
    refused: Option<(Timestamp, String)>,
}

/// Of all sources. One that is silent is no fault: there may be nothing to say.
pub(super) fn of_sources(intake: &Intake, figures: &Figures, now: Timestamp) -> Examined {
    let all: Vec<Last<'_>> = intake.sources().map(|source| last(intake, figures, source)).collect();
    if all.is_empty() {
        return Examined::of(Check::Sources, Diagnosis::NotConfigured);
    }
    let refused: Vec<String> = all.iter().filter_map(|last| last.is_refused(now)).collect();
    if !refused.is_empty() {
        return Examined::with(Check::Sources, Diagnosis::SourceRefused, refused.join(", "));
    }
    let said = all.iter().map(|last| match last.proven_at {
        Some(at) => format!("{} heard {}", last.source, at.strftime("%Y-%m-%d %H:%M UTC")),
        None => format!("{} not heard yet", last.source),
    });
    Examined::with(Check::Sources, Diagnosis::Good, said.collect::<Vec<_>>().join(", "))
}

/// From this run of the program and from the trail, whichever is later.
fn last<'a>(intake: &Intake, figures: &Figures, source: &'a SourceName) -> Last<'a> {
    let live = intake.heard(source).unwrap_or_default();
    let recorded = figures.heard.get(source).cloned().unwrap_or_default();
    let refused = live.refused.map(|refused| (refused.at, refused.reason.to_owned()));
    Last { source, proven_at: live.at.max(recorded.alert_at), refused: refused.max(recorded.refused) }
}

impl Last<'_> {
    fn is_refused(&self, now: Timestamp) -> Option<String> {
        let (at, reason) = self.refused.as_ref()?;
        let is_lately = now.duration_since(*at).unsigned_abs() < LATELY;
        let is_last = self.proven_at.is_none_or(|proven_at| proven_at < *at);
        (is_lately && is_last).then(|| format!("{}: {reason}", self.source))
    }
}
