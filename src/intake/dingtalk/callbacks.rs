//! Checks callbacks with the pairs of token and AES key that are live, and opens them.

use std::sync::Arc;

use super::claim::Claim;
use super::{Answer, DingTalkKey};
use crate::intake::Refusal;

/// What the callbacks of one source are checked with.
pub(in crate::intake) struct Callbacks {
    /// One to four.
    pub(in crate::intake) keys: Vec<Arc<DingTalkKey>>,
    /// How far a time of sending may be from our clock, in seconds.
    pub(in crate::intake) tolerance_s: i64,
}

/// What an authentic callback says.
#[derive(Debug)]
pub(in crate::intake) struct Opened {
    /// The message, as DingTalk has written it.
    pub(in crate::intake) text: Vec<u8>,
    key: Arc<DingTalkKey>,
}

impl Callbacks {
    /// The keys whose token has signed it: two while only the AES key is replaced. All are tried, so that the time
    /// does not tell which.
    pub(in crate::intake) fn signers(&self, claim: &Claim<'_>) -> Vec<&Arc<DingTalkKey>> {
        let Claim { signature, timestamp, nonce, encrypted, .. } = claim;
        self.keys.iter().filter(|key| key.has_signed(*signature, timestamp, nonce, encrypted)).collect()
    }

    /// What was encrypted, by one of its signers, and that one's name.
    ///
    /// # Errors
    /// [`Refusal::EnvelopeWrong`], whatever is wrong with it.
    pub(in crate::intake) fn open<'k>(
        signers: &[&'k Arc<DingTalkKey>],
        claim: &Claim<'_>,
    ) -> Result<(&'k str, Opened), Refusal> {
        let opened = |key: &&'k Arc<DingTalkKey>| {
            let text = key.open(&claim.encrypted)?;
            Some((key.name(), Opened { text, key: Arc::clone(key) }))
        };
        signers.iter().find_map(opened).ok_or(Refusal::EnvelopeWrong)
    }
}

impl Opened {
    /// An answer that the sender of this can read.
    pub(in crate::intake) fn answer(&self, text: String) -> Answer {
        Answer::new(Arc::clone(&self.key), text)
    }
}
