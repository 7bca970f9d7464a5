//! Sealing a trail, and what comes of it when the folder, the trail or the key is not what it was.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::folder::LogFolder;
use super::*;
use crate::incident::{Digest, Timestamp};
use crate::trail::memory::MemoryStore;
use crate::trail::merkle;
use crate::trail::samples::{entry, wait};
use crate::trail::store::{Append, Store};

/// A trail in memory with its log on disk.
pub(super) struct Sealed {
    pub(super) folder: TempDir,
    pub(super) store: MemoryStore,
}

impl Sealed {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), store: MemoryStore::default() }
    }

    pub(super) fn open(&self) -> Result<Sealer, SealError> {
        Sealer::open(self.folder.path(), &self.folder.path().join("signing.key"), "test.example", &self.store)
    }

    pub(super) fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn file(&self, path: &str) -> Vec<u8> {
        fs::read(self.log().join(path)).unwrap()
    }

    pub(super) fn grow(&self, size: u64) {
        let from = self.store.head().size;
        let entries = (from..size).map(|number| entry(&format!("reason {number}"))).collect();
        wait(self.store.append(Append { deliveries: Vec::new(), entries })).unwrap();
    }

    /// Grows to `size` and seals that.
    pub(super) fn with(size: u64) -> Self {
        let sealed = Self::new();
        sealed.grow(size);
        sealed.open().unwrap().seal(&sealed.store, at(0)).unwrap();
        sealed
    }

    fn leaves(&self) -> Vec<Digest> {
        self.store.read(0, usize::MAX).unwrap().iter().map(|stored| merkle::leaf_hash(&stored.record)).collect()
    }
}

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_040 + second).unwrap()
}

/// RFC 6962 section 2.1.1, word for word.
fn path(record: usize, leaves: &[Digest]) -> Vec<Digest> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut path, beside) = if record < left.len() {
        (path(record, left), merkle::root(right))
    } else {
        (path(record - left.len(), right), merkle::root(left))
    };
    path.push(beside);
    path
}

/// RFC 6962 section 2.1.2, word for word.
fn subproof(old: usize, leaves: &[Digest], is_known: bool) -> Vec<Digest> {
    if old == leaves.len() {
        return if is_known { Vec::new() } else { vec![merkle::root(leaves)] };
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut proof, beside) = if old <= left.len() {
        (subproof(old, left, is_known), merkle::root(right))
    } else {
        (subproof(old - left.len(), right, false), merkle::root(left))
    };
    proof.push(beside);
    proof
}

#[test]
fn h07_every_record_and_every_two_sizes_have_the_proofs_of_the_specification() {
    let sealed = Sealed::new();
    let mut sealer = sealed.open().unwrap();
    let mut sizes = Vec::new();
    for size in [1, 2, 3, 7, 8, 100, 255, 256, 257, 300, 511, 512, 513, 700] {
        sealed.grow(size);
        let checkpoint = sealer.seal(&sealed.store, at(0)).unwrap().unwrap().clone();
        let leaves = sealed.leaves();
        assert_eq!((checkpoint.size, checkpoint.root), (size, merkle::root(&leaves)));
        let log = LogFolder::at(sealed.log());
        for record in (0..size).step_by(3) {
            let expected = path(record as usize, &leaves);
            assert_eq!(proof::inclusion(&log, record, size).unwrap(), Some(expected), "{record} of {size}");
        }
        sizes.push(size);
        for old in &sizes {
            let expected = subproof(*old as usize, &leaves, true);
            assert_eq!(consistency(&sealed.log(), *old, size).unwrap(), expected, "{old} to {size}");
        }
        assert!(consistency(&sealed.log(), size + 1, size).is_err());
        assert!(consistency(&sealed.log(), size, size + 1).is_err());
        assert_eq!(consistency(&sealed.log(), 0, size).unwrap(), []);
    }
}

#[test]
fn a_proof_is_a_text_with_the_checkpoint_and_comes_with_the_record() {
    let sealed = Sealed::with(300);
    let proof = Proof::of(&sealed.log(), 299).unwrap();
    assert_eq!(proof.record, sealed.store.read(299, 1).unwrap()[0].record);
    let (above, note) = proof.text.split_once("\n\n").unwrap();
    let lines: Vec<&str> = above.lines().collect();
    assert_eq!(
        (lines[0], lines[1], lines.len()),
        ("c2sp.org/tlog-proof@v1", "index 299", 2 + path(299, &sealed.leaves()).len())
    );
    assert_eq!(note.as_bytes(), sealed.file("checkpoint"));
    let refused = Proof::of(&sealed.log(), 300);
    assert!(matches!(refused, Err(ProofError::NotSealed { seq: 300, size: 300 })), "{refused:?}");
    let refused = Proof::of(sealed.folder.path(), 0);
    assert!(matches!(refused, Err(ProofError::NoCheckpoint)), "{refused:?}");
}

