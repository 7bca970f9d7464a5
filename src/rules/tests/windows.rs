//! How windows run: what becomes of entries in whatever order they come, against a law that keeps
//! everything and looks at every window anew.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::correlations::files;
use super::*;
use crate::incident::{Ahead, Amount, Counted, Digest, ENTRIES_MAX, Mark, RuleId, Timestamp, WindowState, Windows};
use crate::rules::When;

/// Later than any lateness from the beginning of time.
const BEGIN: i64 = 1_000_000;

pub(super) fn second(second: i64) -> Timestamp {
    Timestamp::from_second(BEGIN + second).unwrap()
}

fn mark(parts: &[&[u8]]) -> Mark {
    Mark(Digest::of_parts(parts).0[..Mark::BYTES].try_into().unwrap())
}

/// A rule set and what its correlations have counted, as the server has it.
pub(super) struct Live {
    set: RuleSet,
    windows: Windows,
    /// What was recorded, with the time of the record.
    records: Vec<(Counted, Timestamp)>,
}

impl Live {
    pub(super) fn of(text: &str) -> Self {
        Self { set: load_rule(text).unwrap(), windows: Windows::default(), records: Vec::new() }
    }

    /// Takes an event that happened and came at these seconds.
    fn put(&mut self, event: &Value, occurred: i64, received: i64) -> Vec<Counted> {
        let when = When { occurred: Some(second(occurred)), received: second(received) };
        let matched: Vec<&RuleId> = self.set.matching(event).iter().map(|rule| &rule.reference.id).collect();
        let mut told = Vec::new();
        self.set.walk(matched, event, |signal| {
            let group = mark(&signal.window());
            let wanted = [(&signal.correlation.rule.reference.id, group)];
            let mut ahead: Ahead = self.windows.ahead(&wanted, None, when.received);
            let counted = signal.count(group, when, mark, &mut ahead);
            self.windows.apply(&counted, when.received);
            self.records.push((counted.clone(), when.received));
            let holds = counted.state.holds();
            told.push(counted);
            holds
        });
        told
    }

    /// How the only window stands with an event in time.
    pub(super) fn now(&mut self, event: &Value, second: i64) -> WindowState {
        self.put(event, second, second)[0].state
    }

    /// How it stands with one that comes late.
    pub(super) fn late(&mut self, event: &Value, occurred: i64, received: i64) -> WindowState {
        self.put(event, occurred, received)[0].state
    }

    /// The windows as a restart makes them from the records.
    fn replayed(&self) -> Windows {
        let mut windows = Windows::default();
        self.records.iter().for_each(|(counted, at)| windows.apply(counted, *at));
        windows
    }
}

/// What a correlation counts and wants, for both sides.
#[derive(Debug, Clone)]
struct Wanted {
    sort: &'static str,
    timespan: i64,
    comparison: &'static str,
    number: i64,
}

#[derive(Debug, Clone, Copy)]
struct Happened {
    part: usize,
    value: i64,
    /// Seconds since the one before, and how late it is told.
    after: i64,
    late: i64,
}

impl Wanted {
    /// Whether some windows come to it and others do not; the loader refuses what else there is.
    fn is_to_be_had(&self) -> bool {
        !self.sort.starts_with("temporal") || self.number < 3 || (self.number == 3 && self.comparison != "lte")
    }

    fn text(&self) -> String {
        let Self { sort, timespan, comparison, number } = self;
        let field = if sort.starts_with("value") { "field: v, " } else { "" };
        let correlation = format!(
            "type: {sort}, rules: [a, b, c], timespan: {timespan}s, condition: {{{field}{comparison}: {number}}}"
        );
        files(&correlation, "")
    }

    /// What these come to, doubled, so that a median is whole; a mean is compared apart.
    fn compare(&self, entries: &[&Happened]) -> Option<std::cmp::Ordering> {
        let mut values: Vec<i64> = entries.iter().map(|entry| entry.value).collect();
        values.sort_unstable();
        let count = entries.len();
        let doubled = match self.sort {
            "event_count" => count as i64 * 2,
            "value_count" => values.iter().collect::<BTreeSet<_>>().len() as i64 * 2,
            "temporal" => entries.iter().map(|entry| entry.part).collect::<BTreeSet<_>>().len() as i64 * 2,
            "temporal_ordered" => longest(entries) * 2,
            "value_sum" => values.iter().sum::<i64>() * 2,
            "value_median" => values[(count - 1) / 2] + values[count / 2],
            _ => return (count > 0).then(|| values.iter().sum::<i64>().cmp(&(self.number * count as i64))),
        };
        Some(doubled.cmp(&(self.number * 2)))
    }

