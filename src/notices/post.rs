//! Posts notices: bounded in time and size, no redirects, no proxy, no retries of its own.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, Url, redirect, retry};
use serde_json::Value;

use super::robot::{self, Robot};
use super::settings::Settings;
use crate::incident::{Failure, FailureClass, Timestamp};

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The most of a robot's answer that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// A robot that was sent too much is silent for so long.
const ROBOT_SILENCE: Duration = Duration::from_secs(10 * 60);
/// The longest that a webhook's receiver may put us off.
const PUT_OFF_MAX: Duration = Duration::from_secs(60 * 60);

/// The way out for what is no call of DingTalk's API.
#[derive(Debug, Clone)]
pub struct Post(Client);

/// A notice that did not get there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// Why.
    pub failure: Failure,
    /// How long to wait at least, where that was said.
    pub wait: Option<Duration>,
}

impl From<Failure> for Unsent {
    fn from(failure: Failure) -> Self {
        Self { failure, wait: None }
    }
}

impl Post {
    /// Connects nowhere yet.
    ///
    /// # Errors
    /// The machine's trusted certificates cannot be read.
    pub fn new(settings: &Settings) -> Result<Self, reqwest::Error> {
        let timeout = Duration::from_millis(settings.timeout_ms);
        let client = Client::builder()
            .user_agent("portcullis")
            .timeout(timeout)
            .connect_timeout(CONNECT_TIMEOUT.min(timeout / 2))
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .pool_max_idle_per_host(0)
            // Also from the environment: addresses carry tokens.
            .no_proxy();
        Ok(Self(client.build()?))
    }

    /// Has a group's robot say `text`. The same `id` again is the same message.
    ///
    /// # Errors
    /// It did not get there, or nobody knows.
    pub async fn by_robot(&self, robot: &Robot, id: &str, text: &str, now: Timestamp) -> Result<(), Unsent> {
        let request = self.0.post(robot.address(now)).body(robot::body(id, text));
        let response = sent(request).await?;
        let status = response.status().as_u16();
        let body = read_bounded(response).await?;
        judge_robot(status, &body)
    }

    /// Posts a webhook with the headers that prove it is ours.
    ///
    /// # Errors
    /// It was not taken, or nobody knows.
    pub async fn webhook(&self, url: &Url, headers: &[(String, String)], body: String) -> Result<(), Unsent> {
        let mut request = self.0.post(url.clone()).body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let response = sent(request).await?;
        let put_off = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        judge_webhook(response.status().as_u16(), put_off)
    }

    /// Posts plain text, and gives the status and text of whatever is answered.
    ///
    /// # Errors
    /// Nothing was answered, or too much.
    pub async fn text(&self, url: &Url, body: String) -> Result<(u16, String), Unsent> {
        let response = sent_as(self.0.post(url.clone()).body(body), "text/plain; charset=utf-8").await?;
        let status = response.status().as_u16();
        Ok((status, String::from_utf8_lossy(&read_bounded(response).await?).into_owned()))
    }
}

async fn sent(request: RequestBuilder) -> Result<Response, Unsent> {
    sent_as(request, "application/json; charset=utf-8").await
}

async fn sent_as(request: RequestBuilder, kind: &'static str) -> Result<Response, Unsent> {
    let kind = HeaderValue::from_static(kind);
    request.header(CONTENT_TYPE, kind).send().await.map_err(|error| Unsent::from(no_answer(&error)))
}