#[test]
fn h08_every_minute_has_a_checkpoint_also_when_nothing_happens() {
    let sealed = Sealed::with(1);
    let mut sealer = sealed.open().unwrap();
    let mut said = 1;
    for second in 1..3_600 {
        said += u32::from(sealer.seal(&sealed.store, at(second)).unwrap().is_some());
    }
    assert_eq!(said, 60);
    let history = String::from_utf8(sealed.file("checkpoints/2023-11-14")).unwrap();
    let later = fs::read_to_string(sealed.log().join("checkpoints/2023-11-15")).unwrap_or_default();
    assert_eq!((history + &later).matches("\n1\n").count(), 60);
}

#[test]
fn what_was_recorded_is_sealed_at_once_and_nothing_is_sealed_twice() {
    let sealed = Sealed::new();
    let mut sealer = sealed.open().unwrap();
    assert_eq!(sealer.seal(&sealed.store, at(0)).unwrap().map(|of| of.size), Some(0), "an empty trail is one, too");
    assert_eq!(sealer.seal(&sealed.store, at(1)).unwrap(), None);
    for size in 1..5 {
        sealed.grow(size);
        assert_eq!(sealer.seal(&sealed.store, at(1)).unwrap().map(|of| of.size), Some(size));
        assert_eq!(sealer.seal(&sealed.store, at(1)).unwrap(), None);
    }
    let history = String::from_utf8(sealed.file("checkpoints/2023-11-14")).unwrap();
    assert_eq!(history.matches("test.example/").count(), 3, "one checkpoint: its name, and two signatures");
}

#[test]
fn a_log_is_taken_up_where_it_was_left() {
    let whole = Sealed::new();
    let sealed = Sealed::new();
    for size in [0, 1, 255, 256, 258, 600, 770] {
        sealed.grow(size);
        sealed.open().unwrap().seal(&sealed.store, at(0)).unwrap();
    }
    whole.grow(770);
    whole.open().unwrap().seal(&whole.store, at(0)).unwrap();
    for tile in ["tile/0/000", "tile/0/002", "tile/entries/000", "tile/entries/003.p/2", "tile/1/000.p/3"] {
        assert_eq!(sealed.file(tile), whole.file(tile), "{tile}");
    }
}

#[test]
fn tiles_that_are_missing_or_changed_are_made_anew_from_the_trail() {
    for damage in ["tile/0/001.p/44", "tile/entries/001.p/44", "tile/1/000.p/1"] {
        for change in [|bytes: &mut Vec<u8>| bytes[40 % 32] ^= 1, |bytes: &mut Vec<u8>| bytes.truncate(7)] {
            let sealed = Sealed::with(300);
            let good = sealed.file(damage);
            let mut bad = good.clone();
            change(&mut bad);
            fs::write(sealed.log().join(damage), bad).unwrap();
            sealed.open().unwrap().seal(&sealed.store, at(60)).unwrap();
            assert_eq!(sealed.file(damage), good);
        }
    }
    let sealed = Sealed::with(300);
    fs::remove_dir_all(sealed.log().join("tile")).unwrap();
    sealed.grow(301);
    sealed.open().unwrap().seal(&sealed.store, at(60)).unwrap();
    assert_eq!(sealed.file("tile/0/000").len(), 8_192);
}

#[test]
fn h04_a_trail_that_is_shorter_than_what_was_sealed_is_refused() {
    let mut sealed = Sealed::with(300);
    sealed.store = MemoryStore::default();
    sealed.grow(299);
    let refused = sealed.open();
    assert!(matches!(refused, Err(SealError::Behind { has: 299, sealed: 300 })), "{refused:?}");
}

#[test]
fn h05_a_trail_that_was_rewritten_is_refused() {
    let change = |store: &MemoryStore, seq: u64| {
        let mut stored = store.read(seq, 1).unwrap().remove(0);
        let at = stored.record.len() - 3;
        stored.record[at] ^= 1;
        stored.leaf = merkle::leaf_hash(&stored.record);
        store.tamper(seq, Some(stored));
    };
    // One that is not sealed yet, against the root that the store keeps.
    let sealed = Sealed::with(300);
    sealed.grow(310);
    change(&sealed.store, 305);
    let refused = sealed.open();
    assert!(matches!(refused, Err(SealError::Rewritten { size: 310 })), "{refused:?}");
    // All of it anew, as long as before.
    let mut sealed = Sealed::with(300);
    sealed.store = MemoryStore::default();
    let entries = (0..300).map(|number| entry(&format!("other {number}"))).collect();
    wait(sealed.store.append(Append { deliveries: Vec::new(), entries })).unwrap();
    let refused = sealed.open();
    assert!(matches!(refused, Err(SealError::Rewritten { size: 300 })), "{refused:?}");
}

