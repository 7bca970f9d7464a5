//! What came back: turned into a success that was proven, or a failure of a known class.

use jiff::fmt::rfc2822;
use serde_json::Value;

use super::api::Api;
use super::classes::{Body, classify, sanitised};
use crate::incident::{Failure, FailureClass, Timestamp};

/// A whole answer, not yet judged.
#[derive(Debug)]
pub(super) struct Answer {
    status: u16,
    request_id: Option<String>,
    body: Body,
    /// What time it was at DingTalk, where that was said.
    said_at: Option<Timestamp>,
}

/// An answer that says that the call was done.
#[derive(Debug)]
pub(super) struct Success {
    pub(super) api: Api,
    pub(super) status: u16,
    pub(super) request_id: Option<String>,
    pub(super) body: Value,
}

impl Answer {
    /// Reads the body. The request id is that of the header, else that of the body.
    pub(super) fn new(status: u16, request_id: Option<&str>, bytes: &[u8]) -> Self {
        let body = match serde_json::from_slice(bytes) {
            Ok(json) => Body::Json(json),
            Err(_) if bytes.trim_ascii().is_empty() => Body::Empty,
            Err(_) => Body::NotJson,
        };
        let request_id = request_id.and_then(sanitised).or_else(|| request_id_in(&body));
        Self { status, request_id, body, said_at: None }
    }

    /// With the header `Date` that it came with.
    pub(super) fn dated(self, date: Option<&str>) -> Self {
        let said_at = date.and_then(|date| rfc2822::DateTimeParser::new().parse_timestamp(date).ok());
        Self { said_at, ..self }
    }

    /// What time it was at DingTalk, where that was said.
    pub(super) fn said_at(&self) -> Option<Timestamp> {
        self.said_at
    }

    /// Success or failure.
    pub(super) fn judge(self, api: Api) -> Result<Success, Failure> {
        match self.body {
            Body::Json(body) if (200..=299).contains(&self.status) && api.is_success(&body) => {
                Ok(Success { api, status: self.status, request_id: self.request_id, body })
            }
            body => {
                let (class, code) = classify(api, self.status, &body);
                Err(Failure { class, code, http_status: Some(self.status), request_id: self.request_id })
            }
        }
    }
}

impl Success {
    /// The failure to report when the success lacks what was asked for.
    pub(super) fn unexpected(&self) -> Failure {
        self.failure(self.api.if_unclear(), "unexpected_answer")
    }

    /// A failure that is found only by reading the answer.
    pub(super) fn failure(&self, class: FailureClass, code: &str) -> Failure {
        let request_id = self.request_id.clone();
        Failure { class, code: code.to_owned(), http_status: Some(self.status), request_id }
    }
}

/// New API `requestid`, legacy API `request_id`; the SDK takes `RequestId` too.
fn request_id_in(body: &Body) -> Option<String> {
    let Body::Json(json) = body else { return None };
    let names = ["requestid", "request_id", "RequestId"];
    names.iter().find_map(|name| json.get(name)).and_then(Value::as_str).and_then(sanitised)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_id_comes_from_the_header_or_the_body() {
        let id = |header, body: &str| Answer::new(400, header, body.as_bytes()).request_id;
        assert_eq!(id(Some("header-id"), r#"{"requestid":"body-id"}"#).as_deref(), Some("header-id"));
        assert_eq!(id(None, r#"{"requestid":"body-id"}"#).as_deref(), Some("body-id"));
        assert_eq!(id(None, r#"{"request_id":"body-id"}"#).as_deref(), Some("body-id"));
        assert_eq!(id(None, r#"{"RequestId":"body-\u001bid\n"}"#).as_deref(), Some("body-id"));
        assert_eq!(id(Some("\t"), "<html>"), None);
    }

    #[test]
    fn an_error_status_is_no_success_even_with_a_yes_in_the_body() {
        for status in [199, 302, 400, 500] {
            assert!(Answer::new(status, None, br#"{"result":true}"#).judge(Api::Disable).is_err(), "{status}");
        }
        assert!(Answer::new(200, None, br#"{"result":true}"#).judge(Api::Disable).is_ok());
    }
}
