//! Records that leave the trail: files with the checkpoint that they are under, and streams that go on where they broke
//! off.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis::incident::{Digest, Event, ExportForm, TrailExported};
use portcullis::trail::Record;
use reqwest::Response;
use serde_json::{Value, json};

use crate::harness::{ADMIN, AUDITOR, Delivery, ENGINEER, Kept, Process, RESPONDER, Set, TestApp, harmless};

async fn deliver(app: &TestApp, name: &str, count: usize) {
    let events: Vec<_> = (0..count).map(|number| harmless(&format!("{name}-{number}"))).collect();
    assert_eq!(app.deliver(&Delivery::of_events(name, &events, app.now())).await.status, 202);
}

async fn get(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = app.client.get(format!("{}{path}", app.app.url())).bearer_auth(AUDITOR);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

fn header(answer: &Response, name: &str) -> String {
    answer.headers()[name].to_str().unwrap().to_owned()
}

fn root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::of(b""),
        [only] => *only,
        more => {
            let (left, right) = more.split_at(more.len().next_power_of_two() / 2);
            Digest::of(&[&[1], &root(left).0[..], &root(right).0[..]].concat())
        }
    }
}

/// Size and root of a checkpoint.
fn signed(note: &str) -> (usize, Digest) {
    let lines: Vec<&str> = note.lines().collect();
    (lines[1].parse().unwrap(), Digest(STANDARD.decode(lines[2]).unwrap().try_into().unwrap()))
}

