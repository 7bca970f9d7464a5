//! The page of one incident, where notices lead to: where it stands, why it waits, and the plan to the letter.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use super::page::{self, Section, page};
use super::reader::Reader;
use super::{Console, containments, employee, enter, given, steps, timeline, told};
use crate::access::Permission;
use crate::decisions::KEPT_HOURS_MAX;
use crate::incident::{Event, HoldReason, Incident, IncidentId, Plan, Status, StepState, Waiting};
use crate::trail::Record;

pub(super) async fn show(request: HttpRequest, console: Data<Console>, asked: Path<String>) -> HttpResponse {
    let reader = match enter::to_see(&request, &console, Permission::ReadIncidents) {
        Ok(reader) => reader,
        Err(away) => return away.answer(),
    };
    let Ok(id) = IncidentId::parse(&asked) else { return page::not_found(&reader) };
    let (incident, stored) = match console.inspection.incident(reader.name(), &id).await {
        Ok(found) => found,
        Err(error) => return given::refused(&reader, &error),
    };
    let records: Option<Vec<Record>> = stored.iter().map(|stored| told::decode(&stored.record)).collect();
    let Some(records) = records else { return page::unavailable(&reader) };
    page::answer(&render(&reader, &incident, &records, &console))
}

/// All of it as evidence, as a file. Nothing is given out before it is on the trail who takes it.
pub(super) async fn pack(request: HttpRequest, console: Data<Console>, asked: Path<String>) -> HttpResponse {
    let reader = match enter::to_see(&request, &console, Permission::ReadTrail) {
        Ok(reader) => reader,
        Err(away) => return away.answer(),
    };
    let Ok(id) = IncidentId::parse(&asked) else { return page::not_found(&reader) };
    match console.inspection.pack(reader.name(), &id).await {
        Ok(made) => given::whole(&format!("{id}.zip"), "application/zip", made),
        Err(error) => given::refused(&reader, &error),
    }
}

fn render(reader: &Reader, incident: &Incident, records: &[Record], console: &Console) -> Markup {
    let (loaded, now) = (console.rules.now(), console.clock.now());
    let waiting = Waiting::of(incident, records.iter().map(|record| &record.event));
    let id = incident.id().as_str();
    let account = html! { strong { (steps::account(reader, incident)) } };
    let main = html! {
        h1 { (reader.rich("incident-title", &[("id", html! { code { (id) } })])) }
        (standing(reader, incident))
        @if matches!(incident.status, Status::Held(_)) { (held_again(reader, records)) }
        @if let (Some(approval), Status::Held(HoldReason::ApprovalWanted)) = (incident.plan.approval, incident.status) {
            p { (reader.say_of("incident-people", &[("people", approval.people.into()), ("given", incident.assent.by.len().into())])) }
        }
        @if let Some(waiting) = &waiting { (details(reader, waiting)) }
        @if let Some(containment) = incident.containment() { (containments::details(reader, &containment)) }
        (decisions(reader, incident))
        p { (reader.rich("incident-account", &[("account", account), ("time", reader.time(incident.opened_at))])) }
        @if let Some(actor) = &incident.plan.asked_by {
            p { (reader.rich("incident-by-hand", &[("name", html! { strong { (actor) } })])) }
        } @else {
            h2 { (reader.say("incident-rules")) }
            ul { @for rule in &incident.plan.rules { li { (rule.title) } } }
        }
        h2 { (reader.say("incident-steps")) }
        ol { @for (index, state) in incident.steps.iter().enumerate() { (step(reader, &incident.plan, index, state)) } }
        @if let Some(until) = incident.extended_to { p { (reader.rich("incident-extended", &[("time", reader.time(until))])) } }
        (timeline::explained(reader, incident.id(), records, &loaded.set))
        (employee::message(reader, incident, &loaded.set))
        (timeline::timeline(reader, incident, records))
        (evidence(reader, incident.id()))
        p.quiet {
            (reader.rich("incident-plan", &[("plan", html! { code { (incident.plan.digest()) } })])) " "
            (reader.rich("now-as-of", &[("time", reader.time(now))]))
        }
    };
    page(reader, Section::Incidents, &reader.say_of("incident-title", &[("id", id.into())]), &main)
}

/// The way to the pack, for whoever may have it.
fn evidence(reader: &Reader, id: &IncidentId) -> Markup {
    let may = reader.actor.as_ref().is_some_and(|actor| actor.role.may(Permission::ReadTrail));
    html! {
        @if may {
            h2 { (reader.say("pack-title")) }
            p { a href={ "/incidents/" (id) "/pack" } { (reader.say("pack-link")) } ". " (reader.say("pack-text")) }
        }
    }
}

fn standing(reader: &Reader, incident: &Incident) -> Markup {
    html! {
        @match incident.status {
            Status::Held(reason) => { p.state.bad { strong { (reader.say_of("incident-waits", &[("why", reader.hold(reason).into())])) } } }
            Status::Open | Status::Closed(_) if incident.is_containing() => { p.state.good { strong { (reader.say("incident-contained")) } } }
            Status::Open => { p.state.good { strong { (reader.say("incident-under-way")) } } }
            Status::Closed(_) => { p.state.good { strong { (reader.say("incident-closed")) } " " (reader.say("incident-closed-text")) } }
        }
    }
}

