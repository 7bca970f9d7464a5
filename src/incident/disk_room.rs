//! How much room there is on the trail's disk, in the words of what is done about it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How much room there is; the later, the worse.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiskRoom {
    /// Enough.
    #[default]
    Ample,
    /// Everything goes on, and somebody should see to it.
    Low,
    /// Nothing more is begun: senders are told to come again. What is under way is recorded to its end.
    Short,
    /// What was kept in reserve is given to what is under way.
    Full,
}

impl DiskRoom {
    /// Every state, from the best to the worst.
    pub const ALL: [Self; 4] = [Self::Ample, Self::Low, Self::Short, Self::Full];

    /// The name in records, metrics and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ample => "ample",
            Self::Low => "low",
            Self::Short => "short",
            Self::Full => "full",
        }
    }

    /// Whether there is room to begin anything new.
    #[must_use]
    pub fn takes_alerts(self) -> bool {
        match self {
            Self::Ample | Self::Low => true,
            Self::Short | Self::Full => false,
        }
    }
}

impl fmt::Display for DiskRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_is_called_the_same_in_records_and_out_loud_and_is_worse_than_the_one_before() {
        for room in DiskRoom::ALL {
            assert_eq!(serde_json::to_value(room).unwrap(), room.as_str());
        }
        assert!(DiskRoom::ALL.is_sorted());
        assert_eq!(DiskRoom::ALL.map(DiskRoom::takes_alerts), [true, true, false, false]);
    }
}
