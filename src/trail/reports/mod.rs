//! What auditors ask for, ready made: each report is a fold over records of a time, found through the index. The same
//! records give the same report.

mod changes;
mod contained;
mod held;
mod in_force;
mod reading;
mod story;
#[cfg(test)]
mod tests;
mod times;
mod versions;

use serde::Serialize;
use serde_json::{Map, Value};

pub use reading::Reading;

use super::export::row;
use super::store::StoreError;
use crate::incident::Timestamp;

/// The reports there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// Who was contained without anybody's approval.
    ContainmentsWithoutApproval,
    /// Who was contained longest.
    LongestContainments,
    /// What waited for a human, why, and what became of it.
    Held,
    /// Which rules were in force when.
    RulesInForce,
    /// Which rule had which version when.
    RuleVersions,
    /// Who changed what.
    Changes,
    /// How long it took from an alert to a containment that was read back.
    ContainmentTimes,
}

/// A column: its name, and what stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Column {
    /// The name of the member in each row.
    pub name: &'static str,
    /// What it means.
    pub means: &'static str,
}

/// A report as it came out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// The report's name.
    pub report: &'static str,
    /// What it shows.
    pub shows: &'static str,
    /// From this time on.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// What stands in the rows.
    pub columns: &'static [Column],
    /// The rows, each a member for each column.
    pub rows: Vec<Map<String, Value>>,
    /// What they come to together.
    pub summary: Map<String, Value>,
    /// Whether there were more records than one report looks at, and the oldest were left out.
    pub is_cut: bool,
    /// The oldest record that was looked at.
    #[serde(skip)]
    pub from: u64,
}

impl Table {
    /// The columns' names and the rows as comma-separated values, of several values in one cell each behind a semicolon.
    #[must_use]
    pub fn csv(&self) -> Vec<u8> {
        let mut out = Vec::new();
        row(self.columns.iter().map(|column| column.name.to_owned()), &mut out);
        for cells in &self.rows {
            row(self.columns.iter().map(|column| cells.get(column.name).map(text).unwrap_or_default()), &mut out);
        }
        out
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}

/// A time, as reports are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Range {
    /// From this time on.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
}

/// What a report's fold gives.
#[derive(Debug, Default)]
struct Folded {
    rows: Vec<Vec<Value>>,
    summary: Map<String, Value>,
    is_cut: bool,
    from: Option<u64>,
}

impl Report {
    /// Every report.
    pub const ALL: [Self; 7] = [
        Self::ContainmentsWithoutApproval,
        Self::LongestContainments,
        Self::Held,
        Self::RulesInForce,
        Self::RuleVersions,
        Self::Changes,
        Self::ContainmentTimes,
    ];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ContainmentsWithoutApproval => "containments-without-approval",
            Self::LongestContainments => "longest-containments",
            Self::Held => "held",
            Self::RulesInForce => "rules-in-force",
            Self::RuleVersions => "rule-versions",
            Self::Changes => "changes",
            Self::ContainmentTimes => "containment-times",
        }
    }

    /// The report of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|report| report.as_str() == name)
    }

    /// What it shows.
    #[must_use]
    pub fn shows(self) -> &'static str {
        match self {
            Self::ContainmentsWithoutApproval => {
                "accounts found disabled in this time that nobody had approved before, oldest first"
            }
            Self::LongestContainments => "accounts that were disabled at some moment of this time, longest first",
            Self::Held => "what began to wait for a human in this time, why, and what became of it, oldest first",
            Self::RulesInForce => "the rule sets that were in force at some moment of this time, oldest first",
            Self::RuleVersions => "which version of each rule was in force at some moment of this time, oldest first",
            Self::Changes => "what people changed or decided in this time, oldest first",
            Self::ContainmentTimes => "how long it took to contain those found disabled in this time, slowest first",
        }
    }

    /// Its columns.
    #[must_use]
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::ContainmentsWithoutApproval => contained::UNAPPROVED,
            Self::LongestContainments => contained::LONGEST,
            Self::Held => held::COLUMNS,
            Self::RulesInForce => in_force::COLUMNS,
            Self::RuleVersions => versions::COLUMNS,
            Self::Changes => changes::COLUMNS,
            Self::ContainmentTimes => times::COLUMNS,
        }
    }

    /// Makes it, with what still lasts `now`. Blocks.
    ///
    /// # Errors
    /// The trail cannot be read.
    pub fn make(self, reading: &Reading<'_>, range: Range, now: Timestamp) -> Result<Table, StoreError> {
        let folded = match self {
            Self::ContainmentsWithoutApproval => contained::unapproved(reading, range),
            Self::LongestContainments => contained::longest(reading, range, now),
            Self::Held => held::fold(reading, range),
            Self::RulesInForce => in_force::fold(reading, range),
            Self::RuleVersions => versions::fold(reading, range),
            Self::Changes => changes::fold(reading, range),
            Self::ContainmentTimes => times::fold(reading, range),
        }?;
        let columns = self.columns();
        let row = |row: Vec<Value>| columns.iter().map(|column| column.name.to_owned()).zip(row).collect();
        Ok(Table {
            report: self.as_str(),
            shows: self.shows(),
            since: range.since,
            until: range.until,
            columns,
            rows: folded.rows.into_iter().map(row).collect(),
            summary: folded.summary,
            is_cut: folded.is_cut,
            from: folded.from.unwrap_or_default(),
        })
    }
}

/// One column of a table.
const fn column(name: &'static str, means: &'static str) -> Column {
    Column { name, means }
}
