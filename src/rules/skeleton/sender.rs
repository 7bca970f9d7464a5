//! Guesses from its shape which sender wrote an event, for those who give a file and nothing else.

use serde_json::Value;

use crate::incident::LogSource;

/// Members that an event of a sender has, with its product and service.
const SHAPES: [(&[&str], &str, Option<&str>); 10] = [
    (&["/eventType", "/published"], "okta", Some("okta")),
    (&["/eventType", "/debugContext"], "okta", Some("okta")),
    (&["/riskEventType"], "azure", None),
    (&["/detail-type", "/source"], "aws", None),
    (&["/EventType", "/CorpId"], "dingtalk", None),
    (&["/events", "/iss"], "ssf", None),
    (&["/search_name", "/result"], "splunk", None),
    (&["/log_id", "/data/type"], "auth0", None),
    (&["/rule/level", "/agent"], "wazuh", None),
    (&["/customerId", "/alertId"], "google_workspace", None),
];

/// The event that rules see of what a sender posts: of an Okta event hook the first one in it.
#[must_use]
pub fn first_event(posted: &Value) -> &Value {
    posted.pointer("/data/events/0").filter(|event| event.get("eventType").is_some()).unwrap_or(posted)
}

/// The log source of an event of this shape; `siem` for one that nobody has seen before.
#[must_use]
pub fn guessed_log_source(event: &Value) -> LogSource {
    let has_all = |members: &[&str]| members.iter().all(|member| event.pointer(member).is_some());
    let known = SHAPES.iter().find(|(members, ..)| has_all(members));
    let (product, service) = known.map_or(("siem", None), |(_, product, service)| (*product, *service));
    LogSource { category: None, product: Some(product.to_owned()), service: service.map(str::to_owned) }
}
