//! The page *Now*: whether actions run, what is contained, what waits for a human.

use maud::{Markup, html};

use super::Console;
use super::page::{Section, page};
use super::reader::Reader;
use super::table::table;
use super::{chart, containments, held_alerts, rules, sources, steps};
use crate::access::Permission;
use crate::incident::{Breakers, Incident, Pause, PauseScope, Pauses, SourceName, Status, Timestamp, Trip};
use crate::trail::{Head, HeldAlerts, Live};

/// What the page shows, taken from the board at one moment.
struct View {
    pauses: Pauses,
    breakers: Breakers,
    /// The sources that are being tried out, and until when.
    trials: Vec<(SourceName, Timestamp)>,
    head: Head,
    held: Vec<Incident>,
    held_alerts: Vec<HeldAlerts>,
    contained: Vec<Live>,
    under_way: Vec<Incident>,
    now: Timestamp,
}

pub(super) fn render(console: &Console, reader: &Reader) -> Markup {
    let view = view(console);
    let figures = [
        ("now-contained", view.contained.len() as u64),
        ("now-waiting", view.held.len() as u64),
        ("now-under-way", view.under_way.len() as u64),
        ("now-records", view.head.size),
    ];
    let name = reader.actor.as_ref().map_or("", |actor| actor.name.as_str());
    let main = html! {
        h1 { (reader.say("now-title")) }
        (switch(reader, &view, console.is_dry_run))
        @for (source, until) in &view.trials { (tried(reader, source, *until)) }
        @for (trip, since) in view.breakers.iter() { (tripped(reader, trip, since)) }
        (rules::refused(reader, &console.rules))
        dl.figures {
            @for (key, figure) in figures {
                div { dt { (reader.say_either(key, "", key)) } dd { (reader.number(figure)) } }
            }
        }
        (incidents(reader, &reader.say("now-waiting"), &view.held))
        (held_alerts::table(reader, &view.held_alerts))
        (containments::table(reader, &view.contained))
        (incidents(reader, &reader.say("now-under-way"), &view.under_way))
        (chart::chart(reader, &console.trail.figures().activity, view.now))
        (senders(console, reader, view.now))
        (sources::all_refused(console, reader))
        p.quiet {
            (reader.rich("now-as-of", &[("time", reader.time(view.now))])) " "
            (reader.rich("now-root", &[("root", html! { code { (view.head.root) } })])) " "
            (reader.rich("now-signed-in", &[("name", html! { (name) })]))
        }
    };
    page(reader, Section::Now, &reader.say("now-title"), &main)
}

