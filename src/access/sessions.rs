//! Sessions of people who have signed in with a browser. They live in this process: a restart signs everybody out. A
//! session is known by a secret that only the browser has; here is its digest.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use super::Actor;
use crate::incident::{Digest, SignInWay, Timestamp};

/// The most sessions. Beyond it the one that was idle longest ends.
const SESSIONS_MAX: usize = 10_000;
/// Bytes of a session's secret, and of what its forms carry.
const SECRET_BYTES: usize = 32;

/// How long sessions last. None of it is nothing: nobody could stay signed in, or ever give an account back.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionSettings {
    /// After so many minutes without a request a session ends.
    pub idle_minutes: NonZeroU32,
    /// After so many hours it ends whatever happens.
    pub hours: NonZeroU32,
    /// For so many minutes after signing in nobody is asked again before what cannot be taken back.
    pub fresh_minutes: NonZeroU32,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self { idle_minutes: count(30), hours: count(12), fresh_minutes: count(5) }
    }
}

/// One at least.
fn count(of: u32) -> NonZeroU32 {
    NonZeroU32::new(of).unwrap_or(NonZeroU32::MIN)
}

impl SessionSettings {
    fn idle(&self) -> Duration {
        Duration::from_secs(u64::from(self.idle_minutes.get()) * 60)
    }

    fn whole(&self) -> Duration {
        Duration::from_secs(u64::from(self.hours.get()) * 3_600)
    }

    fn fresh(&self) -> Duration {
        Duration::from_secs(u64::from(self.fresh_minutes.get()) * 60)
    }
}

/// By what somebody signed in, and by what the session stands and falls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// A token, by its digest: its end ends the session.
    Token(Digest),
    /// The link of the first start.
    FirstLink,
    /// Their identity provider.
    Oidc,
}

impl Way {
    /// As it stands on the trail.
    #[must_use]
    pub fn told(&self) -> SignInWay {
        match self {
            Self::Token(_) => SignInWay::Token,
            Self::FirstLink => SignInWay::FirstLink,
            Self::Oidc => SignInWay::Oidc,
        }
    }
}

/// What a session says of whoever sends its secret.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who it is.
    pub actor: Actor,
    /// By what they signed in.
    pub way: Way,
    /// What their forms carry, so that no other site can send them.
    pub csrf: String,
    /// Whether they have signed in a moment ago.
    pub is_fresh: bool,
}

struct Kept {
    actor: Actor,
    way: Way,
    csrf: String,
    begun: Timestamp,
    proven: Timestamp,
    seen: Timestamp,
}

/// All sessions.
pub struct Sessions {
    settings: SessionSettings,
    kept: Mutex<HashMap<Digest, Kept>>,
}

/// No randomness is to be had, so that no secret can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoRandomness;

impl Sessions {
    /// None yet.
    #[must_use]
    pub fn new(settings: SessionSettings) -> Self {
        Self { settings, kept: Mutex::default() }
    }

    /// For how long nobody is asked again, in minutes.
    #[must_use]
    pub fn fresh_minutes(&self) -> u32 {
        self.settings.fresh_minutes.get()
    }

    /// Begins a session; gives its secret, which is for the browser alone. Whoever has shown again who they are has
    /// another one after that: `instead_of` ends.
    ///
    /// # Errors
    /// No secret can be made.
    pub fn begin(
        &self,
        actor: Actor,
        way: Way,
        instead_of: Option<&str>,
        now: Timestamp,
    ) -> Result<String, NoRandomness> {
        let (secret, csrf) = (random()?, random()?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier = instead_of.and_then(|secret| kept.remove(&Digest::of(secret.as_bytes())));
        // Showing again who one is makes no session longer than it was to last.
        let begun = earlier.filter(|earlier| earlier.actor.name == actor.name).map_or(now, |earlier| earlier.begun);
        if kept.len() >= SESSIONS_MAX {
            let idle = kept.iter().min_by_key(|(_, one)| one.seen).map(|(digest, _)| *digest);
            idle.and_then(|digest| kept.remove(&digest));
        }
        kept.insert(Digest::of(secret.as_bytes()), Kept { actor, way, csrf, begun, proven: now, seen: now });
        Ok(secret)
    }

    /// Whose secret it is, if the session lasts and what it stands on is still `good`.
    pub fn find(&self, secret: &str, now: Timestamp, good: impl FnOnce(&Way) -> bool) -> Option<Session> {
        let digest = Digest::of(secret.as_bytes());
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.get_mut(&digest)?;
        let is_over = since(kept.seen, now) >= self.settings.idle() || since(kept.begun, now) >= self.settings.whole();
        if is_over || !good(&kept.way) {
            all.remove(&digest);
            return None;
        }
        kept.seen = kept.seen.max(now);
        let is_fresh = since(kept.proven, now) < self.settings.fresh();
        Some(Session { actor: kept.actor.clone(), way: kept.way.clone(), csrf: kept.csrf.clone(), is_fresh })
    }

    /// Ends a session. Says whose it was.
    pub fn end(&self, secret: &str) -> Option<Actor> {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&Digest::of(secret.as_bytes())).map(|kept| kept.actor)
    }
}

