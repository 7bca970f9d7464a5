//! Correlations over the past: they count as the server would have counted, and act as other rules do.

use std::time::Duration;

use super::*;
use crate::incident::{Ledger, Windows};
use crate::response::Judged;

/// Three of rule 1 by one person within an hour.
fn counting() -> SourceFile {
    file("three.yml", COUNTING)
}

/// The same that only watches: what another counts may not act.
fn watching() -> SourceFile {
    file("three.yml", &COUNTING.replace("enforce", "shadow"))
}

const COUNTING: &str = "title: Three
id: 00000000-0000-4000-8000-000000000009
owner: tests
correlation:
  type: event_count
  rules: 00000000-0000-4000-8000-000000000001
  group-by: who
  timespan: 1h
  condition: {gte: 3}
response:
  mode: enforce
  account: {email: who}
  cooldown: 1h
  steps:
    - sign_out: {reason: 'x', employee_reason: account-takeover}
    - disable: {reason: 'x', expires_in: 8h}
";

fn three(guardrails: &str) -> RuleSet {
    set(guardrails, vec![rule(1, "x", "shadow", ""), counting()])
}

fn minute(minute: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + minute * 60).unwrap()
}

/// `who` at this minute, as the server would have received it.
fn seen(number: i64, who: &str) -> (Alert, Timestamp) {
    let mut alert = alert(&format!("{number} {who}"), json!({"a": "x", "who": who}));
    alert.summary.received_at = minute(number);
    (alert, minute(number))
}

/// What the rules say to somebody at each of these minutes.
fn outcomes_at(rehearsal: &mut Rehearsal<'_>, who: &str, minutes: &[i64]) -> Vec<Outcome> {
    let judge = |number: &i64| {
        let (alert, at) = seen(*number, who);
        rehearsal.judge(&alert, at, &Pauses::default()).outcome
    };
    minutes.iter().map(judge).collect()
}

#[test]
fn a_correlation_contains_whom_it_finds_and_its_rule_no_longer_does() {
    let (before, after) = (set(NONE, vec![rule(1, "x", "enforce", "")]), three(NONE));
    let (mut first, mut second) = (Rehearsal::new(&before), Rehearsal::new(&after));
    let mut comparison = Comparison::new(after.identities());
    for (number, who) in [(0, "a@b.c"), (1, "d@b.c"), (2, "a@b.c"), (3, "a@b.c"), (4, "a@b.c"), (5, "d@b.c")] {
        let (alert, at) = seen(number, who);
        let (before, after) =
            (first.judge(&alert, at, &Pauses::default()), second.judge(&alert, at, &Pauses::default()));
        comparison.take(&alert.summary.id, at, &before, &after).unwrap();
    }
    let report = comparison.report();
    assert_eq!((names(&report.both), names(&report.no_longer)), (vec!["a@b.c"], vec!["d@b.c"]));
    let side = report.both[0].after.as_ref().unwrap();
    assert_eq!((side.by_rule.len(), side.by_rule[0].rule.title.as_str(), side.alerts), (1, "Three", 1));
    assert_eq!(side.span.first.at, minute(3), "by the third of them");
    assert_eq!((report.containments_before, report.containments_after), (2, 1));
}

#[test]
fn a_window_slides_and_a_match_is_told_once() {
    use Outcome::{Contained, Unmatched};
    let rules = three(NONE);
    let of = |minutes: &[i64]| outcomes_at(&mut Rehearsal::new(&rules), "a@b.c", minutes);
    assert_eq!(of(&[0, 30, 59]), [Unmatched, Unmatched, Contained]);
    assert_eq!(of(&[0, 30, 60]), [Unmatched; 3]);
    assert_eq!(of(&[0, 1, 2, 3, 4]), [Unmatched, Unmatched, Contained, Unmatched, Unmatched]);
    assert_eq!(of(&[0, 1, 2, 90, 91, 92])[5], Contained, "the window has emptied, and fills again");
}

#[test]
fn what_came_before_the_first_alert_counts_and_contains_nobody() {
    let rules = three(NONE);
    let mut rehearsal = Rehearsal::new(&rules);
    for number in [0, 1] {
        let (alert, at) = seen(number, "a@b.c");
        rehearsal.remember(&alert, at);
    }
    assert_eq!(outcomes_at(&mut rehearsal, "d@b.c", &[2]), [Outcome::Unmatched]);
    assert_eq!(outcomes_at(&mut rehearsal, "a@b.c", &[3]), [Outcome::Contained]);
    // Told before the first alert, so it is not told again.
    let mut rehearsal = Rehearsal::new(&rules);
    for number in [0, 1, 2] {
        let (alert, at) = seen(number, "a@b.c");
        rehearsal.remember(&alert, at);
    }
    assert_eq!(outcomes_at(&mut rehearsal, "a@b.c", &[3]), [Outcome::Unmatched]);
}

