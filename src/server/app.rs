//! The running program: HTTP in front, the executor behind, the trail between them.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use anyhow::Context as _;
use secrecy::ExposeSecret as _;
use tokio::sync::{Mutex, watch};
use tokio::task::{JoinError, JoinHandle};

use super::checkups::{self, Has};
use super::disk::Disk;
use super::faces::{access, console, oidc};
use super::indexing::Indexing;
use super::listener::listen;
use super::sealing::Sealing;
use super::snapshots::Snapshotting;
use super::sources::Sources;
use super::tls::{OwnCertificate, Tls, renew_on_hangup};
use super::{Hangups, Parts, anchoring, expiry, forwarding, metrics, organization, rules_watch, summaries};
use crate::access::Tokens;
use crate::admission::{Admission, Reloader, loaded_events, tell_doubts, unpromoted};
use crate::anchors::Anchoring;
use crate::api::{Door, State, Steadiness};
use crate::config::Config;
use crate::decisions::Decisions;
use crate::directory::{Ancestry, DingTalk, Directory, DryRun};
use crate::executor::{Executor, Hand, SeenDisabled};
use crate::forwarders::Forwarding;
use crate::incident::{ChannelName, Clock, Event, LoadCause, SystemClock, Timestamp};
use crate::intake::{self, Intake, RefusalTally, SchemeName, SetupError, SourcesInForce, Unwritten};
use crate::notices::{Channel, Post, Way};
use crate::notifier::Notifier;
use crate::rules::{self, InForce, Loaded, Vouched};
use crate::telemetry;
use crate::trail::search::{self, Index};
use crate::trail::tlog::{Log, Sealing as Sealed};
use crate::trail::{Board, Draft, Store, Subjects, Trail};

/// The largest file with a secret of a channel, in bytes.
const SECRET_BYTES_MAX: u64 = 4 * 1024;

/// The program, listening and working.
pub struct App {
    address: SocketAddr,
    trail: Arc<Trail>,
    rules: Arc<InForce>,
    clock: Arc<dyn Clock>,
    state: Data<State>,
    http: ServerHandle,
    serving: JoinHandle<std::io::Result<()>>,
    metrics: Option<Metrics>,
    stop: watch::Sender<bool>,
    executing: JoinHandle<u32>,
    sealing: JoinHandle<Result<Sealing, JoinError>>,
    indexing: JoinHandle<()>,
    snapshotting: JoinHandle<Result<Snapshotting, JoinError>>,
    /// What goes to others: checkpoints and records. End with this.
    outward: (Anchoring, Forwarding),
    notifying: JoinHandle<()>,
    summarising: JoinHandle<()>,
    watching: JoinHandle<()>,
    /// Of the organization, where an index of it is kept.
    reading: Option<JoinHandle<()>>,
    /// Of what is about nobody known.
    expiring: JoinHandle<()>,
    /// Whether all is well.
    checking: JoinHandle<()>,
    /// Whether its disk has room.
    disk: Disk,
    sources: Arc<Sources>,
    /// Of our own certificate, where we speak TLS.
    renewing: Option<JoinHandle<()>>,
}

/// The listener for metrics.
struct Metrics {
    address: SocketAddr,
    http: ServerHandle,
    serving: JoinHandle<std::io::Result<()>>,
}

