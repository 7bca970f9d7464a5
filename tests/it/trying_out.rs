//! A source that is tried out: what comes is shown as what became of it, stands on the trail, and nothing is done.

use std::fs;
use std::time::Duration;

use portcullis::incident::{Assurance, Event, SenderEvent, Timestamp, VerdictKind};
use serde_json::{Value, json};

use crate::harness::*;

#[tokio::test(flavor = "multi_thread")]
async fn while_a_source_is_tried_out_its_deliveries_are_shown_and_nothing_is_done() {
    let app = TestApp::start().await;
    let opened = app.post("/v1/sources/okta/test", ENGINEER, &json!({"reason": "set-up", "minutes": 5})).await;
    assert_eq!(opened.status, 200, "{}", opened.body);
    let risk = Delivery::of_high_risk("zhang.san@example.com", 1, app.now());
    assert_eq!(app.deliver(&risk).await.status, 202);
    assert_eq!(app.deliver(&risk.clone().with("webhook-id", "other")).await.status, 401);
    assert_eq!(app.deliver(&risk.clone().with("content-type", "application/xml")).await.status, 415);
    let shown = app.get("/v1/sources/okta", AUDITOR).await.body;
    let tried = shown["trial"]["tried"].as_array().unwrap();
    assert_eq!((tried.len(), &tried[0]["found"], &tried[0]["secret"]), (3, &json!("alerts"), &json!("test")));
    assert_eq!(tried[2]["reason"], "content_type", "what anybody can be told is shown, too");
    assert_eq!(tried[0]["alerts"][0]["has_person"], true);
    assert_eq!((&tried[1]["found"], &tried[1]["reason"]), (&json!("refused"), &json!("signature_wrong")));
    assert!(!shown.to_string().contains("zhang.san"), "it names nobody");
    assert_eq!(verdicts(&app), [VerdictKind::Tried], "no 2xx before it is durable, also here");
    assert_eq!(app.dingtalk().calls(), []);

    // Other sources go on meanwhile.
    let other = Delivery::signed(&GITHUB, "", hook(&[harmless("b")]), app.now());
    assert_eq!(app.deliver(&other).await.status, 202);
    assert_eq!(verdicts(&app), [VerdictKind::Tried, VerdictKind::Unmatched]);

    app.advance(Duration::from_secs(5 * 60));
    // Whoever has caught a delivery that was tried out cannot have it acted on later.
    let again = Delivery::of_high_risk("zhang.san@example.com", 1, app.now());
    assert_eq!((app.deliver(&again).await.status, verdicts(&app).len()), (200, 2), "a repeat");
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 2, app.now())).await;
    app.until_contained(&incident).await;
    let records = app.records_of("source.tried");
    assert_eq!(records.len(), 1, "whoever wonders why nothing was done finds it");
    for (wanted, expected) in [
        (json!({"reason": "", "minutes": 5}), 422),
        (json!({"reason": "a", "minutes": 61}), 422),
        (json!({"minutes": 5}), 400),
    ] {
        assert_eq!(app.post("/v1/sources/okta/test", ENGINEER, &wanted).await.status, expected, "{wanted}");
    }
    assert_eq!(app.post("/v1/sources/okta/test", RESPONDER, &json!({"reason": "a"})).await.status, 403);
    assert_eq!(app.post("/v1/sources/nobody/test", ENGINEER, &json!({"reason": "a"})).await.status, 404);
    let trail = app.app.trail().clone();
    app.end().await;
    let of_okta = |event: &Event| match event {
        Event::Sender(SenderEvent::Refused { source: Some(source), reason, count, .. })
            if source.as_str() == "okta" =>
        {
            Some((reason.clone(), *count))
        }
        _ => None,
    };
    let counted: Vec<_> =
        trail.read(0, usize::MAX).unwrap().iter().filter_map(|record| of_okta(&record.event)).collect();
    assert_eq!(counted, [("content_type".to_owned(), 1), ("signature_wrong".to_owned(), 1)]);
}

