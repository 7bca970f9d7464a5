//! People are told what they must know: by a group's robot, a webhook, work notifications and messages to each one;
//! never the one it is about, never twice as something else, and never into silence.

mod approvals;
mod by_hand;
mod by_rules;
mod delivery;
mod flood;
mod held_alerts;
mod own_words;
mod people;
mod replay;
mod waiting;

use portcullis::incident::{Event, NoticeEvent};
use portcullis::trail::Record;

use crate::harness::*;

/// What a group's robot is asked for and signs with. Of no robot.
pub(crate) const TOKEN: &str = "test-token-of-no-robot";
pub(crate) const ROBOT_SECRET: &str = "SECtest-value-of-no-robot-at-all";
/// base64 of `test-secret-of-an-outbound-webhook`.
pub(crate) const WEBHOOK_SECRET: &str = "whsec_dGVzdC1zZWNyZXQtb2YtYW4tb3V0Ym91bmQtd2ViaG9vaw==";

/// The files that channels want beside the configuration.
pub(crate) fn files() -> Vec<(&'static str, String)> {
    let files = [("robot-token", TOKEN), ("robot-secret", ROBOT_SECRET), ("webhook-secret", WEBHOOK_SECRET)];
    files.map(|(name, content)| (name, content.to_owned())).to_vec()
}

/// A channel of a robot that hears these topics.
pub(crate) fn robot(sink: &Sink, topics: &str) -> String {
    let url = sink.url();
    format!(
        "[notices.channels.group]\nkind = \"dingtalk-robot\"\nurl = \"{url}\"\ntoken_file = \"robot-token\"\n\
         secret_file = \"robot-secret\"\ntopics = [{topics}]\n"
    )
}

/// A channel of a webhook that hears these topics.
pub(crate) fn webhook(sink: &Sink, topics: &str) -> String {
    let url = sink.url();
    format!(
        "[notices.channels.hook]\nkind = \"webhook\"\nurl = \"{url}/in?team=soc\"\nsecret_file = \"webhook-secret\"\n\
         topics = [{topics}]\n"
    )
}

/// A channel of work notifications about held incidents.
fn work(user_ids: &str) -> String {
    format!(
        "[notices.channels.duty]\nkind = \"dingtalk-work\"\nagent_id = 4711\nuser_ids = [{user_ids}]\n\
         topics = [\"incident_held\"]\n"
    )
}

/// What a test sets so that these channels are there. The configuration lives as long as the tests.
pub(crate) fn set(channels: &str) -> Set {
    let config = format!("[notices]\npublic_url = \"https://portcullis.example.com/\"\ntimeout_ms = 500\n{channels}");
    Set { config: Box::leak(config.into_boxed_str()), files: files(), ..Set::default() }
}

/// What became of notices, each in a few words.
fn told(records: &[Record]) -> Vec<String> {
    let word = |record: &Record| match &record.event {
        Event::Notice(NoticeEvent::Configured { .. }) => None,
        Event::Notice(NoticeEvent::Started { attempt, .. }) => Some(format!("started {attempt}")),
        Event::Notice(NoticeEvent::Failed { failure, .. }) => Some(format!("failed {}", failure.code)),
        Event::Notice(NoticeEvent::GivenUp { failure, .. }) => Some(format!("given up {}", failure.code)),
        Event::Notice(NoticeEvent::Withheld { why, .. }) => Some(format!("withheld {why:?}")),
        Event::Notice(NoticeEvent::Sent { missed, .. }) if *missed > 0 => Some(format!("sent, {missed} missed")),
        Event::Notice(event) => Some(event.kind().trim_start_matches("notice.").to_owned()),
        _ => None,
    };
    records.iter().filter_map(word).collect()
}

impl TestApp {
    /// Waits until that became of notices, and lets a second pass whenever nothing comes.
    async fn until_notices(&self, expected: &[&str]) {
        self.when(|app| told(&app.records()).len() >= expected.len()).await;
        assert_eq!(told(&self.records()), expected);
    }
}
