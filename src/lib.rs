//! Portcullis drops the gate: a SIEM or identity provider sends a signed alert, rules that security
//! engineers keep as files decide what it means, the employee's DingTalk Enterprise Account is
//! signed out with a reason in the employee's own language and then disabled, and every step is on
//! an append-only trail that can be checked without trusting us.
//!
//! # The idea
//!
//! One append-only, tamper-evident trail is the only state of record; the duplicate index, the open
//! work and every screen are derived from it. **Deciding is pure**: verifying, normalising, matching,
//! planning and guarding take bytes, rules and a time, and return values. **Admitting is one atomic,
//! durable append**: the alert, its verdict and its plan go in together under the alert's key, before
//! the sender is answered. **Acting reads the trail**: the executor writes the intent before a call
//! leaves and the outcome after it returns. The two halves never call each other; they meet in the
//! trail.
//!
//! # Promises
//!
//! 1. No 2xx before the alert is durable.
//! 2. No call to DingTalk without its intent already durable.
//! 3. The same delivery, sent any number of times, acts once.
//! 4. An unverified alert cannot reach the rules: only [`intake`] makes a [`intake::Verified`] value.
//! 5. One guard layer stands between every plan and every call: only [`response::at_dispatch`] makes
//!    the [`response::Approved`] value that an order needs, and it is asked right before each, and once more when
//!    the order's turn and token are there.
//! 6. Success is proven, not assumed: HTTP 200 alone is not success, `claimed` and `verified` are two
//!    states. No call of DingTalk shows sessions, so a sign-out stays claimed.
//! 7. Every accepted alert has a stored verdict, with the nearest miss when nothing matched.
//! 8. Removing, changing, reordering or cutting off records shows ([`trail::audit`], [`trail::verify()`]).
//! 9. What the employee reads carries no detection detail; what the log carries has no bodies,
//!    tokens, names, phone numbers or mail addresses. Those lie beside the trail, bound by a digest and encrypted under
//!    keys of the people they are about, which can be destroyed.
//! 10. Everything that grows has a limit beside its name, and overload is answered 503.
//!
//! # Floors
//!
//! A module names only lower floors; neighbours do not name each other. `tests/architecture.rs` is
//! the referee.
//!
//! | floor | modules | knows | never |
//! |---|---|---|---|
//! | 1 | [`incident`] | the vocabulary, the closed list of events, the legal transitions | I/O, async, HTTP, storage |
//! | 2 | [`trail`] · [`intake`] · [`rules`] · [`directory`] · [`notices`] | one outside world each | each other |
//! | 3 | [`response`] · [`roster`] | match and alert to plan, the guard layer, reasons; who is in the organization, read and kept | I/O, async, the clock (`response`); each other |
//! | 4 | [`admission`] · [`executor`] · [`notifier`] · [`backtest`] · [`anchors`] · [`forwarders`] · [`data_subjects`] · [`access`] | the two halves of the pipeline; who tells people of both; the rehearsal of the first; who keeps checkpoints elsewhere; who sends records on; what is kept on a person; who may do what | each other, HTTP |
//! | 5 | [`decisions`] · [`doctor`] | what people decide, judged against who says it; whether all is well that acting needs | routes, HTTP; each other |
//! | 6 | [`api`] · [`console`] · [`sandbox`] | HTTP and HTML; the simulated DingTalk | each other |
//! | 7 | [`config`] · [`telemetry`] | how settings are read; how logs and metrics leave | – |
//! | 8 | [`server`] | how everything is put together | business rules |
//! | 9 | [`cli`] | commands | HTTP details |
//!
//! # Walkthroughs
//!
//! *An alert arrives.* `api::alerts` asks the limit of the peer's address, reads the body under a
//! size and a deadline, and hands source name, headers and bytes to [`intake::Intake::receive`]:
//! source, proof (a signature over the raw bytes and its freshness, a token, or a secret that is shown), the
//! source's limit, strict parsing, splitting into alerts, their keys. [`admission::Admission::admit`] evaluates the rules, takes the lane of
//! each account concerned, looks at the board for pause and cooldown, plans, draws on the budgets, asks
//! the guard layer, and appends once: keys, verdicts, plans. Then 202, or 200 for a repeat. The executor
//! is woken by the board.
//!
//! *A step runs.* `executor::run` takes due incidents from the board, one at a time for each account.
//! `executor::hand` resolves the account (by the identity map, by DingTalk's own look-ups, or by the index that
//! [`roster`] keeps, whose word is checked against the live account), reads it live, asks the guard layer, warns of other
//! organizations that a disable would leave without their owner, records `step.started`, calls unless another incident on
//! the account has done it already, or somebody says no before the order leaves, classifies, records `step.succeeded`,
//! `step.failed` with its retry time, or `step.unknown`; reads back what can be read, a disable or whose a new DingTalk ID is, and records `step.verified`;
//! goes on, or closes. A step that tells people is done with its intent, once `notice.owed` stands on the trail. A
//! disable that expires is followed by an `enable` that waits for its time, longer each time where the rule says so;
//! what else is left then is passed over (`containment.expired`), and while no order may leave, it waits. Whoever is
//! kept disabled is looked at once an hour, and when an alert is taken for covered: whom somebody else has enabled is
//! not given back without a human's word, and the next alert acts.
//! While DingTalk is down, incidents wait without an intent; what panics is tried three times and then parked.
//!
//! *People are told.* The board folds which record is owed to which channel ([`incident::Owed`]); the
//! `notifier` takes what is owed, channel by channel, leaves out whom it is about, records
//! `notice.started`, sends, and records `notice.sent`, `notice.failed` with its retry time, or
//! `notice.given_up`, which `notices replay` takes up again. What was only taken is `notice.accepted`, and is asked about
//! beside; nothing waits for what waits for its own time. Interrupted in between, it is sent again
//! under the same id.
//!
//! *A process dies between call and outcome.* At the next start the fold finds a step that started
//! and did not end. It is recorded as unknown; then the account is read: in the wanted state, the
//! outcome is recorded as recovered; otherwise the step is repeated. A sign-out is repeated at once,
//! because repeating it is harmless and nothing shows sessions.
//!
//! *A rule begins to act.* While it only watches, each match is on the trail with the account it would
//! have acted on, and the board counts. `api::promotion` compares that with what is asked for and
//! records who lets the rule act; `cli::rules::promote` turns the mode in its file; and
//! [`admission::Reloader`] puts the folder into force, signed where signers are named.
//!
//! *Somebody decides.* Whoever has the permission ([`access`]) says it by the API or on a page, and [`decisions`] judges it:
//! nobody about themselves, nobody what they asked for or what a rule of their own does, and the plan as it was when they
//! saw it. It is recorded for the incident as it was when it was judged, or judged anew.
//!
//! *It is looked whether all is well.* When somebody asks, or the time since the last `doctor.checked` is over,
//! `doctor::run` looks at the files, the trail, DingTalk (`doctor::probe`, by reads that show what
//! `doctor::needs` derives from the rules), channels and senders. `doctor::cycle` has [`admission`] open an incident on
//! the canary, follows it on the trail, and records `incident.released` as soon as it is contained; the executor does
//! the rest. What was found is one record, and people are told of what has failed.
//!
//! *An auditor checks.* `portcullis trail verify` ([`trail::audit`]) takes the log's folder and its public key, and with
//! code of its own decodes every record, recomputes every leaf, every tile and the root, opens the signed checkpoint, and
//! names the first record, tile or checkpoint that does not fit. A trail that was rewritten and signed anew fits itself;
//! against a checkpoint that was kept elsewhere (`--since`) it does not.

// What commands print goes through `cli::output`: the macros panic when nobody reads on.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

pub mod incident;

pub mod directory;
pub mod intake;
pub mod notices;
pub mod rules;
pub mod trail;

pub mod response;
pub mod roster;

pub mod access;
pub mod admission;
pub mod anchors;
pub mod backtest;
pub mod data_subjects;
pub mod executor;
pub mod forwarders;
pub mod notifier;

pub mod decisions;
pub mod doctor;

pub mod api;
pub mod console;
pub mod sandbox;

pub mod config;
pub mod telemetry;

pub mod server;

pub mod cli;
