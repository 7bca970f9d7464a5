//! The parts that tests and demos may choose themselves: clock, store, directory.

use std::sync::Arc;

use anyhow::Context as _;

use super::{Hangups, Reread};
use crate::config::Config;
use crate::directory::{CALLS_FILE, DingTalk, Directory};
use crate::incident::{Clock, SystemClock};
use crate::trail::{self, Pseudonyms, SledStore, Store};

/// What the app is made of, beside its settings.
pub struct Parts {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where the trail is kept.
    pub store: Arc<dyn Store>,
    /// DingTalk.
    pub directory: Arc<dyn Directory>,
    /// Names accounts on the trail.
    pub pseudonyms: Pseudonyms,
    /// Asks for the rules to be loaded again.
    pub hangups: Hangups,
    /// Reads the sources anew when that is asked for.
    pub reread: Reread,
}

impl Parts {
    /// The real ones, as the settings name them, with what was listened for from the beginning. Blocks
    /// while the store opens.
    ///
    /// # Errors
    /// The store cannot be opened, the secret cannot be read, or the settings are refused.
    pub fn real(config: &Config, hangups: Hangups, reread: Reread) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let (store, pseudonyms) = open_store(config)?;
        let secret = config.directory.read_secret(&config.base)?;
        let calls = config.resolve(&config.trail.path).join(CALLS_FILE);
        let directory = Arc::new(DingTalk::new(&config.directory, secret, Arc::clone(&clock))?.counting_in(calls));
        Ok(Self { clock, store, directory, pseudonyms, hangups, reread })
    }
}

/// Opens the trail's store and what belongs to it. Blocks while the store opens.
///
/// # Errors
/// The store or the key of the pseudonyms cannot be used.
pub fn open_store(config: &Config) -> anyhow::Result<(Arc<dyn Store>, Pseudonyms)> {
    let folder = config.resolve(&config.trail.path);
    let settings = trail::Settings { path: folder.clone(), ..config.trail.clone() };
    let store = SledStore::open(&settings)?;
    let key = folder.join("pseudonym.key");
    // A new key would give every account another name on the trail, and nobody could tell any
    // more whom an earlier incident covers.
    anyhow::ensure!(
        key.exists() || store.head().size == 0,
        "{} is missing, although the trail has records; put it back from where it was kept",
        key.display()
    );
    let pseudonyms = Pseudonyms::open(&key).with_context(|| format!("{} cannot be used", key.display()))?;
    Ok((Arc::new(store), pseudonyms))
}
