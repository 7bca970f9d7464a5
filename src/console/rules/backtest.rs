//! The page *What would happen*: the rules of the folder, put to the alerts of the last days, and what would come out
//! otherwise than it did. It shows numbers; whom they stand for says the command, to those who have the keys.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};
use serde::Deserialize;

use super::{BACKTEST, PATH, pages};
use crate::access::Permission;
use crate::backtest::{Change, Outcome, Report, RuleCounts};
use crate::console::backtests::{Ran, Run, Stand};
use crate::console::page::{self, Section, page};
use crate::console::reader::Reader;
use crate::console::table::table;
use crate::console::{Console, enter};

/// How many days are looked back, at choice.
const DAYS: [u16; 3] = [1, 7, 30];

/// Over how many days.
#[derive(Deserialize)]
pub(in crate::console) struct Wanted {
    csrf: String,
    days: u16,
}

pub(in crate::console) async fn show(request: HttpRequest, console: Data<Console>) -> HttpResponse {
    match enter::to_see(&request, &console, Permission::ReadRules) {
        Ok(reader) => page::answer(&render(&console, &reader)),
        Err(away) => away.answer(),
    }
}

pub(in crate::console) async fn begin(
    request: HttpRequest,
    console: Data<Console>,
    wanted: Form<Wanted>,
) -> HttpResponse {
    let (reader, session) = match enter::to_change(&request, &console, Some(Permission::LoadRules), &wanted.csrf) {
        Ok(entered) => entered,
        Err(away) => return away.answer(),
    };
    let refused = |status, key: &str| page::refused(&reader, status, &reader.say_either(key, "", key), BACKTEST);
    if !DAYS.contains(&wanted.days) {
        return refused(StatusCode::UNPROCESSABLE_ENTITY, "refused-bad-time");
    }
    match console.backtests.begin(&console, session.actor.name, wanted.days) {
        true => enter::see(BACKTEST),
        false => refused(StatusCode::CONFLICT, "backtest-busy"),
    }
}

fn render(console: &Console, reader: &Reader) -> Markup {
    let title = reader.say("rules-backtest");
    let last = console.backtests.last();
    let is_under_way = matches!(&last, Some(Run { stand: Stand::UnderWay(_), .. }));
    let main = html! {
        h1 { (title) }
        (pages(reader, BACKTEST))
        p { (reader.say("backtest-text")) }
        @if reader.may_change(Permission::LoadRules) && !is_under_way {
            form.fields method="post" action=(BACKTEST) {
                (reader.proof())
                label for="backtest-days" { (reader.say("backtest-days")) }
                select #backtest-days name="days" { @for days in DAYS { option value=(days) { (reader.number(days.into())) } } }
                button type="submit" { (reader.say("backtest-begin")) }
            }
        }
        @if let Some(run) = &last { (stands(console, reader, run)) }
        p.quiet { (reader.rich("backtest-names", &[("command", html! { code { "portcullis rules backtest" } })])) }
    };
    page(reader, Section::Rules, &title, &main)
}

fn stands(console: &Console, reader: &Reader, run: &Run) -> Markup {
    let with = [
        ("name", html! { strong { (run.by) } }),
        ("time", reader.time(run.begun)),
        ("days", html! { (reader.number(run.days.into())) }),
    ];
    html! {
        h2 { (reader.say("backtest-last")) }
        p { (reader.rich("backtest-begun", &with)) }
        @match &run.stand {
            Stand::UnderWay(progress) => {
                p.state.wait role="status" {
                    (reader.say_of("backtest-under-way", &[("percent", progress.percent().into())])) " "
                    a href=(BACKTEST) { (reader.say("backtest-look-again")) }
                }
            }
            Stand::Failed => p.state.bad { (reader.say("backtest-failed")) },
            Stand::Refused(problems) => {
                div.state.bad {
                    p { (reader.say("backtest-refused")) }
                    ul { @for problem in problems.iter() { li { code { (problem) } } } }
                }
            }
            Stand::Done(ran) => (came(console, reader, ran)),
        }
    }
}

