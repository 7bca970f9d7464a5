//! The reports that are ready made: which there are, and one of them with its columns explained.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use jiff::SignedDuration;
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::export::times;
use super::headings::heading;
use super::pages;
use crate::access::Permission;
use crate::console::filters::{Filters, Wrong, alert, field, hint};
use crate::console::page::{self, Section, answer_with, page};
use crate::console::reader::Reader;
use crate::console::{Console, enter, given, steps, table, told};
use crate::incident::Timestamp;
use crate::trail::export::{Format, inert};
use crate::trail::reports::{Column, Range, Report, Table};

/// Where they are.
const PATH: &str = "/trail/reports";
/// The name of a reason that is a code of ours; everywhere else a reason is somebody's words.
const HELD_FOR: &str = "held-reason";
/// Of which time a report is unless that is said.
const USUAL: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Which there are.
pub(in crate::console) async fn reports(request: HttpRequest, console: Data<Console>) -> HttpResponse {
    let reader = match enter::to_see(&request, &console, Permission::ReadTrail) {
        Ok(reader) => reader,
        Err(away) => return away.answer(),
    };
    let title = reader.say("trail-reports");
    let main = html! {
        h1 { (title) }
        (pages(&reader, PATH))
        p { (reader.say("reports-text")) }
        ul { @for report in Report::ALL { li { a href={ (PATH) "/" (report.as_str()) } { (shows(&reader, report)) } } } }
    };
    page::answer(&page(&reader, Section::Trail, &title, &main))
}

/// One of them.
pub(in crate::console) async fn report(
    request: HttpRequest,
    console: Data<Console>,
    name: Path<String>,
) -> HttpResponse {
    let reader = match enter::to_see(&request, &console, Permission::ReadTrail) {
        Ok(reader) => reader,
        Err(away) => return away.answer(),
    };
    let Some(report) = Report::parse(&name) else { return page::not_found(&reader) };
    let asked = Filters::of(&request).and_then(|filters| Ok((range(&filters, console.clock.now())?, filters)));
    let (range, filters) = match asked {
        Ok(asked) => asked,
        Err(wrong) => return shown(&reader, report, &Filters::none(), Err(wrong)),
    };
    match console.inspection.report(reader.name(), report, range).await {
        Ok(made) if filters.value("format") == Some(Format::Csv.as_str()) => {
            given::whole(&format!("{}.csv", report.as_str()), Format::Csv.media_type(), made.csv())
        }
        Ok(made) => shown(&reader, report, &filters, Ok(&made)),
        Err(error) => given::refused(&reader, &error),
    }
}

fn range(filters: &Filters, now: Timestamp) -> Result<Range, Wrong> {
    if filters.without(&["since", "until", "format"]).next().is_some() {
        return Err(Wrong::Form);
    }
    if filters.value("format").is_some_and(|format| format != Format::Csv.as_str()) {
        return Err(Wrong::Choice);
    }
    let (since, until) = times(filters)?;
    let since = if filters.without(&["format"]).next().is_none() { now.checked_sub(USUAL).ok() } else { since };
    Ok(Range { since, until })
}

fn shows(reader: &Reader, report: Report) -> String {
    reader.say_either("report-", report.as_str(), report.shows())
}

/// What a column means; the same name can mean another thing in another report.
fn means(reader: &Reader, report: Report, column: &Column) -> String {
    let general = reader.say_either("means-", column.name, column.means);
    reader.say_either("means-", &format!("{}-{}", report.as_str(), column.name), &general)
}

fn shown(reader: &Reader, report: Report, filters: &Filters, made: Result<&Table, Wrong>) -> HttpResponse {
    let title = shows(reader, report);
    let main = html! {
        h1.says { (title) }
        (pages(reader, PATH))
        (alert(reader, made.err()))
        form.filters method="get" action={ (PATH) "/" (report.as_str()) } {
            div.grid { @for name in ["since", "until"] { (field(reader, filters, name)) } }
            (hint(reader))
            p {
                button type="submit" { (reader.say("reports-show")) } " "
                button type="submit" name="format" value=(Format::Csv.as_str()) { (reader.say("reports-take")) }
            }
        }
        @if let Ok(made) = made { (rows(reader, report, made, &title)) }
    };
    let status = made.err().map_or(StatusCode::OK, Wrong::status);
    answer_with(status, &page(reader, Section::Trail, &title, &main))
}

fn rows(reader: &Reader, report: Report, made: &Table, title: &str) -> Markup {
    let columns: Vec<&str> = made.columns.iter().map(|column| heading(column.name)).collect();
    html! {
        p {
            @match (made.since, made.until) {
                (Some(since), Some(until)) => (reader.rich("reports-between", &[("since", reader.time(since)), ("until", reader.time(until))])),
                (Some(since), None) => (reader.rich("reports-since", &[("since", reader.time(since))])),
                (None, Some(until)) => (reader.rich("reports-until", &[("until", reader.time(until))])),
                (None, None) => (reader.say("reports-all")),
            }
            " " (reader.count("reports-rows", made.rows.len() as u64))
        }
        @if made.is_cut { p.state.wait { (reader.say("reports-cut")) } }
        div.dense { (table::table(reader, title, &columns, &made.rows, |row| cells(reader, report, made.columns, row))) }
        details open {
            summary { (reader.say("reports-columns")) }
            dl.facts {
                @for column in made.columns { div { dt { (headed(reader, column)) " " code { (column.name) } } dd { (means(reader, report, column)) } } }
            }
        }
    }
}

fn headed(reader: &Reader, column: &Column) -> String {
    let key = heading(column.name);
    reader.say_either(key, "", key)
}

fn cells(reader: &Reader, report: Report, columns: &[Column], row: &Map<String, Value>) -> Markup {
    html! {
        tr {
            @for column in columns {
                @let name = if report == Report::Held && column.name == "reason" { HELD_FOR } else { column.name };
                td data-label=(headed(reader, column)) { @if let Some(value) = row.get(column.name) { (cell(reader, name, value)) } }
            }
        }
    }
}

fn cell(reader: &Reader, name: &str, value: &Value) -> Markup {
    match (name, value) {
        (_, Value::Null) => html! { span.quiet { "–" } },
        ("record", Value::Number(seq)) => seq.as_u64().map_or_else(|| html! {}, |seq| told::record(reader, seq)),
        ("seconds" | "after_s", Value::Number(seconds)) => {
            html! { (seconds.as_u64().map_or_else(|| seconds.to_string(), |seconds| steps::lasting(reader, seconds))) }
        }
        (_, Value::Number(number)) => {
            html! { (number.as_u64().map_or_else(|| number.to_string(), |n| reader.number(n))) }
        }
        (_, Value::Bool(is_so)) => html! { (reader.say(if *is_so { "yes" } else { "no" })) },
        (_, Value::Array(values)) => html! { @for value in values { div { (cell(reader, name, value)) } } },
        (_, Value::Object(members)) => {
            html! { @for (name, value) in members { div { (inert(name)) ": " (cell(reader, name, value)) } } }
        }
        (HELD_FOR, Value::String(code)) => html! { (inert(&reader.say_either("hold-", code, code))) },
        (_, Value::String(text)) => match text.parse::<Timestamp>() {
            Ok(at) => reader.time(at),
            Err(_) => told::incident(text),
        },
    }
}
