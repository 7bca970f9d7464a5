//! What is to be done to one account: ordered actions, each with everything it needs, fixed before
//! the work starts so that a repeat does the same thing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    AccountKind, Approval, Assurance, ChannelName, ChosenDingTalkId, Digest, IncidentId, InvalidId, RuleId, SourceName,
    Spending, UserId,
};

/// A rule as it stood when it decided: id, title and the digest of its file's text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RuleRef {
    /// The rule's UUID.
    pub id: RuleId,
    /// The rule's title.
    pub title: String,
    /// SHA-256 of the rule's file, and of the lists and filters that it depends on, if any.
    pub version: Digest,
}

/// Which version of a rule is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleVersion {
    /// The rule's UUID.
    pub id: RuleId,
    /// As in [`RuleRef`].
    pub version: Digest,
}

/// The name of an employee reason, a key of every file `rules/reasons/<locale>.yml`: `a-z0-9-`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReasonCode(String);

impl ReasonCode {
    /// Takes 1 to 64 of `a-z0-9-`.
    ///
    /// # Errors
    /// Other text.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId::new("reason code", "1 to 64 of a-z 0-9 -"))
        }
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ReasonCode {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        Self::parse(&text)
    }
}

impl From<ReasonCode> for String {
    fn from(code: ReasonCode) -> String {
        code.0
    }
}

/// What kind of step an action is; the names are those of rule files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// End all sessions, with a localised reason.
    SignOut,
    /// Disable the account, with a plain reason.
    Disable,
    /// Enable it again.
    Enable,
    /// Give it another DingTalk ID, which DingTalk does once a year.
    #[serde(rename = "change_dingtalk_id")]
    ChangeDingTalkId,
    /// Tell people who must know.
    Notify,
}

impl ActionKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::SignOut, Self::Disable, Self::Enable, Self::ChangeDingTalkId, Self::Notify];

    /// The kind's name in rule files and records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignOut => "sign_out",
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::ChangeDingTalkId => "change_dingtalk_id",
            Self::Notify => "notify",
        }
    }

    /// Whether it takes anything from the account's owner, who would miss it if the rule was wrong.
    #[must_use]
    pub fn takes(self) -> bool {
        match self {
            Self::SignOut | Self::Disable | Self::ChangeDingTalkId => true,
            Self::Enable | Self::Notify => false,
        }
    }

    /// Whether DingTalk has a call that shows the effect. No call shows sessions, so a sign-out
    /// stays `claimed`, and so does a notice, which is the channel's to deliver; the others are `verified` by reading
    /// the account back.
    #[must_use]
    pub fn is_observable(self) -> bool {
        !matches!(self, Self::SignOut | Self::Notify)
    }
}

/// One step's work. Reasons are rendered; the employee's texts lie beside the trail with the alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Force the account to sign out everywhere.
    SignOut {
        /// For the admin console's log, at most 500 characters.
        reason: String,
        /// Which employee reason was rendered.
        employee_reason: ReasonCode,
        /// SHA-256 of that reason's wording in all locales, and of what of the installation is filled in.
        wording: Digest,
    },
    /// Force it once more, after the disable, in the words of the first time.
    SignOutAgain {},
    /// Disable the account.
    Disable {
        /// For the admin console's log, at most 500 characters.
        reason: String,
    },
    /// Enable the account again, so long after the disable before it was verified.
    Enable {
        /// Seconds after that disable; without one, after nothing.
        after_s: u64,
    },
    /// Give it another DingTalk ID. Nothing undoes that.
    #[serde(rename = "change_dingtalk_id")]
    ChangeDingTalkId {
        /// Which.
        to: ChosenDingTalkId,
    },
    /// Tell people through a channel. The text lies beside the trail with the alert.
    Notify {
        /// By which.
        channel: ChannelName,
    },
}

impl Action {
    /// Which kind it is.
    #[must_use]
    pub fn kind(&self) -> ActionKind {
        match self {
            Self::SignOut { .. } | Self::SignOutAgain {} => ActionKind::SignOut,
            Self::Disable { .. } => ActionKind::Disable,
            Self::Enable { .. } => ActionKind::Enable,
            Self::ChangeDingTalkId { .. } => ActionKind::ChangeDingTalkId,
            Self::Notify { .. } => ActionKind::Notify,
        }
    }
}