/// Neither a restart nor what correlations count makes something of what is tried out.
#[tokio::test(flavor = "multi_thread")]
async fn a_window_in_which_a_source_is_tried_out_outlasts_a_restart() {
    let app = TestApp::start().await;
    let wanted = json!({"reason": "set-up", "minutes": 5});
    assert_eq!(app.post("/v1/sources/okta/test", ENGINEER, &wanted).await.status, 200);
    let app = app.restart().await;
    let risk = |seq| Delivery::of_high_risk("zhang.san@example.com", seq, app.now());
    assert_eq!(app.deliver(&risk(1)).await.status, 202);
    assert_eq!((verdicts(&app), app.dingtalk().calls().len()), (vec![VerdictKind::Tried], 0));
    let shown = app.get("/v1/sources/okta", AUDITOR).await.body;
    assert_eq!(shown["trial"]["count"], 1, "{shown}");
    app.advance(Duration::from_secs(5 * 60));
    let app = app.restart().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 2, app.now())).await;
    app.until_contained(&incident).await;
    // One that was ended stays so.
    assert_eq!(app.post("/v1/sources/okta/test", ENGINEER, &wanted).await.status, 200);
    let ended = json!({"reason": "set-up", "minutes": 0});
    assert_eq!(app.post("/v1/sources/okta/test", ENGINEER, &ended).await.status, 200);
    let app = app.restart().await;
    app.deliver(&Delivery::of_high_risk("li.si@example.com", 3, app.now())).await;
    assert_ne!(verdicts(&app).last(), Some(&VerdictKind::Tried));
    app.end().await;
}

fn verdicts(app: &TestApp) -> Vec<VerdictKind> {
    let of = |event| match event {
        Event::AlertAdmitted { verdict, .. } => verdict.kind,
        other => panic!("{other:?}"),
    };
    app.records_of("alert.admitted").into_iter().map(|record| of(record.event)).collect()
}

/// Whoever closes the terminal, or ends the command from outside, must not leave a source without effect.
#[tokio::test(flavor = "multi_thread")]
async fn a_window_ends_with_the_command_that_opened_it() {
    let app = TestApp::start().await;
    // The command compares the server's time with its own.
    app.clock.set(Timestamp::now());
    let token = app.folder().join("token");
    fs::write(&token, ENGINEER).unwrap();
    let server = ["--server", &app.app.url(), "--token-file", token.to_str().unwrap()];
    for end in [Process::ask_to_stop, Process::hang_up] {
        let mut command = Process::spawn(&[&["source", "test", "okta"][..], &server].concat(), &[]);
        assert!(command.next_line().await.unwrap().contains("are shown and not acted on"));
        let until = || async { app.get("/v1/sources/okta", AUDITOR).await.body["trial"]["until"].clone() };
        assert!(until().await.as_str().unwrap().parse::<Timestamp>().unwrap() > app.now());
        end(&command);
        let ended = command.ended().await.well();
        assert!(ended.said().contains("acted on again"), "{ended:?}");
        assert_eq!(until().await, json!(app.now()));
    }
    app.end().await;
}

async fn open_window(app: &TestApp, source: &str, minutes: u16) {
    let wanted = json!({"reason": "set-up", "minutes": minutes});
    let opened = app.post(&format!("/v1/sources/{source}/test"), ENGINEER, &wanted).await;
    assert_eq!(opened.status, 200, "{}", opened.body);
}

/// What is shown of each delivery.
async fn shown(app: &TestApp, source: &str) -> Vec<Value> {
    let shown = app.get(&format!("/v1/sources/{source}"), AUDITOR).await.body;
    shown["trial"]["tried"].as_array().unwrap().clone()
}

