//! The closed list of events. Each is one record of the trail; everything else is derived from them.

mod access;
mod exported;
mod found;
mod names;
mod opened;
mod sender;
mod subject;
mod upkeep;

use serde::{Deserialize, Serialize};

pub use access::{AccessEvent, IssuedToken, SignInWay};
pub use exported::{ExportForm, TrailExported};
pub use found::{AccountWarning, Finding, SyncedDirectory};
pub use names::EventKind;
pub use opened::{LoadCause, Opened};
pub use sender::SenderEvent;
pub use subject::{ReadWay, SubjectEvent};
pub use upkeep::UpkeepEvent;

use super::{
    AlertId, AlertSummary, Assurance, Beyond, Checked, Counted, DepartmentSpent, Digest, Evidence, Failure, HoldReason,
    IncidentId, Lapse, NoticeEvent, Outcome, PauseScope, RuleId, RuleRef, RuleVersion, ShadowEvidence, SourceName,
    Timestamp, Trip, UserId, Verdict, Watched,
};

/// One thing that happened: JSON with its name in `kind` and its fields in this order, which makes the bytes canonical.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// The program started, with these rules.
    #[serde(rename = "system.started")]
    SystemStarted {
        /// The program's version.
        version: String,
        /// Digest of the rule set in force.
        rules: Digest,
    },
    /// These rules are in force from here on.
    #[serde(rename = "rules.loaded")]
    RulesLoaded {
        /// Digest of the rule set.
        rules: Digest,
        /// How many rules it has.
        count: u32,
        /// The commit that Git says is checked out there; whether the files are that commit's is not looked at.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        commit: Option<String>,
        /// The fingerprint of the key that signed them, where signatures are wanted.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        signer: Option<String>,
        /// What made the program load them.
        by: LoadCause,
        /// Who asked for it, where somebody did.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        actor: Option<String>,
        /// Each rule with its version, as many as one record takes.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        versions: Vec<RuleVersion>,
    },
    /// What else stands in the rule set that was loaded right before.
    #[serde(rename = "rules.listed")]
    RulesListed {
        /// Digest of the rule set.
        rules: Digest,
        /// Each further rule with its version, as many as one record takes.
        versions: Vec<RuleVersion>,
    },
    /// Rules were refused; those in force stay in force.
    #[serde(rename = "rules.refused")]
    RulesRefused {
        /// Digest of what was refused, if it could be read.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        rules: Option<Digest>,
        /// How many problems it has.
        problems: u32,
        /// The file and line of the first.
        first: String,
        /// What made the program load them.
        by: LoadCause,
        /// Who asked for it, where somebody did.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        actor: Option<String>,
    },
    /// Rules begin to watch, or no longer only watch.
    #[serde(rename = "rules.watched")]
    RulesWatched {
        /// Those that begin, or begin anew because they do something else now.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        started: Vec<Watched>,
        /// Those that act now or are gone.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        ended: Vec<RuleId>,
    },
    /// A responder says that a rule that only watches matched an alert wrongly.
    #[serde(rename = "rule.disputed")]
    RuleDisputed {
        /// Which rule.
        rule: RuleId,
        /// Which alert.
        alert: AlertId,
        /// Who.
        actor: String,
        /// Why, in their words.
        reason: String,
    },
    /// Somebody lets a rule act, on this evidence.
    #[serde(rename = "rule.promoted")]
    RulePromoted {
        /// Which rule, as it still watched.
        rule: RuleRef,
        /// What it detects and does.
        behaviour: Digest,
        /// Who.
        actor: String,
        /// What it has seen.
        evidence: ShadowEvidence,
        /// Why all the same, when that was not enough.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        despite: Option<String>,
    },
    /// The program stopped in order.
    #[serde(rename = "system.stopped")]
    SystemStopped {
        /// Calls that were under way and were parked for the next start.
        parked: u32,
    },
    /// An alert was admitted with its verdict; incidents it opened are in this record, and in those right behind it.
    #[serde(rename = "alert.admitted")]
    AlertAdmitted {
        /// The alert, without personal data.
        alert: Box<AlertSummary>,
        /// What the rules say.
        verdict: Box<Verdict>,
        /// The incidents this alert opens.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        opened: Vec<Opened>,
        /// What the alert adds to the windows of correlations.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        counted: Vec<Counted>,
        /// In how many more it would have counted, had there been room on the record.
        #[serde(skip_serializing_if = "super::verdict::is_zero", default)]
        counted_left_out: u32,
        /// Salted digest of what lies beside this record (the event, the account, the texts).
        private: Digest,
    },
    /// Further incidents of an admitted alert, which its own record has no room for. Recorded together with it.
    #[serde(rename = "incidents.opened")]
    IncidentsOpened {
        /// Which alert.
        alert: AlertId,
        /// Who sent it.
        source: SourceName,
        /// How strongly it proved itself; older records do not say it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        assurance: Option<Assurance>,
        /// The incidents.
        opened: Vec<Opened>,
        /// Salted digest of what lies beside this record (the accounts, the texts).
        private: Digest,
    },
    /// A responder has something done by hand.
    #[serde(rename = "incident.requested")]
    IncidentRequested {
        /// Who.
        actor: String,
        /// Why, in their words.
        reason: String,
        /// What is to be done.
        opened: Box<Opened>,
        /// Salted digest of what lies beside this record (the account, the texts).
        private: Digest,
    },
    /// The reference was resolved to one account.
    #[serde(rename = "account.resolved")]
    AccountResolved {
        /// For which incident.
        incident: IncidentId,
        /// The account found.
        user_id: UserId,
        /// How it was found.
        evidence: Evidence,
        /// Other incidents on the account that are not closed, at most [`Event::BESIDE_MAX`].
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        beside: Vec<IncidentId>,
    },
    /// The reference was not resolved: it was held for that, and these were considered.
    #[serde(rename = "account.unresolved")]
    AccountUnresolved {
        /// For which incident.
        incident: IncidentId,
        /// How it was looked for.
        evidence: Evidence,
    },
    /// Something about the account that a human should know and that keeps nothing from being done.
    #[serde(rename = "account.warned")]
    AccountWarned {
        /// In which incident.
        incident: IncidentId,
        /// What.
        warning: AccountWarning,
    },
    /// A guardrail or a failure hands the incident to a human.
    #[serde(rename = "incident.held")]
    IncidentHeld {
        /// Which incident.
        incident: IncidentId,
        /// Why.
        reason: HoldReason,
        /// The failure behind it, if one is.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        failure: Option<Failure>,
        /// The budget that is used up, if one is.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        beyond: Option<Beyond>,
    },
    /// What it draws on the budgets of departments, now that it is known which the account is in.
    #[serde(rename = "budget.drawn")]
    BudgetDrawn {
        /// Which incident.
        incident: IncidentId,
        /// Those of the account's departments, and of all above them, that have a budget.
        departments: Vec<DepartmentSpent>,
    },
    /// A responder lets a held incident go on; the guard layer is asked again.
    #[serde(rename = "incident.approved")]
    IncidentApproved {
        /// Which incident.
        incident: IncidentId,
        /// Who.
        actor: String,
        /// Why, in their words.
        reason: String,
        /// Their own account, where their access names it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        approver: Option<UserId>,
        /// The digest of the plan that they have seen.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        plan: Option<Digest>,
    },
    /// Nobody approved the plan in time.
    #[serde(rename = "approval.lapsed")]
    ApprovalLapsed {
        /// Which incident.
        incident: IncidentId,
        /// What becomes of it, as its plan says.
        otherwise: Lapse,
    },
    /// A responder says that nothing is to be done.
    #[serde(rename = "incident.dismissed")]
    IncidentDismissed {
        /// Which incident.
        incident: IncidentId,
        /// Who.
        actor: String,
        /// Why, in their words.
        reason: String,
    },
    /// A responder gives an account back before its time.
    #[serde(rename = "incident.released")]
    IncidentReleased {
        /// Which incident.
        incident: IncidentId,
        /// Who.
        actor: String,
        /// Why, in their words.
        reason: String,
        /// Whether they say that the account should not have been contained; it then counts as never contained.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        false_alarm: bool,
    },
    /// A responder holds an incident: nothing more is done to the account until somebody lets it go on.
    #[serde(rename = "incident.halted")]
    IncidentHalted {
        /// Which incident.
        incident: IncidentId,
        /// Who.
        actor: String,
        /// Why, in their words.
        reason: String,
    },
    /// A responder keeps an account disabled for longer than its plan says.
    #[serde(rename = "containment.extended")]
    ContainmentExtended {
        /// Which incident.
        incident: IncidentId,
        /// Who.
        actor: String,
        /// Why, in their words.
        reason: String,
        /// When it is given back instead.
        until: Timestamp,
    },
    /// Whom an incident keeps disabled is protected by now: a human is to decide whether they are given back.
    #[serde(rename = "release.offered")]
    ReleaseOffered {
        /// Which incident.
        incident: IncidentId,
        /// By what they are protected.
        protection: HoldReason,
    },
    /// The time of a containment is over while another step waits or is held: what is left of the plan is passed over, and
    /// the account is given back.
    #[serde(rename = "containment.expired")]
    ContainmentExpired {
        /// Which incident.
        incident: IncidentId,
    },
    /// Nothing is left to do.
    #[serde(rename = "incident.closed")]
    IncidentClosed {
        /// Which incident.
        incident: IncidentId,
        /// How it ended.
        outcome: Outcome,
    },
    /// The intent, durable before the call leaves.
    #[serde(rename = "step.started")]
    StepStarted {
        /// Which incident.
        incident: IncidentId,
        /// Which step, from 0.
        step: u8,
        /// Which attempt, from 1.
        attempt: u32,
    },
    /// DingTalk said yes, or the account was found in the wanted state: claimed.
    #[serde(rename = "step.succeeded")]
    StepSucceeded {
        /// Which incident.
        incident: IncidentId,
        /// Which step, from 0.
        step: u8,
        /// Which attempt, from 1.
        attempt: u32,
        /// How we know.
        finding: Finding,
        /// DingTalk's request id, where it gave one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        request_id: Option<String>,
        /// Which other incident had done it already, where one had.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        by: Option<IncidentId>,
    },
    /// The call failed; it is tried again at `retry_at`, or not at all.
    #[serde(rename = "step.failed")]
    StepFailed {
        /// Which incident.
        incident: IncidentId,
        /// Which step, from 0.
        step: u8,
        /// Which attempt, from 1.
        attempt: u32,
        /// What DingTalk said.
        failure: Failure,
        /// When to try again; absent when the step is given up.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        retry_at: Option<Timestamp>,
    },
    /// The call may or may not have done its work; the account's state decides.
    #[serde(rename = "step.unknown")]
    StepUnknown {
        /// Which incident.
        incident: IncidentId,
        /// Which step, from 0.
        step: u8,
        /// Which attempt, from 1.
        attempt: u32,
        /// What is known.
        failure: Failure,
    },
    /// The effect was read back from DingTalk.
    #[serde(rename = "step.verified")]
    StepVerified {
        /// Which incident.
        incident: IncidentId,
        /// Which step, from 0.
        step: u8,
        /// Whether the account is disabled now, where that is what the step is about.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        disabled: Option<bool>,
    },
    /// Actions are paused.
    #[serde(rename = "responder.paused")]
    ResponderPaused {
        /// Who.
        actor: String,
        /// Why, in their words.
        reason: String,
        /// Which actions; all, unless said.
        #[serde(default, skip_serializing_if = "PauseScope::is_all")]
        scope: PauseScope,
    },
    /// Actions may run again.
    #[serde(rename = "responder.resumed")]
    ResponderResumed {
        /// Who.
        actor: String,
        /// Why, in their words.
        reason: String,
        /// Which pause has ended; that of all, unless said.
        #[serde(default, skip_serializing_if = "PauseScope::is_all")]
        scope: PauseScope,
    },
    /// A rule, or all rules on the word of a source, wanted to act on too many accounts in too short a time. What
    /// they ask for is held until somebody releases the breaker.
    #[serde(rename = "breaker.tripped")]
    BreakerTripped {
        /// For what, and by how much.
        #[serde(flatten)]
        trip: Trip,
    },
    /// A responder released the breaker. What it held stays held until somebody approves it.
    #[serde(rename = "breaker.released")]
    BreakerReleased {
        /// For what.
        scope: PauseScope,
        /// Who.
        actor: String,
        /// Why, in their words.
        reason: String,
    },
    /// The organization was wholly read from DingTalk.
    #[serde(rename = "directory.synced")]
    DirectorySynced(SyncedDirectory),
    /// It was looked at whether all is well that acting needs.
    #[serde(rename = "doctor.checked")]
    DoctorChecked {
        /// Who asked for it; on schedule, nobody.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        actor: Option<String>,
        /// What was looked at, and what was found.
        checks: Vec<Checked>,
    },
    /// Somebody read the trail.
    #[serde(rename = "trail.read")]
    TrailRead {
        /// Who.
        actor: String,
        /// The first sequence number asked for.
        from: u64,
        /// How many records were given.
        count: u32,
        /// The incident asked for, when only its records were.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        incident: Option<IncidentId>,
    },
    /// Somebody takes records away.
    #[serde(rename = "trail.exported")]
    TrailExported(TrailExported),
    /// What senders send that opens nothing, and what becomes of it.
    #[serde(untagged)]
    Sender(SenderEvent),
    /// What is done to the trail itself.
    #[serde(untagged)]
    Upkeep(UpkeepEvent),
    /// What became of telling people.
    #[serde(untagged)]
    Notice(NoticeEvent),
    /// Who comes in, and what lets them in.
    #[serde(untagged)]
    Access(AccessEvent),
    /// What is done with personal data.
    #[serde(untagged)]
    Subject(SubjectEvent),
}