impl App {
    /// Builds everything and begins to listen; alerts are admitted from here on. Has to be called in
    /// a tokio runtime.
    ///
    /// # Errors
    /// A setting, rule or secret is refused, the trail cannot be replayed or written, or the port
    /// cannot be had. Nothing listens then.
    pub async fn start(config: &Config, parts: Parts) -> anyhow::Result<Self> {
        let Parts { clock, store, directory, pseudonyms, subjects, hangups, reread, gauge } = parts;
        // Listened for before its files are read, so that no change of them is missed.
        let (renewals, tally) = (Hangups::listen()?, Arc::<RefusalTally>::default());
        let tls = tls(config, clock.clone(), tally.clone())?;
        let (vouched, commit) = (load_rules(config)?, rules::checked_out(&config.resolve(&config.rules.folder)));
        let (snapshotting, trail, sealing) = take_up(config, (store, subjects), &clock).await?;
        let loaded = come_into_force(config, (vouched, commit), &trail, clock.now()).await?;
        let (access, limits) = (access(config, &trail)?, config.admission.clone());
        let rules = Arc::new(InForce::protecting(access.responders().clone(), loaded));
        let reloader = reloader(config, &rules, &trail, &clock);
        let (directory, roster) = (way_out(directory, config), organization::open(config, &trail, &clock).await?);
        tell_of_shares(&rules, roster.is_some());
        let sources = Arc::new(SourcesInForce::new(going_on(intake(config)?, &trail, clock.now())));
        let admission = Admission::new(trail.clone(), rules.clone(), pseudonyms, clock.clone(), roster.clone(), limits);
        let out = (anchoring::start(config, sealing.log(), &clock)?, forwarding::start(config, &trail, &clock).await?);
        let sealed = (sealing.log(), out.0.states());
        let has = Has { config, reread: &reread, trail: &trail, rules: &rules, clock: &clock, sealed };
        let doctor = has.doctor(&directory, &admission, &sources)?;
        let state = Data::new(State {
            doctor: doctor.clone(),
            admission,
            trail: trail.clone(),
            index: index(config),
            log: sealing.log(),
            anchors: out.0.states(),
            forwarded: out.1.states(),
            decisions: Arc::new(Decisions::new(&trail, &rules, &sources, &access, &roster, &directory, &clock)),
            sources,
            access,
            tally,
            clock: clock.clone(),
            rules: rules.clone(),
            reloader: reloader.clone(),
            bar: config.rules.bar(),
            door: Door::of(&config.http, &config.intake),
            steadiness: Steadiness::since(clock.now()),
            roster: roster.clone(),
            directory: directory.clone(),
        });
        let notifier = notifier(config, &state, directory.clone()).await?;
        let (server, address) = listen(&config.http, state.clone(), console(config, &state), tls.as_ref())?;
        let (certificate, (stop, stopped)) = (tls.map(|tls| tls.own), watch::channel(false));
        let (hand, sources) = (hand(config, &state, directory.clone()), Sources::new(&state, config, reread));
        Ok(Self {
            address,
            trail: trail.clone(),
            rules,
            disk: Disk::start(config, &trail, &clock, gauge),
            clock: clock.clone(),
            renewing: certificate.clone().map(|own| tokio::spawn(renew_on_hangup(own, renewals, clock.clone()))),
            http: server.handle(),
            metrics: show_metrics(config, &state, certificate)?,
            serving: tokio::spawn(server),
            stop,
            notifying: tokio::spawn(notifier.run(stopped.clone())),
            sealing: tokio::spawn(sealing.run(stopped.clone())),
            indexing: tokio::spawn(Indexing::new(state.trail.clone(), state.index.clone()).run(stopped.clone())),
            snapshotting: tokio::spawn(snapshotting.run(stopped.clone())),
            outward: out,
            executing: tokio::spawn(Executor::new(hand, config.executor.clone()).run(stopped)),
            summarising: tokio::spawn(summaries::run(state.clone())),
            reading: roster.map(|roster| tokio::spawn(organization::run(roster, directory, clock.clone()))),
            watching: tokio::spawn(rules_watch::run(reloader, sources.clone(), hangups)),
            expiring: tokio::spawn(expiry::run(trail, state.log.clone(), config.trail.clone(), clock.clone())),
            checking: tokio::spawn(checkups::run(doctor, clock)),
            state,
            sources,
        })
    }

    /// Reads everything that starting would read, without touching the trail or any port. Gives what starting would
    /// only warn of.
    ///
    /// # Errors
    /// What starting would refuse.
    pub fn check(config: &Config) -> anyhow::Result<Vec<String>> {
        load_rules(config)?;
        intake(config)?;
        let tls = tls(config, Arc::new(SystemClock), Arc::default())?;
        Tokens::new(&config.access)?;
        oidc(config)?;
        channels(config)?;
        anchoring::all(config)?;
        forwarding::all(config)?;
        let secret = config.directory.read_secret(&config.base)?;
        DingTalk::new(&config.directory, secret, Arc::new(SystemClock))?;
        Ok(tls.and_then(|tls| tls.own.doubt(SystemClock.now())).into_iter().collect())
    }

