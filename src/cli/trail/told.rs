//! What a check of the log is told as: lines for people, one JSON object for scripts.

use serde_json::{Value, json};

use super::super::output::{self, counted};
use crate::incident::Timestamp;
use crate::trail::audit::{Fault, HistoryReport, Keys, Report};

/// Whose word the key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// It was given with the command.
    Given,
    /// It lay beside what it is to prove.
    TakenFromTheFolder,
}

impl Trust {
    fn code(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::TakenFromTheFolder => "taken_on_trust",
        }
    }
}

/// Prints what was found in order, and what that does not show.
pub(super) fn report(report: &Report, keys: &Keys, trust: Trust) -> anyhow::Result<()> {
    let signed = report.checkpoint_at.map_or_else(String::new, |at| format!(", signed {at}"));
    output::line(format_args!("The log {} verifies: {}{signed}", report.origin, counted(report.size, "record")))?;
    output::line(format_args!("  root {}", report.root))?;
    if report.pruned > 0 {
        output::line(format_args!(
            "  The first {} were pruned, as the log says itself (trail.pruned): their hashes are there and fit.",
            counted(report.pruned, "record")
        ))?;
    }
    if let (Some(first), Some(last)) = (report.first_at, report.last_at) {
        output::line(format_args!("  first record {first:.3}, last record {last:.3}"))?;
    }
    output::line(history(&report.history))?;
    match report.older {
        0 => output::line(
            "  It was compared with no checkpoint kept elsewhere (--since): that nobody who has the key rewrote it is \
             not shown.",
        )?,
        count => output::line(format_args!("  It goes on from {} kept elsewhere.", counted(count, "checkpoint")))?,
    }
    if trust == Trust::TakenFromTheFolder {
        output::line(format_args!(
            "  The key {keys} was taken on trust from the folder itself: whoever could write there could have put \
             another in its place. Compare it, or give the one that was published with --key."
        ))?;
    }
    Ok(())
}

fn history(history: &HistoryReport) -> String {
    let mut told = format!("  history: {}", counted(history.checkpoints, "checkpoint"));
    if let (1.., Some(first), Some(last)) = (history.checkpoints, history.first_at, history.last_at) {
        told += &format!(" from {first} to {last}");
    }
    if let Some(longest) = history.longest {
        let (missing, gaps) = (counted(history.missing_minutes, "minute"), counted(history.gaps, "gap"));
        let (minutes, after) = (counted(longest.minutes, "minute"), longest.after);
        told += &format!("; {missing} without one in {gaps}, the longest {minutes} after {after}");
    }
    if history.torn {
        told += "; the last was not written to its end";
    }
    told
}

/// The same for scripts.
pub(super) fn report_json(report: &Report, keys: &Keys, trust: Trust) -> Value {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let history = &report.history;
    json!({
        "verified": true,
        "origin": report.origin,
        "size": report.size,
        "pruned": report.pruned,
        "root": report.root.to_string(),
        "checkpoint_at": time(report.checkpoint_at),
        "first_at": time(report.first_at),
        "last_at": time(report.last_at),
        "since": report.older,
        "history": {
            "checkpoints": history.checkpoints,
            "first_at": time(history.first_at),
            "last_at": time(history.last_at),
            "missing_minutes": history.missing_minutes,
            "gaps": history.gaps,
            "longest_gap": history.longest.map(|gap| json!({ "minutes": gap.minutes, "after": gap.after.to_string() })),
            "torn": history.torn,
        },
        "keys": keys.to_string(),
        "key": trust.code(),
    })
}

/// A fault for scripts.
pub(super) fn fault_json(fault: &Fault, keys: &Keys, trust: Trust) -> Value {
    json!({
        "verified": false,
        "fault": { "code": fault.code(), "seq": fault.seq(), "text": fault.to_string(), "next": fault.advice() },
        "keys": keys.to_string(),
        "key": trust.code(),
    })
}
