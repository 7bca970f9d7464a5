//! The trail is searched over the API and on the command line, at a server that runs and in the folder of one that does
//! not.

use std::fs;

use portcullis::incident::Event;
use portcullis::trail::Record;
use serde_json::{Value, json};

use crate::harness::*;

/// Zhang San is contained, Li Si by hand; something waits because everything is paused.
async fn app_with_records(set: Set) -> TestApp {
    let app = TestApp::start_with(set).await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    app.steer("/v1/pause").await;
    app.open(&Delivery::of_high_risk("li.si@example.com", 2, app.now())).await;
    app
}

async fn search(app: &TestApp, query: &str) -> Value {
    let answer = app.get(&format!("/v1/trail/search?{query}"), AUDITOR).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    answer.body
}

fn kinds(answer: &Value) -> Vec<&str> {
    answer["records"].as_array().unwrap().iter().map(|record| record["kind"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_found_by_all_that_is_asked_for_as_soon_as_they_are_acknowledged() {
    let app = app_with_records(Set::default()).await;
    let held = search(&app, "verdict=held&reason=paused").await;
    assert_eq!(kinds(&held), ["alert.admitted"]);
    let of_zhang = search(&app, "account=email:zhang.san@example.com&kind=alert.admitted").await;
    assert_eq!(kinds(&of_zhang), ["alert.admitted"]);
    let disabled = search(&app, "outcome=disabled&kind=step.*").await;
    assert_eq!(kinds(&disabled), ["step.verified"]);
    assert_eq!(disabled["records"][0]["incident"], of_zhang["records"][0]["opened"][0]["plan"]["incident"]);
    assert_eq!(kinds(&search(&app, "actor=responder&text=drill+paused").await), ["responder.paused"]);
    assert_eq!(kinds(&search(&app, "user_id=zhangsan&kind=account.resolved&kind=step.started").await).len(), 1);
    assert_eq!(kinds(&search(&app, "since=2100-01-01T00:00:00Z").await), Vec::<&str>::new());
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i20_pages_go_on_by_their_cursor_and_every_reading_is_on_the_trail() {
    let app = app_with_records(Set::default()).await;
    let expected: Vec<u64> = app.records().iter().rev().map(|record| record.seq).collect();
    let (mut seqs, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = search(&app, &format!("limit=4{cursor}")).await;
        seqs.extend(page["records"].as_array().unwrap().iter().map(|record| record["seq"].as_u64().unwrap()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seqs, expected);
    let readings = app.records_of("trail.read");
    let read = |record: &Record| match &record.event {
        Event::TrailRead { actor, from, count, .. } => (actor.clone(), *from, *count),
        other => panic!("{other:?}"),
    };
    let first = readings.first().map(read).unwrap();
    assert_eq!((readings.len(), first), (expected.len().div_ceil(4), ("auditor".to_owned(), expected[3], 4)));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i17_a_search_that_makes_no_sense_is_refused() {
    let app = app_with_records(Set::default()).await;
    let size = app.records().len();
    let refused = [
        ("knid=incident.held", "wrong_filter"),
        ("kind=", "wrong_filter"),
        ("since=yesterday", "wrong_filter"),
        ("account=mail:nobody", "wrong_filter"),
        ("cursor=AAAA", "wrong_cursor"),
        ("limit=-1", "bad_request"),
        ("limit=1&limit=2", "bad_request"),
    ];
    for (query, code) in refused {
        let answer = app.get(&format!("/v1/trail/search?{query}"), AUDITOR).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{query}");
    }
    let cursor = search(&app, "limit=1&kind=*").await["next"].as_str().unwrap().to_owned();
    let answer = app.get(&format!("/v1/trail/search?kind=alert.*&cursor={cursor}"), AUDITOR).await;
    assert_eq!((answer.status, answer.code()), (400, "wrong_cursor"));
    assert_eq!(app.get("/v1/trail/search", ENGINEER).await.status, 403);
    assert_eq!(app.records().len(), size + 1, "a question that was not answered is no reading");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_searches_at_a_server_and_in_the_folder_of_one_that_does_not_run() {
    let app = app_with_records(Set { kept: Kept::BySled, ..Set::default() }).await;
    let (url, folder) = (app.app.url(), tempfile::tempdir().unwrap());
    let token = folder.path().join("token");
    fs::write(&token, AUDITOR).unwrap();
    let asked = ["trail", "search", "account=email:zhang.san@example.com", "--json"];
    let server = ["--server", &url, "--token-file", token.to_str().unwrap()];
    let there = Process::run(&[&asked[..], &server].concat()).await.well().stdout;
    assert_eq!(there.len(), 1);
    let refused = Process::run(&[&["trail", "search", "knid=x"][..], &server].concat()).await;
    assert!(refused.code == Some(2) && refused.stderr.contains("There are since, until, kind"), "{refused:?}");

    let left = app.leave().await;
    fs::write(left.path().join("trail/pseudonym.key"), PSEUDONYM_KEY).unwrap();
    let config = left.path().join("portcullis.toml");
    let here = ["--config", config.to_str().unwrap()];
    assert_eq!(Process::run(&[&asked[..], &here].concat()).await.well().stdout, there);
    let newest = Process::run(&[&["trail", "search", "--limit", "1"][..], &here].concat()).await.well().stdout;
    assert!(newest.len() == 1 && newest[0].contains("system.stopped"), "{newest:?}");
    let none = Process::run(&[&["trail", "search", "actor=nobody"][..], &here].concat()).await;
    assert_eq!((none.code, none.stderr.trim()), (Some(0), "No record is like that."));
    let refused = Process::run(&[&["trail", "search", "knid=x"][..], &here].concat()).await;
    assert!(refused.code == Some(2) && refused.stderr.contains("there is no filter"), "{refused:?}");
    let record: Value = serde_json::from_str(&there[0]).unwrap();
    assert_eq!(record["kind"], json!("alert.admitted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_made_at_a_server_and_in_the_folder_of_one_that_does_not_run() {
    let app = app_with_records(Set { kept: Kept::BySled, ..Set::default() }).await;
    let answer = app.get("/v1/trail/reports/held?since=2026-01-01", AUDITOR).await;
    let rows = answer.body["rows"].as_array().unwrap();
    assert_eq!((answer.status, rows.len(), &rows[0]["reason"]), (200, 1, &json!("paused")), "{}", answer.body);
    assert_eq!(answer.body["columns"].as_array().unwrap().len(), rows[0].as_object().unwrap().len());
    let contained = app.get("/v1/trail/reports/containments-without-approval", AUDITOR).await;
    assert_eq!(contained.body["rows"][0]["user_id"], "zhangsan");
    for (path, status) in [("held?since=x", 400), ("held?from=1", 400), ("everything", 404)] {
        assert_eq!(app.get(&format!("/v1/trail/reports/{path}"), AUDITOR).await.status, status, "{path}");
    }
    assert_eq!(app.get("/v1/trail/reports/held", ENGINEER).await.status, 403);
    assert_eq!(app.records_of("trail.read").len(), 2);

    let left = app.leave().await;
    fs::write(left.path().join("trail/pseudonym.key"), PSEUDONYM_KEY).unwrap();
    let config = left.path().join("portcullis.toml");
    let report = |more: &'static [&str]| {
        let asked = [&["trail", "report"][..], more, &["--config", config.to_str().unwrap()]].concat();
        let asked: Vec<String> = asked.into_iter().map(str::to_owned).collect();
        async move { Process::run(&asked.iter().map(String::as_str).collect::<Vec<_>>()).await }
    };
    let there: Value =
        serde_json::from_str(&report(&["held", "--since", "2026-01-01", "--json"]).await.well().said()).unwrap();
    assert_eq!(there, answer.body);
    let told = report(&["containment-times"]).await.well();
    assert!(told.stdout[1].starts_with("ms ") && told.stdout.contains(&"1 row".to_owned()), "{told:?}");
    let refused = report(&["everything"]).await;
    assert!(refused.code == Some(2) && refused.stderr.contains("containments-without-approval"), "{refused:?}");
}
