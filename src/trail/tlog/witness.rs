//! What is said to a witness and what its answers mean: c2sp.org/tlog-witness.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};

use super::checkpoint::Checkpoint;
use super::proof::{ProofError, consistency};
use super::signer::TIMESTAMPED_ED25519;
use crate::incident::Digest;
use crate::trail::durable;

/// The folder of what witnesses have signed, in that of the log.
const WITNESSED: &str = "witnessed";
/// The most hashes that a witness takes.
const HASHES_MAX: usize = 63;
/// Bytes of a signature that says when it was made, behind the key id.
const TIMED_BYTES: usize = 8 + 64;
/// Bytes of a key id.
const ID_BYTES: usize = 4;

/// A witness's name and key.
#[derive(Debug, Clone)]
pub struct WitnessKey {
    name: String,
    id: [u8; ID_BYTES],
    key: VerifyingKey,
}

/// A text that is no witness's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is no key of a witness: <name>+<key id in 8 hex digits>+<base64 of the byte 4 and the 32 of an Ed25519 key>"
)]
pub struct InvalidWitnessKey;

/// What a witness has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Witnessed {
    /// It has signed: its lines below the checkpoint.
    Signed(String),
    /// It has signed another size before, and wants the proof from there.
    Knows(u64),
    /// It knows a log that this one does not follow; says how.
    Contradicts(String),
    /// Something else; it may be better later.
    NotTaken(String),
}

impl WitnessKey {
    /// The key as its operator publishes it.
    ///
    /// # Errors
    /// It is none for timestamped cosignatures of Ed25519, or its id is not that of the key.
    pub fn parse(text: &str) -> Result<Self, InvalidWitnessKey> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(InvalidWitnessKey);
        };
        let key = STANDARD.decode(key).map_err(|_| InvalidWitnessKey)?;
        let Digest(digest) = Digest::of(&[name.as_bytes(), b"\n", &key].concat());
        let own: [u8; ID_BYTES] = digest.first_chunk().copied().ok_or(InvalidWitnessKey)?;
        let Some((&TIMESTAMPED_ED25519, point)) = key.split_first() else { return Err(InvalidWitnessKey) };
        let point = point.try_into().map_err(|_| InvalidWitnessKey)?;
        let key = VerifyingKey::from_bytes(point).map_err(|_| InvalidWitnessKey)?;
        let is_named = !name.is_empty() && !name.contains(char::is_whitespace) && hex::encode(own) == id;
        if is_named { Ok(Self { name: name.to_owned(), id: own, key }) } else { Err(InvalidWitnessKey) }
    }

    /// What the witness is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads an answer to `checkpoint`, which is believed only as far as it is signed.
    #[must_use]
    pub fn judge(&self, checkpoint: &Checkpoint, status: u16, body: &str) -> Witnessed {
        match status {
            200 => {
                let lines: Vec<&str> = body.lines().filter(|line| self.has_signed(checkpoint, line)).collect();
                if lines.is_empty() {
                    Witnessed::NotTaken("no_signature_of_its_key".to_owned())
                } else {
                    Witnessed::Signed(lines.iter().map(|line| format!("{line}\n")).collect())
                }
            }
            409 => match body.trim_end().parse() {
                // Of the same size, but it has another root for it.
                Ok(size) if size == checkpoint.size => {
                    Witnessed::Contradicts(format!("another root for {size} records"))
                }
                Ok(size) if size > checkpoint.size => Witnessed::Contradicts(format!("it has signed {size} records")),
                Ok(size) => Witnessed::Knows(size),
                Err(_) => Witnessed::NotTaken("conflict".to_owned()),
            },
            422 => Witnessed::Contradicts("the proof from what it has signed does not hold".to_owned()),
            status => Witnessed::NotTaken(format!("http_{status}")),
        }
    }

    fn has_signed(&self, checkpoint: &Checkpoint, line: &str) -> bool {
        let signed = || {
            let (name, signature) = line.strip_prefix("\u{2014} ")?.rsplit_once(' ')?;
            let signature = STANDARD.decode(signature).ok().filter(|_| name == self.name)?;
            let (id, timed) = signature.split_first_chunk()?;
            let timed: &[u8; TIMED_BYTES] = timed.try_into().ok().filter(|_| *id == self.id)?;
            let (seconds, signature) = timed.split_first_chunk()?;
            let (text, _) = checkpoint.note.split_once("\n\n")?;
            let said = format!("cosignature/v1\ntime {}\n{text}\n", u64::from_be_bytes(*seconds));
            let signature = Signature::from_slice(signature).ok()?;
            self.key.verify_strict(said.as_bytes(), &signature).ok()
        };
        signed().is_some()
    }
}