/// Somebody has approved it, and it was held once more: who presses the button again has to know that.
fn held_again(reader: &Reader, records: &[Record]) -> Markup {
    let last =
        records.iter().rev().take_while(|record| !matches!(record.event, Event::IncidentApproved { .. })).count();
    let approved = records.len().checked_sub(last + 1).and_then(|at| records.get(at));
    let since = records.iter().rev().take(last);
    let was_held = since.into_iter().any(|record| matches!(record.event, Event::IncidentHeld { .. }));
    html! {
        @if let Some(Record { at, event: Event::IncidentApproved { actor, .. }, .. }) = approved.filter(|_| was_held) {
            p { (reader.rich("incident-held-again", &[("name", html! { strong { (actor) } }), ("time", reader.time(*at))])) }
        }
    }
}

/// What may be said to it, by whoever may.
fn decisions(reader: &Reader, incident: &Incident) -> Markup {
    let is_held = matches!(incident.status, Status::Held(_));
    let may_release = incident.is_containing() && !incident.released;
    let (may_hold, may_extend) = (incident.can_be_held(), incident.can_be_extended());
    if !reader.may_change(Permission::Control) || !(is_held || may_hold || may_extend || may_release) {
        return html! {};
    }
    let form = |verb: &str, key: &str, more: Markup| {
        let field = format!("reason-{verb}");
        html! {
            form.fields method="post" action={ "/incidents/" (incident.id()) "/" (verb) } {
                (reader.proof())
                label for=(field) { (reader.say("incident-reason")) }
                input id=(field) name="reason" required maxlength="500" autocomplete="off" aria-describedby="reason-hint";
                (more)
                button type="submit" { (reader.say_either(key, "", key)) }
            }
        }
    };
    let own = reader.actor.as_ref().and_then(|actor| actor.user_id.as_ref());
    let waits_for_plan = incident.status == Status::Held(HoldReason::ApprovalWanted);
    let has_approved = own.is_some_and(|own| incident.assent.by.contains(own));
    if own.is_some() && own == incident.user_id.as_ref() {
        return html! { p.quiet { (reader.say("refused-own-account")) } };
    }
    let plan = html! { input type="hidden" name="plan" value=(incident.plan.digest()); };
    let false_alarm = html! {
        label.choice { input type="checkbox" name="false_alarm" value="yes"; " " (reader.say("incident-false-alarm")) }
        @if !reader.is_fresh { p.quiet { (reader.say("incident-again")) } }
    };
    let hours = html! {
        label for="hours" { (reader.say_of("incident-extend-hours", &[("most", KEPT_HOURS_MAX.into())])) }
        input #hours name="hours" type="number" min="1" max=(KEPT_HOURS_MAX) value="8" required inputmode="numeric";
    };
    html! {
        section.decide aria-labelledby="decide" {
            h2 #decide { (reader.say("incident-decide")) }
            p.quiet #reason-hint { (reader.say("incident-reason-hint")) }
            div.forms {
                @if is_held && waits_for_plan && own.is_none() { p.quiet { (reader.say("refused-unknown-approver")) } }
                @else if is_held && waits_for_plan && has_approved { p.quiet { (reader.say("incident-approved-by-you")) } }
                @else if is_held {
                    (form("approve", "incident-approve", plan))
                }
                @if is_held {
                    (form("dismiss", "incident-dismiss", html! {}))
                }
                @if may_hold { (form("hold", "incident-hold", html! {})) }
                @if may_extend { (form("extend", "incident-extend", hours)) }
                @if may_release { (form("release", "incident-release", false_alarm)) }
            }
        }
    }
}

/// The numbers and names behind it.
fn details(reader: &Reader, waiting: &Waiting) -> Markup {
    html! {
        @if let Some(lapses_at) = waiting.lapses_at { p { (reader.rich("incident-lapses", &[("time", reader.time(lapses_at))])) } }
        @if let Some(failure) = &waiting.failure { p { (reader.rich("incident-failure", &[("code", html! { code { (failure.code) } })])) } }
        @if let Some(beyond) = &waiting.beyond {
            p {
                (reader.rich("incident-beyond", &[
                    ("hour", html! { (beyond.spent.hour) }), ("per-hour", html! { (beyond.per_hour) }),
                    ("day", html! { (beyond.spent.day) }), ("per-day", html! { (beyond.per_day) }),
                ]))
            }
        }
        @if !waiting.candidates.is_empty() {
            p { (reader.say("incident-candidates")) }
            ul { @for one in &waiting.candidates { li { (one.user_id) " (" (one.found.text()) ")" } } }
            @if waiting.candidates_left_out > 0 { p.quiet { (reader.count("more", waiting.candidates_left_out.into())) } }
        }
    }
}

fn step(reader: &Reader, plan: &Plan, index: usize, state: &StepState) -> Markup {
    html! {
        li {
            (plan.actions.get(index).map(|action| steps::name(reader, action.kind())).unwrap_or_default()) ": " (steps::state(reader, state))
            @if let StepState::Failed { failure } = state { " (" code { (failure.code) } ")" }
            @if let StepState::Postponed { retry_at, .. } = state { ", " (reader.rich("next-at", &[("time", reader.time(*retry_at))])) }
            @if let Some(told) = steps::told(reader, plan, index) { div.quiet { (told) } }
        }
    }
}
