//! Killed between a notice and its record: it is sent again, as the same message, and none is lost.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use portcullis::incident::{Event, NoticeEvent};
use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::{Value, json};

use super::laws;
use super::site::{Program, Site};
use crate::harness::{Answered, RESPONDER, Sink};
use crate::notices::{files, robot, webhook};

async fn site(channels: &str) -> Site {
    let site = Site::new().await;
    for (name, content) in files() {
        fs::write(site.path(name), content).unwrap();
        fs::set_permissions(site.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let path = site.path("portcullis.toml");
    let config = fs::read_to_string(&path).unwrap();
    // Longer than a test takes, so that nothing ends by time.
    fs::write(path, format!("{config}[notices]\ntimeout_ms = 30000\n{channels}")).unwrap();
    site
}

async fn steer(program: &Program, path: &str) {
    let (client, url) = program.door();
    let request = client.post(format!("{url}{path}")).bearer_auth(RESPONDER).json(&json!({ "reason": "a drill" }));
    assert_eq!(request.send().await.unwrap().status(), 200);
}

fn sent(channel: &Value) -> bool {
    channel["sent"] == 1 && channel["owed"] == 0
}

async fn killed_between_sending_and_recording(channels: fn(&Sink, &str) -> String) {
    let sink = Sink::start(&[Answered::Not, Answered::Not]).await;
    let site = site(&channels(&sink, r#""actions_paused""#)).await;
    let program = site.start().await;
    steer(&program, "/v1/pause").await;
    sink.received(1).await;
    program.kill();

    // And once more while it makes up for that.
    let program = site.start().await;
    sink.received(2).await;
    program.kill();

    let program = site.start().await;
    program.until_shown("/v1/notices", |shown| sent(&shown["channels"][0])).await;
    program.stop().await;
    let program = site.start().await;
    program.until_shown("/v1/notices", |shown| sent(&shown["channels"][0])).await;
    program.stop().await;

    let posted = sink.posted();
    assert_eq!(posted.len(), 3, "{posted:#?}");
    assert!(posted.iter().all(|again| again.id() == posted[0].id() && again.body == posted[0].body));
    let records = site.records().await;
    laws::check(&records, &site.dingtalk().calls());
    let started = records.iter().filter(|record| matches!(record.event, Event::Notice(NoticeEvent::Started { .. })));
    assert_eq!(started.count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_it_is_known_who_got_one_it_is_not_sent_again_and_the_next_is_told() {
    let work = "[notices.channels.duty]\nkind = \"dingtalk-work\"\nagent_id = 4711\nuser_ids = [\"lisi\"]\n\
                topics = [\"actions_paused\", \"actions_resumed\"]\n";
    let site = site(work).await;
    let program = site.start().await;
    // Nobody can say for the time that the test takes.
    site.dingtalk().inject(Fault::new(FaultKind::Throttled).on(Api::WorkNoticeResult).until_cleared()).unwrap();
    steer(&program, "/v1/pause").await;
    let taken = |shown: &Value, count: usize| {
        let under_way = shown["channels"][0]["under_way"].as_array().unwrap();
        under_way.len() == count && under_way.iter().all(|one| one["state"] == "accepted")
    };
    program.until_shown("/v1/notices", |shown| taken(shown, 1)).await;
    program.kill();

    let program = site.start().await;
    steer(&program, "/v1/resume").await;
    program.until_shown("/v1/notices", |shown| taken(shown, 2)).await;
    assert_eq!(site.dingtalk().received(Api::WorkNotice), 2);
    program.stop().await;
    laws::check(&site.records().await, &site.dingtalk().calls());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_a_robots_message_and_its_record_it_is_the_same_message_again() {
    killed_between_sending_and_recording(robot).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_a_webhook_and_its_record_it_is_the_same_message_again() {
    killed_between_sending_and_recording(webhook).await;
}
