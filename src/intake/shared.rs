//! Secrets that are shown instead of used to sign: in a header, in the URL, or in every event. Whoever sees one
//! can say anything, so a source has to allow it in so many words (`allow_unsigned`).

use std::borrow::Cow;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use super::{Refusal, Request, authorization, described};
use crate::incident::Digest;

/// The longest secret that is looked at, in bytes.
const SHOWN_BYTES_MAX: usize = 4 * 1024;

/// The header in which HTTP has credentials shown.
const AUTHORIZATION: &str = "authorization";

/// Headers that every request has for another purpose.
const OF_HTTP: [&str; 5] = ["content-type", "content-length", "host", "transfer-encoding", "connection"];

/// Where a sender that does not sign shows its secret.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretPlace {
    /// In this header, which is compared as a whole: a scheme such as `Bearer` belongs to the secret, in any case in
    /// `Authorization`.
    Header(String),
    /// In this parameter of the query.
    Query(String),
    /// At the end of the path, behind the source's name.
    Path,
    /// In this member of every event: Microsoft Graph's `clientState`.
    Member(String),
}

impl SecretPlace {
    /// Whether the secret is in the URL, where proxies and the sender's own screens write it down.
    #[must_use]
    pub fn is_in_url(&self) -> bool {
        matches!(self, Self::Query(_) | Self::Path)
    }

    /// What is wrong with the place: no request could show anything there, or what stands there is not the sender's
    /// to choose.
    pub(super) fn flaw(&self) -> Option<String> {
        match self {
            Self::Header(name) => match described::header(name) {
                Err(flaw) => Some(format!("secret_in: {flaw}")),
                Ok(name) if OF_HTTP.contains(&&*name) => Some(format!("secret_in: `{name}` says something else")),
                Ok(_) => None,
            },
            Self::Query(name) | Self::Member(name) if name.is_empty() => Some("secret_in: a name is empty".to_owned()),
            Self::Query(_) | Self::Member(_) | Self::Path => None,
        }
    }

    /// The header that HTTP has for this.
    pub(super) fn of_authorization() -> Self {
        Self::Header(AUTHORIZATION.to_owned())
    }

    /// SHA-256 of a secret, or of what is shown for one, as both are compared.
    pub(super) fn digest(&self, secret: &[u8]) -> Digest {
        match self {
            Self::Header(name) if name.eq_ignore_ascii_case(AUTHORIZATION) => {
                let (scheme, shown) = authorization::folded(secret);
                Digest(Sha256::new().chain_update(scheme).chain_update(shown).finalize().into())
            }
            _ => Digest::of(secret),
        }
    }

    /// What a request shows there.
    ///
    /// # Errors
    /// Nothing, or something that cannot be a secret.
    pub(super) fn shown(&self, request: &Request<'_>) -> Result<Vec<u8>, Refusal> {
        let shown = match self {
            Self::Header(name) => request.headers.deciding(name, Refusal::SecretWrong)?.map(<[u8]>::to_vec),
            Self::Query(name) => parameter(request.query, name)?,
            Self::Path => request.secret.map(|secret| secret.as_bytes().to_vec()),
            // In the body, where each event shows its own.
            Self::Member(_) => None,
        };
        let shown = shown.filter(|shown| !shown.is_empty()).ok_or(Refusal::SecretMissing)?;
        if shown.len() > SHOWN_BYTES_MAX { Err(Refusal::SecretWrong) } else { Ok(shown) }
    }
}

/// The one value of a parameter. Twice is as bad as with headers: each half may read another one.
fn parameter(query: &str, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(other, _)| other == name);
    match (values.next(), values.next()) {
        (Some(_), Some(_)) => Err(Refusal::SecretWrong),
        (one, _) => Ok(one.map(|(_, value)| value.into_owned().into_bytes())),
    }
}

/// The live secrets of a source, as digests: they are compared in the same time whatever is shown, and are
/// not in memory.
pub(super) struct Shown {
    place: SecretPlace,
    secrets: Vec<(String, Digest)>,
    /// Bytes of the shortest one.
    shortest: usize,
}

