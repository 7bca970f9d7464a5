//! Puts the rules folder into force again: load, test, record, swap. A folder with a fault changes
//! nothing but what is known about it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::Mutex;

use super::watching::{changes, unpromoted};
use crate::incident::{ChannelName, Clock, Digest, Event, LoadCause, LogSource, RuleRef, RuleVersion, SourceName};
use crate::rules::{self, InForce, LintLevel, LoadErrors, Loaded, Refused, RuleSet, Vouched};
use crate::trail::{EVENT_BYTES_MAX, RecordError, Trail, Watches};

/// Bytes of the rules that one record lists, which leaves room for what else it says.
const LISTED_BYTES_MAX: usize = EVENT_BYTES_MAX - 1_024;

/// Loads the rules folder, one load at a time.
pub struct Reloader {
    folder: PathBuf,
    settings: rules::Settings,
    /// The log sources that the configured sources send.
    sent: ArcSwap<BTreeMap<SourceName, Arc<[LogSource]>>>,
    /// The channels that rules can name.
    told: BTreeSet<ChannelName>,
    in_force: Arc<InForce>,
    trail: Arc<Trail>,
    clock: Arc<dyn Clock>,
    turn: Mutex<()>,
}

/// What a load came to.
#[derive(Debug)]
pub enum Reloaded {
    /// Other rules are in force.
    Replaced(Arc<Loaded>),
    /// The folder holds what was in force already.
    Unchanged(Digest),
    /// The folder has faults; what was in force stays.
    Refused(Arc<Refused>),
}

impl Reloader {
    /// A reloader of `folder`, under these settings, for a server that is `sent` events of these log sources by
    /// these sources, and tells people by these channels.
    #[must_use]
    pub fn new(
        folder: PathBuf,
        settings: rules::Settings,
        (sent, told): (BTreeMap<SourceName, Arc<[LogSource]>>, BTreeSet<ChannelName>),
        in_force: Arc<InForce>,
        trail: Arc<Trail>,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        let sent = ArcSwap::from_pointee(sent);
        Arc::new(Self { folder, settings, sent, told, in_force, trail, clock, turn: Mutex::default() })
    }

    /// From now on other sources send these log sources; told of when rules are loaded next.
    pub fn hear(&self, sent: BTreeMap<SourceName, Arc<[LogSource]>>) {
        self.sent.store(Arc::new(sent));
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// The rules of the folder, of which none comes into force by that, whoever has signed them. Blocks.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn read(&self) -> Result<RuleSet, LoadErrors> {
        let set = rules::load_with(&self.folder, self.settings.statuses())?;
        rules::check_channels(&set, &self.told, &self.folder)?;
        Ok(set)
    }

    /// Loads the folder. What comes of it stands on the trail before it is in force; the same fault
    /// is recorded once, and said again while it lasts.
    ///
    /// # Errors
    /// The trail cannot be written; then nothing has changed.
    pub async fn reload(&self, by: LoadCause, actor: Option<String>) -> Result<Reloaded, RecordError> {
        let _turn = self.turn.lock().await;
        let (folder, signers, statuses) =
            (self.folder.clone(), self.settings.signers.clone(), self.settings.statuses());
        let loading = tokio::task::spawn_blocking(move || {
            (rules::load_signed(&folder, &signers, statuses), rules::checked_out(&folder))
        });
        let (result, commit) = match loading.await {
            Ok(loaded) => loaded,
            // Only a panic or the end of the program leads here; the rules in force are not touched.
            Err(_) => return Ok(Reloaded::Unchanged(self.in_force.now().set.digest())),
        };
        let was_signed = self.in_force.now().signer.is_some();
        match result.and_then(|vouched| vouched.after(was_signed)).and_then(|vouched| self.allowed(vouched)) {
            Ok(vouched) if self.is_in_force(&vouched) => {
                self.in_force.confirm();
                Ok(Reloaded::Unchanged(vouched.set.digest()))
            }
            Ok(vouched) => self.replace(vouched, commit, by, actor).await,
            Err(errors) => self.refuse(errors, by, actor).await,
        }
    }

    /// The same rules signed by another are other rules: who vouches for them is shown and recorded.
    fn is_in_force(&self, vouched: &Vouched) -> bool {
        let now = self.in_force.now();
        now.set.digest() == vouched.set.digest() && now.signer == vouched.signer
    }

    /// Refuses rules that tell people by channels that there are not, and rules that act without having been let, where
    /// that is asked for.
    fn allowed(&self, vouched: Vouched) -> Result<Vouched, LoadErrors> {
        rules::check_channels(&vouched.set, &self.told, &self.folder)?;
        self.trail.board(|board| match unpromoted(&vouched.set, board.watches()) {
            rules if self.settings.require_promotion && !rules.is_empty() => {
                Err(rules::refuse_unpromoted(&self.folder, &rules))
            }
            _ => Ok(()),
        })?;
        Ok(vouched)
    }

