//! What correlations have counted: for each group the entries of a sliding window. All of it is derived
//! from the records of alerts, so it is there again after a restart and for whoever shares the trail.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::{RuleId, Timestamp};

/// The most entries of one window; the oldest give way.
pub const ENTRIES_MAX: usize = 1_000;
/// The most groups with a window at once, over all correlations.
pub const GROUPS_MAX: usize = 20_000;
/// The most entries of all windows together.
pub const ALL_ENTRIES_MAX: usize = 400_000;

/// What one alert adds to one window. Part of the alert's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The correlation.
    pub correlation: RuleId,
    /// The window: a keyed hash over what the correlation counts and the group's values.
    pub group: String,
    /// Which of the rules that the correlation names has matched, from 0.
    pub part: u16,
    /// When, by the event's own clock as far as it can be believed.
    pub at: Timestamp,
    /// Until when the entry can matter.
    pub until: Timestamp,
    /// A keyed hash of the value to count, or the number to sum up.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<String>,
    /// How the window stands with it.
    pub state: WindowState,
    /// The window that had to give way for this one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub evicted: Option<String>,
}

/// How a window stands with its newest entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowState {
    /// The condition does not hold.
    Counting,
    /// It holds from here on: the correlation has matched.
    Fired,
    /// It still holds, and has been told.
    Quiet,
    /// The event came too late to be counted.
    Late,
}

impl WindowState {
    /// Whether the condition holds, told or not.
    #[must_use]
    pub fn holds(self) -> bool {
        matches!(self, Self::Fired | Self::Quiet)
    }
}

/// One thing that was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Until when it can matter.
    pub until: Timestamp,
    /// Which of the correlation's rules.
    pub part: u16,
    /// See [`Counted::value`].
    pub value: Option<Box<str>>,
}

/// The entries of one group, in the order of their times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Window {
    entries: Vec<Entry>,
    /// Whether the condition holds and that has been told.
    pub is_quiet: bool,
}

impl Window {
    /// Orders the entry in, behind those of the same time, and lets go what can matter no more.
    pub fn add(&mut self, entry: Entry) {
        let behind = self.entries.partition_point(|other| other.at <= entry.at);
        self.entries.insert(behind, entry);
        let newest = self.entries.last().map(|entry| entry.at);
        self.entries.retain(|entry| newest.is_none_or(|newest| entry.until >= newest));
        let surplus = self.entries.len().saturating_sub(ENTRIES_MAX);
        self.entries.drain(..surplus);
    }

    /// The entries later than `from`, up to and with `to`.
    #[must_use]
    pub fn between(&self, from: Timestamp, to: Timestamp) -> &[Entry] {
        let begin = self.entries.partition_point(|entry| entry.at <= from);
        let end = self.entries.partition_point(|entry| entry.at <= to);
        self.entries.get(begin..end).unwrap_or_default()
    }

    /// Until when the window can matter.
    fn until(&self) -> Option<Timestamp> {
        self.entries.iter().map(|entry| entry.until).max()
    }
}

/// The windows of all groups.
#[derive(Debug, Default)]
pub struct Windows {
    windows: HashMap<String, Window>,
    /// By when they can matter no more.
    endings: BTreeSet<(Timestamp, String)>,
    /// Those with the fewest entries first, of equals the one that ends first.
    smallest: BTreeSet<(usize, Timestamp, String)>,
    entries: usize,
}

impl Windows {
    /// The window of a group; empty when nothing was counted.
    #[must_use]
    pub fn of(&self, group: &str) -> Window {
        self.windows.get(group).cloned().unwrap_or_default()
    }

    /// How many groups have a window.
    #[must_use]
    pub fn count(&self) -> usize {
        self.windows.len()
    }

    /// The window that must give way before one more entry of `group`. It is that with the fewest
    /// entries: who invents groups has many small ones, and cannot push out the one that fills.
    #[must_use]
    pub fn crowded_out_by(&self, group: &str) -> Option<&str> {
        let is_full = self.windows.len() >= GROUPS_MAX && !self.windows.contains_key(group);
        let is_crowded = is_full || self.entries >= ALL_ENTRIES_MAX;
        let others = || self.smallest.iter().find(|(.., other)| other != group);
        is_crowded.then(others).flatten().map(|(.., other)| other.as_str())
    }

