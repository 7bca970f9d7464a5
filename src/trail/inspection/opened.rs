//! The incidents there are and were, newest first, a page at a time: those that are not over by the board, the others by
//! the index, and never by going through the records.

use std::sync::Arc;

use super::{Inspection, InspectionError};
use crate::incident::{Event, Incident, IncidentId, SourceName, Status, UserId};
use crate::trail::log::Trail;
use crate::trail::record::Record;
use crate::trail::search::{Cursor, Field, Index, Query};
use crate::trail::store::{StoreError, Stored};

/// The kinds of records that open incidents.
const OPENING: [&str; 3] = ["alert.admitted", "incidents.opened", "incident.requested"];
/// Most admitted alerts open nothing; these do.
const OPENED: [(Field, &str); 4] = [
    (Field::Verdict, "planned"),
    (Field::Verdict, "held"),
    (Field::Kind, "incidents.opened"),
    (Field::Kind, "incident.requested"),
];
/// The most records that are looked at for one page of what is not over.
const LOOKED_AT_MAX: usize = 256;
/// How often the index is asked for one page while nothing it finds stands as wanted.
const ASKED_MAX: usize = 4;

/// Where an incident stands, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It waits for a human.
    Held,
    /// Steps are due or under way.
    UnderWay,
    /// It keeps its account disabled.
    Contained,
    /// It is over.
    Closed,
}

/// Which incidents.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Those that stand so.
    pub standing: Option<Standing>,
    /// Those about this account.
    pub user_id: Option<UserId>,
    /// Those that were opened by a record that this asks for.
    pub query: Query,
}

/// One of them.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its state.
    pub incident: Incident,
    /// The record that opened it.
    pub record: u64,
    /// Who sent the alert behind it, where it was one.
    pub source: Option<SourceName>,
}

/// A page of them.
#[derive(Debug, Clone, Default)]
pub struct OpenedPage {
    /// Newest first. Those that one record opened are never parted.
    pub incidents: Vec<Listed>,
    /// Where the next page begins; none after the last. A page may be short and not the last.
    pub next: Option<Cursor>,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Held, Self::UnderWay, Self::Contained, Self::Closed];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::UnderWay => "under_way",
            Self::Contained => "contained",
            Self::Closed => "closed",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.as_str() == name)
    }

    /// That of an incident.
    #[must_use]
    pub fn of(incident: &Incident) -> Self {
        match incident.status {
            Status::Held(_) => Self::Held,
            _ if incident.is_containing() => Self::Contained,
            Status::Open => Self::UnderWay,
            Status::Closed(_) => Self::Closed,
        }
    }
}

impl Inspection {
    /// One page of the incidents that are wanted.
    ///
    /// # Errors
    /// The trail cannot be read or written.
    pub async fn incidents(
        &self,
        actor: &str,
        wanted: Wanted,
        from: Option<Cursor>,
        limit: usize,
    ) -> Result<OpenedPage, InspectionError> {
        let index = Arc::clone(&self.index);
        let look = move |trail: &Trail| Looking { trail, index: &index, wanted: &wanted }.page(from, limit);
        let page = self.trail.aside(look).await?;
        let first = page.incidents.iter().map(|listed| listed.record).min().unwrap_or_default();
        self.read(actor, first, page.incidents.len(), None).await?;
        Ok(page)
    }
}

struct Looking<'l> {
    trail: &'l Trail,
    index: &'l Index,
    wanted: &'l Wanted,
}

