//! In a dry run everything is as ever, except that nothing is done to anybody.

use portcullis::incident::{Event, HoldReason, IncidentId, NoticeEvent, Outcome, Status, Withheld};
use portcullis::sandbox::Api;
use serde_json::json;

use crate::harness::{AUDITOR, DEPUTY, Delivery, RESPONDER, Set, Sink, TestApp};
use crate::notices::{robot, set, webhook};

/// Channels of every way out, which hear of all that comes to pass here.
fn channels(sink: &Sink) -> String {
    let topics = r#""incident_held", "approval_wanted", "step_given_up", "actions_paused""#;
    let of_app = format!(
        "[notices.channels.duty]\nkind = \"dingtalk-work\"\nagent_id = 4711\nuser_ids = [\"lisi\"]\n\
         topics = [{topics}]\n[notices.channels.each]\nkind = \"dingtalk-one-to-one\"\nrobot_code = \"ding1\"\n\
         user_ids = [\"lisi\"]\ntopics = [{topics}]\n"
    );
    format!("{}{}{of_app}", robot(sink, topics), webhook(sink, topics))
}

#[tokio::test(flavor = "multi_thread")]
async fn f14_in_a_dry_run_nothing_leaves_but_reads_and_the_trail_says_what_would_be_done() {
    let sink = Sink::start(&[]).await;
    let adjust = |config: &mut portcullis::config::Config| config.directory.dry_run = true;
    let app = TestApp::start_with(Set { adjust, ..set(&channels(&sink)) }).await;
    let by_rule = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until(&by_rule, has_failed).await;
    let plan: Vec<_> = app.incident(&by_rule).plan.actions.iter().map(|action| action.kind().as_str()).collect();
    assert_eq!(plan, ["sign_out", "disable", "enable"]);
    let would_be = ["sign_out started", "sign_out given up: dry_run", "disable started", "disable given up: dry_run"];
    assert_eq!(app.story(&by_rule)[..6], [&["admitted", "resolved"][..], &would_be].concat());
    let by_hand = change_by_hand(&app).await;
    app.until(&by_hand, has_failed).await;
    let would_be = ["change_dingtalk_id started", "change_dingtalk_id given up: dry_run", "closed: failed"];
    assert_eq!(app.story(&by_hand)[4..], would_be);
    app.steer("/v1/pause").await;
    app.when(|app| ["group", "hook", "duty", "each"].iter().all(|channel| is_withheld(app, channel))).await;

    assert_eq!(sink.posted().len(), 0, "nobody was told");
    let calls = app.dingtalk().calls();
    assert_eq!(calls.iter().find(|call| !reads(call.api)), None);
    assert!(calls.iter().any(|call| call.api == Api::UserGet), "it looked");
    let account = app.dingtalk().account("zhangsan").unwrap();
    assert_eq!((account.disabled, account.sign_outs, account.dingtalk_id.as_str()), (false, 0, "dtzhangsan"));
    app.end().await;
}

fn has_failed(incident: &portcullis::incident::Incident) -> bool {
    incident.status == Status::Closed(Outcome::Failed)
}

async fn change_by_hand(app: &TestApp) -> IncidentId {
    let wanted = json!({
        "account": {"kind": "user_id", "value": "zhangsan"}, "steps": ["change_dingtalk_id"],
        "dingtalk_id_prefix": "sec", "reason": "it was sold",
    });
    let answer = app.post("/v1/incidents", RESPONDER, &wanted).await;
    let incident = IncidentId::parse(answer.body["incident"].as_str().unwrap()).unwrap();
    app.until(&incident, |state| state.status == Status::Held(HoldReason::ApprovalWanted)).await;
    let plan = app.get(&format!("/v1/incidents/{incident}"), AUDITOR).await.body["plan"].clone();
    let said = json!({ "reason": "looked at it", "plan": plan });
    assert_eq!(app.post(&format!("/v1/incidents/{incident}/approve"), DEPUTY, &said).await.status, 200);
    incident
}

fn is_withheld(app: &TestApp, channel: &str) -> bool {
    app.records().iter().any(|record| match &record.event {
        Event::Notice(NoticeEvent::Withheld { notice, why: Withheld::DryRun }) => notice.channel.as_str() == channel,
        _ => false,
    })
}

/// Whether a call leaves everything as it is. Each is judged, or this does not compile.
fn reads(api: Api) -> bool {
    match api {
        Api::AccessToken
        | Api::CorpToken
        | Api::LegacyToken
        | Api::Status
        | Api::OwnedOrganizations
        | Api::UserByDingtalkId
        | Api::UserSearch
        | Api::UserGet
        | Api::UserGetByMobile
        | Api::UserGetByUnionId
        | Api::UserListAdmin
        | Api::UserGetAdminScope
        | Api::UserListId
        | Api::UserListSimple
        | Api::UserList
        | Api::DepartmentListSub
        | Api::DepartmentListSubId
        | Api::DepartmentGet
        | Api::RoleList
        | Api::RoleSimplelist
        | Api::WorkNoticeResult => true,
        Api::SignOut
        | Api::Disable
        | Api::Enable
        | Api::ChangeDingtalkId
        | Api::WorkNotice
        | Api::RobotMessage
        | Api::Unknown => false,
    }
}
