//! The window of one group: its entries in the order of their times, without those that no window in
//! which the condition is asked for can need, and never more than fit.

use std::collections::HashSet;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::super::Timestamp;
use super::{Counts, ENTRIES_MAX, LATENESS};

/// One thing that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Until when it can matter: the timespan, and after it as long as others may come late.
    pub until: Timestamp,
    /// What counts.
    pub counts: Counts,
}

impl Entry {
    /// How long it can matter.
    pub(super) fn stay(&self) -> SignedDuration {
        self.at.duration_until(self.until)
    }

    /// The timespan of its correlation.
    fn span(&self) -> SignedDuration {
        self.stay() - SignedDuration::try_from(LATENESS).unwrap_or_default()
    }
}

/// The entries of one group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    entries: Vec<Entry>,
    told: Option<Timestamp>,
}

impl Window {
    /// The entries, in the order of their times, those of one time as they came.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries later than `from`, up to and with `to`.
    #[must_use]
    pub fn between(&self, from: Timestamp, to: Timestamp) -> &[Entry] {
        let begin = self.entries.partition_point(|entry| entry.at <= from);
        let end = self.entries.partition_point(|entry| entry.at <= to);
        self.entries.get(begin..end).unwrap_or_default()
    }

    /// The end of the newest window of which it has been told that the condition holds. An entry that
    /// comes late does not take it back.
    #[must_use]
    pub fn told(&self) -> Option<Timestamp> {
        self.told
    }

    /// Orders the entry in, behind those of the same time, and lets go what nobody can need any more.
    /// Says whether something had to go that might still have been needed, because the window was full.
    ///
    /// What can be done without depends on what counts. Of a value or a rule that came thrice within the
    /// timespan the middle time is never asked for: every window of that length in which it lies has one
    /// of the others too. So whoever repeats one thing a thousand times pushes out nothing else.
    pub fn add(&mut self, entry: Entry, told: Option<Timestamp>) -> bool {
        self.told = self.told.max(told);
        let place = self.entries.partition_point(|other| other.at <= entry.at);
        self.entries.insert(place, entry);
        if matches!(entry.counts, Counts::Value(_) | Counts::Rule(_)) {
            self.thin_around(place);
        }
        let newest = self.entries.last().map(|entry| entry.at);
        self.entries.retain(|entry| newest.is_none_or(|newest| entry.until >= newest));
        if self.entries.len() <= ENTRIES_MAX {
            return false;
        }
        let least = self.least();
        let might_be_needed = !self.is_between_equals(least);
        self.entries.remove(least);
        might_be_needed
    }

    /// Removes, of what counts the same as the entry at `place`, what lies between two others that are
    /// no further apart than the timespan.
    fn thin_around(&mut self, place: usize) {
        let Some(entry) = self.entries.get(place).copied() else { return };
        let span = entry.span();
        let is_same = |other: &usize| self.entries.get(*other).is_some_and(|other| other.counts == entry.counts);
        let mut same: Vec<usize> = (0..place).rev().filter(is_same).take(2).collect();
        same.reverse();
        same.push(place);
        same.extend((place + 1..self.entries.len()).filter(is_same).take(2));
        let at = |place: usize| self.entries.get(place).map_or(Timestamp::MAX, |entry| entry.at);
        let mut needless = Vec::new();
        let mut kept: Vec<usize> = Vec::new();
        for (number, place) in same.iter().enumerate() {
            let between = kept.last().copied().zip(same.get(number + 1).copied());
            match between {
                Some((before, after)) if at(before).duration_until(at(after)) <= span => needless.push(*place),
                _ => kept.push(*place),
            }
        }
        for place in needless.into_iter().rev() {
            self.entries.remove(place);
        }
    }

    /// The place of the entry that a full window can best do without.
    fn least(&self) -> usize {
        match self.entries.last().map(|entry| entry.counts) {
            Some(Counts::Sum(_)) => self.smallest(),
            Some(Counts::Value(_) | Counts::Rule(_)) => self.superseded(),
            Some(Counts::Step(_)) => self.densest(),
            Some(Counts::Event | Counts::Number(_)) | None => 0,
        }
    }

    /// The number that changes the sum least, so that many small ones hide no large one.
    fn smallest(&self) -> usize {
        let magnitudes = self.entries.iter().map(|entry| match entry.counts {
            Counts::Sum(amount) => amount.magnitude(),
            _ => 0,
        });
        magnitudes.enumerate().min_by_key(|(_, magnitude)| *magnitude).map_or(0, |(place, _)| place)
    }

    /// The oldest of which a newer one counts the same, which only events that come late can need.
    fn superseded(&self) -> usize {
        let mut newer = HashSet::new();
        let places = (0..self.entries.len()).rev().zip(self.entries.iter().rev());
        places.filter(|(_, entry)| !newer.insert(entry.counts)).last().map_or(0, |(place, _)| place)
    }

    /// Of the step that came most often the one that stands closest between two others, if there is one
    /// without another step between them. The first and the last of each step stay.
    fn densest(&self) -> usize {
        let mut places: Vec<Vec<usize>> = Vec::new();
        for (place, entry) in self.entries.iter().enumerate() {
            let Counts::Step(step) = entry.counts else { continue };
            if places.len() <= usize::from(step) {
                places.resize(usize::from(step) + 1, Vec::new());
            }
            if let Some(of_step) = places.get_mut(usize::from(step)) {
                of_step.push(place);
            }
        }
        let most = places.into_iter().max_by_key(Vec::len).unwrap_or_default();
        let at = |place: usize| self.entries.get(place).map_or(Timestamp::MAX, |entry| entry.at);
        let closest = most.windows(3).filter_map(|three| match three {
            [before, place, after] => {
                Some((!self.is_between_equals(*place), at(*before).duration_until(at(*after)), *place))
            }
            _ => None,
        });
        closest.min().map_or(0, |(.., place)| place)
    }

    /// Whether the step at `place` stands between two of its kind with no other step between them, and no
    /// further apart than the timespan. A row that has it has one of these; only two others that come late
    /// to just there, one on each side, could have needed it.
    fn is_between_equals(&self, place: usize) -> bool {
        let around = place.checked_sub(1).and_then(|before| self.entries.get(before..=place + 1));
        let Some([before, entry, after]) = around else { return false };
        let is_step = matches!(entry.counts, Counts::Step(_));
        is_step
            && before.counts == entry.counts
            && after.counts == entry.counts
            && before.at.duration_until(after.at) <= entry.span()
    }

    /// Until when the window can matter. What it counts can all matter equally long.
    pub(super) fn until(&self) -> Option<Timestamp> {
        self.entries.last().map(|entry| entry.until)
    }
}
