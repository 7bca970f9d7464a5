//! Tests of what is owed to whom.

use super::*;
use crate::incident::{Failure, FailureClass, HoldReason, IncidentId, PauseScope, SenderEvent, Withheld};

fn channel() -> ChannelName {
    ChannelName::parse("soc").unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_230_000 + second).unwrap()
}

fn owed(topics: &[Topic]) -> Owed {
    let mut owed = Owed::default();
    let hearing = Hearing { channel: channel(), topics: topics.to_vec() };
    owed.apply(0, at(0), &Event::Notice(NoticeEvent::Configured { channels: vec![hearing] }));
    owed
}

fn held() -> Event {
    let incident = IncidentId::parse("inc_0123456789abcdef").unwrap();
    Event::IncidentHeld { incident, reason: HoldReason::ProtectedListed, failure: None, beyond: None }
}

fn next(owed: &Owed, second: i64) -> Move {
    owed.lane(&channel()).unwrap().next(at(second))
}

/// Sends what is next: the record, and how many more it stood for.
fn send(owed: &mut Owed, second: i64) -> Option<(u64, u64)> {
    let Move::Send(parcel) = next(owed, second) else { return None };
    let notice = NoticeRef { channel: channel(), topic: parcel.topic, of: parcel.of };
    let attempt = parcel.attempts + 1;
    let started = NoticeEvent::Started { notice: notice.clone(), more: parcel.more, attempt };
    owed.apply(1_000, at(second), &Event::Notice(started));
    owed.apply(1_001, at(second), &Event::Notice(NoticeEvent::Sent { notice, attempt, missed: 0 }));
    Some((parcel.of, parcel.more))
}

#[test]
fn only_what_a_channel_hears_is_owed_and_never_the_past() {
    let mut owed = Owed::default();
    owed.apply(1, at(0), &held());
    let hearing = Hearing { channel: channel(), topics: vec![Topic::IncidentHeld] };
    owed.apply(2, at(0), &Event::Notice(NoticeEvent::Configured { channels: vec![hearing.clone()] }));
    assert_eq!(next(&owed, 0), Move::Rest);
    owed.apply(3, at(1), &held());
    let paused = Event::ResponderPaused { actor: "a".into(), reason: "b".into(), scope: PauseScope::All };
    owed.apply(4, at(1), &paused);
    // The same settings again change nothing.
    owed.apply(5, at(2), &Event::Notice(NoticeEvent::Configured { channels: vec![hearing] }));
    assert_eq!(send(&mut owed, 2), Some((3, 0)));
    assert_eq!(next(&owed, 2), Move::Rest);
    assert_eq!(owed.lane(&channel()).unwrap().owed(), 0);
}

#[test]
fn a_flood_comes_as_few_messages_and_none_of_it_is_lost() {
    let mut owed = owed(&[Topic::IncidentHeld]);
    (1..=5_000).for_each(|seq| owed.apply(seq, at(0), &held()));
    let sent: Vec<_> = std::iter::from_fn(|| send(&mut owed, 1)).collect();
    assert_eq!(sent, [(1, 0), (2, 0), (3, 0), (4, 0), (5, 4_995)]);
    (5_001..=5_003).for_each(|seq| owed.apply(seq, at(2), &held()));
    assert_eq!(next(&owed, 30), Move::Wait(at(61)));
    assert_eq!(send(&mut owed, 61), Some((5_001, 0)), "a minute is over");
    assert_eq!(owed.lane(&channel()).unwrap().owed(), 2);
    owed.apply(5_004, at(62), &held());
    let sent: Vec<_> = std::iter::from_fn(|| send(&mut owed, 62)).collect();
    assert_eq!(sent, [(5_002, 0), (5_003, 0), (5_004, 0)]);
}

fn of_held(of: u64) -> NoticeRef {
    NoticeRef { channel: channel(), topic: Topic::IncidentHeld, of }
}

fn starts(owed: &mut Owed, second: i64, of: u64, attempt: u32) {
    let event = NoticeEvent::Started { notice: of_held(of), more: 0, attempt };
    owed.apply(1_000, at(second), &Event::Notice(event));
}

fn fails(owed: &mut Owed, second: i64, of: u64, attempt: u32, retry_at: i64) {
    let failure = Failure::local(FailureClass::Busy, "http_500");
    let event = NoticeEvent::Failed { notice: of_held(of), attempt, failure, retry_at: at(retry_at) };
    owed.apply(1_001, at(second), &Event::Notice(event));
}

