//! The trail as the rest of the program sees it: append an event durably, ask what is going on,
//! read what happened.

use std::collections::BTreeSet;
use std::sync::{self, Arc, PoisonError, RwLock};

use tokio::sync::{Mutex, MutexGuard, watch};

use super::covered::Covered;
use super::disk::DiskSeen;
use super::erasing;
use super::figures::Figures;
use super::held_alerts::HeldLines;
use super::replay::{Folded, replay};
use super::snapshot::Snapshots;
use super::subjects::{Sealed, Subjects, Unsealed};
use super::watches::Watches;
use super::{
    Append, Appended, Board, DeliveryKey, Entry, Head, Pending, Record, Slot, Store, StoreError, Stored, UniqueKey,
};
use crate::incident::{
    AccessEvent, Digest, Event, IllegalTransition, Incident, IncidentId, Owed, SenderEvent, Timestamp, UpkeepEvent,
    UserId,
};

/// The most records of one incident that are looked at.
const INCIDENT_RECORDS_MAX: usize = 10_000;
/// Room for most events, in bytes, so that writing one does not grow its buffer again and again.
const EVENT_BYTES_USUAL: usize = 1_024;
/// Incidents and accounts share this many locks; two that share one only wait for each other a little.
const LANES: usize = 64;

/// An event to be recorded, with what belongs to it.
#[derive(Debug, Clone)]
pub struct Draft {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
    /// Recorded at most once, if given.
    pub key: Option<UniqueKey>,
    /// Known under this key as well, if given.
    pub also: Vec<UniqueKey>,
    /// What lies beside the record, sealed.
    pub private: Option<Sealed>,
    /// Whether it belongs to the draft before it, and is recorded only if that one is.
    pub behind: bool,
}

impl Draft {
    /// An event with nothing beside it.
    #[must_use]
    pub fn of(at: Timestamp, event: Event) -> Self {
        Self { at, event, key: None, also: Vec::new(), private: None, behind: false }
    }
}

/// Why an event was not recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It does not fit the incident's state.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    /// The incident is not as whoever wants it recorded has seen it.
    #[error("the incident has changed meanwhile")]
    Changed,
}

/// A store and the board derived from it.
pub struct Trail {
    store: Arc<dyn Store>,
    subjects: Arc<Subjects>,
    board: RwLock<Board>,
    figures: sync::Mutex<Figures>,
    changes: watch::Sender<u64>,
    disk: sync::Mutex<DiskSeen>,
    lanes: Vec<Mutex<()>>,
}

impl Trail {
    /// Replays the store and takes it over, for those who read no more than records. Blocks while reading.
    ///
    /// # Errors
    /// The store cannot be read, or its records do not fit together.
    pub fn open(store: Arc<dyn Store>) -> Result<Arc<Self>, StoreError> {
        Self::open_with(store, Subjects::in_memory())
    }

    /// The same, with the keys of what lies beside its records. Blocks while reading.
    ///
    /// # Errors
    /// The same, or the keys cannot be written.
    pub fn open_with(store: Arc<dyn Store>, subjects: Arc<Subjects>) -> Result<Arc<Self>, StoreError> {
        Self::resume(store, subjects, None)
    }

    /// The same, but of what a snapshot stands for nothing is read again. An erasure that was cut short is brought to its
    /// end.
    ///
    /// # Errors
    /// The same.
    pub fn resume(
        store: Arc<dyn Store>,
        subjects: Arc<Subjects>,
        snapshots: Option<&mut Snapshots>,
    ) -> Result<Arc<Self>, StoreError> {
        erasing::bring_to_an_end(store.as_ref(), &subjects)?;
        let Folded { board, figures, .. } = replay(store.as_ref(), snapshots)?;
        let lanes = std::iter::repeat_with(Mutex::default).take(LANES).collect();
        let (board, figures) = (RwLock::new(board), sync::Mutex::new(figures));
        let (changes, disk) = (watch::Sender::new(0), sync::Mutex::default());
        Ok(Arc::new(Self { store, subjects, board, figures, changes, disk, lanes }))
    }

