//! Past alerts through proposed rules, as the command line does it, on a trail that a server wrote.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use portcullis::incident::{AlertId, HoldReason, SourceName, Status};
use portcullis::trail::{Settings, SledStore, Store};
use serde_json::{Value, json};

use super::budgets_of_departments;
use crate::harness::{
    Delivery, Ended, Kept, Process, Set, TestApp, copy_folder, edit, harmless, high_risk, leaked, reported,
};

/// Around the day of every test.
const TIME: [&str; 4] = ["--since", "2026-11-01", "--until", "2026-12-01"];

/// A folder with a trail in it, and a copy of the rules to propose changes in.
struct Past {
    folder: tempfile::TempDir,
    proposed: PathBuf,
}

impl Past {
    /// Zhang San is contained twice over, Li Si for a leaked password; Wang Wu reports something, which
    /// is only watched; during a pause an administrator is held.
    async fn new() -> Self {
        let app = TestApp::start_with(Set { kept: Kept::BySled, ..Set::default() }).await;
        let zhang = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
        app.until_contained(&zhang).await;
        app.advance(Duration::from_secs(3_600));
        let repeat = app.deliver(&Delivery::of_high_risk("zhang.san@example.com", 2, app.now())).await;
        assert_eq!(repeat.status, 202);
        let li = app.open(&Delivery::of_events("msg_3", &[leaked("li.si@example.com", "e3")], app.now())).await;
        app.until_contained(&li).await;
        let more = [reported("wang.wu@example.com", "e4"), harmless("e5")];
        assert_eq!(app.deliver(&Delivery::of_events("msg_4", &more, app.now())).await.status, 202);
        app.steer("/v1/pause").await;
        app.open(&Delivery::of_high_risk("admin.one@example.com", 6, app.now())).await;
        Self::of(app).await
    }

    async fn of(app: TestApp) -> Self {
        let folder = app.leave().await;
        let proposed = folder.path().join("proposed");
        copy_folder(&folder.path().join("rules"), &proposed);
        Self { folder, proposed }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    async fn test(&self, more: &[&str]) -> Ended {
        let config = self.path("portcullis.toml");
        let time: &[&str] = if more.contains(&"--since") { &[] } else { &TIME };
        let mut arguments = vec!["rules", "backtest", "--config", &config];
        if !more.contains(&"--folder") {
            arguments.extend(["--folder", self.proposed.to_str().unwrap()]);
        }
        Process::run(&[&arguments, time, more].concat()).await
    }

    async fn report(&self, more: &[&str]) -> Value {
        let ended = self.test(&[&["--json"], more].concat()).await.well();
        serde_json::from_str(&ended.stdout.join("\n")).unwrap()
    }

    /// Watches a leaked password, acts on a report, and protects Zhang San by another name.
    fn propose(&self) {
        edit(&self.proposed, "leaked-credential.yml", "mode: enforce", "mode: shadow");
        edit(&self.proposed, "suspicious-activity-reported.yml", "    mode: shadow", "    mode: enforce");
        let protected = "protected:\n  - { user_id: zhangsan, why: test }\n# protected:";
        edit(&self.proposed, "guardrails.yml", "protected: []\n# protected:", protected);
    }
}

fn names<'v>(report: &'v Value, list: &str) -> Vec<&'v str> {
    report[list].as_array().unwrap().iter().map(|person| person["account"].as_str().unwrap()).collect()
}

