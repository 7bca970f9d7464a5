//! Alerts that name an account by mail address or job number, which only the directory index knows: whom it names is
//! read live before they are believed, and exactly one live account is acted on or none.

use std::fs;
use std::path::Path;
use std::time::Duration;

use portcullis::incident::{Bearing, Candidate, Event, Evidence, HoldReason, IncidentId, Resolution, Status};
use portcullis::intake::{DingTalkKey, Fresh, Push};
use portcullis::sandbox::{Api, Fault, FaultKind};
use portcullis::trail::Area;
use serde_json::json;

use crate::harness::{
    AUDITOR, DINGTALK_AES_KEY, DINGTALK_TOKEN, Delivery, ENGINEER, RESPONDER, Set, TestApp, edit, rules_by_way,
};

const CONFIG: &str = r#"[directory.index]
[intake.sources.dingtalk]
kind = "dingtalk-events"
dingtalk = { owner = "dingtestonlyappkey01" }
secrets = [{ name = "test", file = "dingtalk-token", aes_key_file = "dingtalk-aes-key" }]
"#;

fn rules(folder: &Path) {
    rules_by_way(folder, &["email", "job_number", "mobile"]);
}

async fn start() -> TestApp {
    let app = TestApp::start_with(Set { rules, config: CONFIG, ..Set::default() }).await;
    until_read(&app).await;
    app
}

