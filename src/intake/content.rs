//! Checks what a body claims to be, before anything is computed over it.

use super::{Headers, Refusal};

/// What any body may call itself, in UTF-8.
const JSON: &str = "application/json";

/// What an event of CloudEvents and a batch of them call themselves:
/// <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>.
const CLOUD_EVENTS: [&str; 2] = ["application/cloudevents+json", "application/cloudevents-batch+json"];

/// What JSON lines call themselves; nobody has registered a type (<https://jsonlines.org>, <https://github.com/ndjson>).
const JSON_LINES: [&str; 4] =
    ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/jsonlines"];

/// What a body says that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Media {
    /// JSON.
    Json,
    /// Text, which Amazon SNS calls its JSON.
    Text,
    /// A security event token.
    SecEvent,
    /// JSON again, an event of CloudEvents or an array of them. Only for those whose envelope is judged.
    CloudEvents,
    /// JSON in lines.
    JsonLines,
}

/// Lets JSON pass, and what is among `others`: what any source sends. The same for every source, known or not, so
/// that the answer tells nobody which sources exist.
///
/// # Errors
/// [`Refusal::ContentEncoding`] for any `Content-Encoding` at all: the signature is over the bytes
/// as sent, and nobody decompresses for a stranger. [`Refusal::ContentType`] for anything but one
/// header that says JSON in UTF-8.
pub(super) fn check(headers: &Headers<'_>, others: &[Media]) -> Result<Media, Refusal> {
    if headers.all("content-encoding").next().is_some() {
        return Err(Refusal::ContentEncoding);
    }
    let mut types = headers.all("content-type");
    match (types.next(), types.next()) {
        (Some(only), None) => media(only).filter(|media| *media == Media::Json || others.contains(media)),
        _ => None,
    }
    .ok_or(Refusal::ContentType)
}

fn media(value: &[u8]) -> Option<Media> {
    let media_type = value.split(|byte| *byte == b';').next().map(trim_blanks)?;
    if is_json(value, &[JSON]) {
        Some(Media::Json)
    } else if is_json(value, &CLOUD_EVENTS) {
        Some(Media::CloudEvents)
    } else if is_json(value, &JSON_LINES) {
        Some(Media::JsonLines)
    } else if media_type.eq_ignore_ascii_case(b"text/plain") {
        Some(Media::Text)
    } else if media_type.eq_ignore_ascii_case(b"application/secevent+jwt") {
        Some(Media::SecEvent)
    } else {
        None
    }
}

/// Whether it is one of these, in UTF-8.
fn is_json(value: &[u8], types: &[&str]) -> bool {
    let mut parts = value.split(|byte| *byte == b';').map(trim_blanks);
    let media_type = parts.next().unwrap_or_default();
    let known = types.iter().any(|known| media_type.eq_ignore_ascii_case(known.as_bytes()));
    let utf8 =
        |part: &[u8]| part.eq_ignore_ascii_case(b"charset=utf-8") || part.eq_ignore_ascii_case(b"charset=\"utf-8\"");
    known && parts.next().is_none_or(utf8) && parts.next().is_none()
}

/// Takes off the optional white space of RFC 9110 section 5.6.3: spaces and tabs only.
fn trim_blanks(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_types(types: &[&str]) -> Result<(), Refusal> {
        check(&types.iter().map(|value| ("content-type", value.as_bytes())).collect(), &[]).map(drop)
    }

    #[test]
    fn c08_a_body_that_is_not_json_is_refused() {
        assert_eq!(check_types(&[]), Err(Refusal::ContentType));
        assert_eq!(check_types(&["application/json", "application/json"]), Err(Refusal::ContentType));
        for bad in [
            "",
            "text/plain",
            "text/json",
            "application/x-www-form-urlencoded",
            "application/json; charset=utf-16",
            "application/json; charset=utf-8; charset=utf-8",
            "application/json; charset=utf-8; boundary=x",
            "application/json;",
            "application/json, text/plain",
            "application/jsonp",
            "application/xml",
            "multipart/form-data",
            "application/cloudevents+json",
            "application/cloudevents-batch+json",
        ] {
            assert_eq!(check_types(&[bad]), Err(Refusal::ContentType), "{bad}");
        }
    }

    #[test]
    fn c09_json_is_taken() {
        for good in [
            "application/json",
            "Application/JSON",
            "application/json; charset=UTF-8",
            "application/json;charset=\"utf-8\"",
        ] {
            assert_eq!(check_types(&[good]), Ok(()), "{good}");
        }
    }

    #[test]
    fn c09_cloudevents_are_taken_where_any_source_sends_them() {
        let checked =
            |value: &str, others: &[Media]| check(&[("content-type", value.as_bytes())].into_iter().collect(), others);
        let [one, batch] = CLOUD_EVENTS;
        for good in [one, batch, "Application/CloudEvents-Batch+JSON; charset=utf-8"] {
            assert_eq!(checked(good, &[Media::CloudEvents]), Ok(Media::CloudEvents));
            assert_eq!(checked(good, &[Media::Text, Media::SecEvent]), Err(Refusal::ContentType));
        }
        for bad in ["application/cloudevents-batch+json; charset=utf-16", "application/cloudevents-batch"] {
            assert_eq!(checked(bad, &[Media::CloudEvents]), Err(Refusal::ContentType), "{bad}");
        }
    }

    #[test]
    fn c09_json_lines_are_taken_where_any_source_sends_them() {
        let checked =
            |value: &str, others: &[Media]| check(&[("content-type", value.as_bytes())].into_iter().collect(), others);
        for good in JSON_LINES.into_iter().chain(["Application/JSONLines; charset=UTF-8"]) {
            assert_eq!(checked(good, &[Media::JsonLines]), Ok(Media::JsonLines));
            assert_eq!(checked(good, &[Media::Text, Media::CloudEvents]), Err(Refusal::ContentType));
        }
        for bad in
            ["application/x-ndjson; charset=utf-16", "application/ndjsons", "text/x-ndjson", "application/x-jsonl"]
        {
            assert_eq!(checked(bad, &[Media::JsonLines]), Err(Refusal::ContentType), "{bad}");
        }
    }

    #[test]
    fn c01_any_content_encoding_is_refused() {
        for encoding in ["gzip", "deflate", "br", "zstd", "foo", "identity", ""] {
            let headers = [("content-type", b"application/json".as_slice()), ("Content-Encoding", encoding.as_bytes())];
            assert_eq!(check(&headers.into_iter().collect(), &[]), Err(Refusal::ContentEncoding), "{encoding}");
        }
    }
}
