//! The parts that tests and demos may choose themselves: clock, store, directory.

use std::sync::Arc;

use anyhow::Context as _;

use super::{Gauge, Hangups, Reread};
use crate::config::Config;
use crate::directory::{CALLS_FILE, DingTalk, Directory};
use crate::incident::{Clock, DiskRoom, Event, SystemClock, UpkeepEvent};
use crate::trail::{
    self, Append, Ballast, Consent, Entry, KeyFiles, OpenError, Pseudonyms, Salvage, SledStore, Store, StoreError,
    Subjects, is_part,
};

/// Records read at a time.
const PAGE: usize = 512;

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
    /// The keys of what lies beside its records.
    pub subjects: Arc<Subjects>,
    /// Asks for the rules to be loaded again.
    pub hangups: Hangups,
    /// Reads the sources anew when that is asked for.
    pub reread: Reread,
    /// How much room there is on the trail's disk.
    pub gauge: Gauge,
}

impl Parts {
    /// The real ones, as the settings name them, with what was listened for from the beginning. Blocks
    /// while the store opens.
    ///
    /// # Errors
    /// The store cannot be opened, the secret cannot be read, or the settings are refused.
    pub fn real(config: &Config, hangups: Hangups, reread: Reread) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let Opened { store, pseudonyms, subjects, gauge } = open_store(config)?;
        let secret = config.directory.read_secret(&config.base)?;
        let calls = config.resolve(&config.trail.path).join(CALLS_FILE);
        let directory = Arc::new(DingTalk::new(&config.directory, secret, Arc::clone(&clock))?.counting_in(calls));
        Ok(Self { clock, store, directory, pseudonyms, subjects, hangups, reread, gauge })
    }
}

/// The trail's store and what belongs to it.
pub struct Opened {
    /// Where the trail is kept.
    pub store: Arc<dyn Store>,
    /// Names accounts on it.
    pub pseudonyms: Pseudonyms,
    /// The keys of what lies beside its records.
    pub subjects: Arc<Subjects>,
    /// How much room there is on its disk.
    pub gauge: Gauge,
}

/// Opens the trail's store and what belongs to it. Blocks while the store opens.
///
/// # Errors
/// The store, the key of the pseudonyms or the data keys cannot be used.
pub fn open_store(config: &Config) -> anyhow::Result<Opened> {
    let folder = config.resolve(&config.trail.path);
    let settings = trail::Settings { path: folder.clone(), ..config.trail.clone() };
    let (store, gauge) = open_on_any_disk(&settings)?;
    let key = folder.join("pseudonym.key");
    // A new key would give every account another name on the trail, and nobody could tell any
    // more whom an earlier incident covers.
    anyhow::ensure!(
        key.exists() || store.head().size == 0,
        "{} is missing, although the trail has records; put it back from where it was kept",
        key.display()
    );
    let pseudonyms = Pseudonyms::open(&key).with_context(|| format!("{} cannot be used", key.display()))?;
    let subjects = Subjects::open(&key_files(config), || has_parts(&store))?;
    Ok(Opened { store: Arc::new(store), pseudonyms, subjects, gauge })
}

/// Where the data keys are.
#[must_use]
pub fn key_files(config: &Config) -> KeyFiles {
    config.trail.key_files(&config.resolve(&config.trail.path), |path| config.resolve(path))
}

/// Whether anything was encrypted that lies beside a record. Asked only when the keys are missing.
fn has_parts(store: &SledStore) -> Result<bool, StoreError> {
    let mut next = store.first();
    loop {
        let page = store.read(next, PAGE)?;
        let Some(last) = page.last() else { return Ok(false) };
        next = last.seq + 1;
        for stored in &page {
            if store.private(stored.seq)?.is_some_and(|private| is_part(&private)) {
                return Ok(true);
            }
        }
    }
}

/// Opens the store. On a full disk what was kept in reserve is given back, and the trail says so: a store cannot be opened
/// without room, and what was under way waits for its end.
fn open_on_any_disk(settings: &trail::Settings) -> anyhow::Result<(SledStore, Gauge)> {
    let opened = open_or_rebuild(settings);
    let free_bytes = trail::free_bytes(&settings.path).unwrap_or_default();
    let refusal = opened.as_ref().err().and_then(|error| error.downcast_ref::<OpenError>());
    let is_full = match refusal {
        // It is another process's, and so is what it keeps in reserve.
        Some(OpenError::InUse(_)) => false,
        Some(error) if error.is_for_want_of_room() => true,
        _ => settings.disk.room(DiskRoom::Ample, free_bytes) == DiskRoom::Full,
    };
    let released_bytes = if is_full { release(settings) } else { 0 };
    if released_bytes == 0 {
        let why = |error: anyhow::Error| match is_full {
            true => error.context(format!("{free_bytes} bytes are free on the trail's disk")),
            false => error,
        };
        return Ok((opened.map_err(why)?, Gauge::of(&settings.path, DiskRoom::Ample)));
    }
    let store = opened.or_else(|_| open_or_rebuild(settings))?;
    let (was, room) = (DiskRoom::Ample, DiskRoom::Full);
    note(&store, &Event::Upkeep(UpkeepEvent::DiskRoom { was, room, free_bytes, released_bytes }))?;
    Ok((store, Gauge::of(&settings.path, room)))
}

/// Gives back what is kept in reserve; says how much that was, in bytes.
fn release(settings: &trail::Settings) -> u64 {
    match Ballast::of(settings).release() {
        Ok(0) => 0,
        Ok(released_bytes) => {
            tracing::warn!(released_bytes, "the trail's disk is full: its ballast is released");
            released_bytes
        }
        Err(error) => {
            tracing::error!(%error, "the trail's disk is full, and its ballast cannot be released");
            0
        }
    }
}

/// Opens the store. One that is damaged is made anew first, where nothing is lost by it: at night there is nobody to ask.
fn open_or_rebuild(settings: &trail::Settings) -> anyhow::Result<SledStore> {
    let damaged = match SledStore::open(settings) {
        Err(error @ OpenError::Damaged { .. }) => error,
        opened => return Ok(opened?),
    };
    let rebuilt = trail::rebuild(
        settings,
        |salvage| match salvage.loses_nothing() {
            true => Consent::recorded(salvage, None, SystemClock.now()),
            false => Consent::Refused,
        },
        |_, _| (),
    );
    match rebuilt {
        Ok(Some(salvage)) if salvage.loses_nothing() => {
            let Salvage { first, size, .. } = salvage;
            tracing::warn!(error = %damaged, record.first = first, record.size = size, "the trail's store was made anew");
            Ok(SledStore::open(settings)?)
        }
        // An index that was damaged follows from what lies beside the records.
        Ok(None) => SledStore::open(settings).with_context(|| format!("also after {damaged}")),
        Ok(_) => anyhow::bail!("{damaged}; making it anew may lose something, see `portcullis trail rebuild`"),
        Err(error) => anyhow::bail!("{damaged}; it cannot be made anew from its log: {error}"),
    }
}

/// Queues a record before there is anything else that could; it is durable before what is recorded after it.
fn note(store: &SledStore, event: &Event) -> anyhow::Result<()> {
    let (at, event) = (SystemClock.now(), serde_json::to_vec(event)?);
    let (also, incidents) = (Vec::new(), Vec::new());
    let entry = Entry { key: None, also, at, event, private: None, incidents, behind: false };
    drop(store.append(Append { deliveries: Vec::new(), entries: vec![entry] }));
    Ok(())
}
