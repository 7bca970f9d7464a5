//! Budgets of the departments that an account is in, and those that are a share of the people there are.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use portcullis::incident::{
    Asked, Beyond, DepartmentId, DepartmentSpent, Event, HoldReason, Incident, IncidentId, Spent, Status,
};
use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::json;

use super::concurrency::at_once;
use crate::harness::{AUDITOR, CONTAINED, Delivery, ENGINEER, Kept, RESPONDER, Set, TestApp, edit};

const HOUR: Duration = Duration::from_secs(3_600);
/// Those with an odd number are in the department 31, the others in 32; both are part of 3.
const PEOPLE: u32 = 30;

/// Gives everybody an account, and sets these budgets; no breaker is in the way.
pub(super) fn set(rules: &Path, budgets: &str) {
    let mut people = String::from("lisi\n");
    (1..=PEOPLE).for_each(|number| writeln!(people, "person{number}@example.com,user{number:04}").unwrap());
    edit(rules, "identities.csv", "lisi\n", &people);
    replace(rules, budgets);
}

pub(super) fn replace(rules: &Path, budgets: &str) {
    let wide = "each_rule: {per_hour: 100, per_day: 1000}, each_source: {per_hour: 100, per_day: 1000}";
    let usual = if budgets.contains("organization") { "" } else { ", organization: {per_hour: 100, per_day: 1000}" };
    let breakers = "breakers: {each_rule: {accounts: 1000}, each_source: {accounts: 1000}}";
    let text = format!("protected: []\nbudgets: {{{wide}{usual}, {budgets}}}\n{breakers}\n");
    std::fs::write(rules.join("guardrails.yml"), text).unwrap();
}

async fn started(rules: fn(&Path)) -> TestApp {
    TestApp::start_with(Set { rules, ..Set::default() }).await
}

fn alert(number: u32, app: &TestApp) -> Delivery {
    Delivery::of_high_risk(&format!("person{number}@example.com"), number, app.now())
}

async fn open(number: u32, app: &TestApp) -> IncidentId {
    app.open(&alert(number, app)).await
}

async fn contained(number: u32, app: &TestApp) -> IncidentId {
    let incident = open(number, app).await;
    app.until_contained(&incident).await;
    incident
}

async fn held(number: u32, reason: HoldReason, app: &TestApp) -> IncidentId {
    let incident = open(number, app).await;
    app.until(&incident, |state| state.status == Status::Held(reason)).await;
    incident
}

/// What the record says of why it was held at dispatch.
fn beyond(incident: &IncidentId, app: &TestApp) -> Beyond {
    let held = app.records_of("incident.held").into_iter().rev().find_map(|record| match record.event {
        Event::IncidentHeld { incident: of, beyond, .. } if of == *incident => beyond,
        _ => None,
    });
    held.expect("the record has the numbers")
}

fn drawn(id: i64, hour: u32, day: u32) -> DepartmentSpent {
    DepartmentSpent { department: DepartmentId::new(id), spent: Some(Spent { hour, day }) }
}

