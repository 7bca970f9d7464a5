//! Whose a rule is, by the names that stand in it.

use std::collections::BTreeSet;

use super::{Correlation, Rule, RuleSet};
use crate::incident::RuleId;

impl Rule {
    /// Its author and its owner, each as a list of names.
    pub fn people(&self) -> impl Iterator<Item = &str> {
        [&self.author, &self.owner].into_iter().flatten().map(String::as_str)
    }
}

impl RuleSet {
    /// The same of a rule of this set and, of a correlation, of all that it builds on: each of them decides what it
    /// counts.
    #[must_use]
    pub fn people_behind(&self, rule: &RuleId) -> BTreeSet<&str> {
        let (mut people, mut seen, mut next) = (BTreeSet::new(), BTreeSet::new(), vec![rule]);
        while let Some(rule) = next.pop() {
            if !seen.insert(rule) {
                continue;
            }
            let correlations = self.correlations().iter().filter(|one| one.rule.reference.id == *rule);
            next.extend(correlations.flat_map(Correlation::counts));
            people.extend(self.all_rules().filter(|one| one.reference.id == *rule).flat_map(Rule::people));
        }
        people
    }
}

/// Whether the name is one of those in the list, as rules write them: `Anna Berg (@anna), Bo <bo@x.org>`.
/// What stands in brackets is a name of its own, and small and capital letters are the same.
#[must_use]
pub fn names(people: &str, name: &str) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let name = plain(name);
    let parts = people.split([',', ';', '<', '>', '(', ')']);
    parts.chain([people]).map(plain).any(|part| part == name || part.strip_prefix('@').is_some_and(|part| part == name))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn everybody_in_a_list_is_named() {
        for people in [
            "zhang",
            "Zhang",
            "li, zhang",
            "zhang,li",
            "li; ZHANG ",
            "Zhang <zhang@x.com>",
            "Wei Zhang (zhang)",
            "Wei Zhang (@Zhang, SOC), li",
        ] {
            assert!(names(people, "zhang"), "{people}");
        }
        assert!(names("Anna  Berg (SOC), Bo", "anna berg") && names("ÅSA, bo", "åsa") && names("a, b", "a, b"));
        for people in ["", ",", "zhang2", "li zhang", "Zhang Wei <zhang.wei@x.com>", "zhang@x.com", "@@zhang"] {
            assert!(!names(people, "zhang"), "{people}");
        }
    }
}
