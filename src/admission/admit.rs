//! Matches, plans, guards and records a delivery's alerts: one append, then the answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde::Deserialize;
use serde_json::Value;
use tokio::sync::MutexGuard;
use tokio::task::yield_now;

use super::crowding::Crowding;
use super::draft::{AlertKeys, OtherContent, Sender, admitted, conflict, delivery_key, unreadable, unreadable_key};
use super::drawn::Drawn;
use super::known::{self, Carried};
use super::lanes::{Lanes, Place};
use super::{AdmissionError, Kept, Receipt, Recorded};
use crate::incident::{
    Ahead, Alert, Clock, DeliveryId, Digest, Ledger, Mark, Opened, Room, RuleId, SourceName, Timestamp, Trip, Underway,
};
use crate::intake::{Delivery, NotUnderstood, OwnId, Verified};
use crate::response::{Decided, Judged, Standing, Tally};
use crate::roster::Roster;
use crate::rules::{InForce, RuleSet};
use crate::trail::{Appended, Board, Cover, DeliveryKey, Draft, Pseudonyms, Slot, StoreError, Trail};

/// Alerts that are put to the rules before others get their turn.
const JUDGED_AT_ONCE: usize = 16;

/// Limits of admission.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The most incidents that may be live at once; beyond it alerts that would act are answered 503.
    pub live_incidents_max: usize,
    /// The most groups (people, mostly) that each correlation counts for at once; beyond it one that looks
    /// like many others gives way.
    pub groups_per_correlation_max: usize,
    /// The most entries that all correlations have counted at once; beyond it the one that has most gives
    /// some up.
    pub counted_entries_max: usize,
}

impl Settings {
    fn room(&self) -> Room {
        Room { groups_max: self.groups_per_correlation_max, entries_max: self.counted_entries_max }
    }
}

impl Default for Settings {
    fn default() -> Self {
        let Room { groups_max, entries_max } = Room::default();
        Self { live_incidents_max: 50_000, groups_per_correlation_max: groups_max, counted_entries_max: entries_max }
    }
}

/// Admits deliveries. Shared by all HTTP workers.
pub struct Admission {
    pub(super) trail: Arc<Trail>,
    pub(super) rules: Arc<InForce>,
    pub(super) pseudonyms: Pseudonyms,
    pub(super) clock: Arc<dyn Clock>,
    /// Who counts the people that shares of budgets are reckoned from, where that is kept.
    pub(super) roster: Option<Arc<Roster>>,
    settings: Settings,
    lanes: Lanes,
    pub(super) ledger: Mutex<Ledger>,
}

/// What a delivery is, beside its alerts.
struct Envelope {
    sender: Sender,
    key: Option<Known>,
    carried: Vec<Carried>,
    /// What is called what in it could not be read.
    left_out: Option<DeliveryId>,
    /// The record of that.
    of_left_out: Option<Draft>,
}

/// What a delivery is known by as a whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub key: DeliveryKey,
    /// Digest of the only event in it, where the id is that event's.
    event_sha256: Option<Digest>,
}

