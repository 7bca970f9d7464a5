//! Has people told what a rule has to say. The step is done once the notice is owed to its channel, with the intent and
//! the outcome in one append: whatever happens, it is owed once, and delivering it is the notifier's.

use super::hand::{Hand, Moved};
use super::place::Place;
use crate::incident::{ChannelName, Event, Failure, FailureClass, Finding, NoticeEvent};
use crate::trail::RecordError;

/// It is done at the first attempt, or never.
const ATTEMPT: u32 = 1;

impl Hand {
    pub(super) async fn owe(&self, at: &Place<'_>, channel: &ChannelName) -> Result<Moved, RecordError> {
        if let Err(reason) = self.ask_guard_to_tell(at) {
            return self.hold(at.id(), reason, None).await;
        }
        let given_up = |code| vec![at.failed(ATTEMPT, Failure::local(FailureClass::Permanent, code), None)];
        // Rules are refused that name an unknown one; this plan may be older than the configuration.
        let is_known = self.trail.board(|board| board.notices().lane(channel).is_some());
        let outcome = match at.subject.notices.get(&at.step) {
            _ if !is_known => given_up("channel_unknown"),
            None => given_up("text_unknown"),
            Some(text) => {
                let (incident, channel, text) = (at.id().clone(), channel.clone(), text.clone());
                let owed = Event::Notice(NoticeEvent::Owed { incident, step: at.step, channel, text });
                vec![owed, at.succeeded(ATTEMPT, Finding::Owed, None)]
            }
        };
        self.record([at.started(ATTEMPT)].into_iter().chain(outcome).collect()).await?;
        Ok(Moved::On)
    }
}
