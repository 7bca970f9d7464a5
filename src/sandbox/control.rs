//! The control plane under `/sandbox/`, for people and tests in other processes. Not part of DingTalk.

use serde::Serialize;
use serde_json::{Value, json};

use super::answer::Document;
use super::faults::Fault;
use super::handle::{Sandbox, SignInRefused};
use super::request::{Content, Request};

/// The most calls in one answer; ask again with `after` for more.
const CALLS_PAGE_MAX: usize = 1000;

/// What can be asked, as `GET /sandbox/` says it.
const HELP: &str = "\
The control plane of the Portcullis sandbox. It is not part of DingTalk.

GET    /sandbox/watch                       a page that shows all of it
GET    /sandbox/accounts                    all accounts
GET    /sandbox/accounts/{userid}           one account: sessions, notices
POST   /sandbox/accounts/{userid}/sign-in   one more session, unless disabled
GET    /sandbox/calls?after=N               calls received after sequence N
GET    /sandbox/faults                      the faults waiting
POST   /sandbox/faults                      one more, as JSON (see below)
DELETE /sandbox/faults                      remove all faults
POST   /sandbox/release                     let hanging calls go on
POST   /sandbox/expire-token                end the app's token
POST   /sandbox/clock?ahead_s=N             answers say a time N s ahead
POST   /sandbox/reset                       everything but the token as at start

A fault: {\"kind\":\"busy\",\"api\":\"sign_out\",\"user_id\":\"lisi\",\"from\":1,\"times\":2}
Only kind is needed; times null means until removed. Kinds: busy, throttled,
throttled_minute, expired_token, quota_exhausted, permission_denied,
address_blocked, hang_before_work, hang_after_work, reset_before_work,
reset_after_work, html_with_200, result_false, false_success, empty_object,
dropped_silently, {\"slow_ms\":250}.
";

/// Whether a path belongs to the control plane.
pub(super) fn is_control(path: &str) -> bool {
    path == "/sandbox" || path.starts_with("/sandbox/")
}

/// Answers one request of the control plane.
pub(super) fn answer(sandbox: &Sandbox, request: &Request) -> Document {
    let segments: Vec<&str> = request.path.split('/').filter(|part| !part.is_empty()).skip(1).collect();
    match (request.method.as_str(), segments.as_slice()) {
        ("GET", []) => help(),
        ("GET", ["accounts"]) => document(200, &json!({ "accounts": sandbox.accounts() })),
        ("GET", ["accounts", user_id]) => match sandbox.account(user_id) {
            Some(account) => document(200, &account),
            None => refusal(404, &SignInRefused::NoSuchAccount.to_string()),
        },
        ("POST", ["accounts", user_id, "sign-in"]) => sign_in(sandbox, user_id),
        ("GET", ["calls"]) => calls(sandbox, request),
        ("GET", ["faults"]) => faults(sandbox, 200),
        ("POST", ["faults"]) => inject(sandbox, request),
        ("DELETE", ["faults"]) => then(sandbox, Sandbox::clear_faults),
        ("POST", ["release"]) => then(sandbox, Sandbox::release_hangs),
        ("POST", ["expire-token"]) => then(sandbox, Sandbox::expire_token),
        ("POST", ["clock"]) => clock(sandbox, request),
        ("POST", ["reset"]) => then(sandbox, Sandbox::reset),
        _ => refusal(404, "nothing here answers to this method and path; GET /sandbox/ tells what does"),
    }
}

fn then(sandbox: &Sandbox, act: impl Fn(&Sandbox)) -> Document {
    act(sandbox);
    document(200, &json!({ "done": true }))
}

fn sign_in(sandbox: &Sandbox, user_id: &str) -> Document {
    match sandbox.sign_in(user_id) {
        Ok(sessions) => document(200, &json!({ "sessions": sessions })),
        Err(SignInRefused::NoSuchAccount) => refusal(404, &SignInRefused::NoSuchAccount.to_string()),
        Err(SignInRefused::Disabled) => refusal(409, &SignInRefused::Disabled.to_string()),
    }
}

fn calls(sandbox: &Sandbox, request: &Request) -> Document {
    let Ok(after) = request.query("after").unwrap_or("0").parse() else {
        return refusal(400, "after is a sequence number");
    };
    let (calls, last) = sandbox.calls_after(after, CALLS_PAGE_MAX);
    document(200, &json!({ "calls": calls, "last": last }))
}

fn clock(sandbox: &Sandbox, request: &Request) -> Document {
    let Some(seconds) = request.query("ahead_s").and_then(|text| text.parse().ok()) else {
        return refusal(400, "ahead_s is a number of seconds");
    };
    then(sandbox, |sandbox| sandbox.say_ahead(seconds))
}

fn faults(sandbox: &Sandbox, status: u16) -> Document {
    document(status, &json!({ "faults": sandbox.faults() }))
}

fn inject(sandbox: &Sandbox, request: &Request) -> Document {
    let Content::Json(body) = &request.content else {
        return refusal(400, "a fault is a JSON document (Content-Type: application/json)");
    };
    let fault: Fault = match serde_json::from_value(body.clone()) {
        Ok(fault) => fault,
        Err(problem) => return refusal(400, &format!("not a fault: {problem}")),
    };
    match sandbox.inject(fault) {
        Ok(()) => faults(sandbox, 201),
        Err(full) => refusal(409, &full.to_string()),
    }
}

fn help() -> Document {
    Document { content_type: "text/plain;charset=UTF-8", body: HELP.to_owned(), ..document(200, &Value::Null) }
}

fn refusal(status: u16, why: &str) -> Document {
    document(status, &json!({ "error": why }))
}

fn document(status: u16, body: &impl Serialize) -> Document {
    Document {
        status,
        content_type: "application/json;charset=UTF-8",
        // Only maps with other keys than texts fail, and there are none.
        body: serde_json::to_string(body).unwrap_or_default(),
        code: None,
        request_id: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_fits_80_columns() {
        assert!(HELP.lines().all(|line| line.chars().count() <= 80));
    }
}
