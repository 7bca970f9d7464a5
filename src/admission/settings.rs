//! How much admission takes on at once.

use serde::Deserialize;

use crate::incident::Room;

/// Limits of admission.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The most incidents that may be live at once; beyond it alerts that would act are answered 503.
    pub live_incidents_max: usize,
    /// The most groups (people, mostly) that each correlation counts for at once; beyond it one that looks
    /// like many others gives way.
    pub groups_per_correlation_max: usize,
    /// The most entries that all correlations have counted at once; beyond it the one that has most gives
    /// some up.
    pub counted_entries_max: usize,
}

impl Settings {
    pub(super) fn room(&self) -> Room {
        Room { groups_max: self.groups_per_correlation_max, entries_max: self.counted_entries_max }
    }
}

impl Default for Settings {
    fn default() -> Self {
        let Room { groups_max, entries_max } = Room::default();
        Self { live_incidents_max: 50_000, groups_per_correlation_max: groups_max, counted_entries_max: entries_max }
    }
}
