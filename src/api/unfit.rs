//! What can be wrong with an incident that is asked for by hand, each in words of its own.

use crate::response::NotDrawnUp;

/// Why what is asked for cannot be done as it is said. All of them are answered 422.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// The reason is not one.
    Reason,
    /// The key is not one.
    Key,
    /// The account has a name that nobody has, or a kind of name that there is not.
    Account,
    /// No step, an unknown one, one twice, or giving back together with others.
    Steps,
    /// A sign-out without a reason for the employee, or with one that there is not.
    EmployeeReason,
    /// A disable of which it is not said, or not once, how long it lasts; or a time for nothing.
    Expiry,
    /// A change of the DingTalk ID without the new one or with two, or one of another form, or one for nothing.
    DingTalkId,
    /// A notice without channel and words, or these without a notice.
    Notice,
    /// A notice by a channel that there is not.
    Channel,
    /// A notice in words that nobody can read.
    Words,
    /// A notice in words that name the account.
    NamesAccount,
}

impl Unfit {
    /// All there are.
    pub const ALL: [Self; 11] = [
        Self::Reason,
        Self::Key,
        Self::Account,
        Self::Steps,
        Self::EmployeeReason,
        Self::Expiry,
        Self::DingTalkId,
        Self::Notice,
        Self::Channel,
        Self::Words,
        Self::NamesAccount,
    ];

    /// The stable code and the sentence for people.
    #[must_use]
    pub fn code_and_title(self) -> (&'static str, &'static str) {
        match self {
            Self::Reason => ("wrong_reason", "The reason must be one line of 1 to 500 characters."),
            Self::Key => ("wrong_key", "The key must have 1 to 128 bytes and no control characters."),
            Self::Account => ("wrong_account", "The account is not named as accounts of its kind are."),
            Self::Steps => ("wrong_steps", "Name steps that there are, each once; an enable goes with no other step."),
            Self::EmployeeReason => {
                ("unknown_employee_reason", "A sign-out needs an employee reason that the rules in force have.")
            }
            Self::Expiry => (
                "wrong_expiry",
                "A disable needs a time from a minute to a year, or to be permanent; nothing else does.",
            ),
            Self::DingTalkId => (
                "wrong_dingtalk_id",
                "A change of the DingTalk ID needs the new ID or a prefix of its form; nothing else does.",
            ),
            Self::Notice => ("wrong_notice", "A notice needs a channel and a text; nothing else does."),
            Self::Channel => ("unknown_channel", "The configuration has no channel of this name."),
            Self::Words => ("wrong_text", "The text must be one line that shows something, of at most 200 characters."),
            Self::NamesAccount => {
                ("text_names_account", "The text names the account; whoever is told must not read whose it is.")
            }
        }
    }
}

impl From<NotDrawnUp> for Unfit {
    fn from(why: NotDrawnUp) -> Self {
        match why {
            NotDrawnUp::Steps => Self::Steps,
            NotDrawnUp::EmployeeReason => Self::EmployeeReason,
            NotDrawnUp::DingTalkId => Self::DingTalkId,
            NotDrawnUp::Notice => Self::Notice,
            NotDrawnUp::Channel => Self::Channel,
            NotDrawnUp::Words => Self::Words,
            NotDrawnUp::NamesAccount => Self::NamesAccount,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_has_a_code_and_a_sentence_of_its_own() {
        let codes: BTreeSet<_> = Unfit::ALL.iter().map(|unfit| unfit.code_and_title().0).collect();
        let titles: BTreeSet<_> = Unfit::ALL.iter().map(|unfit| unfit.code_and_title().1).collect();
        assert_eq!((codes.len(), titles.len()), (Unfit::ALL.len(), Unfit::ALL.len()));
        assert!(titles.iter().all(|title| title.ends_with('.')));
    }
}
