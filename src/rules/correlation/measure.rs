//! What the entries of a window come to, kept while the window slides: each entry that comes in or goes
//! out changes it a little, so that a look at many windows costs no more than a look at their entries.

use std::cmp::Ordering;
use std::collections::{HashMap, VecDeque};

use crate::incident::{Amount, Counts, Entry, Mark, Sum, Timestamp};

use super::Sort;

/// A percent, in the billionths that amounts have.
const PERCENT: f64 = 1e9;
/// A hundred of them.
const WHOLE: i128 = 100_000_000_000;

/// The entries of one window, which is later than a time, and what they come to.
#[derive(Debug, Clone)]
pub(super) struct Sliding {
    inside: VecDeque<Entry>,
    measure: Measure,
}

#[derive(Debug, Clone)]
enum Measure {
    Events,
    Values(HashMap<Mark, u32>),
    Rules(Vec<u32>),
    Steps(Steps),
    Sum(Sum),
    Mean(Sum),
    /// In their order, with the percent.
    Percentile(Vec<Amount>, i128),
}

impl Sliding {
    /// Without any entry; of so many rules.
    pub(super) fn new(sort: Sort, parts: usize) -> Self {
        let measure = match sort {
            Sort::EventCount => Measure::Events,
            Sort::ValueCount => Measure::Values(HashMap::new()),
            Sort::Temporal => Measure::Rules(vec![0; parts]),
            Sort::TemporalOrdered => Measure::Steps(Steps::new(parts)),
            Sort::Sum => Measure::Sum(Sum::default()),
            Sort::Average => Measure::Mean(Sum::default()),
            Sort::Percentile(percent) => Measure::Percentile(Vec::new(), (percent * PERCENT).round() as i128),
        };
        Self { inside: VecDeque::new(), measure }
    }

    /// Takes in those of one time, not older than those before it. Steps of one time are in order: senders
    /// that count in whole seconds, or send the newest first, tell no better.
    pub(super) fn enter_all(&mut self, of_a_time: impl Iterator<Item = Entry>) {
        let mut entries: Vec<Entry> = of_a_time.collect();
        if matches!(self.measure, Measure::Steps(_)) {
            entries.sort_by_key(|entry| match entry.counts {
                Counts::Step(part) => part,
                _ => u16::MAX,
            });
        }
        entries.into_iter().for_each(|entry| self.enter(entry));
    }

    /// Takes one more in.
    fn enter(&mut self, entry: Entry) {
        self.inside.push_back(entry);
        match (&mut self.measure, entry.counts) {
            (Measure::Values(counts), Counts::Value(value)) => *counts.entry(value).or_default() += 1,
            (Measure::Rules(counts), Counts::Rule(part)) => {
                counts.get_mut(usize::from(part)).into_iter().for_each(|count| *count += 1);
            }
            (Measure::Steps(steps), Counts::Step(part)) => steps.enter(usize::from(part), entry.at),
            (Measure::Sum(sum) | Measure::Mean(sum), Counts::Sum(number) | Counts::Number(number)) => sum.add(number),
            (Measure::Percentile(numbers, _), Counts::Sum(number) | Counts::Number(number)) => {
                numbers.insert(numbers.partition_point(|other| *other < number), number);
            }
            // Of events only how many there are; anything else was counted as another type of correlation.
            _ => {}
        }
    }