async fn until_read(app: &TestApp) {
    let read = async {
        while app.get("/v1/directory", AUDITOR).await.body["is_pending"] == true {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("it never came");
}

/// Waits until the index keeps somebody's address. It says so in memory right behind, which an approval, durable
/// before anything is looked up by it, is far behind.
async fn until_known(app: &TestApp, user_id: &str, address: &str) {
    let known = async {
        while !is_known(app, user_id, address) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), known).await.expect("it never came");
}

fn is_known(app: &TestApp, user_id: &str, address: &str) -> bool {
    let key = [b"p", user_id.as_bytes()].concat();
    let rows = app.app.trail().store().kept(Area::Directory, None, usize::MAX).unwrap();
    let row = rows.into_iter().find(|row| row.key == key);
    row.is_some_and(|row| String::from_utf8(row.value).unwrap().contains(address))
}

/// DingTalk says that somebody has changed.
async fn tell_of(app: &TestApp, id: &str, user_id: &str) {
    let key = DingTalkKey::new(DINGTALK_TOKEN, DINGTALK_AES_KEY, "dingtestonlyappkey01").unwrap();
    let event = json!({
        "EventType": "user_modify_org", "eventId": id, "timeStamp": "1795229999999", "CorpId": "dingsandboxcorp0001",
        "EventTime": 1_795_229_999_567_u64, "userId": [user_id],
    });
    let Push { query, body } = key.push(event.to_string().as_bytes(), app.now(), &Fresh::random().unwrap());
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let told = app.deliver(&Delivery { source: format!("dingtalk?{query}"), headers, body }).await;
    assert_eq!(told.status, 200);
}

async fn open(app: &TestApp, way: &str, who: &str) -> IncidentId {
    let id = format!("{way}-{}-{}", who.replace(|c: char| !c.is_ascii_alphanumeric(), "_"), app.records().len());
    let event = json!({ "uuid": id, "eventType": format!("test.{way}"), "who": who });
    app.open(&Delivery::of_events(&id, &[event], app.now())).await
}

/// What the trail says the account was resolved by, or was not.
fn evidence(app: &TestApp, incident: &IncidentId) -> Evidence {
    let of = |event: Event| match event {
        Event::AccountResolved { incident: id, evidence, .. } | Event::AccountUnresolved { incident: id, evidence }
            if id == *incident =>
        {
            Some(evidence)
        }
        _ => None,
    };
    app.records().into_iter().rev().find_map(|record| of(record.event)).expect("no evidence")
}

fn found(evidence: &Evidence) -> Vec<(&str, Bearing)> {
    evidence.candidates.iter().map(|candidate| (candidate.user_id.as_str(), candidate.found)).collect()
}

async fn until_held(app: &TestApp, incident: &IncidentId, reason: HoldReason) {
    app.until(incident, |state| state.status == Status::Held(reason)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_index_names_is_read_live_and_acted_on_with_the_evidence_on_the_trail() {
    let app = start().await;
    let read = app.records_of("directory.synced")[0].at;
    let job_number = app.dingtalk().account("user0002").unwrap().job_number;
    for (way, who, user_id) in [("email", "User0001@Example.com", "user0001"), ("job_number", &job_number, "user0002")]
    {
        let incident = open(&app, way, who).await;
        let state = app.until_contained(&incident).await;
        assert_eq!(state.user_id.unwrap().as_str(), user_id);
        let evidence = evidence(&app, &incident);
        let candidate =
            Candidate { user_id: user_id.to_owned().try_into().unwrap(), found: Bearing::Live, indexed_at: Some(read) };
        assert_eq!((evidence.by, evidence.candidates), (Resolution::DirectoryIndex, vec![candidate]));
        assert_eq!(evidence.read_at, Some(app.now()));
    }
    assert_eq!(app.dingtalk().received(Api::Disable), 2);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_live_accounts_with_one_job_number_are_held_with_both_ids_until_one_has_left() {
    let app = start().await;
    let shared = app.dingtalk().account("user0200").unwrap().job_number;
    let incident = open(&app, "job_number", &shared).await;
    until_held(&app, &incident, HoldReason::AccountAmbiguous).await;
    assert_eq!(app.story(&incident), ["admitted", "unresolved", "held: account_ambiguous"]);
    assert_eq!(found(&evidence(&app, &incident)), [("user0199", Bearing::Live), ("user0200", Bearing::Live)]);
    assert_eq!(app.dingtalk().received(Api::Disable), 0);
    let shown = app.get(&format!("/v1/incidents/{incident}"), AUDITOR).await.body;
    let candidates = shown["waiting"]["candidates"].as_array().unwrap();
    assert_eq!(candidates.iter().map(|one| &one["user_id"]).collect::<Vec<_>>(), ["user0199", "user0200"]);
    let page = app.get(&format!("/incidents/{incident}"), AUDITOR).await.body;
    assert!(page.as_str().unwrap().contains("user0199 (has the name)"), "{page}");
    app.dingtalk().remove("user0199");
    app.approve(&incident).await;
    let state = app.until_contained(&incident).await;
    assert_eq!(state.user_id.unwrap().as_str(), "user0200");
    assert_eq!(found(&evidence(&app, &incident)), [("user0199", Bearing::Gone), ("user0200", Bearing::Live)]);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_has_moved_contains_neither_its_old_owner_nor_a_guess() {
    let app = start().await;
    app.dingtalk().change("user0001", |account| account.email = "renamed@example.com".to_owned());
    app.dingtalk().change("user0005", |account| account.email = "user0001@example.com".to_owned());
    let incident = open(&app, "email", "user0001@example.com").await;
    until_held(&app, &incident, HoldReason::AccountNotFound).await;
    assert_eq!(found(&evidence(&app, &incident)), [("user0001", Bearing::Moved)]);
    // What reading the old owner has shown is known from then on.
    let renamed = open(&app, "email", "renamed@example.com").await;
    assert_eq!(app.until_contained(&renamed).await.user_id.unwrap().as_str(), "user0001");
    // DingTalk itself says who has changed.
    tell_of(&app, "e1", "user0005").await;
    until_known(&app, "user0005", "user0001@example.com").await;
    app.approve(&incident).await;
    assert_eq!(app.until_contained(&incident).await.user_id.unwrap().as_str(), "user0005");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_dingtalk_says_while_it_is_tried_out_is_told_to_nobody() {
    let app = start().await;
    for (user, address) in [("user0005", "five@example.com"), ("user0007", "seven@example.com")] {
        app.dingtalk().change(user, |account| account.email = address.to_owned());
    }
    let window = async |minutes: u16| {
        let wanted = json!({"reason": "set-up", "minutes": minutes});
        assert_eq!(app.post("/v1/sources/dingtalk/test", ENGINEER, &wanted).await.status, 200);
    };
    window(5).await;
    tell_of(&app, "e1", "user0005").await;
    window(0).await;
    tell_of(&app, "e2", "user0007").await;
    until_known(&app, "user0007", "seven@example.com").await;
    assert!(!is_known(&app, "user0005", "five@example.com"));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operators_identity_map_wins_over_the_index() {
    let rules: fn(&Path) = |folder| {
        rules(folder);
        let path = folder.join("identities.csv");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{text}user0001@example.com,user0009\nJ1005,user0011\n10000010007,user0013\n"))
            .unwrap();
    };
    let app = TestApp::start_with(Set { rules, config: CONFIG, ..Set::default() }).await;
    until_read(&app).await;
    for (way, who, user_id) in [
        ("email", "USER0001@example.com", "user0009"),
        ("job_number", "J1005", "user0011"),
        ("mobile", "10000010007", "user0013"),
    ] {
        let incident = open(&app, way, who).await;
        assert_eq!(app.until_contained(&incident).await.user_id.unwrap().as_str(), user_id);
        assert_eq!(evidence(&app, &incident), Evidence::of(Resolution::IdentityMap));
    }
    assert_eq!(app.dingtalk().received(Api::UserGetByMobile), 0);
    for untouched in ["user0001", "user0005", "user0007"] {
        assert!(!app.dingtalk().account(untouched).unwrap().disabled);
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_userid_is_no_look_up_and_the_identity_map_says_nothing_of_it() {
    let rules: fn(&Path) = |folder| {
        rules_by_way(folder, &["email", "user_id"]);
        edit(folder, "identities.csv", "lisi\n", "lisi\nuser0020,user0021\nuser0022,user0023\n");
    };
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let by_rule = open(&app, "user_id", "user0020").await;
    let wanted = json!({
        "account": {"kind": "user_id", "value": "user0022"}, "steps": ["disable"], "expires_in_s": 3600, "reason": "test",
    });
    let answer = app.post("/v1/incidents", RESPONDER, &wanted).await;
    let by_hand = IncidentId::parse(answer.body["incident"].as_str().unwrap()).unwrap();
    let by_map = open(&app, "email", "user0020").await;
    for (incident, user_id, by) in [
        (by_rule, "user0020", Resolution::Given),
        (by_hand, "user0022", Resolution::Given),
        (by_map, "user0021", Resolution::IdentityMap),
    ] {
        assert_eq!(app.until_contained(&incident).await.user_id.unwrap().as_str(), user_id);
        assert_eq!(evidence(&app, &incident), Evidence::of(by));
    }
    assert!(!app.dingtalk().account("user0023").unwrap().disabled, "nobody has asked for them");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f09_whoever_is_listed_by_an_address_or_a_number_is_left_alone_whatever_the_alert_calls_them() {
    let rules: fn(&Path) = |folder| {
        rules_by_way(folder, &["email", "job_number", "user_id"]);
        let listed = "protected:\n  - {email: USER0001@example.com, why: test}\n  - {job_number: J1005, why: test}\n  \
                      - {mobile: '+86-10000010007', why: test}\n";
        edit(folder, "guardrails.yml", "protected: []\n", listed);
    };
    let app = TestApp::start_with(Set { rules, config: CONFIG, ..Set::default() }).await;
    until_read(&app).await;
    let job_number = app.dingtalk().account("user0001").unwrap().job_number;
    for (way, who) in [
        ("user_id", "user0001"),
        ("job_number", &job_number),
        ("email", "user0005@example.com"),
        ("user_id", "user0007"),
    ] {
        let incident = open(&app, way, who).await;
        until_held(&app, &incident, HoldReason::ProtectedListed).await;
    }
    assert_eq!((app.dingtalk().received(Api::SignOut), app.dingtalk().received(Api::Disable)), (0, 0));
    // Of whom DingTalk shows no address, nobody knows that it is not the listed one.
    app.dingtalk().change("user0011", |account| account.email = String::new());
    let unknown = open(&app, "user_id", "user0011").await;
    until_held(&app, &unknown, HoldReason::ProtectionUnknown).await;
    let other = open(&app, "user_id", "user0009").await;
    app.until_contained(&other).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_too_old_names_nobody_until_it_is_read_again() {
    let app = start().await;
    let denied = Fault { times: None, ..Fault::new(FaultKind::PermissionDenied).on(Api::DepartmentGet) };
    app.dingtalk().inject(denied).unwrap();
    app.advance(Duration::from_secs(8 * 24 * 3_600));
    let incident = open(&app, "email", "user0001@example.com").await;
    until_held(&app, &incident, HoldReason::DirectoryTooOld).await;
    assert_eq!(app.dingtalk().received(Api::Disable), 0);
    app.dingtalk().clear_faults();
    // Who had to mend it asks at once.
    assert_eq!(app.post("/v1/directory/sync", ENGINEER, &json!({})).await.status, 200);
    until_read(&app).await;
    app.approve(&incident).await;
    app.until_contained(&incident).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_protected_is_so_under_every_name_and_nobody_unknown_is_guessed() {
    let app = start().await;
    let of = |user_id: &str| app.dingtalk().account(user_id).unwrap();
    for (way, who, reason) in [
        ("job_number", of("admin01").job_number, HoldReason::ProtectedLive),
        ("job_number", of("foreign01").job_number, HoldReason::ForeignOrganization),
        ("job_number", of("plain01").job_number, HoldReason::NotEnterpriseAccount),
        ("email", "nobody@example.com".to_owned(), HoldReason::AccountNotFound),
        ("email", "user0001@example.com.evil.example".to_owned(), HoldReason::AccountNotFound),
        ("job_number", "J1".to_owned(), HoldReason::AccountNotFound),
    ] {
        let incident = open(&app, way, &who).await;
        until_held(&app, &incident, reason).await;
    }
    assert_eq!(app.dingtalk().received(Api::Disable), 0);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_that_cannot_be_read_is_read_again_in_time() {
    for kind in [FaultKind::Busy, FaultKind::EmptyObject, FaultKind::ResetAfterWork] {
        let app = start().await;
        app.dingtalk().inject(Fault::new(kind).on(Api::UserGet)).unwrap();
        let incident = open(&app, "email", "user0001@example.com").await;
        app.when_called(Api::UserGet, 1).await;
        app.until_in_time(&incident, |state| state.is_containing()).await;
        assert_eq!(app.story(&incident)[..2], ["admitted", "resolved"], "{kind:?}");
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_accounts_with_one_mobile_number_are_held_with_their_ids() {
    let app = start().await;
    let mobile = app.dingtalk().account("user0001").unwrap().mobile;
    app.dingtalk().change("user0003", |account| account.mobile.clone_from(&mobile));
    let incident = open(&app, "mobile", &mobile).await;
    until_held(&app, &incident, HoldReason::AccountAmbiguous).await;
    let evidence = evidence(&app, &incident);
    assert_eq!(evidence.by, Resolution::Mobile);
    assert_eq!(found(&evidence), [("user0001", Bearing::Live), ("user0003", Bearing::Live)]);
    app.end().await;
}
