//! The page *Now*: whether actions run, what is contained, what waits for a human.

use maud::{Markup, html};

use super::Console;
use super::page::{page, time};
use super::{containments, held_alerts, rules};
use crate::access::Actor;
use crate::incident::{Breakers, Incident, Pause, PauseScope, Pauses, Status, StepState, Timestamp, Trip};
use crate::trail::{Head, HeldAlerts, Live};

/// The most incidents listed in one table.
pub(super) const ROWS_MAX: usize = 200;

/// What the page shows, taken from the board at one moment.
struct View {
    pauses: Pauses,
    breakers: Breakers,
    head: Head,
    held: Vec<Incident>,
    held_alerts: Vec<HeldAlerts>,
    contained: Vec<Live>,
    under_way: Vec<Incident>,
    now: Timestamp,
}

pub(super) fn render(console: &Console, actor: &Actor) -> Markup {
    let view = view(console);
    let figures = [
        ("Contained now", view.contained.len() as u64),
        ("Waiting for a human", view.held.len() as u64),
        ("Under way", view.under_way.len() as u64),
        ("Records on the trail", view.head.size),
    ];
    let main = html! {
        h1 { "Now" }
        (switch(&view.pauses, console.is_dry_run))
        @for (trip, since) in view.breakers.iter() { (tripped(trip, since)) }
        (rules::refused(&console.rules))
        dl.figures {
            @for (name, figure) in figures {
                div { dt { (name) } dd { (figure) } }
            }
        }
        (table("Waiting for a human", &view.held))
        (held_alerts::table(&view.held_alerts))
        (containments::table(&view.contained))
        (table("Under way", &view.under_way))
        (rules::in_force(console, view.now))
        p.quiet {
            "As of " (time(view.now)) " UTC. Root of the trail: " code { (view.head.root) } ". Signed in as " (actor.name) "."
        }
    };
    page("Now", &main)
}

fn view(console: &Console) -> View {
    let head = console.trail.head();
    let now = console.clock.now();
    console.trail.board(|board| {
        let (pauses, breakers) = (board.pauses().clone(), board.breakers().clone());
        let contained = board.containing().cloned().collect();
        let held_alerts = board.held_alerts(now).into_iter().cloned().collect();
        let mut view = View { pauses, breakers, head, held: vec![], held_alerts, contained, under_way: vec![], now };
        for live in board.all_live() {
            let incident = &live.incident;
            match incident.status {
                Status::Held(_) => view.held.push(incident.clone()),
                _ if incident.is_containing() => {}
                _ => view.under_way.push(incident.clone()),
            }
        }
        for list in [&mut view.held, &mut view.under_way] {
            list.sort_by(|a, b| b.opened_at.cmp(&a.opened_at).then_with(|| a.id().cmp(b.id())));
        }
        view
    })
}

fn switch(pauses: &Pauses, is_dry_run: bool) -> Markup {
    html! {
        @if is_dry_run {
            p.state.wait { strong { "A dry run." } " Matching alerts are planned for, nothing is done to any account, and nobody is told." }
        } @else if pauses.of_all().is_none() {
            p.state.good { strong { "Actions run." } " Matching alerts are acted on." }
        }
        @for (scope, pause) in pauses.iter() { (paused(scope, pause)) }
    }
}

fn paused(scope: &PauseScope, pause: &Pause) -> Markup {
    html! {
        p.state.bad {
            strong {
                @match scope {
                    PauseScope::All => { "Actions are paused" }
                    PauseScope::Source(source) => { "Actions for " (source) " are paused" }
                    PauseScope::Rule(rule) => { "Actions of the rule " (rule) " are paused" }
                }
            }
            " since " (time(pause.at)) " UTC by " (pause.actor) ": " (pause.reason)
        }
    }
}

fn tripped(trip: &Trip, since: Timestamp) -> Markup {
    html! {
        p.state.bad {
            strong {
                "The breaker has tripped for "
                @match &trip.scope {
                    PauseScope::All => { "everything" }
                    PauseScope::Source(source) => { (source) }
                    PauseScope::Rule(rule) => { "the rule " (rule) }
                }
            }
            " at " (time(since)) " UTC: " (trip.accounts) " accounts were to be acted on within "
            (trip.within_s.seconds() / 60) " minutes. It stays tripped until somebody releases it."
        }
    }
}

fn table(title: &str, incidents: &[Incident]) -> Markup {
    html! {
        h2 { (title) }
        @if incidents.is_empty() {
            p.quiet { "None." }
        } @else {
            div.table tabindex="0" role="region" aria-label=(title) {
                table {
                    thead { tr { th scope="col" { "Incident" } th scope="col" { "Account" } th scope="col" { "Rule" } th scope="col" { "Steps" } th scope="col" { "Opened (UTC)" } } }
                    tbody { @for incident in incidents.iter().take(ROWS_MAX) { (row(incident)) } }
                }
            }
            @if incidents.len() > ROWS_MAX {
                p.quiet { "And " (incidents.len() - ROWS_MAX) " more." }
            }
        }
    }
}

fn row(incident: &Incident) -> Markup {
    html! {
        tr {
            td { a href={ "/incidents/" (incident.id()) } { code { (incident.id()) } } @if let Status::Held(reason) = incident.status { br; span.wait { (reason.text()) } @if let Some(lapses_at) = incident.lapses_at() { br; span.quiet { "until " (time(lapses_at)) " UTC, plan " code { (incident.plan.digest()) } } } } }
            td data-label="Account" { @match &incident.user_id { Some(user_id) => { (user_id) } None => { span.quiet { "not resolved yet" } } } }
            td { @for rule in &incident.plan.rules { div { (rule.title) } } @if let Some(actor) = &incident.plan.asked_by { div { "by hand: " (actor) } } }
            td {
                @for (action, state) in incident.plan.actions.iter().zip(&incident.steps) {
                    div { (action.kind().as_str()) ": " span class=(tone(state)) { (word(state)) } }
                }
                @if let (Status::Open, Some(due)) = (incident.status, incident.due_at().filter(|due| *due > incident.opened_at)) {
                    div.quiet { "next at " (time(due)) }
                }
            }
            td data-label="Opened (UTC)" { (time(incident.opened_at)) }
        }
    }
}

pub(super) fn word(state: &StepState) -> &'static str {
    match state {
        StepState::Pending => "not begun",
        StepState::Started { .. } => "under way",
        StepState::Postponed { .. } => "to be tried again",
        StepState::Unknown { .. } => "outcome unknown",
        StepState::Claimed { .. } => "claimed",
        StepState::Verified { .. } => "verified",
        StepState::Failed { .. } => "given up",
    }
}

pub(super) fn tone(state: &StepState) -> &'static str {
    match state {
        StepState::Claimed { .. } | StepState::Verified { .. } => "good",
        StepState::Postponed { .. } | StepState::Unknown { .. } | StepState::Started { .. } => "wait",
        StepState::Failed { .. } => "bad",
        StepState::Pending => "quiet",
    }
}
