//! The part of the page about rules: which are in force, and what is wrong with those in the folder.

use maud::{Markup, html};

use super::page::time;
use crate::rules::InForce;

/// The most problems of refused rules that are shown.
const PROBLEMS_MAX: usize = 10;

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

/// What decides about alerts now, and who vouches for it.
pub(super) fn in_force(in_force: &InForce) -> Markup {
    let loaded = in_force.now();
    html! {
        h2 { "Rules" }
        p.quiet {
            (loaded.set.rules().len()) " rules since " (time(loaded.since)) " UTC, set " code { (loaded.set.digest().short(12)) }
            @if let Some(commit) = &loaded.commit { ", commit " code { (commit.get(..12).unwrap_or(commit)) } }
            @if let Some(signer) = &loaded.signer { ", signed by " code { (signer) } }
            "."
        }
    }
}
