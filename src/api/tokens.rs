//! `GET /v1/tokens`, `POST /v1/tokens/issue` and `POST /v1/tokens/{name}/revoke`: who has a token; giving one out, which is shown
//! this once; taking one back. Each change wants a reason, which lands on the trail with the actor.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{Problem, State, authorize, body};
use crate::access::{IssueError, Listed, Permission, Role, WantedToken};
use crate::incident::UserId;

/// How many days a token lasts, unless it is said.
const DAYS: u32 = 90;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TokenWanted)]
pub(super) struct Wanted {
    name: String,
    #[schema(value_type = String, pattern = "^(auditor|engineer|responder|admin)$")]
    role: Role,
    user_id: Option<String>,
    days: Option<u32>,
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Reason)]
pub(super) struct Why {
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

#[derive(Serialize)]
struct Page {
    tokens: Vec<Listed>,
}

/// All of them, without their secrets.
pub(super) async fn list(request: HttpRequest, state: Data<State>) -> HttpResponse {
    match authorize::actor(&request, &state, Permission::ManageTokens) {
        Ok(_) => HttpResponse::Ok().json(Page { tokens: state.access.listed() }),
        Err(problem) => problem.response(),
    }
}

/// Gives one out.
pub(super) async fn issue(request: HttpRequest, payload: Payload, state: Data<State>) -> HttpResponse {
    issued(&request, payload, &state).await.unwrap_or_else(Problem::response)
}

async fn issued(request: &HttpRequest, payload: Payload, state: &State) -> Result<HttpResponse, Problem> {
    let actor = authorize::actor(request, state, Permission::ManageTokens)?;
    let Wanted { name, role, user_id, days, reason } = body::json(request, payload, state).await?;
    let reason = body::reason(&reason)?.into_text();
    let user_id = user_id.as_deref().map(UserId::parse).transpose().map_err(|_| Problem::WrongSchema)?;
    let wanted = WantedToken { name, role, user_id, days: days.unwrap_or(DAYS) };
    let (secret, token) = state.access.issue(&actor, wanted, reason, state.clock.now()).await?;
    Ok(HttpResponse::Ok()
        .json(json!({ "token": secret.0, "name": token.name, "prefix": token.prefix, "expires": token.expires })))
}

/// Takes one back.
pub(super) async fn revoke(
    request: HttpRequest,
    name: Path<String>,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    revoked(&request, &name, payload, &state).await.unwrap_or_else(Problem::response)
}

async fn revoked(request: &HttpRequest, name: &str, payload: Payload, state: &State) -> Result<HttpResponse, Problem> {
    let actor = authorize::actor(request, state, Permission::ManageTokens)?;
    let Why { reason } = body::json(request, payload, state).await?;
    let reason = body::reason(&reason)?.into_text();
    state.access.revoke(&actor, name, reason, state.clock.now()).await?;
    Ok(HttpResponse::Ok().json(json!({ "revoked": name })))
}

impl From<IssueError> for Problem {
    fn from(error: IssueError) -> Self {
        match error {
            IssueError::BadName | IssueError::BadTime | IssueError::TooMany => Self::WrongSchema,
            IssueError::NameTaken => Self::NameTaken,
            IssueError::Unknown => Self::NotFound,
            IssueError::Unavailable => Self::Unavailable { retry_after_s: 10 },
        }
    }
}
