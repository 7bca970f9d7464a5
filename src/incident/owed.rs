//! Which notices are still owed to which channel: a fold of the trail, so that no crash loses one and what was told
//! is not told anew.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ChannelName, Event, Hearing, NoticeEvent, NoticeRef, SourceName, Timestamp, Topic, Urgency, sorted};

/// Within this a channel is sent so many notices of one topic, and no more; the last of them stands for all that wait.
const MINUTE: Duration = Duration::from_secs(60);
/// What is wrong with one source is told once in so long.
const SOURCE_AGAIN_AFTER: Duration = Duration::from_secs(10 * 60);
/// The most sources of which it is known when they were told of; beyond it all are forgotten.
const SOURCES_MAX: usize = 4_096;
/// The most records of one topic that wait one by one; what comes on top is only counted.
const WAITING_MAX: usize = 1_000;
/// The most notices of one topic that stand between their first attempt and their end; what comes on top waits until
/// one of them ends.
const STANDING_MAX: usize = 64;
/// The most notices of a channel that were given up and can be replayed; beyond it the oldest go.
const DEAD_MAX: usize = 1_000;

/// What is owed to whom.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Owed {
    lanes: BTreeMap<ChannelName, Lane>,
    #[serde(with = "sorted::map")]
    told: HashMap<(Topic, SourceName), Timestamp>,
}

/// What is owed to one channel. None of it waits for another that waits for its own time.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Lane {
    topics: BTreeSet<Topic>,
    waiting: BTreeMap<Topic, Waiting>,
    /// When notices of a topic were last begun, or got there at a later attempt, at most [`Topic::each_per_minute`].
    begun: BTreeMap<Topic, VecDeque<Timestamp>>,
    /// Begun and not ended, in the order in which they were first begun.
    standing: Vec<Parcel>,
    again: VecDeque<Parcel>,
    dead: VecDeque<Parcel>,
    sent: u64,
    failed: u64,
}

/// Records of one topic that nobody was told of yet.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Waiting {
    records: BTreeSet<u64>,
    beyond: u64,
}

/// One notice: about one record, or about that and some more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// What it is about.
    pub topic: Topic,
    /// The record; of several, the first.
    pub of: u64,
    /// How many more it stands for.
    pub more: u64,
    /// How often it was begun.
    pub attempts: u32,
    /// Where it stands.
    pub state: ParcelState,
}

/// Where a notice stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ParcelState {
    /// To be sent.
    Ready,
    /// The intent is durable, the end is not known.
    Started,
    /// Taken; whether anybody got it is to be asked.
    Accepted {
        /// What to ask by.
        receipt: String,
        /// When.
        ask_at: Timestamp,
        /// How often it was put off.
        asked: u32,
    },
    /// To be sent again.
    Postponed {
        /// When.
        retry_at: Timestamp,
    },
    /// Given up; the code of the last failure.
    Dead {
        /// Since when.
        at: Timestamp,
        /// The failure's code.
        code: String,
    },
}

/// What is to be done next for a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// Send this, as one more attempt.
    Send(Parcel),
    /// Ask what became of this.
    Ask(Parcel),
    /// Nothing before then.
    Wait(Timestamp),
    /// Nothing at all.
    Rest,
}

impl Owed {
    /// What is owed to a channel, if the trail knows it.
    #[must_use]
    pub fn lane(&self, channel: &ChannelName) -> Option<&Lane> {
        self.lanes.get(channel)
    }

    /// Every channel, in the order of their names.
    pub fn lanes(&self) -> impl Iterator<Item = (&ChannelName, &Lane)> {
        self.lanes.iter()
    }

    /// The channels and what they hear, as a record would say it.
    #[must_use]
    pub fn hearing(&self) -> Vec<Hearing> {
        let hearing = |(channel, lane): (&ChannelName, &Lane)| Hearing {
            channel: channel.clone(),
            topics: lane.topics.iter().copied().collect(),
        };
        self.lanes.iter().map(hearing).collect()
    }

    /// Whether the event changes anything here, if there is a channel at all.
    #[must_use]
    pub fn concern(event: &Event) -> bool {
        matches!(event, Event::Notice(_)) || !Topic::of(event).is_empty()
    }