fn exports(app: &TestApp) -> Vec<TrailExported> {
    let of = |record: Record| match record.event {
        Event::TrailExported(exported) => exported,
        other => panic!("{other:?}"),
    };
    app.records_of("trail.exported").into_iter().map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn h19_an_export_while_writing_is_what_its_own_checkpoint_is_about() {
    let app = TestApp::start().await;
    deliver(&app, "before", 700).await;
    app.until_sealed(700).await;
    let writing = async {
        for round in 0..6 {
            deliver(&app, &format!("round-{round}"), 50).await;
        }
    };
    let exporting = async {
        for _ in 0..6 {
            let answer = get(&app, "/v1/trail/export", &[]).await;
            assert_eq!(answer.status(), 200);
            let note = String::from_utf8(STANDARD.decode(header(&answer, "portcullis-checkpoint")).unwrap()).unwrap();
            let records = header(&answer, "portcullis-records");
            let text = answer.text().await.unwrap();
            let leaves: Vec<_> =
                text.split_terminator('\n').map(|line| Digest::of(&[&[0], line.as_bytes()].concat())).collect();
            assert_eq!((leaves.len(), root(&leaves)), signed(&note));
            assert_eq!(records, format!("0-{}", leaves.len()));
        }
    };
    tokio::join!(writing, exporting);
    let exports = exports(&app);
    assert_eq!(exports.len(), 6);
    assert!(exports.iter().all(|export| export.actor == "auditor" && export.form == ExportForm::JsonLines));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_is_given_in_every_format_and_each_is_on_the_trail_first() {
    let app = TestApp::start().await;
    deliver(&app, "some", 300).await;
    app.until_sealed(300).await;
    let size = app.records().len();
    let rows = get(&app, "/v1/trail/export?format=csv&from=250&to=260", &[]).await;
    assert_eq!(header(&rows, "content-type"), "text/csv; charset=utf-8; header=present");
    assert!(header(&rows, "content-disposition").contains("trail-250-260.csv"));
    let rows = rows.text().await.unwrap();
    let rows: Vec<_> = rows.split_terminator("\r\n").collect();
    assert_eq!(rows.len(), 11);
    assert!(rows[0].starts_with("seq,at,kind,incident") && rows[1].starts_with("\"250\",\"2026-11-21T"), "{rows:?}");
    let events = get(&app, "/v1/trail/export?format=ocsf&from=299", &[]).await.text().await.unwrap();
    let first: Value = serde_json::from_str(events.lines().next().unwrap()).unwrap();
    assert_eq!((&first["class_uid"], &first["metadata"]["uid"]), (&Value::from(2_004), &Value::from("299")));
    let later = app.now() + Duration::from_secs(1);
    for (query, count) in [
        (format!("since={later}"), 0),
        (format!("until={later}&to=300"), 300),
        (format!("until={}", app.now()), 0),
        ("from=7&to=7".to_owned(), 0),
        ("from=9&to=7".to_owned(), 0),
    ] {
        let text = get(&app, &format!("/v1/trail/export?{query}"), &[]).await.text().await.unwrap();
        assert_eq!(text.lines().count(), count, "{query}");
    }
    assert_eq!(get(&app, "/v1/trail/export?from=18446744073709551615", &[]).await.status(), 404);
    let exports = exports(&app);
    assert_eq!(exports.len(), 7);
    assert_eq!((exports[0].form, exports[0].from, exports[0].to), (ExportForm::Csv, 250, Some(260)));
    assert_eq!(exports[2].since, Some(later));
    assert_eq!(app.records().len(), size + 7);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_and_is_no_export() {
    let app = TestApp::start().await;
    let size = app.records().len();
    for query in ["format=xml", "format=CSV", "from=-1", "to=x", "since=yesterday", "limit=1", "from=1&from=2"] {
        let answer = app.get(&format!("/v1/trail/export?{query}"), AUDITOR).await;
        assert_eq!((answer.status, answer.code()), (400, "bad_request"), "{query}");
    }
    for (path, status) in [("from=1000000", 404), ("from=-1", 400), ("format=csv", 400)] {
        assert_eq!(app.get(&format!("/v1/trail/stream?{path}"), AUDITOR).await.status, status, "{path}");
    }
    assert_eq!(get(&app, "/v1/trail/stream", &[("last-event-id", "seven")]).await.status(), 400);
    for path in ["/v1/trail/export", "/v1/trail/stream"] {
        assert_eq!(app.get(path, ENGINEER).await.status, 403);
    }
    assert_eq!(app.records().len(), size);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h16_nothing_is_given_out_that_could_not_be_recorded() {
    let app = TestApp::start().await;
    app.refuse_appends(true);
    for path in ["/v1/trail/export", "/v1/trail/stream?from=0"] {
        let answer = app.get(path, ADMIN).await;
        assert_eq!((answer.status, answer.code()), (503, "unavailable"), "{path}");
    }
    app.refuse_appends(false);
    app.end().await;
}

/// What a stream gives, until so many lines with a record came.
async fn lines(stream: &mut Response, count: usize) -> Vec<String> {
    let mut text = String::new();
    let read = async {
        loop {
            let whole = text.rfind('\n').map_or("", |end| &text[..end]);
            let found: Vec<_> = whole.lines().filter(|line| line.contains("{\"v\":1")).map(str::to_owned).collect();
            if found.len() >= count {
                return found;
            }
            text.push_str(std::str::from_utf8(&stream.chunk().await.unwrap().expect("it ended")).unwrap());
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("they never came")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_gives_every_record_once_and_goes_on_where_it_broke_off() {
    let app = TestApp::start().await;
    deliver(&app, "first", 300).await;
    let mut stream = get(&app, "/v1/trail/stream?from=0", &[]).await;
    assert_eq!(header(&stream, "content-type"), "application/x-ndjson");
    let mut seen = lines(&mut stream, 300).await;
    deliver(&app, "second", 10).await;
    let size = app.records().len();
    if seen.len() < size {
        seen.extend(lines(&mut stream, size - seen.len()).await);
    }
    drop(stream);
    deliver(&app, "third", 10).await;
    let mut resumed = get(&app, &format!("/v1/trail/stream?from={}", seen.len()), &[]).await;
    let size = app.records().len();
    seen.extend(lines(&mut resumed, size - seen.len()).await);
    let records: Vec<_> = app.app.trail().store().read(0, seen.len()).unwrap();
    assert_eq!(seen.len(), records.len());
    for (line, stored) in seen.iter().zip(&records) {
        assert_eq!(line.as_bytes(), stored.record, "byte for byte, in order, without a gap");
    }
    let started: BTreeSet<_> = exports(&app).into_iter().map(|start| (start.from, start.to)).collect();
    assert_eq!(started.len(), 2);
    assert!(started.contains(&(0, None)));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_sent_events_have_the_number_of_their_record_and_resume_by_it() {
    let app = TestApp::start().await;
    deliver(&app, "first", 5).await;
    let accept = ("accept", "text/event-stream");
    // The id counts more than where the reader first began.
    let mut stream = get(&app, "/v1/trail/stream?from=0", &[accept, ("last-event-id", "3")]).await;
    assert_eq!(header(&stream, "content-type"), "text/event-stream");
    let seen = lines(&mut stream, 2).await;
    assert!(seen[0].starts_with("data: {\"v\":1,\"seq\":4,"), "{seen:?}");
    // From now on, and a word at once although nothing happens.
    let mut idle = get(&app, "/v1/trail/stream", &[accept]).await;
    let mut text = String::new();
    while !text.contains(": alive\n\n") {
        text.push_str(std::str::from_utf8(&idle.chunk().await.unwrap().unwrap()).unwrap());
    }
    let number = app.records().len() - 1;
    if text.contains("id: ") {
        assert!(text.starts_with(&format!("id: {number}\ndata: ")), "{text}");
    }
    app.end().await;
}

/// Nor does a page of another site read it: without a token it is closed, and with one no browser is told that it may
/// show that site the answer.
#[tokio::test(flavor = "multi_thread")]
async fn i22_a_stream_ends_when_its_token_is_over_and_is_no_other_sites() {
    let app = TestApp::start().await;
    let evil = ("origin", "https://evil.example");
    for end in ["revoked", "expired"] {
        let wanted = json!({"name": end, "role": "auditor", "days": 1, "reason": "a drill"});
        let issued = app.post("/v1/tokens/issue", ADMIN, &wanted).await;
        let token = issued.body["token"].as_str().unwrap_or_else(|| panic!("{}", issued.body)).to_owned();
        let url = format!("{}/v1/trail/stream?from=0", app.app.url());
        let foreign = app.client.get(&url).header(evil.0, evil.1).send().await.unwrap();
        assert_eq!(foreign.status(), 401);
        let mut stream = app.client.get(&url).bearer_auth(&token).header(evil.0, evil.1).send().await.unwrap();
        assert!(stream.headers().keys().all(|name| !name.as_str().starts_with("access-control")), "{stream:?}");
        lines(&mut stream, 3).await;
        let reading = tokio::spawn(async move { while stream.chunk().await.unwrap().is_some() {} });
        if end == "revoked" {
            let why = json!({"reason": "a drill"});
            assert_eq!(app.post("/v1/tokens/revoked/revoke", ADMIN, &why).await.status, 200);
        } else {
            app.advance(Duration::from_secs(86_400));
        }
        let ended = tokio::time::timeout(Duration::from_secs(20), reading).await;
        ended.expect("it goes on").expect("it was broken off");
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_end_in_order_when_the_program_stops() {
    let app = TestApp::start().await;
    let mut stream = get(&app, "/v1/trail/stream?from=0", &[]).await;
    lines(&mut stream, 3).await;
    let reading = tokio::spawn(async move { while stream.chunk().await.unwrap().is_some() {} });
    app.end().await;
    tokio::time::timeout(Duration::from_secs(20), reading).await.expect("it hangs").expect("it was broken off");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_exports_from_a_server_and_from_a_folder_and_says_when_that_is_on_no_trail() {
    let app = TestApp::start_with(Set { kept: Kept::BySled, ..Set::default() }).await;
    deliver(&app, "some", 300).await;
    app.until_sealed(302).await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(file("token"), RESPONDER).unwrap();
    let (url, trail) = (app.app.url(), app.config.resolve(&app.config.trail.path));
    let (token, trail) = (file("token"), trail.to_str().unwrap().to_owned());
    let out = file("out.jsonl");
    let asked = ["trail", "export", "--server", &url, "--token-file", &token, "--to", "300", "--out", &out];
    let ended = Process::run(&asked).await.well();
    assert!(ended.said().contains("is of 300 records"), "{ended:?}");
    let given = fs::read(&out).unwrap();
    assert_eq!(given.split(|byte| *byte == b'\n').count(), 301);
    assert!(signed(&fs::read_to_string(format!("{out}.checkpoint")).unwrap()).0 >= 300);
    assert_eq!(exports(&app).last().unwrap().actor, "responder");
    // What cannot be had leaves what is there.
    fs::write(file("engineer"), ENGINEER).unwrap();
    let (wrong, checkpoint) = (file("engineer"), fs::read(format!("{out}.checkpoint")).unwrap());
    for more in [["--token-file", wrong.as_str()], ["--from", "999999"]] {
        let mut asked = asked.to_vec();
        match more {
            ["--token-file", wrong] => asked[5] = wrong,
            more => asked.extend(more),
        }
        let refused = Process::run(&asked).await;
        assert_ne!(refused.code, Some(0), "{refused:?}");
        assert_eq!(
            (fs::read(&out).unwrap(), fs::read(format!("{out}.checkpoint")).unwrap()),
            (given.clone(), checkpoint.clone())
        );
    }
    // A server has the store open: the log can be read, and nobody can write down who did.
    let beside = Process::run(&["trail", "export", "--folder", &trail, "--to", "300"]).await.well();
    assert_eq!((beside.said() + "\n").as_bytes(), given);
    assert!(beside.stderr.contains("this export is not on the trail"), "{}", beside.stderr);
    let app = app
        .restart_after(|folder| {
            let trail = folder.join(trail.rsplit('/').next().unwrap());
            let settings = portcullis::trail::Settings { path: trail.clone(), ..Default::default() };
            let program = env!("CARGO_BIN_EXE_portcullis");
            let ended = std::process::Command::new(program)
                .args(["trail", "export", "--format", "csv", "--folder", trail.to_str().unwrap(), "--from", "299"])
                .output()
                .unwrap();
            let said = String::from_utf8(ended.stderr).unwrap();
            assert!(ended.status.success() && said.contains("of the trail says that this was exported"), "{said}");
            let store = portcullis::trail::SledStore::open(&settings).unwrap();
            let last = portcullis::trail::Store::head(&store).size - 1;
            let record = portcullis::trail::Store::read(&store, last, 1).unwrap().pop().unwrap();
            let record = String::from_utf8(record.record).unwrap();
            let exported = r#" on the machine","as":"csv","from":299"#;
            assert!(record.contains(r#""kind":"trail.exported","actor":""#) && record.contains(exported), "{record}");
        })
        .await
        .unwrap();
    let refused = Process::run(&["trail", "export", "--folder", &trail, "--format", "xml"]).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    app.end().await;
}
