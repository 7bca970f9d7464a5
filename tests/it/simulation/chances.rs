//! What can happen in a run, and how likely it is in this one.

use std::time::Duration;

use portcullis::directory::{Order, Outage, Outages};
use portcullis::incident::{Clock as _, Failure, FailureClass, UserId};

use super::dice::Dice;
use super::life::Life;
use super::run::Run;
use super::site::PEOPLE;
use super::world::{Asked, Call, Inner, Said};

/// How a life ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Died,
    Done,
}

/// How likely things are.
pub(super) struct Chances {
    /// Of a hundred answers so many are none, or wrong.
    faults: usize,
    deaths: usize,
    people: usize,
    turns_back: bool,
    late: bool,
}

#[derive(Debug, Clone, Copy)]
enum Happening {
    Delivery,
    Repeat,
    Flow,
    Answer,
    Commit,
    Time,
    Said,
    Outside,
    Busy,
    Stop,
    Death,
}

impl Chances {
    pub(super) fn drawn(dice: &mut Dice) -> Self {
        Self {
            faults: *dice.pick(&[0, 10, 30, 60]),
            deaths: *dice.pick(&[0, 2, 6]),
            people: *dice.pick(&[2, 8, 16]),
            turns_back: dice.chance(25),
            late: dice.chance(50),
        }
    }
}