    /// Applies what a record of the time `now` has counted.
    pub fn apply(&mut self, counted: &Counted, now: Timestamp) {
        self.let_go(now);
        if let Some(evicted) = &counted.evicted {
            self.take(evicted);
        }
        if counted.state == WindowState::Late {
            return;
        }
        let mut window = self.take(&counted.group).unwrap_or_default();
        window.add(Entry {
            at: counted.at,
            until: counted.until,
            part: counted.part,
            value: counted.value.as_deref().map(Box::from),
        });
        window.is_quiet = counted.state != WindowState::Counting;
        self.put(counted.group.clone(), window);
    }

    fn let_go(&mut self, now: Timestamp) {
        while let Some((until, group)) = self.endings.first().filter(|(until, _)| *until < now).cloned() {
            if self.take(&group).is_none() {
                self.endings.remove(&(until, group));
            }
        }
    }

    fn take(&mut self, group: &str) -> Option<Window> {
        let (group, window) = self.windows.remove_entry(group)?;
        if let Some(until) = window.until() {
            self.endings.remove(&(until, group.clone()));
            self.smallest.remove(&(window.entries.len(), until, group));
        }
        self.entries -= window.entries.len();
        Some(window)
    }

    fn put(&mut self, group: String, window: Window) {
        let Some(until) = window.until() else { return };
        self.entries += window.entries.len();
        self.endings.insert((until, group.clone()));
        self.smallest.insert((window.entries.len(), until, group.clone()));
        self.windows.insert(group, window);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn counted(group: &str, at: i64, until: i64) -> Counted {
        Counted {
            correlation: RuleId::parse("11111111-1111-4111-8111-111111111111").unwrap(),
            group: group.to_owned(),
            part: 0,
            at: time(at),
            until: time(until),
            value: None,
            state: WindowState::Counting,
            evicted: None,
        }
    }

    #[test]
    fn entries_are_in_the_order_of_their_times() {
        let mut windows = Windows::default();
        for at in [10, 30, 20, 30] {
            windows.apply(&counted("g", at, at + 100), time(40));
        }
        let window = windows.of("g");
        let times =
            |from, to| window.between(time(from), time(to)).iter().map(|e| e.at.as_second()).collect::<Vec<_>>();
        assert_eq!(times(0, 100), [10, 20, 30, 30]);
        assert_eq!(times(10, 20), [20]);
    }

    #[test]
    fn what_can_matter_no_more_is_let_go() {
        let mut windows = Windows::default();
        windows.apply(&counted("a", 10, 20), time(10));
        windows.apply(&counted("b", 10, 50), time(21));
        assert_eq!((windows.count(), windows.entries), (1, 1));
        windows.apply(&counted("b", 51, 90), time(49));
        assert_eq!(windows.of("b").between(time(0), time(100)).len(), 1);
    }

    #[test]
    fn of_one_window_the_oldest_entries_give_way() {
        let mut window = Window::default();
        for at in 0..i64::try_from(ENTRIES_MAX).unwrap() + 5 {
            window.add(Entry { at: time(at), until: time(1 << 30), part: 0, value: None });
        }
        assert_eq!(window.entries.len(), ENTRIES_MAX);
        assert_eq!(window.entries[0].at, time(5));
    }

    #[test]
    fn invented_groups_push_out_each_other_and_not_the_one_that_fills() {
        let mut windows = Windows::default();
        for at in 0..3 {
            windows.apply(&counted("victim", at, 1 << 30), time(at));
        }
        for number in 0..GROUPS_MAX + 50 {
            let mut next = counted(&format!("{number}"), 10, 1 << 30);
            next.evicted = windows.crowded_out_by(&next.group).map(str::to_owned);
            windows.apply(&next, time(10));
        }
        assert_eq!(windows.count(), GROUPS_MAX);
        assert_eq!(windows.of("victim").between(time(-1), time(100)).len(), 3);
        assert_eq!(windows.entries, GROUPS_MAX + 2);
    }
}
