//! Where the keys of one sender come from: a file, or an address that is asked again when other keys may help.

use std::path::Path;
use std::sync::Arc;

use super::KeySet;
use super::file::KeyFileProblem;
use super::jwks::JWKS_BYTES_MAX;
use crate::incident::Timestamp;
use crate::intake::address::Address;
use crate::intake::fetch::{Fetcher, Unavailable};
use crate::intake::prove::{NotProven, Unproven, prove};
use crate::intake::shelf::{Bounds, Kept, Shelf, Why};

/// Asked at most once a minute, whatever strangers send; anew each day, so that a key that was withdrawn does
/// not last; and believed for a week when the address does not answer.
pub(in crate::intake) const KEY_BOUNDS: Bounds =
    Bounds { interval_s: 60, fetches_max: 1, fetches_max_each: 1, fresh_s: 86_400, usable_s: 7 * 86_400, kept_max: 1 };

/// The keys of one sender.
pub(in crate::intake) enum KeySource {
    /// Read once.
    Fixed(Arc<Kept<KeySet>>),
    /// Fetched.
    Published(Arc<Published>),
}

/// Keys at an address.
pub(in crate::intake) struct Published {
    address: Address,
    fetcher: Fetcher,
    shelf: Shelf<KeySet>,
}

impl KeySource {
    /// Keys at an address, which is not asked yet.
    pub(in crate::intake) fn published(address: Address, fetcher: Fetcher, bounds: Bounds) -> Self {
        Self::Published(Arc::new(Published { address, fetcher, shelf: Shelf::new(bounds) }))
    }

    /// The public keys in a file.
    ///
    /// # Errors
    /// As [`KeySet::from_file`].
    pub(in crate::intake) fn from_file(path: &Path) -> Result<Self, KeyFileProblem> {
        Ok(Self::fixed(KeySet::from_file(path)?))
    }

    /// These keys and no others.
    pub(in crate::intake) fn fixed(keys: KeySet) -> Self {
        Self::Fixed(Arc::new(Kept::fixed(keys)))
    }

    /// Goes on with what was fetched from the same address before.
    pub(in crate::intake) fn keep(&mut self, before: &Self) {
        if let (Self::Published(own), Self::Published(before)) = (self, before)
            && own.address == before.address
        {
            *own = Arc::clone(before);
        }
    }

    /// The keys to try first, without waiting for anybody.
    pub(in crate::intake) fn now(&self, now: Timestamp) -> Option<Arc<Kept<KeySet>>> {
        match self {
            Self::Fixed(keys) => Some(Arc::clone(keys)),
            Self::Published(published) => published.shelf.fresh(published.address.as_str(), now),
        }
    }

    /// Keys to try when those that were `used` prove nothing: newer ones. The same ones of a file, which has no
    /// others: what they did not prove is refused.
    ///
    /// The fetch goes on when whoever waits for it goes away: otherwise a stranger who asks and leaves, once a
    /// minute, would keep us without new keys for ever.
    ///
    /// # Errors
    /// No newer ones can be had now; the sender is to try again.
    pub(in crate::intake) async fn renewed(
        &self,
        used: Option<Arc<Kept<KeySet>>>,
        why: Why,
        now: Timestamp,
    ) -> Result<Arc<Kept<KeySet>>, Unavailable> {
        let published = match self {
            Self::Fixed(keys) => return Ok(Arc::clone(keys)),
            Self::Published(published) => Arc::clone(published),
        };
        let work = async move { published.renewed(used.as_ref(), why, now).await };
        tokio::spawn(work).await.unwrap_or(Err(Unavailable::Lost))
    }

    /// What `verify` says with the keys there are; and where others may help, with those.
    ///
    /// # Errors
    /// `verify` refuses, or the keys cannot be had.
    pub(in crate::intake) async fn prove<T, R>(
        &self,
        now: Timestamp,
        verify: impl Fn(Option<&KeySet>) -> Result<T, Unproven<R>>,
    ) -> Result<T, NotProven<R>> {
        let renew = |used, why| self.renewed(used, why, now);
        prove(self.now(now), verify, renew, |keys| self.is_newest(keys, now)).await
    }

    /// Whether what was just given is all there is.
    fn is_newest(&self, keys: &Arc<Kept<KeySet>>, now: Timestamp) -> bool {
        match self {
            Self::Fixed(_) => true,
            Self::Published(_) => self.now(now).is_some_and(|fresh| Arc::ptr_eq(&fresh, keys)),
        }
    }
}

impl Published {
    async fn renewed(
        &self,
        used: Option<&Arc<Kept<KeySet>>>,
        why: Why,
        now: Timestamp,
    ) -> Result<Arc<Kept<KeySet>>, Unavailable> {
        let fetch = || async {
            let document = self.fetcher.get(&self.address, JWKS_BYTES_MAX).await?;
            KeySet::from_jwks(&document).map_err(|_| Unavailable::Unusable)
        };
        self.shelf.renewed(self.address.as_str(), None, used, why, now, fetch).await
    }
}
