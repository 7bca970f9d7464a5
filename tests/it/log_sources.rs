//! The events of one source may belong to several log sources: rules for any of them apply.

use portcullis::intake::SchemeName;
use serde_json::{Value, json};

use crate::harness::{Delivery, Set, Source, TestApp, high_risk};

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
