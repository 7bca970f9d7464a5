//! DingTalk's event callbacks: a signature in the query, over a body that is encrypted, and an answer that has to
//! be encrypted and signed as well. Everything here is pure; time and chance are handed in.

mod answer;
mod callbacks;
mod claim;
mod key;
mod settings;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Fresh, Push};
pub(super) use answer::{SUCCESS, handshake};
pub(super) use callbacks::{Callbacks, Opened};
pub(super) use claim::Claim;
pub use key::DingTalkKey;
pub use settings::DingTalkSettings;
pub(super) use settings::{callbacks, flaw};
