//! Proves a delivery with the keys there are, and where others may help, with newer ones: the same for tokens and for
//! certificates.

use std::future::Future;
use std::sync::Arc;

use super::fetch::Unavailable;
use super::shelf::{Kept, Why};

/// A delivery that is not proven yet, or not to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unproven<R> {
    /// Other keys could prove it. If there are none, it is refused for this reason.
    NeedsKeys(Why, R),
    /// No key can help.
    Refused(R),
}

impl<R> Unproven<R> {
    /// The same, with the reason in wider words.
    pub(super) fn map<S>(self, widen: impl FnOnce(R) -> S) -> Unproven<S> {
        match self {
            Self::NeedsKeys(why, reason) => Unproven::NeedsKeys(why, widen(reason)),
            Self::Refused(reason) => Unproven::Refused(widen(reason)),
        }
    }
}

/// How a delivery ends that is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotProven<R> {
    /// It is bad.
    Refused(R),
    /// It cannot be judged now; its sender is to try again.
    Unavailable(Unavailable),
}

/// What `verify` says with the `first` keys; and where others may help, with those that `renew` brings, until they
/// are the newest there are.
///
/// # Errors
/// `verify` refuses, or the keys cannot be had.
pub(super) async fn prove<K, T, R, F>(
    first: Option<Arc<Kept<K>>>,
    verify: impl Fn(Option<&K>) -> Result<T, Unproven<R>>,
    renew: impl Fn(Option<Arc<Kept<K>>>, Why) -> F,
    is_newest: impl Fn(&Arc<Kept<K>>) -> bool,
) -> Result<T, NotProven<R>>
where
    F: Future<Output = Result<Arc<Kept<K>>, Unavailable>>,
{
    let mut keys = first;
    let mut newest = false;
    loop {
        let (why, reason) = match verify(keys.as_ref().map(|keys| &keys.document)) {
            Ok(proven) => return Ok(proven),
            Err(Unproven::Refused(reason)) => return Err(NotProven::Refused(reason)),
            Err(Unproven::NeedsKeys(why, reason)) => (why, reason),
        };
        if newest {
            return Err(NotProven::Refused(reason));
        }
        let renewed = renew(keys, why).await.map_err(NotProven::Unavailable)?;
        // Old keys that nobody could renew prove what they prove, but what they do not prove is not bad yet. The next
        // round asks for newer ones than these, and gets them or a failure.
        newest = is_newest(&renewed);
        keys = Some(renewed);
    }
}
