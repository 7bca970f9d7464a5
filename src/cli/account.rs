//! How an account is named on the command line.

use crate::incident::{AccountKind, AccountRef};

const KINDS: [AccountKind; 6] = [
    AccountKind::UserId,
    AccountKind::Email,
    AccountKind::LoginId,
    AccountKind::Mobile,
    AccountKind::UnionId,
    AccountKind::JobNumber,
];

/// Reads `user_id=zhangsan`.
pub(super) fn parse(text: &str) -> anyhow::Result<AccountRef> {
    let advice = || anyhow::anyhow!("--account is written like `user_id=zhangsan`");
    let (kind, name) = text.split_once('=').ok_or_else(advice)?;
    let kind = KINDS.into_iter().find(|known| known.as_str() == kind).ok_or_else(advice)?;
    Ok(AccountRef::parse(kind, name)?)
}