fn is_accepted(owed: &mut Owed, second: i64, of: u64, ask_at: i64) {
    let event = NoticeEvent::Accepted { notice: of_held(of), attempt: 1, receipt: of.to_string(), ask_at: at(ask_at) };
    owed.apply(1_002, at(second), &Event::Notice(event));
}

fn to_ask(owed: &Owed, second: i64) -> Move {
    owed.lane(&channel()).unwrap().next_to_ask(at(second))
}

#[test]
fn what_was_interrupted_comes_before_all_else() {
    let mut owed = owed(&[Topic::IncidentHeld]);
    (1..=2).for_each(|seq| owed.apply(seq, at(0), &held()));
    starts(&mut owed, 1, 2, 1);
    let Move::Send(parcel) = next(&owed, 1) else { panic!("a crash between start and end sends again") };
    assert_eq!((parcel.of, parcel.attempts), (2, 1));
}

#[test]
fn what_waits_for_its_next_attempt_keeps_nothing_else_waiting() {
    let mut owed = owed(&[Topic::IncidentHeld]);
    (1..=2).for_each(|seq| owed.apply(seq, at(0), &held()));
    starts(&mut owed, 1, 1, 1);
    fails(&mut owed, 2, 1, 1, 9);
    assert_eq!(send(&mut owed, 2), Some((2, 0)));
    assert_eq!(next(&owed, 8), Move::Wait(at(9)));
    owed.apply(3, at(9), &held());
    let Move::Send(parcel) = next(&owed, 9) else { panic!("it is time") };
    assert_eq!((parcel.of, parcel.attempts), (1, 1), "of all that may go, the oldest");
    starts(&mut owed, 9, 1, 2);
    let failure = Failure::local(FailureClass::Busy, "http_500");
    let given_up = NoticeEvent::GivenUp { notice: of_held(1), attempts: 2, failure };
    owed.apply(6, at(10), &Event::Notice(given_up));
    let lane = owed.lane(&channel()).unwrap();
    assert_eq!((lane.owed(), lane.dead().len(), lane.failed()), (1, 1, 2));
    assert_eq!(send(&mut owed, 10), Some((3, 0)));

    let replayed = |of| NoticeEvent::Replayed { channel: None, of, actor: "a".into(), reason: "b".into() };
    owed.apply(7, at(11), &Event::Notice(replayed(Some(2))));
    assert_eq!(next(&owed, 11), Move::Rest, "another is meant");
    owed.apply(8, at(11), &Event::Notice(replayed(None)));
    assert_eq!(send(&mut owed, 11), Some((1, 0)));
    assert_eq!(owed.lane(&channel()).unwrap().dead().len(), 0);
}

#[test]
fn what_was_taken_keeps_nothing_waiting_and_is_asked_about_in_the_order_of_time() {
    let mut owed = owed(&[Topic::IncidentHeld]);
    (1..=3).for_each(|seq| owed.apply(seq, at(0), &held()));
    for (of, ask_at) in [(1, 40), (2, 12)] {
        starts(&mut owed, 1, of, 1);
        is_accepted(&mut owed, 2, of, ask_at);
    }
    assert!(matches!(next(&owed, 2), Move::Send(parcel) if parcel.of == 3));
    assert_eq!(to_ask(&owed, 11), Move::Wait(at(12)));
    assert!(matches!(to_ask(&owed, 60), Move::Ask(parcel) if parcel.of == 2));
    // Put off, as nobody could say.
    is_accepted(&mut owed, 60, 2, 90);
    let Move::Ask(parcel) = to_ask(&owed, 60) else { panic!("the other's time has come") };
    assert_eq!((parcel.of, parcel.attempts), (1, 1));
    let sent = NoticeEvent::Sent { notice: of_held(1), attempt: 1, missed: 0 };
    owed.apply(9, at(61), &Event::Notice(sent));
    assert_eq!(to_ask(&owed, 61), Move::Wait(at(90)));
    assert_eq!(owed.lane(&channel()).unwrap().owed(), 2);
}

#[test]
fn later_attempts_that_get_there_count_for_the_minute() {
    let mut owed = owed(&[Topic::IncidentHeld]);
    (1..=6).for_each(|seq| owed.apply(seq, at(0), &held()));
    for of in 1..=5 {
        starts(&mut owed, 0, of, 1);
        fails(&mut owed, 0, of, 1, 70);
    }
    owed.apply(7, at(60), &held());
    assert_eq!(send(&mut owed, 60), Some((6, 0)));
    for of in 1..=4 {
        assert_eq!(send(&mut owed, 70), Some((of, 0)));
    }
    assert_eq!(next(&owed, 70), Move::Wait(at(120)));
    assert_eq!(send(&mut owed, 120), Some((5, 0)));
}