impl Looking<'_> {
    fn page(&self, mut from: Option<Cursor>, limit: usize) -> Result<OpenedPage, StoreError> {
        if let Some(standing) = self.wanted.standing.filter(|standing| *standing != Standing::Closed) {
            return self.of_board(standing, from, limit);
        }
        let mut page = OpenedPage::default();
        for _ in 0..ASKED_MAX {
            page = match &self.wanted.user_id {
                Some(user_id) => self.of_account(user_id, from, limit)?,
                None => self.of_index(from, limit)?,
            };
            if !page.incidents.is_empty() || page.next.is_none() {
                break;
            }
            from = page.next;
        }
        Ok(page)
    }

    fn of_board(&self, standing: Standing, from: Option<Cursor>, limit: usize) -> Result<OpenedPage, StoreError> {
        let before = from.map_or(u64::MAX, |cursor| cursor.before);
        let mut records: Vec<u64> = self.trail.board(|board| {
            let all = board.all_live().chain(board.containing());
            let meant = all.filter(|live| live.record < before && self.is_meant(&live.incident));
            meant.filter(|live| Standing::of(&live.incident) == standing).map(|live| live.record).collect()
        });
        records.sort_unstable_by(|a, b| b.cmp(a));
        records.dedup();
        let mut page = OpenedPage::default();
        for (count, seq) in records.iter().enumerate() {
            if page.incidents.len() >= limit || count >= LOOKED_AT_MAX {
                // Everything from the one before it on was looked at.
                page.next = Some(Cursor { before: seq.saturating_add(1) });
                break;
            }
            self.take_at(*seq, &mut page)?;
        }
        Ok(page)
    }

    fn of_index(&self, from: Option<Cursor>, limit: usize) -> Result<OpenedPage, StoreError> {
        let query = self.wanted.query.clone().of_kinds(&OPENING).with_any(&OPENED);
        let found = self.index.find(self.trail.store(), &query, from, limit)?;
        let mut page = OpenedPage { next: found.next, ..OpenedPage::default() };
        found.records.iter().try_for_each(|stored| self.take(stored, None, &mut page))?;
        Ok(page)
    }

    /// Whose account it is stands on a record behind the one that opened the incident.
    fn of_account(&self, user_id: &UserId, from: Option<Cursor>, limit: usize) -> Result<OpenedPage, StoreError> {
        let query = Query::default().of_kinds(&["account.resolved"]).with(Field::UserId, user_id.as_str());
        let found = self.index.find(self.trail.store(), &query, from, limit)?;
        let mut page = OpenedPage { next: found.next, ..OpenedPage::default() };
        for stored in &found.records {
            let Event::AccountResolved { incident, .. } = decode(stored)?.event else { continue };
            let Some(first) = self.trail.store().of_incident(&incident, 1)?.pop() else { continue };
            for opening in self.trail.store().read(first, 1)?.iter().filter(|opening| opening.seq == first) {
                if self.wanted.query.is_met_by(self.trail.store(), opening)? {
                    self.take(opening, Some(&incident), &mut page)?;
                }
            }
        }
        Ok(page)
    }

    fn take_at(&self, seq: u64, page: &mut OpenedPage) -> Result<(), StoreError> {
        for stored in self.trail.store().read(seq, 1)?.iter().filter(|stored| stored.seq == seq) {
            if self.wanted.query.is_met_by(self.trail.store(), stored)? {
                self.take(stored, None, page)?;
            }
        }
        Ok(())
    }

    /// Adds what a record has opened, or only the one incident.
    fn take(&self, stored: &Stored, only: Option<&IncidentId>, page: &mut OpenedPage) -> Result<(), StoreError> {
        let event = decode(stored)?.event;
        let (source, opened) = match &event {
            Event::AlertAdmitted { alert, opened, .. } => (Some(&alert.source), opened.as_slice()),
            Event::IncidentsOpened { source, opened, .. } => (Some(source), opened.as_slice()),
            Event::IncidentRequested { opened, .. } => (None, std::slice::from_ref(opened.as_ref())),
            _ => return Ok(()),
        };
        for id in opened.iter().map(|opened| &opened.plan.incident).filter(|id| only.is_none_or(|only| only == *id)) {
            let live = self.trail.board(|board| board.in_effect(id).map(|live| live.incident.clone()));
            let incident = match live {
                Some(incident) => Some(incident),
                None => self.trail.incident(id)?.map(|(incident, _)| incident),
            };
            let is_wanted = |incident: &Incident| {
                let standing = Standing::of(incident);
                self.wanted.standing.is_none_or(|wanted| wanted == standing) && self.is_meant(incident)
            };
            if let Some(incident) = incident.filter(is_wanted) {
                page.incidents.push(Listed { incident, record: stored.seq, source: source.cloned() });
            }
        }
        Ok(())
    }

    fn is_meant(&self, incident: &Incident) -> bool {
        self.wanted.user_id.is_none() || self.wanted.user_id == incident.user_id
    }
}

fn decode(stored: &Stored) -> Result<Record, StoreError> {
    Record::decode(&stored.record).map_err(|error| StoreError::Damaged(error.to_string()))
}