impl Known {
    pub(super) fn by(source: &SourceName, id: &OwnId, content: Digest) -> Self {
        let event_sha256 = match id {
            OwnId::Event { content, .. } => Some(*content),
            OwnId::Delivery(_) => None,
        };
        Self { key: delivery_key(source, &id.whole(), event_sha256.unwrap_or(content)), event_sha256 }
    }
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
        roster: Option<Arc<Roster>>,
        settings: Settings,
    ) -> Arc<Self> {
        let ledger = Mutex::new(trail.board(|board| board.ledger().clone()));
        Arc::new(Self { trail, rules, pseudonyms, clock, roster, settings, lanes: Lanes::default(), ledger })
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
        let (key, is_tried) = self.known_as(&delivery);
        let Delivery { source, assurance, body_sha256, .. } = &delivery;
        let sender = Sender { source: source.clone(), assurance: *assurance, body_sha256: *body_sha256, is_tried };
        let left_out = delivery.left_out.map(|left| {
            let id = DeliveryId::derive(&sender.source, delivery.content, None);
            let draft = unreadable(&sender, id.clone(), left.reason, &left.body, self.clock.now());
            draft.map(|draft| (id, draft))
        });
        let (left_out, of_left_out) = left_out.transpose().map_err(refused)?.unzip();
        let carried = Carried::of(&delivery.alerts, delivery.again);
        let envelope = Envelope { sender, key, carried, left_out, of_left_out };
        if envelope.sender.is_tried {
            let alerts = delivery.alerts.into_iter().map(|alert| (alert, Judged::by_none()));
            return self.record(rules, envelope, alerts.collect(), None).await;
        }
        let judged = self.judged(rules, delivery.alerts).await;
        if !judged.iter().any(|(_, judged)| concerns_others(judged)) {
            return self.record(rules, envelope, judged, None).await;
        }
        // An alert that acts is carried to its end even if the sender hangs up, so that no other
        // alert on the account can be decided between this one's append and the board.
        let alerts: Vec<Alert> = judged.into_iter().map(|(alert, _)| alert).collect();
        let (admission, loaded) = (Arc::clone(self), Arc::clone(&loaded));
        let carried = tokio::spawn(async move {
            let rules = &loaded.set;
            let judged = admission.judged(rules, alerts).await;
            let place = admission.place_of(&judged).await;
            let _lanes = admission.lanes_of(&judged).await;
            admission.record(rules, envelope, judged, Some(&place)).await
        });
        carried.await.unwrap_or_else(|_| Err(AdmissionError::Unrecorded("the admission was cut short".to_owned())))
    }

    /// Records an authentic delivery that could not be understood, so that nothing is lost; each one once. Its id is
    /// taken by it, as it would be by alerts.
    ///
    /// # Errors
    /// Nothing was recorded, and why; its id may have come with something else, which is recorded then.
    pub async fn record_not_understood(
        &self,
        delivery: Verified<NotUnderstood>,
        body: &[u8],
    ) -> Result<Kept, AdmissionError> {
        let delivery = delivery.into_inner();
        let (sender, body) = (Sender::from(&delivery), delivery.proven.as_deref().unwrap_or(body));
        let own = delivery.id.as_ref();
        let id = delivery_id(&delivery.source, delivery.content, own);
        let draft = unreadable(&sender, id.clone(), delivery.reason, body, self.clock.now()).map_err(refused)?;
        let key = own.map(|own| Known::by(&delivery.source, own, delivery.content));
        match self.trail.append(key.map(|known| known.key), vec![draft]).await.map_err(refused)? {
            Appended::Recorded(slots) => {
                let recorded = if matches!(slots[..], [Slot::New(_)]) { Recorded::Now } else { Recorded::Before };
                Ok(Kept { recorded, delivery: Some(id) })
            }
            Appended::Repeated { .. } => {
                let delivery = Some(id).filter(|id| self.is_on_record(id));
                Ok(Kept { recorded: Recorded::Before, delivery })
            }
            Appended::Conflict { first } => {
                Err(self.other_content(&sender, key, first, OtherContent::Body(body)).await)
            }
        }
    }

    /// What the delivery is known by as a whole, where it has an id, and whether it is only tried out. Where it came
    /// before and was not understood, its id is taken by this very content, and what is new to us is what it says. Of
    /// what came while its source was tried out nothing is ever acted on, whenever it is understood.
    fn known_as(&self, delivery: &Delivery) -> (Option<Known>, bool) {
        let Delivery { source, content, id: own, .. } = delivery;
        let key = own.as_ref().map(|own| Known::by(source, own, *content));
        // Most sources are always understood, and are not asked about.
        if !self.trail.board(|board| board.was_not_understood(source)) {
            return (key, delivery.is_tried);
        }
        let id = delivery_id(source, *content, own.as_ref());
        // Its id may have been what was not found in it.
        let unnamed = delivery_id(source, *content, None);
        let was_tried = [&id, &unnamed].into_iter().any(|id| self.was_unreadable(id, true));
        (key.filter(|_| !self.is_on_record(&id)), delivery.is_tried || was_tried)
    }

    fn is_on_record(&self, delivery: &DeliveryId) -> bool {
        self.was_unreadable(delivery, false) || self.was_unreadable(delivery, true)
    }

    fn was_unreadable(&self, delivery: &DeliveryId, is_tried: bool) -> bool {
        self.trail.is_known(&unreadable_key(delivery, is_tried))
    }

    /// Puts the alerts to the rules. A large delivery lets others have their turn meanwhile.
    async fn judged<'r>(&self, rules: &'r RuleSet, alerts: Vec<Alert>) -> Vec<JudgedAlert<'r>> {
        let mut judged = Vec::with_capacity(alerts.len());
        for alert in alerts {
            if judged.len() % JUDGED_AT_ONCE == JUDGED_AT_ONCE - 1 {
                yield_now().await;
            }
            let of_alert = Judged::of(rules, &alert, &self.pseudonyms);
            judged.push((alert, of_alert));
        }
        judged
    }

    /// Records the alerts, under the lanes of everything that they concern and in their place.
    async fn record(
        &self,
        rules: &RuleSet,
        envelope: Envelope,
        judged: Vec<JudgedAlert<'_>>,
        place: Option<&Place<'_>>,
    ) -> Result<Receipt, AdmissionError> {
        let Envelope { sender, key, mut carried, left_out, of_left_out } = envelope;
        let now = self.clock.now();
        let mut drafts = Vec::with_capacity(judged.len());
        let (mut firsts, mut opened) = (Vec::with_capacity(judged.len()), Vec::with_capacity(judged.len()));
        let (mut in_this_delivery, mut tripped) = (Vec::new(), Vec::<Trip>::new());
        let mut ahead = self.ahead(&judged, place, now);
        let (mut crowding, mut opens) = (Crowding::default(), false);
        let mut drawn = Drawn::on(&self.ledger, now);
        for ((alert, mut judged), carried) in judged.into_iter().zip(&mut carried) {
            let keys = AlertKeys::of(&alert);
            // An alert known from before counts and opens nothing now, so it covers nothing either. Of one that
            // would do neither it need not be asked, which waits for whoever writes to the store.
            let is_known = concerns_others(&judged) && keys.are_known(&self.trail);
            let mut tally = Tally::default();
            if judged.counts() && !is_known {
                // A full window takes a while to look at.
                yield_now().await;
                tally = judged.count(rules, &alert, &self.pseudonyms, &mut ahead);
            }
            let mut standing = self.standing(&judged, rules);
            cover_within(&mut standing, &in_this_delivery, &tripped, now);
            let acts = judged.acting().next().is_some();
            let decide = |ledger: &mut Ledger| judged.decide(&alert, &standing, ledger, rules, now);
            let decided = match (is_known, acts) {
                (true, _) => Decided::nothing(rules),
                _ if sender.is_tried => Decided::tried(rules),
                (false, true) => drawn.draw(opened.len(), decide),
                // Nothing is drawn, so nobody else is kept waiting.
                (false, false) => decide(&mut Ledger::default()),
            };
            tripped.extend(decided.trips.iter().cloned().inspect(tell));
            if !decided.opened.is_empty() {
                opens = true;
                in_this_delivery.extend(decided.opened.iter().flat_map(covers_of(now)));
            }
            opened.push(decided.opened.iter().map(|opened| opened.plan.incident.clone()).collect());
            crowding.see(&tally);
            firsts.push(drafts.len());
            let (of_alert, event) = admitted(alert, keys, decided, tally, now).map_err(refused)?;
            drafts.extend(of_alert);
            carried.keep(event, key.is_some());
        }
        if opens && self.trail.board(|board| board.live_count()) >= self.settings.live_incidents_max {
            return Err(AdmissionError::Overloaded);
        }
        drafts.extend(of_left_out);
        // Given back, so that the board changes the windows where they are.
        drop(ahead);
        match self.trail.append(key.map(|known| known.key), drafts).await.map_err(refused)? {
            Appended::Recorded(slots) => {
                crowding.tell();
                let of_alerts: Vec<Slot> = firsts.iter().filter_map(|first| slots.get(*first).copied()).collect();
                drawn.keep(|alert| matches!(of_alerts.get(alert), Some(Slot::New(_))));
                let found = known::look_up(&self.trail, &sender, carried, &of_alerts, now).await?;
                Ok(Receipt::of(found, opened, &of_alerts, left_out))
            }
            Appended::Repeated { .. } => Ok(self.repeated(carried, left_out)),
            Appended::Conflict { first } => {
                let events: Vec<Value> = carried.into_iter().map(|carried| carried.event).collect();
                Err(self.other_content(&sender, key, first, OtherContent::Events(&events)).await)
            }
        }
    }

    fn repeated(&self, carried: Vec<Carried>, left_out: Option<DeliveryId>) -> Receipt {
        let left_out = left_out.filter(|id| self.is_on_record(id));
        Receipt::of_repeated(carried.into_iter().map(|carried| carried.id), left_out)
    }

    /// Records that a known delivery's id has come with this instead of its own content.
    pub(super) async fn other_content(
        &self,
        sender: &Sender,
        known: Option<Known>,
        first: u64,
        other: OtherContent<'_>,
    ) -> AdmissionError {
        let told = |known: Known| conflict(sender, known.key, known.event_sha256, first, other, self.clock.now());
        let recorded = match known.map(told).transpose() {
            Ok(drafts) => self.trail.append(None, drafts.into_iter().collect()).await.map(drop),
            Err(error) => Err(error),
        };
        recorded.map_or_else(refused, |()| AdmissionError::Conflict)
    }

    /// The windows that the alerts may count in.
    fn ahead(&self, judged: &[JudgedAlert<'_>], place: Option<&Place<'_>>, now: Timestamp) -> Ahead {
        let wanted = wanted(judged);
        if wanted.is_empty() {
            return Ahead::default();
        }
        let underway = matches!(place, Some(Place::Made { .. })).then(|| self.lanes.with_underway(|all| all.clone()));
        let makes = underway.as_ref().map(|underway| (self.settings.room(), underway));
        self.trail.board(|board| board.windows().ahead(&wanted, makes, now))
    }

    async fn place_of(&self, judged: &[JudgedAlert<'_>]) -> Place<'_> {
        let (wanted, room, now) = (wanted(judged), self.settings.room(), self.clock.now());
        let find =
            |underway: &Underway| self.trail.board(|board| board.windows().room_for(&wanted, room, underway, now));
        self.lanes.place(find).await
    }

    fn standing(&self, judged: &Judged<'_>, rules: &RuleSet) -> Standing {
        let acting: Vec<_> = judged.acting().collect();
        if acting.is_empty() {
            return Standing::default();
        }
        let (roster, now) = (self.roster.as_ref(), self.clock.now());
        let is_changed = |board: &Board, account: &str| board.dingtalk_ids().is_recent_of_name(account, now);
        self.trail.board(|board| {
            let changed = acting.iter().map(|(_, account)| *account).filter(|account| is_changed(board, account));
            let dingtalk_ids_changed = changed.map(str::to_owned).collect();
            let covers: BTreeMap<_, Cover> = acting
                .into_iter()
                .filter_map(|(rule, account)| Some(((rule.clone(), account.to_owned()), board.cover(rule, account)?)))
                .collect();
            let drawn_on = covers.values().flat_map(|cover| &cover.departments).copied();
            let of_department = |id| (board.ledger().of_department(id, now), roster.and_then(|it| it.people_in(id)));
            Standing {
                dingtalk_ids_changed,
                pauses: board.pauses().clone(),
                breakers: board.breakers().clone(),
                departments: drawn_on.map(|id| (id, of_department(id))).collect(),
                people: roster.and_then(|roster| roster.people()),
                contained_at: judged
                    .accounts()
                    .map(|(account, pseudonym)| {
                        let known = rules.user_of(account);
                        (pseudonym.to_owned(), board.contained_at(pseudonym, known.as_ref()))
                    })
                    .collect(),
                covers,
                // Rules name none that there is not, or are refused.
                channels: BTreeSet::new(),
            }
        })
    }

    async fn lanes_of(&self, judged: &[JudgedAlert<'_>]) -> Vec<MutexGuard<'_, ()>> {
        let accounts = judged.iter().flat_map(|(_, judged)| judged.acting()).map(|(_, account)| account.as_bytes());
        let windows = judged.iter().flat_map(|(_, judged)| judged.windows()).map(|(_, Mark(window))| window);
        self.lanes.of(accounts, windows).await
    }
}

/// What we call a delivery with this content and this id.
fn delivery_id(source: &SourceName, content: Digest, own: Option<&OwnId>) -> DeliveryId {
    let content = own.and_then(|own| Known::by(source, own, content).event_sha256).unwrap_or(content);
    DeliveryId::derive(source, content, own.map(OwnId::whole).as_deref())
}

fn wanted<'j>(judged: &'j [JudgedAlert<'_>]) -> Vec<(&'j RuleId, Mark)> {
    judged.iter().flat_map(|(_, judged)| judged.windows()).collect()
}

/// Whether an alert may open an incident, or counts for a correlation.
fn concerns_others(judged: &Judged<'_>) -> bool {
    judged.acting().next().is_some() || judged.counts()
}

type CoverEntry = ((RuleId, String), Cover);

/// Covers that an opened incident gives at once, before it is on the board.
fn covers_of(now: Timestamp) -> impl Fn(&Opened) -> Vec<CoverEntry> {
    move |opened| {
        let plan = &opened.plan;
        let (incident, held, extent) = (plan.incident.clone(), opened.held, plan.extent());
        let cover = Cover { incident, opened_at: now, live: true, held, extent, departments: Vec::new() };
        plan.rules.iter().map(|rule| ((rule.id.clone(), plan.account.clone()), cover.clone())).collect()
    }
}

fn tell(trip: &Trip) {
    tracing::error!(breaker = ?trip.scope, accounts = trip.accounts, "the breaker has tripped");
}

/// What the alerts before it in its delivery have changed.
fn cover_within(standing: &mut Standing, entries: &[CoverEntry], tripped: &[Trip], now: Timestamp) {
    standing.covers.extend(entries.iter().cloned());
    tripped.iter().for_each(|trip| standing.breakers.trip(trip.clone(), now));
}

pub(super) fn refused(error: StoreError) -> AdmissionError {
    match error {
        StoreError::Busy => AdmissionError::Overloaded,
        other => AdmissionError::Unrecorded(other.to_string()),
    }
}
