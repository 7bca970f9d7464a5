//! `portcullis rules manifest`: what a signer of the rules signs.

use std::path::Path;

use crate::cli::output;
use crate::cli::refused::refused;
use crate::rules;

pub(super) fn run(folder: &Path) -> anyhow::Result<()> {
    let manifest = rules::manifest(folder).map_err(|errors| refused(anyhow::anyhow!("{errors}")))?;
    output::bytes(&manifest)?;
    output::flush()
}
