//! Keeps the app's access token until shortly before it expires, and fetches it once for all who
//! wait for it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::SignedDuration;
use secrecy::SecretString;
use tokio::sync::Mutex;

use super::answer::Success;
use super::api::Api;
use super::lenient;
use crate::incident::{Clock, Failure, Timestamp};

/// A token is not used in its last five minutes, as in DingTalk's own SDK.
const MARGIN_S: i64 = 300;
/// A token is asked for again after a day at the latest, whatever its answer says.
const LIFE_S_MAX: i64 = 86_400;
/// Longer than any token seen (32); it travels in a header.
const TOKEN_BYTES_MAX: usize = 1024;

/// A token as it was issued.
pub(super) struct Issued {
    text: SecretString,
    life_s: i64,
}

impl Issued {
    /// Reads `{"accessToken":"…","expireIn":7200}`, or `{"access_token":"…","expires_in":7200}` from the two other token
    /// calls; `None` when it is not usable.
    pub(super) fn read(success: &Success) -> Option<Self> {
        let (text, life_s) = match success.api {
            Api::CorpToken | Api::LegacyToken => ("access_token", "expires_in"),
            _ => ("accessToken", "expireIn"),
        };
        let text = success.body.get(text)?.as_str()?;
        let usable = (1..=TOKEN_BYTES_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        let life_s = success.body.get(life_s).and_then(lenient::integer).filter(|life_s| *life_s > 0)?;
        usable.then(|| Self { text: SecretString::from(text), life_s: life_s.min(LIFE_S_MAX) })
    }
}

/// A token in use. Its serial number tells it from a later one: DingTalk may issue the same text
/// again.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) text: SecretString,
    serial: u64,
}

/// The one cached token.
pub(super) struct Tokens {
    clock: Arc<dyn Clock>,
    /// How many fetches have failed, so that a waiter sees whether one failed while it waited.
    failed: AtomicU64,
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    current: Option<(Token, Timestamp)>,
    issued: u64,
    last_failure: Option<Failure>,
}

impl Tokens {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, failed: AtomicU64::new(0), cache: Mutex::default() }
    }

    /// The cached token, or a new one by `fetch`. Who waits while another fetches gets that one's
    /// token, or its failure: a slow refusal is not suffered again by everybody in turn.
    pub(super) async fn current<F>(&self, fetch: impl FnOnce() -> F + Send) -> Result<Token, Failure>
    where
        F: Future<Output = Result<Issued, Failure>> + Send,
    {
        let failed_before = self.failed.load(Ordering::SeqCst);
        let mut cache = self.cache.lock().await;
        // Read before the fetch, so that the token's life is never taken for longer than it is.
        let now = self.clock.now();
        if let Some((token, _)) = cache.current.as_ref().filter(|(_, until)| now < *until) {
            return Ok(token.clone());
        }
        if let Some(failure) = &cache.last_failure
            && self.failed.load(Ordering::SeqCst) != failed_before
        {
            return Err(failure.clone());
        }
        match fetch().await {
            Ok(issued) => Ok(cache.store(issued, now)),
            Err(failure) => {
                cache.last_failure = Some(failure.clone());
                self.failed.fetch_add(1, Ordering::SeqCst);
                Err(failure)
            }
        }
    }

    /// Drops a token that was refused, unless another has taken its place already.
    pub(super) async fn forget(&self, refused: &Token) {
        self.cache.lock().await.current.take_if(|(token, _)| token.serial == refused.serial);
    }
}

