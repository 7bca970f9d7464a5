//! The doctor in a server: the canary's whole cycle and what keeps it from its end, the schedule, and who is told.

use std::path::Path;
use std::time::Duration;

use portcullis::incident::{Check, Checked, Diagnosis, Event, IncidentId, NoticeEvent, Outcome, Status, Topic};
use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::Value;

use crate::harness::{AUDITOR, Delivery, ENGINEER, Process, RESPONDER, Set, TestApp, edit, harmless};

const DAY: Duration = Duration::from_secs(86_400);

/// A server with this account as its canary.
async fn with_canary(config: &'static str) -> TestApp {
    TestApp::start_with(Set { config, ..Set::default() }).await
}

const ZHANGSAN: &str = "[doctor]\ncanary = \"zhangsan\"\n";

impl TestApp {
    /// What the runs so far have found, the last one behind the others.
    fn checkups(&self) -> Vec<Vec<Checked>> {
        let records = self.records_of("doctor.checked").into_iter();
        records
            .map(|record| match record.event {
                Event::DoctorChecked { checks, .. } => checks,
                other => panic!("{other:?}"),
            })
            .collect()
    }

    /// Waits until there were so many runs, and gives what the last one has found of one thing.
    async fn checked(&self, runs: usize, check: Check) -> Diagnosis {
        self.told(|app| app.checkups().len() >= runs).await;
        let last = self.checkups().pop().unwrap();
        last.iter().find(|one| one.check == check).unwrap().found
    }

