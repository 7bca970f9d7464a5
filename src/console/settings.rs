//! The page *Settings*: what holds for every rule, who has a token, and which keys the trail is checked with. What stands in
//! files is changed there; tokens are given out and taken back here.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use super::page::{self, Section, page};
use super::reader::Reader;
use super::table::table;
use super::{Console, enter, steps, tokens};
use crate::access::Permission;
use crate::incident::{Breaker, Budget, SourceName, Spent};
use crate::rules::{Protected, ProtectedGroups};

/// Where the page is.
pub(super) const PATH: &str = "/settings";

pub(super) async fn show(request: HttpRequest, console: Data<Console>) -> HttpResponse {
    match enter::to_see(&request, &console, Permission::ReadRules) {
        Ok(reader) => page::answer(&render(&console, &reader)),
        Err(away) => away.answer(),
    }
}

fn render(console: &Console, reader: &Reader) -> Markup {
    let loaded = console.rules.now();
    let guardrails = loaded.set.guardrails();
    let may = |permission| reader.actor.as_ref().is_some_and(|actor| actor.role.may(permission));
    let title = reader.say("settings-title");
    let main = html! {
        h1 { (title) }
        p { (reader.rich("settings-text", &[("file", html! { code { "rules/guardrails.yml" } })])) }
        (protected(reader, guardrails.protected()))
        (groups(reader, guardrails.groups()))
        p.quiet {
            (reader.count("settings-responders", guardrails.responders().count() as u64)) " "
            (reader.say_of("settings-contact", &[("contact", guardrails.contact().into())]))
        }
        (budgets(console, reader))
        @let breakers = guardrails.breakers();
        p { (breaker(reader, "settings-breaker-rule", breakers.each_rule)) " " (breaker(reader, "settings-breaker-source", breakers.each_source)) }
        @if may(Permission::ManageTokens) { (tokens::shown(console, reader)) }
        h2 { (reader.say("settings-keys")) }
        p { (reader.say("settings-keys-text")) }
        @match console.inspection.log.verifier_keys() {
            Some(keys) => pre tabindex="0" { (keys) },
            None => p.quiet { (reader.say("none")) },
        }
        @if may(Permission::ReadTrail) { p { a href="/trail/verify" { (reader.say("settings-anchors")) } } }
    };
    page(reader, Section::Settings, &title, &main)
}

fn protected(reader: &Reader, protected: &[Protected]) -> Markup {
    let title = reader.say("settings-protected");
    html! {
        h2 { (title) }
        (table(reader, &title, &["column-account", "column-kind", "column-why"], protected, |one| {
            html! {
                tr {
                    td { (one.account.value()) }
                    td data-label=(reader.say("column-kind")) { code { (one.account.kind().as_str()) } }
                    td data-label=(reader.say("column-why")) { (one.why) }
                }
            }
        }))
    }
}

/// Whose members are never acted on.
fn groups(reader: &Reader, groups: &ProtectedGroups) -> Markup {
    let departments: Vec<String> = groups.departments().iter().map(ToString::to_string).collect();
    let roles: Vec<String> = groups.roles().collect();
    html! {
        @for (key, names) in [("settings-departments", departments), ("settings-roles", roles)] {
            @if !names.is_empty() { p { (reader.say_either(key, "", key)) " " strong { (names.join(", ")) } } }
        }
    }
}

/// How many accounts trip it.
fn breaker(reader: &Reader, key: &str, breaker: Breaker) -> String {
    let time = steps::lasting(reader, breaker.within.seconds().into());
    reader.say_of(key, &[("accounts", reader.number(breaker.accounts.into()).into()), ("time", time.into())])
}

/// What they are, and how much of them is used.
fn budgets(console: &Console, reader: &Reader) -> Markup {
    let (loaded, intake, now) = (console.rules.now(), console.sources.now(), console.clock.now());
    let budgets = loaded.set.guardrails().budgets();
    let people = console.roster.as_ref().and_then(|roster| roster.people());
    let names: Vec<&SourceName> = intake.sources().collect();
    let rows: Vec<(Option<&SourceName>, Spent, Budget)> = console.trail.board(|board| {
        let all = (None, board.ledger().of_organization(now), budgets.organization().among(people));
        let of = |name: &&'_ SourceName| board.ledger().of_source(name, now);
        let each = names.iter().map(|name| (Some(*name), of(name), budgets.of_source(name).among(people)));
        std::iter::once(all).chain(each).collect()
    });
    let title = reader.say("settings-budgets");
    html! {
        h2 { (title) }
        p { (reader.say("settings-budgets-text")) }
        (table(reader, &title, &["column-of", "column-hour", "column-day-budget"], &rows, |(name, spent, budget)| {
            let used = |spent: u32, most: u32| reader.say_of("settings-used", &[("spent", reader.number(spent.into()).into()), ("most", reader.number(most.into()).into())]);
            html! {
                tr {
                    td { @match name { Some(name) => (name), None => (reader.say("settings-organization")) } }
                    td data-label=(reader.say("column-hour")) { (used(spent.hour, budget.per_hour)) }
                    td data-label=(reader.say("column-day-budget")) { (used(spent.day, budget.per_day)) }
                }
            }
        }))
    }
}
