//! Log folders written straight from the definitions of RFC 6962 and c2sp.org, by recursion and anew each time.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// The origin of every log here.
const ORIGIN: &str = "test.example/log-1";
/// The seed of the key that signs unless said otherwise, for tests alone.
pub(super) const SEED: u8 = 7;
/// When the first checkpoint was signed; a minute passes to each further one.
const BEGAN: u64 = 1_795_000_000;
/// How many hashes or entries a full tile has.
const WIDTH: usize = 256;

type Hash = [u8; 32];

/// A log folder, and what is in it.
pub(super) struct Log {
    folder: TempDir,
    key: SigningKey,
    records: Vec<Vec<u8>>,
    checkpoints: u64,
}

/// An honest log with one checkpoint over these records.
pub(super) fn log_of(records: &[Vec<u8>]) -> Log {
    log_by(SEED, records)
}

/// The same, signed by the key of another seed.
pub(super) fn log_by(seed: u8, records: &[Vec<u8>]) -> Log {
    let key = SigningKey::from_bytes(&[seed; 32]);
    let mut log = Log { folder: tempfile::tempdir().unwrap(), key, records: Vec::new(), checkpoints: 0 };
    log.grow(records);
    log
}

/// Records of many lengths, so that both bytes of a length count.
pub(super) fn records(count: usize) -> Vec<Vec<u8>> {
    let record =
        |n: usize| format!("{{\"v\":1,\"seq\":{n},\"kind\":\"test\",\"text\":\"{}\"}}", "·".repeat(n * 7 % 300));
    (0..count).map(|n| record(n).into_bytes()).collect()
}

impl Log {
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// The root as a checkpoint has it.
    pub(super) fn root(&self) -> String {
        STANDARD.encode(root(&self.records.iter().map(|record| leaf(record)).collect::<Vec<_>>()))
    }

    /// Appends records, and makes a checkpoint. What was there before stays.
    pub(super) fn grow(&mut self, records: &[Vec<u8>]) {
        self.records.extend_from_slice(records);
        self.seal();
    }

    /// Puts other records in the place of these, in everything but the history, and signs that.
    pub(super) fn rewrite(&mut self, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
        change(&mut self.records);
        fs::remove_dir_all(self.file("tile")).unwrap();
        self.seal();
    }

    /// A copy of the checkpoint as it is now, as somebody else would keep it.
    pub(super) fn keep(&self) -> tempfile::NamedTempFile {
        let kept = tempfile::NamedTempFile::new().unwrap();
        fs::copy(self.file("checkpoint"), kept.path()).unwrap();
        kept
    }

    fn seal(&mut self) {
        let leaves: Vec<Hash> = self.records.iter().map(|record| leaf(record)).collect();
        for (number, entries) in self.records.chunks(WIDTH).enumerate() {
            let bundle: Vec<u8> = entries.iter().flat_map(|entry| prefixed(entry)).collect();
            self.write(&tile_path("entries", number, entries.len()), &bundle);
        }
        for level in 0.. {
            let hashes: Vec<Hash> = leaves.chunks_exact(WIDTH.pow(level)).map(root).collect();
            if hashes.is_empty() {
                break;
            }
            for (number, tile) in hashes.chunks(WIDTH).enumerate() {
                self.write(&tile_path(&level.to_string(), number, tile.len()), &tile.concat());
            }
        }
        let note = note(&self.key, leaves.len(), &root(&leaves), BEGAN + 60 * self.checkpoints);
        self.checkpoints += 1;
        self.write("vkey", vkey(&self.key).as_bytes());
        self.write("checkpoint", note.as_bytes());
        self.remember(&format!("{note}\n"));
    }

    /// Adds to the history, all of which is of one day.
    pub(super) fn remember(&self, text: &str) {
        let day = self.file("checkpoints/2026-11-18");
        fs::create_dir_all(day.parent().unwrap()).unwrap();
        let mut file = fs::OpenOptions::new().create(true).append(true).open(day).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    pub(super) fn write(&self, name: &str, bytes: &[u8]) {
        let file = self.file(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
}

fn leaf(record: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(record).finalize().into()
}

fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Sha256::new().chain_update([1]).chain_update(root(left)).chain_update(root(right)).finalize().into()
        }
    }
}

fn prefixed(entry: &[u8]) -> Vec<u8> {
    [&u16::try_from(entry.len()).unwrap().to_be_bytes(), entry].concat()
}

fn tile_path(level: &str, number: usize, width: usize) -> String {
    assert!(number < 1000, "longer paths are not made here");
    let partial = if width < WIDTH { format!(".p/{width}") } else { String::new() };
    format!("tile/{level}/{number:03}{partial}")
}

/// What every signature line and verifier key begins with: which key, and how it signs.
fn key_id(key: &SigningKey, algorithm: u8) -> [u8; 4] {
    let public = key.verifying_key();
    let id = Sha256::new().chain_update(ORIGIN).chain_update([b'\n', algorithm]).chain_update(public.as_bytes());
    *id.finalize().first_chunk().unwrap()
}

/// The line of a key in `vkey`.
pub(super) fn vkey(key: &SigningKey) -> String {
    let public = [&[1], &key.verifying_key().as_bytes()[..]].concat();
    format!("{ORIGIN}+{}+{}\n", hex::encode(key_id(key, 1)), STANDARD.encode(public))
}

fn note(key: &SigningKey, size: usize, root: &Hash, time: u64) -> String {
    let text = format!("{ORIGIN}\n{size}\n{}\n", STANDARD.encode(root));
    let plain = key.sign(text.as_bytes()).to_bytes();
    let timed = key.sign(format!("cosignature/v1\ntime {time}\n{text}").as_bytes()).to_bytes();
    let line = |parts: &[&[u8]]| format!("— {ORIGIN} {}\n", STANDARD.encode(parts.concat()));
    let timed = line(&[&key_id(key, 4), &time.to_be_bytes(), &timed]);
    format!("{text}\n{}{timed}", line(&[&key_id(key, 1), &plain]))
}
