//! Floor 5: what people decide about actions: approve, dismiss, hold, extend, release, pause, resume, try a source out. Each decision is
//! judged against who says it and what is so at this moment, and stands on the trail with its reason; how it was said (by
//! the API, on a page) is no matter of this module.

mod answer;
mod reason;
mod refused;
mod steer;
mod trial;
mod whose;

use std::sync::Arc;

pub use self::answer::{Approved, Given, KEPT_HOURS_MAX, Released, WaitsFor};
pub use self::reason::Reason;
pub use self::refused::Refused;
use crate::access::Access;
use crate::directory::Directory;
use crate::incident::Clock;
use crate::intake::SourcesInForce;
use crate::roster::Roster;
use crate::rules::InForce;
use crate::trail::Trail;

/// What decisions are judged by, and where they are recorded.
pub struct Decisions {
    trail: Arc<Trail>,
    rules: Arc<InForce>,
    sources: Arc<SourcesInForce>,
    access: Arc<Access>,
    roster: Option<Arc<Roster>>,
    directory: Arc<dyn Directory>,
    clock: Arc<dyn Clock>,
}

impl Decisions {
    /// On the trail and its board, by the rules in force, which have authors, the sources that can be paused, who else
    /// goes by which name, who is in the organization, where that is kept, and what DingTalk says of an account.
    #[must_use]
    pub fn new(
        trail: &Arc<Trail>,
        rules: &Arc<InForce>,
        sources: &Arc<SourcesInForce>,
        access: &Arc<Access>,
        roster: &Option<Arc<Roster>>,
        directory: &Arc<dyn Directory>,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        Self {
            trail: trail.clone(),
            rules: rules.clone(),
            sources: sources.clone(),
            access: access.clone(),
            roster: roster.clone(),
            directory: directory.clone(),
            clock: clock.clone(),
        }
    }
}
