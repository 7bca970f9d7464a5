//! Checks what a delivery has to prove, by its source's method, and leaves a proof that it did.

use std::hint::black_box;
use std::sync::Arc;

use serde_json::Value;

use super::claim::Claim;
use super::dingtalk::{self, Callbacks, Opened};
use super::key::Key;
use super::mapping::Mapping;
use super::origin::Origin;
use super::published::Publisher;
use super::scheme::{Algorithm, Scheme};
use super::shared::{self, SecretPlace, Shown};
use super::sns::Confirm;
use super::{Refusal, Reply, Request, StreamTold, Unreadable};
use crate::incident::{Digest, Timestamp};

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

/// What a source has proven.
#[derive(Debug)]
pub(super) struct Proof<'d> {
    /// The name of the secret that fits.
    pub secret: &'d str,
    /// The delivery's id, where it is signed.
    pub id: Option<String>,
    /// When it was sent, where that is signed.
    pub sent: Option<Timestamp>,
    /// Digest of what it says, where the same may come in other bytes.
    pub said: Option<Digest>,
    /// The raw body.
    pub body: &'d [u8],
    /// What of the body is signed and stands for it, where that is not all of it.
    pub signed: Option<Vec<u8>>,
    /// What of it is proven.
    pub content: Content,
    /// What was encrypted in the body and stands for it, where it was.
    pub opened: Option<Opened>,
    /// What the sender says of its stream itself, where it does.
    pub stream: Option<StreamTold>,
    /// That Amazon SNS waits to be told yes; to be done once it is known that nobody has done it.
    pub confirm: Option<Confirm>,
}

/// What of a body is proven.
#[derive(Debug)]
pub(super) enum Content {
    /// All of it, as it is.
    Body,
    /// Only these events in it, and not the others.
    Events { own: Vec<Value>, of_others: usize },
    /// That the sender wants to know whether we are there.
    Asked(Reply),
    /// That it is the sender's, and what is in the way of reading it.
    Unreadable(Unreadable),
}

impl<'d> Proof<'d> {
    /// With no id and no time.
    pub(super) fn of(secret: &'d str, body: &'d [u8], content: Content) -> Self {
        let (id, sent, said, signed) = (None, None, None, None);
        Self { secret, id, sent, said, body, signed, content, opened: None, stream: None, confirm: None }
    }
}

/// Checks the deliveries of one source.
pub(super) struct Verifier {
    method: Method,
    origin: Origin,
    effort: Arc<[Key]>,
}

/// How a source proves itself.
pub(super) enum Method {
    /// It signs.
    Signed { scheme: Scheme, keys: Vec<Key> },
    /// It shows a secret beside the body.
    Shown { place: SecretPlace, secrets: Shown },
    /// It shows a secret in this member of every event that the mapping finds.
    Member { name: String, secrets: Shown, mapping: Arc<Mapping> },
    /// By keys that it publishes.
    Published(Publisher),
    /// It signs and encrypts as DingTalk does.
    CallsBack(Callbacks),
}

impl Method {
    /// What algorithm it checks with, and how many keys.
    pub(super) fn effort(&self) -> Option<(Algorithm, usize)> {
        match self {
            Self::Signed { scheme, keys } => Some((scheme.algorithm, keys.len())),
            Self::Shown { .. } | Self::Member { .. } | Self::Published(_) => None,
            // A MAC is a little more than what is computed for each token.
            Self::CallsBack(callbacks) => Some((Algorithm::HmacSha1, callbacks.keys.len())),
        }
    }
}

impl Verifier {
    /// Whoever comes from elsewhere than `origin` says has proven nothing. `effort` are keys of nobody: for each
    /// algorithm as many as any source has. Whoever is turned away has cost as much work as all of them, so that
    /// the time taken tells neither why, nor whether the source exists, nor how many secrets it has, nor of what
    /// sort.
    pub(super) fn new(method: Method, origin: Origin, effort: Arc<[Key]>) -> Self {
        Self { method, origin, effort }
    }

