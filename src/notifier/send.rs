//! One attempt at one notice: what to say, to whom, the intent, the message, the outcome.

use std::collections::BTreeSet;
use std::time::Duration;

use super::about::about;
use super::leave::{Leaving, Outcome, leave};
use super::retry::{ATTEMPTS_MAX, after};
use super::run::Notifier;
use super::subject::{self, Subject};
use crate::directory::Reach;
use crate::incident::{
    Event, Failure, FailureClass, NoticeEvent, NoticeRef, Parcel, ParcelState, Timestamp, Topic, UserId, Withheld,
};
use crate::notices::{Channel, Told, Unsent, Way};
use crate::trail::{RecordError, StoreError, Trail};

/// DingTalk can say who got a work notification only after a while.
const ASK_AFTER: Duration = Duration::from_secs(10);
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(30);
/// How often it is asked before the notice counts as not sent.
const ASKS_MAX: u32 = 10;

/// What is to be said, and whom it is about.
struct Content {
    told: Told,
    subjects: Vec<Subject>,
}

impl Notifier {
    /// One more attempt.
    pub(super) async fn send(&self, channel: &Channel, parcel: &Parcel) -> Result<(), RecordError> {
        let notice = NoticeRef { channel: channel.name.clone(), topic: parcel.topic, of: parcel.of };
        let Content { told, subjects } = self.content(channel, &notice, parcel).await?;
        let attempt = parcel.attempts.saturating_add(1);
        if self.directory.only_reads() {
            return self.withhold(notice, Withheld::DryRun).await;
        }
        // Of one of many nothing is said that could be about anybody.
        // Whom a held alert means nobody knows.
        let is_one_of_many = channel.is_personal() && (parcel.more > 0 || parcel.topic == Topic::AlertHeld);
        let told = if is_one_of_many { told.in_numbers() } else { told };
        let to =
            if is_one_of_many { Ok(Ok(channel.user_ids().to_vec())) } else { self.others(channel, &subjects).await };
        let to = match to {
            Ok(Ok(to)) => to,
            Ok(Err(why)) => return self.withhold(notice, why).await,
            Err(failure) => {
                self.start(&notice, parcel, attempt).await?;
                return self.failed(notice, attempt, &told.id, failure.into()).await;
            }
        };
        self.start(&notice, parcel, attempt).await?;
        if parcel.attempts >= ATTEMPTS_MAX {
            // Begun again and again, and never heard of: whatever it is, it takes the program with it.
            let unsent = Unsent::from(Failure::local(FailureClass::Permanent, "interrupted"));
            return self.failed(notice, attempt, &told.id, unsent).await;
        }
        match self.leave(channel, &told, to).await {
            Ok(Outcome::Sent { missed }) => {
                tracing::info!(channel.name = %channel.name, notice.topic = %notice.topic, notice.of, "people are told");
                self.record(vec![NoticeEvent::Sent { notice, attempt, missed }]).await
            }
            Ok(Outcome::Taken(task)) => self.accepted(notice, attempt, task.to_string(), ASK_AFTER).await,
            Err(unsent) => self.failed(notice, attempt, &told.id, unsent).await,
        }
    }

    /// Success over HTTP is no delivery: who got it?
    pub(super) async fn ask(&self, channel: &Channel, parcel: &Parcel) -> Result<(), RecordError> {
        let notice = NoticeRef { channel: channel.name.clone(), topic: parcel.topic, of: parcel.of };
        let attempt = parcel.attempts;
        let ParcelState::Accepted { receipt, asked, .. } = &parcel.state else { return Ok(()) };
        let id = receipt.clone();
        let reach = match (&channel.way, receipt.parse()) {
            (Way::Work { agent_id, .. }, Ok(task)) => {
                self.directory.reach(*agent_id, task, parcel.topic.urgency()).await
            }
            // The channel was another one when it was sent.
            _ => Err(Failure::local(FailureClass::Permanent, "not_to_be_asked")),
        };
        match reach {
            Ok(Some(Reach { reached, missed })) if reached > 0 => {
                let missed = missed as u64;
                self.record(vec![NoticeEvent::Sent { notice, attempt, missed }]).await
            }
            Ok(Some(_)) => {
                let dropped = Failure::local(FailureClass::Busy, "dropped_silently");
                self.failed(notice, attempt, &id, dropped.into()).await
            }
            Ok(None) | Err(_) if *asked < ASKS_MAX => {
                self.accepted(notice, attempt, receipt.clone(), ASK_AGAIN_AFTER).await
            }
            Ok(None) => {
                let unknown = Failure::local(FailureClass::Unknown, "outcome_unknown");
                self.failed(notice, attempt, &id, unknown.into()).await
            }
            Err(failure) => self.failed(notice, attempt, &id, failure.into()).await,
        }
    }

    async fn leave(&self, channel: &Channel, told: &Told, user_ids: Vec<UserId>) -> Result<Outcome, Unsent> {
        let urgency = told.topic.urgency();
        let leaving = Leaving { id: &told.id, text: channel.text(told), body: told.json(), urgency };
        leave(&self.post, self.directory.as_ref(), self.clock.now(), channel, leaving, user_ids).await
    }

