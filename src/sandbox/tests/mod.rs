//! Tests through the door clients use: a sandbox on a free port, called over HTTP.

mod contacts;
mod control;
mod faults;
mod hangs;
mod legacy_lists;
mod legacy_users;
mod org_accounts;
mod throttle;
mod tokens;
mod wire;

use std::sync::Arc;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{APP_KEY, APP_SECRET, Running, Sandbox, Settings, start, start_with_clock};
use crate::incident::{HandSetClock, Timestamp};

/// A running sandbox with a token for it.
struct Lab {
    running: Running,
    http: reqwest::Client,
    token: String,
}

/// What came back: status and document.
type Answered = (u16, Value);

impl Lab {
    /// Without a limit of calls, so that only the tests of the limit meet it.
    async fn start() -> Self {
        Self::with(settings()).await
    }

    async fn with(settings: Settings) -> Self {
        Self::of(start(settings).await.unwrap()).await
    }

    async fn with_clock(settings: Settings) -> (Self, Arc<HandSetClock>) {
        let clock = Arc::new(HandSetClock::at(Timestamp::from_second(1_800_000_000).unwrap()));
        (Self::of(start_with_clock(settings, clock.clone()).await.unwrap()).await, clock)
    }

    async fn of(running: Running) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut lab = Self { running, http, token: String::new() };
        lab.token = lab.fetch_token().await;
        lab
    }

    async fn fetch_token(&self) -> String {
        let body = json!({ "appKey": APP_KEY, "appSecret": APP_SECRET });
        let (status, answer) = self.post("/v1.0/oauth2/accessToken", &body).await;
        assert_eq!(status, 200, "{answer}");
        answer["accessToken"].as_str().unwrap().to_owned()
    }

    fn state(&self) -> &Sandbox {
        self.running.state()
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.running.url()))
    }

    /// A call of the new family, with the token in its header.
    fn new_call(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).header("x-acs-dingtalk-access-token", &self.token)
    }

    async fn post(&self, path: &str, body: &Value) -> Answered {
        send(self.new_call(Method::POST, path).json(body)).await
    }

    async fn get(&self, path: &str) -> Answered {
        send(self.new_call(Method::GET, path)).await
    }

    /// A call of the legacy family, with the token in its query.
    async fn legacy(&self, path: &str, body: &Value) -> Value {
        let path = format!("{path}?access_token={}", self.token);
        let (status, answer) = send(self.request(Method::POST, &path).json(body)).await;
        assert_eq!(status, 200, "the legacy family answers 200 always");
        answer
    }

    async fn form(&self, path: &str, body: &str) -> Value {
        let form = "application/x-www-form-urlencoded;charset=utf-8";
        let request = self.request(Method::POST, path).header("content-type", form).body(body.to_owned());
        send(request).await.1
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.running.url().trim_start_matches("http://")).await.unwrap()
    }

    /// Sends bytes as they are and reads until the server closes.
    async fn raw(&self, bytes: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        read_to_end(&mut stream).await
    }

    /// A sign-out as raw bytes; the connection is to be closed after the answer.
    fn raw_sign_out(&self, user_id: &str) -> String {
        let body = json!({ "userId": user_id }).to_string();
        format!(
            "POST /v1.0/contact/orgAccounts/signOut HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n\
             x-acs-dingtalk-access-token: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        )
    }
}

fn settings() -> Settings {
    Settings { listen: "127.0.0.1:0".parse().unwrap(), calls_per_second: 0, ..Settings::default() }
}

async fn send(request: RequestBuilder) -> Answered {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset instead of an orderly end is an end too.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

const SIGN_OUT: &str = "/v1.0/contact/orgAccounts/signOut";
const DISABLE: &str = "/v1.0/contact/orgAccounts/disable";
const ENABLE: &str = "/v1.0/contact/orgAccounts/enable";
const CHANGE_ID: &str = "/v1.0/contact/orgAccounts/dingTalkIds/change";

/// Checks a refusal of the new family, member by member.
#[track_caller]
fn assert_refused((status, answer): Answered, expected_status: u16, code: &str, message: &str) {
    let id = answer["requestid"].as_str().unwrap_or_default();
    assert!(id.starts_with("5A4DB0C5-") && id.len() == 36, "{answer}");
    assert_eq!((status, &answer), (expected_status, &json!({ "code": code, "message": message, "requestid": id })));
}

/// Checks a refusal of the legacy family that the gateway in front gives.
#[track_caller]
fn assert_gateway_refused(answer: &Value, code: &str, message: &str) {
    let expected = json!({
        "errcode": 88,
        "sub_code": code,
        "sub_msg": message,
        "errmsg": format!("ding talk error[subcode={code},submsg={message}]"),
        "request_id": answer["request_id"],
    });
    assert!(answer["request_id"].is_string());
    assert_eq!(answer, &expected);
}

/// Checks another refusal of the legacy family.
#[track_caller]
fn assert_legacy_refused(answer: &Value, code: i64, message: &str) {
    assert!(answer["request_id"].is_string());
    assert_eq!(answer, &json!({ "errcode": code, "errmsg": message, "request_id": answer["request_id"] }));
}
