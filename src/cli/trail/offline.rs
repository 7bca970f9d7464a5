//! The trail of a server that does not run, with its search index brought up to date.

use std::path::Path;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::refused::refused;
use crate::config;
use crate::server::{self, Opened};
use crate::trail::search::{self, Index};
use crate::trail::{Pseudonyms, Store, Subjects, is_there};

/// What is read.
pub(super) struct Offline {
    pub(super) store: Arc<dyn Store>,
    pub(super) pseudonyms: Pseudonyms,
    pub(super) subjects: Arc<Subjects>,
    pub(super) index: Index,
}

impl Offline {
    /// Opens what the configuration file names; no running program may have it open.
    pub(super) fn open(file: &Path) -> anyhow::Result<Self> {
        let config = config::load(file, &[]).map_err(refused)?;
        let folder = config.resolve(&config.trail.path);
        anyhow::ensure!(is_there(&folder), "there is no trail in {}", folder.display());
        let Opened { store, pseudonyms, subjects, .. } = server::open_store(&config)?;
        let index = Index::new(search::folder(&folder));
        let bar = ProgressBar::new(store.head().size);
        // What is no template leaves the bar as it is.
        if let Ok(style) = ProgressStyle::with_template("indexing {bar:40} {percent}% ({eta})") {
            bar.set_style(style);
        }
        loop {
            let followed = index.follow(store.as_ref())?;
            bar.set_position(followed.indexed_to);
            if followed.is_all {
                break;
            }
        }
        bar.finish_and_clear();
        index.sync()?;
        Ok(Self { store, pseudonyms, subjects, index })
    }
}
