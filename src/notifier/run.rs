//! One lane for each channel, with two hands: what may go goes out one by one, in order, and never faster than the
//! channel takes it; beside that it is asked, one by one as well, what became of what was taken.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::directory::Directory;
use crate::incident::{Clock, Event, Failure, FailureClass, Hearing, Move, NoticeEvent, NoticeRef, Timestamp};
use crate::notices::{Channel, Post};
use crate::rules::InForce;
use crate::trail::{Board, RecordError, Trail};

/// How long a lane sleeps at most; a wake-up that was lost costs no more than this.
const LONGEST_SLEEP_MS: u64 = 1_000;
/// The wait after the trail refused to be written.
const TRAIL_FAILURE_WAIT: Duration = Duration::from_secs(1);
/// How long notices under way may take when the program stops.
const STOP: Duration = Duration::from_secs(5);
/// A group's robot takes 20 messages a minute, or is silent for ten: so many at once, and so many more in a minute.
const PER_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

/// Tells people.
pub struct Notifier {
    /// The trail, read and written.
    pub trail: Arc<Trail>,
    /// DingTalk.
    pub directory: Arc<dyn Directory>,
    /// Whose mail address is whose account.
    pub rules: Arc<InForce>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The other ways out.
    pub post: Post,
    /// Where people reach the server.
    pub public_url: Option<String>,
    /// Whom to tell.
    pub channels: Vec<Channel>,
}

impl Notifier {
    /// Records which channels hear what, if that has changed: from here on, and not of the past.
    ///
    /// # Errors
    /// The trail cannot be written.
    pub async fn announce(&self) -> Result<(), RecordError> {
        let mut channels: Vec<Hearing> = (self.channels.iter())
            .map(|channel| Hearing { channel: channel.name.clone(), topics: channel.topics.clone() })
            .collect();
        channels.sort_unstable_by(|a, b| a.channel.cmp(&b.channel));
        if self.trail.board(|board| board.notices().hearing()) == channels {
            return Ok(());
        }
        self.trail.record(self.clock.now(), vec![Event::Notice(NoticeEvent::Configured { channels })]).await
    }

    /// Runs until `stop` turns true, and lets notices under way end for a while. One that does not is sent again at
    /// the next start.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let channels = std::mem::take(&mut self.channels);
        let notifier = Arc::new(self);
        let mut lanes = JoinSet::new();
        for channel in channels.into_iter().map(Arc::new) {
            for hand in [Hand::Sends(RateLimiter::direct(Quota::per_minute(PER_MINUTE))), Hand::Asks] {
                let (notifier, channel) = (Arc::clone(&notifier), Arc::clone(&channel));
                lanes.spawn(Lane { notifier, channel, hand }.run(stop.clone()));
            }
        }
        asked(&mut stop).await;
        let all_ended = async { while lanes.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(STOP, all_ended).await;
    }
}

/// What is done for a channel at the same time. The two meet on the trail only.
enum Hand {
    Sends(DefaultDirectRateLimiter),
    Asks,
}

struct Lane {
    notifier: Arc<Notifier>,
    channel: Arc<Channel>,
    hand: Hand,
}

impl Lane {
    async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut changes = self.notifier.trail.changes();
        while !*stop.borrow() {
            // Marked as seen before looking, or a change between the two would be slept over.
            changes.mark_unchanged();
            let mut next = self.next();
            if let Move::Wait(_) | Move::Rest = next {
                tokio::select! {
                    _ = changes.changed() => {}
                    () = tokio::time::sleep(self.sleep_for(&next)) => {}
                    () = asked(&mut stop) => {}
                }
                continue;
            }
            if let Hand::Sends(limiter) = &self.hand {
                tokio::select! {
                    () = limiter.until_ready() => {}
                    () = asked(&mut stop) => continue,
                }
                // What has come since may be more urgent.
                next = self.next();
            }
            if let Err(error) = self.do_next(next).await {
                tracing::error!(channel.name = %self.channel.name, %error, "the trail refused; nobody is told");
                tokio::select! {
                    () = tokio::time::sleep(TRAIL_FAILURE_WAIT) => {}
                    () = asked(&mut stop) => {}
                }
            }
        }
    }

    fn next(&self) -> Move {
        let now = self.notifier.clock.now();
        let next = |board: &Board| {
            let lane = board.notices().lane(&self.channel.name)?;
            Some(match self.hand {
                Hand::Sends(_) => lane.next(now),
                Hand::Asks => lane.next_to_ask(now),
            })
        };
        self.notifier.trail.board(next).unwrap_or(Move::Rest)
    }

    /// In a task of its own, so that code of ours that panics costs one notice and not the channel.
    async fn do_next(&self, next: Move) -> Result<(), RecordError> {
        let (Move::Send(parcel) | Move::Ask(parcel)) = &next else { return Ok(()) };
        let (notifier, channel) = (Arc::clone(&self.notifier), Arc::clone(&self.channel));
        let notice = NoticeRef { channel: channel.name.clone(), topic: parcel.topic, of: parcel.of };
        // Of those that nobody was told of yet, only one is given up.
        let more = if parcel.attempts == 0 { 0 } else { parcel.more };
        // What is asked about was begun before.
        let begins = matches!(next, Move::Send(_));
        let attempts = parcel.attempts.saturating_add(begins.into());
        // Ends with the lane, so that nothing is recorded once the program has stopped.
        let mut task = JoinSet::new();
        task.spawn(async move {
            match next {
                Move::Send(parcel) => notifier.send(&channel, &parcel).await,
                Move::Ask(parcel) => notifier.ask(&channel, &parcel).await,
                Move::Wait(_) | Move::Rest => Ok(()),
            }
        });
        match task.join_next().await {
            Some(Ok(done)) => done,
            Some(Err(_)) | None => {
                tracing::error!(channel.name = %self.channel.name, notice.of = notice.of, "our own code failed");
                let failure = Failure::local(FailureClass::Permanent, "parked");
                let started = NoticeEvent::Started { notice: notice.clone(), more, attempt: attempts };
                let given_up = NoticeEvent::GivenUp { notice, attempts, failure };
                self.notifier.record(begins.then_some(started).into_iter().chain([given_up]).collect()).await
            }
        }
    }

    fn sleep_for(&self, next: &Move) -> Duration {
        let now = self.notifier.clock.now();
        let until = |then: &Timestamp| u64::try_from(then.as_millisecond() - now.as_millisecond()).unwrap_or(0);
        let ms = if let Move::Wait(then) = next { until(then) } else { LONGEST_SLEEP_MS };
        Duration::from_millis(ms.clamp(1, LONGEST_SLEEP_MS))
    }
}

/// Ends when a stop is asked for, or nobody is left to ask.
async fn asked(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
