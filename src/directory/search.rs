//! Goes through the pages of a search for a name, as far as is worth its calls, and says whether that is all.
//!
//! Whether a search's `offset` counts pages or people is documented both ways. Where a page that was asked for at 1 begins
//! with the second of those already listed, it counts people. Whichever it is, those who were listed are everybody only
//! when they are as many as DingTalk counts: whoever has the name may stand on a page that was never seen.

use std::collections::BTreeSet;
use std::future::Future;

use super::model::Matches;
use crate::incident::{Failure, UserId};

/// The most pages that are asked for. Each is one of the month's calls, and nobody chooses from more people.
const PAGES_MAX: usize = 5;

/// One page as it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    /// Who is on it, in its order.
    pub(super) listed: Vec<UserId>,
    /// Whether DingTalk says that there are more.
    pub(super) has_more: bool,
    /// How many DingTalk counts, where it does.
    pub(super) total: Option<usize>,
}

/// Everybody whom the pages of a search list.
pub(super) async fn all<F>(ask: impl Fn(u64) -> F) -> Result<Matches, Failure>
where
    F: Future<Output = Result<Page, Failure>>,
{
    let first = ask(0).await?;
    let mut found: BTreeSet<UserId> = first.listed.iter().cloned().collect();
    let (mut last, mut pages, mut offset) = (first.clone(), 1, 1);
    let mut step = Step::Unknown;
    while last.has_more && pages < PAGES_MAX {
        let page = ask(offset).await?;
        pages += 1;
        step = step.seen(&first, &page);
        offset = offset.saturating_add(step.over(&page));
        let known = found.len();
        found.extend(page.listed.iter().cloned());
        last = page;
        if found.len() == known {
            break;
        }
    }
    // More than one page without a count shows no end: an offset too far looks like one.
    let is_counted = last.total.map_or(pages == 1, |total| total <= found.len());
    Ok(Matches { user_ids: found.into_iter().collect(), has_more: last.has_more || !is_counted })
}

/// What `offset` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Unknown,
    Pages,
    People,
}

impl Step {
    /// The second page tells.
    fn seen(self, first: &Page, page: &Page) -> Self {
        let is_second = page.listed.first().is_some_and(|id| first.listed.get(1) == Some(id));
        match self {
            Self::Unknown if is_second => Self::People,
            Self::Unknown => Self::Pages,
            known => known,
        }
    }

    /// How far it is from this page to the next.
    fn over(self, page: &Page) -> u64 {
        match self {
            Self::People => u64::try_from(page.listed.len()).unwrap_or(u64::MAX).max(1),
            Self::Unknown | Self::Pages => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn id(number: usize) -> UserId {
        UserId::parse(&format!("u{number:03}")).unwrap()
    }

    /// A DingTalk that knows `people` with the name and gives `size` of them on a page.
    struct Peer {
        people: usize,
        size: usize,
        counts_people: bool,
        says_total: bool,
        asked: RefCell<Vec<u64>>,
    }

    impl Peer {
        fn of(people: usize, counts_people: bool) -> Self {
            Self { people, size: 50, counts_people, says_total: true, asked: RefCell::default() }
        }

        fn page(&self, offset: u64) -> Page {
            self.asked.borrow_mut().push(offset);
            let offset = usize::try_from(offset).unwrap();
            let from = if self.counts_people { offset } else { offset * self.size };
            let listed: Vec<UserId> = (from..self.people).take(self.size).map(id).collect();
            let has_more = from + listed.len() < self.people;
            Page { listed, has_more, total: self.says_total.then_some(self.people) }
        }

        async fn search(&self) -> (usize, bool, usize) {
            let found = all(async |offset| Ok(self.page(offset))).await.unwrap();
            (found.user_ids.len(), found.has_more, self.asked.borrow().len())
        }
    }

    #[tokio::test]
    async fn everybody_is_found_whatever_the_offset_counts() {
        for counts_people in [false, true] {
            for people in [0, 1, 2, 49, 50, 51, 100, 101, 150] {
                let (found, has_more, asked) = Peer::of(people, counts_people).search().await;
                assert_eq!((found, has_more), (people, false), "{people} {counts_people}");
                assert!(asked <= PAGES_MAX);
            }
        }
    }

    #[tokio::test]
    async fn beyond_the_bound_it_is_said_that_there_are_more() {
        assert_eq!(Peer::of(250, false).search().await, (250, false, 5));
        assert_eq!(Peer::of(251, false).search().await, (250, true, 5));
        assert_eq!(Peer::of(251, true).search().await, (201, true, 5));
    }

    #[tokio::test]
    async fn who_is_not_counted_is_not_taken_for_the_only_one() {
        let one = |has_more, total| Page { listed: vec![id(1)], has_more, total };
        for (page, has_more) in [
            (one(false, Some(1)), false),
            (one(false, None), false),
            // As the document's own example says it.
            (one(false, Some(2)), true),
            // The same page again and again, or one that nobody stands on.
            (one(true, Some(1)), true),
            (one(true, None), true),
            (Page { listed: vec![], ..one(true, None) }, true),
        ] {
            let found = all(async |_| Ok(page.clone())).await.unwrap();
            assert_eq!(found.has_more, has_more, "{page:?}");
        }
        let silent = Peer { says_total: false, ..Peer::of(60, false) };
        assert_eq!(silent.search().await, (60, true, 2), "an end that is not counted is none");
    }

    #[tokio::test]
    async fn a_page_that_fails_fails_the_search() {
        let failure = Failure::local(crate::incident::FailureClass::Busy, "test");
        let peer = Peer::of(60, false);
        let searched = all(async |offset| if offset == 0 { Ok(peer.page(0)) } else { Err(failure.clone()) }).await;
        assert_eq!(searched.unwrap_err(), failure);
    }
}
