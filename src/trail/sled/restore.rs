//! Makes a trail of a copy: under another name, because what the trail that it is of has recorded since is not in it, and
//! two logs of one name that say different things would be a lie that nobody can tell from the truth.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::copy::{self, Copied, CopyError};
use super::epoch::{self, REPLACED};
use super::rebuild::{Consent, RebuildError, Salvage, rebuild_anyway};
use super::{OpenError, SledStore, known, prune};
use crate::incident::{Event, PauseScope, Timestamp, UpkeepEvent};
use crate::trail::log::note;
use crate::trail::settings::Settings;
use crate::trail::store::{Head, StoreError};
use crate::trail::tlog::SealError;
use crate::trail::{durable, tlog};

/// What a trail's folder may have before a copy is put there: keys, which are kept elsewhere than copies.
const MAY_BE_THERE: [&str; 5] = ["signing.key", "master.key", "subjects.keys", "subjects.keys.lock", "pseudonym.key"];
/// What is taken away again where this was cut short.
const MADE: [&str; 6] = ["epochs", "log", "carried", "areas", "state", REPLACED];

/// Why no trail was made of a copy.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The copy cannot be used.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// Something of it is lost: what lies beside some records.
    #[error(
        "the copy lacks some of what lies beside the records from {0} on: names, bodies, and what alerts are known by, so that \
         one may be taken a second time; --accept-loss has a trail made of the rest"
    )]
    Lacking(u64),
    /// There is a trail already.
    #[error("{} is not empty: a copy is put where no trail is", .0.display())]
    Taken(PathBuf),
    /// A file or folder cannot be read or written.
    #[error("{} cannot be used", .path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The store cannot be made.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// The log cannot be begun.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// What was made does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It takes no record.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A trail that was made of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What it was made of.
    pub copied: Copied,
    /// The key of its log, as auditors are given it.
    pub verifier_key: String,
}

/// Makes the trail that `settings` name of the copy in `from`, with `key` to sign its log by: the log goes on from the same
/// records under a name of its own, and the first of the new ones says of which log, by whom and why. All actions are
/// paused, as nobody knows what was done since the copy was made. A copy that lacks something is only taken where
/// `accepts_loss`. Cut short, it can be done again. Blocks.
///
/// # Errors
/// The copy does not verify, there is a trail already, or a file cannot be written.
pub fn restore(
    settings: &Settings,
    from: &Path,
    key: &Path,
    (actor, reason): (&str, &str),
    accepts_loss: bool,
    now: Timestamp,
) -> Result<Restored, RestoreError> {
    let trail = settings.path.as_path();
    let at = |source| RestoreError::Folder { path: trail.to_owned(), source };
    let copied = copy::checked(from)?;
    durable::create_folder(trail).map_err(at)?;
    clear(trail)?;
    copy::mark(trail, &copied).map_err(at)?;
    if let Some(first) = put(from, trail).map_err(at)?.first()
        && !accepts_loss
    {
        return Err(RestoreError::Lacking(*first));
    }
    // Each of them says that it may have lost what came after the copy was made, as there is nothing that sled could have.
    let may = |salvage: &Salvage| accepts_loss || salvage.has_all_beside;
    let accepts = |salvage: &Salvage| match salvage {
        // What was lost of it is said beside that it was restored.
        salvage if !salvage.has_all_beside && may(salvage) => Consent::recorded(salvage, Some((actor, reason)), now),
        salvage if may(salvage) => Consent::Given,
        _ => Consent::Refused,
    };
    while let Some(salvage) = rebuild_anyway(settings, accepts, |_, _| ())? {
        if !may(&salvage) {
            return Err(RestoreError::Lacking(salvage.first));
        }
    }
    // What was put there to be made anew from; the copy has it.
    fs::remove_dir_all(trail.join(REPLACED)).map_err(at)?;
    let head = Head { size: copied.size, root: copied.root };
    tlog::begin_again(trail, key, &settings.deployment, head, now)?;
    record(settings, &copied, (actor, reason), now)?;
    copy::unmark(trail).map_err(at)?;
    let verifier_key = fs::read_to_string(tlog::folder(trail).join("vkey")).map_err(at)?;
    Ok(Restored { copied, verifier_key: verifier_key.trim_end().to_owned() })
}

/// Takes away what an earlier try has left; anything else is not touched.
fn clear(trail: &Path) -> Result<(), RestoreError> {
    let at = |source| RestoreError::Folder { path: trail.to_owned(), source };
    if copy::is_one(trail) {
        for name in MADE {
            match fs::remove_dir_all(trail.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(error)),
                _ => {}
            }
        }
        return Ok(());
    }
    for entry in fs::read_dir(trail).map_err(at)? {
        let name = entry.map_err(at)?.file_name();
        if !MAY_BE_THERE.iter().any(|there| name == *there) {
            return Err(RestoreError::Taken(trail.to_owned()));
        }
    }
    Ok(())
}

/// Puts the files of the copy in the trail's folder; gives the epochs that lack something.
fn put(from: &Path, trail: &Path) -> io::Result<Vec<u64>> {
    let first = copy::epochs(from)?.into_iter().min().unwrap_or_default();
    tlog::copy(&tlog::folder(from), &tlog::folder(trail), first, |_, _| ())?.publish()?;
    let lacking = copy::copy_epochs(from, trail)?;
    prune::copy_carried(from, trail)?;
    for first in copy::epochs(trail)? {
        let folder = epoch::folder(trail, first);
        if !known::path(&folder).exists() {
            epoch::condemn(&folder, "it is made of a copy")?;
        }
    }
    let pseudonyms = trail.join("pseudonym.key");
    if !pseudonyms.exists() {
        copy::copy_file(&from.join("pseudonym.key"), &pseudonyms)?;
    }
    Ok(lacking)
}

/// Says what was done, and that nothing is to be done before somebody has looked.
fn record(
    settings: &Settings,
    copied: &Copied,
    (actor, reason): (&str, &str),
    now: Timestamp,
) -> Result<(), RestoreError> {
    let (actor, reason) = (actor.to_owned(), reason.to_owned());
    let restored = UpkeepEvent::Restored {
        actor: actor.clone(),
        reason,
        origin: copied.origin.clone(),
        size: copied.size,
        root: copied.root,
    };
    let paused = "the trail was put back from a copy: what was done since then is not on it";
    let paused = Event::ResponderPaused { actor, reason: paused.to_owned(), scope: PauseScope::All };
    let store = SledStore::open_anyway(settings)?;
    for event in [Event::Upkeep(restored), paused] {
        note(&store, now, event)?.wait()?;
    }
    Ok(())
}
