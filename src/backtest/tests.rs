//! The comparison, on rules and alerts small enough to follow.

mod correlations;

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::incident::{
    Alert, AlertId, AlertSummary, Assurance, Digest, HoldReason, Ledger, LogSource, Opened, Pause, PauseScope, Pauses,
    SourceName, Timestamp,
};
use crate::response::{Decided, Standing, decide, targets};
use crate::rules::{LOCALES, RuleSet, SourceFile, compile};
use crate::trail::Pseudonyms;

const NONE: &str = "protected: []\n";

const PEOPLE: &str = "subject,user_id
zhang@example.com,zhangsan
zs@example.org,zhangsan
chief@example.com,chief
a@b.c,a
d@b.c,d
e@b.c,e
";

/// A rule that contains whoever stands in `who` when `a` is `value`.
fn rule(number: u32, value: &str, mode: &str, more: &str) -> SourceFile {
    let text = format!(
        "title: Rule {number}
id: 00000000-0000-4000-8000-00000000000{number}
owner: tests
logsource: {{product: test}}
detection:
  selection: {{a: {value}}}
  condition: selection
response:
  mode: {mode}
  account: {{email: who}}
  cooldown: 1h
  {more}
  steps:
    - sign_out: {{reason: 'x', employee_reason: account-takeover}}
    - disable: {{reason: 'x', expires_in: 8h}}
lint: {{allow: [untested-account-path], reason: made up}}
"
    );
    file(&format!("rule-{number}.yml"), &text)
}

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile { name: name.to_owned(), bytes: text.as_bytes().to_vec() }
}

fn set(guardrails: &str, rules: Vec<SourceFile>) -> RuleSet {
    let text = "account-takeover: 'Ask {{ contact }} about {{ incident.id }}.'\n";
    let mut files: Vec<_> = LOCALES.iter().map(|locale| file(&format!("reasons/{locale}.yml"), text)).collect();
    files.push(file("guardrails.yml", guardrails));
    files.push(file("identities.csv", PEOPLE));
    files.extend(rules);
    compile(&files).unwrap_or_else(|errors| panic!("{errors}"))
}

fn alert(key: &str, event: Value) -> Alert {
    let source = SourceName::parse("test").unwrap();
    let summary = AlertSummary {
        id: AlertId::derive(&source, key),
        source,
        assurance: Assurance::B,
        event_type: None,
        occurred_at: None,
        received_at: Timestamp::UNIX_EPOCH,
        body_digest: Digest::of(b""),
        event_digest: None,
        delivery_hints: [].into(),
        secret: "test".to_owned(),
    };
    let log_source = LogSource { product: Some("test".to_owned()), ..LogSource::default() };
    Alert {
        summary,
        key: key.to_owned(),
        next_key: None,
        by_content: Vec::new(),
        log_sources: Arc::from([log_source]),
        person: None,
        reason_user: [].into(),
        event,
    }
}

fn hour(hour: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + hour * 3_600).unwrap()
}

/// `(hour, a, who)` through both sets.
fn compare(before: Option<&RuleSet>, after: &RuleSet, alerts: &[(i64, &str, &str)]) -> Report {
    let (mut first, mut second) = (before.map(Rehearsal::new), Rehearsal::new(after));
    let mut comparison = Comparison::new(after.identities());
    for (number, (at, value, who)) in alerts.iter().enumerate() {
        let alert = alert(&number.to_string(), json!({"a": value, "who": who}));
        let before =
            first.as_mut().map_or_else(Ruling::default, |rules| rules.judge(&alert, hour(*at), &Pauses::default()));
        let after = second.judge(&alert, hour(*at), &Pauses::default());
        comparison.take(&alert.summary.id, hour(*at), &before, &after).unwrap();
    }
    comparison.report()
}

fn names(people: &[Person]) -> Vec<&str> {
    people.iter().map(|person| person.account.value()).collect()
}

fn outcomes(report: &Report) -> Vec<(&str, &str, u64)> {
    report.changes.iter().map(|change| (change.before.as_str(), change.after.as_str(), change.alerts)).collect()
}

