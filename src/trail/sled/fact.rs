//! What a store keeps of its appends beside their records: all its indexes follow from these facts, so that they can be
//! made anew.

use super::keys;
use crate::incident::{Digest, IncidentId};
use crate::trail::store::{DeliveryKey, Entry, StoreError, UniqueKey};

const RECORD: u8 = b'r';
const DELIVERY: u8 = b'd';

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fact {
    /// Of a record.
    Record {
        /// Its number.
        seq: u64,
        /// What it is known by.
        keys: Vec<UniqueKey>,
        /// Under what it can be found.
        incidents: Vec<IncidentId>,
        /// Whether something lies beside it, which follows the fact where it is kept in a file.
        has_private: bool,
    },
    /// A delivery is known by a key.
    Delivery {
        key: DeliveryKey,
        /// Its first record.
        first: u64,
    },
}

impl Fact {
    /// That of an entry, if there is any.
    pub(super) fn of(seq: u64, entry: &Entry) -> Option<Self> {
        let keys: Vec<_> = entry.key.iter().chain(&entry.also).copied().collect();
        let (incidents, has_private) = (entry.incidents.clone(), entry.private.is_some());
        let is_any = !keys.is_empty() || !incidents.is_empty() || has_private;
        is_any.then_some(Self::Record { seq, keys, incidents, has_private })
    }

    /// The same, of a record beside which something lies, or nothing any more.
    pub(super) fn with_private(&self, is_there: bool) -> Self {
        match self.clone() {
            Self::Record { seq, keys, incidents, .. } => Self::Record { seq, keys, incidents, has_private: is_there },
            delivery @ Self::Delivery { .. } => delivery,
        }
    }

    /// Whether it is about what is among the first `size` records.
    pub(super) fn is_within(&self, size: u64) -> bool {
        match self {
            Self::Record { seq, .. } => *seq < size,
            // One without records has the number of the record that came next.
            Self::Delivery { first, .. } => *first <= size,
        }
    }

    /// The fact as bytes.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(128);
        match self {
            Self::Record { seq, keys, incidents, has_private } => {
                bytes.push(RECORD);
                bytes.extend(seq.to_be_bytes());
                bytes.push(u8::from(*has_private));
                bytes.extend(count(keys.len()));
                bytes.extend(keys.iter().flat_map(|key| key.0.0));
                bytes.extend(count(incidents.len()));
                for incident in incidents {
                    bytes.extend(count(incident.as_str().len()));
                    bytes.extend_from_slice(incident.as_str().as_bytes());
                }
            }
            Self::Delivery { key, first } => {
                bytes.push(DELIVERY);
                bytes.extend(first.to_be_bytes());
                bytes.extend(key.key.0.0);
                bytes.extend(key.content.0);
            }
        }
        bytes
    }

    /// Reads [`Self::to_bytes`] back, and gives what comes behind it.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, &[u8]), StoreError> {
        let mut rest = bytes;
        let fact = read(&mut rest).ok_or_else(|| StoreError::Damaged("a fact is cut short".to_owned()))?;
        Ok((fact, rest))
    }
}

fn count(number: usize) -> [u8; 2] {
    // The limits of the contract are far below.
    u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes()
}

fn read(rest: &mut &[u8]) -> Option<Fact> {
    let [kind] = take(rest)?;
    let seq = u64::from_be_bytes(take(rest)?);
    match kind {
        RECORD => {
            let [has_private] = take(rest)?;
            let keys = (0..number(rest)?).map(|_| Some(UniqueKey(Digest(take(rest)?)))).collect::<Option<_>>()?;
            let incidents = (0..number(rest)?).map(|_| incident(rest)).collect::<Option<_>>()?;
            Some(Fact::Record { seq, keys, incidents, has_private: has_private != 0 })
        }
        DELIVERY => {
            let (key, content) = (UniqueKey(Digest(take(rest)?)), Digest(take(rest)?));
            Some(Fact::Delivery { key: DeliveryKey { key, content }, first: seq })
        }
        _ => None,
    }
}

fn incident(rest: &mut &[u8]) -> Option<IncidentId> {
    let length = number(rest)?;
    let (text, behind) = rest.split_at_checked(length.into())?;
    *rest = behind;
    IncidentId::parse(std::str::from_utf8(text).ok()?).ok()
}

fn number(rest: &mut &[u8]) -> Option<u16> {
    take(rest).map(u16::from_be_bytes)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(*taken)
}

/// The value of a delivery's key in every index: the first record and the digest of the content.
pub(super) fn delivery_value(first: u64, content: &Digest) -> Vec<u8> {
    [&first.to_be_bytes()[..], &content.0].concat()
}

/// Reads [`delivery_value`] back.
///
/// # Errors
/// It is none.
pub(super) fn read_delivery(value: &[u8]) -> Result<(u64, Digest), StoreError> {
    let known =
        value.split_last_chunk().and_then(|(first, content)| Some((keys::seq_at_end(first)?, Digest(*content))));
    known.ok_or_else(|| StoreError::Damaged("a delivery's key has no content".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_come_back_with_what_is_behind_them_and_not_when_they_are_cut() {
        let key = |text: &str| UniqueKey(Digest::of(text.as_bytes()));
        let incidents = vec![crate::trail::samples::incident(1), crate::trail::samples::incident(2)];
        let facts = [
            Fact::Record { seq: 7, keys: vec![key("a"), key("b")], incidents, has_private: true },
            Fact::Record { seq: 0, keys: Vec::new(), incidents: Vec::new(), has_private: false },
            Fact::Delivery { key: DeliveryKey { key: key("d"), content: Digest::of(b"c") }, first: u64::MAX },
        ];
        for fact in facts {
            let bytes = fact.to_bytes();
            assert_eq!(Fact::read(&[&bytes[..], b"rest"].concat()), Ok((fact, &b"rest"[..])));
            assert!((0..bytes.len()).all(|cut| Fact::read(&bytes[..cut]).is_err()));
        }
    }
}
