//! The real client against a stub on loopback: what it sends, and what it makes of every answer.

mod contacts;
mod hostile;
mod quiet;
mod stub;
mod tokens;
mod wire;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use secrecy::SecretString;
use stub::{Reply, Seen, Stub};

use super::dingtalk::DingTalk;
use super::limits::{Limits, WAIT_MAX};
use super::model::{Directory, Lookup, Order};
use super::settings::Settings;
use crate::incident::{AccountKind, AccountRef, Failure, FailureClass, HandSetClock, Timestamp, UserId};

const TEST_SECRET: &str = "test-secret-of-no-app";
const TEST_TOKEN: &str = "test-token";
const TOKEN_PATH: &str = "/v1.0/oauth2/accessToken";
const YES: &str = r#"{"result":true}"#;

/// A client whose DingTalk is a stub.
struct Harness {
    stub: Stub,
    directory: Arc<DingTalk>,
    clock: Arc<HandSetClock>,
}

impl Harness {
    /// Tokens are issued as `test-token-1`, `test-token-2` …; everything else goes to `handler`.
    async fn start(handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let issued = AtomicUsize::new(0);
        Self::start_all(move |seen| match seen.path() {
            TOKEN_PATH => {
                let serial = issued.fetch_add(1, Ordering::SeqCst) + 1;
                Reply::json(200, &format!(r#"{{"accessToken":"{TEST_TOKEN}-{serial}","expireIn":7200}}"#))
            }
            _ => handler(seen),
        })
        .await
    }

    /// Every request goes to `handler`.
    async fn start_all(handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let stub = Stub::start(handler).await;
        let clock = Arc::new(HandSetClock::at(Timestamp::from_second(1_700_000_000).unwrap()));
        let settings = settings(&format!("http://{}", stub.address));
        let directory = Arc::new(client(&settings, Arc::clone(&clock)));
        Self { stub, directory, clock }
    }

    async fn disable(&self) -> Result<super::Done, Failure> {
        self.directory.act(&disable(), &|| Ok(())).await
    }
}

/// Short times, so that a hanging peer does not hold up the tests.
fn settings(url: &str) -> Settings {
    let text = format!(
        r#"{{"api_url":"{url}","oapi_url":"{url}","app_key":"test-app","app_secret_file":"none",
            "corp_id":"dingtest","timeout_ms":400,"connect_timeout_ms":200}}"#
    );
    serde_json::from_str(&text).unwrap()
}

/// A client that is never held up by its own limits.
fn client(settings: &Settings, clock: Arc<HandSetClock>) -> DingTalk {
    let fast = NonZeroU32::new(1_000_000).unwrap();
    let limits = Limits::new(fast, fast, WAIT_MAX);
    DingTalk::with_limits(settings.check().unwrap(), limits, SecretString::from(TEST_SECRET), clock).unwrap()
}

fn user_id() -> UserId {
    UserId::parse("user123").unwrap()
}

fn disable() -> Order {
    Order::Disable { user_id: user_id(), reason: "inc_1".to_owned() }
}

fn mobile() -> Lookup {
    Lookup::Mobile(AccountRef::parse(AccountKind::Mobile, "13800000001").unwrap())
}

fn union_id() -> Lookup {
    Lookup::UnionId(AccountRef::parse(AccountKind::UnionId, "uN1").unwrap())
}

fn ok_or<T>(result: Result<T, Failure>) -> Result<T, (FailureClass, String)> {
    result.map_err(|failure| (failure.class, failure.code))
}

/// The class and code of a failure that had to come.
fn failed<T: std::fmt::Debug>(result: Result<T, Failure>) -> (FailureClass, String) {
    ok_or(result).expect_err("this must fail")
}

const PATIENCE: Duration = Duration::from_secs(5);
