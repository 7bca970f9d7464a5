//! The configuration, as `source` changes it.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;

/// Puts a text in a file's place at one stroke.
pub(super) fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let permissions = fs::metadata(path)?.permissions();
    let beside = path.with_extension("toml.new");
    let mut file = fs::File::create(&beside).with_context(|| format!("{} cannot be written", beside.display()))?;
    file.write_all(text.as_bytes())?;
    file.set_permissions(permissions)?;
    file.sync_all()?;
    fs::rename(&beside, path).with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(())
}
