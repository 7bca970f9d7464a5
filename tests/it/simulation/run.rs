//! One run: what happens in it is drawn from its seed, and after everything that happens the laws are asked.

use std::sync::Arc;
use std::time::Duration;

use portcullis::admission::{AdmissionError, Receipt};
use portcullis::incident::HandSetClock;
use portcullis::trail::{MemoryStore, Record, Store as _, Trail};
use tokio::sync::mpsc;
use tokio::task::yield_now;

use super::chances::{Chances, End};
use super::dice::Dice;
use super::history::History;
use super::laws::{self, Broken};
use super::life::Life;
use super::senders::Senders;
use super::site::Site;
use super::world::World;
use portcullis::incident::Clock as _;

/// Nothing is left to do long before so many waits for a time that is not on the trail, each of so many seconds.
const WAITS_MAX: usize = 200;
const WAIT_S: u64 = 20;
/// How often what waits for a human is let go on: as many times as there are guardrails that may hold it again.
const ROUNDS: usize = 4;

/// What is told of in the order in which it happened.
pub(super) type Tale = Vec<String>;

/// A run, with all that outlives the program.
pub(super) struct Run<'s> {
    pub(super) site: &'s Site,
    pub(super) dice: Dice,
    pub(super) chances: Chances,
    pub(super) clock: Arc<HandSetClock>,
    pub(super) world: Arc<World>,
    pub(super) senders: Senders,
    pub(super) steps_left: usize,
    tale: Tale,
    is_told: bool,
    pub(super) history: History,
    kept: Arc<MemoryStore>,
    records: Vec<Record>,
    /// The size of the trail when each life began.
    lives: Vec<u64>,
    /// Orders looked at.
    looked_at: usize,
    /// What became of deliveries.
    pub(super) answers: (mpsc::UnboundedSender<Answered>, mpsc::UnboundedReceiver<Answered>),
    /// Numbers what responders ask for.
    pub(super) asked: usize,
}

/// A delivery's number, and its answer.
pub(super) type Answered = (usize, Result<Receipt, AdmissionError>);

/// Runs it to its end; gives what happened, if it is to be told.
pub(super) fn run(site: &Site, seed: u64, steps: usize, is_told: bool) -> (Tale, Result<(), Broken>) {
    let mut run = Run::new(site, seed, steps, is_told);
    let result = run.live_and_die();
    (run.tale, result)
}

impl<'s> Run<'s> {
    fn new(site: &'s Site, seed: u64, steps: usize, is_told: bool) -> Self {
        let mut dice = Dice::new(seed);
        let chances = Chances::drawn(&mut dice);
        let kept = Arc::<MemoryStore>::default();
        Self {
            site,
            chances,
            dice,
            clock: Arc::new(HandSetClock::at("2026-11-21T03:00:00Z".parse().unwrap())),
            world: World::new(kept.clone()),
            senders: Senders::default(),
            steps_left: steps,
            tale: Tale::new(),
            is_told,
            history: History::default(),
            kept,
            records: Vec::new(),
            lives: Vec::new(),
            looked_at: 0,
            answers: mpsc::unbounded_channel(),
            asked: 0,
        }
    }

    fn live_and_die(&mut self) -> Result<(), Broken> {
        loop {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            let end = runtime.block_on(self.live())?;
            // Everything but what is durable, and what DingTalk knows, ends here.
            drop(runtime);
            if end == End::Done {
                return Ok(());
            }
            self.forget();
        }
    }

    /// What was under way at DingTalk may be done all the same.
    fn forget(&mut self) {
        self.senders.forget();
        self.answers = mpsc::unbounded_channel();
        let under_way = self.world.lock().hang_up();
        for order in under_way {
            match self.dice.below(3) {
                0 => self.world.lock().work(&order),
                1 => self.world.lock().late.push(order),
                _ => {}
            }
        }
    }

    /// One life of the program.
    async fn live(&mut self) -> Result<End, Broken> {
        let concurrent = *self.dice.pick(&[1, 2, 3, 32]);
        self.lives.push(self.kept.head().size);
        self.tell(|| format!("-- life {concurrent} at a time"));
        let life = Life::begin(self.site, &self.kept, &self.world, &self.clock, self.lives.len() - 1, concurrent);
        while self.steps_left > 0 {
            self.steps_left -= 1;
            if let Some(end) = self.step(&life).await {
                let most = self.dice.below(3);
                life.store.commit(most);
                self.look()?;
                return Ok(end);
            }
            self.look()?;
        }
        self.end_well(&life).await?;
        Ok(End::Done)
    }

    /// Gives the program its turns.
    pub(super) async fn breathe(&self, turns: usize) {
        for _ in 0..turns {
            yield_now().await;
        }
    }

    /// Lets time pass, or turns it back.
    pub(super) async fn pass(&mut self, life: &Life, by: Duration) {
        self.clock.advance(by);
        tokio::time::advance(by).await;
        life.trail.touch();
    }

