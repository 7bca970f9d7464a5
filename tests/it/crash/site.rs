//! Where the program runs: a folder with its configuration, rules and trail, and a sandbox as
//! DingTalk. Both outlive the processes that work on them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use portcullis::incident::{Event, IncidentId};
use portcullis::sandbox::{self, Api, Running, Sandbox};
use portcullis::trail::Record;
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{AUDITOR, Answer, Delivery, Ended, Process, RawConnection, allow_much, configure, copy_folder};

/// Nothing here takes longer; it only ends what hangs.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
/// How often a condition is looked at that only polling can show.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// What the tests set. Times are longer than [`PATIENCE`]: whatever ends because its time is up, and
/// not of itself, fails its test. Calls may come as fast as DingTalk's own limit allows.
const ENVIRONMENT: [(&str, &str); 5] = [
    ("PORTCULLIS_TRAIL__BALLAST_BYTES", "0"),
    ("PORTCULLIS_DIRECTORY__TIMEOUT_MS", "30000"),
    ("PORTCULLIS_HTTP__STOP_S", "30"),
    ("PORTCULLIS_DIRECTORY__CALLS_PER_SECOND", "11"),
    ("PORTCULLIS_DIRECTORY__BURST", "10"),
];
/// So many people of the sandbox are in the identity map, beside the named ones.
const PEOPLE: usize = 150;

/// The folder, the sandbox, and a client to talk with.
pub(super) struct Site {
    folder: TempDir,
    sandbox: Running,
    client: reqwest::Client,
}

/// The program, listening.
pub(super) struct Program {
    process: Process,
    url: String,
    client: reqwest::Client,
}

/// The mail address of the sandbox's `number`th ordinary person, and the userid.
pub(super) fn person(number: usize) -> (String, String) {
    assert!((1..=PEOPLE).contains(&number), "nobody has the number {number}");
    (format!("user{number:04}@example.com"), format!("user{number:04}"))
}

impl Site {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listen = ([127, 0, 0, 1], 0).into();
        let settings = sandbox::Settings { listen, calls_per_second: 0, ..sandbox::Settings::default() };
        let sandbox = sandbox::start(settings).await.unwrap();
        copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &folder.path().join("rules"));
        name_people(&folder.path().join("rules/identities.csv"));
        allow_much(&folder.path().join("rules"));
        configure(folder.path(), &sandbox.url(), "");
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        Self { folder, sandbox, client }
    }

    /// On a folder that another program has left, with another DingTalk.
    pub(super) async fn taking_over(folder: TempDir) -> Self {
        let listen = ([127, 0, 0, 1], 0).into();
        let settings = sandbox::Settings { listen, calls_per_second: 0, ..sandbox::Settings::default() };
        let sandbox = sandbox::start(settings).await.unwrap();
        configure(folder.path(), &sandbox.url(), "");
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        Self { folder, sandbox, client }
    }

    /// Whether the only fault strikes before that comes; otherwise it was never reached.
    pub(super) async fn is_struck_before(&self, end: impl Future<Output = Value>) -> bool {
        let struck = async {
            let mut looks = tokio::time::interval(LOOK_EVERY);
            while !self.dingtalk().faults().is_empty() {
                looks.tick().await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, async {
            tokio::select! {
                () = struck => true,
                _ = end => false,
            }
        });
        waited.await.expect("neither has come")
    }

    pub(super) fn dingtalk(&self) -> &Sandbox {
        self.sandbox.state()
    }

    /// A file or folder of the site.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Waits for calls at the sandbox.
    pub(super) async fn received(&self, api: Api, count: u64) {
        let waited = tokio::time::timeout(PATIENCE, self.dingtalk().wait_for(api, count)).await;
        assert!(waited.is_ok(), "{count} calls of {api:?} never came: {:#?}", self.dingtalk().calls());
    }

    /// Starts the program and does not wait for anything; more settings may come from the
    /// environment.
    pub(super) fn spawn_with(&self, more: &[(&str, &str)]) -> Process {
        self.spawn_under(":", more)
    }

    /// As [`Site::spawn_with`], once a shell has done `first`.
    pub(super) fn spawn_under(&self, first: &str, more: &[(&str, &str)]) -> Process {
        let config = self.path("portcullis.toml");
        let environment: Vec<_> = ENVIRONMENT.iter().chain(more).copied().collect();
        let arguments = ["serve", "--config", config.to_str().unwrap(), "--listen", "127.0.0.1:0"];
        Process::spawn_under(first, &arguments, &environment)
    }

    /// Starts the program and waits until it listens.
    pub(super) async fn start(&self) -> Program {
        self.start_with(&[]).await
    }

    /// As [`Site::start`], with more settings.
    pub(super) async fn start_with(&self, more: &[(&str, &str)]) -> Program {
        self.start_under(":", more).await
    }

    /// As [`Site::start_with`], once a shell has done `first`.
    pub(super) async fn start_under(&self, first: &str, more: &[(&str, &str)]) -> Program {
        let mut process = self.spawn_under(first, more);
        let Some(url) = process.url().await else {
            panic!("it ended before it listened: {:?}", process.ended().await);
        };
        Program { process, url, client: self.client.clone() }
    }

    /// The records of the trail at rest, which verifies.
    pub(super) async fn records(&self) -> Vec<Record> {
        records_in(&self.path("trail")).await
    }

    /// The records as a killed process left them, read from a copy, so that the next start meets the
    /// files untouched.
    pub(super) async fn left(&self) -> Vec<Record> {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(&self.path("trail"), copy.path());
        records_in(copy.path()).await
    }
}

