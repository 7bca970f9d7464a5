//! Says in the log what had to give way for a delivery, once for each correlation however many alerts
//! it was. The records say it for each alert.

use std::collections::BTreeMap;

use crate::incident::{Counts, RuleId};
use crate::response::Tally;

/// What gave way for a delivery.
#[derive(Debug, Default)]
pub(super) struct Crowding {
    by_correlation: BTreeMap<RuleId, GaveWay>,
    left_out: u32,
}

#[derive(Debug, Default)]
struct GaveWay {
    windows: usize,
    entries: usize,
}

impl Crowding {
    /// Adds what one alert has counted.
    pub(super) fn see(&mut self, tally: &Tally) {
        self.left_out += tally.left_out;
        for counted in &tally.counted {
            // A count of events wants fewer than fit into a window, so it misses none that went.
            let entries = usize::from(counted.shortened && counted.counts != Counts::Event);
            if entries + counted.evicted.len() > 0 {
                let gave_way = self.by_correlation.entry(counted.correlation.clone()).or_default();
                gave_way.windows += counted.evicted.len();
                gave_way.entries += entries;
            }
        }
    }

    /// Tells it, once it is on the trail.
    pub(super) fn tell(&self) {
        for (correlation, GaveWay { windows, entries }) in &self.by_correlation {
            tracing::warn!(
                correlation = %correlation, windows, entries,
                "too much was counted: windows, or entries of full windows, gave way; somebody may be inventing them"
            );
        }
        if self.left_out > 0 {
            tracing::warn!(left_out = self.left_out, "alerts count for more correlations than their records can hold");
        }
    }
}
