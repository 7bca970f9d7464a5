//! The calls of a change of the DingTalk ID, which can be made once a year.

use portcullis::incident::{HoldReason, IncidentId, Outcome, Status};
use portcullis::sandbox::{Api, FaultKind};
use serde_json::json;

use super::{carried_out, held_for, strike, struck, to_the_end};
use crate::harness::{RESPONDER, TestApp};

/// Token, account; once it is approved account, order, whose the new id is.
const CALLS: u32 = 5;

super::for_each_fault!(at_every_call);

async fn at_every_call(kind: FaultKind) {
    for number in 1.. {
        let app = TestApp::start().await;
        strike(&app, kind, number);
        let wanted = json!({
            "account": {"kind": "user_id", "value": "zhangsan"}, "steps": ["change_dingtalk_id"],
            "dingtalk_id_prefix": "sec", "reason": "it was sold",
        });
        let answer = app.post("/v1/incidents", RESPONDER, &wanted).await;
        let incident = IncidentId::parse(answer.body["incident"].as_str().unwrap()).unwrap();
        let mut held = to_the_end(&app, &incident, |state| state.status == Status::Closed(Outcome::Done)).await;
        let (struck, story) = (struck(&app), app.story(&incident));
        // Somebody else has to say yes, whatever else goes wrong.
        let approved = held.iter().position(|reason| *reason == HoldReason::ApprovalWanted);
        held.remove(approved.unwrap_or_else(|| panic!("{kind:?} at call {number}: {story:#?}")));
        assert_eq!(held, Vec::from_iter(held_for(struck.as_ref())), "{kind:?} at call {number}: {story:#?}");
        assert!(story.contains(&"change_dingtalk_id verified".to_owned()), "{kind:?} at call {number}: {story:#?}");
        assert!(app.dingtalk().account("zhangsan").unwrap().dingtalk_id.starts_with("sec"));
        assert_eq!(carried_out(&app, Api::ChangeDingtalkId), 1, "{kind:?} at call {number}: {story:#?}");
        app.end().await;
        if struck.is_none() {
            assert_eq!(number, CALLS + 1, "{story:#?}");
            return;
        }
    }
}
