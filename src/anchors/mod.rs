//! Floor 4: has the trail's checkpoints kept where whoever rules this machine does not: in the program's log, in a file
//! on another volume, at a webhook, with witnesses. Knows nothing of rules or DingTalk.

mod act;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use secrecy::SecretString;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::incident::{ChannelName, Clock};
use crate::notices::Post;
use crate::trail::tlog::{
    AnchorFailure, AnchorState, Anchored, Checkpoint, InvalidWitnessKey, Log, WitnessKey, WitnessSettings,
};

/// What a witness's address ends with.
const ADD_CHECKPOINT: &str = "add-checkpoint";

/// One place where checkpoints are kept.
pub enum Anchor {
    /// The program's log.
    Log,
    /// A file.
    File(PathBuf),
    /// A webhook.
    Webhook {
        /// The channel whose it is.
        channel: ChannelName,
        /// Where.
        url: Url,
        /// What it is signed with.
        secret: SecretString,
    },
    /// A witness.
    Witness {
        /// Where checkpoints are added.
        url: Url,
        /// Whose signature is believed.
        key: WitnessKey,
    },
}

/// Why there is no such witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WitnessError {
    /// Its key.
    #[error(transparent)]
    Key(#[from] InvalidWitnessKey),
    /// Its address.
    #[error("its address is no https:// or http:// address")]
    Address,
}

impl Anchor {
    /// The witness of these settings.
    ///
    /// # Errors
    /// Its key or address is none.
    pub fn witness(settings: &WitnessSettings) -> Result<Self, WitnessError> {
        let key = WitnessKey::parse(&settings.key)?;
        let url = format!("{}/{ADD_CHECKPOINT}", settings.url.trim_end_matches('/'));
        let url = Url::parse(&url).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
        Ok(Self::Witness { url: url.ok_or(WitnessError::Address)?, key })
    }

    fn name(&self) -> String {
        match self {
            Self::Log => "log".to_owned(),
            Self::File(_) => "file".to_owned(),
            Self::Webhook { channel, .. } => format!("webhook:{channel}"),
            Self::Witness { key, .. } => format!("witness:{}", key.name()),
        }
    }
}

/// What anchoring takes.
pub struct Anchors {
    /// The log whose checkpoints these are.
    pub log: Log,
    /// The way out.
    pub post: Post,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How often.
    pub every: Duration,
    /// Where.
    pub all: Vec<Anchor>,
}

/// Anchors at work. They end when this is dropped.
pub struct Anchoring {
    states: Anchored,
    working: Vec<JoinHandle<()>>,
}

impl Anchors {
    /// Begins to anchor, each for itself: one that hangs keeps nobody waiting.
    #[must_use]
    pub fn start(self) -> Anchoring {
        let since = self.clock.now();
        let unknown = |anchor: &Anchor| AnchorState { name: anchor.name(), size: None, at: None, since, failure: None };
        let states = watch::Sender::new(self.all.iter().map(unknown).collect());
        let (told, states) = (states.subscribe(), Arc::new(states));
        let Self { log, post, clock, every, all } = self;
        let begin = |(index, anchor)| {
            let hand = Hand { anchor, known: 0, log: log.clone(), post: post.clone(), clock: clock.clone() };
            tokio::spawn(run(hand, index, states.clone(), every))
        };
        Anchoring { states: Anchored { states: told, every }, working: (0..).zip(all).map(begin).collect() }
    }
}

impl Anchoring {
    /// How it is with each.
    #[must_use]
    pub fn states(&self) -> Anchored {
        self.states.clone()
    }
}

impl Drop for Anchoring {
    fn drop(&mut self) {
        self.working.iter().for_each(JoinHandle::abort);
    }
}

/// One anchor with what it needs.
struct Hand {
    anchor: Anchor,
    /// How many records a witness has signed, as far as we know.
    known: u64,
    log: Log,
    post: Post,
    clock: Arc<dyn Clock>,
}

/// Anchors the newest checkpoint now and then, until aborted.
async fn run(mut hand: Hand, index: usize, states: Arc<watch::Sender<Vec<AnchorState>>>, every: Duration) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last: Option<Arc<Checkpoint>> = None;
    loop {
        ticks.tick().await;
        let newest = hand.log.sealed.borrow().checkpoint().cloned();
        let Some(newest) = newest.filter(|newest| last.as_ref() != Some(newest)) else { continue };
        let result = hand.act(&newest).await;
        if let Err(failure) = &result {
            tell(&hand.anchor, failure);
        }
        let now = hand.clock.now();
        states.send_modify(|states| {
            let Some(state) = states.get_mut(index) else { return };
            if result.is_ok() {
                (state.size, state.at, state.since) = (Some(newest.size), Some(newest.at), now);
            }
            state.failure = result.clone().err();
        });
        if result.is_ok() {
            last = Some(newest);
        }
    }
}

fn tell(anchor: &Anchor, failure: &AnchorFailure) {
    let name = anchor.name();
    match failure {
        AnchorFailure::NotTaken(_) => tracing::warn!(anchor = name, %failure, "a checkpoint was not anchored"),
        AnchorFailure::Contradicts(_) => tracing::error!(anchor = name, %failure, "the trail was cut or rewritten"),
    }
}
