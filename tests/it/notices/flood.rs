//! A flood of what people must know comes as few messages, and none of it goes untold.

use portcullis::incident::{Event, NoticeEvent};

use super::{robot, set, told};
use crate::harness::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_does_not_flood_people() {
    let sink = Sink::start(&[]).await;
    let app = TestApp::start_with(set(&robot(&sink, r#""actions_paused""#))).await;
    for _ in 0..30 {
        app.steer("/v1/pause").await;
    }
    let of_all = |app: &TestApp| {
        let stands_for = |event: &Event| match event {
            Event::Notice(NoticeEvent::Started { more, .. }) => 1 + more,
            _ => 0,
        };
        app.records().iter().map(|record| stands_for(&record.event)).sum::<u64>()
    };
    app.when(|app| of_all(app) == 30 && told(&app.records()).last().is_some_and(|word| word == "sent")).await;
    let begun: Vec<i64> = app.records_of("notice.started").iter().map(|record| record.at.as_second()).collect();
    assert!(begun.windows(6).all(|six| six[5] - six[0] >= 60), "no more than five in a minute: {begun:?}");
    let posted = sink.posted();
    assert!(posted.iter().any(|posted| posted.text().contains("more of the same kind.")));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_not_understood_is_told_of_once_in_a_while() {
    let sink = Sink::start(&[]).await;
    let app = TestApp::start_with(set(&robot(&sink, r#""source_not_understood", "actions_paused""#))).await;
    for number in 0..20 {
        let body = format!("{{\"data\":{{\"events\":{number}}}}}").into_bytes();
        let answer = app.deliver(&Delivery::signed(&OKTA, &format!("msg_{number}"), body, app.now())).await;
        assert!((400..500).contains(&answer.status), "{answer:?}");
    }
    app.steer("/v1/pause").await;
    app.when(|app| told(&app.records()).len() >= 4).await;
    let texts: Vec<String> = sink.posted().iter().map(Posted::text).collect();
    assert_eq!(texts.len(), 2, "{texts:#?}");
    assert!(texts[0].contains("Source: okta"), "{texts:#?}");
    app.end().await;
}
