//! Destroys data keys together with the record that says so: both, or neither, also when the program ends in between.

use std::sync::Arc;

use super::log::{Draft, Trail};
use super::subjects::{SubjectKeys, Subjects};
use super::{Appended, Store, StoreError, UniqueKey};
use crate::incident::{Digest, Event, Mark, Timestamp};

impl Trail {
    /// Destroys `keys` and records what `judge` says of it, who looks at the trail once more while no part is appended:
    /// what it refuses does not happen. Carried to its end even if the caller goes away.
    ///
    /// # Errors
    /// What `judge` says, or the trail or the keys cannot be written.
    pub async fn destroy<E: From<StoreError> + Send + 'static>(
        self: &Arc<Self>,
        keys: SubjectKeys,
        at: Timestamp,
        judge: impl FnOnce(&Self) -> Result<Event, E> + Send + 'static,
    ) -> Result<(), E> {
        let trail = Arc::clone(self);
        let destroyed = tokio::spawn(async move {
            let _closed = trail.subjects().close().await;
            let judging = Arc::clone(&trail);
            let event = tokio::task::spawn_blocking(move || judge(&judging)).await;
            let event = event.unwrap_or_else(|_| Err(cut_short().into()))?;
            trail.destroy_with(keys, at, event).await.map_err(E::from)
        });
        destroyed.await.unwrap_or_else(|_| Err(cut_short().into()))
    }

    async fn destroy_with(self: &Arc<Self>, keys: SubjectKeys, at: Timestamp, event: Event) -> Result<(), StoreError> {
        let mut erasure = [0; Mark::BYTES];
        getrandom::fill(&mut erasure).map_err(|error| StoreError::Failed(format!("no random bytes: {error}")))?;
        let erasure = Mark(erasure);
        self.subjects().condemn(&keys, erasure).await?;
        let draft = Draft { key: Some(key_of(erasure)), ..Draft::of(at, event) };
        let recorded = self.append(None, vec![draft]).await;
        let subjects = Arc::clone(self.subjects());
        let end = move || match &recorded {
            Ok(Appended::Recorded(_)) => subjects.destroy(&keys),
            // Whether it was written shows at the next start.
            Err(StoreError::Failed(_)) => recorded.map(drop),
            _ => subjects.reprieve(&keys).and(recorded.map(drop)),
        };
        tokio::task::spawn_blocking(end).await.unwrap_or_else(|_| Err(cut_short()))
    }
}

/// Destroys what was condemned and recorded, and takes back what was not.
pub(super) fn bring_to_an_end(store: &dyn Store, subjects: &Subjects) -> Result<(), StoreError> {
    for (erasure, keys) in subjects.condemned() {
        if store.find(&key_of(erasure))?.is_some() {
            subjects.destroy(&keys)?;
        } else {
            subjects.reprieve(&keys)?;
        }
    }
    Ok(())
}

/// Under which the erasure's record is found.
fn key_of(Mark(erasure): Mark) -> UniqueKey {
    UniqueKey(Digest::of_parts(&[b"keys destroyed", &erasure]))
}

fn cut_short() -> StoreError {
    StoreError::Failed("the erasure was cut short".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::SubjectEvent;
    use crate::trail::{About, KeyFiles, MemoryStore, Unsealed};

    const ACCOUNT: Mark = Mark([1; Mark::BYTES]);

    /// The program ends between the condemnation and the record, or between the record and the key.
    #[tokio::test]
    async fn h17_an_erasure_that_is_cut_short_has_happened_if_it_is_recorded_and_not_otherwise() {
        for is_recorded in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let files = KeyFiles { keys: folder.path().join("keys"), master: folder.path().join("master") };
            let store = Arc::new(MemoryStore::default());
            let subjects = Subjects::open(&files, || Ok(false)).unwrap();
            let trail = Trail::open_with(store.clone(), subjects.clone()).unwrap();
            let about: About = [ACCOUNT].into_iter().collect();
            let (digest, sealed) = subjects.seal(&about, Timestamp::UNIX_EPOCH, b"test").unwrap();
            subjects.admit([&sealed].into_iter()).await.unwrap();
            let keys = subjects.keys_of([&ACCOUNT]);
            let erasure = Mark([9; Mark::BYTES]);
            subjects.condemn(&keys, erasure).await.unwrap();
            if is_recorded {
                let event = Event::Subject(SubjectEvent::Expired { before: Timestamp::UNIX_EPOCH, days: 1 });
                let draft = Draft { key: Some(key_of(erasure)), ..Draft::of(Timestamp::UNIX_EPOCH, event) };
                trail.append(None, vec![draft]).await.unwrap();
            }
            drop((trail, subjects));

            let subjects = Subjects::open(&files, || Ok(true)).unwrap();
            let trail = Trail::open_with(store, subjects).unwrap();
            let expected = if is_recorded { Unsealed::Erased } else { Unsealed::Content(b"test".to_vec()) };
            assert_eq!(trail.subjects().unseal(&sealed.into_bytes(), &digest), expected);
            assert_eq!(trail.subjects().keys_of([&ACCOUNT]).is_empty(), is_recorded);
            assert!(trail.subjects().condemned().is_empty());
        }
    }

    #[tokio::test]
    async fn what_the_judge_refuses_does_not_happen() {
        let trail = Trail::open(Arc::new(MemoryStore::default())).unwrap();
        let about: About = [ACCOUNT].into_iter().collect();
        let _ = trail.subjects().seal(&about, Timestamp::UNIX_EPOCH, b"test").unwrap();
        let keys = trail.subjects().keys_of([&ACCOUNT]);
        let refused = trail.destroy(keys.clone(), Timestamp::UNIX_EPOCH, |_| Err(StoreError::Busy)).await;
        assert_eq!(refused, Err(StoreError::Busy));
        assert!(trail.subjects().has_all(&keys) && trail.head().size == 0);
    }
}