    /// Records drafts together under all that their delivery is known by, if anything. What they change on the board is
    /// applied before this returns, and also if the caller goes away meanwhile.
    ///
    /// # Errors
    /// The store did not take them: nothing is recorded.
    pub async fn append(
        self: &Arc<Self>,
        deliveries: impl IntoIterator<Item = DeliveryKey>,
        mut drafts: Vec<Draft>,
    ) -> Result<Appended, StoreError> {
        let permit = self.subjects.admit(drafts.iter().filter_map(|draft| draft.private.as_ref())).await?;
        let entries = drafts.iter_mut().map(entry).collect::<Result<_, _>>()?;
        let pending = self.store.append(Append { deliveries: deliveries.into_iter().collect(), entries });
        if !drafts.iter().any(|draft| concerns_board(&draft.event)) {
            let appended = pending.await?;
            drop(permit);
            // Not if the caller has gone away meanwhile: then the next start counts it.
            self.count(&appended, &drafts);
            return Ok(appended);
        }
        let trail = Arc::clone(self);
        let applied = tokio::spawn(async move {
            let appended = pending.await?;
            trail.apply(&appended, &drafts);
            drop(permit);
            Ok(appended)
        });
        applied.await.unwrap_or_else(|_| Err(StoreError::Failed("the append was cut short".to_owned())))
    }

    /// Records events of one incident (or of none), if they are legal in its present state.
    ///
    /// # Errors
    /// They are not legal, or the store did not take them: nothing is recorded.
    pub async fn record(self: &Arc<Self>, at: Timestamp, events: Vec<Event>) -> Result<(), RecordError> {
        self.record_if(at, events, None).await
    }

    /// Records an event of an incident that is still as it was `seen`: what was judged by that holds for no other state.
    ///
    /// # Errors
    /// The same, or the incident has changed: nothing is recorded.
    pub async fn record_as_seen(
        self: &Arc<Self>,
        at: Timestamp,
        event: Event,
        seen: &Incident,
    ) -> Result<(), RecordError> {
        self.record_if(at, vec![event], Some(seen.clone())).await
    }

    async fn record_if(
        self: &Arc<Self>,
        at: Timestamp,
        events: Vec<Event>,
        seen: Option<Incident>,
    ) -> Result<(), RecordError> {
        let trail = Arc::clone(self);
        let recorded = tokio::spawn(async move {
            // Held from the check until the board has the result, so that two writers cannot both
            // find their event legal.
            let _lane = trail.lanes(&events).await;
            trail.board(|board| {
                let is = seen.as_ref().map(|seen| board.in_effect(seen.id()).map(|live| &live.incident) == Some(seen));
                if is == Some(false) { Err(RecordError::Changed) } else { Ok(board.check(&events, at)?) }
            })?;
            trail.append(None, events.into_iter().map(|event| Draft::of(at, event)).collect()).await?;
            Ok(())
        });
        recorded.await.unwrap_or_else(|_| Err(StoreError::Failed("the append was cut short".to_owned()).into()))
    }

