//! The page *Verify*: what this server knows of its log, what each anchor has kept of it, and how to check all that with
//! nothing of ours.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use super::pages;
use crate::access::Permission;
use crate::console::page::{self, Section, page};
use crate::console::reader::Reader;
use crate::console::table::table;
use crate::console::{Console, enter, steps};
use crate::incident::Timestamp;
use crate::trail::export::inert;
use crate::trail::tlog::{AnchorFailure, AnchorState, Sealing};

/// Where the page is.
const PATH: &str = "/trail/verify";
/// What one types, step by step.
const COPY: &str = "cp -r TRAIL/log log-copy";
const OURS: &str = "portcullis trail verify --log log-copy --key KEY --since KEPT-CHECKPOINT";
const GO: &str = "sumdb log-copy KEYFILE KEPT-CHECKPOINT";
const PYTHON: &str = "pymerkle_check.py log-copy KEPT-CHECKPOINT";
const ONE: &str = "portcullis trail check-proof SEQ.json SEQ.tlog-proof --key KEY";

pub(in crate::console) async fn verify(request: HttpRequest, console: Data<Console>) -> HttpResponse {
    match enter::to_see(&request, &console, Permission::ReadTrail) {
        Ok(reader) => page::answer(&render(&console, &reader)),
        Err(away) => away.answer(),
    }
}

fn render(console: &Console, reader: &Reader) -> Markup {
    let (now, states) = (console.clock.now(), console.anchors.states());
    let sealing = console.inspection.log.sealed.borrow().clone();
    let title = reader.say("trail-verify");
    let main = html! {
        h1 { (title) }
        (pages(reader, PATH))
        (badge(reader, &sealing, &states, console.anchors.word(now), now))
        (checkpoint(reader, &sealing, console.trail.head().size))
        h2 { (reader.say("verify-anchors")) }
        p { (reader.say("verify-anchors-text")) }
        (anchors(console, reader, &states, now))
        (by_yourself(reader))
        p.quiet { (reader.rich("now-as-of", &[("time", reader.time(now))])) }
    };
    page(reader, Section::Trail, &title, &main)
}

/// In one sentence, how it is.
fn badge(reader: &Reader, sealing: &Sealing, states: &[AnchorState], word: &str, now: Timestamp) -> Markup {
    // The others keep what they are given, and look at nothing.
    let compares = |state: &AnchorState| state.name == "file" || state.name.starts_with("witness:");
    let took: Vec<&AnchorState> = states.iter().filter(|state| state.size.is_some()).collect();
    let names: Vec<&str> = took.iter().map(|state| state.name.as_str()).collect();
    let (tone, key) = match (sealing, word) {
        (Sealing::Broken(_), _) => ("bad", "verify-broken"),
        (_, "contradicted") => ("bad", "verify-contradicted"),
        (sealing, _) if !sealing.is_current(now) => ("bad", "verify-not-sealing"),
        (_, "late") => ("wait", "verify-late"),
        (_, "none") => ("wait", "verify-none"),
        _ if took.iter().any(|state| compares(state)) => ("good", "verify-current"),
        _ => ("wait", "verify-kept"),
    };
    let sealed = sealing.checkpoint();
    html! {
        p class={ "state " (tone) } {
            strong { (reader.say_either(key, "", key)) }
            @if let (Some(sealed), false) = (&sealed, names.is_empty()) {
                " " (reader.rich("verify-against", &[("time", reader.time(sealed.at)), ("size", html! { (reader.number(sealed.size)) }), ("anchors", html! { (names.join(", ")) })]))
            }
        }
    }
}

fn checkpoint(reader: &Reader, sealing: &Sealing, records: u64) -> Markup {
    html! {
        h2 { (reader.say("verify-checkpoint")) }
        @match sealing.checkpoint() {
            Some(sealed) => {
                p {
                    (reader.rich("verify-sealed", &[
                        ("size", html! { (reader.number(sealed.size)) }),
                        ("time", reader.time(sealed.at)),
                    ]))
                    " " (reader.count("verify-unsealed", records.saturating_sub(sealed.size)))
                }
                p { (reader.rich("now-root", &[("root", html! { code { (sealed.root) } })])) }
                pre tabindex="0" { (sealed.note) }
            }
            None => p.state.bad { (reader.say("verify-no-checkpoint")) },
        }
    }
}

fn anchors(console: &Console, reader: &Reader, states: &[AnchorState], now: Timestamp) -> Markup {
    let columns = ["column-anchor", "column-kept", "column-when", "column-state"];
    let title = reader.say("verify-anchors");
    table(reader, &title, &columns, states, |state| {
        html! {
            tr {
                td { code { (state.name) } }
                td data-label=(reader.say("column-kept")) {
                    @match state.size { Some(size) => (reader.number(size)), None => span.quiet { (reader.say("verify-nothing-kept")) } }
                }
                td data-label=(reader.say("column-when")) {
                    @if let Some(at) = state.at {
                        (reader.time(at)) br; span.quiet { (reader.say_of("verify-ago", &[("time", ago(reader, at, now).into())])) }
                    }
                }
                td data-label=(reader.say("column-state")) { (stands(console, reader, state, now)) }
            }
        }
    })
}

fn ago(reader: &Reader, at: Timestamp, now: Timestamp) -> String {
    let seconds = u64::try_from(now.as_second() - at.as_second()).unwrap_or_default();
    steps::lasting(reader, seconds.max(1))
}

fn stands(console: &Console, reader: &Reader, state: &AnchorState, now: Timestamp) -> Markup {
    html! {
        @match &state.failure {
            Some(AnchorFailure::Contradicts(why)) => span.bad { (reader.say("verify-contradicts")) " " (inert(why)) },
            Some(AnchorFailure::NotTaken(why)) => span.wait { (reader.say("verify-not-taken")) " " (inert(why)) },
            None if console.anchors.is_late(state, now) => span.wait { (reader.say("verify-is-late")) },
            None if state.size.is_none() => span.quiet { (reader.say("verify-nothing-kept")) },
            None => span.good { (reader.say("verify-agrees")) },
        }
    }
}

/// What anybody can do who has the log, the key and an older checkpoint.
fn by_yourself(reader: &Reader) -> Markup {
    let command = |text: &str| html! { pre tabindex="0" { (text) } };
    html! {
        h2 { (reader.say("verify-yourself")) }
        p.read { (reader.say("verify-why")) }
        ol.read {
            li { (reader.say("verify-step-copy")) (command(COPY)) }
            li { (reader.say("verify-step-key")) }
            li { (reader.say("verify-step-kept")) }
            li { (reader.say("verify-step-ours")) (command(OURS)) }
            li { (reader.say("verify-step-others")) (command(GO)) (command(PYTHON)) }
            li { (reader.say("verify-step-one")) (command(ONE)) }
        }
        p.read { (reader.say("verify-not-shown")) }
    }
}
