//! The reports over a trail that is written for them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::changes::{KINDS, change};
use super::{Range, Reading, Report, Table};
use crate::incident::{
    Approval, Digest, Event, HoldReason, IncidentId, Lapse, LoadCause, Opened, Outcome, RuleId, RuleVersion,
    SourceName, Timestamp, UserId,
};
use crate::trail::search::{Index, moment};
use crate::trail::store::{Append, Entry, Store};
use crate::trail::{MemoryStore, samples};

/// A trail, and the folder of its index.
struct Site {
    folder: tempfile::TempDir,
    store: MemoryStore,
}

impl Site {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), store: MemoryStore::default() }
    }

    fn append(&self, second: i64, event: &Event) {
        let entry = Entry {
            at: Timestamp::from_second(second).unwrap(),
            event: serde_json::to_vec(event).unwrap(),
            incidents: event.incidents().into_iter().cloned().collect(),
            ..samples::entry("")
        };
        samples::wait(self.store.append(Append { deliveries: Vec::new(), entries: vec![entry] })).unwrap();
    }

    /// An incident that is opened, contains somebody after `contained` and gives them back after `back`.
    fn contain(
        &self,
        number: u64,
        opened: i64,
        held: Option<HoldReason>,
        approved: bool,
        contained: i64,
        back: Option<i64>,
    ) {
        let incident = samples::incident(number);
        self.append(opened, &opening(number, held));
        if approved {
            let (actor, reason) = ("li".to_owned(), "seen".to_owned());
            let event =
                Event::IncidentApproved { incident: incident.clone(), actor, reason, approver: None, plan: None };
            self.append(opened + 1, &event);
        }
        let evidence = crate::incident::Evidence::of(crate::incident::Resolution::Given);
        let user_id = UserId::parse(&format!("u{number}")).unwrap();
        let resolved = Event::AccountResolved { incident: incident.clone(), user_id, evidence, beside: Vec::new() };
        self.append(opened + 1, &resolved);
        let read_back =
            |disabled| Event::StepVerified { incident: incident.clone(), step: 1, disabled: Some(disabled) };
        self.append(contained, &read_back(true));
        if let Some(back) = back {
            self.append(back, &read_back(false));
            self.append(back, &Event::IncidentClosed { incident: incident.clone(), outcome: Outcome::Done });
        }
    }

    fn report(&self, report: Report, since: Option<i64>, until: Option<i64>) -> Table {
        let index = Index::new(self.folder.path().to_owned());
        while !index.follow(&self.store).unwrap().is_all {}
        let at = |second: Option<i64>| second.map(|second| Timestamp::from_second(second).unwrap());
        let range = Range { since: at(since), until: at(until) };
        let reading = Reading { store: &self.store, index: &index };
        report.make(&reading, range, Timestamp::from_second(1_000).unwrap()).unwrap()
    }
}

fn opening(number: u64, held: Option<HoldReason>) -> Event {
    let sample = samples::events().into_iter().find_map(|event| match event {
        Event::IncidentsOpened { alert, opened, private, .. } => Some((alert, opened, private)),
        _ => None,
    });
    let (alert, mut opened, private) = sample.unwrap();
    let mut plan = opened.remove(0).plan;
    plan.incident = samples::incident(number);
    let source = SourceName::parse("okta").unwrap();
    Event::IncidentsOpened { alert, source, assurance: None, opened: vec![Opened { plan, held }], private }
}

fn column<'t>(table: &'t Table, name: &str) -> Vec<&'t Value> {
    table.rows.iter().map(|row| row.get(name).unwrap()).collect()
}

fn ids(numbers: &[u64]) -> Vec<Value> {
    numbers.iter().map(|number| json!(samples::incident(*number))).collect()
}

#[test]
fn every_report_has_a_name_and_says_what_stands_in_each_of_its_columns() {
    let site = Site::new();
    site.contain(1, 10, Some(HoldReason::Paused), true, 30, Some(90));
    site.append(5, &samples::events().into_iter().find(|event| event.kind() == "responder.paused").unwrap());
    site.append(6, &loaded("a", Some("li")));
    site.append(6, &Event::RulesListed { rules: Digest::of(b"a"), versions: versions(&[(1, "x")]) });
    for report in Report::ALL {
        assert_eq!(Report::parse(report.as_str()), Some(report));
        let names: BTreeSet<_> = report.columns().iter().map(|column| column.name).collect();
        assert_eq!(names.len(), report.columns().len(), "{}", report.as_str());
        let table = site.report(report, None, None);
        for row in &table.rows {
            assert_eq!(row.keys().map(String::as_str).collect::<BTreeSet<_>>(), names, "{}", report.as_str());
        }
        assert_eq!(table.rows.is_empty(), report == Report::ContainmentsWithoutApproval, "{}", report.as_str());
    }
    assert_eq!(Report::parse("everything"), None);
}

