//! Gives a log another key: what the one before has signed stays signed by it, the last of it names the new one, and one
//! checkpoint is signed by both.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::anchor_file;
use super::checkpoint::Checkpoint;
use super::sealer::{SealError, Sealer, signer_of};
use super::signer::Signer;
use crate::incident::Timestamp;
use crate::trail::durable;

/// Where a key waits until the log says that it is its own.
pub(super) fn next(key: &Path) -> PathBuf {
    let mut name = key.as_os_str().to_owned();
    name.push(".next");
    PathBuf::from(name)
}

/// Puts the key that waits in its place, if the log whose keys are `known` says that it is its newest by now.
pub(super) fn finish(known: &str, key: &Path) -> io::Result<()> {
    let waiting = next(key);
    let seed = match fs::read(&waiting) {
        Ok(seed) => seed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let is_newest = seed.first_chunk().is_some_and(|seed| signer_of(known, seed).is_some());
    if is_newest { fs::rename(&waiting, key).and_then(|()| durable::sync_folder_of(key)) } else { Ok(()) }
}

impl Sealer {
    /// The public key that is to follow, as auditors are given it. Its private key waits beside the one at `key`; it is made
    /// if none waits there.
    ///
    /// # Errors
    /// It cannot be read or made.
    pub(in crate::trail) fn next_verifier_key(&self, key: &Path) -> Result<String, SealError> {
        self.successor(key).map(|signer| signer.verifier_key())
    }

    /// Signs the newest checkpoint by the next key, too, and by that one alone from then on. Cut short, the log goes on by
    /// the one or the other. The anchor's file is given the checkpoint first, as nothing by the key of before counts in it
    /// any more.
    ///
    /// # Errors
    /// A file cannot be written.
    pub(in crate::trail) fn rotate(
        &mut self,
        key: &Path,
        anchored: Option<&Path>,
        now: Timestamp,
    ) -> Result<(), SealError> {
        let successor = self.successor(key)?;
        let Some(last) = &self.last else { return Ok(()) };
        let both = Checkpoint::sign(&successor, last.head(), now).signed_too(&self.signer);
        let refused = |path: &Path| {
            let path = path.to_owned();
            move |source| SealError::Folder { path, source }
        };
        let log = self.folder.path().to_owned();
        if let Some(file) = anchored {
            anchor_file::anchor(file, &both).map_err(refused(file))?;
        }
        self.folder.publish(&both.note).and_then(|()| self.history.add(&both)).map_err(refused(&log))?;
        let before = self.folder.verifier_keys().map_err(refused(&log))?.unwrap_or_default();
        let keys = format!("{}\n{before}", successor.verifier_key());
        self.folder.write_verifier_keys(&keys).map_err(refused(&log))?;
        finish(&keys, key).map_err(refused(key))?;
        (self.signer, self.last) = (successor, Some(both));
        Ok(())
    }

    fn successor(&self, key: &Path) -> Result<Signer, SealError> {
        let waiting = next(key);
        let seed = durable::secret(&waiting).map_err(|source| SealError::Folder { path: waiting, source })?;
        Ok(Signer::new(self.signer.origin().clone(), &seed))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Sealed, at};
    use super::*;
    use crate::trail::MemoryStore;
    use crate::trail::audit::{self, Keys};
    use crate::trail::store::Store as _;

    fn vkey(sealed: &Sealed) -> String {
        fs::read_to_string(sealed.log().join("vkey")).unwrap()
    }

    fn verified(sealed: &Sealed, keys: &str) -> Result<u64, audit::Fault> {
        audit::verify(&sealed.log(), &Keys::parse(keys).unwrap(), &[], |_| ()).map(|report| report.size)
    }

    fn key(sealed: &Sealed) -> PathBuf {
        sealed.folder.path().join("signing.key")
    }

    /// Gives it another key, after one more record, as the command does.
    fn rotate(sealed: &Sealed, anchored: Option<&Path>) -> String {
        let mut sealer = sealed.open().unwrap();
        let next = sealer.next_verifier_key(&key(sealed)).unwrap();
        sealed.grow(sealed.store.head().size + 1);
        sealer.seal(&sealed.store, at(60)).unwrap();
        sealer.rotate(&key(sealed), anchored, at(61)).unwrap();
        sealed.grow(sealed.store.head().size + 1);
        sealer.seal(&sealed.store, at(120)).unwrap();
        next
    }

    #[test]
    fn what_one_key_has_signed_is_followed_by_what_the_next_signs() {
        let sealed = Sealed::with(300);
        let (first, seed) = (vkey(&sealed), fs::read(key(&sealed)).unwrap());
        let second = rotate(&sealed, None);
        assert_eq!(vkey(&sealed), format!("{second}\n{first}"));
        assert_ne!(fs::read(key(&sealed)).unwrap(), seed);
        assert!(!next(&key(&sealed)).exists());
        assert_eq!(verified(&sealed, &vkey(&sealed)), Ok(302));
        assert!(verified(&sealed, &first).is_err(), "the key of before signs no longer");
        let third = rotate(&sealed, None);
        assert_eq!(vkey(&sealed), format!("{third}\n{second}\n{first}"));
        assert_eq!(verified(&sealed, &vkey(&sealed)), Ok(304));
        // The one that both have signed is what takes whoever trusts the one to the other.
        let history = fs::read_to_string(sealed.log().join("checkpoints/2023-11-14")).unwrap();
        let by_both = history.split_inclusive("\n\n").collect::<Vec<_>>();
        let by_both = by_both.chunks(2).map(<[&str]>::concat).find(|note| note.lines().count() > 7).unwrap();
        for keys in [&first, &second] {
            let note = by_both.trim_end_matches('\n').to_owned() + "\n";
            let opened = audit::Checkpoint::open(note.as_bytes(), &Keys::parse(keys).unwrap());
            assert_eq!(opened.map(|opened| opened.size()), Ok(301));
        }
        sealed.open().unwrap();
    }

    #[test]
    fn what_was_anchored_counts_after_a_rotation_too_for_whoever_puts_the_old_key_back() {
        let sealed = Sealed::with(300);
        let anchored = sealed.folder.path().join("anchored");
        let open = |store: &MemoryStore| {
            let trail = sealed.folder.path();
            Sealer::open_behind(trail, &key(&sealed), "test.example", store, Some(&anchored)).map(drop)
        };
        let files = [sealed.log().join("vkey"), sealed.log().join("checkpoint"), key(&sealed)];
        let before = files.each_ref().map(|file| fs::read(file).unwrap());
        let older = Sealed::with(300).store;
        open(&older).unwrap();
        rotate(&sealed, Some(&anchored));
        open(&sealed.store).unwrap();
        fs::remove_dir_all(sealed.log().join("checkpoints")).unwrap();
        files.iter().zip(before).for_each(|(file, bytes)| fs::write(file, bytes).unwrap());
        assert!(matches!(open(&older), Err(SealError::Behind { has: 300, sealed: 301 })));
    }

    #[test]
    fn a_rotation_that_was_cut_short_can_be_done_again_and_the_log_goes_on_by_the_one_or_the_other() {
        let sealed = Sealed::with(300);
        let (first, seed) = (vkey(&sealed), fs::read(key(&sealed)).unwrap());
        let second = rotate(&sealed, None);
        let new = fs::read(key(&sealed)).unwrap();
        // The log says so, and the key is not in its place.
        fs::rename(key(&sealed), next(&key(&sealed))).unwrap();
        fs::write(key(&sealed), &seed).unwrap();
        let mut sealer = sealed.open().unwrap();
        assert_eq!(sealer.verifier_key(), second);
        assert_eq!(fs::read(key(&sealed)).unwrap(), new);
        sealed.grow(303);
        sealer.seal(&sealed.store, at(180)).unwrap();
        assert_eq!(verified(&sealed, &vkey(&sealed)), Ok(303));

        // Both have signed, and the log does not say so.
        let sealed = Sealed::with(300);
        let (before, seed) = (vkey(&sealed), fs::read(key(&sealed)).unwrap());
        let mut sealer = sealed.open().unwrap();
        sealer.rotate(&key(&sealed), None, at(61)).unwrap();
        fs::rename(key(&sealed), next(&key(&sealed))).unwrap();
        fs::write(key(&sealed), &seed).unwrap();
        fs::write(sealed.log().join("vkey"), &before).unwrap();
        let mut sealer = sealed.open().unwrap();
        assert_eq!(format!("{}\n", sealer.verifier_key()), before);
        sealed.grow(301);
        sealer.seal(&sealed.store, at(120)).unwrap();
        assert_eq!(verified(&sealed, &before), Ok(301));
        let next = rotate(&sealed, None);
        assert_eq!(verified(&sealed, &format!("{next}\n{before}")), Ok(303));
        assert_ne!(before, first);
    }

    #[test]
    fn a_log_whose_beginning_was_cut_short_is_begun_by_the_next_start() {
        let sealed = Sealed::with(300);
        let seed = fs::read(key(&sealed)).unwrap();
        // The key is made, and nothing says whose log it is.
        fs::remove_dir_all(sealed.log()).unwrap();
        fs::rename(key(&sealed), next(&key(&sealed))).unwrap();
        sealed.open().unwrap();
        assert_eq!(fs::read(key(&sealed)).unwrap(), seed);
        // A log that is gone is another thing.
        fs::remove_dir_all(sealed.log()).unwrap();
        assert!(matches!(sealed.open(), Err(SealError::Gone { .. })));
    }
}
