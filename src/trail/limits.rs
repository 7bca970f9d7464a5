//! Refuses an append that breaks a limit of the contract, before any store sees it.

use super::store::{APPEND_BYTES_MAX, Append, ENTRIES_MAX, EVENT_BYTES_MAX, Entry, INCIDENTS_MAX};
use super::store::{PRIVATE_BYTES_MAX, StoreError};

/// What keys, times and index entries of one entry come to, roughly, in bytes.
const ENTRY_OVERHEAD_BYTES: usize = 256;

/// How much an append weighs, in bytes.
///
/// # Errors
/// It breaks a limit; the error says which.
pub(super) fn weigh(append: &Append) -> Result<usize, StoreError> {
    if append.entries.len() > ENTRIES_MAX {
        return Err(StoreError::TooLarge("more than 8,192 entries in one append"));
    }
    append.entries.iter().try_for_each(check)?;
    if append.entries.first().is_some_and(|first| first.behind) {
        return Err(StoreError::TooLarge("an entry behind none"));
    }
    let bytes = append.entries.iter().map(bytes).sum();
    if bytes > APPEND_BYTES_MAX {
        return Err(StoreError::TooLarge("more than 32 MiB in one append"));
    }
    Ok(bytes)
}

fn check(entry: &Entry) -> Result<(), StoreError> {
    let refuse = |limit| Err(StoreError::TooLarge(limit));
    if entry.event.len() > EVENT_BYTES_MAX {
        return refuse("an event of more than 8 KiB");
    }
    // The record is made by putting members before the event's own, so there must be some.
    if !(entry.event.starts_with(b"{\"") && entry.event.ends_with(b"}")) {
        return refuse("an event that is not a JSON object with members");
    }
    if entry.private.as_ref().is_some_and(|private| private.len() > PRIVATE_BYTES_MAX) {
        return refuse("a private part of more than 1 MiB");
    }
    if entry.incidents.len() > INCIDENTS_MAX {
        return refuse("more than 512 incidents for one entry");
    }
    Ok(())
}

fn bytes(entry: &Entry) -> usize {
    entry.event.len() + entry.private.as_ref().map_or(0, Vec::len) + ENTRY_OVERHEAD_BYTES + entry.incidents.len() * 32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trail::samples::entry;

    /// From 16 KiB on a value would go to a side file that sled never syncs.
    #[test]
    fn h15_a_record_of_more_than_8_kib_is_refused_before_a_store_sees_it() {
        let of = |bytes: usize| {
            let event = format!(r#"{{"a":"{}"}}"#, "x".repeat(bytes - r#"{"a":""}"#.len())).into_bytes();
            assert_eq!(event.len(), bytes);
            weigh(&Append { deliveries: Vec::new(), entries: vec![Entry { event, ..entry("") }] })
        };
        assert!(of(EVENT_BYTES_MAX).is_ok());
        assert_eq!(of(EVENT_BYTES_MAX + 1), Err(StoreError::TooLarge("an event of more than 8 KiB")));
        assert_eq!(EVENT_BYTES_MAX, 8 * 1024);
    }
}
