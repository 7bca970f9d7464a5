//! The table of who is contained now: who is to be asked, why, until when.

use maud::{Markup, html};

use super::reader::Reader;
use super::table;
use crate::incident::{Containment, Undo};
use crate::trail::Live;

/// The last first.
pub(super) fn table(reader: &Reader, contained: &[Live]) -> Markup {
    let all = Containment::of_all(contained.iter().map(|live| &live.incident));
    let columns = ["column-account", "column-why", "column-owner", "column-read-back", "column-until"];
    let title = reader.say("contained-title");
    html! {
        h2 { (title) }
        (table::table(reader, &title, &columns, &all, |one| row(reader, one)))
    }
}

fn row(reader: &Reader, one: &Containment<'_>) -> Markup {
    html! {
        tr {
            td {
                (one.user_id) br; a href={ "/incidents/" (one.incident) } { code { (one.incident) } }
                @if let Some(why) = one.offered { br; span.wait { (reader.say_of("contained-offered", &[("why", reader.hold(why).into())])) } }
            }
            td data-label=(reader.say("column-why")) {
                @for rule in one.rules { div { (rule.title) } }
                @if let Some(actor) = one.asked_by { div { (reader.say_of("by-hand", &[("name", actor.into())])) } }
                div.quiet { (one.reason) }
            }
            td data-label=(reader.say("column-owner")) { @match one.owner { Some(owner) => { (owner) } None => { span.quiet { (reader.say("not-known")) } } } }
            td data-label=(reader.say("column-read-back")) {
                @match one.verified_at { Some(at) => { (reader.time(at)) } None => { span.wait { (unread(reader, one)) } } }
                @if let Some(at) = one.found_enabled_at { br; span.bad { (reader.rich("contained-enabled-by-others", &[("time", reader.time(at))])) } }
            }
            td data-label=(reader.say("column-until")) {
                @if let Some(at) = one.expires_at { div { (reader.time(at)) } }
                (ends(reader, &one.undo))
                @if one.others > 0 { div.wait { (reader.count("contained-others", one.others as u64)) } }
            }
        }
    }
}

fn unread(reader: &Reader, one: &Containment<'_>) -> String {
    if one.unknown { reader.say("contained-unread-unknown") } else { reader.say("contained-unread") }
}

/// The same of one, on the page of its incident.
pub(super) fn details(reader: &Reader, one: &Containment<'_>) -> Markup {
    let timed = |key: &str, at| reader.tongue.rich(key, &[("time", reader.time(at))]);
    html! {
        @if let Some(why) = one.offered {
            p.state.bad { strong { (reader.say("contained-should")) } " " (reader.hold(why)) "." }
        }
        p {
            @match (one.verified_at, one.unknown) {
                (Some(at), _) => (timed("contained-read-back", at)),
                (None, true) => (reader.say("contained-not-read-back-unknown")),
                (None, false) => (reader.say("contained-not-read-back")),
            }
            " "
            @match one.expires_at { Some(at) => (timed("contained-until", at)), None => (ends(reader, &one.undo)) }
            @if let Some(at) = one.found_enabled_at { " " strong { (timed("contained-somebody-enabled", at)) } }
            @if let Some(owner) = one.owner { " " (reader.rich("contained-owner", &[("name", html! { strong { (owner) } })])) }
        }
    }
}

fn ends(reader: &Reader, undo: &Undo) -> Markup {
    html! {
        @match undo {
            Undo::Waiting => {}
            Undo::ByHand => span.quiet { (reader.say("undo-by-hand")) },
            Undo::UnderWay => span.wait { (reader.say("undo-under-way")) },
            Undo::Held { reason } => span.wait { (reader.say_of("undo-held", &[("why", reader.hold(*reason).into())])) },
            Undo::GivenUp { failure } => span.bad { (reader.say_of("undo-given-up", &[("code", failure.code.to_string().into())])) },
            Undo::NotOurs => span.quiet { (reader.say("undo-not-ours")) },
        }
    }
}
