//! Turns a result into the document DingTalk would send, in the envelope of its API family.

use serde_json::{Map, Value, json};

use super::catalogue::Family;
use super::legacy::stringly;
use super::refusals::{LegacyRefusal, NewRefusal};

/// What a call came to, before it is put into an envelope.
#[derive(Debug)]
pub(super) enum Answer {
    /// The new family's success: the document itself.
    New(Value),
    /// The new family's refusal.
    NewRefused(NewRefusal),
    /// The legacy family's success: what stands beside `errcode`, `errmsg` and `request_id`.
    Legacy(Map<String, Value>),
    /// The legacy family's refusal.
    LegacyRefused(LegacyRefusal),
    /// A document with nothing around it and the code it is listed under; HTTP 200.
    Bare(Value, Option<&'static str>),
    /// An HTML page with HTTP 200, as a proxy or a block page would answer.
    Page(&'static str),
}

/// A document ready to be sent.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: String,
    /// The refusal's code, as a client should read it; `None` for success.
    pub(super) code: Option<String>,
    /// The value of the `x-acs-request-id` header, which only the new family sends.
    pub(super) request_id: Option<String>,
}

impl Answer {
    /// Whether the call was carried out.
    pub(super) fn is_success(&self) -> bool {
        matches!(self, Self::New(_) | Self::Legacy(_) | Self::Bare(_, None))
    }

    /// The document for the call with this sequence number; request ids are made of the number, so
    /// that one leads to the other.
    pub(super) fn document(self, family: Family, sequence: u64, as_documented: bool) -> Document {
        let legacy_id = format!("{sequence:012x}");
        let json = |status: u16, body: Value, code: Option<String>| Document {
            status,
            content_type: "application/json;charset=UTF-8",
            body: body.to_string(),
            code,
            request_id: (family == Family::New).then(|| new_request_id(sequence)),
        };
        let legacy = |body: Value| if as_documented { stringly::as_documented(body) } else { body };
        match self {
            Self::New(body) => json(200, body, None),
            Self::NewRefused(refusal) => {
                json(refusal.status, new_error(refusal, &new_request_id(sequence)), Some(refusal.code.to_owned()))
            }
            Self::Legacy(result) => json(200, legacy(legacy_success(result, &legacy_id)), None),
            Self::LegacyRefused(refusal) => {
                json(200, legacy(legacy_error(refusal, &legacy_id)), Some(legacy_code(refusal)))
            }
            Self::Bare(body, code) => json(200, body, code.map(str::to_owned)),
            Self::Page(html) => Document {
                content_type: "text/html;charset=UTF-8",
                body: html.to_owned(),
                ..json(200, Value::Null, None)
            },
        }
    }
}

impl From<Result<Value, NewRefusal>> for Answer {
    fn from(result: Result<Value, NewRefusal>) -> Self {
        result.map_or_else(Self::NewRefused, Self::New)
    }
}

impl From<Result<Map<String, Value>, LegacyRefusal>> for Answer {
    fn from(result: Result<Map<String, Value>, LegacyRefusal>) -> Self {
        result.map_or_else(Self::LegacyRefused, Self::Legacy)
    }
}

/// Upper-case and with dashes, as the live ones are.
fn new_request_id(sequence: u64) -> String {
    format!("5A4DB0C5-0000-7000-8000-{sequence:012X}")
}

fn new_error(refusal: NewRefusal, request_id: &str) -> Value {
    let mut body = json!({ "code": refusal.code, "requestid": request_id, "message": refusal.message });
    if let (Some(scope), Some(members)) = (refusal.required_scope, body.as_object_mut()) {
        members.insert("accessdenieddetail".to_owned(), json!({ "requiredScopes": [scope] }));
    }
    body
}

fn legacy_success(mut result: Map<String, Value>, request_id: &str) -> Value {
    result.insert("errcode".to_owned(), 0.into());
    result.insert("errmsg".to_owned(), "ok".into());
    result.insert("request_id".to_owned(), request_id.into());
    Value::Object(result)
}

fn legacy_error(refusal: LegacyRefusal, request_id: &str) -> Value {
    match refusal {
        LegacyRefusal::Plain(code, text) => json!({ "errcode": code, "errmsg": text, "request_id": request_id }),
        LegacyRefusal::Gateway(code, text) => json!({
            "errcode": 88,
            "sub_code": code,
            "sub_msg": text,
            "errmsg": format!("ding talk error[subcode={code},submsg={text}]"),
            "request_id": request_id,
        }),
    }
}

fn legacy_code(refusal: LegacyRefusal) -> String {
    match refusal {
        LegacyRefusal::Plain(code, _) => code.to_string(),
        LegacyRefusal::Gateway(code, _) => code.to_owned(),
    }
}