#[test]
fn an_older_checkpoint_in_the_place_of_the_newest_is_refused() {
    let sealed = Sealed::with(10);
    let old = sealed.file("checkpoint");
    sealed.grow(20);
    sealed.open().unwrap().seal(&sealed.store, at(60)).unwrap();
    fs::write(sealed.log().join("checkpoint"), &old).unwrap();
    let refused = sealed.open();
    assert!(matches!(refused, Err(SealError::RolledBack { noted: 20, .. })), "{refused:?}");
    fs::remove_file(sealed.log().join("checkpoint")).unwrap();
    let refused = sealed.open();
    assert!(matches!(refused, Err(SealError::RolledBack { noted: 20, .. })), "{refused:?}");
}

#[test]
fn h06_a_log_is_not_taken_up_with_another_key_or_without_its_own() {
    let sealed = Sealed::with(10);
    let key = sealed.folder.path().join("signing.key");
    let own = fs::read(&key).unwrap();
    fs::write(&key, [1; 32]).unwrap();
    assert!(matches!(sealed.open(), Err(SealError::OtherKey(_))));
    fs::remove_file(&key).unwrap();
    assert!(matches!(sealed.open(), Err(SealError::OtherKey(_))));
    assert!(!key.exists(), "none is made for a log that has one");
    fs::write(&key, own).unwrap();
    assert!(sealed.open().is_ok());
    let mut forged = sealed.file("checkpoint");
    let at = forged.len() - 10;
    forged[at] ^= 1;
    fs::write(sealed.log().join("checkpoint"), forged).unwrap();
    assert!(matches!(sealed.open(), Err(SealError::OtherKey(_))));
}

#[test]
fn a_deployment_that_cannot_stand_in_a_note_is_refused() {
    let sealed = Sealed::new();
    let key = sealed.folder.path().join("signing.key");
    let refused = Sealer::open(sealed.folder.path(), &key, "a b", &sealed.store);
    assert!(matches!(refused, Err(SealError::Origin(_))), "{refused:?}");
}

#[test]
fn h05_a_trail_that_was_rewritten_with_its_log_and_signed_anew_is_refused_by_what_is_anchored() {
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("anchored");
    let open = |sealed: &Sealed| {
        let key = sealed.folder.path().join("signing.key");
        Sealer::open_behind(sealed.folder.path(), &key, "test.example", &sealed.store, Some(&file))
    };
    let mut sealed = Sealed::with(300);
    anchor(&file, sealed.open().unwrap().last().unwrap()).unwrap();
    sealed.grow(700);
    open(&sealed).unwrap().seal(&sealed.store, at(60)).unwrap();
    assert!(open(&sealed).is_ok());
    // The owner of the machine has the key, so log and trail agree.
    let forge = |sealed: &mut Sealed, size: u64| {
        let vkey = sealed.file("vkey");
        fs::remove_dir_all(sealed.log()).unwrap();
        fs::create_dir(sealed.log()).unwrap();
        fs::write(sealed.log().join("vkey"), vkey).unwrap();
        sealed.store = MemoryStore::default();
        let entries = (0..size).map(|number| entry(&format!("other {number}"))).collect();
        wait(sealed.store.append(Append { deliveries: Vec::new(), entries })).unwrap();
        sealed.open().unwrap().seal(&sealed.store, at(120)).unwrap();
        assert!(sealed.open().is_ok(), "it passes alone");
    };
    forge(&mut sealed, 700);
    let refused = open(&sealed);
    assert!(matches!(refused, Err(SealError::Rewritten { size: 300 })), "{refused:?}");
    forge(&mut sealed, 299);
    let refused = open(&sealed);
    assert!(matches!(refused, Err(SealError::Behind { has: 299, sealed: 300 })), "{refused:?}");
}

#[test]
fn h04_a_log_that_is_gone_is_not_begun_anew_in_silence() {
    let sealed = Sealed::with(10);
    fs::remove_dir_all(sealed.log()).unwrap();
    let refused = sealed.open();
    assert!(matches!(refused, Err(SealError::Gone { .. })), "{refused:?}");
    assert!(matches!(sealed.open(), Err(SealError::Gone { .. })), "also after the first try");
    // On purpose, and for a trail from before there were logs.
    fs::remove_file(sealed.folder.path().join("signing.key")).unwrap();
    assert!(sealed.open().is_ok());
    // A key that was made elsewhere, for a trail that begins.
    let new = Sealed::new();
    fs::write(new.folder.path().join("signing.key"), [3; 32]).unwrap();
    assert!(new.open().is_ok());
}
