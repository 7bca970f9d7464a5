//! `GET /metrics` on a listener of its own: what a dashboard asks, in Prometheus' text format. No label
//! names a person, an account or an alert; sources and codes are the operator's and our own words.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::web::{self, Data};
use actix_web::{App as Web, HttpResponse, HttpServer};
use anyhow::Context as _;

use super::tls::OwnCertificate;
use crate::api::State;
use crate::directory::Usage;
use crate::incident::{ChannelName, DiskRoom, Lane, VerdictKind};
use crate::rules::{InForce, Mode, Rule};
use crate::telemetry::{Exposition, METRICS_CONTENT_TYPE};
use crate::trail::tlog::{AnchorFailure, AnchorState};
use crate::trail::{Board, DiskSeen, Figures, ForwardState, MatchedAs, StepOutcome, Trail};

/// Scrapers are few; a request has no body and no state.
const CONNECTIONS_MAX: usize = 64;

/// What metrics are made of.
pub(super) struct Watched {
    /// What the handlers share.
    pub(super) state: Data<State>,
    /// Our own, where we speak TLS.
    pub(super) certificate: Option<Arc<OwnCertificate>>,
}

/// Listens at `address` and nowhere else.
pub(super) fn listen(address: SocketAddr, watched: Watched) -> anyhow::Result<(Server, SocketAddr)> {
    let watched = Data::new(watched);
    let server = HttpServer::new(move || {
        Web::new().app_data(watched.clone()).service(web::resource("/metrics").route(web::get().to(show)))
    });
    let server = server.workers(1).max_connections(CONNECTIONS_MAX).disable_signals().bind(address);
    let server = server.with_context(|| format!("{address} cannot be listened on for metrics"))?;
    let address = server.addrs().first().copied().context("no address is listened on for metrics")?;
    Ok((server.run(), address))
}

async fn show(watched: Data<Watched>) -> HttpResponse {
    HttpResponse::Ok().content_type(METRICS_CONTENT_TYPE).body(page(&watched))
}

fn page(Watched { state, certificate }: &Watched) -> String {
    let mut page = Exposition::default();
    let version = env!("CARGO_PKG_VERSION");
    page.gauges("portcullis_build_info", "The program's version; always 1.", [(vec![("version", version)], 1.0)]);
    page.gauge("portcullis_ready", "Whether alerts can be admitted.", flag(state.trail.takes_alerts()));
    trail(&mut page, state);
    rules(&mut page, &state.rules);
    let now = state.clock.now();
    if let Some(certificate) = certificate {
        page.gauge(
            "portcullis_tls_certificate_expires_seconds",
            "In how many seconds our own certificate expires; below 0 it has.",
            certificate.expires_at().as_second().saturating_sub(now.as_second()) as f64,
        );
    }
    let look = |board: &Board| (board.live_count(), board.due(now).count(), board.windows().count());
    let (live, due, windows) = state.trail.board(look);
    page.gauge("portcullis_incidents_live", "Incidents that are not closed.", number(live));
    page.gauge("portcullis_incidents_due", "Incidents whose next step could begin now.", number(due));
    page.gauge("portcullis_correlation_windows", "Groups that correlations are counting for.", number(windows));
    let tripped = state.trail.board(|board| board.breakers().iter().count());
    page.gauge("portcullis_breakers_tripped", "Rules and sources that the breaker has stopped.", number(tripped));
    checkup(&mut page, &state.trail);
    notices(&mut page, &state.trail);
    let outages = state.directory.outages();
    page.gauges(
        "portcullis_dingtalk_down",
        "Whether one of DingTalk's hosts is down, so that calls wait.",
        [("api", outages.api), ("oapi", outages.oapi)]
            .map(|(host, outage)| (vec![("host", host)], flag(outage.is_some()))),
    );
    if let Some(usage) = state.directory.usage() {
        quota(&mut page, usage);
    }
    counters(&mut page, &state.trail.figures());
    page.into_text()
}

fn trail(page: &mut Exposition, state: &State) {
    page.gauge("portcullis_trail_records", "Records on the trail.", state.trail.head().size as f64);
    disk(page, state.trail.disk());
    anchors(page, state);
    forwards(page, state);
    let sealed = state.log.sealed.borrow().clone();
    let Some(checkpoint) = sealed.checkpoint() else { return };
    page.gauge("portcullis_trail_sealed_records", "Records under the newest checkpoint.", checkpoint.size as f64);
    page.gauge(
        "portcullis_trail_sealed_timestamp_seconds",
        "When the newest checkpoint was signed.",
        checkpoint.at.as_second() as f64,
    );
}

