//! `POST /v1/alerts/{source}`, or PUT: where senders deliver.

use std::net::IpAddr;

use actix_web::http::header::CONTENT_LANGUAGE;
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::routes::DELIVER;
use super::{Problem, State, body, peer};
use crate::admission::{AdmissionError, Receipt, Recorded};
use crate::incident::{Assurance, SourceName};
use crate::intake::{
    Answer, Became, ClientCertificate, Delivery, Found, Fresh, Manner, Method, NotUnderstood, Received, Refusal, Reply,
    Request, SourceKind, StreamNews, StreamTold, TriedAlerts, Verified,
};
use crate::roster::Changed;

/// Limits, verifies, understands and admits one delivery, in that order.
pub(super) async fn receive(request: HttpRequest, payload: Payload, state: Data<State>) -> HttpResponse {
    let peer = peer::of(&request, &state.door.trusted_proxies);
    let source = part(&request, "source").unwrap_or_default();
    let intake = state.sources.now();
    if let Err(refusal) = intake.admit_address(peer) {
        return refuse(&state, source, &refusal);
    }
    let body =
        match body::read(request.headers(), payload, state.door.body_bytes_max, state.door.body_deadline_ms).await {
            Ok(body) => body,
            Err(Problem::TooLarge) => return refuse(&state, source, &Refusal::BodyTooLarge),
            Err(Problem::BodyTimeout) => return refuse(&state, source, &Refusal::BodyTimeout),
            Err(problem) => return problem.response(),
        };
    let asked = asked(&request, peer, &body);
    if let Some(reply) = intake.greet(Method::Post, &asked, state.clock.now()) {
        return greeting(&state, &reply);
    }
    match intake.receive(&asked, state.clock.now()).await {
        Ok(Received::Understood(delivery)) => admit(&state, delivery).await,
        Ok(Received::Handshake(reply)) => greeting(&state, reply.get()),
        Ok(Received::Stream(news)) => tell_stream(&state, news).await,
        Ok(Received::NotUnderstood(delivery)) => keep(&state, delivery, &body).await,
        Err(refusal) => refuse(&state, source, &refusal),
    }
}

/// Whatever else than to take a delivery is asked of a source: whether it is there, by senders of some kinds.
pub(super) async fn greet(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let peer = peer::of(&request, &state.door.trusted_proxies);
    let intake = state.sources.now();
    if let Err(refusal) = intake.admit_address(peer) {
        return refuse(&state, "", &refusal);
    }
    let method = match request.method().as_str() {
        "GET" => Some(Method::Get),
        "OPTIONS" => Some(Method::Options),
        _ => None,
    };
    let reply = method.and_then(|method| intake.greet(method, &asked(&request, peer, b""), state.clock.now()));
    reply.map_or_else(|| Problem::MethodNotAllowed(DELIVER).response(), |reply| greeting(&state, &reply))
}

/// Taken as it stands in the path: the usual extractor would decode it and refuse in its own words.
fn part<'r>(request: &'r HttpRequest, name: &str) -> Option<&'r str> {
    request.match_info().get(name)
}

fn asked<'r>(request: &'r HttpRequest, peer: IpAddr, body: &'r [u8]) -> Request<'r> {
    Request {
        source: part(request, "source").unwrap_or_default(),
        secret: part(request, "secret"),
        query: request.query_string(),
        headers: request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect(),
        peer,
        certificate: request.conn_data::<ClientCertificate>(),
        body,
    }
}

fn greeting(state: &State, reply: &Reply) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    match reply {
        Reply::Text(text) => response.content_type("text/plain; charset=utf-8").body(text.clone()),
        Reply::Json(document) => response.json(document),
        Reply::Accepted => HttpResponse::Accepted().finish(),
        Reply::Sealed(answer) => sealed(state, answer),
        Reply::Headers(headers) => {
            for (name, value) in headers {
                response.insert_header((*name, value.as_str()));
            }
            response.finish()
        }
    }
}

