//! The windows of all groups: what is let go, and which give way when there are too many.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::incident::{Amount, RuleId, Timestamp};

const ROOM: Room = Room { groups_max: 20, entries_max: 100 };
/// How long entries stay here.
const STAY: i64 = 6_400;

fn time(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}

fn rule(number: u8) -> RuleId {
    RuleId::parse(&format!("00000000-0000-4000-8000-0000000000{number:02}")).unwrap()
}

/// The window of somebody.
fn group(number: u16) -> Mark {
    let mut mark = [0; Mark::BYTES];
    mark[..2].copy_from_slice(&number.to_be_bytes());
    Mark(mark)
}

/// One thing to count: by which correlation, for whom, and what.
type Thing = (u8, u16, Counts);

fn counted(correlation: u8, of: u16, counts: Counts, at: i64) -> Counted {
    Counted {
        correlation: rule(correlation),
        group: group(of),
        counts,
        at: time(at),
        until: time(at + STAY),
        state: WindowState::Counting,
        held_to: None,
        found: None,
        evicted: Vec::new(),
        shortened: false,
    }
}

/// Counts a delivery and applies its records; gives the windows that gave way.
fn deliver(windows: &mut Windows, things: &[Thing], at: i64) -> Vec<Mark> {
    deliver_each(windows, things, at).concat()
}

/// The same for each of its entries.
fn deliver_each(windows: &mut Windows, things: &[Thing], at: i64) -> Vec<Vec<Mark>> {
    let rules: Vec<RuleId> = things.iter().map(|(correlation, ..)| rule(*correlation)).collect();
    let wanted: Vec<(&RuleId, Mark)> = rules.iter().zip(things).map(|(rule, (_, of, _))| (rule, group(*of))).collect();
    let others = Underway::default();
    let is_crowded = windows.room_for(&wanted, ROOM, &others, time(at)).is_none();
    let mut ahead = windows.ahead(&wanted, Some((ROOM, &others)), time(at));
    let mut records = Vec::new();
    for (correlation, of, counts) in things {
        let mut record = counted(*correlation, *of, *counts, at);
        let entry = Entry { at: record.at, until: record.until, counts: *counts };
        let Added { evicted, shortened } = ahead.add(&record.correlation, record.group, entry, None);
        (record.evicted, record.shortened) = (evicted, shortened);
        records.push(record);
    }
    drop(ahead);
    let evicted: Vec<Vec<Mark>> = records.iter().map(|record| record.evicted.clone()).collect();
    assert!(evicted.iter().all(Vec::is_empty) || is_crowded, "who makes room has said so before");
    for record in &records {
        for evicted in &record.evicted {
            assert!(windows.get(evicted).is_some(), "what gives way is there");
        }
        windows.apply(record, time(at));
    }
    evicted
}

#[test]
fn entries_are_in_the_order_of_their_times() {
    let mut windows = Windows::default();
    for at in [10, 30, 20, 30] {
        windows.apply(&counted(1, 1, Counts::Event, at), time(40));
    }
    let window = windows.get(&group(1)).unwrap();
    let times = |from, to| window.between(time(from), time(to)).iter().map(|e| e.at).collect::<Vec<_>>();
    assert_eq!(times(0, 100), [10, 20, 30, 30].map(time));
    assert_eq!(times(10, 20), [time(20)]);
}

#[test]
fn what_can_matter_no_more_is_let_go() {
    let mut windows = Windows::default();
    deliver(&mut windows, &[(1, 1, Counts::Event)], 0);
    deliver(&mut windows, &[(1, 2, Counts::Event)], STAY);
    assert_eq!((windows.count(), windows.entries()), (2, 2));
    deliver(&mut windows, &[(1, 2, Counts::Event)], STAY + 1);
    assert_eq!((windows.count(), windows.entries(), windows.count_of(&rule(1))), (1, 2, 1));
    deliver(&mut windows, &[(1, 2, Counts::Event)], 2 * STAY + 1);
    assert_eq!(windows.entries(), 2, "those of the newest moment it can reach stay");
}

#[test]
fn what_came_too_late_opens_no_window() {
    let mut windows = Windows::default();
    windows.apply(&Counted { state: WindowState::Late, ..counted(1, 1, Counts::Event, 0) }, time(0));
    assert_eq!(windows.count(), 0);
}

#[test]
fn of_a_value_the_middle_time_is_let_go_and_both_ends_stay() {
    let mut window = Window::default();
    let value = |of: u16, at: i64| Entry {
        at: time(at),
        until: time(at) + LATENESS + std::time::Duration::from_secs(10),
        counts: Counts::Value(group(of)),
    };
    for (of, at) in [(1, 0), (2, 1), (1, 4), (1, 9), (2, 9), (1, 12), (1, 12), (1, 3)] {
        window.add(value(of, at), None);
    }
    let kept: Vec<(i64, bool)> =
        window.entries().iter().map(|e| (e.at.as_second() - 1_000_000, e.counts == Counts::Value(group(1)))).collect();
    // Between 0 and 12 lies more than the timespan, so one of them is still needed.
    assert_eq!(kept, [(0, true), (1, false), (9, true), (9, false), (12, true)]);
    // A window of the timespan that begins behind the first ends before the last.
    let mut window = Window::default();
    for at in [0, 5, 10] {
        window.add(value(1, at), None);
    }
    assert_eq!(window.entries().len(), 2);
}