    /// Looks at the board. Keep it short: writers wait.
    pub fn board<T>(&self, look: impl FnOnce(&Board) -> T) -> T {
        look(&self.board.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What there was so far, in numbers.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.figures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells whenever the board has changed, also between two looks.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Records from `from` on, at most `limit`. Blocks for disk reads.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn read(&self, from: u64, limit: usize) -> Result<Vec<Record>, StoreError> {
        self.store.read(from, limit)?.iter().map(|stored| decode(&stored.record)).collect()
    }

    /// What lies beside a record, if it was not erased and is what `digest` says. Blocks.
    ///
    /// # Errors
    /// The store cannot be read, or what it gives is not what was recorded.
    pub fn private(&self, seq: u64, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(sealed) = self.store.private(seq)? else { return Ok(None) };
        match self.subjects.unseal(&sealed, digest) {
            Unsealed::Content(content) => Ok(Some(content)),
            Unsealed::Erased => Ok(None),
            Unsealed::Changed => Err(StoreError::Damaged(format!("what lies beside record {seq} was changed"))),
        }
    }

    /// The keys of what lies beside the records.
    #[must_use]
    pub fn subjects(&self) -> &Arc<Subjects> {
        &self.subjects
    }

    /// Reads on a thread of its own where the store may block, and at once where it cannot: what runs in memory then
    /// takes the same course every time.
    ///
    /// # Errors
    /// Those of the read, or that it was cut short.
    pub async fn aside<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Self) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if !self.store.may_block() {
            return read(self);
        }
        let trail = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || read(&trail)).await;
        read.unwrap_or_else(|_| Err(StoreError::Failed("the read was cut short".to_owned())))
    }

    /// An incident's state and records, folded from the store. Of one whose first records were pruned there is what is
    /// left of it while it keeps an account disabled, and nothing once it does not. Blocks.
    ///
    /// # Errors
    /// The store cannot be read, or the records do not fit together.
    pub fn incident(&self, id: &IncidentId) -> Result<Option<(Incident, Vec<Stored>)>, StoreError> {
        let mut records = Vec::new();
        let mut state: Option<Incident> = None;
        let mut is_cut_off = false;
        for seq in self.store.of_incident(id, INCIDENT_RECORDS_MAX)? {
            for stored in self.store.read(seq, 1)? {
                let record = decode(&stored.record)?;
                match fold(&mut state, id, &record) {
                    Err(_) if state.is_none() && self.store.first() > 0 => is_cut_off = true,
                    folded => folded.map_err(|error| StoreError::Damaged(error.to_string()))?,
                }
                records.push(stored);
            }
        }
        if is_cut_off || (state.is_none() && self.store.first() > 0) {
            state = self.board(|board| board.in_effect(id).map(|live| live.incident.clone()));
        }
        Ok(state.map(|state| (state, records)))
    }

    /// Wakes those who wait for a change, as when the clock was set.
    pub fn touch(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Whether the store still takes records.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.store.failure().borrow().is_none()
    }

    /// What was last seen of the disk.
    #[must_use]
    pub fn disk(&self) -> DiskSeen {
        *self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what is seen of the disk. Whoever would begin something new goes by it.
    pub fn see_disk(&self, seen: DiskSeen) {
        *self.disk.lock().unwrap_or_else(PoisonError::into_inner) = seen;
    }

    /// Whether something new can be begun: it is recorded, and there is room for all that follows from it.
    #[must_use]
    pub fn takes_alerts(&self) -> bool {
        self.is_writable() && self.disk().room.takes_alerts()
    }

    /// Ends when the store or the file with the data keys has failed; never, if they do not.
    pub async fn failed(&self) {
        let mut failure = self.store.failure();
        let store = async {
            if failure.wait_for(Option::is_some).await.is_err() {
                // The store was dropped without a failure, so none will come.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = store => {}
            () = self.subjects.failed() => {}
        }
    }

    /// Whether a record was made under this key before. May block for a disk read.
    #[must_use]
    pub fn is_known(&self, key: &UniqueKey) -> bool {
        self.find(key).is_some()
    }

    /// The record that was made under this key before. May block for a disk read.
    #[must_use]
    pub fn find(&self, key: &UniqueKey) -> Option<u64> {
        self.store.find(key).ok().flatten()
    }

    /// Size and root.
    #[must_use]
    pub fn head(&self) -> Head {
        self.store.head()
    }

    /// The store itself, for verification.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// The locks of everything that the events may change, in one order for everybody: of their incident, and of its
    /// account where they end, or are about, that an incident keeps it.
    async fn lanes(&self, events: &[Event]) -> Vec<MutexGuard<'_, ()>> {
        let Some(incident) = events.iter().flat_map(Event::incidents).next() else { return Vec::new() };
        let is_about_keeping = events.iter().any(Event::is_about_keeping);
        let account = self.board(|board| {
            let live = board.in_effect(incident).filter(|_| is_about_keeping)?;
            live.incident.user_id.clone()
        });
        let names = [Some(incident.as_str()), account.as_ref().map(UserId::as_str)];
        let lanes: BTreeSet<usize> = names.into_iter().flatten().map(lane).collect();
        let mut held = Vec::with_capacity(lanes.len());
        for index in lanes {
            if let Some(lane) = self.lanes.get(index) {
                held.push(lane.lock().await);
            }
        }
        held
    }

    fn apply(&self, appended: &Appended, drafts: &[Draft]) {
        let Appended::Recorded(slots) = appended else { return };
        let mut board = self.board.write().unwrap_or_else(PoisonError::into_inner);
        for (slot, draft) in slots.iter().zip(drafts) {
            let Slot::New(seq) = slot else { continue };
            if let Err(error) = board.apply(*seq, draft.at, &draft.event) {
                // The lane makes this impossible; if it happens all the same, the next start's
                // replay refuses, and until then the record is the truth.
                tracing::error!(record.seq = seq, %error, "a durable record does not fit the board");
            }
        }
        drop(board);
        self.count(appended, drafts);
        self.touch();
    }

    fn count(&self, appended: &Appended, drafts: &[Draft]) {
        let Appended::Recorded(slots) = appended else { return };
        let mut figures = self.figures.lock().unwrap_or_else(PoisonError::into_inner);
        let new = slots.iter().zip(drafts).filter(|(slot, _)| matches!(slot, Slot::New(_)));
        new.for_each(|(_, draft)| figures.apply(&draft.event, draft.at));
    }
}

