//! Matches, plans, guards and records a delivery's alerts: one append, then the answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::sync::MutexGuard;
use tokio::task::yield_now;

use super::before::Before;
use super::claims::Claims;
use super::crowding::Crowding;
use super::digests::Digests;
use super::draft::{OtherContent, Seal, Sender, admitted, conflict, unreadable};
use super::drawn::Drawn;
use super::keys::{body_keys, delivery_keys, unreadable_key};
use super::known::{self, Carried, Found};
use super::lanes::{Lanes, Place};
use super::{AdmissionError, Receipt, Settings};
use crate::incident::{
    Ahead, Alert, Clock, DeliveryId, Ledger, Mark, Opened, RuleId, SourceName, Timestamp, Trip, Underway,
};
use crate::intake::{Delivery, Verified};
use crate::response::{Decided, Judged, Standing, Tally};
use crate::roster::Roster;
use crate::rules::{InForce, RuleSet};
use crate::trail::{Appended, Board, Cover, DeliveryKey, Draft, Pseudonyms, Slot, StoreError, Trail, UniqueKey};

/// Alerts that are put to the rules before others get their turn.
const JUDGED_AT_ONCE: usize = 16;

/// Admits deliveries. Shared by all HTTP workers.
pub struct Admission {
    pub(super) trail: Arc<Trail>,
    pub(super) rules: Arc<InForce>,
    pub(super) pseudonyms: Pseudonyms,
    pub(super) clock: Arc<dyn Clock>,
    /// Who counts the people that shares of budgets are reckoned from, where that is kept.
    pub(super) roster: Option<Arc<Roster>>,
    pub(super) settings: Settings,
    lanes: Lanes,
    pub(super) ledger: Mutex<Ledger>,
}

/// What a delivery is, beside its alerts.
struct Envelope {
    sender: Sender,
    keys: Vec<DeliveryKey>,
    carried: Vec<Carried>,
    /// What is called what in it could not be read.
    left_out: Option<DeliveryId>,
    /// The whole body then.
    whole: Option<Vec<u8>>,
    /// The record of that.
    of_left_out: Option<Draft>,
    /// What becomes of the ids of the events in that.
    claims: Claims,
    /// What its body is to be known by from now on, where nothing else names it.
    by_body: Vec<UniqueKey>,
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
        self.may_begin()?;
        let delivery = delivery.into_inner();
        // One delivery is decided by one rule set, whatever is loaded meanwhile.
        let loaded = self.rules.now();
        let rules = &loaded.set;
        let (envelope, alerts) = match self.opened(delivery).await? {
            Ok(opened) => opened,
            Err(repeated) => return Ok(repeated),
        };
        if envelope.sender.is_tried {
            let alerts = alerts.into_iter().map(|alert| (alert, Judged::by_none()));
            return self.record(rules, envelope, alerts.collect(), None).await;
        }
        let judged = self.judged(rules, alerts).await;
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

    /// Whether the delivery came before under its id and was not understood, and whether it is only tried out. Of what
    /// came while its source was tried out nothing is ever acted on, whenever it is understood.
    fn known_as(&self, delivery: &Delivery, before: Before, may_be_unread: bool) -> (bool, bool) {
        let Delivery { source, content, id: own, .. } = delivery;
        let is_tried = delivery.is_tried || before == Before::NotUnderstood { is_tried: true };
        if !may_be_unread {
            return (false, is_tried);
        }
        let id = DeliveryId::derive(source, *content, own.as_deref());
        // Its id may have been what was not found in it; records of before do not say what its body is known by.
        let unnamed = DeliveryId::derive(source, *content, None);
        let was_tried = [&id, &unnamed].into_iter().any(|id| self.was_unreadable(id, true));
        (self.is_on_record(&id), is_tried || was_tried)
    }

    /// What the delivery is known by as a whole from now on, where it has an id. Where it came before and was not
    /// understood, its id is taken by this very content, and what is new to us is what it says; whoever passes it on
    /// may have signed another id for it since.
    async fn keys_of(
        &self,
        sender: &Sender,
        delivery: &Delivery,
        was_unread: bool,
    ) -> Result<Vec<DeliveryKey>, AdmissionError> {
        let Delivery { source, content, id: own, passed_on_as, .. } = delivery;
        let keys = delivery_keys(source, own.as_deref(), passed_on_as.as_deref(), *content);
        if !was_unread {
            return Ok(keys);
        }
        if passed_on_as.is_none() {
            return Ok(Vec::new());
        }
        match self.trail.append(keys.clone(), Vec::new()).await.map_err(refused)? {
            Appended::Conflict { first } => {
                let events: Vec<Value> = delivery.alerts.iter().map(|alert| alert.event.clone()).collect();
                let whole = delivery.left_out.as_ref().map(|left_out| left_out.body.as_ref());
                Err(self.other_content(sender, keys.last(), first, OtherContent::of(whole, &events)).await)
            }
            Appended::Recorded(_) | Appended::Repeated { .. } => Ok(Vec::new()),
        }
    }

