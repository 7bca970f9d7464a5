//! What the rules say to an alert, with reasons instead of booleans.

use serde::{Deserialize, Serialize};

use super::{Digest, IncidentId, RuleRef};

/// The stored answer to one alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The strongest of the decisions, or `unmatched`.
    pub kind: VerdictKind,
    /// Digest of the rule set that judged.
    pub rules: Digest,
    /// One decision for each rule that matched, at most [`Verdict::DECISIONS_MAX`].
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub decisions: Vec<Decision>,
    /// How many more rules matched than are listed.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub decisions_left_out: u32,
    /// When nothing matched: the rule that came closest, and on what it failed; of an alert that only
    /// counts the correlation whose window has come furthest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nearest: Option<NearestMiss>,
}

impl Verdict {
    /// The most decisions listed on one record, so that a record keeps within its size.
    pub const DECISIONS_MAX: usize = 8;
    /// The most windows that one alert counts in, for the same reason.
    pub const COUNTED_MAX: usize = 12;
}

// serde's `skip_serializing_if` passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
pub(super) fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// The words for what becomes of an alert, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// Its source was being tried out: the rules were not asked, and nothing is done.
    Tried,
    /// No rule matched.
    Unmatched,
    /// A rule matched whose matches are only counted by correlations.
    Counted,
    /// A rule matched that only watches.
    Shadow,
    /// A rule matched, but an earlier incident on this account covers it (cooldown).
    Suppressed,
    /// A guardrail wants a human to look.
    Held,
    /// Steps will be taken.
    Planned,
}

/// What became of one matching rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The rule.
    pub rule: RuleRef,
    /// Who wrote it. The Detection Rule License asks for the name in what is made of a match.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub author: Option<String>,
    /// What became of it.
    pub kind: VerdictKind,
    /// The search identifiers of the rule that matched.
    pub matched: Vec<String>,
    /// The incident opened, or the one that covers this alert.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub incident: Option<IncidentId>,
    /// Why it is held; of a rule that only watches: why it would be.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<HoldReason>,
    /// The pseudonym of the account that a rule that only watches would have acted on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account: Option<String>,
}

impl Decision {
    /// The most characters of an author's name, so that a record keeps within its size.
    pub const AUTHOR_CHARS_MAX: usize = 256;

    /// Whether the rule wanted to act and no incident could be opened, so that nothing but this says so.
    #[must_use]
    pub fn is_held_without_incident(&self) -> bool {
        self.kind == VerdictKind::Held && self.incident.is_none()
    }
}

/// The rule that came closest to an alert nothing matched, and the first test it failed; or a correlation
/// and how far it has counted. Only names from the rule file and counts; never the event's values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NearestMiss {
    /// The rule.
    pub rule: RuleRef,
    /// How many of the rule's tests passed; of a correlation how much it has counted.
    pub passed: u32,
    /// How many tests it has; of a correlation how much it wants at least.
    pub tests: u32,
    /// The field of the first failed test, or `keywords`; of a correlation its type.
    pub field: String,
    /// Why it failed.
    pub why: String,
}

/// Why a plan waits for a human instead of running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// A responder has paused all actions, or those of the source or the rule.
    Paused,
    /// No rule in force asks for the step any more: it was taken out or only watches since.
    RuleOff,
    /// The source proves less than the rule demands.
    AssuranceTooLow,
    /// The source shows no more than a secret that others may have seen, and the plan disables the account.
    UnconfirmedDisable,
    /// The account is on the list of protected accounts.
    ProtectedListed,
    /// DingTalk says the account is an administrator, the boss or a senior.
    ProtectedLive,
    /// The account is in a protected department or has a protected role.
    ProtectedGroup,
    /// The account is that of a responder, or of whoever may do what responders do.
    ProtectedResponder,
    /// Whether the account is protected could not be found out, which counts as protected.
    ProtectionUnknown,
    /// The account is not an Enterprise Account.
    NotEnterpriseAccount,
    /// The account is another organization's.
    ForeignOrganization,
    /// The budget of the rule is used up.
    RuleBudget,
    /// The budget of the source is used up.
    SourceBudget,
    /// The budget of the organization is used up.
    OrganizationBudget,
    /// The budget of a department that the account is in is used up.
    DepartmentBudget,
    /// Departments have budgets, and which the account is in could not be found out.
    DepartmentsUnknown,
    /// The rule, or the source, wanted to act on too many accounts in too short a time.
    BreakerTripped,
    /// The plan changes a DingTalk ID that was changed less than a year ago.
    #[serde(rename = "dingtalk_id_changed")]
    DingTalkIdChanged,
    /// The plan wants to be approved first.
    ApprovalWanted,
    /// A responder holds it until somebody lets it go on.
    Halted,
    /// The alert names no account where the rule looks for it.
    AccountNotNamed,
    /// The alert or the look-up names more than one account.
    AccountAmbiguous,
    /// No account answers to the reference.
    AccountNotFound,
    /// There is no way to look up this kind of reference.
    AccountUnresolvable,
    /// Only the directory index could name the account, and it was never wholly read, or too long ago.
    DirectoryTooOld,
    /// Something must be mended by an operator (permission, credential, address list).
    OperatorNeeded,
    /// The month's quota of DingTalk calls is used up.
    QuotaExhausted,
    /// Retries are used up.
    AttemptsExhausted,
    /// DingTalk said yes, but the effect could not be read back.
    Unverified,
    /// Somebody else has touched the account since we disabled it.
    ChangedByOthers,
    /// The step's own code failed; it is parked so that others go on.
    Parked,
}

