//! What `doctor` looks at and what it can find: closed lists, because they stand on the trail and scripts read them.
//! Each diagnosis says what it means, whether that is well, and what to do next.

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// Whose name stands on what the doctor does. Nobody else may have it: what is done in that name, it undoes.
pub const DOCTOR: &str = "doctor";

/// One thing that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Whether everything is set as a start would take it.
    Configuration,
    /// Whether each file with a secret is there, its owner's alone, and used for one thing.
    Secrets,
    /// Whether the rules folder would be taken.
    Rules,
    /// Whether the trail opens, verifies and can be written.
    Trail,
    /// Whether its records are sealed, and its checkpoints kept elsewhere.
    Log,
    /// Whether there is room on the trail's disk.
    Disk,
    /// Whether DingTalk takes the app's key and secret.
    Token,
    /// Whether this machine's clock and DingTalk's agree.
    Clock,
    /// Whether the organization that is configured is the one the app is in.
    Organization,
    /// Whether there is enough left of the month's calls to contain anybody.
    Quota,
    /// Whether the app may sign accounts out, disable and enable them and read their state.
    ContainAccounts,
    /// Whether it may change DingTalk IDs.
    #[serde(rename = "change_dingtalk_ids")]
    ChangeDingTalkIds,
    /// Whether it may read accounts and who administers the organization.
    ReadAccounts,
    /// Whether it may find accounts by mobile number.
    ReadMobiles,
    /// Whether it may read departments.
    ReadDepartments,
    /// Whether it may read who is in a department.
    ReadDepartmentMembers,
    /// Whether its robot may write to people.
    SendRobotMessages,
    /// Whether people can be told.
    Channels,
    /// Whether the senders are heard.
    Sources,
    /// Whether an account can be contained and given back, proven by doing it to one that is for that.
    Canary,
}

impl Check {
    /// Every check, in the order in which they are told.
    pub const ALL: [Self; 20] = [
        Self::Configuration,
        Self::Secrets,
        Self::Rules,
        Self::Trail,
        Self::Log,
        Self::Disk,
        Self::Token,
        Self::Clock,
        Self::Organization,
        Self::Quota,
        Self::ContainAccounts,
        Self::ChangeDingTalkIds,
        Self::ReadAccounts,
        Self::ReadMobiles,
        Self::ReadDepartments,
        Self::ReadDepartmentMembers,
        Self::SendRobotMessages,
        Self::Channels,
        Self::Sources,
        Self::Canary,
    ];

    /// The name in records and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Secrets => "secrets",
            Self::Rules => "rules",
            Self::Trail => "trail",
            Self::Log => "log",
            Self::Disk => "disk",
            Self::Token => "token",
            Self::Clock => "clock",
            Self::Organization => "organization",
            Self::Quota => "quota",
            Self::ContainAccounts => "contain_accounts",
            Self::ChangeDingTalkIds => "change_dingtalk_ids",
            Self::ReadAccounts => "read_accounts",
            Self::ReadMobiles => "read_mobiles",
            Self::ReadDepartments => "read_departments",
            Self::ReadDepartmentMembers => "read_department_members",
            Self::SendRobotMessages => "send_robot_messages",
            Self::Channels => "channels",
            Self::Sources => "sources",
            Self::Canary => "canary",
        }
    }

    /// What DingTalk calls the permission that is looked at, where one is.
    #[must_use]
    pub fn permission(self) -> Option<&'static str> {
        Some(match self {
            Self::ContainAccounts => "Contact.OrgAccountSecurity.ReadWrite",
            Self::ChangeDingTalkIds => "qyapi_manage_addresslist",
            Self::ReadAccounts => "qyapi_get_member",
            Self::ReadMobiles => "qyapi_get_member_by_mobile",
            Self::ReadDepartments => "qyapi_get_department_list",
            Self::ReadDepartmentMembers => "qyapi_get_department_member",
            Self::SendRobotMessages => "qyapi_robot_sendmsg",
            Self::Configuration
            | Self::Secrets
            | Self::Rules
            | Self::Trail
            | Self::Log
            | Self::Disk
            | Self::Token
            | Self::Clock
            | Self::Organization
            | Self::Quota
            | Self::Channels
            | Self::Sources
            | Self::Canary => return None,
        })
    }
}

/// Whether something is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It was looked at and is well.
    Passed,
    /// It was looked at and is not.
    Failed,
    /// It was not looked at, and there is a reason for that.
    Skipped,
}

