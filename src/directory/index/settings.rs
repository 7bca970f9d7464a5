//! What an operator sets about the index.

use std::time::Duration;

use serde::Deserialize;

/// The longest that may lie between two readings, in hours.
const EVERY_HOURS_MAX: u32 = 30 * 24;
/// The oldest that an index may be and still be asked, in days.
const AGE_DAYS_MAX: u32 = 90;
const SECONDS_PER_HOUR: u64 = 3_600;

/// The `[directory.index]` settings. Without them there is no index: it keeps people's addresses, numbers, departments and
/// roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How often a server reads the organization, in hours.
    pub every_hours: u32,
    /// An index that was last read longer ago, in days, is not asked any more.
    pub age_days_max: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { every_hours: 24, age_days_max: 7 }
    }
}

impl Settings {
    /// How often a server reads the organization.
    #[must_use]
    pub fn every(&self) -> Duration {
        Duration::from_secs(u64::from(self.every_hours) * SECONDS_PER_HOUR)
    }

    /// How old the index may be.
    #[must_use]
    pub fn age_max(&self) -> Duration {
        Duration::from_secs(u64::from(self.age_days_max) * 24 * SECONDS_PER_HOUR)
    }

    /// Each setting with its value and its range. An index that is too old before it is due again would hold
    /// everybody up every time.
    pub(in crate::directory) fn ranges(&self) -> [(&'static str, u64, u64, u64); 2] {
        let days = self.every_hours / 24 + 1;
        [
            ("index.every_hours", self.every_hours.into(), 1, EVERY_HOURS_MAX.into()),
            ("index.age_days_max", self.age_days_max.into(), days.min(AGE_DAYS_MAX).into(), AGE_DAYS_MAX.into()),
        ]
    }
}
