//! The steps of a response: what is done to the account, in order, and with which words.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::incident::{ActionKind, ChannelName, DingTalkIdPrefix, Plan, ReasonCode};

use super::duration;
use super::problem::{Place, Report};
use super::reader::{self, Fields};
use super::repeated::Repeated;
use super::spelling;
use super::template::{Template, Variable};
use super::yaml::{Node, Yaml};

/// The most steps of one rule.
pub(super) const STEPS_MAX: usize = 6;
/// The most characters of a rendered `reason`.
const REASON_CHARS_MAX: usize = 500;
/// The most characters of what people are told.
const NOTICE_CHARS_MAX: usize = 200;
/// The most characters a value adds to a reason: a UUID, an incident's id, a source's name.
const RULE_ID_CHARS: usize = 36;
const INCIDENT_ID_CHARS: usize = 20;
const SOURCE_CHARS_MAX: usize = 64;
/// How long a disable may be boxed, in seconds: a minute to a year.
const EXPIRES_S: std::ops::RangeInclusive<u64> = 60..=365 * 86_400;
/// The steps there are, and the keys of those that have settings.
pub(super) const STEPS: [&str; 5] = ["sign_out", "disable", "enable", "change_dingtalk_id", "notify"];
pub(super) const SIGN_OUT_KEYS: [&str; 3] = ["reason", "employee_reason", "reason_user"];
pub(super) const DISABLE_KEYS: [&str; 4] = ["reason", "expires_in", "permanent", "repeated"];
pub(super) const CHANGE_DINGTALK_ID_KEYS: [&str; 1] = ["prefix"];
pub(super) const NOTIFY_KEYS: [&str; 2] = ["channel", "text"];

/// One step before its reason is rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepTemplate {
    /// End all sessions.
    SignOut {
        /// For the admin console's log.
        reason: Template,
        /// What the employee reads.
        employee_reason: ReasonCode,
        /// Whether the employee reads the sender's own words instead, in the languages in which it brings them.
        reason_user: bool,
    },
    /// End them once more, in the same words: what somebody opened before the disable.
    SignOutAgain {},
    /// Disable the account.
    Disable {
        /// For the admin console's log.
        reason: Template,
        /// After what time it enables itself again; `None` for good, which the rule says explicitly.
        expires_in: Option<Duration>,
        /// How much longer who has been contained before.
        repeated: Option<Repeated>,
    },
    /// Enable the account.
    Enable {},
    /// Give it another DingTalk ID.
    ChangeDingTalkId {
        /// What it begins with. All of it is said of no rule: no two accounts can have the same.
        prefix: DingTalkIdPrefix,
    },
    /// Tell people.
    Notify {
        /// By which of the configured channels.
        channel: ChannelName,
        /// What.
        text: Template,
    },
}

impl StepTemplate {
    /// Which kind of step it is.
    #[must_use]
    pub fn kind(&self) -> ActionKind {
        match self {
            Self::SignOut { .. } | Self::SignOutAgain {} => ActionKind::SignOut,
            Self::Disable { .. } => ActionKind::Disable,
            Self::Enable {} => ActionKind::Enable,
            Self::ChangeDingTalkId { .. } => ActionKind::ChangeDingTalkId,
            Self::Notify { .. } => ActionKind::Notify,
        }
    }
}

/// Reads the `steps` of the rule called `title`; reason codes and their places go to `codes`.
pub(super) fn read_steps(
    node: &Node,
    title: &str,
    codes: &mut Vec<(Place, ReasonCode)>,
    report: &mut Report,
) -> Option<Vec<StepTemplate>> {
    let items = reader::list(node, "steps", report);
    if matches!(node.value, Yaml::List(_)) && !(1..=STEPS_MAX).contains(&items.len()) {
        report.error(node.at, format!("a rule has 1 to {STEPS_MAX} steps"));
        return None;
    }
    let steps: Vec<Option<StepTemplate>> = items.iter().map(|item| read_step(item, title, codes, report)).collect();
    let steps = steps.into_iter().collect::<Option<Vec<_>>>()?;
    check_order(&steps, items, report)?;
    (!steps.is_empty()).then_some(steps)
}