fn disk(page: &mut Exposition, seen: DiskSeen) {
    if let Some(free) = seen.free_bytes {
        page.gauge("portcullis_trail_disk_free_bytes", "What is free for us on the trail's disk.", free as f64);
    }
    page.gauges(
        "portcullis_trail_disk_room",
        "How much room there is: 1 for the state that holds.",
        DiskRoom::ALL.map(|room| (vec![("room", room.as_str())], flag(room == seen.room))),
    );
    let kept = "What is kept in reserve on the trail's disk.";
    page.gauge("portcullis_trail_ballast_bytes", kept, seen.ballast_bytes as f64);
}

/// Those that have anchored something in this run.
fn anchors(page: &mut Exposition, state: &State) {
    let states = state.anchors.states();
    let each = |value: fn(&AnchorState) -> Option<f64>| {
        let samples =
            states.iter().filter_map(move |state| Some((vec![("anchor", state.name.as_str())], value(state)?)));
        samples.collect::<Vec<_>>()
    };
    let known = "Records under the newest checkpoint that is kept there.";
    page.gauges("portcullis_trail_anchored_records", known, each(|state| state.size.map(|size| size as f64)));
    let when = "When that checkpoint was signed.";
    let at = each(|state| state.at.map(|at| at.as_second() as f64));
    page.gauges("portcullis_trail_anchored_timestamp_seconds", when, at);
    let is_contradicted = |state: &AnchorState| flag(matches!(state.failure, Some(AnchorFailure::Contradicts(_))));
    page.gauges(
        "portcullis_trail_anchor_contradicts",
        "Whether what is kept there says that the trail was cut or rewritten.",
        states.iter().map(|state| (vec![("anchor", state.name.as_str())], is_contradicted(state))),
    );
}

fn forwards(page: &mut Exposition, state: &State) {
    let states = state.forwarded.states();
    let each = |value: fn(&ForwardState) -> f64| {
        states.iter().map(move |state| (vec![("forward", state.name.as_str())], value(state))).collect::<Vec<_>>()
    };
    let sent = "Records that were sent on to a receiver.";
    page.gauges("portcullis_trail_forwarded_records", sent, each(|state| state.next as f64));
    let since = "When a receiver last had everything, or the start.";
    let at = each(|state| state.since.as_second() as f64);
    page.gauges("portcullis_trail_forwarded_timestamp_seconds", since, at);
}

/// Absent until the doctor has looked for the first time: an alert on its age has to know that, too.
fn checkup(page: &mut Exposition, trail: &Trail) {
    let Some(checkup) = trail.board(|board| board.checkup().cloned()) else { return };
    page.gauge(
        "portcullis_doctor_ok",
        "Whether nothing had failed when the doctor last looked.",
        flag(checkup.is_well()),
    );
    page.gauge(
        "portcullis_doctor_last_run_timestamp_seconds",
        "When the doctor last looked.",
        checkup.at.as_millisecond() as f64 / 1_000.0,
    );
}

fn quota(page: &mut Exposition, usage: Usage) {
    page.gauge(
        "portcullis_dingtalk_month_calls",
        "Our calls in this month that count for DingTalk's monthly quota.",
        usage.calls.into(),
    );
    page.gauge("portcullis_dingtalk_month_quota", "How many there may be.", usage.quota.into());
    page.gauge("portcullis_dingtalk_month_reserve", "How many of them are kept for containment.", usage.reserve.into());
}

fn rules(page: &mut Exposition, in_force: &InForce) {
    let loaded = in_force.now();
    page.gauge(
        "portcullis_rules_loaded_timestamp_seconds",
        "When the rules in force came into force.",
        loaded.since.as_millisecond() as f64 / 1_000.0,
    );
    let refused = in_force.refused().is_some();
    page.gauge(
        "portcullis_rules_refused",
        "Whether the rules folder holds a set that is refused, so that an older one is in force.",
        flag(refused),
    );
    let count = |mode: &str| loaded.set.all_rules().filter(|rule| mode_of(rule) == mode).count();
    page.gauges(
        "portcullis_rules",
        "Rules in force, by what they may do.",
        ["detect", "shadow", "enforce"].map(|mode| (vec![("mode", mode)], number(count(mode)))),
    );
}

