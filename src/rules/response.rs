//! What a rule asks to be done: mode, account, steps, cooldown and the proof it demands of a source.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::incident::path::{Path, Reached};
use crate::incident::{
    AccountKind, AccountRef, ActionKind, Alert, Approval, Assurance, ChannelName, Extent, Lapse, ReasonCode,
};

use super::allowed::Allowed;
use super::approval;
use super::budgets;
use super::duration;
use super::problem::{Place, Report};
use super::reader::{self, Fields};
use super::step::{self, StepTemplate};
use super::yaml::{Node, Yaml};

/// How long a cooldown may be, in seconds: none to a month.
const COOLDOWN_S: std::ops::RangeInclusive<u64> = 0..=30 * 86_400;
const COOLDOWN_DEFAULT: Duration = Duration::from_secs(3_600);

/// The keys of a `response`.
pub(super) const KEYS: [&str; 9] =
    ["mode", "account", "each", "limit", "steps", "cooldown", "assurance", "budget", "approval"];
/// The most accounts that one alert may have one rule act on.
pub(super) const ACCOUNTS_MAX: u8 = 20;
/// The modes by their names.
pub(super) const MODES: [(&str, Mode); 2] = [("shadow", Mode::Shadow), ("enforce", Mode::Enforce)];
/// What a source may have to prove, by its name.
pub(super) const ASSURANCES: [(&str, Assurance); 4] =
    [("A", Assurance::A), ("B", Assurance::B), ("C", Assurance::C), ("D", Assurance::D)];
/// What a name of an account can be.
pub(super) const KINDS: [AccountKind; 6] = [
    AccountKind::Email,
    AccountKind::UserId,
    AccountKind::LoginId,
    AccountKind::Mobile,
    AccountKind::UnionId,
    AccountKind::JobNumber,
];

/// Whether a rule acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// It only watches: its verdicts are recorded and nothing is done. The default.
    Shadow,
    /// It acts.
    Enforce,
}

/// The `response:` section of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Whether it acts.
    pub mode: Mode,
    /// Where the event names the account; `None` takes the person its source found.
    pub account: Option<AccountPath>,
    /// What to do, in order; no kind twice, but several channels.
    pub steps: Vec<StepTemplate>,
    /// How long the same account is left alone by this rule after an incident.
    pub cooldown: Duration,
    /// The least a source must prove for this rule to act.
    pub assurance: Assurance,
    /// How many accounts one alert may name, of which each is acted on; without it, exactly one.
    pub each: Option<u8>,
    /// How often it may act, where that is less than `guardrails.yml` allows.
    pub budget: Option<Allowed>,
    /// Who has to say yes first, where somebody has.
    pub approval: Option<Approval>,
}

/// Where an event names an account, and what kind of name it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPath {
    /// What the values are.
    pub kind: AccountKind,
    /// Where they are.
    pub path: Path,
}

/// Whom an alert names to a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// Exactly one account.
    One(AccountRef),
    /// Nobody: the path reaches nothing.
    None,
    /// More than one.
    Several,
    /// Something that cannot be the name of an account of this kind.
    Invalid,
}

impl Response {
    /// Whether it takes anything from the account's owner.
    #[must_use]
    pub fn takes(&self) -> bool {
        self.steps.iter().any(|step| step.kind().takes())
    }

    /// Whether it gives the account back.
    #[must_use]
    pub fn gives(&self) -> bool {
        self.steps.iter().any(|step| step.kind() == ActionKind::Enable)
    }

    /// Whether it does anything to the account; else it only tells people.
    #[must_use]
    pub fn touches(&self) -> bool {
        self.steps.iter().any(|step| step.kind() != ActionKind::Notify)
    }

    /// The channels that it tells people by.
    pub fn channels(&self) -> impl Iterator<Item = &ChannelName> {
        self.steps.iter().filter_map(|step| match step {
            StepTemplate::Notify { channel, .. } => Some(channel),
            _ => None,
        })
    }

    /// Whether it disables the account.
    #[must_use]
    pub fn disables(&self) -> bool {
        self.steps.iter().any(|step| step.kind() == ActionKind::Disable)
    }

