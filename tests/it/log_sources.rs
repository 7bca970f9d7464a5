//! The events of one source may belong to several log sources: rules for any of them apply.

use std::path::Path;

use portcullis::intake::SchemeName;
use serde_json::{Value, json};

use crate::harness::{AUDITOR, Delivery, ENGINEER, Set, Source, TestApp, edit, high_risk, rules_by_way};

const BOTH: Source =
    Source { name: "both", scheme: SchemeName::GithubHmac, secret: "test-secret-for-the-slow-source-0" };
const TWO: &str = r#"[intake.sources.both]
kind = "generic"
signature = "github-hmac"
rate = { per_second = 1000, burst = 1000 }
secrets = [{ name = "test", file = "slow-secret" }]
log_source = [{ product = "okta", service = "okta" }, { product = "siem" }]
"#;

async fn incidents(app: &TestApp, id: &str, event: &Value) -> usize {
    let delivery = Delivery::signed(&BOTH, id, event.to_string().into_bytes(), app.now());
    let answer = app.deliver(&delivery).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    answer.body["alerts"][0]["incidents"].as_array().map_or(0, Vec::len)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_with_two_log_sources_is_judged_by_the_rules_for_both() {
    let okta = high_risk("zhang.san@example.com", "event-1");
    let siem = json!({
        "type": "account.compromised", "verdict": "confirmed", "user": "wang.wu@example.com", "confirmed_by": "an analyst",
    });
    for (config, of_okta) in [
        (TWO.to_owned(), 1),
        (
            TWO.replace(r#"[{ product = "okta", service = "okta" }, { product = "siem" }]"#, r#"{ product = "siem" }"#),
            0,
        ),
    ] {
        let app = TestApp::start_with(Set { config: config.leak(), ..Set::default() }).await;
        assert_eq!(incidents(&app, "1", &okta).await, of_okta);
        assert_eq!(incidents(&app, "2", &siem).await, 1);
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_for_events_that_no_source_sends_is_told_of_at_the_start_and_at_each_reload() {
    const RULE: &str = "leaked-credential.yml";
    async fn unheard(app: &TestApp) -> Vec<String> {
        let answer = app.get("/v1/rules", ENGINEER).await;
        let warnings = answer.body["warnings"].as_array().unwrap().clone();
        let warnings = warnings.iter().map(|warning| warning.as_str().unwrap().to_owned());
        warnings.filter(|warning| warning.contains("no configured source sends events of")).collect()
    }
    let app = TestApp::start_with(Set { config: TWO, ..Set::default() }).await;
    let at_start = unheard(&app).await;
    let is_about = |told: &[String], what: &str| told.iter().any(|warning| warning.contains(what));
    assert!(is_about(&at_start, "entra/confirmed-compromised.yml: the rule `"), "{at_start:#?}");
    assert!(is_about(&at_start, "`product: azure`; give a source this `log_source`"), "{at_start:#?}");
    assert!(!is_about(&at_start, RULE) && !is_about(&at_start, "`product: siem`"), "{at_start:#?}");

    edit(&app.folder().join("rules"), RULE, "product: okta", "product: elsewhere");
    assert_eq!(app.post("/v1/rules/reload", ENGINEER, &json!({})).await.body["result"], "replaced");
    let after = unheard(&app).await;
    assert!(is_about(&after, RULE) && is_about(&after, "`product: elsewhere`, `service: okta`"), "{after:#?}");
    assert_eq!(after.len(), at_start.len() + 1);
    app.end().await;
}

/// Where an operator says whom the events are about, rules need not.
#[tokio::test(flavor = "multi_thread")]
async fn the_person_that_an_own_mapping_finds_is_the_account_of_rules_that_name_none() {
    let config = TWO.replace(
        r#"[{ product = "okta", service = "okta" }, { product = "siem" }]"#,
        "{ product = \"own\" }\nmapping = { person = { email = \"who.mail\" } }",
    );
    let rules = |rules: &Path| {
        rules_by_way(rules, &["email"]);
        let file = "look-up-email.yml";
        edit(rules, file, "logsource: { product: okta }", "logsource: { product: own }");
        edit(rules, file, "  account: { email: who }\n", "");
        edit(rules, file, "account: '13800000000', ", "");
        edit(rules, file, "reason: the events are made up", "reason: the mapping of their source finds the person");
    };
    let app = TestApp::start_with(Set { config: config.leak(), rules, ..Set::default() }).await;
    for (id, mail, user_id) in [("1", "zhang.san@example.com", Some("zhangsan")), ("2", "", None)] {
        let event = json!({"eventType": "test.email", "id": id, "who": {"mail": mail}});
        let delivery = Delivery::signed(&BOTH, id, event.to_string().into_bytes(), app.now());
        let told = app.deliver(&delivery).await;
        assert_eq!(told.body["alerts"][0]["incidents"].as_array().map(Vec::len), user_id.map(|_| 1), "{}", told.body);
        if let Some(user_id) = user_id {
            let contained = app.until_contained(&told.incident()).await;
            assert_eq!(contained.user_id.unwrap().as_str(), user_id);
        }
    }
    assert_eq!(app.get("/v1/held-alerts", AUDITOR).await.body["held_alerts"].as_array().map(Vec::len), Some(1));
    app.end().await;
}