/// Whoever sets a sender up must not take for good what is none.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_of_a_delivery_is_what_became_of_it() {
    let app = TestApp::start().await;
    open_window(&app, "okta", 5).await;
    let send = async |id: &str, events: &[Value]| app.deliver(&Delivery::of_events(id, events, app.now())).await.status;
    assert_eq!(send("msg_1", &[harmless("a")]).await, 202);
    assert_eq!(send("msg_1", &[harmless("a")]).await, 200);
    assert_eq!(send("msg_1", &[high_risk("zhang.san@example.com", "b")]).await, 409);
    assert_eq!(send("msg_2", &[high_risk("zhang.san@example.com", "a"), harmless("c")]).await, 202);
    let unreadable = Delivery::signed(&OKTA, "msg_3", b"[]".to_vec(), app.now());
    for _ in 0..2 {
        assert_eq!(app.deliver(&unreadable).await.status, 422);
    }
    app.refuse_appends(true);
    assert_eq!(send("msg_4", &[harmless("d")]).await, 503);
    let other = Delivery::signed(&OKTA, "msg_5", b"[1]".to_vec(), app.now());
    assert_eq!(app.deliver(&other).await.status, 503);
    app.refuse_appends(false);

    let shown = shown(&app, "okta").await;
    let found: Vec<_> =
        shown.iter().map(|tried| [&tried["found"], &tried["became"]].map(|word| word.as_str())).collect();
    let expected = [
        ("alerts", "recorded"),
        ("alerts", "repeated"),
        ("alerts", "conflict"),
        ("alerts", "recorded"),
        ("not_understood", "recorded"),
        ("not_understood", "repeated"),
        ("alerts", "not_admitted"),
        ("not_understood", "not_admitted"),
    ];
    assert_eq!(found, expected.map(|(found, became)| [Some(found), Some(became)]));
    let partly = [&shown[3]["repeats"], &shown[3]["conflicts"]];
    assert_eq!(partly, [0, 1], "one of its events is another one under a known id");
    assert!(shown[6]["problem"].as_str().is_some_and(|problem| !problem.is_empty()), "{}", shown[6]);
    assert_eq!(app.dingtalk().calls(), []);
    app.end().await;
}

