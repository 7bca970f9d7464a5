//! Tokens: who has one, giving one out, which is shown this once, and taking one back.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};
use serde::Deserialize;

use super::enter::Away;
use super::page::{self, Section, page};
use super::reader::Reader;
use super::settings::PATH;
use super::table::table;
use super::{Console, enter};
use crate::access::{IssueError, Listed, Permission, Role, Session, WantedToken, Way};
use crate::decisions::Reason;
use crate::incident::UserId;

/// The roles, those with the least first, and the keys of what they may.
const ROLES: [(Role, &str); 4] = [
    (Role::Auditor, "role-auditor"),
    (Role::Engineer, "role-engineer"),
    (Role::Responder, "role-responder"),
    (Role::Admin, "role-admin"),
];
/// How long a token lasts, in days.
const DAYS: [u32; 4] = [90, 30, 7, 366];

/// The token that a form asks for.
#[derive(Deserialize)]
pub(super) struct Wanted {
    csrf: String,
    name: String,
    role: Role,
    #[serde(default)]
    user_id: String,
    days: u32,
    reason: String,
}

/// The token that a form takes back.
#[derive(Deserialize)]
pub(super) struct Unwanted {
    csrf: String,
    name: String,
    reason: String,
}

/// Gives one out, and shows it.
pub(super) async fn issue(request: HttpRequest, console: Data<Console>, wanted: Form<Wanted>) -> HttpResponse {
    let (reader, session) = match entered(&request, &console, &wanted.csrf) {
        Ok(entered) => entered,
        Err(away) => return away.answer(),
    };
    let Wanted { name, role, user_id, days, reason, .. } = wanted.into_inner();
    let Ok(reason) = Reason::parse(&reason) else { return refused(&reader, "refused-no-reason") };
    let Ok(user_id) = Some(user_id.trim()).filter(|id| !id.is_empty()).map(UserId::parse).transpose() else {
        return refused(&reader, "token-bad-account");
    };
    let wanted = WantedToken { name: name.trim().to_owned(), role, user_id, days };
    match console.access.issue(&session.actor, wanted, reason.into_text(), console.clock.now()).await {
        Ok((secret, token)) => {
            let title = reader.say("token-given");
            let with = [("name", html! { strong { (token.name) } }), ("until", reader.time(token.expires))];
            let main = html! {
                h1 { (title) }
                p { (reader.rich("token-given-text", &with)) }
                pre tabindex="0" { (secret.0) }
                p { a href=(PATH) { (reader.say("settings-title")) } }
            };
            page::answer(&page(&reader, Section::Settings, &title, &main))
        }
        Err(error) => refused(&reader, why(error)),
    }
}

/// Takes one back.
pub(super) async fn revoke(request: HttpRequest, console: Data<Console>, unwanted: Form<Unwanted>) -> HttpResponse {
    let (reader, session) = match entered(&request, &console, &unwanted.csrf) {
        Ok(entered) => entered,
        Err(away) => return away.answer(),
    };
    let Unwanted { name, reason, .. } = unwanted.into_inner();
    let Ok(reason) = Reason::parse(&reason) else { return refused(&reader, "refused-no-reason") };
    match console.access.revoke(&session.actor, &name, reason.into_text(), console.clock.now()).await {
        Ok(()) => enter::see(PATH),
        Err(error) => refused(&reader, why(error)),
    }
}

/// Whoever changes tokens has to have shown a moment ago who they are. Who came by the link of the first start has nothing
/// to show, and is there to give out the first token.
fn entered(request: &HttpRequest, console: &Console, csrf: &str) -> Result<(Reader, Session), Away> {
    let (reader, session) = enter::to_change(request, console, Some(Permission::ManageTokens), csrf)?;
    let is_shown = session.is_fresh || session.way == Way::FirstLink;
    if is_shown { Ok((reader, session)) } else { Err(Away::SignInAgain(PATH)) }
}