impl Shown {
    pub(super) fn new<'s>(place: &SecretPlace, secrets: impl Iterator<Item = (&'s str, &'s [u8])>) -> Self {
        let mut shortest = usize::MAX;
        let digest = |(name, secret): (&str, &[u8])| {
            shortest = shortest.min(secret.len());
            (name.to_owned(), place.digest(secret))
        };
        let secrets = secrets.map(digest).collect();
        Self { place: place.clone(), secrets, shortest }
    }

    /// Whether any text of a JSON document, or of one in lines, is a live secret. Whoever shows none is told apart in
    /// one pass over the body: reading it costs much more than a stranger may have us spend.
    pub(super) fn are_in(&self, body: &[u8]) -> bool {
        texts(body).filter(|text| text.len() >= self.shortest).any(|text| {
            let text = unescaped(text);
            text.is_some_and(|text| self.name_of(&text).is_some())
        })
    }

    /// The name of the secret that this is. All are compared, so that the time does not tell which.
    pub(super) fn name_of(&self, shown: &[u8]) -> Option<&str> {
        let digest = self.place.digest(shown);
        let compared: Vec<(&str, Choice)> =
            self.secrets.iter().map(|(name, own)| (name.as_str(), own.0.ct_eq(&digest.0))).collect();
        compared.into_iter().find(|(_, is_equal)| bool::from(*is_equal)).map(|(name, _)| name)
    }
}

/// Whether any text of a body is this name, as far as it is written without escapes.
pub(super) fn names(body: &[u8], name: &str) -> bool {
    texts(body).any(|text| text == name.as_bytes())
}

/// What stands between quotation marks, as it is written. None goes on behind the end of its line: a line that is not
/// JSON takes nothing from the others.
fn texts(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = body;
    std::iter::from_fn(move || {
        rest = rest.get(memchr::memchr(b'"', rest)? + 1..)?;
        let mut end = 0;
        while let Some(byte) = rest.get(end).filter(|byte| !matches!(byte, b'"' | b'\n')) {
            end += if *byte == b'\\' { 2 } else { 1 };
        }
        let text = rest.get(..end).unwrap_or(rest);
        rest = rest.get(end + 1..).unwrap_or_default();
        Some(text)
    })
}

/// A text as it is meant; none if it is not one.
fn unescaped(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !text.contains(&b'\\') {
        return Some(Cow::Borrowed(text));
    }
    let quoted = [b"\"", text, b"\""].concat();
    serde_json::from_slice::<String>(&quoted).ok().map(|text| Cow::Owned(text.into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_any_text_of_a_body_and_nowhere_else() {
        let place = SecretPlace::Member("clientState".to_owned());
        let shown = Shown::new(&place, [("a", &b"test-value/of-nobody"[..])].into_iter());
        for body in [
            r#"{"value":[{"clientState":"test-value/of-nobody"}]}"#,
            r#"{"value":[{"clientState":"test-value\/of-nobody"}]}"#,
            r#"{"x":"\"","clientState" : "\u0074est-value\u002fof-nobody"}"#,
            "{\"odd\nlines \"\n{\"clientState\":\"test-value/of-nobody\"}",
            r#"{"test-value/of-nobody":1}"#,
        ] {
            assert!(shown.are_in(body.as_bytes()), "{body}");
        }
        for body in [
            "",
            "\"",
            "test-value/of-nobody",
            r#"{"clientState":"test-value/of-nobod"}"#,
            r#"{"clientState":"test-value/of-nobodyy"}"#,
            r#"{"clientState":"Test-value/of-nobody"}"#,
            r#"{"clientState":"test-value/of-nobody\ud800"}"#,
            r#"{"clientState":"test-value/of-nobody\"#,
        ] {
            assert!(!shown.are_in(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn a_secret_is_known_by_its_name_and_nothing_else_is() {
        let in_header = |name: &str| {
            let secrets = [("old", &b"Bearer one"[..]), ("new", b"two")];
            Shown::new(&SecretPlace::Header(name.to_owned()), secrets.into_iter())
        };
        let shown = in_header("Authorization");
        for same in [&b"Bearer one"[..], b"bearer one", b"BEARER one"] {
            assert_eq!(shown.name_of(same), Some("old"));
        }
        assert_eq!(shown.name_of(b"two"), Some("new"));
        for other in [&b""[..], b"one", b"Bearer One", b"Basic one", b"Bearer one ", b"Bearer on", b"tw", b"Two"] {
            assert_eq!(shown.name_of(other), None);
        }
        assert_eq!(in_header("x-api-key").name_of(b"bearer one"), None, "no scheme there");
    }

    #[test]
    fn a_parameter_is_there_once() {
        assert_eq!(parameter("a=1&code=x%2By&b=2", "code"), Ok(Some(b"x+y".to_vec())));
        assert_eq!(parameter("a=1", "code"), Ok(None));
        assert_eq!(parameter("code=a&code=a", "code"), Err(Refusal::SecretWrong));
        assert_eq!(parameter("code=a&c%6fde=b", "code"), Err(Refusal::SecretWrong));
    }
}
