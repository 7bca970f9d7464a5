//! Who an alert is about: the reference a sender gives, and the DingTalk user it resolves to.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest reference taken, in bytes; mail addresses end at 254 (RFC 5321).
const REFERENCE_BYTES_MAX: usize = 254;
/// DingTalk's own bound for a `userid`.
const USER_ID_BYTES_MAX: usize = 64;

/// What kind of name a reference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// DingTalk's `userid` inside the organization.
    UserId,
    /// The login name of an account that DingTalk itself keeps.
    LoginId,
    /// A mobile number, digits with an optional leading `+`.
    Mobile,
    /// DingTalk's `unionid`.
    UnionId,
    /// A mail address or IdP subject; resolved by the identity map or the directory index.
    Email,
    /// The organization's job number; not unique in DingTalk.
    JobNumber,
}

impl AccountKind {
    /// The kind's name in rule files and records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserId => "user_id",
            Self::LoginId => "login_id",
            Self::Mobile => "mobile",
            Self::UnionId => "union_id",
            Self::Email => "email",
            Self::JobNumber => "job_number",
        }
    }
}

/// A reference that could not name an account; the text itself is not repeated, it may be personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the {} is not usable: {problem}", .kind.as_str())]
pub struct InvalidAccount {
    kind: AccountKind,
    problem: &'static str,
}

/// A reference to one account as a sender gave it: a kind and a checked value. Personal data, so it
/// is neither `Display` nor part of any record in the clear.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountRef {
    kind: AccountKind,
    value: String,
}

impl AccountRef {
    /// Checks `value` against the grammar of its kind and applies the one identity rule: ASCII
    /// letters of a mail address are lower-cased, everything else is kept as it is. Only visible
    /// ASCII is taken, so that look-alikes, invisible marks and line breaks cannot name anybody.
    ///
    /// # Errors
    /// Empty, too long, or with a character the kind does not allow.
    pub fn parse(kind: AccountKind, value: &str) -> Result<Self, InvalidAccount> {
        let refuse = |problem| Err(InvalidAccount { kind, problem });
        if value.is_empty() {
            return refuse("it is empty");
        }
        if value.len() > REFERENCE_BYTES_MAX {
            return refuse("it is longer than 254 bytes");
        }
        if !value.bytes().all(|b| b.is_ascii_graphic()) {
            return refuse("only visible ASCII characters are allowed");
        }
        match kind {
            AccountKind::UserId if UserId::parse(value).is_err() => refuse("a userid has at most 64 characters"),
            AccountKind::Mobile if !is_mobile(value) => refuse("a mobile number is 5 to 20 digits, + and - allowed"),
            AccountKind::Email => Ok(Self { kind, value: value.to_ascii_lowercase() }),
            _ => Ok(Self { kind, value: value.to_owned() }),
        }
    }

    /// What kind of reference it is.
    #[must_use]
    pub fn kind(&self) -> AccountKind {
        self.kind
    }

    /// The value, for look-ups. Not for logs.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Kind and value as one text, the input of ids and pseudonyms. Not for logs.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}:{}", self.kind.as_str(), self.value)
    }
}

impl fmt::Debug for AccountRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountRef({}, redacted)", self.kind.as_str())
    }
}

/// A DingTalk `userid`: 1 to 64 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId(String);

impl UserId {
    /// Takes text of that form.
    ///
    /// # Errors
    /// The text has another form.
    pub fn parse(text: &str) -> Result<Self, InvalidAccount> {
        let valid = (1..=USER_ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidAccount { kind: AccountKind::UserId, problem: "a userid is 1 to 64 visible ASCII characters" })
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for UserId {
    type Error = InvalidAccount;

    fn try_from(text: String) -> Result<Self, InvalidAccount> {
        Self::parse(&text)
    }
}

impl From<UserId> for String {
    fn from(id: UserId) -> String {
        id.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_mobile(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let plain = value.bytes().enumerate().all(|(at, b)| b.is_ascii_digit() || b == b'-' || (b == b'+' && at == 0));
    plain && (5..=20).contains(&digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_references_are_refused() {
        for bad in ["", "a b", "a\0b", "a\nb", "a\u{202e}b", "zhаng@example.com", "a\u{200b}b", &"a".repeat(255)] {
            assert!(AccountRef::parse(AccountKind::Email, bad).is_err(), "{bad:?}");
        }
        assert!(AccountRef::parse(AccountKind::UserId, &"a".repeat(65)).is_err());
        for bad in ["12", "1+23456", "12345x", "123456789012345678901"] {
            assert!(AccountRef::parse(AccountKind::Mobile, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_the_case_of_a_mail_address_is_folded() {
        let upper = AccountRef::parse(AccountKind::Email, "Zhang.San@EXAMPLE.com").unwrap();
        let lower = AccountRef::parse(AccountKind::Email, "zhang.san@example.com").unwrap();
        assert_eq!(upper, lower);
        assert_eq!(AccountRef::parse(AccountKind::UserId, "ZhangSan").unwrap().value(), "ZhangSan");
    }

    #[test]
    fn a_reference_does_not_print_its_value() {
        let account = AccountRef::parse(AccountKind::Mobile, "+86-13800000001").unwrap();
        assert!(!format!("{account:?}").contains("138"));
    }
}
