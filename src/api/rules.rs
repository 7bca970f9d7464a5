//! `GET /v1/rules` and `POST /v1/rules/reload`: which rules are in force, and putting the folder's into
//! force.

use std::collections::BTreeMap;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::json;

use super::conditional::unless_known;
use super::shadow::{Acting, Shadow};
use super::{Problem, State, authorize};
use crate::access::Permission;
use crate::admission::Reloaded;
use crate::incident::{Bar, Digest, LoadCause, RuleRef, Timestamp};
use crate::rules::{Loaded, Mode, Refused, Rule};
use crate::trail::Watches;

#[derive(Serialize)]
struct Page<'s> {
    digest: Digest,
    since: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<&'s str>,
    rules: Vec<Row<'s>>,
    /// The version of what employees read, by reason, as on the trail.
    wordings: BTreeMap<&'s str, Digest>,
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<Faults>,
}

#[derive(Serialize)]
struct Row<'s> {
    #[serde(flatten)]
    rule: &'s RuleRef,
    file: &'s str,
    mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<&'s str>,
    behaviour: Digest,
    /// Of a rule that only watches: what it has seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    shadow: Option<Shadow>,
    /// Of a rule that acts: who let it, if that is on the trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    promoted: Option<Acting>,
}

/// What is wrong with the folder.
#[derive(Serialize)]
struct Faults {
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<Digest>,
    since: Timestamp,
    count: usize,
    problems: Vec<String>,
}

/// The rules in force, and what is wrong with those in the folder.
pub(super) async fn list(request: HttpRequest, state: Data<State>) -> HttpResponse {
    if let Err(problem) = authorize::actor(&request, &state, Permission::ReadRules) {
        return problem.response();
    }
    let (loaded, refused) = (state.rules.now(), state.rules.refused());
    let now = state.clock.now();
    let tag = state.trail.board(|board| tag(&loaded, refused.as_deref(), board.watches(), now));
    unless_known(&request, tag, || {
        HttpResponse::Ok().json(Page {
            digest: loaded.set.digest(),
            since: loaded.since,
            commit: loaded.commit.as_deref(),
            signer: loaded.signer.as_deref(),
            rules: state.trail.board(|board| {
                let rules = loaded.set.all_rules();
                rules.map(|rule| row(rule, board.watches(), state.bar, now)).collect()
            }),
            wordings: loaded.set.wordings(),
            warnings: loaded.set.warnings().iter().map(ToString::to_string).collect(),
            refused: refused.as_deref().map(faults),
        })
    })
}

/// Loads the folder now, and says what came of it.
pub(super) async fn reload(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let actor = match authorize::actor(&request, &state, Permission::LoadRules) {
        Ok(actor) => actor,
        Err(problem) => return problem.response(),
    };
    match state.reloader.reload(LoadCause::Request, Some(actor.name)).await {
        Ok(Reloaded::Replaced(loaded)) => {
            HttpResponse::Ok().json(json!({ "result": "replaced", "digest": loaded.set.digest() }))
        }
        Ok(Reloaded::Unchanged(digest)) => HttpResponse::Ok().json(json!({ "result": "unchanged", "digest": digest })),
        Ok(Reloaded::Refused(refused)) => {
            let what = [("result", json!("refused")), ("refused", json!(faults(&refused)))];
            Problem::RulesRefused.response_with(what)
        }
        Err(error) => Problem::from(error).response(),
    }
}

/// What the answer depends on: the rules in force, the faults of others, and what was watched, for how
/// long, to the minute.
fn tag(loaded: &Loaded, refused: Option<&Refused>, watches: &Watches, now: Timestamp) -> String {
    let since = refused.map(|refused| refused.since.as_nanosecond()).unwrap_or_default();
    let watched = format!("{:x}-{:x}", watches.revision(), now.as_second() / 60);
    format!("{}-{:x}-{since:x}-{watched}", loaded.set.digest().short(32), loaded.since.as_nanosecond())
}

fn row<'s>(rule: &'s Rule, watches: &Watches, bar: Bar, now: Timestamp) -> Row<'s> {
    let id = &rule.reference.id;
    let enforces = rule.response.as_ref().is_some_and(|response| response.mode == Mode::Enforce);
    let mode = match rule.response.as_ref().map(|response| response.mode) {
        None => "detect",
        Some(Mode::Shadow) => "shadow",
        Some(Mode::Enforce) => "enforce",
    };
    Row {
        rule: &rule.reference,
        file: &rule.file,
        mode,
        level: rule.level.map(crate::rules::Level::as_str),
        owner: rule.owner.as_deref(),
        author: rule.author.as_deref(),
        behaviour: rule.behaviour,
        shadow: watches.watch(id).map(|watch| Shadow::of(watch, bar, now)),
        promoted: watches.promotion(id, rule.behaviour).filter(|_| enforces).map(Acting::of),
    }
}

fn faults(refused: &Refused) -> Faults {
    Faults {
        digest: refused.errors.digest(),
        since: refused.since,
        count: refused.errors.count(),
        problems: refused.errors.problems().iter().map(ToString::to_string).collect(),
    }
}