/// At whatever step of its way: whoever sets a sender up sees why nothing arrives.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_refused_in_a_window_is_shown_with_its_reason() {
    let app = TestApp::start().await;
    open_window(&app, "okta", 5).await;
    let of = |bytes: usize| Delivery::signed(&OKTA, "msg_1", vec![b' '; bytes], app.now());
    let mut typed = of(10);
    typed.headers.retain(|(name, _)| name != "content-type");
    typed.headers.push(("content-type".to_owned(), "text/html".to_owned()));
    let mut forged = of(20);
    forged.body.push(b'x');
    for (delivery, status) in [(of(300_000), 413), (typed, 415), (forged, 401)] {
        assert_eq!(app.deliver(&delivery).await.status, status);
    }
    let mut odd = harmless("odd");
    odd["published"] = json!("yesterday");
    let partly = Delivery::of_events("msg_2", &[harmless("good"), odd], app.now());
    assert_eq!(app.deliver(&partly).await.status, 202);
    let tried = shown(&app, "okta").await;
    let reasons: Vec<&Value> = tried[..3].iter().map(|tried| &tried["reason"]).collect();
    assert_eq!(reasons, ["body_too_large", "content_type", "signature_wrong"]);
    assert_eq!((&tried[3]["count"], &tried[3]["left_out"]["reason"]), (&json!(1), &json!("schema_time")));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_say_that_a_delivery_was_tried_out_and_who_proved_what() {
    let app = TestApp::start().await;
    let send = async |id: &str, events: &[Value]| app.deliver(&Delivery::of_events(id, events, app.now())).await.status;
    let unreadable = |id: &str| Delivery::signed(&OKTA, id, b"[]".to_vec(), app.now());
    let tried = |kind: &str| -> Vec<bool> {
        let of = |event| match event {
            Event::Sender(SenderEvent::Conflict { tried, .. })
            | Event::Sender(SenderEvent::NotUnderstood { tried, .. }) => tried,
            other => panic!("{other:?}"),
        };
        app.records_of(kind).into_iter().map(|record| of(record.event)).collect()
    };
    open_window(&app, "okta", 5).await;
    assert_eq!(send("msg_1", &[harmless("a")]).await, 202);
    assert_eq!(send("msg_1", &[harmless("b")]).await, 409, "the delivery's id");
    assert_eq!(send("msg_2", &[high_risk("zhang.san@example.com", "a")]).await, 409, "the event's");
    assert_eq!(app.deliver(&unreadable("msg_3")).await.status, 422);
    assert_eq!(app.deliver(&Delivery::signed(&SIEM, "msg_1", b"[]".to_vec(), app.now())).await.status, 422);
    assert_eq!((tried("delivery.conflict"), tried("delivery.not_understood")), (vec![true; 2], vec![true, false]));
    open_window(&app, "okta", 0).await;
    assert_eq!(send("msg_1", &[harmless("c")]).await, 409);
    assert_eq!(app.deliver(&unreadable("msg_4")).await.status, 422);
    assert_eq!(tried("delivery.conflict"), [true, true, false]);
    assert_eq!(tried("delivery.not_understood"), [true, false, false]);
    for record in app.records_of("source.tried") {
        let Event::Sender(SenderEvent::Tried { assurance, .. }) = record.event else { unreachable!() };
        assert_eq!(assurance, Some(Assurance::A));
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_is_over_is_shown_for_an_hour_and_by_no_other_run() {
    let app = TestApp::start().await;
    open_window(&app, "okta", 5).await;
    let window = async |app: &TestApp| app.get("/v1/sources/okta", AUDITOR).await.body.get("trial").cloned();
    assert_eq!(window(&app).await.unwrap()["open"], true);
    assert_eq!(app.deliver(&Delivery::of_events("msg_1", &[harmless("a")], app.now())).await.status, 202);
    app.advance(Duration::from_secs(5 * 60));
    let over = window(&app).await.unwrap();
    assert_eq!((&over["open"], &over["count"]), (&json!(false), &json!(1)), "what came last is still looked at");
    let token = app.folder().join("token");
    fs::write(&token, ENGINEER).unwrap();
    let list = ["source", "list", "--server", &app.app.url(), "--token-file", token.to_str().unwrap()];
    let listed = Process::run(&list).await.well();
    assert!(listed.said().contains("over: it is acted on again; deliveries meanwhile: 1"), "{listed:?}");
    app.advance(Duration::from_secs(3_600));
    assert_eq!(window(&app).await, None);
    open_window(&app, "okta", 5).await;
    app.advance(Duration::from_secs(5 * 60));
    assert!(window(&app).await.is_some());
    let app = app.restart().await;
    assert_eq!(window(&app).await, None, "this run has seen nothing of it");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_deliveries_is_told_what_became_of_each() {
    let app = TestApp::start().await;
    let token = app.folder().join("token");
    fs::write(&token, ENGINEER).unwrap();
    let words = ["source", "test", "okta", "--server", &app.app.url(), "--token-file", token.to_str().unwrap()];
    let mut command = Process::spawn(&words, &[]);
    assert!(command.next_line().await.unwrap().contains("are shown and not acted on"));
    for (id, events, said) in [
        ("msg_1", [harmless("a")], "alerts: 1; recorded"),
        ("msg_1", [harmless("a")], "known before, nothing is recorded again"),
        ("msg_1", [harmless("b")], "a conflict: its id is known with other content"),
    ] {
        app.deliver(&Delivery::of_events(id, &events, app.now())).await;
        let line = command.next_line().await.unwrap();
        assert!(line.contains("verified by test") && line.contains(said), "{line}");
        let alert = command.next_line().await.unwrap();
        assert!(alert.contains("user.session.start"), "{alert}");
    }
    // The window is over when the server says so, whatever the time is here.
    app.advance(Duration::from_secs(10 * 60));
    let ended = command.ended().await.well();
    assert!(ended.said().contains("acted on again"), "{ended:?}");
    app.end().await;
}

/// What could not be read is not lost by being recorded; but what was tried out is never acted on.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_understood_by_another_mapping_is_taken_unless_it_was_tried_out() {
    let app = TestApp::start().await;
    let path = app.folder().join("portcullis.toml");
    let before = fs::read_to_string(&path).unwrap();
    let of = |id: &str| {
        let body = json!({"data": {"others": [high_risk("zhang.san@example.com", id)]}});
        Delivery::signed(&OKTA, id, body.to_string().into_bytes(), app.now())
    };
    let (first, tried) = (of("msg_1"), of("msg_2"));
    assert_eq!(app.deliver(&first).await.status, 422);
    open_window(&app, "okta", 5).await;
    assert_eq!(app.deliver(&tried).await.status, 422);
    open_window(&app, "okta", 0).await;
    let mapped = "[intake.sources.okta]\nmapping = { events = \"data.others\" }";
    fs::write(&path, before.replace("[intake.sources.okta]", mapped)).unwrap();
    app.app.renew_sources().await;
    // It is recorded now, as tried out: what the sender is told is on the trail.
    let answer = app.deliver(&tried).await;
    assert_eq!((answer.status, app.dingtalk().calls()), (202, vec![]));
    let told = answer.alert().to_owned();
    let [record] = &app.records_of("alert.admitted")[..] else { panic!("one alert") };
    let Event::AlertAdmitted { alert, verdict, opened, .. } = &record.event else { unreachable!() };
    assert_eq!((alert.id.as_str(), verdict.kind, opened.len()), (told.as_str(), VerdictKind::Tried, 0));
    assert_eq!(app.deliver(&tried).await.status, 200);
    let incident = app.open(&first).await;
    assert_eq!(app.deliver(&first).await.status, 200, "once");
    app.until_contained(&incident).await;
    assert_eq!(app.records_of("alert.admitted").len(), 2);
    assert_eq!(app.records_of("delivery.conflict").len(), 0);
    app.end().await;
}

/// A body alone is what such a delivery is known by, and the same body is the same delivery.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_id_and_was_tried_out_is_not_acted_on_when_it_is_understood_later() {
    let app = TestApp::start().await;
    let path = app.folder().join("portcullis.toml");
    let before = fs::read_to_string(&path).unwrap();
    let of = |id: &str| {
        let body = json!({"data": {"others": [high_risk("zhang.san@example.com", id)]}});
        Delivery::signed(&GITHUB, "", body.to_string().into_bytes(), app.now())
    };
    let (known, tried) = (of("a"), of("b"));
    let mapped = |events: &str| {
        let mapping = format!("[intake.sources.github]\nmapping = {{ events = \"{events}\" }}");
        fs::write(&path, before.replace("[intake.sources.github]", &mapping)).unwrap();
    };
    mapped("nowhere");
    app.app.renew_sources().await;
    assert_eq!(app.deliver(&known).await.status, 422);
    open_window(&app, "github", 5).await;
    assert_eq!(app.deliver(&tried).await.status, 422);
    open_window(&app, "github", 0).await;
    mapped("data.others");
    app.app.renew_sources().await;
    let kinds = async |delivery: &Delivery| {
        assert_eq!(app.deliver(delivery).await.status, 202);
        assert_eq!(app.deliver(delivery).await.status, 200, "once");
        verdicts(&app).pop().unwrap()
    };
    assert_eq!(kinds(&tried).await, VerdictKind::Tried);
    assert_ne!(kinds(&known).await, VerdictKind::Tried);
    assert_eq!(app.records_of("alert.admitted").len(), 2);
    app.end().await;
}

/// Whatever came with it, and comes with it later.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_tried_out_and_left_out_of_a_batch_is_not_acted_on_when_it_is_understood_later() {
    let app = TestApp::start().await;
    let path = app.folder().join("portcullis.toml");
    let before = fs::read_to_string(&path).unwrap();
    let risk = |id: &str| {
        let mut event = high_risk("zhang.san@example.com", id);
        event["published"] = json!("yesterday");
        event
    };
    let send = async |id: &str, events: &[Value]| app.deliver(&Delivery::of_events(id, events, app.now())).await.status;
    let (known, tried, alone) = (risk("event-1"), risk("event-2"), risk("event-3"));
    assert_eq!(send("msg_1", &[known.clone(), harmless("event-4"), tried.clone()]).await, 202);
    open_window(&app, "okta", 5).await;
    // The same as tried out before it, so that only its own key says what it was.
    assert_eq!(send("msg_2", &[harmless("event-5"), tried.clone()]).await, 202);
    assert_eq!(send("msg_3", &[alone.clone(), json!({})]).await, 422);
    open_window(&app, "okta", 0).await;
    let mapped = "[intake.sources.okta]\nmapping = { occurred_at = \"nowhere\" }";
    fs::write(&path, before.replace("[intake.sources.okta]", mapped)).unwrap();
    app.app.renew_sources().await;
    assert_eq!(send("msg_4", &[tried, alone]).await, 202);
    assert_eq!(verdicts(&app)[2..], [VerdictKind::Tried; 2]);
    assert_eq!(app.records_of("incident.opened").len() + app.dingtalk().calls().len(), 0);
    assert_eq!(send("msg_5", &[known]).await, 202);
    assert_ne!(verdicts(&app).pop(), Some(VerdictKind::Tried), "it never came in a window");
    app.end().await;
}

