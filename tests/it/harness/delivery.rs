//! Deliveries as senders make them.

use portcullis::incident::Timestamp;
use portcullis::intake::{SchemeName, sign};
use serde_json::{Value, json};

/// A sender as the harness configures it.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: &'static str,
    pub(crate) scheme: SchemeName,
    /// As written in its file; each says what it is.
    pub(crate) secret: &'static str,
}

/// Okta's event hooks through a gateway that signs id, time and body: assurance A. The secret is
/// base64 of `test-secret-for-standard-webhooks`.
pub(crate) const OKTA: Source = Source {
    name: "okta",
    scheme: SchemeName::StandardWebhooks,
    secret: "whsec_dGVzdC1zZWNyZXQtZm9yLXN0YW5kYXJkLXdlYmhvb2tz",
};

/// Okta's event hooks through a gateway that signs the body only: assurance B.
pub(crate) const GITHUB: Source =
    Source { name: "github", scheme: SchemeName::GithubHmac, secret: "test-secret-for-github-signatures" };

/// A sender that may send little; configured by [`SLOW_CONFIG`].
pub(crate) const SLOW: Source = Source { name: "slow", secret: "test-secret-for-the-slow-source-0", ..GITHUB };

/// How [`SLOW`] is configured.
pub(crate) const SLOW_CONFIG: &str = r#"
[intake.sources.slow]
kind = "okta-event-hook"
signature = "github-hmac"
rate = { per_second = 1, burst = 2 }
secrets = [{ name = "test", file = "slow-secret" }]
"#;

/// A generic sender whose deliveries are one alert each. The secret is base64 of
/// `another-test-secret-for-a-generic-sender`.
pub(crate) const SIEM: Source = Source {
    name: "siem",
    scheme: SchemeName::StandardWebhooks,
    secret: "whsec_YW5vdGhlci10ZXN0LXNlY3JldC1mb3ItYS1nZW5lcmljLXNlbmRlcg==",
};

/// One delivery: a source, headers and a body, all of which a test may spoil.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) source: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Delivery {
    /// An Okta event hook with one high-risk event about `person`; `number` makes it another one.
    pub(crate) fn of_high_risk(person: &str, number: u32, now: Timestamp) -> Self {
        Self::of_events(&format!("msg_{number}"), &[high_risk(person, &format!("event-{number}"))], now)
    }

    /// An Okta event hook with these events under a message id.
    pub(crate) fn of_events(id: &str, events: &[Value], now: Timestamp) -> Self {
        Self::signed(&OKTA, id, hook(events), now)
    }

    /// Any body, signed as `source` does.
    pub(crate) fn signed(source: &Source, id: &str, body: Vec<u8>, now: Timestamp) -> Self {
        let signature = sign(source.scheme, source.secret, id, &body, now).expect("the test secret is good");
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        headers.extend(signature);
        Self { source: source.name.to_owned(), headers, body }
    }

    /// Another value for a header.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.and(name, value)
    }

    /// One more header, also of a name that is there already.
    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// No such header.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }

    /// As sent to another source.
    pub(crate) fn to(mut self, source: &str) -> Self {
        source.clone_into(&mut self.source);
        self
    }

    /// Where it is posted.
    pub(crate) fn path(&self) -> String {
        format!("/v1/alerts/{}", self.source)
    }

    /// The request as it goes over the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        super::request("POST", &self.path(), &self.headers, Some(&self.body))
    }
}

/// The body of an Okta event hook.
pub(crate) fn hook(events: &[Value]) -> Vec<u8> {
    let hook = json!({
        "eventType": "com.okta.event_hook",
        "eventTypeVersion": "1.0",
        "cloudEventsVersion": "0.1",
        "source": "https://test.okta.example/api/v1/eventHooks/whotest0000000000001",
        "eventId": "hook-test",
        "data": { "events": events },
    });
    hook.to_string().into_bytes()
}

/// One event in Okta's shape: a high risk with a geographic reason.
pub(crate) fn high_risk(person: &str, uuid: &str) -> Value {
    json!({
        "uuid": uuid,
        "published": "2026-11-21T03:00:00.000Z",
        "eventType": "user.risk.detect",
        "actor": { "id": "sys", "type": "SystemPrincipal", "alternateId": "system@okta.com" },
        "outcome": { "result": "SUCCESS", "reason": null },
        "target": [{ "id": "00utest", "type": "User", "alternateId": person, "displayName": "Test Person" }],
        "debugContext": { "debugData": {
            "risk": "{reasons=Anomalous Geo-Distance, New Device, detectionName=Suspicious Session, level=HIGH, previousLevel=LOW, issuer=Okta}"
        } },
    })
}

/// A leaked password, which another rule contains for a day.
pub(crate) fn leaked(person: &str, uuid: &str) -> Value {
    json!({
        "uuid": uuid,
        "eventType": "security.breached_credential.detected",
        "target": [{ "type": "User", "alternateId": person }],
    })
}

/// An employee's own report, which the shipped rule only watches.
pub(crate) fn reported(person: &str, uuid: &str) -> Value {
    json!({
        "uuid": uuid,
        "eventType": "user.account.report_suspicious_activity_by_enduser",
        "actor": { "type": "User", "alternateId": person },
    })
}

/// An event no rule is about.
pub(crate) fn harmless(uuid: &str) -> Value {
    json!({ "uuid": uuid, "eventType": "user.session.start" })
}