/// Counted from the trail's beginning, as all else.
fn notices(page: &mut Exposition, trail: &Trail) {
    let lane = |(channel, lane): (&ChannelName, &Lane)| {
        (channel.to_string(), [lane.owed(), lane.dead().len() as u64, lane.sent(), lane.failed()])
    };
    let lanes: Vec<_> = trail.board(|board| board.notices().lanes().map(lane).collect());
    let samples = |index: usize| {
        let value = move |counts: &[u64; 4]| counts.get(index).copied().unwrap_or_default() as f64;
        lanes.iter().map(move |(channel, counts)| (vec![("channel", channel.as_str())], value(counts)))
    };
    page.gauges("portcullis_notices_owed", "Records that people are still to be told of.", samples(0));
    page.gauges("portcullis_notices_given_up", "Notices that were given up and not sent again.", samples(1));
    page.counters("portcullis_notices_sent_total", "Notices that people got.", samples(2));
    page.counters("portcullis_notices_failed_total", "Attempts to tell people that failed.", samples(3));
}

fn counters(page: &mut Exposition, figures: &Figures) {
    let total = |count: &u64| *count as f64;
    page.counters(
        "portcullis_alerts_total",
        "Alerts admitted, by source and what became of them.",
        figures.alerts.iter().map(|((source, verdict), count)| {
            (vec![("source", source.as_str()), ("verdict", verdict_name(*verdict))], total(count))
        }),
    );
    page.counters(
        "portcullis_rule_matches_total",
        "Matches, by what the rule may do.",
        figures.matches.iter().map(|(mode, count)| (vec![("mode", matched_name(*mode))], total(count))),
    );
    page.counters(
        "portcullis_deliveries_refused_total",
        "Deliveries not taken, by configured source (empty: none such) and reason, as summed up on the trail.",
        figures.refusals.iter().map(|((source, reason), count)| {
            let source = source.as_ref().map_or("", |source| source.as_str());
            (vec![("source", source), ("reason", reason.as_str())], total(count))
        }),
    );
    let streams = figures.heard.iter().filter_map(|(source, heard)| Some((source, heard.stream.as_ref()?)));
    page.gauges(
        "portcullis_source_stream",
        "What a source's sender has last said of its stream or subscription; always 1.",
        streams.map(|(source, stream)| (vec![("source", source.as_str()), ("status", stream.status.as_str())], 1.0)),
    );
    page.counters(
        "portcullis_correlation_windows_evicted_total",
        "Windows that had to give way to others.",
        [(Vec::new(), total(&figures.windows_evicted))],
    );
    page.counters(
        "portcullis_steps_total",
        "Attempts at steps and looks at their effect, by how they came out.",
        figures.steps.iter().map(|(outcome, count)| (vec![("outcome", outcome_name(*outcome))], total(count))),
    );
}

fn mode_of(rule: &Rule) -> &'static str {
    match rule.response.as_ref().map(|response| response.mode) {
        None => "detect",
        Some(Mode::Shadow) => "shadow",
        Some(Mode::Enforce) => "enforce",
    }
}

fn matched_name(mode: MatchedAs) -> &'static str {
    match mode {
        MatchedAs::Detect => "detect",
        MatchedAs::Shadow => "shadow",
        MatchedAs::Enforce => "enforce",
        MatchedAs::Unlisted => "unlisted",
    }
}

fn verdict_name(verdict: VerdictKind) -> &'static str {
    match verdict {
        VerdictKind::Tried => "tried",
        VerdictKind::Unmatched => "unmatched",
        VerdictKind::Counted => "counted",
        VerdictKind::Shadow => "shadow",
        VerdictKind::Suppressed => "suppressed",
        VerdictKind::Held => "held",
        VerdictKind::Planned => "planned",
    }
}

fn outcome_name(outcome: StepOutcome) -> &'static str {
    match outcome {
        StepOutcome::Succeeded => "succeeded",
        StepOutcome::Verified => "verified",
        StepOutcome::Retried => "retried",
        StepOutcome::Failed => "failed",
        StepOutcome::Unknown => "unknown",
    }
}

fn flag(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}

/// Counts beyond 2^53 are none that a program of ours reaches.
fn number(count: usize) -> f64 {
    count as f64
}
