//! Writes the folder of a log by the letter of RFC 6962 and C2SP, by recursion and without haste. Names nothing of the
//! program, so that whatever reads such a folder is measured by something else; also the benchmark takes it.

use std::path::{Path, PathBuf};
use std::{fs, iter};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};

/// A hash.
pub(crate) type Hash = [u8; 32];

/// Who signs for the log.
pub(crate) struct Owner {
    /// The name of the log.
    pub(crate) origin: String,
    key: SigningKey,
}

impl Owner {
    /// An owner whose key is made of `seed`, which makes it a key for tests.
    pub(crate) fn new(origin: &str, seed: u8) -> Self {
        Self { origin: origin.to_owned(), key: SigningKey::from_bytes(&[seed; 32]) }
    }

    fn id(&self, kind: u8) -> [u8; 4] {
        let public = self.key.verifying_key().to_bytes();
        let hash = Sha256::digest([self.origin.as_bytes(), &[b'\n', kind], &public].concat());
        hash[..4].try_into().unwrap()
    }

    /// The verifier key, without a newline.
    pub(crate) fn vkey(&self) -> String {
        let public = [&[1], &self.key.verifying_key().to_bytes()[..]].concat();
        format!("{}+{}+{}", self.origin, hex::encode(self.id(1)), STANDARD.encode(public))
    }

    /// A line that signs `text`.
    pub(crate) fn line(&self, text: &str) -> String {
        self.written(1, &[], text.as_bytes())
    }

    /// A line that signs `text` and says when.
    pub(crate) fn timestamped_line(&self, text: &str, seconds: u64) -> String {
        let message = format!("cosignature/v1\ntime {seconds}\n{text}");
        self.written(4, &seconds.to_be_bytes(), message.as_bytes())
    }

    fn written(&self, kind: u8, before: &[u8], message: &[u8]) -> String {
        let signature = self.key.sign(message).to_bytes();
        let bytes = [&self.id(kind)[..], before, &signature].concat();
        format!("— {} {}\n", self.origin, STANDARD.encode(bytes))
    }

    /// A checkpoint as the log writes it.
    pub(crate) fn checkpoint(&self, size: usize, root: &Hash, seconds: u64) -> String {
        let text = text(&self.origin, size, root);
        format!("{text}\n{}{}", self.line(&text), self.timestamped_line(&text, seconds))
    }
}

/// What a checkpoint signs.
pub(crate) fn text(origin: &str, size: usize, root: &Hash) -> String {
    format!("{origin}\n{size}\n{}\n", STANDARD.encode(root))
}

/// The leaf hashes of records.
pub(crate) fn leaves(records: &[Vec<u8>]) -> Vec<Hash> {
    records.iter().map(|record| Sha256::digest([&[0], record.as_slice()].concat()).into()).collect()
}

fn joined(left: Hash, right: Hash) -> Hash {
    Sha256::digest([&[1][..], &left, &right].concat()).into()
}

fn half(size: usize) -> usize {
    size.next_power_of_two() / 2
}

/// `MTH(D[n])`.
pub(crate) fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(half(leaves.len()));
            joined(root(left), root(right))
        }
    }
}

/// `PATH(m, D[n])`.
pub(crate) fn inclusion(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let k = half(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (inside, other) =
        if index < k { (inclusion(index, left), root(right)) } else { (inclusion(index - k, right), root(left)) };
    inside.into_iter().chain([other]).collect()
}

/// `PROOF(m, D[n])`.
pub(crate) fn consistency(from: usize, leaves: &[Hash]) -> Vec<Hash> {
    if from == 0 { Vec::new() } else { subproof(from, leaves, true) }
}

fn subproof(from: usize, leaves: &[Hash], is_whole: bool) -> Vec<Hash> {
    if from == leaves.len() {
        return if is_whole { Vec::new() } else { vec![root(leaves)] };
    }
    let k = half(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (inside, other) = if from <= k {
        (subproof(from, left, is_whole), root(right))
    } else {
        (subproof(from - k, right, false), root(left))
    };
    inside.into_iter().chain([other]).collect()
}

/// Where the tile or bundle is.
pub(crate) fn place(folder: &Path, kind: &str, index: usize, width: usize) -> PathBuf {
    let digits = format!("{index:03}");
    let digits = "0".repeat((3 - digits.len() % 3) % 3) + &digits;
    let groups: Vec<_> = digits.as_bytes().chunks(3).map(|group| str::from_utf8(group).unwrap()).collect();
    let (last, before) = groups.split_last().unwrap();
    let part = if width == 256 { String::new() } else { format!(".p/{width}") };
    let path: String = before.iter().map(|group| format!("x{group}/")).chain([(*last).to_owned(), part]).collect();
    folder.join("tile").join(kind).join(path)
}

fn put(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// A bundle of records.
pub(crate) fn bundle(records: &[Vec<u8>]) -> Vec<u8> {
    records.iter().flat_map(|record| [&(record.len() as u16).to_be_bytes()[..], record].concat()).collect()
}

/// Writes bundles, tiles, checkpoint and key of a log of exactly these records.
pub(crate) fn write(folder: &Path, owner: &Owner, records: &[Vec<u8>], seconds: u64) {
    for (index, records) in records.chunks(256).enumerate() {
        put(&place(folder, "entries", index, records.len()), &bundle(records));
    }
    let leaves = leaves(records);
    let spans = iter::successors(Some(1_usize), |span| Some(span * 256)).take_while(|span| *span <= leaves.len());
    for (level, span) in spans.enumerate() {
        let hashes: Vec<Hash> = leaves.chunks_exact(span).map(root).collect();
        for (index, hashes) in hashes.chunks(256).enumerate() {
            put(&place(folder, &level.to_string(), index, hashes.len()), &hashes.concat());
        }
    }
    put(&folder.join("checkpoint"), owner.checkpoint(leaves.len(), &root(&leaves), seconds).as_bytes());
    put(&folder.join("vkey"), format!("{}\n", owner.vkey()).as_bytes());
}
