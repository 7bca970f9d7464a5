//! Budgets where several rules, or several people, come together.

use std::path::Path;
use std::time::Duration;

use portcullis::incident::{Event, HoldReason, IncidentId, Opened, Status};
use portcullis::sandbox::Api;
use serde_json::{Value, json};

use super::concurrency::at_once;
use crate::harness::{Answer, Delivery, ENGINEER, GITHUB, Kept, Set, TestApp, hook};

const SIGN_OUT: &str = "sign_out: {reason: 'x', employee_reason: account-takeover}";
const DISABLE: &str = "disable: {reason: 'x', expires_in: 8h}";
/// Which would stop what a budget lets pass.
const NO_BREAKER: &str = "breakers: {each_rule: {accounts: 1000}, each_source: {accounts: 1000}}\n";
const MUCH: &str = "{each_rule: {per_hour: 1000, per_day: 1000}}";

fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-0000000000{number:0>2}")
}

/// A rule that acts on whom an event of `kind` names.
fn rule(rules: &Path, number: u32, (kind, level): (&str, &str), more: &str, steps: &[&str]) {
    let steps: String = steps.iter().map(|step| format!("    - {step}\n")).collect();
    let text = format!(
        "title: Rule {number}
id: {}
owner: tests
status: stable
level: {level}
logsource: {{product: okta}}
detection:
  selection: {{eventType: {kind}}}
  condition: selection
response:
  account: {{user_id: 'target[type=User].alternateId'}}
  mode: enforce
  {more}
  steps:
{steps}lint: {{allow: [untested-account-path, unknown-account-path], reason: made up}}
",
        id(number)
    );
    std::fs::write(rules.join(format!("r-{number}.yml")), text).unwrap();
}

fn guard(rules: &Path, budgets: &str) {
    let text = format!("protected: []\nbudgets: {budgets}\n{NO_BREAKER}");
    std::fs::write(rules.join("guardrails.yml"), text).unwrap();
}

fn person(number: u32) -> String {
    format!("user{number:04}")
}

fn event(kind: &str, uuid: &str, people: &[String]) -> Value {
    let target: Vec<Value> = people.iter().map(|person| json!({"type": "User", "alternateId": person})).collect();
    json!({"uuid": uuid, "eventType": kind, "published": "2026-11-21T03:00:00Z", "target": target})
}

async fn tell(app: &TestApp, kind: &str, number: u32, people: &[String]) -> Answer {
    let event = event(kind, &format!("{kind}-{number}"), people);
    app.deliver(&Delivery::of_events(&format!("msg_{kind}_{number}").replace('.', "_"), &[event], app.now())).await
}

fn folder(app: &TestApp) -> std::path::PathBuf {
    app.config.resolve(&app.config.rules.folder)
}

async fn reload(app: &TestApp) {
    assert_eq!(app.post("/v1/rules/reload", ENGINEER, &json!({})).await.status, 200);
}

/// Every incident that was opened, in order.
fn opened(app: &TestApp) -> Vec<Opened> {
    let of_record = |record: portcullis::trail::Record| match record.event {
        Event::AlertAdmitted { opened, .. } | Event::IncidentsOpened { opened, .. } => opened,
        _ => Vec::new(),
    };
    app.records().into_iter().flat_map(of_record).collect()
}

