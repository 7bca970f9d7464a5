//! From an alert's reference to the one DingTalk account it means, as far as that can be told without asking anybody.

use crate::directory::Lookup;
use crate::incident::{AccountKind, AccountRef, Bearing, Candidate, HoldReason, Resolution, UserId};
use crate::rules::Identities;

/// The next thing to do to know the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// It is this account.
    To(UserId, Resolution),
    /// DingTalk has to be asked.
    Ask(Lookup, Resolution),
    /// The directory index has to be asked, and then the accounts that it names.
    Search,
}

/// The operator's identity map wins over every look-up, and a userid is none; what neither it nor DingTalk nor a directory index can answer
/// for is held, never guessed.
///
/// # Errors
/// Why the reference cannot be resolved.
pub fn resolve(account: &AccountRef, identities: &Identities, has_index: bool) -> Result<Resolved, HoldReason> {
    if let Some(user_id) = identities.user_for(account) {
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
        // DingTalk has no search by these.
        AccountKind::Email | AccountKind::JobNumber if has_index => Ok(Resolved::Search),
        AccountKind::Email | AccountKind::JobNumber => Err(HoldReason::AccountUnresolvable),
    }
}

/// The one of them that has the name, if exactly one has. One that nobody has looked at counts as one that may.
///
/// # Errors
/// None has it, or more than one may.
pub fn only(candidates: &[Candidate]) -> Result<&UserId, HoldReason> {
    let mut bearers = candidates.iter().filter(|c| matches!(c.found, Bearing::Live | Bearing::NotRead));
    match (bearers.next(), bearers.next()) {
        (Some(one), None) if one.found == Bearing::Live => Ok(&one.user_id),
        (None, _) => Err(HoldReason::AccountNotFound),
        _ => Err(HoldReason::AccountAmbiguous),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(found: &[Bearing]) -> Vec<Candidate> {
        let candidate = |(n, found): (usize, &Bearing)| Candidate {
            user_id: UserId::parse(&format!("u{n}")).unwrap(),
            found: *found,
            indexed_at: None,
        };
        found.iter().enumerate().map(candidate).collect()
    }

    #[test]
    fn exactly_one_account_that_has_the_name_is_meant() {
        use Bearing::{Gone, Live, Moved, NotRead};
        let (none, several) = (Err(HoldReason::AccountNotFound), Err(HoldReason::AccountAmbiguous));
        for (found, meant) in [
            (&[Live][..], Ok("u0")),
            (&[Gone, Live, Moved], Ok("u1")),
            (&[], none),
            (&[Gone, Moved], none),
            (&[Live, Live], several),
            (&[Live, NotRead], several),
            (&[NotRead], several),
        ] {
            assert_eq!(only(&candidates(found)).map(UserId::as_str), meant, "{found:?}");
        }
    }

    #[test]
    fn only_with_an_index_is_there_a_way_from_an_address_or_a_job_number() {
        for (kind, value) in [(AccountKind::Email, "a@example.com"), (AccountKind::JobNumber, "7")] {
            let reference = AccountRef::parse(kind, value).unwrap();
            let resolve = |has_index| resolve(&reference, &Identities::default(), has_index);
            assert_eq!((resolve(true), resolve(false)), (Ok(Resolved::Search), Err(HoldReason::AccountUnresolvable)));
        }
    }
}
