//! Whether the trail's disk has room, in the words of the ladder that the server goes by.

use super::examined::Examined;
use crate::incident::{Check, Diagnosis, DiskRoom};

/// What there is of it, and how many bytes of it are free, if that is known.
#[must_use]
pub fn of_disk(room: DiskRoom, free_bytes: Option<u64>) -> Examined {
    const MIB: u64 = 1024 * 1024;
    let found = match room {
        DiskRoom::Ample => Diagnosis::Good,
        DiskRoom::Low => Diagnosis::DiskLow,
        DiskRoom::Short | DiskRoom::Full => Diagnosis::DiskShort,
    };
    match free_bytes {
        Some(free) => Examined::with(Check::Disk, found, format!("{} MiB are free", free / MIB)),
        None => Examined::of(Check::Disk, found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_well_only_where_nobody_has_to_see_to_it() {
        for (room, found) in [
            (DiskRoom::Ample, Diagnosis::Good),
            (DiskRoom::Low, Diagnosis::DiskLow),
            (DiskRoom::Short, Diagnosis::DiskShort),
            (DiskRoom::Full, Diagnosis::DiskShort),
        ] {
            assert_eq!(of_disk(room, Some(7 << 20)), Examined::with(Check::Disk, found, "7 MiB are free"));
            assert_eq!(of_disk(room, None).checked().has_failed(), room != DiskRoom::Ample);
        }
    }
}
