//! The page *Search*: the records that pass all filters, newest first, in words.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use super::{PATH, export, pages};
use crate::access::Permission;
use crate::console::filters::{Filters, Wrong, alert, field, hint, onward};
use crate::console::page::{Section, answer_with, page};
use crate::console::reader::Reader;
use crate::console::table::table;
use crate::console::{Console, enter, given, told};
use crate::trail::Record;

/// Records on one page.
const ROWS: usize = 50;
/// The filters that most questions need; the others are opened when they are wanted.
const USUAL: [&str; 8] = ["text", "account", "user_id", "actor", "rule", "source", "outcome", "kind"];
const FURTHER: [&str; 6] = ["incident", "alert", "reason", "verdict", "step", "version"];

/// What was found, and where it goes on.
struct Page {
    records: Vec<Record>,
    next: Option<String>,
}

pub(in crate::console) async fn search(request: HttpRequest, console: Data<Console>) -> HttpResponse {
    let reader = match enter::to_see(&request, &console, Permission::ReadTrail) {
        Ok(reader) => reader,
        Err(away) => return away.answer(),
    };
    let filters = match Filters::of(&request) {
        Ok(filters) => filters,
        Err(wrong) => return shown(&reader, &Filters::none(), Err(wrong)),
    };
    let question = console.inspection.query(filters.without(&["cursor"])).map_err(Wrong::from);
    let question = question.and_then(|query| Ok((filters.cursor(&query)?, query)));
    let (from, query) = match question {
        Ok(question) => question,
        Err(wrong) => return shown(&reader, &filters, Err(wrong)),
    };
    match console.inspection.search(reader.name(), query.clone(), from, ROWS).await {
        Ok(found) => {
            let records = found.records.iter().filter_map(|stored| told::decode(&stored.record)).collect();
            let next = found.next.map(|cursor| filters.next(PATH, &cursor.encode(&query)));
            shown(&reader, &filters, Ok(&Page { records, next }))
        }
        Err(error) => given::refused(&reader, &error),
    }
}

fn shown(reader: &Reader, filters: &Filters, found: Result<&Page, Wrong>) -> HttpResponse {
    let title = reader.say("trail-title");
    let main = html! {
        h1 { (title) }
        (pages(reader, PATH))
        (alert(reader, found.err()))
        (form(reader, filters))
        @if let Ok(found) = found { (records(reader, found)) }
        (export::form(reader, filters))
    };
    let status = found.err().map_or(StatusCode::OK, Wrong::status);
    answer_with(status, &page(reader, Section::Trail, &title, &main))
}

fn form(reader: &Reader, filters: &Filters) -> Markup {
    let is_open = FURTHER.iter().any(|name| filters.value(name).is_some());
    html! {
        form.filters method="get" action=(PATH) role="search" {
            div.grid {
                @for name in USUAL { (field(reader, filters, name)) }
                @for name in ["since", "until"] { (field(reader, filters, name)) }
            }
            (hint(reader))
            p.quiet { (reader.say("trail-hint")) }
            details open[is_open] {
                summary { (reader.say("filter-further")) }
                div.grid { @for name in FURTHER { (field(reader, filters, name)) } }
            }
            p { button type="submit" { (reader.say("filter-search")) } " " a href=(PATH) { (reader.say("filter-clear")) } }
        }
    }
}

fn records(reader: &Reader, found: &Page) -> Markup {
    let title = reader.say("trail-found");
    let columns = ["column-time", "column-record", "column-happened", "column-details"];
    html! {
        h2 { (title) }
        (table(reader, &title, &columns, &found.records, |record| row(reader, record)))
        @if found.records.is_empty() && found.next.is_some() { p.quiet { (reader.say("filter-sparse")) } }
        (onward(reader, found.next.as_deref()))
    }
}

fn row(reader: &Reader, record: &Record) -> Markup {
    html! {
        tr {
            td { (reader.time(record.at)) }
            td { (told::record(reader, record.seq)) }
            td { (told::says(reader, &record.event)) br; code.quiet { (record.event.kind()) } }
            td { (told::facts(reader, &record.event)) }
        }
    }
}
