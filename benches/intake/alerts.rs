//! Alerts as Okta's event hooks send them, each another one, signed (Standard Webhooks) and written
//! out as whole HTTP requests before any clock runs.

use std::sync::Arc;

use portcullis::incident::Timestamp;
use portcullis::intake::{SchemeName, sign};
use serde_json::{Value, json};

/// A secret that says what it is: base64 of `test-secret-for-the-intake-bench`.
pub(crate) const SECRET: &str = "whsec_dGVzdC1zZWNyZXQtZm9yLXRoZS1pbnRha2UtYmVuY2g=";
/// Accounts that the sandbox has for this: `user0001` and on.
pub(crate) const ACCOUNTS: usize = 200;
/// In the second mix, one of so many alerts matches.
const ONE_IN: usize = 100;
/// As many people sign in.
const PEOPLE: usize = 10_000;

/// The shape, as the demo sends it.
const SHAPE: &str = include_str!("../../src/cli/demo/okta-event-hook.json");
/// What stands in the shape where every alert differs.
const HOOK_ID: &str = "00000000-0000-4000-8000-000000000000";
const EVENT_ID: &str = "00000000-0000-4000-8000-000000000001";
const PERSON: &str = "zhang.san@example.com";

/// Whole requests.
pub(crate) type Pool = Arc<Vec<Vec<u8>>>;

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mix {
    /// Nothing matches.
    Unmatched,
    /// Sign-ins of many people, which a correlation counts.
    Counted,
    /// One in a hundred opens an incident.
    SomeMatch,
}

impl Mix {
    /// Every one.
    pub(crate) const ALL: [Self; 3] = [Self::Unmatched, Self::Counted, Self::SomeMatch];

    /// What it is called in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unmatched => "nothing matches",
            Self::Counted => "all are counted",
            Self::SomeMatch => "1 % match",
        }
    }
}

/// Makes requests that were never made before, in this process.
pub(crate) struct Author {
    unmatched: Vec<String>,
    counted: String,
    matching: String,
    made: u64,
}

impl Author {
    pub(crate) fn new() -> Self {
        let kinds = ["user.authentication.slo", "user.authentication.sso", "policy.evaluate_sign_on"];
        let unmatched = (0..).zip(kinds).map(|(size, kind)| template(kind, "LOW", size)).collect();
        let counted = template("user.session.start", "LOW", 1);
        Self { unmatched, counted, matching: template("user.risk.detect", "HIGH", 1), made: 0 }
    }

    /// `count` requests, good for the five minutes from now that a signed time is.
    pub(crate) fn pool(&mut self, mix: Mix, count: usize) -> Pool {
        let request = |number: usize| match mix {
            Mix::SomeMatch if number.is_multiple_of(ONE_IN) => self.matching(1 + number / ONE_IN % ACCOUNTS),
            Mix::Counted => self.of_person(self.counted.clone(), number % PEOPLE),
            _ => self.unmatched(number),
        };
        Arc::new((0..count).map(request).collect())
    }

    /// An alert that opens an incident on the account of this number.
    pub(crate) fn matching(&mut self, account: usize) -> Vec<u8> {
        self.of_person(self.matching.clone(), account)
    }

    fn unmatched(&mut self, number: usize) -> Vec<u8> {
        self.of_person(self.unmatched[number % self.unmatched.len()].clone(), number % PEOPLE)
    }

    fn of_person(&mut self, body: String, person: usize) -> Vec<u8> {
        self.request(body.replace(PERSON, &format!("user{person:04}@example.com")))
    }

    fn request(&mut self, body: String) -> Vec<u8> {
        self.made += 1;
        let id = |kind: u64| format!("{kind:08x}-0000-4000-8000-{:012x}", self.made);
        let (hook, event) = (id(1), id(2));
        let body = body.replace(HOOK_ID, &hook).replace(EVENT_ID, &event);
        let headers =
            sign(SchemeName::StandardWebhooks, SECRET, &format!("msg_{hook}"), body.as_bytes(), Timestamp::now());
        let headers = headers.expect("the test secret is good");
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!(
            "POST /v1/alerts/okta HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: gateway\r\naccept: */*\r\n\
             content-type: application/json\r\n{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

/// The shape as an event of `kind`, in three sizes: 1.6, 2.2 and 2.9 KB.
fn template(kind: &str, level: &str, size: usize) -> String {
    let mut hook: Value = serde_json::from_str(SHAPE).expect("the shape is JSON");
    let event = &mut hook["data"]["events"][0];
    event["eventType"] = kind.into();
    let risk = event["debugContext"]["debugData"]["risk"].as_str().expect("a risk");
    event["debugContext"]["debugData"]["risk"] = risk.replace("level=HIGH", &format!("level={level}")).into();
    if size > 0 {
        event["securityContext"] = json!({ "asNumber": 64496, "asOrg": "Example Networks", "isp": "example", "domain": ".", "isProxy": false });
        event["authenticationContext"] = json!({
            "authenticationProvider": "FACTOR_PROVIDER", "credentialProvider": "OKTA_CREDENTIAL_PROVIDER",
            "credentialType": "OTP", "issuer": null, "authenticationStep": 0, "externalSessionId": "102bench0000000000000000000"
        });
        event["request"] = json!({ "ipChain": [{
            "ip": "203.0.113.61", "version": "V4", "source": null,
            "geographicalContext": { "city": "Toronto", "country": "Canada", "geolocation": { "lat": 43.6567, "lon": -79.34 } }
        }] });
    }
    if size > 1 {
        event["debugContext"]["debugData"]["behaviors"] =
            "{New Geo-Location=NEGATIVE, New Device=NEGATIVE, New IP=POSITIVE, New State=NEGATIVE, New Country=NEGATIVE, Velocity=NEGATIVE, New City=NEGATIVE}".into();
        event["debugContext"]["debugData"]["requestUri"] = "/idp/idx/challenge/answer".into();
        event["debugContext"]["debugData"]["url"] = "/idp/idx/challenge/answer?".into();
        event["debugContext"]["debugData"]["dtHash"] =
            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".into();
        event["debugContext"]["debugData"]["logOnlySecurityData"] =
            json!({ "risk": { "level": "LOW" }, "behaviors": { "New Geo-Location": "NEGATIVE", "New Device": "NEGATIVE", "New IP": "POSITIVE" } })
                .to_string()
                .into();
    }
    hook.to_string()
}