fn why(error: IssueError) -> &'static str {
    match error {
        IssueError::BadName => "token-bad-name",
        IssueError::NameTaken => "token-name-taken",
        IssueError::BadTime => "refused-bad-time",
        IssueError::TooMany => "token-too-many",
        IssueError::Unknown => "refused-unknown",
        IssueError::Unavailable => "refused-unavailable",
    }
}

fn refused(reader: &Reader, key: &str) -> HttpResponse {
    let status = match key {
        "refused-unavailable" => StatusCode::SERVICE_UNAVAILABLE,
        "refused-unknown" => StatusCode::NOT_FOUND,
        "token-name-taken" => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    page::refused(reader, status, &reader.say_either(key, "", key), PATH)
}

/// All of them, and the form for another.
pub(super) fn shown(console: &Console, reader: &Reader) -> Markup {
    let tokens = console.access.listed();
    let title = reader.say("tokens-title");
    let columns = ["column-name", "column-role", "column-account", "column-begins", "column-until", "column-used"];
    html! {
        h2 { (title) }
        (table(reader, &title, &columns, &tokens, |token| row(reader, token)))
        @if reader.may_change(Permission::ManageTokens) {
            (form(reader))
            (back(reader, &tokens))
        }
    }
}

fn row(reader: &Reader, token: &Listed) -> Markup {
    html! {
        tr {
            td { (token.name) @if token.by.is_none() { br; span.quiet { (reader.say("tokens-configured")) } } }
            td data-label=(reader.say("column-role")) { (role(reader, token.role)) }
            td data-label=(reader.say("column-account")) { @if let Some(user_id) = &token.user_id { (user_id) } }
            td data-label=(reader.say("column-begins")) { @if let Some(prefix) = &token.prefix { code { (prefix) } } }
            td data-label=(reader.say("column-until")) { @if let Some(expires) = token.expires { (reader.time(expires)) } }
            td data-label=(reader.say("column-used")) { @match token.last_used { Some(at) => (reader.time(at)), None => span.quiet { (reader.say("rules-never")) } } }
        }
    }
}

fn role(reader: &Reader, role: Role) -> String {
    let key = ROLES.iter().find(|(own, _)| *own == role).map_or("", |(_, key)| key);
    reader.say_either(key, "", key)
}

fn form(reader: &Reader) -> Markup {
    html! {
        details.steer {
            summary { (reader.say("tokens-issue")) }
            form.fields method="post" action="/settings/tokens" {
                (reader.proof())
                label for="token-name" { (reader.say("column-name")) }
                input #token-name name="name" required maxlength="64" autocomplete="off";
                label for="token-role" { (reader.say("column-role")) }
                select #token-role name="role" { @for (role, key) in ROLES { option value=(role.as_str()) { (reader.say_either(key, "", key)) } } }
                label for="token-account" { (reader.say("tokens-account")) }
                input #token-account name="user_id" maxlength="64" autocomplete="off";
                label for="token-days" { (reader.say("tokens-days")) }
                select #token-days name="days" { @for days in DAYS { option value=(days) { (reader.number(days.into())) } } }
                label for="token-reason" { (reader.say("incident-reason")) }
                input #token-reason name="reason" required maxlength="500" autocomplete="off";
                button type="submit" { (reader.say("tokens-issue")) }
            }
        }
    }
}

/// Those of the configuration are taken back there.
fn back(reader: &Reader, tokens: &[Listed]) -> Markup {
    let given: Vec<&Listed> = tokens.iter().filter(|token| token.by.is_some()).collect();
    html! {
        @if !given.is_empty() {
            details.steer {
                summary { (reader.say("tokens-revoke")) }
                form.fields method="post" action="/settings/tokens/revoke" {
                    (reader.proof())
                    label for="revoke-name" { (reader.say("column-name")) }
                    select #revoke-name name="name" { @for token in given { option value=(token.name) { (token.name) } } }
                    label for="revoke-reason" { (reader.say("incident-reason")) }
                    input #revoke-reason name="reason" required maxlength="500" autocomplete="off";
                    button type="submit" { (reader.say("tokens-revoke")) }
                }
            }
        }
    }
}