    /// The recipients without those whom it is about; of a channel that names nobody, nobody.
    async fn others(&self, channel: &Channel, subjects: &[Subject]) -> Result<Result<Vec<UserId>, Withheld>, Failure> {
        if !channel.is_personal() {
            return Ok(Ok(Vec::new()));
        }
        let rules = self.rules.now();
        let Some(accounts) = subject::accounts(subjects, rules.set.identities(), &self.directory).await? else {
            return Ok(Err(Withheld::SubjectUnknown));
        };
        let others: Vec<UserId> = channel.user_ids().iter().filter(|id| !accounts.contains(*id)).cloned().collect();
        Ok(if others.is_empty() { Err(Withheld::OnlyTheSubject) } else { Ok(others) })
    }

    async fn content(&self, channel: &Channel, notice: &NoticeRef, parcel: &Parcel) -> Result<Content, StoreError> {
        let (trail, notice, more) = (self.trail.clone(), notice.clone(), parcel.more);
        let (public_url, is_personal) = (self.public_url.clone(), channel.is_personal());
        let read = tokio::task::spawn_blocking(move || {
            let stored = trail.store().read(notice.of, 1)?.pop();
            let missing = || StoreError::Damaged(format!("record {} is missing", notice.of));
            let stored = stored.ok_or_else(missing)?;
            let record = trail.read(notice.of, 1)?.pop().ok_or_else(missing)?;
            let (incidents, facts, subjects) = said(&trail, notice.topic, notice.of, &record.event, is_personal)?;
            let (id, topic) = (notice.id(&stored.record), notice.topic);
            let told = Told { id, topic, at: record.at, record: notice.of, more, incidents, facts, public_url };
            Ok(Content { told, subjects })
        });
        read.await.unwrap_or_else(|_| Err(StoreError::Failed("the read was cut short".to_owned())))
    }

    async fn start(&self, notice: &NoticeRef, parcel: &Parcel, attempt: u32) -> Result<(), RecordError> {
        self.record(vec![NoticeEvent::Started { notice: notice.clone(), more: parcel.more, attempt }]).await
    }

    async fn accepted(
        &self,
        notice: NoticeRef,
        attempt: u32,
        receipt: String,
        ask_after: Duration,
    ) -> Result<(), RecordError> {
        let ask_at = self.clock.now().checked_add(ask_after).unwrap_or(Timestamp::MAX);
        self.record(vec![NoticeEvent::Accepted { notice, attempt, receipt, ask_at }]).await
    }

    async fn failed(&self, notice: NoticeRef, attempt: u32, id: &str, unsent: Unsent) -> Result<(), RecordError> {
        let retry_at = after(&unsent, attempt, id, self.clock.now());
        let failure = unsent.failure;
        tracing::warn!(
            channel.name = %notice.channel,
            notice.topic = %notice.topic,
            notice.of,
            notice.attempt = attempt,
            failure.code,
            notice.is_given_up = retry_at.is_none(),
            "people could not be told"
        );
        self.record(vec![match retry_at {
            Some(retry_at) => NoticeEvent::Failed { notice, attempt, failure, retry_at },
            None => NoticeEvent::GivenUp { notice, attempts: attempt, failure },
        }])
        .await
    }

    async fn withhold(&self, notice: NoticeRef, why: Withheld) -> Result<(), RecordError> {
        self.record(vec![NoticeEvent::Withheld { notice, why }]).await
    }

    pub(super) async fn record(&self, events: Vec<NoticeEvent>) -> Result<(), RecordError> {
        self.trail.record(self.clock.now(), events.into_iter().map(Event::Notice).collect()).await
    }
}

type Said = (Vec<crate::notices::AboutIncident>, Vec<(crate::notices::Fact, String)>, Vec<Subject>);

/// What a record says under a topic, and whom that is about where it matters. Blocks.
fn said(trail: &Trail, topic: Topic, seq: u64, event: &Event, is_personal: bool) -> Result<Said, StoreError> {
    let opens = matches!(event, Event::AlertAdmitted { .. } | Event::IncidentsOpened { .. });
    let named = if opens { None } else { event.incidents().first().copied() };
    let found = named.map(|id| trail.incident(id)).transpose()?.flatten();
    let (incidents, facts) = about(topic, event, found.as_ref().map(|(incident, _)| incident));
    let mut subjects = Vec::new();
    if is_personal {
        let ids: BTreeSet<_> = incidents.iter().map(|incident| &incident.id).collect();
        match &found {
            Some((incident, records)) => {
                let opened_by = records.first().map_or(seq, |record| record.seq);
                subjects.push(subject::of_incident(trail, incident, opened_by)?);
            }
            None if opens => {
                for id in ids {
                    subjects.push(subject::of_record(trail, id, seq)?);
                }
            }
            None if named.is_some() => subjects.push(Subject::Unknown),
            None => {}
        }
    }
    Ok((incidents, facts, subjects))
}
