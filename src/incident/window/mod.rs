//! What correlations have counted: for each group the entries of a sliding window. All of it is derived
//! from the records of alerts, so it is there again after a restart and for whoever shares the trail.
//!
//! `counted` is what a record says; `group` holds the entries of one group and `windows` all groups;
//! `crowd` says which of them give way when there are too many, `ahead` how the windows stand with a
//! delivery that is not recorded yet, and `underway` what all such deliveries come to.

mod ahead;
mod counted;
mod crowd;
mod group;
#[cfg(test)]
mod tests;
mod underway;
mod windows;

use std::time::Duration;

pub use ahead::{Added, Ahead, Wanted};
pub use counted::{Counted, Counts, Mark, WindowState};
pub use group::{Entry, Window};
pub use underway::{Additions, Underway};
pub use windows::Windows;

/// The most entries of one window.
pub const ENTRIES_MAX: usize = 1_000;
/// How much older than its arrival an event may be and still be counted.
pub const LATENESS: Duration = Duration::from_secs(15 * 60);

/// How much all windows may come to. Beyond it some give way, which the record of the alert says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// The most groups with a window at once, for each correlation.
    pub groups_max: usize,
    /// The most entries of all windows together.
    pub entries_max: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { groups_max: 20_000, entries_max: 400_000 }
    }
}