impl Program {
    /// Posts a delivery; `None` when no whole answer came.
    pub(super) async fn deliver(&self, delivery: &Delivery) -> Option<Answer> {
        post(&self.client, &self.url, delivery).await
    }

    /// A connection to it, byte by byte.
    pub(super) async fn connect(&self) -> RawConnection {
        RawConnection::to(&self.url).await
    }

    /// How many files and sockets it has open.
    pub(super) fn open_files(&self) -> usize {
        self.process.open_files()
    }

    /// What [`Program::deliver`] does, for tasks of their own.
    pub(super) fn door(&self) -> (reqwest::Client, String) {
        (self.client.clone(), self.url.clone())
    }

    /// Waits until the incident is as wanted, told by the API.
    pub(super) async fn until(&self, incident: &IncidentId, wanted: impl Fn(&Value) -> bool) -> Value {
        self.until_shown(&format!("/v1/incidents/{incident}"), wanted).await
    }

    /// Waits until what is read at `path` is as wanted.
    pub(super) async fn until_shown(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        let mut last = Value::Null;
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                looks.tick().await;
                last = self.get(path).await;
                if wanted(&last) {
                    return;
                }
            }
        });
        let in_time = waited.await.is_ok();
        assert!(in_time, "it never came; {path} is {last:#}");
        last
    }

    /// Waits until the account is contained.
    pub(super) async fn until_contained(&self, incident: &IncidentId) -> Value {
        self.until(incident, |document| document["contained"] == true).await
    }

    /// The incidents that the trail knows, told by the API.
    pub(super) async fn incidents(&self) -> Vec<IncidentId> {
        let mut found = Vec::new();
        let mut next = Some(0);
        while let Some(from) = next {
            let page = self.get(&format!("/v1/trail?from={from}&limit=1000")).await;
            let records = page["records"].as_array().unwrap().clone();
            found.extend(records.into_iter().filter_map(|record| serde_json::from_value(record).ok()).flat_map(opened));
            next = page["next"].as_u64();
        }
        found
    }

    /// Reads with an auditor's token.
    pub(super) async fn get(&self, path: &str) -> Value {
        let response = self.client.get(format!("{}{path}", self.url)).bearer_auth(AUDITOR).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    /// SIGKILL.
    pub(super) fn kill(self) {
        self.process.kill();
    }

    /// SIGHUP.
    pub(super) fn hang_up(&self) {
        self.process.hang_up();
    }

    /// SIGTERM, now; the program is still there.
    pub(super) fn ask_to_stop(&self) {
        self.process.ask_to_stop();
    }

    /// Waits until it takes no new connections.
    pub(super) async fn refuses_connections(&self) {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut looks = tokio::time::interval(LOOK_EVERY);
        let refused = tokio::time::timeout(PATIENCE, async {
            while tokio::net::TcpStream::connect(address).await.is_ok() {
                looks.tick().await;
            }
        });
        assert!(refused.await.is_ok(), "it takes connections still");
    }

    /// Waits for the end that was asked for.
    pub(super) async fn ended(self) -> Ended {
        self.process.ended().await
    }

    /// SIGTERM, and the end it has to come to.
    pub(super) async fn stop(self) -> Ended {
        self.process.stop().await.well()
    }
}

/// Posts a delivery; `None` when no whole answer came.
pub(super) async fn post(client: &reqwest::Client, url: &str, delivery: &Delivery) -> Option<Answer> {
    let mut request = client.post(format!("{url}/v1/alerts/{}", delivery.source)).body(delivery.body.clone());
    for (name, value) in &delivery.headers {
        request = request.header(name, value);
    }
    let response = request.send().await.ok()?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = serde_json::from_slice(&response.bytes().await.ok()?).ok()?;
    Some(Answer { status, headers, body })
}

/// The records of a trail that nobody has open, read as an auditor reads them; it has to verify.
pub(super) async fn records_in(folder: &Path) -> Vec<Record> {
    let folder = folder.to_str().unwrap();
    Process::run(&["trail", "verify", "--store", "--folder", folder]).await.well();
    let shown = Process::run(&["trail", "show", "--folder", folder]).await.well();
    shown.stdout.iter().map(|line| Record::decode(line.as_bytes()).unwrap()).collect()
}

/// The incidents an event opens.
pub(super) fn opened(event: Event) -> Vec<IncidentId> {
    match event {
        Event::AlertAdmitted { opened, .. } | Event::IncidentsOpened { opened, .. } => {
            opened.into_iter().map(|opened| opened.plan.incident).collect()
        }
        _ => Vec::new(),
    }
}

fn name_people(identities: &Path) {
    let mut text = fs::read_to_string(identities).unwrap();
    for (mail, user_id) in (1..=PEOPLE).map(person) {
        writeln!(text, "{mail},{user_id}").unwrap();
    }
    fs::write(identities, text).unwrap();
}
