//! How the windows stand with a delivery that is not recorded yet, and which of them give way for it.
//! Planned against all windows and what the delivery itself has added so far, so that no window gives
//! way twice and the record says only what happens.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::super::{RuleId, Timestamp};
use super::crowd::GivingWay;
use super::underway::{Additions, Underway};
use super::{Entry, Mark, Room, Window, Windows};

/// The most windows that give way for one entry: one because there are too many of its correlation, and
/// one because there are too many entries.
pub(super) const EVICTED_MAX: usize = 2;

/// The windows that a delivery counts in, ahead of their records.
#[derive(Debug, Default)]
pub struct Ahead {
    windows: HashMap<Mark, Touched>,
    groups: HashMap<RuleId, Groups>,
    entries: usize,
    /// Windows that give way when all have too many entries, the first one first.
    spare: VecDeque<Spare>,
    room: Room,
}

/// A window as it was, and what the delivery has added that is not ordered in yet. Most deliveries add
/// one entry to a window and never look at it again.
#[derive(Debug, Default)]
struct Touched {
    window: Arc<Window>,
    waiting: Vec<(Entry, Option<Timestamp>)>,
}

/// How many groups of a correlation have a window, and which of them give way when there are too many.
#[derive(Debug, Default)]
struct Groups {
    count: usize,
    spare: VecDeque<Spare>,
}

/// A window that can give way.
#[derive(Debug, Clone)]
struct Spare {
    correlation: RuleId,
    group: Mark,
    entries: usize,
}

/// What an entry did to the windows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Added {
    /// The windows that gave way for it.
    pub evicted: Vec<Mark>,
    /// Whether an older entry of its own window gave way.
    pub shortened: bool,
}

/// What a delivery may count in: for each entry its correlation and its group.
pub type Wanted<'w> = [(&'w RuleId, Mark)];

/// How many there are of what is limited, before and with a delivery.
struct Demand<'w> {
    /// Of each correlation the groups with a window, and those that the delivery may open.
    groups: HashMap<&'w RuleId, (usize, HashSet<Mark>)>,
    entries: usize,
    /// Windows that can matter no more.
    ended: HashSet<Mark>,
}

impl<'w> Demand<'w> {
    fn of(windows: &'w Windows, wanted: &Wanted<'w>, underway: &Underway, now: Timestamp) -> Self {
        let ended: HashMap<Mark, (&RuleId, usize)> =
            windows.ended(now).map(|(group, correlation, entries)| (group, (correlation, entries))).collect();
        let mut groups: HashMap<&RuleId, (usize, HashSet<Mark>)> = HashMap::new();
        for (correlation, group) in wanted {
            let standing = || windows.count_of(correlation) + underway.groups_of(correlation);
            let (_, opened) = groups.entry(correlation).or_insert_with(|| (standing(), HashSet::new()));
            if windows.get(group).is_none() || ended.contains_key(group) {
                opened.insert(*group);
            }
        }
        let mut entries = windows.entries() + underway.entries();
        for (correlation, of_window) in ended.values() {
            if let Some((standing, _)) = groups.get_mut(correlation) {
                *standing -= 1;
            }
            entries -= of_window;
        }
        let ended = ended.into_keys().collect();
        Self { groups, entries, ended }
    }
}

impl Windows {
    /// What such a delivery may add, if there is room for it beside those under way; `None` when some
    /// windows must give way.
    #[must_use]
    pub fn room_for(&self, wanted: &Wanted<'_>, room: Room, underway: &Underway, now: Timestamp) -> Option<Additions> {
        let demand = Demand::of(self, wanted, underway, now);
        let is_in_room = |(standing, opened): &(usize, HashSet<Mark>)| standing + opened.len() <= room.groups_max;
        let fits = demand.entries + wanted.len() <= room.entries_max && demand.groups.values().all(is_in_room);
        let groups = demand.groups.iter().map(|(correlation, (_, opened))| ((*correlation).clone(), opened.len()));
        fits.then(|| Additions { groups: groups.collect(), entries: wanted.len() })
    }