#[test]
fn who_is_only_told_of_is_not_contained() {
    let mut telling = rule(1, "x", "enforce", "");
    let text = String::from_utf8(telling.bytes).unwrap();
    let steps = text.find("    - sign_out").unwrap()..text.find("lint:").unwrap();
    telling.bytes = text.replace(&text[steps], "    - notify: {channel: soc, text: t}\n").into_bytes();
    let report = compare(None, &set(NONE, vec![telling]), &[(0, "x", "a@b.c"), (1, "x", "a@b.c")]);
    assert_eq!((names(&report.newly), report.containments_after), (vec![], 0));
    assert_eq!(outcomes(&report), [("unmatched", "shadow", 2)]);
}

#[test]
fn who_is_contained_newly_no_longer_and_by_both_is_told_apart() {
    let before = set(NONE, vec![rule(1, "x", "enforce", ""), rule(2, "y", "enforce", "")]);
    let after = set(NONE, vec![rule(1, "x", "enforce", ""), rule(3, "z", "enforce", "")]);
    let alerts = [(0, "x", "a@b.c"), (1, "y", "d@b.c"), (2, "z", "e@b.c"), (3, "z", "e@b.c"), (4, "q", "f@b.c")];
    let report = compare(Some(&before), &after, &alerts);
    assert_eq!((names(&report.newly), names(&report.no_longer)), (vec!["e@b.c"], vec!["d@b.c"]));
    assert_eq!((names(&report.both), names(&report.held)), (vec!["a@b.c"], vec![]));
    assert_eq!((report.alerts, report.changed), (5, 3));
    assert_eq!(outcomes(&report), [("unmatched", "contained", 2), ("contained", "unmatched", 1)]);

    let side = report.newly[0].after.as_ref().unwrap();
    assert_eq!((side.alerts, side.span.first.at, side.span.last.at), (2, hour(2), hour(3)));
    assert_eq!((side.by_rule.len(), side.by_rule[0].rule.title.as_str(), side.by_rule[0].alerts), (1, "Rule 3", 2));
    assert!(report.newly[0].before.is_none());
    let counts: Vec<_> = report
        .rules
        .iter()
        .map(|c| (c.rule.title.as_str(), c.alerts_before, c.alerts_after, c.accounts_before, c.accounts_after))
        .collect();
    assert_eq!(counts, [("Rule 1", 1, 1, 1, 1), ("Rule 2", 1, 0, 1, 0), ("Rule 3", 0, 2, 0, 1)]);
}

#[test]
fn a_protected_account_is_held_by_the_guard_layer_and_every_repeat_with_it() {
    let protected = "protected:\n  - {email: chief@example.com, why: test}\n";
    let rules = || vec![rule(1, "x", "enforce", "")];
    let alerts = [(0, "x", "chief@example.com"), (1, "x", "chief@example.com"), (2, "x", "a@b.c")];
    let report = compare(Some(&set(NONE, rules())), &set(protected, rules()), &alerts);
    assert_eq!((names(&report.held), names(&report.no_longer)), (vec!["chief@example.com"], vec!["chief@example.com"]));
    let side = report.held[0].after.as_ref().unwrap();
    assert_eq!((side.held, side.contained, side.alerts), (Some(HoldReason::ProtectedListed), false, 2));
    assert_eq!(side.by_rule[0].held, Some(HoldReason::ProtectedListed));
    assert_eq!(outcomes(&report), [("contained", "held", 2)]);
    assert_eq!((report.containments_before, report.containments_after), (2, 1));
    assert_eq!((report.rules[0].accounts_before, report.rules[0].accounts_after), (2, 1));
}

#[test]
fn whom_nothing_leads_to_is_held_as_the_server_would_and_every_repeat_with_it() {
    let rules = set(NONE, vec![rule(1, "x", "enforce", "")]);
    let alerts = [(0, "x", "nobody@else.com"), (1, "x", "nobody@else.com"), (2, "x", "A@B.C")];
    let report = compare(None, &rules, &alerts);
    assert_eq!((names(&report.newly), names(&report.held)), (vec!["a@b.c"], vec!["nobody@else.com"]));
    let side = report.held[0].after.as_ref().unwrap();
    assert_eq!((side.held, side.alerts), (Some(HoldReason::AccountUnresolvable), 2));
    assert_eq!(outcomes(&report), [("unmatched", "held", 2), ("unmatched", "contained", 1)]);
    assert_eq!((report.containments_after, report.rules[0].accounts_after), (1, 1));
}

