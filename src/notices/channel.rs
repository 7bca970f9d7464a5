//! One channel, checked: whatever is wrong with its settings is said at the start, by name.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};

use super::address;
use super::robot::Robot;
use super::settings::{ChannelKind, ChannelSettings, Settings};
use super::template::Template;
use super::told::Told;
use super::wording::Language;
use crate::incident::{ChannelName, Topic, UserId, is_direction_mark};

/// The most people that a channel names; what one message of a robot may go to.
const USERS_MAX: usize = 20;
/// The most channels.
const CHANNELS_MAX: usize = 32;
/// What a group's robot signs with begins so.
const ROBOT_SECRET_PREFIX: &str = "SEC";
/// What a webhook is signed with begins so.
const WEBHOOK_SECRET_PREFIX: &str = "whsec_";
/// The most characters of a channel's own first line.
const HEADLINE_CHARS_MAX: usize = 120;
/// How long a message may take, in milliseconds.
const TIMEOUT_MS: std::ops::RangeInclusive<u64> = 100..=60_000;
/// The longest code of a robot.
const ROBOT_CODE_BYTES_MAX: usize = 128;

/// A channel that can be used.
#[derive(Debug)]
pub struct Channel {
    /// Its name.
    pub name: ChannelName,
    /// What it hears.
    pub topics: Vec<Topic>,
    /// In which language.
    pub language: Language,
    /// Its own words for the first line of a topic's notices.
    pub headlines: BTreeMap<Topic, String>,
    /// Its own words for the whole of them.
    pub templates: BTreeMap<Topic, Template>,
    /// How.
    pub way: Way,
}

/// How people are told.
pub enum Way {
    /// By a robot of a DingTalk group.
    Robot(Robot),
    /// By a webhook.
    Webhook {
        /// Where.
        url: Url,
        /// What it is signed with.
        secret: SecretString,
    },
    /// By work notifications.
    Work {
        /// The app's agent id.
        agent_id: i64,
        /// To whom.
        user_ids: Vec<UserId>,
    },
    /// By messages of a robot to each one.
    OneToOne {
        /// The robot's code.
        robot_code: String,
        /// To whom.
        user_ids: Vec<UserId>,
    },
}

/// Why channels cannot be set up. Names settings and files, never what is in them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// Of no channel.
    #[error("[notices] {0}")]
    Of(String),
    /// Of one.
    #[error("[notices.channels.{channel}] {problem}")]
    OfChannel {
        /// Which.
        channel: ChannelName,
        /// What is wrong.
        problem: String,
    },
}

impl Settings {
    /// The channels, once they are checked. `read` reads a secret's file, which only its owner may use.
    ///
    /// # Errors
    /// The first setting or file that cannot be used.
    pub fn channels(
        &self,
        read: impl Fn(&Path) -> Result<SecretSlice<u8>, String>,
    ) -> Result<Vec<Channel>, ChannelError> {
        if self.channels.len() > CHANNELS_MAX {
            return Err(ChannelError::Of(format!("has more than {CHANNELS_MAX} channels")));
        }
        if !TIMEOUT_MS.contains(&self.timeout_ms) {
            let (min, max) = (TIMEOUT_MS.start(), TIMEOUT_MS.end());
            return Err(ChannelError::Of(format!("`timeout_ms` must be from {min} to {max}")));
        }
        let public_url =
            self.public_url().map_err(|problem| ChannelError::Of(format!("`public_url` is not usable: {problem}")))?;
        let channel = |(name, settings): (&ChannelName, &ChannelSettings)| {
            let of = |problem| ChannelError::OfChannel { channel: name.clone(), problem };
            let way = way(settings, &read).map_err(of)?;
            let mut topics = settings.topics.clone().unwrap_or_else(|| Topic::ALL.to_vec());
            topics.sort_unstable();
            topics.dedup();
            let headlines = headlines(settings).map_err(of)?;
            let templates = templates(settings, public_url.as_deref()).map_err(of)?;
            Ok(Channel { name: name.clone(), topics, language: settings.language, headlines, templates, way })
        };
        self.channels.iter().map(channel).collect()
    }

    /// What links begin with, if they can.
    ///
    /// # Errors
    /// It is no address that people could open.
    pub fn public_url(&self) -> Result<Option<String>, &'static str> {
        self.public_url.as_deref().map(address::of_public).transpose()
    }
}

impl Channel {
    /// A notice as this channel's people read it.
    #[must_use]
    pub fn text(&self, told: &Told) -> String {
        let own = self.templates.get(&told.topic).and_then(|template| template.fill(told, self.language));
        own.unwrap_or_else(|| told.text(self.language, self.headlines.get(&told.topic).map(String::as_str)))
    }

    /// Those who are named as recipients; nobody, of a channel that is not personal.
    #[must_use]
    pub fn user_ids(&self) -> &[UserId] {
        match &self.way {
            Way::Work { user_ids, .. } | Way::OneToOne { user_ids, .. } => user_ids,
            Way::Robot(_) | Way::Webhook { .. } => &[],
        }
    }

