//! The way out by each kind of channel: one message, once.

use secrecy::ExposeSecret as _;

use crate::directory::{Directory, Message, Reach, Told};
use crate::incident::{Failure, FailureClass, Timestamp, Urgency, UserId};
use crate::intake::{self, SchemeName};
use crate::notices::{Channel, Post, Unsent, Way};

/// What leaves.
pub(super) struct Leaving<'a> {
    /// The same for every attempt.
    pub(super) id: &'a str,
    /// For people.
    pub(super) text: String,
    /// What people are to do about it.
    pub(super) urgency: Urgency,
    /// For a webhook.
    pub(super) body: String,
}

/// What a message came to.
pub(super) enum Outcome {
    Sent {
        missed: u64,
    },
    /// Taken; to be asked about.
    Taken(i64),
}

pub(super) async fn leave(
    post: &Post,
    directory: &dyn Directory,
    now: Timestamp,
    channel: &Channel,
    leaving: Leaving<'_>,
    user_ids: Vec<UserId>,
) -> Result<Outcome, Unsent> {
    let Leaving { id, text, body, urgency } = leaving;
    let message = match &channel.way {
        Way::Robot(robot) => {
            post.by_robot(robot, id, &text, now).await?;
            return Ok(Outcome::Sent { missed: 0 });
        }
        Way::Webhook { url, secret } => {
            let scheme = SchemeName::StandardWebhooks;
            let headers = intake::sign(scheme, secret.expose_secret(), id, body.as_bytes(), now);
            let headers = headers.map_err(|_| Failure::local(FailureClass::OperatorNeeded, "secret_unusable"))?;
            post.webhook(url, &headers, body).await?;
            return Ok(Outcome::Sent { missed: 0 });
        }
        Way::Work { agent_id, .. } => Message::Work { agent_id: *agent_id, user_ids, text },
        Way::OneToOne { robot_code, .. } => Message::OneToOne { robot_code: robot_code.clone(), user_ids, text },
    };
    match directory.tell(&message, urgency).await? {
        Told::Taken(task) => Ok(Outcome::Taken(task)),
        Told::Reached(Reach { reached, missed }) if reached > 0 => Ok(Outcome::Sent { missed: missed as u64 }),
        Told::Reached(_) => Err(Failure::local(FailureClass::Busy, "dropped_silently").into()),
    }
}
