//! The channels that rules tell people by: a rule that names one which is not configured would tell nobody.

use std::collections::BTreeSet;
use std::path::Path;

use super::lint::LintLevel;
use super::load::shown;
use super::problem::{LoadErrors, Problem};
use super::response::Response;
use super::rule::Rule;
use super::rule_set::RuleSet;
use crate::incident::ChannelName;

/// Refuses rules that tell people by a channel which is none of the `configured` ones. `folder` has the rules.
///
/// # Errors
/// Each such rule, with the channel.
pub fn check_channels(set: &RuleSet, configured: &BTreeSet<ChannelName>, folder: &Path) -> Result<(), LoadErrors> {
    let advice = match configured.len() {
        0 => "configure it under `[notices.channels]`, which has none".to_owned(),
        _ => {
            let known: Vec<&str> = configured.iter().map(ChannelName::as_str).collect();
            format!("configure it under `[notices.channels]`, which has {}", known.join(", "))
        }
    };
    let problem = |rule: &Rule, channel: &ChannelName| Problem {
        file: format!("{}{}", shown(folder), rule.file),
        at: None,
        what: format!("the rule `{}` tells people by `{channel}`, which is not configured", rule.reference.title),
        advice: Some(advice.clone()),
        lint: None,
        level: LintLevel::Error,
        excerpt: None,
    };
    let mut problems = Vec::new();
    for rule in set.all_rules() {
        let told = rule.response.iter().flat_map(Response::channels);
        problems.extend(told.filter(|channel| !configured.contains(*channel)).map(|channel| problem(rule, channel)));
    }
    if problems.is_empty() { Ok(()) } else { Err(LoadErrors::new(Some(set.digest()), problems)) }
}