    /// What it takes from the account's owner.
    #[must_use]
    pub fn extent(&self) -> Extent {
        let disables = |step: &StepTemplate| match step {
            StepTemplate::Disable { expires_in, .. } => {
                Some(expires_in.map_or(Extent::FOR_GOOD, |time| time.as_secs()))
            }
            _ => None,
        };
        let kinds = self.steps.iter().map(StepTemplate::kind).filter(|kind| *kind != ActionKind::Enable);
        Extent { kinds: kinds.collect(), disabled_s: self.steps.iter().find_map(disables) }
    }

    /// The account that the alert names to this rule: the distinct values its path reaches, or the
    /// person found by the source's kind when the rule has no path.
    #[must_use]
    pub fn account_of(&self, alert: &Alert) -> Named {
        self.account_in(&alert.event, alert.person.as_ref())
    }

    /// As [`Response::account_of`]; of a correlation that acts, `in_group` is the account's name.
    #[must_use]
    pub fn account_of_match(&self, alert: &Alert, in_group: Option<&str>) -> Named {
        match (&self.account, in_group) {
            (Some(account), Some(name)) => AccountRef::parse(account.kind, name).map_or(Named::Invalid, Named::One),
            _ => self.account_of(alert),
        }
    }

    /// All accounts that the alert names to this rule. More than one, and only as many as it allows, when
    /// the rule acts on each.
    ///
    /// # Errors
    /// Why there is nobody to act on, which is never [`Named::One`].
    pub fn accounts_of_match(&self, alert: &Alert, in_group: Option<&str>) -> Result<Vec<AccountRef>, Named> {
        match (self.account_of_match(alert, in_group), self.each, &self.account) {
            (Named::One(account), ..) => Ok(vec![account]),
            (Named::Several, Some(limit), Some(path)) => {
                let accounts = path.all_in(&alert.event)?;
                if accounts.len() <= usize::from(limit) {
                    Ok(accounts.into_iter().collect())
                } else {
                    Err(Named::Several)
                }
            }
            (nobody, ..) => Err(nobody),
        }
    }

    /// As [`Response::account_of`], for an event that no source has sent.
    #[must_use]
    pub fn account_in_event(&self, event: &Value) -> Named {
        self.account_in(event, None)
    }

    pub(super) fn account_in(&self, event: &Value, person: Option<&AccountRef>) -> Named {
        match &self.account {
            Some(account) => account.named_in(event),
            None => person.cloned().map_or(Named::None, Named::One),
        }
    }

    /// Reads the `response` section of the rule called `title`; reason codes and their places go to
    /// `codes`.
    pub(super) fn read(
        node: &Node,
        title: &str,
        codes: &mut Vec<(Place, ReasonCode)>,
        report: &mut Report,
    ) -> Option<Self> {
        let fields = Fields::of(node, "response", report)?;
        fields.only(&KEYS, report);
        let mode =
            read_or(&fields, "mode", Mode::Shadow, report, |node, report| reader::choice(node, "mode", &MODES, report));
        let assurance = read_or(&fields, "assurance", Assurance::B, report, |node, report| {
            reader::choice(node, "assurance", &ASSURANCES, report)
        });
        let cooldown = read_or(&fields, "cooldown", COOLDOWN_DEFAULT, report, |node, report| {
            duration::read(node, "cooldown", COOLDOWN_S, report)
        });
        let account = match fields.get("account") {
            Some(node) => AccountPath::read(node, report).map(Some),
            None => Some(None),
        };
        let budget = read_or(&fields, "budget", None, report, |node, report| budgets::read_own(node, report).map(Some));
        let approval =
            read_or(&fields, "approval", None, report, |node, report| approval::read(node, report).map(Some));
        let each = read_each(&fields, report);
        let steps = fields.need("steps", report).and_then(|node| step::read_steps(node, title, codes, report));
        let approval =
            approval.and_then(|asked| approved(asked, steps.as_deref().unwrap_or_default(), &fields, report));
        Some(Self {
            mode: mode?,
            account: account?,
            steps: steps?,
            cooldown: cooldown?,
            assurance: assurance?,
            each: each?,
            budget: budget?,
            approval: approval?,
        })
    }
}

