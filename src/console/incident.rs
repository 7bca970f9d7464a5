//! The page of one incident, where notices lead to: where it stands, why it waits, and the plan to the letter.

use maud::{Markup, html};

use super::containments;
use super::now::{tone, word};
use super::page::{page, time};
use crate::incident::{Incident, Plan, Status, StepState, Timestamp, Waiting};

pub(super) fn render(incident: &Incident, waiting: Option<&Waiting>, now: Timestamp) -> Markup {
    let main = html! {
        h1 { "Incident " code { (incident.id()) } }
        (standing(incident))
        @if let Some(waiting) = waiting { (details(waiting)) }
        @if let Some(containment) = incident.containment() { (containments::details(&containment)) }
        p {
            "Account: " @match &incident.user_id { Some(user_id) => { strong { (user_id) } } None => { span.quiet { "not resolved yet" } } }
            ". Opened " (time(incident.opened_at)) " UTC."
        }
        @if let Some(actor) = &incident.plan.asked_by {
            p { "Asked for by hand, by " strong { (actor) } "." }
        } @else {
            h2 { "Rules" }
            ul { @for rule in &incident.plan.rules { li { (rule.title) } } }
        }
        h2 { "Steps" }
        ol { @for (index, state) in incident.steps.iter().enumerate() { (step(&incident.plan, index, state)) } }
        p.quiet { "Plan " code { (incident.plan.digest()) } ". As of " (time(now)) " UTC." }
    };
    page(&format!("Incident {}", incident.id()), &main)
}

fn standing(incident: &Incident) -> Markup {
    html! {
        @match incident.status {
            Status::Held(reason) => { p.state.bad { strong { "It waits for a human: " } (reason.text()) "." } }
            Status::Open | Status::Closed(_) if incident.is_containing() => { p.state.good { strong { "The account is contained." } } }
            Status::Open => { p.state.good { strong { "Under way." } } }
            Status::Closed(_) => { p.state.good { strong { "Closed." } " Nothing is left to do." } }
        }
    }
}

/// The numbers and names behind it.
fn details(waiting: &Waiting) -> Markup {
    html! {
        @if let Some(lapses_at) = waiting.lapses_at { p { "Somebody has to approve it until " (time(lapses_at)) " UTC." } }
        @if let Some(failure) = &waiting.failure { p { "Failure: " code { (failure.code) } } }
        @if let Some(beyond) = &waiting.beyond {
            p {
                (beyond.spent.hour) " in the hour up to then, of " (beyond.per_hour) "; " (beyond.spent.day) " in the day, of " (beyond.per_day) "."
            }
        }
        @if !waiting.candidates.is_empty() {
            p { "It may be any of these:" }
            ul { @for one in &waiting.candidates { li { (one.user_id) " (" (one.found.text()) ")" } } }
            @if waiting.candidates_left_out > 0 { p.quiet { "And " (waiting.candidates_left_out) " more." } }
        }
    }
}

fn step(plan: &Plan, index: usize, state: &StepState) -> Markup {
    html! {
        li {
            (plan.actions.get(index).map_or("", |action| action.kind().as_str())) ": " span class=(tone(state)) { (word(state)) }
            @if let StepState::Failed { failure } = state { " (" code { (failure.code) } ")" }
            @if let StepState::Postponed { retry_at, .. } = state { ", next at " (time(*retry_at)) }
            @if let Some(told) = plan.told(index) { div.quiet { (told) } }
        }
    }
}
