//! `GET /healthz` and `GET /readyz`: whether the process lives, and whether it can do its work. Open
//! to anybody, so they say nothing else.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::json;

use super::{Problem, State};

/// The process answers.
pub(super) async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "alive" }))
}

/// The trail can be written, so alerts can be admitted. `rules` is `stale` while the folder holds
/// rules that were refused: those from before are in force; and so is `sources` after a SIGHUP. `clock`
/// is `stepped` for an hour after the wall clock was set, by which senders' times are judged. `dingtalk` is
/// `down` while calls wait for it: alerts are admitted all the same. `quota` is `low` when most of DingTalk's calls of the month are used. `trail` is `unsealed` when no checkpoint was signed for
/// two minutes, as when the disk of the log is full. `anchors` is `late` or `contradicted` when they are, and `forwards`
/// `late` when a receiver of syslog has not had everything for five minutes. `disk` says how much room there is: `ample`
/// or `low`, or `short` or `full`, when alerts are not admitted; responders are let in all the same.
pub(super) async fn ready(state: Data<State>) -> HttpResponse {
    if state.trail.is_writable() {
        let rules = if state.rules.refused().is_some() { "stale" } else { "current" };
        let sources = if state.sources.is_stale() { "stale" } else { "current" };
        let clock = if state.has_clock_stepped() { "stepped" } else { "steady" };
        let is_low = state.directory.usage().is_some_and(|usage| usage.is_low());
        let quota = if is_low { "low" } else { "ample" };
        let trail = if state.is_sealing() { "sealed" } else { "unsealed" };
        let dingtalk = if state.directory.outages().is_none() { "up" } else { "down" };
        HttpResponse::Ok().json(json!({
            "status": "ready", "rules": rules, "sources": sources, "clock": clock, "dingtalk": dingtalk, "quota": quota,
            "trail": trail, "anchors": state.anchors.word(state.clock.now()),
            "forwards": state.forwarded.word(state.clock.now()), "disk": state.trail.disk().room,
        }))
    } else {
        Problem::Unavailable { retry_after_s: 10 }.response()
    }
}
