//! The words of notices, in English and Chinese.

use serde::Deserialize;

use super::told::Fact;
use crate::incident::{Digest, Timestamp, Topic};

/// A language that notices are written in. Reasons and codes are ours and stay as they stand on the trail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Chinese, simplified.
    Zh,
}

impl Language {
    fn of<'t>(self, en: &'t str, zh: &'t str) -> &'t str {
        match self {
            Self::En => en,
            Self::Zh => zh,
        }
    }
}

/// What a notice begins with.
pub(super) fn headline(topic: Topic, language: Language) -> &'static str {
    let (en, zh) = match topic {
        Topic::IncidentHeld => ("an incident waits for a human.", "有事件等待人工处理。"),
        Topic::ApprovalWanted => ("a plan waits for approval.", "有处置方案等待批准。"),
        Topic::ApprovalLapsed => ("nobody approved a plan in time.", "处置方案未在期限内获得批准。"),
        Topic::Contained => ("an account is disabled, and that was read back.", "账号已停用，并已回读确认。"),
        Topic::StepGivenUp => ("a step is given up.", "有步骤已放弃执行。"),
        Topic::OutcomeUnverified => ("a step's effect could not be read back.", "步骤的效果无法回读确认。"),
        Topic::AlertHeld => (
            "a rule could not act on an alert, and no incident waits for it.",
            "规则未能处置一条告警，且没有等待处理的事件。",
        ),
        Topic::AccountWarned => (
            "an account that is acted on owns other organizations, or was enabled by somebody else meanwhile.",
            "被处置的账号拥有其他组织，或期间已被他人启用。",
        ),
        Topic::ActionsPaused => ("actions are paused.", "处置动作已暂停。"),
        Topic::ActionsResumed => ("actions may run again.", "处置动作已恢复。"),
        Topic::RulesRefused => ("rules are refused; older ones stay in force.", "规则被拒绝，旧规则继续生效。"),
        Topic::SourceConflict => {
            ("a source repeated a known id with other content.", "来源以不同内容重复了已知的编号。")
        }
        Topic::SourceNotUnderstood => ("a source sent what is not understood.", "来源发送了无法理解的内容。"),
        Topic::BreakerTripped => ("a breaker has tripped.", "熔断器已触发。"),
        Topic::ReleaseOffered => {
            ("a disabled account is protected by now; give it back?", "已停用的账号现受保护，是否恢复？")
        }
        Topic::RuleNotice => ("a rule has something told.", "有规则要求通知。"),
        Topic::DiskRoom => ("there is less room on the trail's disk.", "审计记录所在磁盘的剩余空间减少。"),
        Topic::Doctor => ("the doctor finds that something is not well.", "自检发现异常。"),
    };
    language.of(en, zh)
}

/// What a notice begins with that somebody has told by hand.
pub(super) fn by_hand(language: Language) -> &'static str {
    language.of("a responder has something told.", "响应人员有通知。")
}

/// A fact with its label.
pub(super) fn fact(fact: Fact, value: &str, language: Language) -> String {
    let (en, zh) = match fact {
        Fact::Step => ("Step", "步骤"),
        Fact::Failure => ("Failure", "失败"),
        Fact::Source => ("Source", "来源"),
        Fact::Code => ("Reason", "原因"),
        Fact::Scope => ("Which", "范围"),
        Fact::Count => ("How many", "数量"),
        Fact::Place => ("Where", "位置"),
        Fact::Text => ("The rule says", "规则内容"),
        Fact::ByHand => ("A responder says", "响应人员说"),
        Fact::Check => ("Found", "发现"),
        Fact::Alert => ("An alert came since and was not acted on", "其后有告警未处置"),
    };
    format!("{}{}{value}", language.of(en, zh), language.of(": ", "："))
}

/// How many more there are.
pub(super) fn more(count: u64, language: Language) -> String {
    match language {
        Language::En => format!("And {count} more of the same kind."),
        Language::Zh => format!("另有 {count} 条同类通知。"),
    }
}

/// Where to see what is not named.
pub(super) fn more_there(language: Language) -> &'static str {
    language.of(
        "All that wait are listed by `portcullis incident list --held` and at",
        "全部待处理事件：portcullis incident list --held，或访问",
    )
}

/// Where on the trail it stands.
pub(super) fn record(record: u64, at: Timestamp, language: Language) -> String {
    let at = moment(at);
    match language {
        Language::En => format!("Record {record} of the trail, {at}."),
        Language::Zh => format!("审计记录 {record}，{at}。"),
    }
}

/// When it happened.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// What an approval is bound to.
pub(super) fn plan(plan: Digest, language: Language) -> String {
    format!("{}{plan}", language.of("; plan ", "；方案 "))
}
