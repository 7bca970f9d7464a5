//! The calls by which an account is given back when the time of its disable is over.

use std::time::Duration;

use portcullis::incident::{Outcome, Status};
use portcullis::sandbox::{Api, FaultKind};

use super::{carried_out, held_for, strike, struck, to_the_end};
use crate::harness::{Delivery, TestApp};

/// Account, order, account; the token is that of the last look.
const CALLS: u32 = 3;

super::for_each_fault!(at_every_call);

async fn at_every_call(kind: FaultKind) {
    for number in 1.. {
        let app = TestApp::start().await;
        let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
        app.until_contained(&incident).await;
        // Whoever is contained is looked at once an hour, which is not what is struck here.
        let looks = app.dingtalk().calls_to(Api::UserGet).len() as u64;
        app.advance(Duration::from_secs(8 * 3_600 - 60));
        app.when_called(Api::UserGet, looks + 1).await;
        app.until_quiet().await;
        strike(&app, kind, number);
        app.advance(Duration::from_secs(60));
        let held = to_the_end(&app, &incident, |state| state.status == Status::Closed(Outcome::Done)).await;
        let (struck, story) = (struck(&app), app.story(&incident));
        assert_eq!(held, Vec::from_iter(held_for(struck.as_ref())), "{kind:?} at call {number}: {story:#?}");
        assert!(!app.dingtalk().account("zhangsan").unwrap().disabled, "{kind:?} at call {number}");
        assert!(story.contains(&"enable verified".to_owned()), "{kind:?} at call {number}: {story:#?}");
        let orders = [Api::SignOut, Api::Disable, Api::Enable].map(|api| carried_out(&app, api));
        assert_eq!(orders, [1, 1, 1], "{kind:?} at call {number}: {story:#?}");
        app.end().await;
        if struck.is_none() {
            assert_eq!(number, CALLS + 1, "{story:#?}");
            return;
        }
    }
}