    /// Goes on with the keys that the verifier before has fetched, where they are those of the same sender.
    pub(super) fn keep_keys(&mut self, before: &Self) {
        if let (Method::Published(publisher), Method::Published(before)) = (&mut self.method, &before.method) {
            publisher.keep_keys(before);
        }
    }

    /// Proves that one of the live secrets signed these very bytes, and when; or that it was shown.
    ///
    /// # Errors
    /// Any of the refusals for which [`Refusal::is_authentication`] holds, except an unknown source.
    pub(super) async fn verify<'d>(
        &'d self,
        request: &Request<'d>,
        now: Timestamp,
    ) -> Result<Verified<Proof<'d>>, Refusal> {
        let body = request.body;
        self.origin.check(request, now).inspect_err(|_| self.toil(0, body))?;
        let proof = match &self.method {
            Method::Signed { scheme, keys } => return self.verify_signature(scheme, keys, request, now),
            Method::Published(publisher) => return publisher.verify(request, now).await.map(Verified::assertion),
            Method::CallsBack(callbacks) => return self.verify_callback(callbacks, request, now),
            Method::Shown { place, secrets } => place
                .shown(request)
                .and_then(|shown| Ok((secrets.name_of(&shown).ok_or(Refusal::SecretWrong)?, Content::Body))),
            Method::Member { name, secrets, mapping } => shown_in_events(name, secrets, mapping, body),
        };
        let (secret, content) = proof.inspect_err(|_| self.toil(0, body))?;
        Ok(Verified::assertion(Proof::of(secret, body, content)))
    }

    /// What becomes of a subscription that is to be confirmed.
    ///
    /// # Errors
    /// Who is to be told yes cannot be reached.
    pub(super) async fn follow(&self, asked: &Confirm, now: Timestamp) -> Result<Option<StreamTold>, Refusal> {
        match &self.method {
            Method::Published(publisher) => publisher.follow(asked, now).await,
            _ => Ok(None),
        }
    }

    fn verify_signature<'d>(
        &'d self,
        scheme: &'d Scheme,
        keys: &'d [Key],
        request: &Request<'d>,
        now: Timestamp,
    ) -> Result<Verified<Proof<'d>>, Refusal> {
        let body = request.body;
        let claim = Claim::read(scheme, &request.headers, body).inspect_err(|_| self.toil(0, body))?;
        let Some(key) = keys.iter().find(|key| key.has_signed(&claim.content, &claim.signatures)) else {
            self.toil(keys.len(), body);
            return Err(Refusal::SignatureWrong);
        };
        if let Some((sent_ms, rule)) = claim.sent {
            is_fresh(sent_ms, rule.tolerance_s, now)?;
        }
        let sent = claim.sent.and_then(|(sent_ms, _)| Timestamp::from_millisecond(sent_ms).ok());
        let id = claim.id.map(str::to_owned);
        Ok(Verified::assertion(Proof { id, sent, ..Proof::of(key.name(), body, Content::Body) }))
    }

    /// What is encrypted is opened last, when it is known who has signed it.
    fn verify_callback<'d>(
        &'d self,
        callbacks: &'d Callbacks,
        request: &Request<'d>,
        now: Timestamp,
    ) -> Result<Verified<Proof<'d>>, Refusal> {
        let body = request.body;
        let claim = dingtalk::Claim::read(request).inspect_err(|_| self.toil(0, body))?;
        let signers = callbacks.signers(&claim);
        if signers.is_empty() {
            self.toil(callbacks.keys.len(), body);
            return Err(Refusal::SignatureWrong);
        }
        is_fresh(claim.sent_ms, callbacks.tolerance_s, now)?;
        let (secret, opened) = Callbacks::open(&signers, &claim)?;
        let sent = Timestamp::from_millisecond(claim.sent_ms).ok();
        Ok(Verified::assertion(Proof { sent, opened: Some(opened), ..Proof::of(secret, body, Content::Body) }))
    }

    /// Works for nobody, but for what was done already by so many keys of our own.
    fn toil(&self, done: usize, body: &[u8]) {
        let own_algorithm = self.method.effort().map(|(algorithm, _)| algorithm);
        let (own, others): (Vec<&Key>, Vec<&Key>) =
            self.effort.iter().partition(|key| Some(key.algorithm()) == own_algorithm);
        for key in own.into_iter().skip(done).chain(others) {
            black_box(key.has_signed(&[body], &[of_nobody()]));
        }
    }
}