#[test]
fn whom_dingtalk_looks_up_itself_is_not_held_for_want_of_an_identity() {
    for (kind, contained) in [
        ("user_id", true),
        ("login_id", true),
        ("mobile", true),
        ("union_id", true),
        ("email", false),
        ("job_number", false),
    ] {
        let named = |kind: &str| {
            let file = rule(1, "x", "enforce", "");
            let text = String::from_utf8(file.bytes).unwrap().replace("email: who", &format!("{kind}: who"));
            SourceFile { bytes: text.into_bytes(), ..file }
        };
        let report = compare(None, &set(NONE, vec![named(kind)]), &[(0, "x", "13800000000")]);
        assert_eq!((report.newly.len(), report.held.len()), if contained { (1, 0) } else { (0, 1) }, "{kind}");
        let rules = set(NONE, vec![named(kind)]);
        let alert = alert("1", json!({ "a": "x", "who": "13800000000" }));
        let ruling = Rehearsal::new(&rules).with_index(true).judge(&alert, hour(0), &Pauses::default());
        assert_eq!(ruling.outcome, Outcome::Contained, "{kind}, with a directory index");
    }
}

#[test]
fn a_containment_covers_repeats_until_its_disable_is_undone() {
    let rules = set(NONE, vec![rule(1, "x", "enforce", "")]);
    let alerts = [0, 2, 7, 8].map(|at| (at, "x", "a@b.c"));
    let report = compare(None, &rules, &alerts);
    // The one of hour 0 is live until hour 8, when another begins.
    assert_eq!((report.containments_before, report.containments_after), (0, 2));
    assert_eq!(report.newly[0].after.as_ref().unwrap().alerts, 4);
    assert_eq!(outcomes(&report), [("unmatched", "contained", 4)]);
}

#[test]
fn watching_and_lacking_proof_contain_nobody() {
    let rules = set(NONE, vec![rule(1, "x", "shadow", ""), rule(2, "y", "enforce", "assurance: A")]);
    let report = compare(None, &rules, &[(0, "x", "a@b.c"), (1, "y", "a@b.c")]);
    assert!(report.newly.is_empty() && report.held.is_empty());
    assert_eq!(outcomes(&report), [("unmatched", "shadow", 1), ("unmatched", "held", 1)]);
    assert_eq!(report.rules.len(), 2);
}

#[test]
fn alerts_that_name_nobody_are_counted_by_reason_once_each() {
    let before = set(NONE, vec![rule(1, "x", "enforce", "")]);
    let after = set(
        NONE,
        vec![rule(1, "x", "enforce", ""), rule(2, "x", "enforce", ""), rule(3, "y", "enforce", "assurance: A")],
    );
    let report = compare(Some(&before), &after, &[(0, "x", ""), (1, "y", "a@b.c"), (2, "x", "a b"), (3, "x", "a@b.c")]);
    let counts: Vec<_> = report.unnamed.iter().map(|u| (u.reason, u.alerts_before, u.alerts_after)).collect();
    assert_eq!(counts, [(HoldReason::AccountNotNamed, 2, 2), (HoldReason::AssuranceTooLow, 0, 1)]);
}

#[test]
fn an_alert_that_two_rules_contain_somebody_for_is_one_alert() {
    let rules = set(NONE, vec![rule(1, "x", "enforce", ""), rule(2, "x", "enforce", "")]);
    let report = compare(None, &rules, &[(0, "x", "a@b.c"), (1, "x", "a@b.c")]);
    let side = report.newly[0].after.as_ref().unwrap();
    let by_rule: Vec<_> = side.by_rule.iter().map(|on_rule| (on_rule.rule.title.as_str(), on_rule.alerts)).collect();
    assert_eq!((side.alerts, by_rule), (2, vec![("Rule 1", 2), ("Rule 2", 2)]));
    assert_eq!(report.containments_after, 1, "they share one plan");
}

#[test]
fn contained_once_is_contained_whatever_else_was_held() {
    let rules = set(NONE, vec![rule(1, "x", "enforce", "")]);
    let alert = alert("1", json!({"a": "x", "who": "a@b.c"}));
    let (held, contained) = (
        Rehearsal::new(&rules).judge(&alert, hour(0), &all_paused()),
        Rehearsal::new(&rules).judge(&alert, hour(0), &Pauses::default()),
    );
    for both in [[&held, &contained], [&contained, &held]] {
        let mut comparison = Comparison::new(rules.identities());
        for ruling in both {
            comparison.take(&alert.summary.id, hour(0), &Ruling::default(), ruling).unwrap();
        }
        let report = comparison.report();
        assert_eq!((names(&report.newly), names(&report.held)), (vec!["a@b.c"], vec![]));
        let side = report.newly[0].after.as_ref().unwrap();
        assert_eq!((side.contained, side.held, side.by_rule[0].held), (true, Some(HoldReason::Paused), None));
        assert_eq!((report.rules[0].accounts_after, side.alerts), (1, 2));
    }
}

