//! From an alert's reference to a way of finding the one DingTalk account it means.

use crate::directory::Lookup;
use crate::incident::{AccountKind, AccountRef, HoldReason, Resolution, UserId};
use crate::rules::Identities;

/// The next thing to do to know the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// It is this account.
    To(UserId, Resolution),
    /// DingTalk has to be asked.
    Ask(Lookup, Resolution),
}

/// The operator's identity map wins over every look-up; what neither it nor DingTalk can answer for
/// is held, never guessed.
///
/// # Errors
/// Why the reference cannot be resolved.
pub fn resolve(account: &AccountRef, identities: &Identities) -> Result<Resolved, HoldReason> {
    if let Some(user_id) = identities.user_for(account.value()) {
        return Ok(Resolved::To(user_id.clone(), Resolution::IdentityMap));
    }
    let reference = account.clone();
    match account.kind() {
        AccountKind::UserId => UserId::parse(account.value())
            .map(|user_id| Resolved::To(user_id, Resolution::Given))
            .map_err(|_| HoldReason::AccountNotFound),
        AccountKind::LoginId => Ok(Resolved::Ask(Lookup::LoginId(reference), Resolution::LoginId)),
        AccountKind::Mobile => Ok(Resolved::Ask(Lookup::Mobile(reference), Resolution::Mobile)),
        AccountKind::UnionId => Ok(Resolved::Ask(Lookup::UnionId(reference), Resolution::UnionId)),
        // DingTalk has no search by these; a directory index would be needed.
        AccountKind::Email | AccountKind::JobNumber => Err(HoldReason::AccountUnresolvable),
    }
}
