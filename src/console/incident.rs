//! The page of one incident, where notices lead to: where it stands, why it waits, and the plan to the letter.

use maud::{Markup, html};

use super::containments;
use super::now::{tone, word};
use super::page::{page, time};
use crate::incident::{Action, Incident, Status, StepState, Timestamp};

pub(super) fn render(incident: &Incident, now: Timestamp) -> Markup {
    let main = html! {
        h1 { "Incident " code { (incident.id()) } }
        (standing(incident))
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
        ol { @for (action, state) in incident.plan.actions.iter().zip(&incident.steps) { (step(action, state)) } }
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

fn step(action: &Action, state: &StepState) -> Markup {
    html! {
        li {
            (action.kind().as_str()) ": " span class=(tone(state)) { (word(state)) }
            @if let StepState::Failed { failure } = state { " (" code { (failure.code) } ")" }
            @if let StepState::Postponed { retry_at, .. } = state { ", next at " (time(*retry_at)) }
        }
    }
}
