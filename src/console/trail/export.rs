//! Records as a file to take away, asked for with a form. That they are taken stands on the trail first.

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};

use crate::access::Permission;
use crate::console::filters::{Filters, Wrong, label};
use crate::console::reader::Reader;
use crate::console::{Console, enter, given, page};
use crate::incident::Timestamp;
use crate::trail::export::{Format, Selection};
use crate::trail::search::moment;

/// The checkpoint that the records are under, in base64, as the API gives it along.
const CHECKPOINT: &str = "portcullis-checkpoint";
/// Where the file is.
const PATH: &str = "/trail/export";

pub(in crate::console) async fn export(request: HttpRequest, console: Data<Console>) -> HttpResponse {
    let reader = match enter::to_see(&request, &console, Permission::ReadTrail) {
        Ok(reader) => reader,
        Err(away) => return away.answer(),
    };
    let (format, selection) = match Filters::of(&request).and_then(|filters| asked(&filters)) {
        Ok(asked) => asked,
        Err(wrong) => {
            return page::failed(&reader, wrong.status(), &reader.say("page-refused"), &wrong.says(&reader));
        }
    };
    match console.inspection.export(reader.name(), format, selection).await {
        Ok(file) => {
            let mut answer = given::piecemeal(&file.name, format.media_type(), file.flow);
            if let Ok(checkpoint) = HeaderValue::from_str(&STANDARD.encode(&file.checkpoint)) {
                answer.headers_mut().insert(HeaderName::from_static(CHECKPOINT), checkpoint);
            }
            answer
        }
        Err(error) => given::refused(&reader, &error),
    }
}

fn asked(filters: &Filters) -> Result<(Format, Selection), Wrong> {
    if filters.without(&["format", "since", "until"]).next().is_some() {
        return Err(Wrong::Form);
    }
    let format = filters.value("format").map_or(Some(Format::JsonLines), Format::parse).ok_or(Wrong::Choice)?;
    let (since, until) = times(filters)?;
    Ok((format, Selection { from: None, to: None, since, until }))
}

/// Of which time: what is asked for from `since` on and before `until`.
pub(super) fn times(filters: &Filters) -> Result<(Option<Timestamp>, Option<Timestamp>), Wrong> {
    let time = |name| filters.value(name).map(|text| moment(text).ok_or(Wrong::Time(name))).transpose();
    Ok((time("since")?, time("until")?))
}

fn says(reader: &Reader, format: Format) -> String {
    match format {
        Format::JsonLines => reader.say("export-jsonl"),
        Format::Csv => reader.say("export-csv"),
        Format::Ocsf => reader.say("export-ocsf"),
    }
}

/// The form. Its fields are of their own: of the filters of a search it begins with the times.
pub(super) fn form(reader: &Reader, filters: &Filters) -> Markup {
    let time = |name: &str| {
        html! {
            div {
                label for={ "x-" (name) } { (label(reader, name)) }
                input id={ "x-" (name) } name=(name) value=[filters.value(name)] maxlength="40" autocomplete="off" aria-describedby="filter-times";
            }
        }
    };
    html! {
        section aria-labelledby="export" {
            h2 #export { (reader.say("export-title")) }
            p { (reader.say("export-text")) }
            form.filters method="get" action=(PATH) {
                div.grid {
                    div {
                        label for="x-format" { (reader.say("export-format")) }
                        select #x-format name="format" {
                            @for format in Format::ALL {
                                option value=(format.as_str()) { (says(reader, format)) }
                            }
                        }
                    }
                    (time("since"))
                    (time("until"))
                }
                p { button type="submit" { (reader.say("export-button")) } }
            }
        }
    }
}
