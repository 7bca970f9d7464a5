//! Killed at every call that a containment makes: when the call has come in and DingTalk has done nothing, and when
//! all is done and nothing of it is recorded. Whatever the call was, the next process brings it to the end that it
//! would have had.

use portcullis::incident::Timestamp;
use portcullis::sandbox::{Api, Call, Fault, FaultKind};

use super::laws::{self, life};
use super::site::{Site, person};
use crate::harness::Delivery;

/// What a containment calls, in order.
const CALLS: [Api; 7] =
    [Api::AccessToken, Api::UserGet, Api::SignOut, Api::UserGet, Api::OwnedOrganizations, Api::Disable, Api::UserGet];

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_call_before_anything_is_done() {
    killed_at_every_call(FaultKind::HangBeforeWork).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_call_when_all_is_done_and_nothing_recorded() {
    killed_at_every_call(FaultKind::HangAfterWork).await;
}

/// Another person for each call, until there is a call more than a containment makes.
async fn killed_at_every_call(kind: FaultKind) {
    for number in 1.. {
        // Of its own, or those who are contained already would be looked at, too, at each start.
        let site = Site::new().await;
        let (mail, user_id) = person(number);
        let nth = u32::try_from(number).unwrap();
        site.dingtalk().inject(Fault::new(kind).from_call(nth)).unwrap();
        let program = site.start().await;
        let answer = program.deliver(&Delivery::of_high_risk(&mail, nth, Timestamp::now())).await.expect("an answer");
        let incident = answer.incident();
        let is_struck = site.is_struck_before(program.until_contained(&incident)).await;
        let made: Vec<Api> = site.dingtalk().calls().iter().map(|call| call.api).collect();
        assert_eq!(made, CALLS[..number.min(CALLS.len())]);
        if !is_struck {
            assert_eq!(number, CALLS.len() + 1, "every call of a containment was struck");
            program.stop().await;
            break;
        }
        program.kill();
        let left = life(&site.left().await, &incident);

        let program = site.start().await;
        program.until_contained(&incident).await;
        program.stop().await;
        let records = site.records().await;
        assert_eq!(life(&records, &incident)[..left.len()], left, "{kind:?} at call {number}");
        check_account(&site, &user_id, kind, CALLS[number - 1]);
        laws::check(&records, &site.dingtalk().calls());
    }
}

/// Signed out and disabled, and nothing twice but what was under way when the program died: of that nobody knew.
fn check_account(site: &Site, user_id: &str, kind: FaultKind, killed_in: Api) {
    let account = site.dingtalk().account(user_id).unwrap();
    assert_eq!((account.sessions, account.disabled), (0, true), "{kind:?} in {killed_in:?}");
    let mine = |api: Api| -> Vec<Call> {
        let calls = site.dingtalk().calls_to(api).into_iter();
        calls.filter(|call| call.user_id.as_deref() == Some(user_id)).collect()
    };
    let counts = |api: Api| (mine(api).len(), mine(api).iter().filter(|call| call.work_done).count());
    let is_before = kind == FaultKind::HangBeforeWork;
    // Signing out again harms nobody, and no call shows whether it was done.
    let sign_outs = if killed_in == Api::SignOut { (2, if is_before { 1 } else { 2 }) } else { (1, 1) };
    // A disable is looked for first, so that it is never asked for again once it is done.
    let disables = if killed_in == Api::Disable && is_before { (2, 1) } else { (1, 1) };
    assert_eq!((counts(Api::SignOut), counts(Api::Disable)), (sign_outs, disables), "{kind:?} in {killed_in:?}");
}