#[test]
fn one_person_under_two_names_is_one_account() {
    let rules = set(NONE, vec![rule(1, "x", "enforce", "")]);
    let report = compare(None, &rules, &[(0, "x", "zhang@example.com"), (1, "x", "zs@example.org")]);
    assert_eq!(names(&report.newly), ["zhang@example.com"]);
    assert_eq!(report.newly[0].after.as_ref().unwrap().alerts, 2);
}

#[test]
fn an_alert_that_contains_somebody_else_comes_out_otherwise() {
    let other = |value: &str| {
        let mut file = rule(1, "x", "enforce", "");
        let text = String::from_utf8(file.bytes).unwrap().replace("email: who", &format!("email: {value}"));
        file.bytes = text.into_bytes();
        set(NONE, vec![file])
    };
    let alert = alert("1", json!({"a": "x", "who": "a@b.c", "by": "d@b.c"}));
    let (before, after) = (other("who"), other("by"));
    let mut comparison = Comparison::new(after.identities());
    let (before, after) = (
        Rehearsal::new(&before).judge(&alert, hour(0), &Pauses::default()),
        Rehearsal::new(&after).judge(&alert, hour(0), &Pauses::default()),
    );
    comparison.take(&alert.summary.id, hour(0), &before, &after).unwrap();
    let report = comparison.report();
    assert_eq!((names(&report.newly), names(&report.no_longer)), (vec!["d@b.c"], vec!["a@b.c"]));
    assert_eq!(outcomes(&report), [("contained", "contained", 1)]);
}

#[test]
fn a_budget_holds_and_those_it_newly_holds_are_counted() {
    let budget = |per_hour: u32| format!("{NONE}budgets: {{each_rule: {{per_hour: {per_hour}}}}}\n");
    let rules = |per_hour| set(&budget(per_hour), vec![rule(1, "x", "enforce", "")]);
    let alerts =
        [(0, "x", "a@b.c"), (0, "x", "d@b.c"), (0, "x", "e@b.c"), (0, "x", "e@b.c"), (1, "x", "zhang@example.com")];
    let (one, nine) = (rules(1), rules(9));
    let report = compare(None, &one, &alerts);
    assert_eq!(
        (names(&report.newly), names(&report.held)),
        (vec!["a@b.c", "zhang@example.com"], vec!["d@b.c", "e@b.c"])
    );
    let side = report.held[0].after.as_ref().unwrap();
    assert_eq!((side.held, side.held_by_budget), (Some(HoldReason::RuleBudget), true));
    assert_eq!((report.newly_held_by_budget(), report.containments_after), (2, 2));
    assert_eq!(compare(Some(&one), &one, &alerts).newly_held_by_budget(), 0, "they were held before");
    assert_eq!(compare(Some(&nine), &one, &alerts).newly_held_by_budget(), 0, "they were contained before");
    let report = compare(Some(&one), &nine, &alerts);
    assert_eq!((names(&report.newly), report.held.len()), (vec!["d@b.c", "e@b.c"], 0));
}

#[test]
fn what_was_drawn_before_the_time_asked_for_counts_for_budgets() {
    let budgets = format!("{NONE}budgets: {{each_rule: {{per_hour: 1}}}}\n");
    let rules = set(&budgets, vec![rule(1, "x", "enforce", "")]);
    let [before, after] = ["a@b.c", "d@b.c"].map(|who| alert(who, json!({"a": "x", "who": who})));
    let plan = recorded(&rules, &before, &Standing::default(), hour(0)).opened.remove(0).plan;
    for (at, outcome) in [(0, Outcome::Held), (1, Outcome::Contained)] {
        let mut rehearsal = Rehearsal::new(&rules);
        rehearsal.spend(&plan, hour(0));
        assert_eq!(rehearsal.judge(&after, hour(at), &Pauses::default()).outcome, outcome);
    }
}

fn all_paused() -> Pauses {
    let mut pauses = Pauses::default();
    let pause = Pause { actor: "a".to_owned(), reason: "b".to_owned(), at: Timestamp::UNIX_EPOCH };
    pauses.begin(PauseScope::All, pause);
    pauses
}

