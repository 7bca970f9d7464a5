//! What is kept on a person: handed out, erased, and unreadable from then on, through the API and the command line.

use std::fs;
use std::path::Path;
use std::time::Duration;

use portcullis::incident::{Event, IncidentId, ReadWay, Status, SubjectEvent};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{
    ADMIN, AUDITOR, Answer, Delivery, ENGINEER, Ended, Kept, OKTA, PSEUDONYM_KEY, Process, RESPONDER, Set, TestApp,
    copy_folder,
};

const ZHANG: &str = "zhang.san@example.com";
const LI: &str = "li.si@example.com";

fn of(address: &str) -> Value {
    json!({ "names": [{ "kind": "email", "value": address }] })
}

fn erase(address: &str) -> Value {
    json!({ "names": [{ "kind": "email", "value": address }], "reason": "asked for by the person", "confirm": address })
}

async fn find(app: &TestApp, address: &str) -> Value {
    let found = app.post("/v1/subjects/find", AUDITOR, &of(address)).await;
    assert_eq!(found.status, 200, "{}", found.body);
    found.body
}

async fn export(app: &TestApp, address: &str) -> Answer {
    let exported = app.post("/v1/subjects/export", AUDITOR, &of(address)).await;
    assert_eq!(exported.status, 200, "{}", exported.body);
    exported
}

/// Two people are contained, and it is over.
async fn past(kept: Kept) -> (TestApp, IncidentId) {
    let app = TestApp::start_with(Set { kept, ..Set::default() }).await;
    let zhang = app.open(&Delivery::of_high_risk(ZHANG, 1, app.now())).await;
    let li = app.open(&Delivery::of_high_risk(LI, 2, app.now())).await;
    for incident in [&zhang, &li] {
        app.until_contained(incident).await;
    }
    app.advance(Duration::from_secs(8 * 3600));
    for incident in [&zhang, &li] {
        app.until(incident, |state| matches!(state.status, Status::Closed(_))).await;
    }
    (app, zhang)
}