fn lane(name: &str) -> usize {
    name.bytes().fold(0, |sum: usize, b| sum.wrapping_mul(31).wrapping_add(b.into())) % LANES
}

/// Whether the event changes what is going on; alerts that open nothing and that no rule watched or wanted to act on do
/// not.
fn concerns_board(event: &Event) -> bool {
    match event {
        Event::AlertAdmitted { opened, counted, .. } => {
            !opened.is_empty()
                || !counted.is_empty()
                || Watches::concern(event)
                || HeldLines::concern(event)
                || Covered::concern(event)
        }
        Event::ResponderPaused { .. }
        | Event::ResponderResumed { .. }
        | Event::BreakerTripped { .. }
        | Event::BreakerReleased { .. }
        | Event::DoctorChecked { .. }
        | Event::Sender(SenderEvent::NotUnderstood { .. })
        | Event::Sender(SenderEvent::Tried { .. })
        | Event::Upkeep(UpkeepEvent::Pruned { .. })
        | Event::Access(AccessEvent::TokenIssued { .. } | AccessEvent::TokenRevoked { .. }) => true,
        _ => !event.incidents().is_empty() || Watches::concern(event) || Owed::concern(event),
    }
}

/// What the store is given. The private part moves out of the draft; the board never looks at it.
fn entry(draft: &mut Draft) -> Result<Entry, StoreError> {
    let mut event = Vec::with_capacity(EVENT_BYTES_USUAL);
    serde_json::to_writer(&mut event, &draft.event).map_err(|error| StoreError::Failed(error.to_string()))?;
    let incidents = draft.event.incidents().into_iter().cloned().collect();
    let (also, private) = (std::mem::take(&mut draft.also), draft.private.take().map(Sealed::into_bytes));
    Ok(Entry { key: draft.key, also, at: draft.at, event, private, incidents, behind: draft.behind })
}

/// Records an event on a trail that nobody has replayed: for those who only read it.
///
/// # Errors
/// The event cannot be written as JSON.
pub fn note(store: &dyn Store, at: Timestamp, event: Event) -> Result<Pending, StoreError> {
    let entries = vec![entry(&mut Draft::of(at, event))?];
    Ok(store.append(Append { deliveries: Vec::new(), entries }))
}

/// The events of records, in their order.
///
/// # Errors
/// One is not a record.
pub fn events(records: &[Stored]) -> Result<Vec<Event>, StoreError> {
    records.iter().map(|stored| Ok(decode(&stored.record)?.event)).collect()
}

fn decode(record: &[u8]) -> Result<Record, StoreError> {
    Record::decode(record).map_err(|error| StoreError::Damaged(error.to_string()))
}

fn fold(state: &mut Option<Incident>, id: &IncidentId, record: &Record) -> Result<(), IllegalTransition> {
    match (&record.event, state) {
        (Event::AlertAdmitted { opened, .. } | Event::IncidentsOpened { opened, .. }, state) => {
            if let Some(opened) = opened.iter().find(|opened| &opened.plan.incident == id) {
                *state = Some(Incident::open(opened, record.at));
            }
            Ok(())
        }
        (Event::IncidentRequested { opened, .. }, state) => {
            *state = Some(Incident::open(opened, record.at));
            Ok(())
        }
        // Reading an incident is on its trail, but no part of its life.
        (Event::TrailRead { .. }, _) => Ok(()),
        // What another incident on the account has met of this one is on its trail, too.
        (event, _) if event.incidents().first() != Some(&id) => Ok(()),
        (event, Some(state)) => state.apply(event, record.at),
        (event, None) => Err(IllegalTransition::unknown(id, event)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trail::{MemoryStore, samples};

    #[tokio::test]
    async fn an_event_of_an_incident_that_is_not_live_is_refused_because_no_start_could_replay_it() {
        let store = Arc::new(MemoryStore::default());
        let trail = Trail::open(store.clone()).unwrap();
        let incident = samples::incident(1);
        let approved = Event::IncidentApproved {
            incident,
            actor: "test".to_owned(),
            reason: "drill".to_owned(),
            approver: None,
            plan: None,
        };
        let refused = trail.record(Timestamp::UNIX_EPOCH, vec![approved]).await;
        assert!(matches!(refused, Err(RecordError::Illegal(_))), "{refused:?}");
        assert_eq!(trail.head().size, 0);
        assert!(Trail::open(store).is_ok());
    }
}