    /// Waits for what the trail is to say, and lets no time pass.
    async fn told(&self, wanted: impl Fn(&Self) -> bool) {
        let mut changes = self.app.trail().changes();
        let waiting = async {
            while !wanted(self) {
                changes.changed().await.unwrap();
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(30), waiting).await;
        assert!(in_time.is_ok(), "it never came: {:#?}", self.checkups());
    }

    async fn ask_doctor(&self) {
        assert_eq!(self.post("/v1/doctor/run", ENGINEER, &Value::Null).await.status, 200);
    }

    /// Waits until nothing is under way, and gives the page.
    async fn doctors_page(&self) -> Value {
        loop {
            let page = self.get("/v1/doctor", AUDITOR).await.body;
            if page["is_pending"] == false {
                return page;
            }
            tokio::task::yield_now().await;
        }
    }

    fn opened_by_hand(&self) -> Vec<IncidentId> {
        let ids = self.records_of("incident.requested").into_iter();
        ids.map(|record| record.event.incidents()[0].clone()).collect()
    }

    fn orders(&self) -> usize {
        [Api::SignOut, Api::Disable, Api::Enable].iter().map(|api| self.dingtalk().calls_to(*api).len()).sum()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_canary_is_signed_out_disabled_read_back_and_given_back_at_once() {
    let app = with_canary(ZHANGSAN).await;
    app.ask_doctor().await;
    assert_eq!(app.checked(1, Check::Canary).await, Diagnosis::CycleComplete);
    let [incident] = app.opened_by_hand().try_into().unwrap();
    assert_eq!(
        app.story(&incident),
        [
            "requested",
            "resolved",
            "sign_out started",
            "sign_out answered",
            "disable started",
            "disable answered",
            "disable verified",
            "released",
            "enable started",
            "enable answered",
            "enable verified",
            "closed: done",
        ]
    );
    let account = app.dingtalk().account("zhangsan").unwrap();
    assert!(!account.disabled && account.sign_outs == 1);
    let page = app.doctors_page().await;
    assert_eq!(page["ok"], true, "{page}");
    let row = page["checks"].as_array().unwrap().iter().find(|row| row["check"] == "canary").unwrap();
    assert_eq!((row["found"].as_str(), row["detail"].as_str()), (Some("cycle_complete"), Some(incident.as_str())));
    let Event::DoctorChecked { actor, checks } = app.records_of("doctor.checked").pop().unwrap().event else {
        panic!()
    };
    assert_eq!((actor.as_deref(), checks.len()), (Some("engineer"), Check::ALL.len()));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_again_at_once_does_not_use_the_month_up() {
    let app = with_canary(ZHANGSAN).await;
    app.ask_doctor().await;
    assert_eq!(app.checked(1, Check::Canary).await, Diagnosis::CycleComplete);
    app.ask_doctor().await;
    assert_eq!(app.checked(2, Check::Canary).await, Diagnosis::DoneLately);
    assert_eq!(app.orders(), 3);
    app.advance(Duration::from_secs(600));
    app.ask_doctor().await;
    assert_eq!(app.checked(3, Check::Canary).await, Diagnosis::CycleComplete);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_protected_or_not_there_is_no_canary_and_nothing_is_opened() {
    for (config, expected) in [
        ("[doctor]\ncanary = \"admin01\"\n", Diagnosis::CanaryProtected),
        ("[doctor]\ncanary = \"boss01\"\n", Diagnosis::CanaryProtected),
        ("[doctor]\ncanary = \"lisi\"\n", Diagnosis::CanaryProtected),
        ("[doctor]\ncanary = \"foreign01\"\n", Diagnosis::CanaryProtected),
        ("[doctor]\ncanary = \"nobody01\"\n", Diagnosis::CanaryNotFound),
        ("[doctor]\ncanary = \"wangwu\"\n", Diagnosis::CanaryFoundDisabled),
    ] {
        let rules = |rules: &Path| {
            edit(rules, "guardrails.yml", "protected: []\n", "protected:\n  - user_id: lisi\n    why: test\n");
        };
        let app = TestApp::start_with(Set { config, rules, ..Set::default() }).await;
        app.ask_doctor().await;
        assert_eq!(app.checked(1, Check::Canary).await, expected);
        assert_eq!((app.opened_by_hand().len(), app.orders()), (0, 0), "{expected:?}");
        app.end().await;
    }
}

/// Where the look at users leaves that out.
#[tokio::test(flavor = "multi_thread")]
async fn a_canary_that_only_the_status_call_shows_disabled_is_left_alone_too() {
    let app = with_canary(ZHANGSAN).await;
    app.dingtalk().change("zhangsan", |account| (account.disabled, account.hides_disabled) = (true, true));
    app.ask_doctor().await;
    assert_eq!(app.checked(1, Check::Canary).await, Diagnosis::CanaryFoundDisabled);
    assert_eq!((app.opened_by_hand().len(), app.orders()), (0, 0));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_dry_run_and_while_all_is_paused_the_canary_is_left_alone_and_that_is_said() {
    let set = Set { config: ZHANGSAN, adjust: |config| config.directory.dry_run = true, ..Set::default() };
    let app = TestApp::start_with(set).await;
    app.ask_doctor().await;
    assert_eq!(app.checked(1, Check::Canary).await, Diagnosis::DryRun);
    app.end().await;

    let app = with_canary(ZHANGSAN).await;
    app.steer("/v1/pause").await;
    app.ask_doctor().await;
    assert_eq!(app.checked(1, Check::Canary).await, Diagnosis::Paused);
    assert_eq!((app.opened_by_hand().len(), app.orders()), (0, 0));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_refused_is_found_out_on_the_canary_and_not_on_the_day() {
    let app = with_canary(ZHANGSAN).await;
    app.dingtalk().inject(Fault::new(FaultKind::PermissionDenied).on(Api::Disable).until_cleared()).unwrap();
    app.ask_doctor().await;
    assert_eq!(app.checked(1, Check::Canary).await, Diagnosis::CanaryHeld);
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_that_stays_disabled_is_an_alarm_and_people_are_told() {
    let config = "[doctor]\ncanary = \"zhangsan\"\n[telemetry]\nmetrics_listen = \"127.0.0.1:0\"\n\
                  [notices.channels.duty]\nkind = \"dingtalk-one-to-one\"\nrobot_code = \"ding1\"\nuser_ids = [\"lisi\"]\n";
    let app = with_canary(config).await;
    app.dingtalk().inject(Fault::new(FaultKind::PermissionDenied).on(Api::Enable).until_cleared()).unwrap();
    app.ask_doctor().await;
    assert_eq!(app.checked(1, Check::Canary).await, Diagnosis::CanaryStaysDisabled);
    let told = |app: &TestApp| {
        let is_doctor = |event: &Event| matches!(event, Event::Notice(NoticeEvent::Started { notice, .. }) if notice.topic == Topic::Doctor);
        app.records().iter().any(|record| is_doctor(&record.event))
    };
    app.told(told).await;
    let text = app.client.get(app.app.metrics_url().unwrap()).send().await.unwrap().text().await.unwrap();
    assert!(text.contains("portcullis_doctor_ok 0"), "{text}");
    assert!(text.contains("portcullis_doctor_last_run_timestamp_seconds"), "{text}");
    assert_eq!(app.get("/readyz", AUDITOR).await.status, 200, "alerts are taken all the same");

    // The incident waits for a human, and the alarm goes on until one has seen to it.
    app.dingtalk().clear_faults();
    app.ask_doctor().await;
    assert_eq!(app.checked(2, Check::Canary).await, Diagnosis::CanaryStaysDisabled);
    let [incident] = app.opened_by_hand().try_into().unwrap();
    app.approve(&incident).await;
    app.until(&incident, |incident| incident.status == Status::Closed(Outcome::Done)).await;
    app.advance(Duration::from_secs(600));
    app.ask_doctor().await;
    assert_eq!(app.checked(3, Check::Canary).await, Diagnosis::CycleComplete);
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_schedule_it_looks_at_the_start_and_then_once_a_day_over_restarts() {
    let app = with_canary("[doctor]\nevery = \"24h\"\n").await;
    assert_eq!(app.checked(1, Check::Canary).await, Diagnosis::NotConfigured);
    let app = app.restart().await;
    assert_eq!(app.doctors_page().await["ok"], true, "what was found is known from the trail");
    assert_eq!(app.checkups().len(), 1, "and is not looked at anew");
    app.advance(DAY);
    app.told(|app| app.checkups().len() >= 2).await;
    let Event::DoctorChecked { actor, .. } = app.records_of("doctor.checked").pop().unwrap().event else { panic!() };
    assert_eq!(actor, None);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cut_off_between_is_taken_up_by_the_next_and_the_canary_given_back() {
    let app = with_canary("[doctor]\nevery = \"24h\"\ncanary = \"zhangsan\"\n").await;
    assert_eq!(app.checked(1, Check::Canary).await, Diagnosis::CycleComplete);
    app.dingtalk().inject(Fault::new(FaultKind::HangAfterWork).on(Api::Disable)).unwrap();
    app.advance(DAY);
    while app.dingtalk().calls_to(Api::Disable).len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(app.checkups().len(), 1);
    let app = app.restart().await;
    assert_eq!(app.checked(2, Check::Canary).await, Diagnosis::CycleComplete);
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    assert_eq!(app.opened_by_hand().len(), 2, "it is the same incident");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_whose_last_word_was_refused_is_found() {
    let app = TestApp::start().await;
    let forged = Delivery::of_events("one", &[harmless("one")], app.now());
    let forged = forged.with("webhook-signature", "v1,dGVzdC12YWx1ZS1vZi1uby1zaWduYXR1cmUtYXQtYWw=");
    assert_eq!(app.deliver(&forged).await.status, 401);
    app.ask_doctor().await;
    assert_eq!(app.checked(1, Check::Sources).await, Diagnosis::SourceRefused);
    app.advance(Duration::from_secs(1));
    assert_eq!(app.deliver(&Delivery::of_events("two", &[harmless("two")], app.now())).await.status, 202);
    app.ask_doctor().await;
    assert_eq!(app.checked(2, Check::Sources).await, Diagnosis::Good);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn auditors_read_what_was_found_and_have_nothing_done() {
    let app = with_canary(ZHANGSAN).await;
    assert_eq!(app.post("/v1/doctor/run", AUDITOR, &Value::Null).await.status, 403);
    let page = app.get("/v1/doctor", AUDITOR).await;
    assert_eq!((page.status, page.body["is_pending"].as_bool()), (200, Some(false)));
    assert_eq!(app.post("/v1/doctor/run?send=perhaps", ENGINEER, &Value::Null).await.status, 422);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_asks_a_server_that_runs_and_ends_as_it_has_found() {
    let app = with_canary(ZHANGSAN).await;
    let token = app.folder().join("token");
    std::fs::write(&token, RESPONDER).unwrap();
    let url = app.app.url();
    let arguments = ["doctor", "--server", &url, "--token-file", token.to_str().unwrap()];
    let ended = Process::run(&arguments).await.well();
    assert!(ended.said().contains("passed   canary"), "{}", ended.said());
    app.dingtalk().inject(Fault::new(FaultKind::PermissionDenied).on(Api::Status).until_cleared()).unwrap();
    let ended = Process::run(&[&arguments[..], &["--json"]].concat()).await;
    assert_eq!(ended.code, Some(1));
    let page: Value = serde_json::from_str(&ended.said()).unwrap();
    assert_eq!(page["ok"], false, "{page}");
    app.end().await;
}