/// The ordered actions of one incident on one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The incident that owns it.
    pub incident: IncidentId,
    /// What kind of reference named the account.
    pub account_kind: AccountKind,
    /// Keyed pseudonym of that reference (hex): equal for equal accounts, meaningless without the key.
    pub account: String,
    /// How strongly the source proved itself for the alert that opened it.
    pub assurance: Assurance,
    /// The least the rules demand; kept so that the guard layer can be asked again at dispatch.
    pub assurance_floor: Assurance,
    /// The rules that asked for it, at most [`Plan::RULES_MAX`], the first being the one whose steps come
    /// first. Of many the titles may be cut.
    pub rules: Vec<RuleRef>,
    /// What to do, in order.
    pub actions: Vec<Action>,
    /// Who has to say yes first; absent when nobody has.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub approval: Option<Approval>,
    /// Who is to be asked about it, as the first of the rules names them or as whoever asked for it is called. Older
    /// plans do not say it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<String>,
    /// Who asked for it, when no rule did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub asked_by: Option<String>,
    /// Whose account that is, where it is known: a name can be changed, and who asked is the same person.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub asker: Option<UserId>,
    /// Which time this is, where the disable lasts longer each time; how long is what the `enable` says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub repeat: Option<Repeat>,
    /// What it draws on budgets; absent when it takes nothing from anybody.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub spending: Option<Spending>,
}

/// Which containment of its account a plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeat {
    /// The first, the second, and so on.
    pub nth: u32,
    /// Of those within so many seconds.
    pub within_s: u64,
}

/// What is taken from an account's owner, whatever the order and the words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// Each kind of step once; enabling takes nothing.
    pub kinds: BTreeSet<ActionKind>,
    /// For how many seconds the account is disabled, if it is; for good is longest.
    pub disabled_s: Option<u64>,
}

impl Extent {
    /// Disabled without an end.
    pub const FOR_GOOD: u64 = u64::MAX;

    /// Whether it takes all that `other` takes, for as long.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        self.kinds.is_superset(&other.kinds) && self.disabled_s >= other.disabled_s
    }
}

impl Plan {
    /// The longest owner, in bytes of JSON.
    pub const OWNER_BYTES_MAX: usize = 64;
    /// The most rules of one plan.
    pub const RULES_MAX: usize = 14;
    /// The most channels that one plan tells; those of the first rules.
    pub const CHANNELS_MAX: usize = 2;
    /// What they may come to on the plan's record, so that with two reasons of 500 characters and two channels any plan fits on
    /// a record by itself.
    pub const RULES_BYTES_MAX: usize = 2_688;

    /// Whether it takes anything from the account's owner, who would miss it if the rule was wrong.
    #[must_use]
    pub fn takes(&self) -> bool {
        self.actions.iter().any(|action| action.kind().takes())
    }

    /// Whether it does anything to the account; else it only tells people.
    #[must_use]
    pub fn touches(&self) -> bool {
        self.actions.iter().any(|action| action.kind() != ActionKind::Notify)
    }

    /// What an approval is bound to: SHA-256 of the plan as it stands on the trail, to the letter. Who approves
    /// says with it which plan they have seen.
    #[must_use]
    pub fn digest(&self) -> Digest {
        // A plan has nothing in it that JSON cannot write.
        Digest::of(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// Whether the action at `index` only signs out again. How it ends makes no difference to how the incident does.
    #[must_use]
    pub fn is_again(&self, index: usize) -> bool {
        matches!(self.actions.get(index), Some(Action::SignOutAgain {}))
    }

    /// On the word of which source, if that is known, and by which rules.
    pub fn asked_on(&self) -> (Option<&SourceName>, impl Iterator<Item = &RuleId>) {
        (self.spending.as_ref().and_then(|spending| spending.source.as_ref()), self.rules.iter().map(|rule| &rule.id))
    }

    /// Whether the action at `index` disables the account.
    #[must_use]
    pub fn is_disable(&self, index: usize) -> bool {
        matches!(self.actions.get(index), Some(Action::Disable { .. }))
    }

    /// Whether it changes the account's DingTalk ID.
    #[must_use]
    pub fn changes_dingtalk_id(&self) -> bool {
        self.actions.iter().any(|action| action.kind() == ActionKind::ChangeDingTalkId)
    }

    /// Whether it disables the account.
    #[must_use]
    pub fn disables(&self) -> bool {
        self.actions.iter().any(|action| action.kind() == ActionKind::Disable)
    }

    /// What it takes.
    #[must_use]
    pub fn extent(&self) -> Extent {
        let kinds: BTreeSet<_> =
            self.actions.iter().map(Action::kind).filter(|kind| *kind != ActionKind::Enable).collect();
        let end = self.actions.iter().find_map(|action| match action {
            Action::Enable { after_s } => Some(*after_s),
            _ => None,
        });
        let disabled_s = self.disables().then(|| end.unwrap_or(Extent::FOR_GOOD));
        Extent { kinds, disabled_s }
    }
}
