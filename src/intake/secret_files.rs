//! The secret files of an intake while it is made: reads each, and sees when one holds what another does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::secret::Secret;
use super::{SecretProblem, SetupError};
use crate::incident::{Digest, SourceName};

/// Files that are to be written, with what is to be in them.
pub type Unwritten = BTreeMap<PathBuf, String>;

/// The secret files of all sources.
pub(super) struct SecretFiles<'s> {
    base: &'s Path,
    unwritten: &'s Unwritten,
    /// Whose each secret is that was read.
    used: BTreeMap<Digest, SourceName>,
}

impl<'s> SecretFiles<'s> {
    /// Relative to `base`; those that are `unwritten` as if they were there.
    pub(super) fn new(base: &'s Path, unwritten: &'s Unwritten) -> Self {
        Self { base, unwritten, used: BTreeMap::new() }
    }

    /// What relative paths start from.
    pub(super) fn base(&self) -> &'s Path {
        self.base
    }

    /// Reads one that no source may have twice.
    pub(super) fn read(
        &mut self,
        at: &SourceName,
        file: &Path,
        decode: impl FnOnce(&[u8]) -> Result<Vec<u8>, SecretProblem>,
    ) -> Result<Secret, SetupError> {
        self.read_unless(at, file, decode, |_| true)
    }

    /// Reads one that its own source may have again, as half of another pair.
    pub(super) fn read_half(
        &mut self,
        at: &SourceName,
        file: &Path,
        decode: impl FnOnce(&[u8]) -> Result<Vec<u8>, SecretProblem>,
    ) -> Result<Secret, SetupError> {
        self.read_unless(at, file, decode, |first| first != at)
    }

    fn read_unless(
        &mut self,
        at: &SourceName,
        file: &Path,
        decode: impl FnOnce(&[u8]) -> Result<Vec<u8>, SecretProblem>,
        is_refused: impl Fn(&SourceName) -> bool,
    ) -> Result<Secret, SetupError> {
        let file = self.base.join(file);
        let secret = match self.unwritten.get(&file) {
            Some(text) => Secret::of(text.as_bytes(), decode),
            None => Secret::read_by(&file, decode),
        };
        let secret = secret.map_err(|problem| SetupError::Secret { at: at.clone(), file: file.clone(), problem })?;
        if let Some(first) = secret.digests.iter().find_map(|digest| self.used.get(digest)).filter(|of| is_refused(of))
        {
            return Err(SetupError::SecretShared { at: at.clone(), file, first: first.clone() });
        }
        self.used.extend(secret.digests.map(|digest| (digest, at.clone())));
        Ok(secret)
    }
}
