//! The page *A person*: what is kept on somebody, under which names, what still needs it, and having it erased. Names are
//! in forms and never in an address, so that no history and no log has them; that somebody asked is on the trail.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};
use serde::Deserialize;

use super::pages;
use crate::access::{Permission, Session};
use crate::console::enter::Away;
use crate::console::page::{self, Section, page};
use crate::console::reader::Reader;
use crate::console::{Console, enter, told};
use crate::data_subjects::{self, EraseError, Erasure, Found, Told};
use crate::decisions::Reason;
use crate::incident::{AccountKind, AccountRef, Event, IncidentId, ReadWay, SubjectEvent};

/// Where the page is.
pub(super) const PATH: &str = "/trail/person";
/// The kinds of names, those that auditors are asked by first.
const KINDS: [(AccountKind, &str); 6] = [
    (AccountKind::Email, "kind-email"),
    (AccountKind::UserId, "kind-user-id"),
    (AccountKind::Mobile, "kind-mobile"),
    (AccountKind::JobNumber, "kind-job-number"),
    (AccountKind::LoginId, "kind-login-id"),
    (AccountKind::UnionId, "kind-union-id"),
];

/// Who is meant.
#[derive(Deserialize)]
pub(in crate::console) struct Asked {
    csrf: String,
    kind: AccountKind,
    value: String,
    /// Whether only this name is meant.
    #[serde(default)]
    only: Option<String>,
}

/// Whose data are erased, and why.
#[derive(Deserialize)]
pub(in crate::console) struct Erase {
    csrf: String,
    kind: AccountKind,
    value: String,
    #[serde(default)]
    only: Option<String>,
    /// The name once more, typed by whoever means it.
    confirm: String,
    reason: String,
}

/// Why nothing is shown or erased: the key of a sentence, and the incidents that it is about.
struct Unfit(StatusCode, &'static str, Vec<IncidentId>);

pub(in crate::console) async fn ask(request: HttpRequest, console: Data<Console>) -> HttpResponse {
    match enter::to_see(&request, &console, Permission::ReadPersonal) {
        Ok(reader) => page::answer(&render(&reader, &form(&reader, None))),
        Err(away) => away.answer(),
    }
}

pub(in crate::console) async fn find(request: HttpRequest, console: Data<Console>, asked: Form<Asked>) -> HttpResponse {
    let (reader, session) = match enter::to_change(&request, &console, Some(Permission::ReadPersonal), &asked.csrf) {
        Ok(entered) => entered,
        Err(away) => return away.answer(),
    };
    match found(&console, &session, &asked).await {
        Ok(found) => {
            let open = found.open(&console.trail);
            page::answer(&render(
                &reader,
                &html! {
                    (form(&reader, Some(&asked)))
                    (shown(&reader, &found, &open))
                    @if open.is_empty() && !found.keys.is_empty() { (erasing(&reader, &asked)) }
                },
            ))
        }
        Err(unfit) => refused(&reader, &unfit),
    }
}

/// Makes it unreadable for good; whoever does it has to have shown a moment ago who they are.
pub(in crate::console) async fn erase(
    request: HttpRequest,
    console: Data<Console>,
    erase: Form<Erase>,
) -> HttpResponse {
    let entered = enter::to_change(&request, &console, Some(Permission::ErasePersonal), &erase.csrf);
    let fresh = entered.and_then(|(reader, session)| match session.is_fresh {
        true => Ok((reader, session)),
        false => Err(Away::SignInAgain(PATH)),
    });
    let (reader, session) = match fresh {
        Ok(entered) => entered,
        Err(away) => return away.answer(),
    };
    match erased(&console, session, &erase).await {
        Ok(records) => page::answer(&render(
            &reader,
            &html! {
                p.state.good role="status" { (reader.count("person-erased", records)) }
                (form(&reader, None))
            },
        )),
        Err(unfit) => refused(&reader, &unfit),
    }
}

/// That somebody has asked is recorded before they are shown anything.
async fn found(console: &Console, session: &Session, asked: &Asked) -> Result<Found, Unfit> {
    let found = search(console, asked.kind, &asked.value, asked.only.is_some()).await?;
    let event = Event::Subject(SubjectEvent::read(&session.actor.name, ReadWay::Find, &[]));
    console.trail.record(console.clock.now(), vec![event]).await.map_err(|_| unavailable())?;
    Ok(found)
}

async fn search(console: &Console, kind: AccountKind, value: &str, only: bool) -> Result<Found, Unfit> {
    let account = AccountRef::parse(kind, value.trim());
    let account = account.map_err(|_| Unfit(StatusCode::UNPROCESSABLE_ENTITY, "person-no-name", Vec::new()))?;
    console.kept.find(vec![account], only).await.map_err(|_| unavailable())
}

async fn erased(console: &Console, session: Session, erase: &Erase) -> Result<u64, Unfit> {
    let unfit = |key| Unfit(StatusCode::UNPROCESSABLE_ENTITY, key, Vec::new());
    let reason = Reason::parse(&erase.reason).map_err(|_| unfit("refused-no-reason"))?.into_text();
    if erase.confirm.trim() != erase.value.trim() {
        return Err(unfit("person-unconfirmed"));
    }
    let found = search(console, erase.kind, &erase.value, erase.only.is_some()).await?;
    let erasure = Erasure { actor: session.actor.name, own: session.actor.user_id, reason };
    let erased = data_subjects::erase(&console.trail, found, erasure, console.clock.now()).await;
    erased.inspect(|records| tracing::warn!(records.count = records, "what is kept on a person was erased")).map_err(
        |error| match error {
            EraseError::Nothing => Unfit(StatusCode::NOT_FOUND, "person-nothing", Vec::new()),
            EraseError::Open(incidents) => Unfit(StatusCode::CONFLICT, "person-open", incidents),
            EraseError::Own => Unfit(StatusCode::FORBIDDEN, "refused-own-account", Vec::new()),
            EraseError::Store(_) => unavailable(),
        },
    )
}

fn unavailable() -> Unfit {
    Unfit(StatusCode::SERVICE_UNAVAILABLE, "refused-unavailable", Vec::new())
}

fn refused(reader: &Reader, Unfit(status, key, incidents): &Unfit) -> HttpResponse {
    let main = html! {
        p.state.bad role="alert" { (reader.say_either(key, "", key)) }
        (listed(incidents))
        p { a href=(PATH) { (reader.say("page-back")) } }
    };
    page::answer_with(*status, &render(reader, &main))
}

fn listed(incidents: &[IncidentId]) -> Markup {
    html! { @if !incidents.is_empty() { ul { @for id in incidents { li { (told::incident(id.as_str())) } } } } }
}

fn render(reader: &Reader, main: &Markup) -> Markup {
    let title = reader.say("trail-person");
    let main = html! {
        h1 { (title) }
        (pages(reader, PATH))
        p { (reader.say("person-text")) }
        (main)
    };
    page(reader, Section::Trail, &title, &main)
}

fn form(reader: &Reader, asked: Option<&Asked>) -> Markup {
    let (kind, value) = asked.map_or((AccountKind::Email, ""), |asked| (asked.kind, asked.value.as_str()));
    html! {
        @if reader.may_change(Permission::ReadPersonal) {
            form.fields method="post" action=(PATH) {
                (reader.proof())
                label for="person-kind" { (reader.say("person-kind")) }
                select #person-kind name="kind" {
                    @for (one, key) in KINDS { option value=(one.as_str()) selected[one == kind] { (reader.say_either(key, "", key)) } }
                }
                label for="person-value" { (reader.say("person-value")) }
                input #person-value name="value" value=(value) required maxlength="256" autocomplete="off";
                label.choice {
                    input type="checkbox" name="only" value="yes" checked[asked.is_some_and(|asked| asked.only.is_some())];
                    " " (reader.say("person-only"))
                }
                button type="submit" { (reader.say("person-find")) }
            }
        }
    }
}

