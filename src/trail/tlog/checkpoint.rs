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

    /// Reads a note that this signer has signed, word for word: signatures of Ed25519 are the same every time. What others
    /// have signed above or below is theirs.
    pub(super) fn read(signer: &Signer, note: &str) -> Option<Self> {
        let (text, signatures) = note.split_once("\n\n")?;
        let mut lines = text.lines();
        let (_, size, root) = (lines.next()?, lines.next()?.parse().ok()?, lines.next()?);
        let root = Digest(STANDARD.decode(root).ok()?.try_into().ok()?);
        let mut times = signatures.lines().filter_map(|line| signer.signed_at(line));
        times.find_map(|at| {
            let signed = Self::sign(signer, Head { size, root }, at);
            let (own_text, own) = signed.note.split_once("\n\n")?;
            (own_text == text && has_lines(signatures, own)).then_some(signed)
        })
    }

    /// The same, signed by `other` as well, below what is signed already.
    pub(super) fn signed_too(self, other: &Signer) -> Self {
        let too = Self::sign(other, self.head(), self.at).note;
        let lines = too.split_once("\n\n").map_or("", |(_, lines)| lines);
        Self { note: self.note + lines, ..self }
    }

    /// The head that it is of.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { size: self.size, root: self.root }
    }
}

/// Whether the lines `own` stand in `all`, one after the other and whole.
fn has_lines(all: &str, own: &str) -> bool {
    all.match_indices(own).any(|(at, _)| at == 0 || all.get(..at).is_some_and(|before| before.ends_with('\n')))
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
    fn what_two_have_signed_is_read_by_either() {
        let head = Head { size: 5, root: Digest::of(b"root") };
        let both = Checkpoint::sign(&signer(1), head, Timestamp::UNIX_EPOCH).signed_too(&signer(2));
        for seed in [1, 2] {
            let read = Checkpoint::read(&signer(seed), &both.note);
            assert_eq!(read, Some(Checkpoint::sign(&signer(seed), head, Timestamp::UNIX_EPOCH)));
        }
        assert_eq!(Checkpoint::read(&signer(3), &both.note), None);
        // Half of what a key has signed is not signed by it.
        let lines: Vec<&str> = both.note.split_inclusive('\n').collect();
        let without = |left_out: usize| -> String {
            lines.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, line)| *line).collect()
        };
        assert_eq!(Checkpoint::read(&signer(1), &without(4)), None);
        assert_eq!(Checkpoint::read(&signer(2), &without(6)), None);
        assert!(Checkpoint::read(&signer(2), &without(4)).is_some());
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
