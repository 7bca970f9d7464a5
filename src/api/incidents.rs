//! `GET /v1/incidents/{id}`: one incident with its steps and records.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::value::RawValue;

use super::trail::raw;
use super::{Problem, State, authorize};
use crate::access::Permission;
use crate::incident::{
    AccountKind, Action, Approval, Containment, Digest, Incident, IncidentId, RuleRef, Status, StepState, Timestamp,
    UserId, Waiting,
};
use crate::trail::events;

/// The incident, folded from its records. That it was read is itself on the trail.
pub(super) async fn show(request: HttpRequest, id: Path<String>, state: Data<State>) -> HttpResponse {
    match find(&request, &id, &state).await {
        Ok(response) => response,
        Err(problem) => problem.response(),
    }
}

async fn find(request: &HttpRequest, id: &str, state: &Data<State>) -> Result<HttpResponse, Problem> {
    let actor = authorize::actor(request, state, Permission::ReadIncidents)?;
    let id = IncidentId::parse(id).map_err(|_| Problem::NotFound)?;
    let (incident, records) = state.inspection().incident(&actor.name, &id).await?;
    let waiting = Waiting::of(&incident, events(&records)?.iter());
    Ok(HttpResponse::Ok().json(View::of(&incident, waiting, raw(&records)?)))
}

/// What is shown of an incident. A type of its own and no `Value`, which would write the records anew.
#[derive(Serialize)]
struct View<'i> {
    id: &'i IncidentId,
    status: Status,
    opened_at: Timestamp,
    account: Account<'i>,
    contained: bool,
    /// What it waits for, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<Waiting>,
    /// How it keeps the account, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    containment: Option<Containment<'i>>,
    /// What an approval has to name.
    plan: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<Asked<'i>>,
    rules: &'i [RuleRef],
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_by: Option<&'i str>,
    steps: Vec<Step<'i>>,
    records: Vec<Box<RawValue>>,
}

/// Whom a plan waits for.
#[derive(Serialize)]
struct Asked<'i> {
    wanted: Approval,
    by: &'i [UserId],
    given: bool,
    lapses_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct Account<'i> {
    kind: AccountKind,
    pseudonym: &'i str,
    user_id: Option<&'i UserId>,
}

#[derive(Serialize)]
struct Step<'i> {
    #[serde(rename = "do")]
    action: &'i Action,
    /// The same in words, as far as there is more to say than what kind of step it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    says: Option<String>,
    #[serde(rename = "is")]
    state: &'i StepState,
}

impl<'i> View<'i> {
    fn of(incident: &'i Incident, waiting: Option<Waiting>, records: Vec<Box<RawValue>>) -> Self {
        let plan = &incident.plan;
        let steps = plan.actions.iter().zip(&incident.steps).enumerate();
        let steps = steps.map(|(index, (action, state))| Step { action, says: plan.told(index), state });
        Self {
            id: incident.id(),
            status: incident.status,
            opened_at: incident.opened_at,
            account: Account { kind: plan.account_kind, pseudonym: &plan.account, user_id: incident.user_id.as_ref() },
            contained: incident.is_containing(),
            waiting,
            containment: incident.containment(),
            plan: plan.digest(),
            approval: plan.approval.map(|wanted| Asked {
                wanted,
                by: &incident.assent.by,
                given: incident.assent.given,
                lapses_at: incident.lapses_at(),
            }),
            rules: &plan.rules,
            asked_by: plan.asked_by.as_deref(),
            steps: steps.collect(),
            records,
        }
    }
}
