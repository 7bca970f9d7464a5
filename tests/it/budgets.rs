//! Rules act by themselves only so often; what is beyond that waits for a human.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use portcullis::incident::{Event, HoldReason, IncidentId, Status};
use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::json;

use super::concurrency::at_once;
use crate::harness::{
    Answer, Delivery, ENGINEER, GITHUB, Kept, Process, Set, TestApp, copy_folder, edit, high_risk, hook, leaked,
};

const MINUTE: Duration = Duration::from_secs(60);
const PEOPLE: u32 = 30;
/// Which would stop what a budget lets pass.
const NO_BREAKER: &str = "breakers: {each_rule: {accounts: 1000}, each_source: {accounts: 1000}}\n";

/// Gives the people of [`person`] an account each, and sets these budgets.
fn set(rules: &Path, budgets: &str) {
    let mut people = String::from("lisi\n");
    (1..=PEOPLE).for_each(|number| writeln!(people, "{},user{number:04}", person(number)).unwrap());
    edit(rules, "identities.csv", "lisi\n", &people);
    replace(rules, budgets);
}

/// Sets other budgets.
fn replace(rules: &Path, budgets: &str) {
    let path = rules.join("guardrails.yml");
    std::fs::write(path, format!("protected: []\nbudgets: {budgets}\n{NO_BREAKER}")).unwrap();
}

fn person(number: u32) -> String {
    format!("person{number}@example.com")
}

fn three_an_hour(rules: &Path) {
    set(rules, "{each_rule: {per_hour: 3, per_day: 5}}");
}

/// An alert about another person for each number.
fn alert(number: u32, app: &TestApp) -> Delivery {
    Delivery::of_high_risk(&person(number), number, app.now())
}

async fn open(number: u32, app: &TestApp) -> IncidentId {
    app.open(&alert(number, app)).await
}

/// Whether it is held for this reason from the start.
fn is_held(incident: &IncidentId, reason: HoldReason, app: &TestApp) -> bool {
    app.incident(incident).status == Status::Held(reason)
}

fn folder(app: &TestApp) -> std::path::PathBuf {
    app.config.resolve(&app.config.rules.folder)
}

