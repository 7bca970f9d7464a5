//! Signs a delivery as a sender would, by the same table: for `send`, for set-up help and for tests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::scheme::{Algorithm, Encoding, Piece, Scheme};
use super::{SchemeName, SecretProblem};
use crate::incident::Timestamp;

/// The headers that a sender with `secret` (as written in its file) puts beside `body` when it sends
/// it at `now` under `id`: names and values, without the content type. A scheme that signs no id or
/// time leaves them out.
///
/// # Errors
/// The secret is not written as the scheme has it.
pub fn sign(
    scheme: SchemeName,
    secret: &str,
    id: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<Vec<(&'static str, String)>, SecretProblem> {
    let row = scheme.row();
    let mut headers = Vec::new();
    headers.extend(row.id_header.map(|name| (name, id.to_owned())));
    headers.extend(row.timestamp.as_ref().map(|rule| (rule.header, now.as_second().to_string())));
    let material = row.secret.decode(secret.as_bytes())?;
    let tag = tag(row, &material, &headers, body).ok_or(SecretProblem::TooLong)?;
    headers.push((row.signature.header, format!("{}{}", row.signature.prefix, tag)));
    Ok(headers)
}

fn tag(row: &Scheme, material: &[u8], headers: &[(&str, String)], body: &[u8]) -> Option<String> {
    let mut mac = match row.algorithm {
        Algorithm::HmacSha256 => Hmac::<Sha256>::new_from_slice(material).ok()?,
    };
    for piece in row.content {
        match *piece {
            Piece::Header(name) => {
                mac.update(headers.iter().find(|(other, _)| *other == name)?.1.as_bytes());
            }
            Piece::Literal(text) => mac.update(text.as_bytes()),
            Piece::Body => mac.update(body),
        }
    }
    let bytes = mac.finalize().into_bytes();
    Some(match row.signature.encoding {
        Encoding::Hex => hex::encode(bytes),
        Encoding::Base64 => STANDARD.encode(bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_its_specification_publishes() {
        let sent_at = Timestamp::from_second(1_614_265_330).unwrap();
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let body = br#"{"test": 2432232314}"#;
        assert_eq!(
            sign(SchemeName::StandardWebhooks, secret, id, body, sent_at).unwrap(),
            [
                ("webhook-id", id.to_owned()),
                ("webhook-timestamp", "1614265330".to_owned()),
                ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".to_owned()),
            ]
        );
        let expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert_eq!(
            sign(SchemeName::GithubHmac, "It's a Secret to Everybody", "", b"Hello, World!", sent_at).unwrap(),
            [("x-hub-signature-256", expected.to_owned())]
        );
    }
}
