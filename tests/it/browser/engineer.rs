//! An engineer's main task in a browser, from sign-in to result: why an alert did not match.

use super::person::Person;
use crate::engineer::of_low_risk;
use crate::harness::{ENGINEER, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn an_engineer_finds_out_why_an_alert_did_not_match_and_tries_the_source_out() {
    let app = TestApp::start().await;
    assert_eq!(app.deliver(&of_low_risk(&app)).await.status, 202);
    let engineer = Person::signed_in(&app, ENGINEER).await;
    engineer.click("Sources").await;
    engineer.arrives("/sources").await;
    engineer.click("okta").await;
    engineer.reads("No rule matched").await;
    engineer.reads("it failed on debugContext.debugData.risk").await;
    engineer.click("Impossible travel on an Enterprise Account").await;
    engineer.reads("impossible-travel.yml").await;
    engineer.click("Versions").await;
    engineer.reads("Nothing older is here to compare with.").await;
    engineer.open("/sources/okta").await;
    engineer.decide("Try it out", "its new version").await;
    engineer.reads("nothing is acted on. 0 deliveries so far.").await;
    assert_eq!(app.records_of("source.tried").len(), 1);
    assert_eq!(engineer.complaints().await, Vec::<String>::new());
    app.end().await;
}