#[test]
fn a_pause_holds_both_sides() {
    let rules = set(NONE, vec![rule(1, "x", "enforce", "")]);
    let alert = alert("1", json!({"a": "x", "who": "a@b.c"}));
    assert_eq!(Rehearsal::new(&rules).judge(&alert, hour(0), &all_paused()).outcome, Outcome::Held);
    assert_eq!(Rehearsal::new(&rules).judge(&alert, hour(0), &Pauses::default()).outcome, Outcome::Contained);
}

/// What the server would have recorded, and when.
fn recorded(rules: &RuleSet, alert: &Alert, standing: &Standing, at: Timestamp) -> Decided {
    let evaluation = rules.evaluate(alert);
    let targets = targets(alert, evaluation.matches, &Pseudonyms::new(&[1; 32]));
    let nearest = evaluation.nearest.and_then(|nearest| nearest.miss(&alert.event));
    decide(alert, targets, nearest, standing, &mut Ledger::default(), rules, at)
}

fn read(record: &mut Recorded, decided: &Decided, earlier: Option<&Known>) -> Ruling {
    let Decided { verdict, opened, subjects, .. } = decided;
    record.ruling(verdict, opened, subjects, hour(0), |_| Ok::<_, ()>(earlier.cloned())).unwrap()
}

#[test]
fn the_record_says_what_the_rules_said() {
    let protected = "protected:\n  - {email: chief@example.com, why: test}\n";
    let rules = set(protected, vec![rule(1, "x", "enforce", ""), rule(2, "w", "shadow", "")]);
    for (value, who) in [("x", "a@b.c"), ("x", "chief@example.com"), ("x", "not a name"), ("w", "a@b.c"), ("q", "")] {
        let alert = alert("1", json!({"a": value, "who": who}));
        let decided = recorded(&rules, &alert, &Standing::default(), hour(0));
        let read = read(&mut Recorded::default(), &decided, None);
        assert_eq!(read, Rehearsal::new(&rules).judge(&alert, hour(0), &Pauses::default()), "{value} {who}");
    }
}

#[test]
fn a_repeat_of_an_incident_before_the_first_alert_is_looked_up() {
    let rules = set(NONE, vec![rule(1, "x", "enforce", "")]);
    let alert = alert("1", json!({"a": "x", "who": "a@b.c"}));
    let first = recorded(&rules, &alert, &Standing::default(), hour(0));
    let Opened { plan, .. } = &first.opened[0];
    let (incident, extent) = (plan.incident.clone(), plan.extent());
    let cover = crate::trail::Cover {
        incident,
        opened_at: hour(0),
        live: true,
        held: None,
        extent,
        departments: Vec::new(),
        user_id: None,
    };
    let key = (plan.rules[0].id.clone(), plan.account.clone());
    let standing = Standing { covers: [(key, cover)].into(), ..Standing::default() };
    let repeat = recorded(&rules, &alert, &standing, hour(1));
    assert!(repeat.opened.is_empty());

    let account = first.subjects.values().next().unwrap().account.clone();
    for (held, outcome) in [(None, Outcome::Contained), (Some(HoldReason::Paused), Outcome::Held)] {
        let known = Known { account: account.clone(), touches: true, held, opened_at: hour(0) };
        let ruling = read(&mut Recorded::default(), &repeat, Some(&known));
        assert_eq!((ruling.outcome, ruling.touched[0].held, ruling.begun), (outcome, held, 0));
    }
    // An erased one names nobody, and is taken to contain somebody.
    let ruling = read(&mut Recorded::default(), &repeat, None);
    assert_eq!((ruling.outcome, ruling.touched.len()), (Outcome::Contained, 0));
    // One that was seen is not looked up.
    let mut record = Recorded::default();
    read(&mut record, &first, None);
    assert_eq!(read(&mut record, &repeat, None).touched.len(), 1);
}

#[test]
fn the_report_names_people_and_says_nothing_of_events() {
    let rules = set(NONE, vec![rule(1, "x", "enforce", "")]);
    let report = serde_json::to_value(compare(None, &rules, &[(0, "x", "a@b.c")])).unwrap();
    assert_eq!(report["newly"][0]["account"], "email:a@b.c");
    assert_eq!(report["newly"][0]["after"]["by_rule"][0]["rule"]["title"], "Rule 1");
    assert_eq!(report["changes"][0]["before"], "unmatched");
    assert_eq!(report["span"]["first"]["at"], hour(0).to_string());
}
