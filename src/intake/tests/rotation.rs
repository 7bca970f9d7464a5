//! One secret replaces another without a gap.

use super::*;

fn signed_with(material: &str) -> Request {
    let body = r#"{"data":{"events":[{"uuid":"e-1","eventType":"a"}]}}"#;
    Request::signed_by(OKTA, SchemeName::StandardWebhooks, &whsec(material), "msg_1", body, now())
}

#[test]
fn b24_both_secrets_are_good_during_the_overlap_and_the_alert_says_which() {
    let intake = Setup::usual().build();
    for (material, name) in [(SECRET_OKTA, "old"), (SECRET_OKTA_NEW, "new")] {
        let delivery = signed_with(material).delivery(&intake);
        assert_eq!(delivery.alerts[0].summary.secret, name);
    }
}

#[test]
fn b24_a_sender_may_sign_with_both_at_once() {
    let intake = Setup::usual().build();
    let both = format!(
        "{} {}",
        signed_with("test-only secret that is gone already").value("webhook-signature"),
        signed_with(SECRET_OKTA_NEW).value("webhook-signature")
    );
    let delivery = signed_with(SECRET_OKTA_NEW).with("webhook-signature", both).delivery(&intake);
    assert_eq!(delivery.alerts[0].summary.secret, "new");
}

#[test]
fn b25_a_revoked_secret_is_good_for_nothing() {
    let mut setup = Setup::usual();
    setup.settings_of(OKTA).secrets.retain(|secret| secret.name == "new");
    let intake = setup.build();
    assert_eq!(signed_with(SECRET_OKTA).refusal(&intake), Some(Refusal::SignatureWrong));
    assert_eq!(signed_with(SECRET_OKTA_NEW).refusal(&intake), None);
}
