//! An evidence pack: all of one incident in one file, for somebody who has nothing else of ours. Every record as it was
//! hashed, the proof that it is in the log, the checkpoint and the key by which that is checked, and a page to read.

mod page;
mod readme;

#[cfg(test)]
mod tests;

use std::io::{Cursor, Write as _};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::record::{InvalidRecord, Record};
use super::tlog::{Proof, ProofError, Sealed};
use crate::incident::IncidentId;

/// The most records of one incident in a pack; the first of them.
pub const PACK_RECORDS_MAX: usize = 10_000;

/// Why there is no pack.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The log does not have what it takes.
    #[error(transparent)]
    Log(#[from] ProofError),
    /// No record is about the incident.
    #[error("no sealed record is about the incident")]
    Nothing,
    /// The log's public key is not beside it.
    #[error("the log's public key is not in its folder")]
    NoKey,
    /// A record cannot be read.
    #[error("record {seq} cannot be read: {why}")]
    Record {
        /// Which.
        seq: u64,
        /// Why.
        why: InvalidRecord,
    },
    /// The file cannot be made.
    #[error("the file cannot be made: {0}")]
    File(#[from] zip::result::ZipError),
    /// Neither can this.
    #[error("the file cannot be made: {0}")]
    Written(#[from] std::io::Error),
}

/// A record of the incident, as it is and as it reads.
struct Kept {
    record: Record,
    proof: Proof,
}

/// The pack of an incident, whose records these are, from the log in `folder`. All proofs are under one checkpoint.
/// Blocks.
///
/// # Errors
/// The log does not have what it takes.
pub fn pack(folder: &Path, incident: &IncidentId, records: &[u64]) -> Result<Vec<u8>, PackError> {
    if records.is_empty() {
        return Err(PackError::Nothing);
    }
    let log = Sealed::open(folder)?;
    let key = log.key()?.ok_or(PackError::NoKey)?;
    let kept = |seq: &u64| {
        let proof = log.proof(*seq)?;
        let record = Record::decode(&proof.record).map_err(|why| PackError::Record { seq: *seq, why })?;
        Ok(Kept { record, proof })
    };
    let kept: Vec<Kept> = records.iter().map(kept).collect::<Result<_, PackError>>()?;
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    // The same pack is the same bytes: every file has the one time that a zip begins with.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut put = |name: String, bytes: &[u8]| -> Result<(), PackError> {
        zip.start_file(name, options)?;
        Ok(zip.write_all(bytes)?)
    };
    put("README.txt".to_owned(), readme::text(incident, &kept, &key).as_bytes())?;
    put("timeline.html".to_owned(), page::html(incident, &kept, log.checkpoint()).as_bytes())?;
    put("checkpoint".to_owned(), log.checkpoint().as_bytes())?;
    put("vkey".to_owned(), key.as_bytes())?;
    for Kept { record, proof } in &kept {
        put(format!("records/{}.json", record.seq), &proof.record)?;
        put(format!("records/{}.tlog-proof", record.seq), proof.text.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}
