//! `GET /v1/held-alerts`: what rules wanted to act on and no incident waits for.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::json;

use super::{State, authorize};
use crate::access::Permission;
use crate::incident::{AlertId, HoldReason, RuleRef, SourceName, Timestamp};
use crate::trail::HeldAlerts;

#[derive(Serialize)]
struct Line<'h> {
    rule: &'h RuleRef,
    source: &'h SourceName,
    reason: HoldReason,
    count: u64,
    first_at: Timestamp,
    last_at: Timestamp,
    /// The last of them, and its record.
    alert: &'h AlertId,
    record: u64,
}

impl<'h> From<&'h HeldAlerts> for Line<'h> {
    fn from(held: &'h HeldAlerts) -> Self {
        let HeldAlerts { rule, source, reason, count, first_at, last_at, alert, record } = held;
        Self {
            rule,
            source,
            reason: *reason,
            count: *count,
            first_at: *first_at,
            last_at: *last_at,
            alert,
            record: *record,
        }
    }
}

/// All lines, of which there are never many, the last first.
pub(super) async fn list(request: HttpRequest, state: Data<State>) -> HttpResponse {
    if let Err(problem) = authorize::actor(&request, &state, Permission::ReadIncidents) {
        return problem.response();
    }
    let now = state.clock.now();
    let document = state.trail.board(|board| {
        let lines: Vec<Line<'_>> = board.held_alerts(now).into_iter().map(Line::from).collect();
        json!({ "held_alerts": lines })
    });
    HttpResponse::Ok().json(document)
}