#[test]
fn rules_look_back_as_far_as_what_they_build_on() {
    let quarter = Duration::from_mins(15);
    assert_eq!(set(NONE, vec![rule(1, "x", "enforce", "")]).looks_back(), Duration::ZERO);
    assert_eq!(three(NONE).looks_back(), Duration::from_hours(1) + quarter);
    let upper = COUNTING
        .replace("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000009")
        .replace("id: 00000000-0000-4000-8000-000000000009", "id: 00000000-0000-4000-8000-000000000008")
        .replace("timespan: 1h", "timespan: 2h");
    let rules = set(NONE, vec![rule(1, "x", "shadow", ""), watching(), file("upper.yml", &upper)]);
    assert_eq!(rules.looks_back(), Duration::from_hours(3) + quarter * 2);
}

#[test]
fn a_correlation_that_another_counts_contains_nobody_itself() {
    let upper = "title: Upper\nid: 00000000-0000-4000-8000-000000000008\ncorrelation:\n  type: event_count\n  rules: 00000000-0000-4000-8000-000000000009\n  group-by: who\n  timespan: 1h\n  condition: {gte: 2}\n";
    let generating = format!("{upper}  generate: true\n");
    let outcome = |lower: SourceFile, upper: &str| {
        let rules = set(NONE, vec![rule(1, "x", "shadow", ""), lower, file("upper.yml", upper)]);
        outcomes_at(&mut Rehearsal::new(&rules), "a@b.c", &[0, 1, 2]).pop()
    };
    assert_eq!(outcome(watching(), upper), Some(Outcome::Unmatched));
    assert_eq!(outcome(watching(), &generating), Some(Outcome::Shadow));
    assert_eq!(outcome(counting(), &generating), Some(Outcome::Contained));
}

#[test]
fn whom_a_correlation_finds_is_protected_like_anybody() {
    let rules = three("protected:\n  - {email: chief@example.com, why: test}\n");
    let mut rehearsal = Rehearsal::new(&rules);
    assert_eq!(outcomes_at(&mut rehearsal, "chief@example.com", &[0, 1, 2])[2], Outcome::Held);
    assert_eq!(outcomes_at(&mut rehearsal, "a@b.c", &[3, 4, 5])[2], Outcome::Contained);
}

#[test]
fn an_event_that_came_too_late_counts_no_more_than_for_the_server() {
    let rules = three(NONE);
    let mut rehearsal = Rehearsal::new(&rules);
    assert_eq!(outcomes_at(&mut rehearsal, "a@b.c", &[0, 1]), [Outcome::Unmatched; 2]);
    let (mut late, at) = seen(20, "a@b.c");
    late.summary.occurred_at = Some(minute(2));
    assert_eq!(rehearsal.judge(&late, at, &Pauses::default()).outcome, Outcome::Unmatched, "18 minutes late");
    let (mut in_time, at) = seen(21, "a@b.c");
    in_time.summary.occurred_at = Some(minute(7));
    assert_eq!(rehearsal.judge(&in_time, at, &Pauses::default()).outcome, Outcome::Contained, "14 minutes late");
}

#[test]
fn the_record_of_a_correlation_says_what_the_rules_said() {
    let rules = three(NONE);
    let pseudonyms = Pseudonyms::new(&[1; 32]);
    let (mut windows, mut record, mut rehearsal) = (Windows::default(), Recorded::default(), Rehearsal::new(&rules));
    for number in 0..3 {
        let (alert, at) = seen(number, "a@b.c");
        let mut judged = Judged::of(&rules, &alert, &pseudonyms);
        let wanted: Vec<_> = judged.windows().collect();
        let mut ahead = windows.ahead(&wanted, None, at);
        let tally = judged.count(&rules, &alert, &pseudonyms, &mut ahead);
        tally.counted.iter().for_each(|counted| windows.apply(counted, at));
        let decided = judged.decide(&alert, &Standing::default(), &mut Ledger::default(), &rules, at);
        assert_eq!(read(&mut record, &decided, None), rehearsal.judge(&alert, at, &Pauses::default()), "{number}");
    }
    assert_eq!(windows.count(), 1);
}
