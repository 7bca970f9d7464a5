//! Which permissions of DingTalk's the rules in force need, with the guardrails, the index and the channels: pure.

use std::collections::BTreeSet;

use crate::incident::{AccountKind, ActionKind, Check};
use crate::rules::{Mode, RuleSet};

/// The permissions without which something that is in force cannot be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs(BTreeSet<Check>);

impl Needs {
    /// What can be asked for by hand is always needed: an account by its userid, signed out, disabled, enabled. Rules
    /// that only watch need nothing. `writes_one_to_one`: whether a channel writes to people through the app's robot.
    #[must_use]
    pub fn of(rules: &RuleSet, has_index: bool, writes_one_to_one: bool) -> Self {
        let mut needs = BTreeSet::from([Check::ContainAccounts, Check::ReadAccounts]);
        let acting = rules.all_rules().filter_map(|rule| rule.response.as_ref());
        let acting = acting.filter(|response| response.mode == Mode::Enforce);
        for response in acting {
            if response.account.as_ref().is_some_and(|account| account.kind == AccountKind::Mobile) {
                needs.insert(Check::ReadMobiles);
            }
            if response.steps.iter().any(|step| step.kind() == ActionKind::ChangeDingTalkId) {
                needs.insert(Check::ChangeDingTalkIds);
            }
        }
        // Who is in a team is in its division, too: that takes reading departments.
        let guardrails = rules.guardrails();
        if has_index || guardrails.groups().have_departments() || guardrails.budgets().have_departments() {
            needs.insert(Check::ReadDepartments);
        }
        if has_index {
            needs.insert(Check::ReadDepartmentMembers);
        }
        if writes_one_to_one {
            needs.insert(Check::SendRobotMessages);
        }
        Self(needs)
    }

    /// Whether this permission is needed.
    #[must_use]
    pub fn has(&self, permission: Check) -> bool {
        self.0.contains(&permission)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn rules(edit: impl Fn(&Path)) -> RuleSet {
        let folder = tempfile::tempdir().unwrap();
        let rule = r"title: A
id: 5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c11
status: test
level: high
owner: test
logsource: { product: testonly }
detection: { selection: { a: b }, condition: selection }
response:
  mode: MODE
  account: { KIND: c }
  steps: [enable]
tests:
  - name: it acts
    alert: { a: b, c: '13800000000' }
    expect: { account: '13800000000', steps: [enable] }
";
        std::fs::write(folder.path().join("a.yml"), rule).unwrap();
        std::fs::write(folder.path().join("guardrails.yml"), "protected: []\n").unwrap();
        let reasons = folder.path().join("reasons");
        std::fs::create_dir(&reasons).unwrap();
        let text = "test: \"Ask {{ contact }} about {{ incident.id }}.\"\n";
        for locale in crate::rules::LOCALES {
            std::fs::write(reasons.join(format!("{locale}.yml")), text).unwrap();
        }
        edit(folder.path());
        crate::rules::load(folder.path()).unwrap()
    }

    fn of(mode: &str, kind: &str) -> Needs {
        let set = rules(|folder| {
            let path = folder.join("a.yml");
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(path, text.replace("MODE", mode).replace("KIND", kind)).unwrap();
        });
        Needs::of(&set, false, false)
    }

    fn with_departments(guardrails: &str) -> Needs {
        let set = rules(|folder| {
            std::fs::remove_file(folder.join("a.yml")).unwrap();
            std::fs::write(folder.join("guardrails.yml"), format!("protected: []\n{guardrails}\n")).unwrap();
        });
        Needs::of(&set, false, false)
    }

    #[test]
    fn an_account_by_mobile_number_needs_its_permission_where_the_rule_acts() {
        assert!(of("enforce", "mobile").has(Check::ReadMobiles));
        assert!(!of("shadow", "mobile").has(Check::ReadMobiles));
        assert!(!of("enforce", "user_id").has(Check::ReadMobiles));
    }

    #[test]
    fn departments_of_guardrails_and_the_index_need_to_read_departments() {
        for guardrails in [
            "protected_departments: [{id: 2, why: test}]",
            "budgets: {departments: {2: {per_hour: 1}}}",
            "budgets: {each_department: {per_hour: 1}}",
        ] {
            let needs = with_departments(guardrails);
            assert!(needs.has(Check::ReadDepartments) && !needs.has(Check::ReadDepartmentMembers), "{guardrails}");
        }
        let set = rules(|folder| std::fs::remove_file(folder.join("a.yml")).unwrap());
        let indexed = Needs::of(&set, true, false);
        assert!(indexed.has(Check::ReadDepartments) && indexed.has(Check::ReadDepartmentMembers));
    }

    #[test]
    fn without_any_rule_people_still_act_by_hand() {
        let needs = Needs::of(&rules(|folder| std::fs::remove_file(folder.join("a.yml")).unwrap()), false, true);
        assert!(needs.has(Check::ContainAccounts) && needs.has(Check::ReadAccounts));
        assert!(needs.has(Check::SendRobotMessages));
        assert!(!needs.has(Check::ReadMobiles) && !needs.has(Check::ReadDepartments));
    }
}
