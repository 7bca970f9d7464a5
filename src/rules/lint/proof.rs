//! Lints on a rule's own tests: one that acts shows whom it finds and whom it leaves alone.

use super::super::problem::Report;
use super::super::response::Mode;
use super::catalogue::Lint;
use super::subject::Subject;

pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
    let Some(response) = &subject.rule.response else { return };
    let at = subject.at("tests");
    if subject.tests.is_empty() && response.mode == Mode::Enforce {
        // Said by the loader, which every start of the server hears.
        return;
    }
    if !subject.tests.contains(&true) {
        let advice = "add the event that made you write the rule";
        report.warn(Lint::MissingMatchTest, at, "no test has an event that matches", advice);
    }
    if !subject.tests.contains(&false) {
        let advice = "add one that is as like it as can be, and that must be left alone: `expect: none`";
        report.warn(Lint::MissingNearMissTest, at, "no test has an event that nearly matches", advice);
    }
}