impl HoldReason {
    /// Every reason.
    pub const ALL: [Self; 31] = [
        Self::Paused,
        Self::RuleOff,
        Self::AssuranceTooLow,
        Self::UnconfirmedDisable,
        Self::ProtectedListed,
        Self::ProtectedLive,
        Self::ProtectedGroup,
        Self::ProtectedResponder,
        Self::ProtectionUnknown,
        Self::NotEnterpriseAccount,
        Self::ForeignOrganization,
        Self::RuleBudget,
        Self::SourceBudget,
        Self::OrganizationBudget,
        Self::DepartmentBudget,
        Self::DepartmentsUnknown,
        Self::BreakerTripped,
        Self::DingTalkIdChanged,
        Self::ApprovalWanted,
        Self::Halted,
        Self::AccountNotNamed,
        Self::AccountAmbiguous,
        Self::AccountNotFound,
        Self::AccountUnresolvable,
        Self::DirectoryTooOld,
        Self::OperatorNeeded,
        Self::QuotaExhausted,
        Self::AttemptsExhausted,
        Self::Unverified,
        Self::ChangedByOthers,
        Self::Parked,
    ];

    /// Whether it is that a budget is used up, or may be.
    #[must_use]
    pub fn is_budget(self) -> bool {
        matches!(
            self,
            Self::RuleBudget
                | Self::SourceBudget
                | Self::OrganizationBudget
                | Self::DepartmentBudget
                | Self::DepartmentsUnknown
        )
    }

    /// Whether it holds what was asked for at that moment or on that word, so that the same may pass later or on
    /// another's word, and not what is asked for of the account as such. What DingTalk did not do or say at that moment
    /// it may do or say now, and only another try tells.
    #[must_use]
    pub fn is_of_the_moment(self) -> bool {
        self.is_budget()
            || matches!(
                self,
                Self::Paused
                    | Self::AssuranceTooLow
                    | Self::UnconfirmedDisable
                    | Self::BreakerTripped
                    | Self::RuleOff
                    | Self::ProtectionUnknown
                    | Self::DirectoryTooOld
                    | Self::OperatorNeeded
                    | Self::QuotaExhausted
                    | Self::AttemptsExhausted
                    | Self::Parked
                    // Whoever it waits for may have enabled the account.
                    | Self::ChangedByOthers
            )
    }

    /// The reason in words, for responders.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Paused => "a responder has paused it",
            Self::RuleOff => "no rule asks for it any more as it was planned",
            Self::AssuranceTooLow => "the source proves less than the rule demands",
            Self::UnconfirmedDisable => {
                "the source shows only a secret that others may have seen, so a human has to confirm that the \
                 account is disabled"
            }
            Self::ProtectedListed => "the account is on the list of protected accounts",
            Self::ProtectedLive => "DingTalk says the account is an administrator, the boss or a senior",
            Self::ProtectedGroup => "the account is in a protected department or has a protected role",
            Self::ProtectedResponder => "the account is that of somebody who responds to incidents",
            Self::ProtectionUnknown => "it could not be found out whether the account is protected",
            Self::NotEnterpriseAccount => "the account is not an Enterprise Account",
            Self::ForeignOrganization => "the account belongs to another organization",
            Self::RuleBudget => "the budget of the rule is used up",
            Self::SourceBudget => "the budget of the source is used up",
            Self::OrganizationBudget => "the budget of the organization is used up",
            Self::DepartmentBudget => "the budget of a department that the account is in is used up",
            Self::DepartmentsUnknown => "departments have budgets, and nobody could tell which the account is in",
            Self::BreakerTripped => {
                "too many accounts were to be acted on in too short a time, so the sender may be wrong"
            }
            Self::DingTalkIdChanged => {
                "the DingTalk ID was changed less than a year ago, and DingTalk changes it once a year; approved, \
                 it goes on without that step"
            }
            Self::ApprovalWanted => "it wants to be approved first",
            Self::Halted => "a responder holds it",
            Self::AccountNotNamed => "the alert names no account where the rule looks for it",
            Self::AccountAmbiguous => "more than one account answers to the reference",
            Self::AccountNotFound => "no account answers to the reference",
            Self::AccountUnresolvable => "there is no way to look up this kind of reference",
            Self::DirectoryTooOld => "only the directory index could name the account, and it was not read lately",
            Self::OperatorNeeded => "a permission, credential or address list must be mended",
            Self::QuotaExhausted => "the month's quota of DingTalk calls is used up",
            Self::AttemptsExhausted => "all retries are used up",
            Self::Unverified => "the effect could not be read back",
            Self::ChangedByOthers => {
                "somebody else has enabled the account since it was disabled; approved, it goes on all the same; \
                 dismissed, the account is left as it is"
            }
            Self::Parked => "the step failed in our own code and is parked",
        }
    }
}
