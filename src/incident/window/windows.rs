//! The windows of all groups, as the records of alerts make them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::{RuleId, Timestamp, sorted};
use super::crowd::{Crowd, Kind};
use super::{Counted, Entry, Mark, Window, WindowState};

/// The windows of all groups.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(from = "Unfiled")]
pub struct Windows {
    #[serde(with = "sorted::map")]
    windows: HashMap<Mark, Kept>,
    /// Follows from the windows.
    #[serde(skip)]
    orders: Orders,
    opened: u64,
}

/// A window with what it is found by.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// Shared with deliveries that are being decided.
    window: Arc<Window>,
    correlation: RuleId,
    opened: u64,
    /// Where it stands in the orders; as of its newest entry.
    #[serde(skip)]
    filed: Option<Filed>,
}

/// The windows as they are kept, in no orders.
#[derive(Deserialize)]
struct Unfiled {
    #[serde(with = "sorted::map")]
    windows: HashMap<Mark, Kept>,
    opened: u64,
}

impl From<Unfiled> for Windows {
    fn from(Unfiled { mut windows, opened }: Unfiled) -> Self {
        let mut orders = Orders::default();
        for (group, kept) in &mut windows {
            let filed = Filed::of(&kept.window);
            orders.refile(*group, kept, filed);
            kept.filed = filed;
        }
        Self { windows, orders, opened }
    }
}

/// The orders in which windows are asked for, and how many there are.
#[derive(Debug, Default)]
struct Orders {
    /// By when they can matter no more.
    endings: BTreeSet<(Timestamp, Mark)>,
    crowds: HashMap<RuleId, Crowd>,
    entries: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Filed {
    kind: Kind,
    until: Timestamp,
    entries: usize,
}

impl Filed {
    fn of(window: &Window) -> Option<Self> {
        Some(Self { kind: Kind::of(window)?, until: window.until()?, entries: window.entries().len() })
    }
}

impl Windows {
    /// The window of a group, if anything was counted.
    #[must_use]
    pub fn get(&self, group: &Mark) -> Option<&Window> {
        self.windows.get(group).map(|kept| kept.window.as_ref())
    }

    /// How many groups have a window.
    #[must_use]
    pub fn count(&self) -> usize {
        self.windows.len()
    }

    /// How many entries all windows have.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.orders.entries
    }

    /// How many groups of the correlation have a window.
    #[must_use]
    pub fn count_of(&self, correlation: &RuleId) -> usize {
        self.orders.crowds.get(correlation).map_or(0, Crowd::windows)
    }

    /// Applies what a record of the time `now` has counted.
    pub fn apply(&mut self, counted: &Counted, now: Timestamp) {
        self.let_go(now);
        counted.evicted.iter().for_each(|evicted| self.remove(evicted));
        if counted.state == WindowState::Late {
            return;
        }
        self.opened += 1;
        let kept = self.windows.entry(counted.group).or_insert_with(|| Kept {
            window: Arc::default(),
            correlation: counted.correlation.clone(),
            opened: self.opened,
            filed: None,
        });
        let entry = Entry { at: counted.at, until: counted.until, counts: counted.counts };
        Arc::make_mut(&mut kept.window).add(entry, counted.held_to);
        let filed = Filed::of(&kept.window);
        self.orders.refile(counted.group, kept, filed);
        kept.filed = filed;
    }

    pub(super) fn shared(&self, group: &Mark) -> Option<&Arc<Window>> {
        self.windows.get(group).map(|kept| &kept.window)
    }

    pub(super) fn crowds(&self) -> &HashMap<RuleId, Crowd> {
        &self.orders.crowds
    }

    /// The windows that can matter no more at `now`, which the next record lets go.
    pub(super) fn ended(&self, now: Timestamp) -> impl Iterator<Item = (Mark, &RuleId, usize)> {
        let ended = self.orders.endings.iter().take_while(move |(until, _)| *until < now);
        ended.filter_map(|(_, group)| {
            let kept = self.windows.get(group)?;
            Some((*group, &kept.correlation, kept.window.entries().len()))
        })
    }

    fn let_go(&mut self, now: Timestamp) {
        while let Some((until, group)) = self.orders.endings.first().filter(|(until, _)| *until < now).copied() {
            self.remove(&group);
            self.orders.endings.remove(&(until, group));
        }
    }

    fn remove(&mut self, group: &Mark) {
        if let Some(kept) = self.windows.remove(group) {
            self.orders.refile(*group, &kept, None);
        }
    }
}

impl Orders {
    /// Moves a window from where it stood to where it belongs.
    fn refile(&mut self, group: Mark, kept: &Kept, filed: Option<Filed>) {
        if kept.filed == filed {
            return;
        }
        let crowd = self.crowds.entry(kept.correlation.clone()).or_default();
        if let Some(Filed { kind, until, entries }) = kept.filed {
            self.endings.remove(&(until, group));
            crowd.remove(kind, kept.opened, group, entries);
            self.entries -= entries;
        }
        if let Some(Filed { kind, until, entries }) = filed {
            self.endings.insert((until, group));
            crowd.insert(kind, kept.opened, group, entries);
            self.entries += entries;
        }
        if crowd.windows() == 0 {
            self.crowds.remove(&kept.correlation);
        }
    }
}