#[test]
fn so_many_of_a_topic_stand_and_no_more_and_other_topics_go_on() {
    let mut owed = owed(&[Topic::IncidentHeld, Topic::ActionsPaused]);
    let count = u64::try_from(STANDING_MAX).unwrap();
    (1..=count + 1).for_each(|seq| owed.apply(seq, at(0), &held()));
    for of in 1..=count {
        starts(&mut owed, 0, of, 1);
        fails(&mut owed, 0, of, 1, 900);
    }
    assert_eq!(next(&owed, 100), Move::Wait(at(900)));
    let paused = Event::ResponderPaused { actor: "a".into(), reason: "b".into(), scope: PauseScope::All };
    owed.apply(count + 2, at(100), &paused);
    assert_eq!(send(&mut owed, 100), Some((count + 2, 0)));
    assert_eq!(send(&mut owed, 900), Some((1, 0)));
    assert_eq!(send(&mut owed, 900), Some((2, 0)), "older than what had no room");
}

#[test]
fn the_most_urgent_goes_first_and_of_that_the_oldest() {
    let mut owed = owed(&[Topic::IncidentHeld, Topic::ActionsPaused, Topic::ApprovalWanted]);
    let paused = Event::ResponderPaused { actor: "a".into(), reason: "b".into(), scope: PauseScope::All };
    let incident = IncidentId::parse("inc_0123456789abcdef").unwrap();
    let reason = HoldReason::ApprovalWanted;
    let wanted = Event::IncidentHeld { incident, reason, failure: None, beyond: None };
    for (seq, event) in (1..).zip([&paused, &held(), &held(), &wanted]) {
        owed.apply(seq, at(0), event);
    }
    starts(&mut owed, 1, 3, 1);
    fails(&mut owed, 1, 3, 1, 9);
    let sent: Vec<_> = std::iter::from_fn(|| send(&mut owed, 9)).map(|(of, _)| of).collect();
    assert_eq!(sent, [4, 2, 3, 1]);
}

#[test]
fn a_late_word_about_another_notice_ends_nothing() {
    let mut owed = owed(&[Topic::IncidentHeld]);
    (1..=2).for_each(|seq| owed.apply(seq, at(0), &held()));
    let notice = |of| NoticeRef { channel: channel(), topic: Topic::IncidentHeld, of };
    let started = NoticeEvent::Started { notice: notice(1), more: 0, attempt: 1 };
    owed.apply(3, at(1), &Event::Notice(started));
    owed.apply(4, at(1), &Event::Notice(NoticeEvent::Sent { notice: notice(9), attempt: 1, missed: 0 }));
    assert!(matches!(next(&owed, 1), Move::Send(parcel) if parcel.of == 1));
}

#[test]
fn what_is_withheld_is_owed_no_more() {
    let mut owed = owed(&[Topic::IncidentHeld]);
    (1..=2).for_each(|seq| owed.apply(seq, at(0), &held()));
    let notice = NoticeRef { channel: channel(), topic: Topic::IncidentHeld, of: 1 };
    owed.apply(3, at(1), &Event::Notice(NoticeEvent::Withheld { notice, why: Withheld::OnlyTheSubject }));
    assert_eq!(send(&mut owed, 1), Some((2, 0)));
    assert_eq!(next(&owed, 1), Move::Rest);
}

#[test]
fn a_source_is_told_of_once_in_a_while() {
    let mut owed = owed(&[Topic::SourceConflict]);
    let conflict = |source: &str| {
        Event::Sender(SenderEvent::Conflict {
            source: SourceName::parse(source).unwrap(),
            body_digest: crate::incident::Digest::of(b"test"),
            assurance: None,
            tried: false,
            event_digest: None,
            private: None,
            first: 1,
        })
    };
    (1..=100).for_each(|seq| owed.apply(seq, at(0), &conflict("okta")));
    owed.apply(101, at(1), &conflict("siem"));
    owed.apply(102, at(599), &conflict("okta"));
    owed.apply(103, at(600), &conflict("okta"));
    let sent: Vec<_> = std::iter::from_fn(|| send(&mut owed, 600)).collect();
    assert_eq!(sent, [(1, 0), (101, 0), (103, 0)]);
}
