//! Which notices are still owed to which channel: a fold of the trail, so that no crash loses one and what was told
//! is not told anew.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use super::{ChannelName, Event, Hearing, NoticeEvent, NoticeRef, SourceName, Timestamp, Topic};

/// Within this a channel is sent so many notices of one topic, and no more; the last of them stands for all that wait.
const MINUTE: Duration = Duration::from_secs(60);
/// What is wrong with one source is told once in so long.
const SOURCE_AGAIN_AFTER: Duration = Duration::from_secs(10 * 60);
/// The most sources of which it is known when they were told of; beyond it all are forgotten.
const SOURCES_MAX: usize = 4_096;
/// The most records of one topic that wait one by one; what comes on top is only counted.
const WAITING_MAX: usize = 1_000;
/// The most notices of a channel that were given up and can be replayed; beyond it the oldest go.
const DEAD_MAX: usize = 1_000;

/// What is owed to whom.
#[derive(Debug, Default)]
pub struct Owed {
    lanes: BTreeMap<ChannelName, Lane>,
    told: HashMap<(Topic, SourceName), Timestamp>,
}

/// What is owed to one channel, in the order in which it is sent.
#[derive(Debug, Default)]
pub struct Lane {
    topics: BTreeSet<Topic>,
    waiting: BTreeMap<Topic, Waiting>,
    /// When notices of a topic were last begun, at most [`Topic::each_per_minute`].
    begun: BTreeMap<Topic, VecDeque<Timestamp>>,
    current: Option<Parcel>,
    again: VecDeque<Parcel>,
    dead: VecDeque<Parcel>,
    sent: u64,
    failed: u64,
}

/// Records of one topic that nobody was told of yet.
#[derive(Debug, Default)]
struct Waiting {
    records: BTreeSet<u64>,
    beyond: u64,
}

/// One notice: about one record, or about that and some more.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// What is to be done at `now`.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Move {
        if let Some(parcel) = &self.current {
            return match &parcel.state {
                ParcelState::Accepted { ask_at, .. } if *ask_at <= now => Move::Ask(parcel.clone()),
                ParcelState::Accepted { ask_at: then, .. } | ParcelState::Postponed { retry_at: then }
                    if *then > now =>
                {
                    Move::Wait(*then)
                }
                _ => Move::Send(parcel.clone()),
            };
        }
        if let Some(parcel) = self.again.front() {
            return Move::Send(parcel.clone());
        }
        let mut wait: Option<Timestamp> = None;
        let mut waiting: Vec<_> = self.waiting.iter().filter_map(|(t, w)| Some((w.records.first()?, t, w))).collect();
        // What somebody has to answer in time goes before what they have only to know.
        waiting.sort_unstable_by_key(|(first, topic, _)| (**topic != Topic::ApprovalWanted, **first));
        for (first, topic, waiting) in waiting {
            let (recent, each) = (self.recent(*topic, now), topic.each_per_minute());
            // The last of the minute stands for all that wait.
            let more = if recent.len() + 1 >= each { waiting.count() - 1 } else { 0 };
            match recent.first() {
                Some(oldest) if recent.len() >= each => {
                    let free_at = after(*oldest, MINUTE);
                    wait = Some(wait.map_or(free_at, |wait| wait.min(free_at)));
                }
                _ => {
                    let (topic, of, state) = (*topic, *first, ParcelState::Ready);
                    return Move::Send(Parcel { topic, of, more, attempts: 0, state });
                }
            }
        }
        wait.map_or(Move::Rest, Move::Wait)
    }

    /// How many notices are owed, those under way among them.
    #[must_use]
    pub fn owed(&self) -> u64 {
        let waiting: u64 = self.waiting.values().map(Waiting::count).sum();
        let standing = self.current.iter().chain(&self.again);
        standing.fold(waiting, |sum, parcel| sum.saturating_add(parcel.more).saturating_add(1))
    }

    /// What is under way.
    #[must_use]
    pub fn current(&self) -> Option<&Parcel> {
        self.current.as_ref()
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

    fn recent(&self, topic: Topic, now: Timestamp) -> Vec<Timestamp> {
        let begun = self.begun.get(&topic).into_iter().flatten();
        begun.copied().filter(|at| *at <= now && now < after(*at, MINUTE)).collect()
    }

    fn apply(&mut self, notice: &NoticeRef, event: &NoticeEvent, at: Timestamp) {
        match event {
            NoticeEvent::Started { more, attempt, .. } => self.start(notice, *more, *attempt, at),
            NoticeEvent::Accepted { receipt, ask_at, .. } => {
                if let Some(parcel) = self.under_way(notice) {
                    let asked = match parcel.state {
                        ParcelState::Accepted { asked, .. } => asked.saturating_add(1),
                        _ => 0,
                    };
                    parcel.state = ParcelState::Accepted { receipt: receipt.clone(), ask_at: *ask_at, asked };
                }
            }
            NoticeEvent::Sent { .. } => {
                self.sent += 1;
                self.end(notice);
            }
            NoticeEvent::Failed { retry_at, .. } => {
                self.failed += 1;
                if let Some(parcel) = self.under_way(notice) {
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
        if self.under_way(notice).is_none() {
            self.take(notice, more);
            let begun = self.begun.entry(notice.topic).or_default();
            begun.push_back(at);
            if begun.len() > notice.topic.each_per_minute() {
                begun.pop_front();
            }
        }
        let state = ParcelState::Started;
        self.current = Some(Parcel { topic: notice.topic, of: notice.of, more, attempts, state });
    }

    /// Takes a notice from where it waits.
    fn take(&mut self, notice: &NoticeRef, more: u64) {
        let is_it = |parcel: &Parcel| parcel.of == notice.of && parcel.topic == notice.topic;
        if let Some(place) = self.again.iter().position(is_it) {
            self.again.remove(place);
        } else if let Some(waiting) = self.waiting.get_mut(&notice.topic) {
            waiting.take(notice.of, more);
        }
    }

    /// It is under way no more.
    fn end(&mut self, notice: &NoticeRef) -> Option<Parcel> {
        self.under_way(notice)?;
        self.current.take()
    }

    fn under_way(&mut self, notice: &NoticeRef) -> Option<&mut Parcel> {
        self.current.as_mut().filter(|parcel| parcel.of == notice.of && parcel.topic == notice.topic)
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