/// Also where no event has an id: each is what it says, as far as that tells it from another.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_without_an_id_that_was_tried_out_is_not_acted_on_in_other_company() {
    let app = TestApp::start().await;
    let path = app.folder().join("portcullis.toml");
    let before = fs::read_to_string(&path).unwrap();
    let mapped = async |mapping: &str| {
        let settings = format!("[intake.sources.github]\nmapping = {{ events = \"data.events\"{mapping} }}");
        fs::write(&path, before.replace("[intake.sources.github]", &settings)).unwrap();
        app.app.renew_sources().await;
    };
    let send = async |events: &[Value]| {
        let body = json!({"data": {"events": events}}).to_string().into_bytes();
        app.deliver(&Delivery::signed(&GITHUB, "", body, app.now())).await
    };
    let risk = |id: &str| {
        let mut event = high_risk("zhang.san@example.com", id);
        event["at"] = json!("yesterday");
        event
    };
    let mended = ["", ", key = [\"uuid\"]", ", key = [\"uuid\"], own_ids = true"];
    for (number, then) in mended.into_iter().enumerate() {
        for by in [", occurred_at = \"at\"", ", key = [\"uuid\"], occurred_at = \"at\"", ", key = [\"nowhere\"]"] {
            let of = |name: &str| risk(&format!("{name}-{number}-{by}"));
            mapped(by).await;
            let (known, [beside, alone, mut other]) = (of("known"), ["beside", "alone", "other"].map(of));
            assert!(matches!(send(&[known.clone(), json!({"n": number})]).await.status, 202 | 422), "{by}");
            open_window(&app, "github", 5).await;
            let fine = harmless(&format!("fine-{number}-{by}"));
            assert!(matches!(send(&[beside.clone(), fine]).await.status, 202 | 422), "{by}");
            // The second tells of the first again, among others.
            assert_eq!(send(&[beside.clone(), alone.clone()]).await.status, 422, "{by}");
            open_window(&app, "github", 0).await;
            mapped(then).await;
            let seen = verdicts(&app).len();
            let told = send(&[alone, known, beside]).await;
            assert_eq!(told.status, 202, "{by} → {then}: {}", told.body);
            let kinds = &verdicts(&app)[seen..];
            let tried = kinds.iter().map(|kind| *kind == VerdictKind::Tried).collect::<Vec<_>>();
            assert_eq!(tried, [true, false, true], "{by} → {then}: what never came in a window is acted on");
            other["at"] = json!("the day before");
            assert_eq!(send(&[other]).await.status, 202);
            assert_ne!(verdicts(&app).pop(), Some(VerdictKind::Tried), "{by} → {then}: it is another");
        }
    }
    app.end().await;
}