    /// Applies the event of record `seq`. What does not fit changes nothing: a notice too many is better than a trail
    /// that cannot be replayed.
    pub fn apply(&mut self, seq: u64, at: Timestamp, event: &Event) {
        match event {
            Event::Notice(NoticeEvent::Configured { channels }) => self.configure(channels),
            Event::Notice(NoticeEvent::Replayed { channel, of, .. }) => {
                let is_meant = |name: &ChannelName| channel.as_ref().is_none_or(|wanted| wanted == name);
                let lanes = self.lanes.iter_mut().filter(|(name, _)| is_meant(name));
                lanes.for_each(|(_, lane)| lane.replay(*of));
            }
            Event::Notice(NoticeEvent::Owed { channel, .. }) => {
                if let Some(lane) = self.lanes.get_mut(channel) {
                    lane.waiting.entry(Topic::RuleNotice).or_default().add(seq);
                }
            }
            Event::Notice(event) => {
                let lane = notice_of(event).and_then(|notice| Some((self.lanes.get_mut(&notice.channel)?, notice)));
                if let Some((lane, notice)) = lane {
                    lane.apply(notice, event, at);
                }
            }
            _ => self.note(seq, at, event),
        }
    }

    /// A channel hears from the record on that first names it; the past is not told.
    fn configure(&mut self, channels: &[Hearing]) {
        let mut before = std::mem::take(&mut self.lanes);
        for Hearing { channel, topics } in channels {
            let mut lane = before.remove(channel).unwrap_or_default();
            lane.topics = topics.iter().copied().collect();
            let is_heard = |topic: Topic| topic == Topic::RuleNotice || topic.is_heard(|topic| topics.contains(&topic));
            lane.waiting.retain(|topic, _| is_heard(*topic));
            self.lanes.insert(channel.clone(), lane);
        }
    }

    /// Nobody is told any more of records before `below`: they are gone.
    pub fn forget_below(&mut self, below: u64) {
        let is_kept = |parcel: &Parcel| parcel.of >= below;
        for lane in self.lanes.values_mut() {
            for waiting in lane.waiting.values_mut() {
                waiting.records = waiting.records.split_off(&below);
            }
            lane.standing.retain(is_kept);
            lane.again.retain(is_kept);
            lane.dead.retain(is_kept);
        }
    }

    fn note(&mut self, seq: u64, at: Timestamp, event: &Event) {
        if self.lanes.is_empty() {
            return;
        }
        for topic in Topic::of(event) {
            if Topic::culprit(event).is_some_and(|source| !self.is_news(topic, source, at)) {
                continue;
            }
            let is_heard = |lane: &&mut Lane| topic.is_heard(|topic| lane.topics.contains(&topic));
            for lane in self.lanes.values_mut().filter(is_heard) {
                lane.waiting.entry(topic).or_default().add(seq);
            }
        }
    }

    /// A source could otherwise keep people busy at will.
    fn is_news(&mut self, topic: Topic, source: &SourceName, at: Timestamp) -> bool {
        let key = (topic, source.clone());
        let is_recent = |told: &Timestamp| *told <= at && at < after(*told, SOURCE_AGAIN_AFTER);
        if self.told.get(&key).is_some_and(is_recent) {
            return false;
        }
        if self.told.len() >= SOURCES_MAX {
            self.told.clear();
        }
        self.told.insert(key, at);
        true
    }
}