impl Cache {
    fn store(&mut self, issued: Issued, now: Timestamp) -> Token {
        self.issued = self.issued.saturating_add(1);
        let token = Token { text: issued.text, serial: self.issued };
        // A token that lives shorter than two margins is used for half its life, not never.
        let usable_s = issued.life_s.saturating_sub(MARGIN_S).max(issued.life_s / 2);
        let until = now.checked_add(SignedDuration::from_secs(usable_s)).unwrap_or(now);
        self.current = Some((token.clone(), until));
        token
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{FailureClass, HandSetClock};
    use secrecy::ExposeSecret as _;
    use serde_json::{Value, json};
    use std::time::Duration;

    fn issued(text: &str, life_s: i64) -> Issued {
        Issued { text: SecretString::from(text), life_s }
    }

    fn tokens() -> (Tokens, Arc<HandSetClock>) {
        let clock = Arc::new(HandSetClock::at(Timestamp::from_second(1_000_000).unwrap()));
        (Tokens::new(Arc::clone(&clock) as Arc<dyn Clock>), clock)
    }

    async fn get(tokens: &Tokens, text: &str, life_s: i64) -> Token {
        tokens.current(async || Ok(issued(text, life_s))).await.unwrap()
    }

    #[tokio::test]
    async fn a_token_is_kept_until_five_minutes_before_its_end() {
        let (tokens, clock) = tokens();
        get(&tokens, "first", 7200).await;
        clock.advance(Duration::from_millis(6_899_999));
        assert_eq!(get(&tokens, "second", 7200).await.text.expose_secret(), "first");
        clock.advance(Duration::from_millis(1));
        assert_eq!(get(&tokens, "second", 7200).await.text.expose_secret(), "second");
    }

    #[tokio::test]
    async fn a_short_lived_token_is_used_for_half_its_life() {
        let (tokens, clock) = tokens();
        get(&tokens, "first", 60).await;
        clock.advance(Duration::from_secs(29));
        assert_eq!(get(&tokens, "second", 60).await.text.expose_secret(), "first");
        clock.advance(Duration::from_secs(1));
        assert_eq!(get(&tokens, "second", 60).await.text.expose_secret(), "second");
    }

    #[tokio::test]
    async fn a_refused_token_is_dropped_only_while_it_is_the_current_one() {
        let (tokens, _) = tokens();
        let first = get(&tokens, "same text", 7200).await;
        tokens.forget(&first).await;
        let second = get(&tokens, "same text", 7200).await;
        tokens.forget(&first).await;
        let kept = tokens.current(async || panic!("the second token is still good")).await.unwrap();
        assert_eq!(kept.serial, second.serial);
    }

    #[tokio::test]
    async fn those_who_waited_share_the_failure_and_the_next_one_tries_again() {
        let (tokens, _) = tokens();
        let refusal = Failure::local(FailureClass::OperatorNeeded, "invalidClientIdOrSecret");
        let (go, gate) = tokio::sync::oneshot::channel::<()>();
        let slow = tokens.current(async || {
            gate.await.unwrap();
            Err(refusal.clone())
        });
        let waiting = tokens.current(async || panic!("one fetch is enough"));
        let (first, second, ()) = tokio::join!(slow, waiting, async { go.send(()).unwrap() });
        assert_eq!((first.unwrap_err(), second.unwrap_err()), (refusal.clone(), refusal));
        assert_eq!(get(&tokens, "later", 7200).await.text.expose_secret(), "later");
    }

    #[test]
    fn an_answer_without_a_usable_token_is_not_understood() {
        let read_of = |api, body: Value| {
            Issued::read(&Success { api, status: 200, request_id: None, body }).map(|issued| issued.life_s)
        };
        for api in [Api::CorpToken, Api::LegacyToken] {
            assert_eq!(read_of(api, json!({"errcode": 0, "access_token": "t", "expires_in": 60})), Some(60));
            assert_eq!(read_of(api, json!({"accessToken": "t", "expireIn": 7200})), None, "another call's words");
            assert_eq!(read_of(api, json!({"access_token": "a b", "expires_in": 60})), None);
        }
        let read = |body: Value| read_of(Api::AccessToken, body);
        assert_eq!(read(json!({"accessToken": "t", "expireIn": 7200})), Some(7200));
        assert_eq!(read(json!({"accessToken": "t", "expireIn": i64::MAX})), Some(LIFE_S_MAX));
        for body in [
            json!({"accessToken": "", "expireIn": 7200}),
            json!({"accessToken": "a\r\nb: c", "expireIn": 7200}),
            json!({"accessToken": "t".repeat(1025), "expireIn": 7200}),
            json!({"accessToken": "t"}),
            json!({"accessToken": "t", "expireIn": 0}),
            json!({"accessToken": "t", "expireIn": -1}),
        ] {
            assert_eq!(read(body.clone()), None, "{body}");
        }
    }
}