/// A mapping is what is changed after a window, so what came in it is known by what it is, not by what we made of it.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_tried_out_is_never_acted_on_by_any_other_mapping() {
    let app = TestApp::start().await;
    let path = app.folder().join("portcullis.toml");
    let before = fs::read_to_string(&path).unwrap();
    let mapped = async |mapping: &str| {
        let settings = format!("[intake.sources.github]\nmapping = {{ {mapping} }}");
        fs::write(&path, before.replace("[intake.sources.github]", &settings)).unwrap();
        app.app.renew_sources().await;
    };
    let of = |id: &str| {
        let mut event = high_risk("zhang.san@example.com", id);
        event["other"] = json!(format!("other-{id}"));
        Delivery::signed(
            &GITHUB,
            "",
            json!({"id": id, "name": format!("name-{id}"), "data": {"events": [event]}}).to_string().into_bytes(),
            app.now(),
        )
    };
    for (number, (tried_by, status, then)) in [
        ("events = \"data.events\"", 202, "events = \"data.events\", key = [\"other\"]"),
        ("events = \"data.events\", key = [\"uuid\"]", 202, "events = \"data.events\", key = [\"other\"]"),
        ("events = \"data.events\", id = \"id\"", 202, "events = \"data.events\", id = \"name\""),
        ("events = \"nowhere\"", 422, "events = \"data.events\", id = \"id\""),
        ("events = \"nowhere\", id = \"id\"", 422, "events = \"data.events\""),
        ("events = \"nowhere\", id = \"id\"", 422, "events = \"data.events\", id = \"name\""),
    ]
    .into_iter()
    .enumerate()
    {
        for was_known in [false, true] {
            let delivery = of(&format!("{number}-{was_known}"));
            mapped(tried_by).await;
            // Most windows are opened because something was not understood.
            let came_before = was_known && status == 422;
            if came_before {
                assert_eq!(app.deliver(&delivery).await.status, 422);
            }
            open_window(&app, "github", 5).await;
            assert_eq!(app.deliver(&delivery).await.status, status, "{tried_by}");
            open_window(&app, "github", 0).await;
            mapped(then).await;
            for _ in 0..2 {
                let answer = app.deliver(&delivery).await;
                assert!(matches!(answer.status, 200 | 202), "{then}: {}", answer.body);
            }
            assert!(verdicts(&app).iter().all(|kind| *kind == VerdictKind::Tried), "{tried_by} → {then}");
        }
    }
    assert_eq!(app.dingtalk().calls(), []);
    app.end().await;
}

