//! What a dashboard asks: `/metrics` on a listener of its own, once it is configured.

use std::collections::BTreeMap;

use serde_json::json;

use crate::harness::{Delivery, ENGINEER, Set, TestApp, edit, harmless};

const ON: &str = "[telemetry]\nmetrics_listen = \"127.0.0.1:0\"\n";

async fn page(app: &TestApp) -> String {
    let answer = app.client.get(app.app.metrics_url().unwrap()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    answer.text().await.unwrap()
}

/// The samples by name and labels, after what must hold for any page.
fn samples(page: &str) -> BTreeMap<String, f64> {
    let mut described: Vec<(&str, &str)> = Vec::new();
    let mut samples = BTreeMap::new();
    for line in page.lines() {
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            described.push(kind.split_once(' ').unwrap());
        } else if !line.starts_with("# HELP ") {
            let (sample, value) = line.rsplit_once(' ').unwrap();
            let (name, kind) = described.last().unwrap();
            assert_eq!(sample.split('{').next(), Some(*name), "a sample stands under its own description: {line}");
            assert!(name.starts_with("portcullis_") && (name.ends_with("_total") == (*kind == "counter")), "{line}");
            assert!(samples.insert(sample.to_owned(), value.parse().unwrap()).is_none(), "{line} is there twice");
        }
    }
    samples
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_say_what_there_was_and_what_there_is() {
    let app = TestApp::start_with(Set { config: ON, ..Set::default() }).await;
    let before = samples(&page(&app).await);
    assert_eq!(before["portcullis_ready"], 1.0);
    assert_eq!(before["portcullis_rules_refused"], 0.0);
    assert_eq!(before["portcullis_rules_loaded_timestamp_seconds"], app.now().as_second() as f64);
    let rules = app.app.rules().now();
    let modes = ["detect", "shadow", "enforce"].map(|mode| before[&format!("portcullis_rules{{mode=\"{mode}\"}}")]);
    assert_eq!(modes.iter().sum::<f64>(), rules.set.all_rules().count() as f64);
    assert!(modes.iter().all(|count| *count > 0.0), "{modes:?}");

    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let nothing = Delivery::of_events("nothing", &[harmless("nothing")], app.now());
    assert_eq!(app.deliver(&nothing).await.status, 202);
    let mut forged = Delivery::of_high_risk("li.si@example.com", 3, app.now());
    forged.body.push(b' ');
    assert_eq!(app.deliver(&forged).await.status, 401);
    let folder = app.config.resolve(&app.config.rules.folder);
    edit(&folder, "impossible-travel.yml", "level: high\n", "sevrity: high\n");
    assert_eq!(app.post("/v1/rules/reload", ENGINEER, &json!({})).await.status, 422);

    let text = page(&app).await;
    let after = samples(&text);
    assert_eq!(after["portcullis_alerts_total{source=\"okta\",verdict=\"planned\"}"], 1.0, "{text}");
    assert_eq!(after["portcullis_alerts_total{source=\"okta\",verdict=\"unmatched\"}"], 1.0, "{text}");
    assert_eq!(after["portcullis_rule_matches_total{mode=\"enforce\"}"], 1.0, "{text}");
    assert_eq!(after["portcullis_steps_total{outcome=\"succeeded\"}"], 2.0, "{text}");
    assert_eq!(after["portcullis_steps_total{outcome=\"verified\"}"], 1.0, "{text}");
    assert_eq!((after["portcullis_incidents_live"], after["portcullis_incidents_due"]), (1.0, 0.0), "{text}");
    assert_eq!(after["portcullis_rules_refused"], 1.0, "{text}");
    assert_eq!(after["portcullis_correlation_windows_evicted_total"], 0.0, "{text}");
    let guide = include_str!("../../deploy/README.md");
    for name in text.lines().filter_map(|line| line.strip_prefix("# HELP ")?.split(' ').next()) {
        assert!(guide.contains(&format!("| `{name}")), "deploy/README.md does not tell of {name}");
    }
    for private in ["zhang", "li.si", "@", incident.as_str()] {
        assert!(!text.contains(private), "{private} is nobody's business: {text}");
    }

    // The counters are the trail's, so they go on; refusals stand on it once their minute is summed up.
    edit(&folder, "impossible-travel.yml", "sevrity: high\n", "level: high\n");
    let app = app.restart().await;
    let text = page(&app).await;
    let again = samples(&text);
    assert_eq!(again["portcullis_alerts_total{source=\"okta\",verdict=\"planned\"}"], 1.0, "{text}");
    let refused = "portcullis_deliveries_refused_total{source=\"okta\",reason=\"signature_wrong\"}";
    assert_eq!(again.get(refused), Some(&1.0), "{text}");
    assert_eq!(again["portcullis_rules_refused"], 0.0, "{text}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_shown_only_where_that_is_asked_for() {
    let app = TestApp::start().await;
    assert_eq!(app.app.metrics_url(), None);
    assert_eq!(app.get("/metrics", ENGINEER).await.status, 404, "nor among what senders can reach");
    app.end().await;

    let app = TestApp::start_with(Set { config: ON, ..Set::default() }).await;
    let url = app.app.metrics_url().unwrap();
    for other in ["/v1/rules", "/healthz", "/"] {
        let answer = app.client.get(url.replace("/metrics", other)).bearer_auth(ENGINEER).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{other}: the listener has nothing else");
    }
    assert_eq!(app.client.post(&url).send().await.unwrap().status(), 405);
    app.end().await;
}