#[test]
fn of_a_full_window_the_entry_goes_that_it_can_best_do_without() {
    let told = |counts: &dyn Fn(i64) -> Counts, is_told: bool| {
        let mut window = Window::default();
        let entry = |at: i64| Entry { at: time(at), until: time(1 << 30), counts: counts(at) };
        let gave_way: Vec<bool> =
            (0..i64::try_from(ENTRIES_MAX).unwrap() + 5).map(|at| window.add(entry(at), None)).collect();
        assert_eq!(window.entries().len(), ENTRIES_MAX);
        assert!(!gave_way[..ENTRIES_MAX].contains(&true) && !gave_way[ENTRIES_MAX..].contains(&!is_told));
        window.entries()[..2].iter().map(|entry| entry.at.as_second() - 1_000_000).collect::<Vec<_>>()
    };
    let full = |counts: &dyn Fn(i64) -> Counts| told(counts, true);
    assert_eq!(full(&|_| Counts::Event), [5, 6], "the oldest");
    assert_eq!(full(&|at| Counts::Value(group(at as u16))), [5, 6], "the oldest, as none comes twice");
    let of_a_row = |at: i64| Counts::Step(u16::from(at > 0));
    assert_eq!(told(&of_a_row, false), [0, 1], "the only one of its step stays, and the first of the other");
    let in_turn = |at: i64| Counts::Step(if at == 0 { 2 } else { (at % 2) as u16 });
    assert_eq!(full(&in_turn), [0, 1], "likewise");
    let amount = |at: i64| Amount::parse(if at == 0 { "1000" } else { "-1" }).unwrap();
    assert_eq!(full(&|at| Counts::Sum(amount(at))), [0, 6], "the smallest");
    assert_eq!(full(&|at| Counts::Number(amount(at))), [5, 6], "the oldest");
}

/// So many that nobody is, at some moment.
fn flood(windows: &mut Windows, correlation: u8, from: u16, count: u16, at: i64) -> HashSet<Mark> {
    let of = |number: u16| deliver(windows, &[(correlation, from + number, Counts::Step(0))], at);
    (0..count).flat_map(of).collect()
}

#[test]
fn who_invents_people_pushes_out_nobody_who_was_there() {
    let mut windows = Windows::default();
    deliver(&mut windows, &[(1, 1, Counts::Step(0))], 0);
    // In the same moment as the flood, but before it.
    deliver(&mut windows, &[(1, 2, Counts::Step(0))], 500);
    // Has come further, or by a rarer rule.
    deliver(&mut windows, &[(1, 3, Counts::Step(0)), (1, 3, Counts::Step(0)), (1, 4, Counts::Step(1))], 500);
    let gone = flood(&mut windows, 1, 100, 300, 500);
    assert_eq!((windows.count(), gone.len()), (20, 284));
    assert!((1..=4).all(|of| windows.get(&group(of)).is_some()));
    // After the flood there is room for somebody, and the flood gives way.
    for of in 5..10 {
        let gone = deliver(&mut windows, &[(1, of, Counts::Step(0))], 700 + i64::from(of));
        assert!(gone.iter().all(|gone| *gone >= group(100)) && gone.len() == 1);
    }
    assert!((1..10).all(|of| windows.get(&group(of)).is_some()));
}

#[test]
fn a_correlation_has_its_own_room() {
    let mut windows = Windows::default();
    for of in 0..15 {
        deliver(&mut windows, &[(2, of, Counts::Event)], 0);
    }
    flood(&mut windows, 1, 100, 100, 0);
    assert_eq!((windows.count_of(&rule(1)), windows.count_of(&rule(2))), (20, 15));
}

#[test]
fn of_too_many_entries_the_correlation_that_has_most_gives_some_up() {
    let mut windows = Windows::default();
    for of in 0..10 {
        deliver(&mut windows, &[(2, of, Counts::Event)], 0);
    }
    for at in 0..9 {
        let of_all: Vec<Thing> = (0..10).map(|of| (1, 100 + of, Counts::Event)).collect();
        assert_eq!(deliver(&mut windows, &of_all, at), []);
    }
    assert_eq!(windows.entries(), 100);
    let gone = deliver(&mut windows, &[(2, 11, Counts::Event)], 10);
    assert!(gone.len() == 1 && gone[0] >= group(100));
    assert_eq!((windows.entries(), windows.count_of(&rule(2))), (92, 11));
}

#[test]
fn a_delivery_is_planned_with_all_that_it_adds() {
    let mut windows = Windows::default();
    flood(&mut windows, 1, 100, 15, 0);
    let many: Vec<Thing> = (0..15).flat_map(|of| [(1, of, Counts::Event), (2, 200 + of, Counts::Event)]).collect();
    let each = deliver_each(&mut windows, &many, 10);
    assert!(each.iter().all(|gone| gone.len() <= 1), "one for one");
    let gone = each.concat();
    assert_eq!(gone.len(), gone.iter().collect::<HashSet<_>>().len(), "each gives way once");
    assert_eq!((gone.len(), windows.count_of(&rule(1)), windows.count_of(&rule(2))), (10, 20, 15));
}

