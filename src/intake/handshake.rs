//! What senders want to see before they send: an echo, mostly, of something they said.

use serde_json::{Value, json};

use super::kind::Handshake;
use super::{Answer, Request, dingtalk};

/// How a delivery comes: some senders let their operators choose, and it means the same.
pub const DELIVERED_BY: &str = "POST, PUT";

/// The longest text that is given back, in bytes.
const ECHO_BYTES_MAX: usize = 2 * 1024;
/// Who asks with OPTIONS whether it may send: <https://learn.microsoft.com/azure/event-grid/end-point-validation-cloud-events-schema>,
/// in each of Azure's clouds, as in Microsoft's own receiver.
const EVENT_GRID_ORIGINS: [&str; 5] = [
    "eventgrid.azure.net",
    "eventgrid.azure.us",
    "eventgrid.azure.cn",
    "eventgrid.azure.eaglex.ic.gov",
    "eventgrid.azure.microsoft.scloud",
];

/// What a sender is answered that wants to know whether we are there. It is 200 unless said otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// This text.
    Text(String),
    /// This document.
    Json(Value),
    /// This, which only the sender can read.
    Sealed(Answer),
    /// Nothing but these headers.
    Headers(Vec<(&'static str, String)>),
    /// Nothing, and 202 instead.
    Accepted,
}

/// How somebody asks who sends no alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// OPTIONS.
    Options,
    /// POST.
    Post,
}

/// What an authentic body asks for, if it is no alert.
pub(super) fn asked(kind: Handshake, documents: &[Value]) -> Option<Reply> {
    let [document] = documents else { return None };
    match kind {
        Handshake::SlackChallenge if document["type"] == "url_verification" => {
            echo(document["challenge"].as_str()?).map(Reply::Text)
        }
        Handshake::DingTalk => dingtalk::handshake(document).map(Reply::Text),
        Handshake::EventGrid => {
            let events = document.as_array().map_or(std::slice::from_ref(document), Vec::as_slice);
            let is_asking = |event: &&Value| event["eventType"] == "Microsoft.EventGrid.SubscriptionValidationEvent";
            let code = events.iter().find(is_asking)?.get("data")?.get("validationCode")?.as_str()?;
            Some(Reply::Json(json!({ "validationResponse": echo(code)? })))
        }
        _ => None,
    }
}

/// What a request asks for before anybody has proven anything. The answer only repeats what was said, and is
/// the same for every name in the path, so that it tells nobody which sources there are. Beside that it says how many
/// requests a minute may come (`per_minute`), as <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md>
/// has it.
pub(super) fn greeted(kinds: &[Handshake], per_minute: u32, method: Method, request: &Request<'_>) -> Option<Reply> {
    let header = |name: &str| {
        let mut values = request.headers.all(name);
        let value = values.next().filter(|_| values.next().is_none())?;
        echo(std::str::from_utf8(value).ok()?)
    };
    if method == Method::Get && kinds.contains(&Handshake::OktaChallenge) {
        return Some(Reply::Json(json!({ "verification": header("x-okta-verification-challenge")? })));
    }
    if method == Method::Options && kinds.contains(&Handshake::EventGrid) {
        let is_known = |origin: &String| EVENT_GRID_ORIGINS.contains(&origin.as_str());
        let origin = header("webhook-request-origin").filter(is_known)?;
        return Some(Reply::Headers(vec![
            ("webhook-allowed-origin", origin),
            ("webhook-allowed-rate", per_minute.to_string()),
            ("allow", DELIVERED_BY.to_owned()),
        ]));
    }
    if method == Method::Post && kinds.contains(&Handshake::GraphToken) && request.body.is_empty() {
        let mut tokens = form_urlencoded::parse(request.query.as_bytes()).filter(|(name, _)| name == "validationToken");
        let token = tokens.next().filter(|_| tokens.next().is_none())?.1;
        return echo(&token).map(Reply::Text);
    }
    None
}

/// A text that may be repeated: short, and nothing in it that steers.
fn echo(text: &str) -> Option<String> {
    let is_plain = (1..=ECHO_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control);
    is_plain.then(|| text.to_owned())
}
