//! Who comes in: by a token of the configuration or one that was given out, or by a session that one of them began.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex as Lock, PoisonError};

use super::{Actor, FirstLink, Oidc, Permission, Role, Session, Sessions, Settings, Tokens, Way};
use crate::incident::{Digest, Timestamp, UserId};
use crate::rules::Responders;
use crate::trail::Trail;

/// The longest `Authorization` header looked at, in bytes.
const HEADER_BYTES_MAX: usize = 1_024;
/// The shortest token taken, in characters: 32 hex digits are 128 bits.
const TOKEN_CHARACTERS_MIN: usize = 32;

/// Why somebody may not do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No valid token was shown.
    #[error("no valid token")]
    Unknown,
    /// The token's role does not include this.
    #[error("the role does not include this")]
    Forbidden,
}

/// Who has access.
pub struct Access {
    tokens: Tokens,
    sessions: Sessions,
    first: FirstLink,
    oidc: Option<Oidc>,
    /// Which tokens were given out stands on it.
    pub(super) trail: Arc<Trail>,
    responders: Arc<Responders>,
    /// One is given out or taken back at a time, so that none has the name of another.
    pub(super) issuing: tokio::sync::Mutex<()>,
    /// When each token was last shown, since the start.
    used: Lock<HashMap<Digest, Timestamp>>,
}

impl Access {
    /// By these tokens, those that were given out on the trail, and the identity provider.
    #[must_use]
    pub fn new(tokens: Tokens, settings: &Settings, oidc: Option<Oidc>, trail: Arc<Trail>) -> Self {
        let sessions = Sessions::new(settings.sessions.clone());
        let (first, responders) = (FirstLink::default(), Arc::default());
        let access = Self {
            tokens,
            sessions,
            first,
            oidc,
            trail,
            responders,
            issuing: Default::default(),
            used: Lock::default(),
        };
        access.tell_responders();
        access
    }

    /// The accounts of those who may steer and answer, as they are at any time.
    #[must_use]
    pub fn responders(&self) -> &Arc<Responders> {
        &self.responders
    }

    /// After a token was given out or taken back.
    pub(super) fn tell_responders(&self) {
        let mut accounts: BTreeSet<UserId> = self.tokens.responders();
        self.trail.board(|board| {
            let given = board.issued().all().filter(|given| given.token.role.may(Permission::Control));
            accounts.extend(given.filter_map(|given| given.token.user_id.clone()));
        });
        self.responders.replace(accounts);
    }

    /// The tokens of the configuration.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// When the token was last shown, if it was since the start.
    #[must_use]
    pub fn last_used(&self, digest: Digest) -> Option<Timestamp> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).get(&digest).copied()
    }

    /// Every name that whoever this is goes by: a second token of the same account makes nobody a second person.
    #[must_use]
    pub fn names_of(&self, actor: &Actor) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = [actor.name.clone()].into();
        if let Some(user_id) = &actor.user_id {
            names.insert(user_id.as_str().to_owned());
            let is_theirs = |own: &Option<UserId>| own.as_ref() == Some(user_id);
            names.extend(self.tokens.all().filter(|token| is_theirs(&token.user_id)).map(|token| token.name.clone()));
            self.trail.board(|board| {
                let given = board.issued().all().map(|given| &given.token);
                names.extend(given.filter(|token| is_theirs(&token.user_id)).map(|token| token.name.clone()));
            });
        }
        names
    }

    /// The sessions of people.
    #[must_use]
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// The link of the first start.
    #[must_use]
    pub fn first(&self) -> &FirstLink {
        &self.first
    }

    /// The identity provider, if there is one.
    #[must_use]
    pub fn oidc(&self) -> Option<&Oidc> {
        self.oidc.as_ref()
    }

    /// Whether the name is that of a token of somebody else: on the trail it would be taken for theirs.
    #[must_use]
    pub fn is_anothers(&self, actor: &Actor) -> bool {
        let is_own = |own: &Option<UserId>| own.is_some() && *own == actor.user_id;
        let of_set = self.tokens.all().find(|token| token.name == actor.name).map(|token| is_own(&token.user_id));
        let of_given =
            self.trail.board(|board| board.issued().get(&actor.name).map(|given| is_own(&given.token.user_id)));
        of_set.or(of_given).is_some_and(|is_own| !is_own)
    }

    /// Whether anybody could sign in as an administrator.
    #[must_use]
    pub fn has_admin(&self, now: Timestamp) -> bool {
        if self.oidc.as_ref().is_some_and(Oidc::has_admins) {
            return true;
        }
        let given = |board: &crate::trail::Board| {
            board.issued().all().any(|given| given.token.role == Role::Admin && now < given.token.expires)
        };
        self.tokens.all().any(|token| token.role == Role::Admin && token.is_good(now)) || self.trail.board(given)
    }

    /// Who shows this `Authorization: Bearer` header, if they may do `permission`.
    ///
    /// # Errors
    /// Unknown or not allowed.
    pub fn bearer(&self, header: Option<&[u8]>, permission: Permission, now: Timestamp) -> Result<Actor, Denied> {
        let token = header.and_then(|header| scheme(header, "bearer")).ok_or(Denied::Unknown)?;
        let (actor, _) = self.holder(token, now).ok_or(Denied::Unknown)?;
        if actor.role.may(permission) { Ok(actor) } else { Err(Denied::Forbidden) }
    }

    /// Whose session it is, by the secret that their browser has kept.
    #[must_use]
    pub fn session(&self, secret: &str, now: Timestamp) -> Option<Session> {
        self.sessions.find(secret, now, |way| match way {
            Way::Token(digest) => self.of(*digest, now).is_some(),
            Way::FirstLink | Way::Oidc => true,
        })
    }

    /// Whose token it is, and by what a session of theirs stands and falls.
    #[must_use]
    pub fn holder(&self, token: &str, now: Timestamp) -> Option<(Actor, Way)> {
        if token.len() > HEADER_BYTES_MAX || token.chars().count() < TOKEN_CHARACTERS_MIN {
            return None;
        }
        let shown = Digest::of(token.as_bytes());
        let actor = self.of(shown, now)?;
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(shown, now);
        Some((actor, Way::Token(shown)))
    }

    fn of(&self, digest: Digest, now: Timestamp) -> Option<Actor> {
        if let Some(token) = self.tokens.find(digest, now) {
            return Some(Actor { name: token.name.clone(), role: token.role, user_id: token.user_id.clone() });
        }
        self.trail.board(|board| {
            let token = &board.issued().find(digest, now)?.token;
            Some(Actor { name: token.name.clone(), role: token.role, user_id: token.user_id.clone() })
        })
    }
}