    /// Whether anything of the source was ever not understood. Most sources always are.
    pub(super) fn may_be_unread(&self, source: &SourceName) -> bool {
        self.trail.board(|board| board.was_not_understood(source))
    }

    pub(super) fn is_on_record(&self, delivery: &DeliveryId) -> bool {
        self.was_unreadable(delivery, false) || self.was_unreadable(delivery, true)
    }

    fn was_unreadable(&self, delivery: &DeliveryId, is_tried: bool) -> bool {
        self.trail.is_known(&unreadable_key(delivery, is_tried))
    }

    /// What is to be recorded of a delivery beside its alerts, unless its body was understood before: that it came
    /// again is known then, whatever it would be taken for now.
    async fn opened(&self, mut delivery: Delivery) -> Result<Result<(Envelope, Vec<Alert>), Receipt>, AdmissionError> {
        let digests = Digests::put(&self.pseudonyms, &self.trail, &mut delivery);
        let may_be_unread = self.may_be_unread(&delivery.source);
        let before = Before::of(&self.trail, &delivery.source, &delivery.by_body, may_be_unread)?;
        let (was_unread, is_tried) = self.known_as(&delivery, before, may_be_unread);
        let Delivery { assurance, body_digest, .. } = delivery;
        let sender = Sender { source: delivery.source.clone(), assurance, body_digest, is_tried };
        let keys = self.keys_of(&sender, &delivery, was_unread).await?;
        let Delivery { content, id, by_body, alerts, again, left_out, .. } = delivery;
        let carried = Carried::of(&self.trail, digests, &alerts, again, may_be_unread)?;
        let called = DeliveryId::derive(&sender.source, content, id.as_deref());
        if before == Before::Understood {
            let left_out = left_out.map(|_| called);
            return Ok(Err(self.repeated(&sender, carried, left_out).await?));
        }
        let now = self.clock.now();
        let (mut whole, mut of_left_out, mut claims) = (None, None, Claims::default());
        if let Some(left) = left_out {
            let subjects = self.trail.subjects();
            let draft = unreadable(subjects, &sender, called.clone(), left.reason, None, &left.body, now);
            of_left_out = Some(draft.map_err(refused)?);
            claims = Claims::of(&self.trail, &sender, (&left.events, &left.by_content), now)?;
            whole = Some(left.body);
        }
        let is_unread = of_left_out.is_some() && is_tried;
        let by_body = match before {
            Before::Nothing => body_keys(&sender.source, &by_body, is_unread),
            Before::NotUnderstood { .. } | Before::Understood => Vec::new(),
        };
        let left_out = of_left_out.as_ref().map(|_| called);
        Ok(Ok((Envelope { sender, keys, carried, left_out, whole, of_left_out, claims, by_body }, alerts)))
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
        let Envelope { sender, keys: of_delivery, mut carried, left_out, whole, of_left_out, claims, by_body } =
            envelope;
        let (now, mut drafts) = (self.clock.now(), Vec::with_capacity(judged.len()));
        let (mut firsts, mut opened) = (Vec::with_capacity(judged.len()), Vec::with_capacity(judged.len()));
        let (mut in_this_delivery, mut tripped, mut opens) = (Vec::new(), Vec::<Trip>::new(), false);
        let mut ahead = self.ahead(&judged, place, now);
        let (mut crowding, mut drawn) = (Crowding::default(), Drawn::on(&self.ledger, now));
        for ((alert, mut judged), carried) in judged.into_iter().zip(&mut carried) {
            let (keys, is_tried) = (carried.keys, sender.is_tried || carried.was_tried);
            let accounts = accounts_of(&judged);
            // An alert known from before counts and opens nothing now, so it covers nothing either. Of one that
            // would do neither it need not be asked, which waits for whoever writes to the store.
            let is_known = concerns_others(&judged) && keys.find(&self.trail).is_some();
            let mut tally = Tally::default();
            if judged.counts() && !is_known && !is_tried {
                // A full window takes a while to look at.
                yield_now().await;
                tally = judged.count(rules, &alert, &self.pseudonyms, &mut ahead);
            }
            let (acts, mut standing) = (judged.acting().next().is_some(), self.standing(&judged, rules));
            cover_within(&mut standing, &in_this_delivery, &tripped, now);
            let decide = |ledger: &mut Ledger| judged.decide(&alert, &standing, ledger, rules, now);
            let decided = match (is_known, acts) {
                (true, _) => Decided::nothing(rules),
                _ if is_tried => Decided::tried(rules),
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
            let (own, event) = admitted(self.seal(), (alert, accounts), keys, decided, tally, now).map_err(refused)?;
            drafts.extend(own);
            carried.keep(event, !of_delivery.is_empty());
        }
        self.has_room(opens)?;
        let beside = leave_out(&mut drafts, of_left_out, claims, by_body);
        // Given back, so that the board changes the windows where they are.
        drop(ahead);
        match self.trail.append(of_delivery.clone(), drafts).await.map_err(refused)? {
            Appended::Recorded(slots) => {
                crowding.tell();
                let of_alerts: Vec<Slot> = firsts.iter().filter_map(|first| slots.get(*first).copied()).collect();
                drawn.keep(|alert| matches!(of_alerts.get(alert), Some(Slot::New(_))));
                let conflicts = self.keep_beside(beside, &slots).await?;
                let mut found = known::look_up(&self.trail, &sender, carried, &of_alerts, now).await?;
                found.conflicts += conflicts;
                Ok(Receipt::of(found, opened, &of_alerts, left_out))
            }
            Appended::Repeated { .. } => self.repeated(&sender, carried, left_out).await,
            Appended::Conflict { first } => {
                let events: Vec<Value> = carried.into_iter().map(|carried| carried.event).collect();
                let content = OtherContent::of(whole.as_deref(), &events);
                Err(self.other_content(&sender, of_delivery.first(), first, content).await)
            }
        }
    }

    pub(super) fn seal(&self) -> Seal<'_> {
        Seal { subjects: self.trail.subjects(), pseudonyms: &self.pseudonyms }
    }

