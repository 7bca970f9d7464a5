//! What records are found by: a closed list, each with its name in queries.

/// One kind of term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The record's kind, such as `incident.held`.
    Kind,
    /// The keyed pseudonym of an account.
    Account,
    /// A userid that an account was found to have.
    UserId,
    /// A source.
    Source,
    /// A rule or correlation, by its id.
    Rule,
    /// A version of a rule or of a rule set, by its digest.
    Version,
    /// An incident.
    Incident,
    /// An alert.
    Alert,
    /// What became of an alert, as a whole or by one rule.
    Verdict,
    /// Why something waits, was refused or failed, by its code.
    Reason,
    /// A kind of step that a plan has.
    Step,
    /// How a step or an incident came out.
    Outcome,
    /// Who asked, approved, paused, read.
    Actor,
    /// A word of any clear text.
    Text,
    /// A data key that takes what lies beside the record: nobody asks by it, but it stands for the names whose key it is,
    /// as long as there is one.
    Subject,
}

impl Field {
    /// Every field that may be asked by.
    pub const ALL: [Self; 14] = [
        Self::Kind,
        Self::Account,
        Self::UserId,
        Self::Source,
        Self::Rule,
        Self::Version,
        Self::Incident,
        Self::Alert,
        Self::Verdict,
        Self::Reason,
        Self::Step,
        Self::Outcome,
        Self::Actor,
        Self::Text,
    ];

    /// Its name in queries.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Account => "account",
            Self::UserId => "user_id",
            Self::Source => "source",
            Self::Rule => "rule",
            Self::Version => "version",
            Self::Incident => "incident",
            Self::Alert => "alert",
            Self::Verdict => "verdict",
            Self::Reason => "reason",
            Self::Step => "step",
            Self::Outcome => "outcome",
            Self::Actor => "actor",
            Self::Text => "text",
            Self::Subject => "subject",
        }
    }

    /// The field of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == name)
    }

    /// What stands for it in the files. A number that was used is not used for another, or the files' format is another.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Kind => 1,
            Self::Account => 2,
            Self::UserId => 3,
            Self::Source => 4,
            Self::Rule => 5,
            Self::Version => 6,
            Self::Incident => 7,
            Self::Alert => 8,
            Self::Verdict => 9,
            Self::Reason => 10,
            Self::Step => 11,
            Self::Outcome => 12,
            Self::Actor => 13,
            Self::Text => 14,
            Self::Subject => 15,
        }
    }
}
