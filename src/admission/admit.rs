//! Matches, plans, guards and records a delivery's alerts: one append, then the answer.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::Deserialize;
use tokio::sync::{Mutex, MutexGuard};

use super::draft::{admitted, alert_key, conflict, delivery_key, not_understood};
use super::{AdmissionError, AlertReceipt, Receipt};
use crate::incident::{Alert, AlertId, Clock, Counted, IncidentId, Opened, RuleId, SourceName, Timestamp, Window};
use crate::intake::{Delivery, NotUnderstood, Verified};
use crate::response::{Counter, Judged, Standing, Stored};
use crate::rules::{InForce, RuleSet};
use crate::trail::{Appended, Cover, DeliveryKey, Pseudonyms, Slot, StoreError, Trail};

/// Accounts share this many locks while alerts about them are decided.
const LANES: usize = 256;

/// Limits of admission.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The most incidents that may be live at once; beyond it alerts that would act are answered 503.
    pub live_incidents_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { live_incidents_max: 50_000 }
    }
}

/// Admits deliveries. Shared by all HTTP workers.
pub struct Admission {
    trail: Arc<Trail>,
    rules: Arc<InForce>,
    pseudonyms: Pseudonyms,
    clock: Arc<dyn Clock>,
    settings: Settings,
    lanes: Vec<Mutex<()>>,
}

/// An alert with what the rules say to it.
type JudgedAlert<'r> = (Alert, Judged<'r>);

