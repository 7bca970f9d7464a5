//! Confirms subscriptions when Amazon SNS asks, each message once: whoever has caught one could otherwise have us go
//! there as often as it is sent again. What was recorded is not asked of us again; this is for what is under way.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::{AGE_S_MAX, AHEAD_S_MAX, Confirm};
use crate::incident::Timestamp;
use crate::intake::fetch::{Fetcher, Unavailable};

/// The most confirmations that are remembered; older ones go. Only topics of ours are confirmed.
const CONFIRMED_MAX: usize = 64;
/// How long one is remembered, in seconds: until a message that came first at once is too old to be taken.
const REMEMBERED_S: i64 = AGE_S_MAX + AHEAD_S_MAX;

/// What was confirmed, and what it is confirmed with.
#[derive(Clone)]
pub(in crate::intake) struct Confirming {
    fetcher: Fetcher,
    /// When, by the topic and the id of the message.
    confirmed: Arc<Mutex<BTreeMap<(String, String), Timestamp>>>,
}

impl Confirming {
    pub(in crate::intake) fn new(fetcher: Fetcher) -> Self {
        Self { fetcher, confirmed: Arc::default() }
    }

    /// Goes on with what was confirmed before.
    pub(in crate::intake) fn keep(&mut self, before: &Self) {
        self.confirmed = Arc::clone(&before.confirmed);
    }

    /// Tells SNS yes, unless that was done for this very message.
    ///
    /// # Errors
    /// It did not answer 200; it will ask again, or an operator does.
    pub(in crate::intake) async fn confirm(&self, asked: &Confirm, now: Timestamp) -> Result<(), Unavailable> {
        // Held meanwhile, so that one that is sent many times at once is gone for once, too.
        let mut confirmed = self.confirmed.lock().await;
        let message = (asked.topic.clone(), asked.message_id.clone());
        if confirmed.contains_key(&message) {
            return Ok(());
        }
        asked.send(&self.fetcher).await?;
        tracing::info!(topic = asked.topic, "a subscription is confirmed");
        let is_young = |at: &Timestamp| now.as_second().saturating_sub(at.as_second()) <= REMEMBERED_S;
        confirmed.retain(|_, at| is_young(at));
        if confirmed.len() >= CONFIRMED_MAX {
            let oldest = confirmed.iter().min_by_key(|(_, at)| **at).map(|(id, _)| id.clone());
            oldest.and_then(|id| confirmed.remove(&id));
        }
        confirmed.insert(message, now);
        Ok(())
    }
}
