//! Reads `guardrails.yml`: the accounts no rule may touch, how often rules may act, whom an employee may
//! contact, and in which zones employees are told a time.

use std::sync::Arc;

use crate::incident::{AccountKind, AccountRef, is_unseen};

use super::breakers::BreakerLimits;
use super::budgets::Budgets;
use super::groups::ProtectedGroups;
use super::identities::Identities;
use super::lint::Lint;
use super::problem::{Place, Report};
use super::reader::{self, Fields};
use super::responders::Responders;
use super::source::{self, SourceFile};
use super::time_zones::TimeZones;
use super::yaml::{self, Node, Yaml};

/// The file's name.
pub(super) const FILE: &str = "guardrails.yml";
/// The most protected accounts.
const PROTECTED_MAX: usize = 10_000;
/// The most characters of the contact. Every text has room for so many, whichever contact is in force.
pub(super) const CONTACT_CHARS_MAX: usize = 40;
/// The most characters of the reason an account is protected.
const WHY_CHARS_MAX: usize = 200;
/// The most protected accounts that are told of one by one.
const UNKNOWN_MAX: usize = 100;
const CONTACT_DEFAULT: &str = "IT Service Desk";

/// The keys of the file.
const KEYS: [&str; 7] =
    ["protected", "protected_departments", "protected_roles", "budgets", "breakers", "contact", "time_zones"];
const KINDS: [AccountKind; 6] = [
    AccountKind::UserId,
    AccountKind::Email,
    AccountKind::LoginId,
    AccountKind::Mobile,
    AccountKind::UnionId,
    AccountKind::JobNumber,
];

/// What holds for every rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guardrails {
    protected: Vec<Protected>,
    groups: ProtectedGroups,
    budgets: Budgets,
    breakers: BreakerLimits,
    contact: String,
    time_zones: TimeZones,
    responders: Arc<Responders>,
}

/// One account that is never acted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protected {
    /// The account, by any kind of name.
    pub account: AccountRef,
    /// Why, for responders.
    pub why: String,
    at: Place,
}

impl Default for Guardrails {
    fn default() -> Self {
        Self {
            protected: Vec::new(),
            groups: ProtectedGroups::default(),
            budgets: Budgets::default(),
            breakers: BreakerLimits::default(),
            contact: CONTACT_DEFAULT.to_owned(),
            time_zones: TimeZones::default(),
            responders: Arc::default(),
        }
    }
}

impl Guardrails {
    /// The accounts of those who decide about others', who are never acted on. No file of the folder names them: they
    /// are those who have access.
    #[must_use]
    pub fn responders(&self) -> &Responders {
        &self.responders
    }

    /// Protects the accounts of these from here on.
    pub(super) fn protect_responders(&mut self, responders: &Arc<Responders>) {
        self.responders = Arc::clone(responders);
    }

    /// The accounts that are never acted on.
    #[must_use]
    pub fn protected(&self) -> &[Protected] {
        &self.protected
    }

    /// Whether the account is listed under this name. Ask again with every other name it is known to
    /// have, above all its user id.
    #[must_use]
    pub fn is_protected(&self, account: &AccountRef) -> bool {
        self.protected.iter().any(|protected| protected.account == *account)
    }

    /// The departments and roles whose members are never acted on.
    #[must_use]
    pub fn groups(&self) -> &ProtectedGroups {
        &self.groups
    }

    /// How often rules may act by themselves.
    #[must_use]
    pub fn budgets(&self) -> &Budgets {
        &self.budgets
    }

    /// How many accounts may be acted on in a short time.
    #[must_use]
    pub fn breakers(&self) -> BreakerLimits {
        self.breakers
    }

    /// Whom the employee may contact; at most 40 characters.
    #[must_use]
    pub fn contact(&self) -> &str {
        &self.contact
    }

    /// The zone in which each locale's readers are told a time.
    pub(super) fn time_zones(&self) -> &TimeZones {
        &self.time_zones
    }

    /// Tells of protected accounts whose userid nobody here knows: only DingTalk can say whose the name is, and whoever's
    /// it may be counts as protected.
    pub(super) fn warn_of_unknown(&self, identities: &Identities, report: &mut Report) {
        let is_known =
            |account: &AccountRef| account.kind() == AccountKind::UserId || identities.user_for(account).is_some();
        for protected in self.protected.iter().filter(|protected| !is_known(&protected.account)).take(UNKNOWN_MAX) {
            let kind = protected.account.kind().as_str();
            report.warn(
                Lint::UnmappedProtection,
                protected.at,
                format!("only DingTalk can tell whose this {kind} is; everybody whose {kind} it does not show counts as protected"),
                "write `user_id`, or add the name to identities.csv",
            );
        }
    }