fn view(console: &Console) -> View {
    let head = console.trail.head();
    let now = console.clock.now();
    console.trail.board(|board| {
        let (pauses, breakers) = (board.pauses().clone(), board.breakers().clone());
        let contained = board.containing().cloned().collect();
        let held_alerts = board.held_alerts(now).into_iter().cloned().collect();
        let trials = board.trials().filter(|(_, until)| *until > now);
        let trials = trials.map(|(source, until)| (source.clone(), until)).collect();
        let (held, under_way) = (vec![], vec![]);
        let mut view = View { pauses, breakers, trials, head, held, held_alerts, contained, under_way, now };
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

fn switch(reader: &Reader, View { pauses, breakers, trials, .. }: &View, is_dry_run: bool) -> Markup {
    let is_all = pauses.iter().next().is_none() && breakers.iter().next().is_none() && trials.is_empty();
    html! {
        @if is_dry_run {
            p.state.wait { strong { (reader.say("now-dry-run")) } " " (reader.say("now-dry-run-text")) }
        } @else if pauses.of_all().is_none() {
            @if is_all { p.state.good { strong { (reader.say("now-run")) } " " (reader.say("now-run-text")) } }
            @else { p.state.wait { strong { (reader.say("now-run-partly")) } " " (reader.say("now-run-partly-text")) } }
        }
        @for (scope, pause) in pauses.iter() { (paused(reader, scope, pause)) }
        @if reader.may_change(Permission::Control) && pauses.of_all().is_none() {
            (steer(reader, "/pause", "now-pause", &PauseScope::All))
        }
    }
}

/// A source whose alerts are only looked at for a while.
fn tried(reader: &Reader, source: &SourceName, until: Timestamp) -> Markup {
    let name = html! { a href={ (sources::PATH) "/" (source) } { (source) } };
    html! { p.state.wait { (reader.rich("now-tried", &[("name", name), ("time", reader.time(until))])) } }
}

/// How many senders there are, and which have sent nothing for a day.
fn senders(console: &Console, reader: &Reader, now: Timestamp) -> Markup {
    let (intake, figures) = (console.sources.now(), console.trail.figures());
    let silent: Vec<_> = intake.sources().filter(|name| figures.activity.of_source(name, now) == 0).collect();
    html! {
        h2 { (reader.say("sources-title")) }
        p {
            (reader.count("now-senders", intake.sources().count() as u64)) " "
            @if !silent.is_empty() { (reader.count("now-silent", silent.len() as u64)) " " }
            a href=(sources::PATH) { (reader.say("now-sources")) }
        }
    }
}

/// A form that stops alerts of one source, or of one rule, from being acted on; for its own page.
pub(super) fn pause_one(console: &Console, reader: &Reader, scope: &PauseScope) -> Markup {
    let is_paused = console.trail.board(|board| board.pauses().iter().any(|(paused, _)| paused == scope));
    html! {
        @if reader.may_change(Permission::Control) {
            @if is_paused { (steer(reader, "/resume", "now-resume-this", scope)) } @else { (steer(reader, "/pause", "now-pause-this", scope)) }
        }
    }
}

/// A form that stops something or lets it go on.
fn steer(reader: &Reader, path: &str, key: &str, scope: &PauseScope) -> Markup {
    let text = reader.say_either(key, "", key);
    // Several of them stand on one page.
    let field = match scope {
        PauseScope::All => format!("{key}-all"),
        PauseScope::Source(source) => format!("{key}-source-{source}"),
        PauseScope::Rule(rule) => format!("{key}-rule-{rule}"),
    };
    html! {
        details.steer {
            summary { (text) }
            form.fields method="post" action=(path) {
                (reader.proof())
                @match scope {
                    PauseScope::All => {}
                    PauseScope::Source(source) => { input type="hidden" name="source" value=(source); }
                    PauseScope::Rule(rule) => { input type="hidden" name="rule" value=(rule); }
                }
                label for=(field) { (reader.say("incident-reason")) }
                input id=(field) name="reason" required maxlength="500" autocomplete="off";
                p.quiet { (reader.say("incident-reason-hint")) }
                button type="submit" { (text) }
            }
        }
    }
}

fn paused(reader: &Reader, scope: &PauseScope, pause: &Pause) -> Markup {
    let what = match scope {
        PauseScope::All => reader.say("now-paused-all"),
        PauseScope::Source(source) => reader.say_of("now-paused-source", &[("name", source.as_str().into())]),
        PauseScope::Rule(rule) => reader.say_of("now-paused-rule", &[("name", rule.as_str().into())]),
    };
    let with = [
        ("what", html! { strong { (what) } }),
        ("since", reader.time(pause.at)),
        ("actor", html! { (pause.actor) }),
        ("reason", html! { (pause.reason) }),
    ];
    html! {
        div.state.bad {
            p { (reader.rich("now-paused", &with)) }
            @if reader.may_change(Permission::Control) { (steer(reader, "/resume", "now-resume", scope)) }
        }
    }
}

fn tripped(reader: &Reader, trip: &Trip, since: Timestamp) -> Markup {
    let what = match &trip.scope {
        PauseScope::All => reader.say("now-tripped-all"),
        PauseScope::Source(source) => reader.say_of("now-tripped-source", &[("name", source.as_str().into())]),
        PauseScope::Rule(rule) => reader.say_of("now-tripped-rule", &[("name", rule.as_str().into())]),
    };
    let with = [
        ("what", html! { strong { (what) } }),
        ("since", reader.time(since)),
        ("accounts", html! { (trip.accounts) }),
        ("minutes", html! { (trip.within_s.seconds() / 60) }),
    ];
    html! {
        div.state.bad {
            p { (reader.rich("now-tripped", &with)) }
            @if reader.may_change(Permission::Control) && !trip.scope.is_all() {
                (steer(reader, "/breaker/release", "now-release-breaker", &trip.scope))
            }
        }
    }
}

fn incidents(reader: &Reader, title: &str, incidents: &[Incident]) -> Markup {
    let columns = ["column-incident", "column-account", "column-rule", "column-steps", "column-opened"];
    html! {
        h2 { (title) }
        (table(reader, title, &columns, incidents, |incident| row(reader, incident)))
    }
}

fn row(reader: &Reader, incident: &Incident) -> Markup {
    html! {
        tr {
            td {
                a href={ "/incidents/" (incident.id()) } { code { (incident.id()) } }
                @if let Status::Held(reason) = incident.status {
                    br; span.wait { (reader.hold(reason)) }
                    @if let Some(lapses_at) = incident.lapses_at() {
                        br; span.quiet { (reader.rich("until-plan", &[("time", reader.time(lapses_at)), ("plan", html! { code { (incident.plan.digest()) } })])) }
                    }
                }
            }
            td data-label=(reader.say("column-account")) { (steps::account(reader, incident)) }
            td {
                @for rule in &incident.plan.rules { div { (rule.title) } }
                @if let Some(actor) = &incident.plan.asked_by { div { (reader.say_of("by-hand", &[("name", actor.as_str().into())])) } }
            }
            td {
                @for (action, state) in incident.plan.actions.iter().zip(&incident.steps) {
                    div { (steps::name(reader, action.kind())) ": " (steps::state(reader, state)) }
                }
                @if let (Status::Open, Some(due)) = (incident.status, incident.due_at().filter(|due| *due > incident.opened_at)) {
                    div.quiet { (reader.rich("next-at", &[("time", reader.time(due))])) }
                }
            }
            td data-label=(reader.say("column-opened")) { (reader.time(incident.opened_at)) }
        }
    }
}