    /// Lets go what is not later than `from`.
    pub(super) fn leave(&mut self, from: Timestamp) {
        if let Measure::Steps(steps) = &mut self.measure {
            steps.from = Some(from);
        }
        while let Some(entry) = self.inside.front().copied().filter(|entry| entry.at <= from) {
            self.inside.pop_front();
            match (&mut self.measure, entry.counts) {
                (Measure::Values(counts), Counts::Value(value)) => {
                    if let Some(count) = counts.get_mut(&value) {
                        *count -= 1;
                        if *count == 0 {
                            counts.remove(&value);
                        }
                    }
                }
                (Measure::Rules(counts), Counts::Rule(part)) => {
                    counts.get_mut(usize::from(part)).into_iter().for_each(|count| *count -= 1);
                }
                (Measure::Sum(sum) | Measure::Mean(sum), Counts::Sum(number) | Counts::Number(number)) => {
                    sum.take_away(number);
                }
                (Measure::Percentile(numbers, _), Counts::Sum(number) | Counts::Number(number)) => {
                    if let Ok(place) = numbers.binary_search(&number) {
                        numbers.remove(place);
                    }
                }
                _ => {}
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.inside.is_empty()
    }

    /// Whether the rule with this number has matched.
    pub(super) fn has(&self, part: usize) -> bool {
        match &self.measure {
            Measure::Rules(counts) => counts.get(part).is_some_and(|count| *count > 0),
            _ => false,
        }
    }

    /// How what they come to compares with a number; `None` when there is nothing to measure.
    pub(super) fn compare(&self, wanted: Amount) -> Option<Ordering> {
        match &self.measure {
            Measure::Mean(sum) => (sum.count() > 0).then(|| sum.compare_mean(wanted)),
            _ => self.found().map(|found| found.cmp(&wanted)),
        }
    }

    /// What they come to; a mean to a billionth.
    pub(super) fn found(&self) -> Option<Amount> {
        match &self.measure {
            Measure::Events => Some(Amount::whole(self.inside.len())),
            Measure::Values(counts) => Some(Amount::whole(counts.len())),
            Measure::Rules(counts) => Some(Amount::whole(counts.iter().filter(|count| **count > 0).count())),
            Measure::Steps(steps) => Some(Amount::whole(steps.longest())),
            Measure::Sum(sum) => (sum.count() > 0).then(|| sum.total()),
            Measure::Mean(sum) => sum.mean(),
            Measure::Percentile(numbers, percent) => percentile(numbers, *percent),
        }
    }
}

/// By a straight line between the two nearest (Hyndman and Fan 1996, type 7).
fn percentile(numbers: &[Amount], percent: i128) -> Option<Amount> {
    let rank = i128::try_from(numbers.len().checked_sub(1)?).ok()? * percent;
    let below = usize::try_from(rank / WHOLE).ok()?;
    let (first, second) = (numbers.get(below)?, numbers.get(below + 1).or(numbers.get(below))?);
    Some(first.towards(*second, rank % WHOLE, WHOLE))
}

/// How far steps have come in the order of the rules: for each number of steps and each rule that ends
/// them how late such a row can begin. A window holds it when it begins earlier.
#[derive(Debug, Clone)]
struct Steps {
    /// For each number of steps, from one, as long as the rules: the rows that end with a rule up to this.
    begins: Vec<Option<Timestamp>>,
    parts: usize,
    from: Option<Timestamp>,
}

impl Steps {
    fn new(parts: usize) -> Self {
        Self { begins: vec![None; parts * parts], parts, from: None }
    }

    fn enter(&mut self, part: usize, at: Timestamp) {
        for steps in 0..=part {
            let begin = match (steps.checked_sub(1), part.checked_sub(1)) {
                (Some(fewer), Some(earlier)) => self.begins.get(fewer * self.parts + earlier).copied().flatten(),
                _ => Some(at),
            };
            // Without a shorter row there is no longer one.
            if begin.is_none() {
                break;
            }
            let (first, end) = (steps * self.parts + part, (steps + 1) * self.parts);
            let later = self.begins.get_mut(first..end).unwrap_or_default().iter_mut();
            later.take_while(|known| **known < begin).for_each(|known| *known = begin);
        }
    }

    fn longest(&self) -> usize {
        let rows = self.begins.chunks(self.parts.max(1));
        rows.take_while(|row| row.last().copied().flatten().is_some_and(|begin| Some(begin) > self.from)).count()
    }
}
