//! `portcullis rules manifest`: what a signer of the rules signs.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;

use crate::cli::refused::refused;
use crate::rules;

pub(super) fn run(folder: &Path) -> anyhow::Result<()> {
    let manifest = rules::manifest(folder).map_err(|errors| refused(anyhow::anyhow!("{errors}")))?;
    std::io::stdout().write_all(&manifest).context("the manifest cannot be written")
}