async fn read_bounded(mut response: Response) -> Result<Vec<u8>, Unsent> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Unsent::from(no_answer(&error)))? {
        if body.len().saturating_add(chunk.len()) > ANSWER_BYTES_MAX {
            return Err(Failure::local(FailureClass::Unknown, "oversized").into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// By the one question that matters: may it have left?
fn no_answer(error: &reqwest::Error) -> Failure {
    let (class, code) = if error.is_builder() {
        (FailureClass::Permanent, "request_not_built")
    } else if error.is_connect() && error.is_timeout() {
        (FailureClass::NotSent, "connect_timeout")
    } else if error.is_connect() {
        (FailureClass::NotSent, "connect_failed")
    } else if error.is_timeout() {
        (FailureClass::Unknown, "timeout")
    } else {
        (FailureClass::Unknown, "connection_lost")
    };
    Failure::local(class, code)
}

/// HTTP 200 alone is nothing: the robot says in `errcode` whether it took the message.
fn judge_robot(status: u16, body: &[u8]) -> Result<(), Unsent> {
    if status != 200 {
        return judge_webhook(status, None);
    }
    let failed = |class, code: &str| Failure { http_status: Some(200), ..Failure::local(class, code) };
    let body: Value = serde_json::from_slice(body).map_err(|_| failed(FailureClass::AddressBlocked, "not_json"))?;
    let code = match body.get("errcode") {
        Some(Value::Number(code)) => code.as_i64(),
        Some(Value::String(code)) => code.parse().ok(),
        _ => None,
    };
    let Some(code) = code else { return Err(failed(FailureClass::Unknown, "unexpected_answer").into()) };
    let class = match code {
        0 => return Ok(()),
        410_100 | 660_026 | 130_101 => FailureClass::ThrottledMinute,
        // Signature, keyword, address list, token, robot stopped, group gone: somebody has to mend it.
        310_000 | 300_005 | 400_101 | 400_102 | 400_013 | 400_105 | 400_106 => FailureClass::OperatorNeeded,
        430_101..=430_109 | 40_035 | 43_004 => FailureClass::Permanent,
        _ => FailureClass::Busy,
    };
    let wait = (class == FailureClass::ThrottledMinute).then_some(ROBOT_SILENCE);
    Err(Unsent { failure: failed(class, &code.to_string()), wait })
}

/// Only 2xx is taken. Whoever answers anything else may be mended by tomorrow, but for those who say that they are gone.
fn judge_webhook(status: u16, put_off_s: Option<u64>) -> Result<(), Unsent> {
    let class = match status {
        200..=299 => return Ok(()),
        410 => FailureClass::Permanent,
        429 => FailureClass::Throttled,
        _ => FailureClass::Busy,
    };
    let code = if (300..=399).contains(&status) { "redirect".to_owned() } else { format!("http_{status}") };
    let failure = Failure { http_status: Some(status), ..Failure::local(class, &code) };
    Err(Unsent { failure, wait: put_off_s.map(|s| Duration::from_secs(s).min(PUT_OFF_MAX)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_robot_says_in_its_answer_whether_it_took_the_message() {
        let judge = |status, body: &str| judge_robot(status, body.as_bytes()).map_err(|unsent| unsent.failure.class);
        assert_eq!(judge(200, r#"{"errcode":0,"errmsg":"ok"}"#), Ok(()));
        assert_eq!(judge(200, r#"{"errcode":"0"}"#), Ok(()));
        for (status, body, class) in [
            (200, "{}", FailureClass::Unknown),
            (200, "<html>", FailureClass::AddressBlocked),
            (200, r#"{"errcode":310000,"errmsg":"sign not match"}"#, FailureClass::OperatorNeeded),
            (200, r#"{"errcode":660026}"#, FailureClass::ThrottledMinute),
            (200, r#"{"errcode":-1}"#, FailureClass::Busy),
            (200, r#"{"errcode":430101}"#, FailureClass::Permanent),
            (302, r#"{"errcode":0}"#, FailureClass::Busy),
            (500, r#"{"errcode":0}"#, FailureClass::Busy),
        ] {
            assert_eq!(judge(status, body), Err(class), "{status} {body}");
        }
        assert_eq!(judge_robot(200, br#"{"errcode":410100}"#).unwrap_err().wait, Some(ROBOT_SILENCE));
    }

    #[test]
    fn a_webhook_is_taken_with_2xx_and_nothing_else() {
        for status in [200, 202, 204] {
            assert_eq!(judge_webhook(status, None), Ok(()));
        }
        for status in [301, 302, 307, 400, 401, 404, 500, 503] {
            assert_eq!(judge_webhook(status, None).unwrap_err().failure.class, FailureClass::Busy, "{status}");
        }
        assert_eq!(judge_webhook(410, None).unwrap_err().failure.class, FailureClass::Permanent);
        assert_eq!(judge_webhook(503, Some(120)).unwrap_err().wait, Some(Duration::from_secs(120)));
        assert_eq!(judge_webhook(503, Some(u64::MAX)).unwrap_err().wait, Some(PUT_OFF_MAX));
    }
}
