//! The page *Incidents*: those there are and were, newest first, by filters whose address can be kept.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use super::filters::{Filters, Wrong, alert, field, hint, onward};
use super::page::{Section, answer_with, page};
use super::reader::Reader;
use super::table::table;
use super::{Console, enter, given, steps};
use crate::access::Permission;
use crate::incident::{Mark, Status, UserId};
use crate::trail::Inspection;
use crate::trail::inspection::{Listed, OpenedPage, Standing, Wanted};
use crate::trail::search::Cursor;

/// Where the page is.
pub(super) const PATH: &str = "/incidents";
/// Incidents on one page.
const ROWS: usize = 50;
/// Filters that the records which open incidents are found by.
const SEARCHED: [&str; 6] = ["text", "rule", "source", "account", "since", "until"];

pub(super) async fn list(request: HttpRequest, console: Data<Console>) -> HttpResponse {
    let reader = match enter::to_see(&request, &console, Permission::ReadIncidents) {
        Ok(reader) => reader,
        Err(away) => return away.answer(),
    };
    let filters = match Filters::of(&request) {
        Ok(filters) => filters,
        Err(wrong) => return shown(&reader, &Filters::none(), Err(wrong)),
    };
    let (wanted, from) = match asked(&console.inspection, &filters) {
        Ok(asked) => asked,
        Err(wrong) => return shown(&reader, &filters, Err(wrong)),
    };
    let query = wanted.query.clone();
    match console.inspection.incidents(reader.name(), wanted, from, ROWS).await {
        Ok(found) => {
            let next = found.next.map(|cursor| filters.next(PATH, &cursor.encode(&query)));
            shown(&reader, &filters, Ok((&found, next.as_deref())))
        }
        Err(error) => given::refused(&reader, &error),
    }
}

fn asked(inspection: &Inspection, filters: &Filters) -> Result<(Wanted, Option<Cursor>), Wrong> {
    // Whose account it came to be does not stand on the records that open incidents.
    let (by_id, apart): (_, &[&str]) = match filters.value("account").and_then(as_user_id) {
        Some(user_id) if filters.value("user_id").is_none() => (Some(user_id), &["cursor", "status", "account"]),
        _ => (filters.value("user_id"), &["cursor", "status", "user_id"]),
    };
    // What is no filter here is left to the query, which says so.
    let query = inspection.query(filters.without(apart))?;
    if filters.without(&["cursor", "status", "user_id"]).any(|(name, _)| !SEARCHED.contains(&name)) {
        return Err(Wrong::Form);
    }
    let standing = filters.value("status").map(|name| Standing::parse(name).ok_or(Wrong::Choice)).transpose()?;
    let user_id = by_id.map(|text| UserId::parse(text).map_err(|_| Wrong::Choice)).transpose()?;
    let from = filters.cursor(&query)?;
    Ok((Wanted { standing, user_id, query }, from))
}

/// The userid, where an account is asked for by it: with its kind before it, or as no other name looks.
fn as_user_id(account: &str) -> Option<&str> {
    let is_pseudonym = account.parse::<Mark>().is_ok();
    match account.strip_prefix("user_id:") {
        Some(user_id) => Some(user_id),
        None => Some(account).filter(|account| !is_pseudonym && !account.contains([':', '@', '+'])),
    }
}

fn shown(reader: &Reader, filters: &Filters, found: Result<(&OpenedPage, Option<&str>), Wrong>) -> HttpResponse {
    let title = reader.say("incidents-title");
    let main = html! {
        h1 { (title) }
        (alert(reader, found.as_ref().err().copied()))
        (form(reader, filters))
        @if let Ok((found, next)) = &found { (incidents(reader, found, *next)) }
    };
    let status = found.err().map_or(StatusCode::OK, Wrong::status);
    answer_with(status, &page(reader, Section::Incidents, &title, &main))
}

fn form(reader: &Reader, filters: &Filters) -> Markup {
    let chosen = filters.value("status").and_then(Standing::parse);
    html! {
        form.filters method="get" action=(PATH) role="search" {
            div.grid {
                div {
                    label for="f-status" { (reader.say("filter-status")) }
                    select #f-status name="status" {
                        option value="" { (reader.say("filter-any")) }
                        @for standing in Standing::ALL {
                            option value=(standing.as_str()) selected[chosen == Some(standing)] { (word(reader, standing)) }
                        }
                    }
                }
                @for name in ["text", "user_id", "account", "rule", "source", "since", "until"] { (field(reader, filters, name)) }
            }
            (hint(reader))
            p.quiet { (reader.say("incidents-hint")) }
            p { button type="submit" { (reader.say("filter-search")) } " " a href=(PATH) { (reader.say("filter-clear")) } }
        }
    }
}

fn incidents(reader: &Reader, found: &OpenedPage, next: Option<&str>) -> Markup {
    let title = reader.say("incidents-found");
    let columns =
        ["column-opened", "column-incident", "column-state", "column-account", "column-rule", "column-source"];
    html! {
        h2 { (title) }
        (table(reader, &title, &columns, &found.incidents, |listed| row(reader, listed)))
        @if found.incidents.is_empty() && next.is_some() { p.quiet { (reader.say("filter-sparse")) } }
        (onward(reader, next))
    }
}

fn row(reader: &Reader, Listed { incident, source, .. }: &Listed) -> Markup {
    let standing = Standing::of(incident);
    let tone = match standing {
        Standing::Held => "wait",
        Standing::UnderWay | Standing::Contained => "good",
        Standing::Closed => "quiet",
    };
    html! {
        tr {
            td { (reader.time(incident.opened_at)) }
            td { a href={ (PATH) "/" (incident.id()) } { code { (incident.id()) } } }
            td data-label=(reader.say("column-state")) {
                span class=(tone) { (word(reader, standing)) }
                @if let Status::Held(reason) = incident.status { br; span.quiet { (reader.hold(reason)) } }
                @if let Status::Closed(outcome) = incident.status { br; span.quiet { (super::timeline::outcome(reader, outcome)) } }
            }
            td data-label=(reader.say("column-account")) {
                (steps::account(reader, incident))
            }
            td data-label=(reader.say("column-rule")) {
                @for rule in &incident.plan.rules { div { (rule.title) } }
                @if let Some(actor) = &incident.plan.asked_by { div { (reader.say_of("by-hand", &[("name", actor.as_str().into())])) } }
            }
            td data-label=(reader.say("column-source")) { @if let Some(source) = source { (source) } }
        }
    }
}

/// Where it stands, in a word.
fn word(reader: &Reader, standing: Standing) -> String {
    match standing {
        Standing::Held => reader.say("standing-held"),
        Standing::UnderWay => reader.say("standing-under-way"),
        Standing::Contained => reader.say("standing-contained"),
        Standing::Closed => reader.say("standing-closed"),
    }
}