    /// Reads all sources and their secrets as starting would, if the files that are `unwritten` were there.
    ///
    /// # Errors
    /// What starting would refuse of them.
    pub fn check_sources(config: &Config, unwritten: &Unwritten) -> Result<(), SetupError> {
        Intake::check(&intake_settings(config), &config.base, unwritten)
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.renewing.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// What handlers share.
    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// Where metrics are shown, if they are.
    #[must_use]
    pub fn metrics_url(&self) -> Option<String> {
        self.metrics.as_ref().map(|metrics| format!("http://{}/metrics", metrics.address))
    }

    /// The trail, for those who run the app in their own process.
    #[must_use]
    pub fn trail(&self) -> &Arc<Trail> {
        &self.trail
    }

    /// The trail's log, as far as it is sealed.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.state.log
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> &Arc<InForce> {
        &self.rules
    }

    /// Reads the sources and their secrets anew, as a SIGHUP does, all or nothing.
    pub async fn renew_sources(&self) {
        self.sources.renew().await;
    }

    /// Looks at once how much room the trail's disk has, as is done every few seconds.
    pub async fn look_at_disk(&self) {
        self.disk.look().await;
    }

    /// Resolves when the trail can no longer be written, or is not what was sealed of it: the process has to end and be
    /// started again.
    pub async fn failed(&self) {
        let mut sealed = self.state.log.sealed.clone();
        let broken = async {
            if sealed.wait_for(|sealed| matches!(sealed, Sealed::Broken(_))).await.is_err() {
                // It seals no more because everything stops.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = self.trail.failed() => {}
            () = broken => {}
        }
    }

    /// Stops in order: no new requests, those under way end, the executor ends or parks its calls,
    /// and the trail says so.
    ///
    /// # Errors
    /// The last record could not be written.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.watching.abort();
        if let Some(reading) = self.reading {
            reading.abort();
            // Until it has let go of the trail.
            let _ = reading.await;
        }
        drop(self.disk);
        // The canary, if it is contained just now, is given back by the next run or when its time is over.
        self.checking.abort();
        let _ = self.checking.await;
        self.expiring.abort();
        let _ = self.expiring.await;
        if let Some(renewing) = &self.renewing {
            renewing.abort();
        }
        self.state.door.flows.close();
        self.http.stop(true).await;
        let _ = self.serving.await;
        let _ = self.stop.send(true);
        let parked = self.executing.await.unwrap_or(0);
        let _ = self.notifying.await;
        self.summarising.abort();
        summaries::flush(&self.state, Timestamp::MAX).await;
        if let Some(metrics) = self.metrics {
            // To the last, so that the end can be watched; nobody waits for a scraper.
            metrics.http.stop(false).await;
            let _ = metrics.serving.await;
        }
        self.outward.1.stop().await;
        self.trail.record(self.clock.now(), vec![Event::SystemStopped { parked }]).await?;
        // Until it has let go of the trail.
        let _ = self.indexing.await;
        // Until the last word is sealed, too.
        if let Ok(Ok(sealing)) = self.sealing.await {
            let _ = sealing.once().await;
        }
        if let Ok(Ok(snapshotting)) = self.snapshotting.await {
            let _ = snapshotting.once().await;
        }
        tracing::info!(steps.parked = parked, "stopped");
        Ok(())
    }
}

/// Loads the folder of the rules again, with the senders and channels as they are now: others take a restart.
fn reloader(config: &Config, rules: &Arc<InForce>, trail: &Arc<Trail>, clock: &Arc<dyn Clock>) -> Arc<Reloader> {
    let folder = config.resolve(&config.rules.folder);
    let known = (config.intake.log_sources(), told(config));
    Reloader::new(folder, config.rules.clone(), known, rules.clone(), trail.clone(), clock.clone())
}

/// Takes up the trail and its log, before anything is admitted that could not be sealed.
async fn take_up(
    config: &Config,
    (store, subjects): (Arc<dyn Store>, Arc<Subjects>),
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<(Snapshotting, Arc<Trail>, Sealing)> {
    let (snapshotting, trail) = Snapshotting::open(config, store, subjects).await?;
    let (config, clock, sealed) = (config.clone(), clock.clone(), trail.clone());
    let sealing = tokio::task::spawn_blocking(move || Sealing::open(&config, sealed, clock)).await??;
    Ok((snapshotting, trail, sealing))
}

/// What finds the trail's records; looked at and followed by a task of its own.
fn index(config: &Config) -> Arc<Index> {
    Arc::new(Index::new(search::folder(&config.resolve(&config.trail.path))))
}

/// The executor's hand, which knows what the handlers know.
fn hand(config: &Config, state: &State, directory: Arc<dyn Directory>) -> Hand {
    Hand {
        trail: state.trail.clone(),
        directory,
        roster: state.roster.clone(),
        rules: state.rules.clone(),
        clock: state.clock.clone(),
        own_corp_id: config.directory.corp_id.clone(),
        ancestry: Ancestry::default(),
        drawing: Mutex::default(),
        seen: SeenDisabled::default(),
    }
}

/// What the port speaks, if it is not plain HTTP.
pub(super) fn tls(config: &Config, clock: Arc<dyn Clock>, tally: Arc<RefusalTally>) -> anyhow::Result<Option<Tls>> {
    let read = |settings| Tls::read(settings, &config.base, clock, tally);
    config.http.tls.as_ref().map(read).transpose().context("[http.tls] is refused")
}

/// The door, which has to know where we listen: keys over plain HTTP are for tests on this machine only. And whether
/// anybody is asked for a certificate.
pub(super) fn intake(config: &Config) -> anyhow::Result<Intake> {
    let settings = intake_settings(config);
    if settings.test_only_plain_http {
        tracing::warn!("senders' keys may be fetched over plain HTTP from this machine: that is for tests only");
    }
    Ok(Intake::new(&settings, &config.base)?)
}

fn intake_settings(config: &Config) -> intake::Settings {
    let listening_on = vec![config.http.listen.ip()];
    let asks_for_certificates = config.asks_for_certificates();
    intake::Settings { listening_on, asks_for_certificates, ..config.intake.clone() }
}

/// With the windows open in which sources are tried out. They are on the trail, so that no restart ends one before
/// whoever opened it expects that.
fn going_on(intake: Intake, trail: &Trail, now: Timestamp) -> Intake {
    let open = |board: &Board| {
        let open = board.trials().filter(|(_, until)| *until > now);
        open.for_each(|(source, until)| intake.open_trial(source, until, now));
    };
    trail.board(open);
    intake
}

/// The channels, each with its secrets.
pub(super) fn channels(config: &Config) -> anyhow::Result<Vec<Channel>> {
    let read = |file: &Path| {
        intake::read_private(&config.resolve(file), SECRET_BYTES_MAX).map_err(|problem| problem.to_string())
    };
    let channels = config.notices.channels(read)?;
    for channel in &channels {
        if let Way::Webhook { secret, .. } = &channel.way {
            // Found out now and not at the first notice.
            let signed = intake::sign(SchemeName::StandardWebhooks, secret.expose_secret(), "", b"", Timestamp::MIN);
            signed.with_context(|| format!("[notices.channels.{}] the secret is not usable", channel.name))?;
        }
    }
    Ok(channels)
}

/// Who tells people. What they are to hear stands on the trail before anything is admitted.
async fn notifier(config: &Config, state: &State, directory: Arc<dyn Directory>) -> anyhow::Result<Notifier> {
    let public_url = config.notices.public_url().map_err(anyhow::Error::msg)?;
    let notifier = Notifier {
        trail: state.trail.clone(),
        directory,
        rules: state.rules.clone(),
        clock: state.clock.clone(),
        post: Post::new(&config.notices)?,
        public_url,
        channels: channels(config)?,
    };
    notifier.announce().await.context("the trail cannot be written")?;
    Ok(notifier)
}

fn tell_of_shares(rules: &InForce, is_counted: bool) {
    if !is_counted && rules.now().set.guardrails().budgets().have_shares() {
        tracing::warn!("budgets are shares of the organization, and without a directory index nobody counts it");
    }
}

/// The channels that rules can name; others take a restart.
fn told(config: &Config) -> BTreeSet<ChannelName> {
    config.notices.channels.keys().cloned().collect()
}

pub(super) fn load_rules(config: &Config) -> anyhow::Result<Vouched> {
    let folder = config.resolve(&config.rules.folder);
    let told = |vouched: Vouched| rules::check_channels(&vouched.set, &told(config), &folder).map(|()| vouched);
    rules::load_signed(&folder, &config.rules.signers, config.rules.statuses())
        .and_then(told)
        .map_err(|errors| anyhow::anyhow!("the rules are refused:\n{errors}"))
}

/// The only way to act on accounts. Where everything is only tried, there is none.
fn way_out(directory: Arc<dyn Directory>, config: &Config) -> Arc<dyn Directory> {
    if !config.directory.dry_run {
        return directory;
    }
    tracing::warn!("a dry run: nothing is done to any account, and nobody is told");
    Arc::new(DryRun::new(directory))
}

/// The rules that were read, once the trail tells who has signed and let act those before them. Recorded as the first
/// of this run.
async fn come_into_force(
    config: &Config,
    (vouched, commit): (Vouched, Option<String>),
    trail: &Arc<Trail>,
    now: Timestamp,
) -> anyhow::Result<Loaded> {
    let folder = config.resolve(&config.rules.folder);
    let vouched = vouched.after(trail.board(|board| board.were_rules_signed()));
    let Vouched { mut set, signer, .. } =
        vouched.map_err(|errors| anyhow::Error::new(errors).context("the rules are refused"))?;
    set.hear(&folder, &config.intake.log_sources());
    tell_doubts(&set);
    let loaded = Loaded { set, since: now, commit, signer };
    check_promotions(trail, &loaded, &folder, config)?;
    note_start(trail, &loaded).await?;
    Ok(loaded)
}

/// Rules that act although nobody has let them: told of, or refused where that is asked for.
fn check_promotions(trail: &Arc<Trail>, loaded: &Loaded, folder: &Path, config: &Config) -> anyhow::Result<()> {
    trail.board(|board| {
        let rules = unpromoted(&loaded.set, board.watches());
        if config.rules.require_promotion && !rules.is_empty() {
            return Err(anyhow::Error::new(rules::refuse_unpromoted(folder, &rules)).context("the rules are refused"));
        }
        if !rules.is_empty() {
            tracing::warn!(rules.count = rules.len(), "rules act without a promotion on the trail");
        }
        Ok(())
    })
}

/// The first records of every run. If it cannot be written nothing is served.
async fn note_start(trail: &Arc<Trail>, loaded: &Loaded) -> anyhow::Result<()> {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let started = Event::SystemStarted { version, rules: loaded.set.digest() };
    let loading = trail.board(|board| loaded_events(loaded, board.watches(), LoadCause::Start, None));
    let drafts = std::iter::once(started).chain(loading).map(|event| Draft::of(loaded.since, event));
    trail.append(None, drafts.collect()).await.context("the trail cannot be written")?;
    let set = &loaded.set;
    tracing::info!(rules.digest = %set.digest(), rules.count = set.all_rules().count(), "the rules are in force");
    Ok(())
}

fn show_metrics(
    config: &Config,
    state: &Data<State>,
    certificate: Option<Arc<OwnCertificate>>,
) -> anyhow::Result<Option<Metrics>> {
    let settings: telemetry::Settings = config.telemetry()?;
    let Some(address) = settings.metrics_listen else { return Ok(None) };
    let watched = metrics::Watched { state: state.clone(), certificate };
    let (server, address) = metrics::listen(address, watched)?;
    tracing::info!(metrics.address = %address, "metrics are shown");
    Ok(Some(Metrics { address, http: server.handle(), serving: tokio::spawn(server) }))
}