/// The events that show a live secret, without it, and the name of the first one's. Events of others may be among
/// them.
fn shown_in_events<'d>(
    member: &str,
    secrets: &'d Shown,
    mapping: &Mapping,
    body: &[u8],
) -> Result<(&'d str, Content), Refusal> {
    if !secrets.are_in(body) {
        return Err(if shared::names(body, member) { Refusal::SecretWrong } else { Refusal::SecretMissing });
    }
    let events = mapping.documents(body).and_then(|documents| mapping.events(documents));
    let events = events.map_err(|_| Refusal::SecretMissing)?.read;
    let name_of = |event: &Value| secrets.name_of(event.get(member)?.as_str()?.as_bytes());
    let mut name = None;
    let all = events.len();
    let own: Vec<Value> = events
        .into_iter()
        .filter_map(|mut event| {
            name.get_or_insert(name_of(&event)?);
            // What is kept of an event is read by more people than may know the secret.
            event.as_object_mut()?.remove(member);
            Some(event)
        })
        .collect();
    let of_others = all.saturating_sub(own.len());
    Ok((name.ok_or(Refusal::SecretWrong)?, Content::Events { own, of_others }))
}

/// What an ed25519 key looks at from end to end before it says no; a MAC is only compared with it.
fn of_nobody() -> Vec<u8> {
    // The base point, and a scalar of one.
    [&[0x58][..], &[0x66; 31], &[1], &[0; 31]].concat()
}

