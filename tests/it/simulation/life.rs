//! One life of the program: the real admission, guard layer and executor on a trail, up to the moment it dies.

use std::net::Ipv4Addr;
use std::sync::Arc;

use portcullis::admission::{Admission, AdmissionError, Receipt};
use portcullis::directory::Ancestry;
use portcullis::executor::{self, Executor, Hand, SeenDisabled};
use portcullis::incident::{Clock, HandSetClock};
use portcullis::intake::{Received, Request};
use portcullis::trail::{MemoryStore, Pseudonyms, Trail};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::site::{OWN_CORP, Site};
use super::store::SlowStore;
use super::world::{Line, World};
use crate::harness::Delivery;

/// What it runs on.
pub(super) struct Life {
    pub(super) trail: Arc<Trail>,
    pub(super) store: Arc<SlowStore>,
    pub(super) admission: Arc<Admission>,
    clock: Arc<HandSetClock>,
    stop: watch::Sender<bool>,
    executing: JoinHandle<u32>,
}

impl Life {
    /// Begins from what is kept.
    pub(super) fn begin(
        site: &Site,
        kept: &Arc<MemoryStore>,
        world: &Arc<World>,
        clock: &Arc<HandSetClock>,
        life: usize,
        concurrent_max: usize,
    ) -> Self {
        let store = SlowStore::on(kept.clone());
        let trail = Trail::open_with(store.clone(), world.subjects.clone()).expect("what is recorded can be replayed");
        let told: Arc<dyn Clock> = clock.clone();
        let pseudonyms = Pseudonyms::new(&[7; 32]);
        let limits = site.config.admission.clone();
        let admission = Admission::new(trail.clone(), site.rules.clone(), pseudonyms, told.clone(), None, limits);
        let hand = Hand {
            trail: trail.clone(),
            directory: Arc::new(Line { world: world.clone(), life, trail: trail.clone() }),
            roster: None,
            rules: site.rules.clone(),
            clock: told,
            own_corp_id: OWN_CORP.to_owned(),
            ancestry: Ancestry::default(),
            drawing: tokio::sync::Mutex::default(),
            seen: SeenDisabled::default(),
        };
        let (stop, stopped) = watch::channel(false);
        let settings = executor::Settings { concurrent_max, ..executor::Settings::default() };
        let executing = tokio::spawn(Executor::new(hand, settings).run(stopped));
        Self { trail, store, admission, clock: clock.clone(), stop, executing }
    }

    /// Takes a delivery up to the rules, and gives what carries it to its end.
    pub(super) async fn receive(
        &self,
        site: &Site,
        delivery: &Delivery,
    ) -> impl Future<Output = Result<Receipt, AdmissionError>> + use<> {
        let request = Request {
            source: &delivery.source,
            secret: None,
            query: "",
            headers: delivery.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect(),
            peer: Ipv4Addr::LOCALHOST.into(),
            certificate: None,
            body: &delivery.body,
        };
        let Ok(Received::Understood(delivery)) = site.intake.receive(&request, self.clock.now()).await else {
            panic!("a delivery of the simulation is understood");
        };
        let admission = self.admission.clone();
        async move { admission.admit(delivery).await }
    }

    /// Asks it to stop in order.
    pub(super) fn ask_to_stop(&self) {
        let _ = self.stop.send(true);
    }

    pub(super) fn has_stopped(&self) -> bool {
        self.executing.is_finished()
    }
}
