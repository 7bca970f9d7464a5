//! Trying a source out: the form that opens a window in which nothing is acted on, and what came in it.

use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};
use serde::Deserialize;

use super::PATH;
use crate::access::Permission;
use crate::console::act::{Unsaid, shown as answered};
use crate::console::reader::Reader;
use crate::console::table::table;
use crate::console::{Console, enter};
use crate::decisions::Reason;
use crate::incident::{SourceName, Timestamp};
use crate::intake::{Found, Trial, Tried};
use crate::trail::export::inert;

/// For how long, in minutes; 0 ends it.
const MINUTES: [u16; 4] = [10, 30, 60, 0];

/// What the form sends.
#[derive(Deserialize)]
pub(in crate::console) struct Wanted {
    csrf: String,
    reason: String,
    minutes: u16,
}

/// Opens the window, or ends it.
pub(in crate::console) async fn try_out(
    request: HttpRequest,
    console: Data<Console>,
    name: Path<String>,
    wanted: Form<Wanted>,
) -> HttpResponse {
    let (reader, session) = match enter::to_change(&request, &console, Some(Permission::TrySources), &wanted.csrf) {
        Ok(entered) => entered,
        Err(away) => return away.answer(),
    };
    let decided = async {
        let reason = Reason::parse(&wanted.reason).map_err(|_| Unsaid::NoReason)?;
        console.decisions.try_source(&session.actor, &name, wanted.minutes, reason).await?;
        Ok(())
    };
    // What is no source has no page to go back to.
    let back = match console.sources.now().configured(&name) {
        Some(name) => format!("{PATH}/{name}"),
        None => PATH.to_owned(),
    };
    answered(&reader, decided.await, &back)
}

/// The window, if there is or was one, and the form.
pub(super) fn shown(reader: &Reader, name: &SourceName, trial: Option<&Trial>, now: Timestamp) -> Markup {
    html! {
        h2 { (reader.say("trial-title")) }
        p.read { (reader.say("trial-text")) }
        @if let Some(trial) = trial { (window(reader, trial, now)) }
        @if reader.may_change(Permission::TrySources) {
            form.fields method="post" action={ (PATH) "/" (name) "/test" } {
                (reader.proof())
                label for="minutes" { (reader.say("trial-minutes")) }
                select #minutes name="minutes" {
                    @for minutes in MINUTES { option value=(minutes) { @if minutes == 0 { (reader.say("trial-end")) } @else { (reader.number(minutes.into())) } } }
                }
                label for="trial-reason" { (reader.say("incident-reason")) }
                input #trial-reason name="reason" required maxlength="500" autocomplete="off";
                button type="submit" { (reader.say("trial-try")) }
            }
        }
    }
}

fn window(reader: &Reader, trial: &Trial, now: Timestamp) -> Markup {
    let key = if trial.is_open(now) { "trial-open" } else { "trial-over" };
    let tried: Vec<&Tried> = trial.tried.iter().rev().collect();
    let title = reader.say("trial-deliveries");
    html! {
        p { (reader.rich(key, &[("until", reader.time(trial.until)), ("count", html! { (reader.number(trial.count)) })])) }
        (table(reader, &title, &["column-time", "column-became"], &tried, |tried| {
            html! { tr { td { (reader.time(tried.at)) } td data-label=(reader.say("column-became")) { (found(reader, &tried.found)) } } }
        }))
    }
}

fn found(reader: &Reader, found: &Found) -> Markup {
    let because = |key: &str, reason: &str, why: &str| {
        html! { span.bad { (reader.say_either(key, "", key)) } " " code { (reason) } " " (inert(why)) }
    };
    match found {
        Found::Alerts { shown, .. } => {
            let with = [("secret", shown.secret.as_str().into()), ("count", shown.count.into())];
            html! { span.good { (reader.say_of("trial-alerts", &with)) } }
        }
        Found::Handshake { .. } => html! { span.good { (reader.say("trial-handshake")) } },
        Found::Stream { status, .. } => html! { span.good { (reader.say("trial-stream")) } " " (status.as_str()) },
        Found::NotUnderstood { reason, why, .. } => because("trial-not-understood", reason, why),
        Found::Refused { reason, why } => because("trial-refused", reason, why),
    }
}
