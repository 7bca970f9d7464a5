//! Finds the one account an incident is about, or says why not.

use super::hand::{Hand, Moved, Progress};
use crate::directory::index::bears;
use crate::incident::{
    AccountRef, Bearing, Candidate, Event, Evidence, Failure, HoldReason, Incident, IncidentId, Resolution, Timestamp,
    UserId,
};
use crate::response::{Resolved, Subject, only, resolve};
use crate::trail::RecordError;

/// How often the index is asked: again when it has learned that whom it named has another name.
const SEARCHES_MAX: usize = 2;

/// What was found.
type Searched = Result<Vec<Candidate>, Missed>;

/// Why nothing was.
enum Missed {
    /// DingTalk could not be read.
    Unread(Failure),
    /// The index is too old to be asked.
    TooOld,
}

impl Hand {
    /// By the identity map, by asking DingTalk, or by the directory index.
    pub(super) async fn resolve(
        &self,
        incident: &Incident,
        subject: &Subject,
        failed_reads: u32,
    ) -> Result<Moved, RecordError> {
        let (id, account) = (incident.id(), &subject.account);
        let resolved = resolve(account, self.rules.now().set.identities(), self.roster.is_some());
        let (by, searched) = match resolved {
            Err(reason) => return self.hold(id, reason, None).await,
            Ok(Resolved::To(user_id, by)) => return self.resolved(id, user_id, Evidence::of(by)).await,
            Ok(Resolved::Search) => (Resolution::DirectoryIndex, self.search(account).await),
            Ok(Resolved::Ask(lookup, by)) => match self.directory.find(&lookup).await {
                Err(failure) => (by, Err(Missed::Unread(failure))),
                Ok(found) => (by, self.looked_at(account, found, by).await),
            },
        };
        match searched {
            Ok(candidates) => self.weigh(id, by, candidates).await,
            Err(Missed::TooOld) => self.unresolved(id, HoldReason::DirectoryTooOld, Evidence::of(by)).await,
            Err(Missed::Unread(failure)) => {
                self.read_failed(id, &failure, failed_reads, HoldReason::AttemptsExhausted).await
            }
        }
    }

    /// Exactly one account, or held with those that it could be.
    async fn weigh(&self, id: &IncidentId, by: Resolution, candidates: Vec<Candidate>) -> Result<Moved, RecordError> {
        let is_read = candidates.iter().any(|candidate| candidate.found != Bearing::NotRead);
        let meant = only(&candidates).cloned();
        let evidence = Evidence::with(by, candidates, is_read.then(|| self.clock.now()));
        match meant {
            Ok(user_id) => self.resolved(id, user_id, evidence).await,
            Err(reason) => self.unresolved(id, reason, evidence).await,
        }
    }

    /// What DingTalk names itself. A mobile number moves from one to the next, so whoever has it is looked at; of the
    /// others DingTalk has just said whose they are.
    async fn looked_at(&self, account: &AccountRef, found: Vec<UserId>, by: Resolution) -> Searched {
        if by == Resolution::Mobile && found.len() <= Evidence::CANDIDATES_MAX {
            let mut candidates = Vec::with_capacity(found.len());
            for user_id in found {
                candidates.push(self.read_live(account, user_id, None).await?);
            }
            return Ok(candidates);
        }
        let bearing = if found.len() == 1 { Bearing::Live } else { Bearing::NotRead };
        Ok(found.into_iter().map(|user_id| Candidate { user_id, found: bearing, indexed_at: None }).collect())
    }

    /// Whom the directory index names, each read live. Where all of them have another name by now the index has just
    /// learned it, and may know whose the name is.
    async fn search(&self, account: &AccountRef) -> Searched {
        let mut candidates: Vec<Candidate> = Vec::new();
        let Some(roster) = &self.roster else { return Ok(candidates) };
        for _ in 0..SEARCHES_MAX {
            let mut found = roster.find(account).map_err(|_| Missed::TooOld)?;
            found.retain(|one| candidates.iter().all(|known| known.user_id != one.user_id));
            if found.len() > Evidence::CANDIDATES_MAX {
                let unread = |one: crate::roster::Found| Candidate {
                    user_id: one.user_id,
                    found: Bearing::NotRead,
                    indexed_at: Some(one.seen_at),
                };
                candidates.extend(found.into_iter().map(unread));
            } else {
                for one in found {
                    candidates.push(self.read_live(account, one.user_id, Some(one.seen_at)).await?);
                }
            }
            if only(&candidates) != Err(HoldReason::AccountNotFound) {
                break;
            }
        }
        Ok(candidates)
    }

    async fn read_live(
        &self,
        account: &AccountRef,
        user_id: UserId,
        indexed_at: Option<Timestamp>,
    ) -> Result<Candidate, Missed> {
        let live = self.directory.member(&user_id).await.map_err(Missed::Unread)?;
        let found = match &live {
            None => Bearing::Gone,
            Some(live) if bears(live, account) => Bearing::Live,
            Some(_) => Bearing::Moved,
        };
        if let Some(roster) = &self.roster
            && let Err(error) = roster.learn(&user_id, live.as_ref()).await
        {
            // The index stays as old as it is; what was read live decides here.
            tracing::warn!(%error, "the directory index could not be mended");
        }
        Ok(Candidate { user_id, found, indexed_at })
    }

    async fn resolved(&self, id: &IncidentId, user_id: UserId, evidence: Evidence) -> Result<Moved, RecordError> {
        let mut beside = self.trail.board(|board| board.beside(&user_id, id));
        beside.truncate(Event::BESIDE_MAX);
        self.record(vec![Event::AccountResolved { incident: id.clone(), user_id, evidence, beside }]).await?;
        // The lane is the account's from here on, so the incident starts anew under it.
        Ok(Moved::Stop(Progress::Rests))
    }

    async fn unresolved(&self, id: &IncidentId, reason: HoldReason, evidence: Evidence) -> Result<Moved, RecordError> {
        tracing::warn!(incident.id = %id, reason = reason.text(), candidates.count = evidence.candidates.len(),
            "held for a human");
        let incident = id.clone();
        let unresolved = Event::AccountUnresolved { incident: incident.clone(), evidence };
        self.record(vec![unresolved, Event::IncidentHeld { incident, reason, failure: None, beyond: None }]).await?;
        Ok(Moved::Stop(Progress::Rests))
    }
}