/// One kind once, but a sign-out again after the disable; and a rule either contains or releases.
fn check_order(steps: &[StepTemplate], items: &[Node], report: &mut Report) -> Option<()> {
    let mut seen = Vec::new();
    for (step, item) in steps.iter().zip(items) {
        let kind = step.kind();
        if matches!(step, StepTemplate::SignOutAgain {}) {
            if seen != [ActionKind::SignOut, ActionKind::Disable] {
                let what = "a `sign_out` without settings signs out again, after `sign_out` and `disable`";
                report.error_with(item.at, what, "give it settings, or move it behind them");
                return None;
            }
        } else if kind == ActionKind::Notify {
            check_channels(steps, item, report)?;
        } else if seen.contains(&kind) {
            let what = format!("the step `{}` is there twice", kind.as_str());
            match kind {
                ActionKind::SignOut => report.error_with(item.at, what, "after `disable` write `sign_out` alone"),
                _ => report.error(item.at, what),
            }
            return None;
        }
        seen.push(kind);
        if kind == ActionKind::Enable && steps.len() > 1 {
            let advice = "give `disable` an `expires_in`, or write a rule of its own that enables";
            report.error_with(item.at, "`enable` cannot be combined with other steps", advice);
            return None;
        }
    }
    Some(())
}

/// Each channel once, and no more than one plan tells.
fn check_channels(steps: &[StepTemplate], item: &Node, report: &mut Report) -> Option<()> {
    let told = steps.iter().filter_map(|step| match step {
        StepTemplate::Notify { channel, .. } => Some(channel),
        _ => None,
    });
    let told: Vec<_> = told.collect();
    let distinct: BTreeSet<_> = told.iter().collect();
    if distinct.len() == told.len() && told.len() <= Plan::CHANNELS_MAX {
        return Some(());
    }
    report.error(item.at, format!("`notify` tells up to {} channels, each once", Plan::CHANNELS_MAX));
    None
}

fn read_step(
    item: &Node,
    title: &str,
    codes: &mut Vec<(Place, ReasonCode)>,
    report: &mut Report,
) -> Option<StepTemplate> {
    let (name, at, body) = match &item.value {
        Yaml::Text(name) => (name.as_str(), item.at, None),
        Yaml::Map(entries) => match entries.as_slice() {
            [entry] => (entry.key.as_str(), entry.at, Some(&entry.value)),
            _ => {
                report.error(item.at, "a step is one name with its settings");
                return None;
            }
        },
        _ => {
            report.error(item.at, format!("a step is one name with its settings, not {}", item.what()));
            return None;
        }
    };
    match (name, body) {
        ("sign_out", Some(body)) => read_sign_out(body, title, codes, report),
        ("disable", Some(body)) => read_disable(body, title, report),
        ("enable", body) => read_enable(body, report),
        ("sign_out", None) => Some(StepTemplate::SignOutAgain {}),
        ("change_dingtalk_id", Some(body)) => read_change_dingtalk_id(body, report),
        ("notify", Some(body)) => read_notify(body, title, report),
        ("disable" | "change_dingtalk_id" | "notify", None) => {
            report.error_with(at, format!("`{name}` needs settings"), "write them as a mapping below it");
            None
        }
        _ => {
            report.error_with(at, format!("unknown step `{name}`"), spelling::advice(name, &STEPS));
            None
        }
    }
}

fn read_sign_out(
    body: &Node,
    title: &str,
    codes: &mut Vec<(Place, ReasonCode)>,
    report: &mut Report,
) -> Option<StepTemplate> {
    let fields = Fields::of(body, "sign_out", report)?;
    fields.only(&SIGN_OUT_KEYS, report);
    let reason = read_reason(&fields, title, report);
    let reason_user = match fields.get("reason_user") {
        None => false,
        Some(Node { value: Yaml::Bool(said), .. }) => *said,
        Some(node) => {
            report.error(node.at, "`reason_user` is true or false");
            return None;
        }
    };
    let node = fields.need("employee_reason", report)?;
    let text = reader::text(node, "employee_reason", report)?;
    match ReasonCode::parse(text) {
        Ok(employee_reason) => {
            codes.push((node.at, employee_reason.clone()));
            Some(StepTemplate::SignOut { reason: reason?, employee_reason, reason_user })
        }
        Err(problem) => {
            report.error(node.at, format!("`employee_reason` is {problem}"));
            None
        }
    }
}

