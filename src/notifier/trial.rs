//! Sends a channel a message that says it is a trial. It stands for no record, and nothing of it is kept.

use super::leave::{Leaving, leave};
use crate::directory::Directory;
use crate::incident::{Digest, Failure, Timestamp, Topic, Urgency};
use crate::notices::{Channel, Fact, Post, Told};

/// What people read.
const HEADLINE: &str = "this is a trial of this channel; nothing has happened.";

/// Sends it, once. Of a work notification DingTalk says later who got it, and is not asked here.
///
/// # Errors
/// It did not get there, or nobody knows.
pub async fn try_out(post: &Post, directory: &dyn Directory, channel: &Channel, now: Timestamp) -> Result<(), Failure> {
    let moment = now.as_nanosecond().to_string();
    // Another one each time: DingTalk drops what it was given before.
    let id = Digest::of_parts(&[b"trial", channel.name.as_str().as_bytes(), moment.as_bytes()]);
    let told = Told {
        id: format!("ntc_{}", id.short(32)),
        topic: Topic::Doctor,
        at: now,
        record: 0,
        more: 0,
        incidents: Vec::new(),
        facts: vec![(Fact::Code, format!("trial {}", id.short(8)))],
        public_url: None,
    };
    let text = told.trial(channel.language, HEADLINE);
    let leaving = Leaving { id: &told.id, text, body: told.json(), urgency: Urgency::Know };
    let left = leave(post, directory, now, channel, leaving, channel.user_ids().to_vec()).await;
    left.map(drop).map_err(|unsent| unsent.failure)
}