/// Recorded, so that nobody wonders, also after a restart, why a source has fallen silent. What is known has been
/// followed already.
async fn tell_stream(state: &State, news: Verified<StreamNews>) -> HttpResponse {
    let (source, manner) = (news.get().source.clone(), news.get().manner);
    let tried = news.get().is_tried.then(|| news.get().clone());
    let show = |became: Became| {
        if let Some(news) = &tried {
            state.sources.now().note_tried(&source, news.received_at, Found::stream(news, became));
        }
    };
    let followed = match state.admission.has_heard(news.get()) {
        true => Ok(news),
        false => state.sources.now().follow(news, state.clock.now()).await,
    };
    let news = match followed {
        Ok(news) => news,
        Err(refusal) => {
            show(Became::NotAdmitted { problem: refusal.to_string() });
            return refuse(state, source.as_str(), &refusal);
        }
    };
    let StreamTold { status, reason } = &news.get().told;
    tracing::warn!(source.name = %source, stream.status = status.as_str(), reason, "a sender tells of its stream");
    let recorded = state.admission.record_stream(news).await;
    show(kept_as(recorded.as_ref().copied()));
    match recorded {
        Ok(_) => HttpResponse::Accepted().finish(),
        Err(error) => not_admitted(state, &source, error, manner, None),
    }
}

async fn admit(state: &State, delivery: Verified<Delivery>) -> HttpResponse {
    let Delivery { source, manner, answer: own, .. } = delivery.get();
    let (source, manner, own) = (source.clone(), *manner, own.clone());
    if let Some(left_out) = &delivery.get().left_out {
        tracing::warn!(source.name = %source, reason = left_out.reason.code(), "a part of a delivery is not understood");
    }
    count_others(state, (&source, delivery.get().assurance), delivery.get().of_others);
    let changed = changed_in(state, delivery.get());
    let tried = delivery.get().is_tried.then(|| (TriedAlerts::of(delivery.get()), delivery.get().received_at));
    let admitted = state.admission.admit(delivery).await;
    if let Some((shown, at)) = tried {
        let found = Found::Alerts { shown, became: became(&admitted) };
        state.sources.now().note_tried(&source, at, found);
    }
    if let (Ok(_), Some(roster)) = (&admitted, &state.roster) {
        changed.into_iter().for_each(|changed| roster.notice(changed));
    }
    match admitted {
        Ok(receipt) => {
            if receipt.conflicts > 0 {
                state.sources.now().note_refusal(&source, "conflict", state.clock.now());
            }
            own.map_or_else(|| answer(manner, &receipt), |own| sealed(state, &own))
        }
        Err(error) => not_admitted(state, &source, error, manner, own),
    }
}

fn not_admitted(
    state: &State,
    source: &SourceName,
    error: AdmissionError,
    manner: Manner,
    own: Option<Answer>,
) -> HttpResponse {
    tracing::warn!(source.name = %source, %error, "a verified delivery was not admitted");
    if error == AdmissionError::Conflict {
        state.sources.now().note_refusal(source, "conflict", state.clock.now());
    }
    match (error, own) {
        // It is on the trail, for our people. These senders know no such answer: they would send it again and again,
        // or give us up.
        (AdmissionError::Conflict, Some(own)) => sealed(state, &own),
        (AdmissionError::Conflict, None) if manner == Manner::Set => HttpResponse::Accepted().finish(),
        (error, _) => Problem::from(error).response(),
    }
}

/// What became of a delivery, for whoever tries its source out.
fn became(admitted: &Result<Receipt, AdmissionError>) -> Became {
    match admitted {
        Ok(Receipt { repeated: true, conflicts, .. }) => Became::Repeated { conflicts: *conflicts },
        Ok(Receipt { repeats, conflicts, .. }) => Became::Recorded { repeats: *repeats, conflicts: *conflicts },
        Err(error) => failed(error),
    }
}

/// The same of what carries no alerts.
fn kept_as(kept: Result<Recorded, &AdmissionError>) -> Became {
    match kept {
        Ok(Recorded::Now) => Became::Recorded { repeats: 0, conflicts: 0 },
        Ok(Recorded::Before) => Became::Repeated { conflicts: 0 },
        Err(error) => failed(error),
    }
}

fn failed(error: &AdmissionError) -> Became {
    match error {
        AdmissionError::Conflict => Became::Conflict,
        error => Became::NotAdmitted { problem: error.to_string() },
    }
}

/// What DingTalk itself says has changed; from nobody else is that believed, and of what is tried out nothing is done.
fn changed_in(state: &State, delivery: &Delivery) -> Vec<Changed> {
    let intake = state.sources.now();
    let is_dingtalk = intake.about(&delivery.source).is_some_and(|about| about.kind == SourceKind::DingtalkEvents);
    let counts = is_dingtalk && !delivery.is_tried && state.roster.is_some();
    let alerts = delivery.alerts.iter().filter(|_| counts);
    alerts.map(|alert| Changed::of(&alert.event)).filter(|changed| !changed.is_empty()).collect()
}

