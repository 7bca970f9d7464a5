//! Tokens that are given out while the program runs: made here, shown once, and kept as their digests on the trail.

use serde::Serialize;

use super::sessions::random;
use super::tokens::is_own_name;
use super::{Access, Actor};
use crate::incident::{AccessEvent, Digest, Event, IssuedToken, Role, Timestamp, UserId};
use crate::trail::Given;

/// What every token begins with, so that scanners for secrets find one that has leaked.
const BEGINS: &str = "pct_";
/// Characters of a token that do not keep it secret, by which it is told apart.
const PREFIX_CHARACTERS: usize = 8;
/// The most tokens that are given out at a time.
const ISSUED_MAX: usize = 1_000;
/// The longest a token lasts, in days.
const DAYS_MAX: u32 = 366;

/// The token that is wanted.
#[derive(Debug, Clone)]
pub struct WantedToken {
    /// Whose it is to be.
    pub name: String,
    /// What it is to allow.
    pub role: Role,
    /// Their own account in the organization, if they have one.
    pub user_id: Option<UserId>,
    /// For how many days.
    pub days: u32,
}

/// A token as it is shown, once. Does not print itself.
pub struct Secret(pub String);

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// Names stand on the trail: 1 to 64 visible characters, and not the program's own.
    #[error("a token's name is 1 to 64 visible characters, and not one of the program's own")]
    BadName,
    /// Names tell people apart.
    #[error("there is a token of this name")]
    NameTaken,
    /// It lasts a day at least, and about a year at most.
    #[error("a token lasts 1 to {DAYS_MAX} days")]
    BadTime,
    /// More than anybody looks after.
    #[error("there are {ISSUED_MAX} tokens")]
    TooMany,
    /// There is none of this name that was given out.
    #[error("no token of this name was given out")]
    Unknown,
    /// The system gives no random bytes, or the trail cannot be written.
    #[error("nothing can be given out now")]
    Unavailable,
}

/// A token as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Whose it is.
    pub name: String,
    /// What it allows.
    pub role: Role,
    /// Their own account in the organization, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// What it begins with; not known of those in the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// From when on it is none any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Who gave it out; those in the configuration nobody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// When it was last shown, since the program was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Timestamp>,
}

impl Access {
    /// All tokens: those of the configuration, then those that were given out.
    #[must_use]
    pub fn listed(&self) -> Vec<Listed> {
        let set = self.tokens().all().map(|token| Listed {
            name: token.name.clone(),
            role: token.role,
            user_id: token.user_id.clone(),
            prefix: None,
            expires: token.expires,
            by: None,
            at: None,
            last_used: self.last_used(token.sha256),
        });
        let given: Vec<Given> = self.trail.board(|board| board.issued().all().cloned().collect());
        let given = given.into_iter().map(|Given { token, by, at }| Listed {
            last_used: self.last_used(token.sha256),
            name: token.name,
            role: token.role,
            user_id: token.user_id,
            prefix: Some(token.prefix),
            expires: Some(token.expires),
            by: Some(by),
            at: Some(at),
        });
        set.chain(given).collect()
    }

    /// Gives out a token; it is on the trail before it is shown.
    ///
    /// # Errors
    /// What is wanted cannot be, or nothing can be recorded.
    pub async fn issue(
        &self,
        actor: &Actor,
        wanted: WantedToken,
        reason: String,
        now: Timestamp,
    ) -> Result<(Secret, IssuedToken), IssueError> {
        let _one_at_a_time = self.issuing.lock().await;
        self.may_be_called(&wanted.name)?;
        if !(1..=DAYS_MAX).contains(&wanted.days) {
            return Err(IssueError::BadTime);
        }
        let expires = now.as_second().saturating_add(i64::from(wanted.days) * 86_400);
        let expires = Timestamp::from_second(expires).map_err(|_| IssueError::BadTime)?;
        let whole = random().map_err(|_| IssueError::Unavailable)?;
        let prefix = random().map_err(|_| IssueError::Unavailable)?;
        let prefix = format!("{BEGINS}{}", prefix.get(..PREFIX_CHARACTERS).unwrap_or_default());
        let secret = format!("{prefix}_{whole}");
        let sha256 = Digest::of(secret.as_bytes());
        let WantedToken { name, role, user_id, .. } = wanted;
        let token = IssuedToken { name, role, prefix, sha256, user_id, expires };
        let event = AccessEvent::TokenIssued { actor: actor.name.clone(), reason, token: token.clone() };
        self.record(event, now).await?;
        Ok((Secret(secret), token))
    }

    /// Takes a token back; nothing that was begun with it goes on.
    ///
    /// # Errors
    /// There is none of this name that was given out, or nothing can be recorded.
    pub async fn revoke(&self, actor: &Actor, name: &str, reason: String, now: Timestamp) -> Result<(), IssueError> {
        let _one_at_a_time = self.issuing.lock().await;
        if !self.trail.board(|board| board.issued().get(name).is_some()) {
            return Err(IssueError::Unknown);
        }
        let event = AccessEvent::TokenRevoked { actor: actor.name.clone(), reason, name: name.to_owned() };
        self.record(event, now).await
    }

    fn may_be_called(&self, name: &str) -> Result<(), IssueError> {
        let is_name = (1..=64).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        // Those two no address can have.
        if !is_name || name.trim() != name || is_own_name(name) || matches!(name, "." | "..") {
            return Err(IssueError::BadName);
        }
        let is_taken =
            self.trail.board(|board| (board.issued().get(name).is_some(), board.issued().all().count() >= ISSUED_MAX));
        match is_taken {
            _ if self.tokens().all().any(|token| token.name == name) => Err(IssueError::NameTaken),
            (true, _) => Err(IssueError::NameTaken),
            (false, true) => Err(IssueError::TooMany),
            (false, false) => Ok(()),
        }
    }

    async fn record(&self, event: AccessEvent, now: Timestamp) -> Result<(), IssueError> {
        tracing::warn!(event.kind = event.kind(), "access is changed");
        self.trail.record(now, vec![Event::Access(event)]).await.map_err(|_| IssueError::Unavailable)?;
        self.tell_responders();
        Ok(())
    }
}
