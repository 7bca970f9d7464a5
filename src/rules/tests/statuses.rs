//! Rules that their authors have given up: refused, and loaded when the operator asks for it.

use super::super::{RuleStatus, Statuses, compile_with};
use super::*;

#[test]
fn rules_that_were_given_up_load_when_that_is_asked_for() {
    let filter = |status: &str| {
        format!(
            "title: F\nstatus: {status}\nlogsource: {{product: test}}\nfilter:\n  rules: any\n  s: {{b: y}}\n  condition: not s\n"
        )
    };
    let correlation = |status: &str| {
        format!(
            "title: C\nstatus: {status}\ncorrelation: {{type: event_count, rules: 11111111-1111-4111-8111-111111111111, timespan: 1h, condition: {{gte: 2}}, generate: true}}\n"
        )
    };
    let both = Statuses { deprecated: true, unsupported: true };
    for (status, word, statuses) in [
        (RuleStatus::Deprecated, "deprecated", Statuses { deprecated: true, ..Statuses::default() }),
        (RuleStatus::Unsupported, "unsupported", Statuses { unsupported: true, ..Statuses::default() }),
    ] {
        let rule = ACTING.replace("title: T", &format!("status: {word}\ntitle: T"));
        for (more, line) in [(String::new(), ""), (filter(word), "b.yml:2:9"), (correlation(word), "b.yml:2:9")] {
            let files = if more.is_empty() {
                folder(&[("a.yml", &rule)])
            } else {
                folder(&[("a.yml", ACTING), ("b.yml", &more)])
            };
            let line = if line.is_empty() { "a.yml:1:9" } else { line };
            let set = compile_with(&files, statuses).unwrap_or_else(|errors| panic!("{errors}"));
            assert!(more.is_empty() == (set.detectors()[0].rule.status == Some(status)), "{more}");
            assert!(compile_with(&files, both).is_ok());
            let other = Statuses { deprecated: statuses.unsupported, unsupported: statuses.deprecated };
            for refusing in [Statuses::default(), other] {
                let said = compile_with(&files, refusing).unwrap_err().to_string();
                assert!(
                    said.contains(&format!("{line}: {word} rules are loaded only when that is asked for")),
                    "{said}"
                );
            }
        }
    }
}
