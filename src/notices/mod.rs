//! Floor 2: the people who must know. Which channels there are and what each hears, what a notice says, and the ways
//! out that are not DingTalk's API: a group's robot and a webhook. Knows nothing of senders, rules or the trail.
//!
//! In reading order: `settings` say which channels, `channel` is one that was checked, `told` is what is said,
//! `wording` in which words, `template` in the operator's own, `robot` signs for a group's robot, `post` sends.

mod address;
mod channel;
mod post;
mod robot;
mod settings;
mod template;
mod told;
mod wording;

pub use channel::{Channel, ChannelError, Way};
pub use post::{Post, Unsent};
pub use robot::Robot;
pub use settings::{ChannelKind, ChannelSettings, Settings};
pub use told::{AboutIncident, Fact, Told};
pub use wording::Language;