fn acts(opened: &Opened) -> Vec<&'static str> {
    opened.plan.actions.iter().map(|action| action.kind().as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_alert_opens_nothing_whatever_the_rules_say_now() {
    fn watching(rules: &Path) {
        guard(rules, "{each_rule: {per_hour: 8, per_day: 8}}");
        long(rules);
        crate::harness::edit(rules, "r-1.yml", "mode: enforce", "mode: shadow");
    }
    fn long(rules: &Path) {
        let reason = "r".repeat(500);
        let sign_out = SIGN_OUT.replace('x', &reason);
        rule(
            rules,
            1,
            ("user.leak", "high"),
            "each: true\n  limit: 20",
            &[&sign_out, &DISABLE.replace("'x'", &format!("'{reason}'"))],
        );
    }
    for kept in [Kept::InMemory, Kept::BySled] {
        let app = TestApp::start_with(Set { rules: watching, kept, ..Set::default() }).await;
        let people: Vec<String> = (1..=20).map(person).collect();
        assert_eq!(tell(&app, "user.leak", 1, &people).await.status, 202);
        long(&folder(&app));
        reload(&app).await;
        let again = Delivery::of_events("another", &[event("user.leak", "user.leak-1", &people)], app.now());
        let answer = app.deliver(&again).await;
        assert_eq!((answer.status, &answer.body["repeated"]), (200, &json!(true)));
        assert_eq!(app.records_of("incidents.opened").len(), 0);
        // Another event about the same people does act, as far as the budget goes.
        assert_eq!(tell(&app, "user.leak", 2, &people).await.status, 202);
        app.until_called(Api::Disable, 8).await;
        let free = opened(&app).iter().filter(|opened| opened.held.is_none()).count();
        assert_eq!((opened(&app).len(), free), (20, 8));
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_covered_alert_that_is_replayed_when_nothing_covers_it_any_more_opens_nothing() {
    fn rules(rules: &Path) {
        guard(rules, "{}");
        let disable = DISABLE.replace("8h", "10m");
        rule(rules, 1, ("user.leak", "high"), "each: true\n  limit: 20", &[SIGN_OUT, &disable]);
    }
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let people: Vec<String> = (1..=20).map(person).collect();
    tell(&app, "user.leak", 1, &people).await;
    app.until_called(Api::Disable, 10).await;
    let covered = Delivery::signed(&GITHUB, "", hook(&[event("user.leak", "2", &people)]), app.now());
    assert_eq!(app.deliver(&covered).await.status, 202);
    for incident in opened(&app).iter().filter(|opened| opened.held.is_none()) {
        let ends = |state: &portcullis::incident::Incident| matches!(state.status, Status::Closed(_));
        app.until_in_time(&incident.plan.incident, ends).await;
    }
    app.advance(Duration::from_secs(3 * 3_600));
    let before = opened(&app).len();
    assert_eq!(app.deliver(&covered).await.status, 200);
    assert_eq!((opened(&app).len(), app.dingtalk().calls_to(Api::Disable).len()), (before, 10));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stronger_rule_without_budget_waits_beside_a_weaker_one_that_acts() {
    fn rules(rules: &Path) {
        guard(rules, MUCH);
        rule(rules, 1, ("user.leak", "low"), "cooldown: 1h", &[SIGN_OUT]);
        rule(rules, 2, ("user.leak", "critical"), "budget: {per_hour: 0}", &[SIGN_OUT, DISABLE]);
    }
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    tell(&app, "user.leak", 1, &[person(1)]).await;
    let all = opened(&app);
    let told: Vec<_> = all.iter().map(|opened| (acts(opened), opened.held)).collect();
    let budget = Some(HoldReason::RuleBudget);
    assert_eq!(told, [(vec!["sign_out"], None), (vec!["sign_out", "disable", "enable"], budget)]);
    // What came of it covers further alerts of both rules, and draws but once.
    tell(&app, "user.leak", 2, &[person(1)]).await;
    assert_eq!(opened(&app).len(), 2);
    let spent: Vec<_> = all.iter().map(|opened| opened.plan.spending.clone().unwrap()).collect();
    assert_eq!(spent[0].organization.unwrap().hour, 1);
    assert_eq!((spent[1].of_rules[0].unwrap().hour, spent[1].of_source, spent[1].organization), (1, None, None));
    app.until_called(Api::SignOut, 1).await;
    app.approve(&all[1].plan.incident).await;
    app.until_contained(&all[1].plan.incident).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_flood_of_a_rule_that_is_never_alone_stays_held() {
    fn rules(rules: &Path) {
        guard(rules, MUCH);
        rule(rules, 1, ("user.leak", "high"), "cooldown: 1h", &[SIGN_OUT]);
        rule(rules, 2, ("user.leak", "low"), "budget: {per_hour: 2}", &[DISABLE]);
    }
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let mut together = Vec::new();
    for number in 1..=12 {
        let answer = tell(&app, "user.leak", number, &[person(number)]).await;
        together.push(app.incident(&answer.incident()).plan.rules.len() == 2);
        app.advance(Duration::from_secs(600));
    }
    assert_eq!(together, [&[true; 2][..], &[false; 10]].concat());
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_or_source_gone_mad_leaves_the_others_their_budgets() {
    fn rules(rules: &Path) {
        guard(rules, "{sources: {github: {per_hour: 2}}}");
        rule(rules, 1, ("user.noise", "low"), "budget: {per_hour: 0}", &[SIGN_OUT]);
        rule(rules, 2, ("user.leak", "high"), "cooldown: 1h", &[SIGN_OUT]);
    }
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    for number in 1..=35 {
        tell(&app, "user.noise", number, &[person(number)]).await;
        let body = hook(&[event("user.leak", &format!("github-{number}"), &[person(40 + number)])]);
        app.deliver(&Delivery::signed(&GITHUB, "", body, app.now())).await;
    }
    let answer = tell(&app, "user.leak", 1, &[person(90)]).await;
    app.until_called(Api::SignOut, 3).await;
    assert!(app.dingtalk().calls_to(Api::SignOut).iter().any(|call| call.user_id.as_deref() == Some("user0090")));
    let spending = app.incident(&answer.incident()).plan.spending.unwrap();
    let [rule, source, all] = [spending.of_rules[0], spending.of_source, spending.organization];
    assert_eq!([rule, source, all].map(|spent| spent.unwrap().hour), [3, 1, 3], "{spending:?}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_alone_is_held_by_its_own_narrower_budget_and_one_that_enables_is_like_the_others() {
    fn rules(rules: &Path) {
        guard(rules, MUCH);
        rule(rules, 1, ("user.leak", "high"), "budget: {per_hour: 1}", &[DISABLE]);
        rule(rules, 2, ("user.found", "high"), "budget: {per_hour: 0}", &["enable: {}"]);
    }
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    for number in 1..=2 {
        tell(&app, "user.leak", number, &[person(number)]).await;
    }
    for number in 1..=3 {
        tell(&app, "user.found", number, &[person(10 + number)]).await;
    }
    let told: Vec<_> = opened(&app).iter().map(|opened| (opened.held, opened.plan.spending.is_some())).collect();
    let held = (Some(HoldReason::RuleBudget), true);
    assert_eq!(told, [(None, true), held, held, held, held]);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rule_of_a_plan_draws_however_many_and_however_long_their_titles() {
    fn rules(rules: &Path) {
        guard(rules, MUCH);
        for number in 1..=20 {
            let more = if number == 20 { "budget: {per_hour: 1}" } else { "cooldown: 1h" };
            let steps: &[&str] = if number == 20 { &[SIGN_OUT, DISABLE] } else { &[SIGN_OUT] };
            rule(rules, number, ("user.leak", "high"), more, steps);
            let title = format!("title: {}", "\u{5f02}".repeat(250));
            crate::harness::edit(
                rules,
                &format!("r-{number}.yml"),
                &format!("title: Rule {number}\n"),
                &format!("{title}\n"),
            );
        }
    }
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    for number in 1..=3 {
        assert_eq!(tell(&app, "user.leak", number, &[person(number)]).await.status, 202);
    }
    let all = opened(&app);
    let lots: Vec<_> = all.iter().map(|opened| (opened.plan.rules.len(), opened.held.is_some())).collect();
    // Fourteen rules are one plan at most; the twentieth may act once.
    assert_eq!(lots, [(14, false), (6, false), (14, false), (5, false), (1, true), (14, false), (5, false), (1, true)]);
    tell(&app, "user.leak", 4, &[person(1)]).await;
    assert_eq!(opened(&app).len(), all.len(), "all of them are covered");
    app.until_called(Api::Disable, 1).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_held_by_a_budget_is_acted_on_when_there_is_room_again_and_nothing_is_opened_before() {
    fn rules(rules: &Path) {
        guard(rules, "{each_rule: {per_hour: 1}}");
        rule(rules, 1, ("user.leak", "high"), "cooldown: 0s", &[DISABLE]);
    }
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    for number in 1..=2 {
        tell(&app, "user.leak", number, &[person(number)]).await;
    }
    for number in 3..=8 {
        tell(&app, "user.leak", number, &[person(2)]).await;
        app.advance(Duration::from_secs(599));
    }
    assert_eq!(opened(&app).len(), 2, "without room it is covered whatever the cooldown, and draws nothing");
    app.advance(Duration::from_secs(6));
    let answer = tell(&app, "user.leak", 9, &[person(2)]).await;
    app.until_contained(&answer.incident()).await;
    assert_eq!(app.incident(&answer.incident()).plan.spending.unwrap().of_rules[0].unwrap().day, 3);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_gives_back_goes_with_those_who_take_and_waits_with_them() {
    fn rules(rules: &Path) {
        guard(rules, MUCH);
        rule(rules, 1, ("user.leak", "low"), "budget: {per_hour: 0}", &["enable: {}"]);
        rule(rules, 2, ("user.leak", "critical"), "budget: {per_hour: 1}", &[SIGN_OUT, DISABLE]);
    }
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    for number in 1..=2 {
        tell(&app, "user.leak", number, &[person(number)]).await;
    }
    let all = opened(&app);
    let told: Vec<_> = all.iter().map(|opened| (opened.plan.rules.len(), acts(opened), opened.held)).collect();
    let contain = || vec!["sign_out", "disable", "enable"];
    assert_eq!(told, [(2, contain(), None), (2, contain(), Some(HoldReason::RuleBudget))]);
    let drew: Vec<_> = all[0].plan.spending.as_ref().unwrap().of_rules.iter().map(Option::is_some).collect();
    assert_eq!(drew, [true, false], "giving back draws nothing");
    app.until_contained(&all[0].plan.incident).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correlation_that_matches_by_several_windows_draws_once() {
    fn rules(rules: &Path) {
        guard(rules, "{each_rule: {per_hour: 3}}");
        let single = |number: u32, field: &str| {
            format!(
                "title: s{number}\nid: {}\nname: s{number}\nowner: tests\nstatus: stable\nlogsource: {{product: okta}}
detection:\n  selection: {{eventType: user.leak, {field}|exists: true}}\n  condition: selection\n---\n",
                id(number)
            )
        };
        let correlation = format!(
            "title: c\nid: {}\nowner: tests\nstatus: stable
correlation:
  type: event_count
  rules: [s1, s2]
  group-by: [who, ip]
  timespan: 15m
  aliases:
    who: {{s1: actor.alternateId, s2: actor.alternateId}}
    ip: {{s1: src, s2: dst}}
  condition: {{gte: 1}}
response:
  mode: enforce
  account: {{user_id: who}}
  steps:
    - {SIGN_OUT}
    - {DISABLE}
lint: {{allow: [untested-account-path, unknown-account-path], reason: made up}}
",
            id(3)
        );
        std::fs::write(rules.join("c.yml"), [single(1, "src"), single(2, "dst"), correlation].concat()).unwrap();
    }
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    for number in 1..=4 {
        let event = json!({
            "uuid": format!("{number}"), "eventType": "user.leak", "published": "2026-11-21T03:00:00Z",
            "src": "1.1.1.1", "dst": "2.2.2.2", "actor": {"alternateId": person(number)},
        });
        app.deliver(&Delivery::of_events(&format!("msg_{number}"), &[event], app.now())).await;
    }
    let held: Vec<_> = opened(&app).iter().map(|opened| (opened.plan.rules.len(), opened.held.is_some())).collect();
    assert_eq!(held, [(1, false), (1, false), (1, false), (1, true)]);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_storm_of_deliveries_with_several_alerts_on_several_people_no_budget_is_passed() {
    fn rules(rules: &Path) {
        guard(
            rules,
            "{each_rule: {per_hour: 7, per_day: 7}, each_source: {per_hour: 9, per_day: 9}, organization: {per_hour: 9, per_day: 9}}",
        );
        rule(rules, 1, ("user.leak", "high"), "each: true\n  limit: 20", &[SIGN_OUT, DISABLE]);
        rule(rules, 2, ("user.leak", "low"), "each: true\n  limit: 20\n  budget: {per_hour: 3}", &[SIGN_OUT]);
    }
    for kept in [Kept::InMemory, Kept::BySled] {
        let app = TestApp::start_with(Set { rules, kept, ..Set::default() }).await;
        for round in 0..4_u32 {
            if kept == Kept::InMemory {
                app.refuse_appends(round.is_multiple_of(2));
            }
            let deliveries = (0..12).map(|delivery| {
                let of_event = |number: u32| {
                    let number = (round * 12 + delivery) * 3 + number;
                    let people: Vec<String> = (0..3).map(|at| person(1 + (number * 3 + at) % 60)).collect();
                    event("user.leak", &number.to_string(), &people)
                };
                let events = [of_event(0), of_event(1), of_event(2), of_event(0)];
                Delivery::of_events(&format!("msg_{round}_{delivery}"), &events, app.now())
            });
            let answers = at_once(&app, deliveries.collect()).await;
            for answer in answers.iter().filter(|answer| answer.status == 202) {
                let body: Value = serde_json::from_str(&answer.body).unwrap();
                assert_eq!(body["alerts"].as_array().unwrap().len(), 3, "each has its own receipt");
            }
        }
        app.until_called(Api::Disable, 7).await;
        let all = opened(&app);
        let free: Vec<&Opened> = all.iter().filter(|opened| opened.held.is_none()).collect();
        let by = |number: u32| {
            let has = |opened: &&&Opened| opened.plan.rules.iter().any(|rule| rule.id.as_str() == id(number));
            free.iter().filter(has).count()
        };
        assert_eq!((by(1), by(2)), (7, 3));
        let incidents: std::collections::BTreeSet<&IncidentId> = all.iter().map(|one| &one.plan.incident).collect();
        assert_eq!(incidents.len(), all.len(), "none is opened twice");
        app.end().await;
    }
}
