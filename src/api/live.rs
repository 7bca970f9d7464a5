//! `GET /v1/live-incidents`: the incidents that are not closed, page by page, or only those that wait for a human.

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::{Problem, State, authorize};
use crate::access::Permission;
use crate::incident::{Digest, Incident, IncidentId, RuleRef, Status, Timestamp, UserId, Waiting};
use crate::trail::Live;

/// Incidents on one page unless asked otherwise.
const PAGE: usize = 100;
/// The most on one page; those that one record opened are never parted.
const PAGE_MAX: usize = 1_000;

/// Which page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// Only those that wait for a human.
    #[serde(default)]
    held: bool,
    /// Only those that were opened by this record or a later one.
    #[serde(default)]
    from: u64,
    /// How many at most.
    limit: Option<usize>,
}

#[derive(Serialize)]
struct Answer {
    /// Those opened first first.
    incidents: Vec<View>,
    /// Where the next page begins; none when this is the last.
    next: Option<u64>,
}

#[derive(Serialize)]
struct View {
    id: IncidentId,
    /// The record that opened it.
    record: u64,
    opened_at: Timestamp,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<Waiting>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    /// What an approval has to name.
    plan: Digest,
    rules: Vec<RuleRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_by: Option<String>,
}

pub(super) async fn list(request: HttpRequest, state: Data<State>) -> HttpResponse {
    match page(&request, &state) {
        Ok(answer) => HttpResponse::Ok().json(answer),
        Err(problem) => problem.response(),
    }
}

fn page(request: &HttpRequest, state: &State) -> Result<Answer, Problem> {
    authorize::actor(request, state, Permission::ReadIncidents)?;
    let page = Query::<Page>::from_query(request.query_string()).map_err(|_| Problem::BadRequest)?;
    let limit = page.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let is_meant =
        |live: &&Live| live.record >= page.from && (!page.held || matches!(live.incident.status, Status::Held(_)));
    Ok(state.trail.board(|board| {
        let mut meant: Vec<&Live> = board.all_live().filter(is_meant).collect();
        meant.sort_unstable_by(|a, b| a.record.cmp(&b.record).then_with(|| a.incident.id().cmp(b.incident.id())));
        let last = meant.get(limit - 1).map_or(u64::MAX, |live| live.record);
        let next = meant.iter().map(|live| live.record).find(|record| *record > last);
        let shown = meant.into_iter().take_while(|live| live.record <= last);
        Answer { incidents: shown.map(|live| View::of(&live.incident, live.record)).collect(), next }
    }))
}

impl View {
    fn of(incident: &Incident, record: u64) -> Self {
        let plan = &incident.plan;
        Self {
            id: incident.id().clone(),
            record,
            opened_at: incident.opened_at,
            status: incident.status,
            waiting: Waiting::of(incident, std::iter::empty()),
            user_id: incident.user_id.clone(),
            plan: plan.digest(),
            rules: plan.rules.clone(),
            asked_by: plan.asked_by.clone(),
        }
    }
}