/// What lies beside each record of alerts that can be read.
fn readable(app: &TestApp) -> Vec<String> {
    let trail = app.app.trail();
    let read = |record: portcullis::trail::Record| {
        let content = trail.private(record.seq, record.event.private()?).unwrap()?;
        Some(String::from_utf8(content).unwrap())
    };
    app.records().into_iter().filter_map(read).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn h17_after_the_erasure_nothing_of_the_person_can_be_read_and_all_proofs_hold() {
    for kept in [Kept::InMemory, Kept::BySled] {
        let (app, incident) = past(kept).await;
        assert_eq!(readable(&app).len(), 2);
        let found = find(&app, ZHANG).await;
        assert_eq!((&found["personal"], &found["open_incidents"]), (&json!(1), &json!([])), "{found}");
        let names: Vec<&str> =
            found["names"].as_array().unwrap().iter().map(|n| n["value"].as_str().unwrap()).collect();
        assert_eq!(names[..2], [ZHANG, "zhangsan"], "{found}");

        let exported = export(&app, ZHANG).await;
        let records = exported.body["records"].as_array().unwrap();
        assert!(records[0]["beside"].to_string().contains(ZHANG), "{}", exported.body);
        assert!(records.len() > 5, "the incident's records are theirs, too");
        assert!(!exported.body.to_string().contains(LI));

        let erased = app.post("/v1/subjects/erase", ADMIN, &erase(ZHANG)).await;
        assert_eq!((erased.status, &erased.body), (200, &json!({ "erased": 1 })));
        let left = readable(&app);
        assert!(left.len() == 1 && left[0].contains(LI), "{left:?}");
        let record = app.records_of("subject.erased").pop().unwrap();
        let Event::Subject(SubjectEvent::Erased { actor, reason, keys: 1, records: 1 }) = &record.event else {
            panic!("{record:?}")
        };
        assert_eq!((actor.as_str(), reason.as_str()), ("admin", "asked for by the person"));

        // H24: what was found under their name is found no more, and they are nobody now.
        let found = find(&app, ZHANG).await;
        assert_eq!((&found["records"], &found["keys"]), (&json!(0), &json!(0)), "{found}");
        assert_eq!(export(&app, ZHANG).await.body["records"], json!([]));
        for address in [ZHANG, "nobody@example.com"] {
            let again = app.post("/v1/subjects/erase", ADMIN, &erase(address)).await;
            assert_eq!((again.status, again.code()), (404, "not_found"));
        }
        assert_eq!(find(&app, LI).await["personal"], 1);

        let app = app.restart().await;
        assert_eq!(readable(&app).len(), 1, "and after the next start");
        assert!(app.app.trail().incident(&incident).unwrap().is_some(), "what happened stays");
        // Whoever comes again is somebody new.
        app.advance(Duration::from_secs(40 * 24 * 3600));
        assert_eq!(app.deliver(&Delivery::of_high_risk(ZHANG, 3, app.now())).await.status, 202);
        assert_eq!(readable(&app).len(), 2);
        // Trail and log verify.
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_waits_for_open_incidents_a_reason_and_a_second_thought() {
    let app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk(ZHANG, 1, app.now())).await;
    app.until_contained(&incident).await;
    // A field that is misspelled is not passed over: without it more would be erased.
    for path in ["find", "export", "erase"] {
        let mut misspelled = if path == "erase" { erase(ZHANG) } else { json!({ "names": erase(ZHANG)["names"] }) };
        misspelled["onyl"] = true.into();
        let refused = app.post(&format!("/v1/subjects/{path}"), ADMIN, &misspelled).await;
        assert_eq!((refused.status, refused.code()), (400, "bad_json"), "{path}");
    }
    let refused = app.post("/v1/subjects/erase", ADMIN, &erase(ZHANG)).await;
    assert_eq!((refused.status, refused.code()), (409, "incidents_open"));
    assert_eq!(refused.body["incidents"], json!([incident]));
    assert_eq!(find(&app, ZHANG).await["open_incidents"], json!([incident]));
    for (member, value) in [("confirm", json!("li.si@example.com")), ("confirm", json!("")), ("reason", json!(" "))] {
        let mut body = erase(ZHANG);
        body[member] = value;
        assert_eq!(app.post("/v1/subjects/erase", ADMIN, &body).await.status, 422, "{body}");
    }
    for (names, status) in [
        (json!([]), 422),
        (json!([{ "kind": "email", "value": "a b" }]), 422),
        (json!([{ "kind": "shoe", "value": "a" }]), 400),
        (json!(vec![json!({ "kind": "user_id", "value": "a" }); 21]), 422),
    ] {
        for path in ["find", "export", "erase"] {
            let body = match path {
                "erase" => json!({ "names": names, "reason": "a drill", "confirm": "a" }),
                _ => json!({ "names": names }),
            };
            assert_eq!(app.post(&format!("/v1/subjects/{path}"), ADMIN, &body).await.status, status, "{path} {body}");
        }
    }
    for (token, read, erased) in [(AUDITOR, 200, 403), (ENGINEER, 403, 403), (RESPONDER, 403, 403)] {
        assert_eq!(app.post("/v1/subjects/find", token, &of(LI)).await.status, read);
        assert_eq!(app.post("/v1/subjects/export", token, &of(LI)).await.status, read);
        assert_eq!(app.post("/v1/subjects/erase", token, &erase(ZHANG)).await.status, erased);
    }
    assert_eq!(readable(&app).len(), 1, "nothing was erased");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_read_of_personal_data_is_on_the_trail_without_any() {
    let (app, _) = past(Kept::InMemory).await;
    find(&app, ZHANG).await;
    export(&app, ZHANG).await;
    app.post("/v1/subjects/erase", ADMIN, &erase(ZHANG)).await;
    let read: Vec<_> = app.records_of("personal_data.read").into_iter().map(|record| record.event).collect();
    let alert = app.records_of("alert.admitted")[0].seq;
    let expected = [(ReadWay::Find, vec![]), (ReadWay::Export, vec![alert])];
    assert_eq!(read, expected.map(|(way, records)| Event::Subject(SubjectEvent::read("auditor", way, &records))));
    for stored in app.app.trail().store().read(0, usize::MAX).unwrap() {
        let text = String::from_utf8(stored.record).unwrap();
        assert!(!text.contains(ZHANG) && !text.contains("zhang.san"), "{text}");
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_about_nobody_known_expires() {
    let app = TestApp::start().await;
    let delivery = Delivery::signed(&OKTA, "msg_1", b"{".to_vec(), app.now());
    assert!(matches!(app.deliver(&delivery).await.status, 400 | 422));
    assert_eq!(readable(&app), ["{"]);
    app.advance(Duration::from_secs(29 * 86_400));
    let app = app.restart().await;
    assert_eq!(readable(&app), ["{"], "30 days are not over");
    app.advance(Duration::from_secs(3 * 86_400));
    let app = app.restart().await;
    let mut changes = app.app.trail().changes();
    let expired = async {
        while app.records_of("personal_data.expired").is_empty() {
            tokio::task::yield_now().await;
            let _ = changes.borrow_and_update();
        }
    };
    tokio::time::timeout(Duration::from_secs(20), expired).await.expect("it never expired");
    let Event::Subject(SubjectEvent::Expired { before, days: 1 }) = app.records_of("personal_data.expired")[0].event
    else {
        panic!("it says something else")
    };
    assert_eq!(before.to_string(), "2026-11-23T00:00:00Z");
    let gone = async {
        while !readable(&app).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("it can still be read");
    app.end().await;
}

/// A trail that nobody has open.
struct Left {
    folder: TempDir,
}

impl Left {
    async fn new() -> Self {
        let (app, _) = past(Kept::BySled).await;
        let folder = app.leave().await;
        fs::write(folder.path().join("trail/pseudonym.key"), PSEUDONYM_KEY).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    async fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
        let config = self.path("portcullis.toml");
        let all = [arguments, &["--config", &config]].concat();
        Process::spawn(&all, environment).ended().await
    }

    async fn export(&self, environment: &[(&str, &str)]) -> Ended {
        self.run(&["subject", "export", "--account", &format!("email={ZHANG}")], environment).await
    }
}

/// How many records of this kind the trail has.
async fn lines_of(left: &Left, kind: &str) -> usize {
    let shown = left.run(&["trail", "show"], &[]).await.well().said();
    shown.matches(&format!(r#""kind":"{kind}""#)).count()
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(fs::read(&path).unwrap()) }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn h24_a_person_is_found_after_the_master_key_was_changed_and_until_they_are_erased() {
    let left = Left::new().await;
    let lines = left.export(&[]).await.well().stdout;
    let first: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(first["names"][1], json!({ "kind": "user_id", "value": "zhangsan", "by": "identities" }));
    assert!(lines[1].contains(ZHANG) && lines.len() > 6, "{lines:?}");
    // Nowhere on the disk does it stand in the clear.
    let is_clear = |bytes: &Vec<u8>| bytes.windows(ZHANG.len()).any(|part| part == ZHANG.as_bytes());
    assert!(!files(&left.folder.path().join("trail")).iter().any(is_clear));

    // The present key under another name is not another key, and nothing was done then.
    let records = lines_of(&left, "subject_keys.rewrapped").await;
    let same = left.path("same-master.key");
    std::os::unix::fs::symlink(left.path("trail/master.key"), &same).unwrap();
    for to in [same, left.path("trail/../trail/master.key")] {
        let refused = left.run(&["subject", "rewrap", "--to", &to], &[]).await;
        assert!(refused.code == Some(2) && refused.stderr.contains("the present master key"), "{refused:?}");
    }
    assert_eq!(lines_of(&left, "subject_keys.rewrapped").await, records);

    let new = left.path("new-master.key");
    let rewrapped = left.run(&["subject", "rewrap", "--to", &new], &[]).await.well().said();
    assert!(rewrapped.contains("2 keys are wrapped by"), "{rewrapped}");
    let keys = fs::read(left.path("trail/subjects.keys")).unwrap();
    let refused = left.export(&[]).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("does not open with the master key"), "{refused:?}");
    let serve = left.run(&["serve", "--listen", "127.0.0.1:0"], &[]).await;
    assert!(serve.code == Some(1) && serve.stderr.contains("does not open with the master key"), "{serve:?}");
    assert_eq!(fs::read(left.path("trail/subjects.keys")).unwrap(), keys, "nothing is overwritten");
    let environment = [("PORTCULLIS_TRAIL__MASTER_KEY_FILE", new.as_str())];
    assert!(left.export(&environment).await.well().stdout.len() > 6);

    copy_folder(Path::new(&left.path("trail")), Path::new(&left.path("backup")));
    let account = format!("email={ZHANG}");
    let command = ["subject", "erase", "--account", &account, "--reason", "a drill"];
    for more in [&[][..], &["--confirm", "somebody"]] {
        let refused = left.run(&[&command[..], more].concat(), &environment).await;
        assert_eq!(refused.code, Some(2), "{refused:?}");
    }
    let erased = left.run(&[&command[..], &["--confirm", ZHANG]].concat(), &environment).await.well().said();
    assert!(erased.contains("what lay beside 1 records cannot be read any more"), "{erased}");
    assert_eq!(left.export(&environment).await.well().stdout.len(), 1, "the names that were asked for");
    let again = left.run(&[&command[..], &["--confirm", ZHANG]].concat(), &environment).await;
    assert!(again.code == Some(2) && again.stderr.contains("or it was erased before"), "{again:?}");

    // A backup of the store is no way around it, once the keys of the backup are gone.
    let backup = left.path("backup");
    fs::copy(left.path("trail/subjects.keys"), left.path("backup/subjects.keys")).unwrap();
    let of_backup = [environment[0], ("PORTCULLIS_TRAIL__PATH", backup.as_str())];
    assert_eq!(left.export(&of_backup).await.well().stdout.len(), 1);
    let log = left.path("trail/log");
    let key = left.path("trail/log/vkey");
    Process::run(&["trail", "verify", "--log", &log, "--key", &key]).await.well();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_whose_keys_are_gone_is_not_begun_anew() {
    let left = Left::new().await;
    for missing in ["trail/subjects.keys", "trail/master.key"] {
        let kept = left.path("kept");
        fs::rename(left.path(missing), &kept).unwrap();
        let refused = left.run(&["serve", "--listen", "127.0.0.1:0"], &[]).await;
        assert!(refused.code == Some(1) && refused.stderr.contains("is missing"), "{missing}: {refused:?}");
        assert!(!Path::new(&left.path(missing)).exists(), "{missing} is not made anew");
        fs::rename(&kept, left.path(missing)).unwrap();
    }
    left.export(&[]).await.well();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_asks_a_server_that_runs() {
    let (app, _) = past(Kept::BySled).await;
    let (url, folder) = (app.app.url(), app.folder().to_owned());
    let token = folder.join("token");
    fs::write(&token, ADMIN).unwrap();
    let account = format!("email={ZHANG}");
    let config = folder.join("portcullis.toml");
    let in_use =
        Process::run(&["subject", "export", "--account", &account, "--config", config.to_str().unwrap()]).await;
    assert!(in_use.code == Some(2) && in_use.stderr.contains("--server"), "{in_use:?}");
    let place = ["--server", &url, "--token-file", token.to_str().unwrap(), "--account", &account];
    let lines = Process::run(&[&["subject", "export"], &place[..]].concat()).await.well().stdout;
    assert!(lines[1].contains(ZHANG), "{lines:?}");
    let command = [&["subject", "erase", "--reason", "a drill"], &place[..]].concat();
    let unsure = Process::run(&command).await;
    assert!(unsure.code == Some(2) && unsure.stderr.contains("--confirm"), "{unsure:?}");
    let erased = Process::run(&[&command[..], &["--confirm", ZHANG]].concat()).await.well().said();
    assert!(erased.contains("user_id=zhangsan (identities)") && erased.contains("erased:"), "{erased}");
    assert_eq!(readable(&app).len(), 1);
    let again = Process::run(&[&command[..], &["--confirm", ZHANG]].concat()).await;
    assert_eq!(again.code, Some(2), "{again:?}");
    app.end().await;
}