impl Run<'_> {
    /// One thing happens; gives how the life ends, if it does.
    pub(super) async fn step(&mut self, life: &Life) -> Option<End> {
        let happening = self.dice.weigh(&[
            (16, Happening::Delivery),
            (6, Happening::Repeat),
            (36, Happening::Flow),
            (6, Happening::Answer),
            (6, Happening::Commit),
            (14, Happening::Time),
            (self.chances.people, Happening::Said),
            (4, Happening::Outside),
            (2, Happening::Busy),
            (1, Happening::Stop),
            (self.chances.deaths, Happening::Death),
        ]);
        match happening {
            Happening::Delivery => {
                let number = self.senders.write(&mut self.dice);
                self.deliver(life, number).await;
            }
            Happening::Repeat => {
                let known = self.senders.count();
                if known > 0 {
                    let number = self.dice.below(known);
                    self.deliver(life, number).await;
                }
            }
            Happening::Flow => self.flow(life).await,
            Happening::Answer => drop(self.answer_one()),
            Happening::Commit => {
                let most = 1 + self.dice.below(3);
                life.store.commit(most);
            }
            Happening::Time => self.time_passes(life).await,
            Happening::Said => self.somebody_says_something(life),
            Happening::Outside => self.something_else_happens(),
            Happening::Busy => {
                let is_busy = self.dice.chance(30);
                self.tell(|| format!("the store is busy: {is_busy}"));
                life.store.be_busy(is_busy);
            }
            Happening::Stop => {
                self.tell(|| "-- asked to stop".to_owned());
                life.ask_to_stop();
                for _ in 0..8 {
                    self.flow(life).await;
                    if life.has_stopped() {
                        break;
                    }
                }
                return Some(End::Died);
            }
            Happening::Death => {
                self.tell(|| format!("-- killed, with {} appends under way", life.store.waiting()));
                return Some(End::Died);
            }
        }
        let turns = 1 + self.dice.below(20);
        self.breathe(turns).await;
        None
    }

    pub(super) async fn deliver(&mut self, life: &Life, number: usize) {
        let now = self.clock.now();
        let delivery = self.senders.send(number, now);
        self.tell(|| format!("delivery {number} to {}", delivery.source));
        let carried = life.receive(self.site, &delivery).await;
        let answers = self.answers.0.clone();
        tokio::spawn(async move { answers.send((number, carried.await)) });
    }

    /// A while in which the disk and DingTalk do their work.
    async fn flow(&mut self, life: &Life) {
        for _ in 0..=self.dice.below(16) {
            life.store.commit(usize::MAX);
            self.breathe(8).await;
            self.answer_one();
        }
    }

    async fn time_passes(&mut self, life: &Life) {
        let now = self.clock.now();
        let next = life.trail.board(|board| board.next_due_after(now));
        let seconds = match self.dice.below(10) {
            0..=3 => 1 + self.dice.below(5) as u64,
            4..=5 => 1 + self.dice.below(90) as u64,
            6 => 60 * (1 + self.dice.below(40) as u64),
            7 => 3_600 * (1 + self.dice.below(9) as u64),
            8 if self.chances.turns_back => {
                let back = Duration::from_secs(60 * (1 + self.dice.below(150) as u64));
                self.clock.set(now.checked_sub(back).unwrap());
                life.trail.touch();
                return self.tell(|| "the clock is set back".to_owned());
            }
            _ => next.map_or(1, |next| next.duration_since(now).unsigned_abs().as_secs() + 1),
        };
        self.pass(life, Duration::from_secs(seconds)).await;
        self.tell(|| format!("{seconds} s have passed"));
    }

    /// Somebody works in DingTalk's own console; DingTalk is down, or up again.
    fn something_else_happens(&mut self) {
        let world = self.world.clone();
        let mut world = world.lock();
        let person = *self.dice.pick(&PEOPLE);
        let person = UserId::parse(person).unwrap();
        let what = self.dice.below(8);
        match what {
            0 => world.truth(&person).unwrap().admin ^= true,
            1 | 6 | 7 => world.truth(&person).unwrap().disabled ^= true,
            2 => {
                let since = self.clock.now();
                let until = since.checked_add(Duration::from_secs(1 + self.dice.below(60) as u64)).unwrap();
                world.outages = Outages { api: Some(Outage { since, until }), oapi: None };
            }
            3 => world.outages = Outages::default(),
            _ => {
                drop(world);
                return self.let_late_work_be_done();
            }
        }
        drop(world);
        self.tell(|| format!("outside {what} about {person}"));
    }

    pub(super) fn let_late_work_be_done(&mut self) {
        let late = std::mem::take(&mut self.world.lock().late);
        for order in late {
            self.tell(|| format!("late, but done: {order:?}"));
            self.world.lock().work(&order);
        }
    }

    /// Answers the oldest call as it should be; whether there was one.
    pub(super) fn answer_honestly(&self) -> bool {
        let mut world = self.world.lock();
        if world.calls.is_empty() {
            return false;
        }
        let call = world.calls.remove(0);
        do_honestly(&mut world, call);
        true
    }

    /// Answers some call, as this run answers.
    fn answer_one(&mut self) -> bool {
        let world = self.world.clone();
        let mut world = world.lock();
        if world.calls.is_empty() {
            return false;
        }
        let which = self.dice.below(world.calls.len());
        // A turn is long in coming, so that much can happen before.
        if matches!(world.calls[which].asked, Asked::Turn) && self.dice.chance(70) {
            return true;
        }
        let call = world.calls.remove(which);
        if !self.dice.chance(self.chances.faults) {
            do_honestly(&mut world, call);
            return true;
        }
        let answer = match &call.asked {
            Asked::Order(order) => self.wrong_about_an_order(&mut world, order),
            asked => self.wrong_about_a_look(&world, asked),
        };
        self.tell(|| format!("wrong: {:?} is answered {answer:?}", call.asked));
        world.answer(call, answer);
        true
    }

    fn wrong_about_a_look(&mut self, world: &Inner, asked: &Asked) -> Result<Said, Failure> {
        let honest = world.honest(asked);
        match (self.dice.below(10), honest) {
            (0, Said::Account(Some(mut account))) => {
                account.admin = None;
                Ok(Said::Account(Some(account)))
            }
            (1 | 2, Said::Account(Some(mut account))) => {
                account.disabled = None;
                Ok(Said::Account(Some(account)))
            }
            (3, Said::Account(_)) if self.dice.chance(20) => Ok(Said::Account(None)),
            (4, Said::Found(found)) => Ok(Said::Found([found, vec![UserId::parse("bob").unwrap()]].concat())),
            _ => Err(self.failure(false)),
        }
    }

    /// It says that it was done, and was not; or the other way round; or nothing.
    fn wrong_about_an_order(&mut self, world: &mut Inner, order: &Order) -> Result<Said, Failure> {
        match self.dice.below(10) {
            0 | 1 => Ok(Said::Done),
            2 | 3 => {
                world.work(order);
                Err(self.failure(true))
            }
            4 if self.chances.late => {
                world.late.push(order.clone());
                Err(Failure::local(FailureClass::Unknown, "timeout"))
            }
            _ => Err(self.failure(true)),
        }
    }

    fn failure(&mut self, of_order: bool) -> Failure {
        let class = self.dice.weigh(&[
            (30, if of_order { FailureClass::Unknown } else { FailureClass::Busy }),
            (30, FailureClass::Busy),
            (12, FailureClass::Throttled),
            (5, FailureClass::ThrottledMinute),
            (5, FailureClass::AddressBlocked),
            (8, FailureClass::NotSent),
            (5, FailureClass::TokenRefused),
            (2, FailureClass::OperatorNeeded),
            (1, FailureClass::QuotaExhausted),
            (1, FailureClass::Permanent),
        ]);
        Failure::local(class, "simulated")
    }
}

pub(super) fn do_honestly(world: &mut Inner, call: Call) {
    if let Asked::Order(order) = &call.asked {
        let order = order.clone();
        world.work(&order);
    }
    let answer = world.honest(&call.asked);
    world.answer(call, Ok(answer));
}
