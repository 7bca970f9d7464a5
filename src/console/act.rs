//! What people say on the pages: approve, dismiss, hold, extend, release, pause, resume. Each form has a reason, which lands on the trail
//! with the actor; whoever is refused reads why.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use jiff::SignedDuration;
use serde::Deserialize;

use super::reader::Reader;
use super::{Console, enter, page};
use crate::access::{Permission, Session};
use crate::decisions::{Reason, Refused};
use crate::incident::{Digest, IncidentId, PauseScope, RuleId, SourceName};

/// What is said to an incident.
#[derive(Deserialize)]
pub(super) struct Said {
    csrf: String,
    reason: String,
    /// The plan that is approved, as the page showed it.
    #[serde(default)]
    plan: Option<String>,
    /// Of a release: that the account should not have been contained.
    #[serde(default)]
    false_alarm: Option<String>,
    /// Of an extension: for how many hours from now on.
    #[serde(default)]
    hours: Option<String>,
}

/// What is paused or let go on: everything, unless a source or a rule is named.
#[derive(Deserialize)]
pub(super) struct Steered {
    csrf: String,
    reason: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    rule: String,
}

/// Why nothing is decided.
pub(super) enum Unsaid {
    /// No reason is given.
    NoReason,
    /// It is about nothing that there is.
    Unknown,
    /// It is judged so.
    Refused(Refused),
}