impl Health {
    /// The word in records and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// The diagnoses: code, health, what it means, and what to do next where something is to be done.
macro_rules! diagnoses {
    ($($(#[$doc:meta])* $name:ident $code:literal $health:ident $text:literal $next:expr,)+) => {
        /// What was found.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Diagnosis {
            $($(#[$doc])* #[serde(rename = $code)] $name,)+
        }

        impl Diagnosis {
            /// Every diagnosis.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The code in records and answers.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// Whether that is well.
            #[must_use]
            pub fn health(self) -> Health {
                match self { $(Self::$name => Health::$health,)+ }
            }

            /// What it means.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// What to do next, where something is to be done.
            #[must_use]
            pub fn next(self) -> Option<&'static str> {
                match self { $(Self::$name => $next,)+ }
            }
        }
    };
}

diagnoses! {
    /// In order.
    Good "good" Passed "in order" None,
    /// A read that needs the same permission is allowed.
    Allowed "allowed" Passed
        "a read that needs the same permission is allowed; that the orders work shows only the canary" None,
    /// The channels are set as they can be used.
    Usable "usable" Passed "set as they can be used; that people hear it shows only a message" Some("send one to each: --send"),
    /// Contained, read back, given back, read back.
    CycleComplete "cycle_complete" Passed "signed out, disabled, read back, enabled, read back" None,

    /// Nothing needs it.
    NotNeeded "not_needed" Skipped "no rule, guardrail or channel that is in force needs it" None,
    /// There is nothing of the kind.
    NotConfigured "not_configured" Skipped "there is none in the configuration" None,
    /// Only a server can tell.
    ServerNeeded "server_needed" Skipped "only a server that runs can tell"
        Some("ask it: --server and --token-file"),
    /// A server has the trail open.
    ServerHasIt "server_has_it" Skipped "a server that runs has the trail open"
        Some("ask it: --server and --token-file"),
    /// No account is there by which it could be shown.
    NothingToShow "nothing_to_show" Skipped "nothing that may be read shows it" Some("configure a canary: [doctor] canary"),
    /// Only a message shows it, and none was asked for.
    NotSent "not_sent" Skipped "only a message that is sent shows it" Some("send one to each channel: --send"),
    /// Only what cannot be taken back shows it.
    Unprovable "unprovable" Skipped "only a change that stands for a year shows it"
        Some("look on the app's permissions page that it is there"),
    /// What it builds on is not well.
    Unreached "unreached" Skipped "what it builds on is not well" Some("mend that first"),
    /// A dry run does nothing.
    DryRun "dry_run" Skipped "in a dry run nothing is done to anybody, and nobody is told" None,
    /// Actions are paused.
    Paused "paused" Skipped "actions are paused" Some("resume them, then ask again"),
    /// It was done a short while ago.
    DoneLately "done_lately" Skipped "the canary was contained less than ten minutes ago" None,

    /// A start would refuse a setting.
    ConfigurationRefused "configuration_refused" Failed "a start would refuse the configuration" Some("mend what is named"),
    /// A secret's file cannot be used.
    SecretRefused "secret_refused" Failed "a file with a secret cannot be used" Some("mend the file that is named; its mode is 0600"),
    /// One secret serves two things.
    SecretShared "secret_shared" Failed "one secret is used for two things"
        Some("make one of its own for each: whoever knows one could speak as the other"),
    /// The rules folder would be refused.
    RulesRefused "rules_refused" Failed "the rules folder would be refused" Some("portcullis rules check"),
    /// The store cannot be opened or written.
    TrailUnusable "trail_unusable" Failed "the trail cannot be opened or written" Some("see the disk, the folder and its owner"),
    /// The records are not as they were recorded.
    TrailDamaged "trail_damaged" Failed "the trail does not verify"
        Some("stop, keep the folder as it is, and compare it with a backup: portcullis trail verify --store"),
    /// No checkpoint was signed lately.
    Unsealed "unsealed" Failed "no checkpoint of the trail was signed in the last two minutes"
        Some("see the log: the disk is full, or the folder cannot be written"),
    /// What is kept elsewhere is not what the log says.
    AnchorContradicts "anchor_contradicts" Failed "an anchor knows a checkpoint that the log does not follow"
        Some("stop, keep the folder as it is, and compare: portcullis trail verify --since the checkpoint that is kept there"),
    /// An anchor has not taken a checkpoint for some time.
    AnchorLate "anchor_late" Failed "an anchor has taken no checkpoint for some time"
        Some("see whether it can be reached: what comes after its last one is as safe as this machine"),
    /// Somebody should see to the disk.
    DiskLow "disk_low" Failed "the trail's disk is low on room" Some("make room on it, or drop old records: portcullis trail prune"),
    /// Nothing more is begun.
    DiskShort "disk_short" Failed "the trail's disk is short of room: no alert is taken" Some("make room on it now"),
    /// Key or secret are not taken.
    TokenRefused "token_refused" Failed "DingTalk does not take the app's key and secret, or its token"
        Some("compare app_key and the file of app_secret_file with the app's page at DingTalk"),
    /// The clocks differ.
    ClockOff "clock_off" Failed "this machine's clock and DingTalk's differ by more than 30 seconds"
        Some("let the machine keep time with NTP: signatures and expiries go by it"),
    /// The app lacks a permission.
    PermissionMissing "permission_missing" Failed "the app lacks the permission"
        Some("ask for it on the app's permissions page at DingTalk, and publish the app"),
    /// The app does not see the whole organization.
    ScopeTooSmall "scope_too_small" Failed "the app may not see the whole organization"
        Some("widen the app's contacts scope to all employees on its permissions page"),
    /// DingTalk does not take calls from this address.
    AddressRefused "address_refused" Failed "DingTalk does not take calls from this machine's address"
        Some("add the address that this machine calls from to the app's IP list at DingTalk"),
    /// DingTalk bars the address for a while.
    AddressBlocked "address_blocked" Failed "DingTalk bars this machine's address for some minutes"
        Some("find what calls too often, and ask again in five minutes"),
    /// No connection.
    Unreachable "unreachable" Failed "DingTalk cannot be reached" Some("see DNS, routes, the proxy and the firewall to its hosts"),
    /// It does not answer as it should.
    Busy "busy" Failed "DingTalk is busy, throttles or does not answer in time" Some("ask again in a minute"),
    /// The month's calls are used up.
    QuotaExhausted "quota_exhausted" Failed "the month's calls are used up"
        Some("buy calls or wait for the month's end; until then only orders are tried, and DingTalk may refuse them"),
    /// Only what is kept for containment is left.
    QuotaLow "quota_low" Failed "of the month's calls only what is kept for containment is left"
        Some("find what calls so often, or raise the plan and monthly_quota"),
    /// An answer nobody expected.
    NotUnderstood "not_understood" Failed "DingTalk answers what is not understood" Some("look its code up, and see the log"),
    /// Another organization's.
    OtherOrganization "other_organization" Failed "the accounts that were read belong to another organization than corp_id"
        Some("compare corp_id with the organization's page at DingTalk: nobody would be contained"),
    /// A channel's settings or secrets are refused.
    ChannelRefused "channel_refused" Failed "a channel cannot be used as it is set" Some("mend what is named"),
    /// A message did not get there.
    ChannelUnsent "channel_unsent" Failed "a message did not get there" Some("see the channel that is named, at the other end too"),
    /// Notices were given up.
    NoticesGivenUp "notices_given_up" Failed "notices were given up, so people were not told"
        Some("mend the channel, then: portcullis notices replay"),
    /// A source is refused more than it is heard.
    SourceRefused "source_refused" Failed "the last that came in a source's name was refused"
        Some("see why: portcullis source list"),
    /// DingTalk does not know the canary.
    CanaryNotFound "canary_not_found" Failed "DingTalk does not know the canary" Some("compare [doctor] canary with its userid"),
    /// The guard layer protects it.
    CanaryProtected "canary_protected" Failed "the guard layer protects the canary, so it was not touched"
        Some("make an ordinary account the canary: no administrator, in no protected group"),
    /// It is disabled although nobody of ours does that now.
    CanaryFoundDisabled "canary_found_disabled" Failed "the canary is disabled, and not by a check that is under way"
        Some("find out by whom, and enable it: portcullis incident open --steps enable"),
    /// The guard layer or a failure held it.
    CanaryHeld "canary_held" Failed "the canary's incident was held" Some("see the incident that is named"),
    /// It was not contained in time.
    CanaryNotContained "canary_not_contained" Failed "the canary was not signed out and disabled in time, or not proven to be"
        Some("see the incident that is named: nobody else would have been contained either"),
    /// It was not given back in time.
    CanaryStaysDisabled "canary_stays_disabled" Failed "the canary stays disabled although it was given back"
        Some("enable it at DingTalk, and see the incident that is named: containments would not end either"),
    /// The trail could not be written.
    Unrecorded "unrecorded" Failed "the trail did not take a record" Some("see the disk and the log"),
}

/// What was found of one thing, as it stands on the trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// What was looked at.
    pub check: Check,
    /// What was found.
    pub found: Diagnosis,
}

impl Checked {
    /// Whether it was looked at and is not well.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.found.health() == Health::Failed
    }
}

/// The last time that everything was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkup {
    /// When it was done.
    pub at: Timestamp,
    /// What was found.
    pub checks: Vec<Checked>,
}

impl Checkup {
    /// Whether nothing has failed.
    #[must_use]
    pub fn is_well(&self) -> bool {
        !self.checks.iter().any(Checked::has_failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_records_and_each_is_there_once() {
        for check in Check::ALL {
            assert_eq!(serde_json::to_value(check).unwrap(), check.as_str());
        }
        let mut codes: Vec<&str> = Diagnosis::ALL.iter().map(|found| found.as_str()).collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
        for found in Diagnosis::ALL {
            assert_eq!(serde_json::to_value(found).unwrap(), found.as_str());
        }
    }

    #[test]
    fn what_fails_says_what_to_do_next() {
        let silent = |found: &&Diagnosis| found.health() == Health::Failed && found.next().is_none();
        assert_eq!(Diagnosis::ALL.iter().find(silent), None);
    }

    #[test]
    fn all_is_well_unless_something_has_failed() {
        let checkup =
            |found| Checkup { at: Timestamp::UNIX_EPOCH, checks: vec![Checked { check: Check::Clock, found }] };
        assert!(checkup(Diagnosis::Good).is_well() && checkup(Diagnosis::ServerNeeded).is_well());
        assert!(!checkup(Diagnosis::ClockOff).is_well());
    }
}
