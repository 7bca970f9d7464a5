//! Floor 8: how everything is put together. The app is a value: built from settings, asked for its
//! address, run until stopped. Tests start the same value.

mod anchoring;
mod app;
pub mod checkup;
mod checkups;
mod connection;
mod disk;
mod doubt;
mod expiry;
mod faces;
mod folder_watch;
mod forwarding;
mod indexing;
mod listener;
mod metrics;
mod organization;
mod panics;
mod parts;
mod retention;
mod rules_watch;
mod sealing;
mod slow_readers;
mod snapshots;
mod sources;
mod summaries;
mod tls;

pub use app::App;
pub use disk::Gauge;
pub use parts::{Opened, Parts, key_files, open_store};
pub use rules_watch::Hangups;
pub use sources::Reread;
