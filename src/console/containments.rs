//! The table of who is contained now: who is to be asked, why, until when.

use maud::{Markup, html};

use super::now::ROWS_MAX;
use super::page::time;
use crate::incident::{Containment, Undo};
use crate::trail::Live;

/// The last first.
pub(super) fn table(contained: &[Live]) -> Markup {
    let all = Containment::of_all(contained.iter().map(|live| &live.incident));
    html! {
        h2 { "Contained" }
        @if all.is_empty() {
            p.quiet { "None." }
        } @else {
            div.table tabindex="0" role="region" aria-label="Contained" {
                table {
                    thead { tr { th scope="col" { "Account" } th scope="col" { "Why" } th scope="col" { "Owner" } th scope="col" { "Read back (UTC)" } th scope="col" { "Until (UTC)" } } }
                    tbody { @for one in all.iter().take(ROWS_MAX) { (row(one)) } }
                }
            }
            @if all.len() > ROWS_MAX {
                p.quiet { "And " (all.len() - ROWS_MAX) " more." }
            }
        }
    }
}

fn row(one: &Containment<'_>) -> Markup {
    html! {
        tr {
            td { (one.user_id) br; a href={ "/incidents/" (one.incident) } { code { (one.incident) } } @if let Some(why) = one.offered { br; span.wait { "to be given back? " (why.text()) } } }
            td data-label="Why" { @for rule in one.rules { div { (rule.title) } } @if let Some(actor) = one.asked_by { div { "by hand: " (actor) } } div.quiet { (one.reason) } }
            td data-label="Owner" { @match one.owner { Some(owner) => { (owner) } None => { span.quiet { "not known" } } } }
            td data-label="Read back (UTC)" { @match one.verified_at { Some(at) => { (time(at)) } None => { span.wait { (unread(one)) } } } @if let Some(at) = one.found_enabled_at { br; span.bad { "enabled by somebody else: seen " (time(at)) } } }
            td data-label="Until (UTC)" {
                @if let Some(at) = one.expires_at { div { (time(at)) } }
                (ends(&one.undo))
                @if one.others > 0 { div.wait { "also contained by " (one.others) " other" @if one.others > 1 { "s" } } }
            }
        }
    }
}

fn unread(one: &Containment<'_>) -> &'static str {
    if one.unknown { "not yet: nobody knows whether it is disabled" } else { "not yet" }
}

/// The same of one, on the page of its incident.
pub(super) fn details(one: &Containment<'_>) -> Markup {
    html! {
        @if let Some(why) = one.offered {
            p.state.bad { strong { "Should it be given back? " } (why.text()) "." }
        }
        p {
            @if let Some(at) = one.verified_at { "Read back " (time(at)) " UTC" } @else { "Not read back yet" @if one.unknown { ": nobody knows whether DingTalk has disabled it" } }
            @if let Some(at) = one.expires_at { ", until " (time(at)) " UTC" } @else { ", " (ends(&one.undo)) }
            @if let Some(at) = one.found_enabled_at { ". " strong { "Somebody else has enabled it: seen " (time(at)) " UTC" } }
            @if let Some(owner) = one.owner { ". Owner: " strong { (owner) } }
            "."
        }
    }
}

fn ends(undo: &Undo) -> Markup {
    html! {
        @match undo {
            Undo::Waiting => {}
            Undo::ByHand => span.quiet { "until it is released" },
            Undo::UnderWay => span.wait { "is being given back" },
            Undo::Held { reason } => span.wait { "waits for a human: " (reason.text()) },
            Undo::GivenUp { failure } => span.bad { "could not be given back: " (failure.code) },
            Undo::NotOurs => span.quiet { "was disabled before, and not by us" },
        }
    }
}