    async fn replace(
        &self,
        vouched: Vouched,
        commit: Option<String>,
        by: LoadCause,
        actor: Option<String>,
    ) -> Result<Reloaded, RecordError> {
        let since = self.clock.now();
        let Vouched { mut set, signer, .. } = vouched;
        set.hear(&self.folder, &self.sent.load());
        let loaded = Loaded { set, since, commit, signer };
        let events = self.trail.board(|board| loaded_events(&loaded, board.watches(), by, actor));
        self.trail.record(since, events).await?;
        let set = &loaded.set;
        tell_doubts(set);
        tracing::info!(rules.digest = %set.digest(), rules.count = set.all_rules().count(), "other rules are in force");
        self.in_force.replace(loaded);
        Ok(Reloaded::Replaced(self.in_force.now()))
    }

    async fn refuse(&self, errors: LoadErrors, by: LoadCause, actor: Option<String>) -> Result<Reloaded, RecordError> {
        let now = self.clock.now();
        let known = self.in_force.refused().filter(|refused| refused.errors == errors);
        let since = match known {
            Some(refused) if !refused.is_to_be_said(now) => return Ok(Reloaded::Refused(refused)),
            // It stands on the trail already.
            Some(refused) => refused.since,
            None => {
                self.trail.record(now, vec![self.refused_event(&errors, by, actor)]).await?;
                now
            }
        };
        for problem in errors.problems() {
            tracing::error!(%problem, %since, "the rules are refused; those in force stay");
        }
        self.in_force.refuse(Refused { errors, since, said_at: now });
        // Set a line above, and nobody else takes it away while this load has its turn.
        Ok(self
            .in_force
            .refused()
            .map_or_else(|| Reloaded::Unchanged(self.in_force.now().set.digest()), Reloaded::Refused))
    }

    fn refused_event(&self, errors: &LoadErrors, by: LoadCause, actor: Option<String>) -> Event {
        // Below the folder: where that is, is nobody's business on the trail.
        let folder = format!("{}/", self.folder.display());
        let first = errors.problems().first().map(|problem| {
            let file = problem.file.strip_prefix(&folder).unwrap_or(&problem.file);
            problem.at.map_or_else(|| file.to_owned(), |at| format!("{file}:{}", at.line))
        });
        Event::RulesRefused {
            rules: errors.digest(),
            problems: u32::try_from(errors.count()).unwrap_or(u32::MAX),
            first: first.unwrap_or_default(),
            by,
            actor,
        }
    }
}

/// Logs what is doubtful in rules that come into force.
pub fn tell_doubts(set: &RuleSet) {
    for warning in set.warnings() {
        match warning.level {
            LintLevel::Info => tracing::info!(%warning, "a rule is allowed but doubtful"),
            LintLevel::Warning | LintLevel::Error => tracing::warn!(%warning, "a rule is allowed but doubtful"),
        }
    }
}

/// The records of rules that come into force, and of what begins or ends to watch with them.
#[must_use]
pub fn loaded_events(loaded: &Loaded, watches: &Watches, by: LoadCause, actor: Option<String>) -> Vec<Event> {
    let Loaded { set, commit, signer, .. } = loaded;
    let count = u32::try_from(set.all_rules().count()).unwrap_or(u32::MAX);
    let (commit, signer) = (commit.clone(), signer.clone());
    let rules = set.digest();
    let mut parts = listed(set).into_iter();
    let versions = parts.next().unwrap_or_default();
    let mut events = vec![Event::RulesLoaded { rules, count, commit, signer, by, actor, versions }];
    events.extend(parts.map(|versions| Event::RulesListed { rules, versions }));
    events.extend(changes(set, watches));
    events
}

/// All rules of the set by their ids, in parts that each fit into a record.
fn listed(set: &RuleSet) -> Vec<Vec<RuleVersion>> {
    let version = |RuleRef { id, version, .. }: &RuleRef| RuleVersion { id: id.clone(), version: *version };
    let mut rules: Vec<_> = set.all_rules().map(|rule| version(&rule.reference)).collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    let (mut parts, mut bytes) = (vec![Vec::new()], 0);
    for rule in rules {
        let more = serde_json::to_vec(&rule).map_or(LISTED_BYTES_MAX, |json| json.len() + 1);
        if bytes + more > LISTED_BYTES_MAX {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes += more;
        if let Some(part) = parts.last_mut() {
            part.push(rule);
        }
    }
    parts
}