async fn reload(app: &TestApp) -> Answer {
    app.post("/v1/rules/reload", ENGINEER, &json!({})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_people_at_once_only_so_many_are_contained_as_the_budget_allows() {
    for kept in [Kept::InMemory, Kept::BySled] {
        let app = TestApp::start_with(Set { rules: three_an_hour, kept, ..Set::default() }).await;
        let answers = at_once(&app, (1..=PEOPLE).map(|number| alert(number, &app)).collect()).await;
        assert!(answers.iter().all(|answer| answer.status == 202));
        app.until_called(Api::Disable, 3).await;
        let records = app.end().await;
        let opened = records.iter().filter_map(|record| match &record.event {
            Event::AlertAdmitted { opened, .. } => Some(&opened[0]),
            _ => None,
        });
        let (planned, held): (Vec<_>, Vec<_>) = opened.partition(|opened| opened.held.is_none());
        assert_eq!((planned.len(), held.len()), (3, PEOPLE as usize - 3));
        assert!(held.iter().all(|opened| opened.held == Some(HoldReason::RuleBudget)));
        let mut drawn: Vec<u32> = planned
            .iter()
            .chain(&held)
            .map(|one| one.plan.spending.as_ref().unwrap().of_rules[0].unwrap().hour)
            .collect();
        drawn.sort_unstable();
        assert_eq!(drawn, (1..=PEOPLE).collect::<Vec<_>>(), "each has its own place");
        let verified = records.iter().filter(|record| matches!(record.event, Event::StepVerified { .. })).count();
        assert_eq!(verified, 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_is_there_again_when_it_has_been_calm_for_long_enough() {
    let app = TestApp::start_with(Set { rules: three_an_hour, ..Set::default() }).await;
    for number in 1..=3 {
        let incident = open(number, &app).await;
        app.until_contained(&incident).await;
    }
    app.advance(30 * MINUTE);
    let fourth = open(4, &app).await;
    assert!(is_held(&fourth, HoldReason::RuleBudget, &app));
    assert_eq!(app.story(&fourth), ["admitted, held: rule_budget"]);
    app.advance(30 * MINUTE);
    let fifth = open(5, &app).await;
    app.until_contained(&fifth).await;
    app.advance(60 * MINUTE);
    assert!(is_held(&open(6, &app).await, HoldReason::RuleBudget, &app), "five a day, with the one that was held");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_counts_also_when_it_is_held_so_that_a_flood_stays_held() {
    let rules = |rules: &Path| set(rules, "{each_rule: {per_hour: 2, per_day: 1000}}");
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    for number in 1..=20 {
        let incident = open(number, &app).await;
        assert_eq!(is_held(&incident, HoldReason::RuleBudget, &app), number > 2, "{number}");
        app.advance(10 * MINUTE);
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_guardrail_holds_counts_too() {
    let rules = |rules: &Path| set(rules, "{each_rule: {per_hour: 1, per_day: 9}}");
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    app.steer("/v1/pause").await;
    assert!(is_held(&open(1, &app).await, HoldReason::Paused, &app));
    app.steer("/v1/resume").await;
    assert!(is_held(&open(2, &app).await, HoldReason::RuleBudget, &app));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_human_may_go_beyond_a_budget_for_one_incident_and_no_guardrail_else() {
    let rules = |rules: &Path| set(rules, "{each_rule: {per_hour: 0}}");
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let incident = open(1, &app).await;
    assert!(is_held(&incident, HoldReason::RuleBudget, &app));
    let administrator = app.open(&Delivery::of_high_risk("admin.one@example.com", 2, app.now())).await;
    assert!(is_held(&administrator, HoldReason::RuleBudget, &app));

    app.approve(&incident).await;
    app.until_contained(&incident).await;
    app.approve(&administrator).await;
    app.until_told(&administrator, &["admitted, held: rule_budget", "approved", "resolved", "held: protected_live"])
        .await;
    assert!(is_held(&open(3, &app).await, HoldReason::RuleBudget, &app), "the next one waits again");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_drawn_is_known_after_a_restart() {
    let app = TestApp::start_with(Set { rules: three_an_hour, kept: Kept::BySled, ..Set::default() }).await;
    for number in 1..=3 {
        open(number, &app).await;
    }
    app.until_called(Api::Disable, 3).await;
    let app = app.restart().await;
    assert!(is_held(&open(4, &app).await, HoldReason::RuleBudget, &app));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_recorded_draws_nothing_and_a_repeat_neither() {
    let rules = |rules: &Path| {
        set(rules, "{each_rule: {per_hour: 2}}");
        edit(rules, "impossible-travel.yml", "cooldown: 1h", "cooldown: 0s");
        edit(rules, "impossible-travel.yml", "expires_in: 8h", "expires_in: 10m");
    };
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    app.refuse_appends(true);
    for number in 1..=5 {
        assert_eq!(app.deliver(&alert(number, &app)).await.status, 503);
    }
    app.refuse_appends(false);
    let first = open(1, &app).await;
    app.until_in_time(&first, |state| matches!(state.status, Status::Closed(_))).await;
    for _ in 0..5 {
        assert_eq!(app.deliver(&alert(1, &app)).await.status, 200);
        // The same event once more, under another id of the delivery; nothing covers it any more.
        let again = Delivery::of_events("msg_again", &[high_risk(&person(1), "event-1")], app.now());
        assert_eq!(app.deliver(&again).await.status, 200);
    }
    let second = open(2, &app).await;
    app.until_contained(&second).await;
    assert!(is_held(&open(3, &app).await, HoldReason::RuleBudget, &app));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_that_is_cut_stops_what_is_planned_already() {
    let app = TestApp::start_with(Set { rules: three_an_hour, ..Set::default() }).await;
    app.dingtalk().inject(Fault::new(FaultKind::Busy).on(Api::SignOut).until_cleared()).unwrap();
    let [first, second] = [open(1, &app).await, open(2, &app).await];
    for incident in [&first, &second] {
        app.until_postponed(incident, 0, 1).await;
    }
    replace(&folder(&app), "{each_rule: {per_hour: 1}}");
    assert_eq!(reload(&app).await.status, 200);
    app.dingtalk().clear_faults();
    app.until_in_time(&first, |state| state.is_containing()).await;
    app.until_in_time(&second, |state| state.status == Status::Held(HoldReason::RuleBudget)).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disable_is_undone_however_little_budget_there_is() {
    let rules = |rules: &Path| set(rules, "{organization: {per_hour: 1}}");
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let incident = open(1, &app).await;
    app.until_contained(&incident).await;
    assert!(is_held(&open(2, &app).await, HoldReason::OrganizationBudget, &app));
    replace(&folder(&app), "{organization: {per_hour: 0}, each_rule: {per_hour: 0}}");
    assert_eq!(reload(&app).await.status, 200);
    app.until_in_time(&incident, |state| matches!(state.status, Status::Closed(_))).await;
    assert_eq!(app.dingtalk().calls_to(Api::Enable).len(), 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_and_rules_have_budgets_of_their_own() {
    let rules = |rules: &Path| {
        let named = "{organization: {per_hour: 2}, sources: {okta: {per_hour: 1}}, \
                     rules: {5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c11: {per_hour: 2}}}";
        set(rules, named);
    };
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let from_github = |number: u32| {
        let body = hook(&[high_risk(&person(number), &format!("event-{number}"))]);
        Delivery::signed(&GITHUB, "", body, app.now())
    };
    let about_a_leak = |number: u32| {
        let body = hook(&[leaked(&person(number), &format!("event-{number}"))]);
        Delivery::signed(&GITHUB, "", body, app.now())
    };
    open(1, &app).await;
    assert!(is_held(&open(2, &app).await, HoldReason::SourceBudget, &app));
    let third = app.open(&from_github(3)).await;
    app.until_contained(&third).await;
    let fourth = app.open(&from_github(4)).await;
    assert!(
        is_held(&fourth, HoldReason::RuleBudget, &app),
        "the rule has planned twice, and what a source held was none"
    );
    let fifth = app.open(&about_a_leak(5)).await;
    assert!(is_held(&fifth, HoldReason::OrganizationBudget, &app));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_without_budget_keeps_no_other_from_acting() {
    let rules = |rules: &Path| {
        set(rules, "{each_rule: {per_hour: 5}}");
        let noisy = std::fs::read_to_string(rules.join("impossible-travel.yml")).unwrap();
        let noisy = noisy
            .replace("5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c11", "5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c12")
            .replace("title: Impossible", "title: Noisy impossible")
            .replace("    cooldown:", "    budget: {per_hour: 1}\n    cooldown:");
        std::fs::write(rules.join("noisy.yml"), noisy).unwrap();
    };
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let [first, second] = [open(1, &app).await, open(2, &app).await];
    for incident in [&first, &second] {
        app.until_contained(incident).await;
    }
    let rules_of = |incident: &IncidentId| app.incident(incident).plan.rules.len();
    assert_eq!((rules_of(&first), rules_of(&second)), (2, 1));
    let admitted = app.records_of("alert.admitted").pop().unwrap();
    let Event::AlertAdmitted { verdict, opened, .. } = admitted.event else { unreachable!() };
    let reasons: Vec<_> = verdict.decisions.iter().map(|decision| decision.reason).collect();
    assert_eq!(reasons, [None, Some(HoldReason::RuleBudget)]);
    let held: Vec<_> = opened.iter().map(|opened| (opened.plan.rules.len(), opened.held)).collect();
    assert_eq!(held, [(1, None), (1, Some(HoldReason::RuleBudget))], "the other waits in an incident of its own");
    let waiting = verdict.decisions[1].incident.clone().unwrap();
    assert_eq!(waiting, opened[1].plan.incident);
    app.approve(&waiting).await;
    app.until_contained(&waiting).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backtest_applies_the_budgets_and_its_gate_is_not_fooled_by_them() {
    let rules = |rules: &Path| set(rules, "{each_rule: {per_hour: 9}}");
    let app = TestApp::start_with(Set { rules, kept: Kept::BySled, ..Set::default() }).await;
    for number in 1..=5 {
        let incident = open(number, &app).await;
        app.until_contained(&incident).await;
    }
    let left = app.leave().await;
    let proposed = left.path().join("proposed");
    copy_folder(&left.path().join("rules"), &proposed);
    replace(&proposed, "{each_rule: {per_hour: 2}}");
    let [config, proposed] = ["portcullis.toml", "proposed"].map(|name| left.path().join(name).display().to_string());
    let backtest = ["rules", "backtest", "--config", &config, "--since", "2026-11-01", "--until", "2026-12-01"];
    let ended = Process::run(&[&backtest[..], &["--folder", &proposed, "--json"]].concat()).await.well();
    let report: serde_json::Value = serde_json::from_str(&ended.stdout.join("\n")).unwrap();
    let listed = |list: &str| report[list].as_array().unwrap().len();
    assert_eq!((listed("both"), listed("no_longer"), listed("held")), (2, 3, 3), "{report:#}");
    assert_eq!(report["held"][0]["after"]["held"], "rule_budget");

    // The same rules once more have nothing new, whatever a budget held then.
    let again = left.path().join("again");
    copy_folder(&left.path().join("proposed"), &again);
    let proposed = left.path().join("proposed").display().to_string();
    let git_none = ["--folder", &proposed, "--fail-over", "0"];
    let ended = Process::run(&[&backtest[..], &git_none].concat()).await;
    assert_eq!(ended.code, Some(0), "nobody is newly held who was contained then: {ended:?}");

    // Against rules that contained nobody, all five are new: two at once, three as soon as somebody says so.
    let earlier = left.path().join("rules");
    edit(&earlier, "impossible-travel.yml", "mode: enforce", "mode: shadow");
    let git = |arguments: &[&str]| {
        let done = std::process::Command::new("git").args(arguments).current_dir(left.path()).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "rules"]);
    git(&["-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "-m", "test"]);
    std::fs::rename(&earlier, left.path().join("gone")).unwrap();
    copy_folder(left.path().join("proposed").as_path(), &earlier);
    let rules = earlier.display().to_string();
    for (most, code, told) in [
        ("5", 0, None),
        ("4", 2, Some("2 accounts would newly be contained, and 3 more but for a budget; allowed are at most 4")),
    ] {
        let gate = ["--folder", &rules, "--against", "HEAD", "--fail-over", most];
        let ended = Process::run(&[&backtest[..], &gate].concat()).await;
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert!(told.is_none_or(|told| ended.stderr.contains(told)), "{ended:?}");
    }
}
