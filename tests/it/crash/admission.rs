//! Killed round after round while deliveries come in, at moments that a fixed sequence of numbers
//! chooses: what was acknowledged is on the trail, and each account is acted on once.

use std::collections::BTreeSet;

use portcullis::incident::{Event, Timestamp};
use portcullis::sandbox::Api;
use portcullis::trail::Record;
use serde_json::Value;
use tokio::task::JoinSet;

use super::laws;
use super::site::{Program, Site, opened, person, post};
use super::start::{Start, kill_at};
use crate::harness::{Answer, Delivery, Process};

/// In each of five parts, which are sixty together; unless `CRASH_ROUNDS` says how many. Half of them begin with a start
/// that is killed itself.
const ROUNDS: usize = 12;
/// New in each round.
const PEOPLE: usize = 2;
/// About each of them, all under way at the same time.
const ALERTS: usize = 4;

/// What ends a round.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So many answers have come.
    Answers(usize),
    /// So many calls of this kind have come in this round.
    Calls(Api, u64),
}

/// A delivery and what is known of it.
struct Sent {
    delivery: Delivery,
    /// The alert's id, once the delivery was acknowledged.
    acknowledged: Option<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn d05_d06_d09_killed_at_any_moment_it_keeps_what_it_acknowledged_and_acts_once() {
    keeps_what_it_acknowledged_and_acts_once(Numbers(20_261_121)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d09_second_part_killed_at_other_moments() {
    keeps_what_it_acknowledged_and_acts_once(Numbers(20_261_122)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d09_third_part_killed_at_other_moments() {
    keeps_what_it_acknowledged_and_acts_once(Numbers(20_261_123)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d09_fourth_part_killed_at_other_moments() {
    keeps_what_it_acknowledged_and_acts_once(Numbers(20_261_124)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d09_fifth_part_killed_at_other_moments() {
    keeps_what_it_acknowledged_and_acts_once(Numbers(20_261_125)).await;
}

/// A part of the rounds with numbers of its own, on a trail of its own, so that the parts can run side by side.
async fn keeps_what_it_acknowledged_and_acts_once(mut numbers: Numbers) {
    let rounds = rounds();
    let site = Site::new().await;
    let mut sent = Vec::new();
    let mut records: Vec<Record> = Vec::new();
    let mut checkpoints = BTreeSet::new();
    for round in 0..rounds {
        if let Some(start) = start_to_kill(round) {
            kill_at(&site, start).await;
        }
        sent.extend((0..PEOPLE).flat_map(|nth| alerts_about(1 + round * PEOPLE + nth)));
        let moment = numbers.moment();
        kill_while_delivering(&site, &mut sent, moment).await;
        let left = site.left().await;
        assert!(left.starts_with(&records), "round {round}, {moment:?}: what was recorded has changed");
        let missing: Vec<_> = acknowledged(&sent).difference(&admitted(&left)).cloned().collect();
        assert!(missing.is_empty(), "round {round}, {moment:?}: acknowledged and lost: {missing:?}");
        records = left;
        checkpoints.extend(std::fs::read_to_string(site.path("trail/log/checkpoint")));
    }
    let program = site.start().await;
    send_everything_again(&program, &mut sent).await;
    for incident in program.incidents().await {
        program.until_contained(&incident).await;
    }
    program.stop().await;
    assert_each_acted_on_once(&site, &sent, rounds).await;
    assert_goes_on_from(&site, &checkpoints).await;
}

/// The log is a continuation of each checkpoint that a kill has left.
async fn assert_goes_on_from(site: &Site, checkpoints: &BTreeSet<String>) {
    assert!(!checkpoints.is_empty(), "no kill has left any");
    let (kept, folder) = (site.path("kept"), site.path("trail"));
    for checkpoint in checkpoints {
        std::fs::write(&kept, checkpoint).unwrap();
        let since = ["trail", "verify", "--folder", folder.to_str().unwrap(), "--since", kept.to_str().unwrap()];
        Process::run(&since).await.well();
    }
}

fn rounds() -> usize {
    std::env::var("CRASH_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().expect("a number of rounds"))
}

/// Posts everything that is not acknowledged, all at once, and kills the program at `moment`.
async fn kill_while_delivering(site: &Site, sent: &mut [Sent], moment: Moment) {
    let calls = |api| site.dingtalk().received(api);
    let before = match moment {
        Moment::Calls(api, _) => calls(api),
        Moment::Answers(_) => 0,
    };
    let program = site.start().await;
    let mut posts = post_unacknowledged(&program, sent);
    match moment {
        Moment::Answers(count) => {
            for _ in 0..count {
                note(sent, posts.join_next().await);
            }
        }
        Moment::Calls(api, count) => site.received(api, before + count).await,
    }
    program.kill();
    // Answers that were on their way count too.
    while let Some(answered) = posts.join_next().await {
        note(sent, Some(answered));
    }
}

type Posts = JoinSet<(usize, Option<Answer>)>;

fn post_unacknowledged(program: &Program, sent: &[Sent]) -> Posts {
    let mut posts = JoinSet::new();
    for (index, one) in sent.iter().enumerate().filter(|(_, one)| one.acknowledged.is_none()) {
        let ((client, url), delivery) = (program.door(), one.delivery.clone());
        posts.spawn(async move { (index, post(&client, &url, &delivery).await) });
    }
    posts
}

fn note(sent: &mut [Sent], answered: Option<Result<(usize, Option<Answer>), tokio::task::JoinError>>) {
    let Some((index, Some(answer))) = answered.transpose().unwrap() else { return };
    assert!([200, 202].contains(&answer.status), "{answer:?}");
    sent[index].acknowledged = Some(alert_id(&answer));
}

/// What was acknowledged is known; what was not may be.
async fn send_everything_again(program: &Program, sent: &mut [Sent]) {
    for one in sent {
        let answer = program.deliver(&one.delivery).await.expect("an answer");
        match &one.acknowledged {
            Some(id) => assert_eq!((answer.status, &alert_id(&answer)), (200, id), "{}", answer.body),
            None => assert!([200, 202].contains(&answer.status), "{answer:?}"),
        }
        one.acknowledged = Some(alert_id(&answer));
    }
}

async fn assert_each_acted_on_once(site: &Site, sent: &[Sent], rounds: usize) {
    let records = site.records().await;
    assert_eq!(admitted(&records), acknowledged(sent));
    let admissions = records.iter().filter(|record| record.event.kind() == "alert.admitted").count();
    assert_eq!(admissions, sent.len(), "each alert is admitted once");
    let incidents: usize = records.iter().map(|record| opened(record.event.clone()).len()).sum();
    assert_eq!(incidents, rounds * PEOPLE, "each person has one incident");
    let disables = site.dingtalk().calls_to(Api::Disable);
    for (_, user_id) in (1..=rounds * PEOPLE).map(person) {
        let account = site.dingtalk().account(&user_id).unwrap();
        assert_eq!((account.sessions, account.disabled), (0, true), "{user_id}");
        let times = disables.iter().filter(|call| call.user_id.as_deref() == Some(&user_id)).count();
        assert_eq!(times, 1, "{user_id}: the work was done at once, so it is never asked for again");
    }
    laws::check(&records, &site.dingtalk().calls());
}

fn alerts_about(number: usize) -> impl Iterator<Item = Sent> {
    let mail = person(number).0;
    (0..ALERTS).map(move |nth| Sent {
        delivery: Delivery::of_high_risk(&mail, u32::try_from(number * ALERTS + nth).unwrap(), Timestamp::now()),
        acknowledged: None,
    })
}

fn alert_id(answer: &Answer) -> String {
    answer.body.pointer("/alerts/0/id").and_then(Value::as_str).expect("an alert's id").to_owned()
}

fn acknowledged(sent: &[Sent]) -> BTreeSet<String> {
    sent.iter().filter_map(|one| one.acknowledged.clone()).collect()
}

fn admitted(records: &[Record]) -> BTreeSet<String> {
    let id = |record: &Record| match &record.event {
        Event::AlertAdmitted { alert, .. } => Some(alert.id.to_string()),
        _ => None,
    };
    records.iter().filter_map(id).collect()
}

/// Every other round begins with a start that is killed itself.
fn start_to_kill(round: usize) -> Option<Start> {
    match round % 6 {
        1 => Some(Start::Spawned),
        3 => Some(Start::Locked),
        5 => Some(Start::Reading),
        _ => None,
    }
}

/// The same numbers in every run (a linear congruential generator), so that a failure comes again.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    /// Never more than a round has: it ends by its moment and not by patience.
    fn moment(&mut self) -> Moment {
        let people = PEOPLE as u64;
        match self.below(6) {
            0..=2 => Moment::Answers(usize::try_from(self.below((PEOPLE * ALERTS) as u64)).unwrap()),
            3 => Moment::Calls(Api::UserGet, 1 + self.below(people * 3)),
            4 => Moment::Calls(Api::SignOut, 1 + self.below(people)),
            _ => Moment::Calls(Api::Disable, 1 + self.below(people)),
        }
    }
}
