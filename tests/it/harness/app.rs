//! The app under test, with everything a test may look at or turn.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use portcullis::config::{self, Config};
use portcullis::directory::{CALLS_FILE, DingTalk};
use portcullis::incident::{Clock, DiskRoom, HandSetClock, IncidentId, Timestamp, UserId};
use portcullis::sandbox::{self, APP_KEY, APP_SECRET, Running, Sandbox};
use portcullis::server::{App, Gauge, Hangups, Parts, Reread, key_files};
use portcullis::trail::audit::{self, Keys};
use portcullis::trail::{self, MemoryStore, Pseudonyms, Record, SledStore, Store, Subjects, Trail, verify};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::aftermath::{assert_fixed, resident_kib};
use super::delivery::Delivery;
use super::promises;
use super::setup::{Kept, Set, configure, copy_folder, write_secret};
use super::witness::{Orders, Poison, Witness};

/// Nothing in these tests takes longer; it only ends what hangs.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// What names on the trail are made with. Of no program.
pub(crate) const PSEUDONYM_KEY: [u8; 32] = [7; 32];

/// The store, also by its own type where a test turns something at it.
struct Keeper {
    store: Arc<dyn Store>,
    memory: Option<Arc<MemoryStore>>,
    subjects: Arc<Subjects>,
    /// How much room there is on its disk, as the app is told.
    free_bytes: Arc<AtomicU64>,
}

