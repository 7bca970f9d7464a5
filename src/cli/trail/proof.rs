//! `portcullis trail check-proof`: whether a record is in the log, by the record, a proof and the public key alone.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::super::output;
use super::super::refused::refused;
use super::verify::keys;
use crate::trail::audit;

/// Larger than any record or proof.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// What `trail check-proof` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The record, exactly as `trail show` prints it.
    #[arg(value_name = "RECORDFILE")]
    record: PathBuf,
    /// The proof.
    #[arg(value_name = "PROOFFILE")]
    proof: PathBuf,
    /// The log's public key, or a file with one or more.
    #[arg(long, value_name = "KEY")]
    key: String,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let keys = keys(&arguments.key)?;
    let (record, proof) = (read(&arguments.record)?, read(&arguments.proof)?);
    // A record has no newline of its own; a file of one line ends with it.
    let record = record.strip_suffix(b"\n").unwrap_or(&record);
    let included = audit::check_proof(record, &proof, &keys).map_err(|why| {
        anyhow::anyhow!("the proof does not show that the record is in the log: {why}; ask for record and proof again")
    })?;
    let checkpoint = included.checkpoint;
    let signed = checkpoint.at().map_or_else(String::new, |at| format!(", signed {at}"));
    output::line(format_args!(
        "Record {} is in the log {}, under its checkpoint of {} records{signed}",
        included.seq,
        keys.origin(),
        checkpoint.size()
    ))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(FILE_BYTES_MAX).read_to_end(&mut bytes));
    read.with_context(|| format!("{} cannot be read", path.display())).map_err(refused)?;
    Ok(bytes)
}
