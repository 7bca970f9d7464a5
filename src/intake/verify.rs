//! Checks a delivery's signature by its scheme's row, and leaves a proof that it did.

use std::hint::black_box;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::digest::{CtOutput, InvalidLength};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::Refusal;
use super::headers::Headers;
use super::scheme::{Algorithm, Encoding, Grammar, Piece, Scheme, TimestampRule};
use crate::incident::Timestamp;

/// The longest delivery id, in bytes.
const ID_BYTES_MAX: usize = 128;
/// The most digits of a timestamp: enough for thirty thousand years.
const TIMESTAMP_DIGITS_MAX: usize = 12;

/// A value that came out of a delivery whose signature was checked. Only `Verifier::verify` makes
/// one; outside this module it can be read and taken apart, never made.
#[derive(Debug, Clone)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    /// Every claim of proof goes through here.
    fn assertion(value: T) -> Self {
        Self(value)
    }

    /// The value.
    pub fn get(&self) -> &T {
        &self.0
    }

    /// The value, without its proof.
    pub fn into_inner(self) -> T {
        self.0
    }

    /// What is computed from a verified value alone is verified too.
    pub(super) fn map<U>(self, compute: impl FnOnce(T) -> U) -> Verified<U> {
        Verified(compute(self.0))
    }
}

impl<T, E> Verified<Result<T, E>> {
    /// Two verified values from one, for whoever must tell them apart.
    pub(super) fn transpose(self) -> Result<Verified<T>, Verified<E>> {
        self.0.map(Verified).map_err(Verified)
    }
}

/// What a good signature proves.
#[derive(Debug)]
pub(super) struct Proof<'d> {
    /// The name of the secret that fits.
    pub secret: &'d str,
    /// The delivery's id, where it is signed.
    pub id: Option<&'d str>,
    /// The bytes that were signed.
    pub body: &'d [u8],
}

/// One live secret, ready to compute with: the key is mixed in once, not for each delivery.
pub(super) struct Key {
    name: String,
    mac: Hmac<Sha256>,
}

impl Key {
    /// # Errors
    /// The algorithm takes no key of that length; HMAC takes any.
    pub(super) fn new(name: &str, algorithm: Algorithm, material: &[u8]) -> Result<Self, InvalidLength> {
        let mac = match algorithm {
            Algorithm::HmacSha256 => Hmac::new_from_slice(material)?,
        };
        Ok(Self { name: name.to_owned(), mac })
    }

    /// The MAC over the pieces in a row. Given as a type that can only be compared in constant time.
    fn tag(&self, pieces: &[&[u8]]) -> CtOutput<Hmac<Sha256>> {
        #[cfg(test)]
        tests::TAGS.with(|tags| tags.set(tags.get() + 1));
        let mut mac = self.mac.clone();
        pieces.iter().for_each(|piece| mac.update(piece));
        mac.finalize()
    }
}

/// Checks the deliveries of one source.
pub(super) struct Verifier {
    scheme: &'static Scheme,
    keys: Vec<Key>,
    /// The fewest MACs to compute before saying no, so that the time taken tells neither why, nor
    /// whether the source exists, nor how many secrets it has.
    rounds: usize,
}

impl Verifier {
    pub(super) fn new(scheme: &'static Scheme, keys: Vec<Key>, rounds: usize) -> Self {
        Self { scheme, keys, rounds }
    }

    /// Proves that one of the live secrets signed these very bytes, and when.
    ///
    /// # Errors
    /// Any of the refusals for which [`Refusal::is_authentication`] holds, except an unknown source.
    pub(super) fn verify<'d>(
        &'d self,
        headers: &Headers<'d>,
        body: &'d [u8],
        now: Timestamp,
    ) -> Result<Verified<Proof<'d>>, Refusal> {
        let claim = Claim::read(self.scheme, headers, body).inspect_err(|_| self.spend(self.rounds, body))?;
        let Some(key) = self.keys.iter().find(|key| claim.is_by(key)) else {
            self.spend(self.rounds.saturating_sub(self.keys.len()), body);
            return Err(Refusal::SignatureWrong);
        };
        if let Some((sent_s, rule)) = claim.sent {
            is_fresh(sent_s, rule, now)?;
        }
        Ok(Verified::assertion(Proof { secret: &key.name, id: claim.id, body }))
    }

    /// Computes MACs for nobody.
    fn spend(&self, rounds: usize, body: &[u8]) {
        for key in self.keys.iter().cycle().take(rounds) {
            black_box(key.tag(&[body]));
        }
    }
}

