//! A signed head: c2sp.org/tlog-checkpoint.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::signer::Signer;
use crate::incident::{Digest, Timestamp};
use crate::trail::store::Head;

/// The head of the log as it was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// How many records.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
    /// When it was signed, in whole seconds.
    pub at: Timestamp,
    /// The signed note itself.
    pub note: String,
}

impl Checkpoint {
    /// Signs a head.
    pub(super) fn sign(signer: &Signer, head: Head, at: Timestamp) -> Self {
        let at = Timestamp::from_second(at.as_second().max(0)).unwrap_or(Timestamp::UNIX_EPOCH);
        let note = signer.note(&text(signer, head), at);
        Self { size: head.size, root: head.root, at, note }
    }

    /// Reads a note that this signer has signed, word for word: signatures of Ed25519 are the same every time.
    pub(super) fn read(signer: &Signer, note: &str) -> Option<Self> {
        let mut lines = note.lines();
        let (_, size, root) = (lines.next()?, lines.next()?.parse().ok()?, lines.next()?);
        let root = Digest(STANDARD.decode(root).ok()?.try_into().ok()?);
        let timed = lines.nth(2)?.rsplit(' ').next()?;
        let seconds = STANDARD.decode(timed).ok()?.get(4..)?.first_chunk().copied()?;
        let at = Timestamp::from_second(i64::try_from(u64::from_be_bytes(seconds)).ok()?).ok()?;
        let signed = Self::sign(signer, Head { size, root }, at);
        // What others have signed below it is theirs.
        note.starts_with(&signed.note).then_some(signed)
    }

    /// The head that it is of.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { size: self.size, root: self.root }
    }
}

fn text(signer: &Signer, head: Head) -> String {
    format!("{}\n{}\n{}\n", signer.origin(), head.size, STANDARD.encode(head.root.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trail::tlog::Origin;

    fn signer(seed: u8) -> Signer {
        Signer::new(Origin::try_from("example.com/log".to_owned()).unwrap(), &[seed; 32])
    }

    #[test]
    fn only_our_own_note_is_read_back() {
        let head = Head { size: 5, root: Digest::of(b"root") };
        let at = Timestamp::from_millisecond(1_700_000_000_123).unwrap();
        let signed = Checkpoint::sign(&signer(1), head, at);
        assert_eq!(signed.at.as_millisecond(), 1_700_000_000_000);
        assert_eq!(Checkpoint::read(&signer(1), &signed.note).as_ref(), Some(&signed));
        let witnessed = format!("{}\u{2014} witness.example AAAA\n", signed.note);
        assert_eq!(Checkpoint::read(&signer(1), &witnessed).as_ref(), Some(&signed));
        assert_eq!(Checkpoint::read(&signer(2), &signed.note), None);
        for at in 0..signed.note.len() {
            let mut changed = signed.note.clone().into_bytes();
            changed[at] ^= 1;
            let changed = String::from_utf8_lossy(&changed);
            assert_eq!(Checkpoint::read(&signer(1), &changed), None, "{changed}");
        }
        for cut in 0..signed.note.len() {
            let cut = String::from_utf8_lossy(&signed.note.as_bytes()[..cut]);
            assert_eq!(Checkpoint::read(&signer(1), &cut), None, "{cut}");
        }
    }
}
