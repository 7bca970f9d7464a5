//! `portcullis rules schema`: prints what editors check rule files by.

use crate::cli::output;
use crate::rules;

pub(super) fn run() -> anyhow::Result<()> {
    output::line(serde_json::to_string_pretty(&rules::schema())?)
}