#[test]
fn containments_that_nobody_approved_are_listed_and_approved_ones_are_not() {
    let site = Site::new();
    site.contain(1, 10, None, false, 20, Some(50));
    site.contain(2, 11, Some(HoldReason::Paused), true, 30, None);
    site.contain(3, 12, None, false, 40, None);
    let table = site.report(Report::ContainmentsWithoutApproval, None, None);
    assert_eq!(column(&table, "incident"), ids(&[1, 3]).iter().collect::<Vec<_>>());
    assert_eq!(column(&table, "user_id"), [&json!("u1"), &json!("u3")]);
    assert_eq!(column(&table, "source"), [&json!("okta"), &json!("okta")]);
    assert_eq!(column(&table, "given_back_at"), [&json!("1970-01-01T00:00:50Z"), &Value::Null]);
    let table = site.report(Report::ContainmentsWithoutApproval, Some(40), Some(41));
    assert_eq!(column(&table, "incident"), ids(&[3]).iter().collect::<Vec<_>>());
}

#[test]
fn the_longest_containments_are_those_that_reach_into_the_time() {
    let site = Site::new();
    site.contain(1, 10, None, false, 20, Some(50));
    site.contain(2, 11, None, false, 30, None);
    site.contain(3, 12, None, false, 100, Some(200));
    let seconds = |since, until| {
        let table = site.report(Report::LongestContainments, since, until);
        column(&table, "seconds").iter().map(|seconds| seconds.as_i64().unwrap()).collect::<Vec<_>>()
    };
    // The second lasts until now.
    assert_eq!(seconds(None, None), [970, 100, 30]);
    assert_eq!(seconds(Some(60), None), [970, 100]);
    assert_eq!(seconds(None, Some(60)), [30, 30]);
    assert_eq!(seconds(None, Some(150)), [120, 50, 30]);
}

#[test]
fn what_was_held_is_listed_with_why_and_what_became_of_it() {
    let site = Site::new();
    site.contain(1, 10, Some(HoldReason::ProtectedListed), true, 30, None);
    let held =
        Event::IncidentHeld { incident: samples::incident(1), reason: HoldReason::Paused, failure: None, beyond: None };
    site.append(40, &held);
    site.append(50, &samples::events().remove(0));
    let table = site.report(Report::Held, None, None);
    assert_eq!(column(&table, "reason"), [&json!("protected_listed"), &json!("paused"), &json!("protected_listed")]);
    assert_eq!(column(&table, "became"), [&json!("approved"), &Value::Null, &Value::Null]);
    assert_eq!((column(&table, "by")[0], column(&table, "after_s")[0]), (&json!("li"), &json!(1)));
    assert_eq!(Value::from(table.summary), json!({"paused": 1, "protected_listed": 2}));
}

fn versions(rules: &[(u8, &str)]) -> Vec<RuleVersion> {
    let rule = |&(number, version): &(u8, &str)| RuleVersion {
        id: RuleId::parse(&format!("6f1d1a5e-0000-4000-8000-0000000000{number:02}")).unwrap(),
        version: Digest::of(version.as_bytes()),
    };
    rules.iter().map(rule).collect()
}

