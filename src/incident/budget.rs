//! Budgets: how often rules may act by themselves, in an hour and in a day. What a plan draws on them is
//! counted when it is drawn up, whatever becomes of it: plans that another guardrail holds are as much a
//! sign that something has gone wrong as those that run.

use serde::{Deserialize, Serialize};

use super::{DepartmentId, SourceName};

/// How many plans there may be before a human is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// In any 60 minutes.
    pub per_hour: u32,
    /// In any 24 hours.
    pub per_day: u32,
}

impl Budget {
    /// The most that can be allowed. There is no budget without a limit.
    pub const MOST: u32 = 10_000;

    /// Of what nobody counts.
    pub const UNLIMITED: Self = Self { per_hour: u32::MAX, per_day: u32::MAX };

    /// Whether so much is within it.
    #[must_use]
    pub fn has(self, spent: Spent) -> bool {
        spent.hour <= self.per_hour && spent.day <= self.per_day
    }

    /// The narrower of both, for the hour and for the day.
    #[must_use]
    pub fn narrowed(self, other: Self) -> Self {
        Self { per_hour: self.per_hour.min(other.per_hour), per_day: self.per_day.min(other.per_day) }
    }
}

/// How many plans there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// In the 60 minutes up to now.
    pub hour: u32,
    /// In the 24 hours up to now.
    pub day: u32,
}

impl Spent {
    /// With one plan more.
    #[must_use]
    pub fn and_one(self) -> Self {
        Self { hour: self.hour.saturating_add(1), day: self.day.saturating_add(1) }
    }
}

/// What the budgets of a plan had come to when it was drawn up, with the plan itself. It is kept with the
/// plan so that the guard layer can be asked again at dispatch, by the budgets of that moment.
///
/// What is beyond the budget of a rule draws on that alone, and what is beyond a source's on that alone: a rule
/// or a source gone mad would use up what others need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spending {
    /// Whose alert it was; of what somebody asked for by hand, nobody's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<SourceName>,
    /// Of plans of each of the plan's rules, in their order, if it drew on that.
    pub of_rules: Vec<Option<Spent>>,
    /// Of plans for alerts of this source, if it drew on that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub of_source: Option<Spent>,
    /// Of all plans, if it drew on that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization: Option<Spent>,
    /// The budget that was used up when it was planned, if one was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub beyond: Option<Beyond>,
}

/// By which numbers a budget is used up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beyond {
    /// When the guard layer was asked.
    pub asked: Asked,
    /// Whose budget, if it is a department's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub department: Option<DepartmentId>,
    /// What it has come to.
    pub spent: Spent,
    /// What there may be in 60 minutes, shares counted.
    pub per_hour: u32,
    /// What there may be in 24 hours, shares counted.
    pub per_day: u32,
    /// How many people a share was reckoned from, where that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub people: Option<u32>,
}

/// When the guard layer is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// When a plan is made.
    Planning,
    /// Right before a step.
    Dispatch,
}

/// What an incident draws on the budget of a department that its account is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartmentSpent {
    /// Which department: the account's own, or one above it.
    pub department: DepartmentId,
    /// What it comes to with the plan; absent if it drew nothing there, as another department's was used up.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub spent: Option<Spent>,
}

/// The budgets that a plan can draw on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purse {
    /// Of each of its rules, in their order; `None` for those that take nothing from anybody.
    pub of_rules: Vec<Option<Budget>>,
    /// Of its source.
    pub of_source: Budget,
    /// Of the organization.
    pub organization: Budget,
}