impl Lane {
    /// What is to be sent at `now`: of all that may go, what is most urgent, and of that the oldest record.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Move {
        // Interrupted: nobody knows whether it left, so nothing else does before it.
        if let Some(parcel) = self.standing.iter().find(|parcel| parcel.state == ParcelState::Started) {
            return Move::Send(parcel.clone());
        }
        let fresh = self.fresh(now);
        let postponed = self.standing.iter().filter_map(|parcel| match parcel.state {
            ParcelState::Postponed { retry_at } => Some((retry_at.max(self.free_at(parcel.topic, now)), parcel)),
            _ => None,
        });
        let again = self.again.iter().filter(|parcel| self.has_room(parcel.topic)).map(|parcel| (now, parcel));
        let all = postponed.chain(again).chain(fresh.iter().map(|parcel| (self.free_at(parcel.topic, now), parcel)));
        let mut wait: Option<Timestamp> = None;
        let mut first: Option<&Parcel> = None;
        for (may_go_at, parcel) in all {
            if may_go_at > now {
                wait = Some(wait.map_or(may_go_at, |wait| wait.min(may_go_at)));
            } else if first.is_none_or(|first| parcel.rank() < first.rank()) {
                first = Some(parcel);
            }
        }
        first.map_or_else(|| wait.map_or(Move::Rest, Move::Wait), |parcel| Move::Send(parcel.clone()))
    }

    /// What is to be asked at `now`, in the order in which it is time to.
    #[must_use]
    pub fn next_to_ask(&self, now: Timestamp) -> Move {
        let accepted = self.standing.iter().filter_map(|parcel| match parcel.state {
            ParcelState::Accepted { ask_at, .. } => Some((ask_at, parcel)),
            _ => None,
        });
        match accepted.min_by_key(|(ask_at, _)| *ask_at) {
            Some((ask_at, parcel)) if ask_at <= now => Move::Ask(parcel.clone()),
            Some((ask_at, _)) => Move::Wait(ask_at),
            None => Move::Rest,
        }
    }

    /// The next notice of each topic that nobody was told of yet, whether it may go now or not.
    fn fresh(&self, now: Timestamp) -> Vec<Parcel> {
        let waiting = self.waiting.iter().filter(|(topic, _)| self.has_room(**topic));
        let parcel = |(topic, waiting): (&Topic, &Waiting)| {
            let of = *waiting.records.first()?;
            // The last of the minute stands for all that wait.
            let is_last = self.recent(*topic, now).len() + 1 >= topic.each_per_minute();
            let more = if is_last { waiting.count() - 1 } else { 0 };
            Some(Parcel { topic: *topic, of, more, attempts: 0, state: ParcelState::Ready })
        };
        waiting.filter_map(parcel).collect()
    }

    /// How many notices are owed, those under way among them.
    #[must_use]
    pub fn owed(&self) -> u64 {
        let waiting: u64 = self.waiting.values().map(Waiting::count).sum();
        let standing = self.standing.iter().chain(&self.again);
        standing.fold(waiting, |sum, parcel| sum.saturating_add(parcel.more).saturating_add(1))
    }

    /// What was begun and has not ended, in the order in which it was first begun.
    pub fn standing(&self) -> impl ExactSizeIterator<Item = &Parcel> {
        self.standing.iter()
    }

    /// What was given up, oldest first.
    pub fn dead(&self) -> impl ExactSizeIterator<Item = &Parcel> {
        self.dead.iter()
    }

    /// How many messages were sent.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// How many attempts failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failed
    }

    /// What it hears.
    pub fn topics(&self) -> impl Iterator<Item = Topic> {
        self.topics.iter().copied()
    }

    fn has_room(&self, topic: Topic) -> bool {
        self.standing.iter().filter(|parcel| parcel.topic == topic).count() < STANDING_MAX
    }

    /// When another notice of the topic may go.
    fn free_at(&self, topic: Topic, now: Timestamp) -> Timestamp {
        let recent = self.recent(topic, now);
        let is_full = recent.len() >= topic.each_per_minute();
        recent.first().filter(|_| is_full).map_or(now, |oldest| after(*oldest, MINUTE))
    }

    fn recent(&self, topic: Topic, now: Timestamp) -> Vec<Timestamp> {
        let begun = self.begun.get(&topic).into_iter().flatten();
        begun.copied().filter(|at| *at <= now && now < after(*at, MINUTE)).collect()
    }

    fn apply(&mut self, notice: &NoticeRef, event: &NoticeEvent, at: Timestamp) {
        match event {
            NoticeEvent::Started { more, attempt, .. } => self.start(notice, *more, *attempt, at),
            NoticeEvent::Accepted { receipt, ask_at, .. } => {
                self.arrive(notice, at);
                if let Some(parcel) = self.find(notice) {
                    let asked = match parcel.state {
                        ParcelState::Accepted { asked, .. } => asked.saturating_add(1),
                        _ => 0,
                    };
                    parcel.state = ParcelState::Accepted { receipt: receipt.clone(), ask_at: *ask_at, asked };
                }
            }
            NoticeEvent::Sent { .. } => {
                self.sent += 1;
                self.arrive(notice, at);
                self.end(notice);
            }
            NoticeEvent::Failed { retry_at, .. } => {
                self.failed += 1;
                if let Some(parcel) = self.find(notice) {
                    parcel.state = ParcelState::Postponed { retry_at: *retry_at };
                }
            }
            NoticeEvent::GivenUp { failure, .. } => {
                self.failed += 1;
                if let Some(parcel) = self.end(notice) {
                    let state = ParcelState::Dead { at, code: failure.code.clone() };
                    self.bury(Parcel { state, ..parcel });
                }
            }
            NoticeEvent::Withheld { .. } => {
                if self.end(notice).is_none() {
                    self.take(notice, 0);
                }
            }
            NoticeEvent::Configured { .. } | NoticeEvent::Owed { .. } | NoticeEvent::Replayed { .. } => {}
        }
    }

    fn start(&mut self, notice: &NoticeRef, more: u64, attempts: u32, at: Timestamp) {
        let parcel = Parcel { topic: notice.topic, of: notice.of, more, attempts, state: ParcelState::Started };
        if let Some(standing) = self.find(notice) {
            *standing = parcel;
            return;
        }
        self.take(notice, more);
        self.standing.push(parcel);
        self.count(notice.topic, at);
    }

    /// People have one more to read: what has failed before counts for the minute only now.
    fn arrive(&mut self, notice: &NoticeRef, at: Timestamp) {
        let is_later = |parcel: &mut Parcel| parcel.state == ParcelState::Started && parcel.attempts > 1;
        if self.find(notice).is_some_and(is_later) {
            self.count(notice.topic, at);
        }
    }

    fn count(&mut self, topic: Topic, at: Timestamp) {
        let begun = self.begun.entry(topic).or_default();
        begun.push_back(at);
        if begun.len() > topic.each_per_minute() {
            begun.pop_front();
        }
    }

    /// Takes a notice from where it waits.
    fn take(&mut self, notice: &NoticeRef, more: u64) {
        if let Some(place) = self.again.iter().position(|parcel| parcel.is_about(notice)) {
            self.again.remove(place);
        } else if let Some(waiting) = self.waiting.get_mut(&notice.topic) {
            waiting.take(notice.of, more);
        }
    }

    /// It stands no more.
    fn end(&mut self, notice: &NoticeRef) -> Option<Parcel> {
        let place = self.standing.iter().position(|parcel| parcel.is_about(notice))?;
        Some(self.standing.remove(place))
    }

    fn find(&mut self, notice: &NoticeRef) -> Option<&mut Parcel> {
        self.standing.iter_mut().find(|parcel| parcel.is_about(notice))
    }

    fn bury(&mut self, parcel: Parcel) {
        if self.dead.len() >= DEAD_MAX {
            self.dead.pop_front();
        }
        self.dead.push_back(parcel);
    }

    fn replay(&mut self, of: Option<u64>) {
        let (meant, rest) = std::mem::take(&mut self.dead).into_iter().partition(|p| of.is_none_or(|of| p.of == of));
        self.dead = rest;
        let meant: VecDeque<Parcel> = meant;
        self.again.extend(meant.into_iter().map(|parcel| Parcel { attempts: 0, state: ParcelState::Ready, ..parcel }));
    }
}