    /// Whether it names its recipients.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        !self.user_ids().is_empty()
    }
}

fn way(settings: &ChannelSettings, read: &impl Fn(&Path) -> Result<SecretSlice<u8>, String>) -> Result<Way, String> {
    only(settings)?;
    let unusable = |problem: &str| format!("`url` is not usable: {problem}");
    match settings.kind {
        ChannelKind::Robot => {
            let url = address::of_robot(settings.url.as_deref()).map_err(unusable)?;
            let token = secret("token_file", settings.token_file.as_deref(), "", read)?;
            let secret = secret("secret_file", settings.secret_file.as_deref(), ROBOT_SECRET_PREFIX, read)?;
            Ok(Way::Robot(Robot { url, token, secret }))
        }
        ChannelKind::Webhook => {
            let url = settings.url.as_deref().ok_or("needs `url`")?;
            let url = address::of_webhook(url).map_err(unusable)?;
            let secret = secret("secret_file", settings.secret_file.as_deref(), WEBHOOK_SECRET_PREFIX, read)?;
            Ok(Way::Webhook { url, secret })
        }
        ChannelKind::Work => {
            let agent_id = settings.agent_id.ok_or("needs `agent_id`")?;
            Ok(Way::Work { agent_id, user_ids: user_ids(settings)? })
        }
        ChannelKind::OneToOne => {
            let code = settings.robot_code.as_deref().ok_or("needs `robot_code`")?;
            if !(1..=ROBOT_CODE_BYTES_MAX).contains(&code.len()) || !code.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(format!("`robot_code` must be 1 to {ROBOT_CODE_BYTES_MAX} visible ASCII characters"));
            }
            Ok(Way::OneToOne { robot_code: code.to_owned(), user_ids: user_ids(settings)? })
        }
    }
}

