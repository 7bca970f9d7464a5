//! The calls by which people are told: a work notification with the question who got it, and a robot's message.

use std::time::Duration;

use portcullis::incident::{Event, NoticeEvent};
use portcullis::sandbox::{Api, FaultKind};
use serde_json::json;

use super::{Meaning, carried_out, meaning, strike, struck};
use crate::harness::{RESPONDER, Set, TestApp};

mod work {
    use portcullis::sandbox::{Api, FaultKind};

    const CONFIG: &str = "[notices.channels.duty]\nkind = \"dingtalk-work\"\nagent_id = 4711\nuser_ids = [\"lisi\"]\n\
                          topics = [\"actions_paused\"]\n";

    super::super::for_each_fault!(at_every_call);

    /// Token, message, who got it.
    async fn at_every_call(kind: FaultKind) {
        super::at_every_call(kind, CONFIG, Api::WorkNotice, 3).await;
    }
}

mod one_to_one {
    use portcullis::sandbox::{Api, FaultKind};

    const CONFIG: &str = "[notices.channels.duty]\nkind = \"dingtalk-one-to-one\"\nrobot_code = \"ding1\"\n\
                          user_ids = [\"lisi\"]\ntopics = [\"actions_paused\"]\n";

    super::super::for_each_fault!(at_every_call);

    /// Token, message.
    async fn at_every_call(kind: FaultKind) {
        super::at_every_call(kind, CONFIG, Api::RobotMessage, 2).await;
    }
}

async fn at_every_call(kind: FaultKind, config: &'static str, message: Api, calls: u32) {
    for number in 1.. {
        let app = TestApp::start_with(Set { config, ..Set::default() }).await;
        strike(&app, kind, number);
        app.steer("/v1/pause").await;
        app.when(|app| ended(app).sent + ended(app).given_up > 0).await;
        let struck = struck(&app);
        let struck_is = |api| struck.as_ref().is_some_and(|call| call.api == api);
        // Who got it can be asked again soon, unless DingTalk's month has to be over first.
        let heals = struck_is(Api::WorkNoticeResult) && kind != FaultKind::QuotaExhausted;
        // What only a human can mend is shown, and sent when it is mended.
        let gives_up = matches!(meaning(kind), Meaning::Human(_)) && struck.is_some() && !heals;
        assert_eq!(ended(&app).given_up, u32::from(gives_up), "{kind:?} at call {number}");
        if gives_up {
            if kind == FaultKind::QuotaExhausted {
                // DingTalk is believed until its month is over.
                app.advance(Duration::from_secs(40 * 86_400));
            }
            let answer = app.post("/v1/notices/replay", RESPONDER, &json!({ "reason": "mended" })).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            app.when(|app| ended(app).sent > 0).await;
        }
        assert_eq!(ended(&app).sent, 1, "{kind:?} at call {number}");
        let is_unheard = meaning(kind) == Meaning::DoneUnheard || kind == FaultKind::DroppedSilently;
        let nobody_knows = (is_unheard && struck_is(message)) || (gives_up && struck_is(Api::WorkNoticeResult));
        // Rather twice than not at all: nobody can tell whether it came.
        let most = if nobody_knows { 2 } else { 1 };
        assert!((1..=most).contains(&carried_out(&app, message)), "{kind:?} at call {number}");
        app.end().await;
        if struck.is_none() {
            assert_eq!(number, calls + 1);
            return;
        }
    }
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Ended {
    sent: u32,
    given_up: u32,
}

fn ended(app: &TestApp) -> Ended {
    let mut ended = Ended::default();
    for record in app.records() {
        match record.event {
            Event::Notice(NoticeEvent::Sent { .. }) => ended.sent += 1,
            Event::Notice(NoticeEvent::GivenUp { .. }) => ended.given_up += 1,
            _ => {}
        }
    }
    ended
}
