//! Calls that hang, and waiting for calls.

use serde_json::json;
use tokio::task::JoinHandle;

use super::*;
use crate::sandbox::{Api, Fault, FaultKind};

/// Sends a sign-out that hangs by `kind`, and comes back once it was received.
async fn hanging(lab: &Lab, kind: FaultKind) -> JoinHandle<Answered> {
    lab.state().inject(Fault::new(kind).on(Api::SignOut)).unwrap();
    let request = lab.new_call(Method::POST, SIGN_OUT).json(&json!({ "userId": "zhangsan" }));
    let call = tokio::spawn(send(request));
    lab.state().wait_for(Api::SignOut, 1).await;
    call
}

#[tokio::test]
async fn a_call_that_hangs_before_its_work_does_it_when_released() {
    let lab = Lab::start().await;
    let call = hanging(&lab, FaultKind::HangBeforeWork).await;
    assert_eq!(lab.state().account("zhangsan").unwrap().sign_outs, 0);
    assert_eq!(lab.state().calls_to(Api::SignOut)[0].status, None);
    lab.state().release_hangs();
    assert_eq!(call.await.unwrap(), (200, json!({ "result": true })));
    assert_eq!(lab.state().account("zhangsan").unwrap().sign_outs, 1);
}

#[tokio::test]
async fn a_call_that_hangs_after_its_work_has_done_it_when_it_is_known_of() {
    let lab = Lab::start().await;
    let call = hanging(&lab, FaultKind::HangAfterWork).await;
    let seen = lab.state().calls_to(Api::SignOut);
    assert_eq!((seen[0].work_done, seen[0].status), (true, None));
    assert_eq!(lab.state().account("zhangsan").unwrap().sign_outs, 1);
    assert!(!call.is_finished());
    lab.state().release_hangs();
    assert_eq!(call.await.unwrap(), (200, json!({ "result": true })));
    assert_eq!(lab.state().calls_to(Api::SignOut)[0].status, Some(200));
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_undone_work_with_it() {
    let lab = Lab::start().await;
    lab.state().inject(Fault::new(FaultKind::HangBeforeWork).on(Api::SignOut)).unwrap();
    let mut stream = lab.connect().await;
    stream.write_all(lab.raw_sign_out("zhangsan").as_bytes()).await.unwrap();
    lab.state().wait_for(Api::SignOut, 1).await;
    stream.shutdown().await.unwrap();
    assert_eq!(read_to_end(&mut stream).await, "", "the server has let go");
    lab.state().release_hangs();
    // A later call through the same worker shows that the release has had its chance.
    assert_eq!(lab.post(DISABLE, &json!({ "userId": "zhangsan" })).await.0, 200);
    assert_eq!(lab.state().account("zhangsan").unwrap().sign_outs, 0);
}

#[tokio::test]
async fn a_release_is_for_the_calls_that_hang_then_and_not_for_later_ones() {
    let lab = Lab::start().await;
    lab.state().release_hangs();
    let call = hanging(&lab, FaultKind::HangBeforeWork).await;
    // Another call passes while this one still hangs.
    assert_eq!(lab.post(DISABLE, &json!({ "userId": "zhangsan" })).await.0, 200);
    assert!(!call.is_finished());
    lab.state().release_hangs();
    assert_eq!(call.await.unwrap().0, 200);
}

#[tokio::test]
async fn a_sandbox_stops_while_calls_hang() {
    let lab = Lab::start().await;
    let call = hanging(&lab, FaultKind::HangAfterWork).await;
    lab.running.stop().await;
    // Released or cut off: either way the client does not hang on.
    let _ = call.await;
}

#[tokio::test]
async fn waiting_ends_with_the_call_that_is_waited_for() {
    let lab = Lab::start().await;
    lab.state().wait_for(Api::AccessToken, 1).await;
    let state = lab.state().clone();
    let waiting = tokio::spawn(async move { state.wait_for(Api::Disable, 2).await });
    lab.post(DISABLE, &json!({ "userId": "zhangsan" })).await;
    lab.post(SIGN_OUT, &json!({ "userId": "zhangsan" })).await;
    assert!(!waiting.is_finished(), "one of two has come");
    lab.post(DISABLE, &json!({ "userId": "zhangsan" })).await;
    waiting.await.unwrap();
}
