//! One HTTP exchange with DingTalk, bounded in time and size: no redirects, no proxy, no retries.

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, redirect, retry};
use secrecy::{ExposeSecret as _, SecretString};

use super::answer::Answer;
use super::api::{Api, Family};
use super::call::{Call, Payload};
use super::error::SetupError;
use super::settings::{Checked, Hosts};
use crate::incident::{Failure, FailureClass};

/// The most of a transport error that is logged, in characters.
const CAUSE_CHARS_MAX: usize = 300;
/// How long a connection is kept for the next call. Short, because an order sent just as DingTalk
/// closes an old connection would have an unknown outcome.
const IDLE_MAX: Duration = Duration::from_secs(15);
/// New API: the only place for the token.
const TOKEN_HEADER: &str = "x-acs-dingtalk-access-token";
/// Legacy API: the only place for the token. For its sake no URL is ever logged, and for that of the app's secret,
/// which the legacy token call has there.
const TOKEN_PARAMETER: &str = "access_token";
/// DingTalk's name for a call, for their support.
const REQUEST_ID_HEADER: &str = "x-acs-request-id";

/// Sends calls to DingTalk's two hosts.
pub(super) struct Wire {
    client: Client,
    hosts: Hosts,
}

/// A call that got no answer: what it means, and what the transport says about it, for the log.
pub(super) struct NoAnswer {
    pub(super) failure: Failure,
    pub(super) cause: String,
}

impl Wire {
    /// Builds the client; connects nowhere.
    pub(super) fn new(settings: &Checked) -> Result<Self, SetupError> {
        let hosts = settings.hosts.clone();
        let client = Client::builder()
            .user_agent("portcullis")
            .timeout(settings.timeout)
            .connect_timeout(settings.connect_timeout)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .pool_idle_timeout(IDLE_MAX)
            // Also from the environment: what leaves here carries credentials.
            .no_proxy()
            .https_only([&hosts.api, &hosts.oapi].iter().all(|url| url.starts_with("https:")))
            .build()
            .map_err(SetupError::Client)?;
        Ok(Self { client, hosts })
    }

    /// Where calls go, for people.
    pub(super) fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// Sends `call` and reads its whole answer.
    pub(super) async fn exchange(&self, call: &Call, token: Option<&SecretString>) -> Result<Answer, NoAnswer> {
        let response = self.request(call, token).send().await.map_err(|error| no_answer(call.api, None, error))?;
        let status = response.status().as_u16();
        let request_id = response.headers().get(REQUEST_ID_HEADER).and_then(|value| value.to_str().ok());
        let request_id = request_id.map(str::to_owned);
        let date = response.headers().get(DATE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = read_bounded(call.api, response, status).await?;
        Ok(Answer::new(status, request_id.as_deref(), &body).dated(date.as_deref()))
    }

    fn request(&self, call: &Call, token: Option<&SecretString>) -> RequestBuilder {
        let path = &call.path;
        let url = match call.api.family() {
            Family::New => format!("{}{path}", self.hosts.api),
            Family::Legacy => format!("{}{path}", self.hosts.oapi),
        };
        let request = match &call.payload {
            Payload::Json(body) => {
                let json = HeaderValue::from_static("application/json; charset=utf-8");
                self.client.post(url).header(CONTENT_TYPE, json).body(body.clone())
            }
            Payload::Query(fields) => self.client.get(url).query(fields),
        };
        let request = request.header(ACCEPT, HeaderValue::from_static("application/json"));
        match (token, call.api.family()) {
            (None, _) => request,
            (Some(token), Family::New) => request.header(TOKEN_HEADER, token.expose_secret()),
            (Some(token), Family::Legacy) => request.query(&[(TOKEN_PARAMETER, token.expose_secret())]),
        }
    }
}

async fn read_bounded(api: Api, mut response: Response, status: u16) -> Result<Vec<u8>, NoAnswer> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| no_answer(api, Some(status), error))? {
        if body.len().saturating_add(chunk.len()) > api.answer_bytes_max() {
            let cause = format!("the answer has more than {} bytes", api.answer_bytes_max());
            return Err(NoAnswer { failure: lost(api.if_unclear(), "oversized", Some(status)), cause });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Sorts a transport error by the one question that matters: may the request have left? Connecting
/// ends before `timeout_ms` does, so a plain time-out always comes after sending began.
fn no_answer(api: Api, status: Option<u16>, error: reqwest::Error) -> NoAnswer {
    let (class, code) = if error.is_builder() {
        (FailureClass::NotSent, "request_not_built")
    } else if error.is_connect() && error.is_timeout() {
        (FailureClass::NotSent, "connect_timeout")
    } else if error.is_connect() {
        (FailureClass::NotSent, "connect_failed")
    } else if error.is_timeout() {
        (api.if_unclear(), "timeout")
    } else {
        (api.if_unclear(), "connection_lost")
    };
    NoAnswer { failure: lost(class, code, status), cause: cause(error) }
}

fn lost(class: FailureClass, code: &str, http_status: Option<u16>) -> Failure {
    Failure { http_status, ..Failure::local(class, code) }
}

/// The whole chain of causes without the URL, which may carry the token.
fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text.chars().take(CAUSE_CHARS_MAX).collect()
}
