//! Lints on correlations: whom they can reach by what they count, and what another correlation has said already.

use std::collections::HashMap;

use super::super::correlation::Correlation;
use super::super::drafts::Reported;
use super::super::problem::Report;
use super::catalogue::Lint;
use super::overlap::does_as_much;
use super::reach::Reach;
use crate::incident::RuleId;

/// The most correlations that are compared, each with each.
const COMPARED_MAX: usize = 500;

/// Whom rules and correlations can reach.
pub(super) type Reaches<'r> = HashMap<&'r RuleId, Reach>;

/// Whom a correlation can reach: everybody, if ordinary events come to what it wants; whom a stranger
/// chooses, if events that a stranger can make do, as often as needed.
pub(super) fn reach(correlation: &Correlation, reaches: &Reaches<'_>) -> Reach {
    let of_rule = |rule: &RuleId| reaches.get(rule).copied().unwrap_or(Reach::Few);
    // That ordinary events are many is what a count looks for; that a stranger makes many is nothing.
    let is_chosen = match correlation.tells_parts_apart() {
        true => correlation.holds_by_one_of(&|rule| of_rule(rule) < Reach::Few),
        false => correlation.parts().any(|rule| of_rule(rule) == Reach::Chosen),
    };
    if correlation.holds_by_one_of(&|rule| of_rule(rule) == Reach::Everybody) {
        Reach::Everybody
    } else if is_chosen {
        Reach::Chosen
    } else {
        Reach::Few
    }
}

/// Says when a correlation only says again what another does.
pub(super) fn overlap(correlations: &[Reported<Correlation>], reports: &mut [Report]) {
    let compared: Vec<&Correlation> = correlations.iter().take(COMPARED_MAX).map(|(_, one)| one).collect();
    for (place, (index, narrow)) in correlations.iter().take(COMPARED_MAX).enumerate() {
        let Some(report) = reports.get_mut(*index) else { continue };
        if let Some(first) = compared.iter().take(place).find(|first| is_copy(narrow, first)) {
            let what = format!("the correlation counts and asks the same as {}", named(first));
            let advice = "remove one of them, or say in both what tells them apart";
            report.warn(Lint::DuplicateRule, narrow.at, what, advice);
            continue;
        }
        // Of two that forestall each other only the later one is told.
        let others = compared.iter().enumerate().filter(|(other, _)| *other != place);
        let mut wide =
            others.filter(|(other, wide)| forestalls(wide, narrow) && (*other < place || !forestalls(narrow, wide)));
        if let Some((_, wide)) = wide.next() {
            let what = format!("{} matches no later and does at least as much", named(wide));
            let advice = "remove it, or let it count something else";
            report.warn(Lint::ShadowedRule, narrow.at, what, advice);
        }
    }
}

fn named(correlation: &Correlation) -> String {
    format!("`{}` ({})", correlation.rule.reference.title, correlation.rule.file)
}

fn is_copy(one: &Correlation, other: &Correlation) -> bool {
    one.counts_and_wants_as(other) && one.rule.response == other.rule.response
}

/// Whether `wide` has matched whenever `narrow` does, and does as much.
fn forestalls(wide: &Correlation, narrow: &Correlation) -> bool {
    let (Some(much), Some(little)) = (&wide.rule.response, &narrow.rule.response) else { return false };
    wide.counts_as(narrow) && narrow.wants_as_much_as(wide) && does_as_much(much, little)
}
