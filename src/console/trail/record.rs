//! The page of one record: in words, as it is kept, and with what proves that it is in the log.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use maud::html;

use super::pages;
use crate::access::Permission;
use crate::console::page::{self, Section, page};
use crate::console::reader::Reader;
use crate::console::{Console, enter, given, told};
use crate::trail::Stored;
use crate::trail::export::inert;

pub(in crate::console) async fn record(
    request: HttpRequest,
    console: Data<Console>,
    asked: Path<String>,
) -> HttpResponse {
    match read(&request, &console, &asked).await {
        Ok((reader, stored)) => shown(&reader, &stored),
        Err(answer) => answer,
    }
}

/// Its bytes as they were hashed, as a file. That is a reading as any other.
pub(in crate::console) async fn bytes(
    request: HttpRequest,
    console: Data<Console>,
    asked: Path<String>,
) -> HttpResponse {
    match read(&request, &console, &asked).await {
        Ok((_, stored)) => given::whole(&format!("{}.json", stored.seq), "application/json", stored.record),
        Err(answer) => answer,
    }
}

/// The proof that it is in the log, as a file.
pub(in crate::console) async fn proof(
    request: HttpRequest,
    console: Data<Console>,
    asked: Path<String>,
) -> HttpResponse {
    let reader = match enter::to_see(&request, &console, Permission::ReadTrail) {
        Ok(reader) => reader,
        Err(away) => return away.answer(),
    };
    let Ok(seq) = asked.parse() else { return page::not_found(&reader) };
    match console.inspection.proof(seq).await {
        Ok(proof) => given::whole(&format!("{seq}.tlog-proof"), "text/plain; charset=utf-8", proof.text.into_bytes()),
        Err(error) => given::refused(&reader, &error),
    }
}

async fn read(request: &HttpRequest, console: &Console, asked: &str) -> Result<(Reader, Stored), HttpResponse> {
    let reader = match enter::to_see(request, console, Permission::ReadTrail) {
        Ok(reader) => reader,
        Err(away) => return Err(away.answer()),
    };
    let Ok(seq) = asked.parse() else { return Err(page::not_found(&reader)) };
    match console.inspection.record(reader.name(), seq).await {
        Ok(stored) => Ok((reader, stored)),
        Err(error) => Err(given::refused(&reader, &error)),
    }
}

fn shown(reader: &Reader, stored: &Stored) -> HttpResponse {
    let Some(record) = told::decode(&stored.record) else { return page::unavailable(reader) };
    let title = reader.say_of("record-title", &[("seq", reader.number(record.seq).into())]);
    let path = format!("/trail/records/{}", record.seq);
    // Laid out to be read; the exact bytes are in the file.
    let json = serde_json::to_string_pretty(&record.event).unwrap_or_default();
    let main = html! {
        h1 { (title) }
        (pages(reader, ""))
        p { strong { (told::says(reader, &record.event)) } " " (reader.time(record.at)) }
        (told::facts(reader, &record.event))
        h2 { (reader.say("record-proof")) }
        p { (reader.say("record-proof-text")) }
        ul {
            li { a href={ (path) "/json" } { (reader.say("record-file")) } }
            li { a href={ (path) "/proof" } { (reader.say("record-proof-file")) } }
            li { (reader.rich("record-leaf", &[("leaf", html! { code { (stored.leaf) } })])) }
            li { a href="/trail/verify" { (reader.say("trail-verify")) } }
        }
        h2 { (reader.say("record-json")) }
        pre tabindex="0" { (inert_lines(&json)) }
    };
    page::answer(&page(reader, Section::Trail, &title, &main))
}

/// Line by line: what turns text around or hides it is shown as what it is.
fn inert_lines(text: &str) -> String {
    text.lines().map(inert).collect::<Vec<_>>().join("\n")
}
