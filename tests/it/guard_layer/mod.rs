//! The guard layer, asked with rules, guardrails, alerts and accounts that are drawn at random: what it lets pass is
//! what the design lets pass, said by other code (`oracle`), and what nothing speaks against does pass.

mod asked;
mod oracle;

use std::cell::RefCell;
use std::collections::BTreeMap;

use asked::{Asked, Rule, World};
use oracle::Oracle;
use portcullis::incident::{ActionKind, Digest, Event, Opened, Timestamp, UserId};
use portcullis::response::{Facts, Judged, Standing, at_dispatch, at_telling, draws};
use portcullis::rules::RuleSet;
use portcullis::trail::{Board, Pseudonyms};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Worlds, each with alerts of its own.
const WORLDS: u32 = 500;
const OWN_CORP: &str = "dingown0000000001";

/// How often something came out in so many worlds.
#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    passed: usize,
    held: usize,
    refused: usize,
}

#[test]
fn no_plan_passes_a_guard_that_it_should_not_and_what_nothing_speaks_against_passes() {
    let files = asked::files_of_reasons();
    let seen = RefCell::new(Seen::default());
    let config = Config { cases: WORLDS, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    let strategy = (asked::world(), prop::collection::vec(asked::alert(), 1..12));
    let result = TestRunner::new(config).run(&strategy, |(world, alerts)| {
        let rules = world.compile(&files);
        Bench::new(&world, &rules).run(&alerts, &mut seen.borrow_mut())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    let Seen { passed, held, refused } = *seen.borrow();
    assert!(passed > 20 && held > 20 && refused > 20, "too little was asked: {seen:?}");
}

/// A world, the program's own state of it, and the oracle's.
struct Bench<'w> {
    world: &'w World,
    rules: &'w RuleSet,
    board: Board,
    oracle: Oracle<'w>,
    pseudonyms: Pseudonyms,
    seq: u64,
}

impl<'w> Bench<'w> {
    fn new(world: &'w World, rules: &'w RuleSet) -> Self {
        let mut board = Board::default();
        if let Some(scope) = world.pause() {
            let (actor, reason) = ("responder".to_owned(), "a drill".to_owned());
            board.apply(0, Timestamp::UNIX_EPOCH, &Event::ResponderPaused { actor, reason, scope }).unwrap();
        }
        Self { world, rules, board, oracle: Oracle::new(world), pseudonyms: Pseudonyms::new(&[7; 32]), seq: 1 }
    }

    fn run(mut self, alerts: &[Asked], seen: &mut Seen) -> Result<(), TestCaseError> {
        for (number, asked) in alerts.iter().enumerate() {
            let now = Timestamp::from_second(1_800_000_000 + i64::try_from(number).unwrap()).unwrap();
            for opened in self.decide(asked, number, now) {
                let of = self.world.rules_of(&opened.plan);
                let said = self.oracle.asked(asked, &opened.plan, &of);
                match opened.held {
                    None => prop_assert!(said.may_be_planned(), "planned: {said:?} {asked:?} {opened:#?}"),
                    Some(_) => seen.held += 1,
                }
                prop_assert!(opened.held.is_none() || !said.nothing_speaks_against(), "held: {asked:?} {opened:#?}");
                if opened.held.is_none() {
                    self.oracle.is_let_go();
                    self.dispatch(asked, &opened, &of, seen)?;
                }
            }
        }
        Ok(())
    }

    /// What admission does with an alert.
    fn decide(&mut self, asked: &Asked, number: usize, now: Timestamp) -> Vec<Opened> {
        let alert = asked.alert(number, now);
        let judged = Judged::of(self.rules, &alert, &self.pseudonyms);
        let cover = |(rule, account): (&portcullis::incident::RuleId, &str)| {
            Some(((rule.clone(), account.to_owned()), self.board.cover(rule, account)?))
        };
        let covers: BTreeMap<_, _> = judged.acting().filter_map(cover).collect();
        let (pauses, breakers) = (self.board.pauses().clone(), self.board.breakers().clone());
        let (standing, mut ledger) =
            (Standing { pauses, breakers, covers, ..Standing::default() }, self.board.ledger().clone());
        let decided = judged.decide(&alert, &standing, &mut ledger, self.rules, now);
        let admitted = Event::AlertAdmitted {
            alert: Box::new(alert.summary),
            verdict: Box::new(decided.verdict),
            opened: decided.opened.clone(),
            counted: Vec::new(),
            counted_left_out: 0,
            private: Digest::of(b""),
        };
        let trips = decided.trips.into_iter().map(|trip| Event::BreakerTripped { trip });
        for event in std::iter::once(admitted).chain(trips) {
            self.board.apply(self.seq, now, &event).unwrap();
            self.seq += 1;
        }
        decided.opened
    }

    /// Every step of it, as the executor asks before each.
    fn dispatch(&self, asked: &Asked, opened: &Opened, of: &[&Rule], seen: &mut Seen) -> Result<(), TestCaseError> {
        let plan = &opened.plan;
        let (account, user_id) = (asked.account(), UserId::parse(asked.person()).unwrap());
        let departments = asked.live.departments();
        let live = asked.live.account(&user_id, OWN_CORP);
        let draws = draws(plan, self.rules, None);
        let source = plan.spending.as_ref().and_then(|spending| spending.source.as_ref());
        let ids = || plan.rules.iter().map(|rule| &rule.id);
        let facts = Facts {
            paused: self.board.pauses().hold(source, ids()),
            rule_off: false,
            assurance: plan.assurance,
            assurance_floor: plan.assurance_floor,
            disables: plan.disables(),
            gives_back: false,
            touches: plan.touches(),
            dingtalk_id_changed: false,
            confirmed: false,
            account: &account,
            user_id: Some(&user_id),
            guardrails: self.rules.guardrails(),
            departments: departments.as_ref(),
            identities: self.rules.identities(),
            draws: &draws,
            beyond_budget: false,
            breaker_tripped: self.board.breakers().hold(source, ids()),
            approval_wanted: plan.approval.is_some() && !asked.is_approved,
        };
        for action in &plan.actions {
            let kind = action.kind();
            if kind == ActionKind::Notify {
                let (told, may) = (at_telling(&facts), self.oracle.may_be_told(asked, plan, of));
                prop_assert_eq!(told.is_ok(), may.is_ok(), "{:?} but {:?} {:?}", told, may, asked);
                continue;
            }
            let facts = Facts { gives_back: plan.takes(), ..facts };
            let passed = at_dispatch(&facts, kind, live.as_ref(), OWN_CORP);
            let may = self.oracle.may_leave(asked, plan, of, kind, OWN_CORP);
            prop_assert_eq!(passed.is_ok(), may.is_ok(), "{:?}: {:?} but {:?} {:?}", kind, &passed, may, asked);
            match passed {
                Ok(passed) => {
                    seen.passed += 1;
                    prop_assert_eq!((passed.user_id(), passed.action()), (&user_id, kind));
                }
                Err(_) => seen.refused += 1,
            }
        }
        Ok(())
    }
}