fn headlines(settings: &ChannelSettings) -> Result<BTreeMap<Topic, String>, String> {
    let is_line = |text: &str| {
        let is_odd = |c: char| c.is_control() || is_direction_mark(c);
        (1..=HEADLINE_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(is_odd)
    };
    match settings.headlines.iter().find(|(_, text)| !is_line(text)) {
        Some((topic, _)) => {
            Err(format!("`headlines.{topic}` must be one line of 1 to {HEADLINE_CHARS_MAX} characters"))
        }
        None => Ok(settings.headlines.clone()),
    }
}

fn templates(settings: &ChannelSettings, public_url: Option<&str>) -> Result<BTreeMap<Topic, Template>, String> {
    let template = |(topic, text): (&Topic, &String)| {
        if settings.headlines.contains_key(topic) {
            return Err(format!("`headlines.{topic}` says nothing beside `templates.{topic}`"));
        }
        let template = Template::parse(text, *topic, public_url);
        Ok((*topic, template.map_err(|problem| format!("`templates.{topic}` {problem}"))?))
    };
    settings.templates.iter().map(template).collect()
}

/// What belongs to another kind was meant for something, and would be passed over.
fn only(settings: &ChannelSettings) -> Result<(), String> {
    use ChannelKind::{OneToOne, Robot, Webhook, Work};
    let stray = [
        ("url", settings.url.is_some(), [Robot, Webhook].as_slice()),
        ("token_file", settings.token_file.is_some(), &[Robot]),
        ("secret_file", settings.secret_file.is_some(), &[Robot, Webhook]),
        // A webhook gets values; words for them are its receiver's.
        ("templates", !settings.templates.is_empty(), &[Robot, Work, OneToOne]),
        ("agent_id", settings.agent_id.is_some(), &[Work]),
        ("robot_code", settings.robot_code.is_some(), &[OneToOne]),
        ("user_ids", settings.user_ids.is_some(), &[Work, OneToOne]),
    ];
    match stray.into_iter().find(|(_, is_there, kinds)| *is_there && !kinds.contains(&settings.kind)) {
        Some((name, ..)) => Err(format!("`{name}` does not belong to this kind")),
        None => Ok(()),
    }
}

fn user_ids(settings: &ChannelSettings) -> Result<Vec<UserId>, String> {
    let mut user_ids = settings.user_ids.clone().unwrap_or_default();
    user_ids.sort_unstable();
    user_ids.dedup();
    if (1..=USERS_MAX).contains(&user_ids.len()) && user_ids.iter().all(|id| !id.as_str().contains(',')) {
        Ok(user_ids)
    } else {
        Err(format!("`user_ids` must name 1 to {USERS_MAX} people"))
    }
}

fn secret(
    setting: &str,
    file: Option<&Path>,
    prefix: &str,
    read: &impl Fn(&Path) -> Result<SecretSlice<u8>, String>,
) -> Result<SecretString, String> {
    let file = file.ok_or_else(|| format!("needs `{setting}`"))?;
    let unusable = |problem: &str| format!("the file `{}` of `{setting}` is not usable: {problem}", file.display());
    let content = read(file).map_err(|problem| unusable(&problem))?;
    let text = content.expose_secret().trim_ascii_end();
    if !text.starts_with(prefix.as_bytes()) {
        return Err(unusable(&format!("it does not begin with `{prefix}`")));
    }
    match std::str::from_utf8(text) {
        Ok(text) if text.len() > prefix.len() && text.bytes().all(|b| b.is_ascii_graphic()) => Ok(text.into()),
        _ => Err(unusable("it must be one word of visible ASCII")),
    }
}

/// Without what is secret.
impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Robot(_) => "Robot",
            Self::Webhook { .. } => "Webhook",
            Self::Work { .. } => "Work",
            Self::OneToOne { .. } => "OneToOne",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn channels(channel: &Value) -> Result<Vec<Channel>, String> {
        let settings = json!({ "channels": { "soc": channel } });
        let settings: Settings = serde_json::from_value(settings).map_err(|error| error.to_string())?;
        let read = |file: &Path| match file.to_str() {
            Some("robot") => Ok(b"SECtest-value-of-no-robot\n".to_vec().into()),
            Some("hook") => Ok(b"whsec_dGVzdC12YWx1ZS1vZi1uby13ZWJob29rLWF0LWFsbA==".to_vec().into()),
            Some("token") => Ok(b"test-token-of-no-robot".to_vec().into()),
            _ => Err("it is not there".to_owned()),
        };
        settings.channels(read).map_err(|error| error.to_string())
    }

    #[test]
    fn every_kind_can_be_set_up_and_hears_everything_unless_said() {
        for channel in [
            json!({ "kind": "dingtalk-robot", "token_file": "token", "secret_file": "robot" }),
            json!({ "kind": "webhook", "url": "https://hooks.example.com/x", "secret_file": "hook", "language": "zh" }),
            json!({ "kind": "dingtalk-work", "agent_id": 7, "user_ids": ["a", "b", "a"] }),
            json!({ "kind": "dingtalk-one-to-one", "robot_code": "ding1", "user_ids": ["a"] }),
        ] {
            let channels = channels(&channel).unwrap();
            assert_eq!(channels[0].topics, Topic::ALL);
        }
        let few = json!({ "kind": "dingtalk-work", "agent_id": 7, "user_ids": ["a"], "topics": ["contained"] });
        assert_eq!(channels(&few).unwrap()[0].topics, [Topic::Contained]);
    }

    #[test]
    fn a_channel_may_have_its_own_first_line() {
        let channel = |line: &str| json!({ "kind": "dingtalk-work", "agent_id": 7, "user_ids": ["a"], "headlines": { "contained": line } });
        let channels = |line: &str| channels(&channel(line));
        assert_eq!(channels("Runbook R7.").unwrap()[0].headlines[&Topic::Contained], "Runbook R7.");
        for line in ["", "two\nlines", "turned \u{202e}", &"x".repeat(HEADLINE_CHARS_MAX + 1)] {
            assert!(channels(line).unwrap_err().contains("headlines.contained"), "{line:?}");
        }
    }

    #[test]
    fn what_cannot_work_is_refused_by_name_and_never_by_value() {
        for (channel, named) in [
            (json!({ "kind": "pigeon" }), "pigeon"),
            (json!({ "kind": "webhook", "secret_file": "hook" }), "needs `url`"),
            (json!({ "kind": "webhook", "url": "http://example.com", "secret_file": "hook" }), "https"),
            (json!({ "kind": "webhook", "url": "https://example.com", "secret_file": "robot" }), "whsec_"),
            (json!({ "kind": "webhook", "url": "https://example.com", "secret_file": "gone" }), "it is not there"),
            (json!({ "kind": "dingtalk-robot", "token_file": "token" }), "needs `secret_file`"),
            (json!({ "kind": "dingtalk-robot", "token_file": "token", "secret_file": "hook" }), "SEC"),
            (
                json!({ "kind": "dingtalk-robot", "token_file": "token", "secret_file": "robot", "url": "https://a.b" }),
                "oapi.dingtalk.com",
            ),
            (json!({ "kind": "dingtalk-work", "user_ids": ["a"] }), "needs `agent_id`"),
            (json!({ "kind": "dingtalk-work", "agent_id": 7 }), "1 to 20 people"),
            (json!({ "kind": "dingtalk-work", "agent_id": 7, "user_ids": ["a,b"] }), "people"),
            (
                json!({ "kind": "dingtalk-work", "agent_id": 7, "user_ids": ["a"], "url": "https://a.b" }),
                "`url` does not",
            ),
            (json!({ "kind": "dingtalk-one-to-one", "robot_code": "a b", "user_ids": ["a"] }), "robot_code"),
            (json!({ "kind": "dingtalk-work", "agent_id": 7, "user_ids": ["a"], "topics": ["all"] }), "all"),
            (json!({ "kind": "dingtalk-work", "agent_id": 7, "user_ids": ["a"], "secret": "x" }), "secret"),
        ] {
            let refused = channels(&channel).expect_err(&channel.to_string());
            assert!(refused.contains(named), "{channel}: {refused}");
            assert!(!refused.contains("test-value"), "{refused}");
        }
    }
}
