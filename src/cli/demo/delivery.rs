//! An Okta event-hook delivery, signed as a signing gateway would, and sent over HTTP.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::cli::random;
use crate::incident::Timestamp;
use crate::intake::{SchemeName, sign};

/// The delivery's shape, as Okta documents it (event hooks, `user.risk.detect`).
const SHAPE: &str = include_str!("okta-event-hook.json");

/// One delivery with its headers.
#[derive(Clone)]
pub(super) struct Delivery {
    pub(super) body: String,
    pub(super) headers: Vec<(String, String)>,
}

/// What was answered, and how fast.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Value,
    pub(super) took: Duration,
}

impl Delivery {
    /// A new event about `person`, signed under `secret` now.
    pub(super) fn about(person: &str, secret: &str) -> anyhow::Result<Self> {
        let now = Timestamp::now();
        let (event_id, uuid) = (random::uuid()?, random::uuid()?);
        let mut body: Value = serde_json::from_str(SHAPE)?;
        let published = now.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
        for (place, value) in [
            ("/eventId", event_id.as_str()),
            ("/eventTime", &published),
            ("/data/events/0/uuid", &uuid),
            ("/data/events/0/published", &published),
            ("/data/events/0/target/0/alternateId", person),
        ] {
            *body.pointer_mut(place).with_context(|| format!("the shape has no {place}"))? = json!(value);
        }
        let body = body.to_string();
        let headers = sign(SchemeName::StandardWebhooks, secret, &format!("msg_{event_id}"), body.as_bytes(), now)?;
        Ok(Self { body, headers })
    }

    /// The same headers over another body.
    pub(super) fn forged(&self) -> Self {
        Self { body: self.body.replacen("level=HIGH", "level=NONE", 1), headers: self.headers.clone() }
    }

    /// Posts it.
    pub(super) async fn send(&self, client: &Client, url: &str) -> anyhow::Result<Answer> {
        let began = Instant::now();
        let mut request = client.post(url).header("content-type", "application/json").body(self.body.clone());
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = request.send().await?;
        let (status, took) = (response.status(), began.elapsed());
        Ok(Answer { status, body: response.json().await?, took })
    }

    /// The same as a command line. It is good for five minutes, as every signed delivery is.
    pub(super) fn curl(&self, url: &str) -> String {
        let headers: String = self.headers.iter().map(|(name, value)| format!(" -H '{name}: {value}'")).collect();
        format!("curl -sS '{url}' -H 'content-type: application/json'{headers} --data-binary '{}'", self.body)
    }
}