impl From<Refused> for Unsaid {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

pub(super) async fn approve(
    request: HttpRequest,
    console: Data<Console>,
    id: Path<String>,
    said: Form<Said>,
) -> HttpResponse {
    answer(&request, &console, &id, &said, async |session, id, reason| {
        let plan = said.plan.as_deref().map(str::parse::<Digest>).transpose().map_err(|_| Refused::OtherPlan)?;
        console.decisions.approve(&session.actor, id, reason, plan).await.map(drop)
    })
    .await
}

pub(super) async fn dismiss(
    request: HttpRequest,
    console: Data<Console>,
    id: Path<String>,
    said: Form<Said>,
) -> HttpResponse {
    answer(&request, &console, &id, &said, async |session, id, reason| {
        console.decisions.dismiss(&session.actor, id, reason).await
    })
    .await
}

pub(super) async fn hold(
    request: HttpRequest,
    console: Data<Console>,
    id: Path<String>,
    said: Form<Said>,
) -> HttpResponse {
    answer(&request, &console, &id, &said, async |session, id, reason| {
        console.decisions.hold(&session.actor, id, reason).await
    })
    .await
}

pub(super) async fn extend(
    request: HttpRequest,
    console: Data<Console>,
    id: Path<String>,
    said: Form<Said>,
) -> HttpResponse {
    answer(&request, &console, &id, &said, async |session, id, reason| {
        let hours: u16 = said.hours.as_deref().and_then(|hours| hours.parse().ok()).ok_or(Refused::BadTime)?;
        let until = console.clock.now().saturating_add(SignedDuration::from_hours(hours.into()));
        console.decisions.extend(&session.actor, id, reason, until.map_err(|_| Refused::BadTime)?).await
    })
    .await
}

/// Gives an account back; whoever does it has to have shown a moment ago who they are.
pub(super) async fn release(
    request: HttpRequest,
    console: Data<Console>,
    id: Path<String>,
    said: Form<Said>,
) -> HttpResponse {
    let is_stale = enter::session(&request, &console).is_some_and(|session| !session.is_fresh);
    if is_stale {
        return enter::to("/sign-in/again", &format!("/incidents/{id}"));
    }
    answer(&request, &console, &id, &said, async |session, id, reason| {
        let false_alarm = said.false_alarm.is_some();
        console.decisions.release(&session.actor, id, reason, false_alarm).await.map(drop)
    })
    .await
}

/// Decides, and shows the incident as it is then.
async fn answer(
    request: &HttpRequest,
    console: &Console,
    id: &str,
    said: &Said,
    decide: impl AsyncFnOnce(&Session, &IncidentId, Reason) -> Result<(), Refused>,
) -> HttpResponse {
    let (reader, session) = match enter::to_change(request, console, Some(Permission::Control), &said.csrf) {
        Ok(entered) => entered,
        Err(away) => return away.answer(),
    };
    let decided = async {
        let id = IncidentId::parse(id).map_err(|_| Unsaid::Unknown)?;
        let reason = Reason::parse(&said.reason).map_err(|_| Unsaid::NoReason)?;
        Ok(decide(&session, &id, reason).await?)
    };
    shown(&reader, decided.await, &format!("/incidents/{id}"))
}

pub(super) async fn pause(request: HttpRequest, console: Data<Console>, steered: Form<Steered>) -> HttpResponse {
    steer(&request, &console, &steered, async |session, scope, reason| {
        console.decisions.pause(&session.actor, scope, reason).await
    })
    .await
}

pub(super) async fn resume(request: HttpRequest, console: Data<Console>, steered: Form<Steered>) -> HttpResponse {
    steer(&request, &console, &steered, async |session, scope, reason| {
        console.decisions.resume(&session.actor, scope, reason).await
    })
    .await
}

pub(super) async fn release_breaker(
    request: HttpRequest,
    console: Data<Console>,
    steered: Form<Steered>,
) -> HttpResponse {
    steer(&request, &console, &steered, async |session, scope, reason| {
        console.decisions.release_breaker(&session.actor, scope, reason).await
    })
    .await
}

async fn steer(
    request: &HttpRequest,
    console: &Console,
    steered: &Steered,
    decide: impl AsyncFnOnce(&Session, PauseScope, Reason) -> Result<(), Refused>,
) -> HttpResponse {
    let (reader, session) = match enter::to_change(request, console, Some(Permission::Control), &steered.csrf) {
        Ok(entered) => entered,
        Err(away) => return away.answer(),
    };
    let decided = async {
        let scope = steered.scope().ok_or(Unsaid::Unknown)?;
        let reason = Reason::parse(&steered.reason).map_err(|_| Unsaid::NoReason)?;
        Ok(decide(&session, scope, reason).await?)
    };
    shown(&reader, decided.await, "/")
}

impl Steered {
    fn scope(&self) -> Option<PauseScope> {
        match (self.source.as_str(), self.rule.as_str()) {
            ("", "") => Some(PauseScope::All),
            (source, "") => SourceName::parse(source).ok().map(PauseScope::Source),
            ("", rule) => RuleId::parse(rule).ok().map(PauseScope::Rule),
            _ => None,
        }
    }
}

/// The page as it is afterwards, or why nothing was decided.
pub(super) fn shown(reader: &Reader, decided: Result<(), Unsaid>, back: &str) -> HttpResponse {
    let Err(unsaid) = decided else { return enter::see(back) };
    let (status, key) = match unsaid {
        Unsaid::NoReason => (StatusCode::UNPROCESSABLE_ENTITY, "refused-no-reason"),
        Unsaid::Unknown | Unsaid::Refused(Refused::Unknown) => (StatusCode::NOT_FOUND, "refused-unknown"),
        Unsaid::Refused(Refused::WrongState) => (StatusCode::CONFLICT, "refused-wrong-state"),
        Unsaid::Refused(Refused::NotLater) => (StatusCode::CONFLICT, "refused-not-later"),
        Unsaid::Refused(Refused::OwnAccount) => (StatusCode::FORBIDDEN, "refused-own-account"),
        Unsaid::Refused(Refused::OwnRequest) => (StatusCode::FORBIDDEN, "refused-own-request"),
        Unsaid::Refused(Refused::OwnRule) => (StatusCode::FORBIDDEN, "refused-own-rule"),
        Unsaid::Refused(Refused::UnknownApprover) => (StatusCode::FORBIDDEN, "refused-unknown-approver"),
        Unsaid::Refused(Refused::WhoseUnknown) => (StatusCode::SERVICE_UNAVAILABLE, "refused-whose-unknown"),
        Unsaid::Refused(Refused::OtherPlan) => (StatusCode::CONFLICT, "refused-other-plan"),
        Unsaid::Refused(Refused::NoBreaker) => (StatusCode::UNPROCESSABLE_ENTITY, "refused-no-breaker"),
        Unsaid::Refused(Refused::BadTime) => (StatusCode::UNPROCESSABLE_ENTITY, "refused-bad-time"),
        Unsaid::Refused(Refused::Unavailable { .. }) => (StatusCode::SERVICE_UNAVAILABLE, "refused-unavailable"),
    };
    page::refused(reader, status, &reader.say_either(key, "", key), back)
}
