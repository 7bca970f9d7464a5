//! What the handlers share.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::{Answers, Steadiness};
use crate::access::Access;
use crate::admission::{Admission, Reloader};
use crate::data_subjects::Kept;
use crate::decisions::Decisions;
use crate::directory::Directory;
use crate::doctor::Doctor;
use crate::incident::{Bar, Clock};
use crate::intake::{self, Network, RefusalTally, SourcesInForce};
use crate::roster::Roster;
use crate::rules::InForce;
use crate::trail::inspection::Flows;
use crate::trail::search::Index;
use crate::trail::tlog::{Anchored, Log};
use crate::trail::{Forwarded, Inspection, Trail};

/// Where and how HTTP is served.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Speak TLS, and nothing else.
    pub tls: Option<TlsSettings>,
    /// The proxies that say in `X-Forwarded-For` for whom they ask. What others say there is not believed.
    pub trusted_proxies: Vec<Network>,
    /// HTTP worker threads; 0 means one for each core.
    pub workers: usize,
    /// The most open connections of each worker.
    pub connections_max: usize,
    /// How long a client may take to send a request's head, in milliseconds.
    pub head_timeout_ms: u64,
    /// How long an idle connection is kept, in milliseconds.
    pub keep_alive_ms: u64,
    /// How long a client may leave unread what it is sent, in milliseconds.
    pub write_timeout_ms: u64,
    /// How long requests under way may take when the program stops, in seconds.
    pub stop_s: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            tls: None,
            trusted_proxies: Vec::new(),
            workers: 0,
            connections_max: 8_192,
            head_timeout_ms: 5_000,
            keep_alive_ms: 75_000,
            write_timeout_ms: 30_000,
            stop_s: 10,
        }
    }
}

/// Who we prove to be, and whose certificates senders may show. Paths are relative to the configuration's folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSettings {
    /// Our certificate and those between it and its root, in PEM, our own first.
    pub certificate_file: PathBuf,
    /// Its key in PEM, not encrypted; readable by its owner only.
    pub key_file: PathBuf,
    /// Those who sign senders' certificates, in PEM. Without it nobody is asked for one.
    #[serde(default)]
    pub client_ca_file: Option<PathBuf>,
}

/// The parts behind the handlers.
pub struct State {
    /// The sources, which verify deliveries.
    pub sources: Arc<SourcesInForce>,
    /// Admits them.
    pub admission: Arc<Admission>,
    /// The trail.
    pub trail: Arc<Trail>,
    /// What finds its records.
    pub index: Arc<Index>,
    /// Its records as they are sealed.
    pub log: Log,
    /// Where its checkpoints are kept beside it.
    pub anchors: Anchored,
    /// How far its records are forwarded.
    pub forwarded: Forwarded,
    /// Who may read and steer.
    pub access: Arc<Access>,
    /// What people decide.
    pub decisions: Arc<Decisions>,
    /// Counts what was refused before admission.
    pub tally: Arc<RefusalTally>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The rule set in force.
    pub rules: Arc<InForce>,
    /// Loads the rules folder.
    pub reloader: Arc<Reloader>,
    /// What a rule has to have shown before it may act.
    pub bar: Bar,
    /// What holds at the door.
    pub door: Door,
    /// Whether the clock runs as time does.
    pub steadiness: Steadiness,
    /// Who is in the organization, where that is kept.
    pub roster: Option<Arc<Roster>>,
    /// Looks whether all is well.
    pub doctor: Arc<Doctor>,
    /// DingTalk, of which is told how it fares.
    pub directory: Arc<dyn Directory>,
}

impl State {
    /// The trail for those who read it.
    #[must_use]
    pub fn inspection(&self) -> Inspection {
        Inspection {
            trail: Arc::clone(&self.trail),
            index: Arc::clone(&self.index),
            log: self.log.clone(),
            pseudonyms: self.admission.pseudonyms().clone(),
            flows: Arc::clone(&self.door.flows),
            clock: Arc::clone(&self.clock),
        }
    }

    /// What is kept on people.
    #[must_use]
    pub fn kept(&self) -> Kept {
        Kept {
            trail: Arc::clone(&self.trail),
            pseudonyms: self.admission.pseudonyms().clone(),
            rules: Arc::clone(&self.rules),
            roster: self.roster.clone(),
        }
    }

    /// Whether a checkpoint of the trail was signed lately: there is one every minute, also when nothing happens.
    pub fn is_sealing(&self) -> bool {
        self.log.sealed.borrow().is_current(self.clock.now())
    }

    /// Whether the wall clock was set within the last hour. To be asked now and then, or a step is seen late.
    pub fn has_clock_stepped(&self) -> bool {
        self.steadiness.look(self.clock.now(), Instant::now()).is_some()
    }
}

/// What holds before anything is believed.
#[derive(Debug, Clone)]
pub struct Door {
    /// The proxies that say for whom they ask.
    pub trusted_proxies: Vec<Network>,
    /// The most bytes of a delivery.
    pub body_bytes_max: usize,
    /// The most milliseconds a delivery's body may take to arrive.
    pub body_deadline_ms: u64,
    /// Answers that are given out piece by piece.
    pub flows: Arc<Flows>,
    /// What was answered to writes that may be repeated.
    pub answered: Answers,
}

impl Door {
    /// As set.
    #[must_use]
    pub fn of(http: &Settings, intake: &intake::Settings) -> Self {
        Self {
            trusted_proxies: http.trusted_proxies.clone(),
            body_bytes_max: intake.body_bytes_max,
            body_deadline_ms: intake.body_deadline_ms,
            flows: Arc::new(Flows::new(Duration::from_millis(http.write_timeout_ms))),
            answered: Answers::default(),
        }
    }
}
