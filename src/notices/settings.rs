//! The `[notices]` settings: the channels by which people are told.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::wording::Language;
use crate::incident::{ChannelName, Topic, UserId};

/// Who is told, and by which way.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where people reach this server in a browser, such as `https://portcullis.example.com`; notices link to it.
    pub public_url: Option<String>,
    /// How long one message to a robot or webhook may take in all, in milliseconds.
    pub timeout_ms: u64,
    /// The channels, by name. The name stands on the trail.
    pub channels: BTreeMap<ChannelName, ChannelSettings>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { public_url: None, timeout_ms: 10_000, channels: BTreeMap::new() }
    }
}

/// One channel. Which of the fields are wanted depends on its kind; others are refused.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelSettings {
    /// The way.
    pub kind: ChannelKind,
    /// What it hears; everything, unless said.
    #[serde(default)]
    pub topics: Option<Vec<Topic>>,
    /// In which language.
    #[serde(default)]
    pub language: Language,
    /// Other words for the first line of a topic's notices: an instruction of the house, or another language.
    #[serde(default)]
    pub headlines: BTreeMap<Topic, String>,
    /// The whole text of a topic's notices, with `{{ names }}` to fill in.
    #[serde(default)]
    pub templates: BTreeMap<Topic, String>,
    /// Of a webhook: where to. Of a group's robot: `https://oapi.dingtalk.com` unless said, or the same of `.io`.
    #[serde(default)]
    pub url: Option<String>,
    /// Of a group's robot: the file with the `access_token` of its address.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// Of a group's robot and a webhook: the file with what is signed with (`SEC…`, `whsec_…`).
    #[serde(default)]
    pub secret_file: Option<PathBuf>,
    /// Of work notifications: the app's agent id.
    #[serde(default)]
    pub agent_id: Option<i64>,
    /// Of one-to-one messages: the robot's code.
    #[serde(default)]
    pub robot_code: Option<String>,
    /// Of both: to whom, at most 20.
    #[serde(default)]
    pub user_ids: Option<Vec<UserId>>,
}

/// The ways there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChannelKind {
    /// A robot of a DingTalk group.
    #[serde(rename = "dingtalk-robot")]
    Robot,
    /// Work notifications of the app.
    #[serde(rename = "dingtalk-work")]
    Work,
    /// Messages of the app's robot to each one.
    #[serde(rename = "dingtalk-one-to-one")]
    OneToOne,
    /// A webhook, signed as Standard Webhooks has it.
    Webhook,
}