    fn has_room(&self, opens: bool) -> Result<(), AdmissionError> {
        let is_full = opens && self.trail.board(|board| board.live_count()) >= self.settings.live_incidents_max;
        if is_full { Err(AdmissionError::Overloaded) } else { Ok(()) }
    }

    /// Makes sure of the record of what was left out: another delivery may have taken the id of an event in it at the
    /// same moment, and only that is on its record. Says how many events in it have come under others' ids.
    async fn keep_beside(&self, beside: Beside, slots: &[Slot]) -> Result<usize, AdmissionError> {
        if let Some((at, draft)) = beside.alone
            && matches!(slots.get(at), Some(Slot::Known(_)))
        {
            self.trail.append(None, vec![draft]).await.map_err(refused)?;
        }
        Ok(beside.conflicts)
    }

    /// What was recorded before of a delivery, under the ids that are on its records.
    async fn repeated(
        &self,
        sender: &Sender,
        carried: Vec<Carried>,
        left_out: Option<DeliveryId>,
    ) -> Result<Receipt, AdmissionError> {
        let known = carried.into_iter().filter_map(|carried| Some((carried.keys.find(&self.trail)?, carried)));
        let (slots, carried): (Vec<_>, Vec<_>) = known.map(|(seq, carried)| (Slot::Known(seq), carried)).unzip();
        let found = match carried.is_empty() {
            true => Found::default(),
            false => known::look_up(&self.trail, sender, carried, &slots, self.clock.now()).await?,
        };
        Ok(Receipt::of_repeated(found, left_out.filter(|id| self.is_on_record(id))))
    }

    /// Records that a known delivery's id has come with this instead of its own content.
    pub(super) async fn other_content(
        &self,
        sender: &Sender,
        key: Option<&DeliveryKey>,
        first: u64,
        other: OtherContent<'_>,
    ) -> AdmissionError {
        let told =
            |key: &DeliveryKey| conflict(self.trail.subjects(), sender, *key, None, first, other, self.clock.now());
        let recorded = match key.map(told).transpose() {
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

    pub(super) fn standing(&self, judged: &Judged<'_>, rules: &RuleSet) -> Standing {
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

/// What is recorded beside alerts of what was left out.
struct Beside {
    /// Its record without the ids of events, where it has any, and where it stands among the drafts with them.
    alone: Option<(usize, Draft)>,
    /// How many events have come under others' ids.
    conflicts: usize,
}

/// Records what was left out as well. The body is known by that, which another mapping may understand, or else by its
/// first alert.
fn leave_out(drafts: &mut Vec<Draft>, left_out: Option<Draft>, claims: Claims, by_body: Vec<UniqueKey>) -> Beside {
    let (at, conflicts) = (drafts.len(), claims.conflicts.len());
    let has_left_out = left_out.is_some();
    drafts.extend(left_out);
    let known_by = if has_left_out { drafts.last_mut() } else { drafts.first_mut() };
    let mut alone = None;
    if let Some(draft) = known_by {
        draft.also.extend(by_body);
        alone = Some(&claims.fresh).filter(|fresh| !fresh.is_empty()).map(|_| (at, draft.clone()));
        draft.also.extend(claims.fresh);
    }
    drafts.extend(claims.conflicts);
    Beside { alone, conflicts }
}

fn wanted<'j>(judged: &'j [JudgedAlert<'_>]) -> Vec<(&'j RuleId, Mark)> {
    judged.iter().flat_map(|(_, judged)| judged.windows()).collect()
}

/// Whom the rules found in the alert.
fn accounts_of(judged: &Judged<'_>) -> Vec<Mark> {
    judged.accounts().filter_map(|(_, account)| account.parse().ok()).collect()
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
        let cover =
            Cover { incident, opened_at: now, live: true, held, extent, departments: Vec::new(), user_id: None };
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
