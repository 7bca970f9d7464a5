//! The way of one call: written down, struck by a fault or not, token, limit, work, answer.

use std::time::Duration;

use crate::incident::Timestamp;

use super::answer::{Answer, Document};
use super::catalogue::{Api, Family, is_path_of_another_method};
use super::faults::{FaultKind, SLOW_MS_MAX};
use super::handle::{Received, Sandbox};
use super::refusals::{
    INVALID_AUTHENTICATION, LEGACY_BLANK_TOKEN, LEGACY_INVALID_TOKEN, LEGACY_POST_NEEDED, LEGACY_THROTTLED,
    MISSING_TOKEN, NOT_FOUND, THROTTLED,
};
use super::request::Request;
use super::world::World;
use super::{contacts, dingtalk_id, legacy, messages, org_accounts};

/// What becomes of a call on the wire.
#[derive(Debug)]
pub(super) enum Reply {
    /// A document is sent.
    Document(Document),
    /// The connection is closed without a byte.
    Cut,
}

/// Takes one call through. The work is done under one lock with the receipt, so that whoever waits
/// for the receipt finds it done; only a hang, a delay or another fault comes between.
pub(super) async fn serve(sandbox: &Sandbox, request: &Request) -> Reply {
    let api = Api::find(&request.method, &request.path);
    let Received { sequence, fault, done, mut release } = sandbox.receive(request, api);
    match fault {
        Some(FaultKind::ResetBeforeWork | FaultKind::ResetAfterWork) => return Reply::Cut,
        Some(FaultKind::HangBeforeWork | FaultKind::HangAfterWork) => {
            // An error means that the sandbox is gone, which is a release too.
            let _ = release.changed().await;
        }
        Some(FaultKind::SlowMs(delay_ms)) => {
            tokio::time::sleep(Duration::from_millis(delay_ms.min(SLOW_MS_MAX))).await;
        }
        _ => {}
    }
    let document = done.unwrap_or_else(|| sandbox.work(sequence, request, api));
    sandbox.answered(sequence, &document);
    Reply::Document(document)
}

/// Does what a call asks for, unless its path, its token or the limit speaks against it.
pub(super) fn dispatch(world: &mut World, request: &Request, api: Api, now: Timestamp) -> Answer {
    if api == Api::Unknown {
        return unknown(request);
    }
    let family = Family::of_path(&request.path);
    if api.needs_token()
        && let Err(refusal) = check_token(world, request, family, now)
    {
        return refusal;
    }
    if !world.throttle.admits(api) {
        return match family {
            Family::New => Answer::NewRefused(THROTTLED),
            Family::Legacy => Answer::LegacyRefused(LEGACY_THROTTLED),
        };
    }
    carry_out(world, request, api, now)
}

/// The call itself, once token and limit are in order.
fn carry_out(world: &mut World, request: &Request, api: Api, now: Timestamp) -> Answer {
    match api {
        Api::AccessToken => world.tokens.access_token(request, now).into(),
        Api::CorpToken => world.tokens.corp_token(request, now).into(),
        Api::LegacyToken => world.tokens.legacy_token(request, now),
        Api::SignOut => org_accounts::sign_out(world, request, now).into(),
        Api::Disable => org_accounts::disable(world, request).into(),
        Api::Enable => org_accounts::enable(world, request).into(),
        Api::Status => org_accounts::status(world, request).into(),
        Api::OwnedOrganizations => org_accounts::owned_organizations(world, request).into(),
        Api::UserByDingtalkId => contacts::by_dingtalk_id(world, request).into(),
        Api::UserSearch => contacts::search(world, request).into(),
        Api::ChangeDingtalkId => dingtalk_id::change(world, request, now).into(),
        Api::WorkNotice => messages::work(world, request, now).into(),
        Api::WorkNoticeResult => messages::result(world, request).into(),
        Api::RobotMessage => messages::one_to_one(world, request).into(),
        _ => legacy::dispatch(world, request, api).into(),
    }
}

/// The new family reads the token in its header only, the legacy one in the query or a form body.
fn check_token(world: &World, request: &Request, family: Family, now: Timestamp) -> Result<(), Answer> {
    let (token, missing, invalid) = match family {
        Family::New => (
            request.token_header.as_deref(),
            Answer::NewRefused(MISSING_TOKEN),
            Answer::NewRefused(INVALID_AUTHENTICATION),
        ),
        Family::Legacy => (
            request.query("access_token").or_else(|| request.form("access_token")),
            Answer::LegacyRefused(LEGACY_BLANK_TOKEN),
            Answer::LegacyRefused(LEGACY_INVALID_TOKEN),
        ),
    };
    match token.map(str::trim).filter(|token| !token.is_empty()) {
        None => Err(missing),
        Some(token) if world.tokens.is_valid(token, now) => Ok(()),
        Some(_) => Err(invalid),
    }
}

/// An unknown path is refused in three ways, two of them with HTTP 200.
fn unknown(request: &Request) -> Answer {
    let path = request.path.as_str();
    match path.strip_prefix("/topapi/") {
        Some(_) if is_path_of_another_method(path) => Answer::LegacyRefused(LEGACY_POST_NEEDED),
        Some(rest) => legacy::invalid_method(rest),
        None if path.starts_with("/v1.0/") => Answer::NewRefused(NOT_FOUND),
        None => Answer::Bare(serde_json::json!({ "errcode": 404, "errmsg": "请求的URI地址不存在" }), Some("404")),
    }
}
