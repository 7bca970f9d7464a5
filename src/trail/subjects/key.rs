//! What a data key is, whose it is, and what it is called.

use std::fmt;

use secrecy::zeroize::Zeroizing;

use crate::incident::{Mark, Timestamp};
use crate::trail::store::StoreError;

/// Bytes of a key, of AES-256 and of what it is derived from.
pub(super) const KEY_BYTES: usize = 32;
/// Bytes of a key's name.
pub(super) const ID_BYTES: usize = 16;
/// Seconds of a day of UTC, which has no leap seconds here.
const DAY_S: i64 = 86_400;

/// What a data key is called beside the records. Random, so that it says nothing of whom it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct KeyId(pub(super) [u8; ID_BYTES]);

impl KeyId {
    pub(super) fn random() -> Result<Self, StoreError> {
        Ok(Self(*random::<ID_BYTES>()?))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// Whose a data key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Owner {
    /// The account with this pseudonym.
    Account(Mark),
    /// Nobody who is known, on this day: days since 1970 in UTC.
    Day(i64),
}

impl Owner {
    /// Of what is about nobody known at that moment.
    pub(super) fn day_of(at: Timestamp) -> Self {
        Self::Day(day(at))
    }
}

/// The day of a moment, in UTC.
pub(super) fn day(at: Timestamp) -> i64 {
    at.as_second().div_euclid(DAY_S)
}

/// A secret that parts are encrypted under. Overwritten in memory once it is not needed.
#[derive(Clone)]
pub(super) struct DataKey(pub(super) Zeroizing<[u8; KEY_BYTES]>);

impl DataKey {
    pub(super) fn random() -> Result<Self, StoreError> {
        random().map(Self)
    }
}

/// Bytes that nobody can guess.
pub(super) fn random<const BYTES: usize>() -> Result<Zeroizing<[u8; BYTES]>, StoreError> {
    let mut bytes = Zeroizing::new([0; BYTES]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|error| StoreError::Failed(format!("no random bytes: {error}")))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_of_utc_also_before_1970() {
        let day_at = |text: &str| day(text.parse().unwrap());
        assert_eq!((day_at("1970-01-01T23:59:59.999Z"), day_at("1970-01-02T00:00:00Z")), (0, 1));
        assert_eq!(day_at("1969-12-31T23:59:59Z"), -1);
    }
}