/// What a request says of itself, well-formed but not proven.
struct Claim<'d> {
    signatures: Vec<[u8; 32]>,
    /// The signed bytes, piece by piece; never joined, a body may be large.
    content: Vec<&'d [u8]>,
    id: Option<&'d str>,
    sent: Option<(i64, &'static TimestampRule)>,
}

impl<'d> Claim<'d> {
    fn read(scheme: &'static Scheme, headers: &Headers<'d>, body: &'d [u8]) -> Result<Self, Refusal> {
        let signature = headers.deciding(scheme.signature.header, Refusal::SignatureMalformed)?;
        let signatures = signatures(scheme, signature.ok_or(Refusal::SignatureMissing)?)?;
        let id = scheme.id_header.map(|name| read_id(headers, name)).transpose()?;
        let sent = scheme.timestamp.as_ref().map(|rule| Ok((read_timestamp(headers, rule)?, rule))).transpose()?;
        let piece = |piece: &Piece| match *piece {
            Piece::Header(name) => {
                headers.deciding(name, Refusal::SignatureMalformed)?.ok_or(Refusal::SignatureMissing)
            }
            Piece::Literal(text) => Ok(text.as_bytes()),
            Piece::Body => Ok(body),
        };
        let content = scheme.content.iter().map(piece).collect::<Result<_, _>>()?;
        Ok(Self { signatures, content, id, sent })
    }

    /// One MAC, then one comparison in constant time for each signature offered.
    fn is_by(&self, key: &Key) -> bool {
        let tag = key.tag(&self.content);
        self.signatures.iter().any(|signature| tag.as_bytes().ct_eq(signature.as_slice()).into())
    }
}

/// The signatures of our version. Anything else in a list is passed over, never tried another way.
fn signatures(scheme: &Scheme, value: &[u8]) -> Result<Vec<[u8; 32]>, Refusal> {
    let row = &scheme.signature;
    let read = |item: &[u8]| decode(row.encoding, item.strip_prefix(row.prefix.as_bytes())?);
    let found: Vec<_> = match row.grammar {
        Grammar::Single => read(value).into_iter().collect(),
        Grammar::List { separator, items_max } => {
            let items = || value.split(|byte| *byte == separator).filter(|item| !item.is_empty());
            if items().nth(items_max).is_some() {
                return Err(Refusal::SignatureMalformed);
            }
            items().filter_map(read).collect()
        }
    };
    if found.is_empty() { Err(Refusal::SignatureMalformed) } else { Ok(found) }
}

/// The 32 bytes of an HMAC-SHA256 in their one valid spelling.
fn decode(encoding: Encoding, text: &[u8]) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    match encoding {
        Encoding::Hex => {
            let lower_case = text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            hex::decode_to_slice(text, &mut bytes).ok().filter(|()| lower_case)?;
            Some(bytes)
        }
        Encoding::Base64 => {
            // The decoder wants room for what the text's length could hold: 44 characters, 33 bytes.
            let mut room = [0; 33];
            let length = STANDARD.decode_slice(text, &mut room).ok()?;
            room.get(..length)?.try_into().ok()
        }
    }
}

/// An id of a narrow alphabet: with a `.` in it, its end could pass for the beginning of the
/// timestamp, and one signature would fit two messages.
fn read_id<'d>(headers: &Headers<'d>, name: &'static str) -> Result<&'d str, Refusal> {
    let id = headers.deciding(name, Refusal::IdMalformed)?.ok_or(Refusal::IdMissing)?;
    let narrow = id.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if !narrow || id.len() > ID_BYTES_MAX {
        return Err(Refusal::IdMalformed);
    }
    std::str::from_utf8(id).map_err(|_| Refusal::IdMalformed)
}

