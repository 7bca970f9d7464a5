//! The link of the first start: where nobody could sign in as an administrator, whoever sees the program's output may,
//! once.

use std::sync::{Mutex, PoisonError};

use super::sessions::{NoRandomness, random};
use super::{Actor, Role};
use crate::incident::Digest;

/// What whoever used the link is called on the trail.
pub const FIRST_ADMIN: &str = "first-admin";

/// The link, until it is used.
#[derive(Debug, Default)]
pub struct FirstLink(Mutex<Option<Digest>>);

impl FirstLink {
    /// Makes one; gives its secret.
    ///
    /// # Errors
    /// No secret can be made.
    pub fn make(&self) -> Result<String, NoRandomness> {
        let secret = random()?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Digest::of(secret.as_bytes()));
        Ok(secret)
    }

    /// Whether it is this one, and not used yet.
    #[must_use]
    pub fn is(&self, secret: &str) -> bool {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) == Some(Digest::of(secret.as_bytes()))
    }

    /// Uses it, once.
    pub fn take(&self, secret: &str) -> Option<Actor> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.take_if(|digest| *digest == Digest::of(secret.as_bytes()))?;
        Some(Actor { name: FIRST_ADMIN.to_owned(), role: Role::Admin, user_id: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_is_used_once_and_by_nobody_who_guesses() {
        let link = FirstLink::default();
        assert!(link.take("").is_none() && !link.is(""));
        let secret = link.make().unwrap();
        assert!(link.take(&secret[1..]).is_none() && link.is(&secret));
        assert_eq!(link.take(&secret).unwrap().role, Role::Admin);
        assert!(link.take(&secret).is_none() && !link.is(&secret));
    }
}
