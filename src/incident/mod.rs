//! Floor 1: the vocabulary. Ids, alerts, accounts, plans, the closed list of events and the legal
//! transitions of an incident. No I/O, no async, no HTTP, no storage.

mod account;
mod alert;
mod amount;
mod approval;
mod breaker;
mod budget;
mod checkup;
mod clock;
mod containment;
mod crowds;
mod department;
mod dingtalk_id;
mod dingtalk_id_changes;
mod disk_room;
mod event;
mod evidence;
mod failure;
pub mod flawed;
mod id;
pub mod json;
mod ledger;
mod notice;
mod owed;
pub mod path;
mod pause;
mod plan;
mod role;
mod shadow;
pub mod sorted;
mod state;
mod stream;
pub mod template;
mod text;
mod told;
mod verdict;
mod waiting;
mod window;

pub use account::{AccountKind, AccountRef, InvalidAccount, UserId};
pub use alert::{Alert, AlertSummary, Assurance, LogSource, TRIED_OUT};
pub use amount::{Amount, Sum};
pub use approval::{Approval, Lapse};
pub use breaker::{Breaker, Breakers, Span, Trip};
pub use budget::{Asked, Beyond, Budget, DepartmentSpent, Purse, Spending, Spent};
pub use checkup::{Check, Checked, Checkup, DOCTOR, Diagnosis, Health};
pub use clock::{Clock, HandSetClock, SystemClock, Timestamp};
pub use containment::{Containment, Undo};
pub use crowds::Crowds;
pub use department::DepartmentId;
pub use dingtalk_id::{ChosenDingTalkId, DingTalkId, DingTalkIdPrefix, InvalidDingTalkId, NewDingTalkId};
pub use dingtalk_id_changes::DingTalkIdChanges;
pub use disk_room::DiskRoom;
pub use event::{
    AccessEvent, AccountWarning, Event, EventKind, ExportForm, Finding, IssuedToken, LoadCause, Opened, ReadWay,
    SenderEvent, SignInWay, SubjectEvent, SyncedDirectory, TrailExported, UpkeepEvent,
};
pub use evidence::{Bearing, Candidate, Evidence, Resolution};
pub use failure::{Failure, FailureClass};
pub use id::{AlertId, ChannelName, DeliveryId, Digest, IncidentId, InvalidId, RuleId, SourceName};
pub use ledger::Ledger;
pub use notice::{Hearing, NoticeEvent, NoticeRef, Topic, Urgency, Withheld};
pub use owed::{Lane, Move, Owed, Parcel, ParcelState};
pub use pause::{Pause, PauseScope, Pauses};
pub use plan::{Action, ActionKind, Extent, Plan, ReasonCode, Repeat, RuleRef, RuleVersion};
pub use role::Role;
pub use shadow::{Against, Bar, Lack, Objection, ShadowEvidence, Watch, Watched};
pub use state::{Assent, IllegalTransition, Incident, Outcome, Status, StepState};
pub use stream::StreamStatus;
pub use text::{is_direction_mark, is_readable_line, is_unseen, shows_nothing};
pub use verdict::{Decision, HoldReason, NearestMiss, Verdict, VerdictKind};
pub use waiting::Waiting;
pub use window::{
    Added, Additions, Ahead, Counted, Counts, ENTRIES_MAX, Entry, LATENESS, Mark, Room, Underway, Wanted, Window,
    WindowState, Windows,
};