impl Session {
    /// Whether a form carries what this session's forms carry.
    #[must_use]
    pub fn has_sent(&self, csrf: &str) -> bool {
        bool::from(self.csrf.as_bytes().ct_eq(csrf.as_bytes()))
    }
}

/// A secret of 256 bits, in hex.
pub(super) fn random() -> Result<String, NoRandomness> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(hex::encode(bytes))
}

/// How long ago; nothing, where the clock was set back.
fn since(then: Timestamp, now: Timestamp) -> Duration {
    now.duration_since(then).try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;

    fn sessions() -> Sessions {
        Sessions::new(SessionSettings { idle_minutes: count(30), hours: count(2), fresh_minutes: count(5) })
    }

    fn actor(name: &str) -> Actor {
        Actor { name: name.to_owned(), role: Role::Responder, user_id: None }
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minute * 60).unwrap()
    }

    fn find(sessions: &Sessions, secret: &str, minute: i64) -> Option<Session> {
        sessions.find(secret, at(minute), |_| true)
    }

    #[test]
    fn i09_a_session_ends_when_it_is_idle_and_at_the_latest_after_its_hours() {
        let sessions = sessions();
        let secret = sessions.begin(actor("a"), Way::FirstLink, None, at(0)).unwrap();
        assert!(find(&sessions, &secret, 29).is_some());
        assert!(find(&sessions, &secret, 58).is_some(), "a request keeps it");
        assert!(find(&sessions, &secret, 88).is_none(), "idle");
        assert!(find(&sessions, &secret, 58).is_none(), "and it is gone");
        let secret = sessions.begin(actor("a"), Way::FirstLink, None, at(0)).unwrap();
        for minute in (0..120).step_by(20) {
            assert!(find(&sessions, &secret, minute).is_some(), "{minute}");
        }
        assert!(find(&sessions, &secret, 120).is_none());
    }

    #[test]
    fn i09_whoever_shows_again_who_they_are_has_another_secret_and_no_longer_a_session() {
        let sessions = sessions();
        let first = sessions.begin(actor("a"), Way::FirstLink, None, at(0)).unwrap();
        assert!(find(&sessions, &first, 4).unwrap().is_fresh);
        assert!(!find(&sessions, &first, 5).unwrap().is_fresh);
        let second = sessions.begin(actor("a"), Way::FirstLink, Some(&first), at(25)).unwrap();
        assert!(find(&sessions, &first, 25).is_none(), "the one from before");
        assert!(find(&sessions, &second, 26).unwrap().is_fresh);
        for minute in (40..120).step_by(20) {
            assert!(find(&sessions, &second, minute).is_some(), "{minute}");
        }
        assert!(find(&sessions, &second, 120).is_none(), "it ends when the first would have");
        assert!(sessions.end(&second).is_none());
    }

    #[test]
    fn i04_what_a_session_stands_on_is_asked_about_each_time() {
        let sessions = sessions();
        let digest = Digest::of(b"token");
        let secret = sessions.begin(actor("a"), Way::Token(digest), None, at(0)).unwrap();
        assert!(sessions.find(&secret, at(1), |way| *way == Way::Token(digest)).is_some());
        assert!(sessions.find(&secret, at(2), |_| false).is_none());
        assert!(find(&sessions, &secret, 2).is_none(), "and it does not come back");
    }

    #[test]
    fn secrets_are_each_sessions_own_and_forms_carry_another() {
        let sessions = sessions();
        let one = sessions.begin(actor("a"), Way::FirstLink, None, at(0)).unwrap();
        let other = sessions.begin(actor("b"), Way::FirstLink, None, at(0)).unwrap();
        let (first, second) = (find(&sessions, &one, 0).unwrap(), find(&sessions, &other, 0).unwrap());
        assert_eq!((first.actor.name.as_str(), second.actor.name.as_str()), ("a", "b"));
        assert!(first.has_sent(&first.csrf) && !first.has_sent(&second.csrf) && !first.has_sent(""));
        assert!(one != first.csrf && one.len() == 64);
        assert_eq!(sessions.end(&one).unwrap().name, "a");
        assert!(find(&sessions, &one, 0).is_none());
    }

    #[test]
    fn so_many_sessions_end_the_one_that_was_idle_longest() {
        let sessions = sessions();
        let oldest = sessions.begin(actor("a"), Way::FirstLink, None, at(0)).unwrap();
        let kept = sessions.begin(actor("b"), Way::FirstLink, None, at(1)).unwrap();
        for _ in 2..=SESSIONS_MAX {
            sessions.begin(actor("c"), Way::FirstLink, None, at(2)).unwrap();
        }
        assert!(find(&sessions, &oldest, 2).is_none() && find(&sessions, &kept, 2).is_some());
    }
}
