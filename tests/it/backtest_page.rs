//! Engineers see on a page what the rules of the folder would have done, before they come into force.

use serde_json::Value;

use crate::harness::{ADMIN, AUDITOR, Delivery, ENGINEER, Page, RESPONDER, TestApp, Visitor, edit, reported};

const PAGE: &str = "/rules/backtest";
/// Nobody looks more often than so.
const LOOKS_MAX: usize = 5_000;
const RULE: &str = "impossible-travel.yml";

async fn contained() -> TestApp {
    let app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let watched = Delivery::of_events("msg_2", &[reported("li.si@example.com", "event-2")], app.now());
    assert_eq!(app.deliver(&watched).await.status, 202);
    app
}

/// Begins one, and waits for what comes of it.
async fn ran(visitor: &mut Visitor) -> Page {
    let begun = visitor.send_from(PAGE, PAGE, &[("days", "7")]).await;
    assert_eq!((begun.status, begun.location()), (303, PAGE), "{}", begun.text);
    for _ in 0..LOOKS_MAX {
        let page = visitor.get(PAGE).await;
        if !page.text.contains("It is under way") {
            return page;
        }
    }
    panic!("it never came to an end");
}

fn figure(page: &Page, name: &str) -> u64 {
    let (_, behind) = page.text.split_once(&format!("<dt>{name}</dt><dd>")).unwrap_or_else(|| panic!("{}", page.text));
    behind.split_once('<').unwrap().0.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engineer_sees_what_the_rules_of_the_folder_would_have_done() {
    let app = contained().await;
    let mut engineer = Visitor::with(&app, ENGINEER).await;
    let same = ran(&mut engineer).await;
    assert!(same.text.contains("Everything would come out as it did") && same.text.contains("which is in force"));
    assert_eq!((figure(&same, "Alerts"), figure(&same, "Contained as before")), (2, 1), "{}", same.text);
    let read = serde_json::to_value(&app.records_of("personal_data.read").pop().unwrap().event).unwrap();
    let who = (&read["actor"], &read["way"], &read["count"]);
    assert_eq!(who, (&Value::from("engineer"), &Value::from("backtest"), &Value::from(2)));

    let folder = app.config.resolve(&app.config.rules.folder);
    edit(&folder, RULE, "mode: enforce", "mode: shadow");
    let page = ran(&mut engineer).await;
    for part in ["which is not in force", "1 alert would come out otherwise", "Matched by rules that only watch"] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    assert_eq!((figure(&page, "No longer contained"), figure(&page, "Contained as before")), (1, 0), "{}", page.text);
    assert!(!page.text.contains("zhang"), "it names nobody");
    let loaded = app.get("/v1/rules", ENGINEER).await.body;
    assert!(loaded["rules"].to_string().contains("\"enforce\""), "and nothing is in force by that: {loaded}");

    edit(&folder, RULE, "mode: shadow", "mode: perhaps");
    let refused = ran(&mut engineer).await;
    assert!(refused.text.contains("cannot be loaded") && refused.text.contains(RULE), "{}", refused.text);
    assert_eq!(app.records_of("personal_data.read").len(), 2, "nothing was read");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cares_for_rules_begins_it_and_everybody_reads_what_came_of_it() {
    let app = contained().await;
    let mut admin = Visitor::with(&app, ADMIN).await;
    for days in ["0", "2", "31", "-1", "many"] {
        let refused = admin.send_from(PAGE, PAGE, &[("days", days)]).await;
        assert!(matches!(refused.status, 400 | 422), "{days}: {}", refused.status);
    }
    ran(&mut admin).await;
    for token in [AUDITOR, RESPONDER] {
        let mut visitor = Visitor::with(&app, token).await;
        let page = visitor.get(PAGE).await;
        assert!(page.text.contains("Begun by <strong>admin</strong>") && !page.text.contains("backtest-days"));
        assert_eq!(visitor.send_from("/preferences", PAGE, &[("days", "7")]).await.status, 403);
    }
    assert_eq!(app.records_of("personal_data.read").len(), 1);
    app.end().await;
}