fn read_disable(body: &Node, title: &str, report: &mut Report) -> Option<StepTemplate> {
    let fields = Fields::of(body, "disable", report)?;
    fields.only(&DISABLE_KEYS, report);
    let reason = read_reason(&fields, title, report);
    let mut repeated = None;
    let expires_in = match (fields.get("expires_in"), fields.get("permanent")) {
        (Some(node), None) => {
            let first = duration::read(node, "expires_in", EXPIRES_S, report)?;
            if let Some(node) = fields.get("repeated") {
                repeated = Some(Repeated::read(node, first, EXPIRES_S, report)?);
            }
            Some(first)
        }
        (None, Some(_)) if fields.get("repeated").is_some() => {
            report.error_with(body.at, "`repeated` goes with `expires_in`", "nothing is longer than for good");
            return None;
        }
        (None, Some(Node { value: Yaml::Bool(true), .. })) => None,
        _ => {
            let advice = "give one of `expires_in: 8h` and `permanent: true`";
            report.error_with(body.at, "disable must say how long", advice);
            return None;
        }
    };
    Some(StepTemplate::Disable { reason: reason?, expires_in, repeated })
}

fn read_enable(body: Option<&Node>, report: &mut Report) -> Option<StepTemplate> {
    match body {
        None | Some(Node { value: Yaml::Null, .. }) => {}
        Some(body) => Fields::of(body, "enable", report)?.only(&[], report),
    }
    Some(StepTemplate::Enable {})
}

fn read_change_dingtalk_id(body: &Node, report: &mut Report) -> Option<StepTemplate> {
    let fields = Fields::of(body, "change_dingtalk_id", report)?;
    fields.only(&CHANGE_DINGTALK_ID_KEYS, report);
    let node = fields.need("prefix", report)?;
    match DingTalkIdPrefix::parse(reader::text(node, "prefix", report)?) {
        Ok(prefix) => Some(StepTemplate::ChangeDingTalkId { prefix }),
        Err(problem) => {
            report.error_with(node.at, problem.to_string(), "what follows it is made up, up to 20 characters in all");
            None
        }
    }
}

fn read_notify(body: &Node, title: &str, report: &mut Report) -> Option<StepTemplate> {
    let fields = Fields::of(body, "notify", report)?;
    fields.only(&NOTIFY_KEYS, report);
    let text = read_template(&fields, ("text", NOTICE_CHARS_MAX), title, report);
    let node = fields.need("channel", report)?;
    match ChannelName::parse(reader::text(node, "channel", report)?) {
        Ok(channel) => Some(StepTemplate::Notify { channel, text: text? }),
        Err(problem) => {
            report.error(node.at, format!("`channel` is {problem}"));
            None
        }
    }
}

fn read_reason(fields: &Fields<'_>, title: &str, report: &mut Report) -> Option<Template> {
    read_template(fields, ("reason", REASON_CHARS_MAX), title, report)
}

/// A text of one line, which may use names, and has at most so many characters once they are filled in.
fn read_template(
    fields: &Fields<'_>,
    (key, chars_max): (&str, usize),
    title: &str,
    report: &mut Report,
) -> Option<Template> {
    let node = fields.need(key, report)?;
    let text = reader::line(node, key, report)?;
    let template = Template::parse(text, &Variable::OF_A_REASON, node.at, report)?;
    let chars = template.chars_max(|variable| match variable {
        Variable::RuleTitle => title.chars().count(),
        Variable::RuleId => RULE_ID_CHARS,
        Variable::IncidentId => INCIDENT_ID_CHARS,
        Variable::AlertSource => SOURCE_CHARS_MAX,
        Variable::Contact | Variable::Time => 0,
    });
    if chars > chars_max {
        let what = format!("the {key} may become {chars} characters long");
        report.error_with(node.at, what, format!("shorten it to {chars_max}"));
        return None;
    }
    Some(template)
}