#[test]
fn without_the_task_to_make_room_nobody_gives_way() {
    let mut windows = Windows::default();
    flood(&mut windows, 1, 100, 20, 0);
    let (rule, group) = (rule(1), group(1));
    let mut ahead = windows.ahead(&[(&rule, group)], None, time(0));
    let entry = Entry { at: time(0), until: time(STAY), counts: Counts::Event };
    assert_eq!(ahead.add(&rule, group, entry, None), Added::default());
}

#[test]
fn what_is_under_way_takes_its_room() {
    let mut windows = Windows::default();
    flood(&mut windows, 1, 100, 16, 0);
    let rule = rule(1);
    let wanted = |of: &[u16]| of.iter().map(|of| (&rule, group(*of))).collect::<Vec<_>>();
    let mut underway = Underway::default();
    let room = |of: &[u16], underway: &Underway| windows.room_for(&wanted(of), ROOM, underway, time(0));
    let first = room(&[1, 2, 2, 100], &underway).unwrap();
    underway.begin(&first);
    let second = room(&[3, 4], &underway).unwrap();
    underway.begin(&second);
    assert_eq!(room(&[5], &underway), None, "four are open or will be");
    assert!(room(&[100], &underway).is_some(), "a window that is there takes none");
    // Whoever makes room makes it for itself only, with the others beside it.
    let mut ahead = windows.ahead(&wanted(&[5]), Some((ROOM, &underway)), time(0));
    let entry = Entry { at: time(0), until: time(STAY), counts: Counts::Event };
    assert_eq!(ahead.add(&rule, group(5), entry, None).evicted.len(), 1);
    underway.end(&first);
    assert!(room(&[5, 6], &underway).is_some());
    underway.end(&second);
    assert_eq!(underway, Underway::default());
    // Entries likewise.
    let many = vec![100; ROOM.entries_max - 16];
    underway.begin(&room(&many, &underway).unwrap());
    assert_eq!(room(&[100], &underway), None);
}

#[test]
fn windows_that_have_ended_take_no_room() {
    let mut windows = Windows::default();
    flood(&mut windows, 1, 100, 20, 0);
    assert_eq!(deliver(&mut windows, &[(1, 1, Counts::Event), (1, 100, Counts::Event)], STAY + 1), []);
    assert_eq!(windows.count(), 2);
    // And they do not give way in the place of others.
    let mut windows = Windows::default();
    flood(&mut windows, 1, 100, 15, 0);
    flood(&mut windows, 1, 200, 5, STAY);
    let many: Vec<Thing> = (0..18).map(|of| (1, of, Counts::Event)).collect();
    assert_eq!(deliver(&mut windows, &many, STAY + 1), [204, 203, 202].map(group));
    assert_eq!(windows.count(), 20);
}

#[test]
fn the_most_common_kinds_are_brought_down_together() {
    let mut windows = Windows::default();
    flood(&mut windows, 1, 100, 12, 0);
    flood(&mut windows, 1, 200, 8, 1_000);
    let many: Vec<Thing> = (0..10).map(|of| (1, of, Counts::Event)).collect();
    deliver(&mut windows, &many, 2_000);
    let left = |from: u16| (from..from + 20).filter(|of| windows.get(&group(*of)).is_some()).count();
    assert_eq!((left(100), left(200)), (5, 5));
}

#[test]
fn one_that_has_come_further_stays_though_it_came_with_the_flood() {
    let mut windows = Windows::default();
    flood(&mut windows, 1, 100, 19, 0);
    deliver(&mut windows, &[(1, 1, Counts::Step(0)), (1, 1, Counts::Step(0))], 0);
    flood(&mut windows, 1, 200, 15, 0);
    assert!(windows.get(&group(1)).is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// However deliveries mix, the bounds hold, what is said to give way was there, and the records alone
    /// make the same windows.
    #[test]
    fn the_bounds_hold_whatever_is_delivered(
        deliveries in proptest::collection::vec(
            (proptest::collection::vec((1..4_u8, 0..60_u16, 0..3_u16), 1..25), 0..400_i64), 1..40)
    ) {
        let (mut windows, mut at) = (Windows::default(), 0);
        for (things, after) in deliveries {
            at += after;
            // A group is one correlation's.
            let things: Vec<Thing> = things.into_iter()
                .map(|(correlation, of, step)| (correlation, u16::from(correlation) * 100 + of, Counts::Step(step)))
                .collect();
            deliver(&mut windows, &things, at);
            prop_assert!((1..4).all(|correlation| windows.count_of(&rule(correlation)) <= ROOM.groups_max.max(things.len())));
            prop_assert!(windows.entries() <= ROOM.entries_max + things.len());
            let sum: usize = (0..400).filter_map(|of| windows.get(&group(of))).map(|window| window.entries().len()).sum();
            prop_assert_eq!(sum, windows.entries());
        }
    }
}