fn changes(report: &Value) -> Vec<(&str, &str, u64)> {
    let changes = report["changes"].as_array().unwrap().iter();
    changes
        .map(|c| (c["before"].as_str().unwrap(), c["after"].as_str().unwrap(), c["alerts"].as_u64().unwrap()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_did_not_change_decide_as_the_trail_says() {
    let past = Past::new().await;
    let report = past.report(&["--fail-over", "0"]).await;
    assert_eq!((&report["alerts"], &report["changed"]), (&json!(6), &json!(0)), "{report:#}");
    assert_eq!(names(&report, "both"), ["email:li.si@example.com", "email:zhang.san@example.com"]);
    assert_eq!(names(&report, "held"), ["email:admin.one@example.com"]);
    assert_eq!((names(&report, "newly").len(), names(&report, "no_longer").len()), (0, 0));
    assert_eq!((&report["containments_before"], &report["containments_after"]), (&json!(2), &json!(2)));
    assert_eq!(report["left_out"], json!({ "erased": 0, "of_unknown_source": 0, "repeated": 0 }));
    assert_eq!((&report["against"], &report["unnamed"]), (&json!({ "what": "recorded" }), &json!([])));
    let repeated = &report["both"][1]["before"];
    assert_eq!((&repeated["alerts"], &repeated["by_rule"][0]["alerts"]), (&json!(2), &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_of_what_was_contained_before_the_time_asked_for_is_nobody_new() {
    let past = Past::new().await;
    let report = past.report(&["--since", "2026-11-21T03:30:00Z"]).await;
    assert_eq!((&report["alerts"], &report["changed"]), (&json!(5), &json!(0)), "{report:#}");
    assert_eq!(names(&report, "both"), ["email:li.si@example.com", "email:zhang.san@example.com"]);
    assert_eq!((&report["containments_before"], &report["containments_after"]), (&json!(1), &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_would_be_contained_by_other_rules_is_named_and_counted() {
    let past = Past::new().await;
    past.propose();
    let report = past.report(&[]).await;
    assert_eq!(names(&report, "newly"), ["email:wang.wu@example.com"]);
    assert_eq!(names(&report, "no_longer"), ["email:li.si@example.com", "email:zhang.san@example.com"]);
    assert_eq!(names(&report, "held"), ["email:admin.one@example.com", "email:zhang.san@example.com"]);
    assert_eq!(report["held"][1]["after"]["held"], "protected_listed");
    assert_eq!(report["held"][0]["after"]["held"], "paused");
    let expected = [("shadow", "contained", 1), ("contained", "shadow", 1), ("contained", "held", 2)];
    assert_eq!(changes(&report), expected);

    let ended = past.test(&["--fail-over", "1"]).await.well();
    let said = |text: &str| assert!(ended.stdout.iter().any(|line| line.contains(text)), "{text}: {ended:#?}");
    said("compared with what was decided then");
    said("6 alerts, 2026-11-21T03:00:");
    said("Newly contained: 1");
    said("  wang.wu@example.com");
    said("    first 2026-11-21T04:00:");
    said("    2 × Impossible travel on an Enterprise Account, held: the account is on the list of protected accounts");
    said("  contained → held: 2");
    said("1 newly contained, 2 no longer, 0 by both, 2 held; 1 containment begun instead of 2");
    assert_eq!(ended.stderr, "", "nobody watches");

    let ended = past.test(&["--fail-over", "0"]).await;
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("1 account would newly be contained; allowed are at most 0"), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_are_of_the_time_and_the_sources_that_are_asked_for() {
    let past = Past::new().await;
    past.propose();
    for time in [["--since", "2026-11-21T02:00:00Z"], ["--since", "1970-01-01"]] {
        let report = past.report(&[&time[..], &["--until", "2026-11-21T03:00:00Z"]].concat()).await;
        assert_eq!((&report["alerts"], names(&report, "newly").len()), (&json!(0), 0), "{time:?}");
    }
    let config = past.path("portcullis.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("[intake.sources.okta]", "[intake.sources.okta-prod]")).unwrap();
    let report = past.report(&[]).await;
    assert_eq!(report["alerts"], 0);
    assert_eq!(report["left_out"], json!({ "erased": 0, "of_unknown_source": 6, "repeated": 0 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_nothing_led_to_was_held_and_is_new_once_there_is_an_identity() {
    let app = TestApp::start_with(Set { kept: Kept::BySled, ..Set::default() }).await;
    let first = app.open(&Delivery::of_high_risk("nobody@else.com", 1, app.now())).await;
    app.until_told(&first, &["admitted", "held: account_unresolvable"]).await;
    app.advance(Duration::from_secs(3_600));
    let repeat = app.deliver(&Delivery::of_high_risk("nobody@else.com", 2, app.now())).await;
    assert_eq!(repeat.status, 202);
    let folder = app.leave().await;
    let proposed = folder.path().join("proposed");
    copy_folder(&folder.path().join("rules"), &proposed);
    let past = Past { folder, proposed };

    for (since, expected) in [("2026-11-01", 2), ("2026-11-21T03:30:00Z", 1)] {
        let since = ["--since", since];
        let report = past.report(&[&since[..], &["--fail-over", "0"]].concat()).await;
        assert_eq!((&report["alerts"], &report["changed"]), (&json!(expected), &json!(0)), "{report:#}");
        assert_eq!(names(&report, "held"), ["email:nobody@else.com"]);
        assert_eq!(report["held"][0]["before"]["held"], "account_unresolvable");
        assert_eq!((&report["containments_before"], &report["containments_after"]), (&json!(0), &json!(0)));
        let known = past.path("known");
        copy_folder(&past.proposed, Path::new(&known));
        edit(Path::new(&known), "identities.csv", "subject,user_id\n", "subject,user_id\nnobody@else.com,nobody\n");
        let report = past.report(&[&since[..], &["--folder", &known]].concat()).await;
        assert_eq!(names(&report, "newly"), ["email:nobody@else.com"]);
        assert_eq!(report["containments_after"], json!(1));
        assert_eq!(changes(&report), [("held", "contained", expected)]);
        fs::remove_dir_all(&known).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_that_a_server_has_open_is_not_read_and_its_copy_is() {
    let app = TestApp::start_with(Set { kept: Kept::BySled, ..Set::default() }).await;
    let (config, rules) = (app.folder().join("portcullis.toml"), app.folder().join("rules"));
    let arguments = ["rules", "backtest", "--config", config.to_str().unwrap(), "--folder", rules.to_str().unwrap()];
    let ended = Process::run(&arguments).await;
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("give a copy of the folder with --trail"), "{ended:?}");
    let folder = app.leave().await;
    copy_folder(&folder.path().join("trail"), &folder.path().join("copy"));
    let open = SledStore::open(&Settings { path: folder.path().join("trail"), ..Settings::default() }).unwrap();
    assert!(open.head().size > 0);
    let copy = folder.path().join("copy");
    Process::run(&[&arguments[..], &["--trail", copy.to_str().unwrap()]].concat()).await.well();
    let nowhere = folder.path().join("nowhere");
    let ended = Process::run(&[&arguments[..], &["--trail", nowhere.to_str().unwrap()]].concat()).await;
    assert_eq!((ended.code, nowhere.exists()), (Some(2), false), "{ended:?}");
}

fn git(folder: &Path, arguments: &[&str]) -> bool {
    let identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
    let Ok(output) = Command::new("git").arg("-C").arg(folder).args(identity).args(arguments).output() else {
        println!("not run: there is no git");
        return false;
    };
    assert!(output.status.success(), "{output:?}");
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_compared_with_those_of_a_commit() {
    let past = Past::new().await;
    let ended = past.test(&["--against", "HEAD"]).await;
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("git knows no commit `HEAD`"), "{ended:?}");
    if !git(&past.proposed, &["init", "-q", "-b", "main"]) {
        return;
    }
    git(&past.proposed, &["add", "-A"]);
    git(&past.proposed, &["commit", "-q", "-m", "as they were"]);
    past.propose();
    let report = past.report(&["--against", "main"]).await;
    assert_eq!(names(&report, "newly"), ["email:wang.wu@example.com"]);
    assert_eq!(report["against"]["what"], "commit");
    assert_ne!(report["against"]["rules"], report["rules"]);
    git(&past.proposed, &["commit", "-q", "-a", "-m", "as proposed"]);
    assert_eq!(past.report(&["--against", "HEAD"]).await["changed"], 0);
    assert_eq!(past.report(&["--against", "HEAD~1"]).await["changed"], 4);

    for name in ["--against=--upload-pack=x", "--against=nothing", "--against=HEAD:rules"] {
        assert_eq!(past.test(&[name]).await.code, Some(2), "{name}");
    }
    // An earlier set that no longer loads decides nothing.
    fs::write(past.proposed.join("guardrails.yml"), "protected: nobody\n").unwrap();
    git(&past.proposed, &["commit", "-q", "-a", "-m", "broken"]);
    git(&past.proposed, &["checkout", "-q", "HEAD~1", "--", "."]);
    let ended = past.test(&["--against", "HEAD"]).await;
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("the rules of HEAD are refused"), "{ended:?}");
}

/// A file of events, and the shipped rules.
struct Events {
    folder: tempfile::TempDir,
}

impl Events {
    fn of(lines: &[String]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &folder.path().join("rules"));
        fs::write(folder.path().join("events.ndjson"), lines.join("\n")).unwrap();
        Self { folder }
    }

    async fn test(&self, more: &[&str]) -> Ended {
        let (rules, events) = (self.folder.path().join("rules"), self.folder.path().join("events.ndjson"));
        let (rules, events) = (rules.to_str().unwrap(), events.to_str().unwrap());
        Process::run(&[&["rules", "backtest", "--folder", rules, "--events", events], more].concat()).await
    }

    async fn report(&self, more: &[&str]) -> Value {
        let ended = self.test(&[&["--json"], more].concat()).await.well();
        serde_json::from_str(&ended.stdout.join("\n")).unwrap()
    }
}

fn at(mut event: Value, time: &str) -> String {
    event["published"] = json!(time);
    event.to_string()
}

#[tokio::test]
async fn events_of_a_file_are_taken_in_the_order_in_which_they_happened() {
    let events = Events::of(&[
        at(high_risk("zhang.san@example.com", "3"), "2026-11-03T00:00:00Z"),
        at(high_risk("zhang.san@example.com", "1"), "2026-11-01T00:00:00Z"),
        String::new(),
        // Four hours after the first, which is still in force: no containment of its own.
        at(high_risk("zhang.san@example.com", "2"), "2026-11-01T04:00:00Z"),
        at(harmless("4"), "2026-11-02T00:00:00Z"),
    ]);
    let report = events.report(&["--kind", "okta-event-hook"]).await;
    assert_eq!((&report["alerts"], &report["containments_after"]), (&json!(4), &json!(2)));
    assert_eq!(report["against"], json!({ "what": "nothing" }));
    let side = &report["newly"][0]["after"];
    assert_eq!(side["alerts"], 3);
    let id = AlertId::derive(&SourceName::parse("events").unwrap(), "1");
    assert_eq!(side["first"]["alert"], id.as_str(), "of the event's own id, as the server would");
    assert_eq!(
        (&side["first"]["at"], &side["last"]["at"]),
        (&json!("2026-11-01T00:00:00Z"), &json!("2026-11-03T00:00:00Z"))
    );
    let later = events.report(&["--kind", "okta-event-hook", "--since", "2026-11-02"]).await;
    assert_eq!(later["alerts"], 2);
}

#[tokio::test]
async fn a_log_source_chooses_the_rules_where_the_kind_does_not() {
    let event = json!({"type": "account.compromised", "verdict": "confirmed", "user": "zhang.san@example.com", "confirmed_by": "x"});
    let events = Events::of(&[event.to_string()]);
    let report = events.report(&["--kind", "generic", "--log-source", "product=siem"]).await;
    assert_eq!(names(&report, "newly"), ["email:zhang.san@example.com"]);
    let report = events.report(&["--kind", "generic", "--log-source", "product=okta, service=okta"]).await;
    assert_eq!(names(&report, "newly").len(), 0);
}

#[tokio::test]
async fn events_that_do_not_say_when_they_happened_are_one_moment_and_no_time_can_be_asked_of_them() {
    let compromised = json!({"type": "account.compromised", "verdict": "confirmed", "user": "zhang.san@example.com", "confirmed_by": "x"});
    let events = Events::of(&[compromised.to_string()]);
    let siem = ["--kind", "generic", "--log-source", "product=siem"];
    assert_eq!(events.report(&siem).await["is_one_moment"], true);
    let warns = |ended: &Ended| ended.stdout.iter().any(|line| line.contains("all count as one moment"));
    assert!(warns(&events.test(&siem).await.well()));
    for time in [["--since", "30d"], ["--until", "2026-11-05"]] {
        let ended = events.test(&[&siem[..], &time].concat()).await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(
            ended.stderr.contains("do not say when they happened, so --since and --until mean nothing"),
            "{ended:?}"
        );
    }
    let events = Events::of(&guessed());
    let okta = ["--kind", "okta-event-hook"];
    assert_eq!(events.report(&okta).await["is_one_moment"], false);
    assert!(!warns(&events.test(&[&okta[..], &["--since", "2026-11-01"]].concat()).await.well()));
}

#[tokio::test]
async fn what_is_no_event_and_what_is_not_said_is_refused() {
    let good = harmless("1").to_string();
    for (lines, more, said) in [
        (vec![good.clone(), "{".to_owned()], vec!["--kind", "okta-event-hook"], "line 2 is not JSON"),
        (vec!["[]".to_owned()], vec!["--kind", "okta-event-hook"], "line 1 is no JSON object"),
        (vec![" ".repeat(1_048_577)], vec!["--kind", "generic"], "line 1 is longer than"),
        (vec![good.clone()], vec![], "say what the events are"),
        (vec![good.clone()], vec!["--kind", "nothing"], "the kinds are generic, standard-webhooks"),
        (vec![good.clone()], vec!["--source", "okta"], "--source needs --config FILE"),
        (
            vec![good.clone()],
            vec!["--kind", "okta-event-hook", "--log-source", "product=x"],
            "log_source cannot be set",
        ),
        (vec![good.clone()], vec!["--kind", "generic", "--log-source", "prodct=x"], "no `prodct`"),
        (vec![good.clone()], vec!["--kind", "generic", "--since", "yesterday"], "write `30d`"),
        (vec![good], vec!["--kind", "generic", "--since", "1h", "--until", "2h"], "there is no time between"),
    ] {
        let ended = Events::of(&lines).test(&more).await;
        assert_eq!(ended.code, Some(2), "{said}: {ended:?}");
        assert!(ended.stderr.contains(said), "{said}: {ended:?}");
    }
    let ended = Process::run(&["rules", "backtest", "--folder", concat!(env!("CARGO_MANIFEST_DIR"), "/rules")]).await;
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("say where the alerts are"), "{ended:?}");
}

#[tokio::test]
async fn an_event_that_is_there_twice_is_judged_once() {
    let event = |id: &str| at(high_risk("zhang.san@example.com", id), "2026-11-01T00:00:00Z");
    let events = Events::of(&[event("1"), event("1"), event("2")]);
    let report = events.report(&["--kind", "okta-event-hook"]).await;
    assert_eq!((&report["alerts"], &report["left_out"]["repeated"]), (&json!(2), &json!(1)));
    let ended = events.test(&["--kind", "okta-event-hook"]).await.well();
    assert!(ended.stdout[1].ends_with("; 1 left out, because they are there before"), "{ended:#?}");
}

/// Ten wrong passwords, one each second, and then the right one.
fn guessed() -> Vec<String> {
    let wrong = (0..10).map(|second| (second, "FAILURE", "INVALID_CREDENTIALS"));
    let row = wrong.chain([(10, "SUCCESS", "")]);
    row.map(|(second, result, reason)| at(sign_in(second, result, reason), &format!("2026-11-01T00:00:{second:02}Z")))
        .collect()
}

fn sign_in(number: u32, result: &str, reason: &str) -> Value {
    json!({
        "uuid": format!("sign-in-{number}"),
        "eventType": "user.session.start",
        "actor": { "type": "User", "alternateId": "zhang.san@example.com" },
        "outcome": { "result": result, "reason": reason },
        "client": { "ipAddress": "203.0.113.7" },
    })
}

const CORRELATION: &str = "correlations/failed-sign-ins-then-success.yml";

#[tokio::test]
async fn several_events_of_a_file_come_to_a_correlation() {
    let kind = ["--kind", "okta-event-hook"];
    let events = Events::of(&guessed());
    assert_eq!(names(&events.report(&kind).await, "newly").len(), 0, "it watches");
    edit(&events.folder.path().join("rules"), CORRELATION, "mode: shadow", "mode: enforce");
    let report = events.report(&kind).await;
    assert_eq!(names(&report, "newly"), ["email:zhang.san@example.com"]);
    assert_eq!(report["newly"][0]["after"]["first"]["at"], "2026-11-01T00:00:10Z", "by the right password");
    // Those before the time asked for count, as far as the correlation looks back.
    for since in ["2026-11-01T00:00:05Z", "2026-11-01T00:00:10Z"] {
        let report = events.report(&[&kind[..], &["--since", since]].concat()).await;
        assert_eq!(names(&report, "newly"), ["email:zhang.san@example.com"], "{since}");
    }
    let report = events.report(&[&kind[..], &["--since", "2026-11-01T00:00:10Z"]].concat()).await;
    assert_eq!(report["alerts"], 1);
    // One of the ten is another one told again.
    let mut fewer = guessed();
    fewer[9] = fewer[8].clone();
    let events = Events::of(&fewer);
    edit(&events.folder.path().join("rules"), CORRELATION, "mode: shadow", "mode: enforce");
    assert_eq!(names(&events.report(&kind).await, "newly").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_alerts_of_a_trail_come_to_a_correlation() {
    let app = TestApp::start_with(Set { kept: Kept::BySled, ..Set::default() }).await;
    let wrong: Vec<Value> = (0..10).map(|number| sign_in(number, "FAILURE", "INVALID_CREDENTIALS")).collect();
    assert_eq!(app.deliver(&Delivery::of_events("wrong", &wrong, app.now())).await.status, 202);
    app.advance(Duration::from_secs(60));
    let right = [sign_in(10, "SUCCESS", "")];
    assert_eq!(app.deliver(&Delivery::of_events("right", &right, app.now())).await.status, 202);
    let folder = app.leave().await;
    let proposed = folder.path().join("proposed");
    copy_folder(&folder.path().join("rules"), &proposed);
    let past = Past { folder, proposed };

    let report = past.report(&[]).await;
    assert_eq!((&report["alerts"], &report["changed"]), (&json!(11), &json!(0)), "{report:#}");
    edit(&past.proposed, CORRELATION, "mode: shadow", "mode: enforce");
    let report = past.report(&[]).await;
    assert_eq!(names(&report, "newly"), ["email:zhang.san@example.com"], "{report:#}");
    assert_eq!(changes(&report), [("shadow", "contained", 1)]);
    // The wrong passwords lie before the time asked for; the right one does not.
    let report = past.report(&["--since", "2026-11-21T03:00:30Z"]).await;
    assert_eq!((&report["alerts"], names(&report, "newly").len()), (&json!(1), 1), "{report:#}");
}

/// The first and the third are in department 31, which then has one an hour; the second is in none that has a budget.
async fn of_departments() -> Past {
    let rules = |rules: &Path| budgets_of_departments::set(rules, "departments: {31: {per_hour: 1}}");
    let app = TestApp::start_with(Set { kept: Kept::BySled, rules, ..Set::default() }).await;
    for number in [1, 3, 2] {
        let person = format!("person{number}@example.com");
        let incident = app.open(&Delivery::of_high_risk(&person, number, app.now())).await;
        let ended = if number == 3 { Status::Held(HoldReason::DepartmentBudget) } else { Status::Open };
        app.until(&incident, |state| state.status == ended && (number == 3 || state.is_containing())).await;
    }
    Past::of(app).await
}

#[tokio::test(flavor = "multi_thread")]
async fn budgets_of_departments_count_as_far_as_the_trail_says_who_is_where() {
    let past = of_departments().await;
    let [first, second, third] = [1, 2, 3].map(|number| format!("email:person{number}@example.com"));
    let report = past.report(&[]).await;
    assert_eq!(
        (names(&report, "both"), names(&report, "held")),
        (vec![&*first, &*second], vec![&*third]),
        "{report:#}"
    );
    assert_eq!((&report["changed"], names(&report, "newly").len()), (&json!(0), 0));
    assert_eq!(report["department_budgets"], json!({"judged": 2, "not_judged": 1}));
    let said = past.test(&[]).await.well().stdout.join("\n");
    assert!(said.contains("Budgets of departments: judged for 2 containments"), "{said}");
    assert!(said.contains("Warning: they were not judged for 1 containment,"), "{said}");

    let propose = |budgets: &str| budgets_of_departments::replace(&past.proposed, budgets);
    propose("departments: {31: {per_hour: 2}}");
    let report = past.report(&[]).await;
    assert_eq!((names(&report, "newly"), names(&report, "no_longer").len()), (vec![&*third], 0), "{report:#}");
    propose("departments: {31: {per_hour: 0}}");
    assert_eq!(names(&past.report(&[]).await, "no_longer"), [&*first]);
    // Of a share nobody knows the size, and of another department nobody knows who is in it.
    for nobody_can_tell in
        ["departments: {31: {percent_per_hour: 1}}", "departments: {31: {per_hour: 9}, 32: {per_hour: 0}}"]
    {
        propose(nobody_can_tell);
        let report = past.report(&[]).await;
        assert_eq!(names(&report, "newly"), [&*third], "{report:#}");
        assert!(report["department_budgets"]["not_judged"].as_u64().unwrap() > 0, "{report:#}");
    }
    propose("rules: {}");
    let report = past.report(&[]).await;
    assert_eq!((names(&report, "newly"), &report["department_budgets"]), (vec![&*third], &Value::Null));
}
