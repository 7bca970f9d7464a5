//! The outcome for people.

use std::fmt::Write as _;

use crate::backtest::{
    AgainstName, Backtested, Change, DepartmentBudgets, LeftOut, Names, OnRule, Person, Report, RuleCounts, Side, Span,
    Unnamed,
};
use crate::cli::output::counted;
use crate::incident::Timestamp;

/// The most accounts listed of one sort; JSON has all.
const LISTED_MAX: usize = 100;

const ONE_MOMENT: &str =
    "Warning: these events do not say when they happened, so all count as one moment: a correlation counts them
as if they came at once, and a cooldown covers every repeat.\n\n";

// Writing to a String cannot fail, so the results of `writeln!` are of no interest here.
pub(super) fn text(outcome: &Backtested<'_>) -> String {
    let mut text = String::new();
    let Backtested { names, report, left_out, is_one_moment, .. } = outcome;
    head(&mut text, names, report, *left_out);
    if *is_one_moment {
        text.push_str(ONE_MOMENT);
    }
    if let Some(counts) = report.department_budgets {
        departments(&mut text, counts);
    }
    people(&mut text, "Newly contained", &report.newly, |person| person.after.as_ref());
    people(&mut text, "No longer contained", &report.no_longer, |person| person.before.as_ref());
    people(&mut text, "Contained by both", &report.both, |person| person.after.as_ref());
    people(&mut text, "Held", &report.held, |person| person.after.as_ref());
    unnamed(&mut text, &report.unnamed);
    changes(&mut text, report);
    rules(&mut text, &report.rules);
    let Report { newly, no_longer, both, held, .. } = report;
    let _ = writeln!(
        text,
        "{} newly contained, {} no longer, {} by both, {} held; {} begun instead of {}",
        newly.len(),
        no_longer.len(),
        both.len(),
        held.len(),
        counted(report.containments_after, "containment"),
        report.containments_before
    );
    text
}

fn head(text: &mut String, names: &Names<'_>, report: &Report, left_out: LeftOut) {
    let against = match &names.against {
        AgainstName::Recorded => "what was decided then".to_owned(),
        AgainstName::Commit { commit, rules } => format!("commit {commit}, rule set {}", rules.short(12)),
        AgainstName::Nothing => "nothing, as the events were never judged".to_owned(),
    };
    let _ = writeln!(text, "Rule set {}, compared with {against}", names.rules.short(12));
    text.push_str(&counted(report.alerts, "alert"));
    if let Some(Span { first, last }) = &report.span {
        let _ = write!(text, ", {} to {}", moment(first.at), moment(last.at));
    }
    let LeftOut { erased, of_unknown_source, repeated } = left_out;
    if erased > 0 {
        let _ = write!(text, "; {erased} left out, because their events were erased");
    }
    if of_unknown_source > 0 {
        let _ = write!(text, "; {of_unknown_source} left out, because their source is not configured");
    }
    if repeated > 0 {
        let _ = write!(text, "; {repeated} left out, because they are there before");
    }
    text.push_str("\n\n");
}

fn departments(text: &mut String, DepartmentBudgets { judged, not_judged }: DepartmentBudgets) {
    let _ = writeln!(
        text,
        "Budgets of departments: judged for {}, by what the trail says was drawn then; a department that had no
budget then is not seen.",
        counted(judged, "containment")
    );
    if not_judged > 0 {
        let _ = writeln!(
            text,
            "Warning: they were not judged for {}, of whose departments, or their sizes, the trail says nothing; a
server may hold what is shown as contained.",
            counted(not_judged, "containment")
        );
    }
    text.push('\n');
}

fn people(text: &mut String, title: &str, people: &[Person], side: impl Fn(&Person) -> Option<&Side>) {
    let _ = writeln!(text, "{title}: {}", people.len());
    for person in people.iter().take(LISTED_MAX) {
        if let Some(side) = side(person) {
            one(text, person, side);
        }
    }
    if people.len() > LISTED_MAX {
        let _ = writeln!(text, "  and {} more; --json lists them all", people.len() - LISTED_MAX);
    }
}

fn one(text: &mut String, person: &Person, side: &Side) {
    let _ = writeln!(text, "  {}", person.account.value());
    for OnRule { rule, held, alerts, .. } in &side.by_rule {
        let held = held.map_or(String::new(), |reason| format!(", held: {}", reason.text()));
        let _ = writeln!(text, "    {alerts} × {}{held}", rule.title);
    }
    let Span { first, last } = &side.span;
    let _ = writeln!(text, "    first {}  {}", moment(first.at), first.alert);
    if first != last {
        let _ = writeln!(text, "    last  {}  {}", moment(last.at), last.alert);
    }
}

fn unnamed(text: &mut String, unnamed: &[Unnamed]) {
    for Unnamed { reason, alerts_before, alerts_after } in unnamed {
        let _ = writeln!(text, "Alerts held, as {}: {alerts_before} → {alerts_after}", reason.text());
    }
}

fn changes(text: &mut String, report: &Report) {
    let _ = writeln!(text, "Alerts that come out otherwise: {}", report.changed);
    for Change { before, after, alerts, examples } in &report.changes {
        let after = if before == after { "another account".to_owned() } else { after.as_str().to_owned() };
        let _ = writeln!(text, "  {} → {after}: {alerts}", before.as_str());
        for seen in examples {
            let _ = writeln!(text, "    {}  {}", moment(seen.at), seen.alert);
        }
    }
}

fn rules(text: &mut String, rules: &[RuleCounts]) {
    let _ = writeln!(text, "Rules that matched (before → now): {}", rules.len());
    for counts in rules {
        let RuleCounts { rule, alerts_before, alerts_after, accounts_before, accounts_after } = counts;
        let _ = writeln!(
            text,
            "  {}: alerts {alerts_before} → {alerts_after}, accounts contained {accounts_before} → {accounts_after}",
            rule.title
        );
    }
    text.push('\n');
}

/// To the second.
fn moment(at: Timestamp) -> String {
    format!("{at:.0}")
}