#[test]
fn each_rule_has_its_version_from_the_set_it_came_with_to_the_one_it_left_with() {
    let site = Site::new();
    site.append(5, &loaded("before there were lists", None));
    for (second, set, first, further) in [
        (10, "a", vec![(1, "x"), (2, "x")], Some((3, "x"))),
        (20, "a", vec![(1, "x"), (2, "x")], Some((3, "x"))),
        (30, "b", vec![(1, "y"), (2, "x")], None),
        (40, "c", vec![(2, "x"), (3, "x")], None),
    ] {
        let mut event = loaded(set, None);
        if let Event::RulesLoaded { versions: listed, .. } = &mut event {
            *listed = versions(&first);
        }
        site.append(second, &event);
        if let Some(further) = further {
            let rules = Digest::of(set.as_bytes());
            site.append(second, &Event::RulesListed { rules, versions: versions(&[further]) });
        }
    }
    let spans = |since, until| {
        let table = site.report(Report::RuleVersions, since, until);
        let second = |value: &Value| value.as_str().map(|at| at[17..19].to_owned()).unwrap_or_default();
        let row = |row: &serde_json::Map<String, Value>| {
            let (rule, is_x) = (row["rule"].as_str().unwrap(), row["version"] == json!(Digest::of(b"x")));
            let version = if is_x { "x" } else { "y" };
            format!("Rule {} {version} {}-{}", &rule[35..], second(&row["from"]), second(&row["until"]))
        };
        table.rows.iter().map(row).collect::<Vec<_>>()
    };
    let all = ["Rule 1 x 10-30", "Rule 2 x 10-", "Rule 3 x 10-30", "Rule 1 y 30-40", "Rule 3 x 40-"];
    assert_eq!(spans(None, None), all);
    let of_a_day = ["Rule 1 y 30-", "Rule 2 x 30-"];
    assert_eq!(spans(Some(35), Some(40)), of_a_day, "with what was in force when it began");
    let table = site.report(Report::RuleVersions, None, None);
    assert_eq!(table.summary["sets_without_a_list"], json!(1));
    assert_eq!(site.report(Report::RuleVersions, Some(30), Some(40)).summary["sets_without_a_list"], json!(0));
}

fn loaded(set: &str, actor: Option<&str>) -> Event {
    Event::RulesLoaded {
        rules: Digest::of(set.as_bytes()),
        count: 1,
        commit: Some(format!("commit-{set}")),
        signer: None,
        by: LoadCause::Start,
        actor: actor.map(str::to_owned),
        versions: Vec::new(),
    }
}

