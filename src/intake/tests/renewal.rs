//! When keys are fetched again: the laws that hold however many strangers ask.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{NOW_S, at};
use crate::incident::Timestamp;
use crate::intake::fetch::Unavailable;
use crate::intake::limit::Neighbourhood;
use crate::intake::shelf::{Bounds, Kept, Shelf, Why};

const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;
const BOUNDS: Bounds =
    Bounds { interval_s: 60, fetches_max: 3, fetches_max_each: 2, fresh_s: DAY_S, usable_s: 7 * DAY_S, kept_max: 2 };
const ADDRESS: &str = "https://idp.example.com/keys";

/// A shelf, and how many times its documents were fetched.
struct Shop {
    shelf: Shelf<usize>,
    fetched: AtomicUsize,
}

type Brought = Result<Arc<Kept<usize>>, Unavailable>;

impl Shop {
    fn new() -> Self {
        Self { shelf: Shelf::new(BOUNDS), fetched: AtomicUsize::new(0) }
    }

    fn count(&self) -> usize {
        self.fetched.load(Ordering::SeqCst)
    }

    /// Asks for what is newer than `used`; the document is its number.
    async fn ask(&self, address: &str, used: Option<&Arc<Kept<usize>>>, why: Why, now: Timestamp) -> Brought {
        self.ask_for(None, address, used, why, now).await
    }

    async fn ask_for(
        &self,
        asker: Option<Neighbourhood>,
        address: &str,
        used: Option<&Arc<Kept<usize>>>,
        why: Why,
        now: Timestamp,
    ) -> Brought {
        let fetch = async || Ok(self.fetched.fetch_add(1, Ordering::SeqCst) + 1);
        self.shelf.renewed(address, asker, used, why, now, fetch).await
    }

    async fn fail(&self, used: Option<&Arc<Kept<usize>>>, why: Why, now: Timestamp) -> Brought {
        let fetch = async || {
            self.fetched.fetch_add(1, Ordering::SeqCst);
            Err(Unavailable::TimedOut)
        };
        self.shelf.renewed(ADDRESS, None, used, why, now, fetch).await
    }

    fn fresh(&self, now: Timestamp) -> Option<usize> {
        self.shelf.fresh(ADDRESS, now).map(|kept| kept.document)
    }
}

fn too_soon(retry_after_s: u64) -> Option<Unavailable> {
    Some(Unavailable::TooSoon { retry_after_s })
}

#[tokio::test]
async fn keys_are_fetched_once_a_minute_whatever_strangers_send() {
    let shop = Shop::new();
    let mut used = Some(shop.ask(ADDRESS, None, Why::NoneFresh, at(NOW_S)).await.unwrap());
    for second in 1..=600 {
        if let Ok(kept) = shop.ask(ADDRESS, used.as_ref(), Why::NotFitting, at(NOW_S + second)).await {
            used = Some(kept);
        }
    }
    assert_eq!(shop.count(), 11, "once at first, and ten times in ten minutes");
}

#[tokio::test]
async fn who_comes_too_soon_is_told_when_to_come_again() {
    let shop = Shop::new();
    let used = shop.ask(ADDRESS, None, Why::NoneFresh, at(NOW_S)).await.unwrap();
    for (second, retry_after_s) in [(0, 60), (1, 59), (59, 1)] {
        let refused = shop.ask(ADDRESS, Some(&used), Why::NotFitting, at(NOW_S + second)).await;
        assert_eq!(refused.err(), too_soon(retry_after_s));
    }
    assert_eq!(shop.ask(ADDRESS, Some(&used), Why::NotFitting, at(NOW_S + 60)).await.unwrap().document, 2);
}

#[tokio::test]
async fn many_who_ask_at_once_cause_one_fetch() {
    let shop = Shop::new();
    let (go, gate) = tokio::sync::oneshot::channel::<()>();
    let slow = shop.shelf.renewed(ADDRESS, None, None, Why::NoneFresh, at(NOW_S), || async {
        gate.await.unwrap();
        Ok(shop.fetched.fetch_add(1, Ordering::SeqCst) + 1)
    });
    let others = async {
        let asking: Vec<_> = (0..20).map(|_| shop.ask(ADDRESS, None, Why::NoneFresh, at(NOW_S))).collect();
        let mut found = Vec::new();
        for one in asking {
            found.push(one.await.unwrap().document);
        }
        found
    };
    let (first, found, ()) = tokio::join!(slow, others, async { go.send(()).unwrap() });
    assert_eq!((first.unwrap().document, shop.count()), (1, 1));
    assert_eq!(found, vec![1; 20]);
}

#[tokio::test]
async fn who_waited_gets_what_another_brought_and_does_not_ask_again() {
    let shop = Shop::new();
    let old = shop.ask(ADDRESS, None, Why::NoneFresh, at(NOW_S)).await.unwrap();
    let new = shop.ask(ADDRESS, Some(&old), Why::NotFitting, at(NOW_S + 60)).await.unwrap();
    let late = shop.ask(ADDRESS, Some(&old), Why::NotFitting, at(NOW_S + 61)).await.unwrap();
    assert!(Arc::ptr_eq(&new, &late), "newer than what was used, though it is too soon to ask");
    assert_eq!(shop.count(), 2);
}

#[tokio::test]
async fn a_failure_keeps_what_is_there() {
    let shop = Shop::new();
    let used = shop.ask(ADDRESS, None, Why::NoneFresh, at(NOW_S)).await.unwrap();
    let refused = shop.fail(Some(&used), Why::NotFitting, at(NOW_S + 60)).await;
    assert_eq!(refused.err(), Some(Unavailable::TimedOut));
    assert_eq!(shop.fresh(at(NOW_S + 61)), Some(1));
    let again = shop.fail(Some(&used), Why::NotFitting, at(NOW_S + 61)).await;
    assert_eq!((again.err(), shop.count()), (too_soon(59), 2), "a failure counts as asking");
}

