//! `POST /v1/alerts/{source}`: where senders deliver.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::{Problem, State, body};
use crate::admission::Receipt;
use crate::incident::SourceName;
use crate::intake::{Delivery, Headers, NotUnderstood, Received, Refusal, Verified};

/// Limits, verifies, understands and admits one delivery, in that order.
pub(super) async fn receive(request: HttpRequest, payload: Payload, state: Data<State>) -> HttpResponse {
    // Taken as it stands in the path: the usual extractor would decode it and refuse in its own words.
    let source = request.match_info().get("source").unwrap_or_default();
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    if let Err(refusal) = state.intake.admit_address(peer) {
        return refuse(&state, source, &refusal);
    }
    let body = match body::read(request.headers(), payload, state.body_bytes_max, state.body_deadline_ms).await {
        Ok(body) => body,
        Err(Problem::TooLarge) => return refuse(&state, source, &Refusal::BodyTooLarge),
        Err(problem) => return problem.response(),
    };
    let received = state.intake.receive(source, &headers(&request), &body, state.clock.now());
    match received {
        Ok(Received::Understood(delivery)) => admit(&state, delivery).await,
        Ok(Received::NotUnderstood(delivery)) => keep(&state, delivery, &body).await,
        Err(refusal) => refuse(&state, source, &refusal),
    }
}

async fn admit(state: &State, delivery: Verified<Delivery>) -> HttpResponse {
    let source = delivery.get().source.clone();
    match state.admission.admit(delivery).await {
        Ok(receipt) => answer(&receipt),
        Err(error) => {
            tracing::warn!(source.name = %source, %error, "a verified delivery was not admitted");
            Problem::from(error).response()
        }
    }
}

fn answer(receipt: &Receipt) -> HttpResponse {
    let mut response = if receipt.repeated { HttpResponse::Ok() } else { HttpResponse::Accepted() };
    response.json(receipt)
}

/// Authentic, so it is kept for our engineers; not understood, so the sender's are told.
async fn keep(state: &State, delivery: Verified<NotUnderstood>, body: &Bytes) -> HttpResponse {
    let not_understood = delivery.get();
    tracing::warn!(
        source.name = %not_understood.source,
        reason = not_understood.reason.code(),
        "an authentic delivery was not understood"
    );
    let problem = if not_understood.reason.is_syntax() { Problem::BadJson } else { Problem::WrongSchema };
    match state.admission.record_not_understood(delivery, body).await {
        Ok(()) => problem.response(),
        Err(error) => Problem::from(error).response(),
    }
}

/// Refused before admission: counted, written as a summary once a minute, never a record of its own.
fn refuse(state: &State, source: &str, refusal: &Refusal) -> HttpResponse {
    let configured = state.intake.configured(source);
    tracing::debug!(source.name = configured.map(SourceName::as_str), reason = refusal.code(), "refused");
    state.tally.note(configured, refusal.code(), state.clock.now());
    Problem::from(refusal).response()
}

fn headers(request: &HttpRequest) -> Headers<'_> {
    request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}
