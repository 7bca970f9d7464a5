//! Floor 6: pages for people, rendered here. What is going on, one incident, what employees read; and what people say to
//! it. They sign in with a session; every change carries what only its own pages know.

mod act;
mod alerts;
mod backtests;
mod chart;
mod containments;
mod employee;
mod enter;
mod filters;
mod given;
mod held_alerts;
mod incident;
mod incidents;
mod now;
mod oidc;
mod page;
mod preferences;
mod reader;
mod reasons;
mod routes;
mod rules;
mod settings;
mod sign_in;
mod sources;
mod steps;
mod table;
mod timeline;
mod tokens;
mod told;
mod trail;
mod words;
mod written;

use std::sync::Arc;

pub use self::backtests::Backtests;
pub use self::routes::{Gate, ROUTES, Route, mount};
use crate::access::Access;
use crate::admission::Reloader;
use crate::data_subjects::Kept;
use crate::decisions::Decisions;
use crate::incident::{Bar, Clock};
use crate::intake::SourcesInForce;
use crate::roster::Roster;
use crate::rules::InForce;
use crate::trail::tlog::Anchored;
use crate::trail::{Inspection, Trail};

/// What the pages are made from.
pub struct Console {
    /// The trail and its board.
    pub trail: Arc<Trail>,
    /// Who may look.
    pub access: Arc<Access>,
    /// What people decide.
    pub decisions: Arc<Decisions>,
    /// The rules in force.
    pub rules: Arc<InForce>,
    /// Reads the rules folder.
    pub reloader: Arc<Reloader>,
    /// What its rules would have done.
    pub backtests: Backtests,
    /// The sources in force.
    pub sources: Arc<SourcesInForce>,
    /// Who is in the organization, where that is kept.
    pub roster: Option<Arc<Roster>>,
    /// What a rule has to have shown before it may act.
    pub bar: Bar,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The trail for those who read it.
    pub inspection: Inspection,
    /// What is kept on people.
    pub kept: Kept,
    /// Where its checkpoints are kept beside it.
    pub anchors: Anchored,
    /// Whether everything is only tried.
    pub is_dry_run: bool,
}