#[tokio::test]
async fn keys_are_fresh_for_a_day_and_serve_for_a_week_if_there_are_no_others() {
    let shop = Shop::new();
    shop.ask(ADDRESS, None, Why::NoneFresh, at(NOW_S)).await.unwrap();
    assert_eq!(shop.fresh(at(NOW_S + DAY_S - 1)), Some(1));
    assert_eq!(shop.fresh(at(NOW_S + DAY_S)), None);
    let old = shop.fail(None, Why::NoneFresh, at(NOW_S + 7 * DAY_S - 61)).await.unwrap();
    assert_eq!(old.document, 1);
    let soon = shop.fail(Some(&old), Why::NoneFresh, at(NOW_S + 7 * DAY_S - 60)).await.unwrap();
    assert_eq!((soon.document, shop.count()), (1, 2), "without asking again at once");
    let unknown = shop.fail(Some(&old), Why::NotFitting, at(NOW_S + 7 * DAY_S - 60)).await;
    assert_eq!(unknown.err(), too_soon(59), "what old keys do not prove is not bad yet");
    let ended = shop.fail(None, Why::NoneFresh, at(NOW_S + 7 * DAY_S)).await;
    assert_eq!(ended.err(), Some(Unavailable::TimedOut));
    let new = shop.ask(ADDRESS, None, Why::NoneFresh, at(NOW_S + 7 * DAY_S + 60)).await.unwrap();
    assert_eq!(new.document, 4);
}

#[tokio::test]
async fn a_clock_that_is_set_back_blocks_and_freshens_nothing() {
    let shop = Shop::new();
    let used = shop.ask(ADDRESS, None, Why::NoneFresh, at(NOW_S + 400 * DAY_S)).await.unwrap();
    assert_eq!(shop.fresh(at(NOW_S)), None, "what was fetched in a far future is not believed");
    let renewed = shop.ask(ADDRESS, Some(&used), Why::NoneFresh, at(NOW_S)).await.unwrap();
    assert_eq!(renewed.document, 2);
}

#[tokio::test]
async fn many_addresses_are_not_asked_more_often_together() {
    let shop = Shop::new();
    let address = |number: usize| format!("{ADDRESS}/{number}");
    let mut brought = 0;
    for number in 0..100_u8 {
        let asker = Some(Neighbourhood::own([192, 0, 2, number].into()));
        let asked = shop.ask_for(asker, &address(usize::from(number)), None, Why::NoneFresh, at(NOW_S)).await;
        brought += usize::from(asked.is_ok());
    }
    assert_eq!((brought, shop.count()), (3, 3));
    let kept = (0..100).filter(|number| shop.shelf.fresh(&address(*number), at(NOW_S)).is_some()).count();
    assert_eq!(kept, 2, "and no more are kept than there is room for");
    assert!(shop.shelf.fresh(&address(2), at(NOW_S)).is_some(), "the newest among them");
}

#[tokio::test]
async fn who_invents_addresses_is_in_nobody_elses_way() {
    let shop = Shop::new();
    let (stranger, sender) = ([192, 0, 2, 1].into(), [198, 51, 100, 1].into());
    let (stranger, sender) = (Some(Neighbourhood::own(stranger)), Some(Neighbourhood::own(sender)));
    let kept = shop.ask_for(sender, ADDRESS, None, Why::NoneFresh, at(NOW_S - 60)).await.unwrap();
    let mut brought = 0;
    for number in 0..100 {
        let invented = format!("{ADDRESS}/{number}");
        let fetch = async || Err(Unavailable::Status(404));
        let asked = shop.shelf.renewed(&invented, stranger, None, Why::NoneFresh, at(NOW_S), fetch).await;
        brought += usize::from(asked.err() == Some(Unavailable::Status(404)));
    }
    assert_eq!(brought, 2, "a neighbour's share");
    let rotated = format!("{ADDRESS}/rotated");
    assert!(shop.ask_for(sender, &rotated, None, Why::NoneFresh, at(NOW_S)).await.is_ok());
    let other = Some(Neighbourhood::own([203, 0, 113, 1].into()));
    let full = shop.ask_for(other, "https://idp.example.com/other", None, Why::NoneFresh, at(NOW_S)).await;
    assert_eq!(full.err(), too_soon(60), "all that may be asked in a minute");
    let anew = shop.ask_for(other, ADDRESS, Some(&kept), Why::NotFitting, at(NOW_S)).await;
    assert!(anew.is_ok(), "what is kept is asked anew all the same");
}

#[tokio::test]
async fn who_goes_away_in_the_middle_has_asked() {
    let shop = Shop::new();
    let endless = shop.shelf.renewed(ADDRESS, None, None, Why::NoneFresh, at(NOW_S), || async {
        shop.fetched.fetch_add(1, Ordering::SeqCst);
        std::future::pending().await
    });
    poll_once(endless).await;
    let next = shop.ask(ADDRESS, None, Why::NoneFresh, at(NOW_S)).await;
    assert_eq!((next.err(), shop.count()), (too_soon(60), 1));
}

/// Lets something begin, and drops it.
pub(super) async fn poll_once<F: Future>(future: F) {
    let mut future = Box::pin(future);
    std::future::poll_fn(|context| {
        let _ = future.as_mut().poll(context);
        std::task::Poll::Ready(())
    })
    .await;
}