async fn reload(app: &TestApp) {
    assert_eq!(app.post("/v1/rules/reload", ENGINEER, &json!({})).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_a_departments_budget_a_human_is_asked_with_the_numbers() {
    let app = started(|rules| set(rules, "departments: {31: {per_hour: 1}, 3: {per_day: 3}}")).await;
    let first = contained(1, &app).await;
    let mut story = CONTAINED.to_vec();
    story.insert(2, "drawn");
    assert_eq!(app.story(&first), story);
    assert_eq!(app.incident(&first).departments, [drawn(3, 1, 1), drawn(31, 1, 1)]);

    let second = held(3, HoldReason::DepartmentBudget, &app).await;
    let of_31 = Beyond {
        asked: Asked::Dispatch,
        department: Some(DepartmentId::new(31)),
        spent: Spent { hour: 2, day: 2 },
        per_hour: 1,
        per_day: 10_000,
        people: None,
    };
    assert_eq!(beyond(&second, &app), of_31);
    let spent: Vec<_> = app.incident(&second).departments.iter().map(|drawn| drawn.spent.is_some()).collect();
    assert_eq!(spent, [false, true], "what one department has too much of uses up nothing of the wider one");

    for number in [2, 4] {
        contained(number, &app).await;
    }
    let wider = held(6, HoldReason::DepartmentBudget, &app).await;
    assert_eq!(beyond(&wider, &app).department, Some(DepartmentId::new(3)), "it counts those below it");

    app.approve(&second).await;
    app.until_contained(&second).await;
    app.advance(24 * HOUR);
    contained(8, &app).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_departments_have_spent_is_known_after_a_restart() {
    let rules: fn(&Path) = |rules| set(rules, "each_department: {per_hour: 2}");
    let app = TestApp::start_with(Set { rules, kept: Kept::BySled, ..Set::default() }).await;
    for number in [1, 2] {
        contained(number, &app).await;
    }
    let app = app.restart().await;
    let third = held(3, HoldReason::DepartmentBudget, &app).await;
    assert_eq!(beyond(&third, &app).department, Some(DepartmentId::new(3)), "each counts, also one above");
    let app = app.restart().await;
    app.advance(HOUR);
    contained(5, &app).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_no_department_has_more_than_its_budget() {
    let app = started(|rules| set(rules, "departments: {3: {per_hour: 5}, 32: {per_hour: 2}}")).await;
    let answers = at_once(&app, (1..=PEOPLE).map(|number| alert(number, &app)).collect()).await;
    assert!(answers.iter().all(|answer| answer.status == 202));
    // No time passes, or there would be room again.
    for record in app.records_of("alert.admitted") {
        let Event::AlertAdmitted { opened, .. } = record.event else { unreachable!() };
        let is_settled = |state: &Incident| state.is_containing() || matches!(state.status, Status::Held(_));
        app.until(&opened[0].plan.incident, is_settled).await;
    }
    let disabled = |parity: u32| {
        let numbers = (1..=PEOPLE).filter(|number| number % 2 == parity);
        numbers.filter(|number| app.dingtalk().account(&format!("user{number:04}")).unwrap().disabled).count()
    };
    let [of_32, of_31] = [0, 1].map(disabled);
    assert!(of_32 <= 2 && of_31 + of_32 == 5, "{of_31} and {of_32}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_waits_with_the_one_that_a_departments_budget_holds_until_there_is_room() {
    let app = started(|rules| set(rules, "departments: {31: {per_hour: 1}}")).await;
    contained(1, &app).await;
    held(3, HoldReason::DepartmentBudget, &app).await;
    let again = |number| Delivery::of_high_risk("person3@example.com", number, app.now());
    let opened = || app.app.trail().board(|board| board.live_count());
    assert_eq!(app.deliver(&again(103)).await.status, 202);
    assert_eq!(opened(), 2, "it would have to wait as well");
    app.advance(HOUR);
    let second = app.open(&again(203)).await;
    app.until_contained(&second).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_department_cannot_be_told_waits_where_departments_have_budgets() {
    let app = started(|rules| set(rules, "each_department: {per_hour: 9}")).await;
    app.dingtalk().inject(Fault::new(FaultKind::PermissionDenied).on(Api::DepartmentGet)).unwrap();
    let incident = open(1, &app).await;
    app.until(&incident, |state| matches!(state.status, Status::Held(_))).await;
    assert_eq!(app.dingtalk().calls_to(Api::SignOut), []);
    app.dingtalk().clear_faults();
    app.approve(&incident).await;
    app.until_contained(&incident).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_that_is_new_counts_what_is_planned_and_not_done_and_what_is_asked_for_by_hand() {
    let app = started(|rules| set(rules, "organization: {per_hour: 100}")).await;
    app.dingtalk().inject(Fault::new(FaultKind::Busy).on(Api::SignOut).until_cleared()).unwrap();
    let waits = open(1, &app).await;
    app.until_postponed(&waits, 0, 1).await;
    replace(&app.config.resolve(&app.config.rules.folder), "each_department: {per_hour: 0}");
    reload(&app).await;
    app.dingtalk().clear_faults();
    app.until_in_time(&waits, |state| state.status == Status::Held(HoldReason::DepartmentBudget)).await;
    let account = json!({ "kind": "user_id", "value": "user0003" });
    let asked = json!({ "account": account, "steps": ["disable"], "expires_in_s": 3600, "reason": "a drill" });
    let answer = app.post("/v1/incidents", RESPONDER, &asked).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let by_hand = IncidentId::parse(answer.body["incident"].as_str().unwrap()).unwrap();
    app.until(&by_hand, |state| state.status == Status::Held(HoldReason::DepartmentBudget)).await;
    assert_eq!(app.dingtalk().received(Api::Disable), 0);
    assert_eq!(app.records_of("budget.drawn").len(), 2);
    app.approve(&by_hand).await;
    app.until_contained(&by_hand).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_counts_the_people_a_share_alone_asks_a_human_and_beside_numbers_it_does_not() {
    let app = started(|rules| set(rules, "each_department: {percent_per_day: 50}")).await;
    let first = held(1, HoldReason::DepartmentBudget, &app).await;
    assert_eq!((beyond(&first, &app).per_day, beyond(&first, &app).people), (0, None));
    app.end().await;
    let app = started(|rules| set(rules, "each_department: {per_day: 1, percent_per_day: 50}")).await;
    contained(1, &app).await;
    held(3, HoldReason::DepartmentBudget, &app).await;
    app.end().await;
    let app = started(|rules| set(rules, "organization: {percent_per_hour: 50}")).await;
    let first = open(1, &app).await;
    assert_eq!(app.story(&first), ["admitted, held: organization_budget"]);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_is_of_those_whom_the_directory_index_knows_as_long_as_it_is_not_too_old() {
    let budgets =
        "organization: {per_hour: 90, per_day: 99, percent_per_day: 1}, departments: {3: {percent_per_day: 0.5}}";
    let rules: fn(&Path) = |rules| set(rules, "organization: {per_day: 99}");
    let app = TestApp::start_with(Set { rules, config: "[directory.index]\n", ..Set::default() }).await;
    let read = async {
        while app.get("/v1/directory", AUDITOR).await.body["is_pending"] == true {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("it never came");
    let people = app.get("/v1/directory", AUDITOR).await.body["people"].as_u64().unwrap();
    assert!((200..300).contains(&people), "{people}");
    replace(&app.config.resolve(&app.config.rules.folder), budgets);
    reload(&app).await;

    contained(1, &app).await;
    let of_department = held(2, HoldReason::DepartmentBudget, &app).await;
    let said = beyond(&of_department, &app);
    assert_eq!((said.per_day, said.spent.day, said.asked), (1, 2, Asked::Dispatch), "half a percent of 204");
    assert!(said.people.is_some_and(|people| (200..210).contains(&people)), "{said:?}");
    // One percent of all is two, and those are drawn: whoever is in another department waits from the start.
    let third = app.open(&Delivery::of_high_risk("li.si@example.com", 9, app.now())).await;
    let state = app.incident(&third);
    assert_eq!(state.status, Status::Held(HoldReason::OrganizationBudget));
    let said = state.plan.spending.unwrap().beyond.unwrap();
    assert_eq!((said.asked, said.per_day, said.spent.day), (Asked::Planning, 2, 3));
    assert_eq!(said.people.map(u64::from), Some(people));

    // Too old to count by: the numbers are what is left, and where there are none a human is asked.
    app.dingtalk().inject(Fault::new(FaultKind::PermissionDenied).on(Api::UserList).until_cleared()).unwrap();
    app.advance(30 * 24 * HOUR);
    let later = app.open(&Delivery::of_high_risk("zhang.san@example.com", 10, app.now())).await;
    app.until(&later, |state| state.status == Status::Held(HoldReason::DepartmentBudget)).await;
    assert_eq!(beyond(&later, &app).people, None);
    app.end().await;
}
