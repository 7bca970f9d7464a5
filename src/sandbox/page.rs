//! The page on which a demo can be watched: every account, what has been done to it, and what its owner's screen says. It
//! is for people and not part of DingTalk; it runs no script, and loads itself again only where that is asked for.

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use maud::{DOCTYPE, Markup, html};

use super::accounts::{AccountState, Rank};
use super::calls::Call;
use super::handle::Sandbox;
use super::request::Request;

const STYLE: &str = include_str!("page.css");
/// Where the pages are, beside the control plane: that of all accounts, and below it that of one; and their style.
const PATH: &str = "/sandbox/watch";
const STYLE_PATH: &str = "/sandbox/watch.css";
/// Nothing but our own style.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";
/// How often a page that is live is loaded, in seconds.
const SECONDS: u8 = 2;
/// How many calls are shown.
const CALLS: usize = 20;

/// The page that is asked for, if one is. Everything else is DingTalk's or the control plane's.
pub(super) fn answer(sandbox: &Sandbox, request: &Request) -> Option<HttpResponse> {
    if request.method != "GET" {
        return None;
    }
    let live = request.query("live") == Some("yes");
    match request.path.as_str() {
        PATH => Some(page(StatusCode::OK, live, "DingTalk sandbox", &all(sandbox, live))),
        STYLE_PATH => Some(HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/css; charset=utf-8")).body(STYLE)),
        path => {
            let user_id = path.strip_prefix(PATH)?.strip_prefix('/')?;
            Some(match sandbox.account(user_id) {
                Some(account) => page(StatusCode::OK, live, &account.user_id, &alone(&account)),
                None => page(StatusCode::NOT_FOUND, false, "No such account", &html! { h1 { "No such account" } }),
            })
        }
    }
}

fn page(status: StatusCode, live: bool, title: &str, main: &Markup) -> HttpResponse {
    let whole = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                @if live { meta http-equiv="refresh" content=(SECONDS); }
                title { (title) " · DingTalk sandbox" }
                link rel="stylesheet" href=(STYLE_PATH);
            }
            body { main { (main) } }
        }
    };
    HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("x-content-type-options", "nosniff"))
        .body(whole.0)
}

fn all(sandbox: &Sandbox, live: bool) -> Markup {
    let accounts = sandbox.accounts();
    // Those for load are shown once something is done with them.
    let (mut shown, idle): (Vec<_>, Vec<_>) =
        accounts.into_iter().partition(|account| account.calls > 0 || !account.user_id.starts_with("user"));
    // What there is to see comes first.
    shown.sort_by_key(|account| account.last_sign_out.is_none());
    let calls = sandbox.calls();
    html! {
        h1 { "DingTalk sandbox" }
        p { "A simulator: nothing leaves this machine. " (switch(live)) }
        div.accounts { @for account in &shown { (card(account)) } }
        p.quiet { (idle.len()) " more accounts, with which nothing was done." }
        h2 { "Last calls" }
        @if calls.is_empty() { p.quiet { "None." } }
        ol.calls reversed { @for call in calls.iter().rev().take(CALLS) { li { (said(call)) } } }
        @let faults = sandbox.faults();
        h2 { "Faults that wait" }
        @if faults.is_empty() { p.quiet { "None." } }
        ul { @for fault in &faults { li { code { (serde_json::to_string(fault).unwrap_or_default()) } } } }
    }
}

fn switch(live: bool) -> Markup {
    html! {
        @if live { a href=(PATH) { "Stop loading it again and again" } }
        @else { a href={ (PATH) "?live=yes" } { "Load it every " (SECONDS) " seconds" } }
    }
}

fn alone(account: &AccountState) -> Markup {
    html! {
        h1 { (account.name) " " span.quiet { (account.user_id) } }
        p { a href=(PATH) { "All accounts" } }
        (card(account))
    }
}

fn card(account: &AccountState) -> Markup {
    let (tone, stands) = standing(account);
    html! {
        section.account {
            h2 { a href={ (PATH) "/" (account.user_id) } { (account.name) } " " span.quiet { (account.user_id) } }
            p.quiet { (account.email) @if account.rank != Rank::Employee { ", " (rank(account.rank)) } }
            p class=(tone) { strong { (stands) } }
            (screen(account))
        }
    }
}

fn standing(account: &AccountState) -> (&'static str, String) {
    match (account.disabled, account.sessions) {
        (true, 0) => ("bad", "disabled, signed out everywhere".to_owned()),
        (true, sessions) => ("bad", format!("disabled, but still signed in, {sessions} times")),
        (false, 0) => ("wait", "signed out everywhere".to_owned()),
        (false, 1) => ("good", "signed in, 1 session".to_owned()),
        (false, sessions) => ("good", format!("signed in, {sessions} sessions")),
    }
}

fn rank(rank: Rank) -> &'static str {
    match rank {
        Rank::Employee => "employee",
        Rank::Admin => "main administrator",
        Rank::SubAdmin => "sub-administrator",
        Rank::Boss => "boss",
        Rank::Senior => "executive",
    }
}

/// What the employee's clients show, in each language that they are set to.
fn screen(account: &AccountState) -> Markup {
    html! {
        @if let Some(notice) = &account.last_sign_out {
            div.screen {
                @for language in &account.languages {
                    @match notice.shown.get(language) {
                        Some(text) => p lang=(tag(language)) dir="auto" { (text) },
                        None => p.quiet { "No text was sent in " (language) "; what DingTalk shows then is not documented." },
                    }
                }
                p.quiet { (notice.at.strftime("%Y-%m-%d %H:%M:%S UTC")) ", " (notice.sessions_ended) " sessions ended, " (notice.texts.len()) " languages sent" }
            }
            @if let Some(reason) = &notice.reason { p.quiet { "In the administrator's log: " (reason) } }
        }
        @if let (true, Some(reason)) = (account.disabled, &account.disable_reason) { p.quiet { "Disabled because: " (reason) } }
    }
}

/// The language, as BCP 47 has it.
fn tag(locale: &str) -> String {
    if locale == "es_LA" { "es-419".to_owned() } else { locale.replace('_', "-") }
}

fn said(call: &Call) -> String {
    let mut text = call.at.strftime("%H:%M:%S ").to_string();
    let name = serde_json::to_value(call.api).ok().and_then(|name| name.as_str().map(str::to_owned));
    // Writing to a String does not fail.
    let _ = write!(text, "{}", name.unwrap_or_default());
    if let Some(user_id) = &call.user_id {
        let _ = write!(text, " {user_id}");
    }
    let _ = match (call.status, &call.code) {
        (None, _) => write!(text, ": not answered"),
        (Some(status), Some(code)) => write!(text, ": {status} {code}"),
        (Some(status), None) => write!(text, ": {status}"),
    };
    if call.fault.is_some() {
        text.push_str(" (a fault that was asked for)");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_tagged_as_browsers_know_it() {
        assert_eq!(["zh_CN", "es_LA", "th_TH"].map(tag), ["zh-CN", "es-419", "th-TH"]);
    }
}
