//! What an epoch that was made anew has to tell: it waits beside it until the trail is opened, so that nothing is made
//! anew without a record, wherever it was cut short.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::committer::Committer;
use super::epoch;
use super::open::OpenError;
use crate::incident::{Digest, Event, Timestamp};
use crate::trail::durable;
use crate::trail::limits;
use crate::trail::store::{Append, Entry, StoreError, UniqueKey};

/// The file in the epoch's folder.
const FILE: &str = "rebuilt.json";

#[derive(Serialize, Deserialize)]
struct Told {
    at: Timestamp,
    event: Event,
}

/// Has the event recorded by the next who opens the trail. Durable once the folder was synced.
pub(super) fn write(folder: &Path, event: &Event, at: Timestamp) -> io::Result<()> {
    let told = serde_json::to_vec(&Told { at, event: event.clone() }).map_err(io::Error::other)?;
    durable::replace(&folder.join(FILE), &told)
}

/// Records what waits in the epochs that begin with these records, before there is anything else that could be, and waits
/// until it is durable. What was recorded and not taken away is known by its key.
pub(super) fn record(trail: &Path, epochs: &[u64], committer: &Committer) -> Result<(), OpenError> {
    for first in epochs {
        let folder = epoch::folder(trail, *first);
        let path = folder.join(FILE);
        let refused = |source| OpenError::Folder { path: path.clone(), source };
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            bytes => bytes.map_err(refused)?,
        };
        let Told { at, event } = serde_json::from_slice(&bytes).map_err(|error| refused(io::Error::other(error)))?;
        let append = append(&bytes, at, &event).map_err(|error| refused(io::Error::other(error)))?;
        let weight = limits::weigh(&append).map_err(|error| refused(io::Error::other(error)))?;
        let recorded = committer.append(append, weight).and_then(|pending| pending.wait());
        recorded.map_err(|error: StoreError| refused(io::Error::other(error)))?;
        fs::remove_file(&path).and_then(|()| durable::sync_folder(&folder)).map_err(refused)?;
    }
    Ok(())
}

fn append(bytes: &[u8], at: Timestamp, event: &Event) -> serde_json::Result<Append> {
    let key = Some(UniqueKey(Digest::of_parts(&[b"rebuilt", bytes])));
    let (also, incidents, event) = (Vec::new(), Vec::new(), serde_json::to_vec(event)?);
    Ok(Append {
        deliveries: Vec::new(),
        entries: vec![Entry { key, also, at, event, private: None, incidents, behind: false }],
    })
}
