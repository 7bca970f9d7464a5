//! One simulated account: who it is, and what has been done to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::incident::Timestamp;

/// The locales the documentation lists for `reasonI18nForEmployee`.
pub(super) const LOCALES: [&str; 15] = [
    "zh_CN", "zh_HK", "zh_TW", "en_US", "ja_JP", "vi_VN", "fr_FR", "ru_RU", "ko_KR", "es_LA", "tr_TR", "pt_BR",
    "ms_MY", "id_ID", "th_TH",
];

/// What kind of account it is, which decides what may be done to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// An Enterprise Account that signs in at the organization's own identity provider.
    Sso,
    /// An Enterprise Account whose password DingTalk keeps.
    DingtalkBuilt,
    /// An Enterprise Account of another organization.
    Foreign,
    /// A person's own DingTalk account.
    Ordinary,
}

impl AccountKind {
    /// Whether the organization may sign it out and disable it.
    #[must_use]
    pub fn is_own(self) -> bool {
        matches!(self, Self::Sso | Self::DingtalkBuilt)
    }
}

/// What the account is in the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// Nothing special.
    Employee,
    /// The main administrator.
    Admin,
    /// A sub-administrator.
    SubAdmin,
    /// The boss.
    Boss,
    /// An executive.
    Senior,
}

impl Rank {
    /// `sys_level` in the list of administrators; `None` for everybody else.
    pub(super) fn admin_level(self) -> Option<u8> {
        match self {
            Self::Admin => Some(1),
            Self::SubAdmin => Some(2),
            Self::Employee | Self::Boss | Self::Senior => None,
        }
    }
}

/// One account, as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountState {
    /// DingTalk's `userid`.
    pub user_id: String,
    /// The name, Chinese.
    pub name: String,
    /// The mail address.
    pub email: String,
    /// The mobile number, from a range that is not given out.
    pub mobile: String,
    /// The job number; two accounts share one.
    pub job_number: String,
    /// DingTalk's `unionid`.
    pub union_id: String,
    /// The login name; only of accounts that DingTalk keeps.
    pub login_id: Option<String>,
    /// The DingTalk ID, which can be changed once a year.
    pub dingtalk_id: String,
    /// When the DingTalk ID was last changed.
    pub dingtalk_id_changed_at: Option<Timestamp>,
    /// What kind of account it is.
    pub kind: AccountKind,
    /// What it is in the organization.
    pub rank: Rank,
    /// The departments it is in.
    pub departments: Vec<u64>,
    /// The roles it has beside that, by their ids.
    pub roles: Vec<u64>,
    /// The languages its clients are set to.
    pub languages: Vec<String>,
    /// How many clients are signed in.
    pub sessions: u32,
    /// Whether the account is disabled.
    pub disabled: bool,
    /// Whether look-ups of users leave that out, so that only the status call says it.
    pub hides_disabled: bool,
    /// The reason given when it was last disabled.
    pub disable_reason: Option<String>,
    /// How often it was signed out.
    pub sign_outs: u64,
    /// The last sign-out.
    pub last_sign_out: Option<SignOutNotice>,
    /// How many calls named it.
    pub calls: u64,
}

/// A sign-out, as the administrator and the employee see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOutNotice {
    /// When.
    pub at: Timestamp,
    /// How many clients it ended.
    pub sessions_ended: u32,
    /// The reason in the administrator's log.
    pub reason: Option<String>,
    /// The texts for the employee by locale, all that were sent.
    pub texts: BTreeMap<String, String>,
    /// The keys among them that are no documented locale. They are accepted: what DingTalk does with
    /// them is not documented.
    pub unknown_locales: Vec<String>,
    /// What the employee's clients showed, by client language. A language that no text was sent for
    /// is left out: the fallback is not documented.
    pub shown: BTreeMap<String, String>,
}

impl AccountState {
    /// Ends all sessions and keeps what was said about it. An account that has none, or that is
    /// disabled, is signed out too: no code for a refusal is documented.
    pub(super) fn sign_out(&mut self, reason: Option<String>, texts: BTreeMap<String, String>, at: Timestamp) {
        let unknown = texts.keys().filter(|locale| !LOCALES.contains(&locale.as_str()));
        let shown = self.languages.iter().filter_map(|language| texts.get_key_value(language));
        self.last_sign_out = Some(SignOutNotice {
            at,
            sessions_ended: self.sessions,
            unknown_locales: unknown.cloned().collect(),
            shown: shown.map(|(language, text)| (language.clone(), text.clone())).collect(),
            reason,
            texts,
        });
        self.sessions = 0;
        self.sign_outs = self.sign_outs.saturating_add(1);
    }

    /// Sets the flag. Sessions stay as they are: whether DingTalk ends them is not documented, and a
    /// client that relied on it would leave people signed in.
    pub(super) fn disable(&mut self, reason: Option<String>) {
        self.disabled = true;
        self.disable_reason = reason;
    }

    /// Clears the flag.
    pub(super) fn enable(&mut self) {
        self.disabled = false;
    }
}