/// The credentials after the scheme's name, which is compared without case (RFC 9110 section 11.1).
fn scheme<'h>(header: &'h [u8], name: &str) -> Option<&'h str> {
    if header.len() > HEADER_BYTES_MAX {
        return None;
    }
    let (scheme, credentials) = std::str::from_utf8(header).ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case(name).then_some(credentials)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::TokenSettings;
    use crate::trail::MemoryStore;

    const TOKEN: &str = "test-token-of-an-auditor-0000000000";

    fn access() -> Access {
        let sha256 = Digest::of(TOKEN.as_bytes());
        let expires = Some(at(100));
        let token = TokenSettings { name: "auditor".into(), role: Role::Auditor, sha256, user_id: None, expires };
        let settings = Settings { tokens: vec![token], ..Settings::default() };
        let trail = Trail::open(Arc::new(MemoryStore::default())).unwrap();
        Access::new(Tokens::new(&settings).unwrap(), &settings, None, trail)
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_token_is_its_holders_only_whole() {
        let access = access();
        let bearer = |text: &str| access.bearer(Some(text.as_bytes()), Permission::ReadTrail, at(0));
        assert_eq!(bearer(&format!("Bearer {TOKEN}")).unwrap().name, "auditor");
        assert_eq!(bearer(&format!("bearer {TOKEN}")).unwrap().role, Role::Auditor);
        for bad in [
            format!("Bearer {TOKEN}x"),
            format!("Bearer {}", &TOKEN[1..]),
            "Bearer ".into(),
            TOKEN.into(),
            format!("Basic {TOKEN}"),
        ] {
            assert_eq!(bearer(&bad), Err(Denied::Unknown), "{bad}");
        }
        assert_eq!(access.bearer(None, Permission::ReadTrail, at(0)), Err(Denied::Unknown));
    }

    #[test]
    fn a_role_ends_where_it_ends() {
        let header = format!("Bearer {TOKEN}");
        let denied = access().bearer(Some(header.as_bytes()), Permission::Control, at(0));
        assert_eq!(denied, Err(Denied::Forbidden));
    }

    #[test]
    fn i05_a_token_that_is_over_is_none_and_ends_the_sessions_that_stand_on_it() {
        let access = access();
        let header = format!("Bearer {TOKEN}");
        assert!(access.bearer(Some(header.as_bytes()), Permission::ReadTrail, at(99)).is_ok());
        let over = access.bearer(Some(header.as_bytes()), Permission::ReadTrail, at(100));
        assert_eq!(over, Err(Denied::Unknown));
        let (actor, way) = access.holder(TOKEN, at(0)).unwrap();
        let secret = access.sessions().begin(actor, way, None, at(0)).unwrap();
        assert!(access.session(&secret, at(99)).is_some());
        assert!(access.session(&secret, at(100)).is_none());
        assert!(access.session(&secret[1..], at(0)).is_none());
    }
}
