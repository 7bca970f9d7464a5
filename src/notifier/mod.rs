//! Floor 4, beside the executor: tells people what they must know. Like the executor it finds its work on the trail
//! and writes the intent before a notice leaves and the outcome after it, so that a crash loses none; unlike it,
//! nothing it does changes an account, and no guard is asked.
//!
//! In reading order: `run` holds one lane for each channel, `send` makes one attempt, `leave` is the way out, `about` reads what there is to
//! say, `subject` whom it must not be said to, `retry` says when to try again, `trial` tries a channel out.

mod about;
mod leave;
mod retry;
mod run;
mod send;
mod subject;
mod trial;

pub use run::Notifier;
pub use trial::try_out;
