//! How much room is left on the trail's disk, and from how much on what is done about it.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::incident::DiskRoom;

/// A state is left for a better one only with this part of its bound to spare, so that what is written and removed all the
/// time does not change it again and again.
const SPARE: u64 = 4;

/// From how little room on each state holds, in bytes that are free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct DiskSettings {
    /// People are told.
    pub low_bytes: u64,
    /// Senders are told to come again.
    pub short_bytes: u64,
    /// What is kept in reserve is given back.
    pub full_bytes: u64,
}

/// The same as an operator writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    low_bytes: u64,
    short_bytes: u64,
    full_bytes: u64,
}

/// What was last seen of the disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DiskSeen {
    /// How much room there is.
    pub room: DiskRoom,
    /// What is free for us, in bytes; none if that was never seen.
    pub free_bytes: Option<u64>,
    /// What is kept in reserve, in bytes.
    pub ballast_bytes: u64,
}

impl Default for DiskSettings {
    fn default() -> Self {
        let Written { low_bytes, short_bytes, full_bytes } = Written::default();
        Self { low_bytes, short_bytes, full_bytes }
    }
}

impl Default for Written {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self { low_bytes: 1024 * MIB, short_bytes: 256 * MIB, full_bytes: 32 * MIB }
    }
}

impl TryFrom<Written> for DiskSettings {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written { low_bytes, short_bytes, full_bytes } = written;
        if low_bytes < short_bytes || short_bytes < full_bytes {
            return Err("`low_bytes` is below `short_bytes`, or that below `full_bytes`");
        }
        Ok(Self { low_bytes, short_bytes, full_bytes })
    }
}

impl DiskSettings {
    /// How much room there is when so many bytes are free: worse than before at once, better only with some to spare.
    #[must_use]
    pub fn room(&self, was: DiskRoom, free_bytes: u64) -> DiskRoom {
        let is = self.room_of(free_bytes, |bound| bound);
        is.max(was.min(self.room_of(free_bytes, with_spare)))
    }

    /// Whether so many bytes can be taken, and what is left is more than enough to take alerts.
    #[must_use]
    pub fn can_spare(&self, free_bytes: u64, taken_bytes: u64) -> bool {
        let left = free_bytes.saturating_sub(taken_bytes);
        self.room_of(left, with_spare).takes_alerts()
    }

    /// By bounds as `of` has them.
    fn room_of(&self, free_bytes: u64, of: fn(u64) -> u64) -> DiskRoom {
        let is_below = |bound| free_bytes < of(bound);
        if is_below(self.full_bytes) {
            DiskRoom::Full
        } else if is_below(self.short_bytes) {
            DiskRoom::Short
        } else if is_below(self.low_bytes) {
            DiskRoom::Low
        } else {
            DiskRoom::Ample
        }
    }
}

fn with_spare(bound: u64) -> u64 {
    bound.saturating_add(bound / SPARE)
}

/// How many bytes are free for us on the disk that has this folder. What only root may fill does not count.
///
/// # Errors
/// The system does not say.
pub fn free_bytes(folder: &Path) -> io::Result<u64> {
    let told = rustix::fs::statvfs(folder)?;
    Ok(told.f_bavail.saturating_mul(told.f_frsize))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::incident::DiskRoom::{Ample, Full, Low, Short};

    const SETTINGS: DiskSettings = DiskSettings { low_bytes: 1_000, short_bytes: 400, full_bytes: 100 };

    #[test]
    fn it_gets_worse_at_the_bound_and_better_only_with_some_to_spare() {
        let mut room = Ample;
        for (free, expected) in [
            (1_000, Ample),
            (999, Low),
            (1_249, Low),
            (1_250, Ample),
            (399, Short),
            (400, Short),
            (499, Short),
            (500, Low),
            (99, Full),
            (124, Full),
            (125, Short),
            (99, Full),
            (u64::MAX, Ample),
            (0, Full),
        ] {
            room = SETTINGS.room(room, free);
            assert_eq!(room, expected, "{free} bytes free");
        }
    }

    #[test]
    fn bounds_of_nothing_leave_it_ample() {
        let settings = DiskSettings { low_bytes: 0, short_bytes: 0, full_bytes: 0 };
        assert_eq!(settings.room(Ample, 0), Ample);
    }

    #[test]
    fn bounds_that_are_out_of_order_are_refused() {
        let read = serde_json::from_str::<DiskSettings>;
        assert_eq!(read("{}").unwrap(), DiskSettings::default());
        for text in
            [r#"{"low_bytes":1}"#, r#"{"full_bytes":1000000000}"#, r#"{"short_bytes":2000000000}"#, r#"{"x":1}"#]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }

    fn any_room() -> impl Strategy<Value = DiskRoom> {
        proptest::sample::select(DiskRoom::ALL.to_vec())
    }

    proptest! {
        #[test]
        fn less_room_is_never_better_and_a_second_look_at_the_same_changes_nothing(
            was in any_room(), less in 0_u64..1_500, more in 0_u64..1_500,
        ) {
            let (less, more) = (less.min(more), less.max(more));
            let room = SETTINGS.room(was, less);
            prop_assert!(room >= SETTINGS.room(was, more));
            prop_assert_eq!(SETTINGS.room(room, less), room);
        }

        #[test]
        fn small_changes_around_any_amount_change_it_once_at_most(
            was in any_room(), around in 100_u64..1_500, wobble in proptest::collection::vec(0_u64..12, 1..50),
        ) {
            let mut changes = 0;
            let mut room = SETTINGS.room(was, around);
            for more in wobble {
                let next = SETTINGS.room(room, around + more);
                changes += u32::from(next != room);
                room = next;
            }
            prop_assert!(changes <= 1, "{} changes", changes);
        }

        #[test]
        fn what_can_be_spared_never_keeps_alerts_out(was in any_room(), free in 0_u64..3_000, taken in 0_u64..3_000) {
            if SETTINGS.can_spare(free, taken) {
                prop_assert!(SETTINGS.room(was, free - taken).takes_alerts());
            }
        }
    }
}