#[test]
fn the_rules_of_a_day_begin_with_those_that_were_in_force_when_it_began() {
    let site = Site::new();
    for (second, set) in [(10, "a"), (20, "b"), (30, "c"), (40, "b")] {
        site.append(second, &loaded(set, None));
    }
    let commits = |since, until| {
        let table = site.report(Report::RulesInForce, since, until);
        column(&table, "commit").iter().map(|commit| commit.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(commits(Some(25), Some(40)), ["commit-b", "commit-c"]);
    assert_eq!(commits(Some(20), Some(30)), ["commit-b"]);
    assert_eq!(commits(None, None), ["commit-a", "commit-b", "commit-c", "commit-b"]);
    assert_eq!(commits(None, Some(10)), Vec::<String>::new());
    let table = site.report(Report::RulesInForce, Some(25), Some(40));
    assert_eq!(column(&table, "until"), [&json!("1970-01-01T00:00:30Z"), &Value::Null]);
    assert_eq!(Value::from(table.summary), json!({"sets": 2}));
}

#[test]
fn times_to_containment_are_told_with_their_percentiles() {
    let site = Site::new();
    for number in 1..=10 {
        let number_s = i64::try_from(number).unwrap();
        let held = (number == 10).then_some(HoldReason::Paused);
        site.contain(number, 100, held, number == 10, 100 + number_s, None);
    }
    let table = site.report(Report::ContainmentTimes, None, None);
    assert_eq!(column(&table, "ms")[0], &json!(10_000));
    assert_eq!(
        table.summary["all"],
        json!({"count": 10, "p50_ms": 5_000, "p90_ms": 9_000, "p99_ms": 10_000, "max_ms": 10_000})
    );
    assert_eq!(table.summary["without_waiting_for_a_human"]["max_ms"], json!(9_000));
    let none = site.report(Report::ContainmentTimes, Some(900), None);
    assert_eq!(
        none.summary["all"],
        json!({"count": 0, "p50_ms": null, "p90_ms": null, "p99_ms": null, "max_ms": null})
    );
}

/// Whoever adds a kind that says who did something has to say here whether that is a change.
#[test]
fn every_kind_that_names_an_actor_is_a_change_but_for_reading() {
    let mut named = BTreeSet::new();
    for event in samples::events().into_iter().chain([loaded("a", Some("li"))]) {
        if serde_json::to_value(&event).unwrap().get("actor").is_some() {
            named.insert(event.kind());
            assert_eq!(change(&event).is_some(), KINDS.contains(&event.kind()), "{}", event.kind());
        }
    }
    let changes: BTreeSet<_> = KINDS.into_iter().filter(|kind| *kind != "rules.refused").collect();
    named.retain(|kind| {
        !["trail.read", "personal_data.read", "trail.exported", "access.signed_in", "access.signed_out"].contains(kind)
    });
    assert_eq!(named, changes);
}

#[test]
fn who_changed_what_is_told_with_their_words() {
    let site = Site::new();
    samples::events().iter().for_each(|event| site.append(10, event));
    site.append(20, &loaded("a", None));
    let table = site.report(Report::Changes, None, None);
    let paused = table.rows.iter().find(|row| row["what"] == "responder.paused" && row["of"] == "okta").unwrap();
    assert_eq!((&paused["actor"], &paused["reason"]), (&json!("test"), &json!("drill")));
    assert!(table.rows.iter().all(|row| row["what"] != "rules.loaded" && row["what"] != "trail.read"));
    // A file that somebody has changed on the disk is a change, whoever that was.
    let mut changed = loaded("b", None);
    if let Event::RulesLoaded { by, .. } = &mut changed {
        *by = LoadCause::FileChange;
    }
    site.append(30, &changed);
    let table = site.report(Report::Changes, None, None);
    assert!(table.rows.iter().any(|row| row["what"] == "rules.loaded" && row["actor"].is_null()));
}

#[test]
fn a_day_is_its_first_moment_in_utc() {
    assert_eq!(moment("2026-11-22"), "2026-11-22T00:00:00Z".parse().ok());
    assert_eq!(moment("2026-11-22T08:00:00+08:00"), "2026-11-22T00:00:00Z".parse().ok());
    for wrong in ["", "2026-11-2", "2026-13-01", "yesterday", "T026-11-22"] {
        assert_eq!(moment(wrong), None, "{wrong}");
    }
}

#[test]
fn an_incident_that_nobody_knows_is_a_row_without_its_story() {
    let site = Site::new();
    let unknown = IncidentId::parse("inc_00000000000000ff").unwrap();
    site.append(10, &Event::StepVerified { incident: unknown, step: 0, disabled: Some(true) });
    let table = site.report(Report::ContainmentsWithoutApproval, None, None);
    assert_eq!((table.rows.len(), column(&table, "source")), (1, vec![&Value::Null]));
}

#[test]
fn a_plan_that_wants_two_is_approved_by_two_and_not_by_one_and_the_clock() {
    let site = Site::new();
    let wanted = Approval { people: 2, within_s: 60, otherwise: Lapse::Act };
    let held = Some(HoldReason::ApprovalWanted);
    for (number, approvers, lapses) in [(1, 1, true), (2, 2, false), (3, 0, true)] {
        let incident = samples::incident(number);
        let mut event = opening(number, held);
        if let Event::IncidentsOpened { opened, .. } = &mut event {
            opened[0].plan.approval = Some(wanted);
        }
        site.append(10, &event);
        for approver in 0..approvers {
            let (actor, reason) = (format!("li{approver}"), "seen".to_owned());
            let approved =
                Event::IncidentApproved { incident: incident.clone(), actor, reason, approver: None, plan: None };
            site.append(11 + approver, &approved);
        }
        if lapses {
            site.append(70, &Event::ApprovalLapsed { incident: incident.clone(), otherwise: Lapse::Act });
        }
        site.append(80, &Event::StepVerified { incident, step: 1, disabled: Some(true) });
    }
    let unapproved = site.report(Report::ContainmentsWithoutApproval, None, None);
    assert_eq!(column(&unapproved, "incident"), ids(&[1, 3]).iter().collect::<Vec<_>>());
    let held = site.report(Report::Held, None, None);
    assert_eq!(column(&held, "became"), [&json!("lapsed, acted"), &json!("approved"), &json!("lapsed, acted")]);
    assert_eq!(column(&held, "after_s"), [&json!(60), &json!(2), &json!(60)]);
    assert_eq!(column(&held, "by"), [&json!(null), &json!("li1"), &json!(null)]);
    assert_eq!(held.rows[0]["why"], json!("1 had approved, and that was not enough"));
}