/// A change of the DingTalk ID is always approved: nothing undoes it for a year.
fn approved(
    asked: Option<Approval>,
    steps: &[StepTemplate],
    fields: &Fields<'_>,
    report: &mut Report,
) -> Option<Option<Approval>> {
    if steps.iter().all(|step| step.kind() != ActionKind::ChangeDingTalkId) {
        return Some(asked);
    }
    match asked {
        None => Some(Some(Approval::OF_A_CHANGE)),
        Some(Approval { otherwise: Lapse::Act, .. }) => {
            let at = fields.get("approval").map_or(fields.at, |node| node.at);
            let what = "`change_dingtalk_id` is never done unless somebody says yes: nothing undoes it for a year";
            report.error_with(at, what, "write `otherwise: drop`");
            None
        }
        asked => Some(asked),
    }
}

/// `each: true` with its limit, which says how many people one alert may reach.
fn read_each(fields: &Fields<'_>, report: &mut Report) -> Option<Option<u8>> {
    let is_each = match fields.get("each") {
        None => false,
        Some(Node { value: Yaml::Bool(value), .. }) => *value,
        Some(node) => {
            report.error(node.at, "`each` is true or false");
            return None;
        }
    };
    match (is_each, fields.get("limit")) {
        (false, None) => Some(None),
        (false, Some(node)) => {
            report.error_with(node.at, "`limit` belongs to `each: true`", "add it, or leave the limit out");
            None
        }
        (true, None) => {
            let advice = format!("add `limit`: how many accounts one alert may name, up to {ACCOUNTS_MAX}");
            report.error_with(fields.at, "`each: true` needs a limit", advice);
            None
        }
        (true, Some(node)) => reader::number(node, "limit", 1..=ACCOUNTS_MAX, report).map(Some),
    }
}

/// The value of an optional key, or its default when the key is not there.
fn read_or<V>(
    fields: &Fields<'_>,
    key: &str,
    default: V,
    report: &mut Report,
    read: impl FnOnce(&Node, &mut Report) -> Option<V>,
) -> Option<V> {
    fields.get(key).map_or(Some(default), |node| read(node, report))
}

impl AccountPath {
    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        let fields = Fields::of(node, "account", report)?;
        let names: Vec<&str> = KINDS.iter().map(|kind| kind.as_str()).collect();
        fields.only(&names, report);
        let [entry] = fields.entries() else {
            let advice = format!("give one of {} with a path", names.join(", "));
            report.error_with(node.at, "account must say exactly one kind of name", advice);
            return None;
        };
        let kind = *KINDS.iter().find(|kind| kind.as_str() == entry.key)?;
        let text = reader::line(&entry.value, &entry.key, report)?;
        match text.parse() {
            Ok(path) => Some(Self { kind, path }),
            Err(problem) => {
                let advice = "write it like `target[type=User].alternateId`";
                report.error_with(entry.value.at, format!("`{text}` is no path: {problem}"), advice);
                None
            }
        }
    }

    /// The distinct accounts the path reaches. Null counts as nothing; one unusable value spoils the
    /// rest, because a look-alike beside a real address is not "exactly one".
    pub(super) fn named_in(&self, event: &Value) -> Named {
        let mut accounts = match self.all_in(event) {
            Ok(accounts) => accounts,
            Err(nobody) => return nobody,
        };
        match (accounts.pop_first(), accounts.is_empty()) {
            (None, _) => Named::None,
            (Some(account), true) => Named::One(account),
            (Some(_), false) => Named::Several,
        }
    }

    /// All of them; an error when there are more than the path gives, or one is no name. What the
    /// path could not read may have held another name, so beside one it spoils the rest, too.
    fn all_in(&self, event: &Value) -> Result<BTreeSet<AccountRef>, Named> {
        let (values, is_part) = match self.path.values(event) {
            Reached::All(values) => (values, false),
            Reached::Part(values) => (values, true),
            Reached::TooMany => return Err(Named::Several),
        };
        let values = values.into_iter().filter(|value| !value.is_null());
        let accounts: BTreeSet<_> =
            values.map(|value| self.account(&value).ok_or(Named::Invalid)).collect::<Result<_, _>>()?;
        if is_part && !accounts.is_empty() { Err(Named::Invalid) } else { Ok(accounts) }
    }

    fn account(&self, value: &Value) -> Option<AccountRef> {
        match value {
            Value::String(text) => AccountRef::parse(self.kind, text).ok(),
            // Job numbers and mobile numbers come as JSON numbers, too.
            Value::Number(number) if !number.is_f64() => AccountRef::parse(self.kind, &number.to_string()).ok(),
            _ => None,
        }
    }
}