/// What came of it, in numbers.
fn came(console: &Console, reader: &Reader, ran: &Ran) -> Markup {
    let Ran { rules, left_out, report } = ran;
    let is_in_force = console.rules.now().set.digest() == *rules;
    let figures = [
        ("backtest-alerts", report.alerts),
        ("backtest-changed", report.changed),
        ("backtest-newly", report.newly.len() as u64),
        ("backtest-no-longer", report.no_longer.len() as u64),
        ("backtest-both", report.both.len() as u64),
        ("backtest-held", report.held.len() as u64),
    ];
    let left = [
        ("backtest-erased", left_out.erased),
        ("backtest-unknown-source", left_out.of_unknown_source),
        ("backtest-departments", report.department_budgets.map_or(0, |budgets| budgets.not_judged)),
    ];
    html! {
        p {
            (reader.rich("backtest-rules", &[("set", html! { code { (rules.short(12)) } })])) " "
            (reader.say(if is_in_force { "backtest-in-force" } else { "backtest-not-in-force" }))
        }
        @if report.newly.is_empty() && report.changed == 0 {
            p.state.good { (reader.say("backtest-same")) }
        } @else {
            p.state.wait { (reader.count("backtest-otherwise", report.changed)) }
        }
        dl.figures { @for (key, figure) in figures { div { dt { (reader.say_either(key, "", key)) } dd { (reader.number(figure)) } } } }
        (by_rule(reader, report))
        (changes(reader, &report.changes))
        @for (key, count) in left { @if count > 0 { p.quiet { (reader.count(key, count)) } } }
    }
}

fn by_rule(reader: &Reader, report: &Report) -> Markup {
    let columns =
        ["column-rule", "column-alerts-then", "column-alerts-now", "column-accounts-then", "column-accounts-now"];
    let title = reader.say("backtest-by-rule");
    html! {
        h3 { (title) }
        (table(reader, &title, &columns, &report.rules, |counts: &RuleCounts| html! {
            tr {
                td { a href={ (PATH) "/" (counts.rule.id) } { (counts.rule.title) } }
                td data-label=(reader.say("column-alerts-then")) { (reader.number(counts.alerts_before)) }
                td data-label=(reader.say("column-alerts-now")) { (reader.number(counts.alerts_after)) }
                td data-label=(reader.say("column-accounts-then")) { (reader.number(counts.accounts_before)) }
                td data-label=(reader.say("column-accounts-now")) { (reader.number(counts.accounts_after)) }
            }
        }))
    }
}

fn changes(reader: &Reader, changes: &[Change]) -> Markup {
    let columns = ["column-was", "column-would-be", "column-alerts", "column-examples"];
    let title = reader.say("backtest-changes");
    html! {
        @if !changes.is_empty() {
            h3 { (title) }
            (table(reader, &title, &columns, changes, |change: &Change| html! {
                tr {
                    td { (word(reader, change.before)) }
                    td data-label=(reader.say("column-would-be")) {
                        @if change.before == change.after { (reader.say("backtest-somebody-else")) } @else { (word(reader, change.after)) }
                    }
                    td data-label=(reader.say("column-alerts")) { (reader.number(change.alerts)) }
                    td data-label=(reader.say("column-examples")) { @for seen in &change.examples { div { code { (seen.alert) } " " (reader.time(seen.at)) } } }
                }
            }))
        }
    }
}

fn word(reader: &Reader, outcome: Outcome) -> String {
    match outcome {
        Outcome::Unmatched => reader.say("verdict-unmatched"),
        Outcome::Shadow => reader.say("verdict-shadow"),
        Outcome::Held => reader.say("verdict-held"),
        Outcome::Contained => reader.say("verdict-planned"),
    }
}