/// The body of `add-checkpoint` for a witness that has signed `old` records of the log in `folder`.
///
/// # Errors
/// A part of the log is missing.
pub fn add_checkpoint(folder: &Path, old: u64, checkpoint: &Checkpoint) -> Result<String, ProofError> {
    let mut body = format!("old {old}\n");
    for hash in consistency(folder, old, checkpoint.size)?.iter().take(HASHES_MAX) {
        // Writing to a text cannot fail.
        let _ = writeln!(body, "{}", STANDARD.encode(hash.0));
    }
    body.push('\n');
    body.push_str(&checkpoint.note);
    Ok(body)
}

/// Keeps what a witness has signed in the log's folder, for whoever wants to see both signatures.
///
/// # Errors
/// The folder cannot be written.
pub fn keep_witnessed(folder: &Path, witness: &str, checkpoint: &Checkpoint, lines: &str) -> io::Result<()> {
    let folder = folder.join(WITNESSED);
    durable::create_folder(&folder)?;
    // A name may have characters that no path has.
    let path = folder.join(Digest::of(witness.as_bytes()).short(16));
    durable::replace(&path, format!("{}{lines}", checkpoint.note).as_bytes())?;
    durable::sync_folder(&folder)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;
    use crate::incident::Timestamp;
    use crate::trail::store::Head;
    use crate::trail::tlog::Origin;
    use crate::trail::tlog::signer::Signer;

    fn signer(name: &str, seed: u8) -> Signer {
        Signer::new(Origin::try_from(name.to_owned()).unwrap(), &[seed; 32])
    }

    fn key(name: &str, seed: u8) -> WitnessKey {
        let public =
            [&[TIMESTAMPED_ED25519][..], SigningKey::from_bytes(&[seed; 32]).verifying_key().as_bytes()].concat();
        let id = Digest::of(&[name.as_bytes(), b"\n", &public].concat()).short(8);
        WitnessKey::parse(&format!("{name}+{id}+{}", STANDARD.encode(public))).unwrap()
    }

    fn checkpoint(size: u64) -> Checkpoint {
        Checkpoint::sign(&signer("example.com/log", 1), Head { size, root: Digest::of(b"") }, Timestamp::UNIX_EPOCH)
    }

    /// What a witness of this name and key would say.
    fn cosigned(name: &str, seed: u8, checkpoint: &Checkpoint) -> String {
        let (text, _) = checkpoint.note.split_once("\n\n").unwrap();
        let note = signer(name, seed).note(&format!("{text}\n"), Timestamp::from_second(1_700_000_000).unwrap());
        format!("{}\n", note.lines().last().unwrap())
    }

    #[test]
    fn h09_only_what_the_witness_has_signed_is_taken() {
        let (witness, own) = (key("w.example", 7), checkpoint(5));
        let line = cosigned("w.example", 7, &own);
        assert_eq!(witness.judge(&own, 200, &line), Witnessed::Signed(line.clone()));
        let among = format!("{}{line}\u{2014} x y\n", cosigned("other.example", 8, &own));
        assert_eq!(witness.judge(&own, 200, &among), Witnessed::Signed(line.clone()));
        for bad in [
            String::new(),
            "ok\n".to_owned(),
            cosigned("w.example", 8, &own),
            cosigned("other.example", 7, &own),
            cosigned("w.example", 7, &checkpoint(6)),
            line.replace("w.example", "w.exampl\u{e9}"),
        ] {
            let judged = witness.judge(&own, 200, &bad);
            assert_eq!(judged, Witnessed::NotTaken("no_signature_of_its_key".to_owned()), "{bad}");
        }
    }

    #[test]
    fn h09_a_conflict_says_where_to_go_on_and_what_contradicts_is_told() {
        let (witness, own) = (key("w.example", 7), checkpoint(5));
        assert_eq!(witness.judge(&own, 409, "3\n"), Witnessed::Knows(3));
        for (status, body) in [(409, "6\n"), (409, "5\n"), (422, "")] {
            let judged = witness.judge(&own, status, body);
            assert!(matches!(judged, Witnessed::Contradicts(_)), "{judged:?}");
        }
        for (status, body) in [(409, "x"), (404, ""), (403, ""), (500, ""), (302, "")] {
            let judged = witness.judge(&own, status, body);
            assert!(matches!(judged, Witnessed::NotTaken(_)), "{judged:?}");
        }
    }

    #[test]
    fn what_is_no_key_of_a_witness_is_refused() {
        let good = {
            let public =
                [&[TIMESTAMPED_ED25519][..], SigningKey::from_bytes(&[7; 32]).verifying_key().as_bytes()].concat();
            format!("w+{}+{}", Digest::of(&[b"w\n", &public[..]].concat()).short(8), STANDARD.encode(public))
        };
        assert!(WitnessKey::parse(&good).is_ok());
        let of_a_log = signer("w", 7).verifier_key();
        for bad in ["", "w", "w+", "w+00000000+AAAA", &good.replace("w+", "v+"), &good[..good.len() - 4], &of_a_log] {
            assert!(WitnessKey::parse(bad).is_err(), "{bad}");
        }
    }
}
