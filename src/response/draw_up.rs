//! Draws up the plan for one account, for the rules that want something done to it.

use super::Subject;
use super::merge::merged_actions;
use super::target::{Acting, Target};
use crate::incident::{Alert, IncidentId, Ledger, Plan, RuleRef, Timestamp};
use crate::rules::RuleSet;

/// What a rule comes to on a plan's record but for its title, roughly.
const RULE_BYTES: usize = 200;

/// The plan of these rules, all of which act on the account of the first, and who that is. What it takes
/// from its owner is drawn on the budgets.
pub(super) fn draw_up(
    alert: &Alert,
    pseudonym: &str,
    group: &[Target<'_>],
    ledger: &mut Ledger,
    rules: &RuleSet,
    now: Timestamp,
) -> Option<(Plan, Subject)> {
    let mut acting: Vec<Acting<'_, '_>> = group.iter().filter_map(Target::acting).collect();
    acting.sort_by(|(a, ..), (b, ..)| b.level.cmp(&a.level).then_with(|| a.reference.id.cmp(&b.reference.id)));
    let account = acting.first()?.2.clone();
    let incident = IncidentId::derive(&alert.summary.id, &account.key());
    let (actions, texts) = merged_actions(&acting, &incident, alert, rules, now);
    let floor = acting.iter().map(|(_, response, _)| response.assurance).min_by_key(|level| *level as u8)?;
    let mut plan = Plan {
        incident,
        account_kind: account.kind(),
        account: pseudonym.to_owned(),
        assurance: alert.summary.assurance,
        assurance_floor: floor,
        rules: references(&acting),
        actions,
        spending: None,
    };
    if plan.takes() {
        plan.spending = Some(ledger.draw(&alert.summary.source, plan.rules.iter().map(|rule| &rule.id), now));
    }
    Some((plan, Subject { account, texts }))
}

/// The rules that asked for the plan, the first and as many more as its record has room for.
fn references(acting: &[Acting<'_, '_>]) -> Vec<RuleRef> {
    let mut bytes = 0;
    let fits = |rule: &&RuleRef| {
        let is_first = bytes == 0;
        // A quotation mark becomes two characters.
        bytes += RULE_BYTES + 2 * rule.title.len();
        is_first || bytes <= Plan::RULES_BYTES_MAX
    };
    acting.iter().map(|(rule, ..)| &rule.reference).take_while(fits).cloned().collect()
}