    fn holds(&self, entries: &[&Happened]) -> bool {
        !entries.is_empty()
            && self.compare(entries).is_some_and(|found| match self.comparison {
                "gte" => found.is_ge(),
                "lte" => found.is_le(),
                _ => found.is_eq(),
            })
    }
}

/// The longest row of parts of which each is greater than the one before.
fn longest(entries: &[&Happened]) -> i64 {
    let mut best: Vec<i64> = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let before = (0..place).filter(|other| entries[*other].part < entry.part).map(|other| best[other]).max();
        best.push(before.unwrap_or(0) + 1);
    }
    best.into_iter().max().unwrap_or(0)
}

/// The law: everything that was ever counted, in the order of its time, those of one time in the order
/// of their rules.
#[derive(Default)]
struct Law {
    entries: Vec<(i64, Happened)>,
    told: Option<i64>,
}

impl Law {
    fn within(&self, wanted: &Wanted, end: i64) -> bool {
        let inside = self.entries.iter().filter(|(at, _)| *at > end - wanted.timespan && *at <= end);
        wanted.holds(&inside.map(|(_, happened)| happened).collect::<Vec<_>>())
    }

    fn count(&mut self, wanted: &Wanted, at: i64, happened: Happened) -> WindowState {
        let later: BTreeSet<i64> =
            self.entries.iter().map(|(at, _)| *at).filter(|end| *end > at && *end < at + wanted.timespan).collect();
        let before = self.entries.iter().map(|(at, _)| *at).filter(|other| *other <= at).max();
        let newest = self.entries.iter().map(|(at, _)| *at).max();
        let is_known = (before.is_some_and(|before| self.told >= Some(before)) && self.within(wanted, at))
            || later.iter().any(|end| self.told >= Some(*end) && self.within(wanted, *end))
            || newest.is_some_and(|newest| newest > at && self.told >= Some(newest));
        let place = self.entries.partition_point(|(other, it)| (*other, it.part) <= (at, happened.part));
        self.entries.insert(place, (at, happened));
        let held_to = later.into_iter().chain([at]).filter(|end| self.within(wanted, *end)).max();
        self.told = self.told.max(held_to);
        match (held_to, is_known) {
            (None, _) => WindowState::Counting,
            (Some(_), true) => WindowState::Quiet,
            (Some(_), false) => WindowState::Fired,
        }
    }
}

fn agrees(wanted: &Wanted, row: &[Happened]) -> Result<(), TestCaseError> {
    let (mut live, mut law, mut received) = (Live::of(&wanted.text()), Law::default(), 0);
    for (number, happened) in row.iter().enumerate() {
        received += happened.after;
        let at = received - happened.late;
        let name = ["a", "b", "c"][happened.part];
        let event = json!({"k": name, "v": happened.value});
        let told = live.put(&event, at, received);
        prop_assert_eq!(told.len(), 1);
        let expected = law.count(wanted, at, *happened);
        prop_assert_eq!(told[0].state, expected, "the entry {} of {:?}", number, row);
    }
    let again = live.replayed();
    for (counted, _) in &live.records {
        prop_assert_eq!(again.get(&counted.group), live.windows.get(&counted.group));
    }
    Ok(())
}

fn row(late: std::ops::RangeInclusive<i64>) -> impl Strategy<Value = Vec<Happened>> {
    let happened =
        (0..3_usize, -2..6_i64, prop_oneof![3 => 0..4_i64, 1 => 4..40_i64], prop_oneof![2 => Just(0), 1 => late]);
    let happened = happened.prop_map(|(part, value, after, late)| Happened { part, value, after, late });
    proptest::collection::vec(happened, 1..60)
}

