//! One call as it came in: path, query, token header and the body in the form it was sent in.

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::Query;
use serde_json::{Map, Value, json};

/// Where the new API family looks for the token, and nowhere else.
const TOKEN_HEADER: &str = "x-acs-dingtalk-access-token";
/// The longest path or query kept in the list of calls, in characters.
const RECORDED_PATH_CHARS_MAX: usize = 256;
/// The largest body kept in the list of calls, in bytes of JSON.
const RECORDED_BODY_BYTES_MAX: usize = 8 * 1024;

/// Names with their values, in the order sent.
pub(super) type Pairs = Vec<(String, String)>;

/// One call as it came in.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Pairs,
    pub(super) token_header: Option<String>,
    pub(super) content: Content,
}

/// The body, in the form its content type names.
#[derive(Debug)]
pub(super) enum Content {
    /// No body, or one in a form nobody reads.
    Nothing,
    /// Any JSON document.
    Json(Value),
    /// An HTML form.
    Form(Pairs),
}

impl Request {
    /// Reads head and body. A body that does not parse is as good as none.
    pub(super) fn read(http: &HttpRequest, body: &[u8]) -> Self {
        let header = |name: &str| http.headers().get(name).and_then(|value| value.to_str().ok());
        Self {
            method: http.method().as_str().to_owned(),
            path: http.path().to_owned(),
            query: pairs(http.query_string()),
            token_header: header(TOKEN_HEADER).map(str::to_owned),
            content: Content::read(header(header::CONTENT_TYPE.as_str()).unwrap_or_default(), body),
        }
    }

    /// A value of the query.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }

    /// A member of the JSON body; JSON's null is as good as absent.
    pub(super) fn json(&self, name: &str) -> Option<&Value> {
        match &self.content {
            Content::Json(body) => body.get(name).filter(|value| !value.is_null()),
            _ => None,
        }
    }

    /// A field of the form body.
    pub(super) fn form(&self, name: &str) -> Option<&str> {
        match &self.content {
            Content::Form(fields) => find(fields, name),
            _ => None,
        }
    }

    /// The path as kept in the list of calls.
    pub(super) fn recorded_path(&self) -> String {
        self.path.chars().take(RECORDED_PATH_CHARS_MAX).collect()
    }

    /// The query as kept in the list of calls: secrets left out.
    pub(super) fn recorded_query(&self) -> Value {
        bounded(without_secrets(object(&self.query)))
    }

    /// The body as kept in the list of calls: secrets left out; a form as an object of texts.
    pub(super) fn recorded_body(&self) -> Value {
        bounded(match &self.content {
            Content::Nothing => Value::Null,
            Content::Json(body) => without_secrets(body.clone()),
            Content::Form(fields) => without_secrets(object(fields)),
        })
    }
}

impl Content {
    fn read(content_type: &str, body: &[u8]) -> Self {
        let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match media.as_str() {
            "application/json" => serde_json::from_slice(body).map_or(Self::Nothing, Self::Json),
            "application/x-www-form-urlencoded" => {
                std::str::from_utf8(body).map_or(Self::Nothing, |text| Self::Form(pairs(text)))
            }
            _ => Self::Nothing,
        }
    }
}

fn pairs(text: &str) -> Pairs {
    Query::<Pairs>::from_query(text).map(Query::into_inner).unwrap_or_default()
}

fn find<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn object(pairs: &Pairs) -> Value {
    Value::Object(pairs.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect())
}

/// Replaces every member whose name speaks of a secret, at any depth.
fn without_secrets(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(members.into_iter().map(redact).collect::<Map<_, _>>()),
        Value::Array(items) => Value::Array(items.into_iter().map(without_secrets).collect()),
        other => other,
    }
}

fn redact((name, value): (String, Value)) -> (String, Value) {
    let lower = name.to_ascii_lowercase();
    let secret = ["secret", "token", "password"].iter().any(|word| lower.contains(word));
    let value = if secret { Value::from("[redacted]") } else { without_secrets(value) };
    (name, value)
}

/// Keeps the list of calls small: a large body is kept as its size only.
fn bounded(value: Value) -> Value {
    let bytes = value.to_string().len();
    if bytes <= RECORDED_BODY_BYTES_MAX { value } else { json!({ "left_out_bytes": bytes }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_left_out_at_any_depth() {
        let body = json!({ "appKey": "k", "appSecret": "s", "list": [{ "access_token": "t", "initPassword": "p" }] });
        let kept = without_secrets(body);
        assert_eq!(
            kept,
            json!({ "appKey": "k", "appSecret": "[redacted]",
                    "list": [{ "access_token": "[redacted]", "initPassword": "[redacted]" }] })
        );
    }

    #[test]
    fn a_large_body_is_kept_as_its_size() {
        let large = Value::from("x".repeat(RECORDED_BODY_BYTES_MAX));
        assert_eq!(bounded(large), json!({ "left_out_bytes": RECORDED_BODY_BYTES_MAX + 2 }));
    }

    #[test]
    fn the_content_type_decides_how_a_body_is_read() {
        let json = br#"{"a":1}"#;
        assert!(matches!(Content::read("application/json; charset=utf-8", json), Content::Json(_)));
        assert!(matches!(Content::read("Application/JSON", json), Content::Json(_)));
        assert!(matches!(Content::read("application/x-www-form-urlencoded", b"a=1"), Content::Form(_)));
        assert!(matches!(Content::read("application/json", b"{"), Content::Nothing));
        assert!(matches!(Content::read("text/plain", json), Content::Nothing));
        assert!(matches!(Content::read("", json), Content::Nothing));
    }
}
