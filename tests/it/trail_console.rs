//! The pages for auditors: incidents, one as a timeline, the trail with its reports and files, and how to verify it.

use std::time::Duration;

use portcullis::incident::{Event, ExportForm, IncidentId};

use crate::harness::{AUDITOR, Delivery, ENGINEER, Page, RESPONDER, Set, TestApp, Visitor};

/// Zhang San is contained; Li Si waits because everything is paused.
async fn app_with_incidents() -> (TestApp, IncidentId, IncidentId) {
    let app = TestApp::start_with(Set::default()).await;
    let contained = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&contained).await;
    app.steer("/v1/pause").await;
    let held = app.open(&Delivery::of_high_risk("li.si@example.com", 2, app.now())).await;
    (app, contained, held)
}

async fn shown(visitor: &mut Visitor, path: &str) -> Page {
    let page = visitor.get(path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.text);
    page
}

fn header<'p>(page: &'p Page, name: &str) -> &'p str {
    page.headers[name].to_str().unwrap()
}

/// How often somebody has read the trail.
fn readings(app: &TestApp) -> usize {
    app.records_of("trail.read").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_finds_who_was_contained_without_approval_takes_the_records_and_the_pack() {
    let (app, incident, _) = app_with_incidents().await;
    app.until_sealed(app.records().len()).await;
    app.advance(Duration::from_secs(24 * 3_600));
    let mut visitor = Visitor::with(&app, AUDITOR).await;
    let reports = shown(&mut visitor, "/trail/reports").await;
    assert!(reports.text.contains("/trail/reports/containments-without-approval"), "{}", reports.text);
    let before = readings(&app);
    let report = shown(&mut visitor, "/trail/reports/containments-without-approval").await;
    assert_eq!(readings(&app), before + 1);
    let link = format!("/incidents/{incident}");
    assert!(report.text.contains(&link) && report.text.contains("1 row."), "{}", report.text);
    assert!(report.text.contains("the account was read back and was disabled"), "columns are explained");
    let later = shown(&mut visitor, "/trail/reports/containments-without-approval?since=2100-01-01").await;
    assert!(!later.text.contains(&link) && later.text.contains("0 rows."), "{}", later.text);

    let page = shown(&mut visitor, &link).await;
    for part in [
        "What happened",
        "matched by <code>",
        "eventType is",
        "the account is contained",
        "What the employee reads",
        "/pack\"",
    ] {
        assert!(page.text.to_lowercase().contains(&part.to_lowercase()), "{part}: {}", page.text);
    }
    assert!(page.text.contains("An account is disabled") && !page.text.contains("zhang.san@example.com"));
    let pack = shown(&mut visitor, &format!("{link}/pack")).await;
    assert!(header(&pack, "content-type") == "application/zip" && pack.text.starts_with("PK"));
    for (format, begins) in [("jsonl", "{\"v\":1"), ("csv", "seq,at,kind"), ("ocsf", "{")] {
        let file = shown(&mut visitor, &format!("/trail/export?format={format}&since=&until=")).await;
        assert!(header(&file, "content-disposition").starts_with("attachment; filename=\"trail-0-"), "{format}");
        assert!(file.text.starts_with(begins), "{format}: {}", file.text);
    }
    let taken: Vec<(String, ExportForm)> = app.records_of("trail.exported").into_iter().map(by).collect();
    let by_auditor = |form| ("auditor".to_owned(), form);
    let forms = [ExportForm::Pack, ExportForm::JsonLines, ExportForm::Csv, ExportForm::Ocsf];
    assert_eq!(taken, forms.map(by_auditor));
    app.end().await;
}

fn by(record: portcullis::trail::Record) -> (String, ExportForm) {
    match record.event {
        Event::TrailExported(taken) => (taken.actor, taken.form),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn incidents_are_listed_by_where_they_stand_and_by_whom_they_are_about() {
    let (app, contained, held) = app_with_incidents().await;
    let mut visitor = Visitor::with(&app, RESPONDER).await;
    for (query, has_contained, has_held) in [
        ("", true, true),
        ("?status=contained", true, false),
        ("?status=held", false, true),
        ("?status=closed", false, false),
        ("?status=under_way", false, false),
        ("?user_id=zhangsan", true, false),
        ("?user_id=zhangsan&status=contained&source=okta&text=", true, false),
        ("?account=email%3Ali.si%40example.com", false, true),
        ("?source=nobody", false, false),
        ("?status=held&source=nobody", false, false),
        ("?until=2020-01-01", false, false),
    ] {
        let before = readings(&app);
        let page = shown(&mut visitor, &format!("/incidents{query}")).await;
        let has = |id: &IncidentId| page.text.contains(&format!("/incidents/{id}"));
        assert_eq!((has(&contained), has(&held)), (has_contained, has_held), "{query}: {}", page.text);
        assert_eq!(readings(&app), before + 1, "{query}");
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_go_on_page_by_page_and_show_each_incident_once() {
    let app = TestApp::start().await;
    app.steer("/v1/pause").await;
    let mut all = Vec::new();
    for number in 1..=60 {
        all.push(app.open(&Delivery::of_high_risk(&format!("person.{number}@example.com"), number, app.now())).await);
    }
    let mut visitor = Visitor::with(&app, AUDITOR).await;
    for status in ["", "held"] {
        let mut seen = Vec::new();
        let mut path = format!("/incidents?status={status}");
        loop {
            let page = shown(&mut visitor, &path).await;
            seen.extend(all.iter().rev().filter(|id| page.text.contains(&format!("/incidents/{id}\""))).cloned());
            match page.text.split_once("rel=\"next\" href=\"") {
                Some((_, rest)) => path = rest.split('"').next().unwrap().replace("&amp;", "&"),
                None => break,
            }
        }
        let newest_first: Vec<_> = all.iter().rev().cloned().collect();
        assert_eq!(seen, newest_first, "{status}");
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_found_read_and_proved_on_pages() {
    let (app, incident, _) = app_with_incidents().await;
    app.until_sealed(app.records().len()).await;
    let mut visitor = Visitor::with(&app, AUDITOR).await;
    let before = readings(&app);
    let found = shown(&mut visitor, "/trail?outcome=disabled&kind=step.*&text=&actor=").await;
    assert!(found.text.contains("An account is disabled") && found.text.contains(incident.as_str()), "{}", found.text);
    assert!(!found.text.contains("A step was started"));
    let seq = app.records_of("step.verified")[0].seq;
    let path = format!("/trail/records/{seq}");
    assert!(found.text.contains(&path), "{}", found.text);
    let record = shown(&mut visitor, &path).await;
    assert!(record.text.contains("&quot;kind&quot;: &quot;step.verified&quot;"), "{}", record.text);
    let bytes = shown(&mut visitor, &format!("{path}/json")).await;
    assert_eq!(bytes.text.as_bytes(), app.app.trail().store().read(seq, 1).unwrap()[0].record);
    assert_eq!(readings(&app), before + 3);
    let proof = shown(&mut visitor, &format!("{path}/proof")).await;
    assert!(proof.text.starts_with("c2sp.org/tlog-proof@v1\n"), "{}", proof.text);
    let chinese = {
        visitor.cookies.insert("portcullis-language".to_owned(), "zh-CN".to_owned());
        shown(&mut visitor, &path).await
    };
    assert!(chinese.text.contains("账号已停用") && chinese.text.contains("lang=\"zh-CN\""), "{}", chinese.text);
    let verify = shown(&mut visitor, "/trail/verify").await;
    assert!(verify.text.contains("portcullis trail verify --log") && verify.text.contains("pymerkle"));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_said_and_is_no_reading() {
    let (app, ..) = app_with_incidents().await;
    let mut visitor = Visitor::with(&app, AUDITOR).await;
    let before = app.records().len();
    let long = format!("/trail?text={}", "x".repeat(9_000));
    let many = format!("/trail?{}", (0..70).map(|number| format!("text=w{number}&")).collect::<String>());
    for (path, status) in [
        ("/trail?colour=red", 422),
        ("/trail?since=yesterday", 422),
        ("/trail?account=shoe-size:44", 422),
        ("/trail?cursor=AAAA", 422),
        (&many, 422),
        (&long, 400),
        ("/incidents?status=gone", 422),
        ("/incidents?since=soon", 422),
        ("/incidents?actor=auditor", 400),
        ("/incidents?cursor=%00", 422),
        ("/trail/reports/none", 404),
        ("/trail/reports/held?since=soon", 422),
        ("/trail/reports/held?rule=1", 400),
        ("/trail/export?format=xlsx", 422),
        ("/trail/export?since=soon", 422),
        ("/trail/records/1000000", 404),
        ("/trail/records/first", 404),
        ("/trail/records/1000000/proof", 404),
        ("/incidents/inc_0123456789abcdef/pack", 404),
    ] {
        let page = visitor.get(path).await;
        assert_eq!(page.status, status, "{path}: {}", page.text);
        assert!(page.text.len() < 100_000, "{path}: {}", page.text.len());
    }
    assert_eq!(app.records().len(), before);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i15_what_others_write_stays_text_on_the_pages() {
    let app = TestApp::start().await;
    let hostile = "<script>alert(1)</script>\"'&";
    let body = serde_json::json!({ "reason": hostile });
    assert_eq!(app.post("/v1/pause", RESPONDER, &body).await.status, 200);
    let mut visitor = Visitor::with(&app, AUDITOR).await;
    let seq = app.records_of("responder.paused")[0].seq;
    let query = form_urlencoded::byte_serialize(hostile.as_bytes()).collect::<String>();
    for path in [
        "/trail?kind=responder.paused".to_owned(),
        format!("/trail/records/{seq}"),
        "/trail/reports/changes?since=2000-01-01".to_owned(),
        format!("/trail?text={query}"),
        format!("/incidents?text={query}"),
    ] {
        let page = shown(&mut visitor, &path).await;
        assert!(page.text.contains("&lt;script&gt;") && !page.text.contains("<script"), "{path}: {}", page.text);
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engineer_reads_incidents_and_not_the_trail() {
    let (app, incident, _) = app_with_incidents().await;
    let mut visitor = Visitor::with(&app, ENGINEER).await;
    let page = shown(&mut visitor, &format!("/incidents/{incident}")).await;
    assert!(!page.text.contains("/pack\"") && !page.text.contains("/trail"), "{}", page.text);
    let before = app.records().len();
    for path in ["/trail", "/trail/records/0", "/trail/reports/held", "/trail/export", "/trail/verify"] {
        assert_eq!(visitor.get(path).await.status, 403, "{path}");
    }
    assert_eq!(visitor.get(&format!("/incidents/{incident}/pack")).await.status, 403);
    assert_eq!(app.records().len(), before);
    app.end().await;
}