/// Seconds in canonical digits: one number, one spelling.
fn read_timestamp(headers: &Headers<'_>, rule: &TimestampRule) -> Result<i64, Refusal> {
    let digits = headers.deciding(rule.header, Refusal::TimestampMalformed)?.ok_or(Refusal::TimestampMissing)?;
    let canonical = match digits {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.len() < TIMESTAMP_DIGITS_MAX && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    let text = std::str::from_utf8(digits).ok().filter(|_| canonical);
    text.and_then(|text| text.parse().ok()).ok_or(Refusal::TimestampMalformed)
}

fn is_fresh(sent_s: i64, rule: &TimestampRule, now: Timestamp) -> Result<(), Refusal> {
    let age_ms = now.as_millisecond().saturating_sub(sent_s.saturating_mul(1_000));
    let tolerance_ms = rule.tolerance_s.saturating_mul(1_000);
    if age_ms > tolerance_ms {
        Err(Refusal::TimestampStale)
    } else if age_ms < -tolerance_ms {
        Err(Refusal::TimestampFuture)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::SchemeName;
    use std::cell::Cell;

    thread_local! {
        /// How many MACs this thread has computed.
        pub(super) static TAGS: Cell<usize> = const { Cell::new(0) };
    }

    /// How many MACs it takes to judge a request, and what the judgement is.
    fn cost(verifier: &Verifier, headers: &[(&'static str, &str)], now_s: i64) -> (usize, Option<Refusal>) {
        TAGS.set(0);
        let headers = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        let refusal = verifier.verify(&headers, b"body", Timestamp::from_second(now_s).unwrap()).err();
        (TAGS.get(), refusal)
    }

    fn verifier(keys: usize, rounds: usize) -> Verifier {
        let key = |number: usize| Key::new("test", Algorithm::HmacSha256, &[u8::try_from(number).unwrap(); 32]);
        let keys = (0..keys).map(|number| key(number).unwrap()).collect();
        Verifier::new(SchemeName::StandardWebhooks.row(), keys, rounds)
    }

    #[test]
    fn b07_every_no_takes_as_many_macs_whatever_is_wrong_and_whoever_is_named() {
        let wrong = format!("v1,{}", STANDARD.encode([0; 32]));
        for keys in 1..=3 {
            let verifier = verifier(keys, 3);
            let no_signature = [("webhook-id", "a"), ("webhook-timestamp", "100")];
            assert_eq!(cost(&verifier, &no_signature, 100), (3, Some(Refusal::SignatureMissing)));
            let bad_id = [("webhook-id", "."), ("webhook-timestamp", "100"), ("webhook-signature", &wrong)];
            assert_eq!(cost(&verifier, &bad_id, 100), (3, Some(Refusal::IdMalformed)));
            let bad = [("webhook-id", "a"), ("webhook-timestamp", "100"), ("webhook-signature", &wrong)];
            assert_eq!(cost(&verifier, &bad, 100), (3, Some(Refusal::SignatureWrong)));
            assert_eq!(cost(&verifier, &bad, 100_000), (3, Some(Refusal::SignatureWrong)), "stale, too");
        }
    }

    #[test]
    fn one_mac_is_computed_for_a_secret_however_many_signatures_are_offered() {
        let item = format!("v1,{} ", STANDARD.encode([0; 32])).repeat(8);
        let headers = [("webhook-id", "a"), ("webhook-timestamp", "100"), ("webhook-signature", item.trim_end())];
        assert_eq!(cost(&verifier(1, 1), &headers, 100), (1, Some(Refusal::SignatureWrong)));
    }

    #[test]
    fn b08_no_tag_is_compared_with_plain_equality() {
        let production = include_str!("verify.rs").split("#[cfg(test)]\nmod tests").next().unwrap();
        let plain = |line: &&str| line.contains("tag") && (line.contains("==") || line.contains("!="));
        assert_eq!(production.lines().find(plain), None);
        assert!(production.contains("ct_eq"));
    }

    #[test]
    fn a_signature_has_one_spelling() {
        let base64 = STANDARD.encode([7; 32]);
        assert_eq!(decode(Encoding::Base64, base64.as_bytes()), Some([7; 32]));
        assert_eq!(decode(Encoding::Base64, base64.trim_end_matches('=').as_bytes()), None);
        // 32 bytes leave two bits of the last character unused; set, they must not be overlooked.
        assert_eq!(decode(Encoding::Base64, base64.replace("c=", "d=").as_bytes()), None);
        for length in [0, 31, 33, 64] {
            assert_eq!(decode(Encoding::Base64, STANDARD.encode(vec![7; length]).as_bytes()), None);
            assert_eq!(decode(Encoding::Hex, hex::encode(vec![7; length]).as_bytes()), None);
        }
        assert_eq!(decode(Encoding::Hex, "ab".repeat(32).as_bytes()), Some([0xab; 32]));
        assert_eq!(decode(Encoding::Hex, "AB".repeat(32).as_bytes()), None);
    }
}
