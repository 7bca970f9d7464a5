//! The pages for people: inert, readable without script.

use std::path::Path;

use serde_json::json;

use crate::harness::{AUDITOR, Answer, Delivery, RESPONDER, Set, TestApp, edit};

#[tokio::test(flavor = "multi_thread")]
async fn the_page_lists_what_is_contained_what_waits_and_why_nothing_runs() {
    let app = TestApp::start().await;
    let contained = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&contained).await;
    let why = json!({ "reason": "<b>a drill</b>" });
    assert_eq!(app.post("/v1/pause", RESPONDER, &why).await.status, 200);
    let held = app.open(&Delivery::of_high_risk("li.si@example.com", 2, app.now())).await;

    let page = app.get("/", AUDITOR).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let page = text(&page);
    let [waiting, rest] = page.split("Contained</h2>").collect::<Vec<_>>()[..] else { panic!("{page}") };
    assert!(waiting.contains(held.as_str()) && waiting.contains("a responder has paused it"), "{page}");
    assert!(rest.contains(contained.as_str()) && rest.contains("zhangsan"), "{page}");
    assert!(page.contains("by responder: &lt;b&gt;a drill&lt;/b&gt;"), "{page}");
    assert!(!page.contains("li.si@example.com") && !page.contains("zhang.san@example.com"), "no address");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i15_a_hostile_title_is_shown_as_text() {
    let rules = |rules: &Path| {
        let title = "title: '\"><script>alert(1)</script><img src=x onerror=alert(1)>'";
        edit(rules, "impossible-travel.yml", "title: Impossible travel on an Enterprise Account", title);
    };
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let page = app.get("/", AUDITOR).await;
    let page = text(&page);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
    assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("onclick"), "{page}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_runs_no_script_and_its_one_style_sheet_is_served() {
    let app = TestApp::start().await;
    let page = app.get("/", AUDITOR).await;
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("style-src 'self'") && !policy.contains("unsafe"));
    let html = text(&page);
    assert!(!html.contains("<script") && !html.contains(" style=") && !html.contains("<style"), "{html}");
    assert!(html.contains("<html lang=\"en\">") && html.contains("name=\"viewport\""));
    let [sheet] = html.match_indices("rel=\"stylesheet\" href=\"/console.css\"").collect::<Vec<_>>()[..] else {
        panic!("{html}")
    };
    assert!(sheet.0 > 0);
    let style = app.get("/console.css", "").await;
    assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
    assert!(text(&style).contains("prefers-color-scheme"));
    app.end().await;
}

fn text(answer: &Answer) -> &str {
    answer.body.as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_an_incident_says_why_it_waits_and_that_it_was_read() {
    let app = TestApp::start().await;
    app.steer("/v1/pause").await;
    let held = app.open(&Delivery::of_high_risk("li.si@example.com", 1, app.now())).await;
    let path = format!("/incidents/{held}");
    let page = app.get(&path, AUDITOR).await;
    let plan = app.incident(&held).plan.digest().to_string();
    for shown in [held.as_str(), "a responder has paused it", plan.as_str(), "Sign out: "] {
        assert!(text(&page).contains(shown), "{shown}: {}", text(&page));
    }
    assert!(!text(&page).contains("li.si@example.com"), "no address");
    assert_eq!(app.records_of("trail.read").len(), 1);
    for unknown in ["/incidents/inc_0000000000000000", "/incidents/%22%3E%3Cscript%3E"] {
        assert_eq!(app.get(unknown, AUDITOR).await.status, 404);
    }
    assert!(text(&app.get("/", AUDITOR).await).contains(&format!("href=\"{path}\"")));
    app.end().await;
}