/// Whoever has caught a delivery cannot have it acted on once more because a mapping was changed.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_by_its_body_stays_known_by_any_other_mapping() {
    let app = TestApp::start().await;
    let path = app.folder().join("portcullis.toml");
    let before = fs::read_to_string(&path).unwrap();
    let mapped = async |mapping: &str| {
        let settings = format!("[intake.sources.github]\nmapping = {{ events = \"data.events\"{mapping} }}");
        fs::write(&path, before.replace("[intake.sources.github]", &settings)).unwrap();
        app.app.renew_sources().await;
    };
    mapped("").await;
    let (good, mut bad) = (high_risk("zhang.san@example.com", "a"), harmless("b"));
    bad["at"] = json!("yesterday");
    let of = |events: &[Value]| {
        Delivery::signed(
            &GITHUB,
            "",
            json!({"name": "n", "data": {"events": events}}).to_string().into_bytes(),
            app.now(),
        )
    };
    let delivery = of(std::slice::from_ref(&good));
    let first = app.deliver(&delivery).await;
    assert_eq!(first.status, 202);
    for mapping in [", key = [\"eventType\"]", ", id = \"name\""] {
        mapped(mapping).await;
        let again = app.deliver(&delivery).await;
        assert_eq!((again.status, &again.body["repeated"]), (200, &json!(true)), "{mapping}: {}", again.body);
        let told = again.body["alerts"].as_array().unwrap().iter().all(|alert| alert["id"] == first.alert());
        assert!(told, "{mapping}: no id of an alert that is on no record: {}", again.body);
    }
    // What was left out then and is understood now is new, and only that.
    mapped(", key = [\"uuid\"], occurred_at = \"at\"").await;
    let partly = of(&[harmless("c"), bad]);
    let told = app.deliver(&partly).await;
    assert_eq!((told.status, told.body["alerts"].as_array().unwrap().len()), (202, 1), "{}", told.body);
    assert!(told.body["not_understood"].is_string());
    mapped(", key = [\"uuid\"]").await;
    let told = app.deliver(&partly).await;
    assert_eq!((told.status, &told.body["repeats"]), (202, &json!(1)), "{}", told.body);
    let admitted = app.records_of("alert.admitted");
    assert_eq!(admitted.len(), 3);
    let ids: Vec<String> = admitted.iter().map(alert_of).collect();
    for alert in told.body["alerts"].as_array().unwrap() {
        assert!(ids.contains(&alert["id"].as_str().unwrap().to_owned()), "on record");
    }
    app.end().await;
}

fn alert_of(record: &portcullis::trail::Record) -> String {
    let Event::AlertAdmitted { alert, .. } = &record.event else { panic!("{record:?}") };
    alert.id.to_string()
}