fn answer(manner: Manner, receipt: &Receipt) -> HttpResponse {
    if manner == Manner::Set {
        return HttpResponse::Accepted().finish();
    }
    let is_ok = receipt.repeated || manner == Manner::Ok;
    let mut response = if is_ok { HttpResponse::Ok() } else { HttpResponse::Accepted() };
    response.json(receipt)
}

/// What only the sender can read; made when it is sent, so that its time is right.
fn sealed(state: &State, answer: &Answer) -> HttpResponse {
    match Fresh::random() {
        Ok(fresh) => HttpResponse::Ok().json(answer.document(state.clock.now(), &fresh)),
        // It is recorded; sent again, it is found to be, and answered.
        Err(error) => {
            tracing::error!(%error, "the system gives no random bytes");
            Problem::Unavailable { retry_after_s: 1 }.response()
        }
    }
}

/// Authentic, so it is kept for our engineers; not understood, so the sender's are told, unless the sender would
/// give us up for it.
async fn keep(state: &State, delivery: Verified<NotUnderstood>, body: &Bytes) -> HttpResponse {
    let not_understood = delivery.get();
    tracing::warn!(
        source.name = %not_understood.source,
        reason = not_understood.reason.code(),
        "an authentic delivery was not understood"
    );
    // The same again makes no other record, and is the last all the same.
    let (source, reason, now) = (not_understood.source.clone(), not_understood.reason, state.clock.now());
    state.sources.now().note_refusal(&source, reason.code(), now);
    count_others(state, (&source, not_understood.assurance), not_understood.of_others);
    let is_tried = not_understood.is_tried;
    let (manner, own) = (not_understood.manner, not_understood.answer.clone());
    let problem = if not_understood.reason.is_syntax() { Problem::BadJson } else { Problem::WrongSchema };
    let kept = state.admission.record_not_understood(delivery, body).await;
    if is_tried {
        state.sources.now().note_tried(
            &source,
            now,
            Found::not_understood(reason, kept_as(kept.as_ref().map(|kept| kept.recorded))),
        );
    }
    match kept {
        Ok(kept) => match own {
            Some(own) => sealed(state, &own),
            None if manner == Manner::Set => set_error("invalid_request", &reason.to_string()),
            None if manner == Manner::Forgiving => HttpResponse::Accepted().json(Receipt::from(kept)),
            None => problem.response_on(kept.delivery.as_ref()),
        },
        Err(error) => not_admitted(state, &source, error, manner, own.map(|own| *own)),
    }
}

/// Events in an authentic delivery that have not proven themselves are refused as other deliveries are.
fn count_others(state: &State, (source, assurance): (&SourceName, Assurance), of_others: usize) {
    let (code, now) = (Refusal::SecretWrong.code(), state.clock.now());
    (0..of_others).for_each(|_| state.tally.note(Some((source, assurance)), code, now));
    if of_others > 0 {
        state.sources.now().note_refusal(source, code, now);
    }
}

/// Refused before admission: counted, written as a summary once a minute, never a record of its own.
fn refuse(state: &State, source: &str, refusal: &Refusal) -> HttpResponse {
    let intake = state.sources.now();
    let configured = intake.configured(source);
    let now = state.clock.now();
    tracing::debug!(source.name = configured.map(SourceName::as_str), reason = refusal.code(), "refused");
    let by = configured.and_then(|name| Some((name, intake.about(name)?.assurance)));
    state.tally.note(by, refusal.code(), now);
    if let Some(name) = configured {
        intake.note_refusal(name, refusal.code(), now);
        intake.show_refusal(name, refusal, now);
    }
    match refusal {
        // Whoever sends such tokens is told what is wrong with one, by its code and in words of ours.
        Refusal::Set(problem) => set_error(problem.code(), &problem.to_string()),
        _ => Problem::from(refusal).response(),
    }
}

/// RFC 8935 section 2.3.
fn set_error(code: &str, description: &str) -> HttpResponse {
    HttpResponse::BadRequest()
        .insert_header((CONTENT_LANGUAGE, "en"))
        .json(json!({ "err": code, "description": description }))
}