const SORTS: [&str; 7] =
    ["event_count", "value_count", "temporal", "temporal_ordered", "value_sum", "value_avg", "value_median"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever is compared, of events in time.
    #[test]
    fn events_in_time_are_counted_as_the_law_says(
        sort in proptest::sample::select(&SORTS[..]),
        timespan in prop_oneof![Just(5_i64), Just(30)],
        comparison in proptest::sample::select(&["gte", "lte", "eq"][..]),
        number in 1..4_i64,
        row in row(0..=0),
    ) {
        let wanted = Wanted { sort, timespan, comparison, number };
        prop_assume!(wanted.is_to_be_had());
        agrees(&wanted, &row)?;
    }

    /// So much or more, of events in any order.
    #[test]
    fn events_in_any_order_are_counted_as_the_law_says(
        sort in proptest::sample::select(&SORTS[..4]),
        timespan in prop_oneof![Just(5_i64), Just(30)],
        number in 1..5_i64,
        row in row(0..=60),
    ) {
        let wanted = Wanted { sort, timespan, comparison: "gte", number };
        prop_assume!(wanted.is_to_be_had());
        agrees(&wanted, &row)?;
    }

    /// Numbers may go up and down, but nothing of them is let go either.
    #[test]
    fn numbers_in_any_order_are_counted_as_the_law_says(
        sort in proptest::sample::select(&SORTS[4..]),
        comparison in proptest::sample::select(&["gte", "lte", "eq"][..]),
        number in 1..4_i64,
        row in row(0..=60),
    ) {
        agrees(&Wanted { sort, timespan: 20, comparison, number }, &row)?;
    }

    /// What is told once is not told again by an event that comes late, as long as it holds.
    #[test]
    fn nothing_that_comes_late_ends_the_quiet(row in row(0..=60), late in 1..60_i64) {
        let wanted = Wanted { sort: "event_count", timespan: 30, comparison: "gte", number: 3 };
        let event = json!({"k": "a", "v": 1});
        let (mut live, mut received) = (Live::of(&wanted.text()), 0);
        for happened in row {
            received += happened.after;
            let state = live.now(&event, received);
            if state.holds() {
                prop_assert!(live.late(&event, received - late, received) != WindowState::Fired);
                prop_assert_eq!(live.now(&event, received), WindowState::Quiet);
            }
        }
    }
}

#[test]
fn a_match_is_told_again_once_its_window_had_emptied() {
    use WindowState::{Fired, Quiet};
    let mut live = Live::of(&files("type: event_count, rules: [a], timespan: 10s, condition: {gte: 1}", ""));
    let event = json!({"k": "a"});
    assert_eq!([0, 5, 14].map(|second| live.now(&event, second)), [Fired, Quiet, Quiet]);
    assert_eq!([30, 31].map(|second| live.now(&event, second)), [Fired, Quiet]);
    // One that comes late into a window that has been told is nothing new.
    assert_eq!(live.late(&event, 25, 31), Quiet);
}

#[test]
fn an_event_that_comes_late_does_not_take_back_that_it_was_told() {
    use WindowState::{Counting, Fired, Quiet};
    let mut live = Live::of(&files("type: event_count, rules: [a], timespan: 5m, condition: {gte: 3}", ""));
    let event = json!({"k": "a"});
    assert_eq!([1_000, 1_001, 1_002, 1_003].map(|second| live.now(&event, second)), [Counting, Counting, Fired, Quiet]);
    assert_eq!(live.late(&event, 400, 1_003), Counting, "a window that does not hold");
    assert_eq!(live.now(&event, 1_004), Quiet);
    // An earlier window that holds is no news either while this one does.
    assert_eq!([401, 402].map(|second| live.late(&event, second, 1_004)), [Counting, Quiet]);
    // It has emptied; then one that comes late finds the window that was told of.
    assert_eq!(live.now(&event, 1_600), Counting);
    assert_eq!(live.late(&event, 1_010, 1_600), Quiet);
}

#[test]
fn another_condition_counts_on_and_tells_what_was_not_told() {
    let with =
        |least: u8| files(&format!("type: event_count, rules: [a], timespan: 10s, condition: {{gte: {least}}}"), "");
    let event = json!({"k": "a"});
    let mut live = Live::of(&with(5));
    assert_eq!([0, 1, 2].map(|second| live.now(&event, second)), [WindowState::Counting; 3]);
    live.set = load_rule(&with(3)).unwrap();
    assert_eq!([3, 4].map(|second| live.now(&event, second)), [WindowState::Fired, WindowState::Quiet]);
}