impl Admission {
    /// An admission that records to `trail` what `rules` decide.
    #[must_use]
    pub fn new(
        trail: Arc<Trail>,
        rules: Arc<InForce>,
        pseudonyms: Pseudonyms,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Arc<Self> {
        let lanes = std::iter::repeat_with(Mutex::default).take(LANES).collect();
        Arc::new(Self { trail, rules, pseudonyms, clock, settings, lanes })
    }

    /// Admits a verified delivery: when this returns `Ok`, its alerts are durable with their verdicts
    /// and plans, or were so before.
    ///
    /// # Errors
    /// Nothing was recorded, and why.
    pub async fn admit(self: &Arc<Self>, delivery: Verified<Delivery>) -> Result<Receipt, AdmissionError> {
        let delivery = delivery.into_inner();
        // One delivery is decided by one rule set, whatever is loaded meanwhile.
        let loaded = self.rules.now();
        let rules = &loaded.set;
        let key = delivery.id.as_deref().map(|id| delivery_key(&delivery.source, id, delivery.body_sha256));
        let ids: Vec<AlertId> = delivery.alerts.iter().map(|alert| alert.summary.id.clone()).collect();
        let judged: Vec<JudgedAlert<'_>> = delivery.alerts.into_iter().map(|alert| self.judge(rules, alert)).collect();
        let acting = judged.iter().any(|(_, judged)| judged.acting().next().is_some() || judged.counts());
        if !acting {
            return self.record(rules, &delivery.source, key, ids, judged).await;
        }
        if self.trail.board(|board| board.live_count()) >= self.settings.live_incidents_max {
            return Err(AdmissionError::Overloaded);
        }
        // An alert that acts is carried to its end even if the sender hangs up, so that no other
        // alert on the account can be decided between this one's append and the board.
        let alerts: Vec<Alert> = judged.into_iter().map(|(alert, _)| alert).collect();
        let (admission, loaded) = (Arc::clone(self), Arc::clone(&loaded));
        let carried = tokio::spawn(async move {
            let rules = &loaded.set;
            let judged: Vec<JudgedAlert<'_>> = alerts.into_iter().map(|alert| admission.judge(rules, alert)).collect();
            let _lanes = admission.lanes_of(&judged).await;
            admission.record(rules, &delivery.source, key, ids, judged).await
        });
        carried.await.unwrap_or_else(|_| Err(AdmissionError::Unrecorded("the admission was cut short".to_owned())))
    }

    /// Records an authentic delivery that could not be understood, so that nothing is lost.
    ///
    /// # Errors
    /// Nothing was recorded, and why.
    pub async fn record_not_understood(
        &self,
        delivery: Verified<NotUnderstood>,
        body: &[u8],
    ) -> Result<(), AdmissionError> {
        let draft = not_understood(delivery.get(), body, self.clock.now()).map_err(refused)?;
        self.trail.append(None, vec![draft]).await.map(drop).map_err(refused)
    }

    fn judge<'r>(&self, rules: &'r RuleSet, alert: Alert) -> JudgedAlert<'r> {
        let judged = Judged::of(rules, &alert, &self.pseudonyms);
        (alert, judged)
    }

    async fn record(
        &self,
        rules: &RuleSet,
        source: &SourceName,
        key: Option<DeliveryKey>,
        ids: Vec<AlertId>,
        judged: Vec<JudgedAlert<'_>>,
    ) -> Result<Receipt, AdmissionError> {
        let now = self.clock.now();
        let mut drafts = Vec::with_capacity(judged.len());
        let mut opened = Vec::with_capacity(judged.len());
        let mut in_this_delivery = Vec::new();
        let mut ahead = HashMap::new();
        for (alert, mut judged) in judged {
            let key = alert_key(&alert);
            // An alert known from before counts and opens nothing now, so it covers nothing either.
            let is_known = self.trail.is_known(&key);
            let counted = if is_known { Vec::new() } else { self.count(rules, &alert, &mut judged, &mut ahead) };
            let mut standing = self.standing(&judged);
            cover_within(&mut standing, &in_this_delivery);
            let decided = judged.decide(&alert, &standing, rules, now);
            if !decided.opened.is_empty() && !is_known {
                in_this_delivery.extend(decided.opened.iter().flat_map(covers_of(now)));
            }
            opened.push(decided.opened.iter().map(|opened| opened.plan.incident.clone()).collect());
            drafts.push(admitted(alert, key, decided, counted, now).map_err(refused)?);
        }
        match self.trail.append(key, drafts).await.map_err(refused)? {
            Appended::Recorded(slots) => Ok(receipt(ids, opened, &slots)),
            Appended::Repeated { .. } => Ok(Receipt { repeated: true, alerts: repeated(ids) }),
            Appended::Conflict { first } => {
                if let Some(key) = key {
                    self.trail.append(None, vec![conflict(source, key, first, now)]).await.map_err(refused)?;
                }
                Err(AdmissionError::Conflict)
            }
        }
    }

    /// Counts the alert for correlations, under the lanes of all its windows. Windows that alerts of the
    /// same delivery have counted in, and that are not on the board yet, are in `ahead`.
    fn count(
        &self,
        rules: &RuleSet,
        alert: &Alert,
        judged: &mut Judged<'_>,
        ahead: &mut HashMap<String, Window>,
    ) -> Vec<Counted> {
        let stored = |group: &str| self.trail.board(|board| Stored::of(board.windows(), group));
        let counted = judged.count(rules, alert, &mut Counter { pseudonyms: &self.pseudonyms, ahead, stored });
        for Counted { correlation, evicted, .. } in &counted {
            if let Some(evicted) = evicted {
                tracing::warn!(
                    correlation = %correlation, group = %evicted,
                    "too many windows are open; the one with the fewest entries gave way"
                );
            }
        }
        counted
    }

    fn standing(&self, judged: &Judged<'_>) -> Standing {
        let acting: Vec<_> = judged.acting().collect();
        if acting.is_empty() {
            return Standing::default();
        }
        self.trail.board(|board| Standing {
            paused: board.pause().is_some(),
            covers: acting
                .into_iter()
                .filter_map(|(rule, account)| {
                    Some(((rule.clone(), account.to_owned()), board.cover(rule, account)?.clone()))
                })
                .collect(),
        })
    }

    /// The locks of all accounts and windows concerned, in one order for everybody, so that nobody
    /// waits in a circle.
    async fn lanes_of(&self, judged: &[JudgedAlert<'_>]) -> Vec<MutexGuard<'_, ()>> {
        let accounts = judged.iter().flat_map(|(_, judged)| judged.acting()).map(|(_, account)| account);
        let windows = judged.iter().flat_map(|(_, judged)| judged.windows());
        let lanes: BTreeSet<usize> = accounts.chain(windows).map(lane).collect();
        let mut held = Vec::with_capacity(lanes.len());
        for index in lanes {
            if let Some(lane) = self.lanes.get(index) {
                held.push(lane.lock().await);
            }
        }
        held
    }
}

/// A pseudonym is a keyed hash, so any of its digits spread evenly.
fn lane(account: &str) -> usize {
    account.bytes().fold(0, |sum: usize, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % LANES
}

type CoverEntry = ((RuleId, String), Cover);

/// Covers that an opened incident gives at once, before it is on the board.
fn covers_of(now: Timestamp) -> impl Fn(&Opened) -> Vec<CoverEntry> {
    move |opened| {
        let plan = &opened.plan;
        let cover = Cover { incident: plan.incident.clone(), opened_at: now, live: true };
        plan.rules.iter().map(|rule| ((rule.id.clone(), plan.account.clone()), cover.clone())).collect()
    }
}

fn cover_within(standing: &mut Standing, entries: &[CoverEntry]) {
    standing.covers.extend(entries.iter().cloned());
}

fn receipt(ids: Vec<AlertId>, opened: Vec<Vec<IncidentId>>, slots: &[Slot]) -> Receipt {
    let repeated = slots.iter().all(|slot| matches!(slot, Slot::Known(_)));
    let alerts = ids.into_iter().zip(opened).zip(slots).map(|((id, incidents), slot)| AlertReceipt {
        id,
        incidents: if matches!(slot, Slot::New(_)) { incidents } else { Vec::new() },
    });
    Receipt { repeated, alerts: alerts.collect() }
}

fn repeated(ids: Vec<AlertId>) -> Vec<AlertReceipt> {
    ids.into_iter().map(|id| AlertReceipt { id, incidents: Vec::new() }).collect()
}

fn refused(error: StoreError) -> AdmissionError {
    match error {
        StoreError::Busy => AdmissionError::Overloaded,
        other => AdmissionError::Unrecorded(other.to_string()),
    }
}
