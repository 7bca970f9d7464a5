//! The part of the page about rules: which are in force, and what is wrong with those in the folder.

use maud::{Markup, html};

use super::Console;
use super::reader::Reader;
use super::reasons;
use super::table::table;
use crate::admission::unpromoted;
use crate::incident::{Bar, Lack, ShadowEvidence, Timestamp, Watch};
use crate::rules::{InForce, Rule};

/// The most problems of refused rules that are shown.
const PROBLEMS_MAX: usize = 10;

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
pub(super) fn refused(reader: &Reader, in_force: &InForce) -> Markup {
    let Some(refused) = in_force.refused() else { return html! {} };
    let loaded = in_force.now();
    let with = [
        ("what", html! { strong { (reader.say("rules-refused")) } }),
        ("since", reader.time(refused.since)),
        ("problems", html! { (refused.errors.count()) }),
        ("loaded", reader.time(loaded.since)),
    ];
    html! {
        div.state.bad {
            p { (reader.rich("rules-refused-text", &with)) }
            ul { @for problem in refused.errors.problems().iter().take(PROBLEMS_MAX) { li { code { (problem) } } } }
        }
    }
}

/// What decides about alerts now, who vouches for it, and what the rules that only watch have seen.
pub(super) fn in_force(console: &Console, reader: &Reader, now: Timestamp) -> Markup {
    let loaded = console.rules.now();
    let set = &loaded.set;
    let (watching, unpromoted) = console.trail.board(|board| {
        let watches = board.watches();
        let seen = |rule| Some(Seen::of(rule, watches.watch(&rule.reference.id)?, now));
        (set.all_rules().filter_map(seen).collect::<Vec<_>>(), unpromoted(set, watches).len())
    });
    let with = [
        ("rules", html! { (reader.number(set.all_rules().count() as u64)) }),
        ("since", reader.time(loaded.since)),
        ("set", html! { code { (set.digest().short(12)) } }),
    ];
    html! {
        h2 { (reader.say("rules-title")) }
        p.quiet {
            (reader.rich("rules-in-force", &with))
            @if let Some(commit) = &loaded.commit { ", " (reader.rich("rules-commit", &[("commit", html! { code { (commit.get(..12).unwrap_or(commit)) } })])) }
            @if let Some(signer) = &loaded.signer { ", " (reader.rich("rules-signed", &[("signer", html! { code { (signer) } })])) }
            ". "
            @if unpromoted > 0 { (reader.count("rules-unpromoted", unpromoted as u64)) }
        }
        p { a href=(reasons::PATH) { (reader.say("rules-reasons")) } }
        @if !watching.is_empty() { (shadow(reader, &watching, console.bar)) }
    }
}

fn shadow(reader: &Reader, watching: &[Seen<'_>], bar: Bar) -> Markup {
    let title = reader.say("rules-watching");
    let columns = ["column-rule", "column-days", "column-matches", "column-accounts", "column-last", "column-lacks"];
    html! {
        h2 { (title) }
        (table(reader, &title, &columns, watching, |seen| row(reader, seen, bar)))
    }
}

fn row(reader: &Reader, Seen { rule, evidence, last }: &Seen<'_>, bar: Bar) -> Markup {
    let lacks = evidence.lacks(bar);
    html! {
        tr {
            td { (rule.reference.title) br; code { (rule.file) } }
            td data-label=(reader.say("column-days")) { (evidence.days) }
            td data-label=(reader.say("column-matches")) { (evidence.matches) }
            td data-label=(reader.say("column-accounts")) { (evidence.accounts) }
            td data-label=(reader.say("column-last")) { @match last { Some(last) => { (reader.time(*last)) } None => { span.quiet { (reader.say("rules-never")) } } } }
            td {
                @if lacks.is_empty() { span.good { (reader.say("rules-nothing-missing")) } }
                @for lack in lacks { div { (lacking(reader, lack)) } }
            }
        }
    }
}

fn lacking(reader: &Reader, lack: Lack) -> String {
    match lack {
        Lack::Days { is, wanted } => reader.say_of("lack-days", &[("is", is.into()), ("wanted", wanted.into())]),
        Lack::Matches { is, wanted } => reader.say_of("lack-matches", &[("is", is.into()), ("wanted", wanted.into())]),
        Lack::Held(count) => reader.say_of("lack-held", &[("count", count.into())]),
        Lack::Disputed(count) => reader.say_of("lack-disputed", &[("count", count.into())]),
    }
}