#[test]
fn a_thousand_repeats_push_nothing_else_out() {
    for (correlation, first, repeated, last) in [
        ("type: value_count, rules: [a], timespan: 1h, condition: {field: v, gte: 3}", "v: 1", "v: 2", "v: 3"),
        ("type: temporal, rules: [a, b, c], timespan: 1h", "k: a", "k: b", "k: c"),
        ("type: temporal_ordered, rules: [a, b, c], timespan: 1h", "k: a", "k: b", "k: c"),
        (
            "type: value_sum, rules: [a], timespan: 1h, condition: {field: v, gte: 1000000}",
            "v: 600000",
            "v: 1",
            "v: 600000",
        ),
    ] {
        let event = |text: &str| {
            let value = text.strip_prefix("v: ").map_or(json!(0), |value| json!(value.parse::<i64>().unwrap()));
            json!({"k": text.strip_prefix("k: ").unwrap_or("a"), "v": value})
        };
        let mut live = Live::of(&files(correlation, ""));
        live.now(&event(first), 0);
        for number in 0..ENTRIES_MAX as i64 + 100 {
            live.now(&event(repeated), 1 + number);
        }
        assert_eq!(live.now(&event(last), 3_000), WindowState::Fired, "{correlation}");
        assert!(live.windows.entries() <= ENTRIES_MAX, "{correlation}");
        assert_eq!(live.replayed().entries(), live.windows.entries());
    }
}

#[test]
fn of_a_full_window_the_record_says_that_something_gave_way() {
    let mut live = Live::of(&files("type: value_count, rules: [a], timespan: 1h, condition: {field: v, gte: 900}", ""));
    for number in 0..ENTRIES_MAX as i64 + 1 {
        live.now(&json!({"k": "a", "v": number}), number);
    }
    let shortened: Vec<bool> = live.records.iter().map(|(counted, _)| counted.shortened).collect();
    assert!(shortened[ENTRIES_MAX] && !shortened[..ENTRIES_MAX].contains(&true));
    assert_eq!(live.records[ENTRIES_MAX].0.found, Some(Amount::whole(ENTRIES_MAX + 1)), "as it was counted");
    assert_eq!(live.windows.entries(), ENTRIES_MAX);
}

#[test]
fn numbers_are_exact_beyond_what_a_float_can_tell() {
    let large = 9_007_199_254_740_993_i64;
    let sum = |condition: &str| {
        let correlation = format!("type: value_sum, rules: [a], timespan: 1h, condition: {{field: v, {condition}}}");
        let mut live = Live::of(&files(&correlation, ""));
        live.now(&json!({"k": "a", "v": large - 1}), 0);
        live.now(&json!({"k": "a", "v": 1}), 1).holds()
    };
    assert!(sum(&format!("eq: {large}")) && !sum(&format!("eq: {}", large - 1)) && !sum(&format!("gt: {large}")));
    let zero = "type: value_sum, rules: [a], timespan: 1h, condition: {field: v, eq: 0}";
    assert!(Live::of(&files(zero, "")).now(&json!({"k": "a", "v": -0.0}), 0).holds());
    let tenths = "type: value_sum, rules: [a], timespan: 1h, condition: {field: v, eq: 0.3}";
    let mut live = Live::of(&files(tenths, ""));
    assert!(!live.now(&json!({"k": "a", "v": 0.1}), 0).holds());
    assert!(live.now(&json!({"k": "a", "v": "0.2"}), 1).holds());
    let said =
        load_rule(&files("type: value_sum, rules: [a], timespan: 1h, condition: {field: v, eq: 0.1234567891}", ""));
    assert!(said.unwrap_err().to_string().contains("too many digits"));
}

#[test]
fn a_look_at_a_full_window_does_not_take_longer_for_one_that_comes_late() {
    let correlation = "type: value_count, rules: [a], timespan: 1d, condition: {field: v, gte: 900}";
    let mut live = Live::of(&files(correlation, ""));
    for number in 0..899 {
        live.now(&json!({"k": "a", "v": number}), number);
    }
    let begun = std::time::Instant::now();
    for number in 0..200 {
        live.late(&json!({"k": "a", "v": number}), 1 + number, 898);
    }
    // It was five seconds in a release build, and is a fraction of one without optimisation.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