/// A running app, its sandbox, its store and its clock.
pub(crate) struct TestApp {
    pub(crate) app: App,
    pub(crate) clock: Arc<HandSetClock>,
    pub(crate) client: reqwest::Client,
    pub(crate) config: Config,
    keeper: Keeper,
    sandbox: Running,
    orders: Orders,
    poison: Poison,
    /// The memory the process had when it was ready for the test, in KiB.
    pub(super) resident_kib: u64,
    _folder: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl TestApp {
    /// With the shipped rules and everything at its default.
    pub(crate) async fn start() -> Self {
        Self::start_with(Set::default()).await
    }

    /// As a test has set it. The day is always the same, and begins with a whole minute.
    pub(crate) async fn start_with(set: Set) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(HandSetClock::at("2026-11-21T03:00:00Z".parse().unwrap()));
        let sandbox = sandbox::start_with_clock(set.sandbox.clone(), clock.clone()).await.unwrap();
        let rules = folder.path().join("rules");
        copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &rules);
        (set.rules)(&rules);
        for (name, content) in &set.files {
            write_secret(&folder.path().join(name), content);
        }
        let mut config = configure(folder.path(), &sandbox.url(), set.config);
        (set.adjust)(&mut config);
        let keeper = Keeper::open(set.kept, &config);
        let (orders, poison) = (Orders::default(), Poison::of(set.poison));
        let app = App::start(&config, parts(&config, &clock, &keeper, (&orders, &poison))).await.unwrap();
        // No connection outlives its request: the stop would have to wait for it.
        let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).timeout(PATIENCE).build().unwrap();
        let resident_kib = resident_kib();
        Self { app, clock, client, config, keeper, sandbox, orders, poison, resident_kib, _folder: folder }
    }

    /// Stops the app in order and starts it again on the same store and sandbox.
    pub(crate) async fn restart(self) -> Self {
        let Self { app, clock, client, config, keeper, sandbox, orders, poison, resident_kib, _folder } = self;
        app.stop().await.unwrap();
        let keeper = keeper.reopen(&config).await;
        let app = App::start(&config, parts(&config, &clock, &keeper, (&orders, &poison))).await.unwrap();
        Self { app, clock, client, config, keeper, sandbox, orders, poison, resident_kib, _folder }
    }

    /// Starts again with this account as that of whoever has the token: while it was, nobody acted on it.
    pub(crate) async fn restart_with_account(mut self, token: &str, user_id: &str) -> Self {
        let tokens = &mut self.config.access.tokens;
        tokens.iter_mut().find(|known| known.name == token).unwrap().user_id = UserId::parse(user_id).ok();
        self.restart().await
    }

    /// Stops the app in order and has it try to start again; gives what keeps it from that.
    pub(crate) async fn cannot_restart(self) -> String {
        let Self { app, clock, config, keeper, orders, poison, .. } = self;
        app.stop().await.unwrap();
        let keeper = keeper.reopen(&config).await;
        let refused =
            App::start(&config, parts(&config, &clock, &keeper, (&orders, &poison))).await.err().expect("it starts");
        format!("{refused:#}")
    }

    /// As a restart of what is on disk, with something done to its folder while nobody has it open.
    pub(crate) async fn restart_after(self, change: impl FnOnce(&Path)) -> Result<Self, String> {
        let Self { app, clock, client, config, keeper, sandbox, orders, poison, resident_kib, _folder } = self;
        app.stop().await.unwrap();
        keeper.close().await;
        change(_folder.path());
        let keeper = Keeper::by_sled(&config);
        match App::start(&config, parts(&config, &clock, &keeper, (&orders, &poison))).await {
            Ok(app) => Ok(Self { app, clock, client, config, keeper, sandbox, orders, poison, resident_kib, _folder }),
            Err(refused) => Err(format!("{refused:#}")),
        }
    }

    /// How often our own code has failed at the poisoned account.
    pub(crate) fn poisoned(&self) -> u32 {
        self.poison.worked()
    }

    /// Waits until our own code has failed so often at the poisoned account.
    pub(crate) async fn until_poisoned(&self, times: u32) {
        patiently(async {
            while self.poisoned() < times {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// From now on nothing fails at that account.
    pub(crate) fn cure(&self) {
        self.poison.cure();
    }

    /// DingTalk's side.
    pub(crate) fn dingtalk(&self) -> &Sandbox {
        self.sandbox.state()
    }

    /// Where the sandbox listens.
    pub(crate) fn dingtalk_url(&self) -> String {
        self.sandbox.url()
    }

    /// The time the app believes.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Makes the store refuse every append, or take them again.
    pub(crate) fn refuse_appends(&self, refuse: bool) {
        self.keeper.memory.as_ref().expect("only the store in memory can refuse").refuse_appends(refuse);
    }

    /// Leaves so much room on the trail's disk, and has the app see that.
    pub(crate) async fn leave_free(&self, bytes: u64) {
        self.keeper.free_bytes.store(bytes, Ordering::Relaxed);
        self.app.look_at_disk().await;
    }

    /// Posts a delivery to its source.
    pub(crate) async fn deliver(&self, delivery: &Delivery) -> Answer {
        let mut request = self.client.post(format!("{}{}", self.app.url(), delivery.path()));
        for (name, value) in &delivery.headers {
            request = request.header(name, value);
        }
        let answer = answer(request.body(delivery.body.clone())).await;
        let told = if answer.body == "" { String::new() } else { answer.body.to_string() };
        assert_fixed(answer.status, &told);
        answer
    }

    /// Posts a delivery that opens an incident.
    pub(crate) async fn open(&self, delivery: &Delivery) -> IncidentId {
        let answer = self.deliver(delivery).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
        answer.incident()
    }

    /// Reads with a token.
    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        answer(self.client.get(format!("{}{path}", self.app.url())).bearer_auth(token)).await
    }

    /// Posts JSON with a token.
    pub(crate) async fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        answer(self.client.post(format!("{}{path}", self.app.url())).bearer_auth(token).json(body)).await
    }

    /// The same under idempotency keys: one, unless somebody does it wrong.
    pub(crate) async fn post_once(&self, path: &str, token: &str, body: &Value, keys: &[&str]) -> Answer {
        let request = self.client.post(format!("{}{path}", self.app.url())).bearer_auth(token).json(body);
        answer(keys.iter().fold(request, |request, key| request.header("idempotency-key", *key))).await
    }

    /// A responder's word; it must be taken.
    pub(crate) async fn steer(&self, path: &str) {
        let answer = self.post(path, super::RESPONDER, &json!({ "reason": "a drill" })).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }

    /// A responder lets a held incident go on.
    pub(crate) async fn approve(&self, incident: &IncidentId) {
        self.steer(&format!("/v1/incidents/{incident}/approve")).await;
    }

    /// Somebody else enables the account in the admin console.
    pub(crate) async fn enable_by_another_hand(&self, user_id: &str) {
        self.by_another_hand("enable", json!({ "userId": user_id })).await;
    }

    /// Somebody else changes the account's DingTalk ID.
    pub(crate) async fn change_by_another_hand(&self, user_id: &str, dingtalk_id: &str) {
        self.by_another_hand("dingTalkIds/change", json!({ "userId": user_id, "dingTalkId": dingtalk_id })).await;
    }

    async fn by_another_hand(&self, call: &str, body: Value) {
        let post = |path: &str| self.client.post(format!("{}{path}", self.sandbox.url()));
        let keys = json!({ "appKey": APP_KEY, "appSecret": APP_SECRET });
        let token = answer(post("/v1.0/oauth2/accessToken").json(&keys)).await.body;
        let request = post(&format!("/v1.0/contact/orgAccounts/{call}")).json(&body);
        let done = answer(request.header("x-acs-dingtalk-access-token", token["accessToken"].as_str().unwrap())).await;
        assert_eq!(done.body, json!({ "result": true }));
    }

    /// Stops all, and gives the folder with configuration, rules and trail, which nobody has open.
    pub(crate) async fn leave(self) -> TempDir {
        let Self { app, keeper, sandbox, _folder: folder, .. } = self;
        app.stop().await.unwrap();
        keeper.close().await;
        sandbox.stop().await;
        folder
    }

    /// The folder with configuration, rules and trail.
    pub(crate) fn folder(&self) -> &Path {
        self._folder.path()
    }

    /// Stops all, checks what must be true after every test, and gives the whole trail.
    pub(crate) async fn end(self) -> Vec<Record> {
        let Self { app, keeper, sandbox, orders, _folder, .. } = self;
        app.stop().await.unwrap();
        let calls = sandbox.state().calls();
        sandbox.stop().await;
        let verified = verify(keeper.store.as_ref(), |_| ()).expect("the trail verifies");
        let log = _folder.path().join("trail/log");
        let keys = Keys::parse(&std::fs::read_to_string(log.join("vkey")).unwrap()).unwrap();
        let report = audit::verify(&log, &keys, &[], |_| ()).expect("the log verifies");
        assert_eq!((report.size, report.root), (verified.size, verified.root), "all of the trail is sealed");
        let trail = Trail::open(keeper.store).expect("the next start can replay the trail");
        let records = trail.read(0, usize::MAX).unwrap();
        promises::check(&records, &orders, &calls);
        records
    }
}

impl Answer {
    /// The value of a header, empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The id of the delivery's first alert.
    pub(crate) fn alert(&self) -> &str {
        self.body.pointer("/alerts/0/id").and_then(Value::as_str).unwrap_or_else(|| panic!("no alert in {}", self.body))
    }

    /// The incident that the delivery's first alert opened.
    pub(crate) fn incident(&self) -> IncidentId {
        let id = self.body.pointer("/alerts/0/incidents/0").and_then(Value::as_str);
        IncidentId::parse(id.unwrap_or_else(|| panic!("no incident in {}", self.body))).unwrap()
    }

    /// The code of a problem.
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl Keeper {
    fn open(kept: Kept, config: &Config) -> Self {
        match kept {
            Kept::InMemory => Self::in_memory(Arc::default(), Subjects::in_memory()),
            Kept::BySled => Self::by_sled(config),
        }
    }

    fn in_memory(memory: Arc<MemoryStore>, subjects: Arc<Subjects>) -> Self {
        Self { store: memory.clone(), memory: Some(memory), subjects, free_bytes: plenty() }
    }

    fn by_sled(config: &Config) -> Self {
        let settings = trail::Settings { path: config.resolve(&config.trail.path), ..config.trail.clone() };
        let store = Arc::new(SledStore::open(&settings).unwrap());
        let subjects = Subjects::open(&key_files(config), || Ok(false)).unwrap();
        Self { store, memory: None, subjects, free_bytes: plenty() }
    }

    /// A store on disk is closed first, as it is when a process ends.
    async fn reopen(self, config: &Config) -> Self {
        if let Some(memory) = self.memory {
            return Self::in_memory(memory, self.subjects);
        }
        self.close().await;
        Self::by_sled(config)
    }

    /// Waits until nobody has the store open any more.
    async fn close(self) {
        let (held, keys) = (Arc::downgrade(&self.store), Arc::downgrade(&self.subjects));
        drop(self);
        patiently(async {
            while held.strong_count() > 0 || keys.strong_count() > 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

fn plenty() -> Arc<AtomicU64> {
    Arc::new(AtomicU64::new(u64::MAX))
}

/// Ends a test that waits for what never comes.
pub(super) async fn patiently<T>(awaited: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, awaited).await.expect("it never came")
}

async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer { status, headers, body }
}

fn parts(config: &Config, clock: &Arc<HandSetClock>, keeper: &Keeper, (orders, poison): (&Orders, &Poison)) -> Parts {
    let clock: Arc<dyn Clock> = clock.clone();
    let secret = config.directory.read_secret(&config.base).unwrap();
    let dingtalk = DingTalk::new(&config.directory, secret, clock.clone()).unwrap();
    let dingtalk = dingtalk.counting_in(config.resolve(&config.trail.path).join(CALLS_FILE));
    let (store, subjects) = (keeper.store.clone(), keeper.subjects.clone());
    let directory = Arc::new(Witness::new(dingtalk, store.clone(), orders.clone(), poison.clone()));
    let path = config.base.join("portcullis.toml");
    let reread: Reread = Arc::new(move || Ok(config::load(&path, &[])?));
    let (pseudonyms, hangups) = (Pseudonyms::new(&PSEUDONYM_KEY), Hangups::listen().unwrap());
    let free = keeper.free_bytes.clone();
    let free_bytes = Box::new(move || Ok(free.load(Ordering::Relaxed)));
    let gauge = Gauge { free_bytes, at_start: DiskRoom::Ample };
    Parts { clock, store, directory, pseudonyms, subjects, hangups, reread, gauge }
}