impl Parcel {
    fn is_about(&self, notice: &NoticeRef) -> bool {
        self.of == notice.of && self.topic == notice.topic
    }

    /// What goes first has less.
    fn rank(&self) -> (Urgency, u64) {
        (self.topic.urgency(), self.of)
    }
}

impl Waiting {
    fn add(&mut self, seq: u64) {
        if self.records.len() < WAITING_MAX {
            self.records.insert(seq);
        } else {
            self.beyond += 1;
        }
    }

    fn count(&self) -> u64 {
        self.beyond.saturating_add(self.records.len() as u64)
    }

    /// Takes one record, and as many more of those that have waited longest.
    fn take(&mut self, of: u64, more: u64) {
        self.records.remove(&of);
        let listed = more.min(self.records.len() as u64);
        for _ in 0..listed {
            self.records.pop_first();
        }
        self.beyond = self.beyond.saturating_sub(more - listed);
    }
}

fn notice_of(event: &NoticeEvent) -> Option<&NoticeRef> {
    match event {
        NoticeEvent::Configured { .. } | NoticeEvent::Owed { .. } | NoticeEvent::Replayed { .. } => None,
        NoticeEvent::Started { notice, .. }
        | NoticeEvent::Accepted { notice, .. }
        | NoticeEvent::Sent { notice, .. }
        | NoticeEvent::Failed { notice, .. }
        | NoticeEvent::GivenUp { notice, .. }
        | NoticeEvent::Withheld { notice, .. } => Some(notice),
    }
}

fn after(at: Timestamp, duration: Duration) -> Timestamp {
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