    /// Takes what a delivery may count in. If it is to make its own room, the windows are planned that give
    /// way for it; only one such delivery may be under way at a time.
    #[must_use]
    pub fn ahead(&self, wanted: &Wanted<'_>, makes: Option<(Room, &Underway)>, now: Timestamp) -> Ahead {
        let (room, underway) = match makes {
            Some((room, underway)) => (room, underway),
            None => (Room { groups_max: usize::MAX, entries_max: usize::MAX }, &Underway::default()),
        };
        let demand = Demand::of(self, wanted, underway, now);
        let touched = |group: &Mark| {
            let window = self.shared(group).filter(|_| !demand.ended.contains(group));
            Touched { window: window.cloned().unwrap_or_default(), waiting: Vec::new() }
        };
        let mut ahead = Ahead {
            windows: wanted.iter().map(|(_, group)| (*group, touched(group))).collect(),
            groups: HashMap::new(),
            entries: demand.entries,
            spare: VecDeque::new(),
            room,
        };
        let mut but: HashSet<Mark> = wanted.iter().map(|(_, group)| *group).collect();
        but.extend(&demand.ended);
        let spares = Spares { windows: self, but: &but, ways: HashMap::new() };
        ahead.plan(&demand, wanted.len(), spares);
        ahead
    }
}

/// Whose turn it is to give way, each window once.
struct Spares<'w> {
    windows: &'w Windows,
    but: &'w HashSet<Mark>,
    ways: HashMap<&'w RuleId, GivingWay<'w>>,
}

impl<'w> Spares<'w> {
    fn next_of(&mut self, correlation: &RuleId) -> Option<Spare> {
        let (correlation, crowd) = self.windows.crowds().get_key_value(correlation)?;
        let group = self.ways.entry(correlation).or_insert_with(|| crowd.giving_way(self.but)).next()?;
        let entries = self.windows.get(&group).map_or(0, |window| window.entries().len());
        Some(Spare { correlation: correlation.clone(), group, entries })
    }
}

impl Ahead {
    /// Finds those that give way if everything that may be counted is.
    fn plan(&mut self, demand: &Demand<'_>, entries: usize, mut spares: Spares<'_>) {
        for (correlation, (standing, opened)) in &demand.groups {
            let surplus = (standing + opened.len()).saturating_sub(self.room.groups_max);
            let spare = std::iter::from_fn(|| spares.next_of(correlation)).take(surplus).collect();
            self.groups.insert((*correlation).clone(), Groups { count: *standing, spare });
        }
        let mut shortage = (demand.entries + entries).saturating_sub(self.room.entries_max);
        // The correlation that has most gives way, so that a noisy one empties no other.
        let crowds = spares.windows.crowds().iter();
        let mut left: HashMap<&RuleId, usize> = crowds.map(|(rule, crowd)| (rule, crowd.entries())).collect();
        while shortage > 0 {
            let Some((most, of_most)) = left.iter_mut().max_by_key(|(_, entries)| **entries) else { return };
            let most: &RuleId = most;
            match spares.next_of(most) {
                Some(spare) => {
                    *of_most = of_most.saturating_sub(spare.entries);
                    shortage = shortage.saturating_sub(spare.entries);
                    self.spare.push_back(spare);
                }
                None => drop(left.remove(most)),
            }
        }
    }

    /// The window of a group as it stands now; empty when nothing was counted.
    pub fn window(&mut self, group: &Mark) -> &Window {
        let touched = self.windows.entry(*group).or_default();
        touched.order_in();
        &touched.window
    }

    /// Adds an entry, which tells that the condition holds up to `told`.
    pub fn add(&mut self, correlation: &RuleId, group: Mark, entry: Entry, told: Option<Timestamp>) -> Added {
        let touched = self.windows.entry(group).or_default();
        let opens = touched.is_empty();
        let shortened = touched.add(entry, told);
        let mut evicted = Vec::new();
        if opens {
            let groups = self.groups.entry(correlation.clone()).or_default();
            groups.count += 1;
            while groups.count > self.room.groups_max && evicted.len() < EVICTED_MAX {
                let Some(spare) = groups.spare.pop_front() else { break };
                groups.count -= 1;
                self.entries = self.entries.saturating_sub(spare.entries);
                evicted.push(spare.group);
            }
        }
        self.entries += usize::from(!shortened);
        while self.entries > self.room.entries_max && evicted.len() < EVICTED_MAX {
            let Some(spare) = self.spare.pop_front() else { break };
            if let Some(groups) = self.groups.get_mut(&spare.correlation) {
                groups.count = groups.count.saturating_sub(1);
            }
            self.entries = self.entries.saturating_sub(spare.entries);
            evicted.push(spare.group);
        }
        Added { evicted, shortened }
    }
}

impl Touched {
    fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.window.entries().is_empty()
    }

    fn add(&mut self, entry: Entry, told: Option<Timestamp>) -> bool {
        if self.window.entries().len() + self.waiting.len() < super::ENTRIES_MAX {
            self.waiting.push((entry, told));
            return false;
        }
        self.order_in();
        Arc::make_mut(&mut self.window).add(entry, told)
    }

    fn order_in(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let window = Arc::make_mut(&mut self.window);
        for (entry, told) in self.waiting.drain(..) {
            window.add(entry, told);
        }
    }
}
