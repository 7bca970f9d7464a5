//! `portcullis rules schema`: prints what editors check rule files by.

use crate::rules;

pub(super) fn run() -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(&rules::schema())?);
    Ok(())
}
