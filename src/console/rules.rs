//! The part of the page about rules: which are in force, and what is wrong with those in the folder.

use maud::{Markup, html};

use super::Console;
use super::page::time;
use super::reasons;
use crate::admission::unpromoted;
use crate::incident::{Bar, ShadowEvidence, Timestamp, Watch};
use crate::rules::{InForce, Rule};

/// The most problems of refused rules that are shown.
const PROBLEMS_MAX: usize = 10;
/// The most rules listed.
const ROWS_MAX: usize = 200;

/// What a rule that only watches has seen.
struct Seen<'r> {
    rule: &'r Rule,
    evidence: ShadowEvidence,
    last: Option<Timestamp>,
}

impl<'r> Seen<'r> {
    fn of(rule: &'r Rule, watch: &Watch, now: Timestamp) -> Self {
        Self { rule, evidence: watch.evidence(now), last: watch.span().map(|(_, last)| last) }
    }
}

/// Silence means that the rules in force are those in the folder.
pub(super) fn refused(in_force: &InForce) -> Markup {
    let Some(refused) = in_force.refused() else { return html! {} };
    let loaded = in_force.now();
    html! {
        p.state.bad {
            strong { "The rules folder is refused" } " since " (time(refused.since)) " UTC: "
            (refused.errors.count()) " problems. The rules from " (time(loaded.since)) " UTC stay in force."
            ul { @for problem in refused.errors.problems().iter().take(PROBLEMS_MAX) { li { code { (problem) } } } }
        }
    }
}

/// What decides about alerts now, who vouches for it, and what the rules that only watch have seen.
pub(super) fn in_force(console: &Console, now: Timestamp) -> Markup {
    let loaded = console.rules.now();
    let set = &loaded.set;
    let (watching, unpromoted) = console.trail.board(|board| {
        let watches = board.watches();
        let seen = |rule| Some(Seen::of(rule, watches.watch(&rule.reference.id)?, now));
        (set.all_rules().filter_map(seen).collect::<Vec<_>>(), unpromoted(set, watches).len())
    });
    html! {
        h2 { "Rules" }
        p.quiet {
            (set.all_rules().count()) " rules since " (time(loaded.since)) " UTC, set " code { (set.digest().short(12)) }
            @if let Some(commit) = &loaded.commit { ", commit " code { (commit.get(..12).unwrap_or(commit)) } }
            @if let Some(signer) = &loaded.signer { ", signed by " code { (signer) } }
            ". "
            @if unpromoted > 0 { (unpromoted) " act without a promotion on the trail." }
        }
        p { a href=(reasons::PATH) { "What employees read" } ", in every language." }
        @if !watching.is_empty() { (shadow(&watching, console.bar)) }
    }
}

fn shadow(watching: &[Seen<'_>], bar: Bar) -> Markup {
    let title = "Rules that only watch";
    html! {
        h2 { (title) }
        div.table tabindex="0" role="region" aria-label=(title) {
            table {
                thead { tr {
                    th scope="col" { "Rule" } th scope="col" { "Days" } th scope="col" { "Matches" }
                    th scope="col" { "Accounts" } th scope="col" { "Last (UTC)" } th scope="col" { "Until it may act" }
                } }
                tbody { @for seen in watching.iter().take(ROWS_MAX) { (row(seen, bar)) } }
            }
        }
        @if watching.len() > ROWS_MAX { p.quiet { "And " (watching.len() - ROWS_MAX) " more." } }
    }
}

fn row(Seen { rule, evidence, last }: &Seen<'_>, bar: Bar) -> Markup {
    let lacks = evidence.lacks(bar);
    html! {
        tr {
            td { (rule.reference.title) br; code { (rule.file) } }
            td data-label="Days" { (evidence.days) }
            td data-label="Matches" { (evidence.matches) }
            td data-label="Accounts" { (evidence.accounts) }
            td data-label="Last (UTC)" { @match last { Some(last) => { (time(*last)) } None => { span.quiet { "never" } } } }
            td {
                @if lacks.is_empty() { span.good { "nothing is missing" } }
                @for lack in lacks { div { (lack.text()) } }
            }
        }
    }
}