fn is_fresh(sent_ms: i64, tolerance_s: i64, now: Timestamp) -> Result<(), Refusal> {
    let age_ms = now.as_millisecond().saturating_sub(sent_ms);
    let tolerance_ms = tolerance_s.saturating_mul(1_000);
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
    use std::net::IpAddr;

    use super::super::tests::block_on;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::super::key::tests::CHECKS;
    use super::*;
    use crate::intake::{DingTalkKey, Fresh, Headers, SchemeName};

    /// How many checks it takes to judge a request, and what the judgement is.
    fn cost(verifier: &Verifier, headers: &[(&'static str, &str)], now_s: i64) -> (usize, Option<Refusal>) {
        CHECKS.set(0);
        let headers = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        let peer = IpAddr::from([192, 0, 2, 1]);
        let request = Request { source: "a", secret: None, query: "", headers, peer, certificate: None, body: b"body" };
        let refusal = block_on(verifier.verify(&request, Timestamp::from_second(now_s).unwrap())).err();
        (CHECKS.get(), refusal)
    }

    fn verifier(keys: usize, effort: &[(Algorithm, usize)]) -> Verifier {
        let key = |number: usize| Key::new("test", Algorithm::HmacSha256, &[u8::try_from(number).unwrap(); 32]);
        let keys = (0..keys).map(|number| key(number).unwrap()).collect();
        let of_nobody = |(algorithm, count): &(Algorithm, usize)| vec![Key::of_nobody(*algorithm).unwrap(); *count];
        let method = Method::Signed { scheme: SchemeName::StandardWebhooks.row(), keys };
        Verifier::new(method, Origin::default(), effort.iter().flat_map(of_nobody).collect())
    }

    #[test]
    fn b07_every_no_takes_as_much_work_whatever_is_wrong_and_whoever_is_named() {
        let wrong = format!("v1,{}", STANDARD.encode([0; 32]));
        for keys in 0..=3 {
            let verifier =
                verifier(keys, &[(Algorithm::HmacSha256, 3), (Algorithm::HmacSha1, 1), (Algorithm::Ed25519, 2)]);
            let no_signature = [("webhook-id", "a"), ("webhook-timestamp", "100")];
            assert_eq!(cost(&verifier, &no_signature, 100), (6, Some(Refusal::SignatureMissing)));
            let bad_id = [("webhook-id", "."), ("webhook-timestamp", "100"), ("webhook-signature", &wrong)];
            assert_eq!(cost(&verifier, &bad_id, 100), (6, Some(Refusal::IdMalformed)));
            let bad = [("webhook-id", "a"), ("webhook-timestamp", "100"), ("webhook-signature", &wrong)];
            assert_eq!(cost(&verifier, &bad, 100), (6, Some(Refusal::SignatureWrong)));
            assert_eq!(cost(&verifier, &bad, 100_000), (6, Some(Refusal::SignatureWrong)), "stale, too");
        }
    }

    #[test]
    fn b07_a_callback_costs_as_much_as_any_other_no() {
        let key = |token: &str| DingTalkKey::new(token, &"testonly7yQm".repeat(4)[..43], "owner").unwrap();
        let callbacks = Callbacks { keys: vec![Arc::new(key("tokenA")), Arc::new(key("tokenB"))], tolerance_s: 300 };
        let effort = [Algorithm::HmacSha256, Algorithm::HmacSha1, Algorithm::HmacSha1];
        let effort = effort.iter().filter_map(|algorithm| Key::of_nobody(*algorithm)).collect();
        let verifier = Verifier::new(Method::CallsBack(callbacks), Origin::default(), effort);
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let push = key("other").push(b"{}", now, &Fresh { bytes: [7; 16], nonce: "a".to_owned() });
        let peer = IpAddr::from([192, 0, 2, 1]);
        for (query, refusal) in [("", Refusal::SignatureMissing), (push.query.as_str(), Refusal::SignatureWrong)] {
            CHECKS.set(0);
            let headers = Headers::default();
            let request =
                Request { source: "a", secret: None, query, headers, peer, certificate: None, body: &push.body };
            assert_eq!(block_on(verifier.verify(&request, now)).err(), Some(refusal));
            assert_eq!(CHECKS.get(), 3, "{refusal}");
        }
    }

    #[test]
    fn b07_whoever_shows_no_certificate_costs_as_much_as_any_other_no() {
        let key = |number| Key::new("test", Algorithm::HmacSha256, &[number; 32]).unwrap();
        let method = Method::Signed { scheme: SchemeName::GithubHmac.row(), keys: vec![key(1)] };
        let effort = [Algorithm::HmacSha256, Algorithm::HmacSha256, Algorithm::HmacSha1];
        let effort = effort.iter().filter_map(|algorithm| Key::of_nobody(*algorithm)).collect();
        let origin = Origin { certificates: vec!["pager.example.com".parse().unwrap()], ..Origin::default() };
        let verifier = Verifier::new(method, origin, effort);
        for headers in [&[][..], &[("x-hub-signature-256", "sha256=00")], &[("x-hub-signature-256", "none")]] {
            assert_eq!(cost(&verifier, headers, 100), (3, Some(Refusal::CertificateNotListed)));
        }
    }

    #[test]
    fn one_mac_is_computed_for_a_secret_however_many_signatures_are_offered() {
        let item = format!("v1,{} ", STANDARD.encode([0; 32])).repeat(8);
        let headers = [("webhook-id", "a"), ("webhook-timestamp", "100"), ("webhook-signature", item.trim_end())];
        let verifier = verifier(1, &[(Algorithm::HmacSha256, 1)]);
        assert_eq!(cost(&verifier, &headers, 100), (1, Some(Refusal::SignatureWrong)));
    }

    #[test]
    fn what_nobody_signed_is_looked_at_to_the_end() {
        let signature = ed25519_dalek::Signature::from_slice(&of_nobody()).unwrap();
        let point = ed25519_dalek::VerifyingKey::from_bytes(signature.r_bytes()).unwrap();
        assert!(!point.is_weak() && *signature.s_bytes() < [0xff; 32]);
    }
}
