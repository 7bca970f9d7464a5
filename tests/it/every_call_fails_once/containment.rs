//! The calls of a containment.

use portcullis::incident::{Incident, Status, StepState};
use portcullis::sandbox::{Api, FaultKind};

use super::{Meaning, carried_out, held_for, meaning, strike, struck, to_the_end};
use crate::harness::{Delivery, TestApp};

/// Token, account, order, account, owned organizations, order, account.
const CALLS: u32 = 7;

super::for_each_fault!(at_every_call);

async fn at_every_call(kind: FaultKind) {
    for number in 1.. {
        let app = TestApp::start().await;
        strike(&app, kind, number);
        let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
        let held = to_the_end(&app, &incident, is_contained).await;
        let (struck, story) = (struck(&app), app.story(&incident));
        assert_eq!(held, Vec::from_iter(held_for(struck.as_ref())), "{kind:?} at call {number}: {story:#?}");
        let is_on_sign_out = struck.as_ref().is_some_and(|call| call.api == Api::SignOut);
        let sign_outs = match meaning(kind) {
            // No call shows sessions: what may not have been done is done again, and what is claimed stays claimed.
            Meaning::DoneUnheard if is_on_sign_out => 2,
            Meaning::Lie if is_on_sign_out => 0,
            _ => 1,
        };
        let account = app.dingtalk().account("zhangsan").unwrap();
        assert!(account.disabled && (account.sessions == 0) == (sign_outs > 0), "{kind:?} at call {number}");
        let orders = [Api::SignOut, Api::Disable, Api::Enable].map(|api| carried_out(&app, api));
        assert_eq!(orders, [sign_outs, 1, 0], "{kind:?} at call {number}: {story:#?}");
        app.end().await;
        if struck.is_none() {
            assert_eq!(number, CALLS + 1, "{story:#?}");
            return;
        }
    }
}

/// Disabled and read back, and nothing in the way of what is to come.
fn is_contained(state: &Incident) -> bool {
    state.status == Status::Open && state.is_containing() && matches!(state.steps[1], StepState::Verified { .. })
}
