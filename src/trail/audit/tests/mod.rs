//! Logs by a writer that shares nothing with the program, in order and tampered with in every way.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Checkpoint, Fault, Keys, Report, verify};
use crate::incident::Timestamp;
use crate::trail::record::encode;
use writer::{Hash, Owner};

mod any_bytes;
mod in_order;
mod notes;
mod past;
mod proofs;
mod tampering;
mod writer;

/// When the checkpoints of the tests are signed: a full minute.
const SIGNED_AT: u64 = 1_700_000_040;
/// Three full bundles and a part of one.
const SIZE: usize = 900;

fn owner() -> Owner {
    Owner::new("test.example/trail-test", 1)
}

fn keys() -> Keys {
    Keys::parse(&owner().vkey()).unwrap()
}

/// The record that says it is `seq`.
fn record(seq: usize, reason: &str) -> Vec<u8> {
    let event = format!(r#"{{"kind":"responder.paused","actor":"test","reason":"{reason}"}}"#);
    encode(seq as u64, Timestamp::from_second(1_700_000_000 + seq as i64).unwrap(), event.as_bytes())
}

fn records(size: usize) -> Vec<Vec<u8>> {
    (0..size).map(|seq| record(seq, &format!("reason {seq}"))).collect()
}

/// A log on disk.
struct Log {
    folder: TempDir,
    records: Vec<Vec<u8>>,
}

impl Log {
    fn of(size: usize) -> Self {
        Self::written(records(size))
    }

    fn written(records: Vec<Vec<u8>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        writer::write(folder.path(), &owner(), &records, SIGNED_AT);
        Self { folder, records }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    fn verify(&self) -> Result<Report, Fault> {
        self.verify_against(&[])
    }

    fn verify_against(&self, older: &[Checkpoint]) -> Result<Report, Fault> {
        verify(self.path(), &keys(), older, |_| ())
    }

    fn leaves(&self) -> Vec<Hash> {
        writer::leaves(&self.records)
    }

    /// The checkpoint that the owner signed when the log had `size` records.
    fn checkpoint_at(&self, size: usize) -> Checkpoint {
        let note = owner().checkpoint(size, &writer::root(&self.leaves()[..size]), SIGNED_AT);
        Checkpoint::open(note.as_bytes(), &keys()).unwrap()
    }

    /// Writes the bundle at `index` anew, of these records.
    fn put_bundle(&self, index: usize, records: &[Vec<u8>]) {
        let width = (self.records.len() - index * 256).min(256);
        fs::write(writer::place(self.path(), "entries", index, width), writer::bundle(records)).unwrap();
    }

    /// Flips the lowest bit of a byte.
    fn flip(&self, name: &str, at: usize) {
        let mut bytes = fs::read(self.file(name)).unwrap();
        bytes[at] ^= 1;
        fs::write(self.file(name), bytes).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.file(name)).unwrap();
    }
}
