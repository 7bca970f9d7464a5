//! Whichever call to DingTalk goes wrong, and however: for each fault of the sandbox's list the first call is struck,
//! then, with a new app, the second, until no call is left to strike. What has to be done is done in the end, once, and
//! proven; where only a human can help it is held, for the reason that is true.

mod containment;
mod dingtalk_id;
mod expiry;
mod notices;

use portcullis::incident::{HoldReason, Incident, IncidentId, Status};
use portcullis::sandbox::{Api, Call, Fault, FaultKind};
use serde_json::json;

use crate::harness::{AUDITOR, DEPUTY, TestApp};

/// More calls than anything here makes.
const CALLS_MAX: u32 = 20;
/// Longer than most answers take, and not as long as is waited for one.
const SLOW_MS: u64 = 150;

/// A test for each fault of the sandbox's list.
macro_rules! for_each_fault {
    ($at_every_call:path) => {
        crate::every_call_fails_once::for_each_fault! { $at_every_call:
            busy Busy, throttled Throttled, throttled_minute ThrottledMinute, expired_token ExpiredToken,
            quota_exhausted QuotaExhausted, permission_denied PermissionDenied, address_blocked AddressBlocked,
            hang_before_work HangBeforeWork, hang_after_work HangAfterWork,
            reset_before_work ResetBeforeWork, reset_after_work ResetAfterWork,
            html_with_200 HtmlWith200, result_false ResultFalse, false_success FalseSuccess,
            empty_object EmptyObject, dropped_silently DroppedSilently,
        }
        #[tokio::test(flavor = "multi_thread")]
        async fn slow() {
            $at_every_call(FaultKind::SlowMs(crate::every_call_fails_once::SLOW_MS)).await;
        }
    };
    ($at_every_call:path: $($name:ident $kind:ident,)+) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            $at_every_call(FaultKind::$kind).await;
        })+
    };
}
use for_each_fault;

/// What a fault comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// It passes, or is found out: nobody has to help.
    Passes,
    /// The same, and the work was done without an answer.
    DoneUnheard,
    /// Nothing was done, and the answer says it was.
    Lie,
    /// Only a human can help.
    Human(HoldReason),
}

/// Each has a meaning, or this does not compile.
fn meaning(kind: FaultKind) -> Meaning {
    match kind {
        FaultKind::Busy
        | FaultKind::Throttled
        | FaultKind::ThrottledMinute
        | FaultKind::ExpiredToken
        | FaultKind::AddressBlocked
        | FaultKind::HangBeforeWork
        | FaultKind::ResetBeforeWork
        | FaultKind::HtmlWith200
        | FaultKind::ResultFalse
        | FaultKind::EmptyObject
        | FaultKind::DroppedSilently
        | FaultKind::SlowMs(_) => Meaning::Passes,
        FaultKind::HangAfterWork | FaultKind::ResetAfterWork => Meaning::DoneUnheard,
        FaultKind::FalseSuccess => Meaning::Lie,
        FaultKind::QuotaExhausted => Meaning::Human(HoldReason::QuotaExhausted),
        FaultKind::PermissionDenied => Meaning::Human(HoldReason::OperatorNeeded),
    }
}

/// The call that was struck; `None` when there was none left.
fn struck(app: &TestApp) -> Option<Call> {
    let struck = app.dingtalk().calls().into_iter().find(|call| call.fault.is_some());
    assert_eq!(struck.is_none(), app.dingtalk().faults().len() == 1, "it strikes once");
    struck
}

/// What it is held for by a fault.
fn held_for(struck: Option<&Call>) -> Option<HoldReason> {
    let struck = struck?;
    match meaning(struck.fault?) {
        // What a disable would leave behind is only warned of.
        Meaning::Human(_) if struck.api == Api::OwnedOrganizations => None,
        Meaning::Human(reason) => Some(reason),
        Meaning::Passes | Meaning::DoneUnheard | Meaning::Lie => None,
    }
}

/// How often an order is carried out: once, unless nobody can tell whether it was.
fn carried_out(app: &TestApp, api: Api) -> usize {
    app.dingtalk().calls_to(api).iter().filter(|call| call.work_done).count()
}

/// Waits until it is done, and has a human help whenever it is held; gives what it was held for.
async fn to_the_end(app: &TestApp, incident: &IncidentId, is_done: impl Fn(&Incident) -> bool) -> Vec<HoldReason> {
    let mut held = Vec::new();
    loop {
        let is_held = |state: &Incident| matches!(state.status, Status::Held(_));
        let state = app.until_in_time(incident, |state| is_held(state) || is_done(state)).await;
        let Status::Held(reason) = state.status else { return held };
        held.push(reason);
        assert!(held.len() <= 3, "nobody can help it: {held:?} {:#?}", app.story(incident));
        let plan = app.get(&format!("/v1/incidents/{incident}"), AUDITOR).await.body["plan"].clone();
        let said = json!({ "reason": "mended", "plan": plan });
        let answer = app.post(&format!("/v1/incidents/{incident}/approve"), DEPUTY, &said).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

/// Strikes the `number`th call from now on.
fn strike(app: &TestApp, kind: FaultKind, number: u32) {
    assert!(number < CALLS_MAX, "{kind:?}: there is no end of calls");
    app.dingtalk().inject(Fault::new(kind).from_call(number)).unwrap();
}