    /// Notes what happened in it, and asks the laws about what has left.
    pub(super) fn look(&mut self) -> Result<(), Broken> {
        while let Ok((number, answer)) = self.answers.1.try_recv() {
            self.tell(|| format!("delivery {number}: {answer:?}"));
            self.senders.answered(number, answer)?;
        }
        let mut has_acted = false;
        loop {
            let left = self.world.lock().left.get(self.looked_at).cloned();
            let Some(left) = left else { break };
            self.fold_up_to(left.size)?;
            self.tell(|| format!("    {:?} of {} leaves", left.kind, left.user_id));
            let (id, index) = laws::every_order_has_its_own_intent(&left, &self.history, self.lives[left.life])?;
            let case = self.history.cases.get_mut(&id).unwrap();
            let sent = laws::Sent { left: &left, case, step: &case.steps[index] };
            laws::nothing_is_done_twice(&sent)?;
            laws::nobody_protected_is_touched(&sent)?;
            laws::nothing_leaves_while_it_is_paused(&sent)?;
            laws::approvals_are_bound_to_the_plan(&sent)?;
            laws::only_our_own_disable_is_undone(&sent, index, &self.world.lock().left[..self.looked_at])?;
            laws::what_the_breaker_stops_does_not_leave(&sent)?;
            let takes = left.kind != portcullis::incident::ActionKind::Enable;
            if takes && case.taken_after.is_none() {
                (case.taken_after, has_acted) = (Some(self.history.releases), true);
            }
            let step = &mut case.steps[index];
            step.orders += 1;
            step.intent = step.intent.map(|(seq, _)| (seq, true));
            self.looked_at += 1;
        }
        self.fold_up_to(self.kept.head().size)?;
        if let Some(wrong) = self.history.wrong.first() {
            return Err(wrong.clone());
        }
        if has_acted { laws::limits_are_never_exceeded(&self.history, self.site.limits) } else { Ok(()) }
    }

    fn fold_up_to(&mut self, size: u64) -> Result<(), Broken> {
        let known = self.records.len() as u64;
        let stored = self.kept.read(known, usize::try_from(size.saturating_sub(known)).unwrap());
        for stored in stored.map_err(|error| error.to_string())? {
            let record = Record::decode(&stored.record).map_err(|error| error.to_string())?;
            self.history.fold(&record);
            self.tell(|| format!("  {} {} {}", record.seq, record.at, super::telling::of(&record.event)));
            self.records.push(record);
        }
        Ok(())
    }

    pub(super) fn tell(&mut self, what: impl FnOnce() -> String) {
        if self.is_told {
            self.tale.push(format!("{} {}", self.clock.now(), what()));
        }
    }

    /// DingTalk is honest again, time passes, and nothing happens any more: all has to come to its end.
    async fn end_well(&mut self, life: &Life) -> Result<(), Broken> {
        self.tell(|| "-- calm".to_owned());
        life.store.be_busy(false);
        self.world.lock().outages = portcullis::directory::Outages::default();
        self.let_late_work_be_done();
        self.resume_all(life);
        self.calm_down(life).await?;
        laws::the_trail_makes_the_same_board(&life.trail, &self.records, &self.history)?;
        for _ in 0..ROUNDS {
            if life.trail.board(|board| board.live_count()) > 0 {
                self.answer_all_that_waits(life);
                self.calm_down(life).await?;
            }
        }
        self.send_everything_again(life).await?;
        laws::the_trail_is_whole(&life.trail, &self.history)?;
        laws::the_trail_makes_the_same_board(&life.trail, &self.records, &self.history)?;
        let again = Trail::open(self.kept.clone()).map_err(|error| error.to_string())?;
        laws::the_trail_makes_the_same_board(&again, &self.records, &self.history)
    }

    /// Until nothing is left to do.
    async fn calm_down(&mut self, life: &Life) -> Result<(), Broken> {
        let mut waits = 0;
        while waits < WAITS_MAX {
            self.breathe(12).await;
            self.look()?;
            if life.store.commit(usize::MAX) > 0 || self.answer_honestly() || self.deliver_what_is_left(life).await {
                continue;
            }
            let now = self.clock.now();
            let (is_due, next) = life.trail.board(|board| (board.due(now).next().is_some(), board.next_due_after(now)));
            match next {
                _ if is_due => {
                    // What is to be given back waits for the end of a pause that somebody asked for just before.
                    self.resume_all(life);
                    waits += 1;
                    self.pass(life, Duration::from_secs(WAIT_S)).await;
                }
                Some(next) => self.pass(life, next.duration_since(now).unsigned_abs()).await,
                None => {
                    laws::every_containment_ends_or_is_held(&life.trail, now)?;
                    return laws::every_plan_ends_or_is_held(&life.trail, now);
                }
            }
        }
        laws::every_plan_ends_or_is_held(&life.trail, self.clock.now())?;
        Err("it never comes to rest".to_owned())
    }
}