    /// Guardrails that protect these accounts (kind and value), for tests of other modules.
    #[cfg(test)]
    pub(crate) fn protecting(accounts: &[(&str, &str)]) -> Self {
        let protected = |(kind, value): &(&str, &str)| Protected {
            account: KINDS.iter().find(|k| k.as_str() == *kind).map(|k| AccountRef::parse(*k, value).unwrap()).unwrap(),
            why: "test".to_owned(),
            at: Place { line: 1, column: 1 },
        };
        Self { protected: accounts.iter().map(protected).collect(), ..Self::default() }
    }

    /// Reads the file. It must be there: a set that lost it would have lost its protected accounts.
    pub(super) fn read(file: Option<&SourceFile>, report: &mut Report) -> Option<Self> {
        let Some(file) = file else {
            report.file_error("is missing", "the protected accounts are listed there; `protected: []` for none");
            return None;
        };
        let root = yaml::parse(source::decode(&file.bytes, report)?, report)?;
        let fields = Fields::of(&root, FILE, report)?;
        fields.only(&KEYS, report);
        let contact = match fields.get("contact") {
            Some(node) => read_contact(node, report),
            None => Some(CONTACT_DEFAULT.to_owned()),
        };
        let time_zones =
            fields.get("time_zones").map_or(Some(TimeZones::default()), |node| TimeZones::read(node, report));
        let budgets = fields.get("budgets").map_or(Some(Budgets::default()), |node| Budgets::read(node, report));
        let breakers =
            fields.get("breakers").map_or(Some(BreakerLimits::default()), |node| BreakerLimits::read(node, report));
        let groups = ProtectedGroups::read(&fields, report);
        let protected = fields.need("protected", report)?;
        let protected = match &protected.value {
            Yaml::List(items) if items.len() > PROTECTED_MAX => {
                report.error(protected.at, format!("more than {PROTECTED_MAX} protected accounts"));
                return None;
            }
            _ => reader::list(protected, "protected", report)
                .iter()
                .filter_map(|item| Protected::read(item, report))
                .collect(),
        };
        Some(Self {
            protected,
            groups: groups?,
            budgets: budgets?,
            breakers: breakers?,
            contact: contact?,
            time_zones: time_zones?,
            responders: Arc::default(),
        })
    }
}

fn read_contact(node: &Node, report: &mut Report) -> Option<String> {
    let text = reader::text(node, "contact", report)?;
    contact(text).map_err(|problem| report.error(node.at, problem)).ok()
}

/// The text as a contact, on one line and short enough, and as the employee will read it: what is filled in is not
/// read for names itself.
///
/// # Errors
/// Why it is none.
pub fn contact(text: &str) -> Result<String, String> {
    if let Some(why) = reader::no_line(text) {
        return Err(format!("`contact` {why}"));
    }
    if text.contains(['{', '}']) {
        return Err("`contact` has a brace; nothing is filled in there, and employees would read it".to_owned());
    }
    if text.chars().any(is_unseen) {
        return Err("`contact` has characters that are not shown".to_owned());
    }
    if text.chars().count() > CONTACT_CHARS_MAX {
        return Err(format!("`contact` is longer than {CONTACT_CHARS_MAX} characters"));
    }
    Ok(text.to_owned())
}

impl Protected {
    fn read(item: &Node, report: &mut Report) -> Option<Self> {
        let fields = Fields::of(item, "a protected account", report)?;
        let names: Vec<&str> = KINDS.iter().map(|kind| kind.as_str()).chain(["why"]).collect();
        fields.only(&names, report);
        let named: Vec<AccountKind> = KINDS.into_iter().filter(|kind| fields.get(kind.as_str()).is_some()).collect();
        let [kind] = named.as_slice() else {
            let advice = "write `user_id: …` (the surest) or one of email, login_id, mobile, union_id, job_number";
            report.error_with(item.at, "a protected account has exactly one kind of name", advice);
            return None;
        };
        let account = fields.get(kind.as_str()).and_then(|node| read_account(node, *kind, report));
        let why = fields.need("why", report)?;
        let text = reader::line(why, "why", report)?;
        if text.chars().count() > WHY_CHARS_MAX {
            report.error(why.at, format!("`why` is longer than {WHY_CHARS_MAX} characters"));
        }
        Some(Self { account: account?, why: text.to_owned(), at: item.at })
    }
}

/// An account's name; numbers may stand without quotes, because a user id may be one.
pub(super) fn read_account(node: &Node, kind: AccountKind, report: &mut Report) -> Option<AccountRef> {
    let text = match &node.value {
        Yaml::Number(number) => &number.text,
        _ => reader::line(node, kind.as_str(), report)?,
    };
    AccountRef::parse(kind, text).map_err(|problem| report.error(node.at, problem.to_string())).ok()
}