fn shown(reader: &Reader, found: &Found, open: &[IncidentId]) -> Markup {
    let figures = [
        ("person-records", found.records.len()),
        ("person-beside", found.beside.len()),
        ("person-keys", found.keys.len()),
    ];
    html! {
        h2 { (reader.say("person-kept")) }
        dl.figures {
            @for (key, figure) in figures { div { dt { (reader.say_either(key, "", key)) } dd { (reader.number(figure as u64)) } } }
        }
        @if found.keys.is_empty() { p { (reader.say("person-nothing")) } }
        h3 { (reader.say("person-names")) }
        ul { @for name in &found.names { li { code { (name.account.key()) } " " span.quiet { (by(reader, name.by)) } } } }
        @if !open.is_empty() {
            p.state.wait { (reader.say("person-open")) }
            (listed(open))
        }
        p.quiet { (reader.rich("person-hand-out", &[("command", html! { code { "portcullis subject export" } })])) }
    }
}

fn by(reader: &Reader, told: Told) -> String {
    match told {
        Told::Asked => reader.say("told-asked"),
        Told::Directory => reader.say("told-directory"),
        Told::Identities => reader.say("told-identities"),
        Told::Trail => reader.say("told-trail"),
    }
}

fn erasing(reader: &Reader, asked: &Asked) -> Markup {
    html! {
        @if reader.may_change(Permission::ErasePersonal) {
            section.decide aria-labelledby="person-erase" {
                h2 #person-erase { (reader.say("person-erase")) }
                p { (reader.say("person-erase-text")) }
                form.fields method="post" action={ (PATH) "/erase" } {
                    (reader.proof())
                    input type="hidden" name="kind" value=(asked.kind.as_str());
                    input type="hidden" name="value" value=(asked.value.trim());
                    @if asked.only.is_some() { input type="hidden" name="only" value="yes"; }
                    label for="person-confirm" { (reader.say("person-confirm")) }
                    input #person-confirm name="confirm" required maxlength="256" autocomplete="off";
                    label for="person-reason" { (reader.say("incident-reason")) }
                    input #person-reason name="reason" required maxlength="500" autocomplete="off" aria-describedby="person-reason-hint";
                    p.quiet #person-reason-hint { (reader.say("incident-reason-hint")) }
                    @if !reader.is_fresh { p.quiet { (reader.say("incident-again")) } }
                    button type="submit" { (reader.say("person-erase-for-good")) }
                }
            }
        }
    }
}
