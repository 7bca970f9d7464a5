//! Measures what the server takes for each page, over a trail of many records.
//!
//! ```text
//! cargo bench --bench pages                        1,000,000 records (some minutes, and 2 GB in a temporary folder)
//! cargo bench --bench pages -- --records 50000     of so many
//! ```
//!
//! The records are made as in life: signed alerts are posted to the program, in deliveries of many, and some open
//! incidents that are carried out at the sandbox. Then each page is asked for many times, by one reader on one
//! connection; what reading a page puts on the trail is durable before the page comes. `ratio` is to `/healthz` of the
//! same run, and only ratios count.

// A benchmark may fail loudly; the program may not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use portcullis::incident::{Digest, Timestamp};
use portcullis::intake::{SchemeName, sign};
use portcullis::sandbox::{self, APP_KEY, APP_SECRET, CORP_ID};
use reqwest::Client;
use serde_json::{Value, json};

const RECORDS: u64 = 1_000_000;
/// In one delivery.
const EVENTS: u64 = 100;
/// How many deliveries are under way at a time.
const AT_ONCE: u64 = 8;
/// That open an incident, and how many records such a one has at least.
const INCIDENTS: u64 = 50;
/// How often a page is asked for, and for how long at most.
const ROUNDS: usize = 200;
const PATIENCE: Duration = Duration::from_secs(10);
/// Secrets that say what they are; the first is base64 of `test-secret-for-the-pages-bench`.
const SECRET: &str = "whsec_dGVzdC1zZWNyZXQtZm9yLXRoZS1wYWdlcy1iZW5jaA==";
const TOKEN: &str = "test-token-of-an-admin-for-the-pages-bench";
/// The shape, as the demo sends it.
const SHAPE: &str = include_str!("../../src/cli/demo/okta-event-hook.json");
const RULE: &str = "5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c11";

/// The program, ended when dropped.
struct Server {
    child: Child,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let records = arguments.iter().position(|argument| argument == "--records");
    let records = records.map_or(RECORDS, |at| arguments[at + 1].parse().expect("a number of records"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(run(records));
}

async fn run(records: u64) {
    let dingtalk = sandbox::start(sandbox::Settings { listen: "127.0.0.1:0".parse().unwrap(), ..Default::default() });
    let dingtalk = dingtalk.await.unwrap();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let server = start(&configure(folder.path(), &dingtalk.url()));
    let client = Client::new();
    let began = Instant::now();
    fill(&client, &server.url, records).await;
    println!("{records} alerts in {:.0} s", began.elapsed().as_secs_f64());
    let incident = contained(&client, &server.url).await;
    println!("{:<66}{:>10}{:>10}{:>10}{:>9}", "", "p50 ms", "p99 ms", "max ms", "ratio");
    let floor = measure(&client, &server.url, "/healthz").await;
    show("/healthz", &floor, floor[floor.len() / 2]);
    for page in pages(&incident, records) {
        let times = measure(&client, &server.url, &page).await;
        show(&page, &times, floor[floor.len() / 2]);
    }
    drop(server);
    dingtalk.stop().await;
}

fn pages(incident: &str, records: u64) -> Vec<String> {
    let middle = records / 2;
    let fixed = [
        "/",
        "/incidents",
        "/incidents?user_id=user0001",
        "/incidents?text=travel",
        "/trail",
        "/trail?user_id=user0001",
        "/trail?source=okta&kind=alert.admitted",
        "/trail?text=nothing+has+this",
        "/trail?outcome=done",
        "/trail/reports",
        "/trail/reports/containments-without-approval",
        "/trail/reports/held",
        "/trail/reports/rule-versions",
        "/trail/reports/changes",
        "/trail/reports/containment-times",
        "/trail/verify",
        "/rules",
        "/rules/versions",
        "/rules/reasons",
        "/sources",
        "/sources/okta",
        "/settings",
    ];
    let made = [
        format!("/incidents/{incident}"),
        format!("/incidents?rule={RULE}"),
        format!("/trail/records/{middle}"),
        format!("/rules/{RULE}"),
    ];
    fixed.into_iter().map(str::to_owned).chain(made).collect()
}

fn show(page: &str, times: &[Duration], floor: Duration) {
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    let ratio = ms(at(50)) / ms(floor);
    println!("{page:<66}{:>10.2}{:>10.2}{:>10.2}{ratio:>9.1}", ms(at(50)), ms(at(99)), ms(at(100)));
    std::io::stdout().flush().unwrap();
}

/// Sorted.
async fn measure(client: &Client, url: &str, page: &str) -> Vec<Duration> {
    let (mut times, began) = (Vec::new(), Instant::now());
    while times.len() < ROUNDS && (times.len() < 5 || began.elapsed() < PATIENCE) {
        let asked = Instant::now();
        let answer = client.get(format!("{url}{page}")).bearer_auth(TOKEN).send().await.unwrap();
        let status = answer.status();
        answer.bytes().await.unwrap();
        times.push(asked.elapsed());
        assert_eq!(status, 200, "{page}");
    }
    times.sort_unstable();
    times
}

/// Posts so many alerts, the last of which open incidents.
async fn fill(client: &Client, url: &str, records: u64) {
    let shape: Value = serde_json::from_str(SHAPE).unwrap();
    let deliveries = (records / EVENTS).max(1);
    let mut senders = tokio::task::JoinSet::new();
    for sender in 0..AT_ONCE {
        let (client, url, shape) = (client.clone(), url.to_owned(), shape.clone());
        senders.spawn(async move {
            for delivery in (sender..deliveries).step_by(AT_ONCE as usize) {
                let mut body = shape.clone();
                let event = body["data"]["events"][0].take();
                let events: Vec<Value> = (0..EVENTS).map(|number| other(&event, delivery * EVENTS + number)).collect();
                body["data"]["events"] = json!(events);
                post(&client, &url, delivery, &body).await;
            }
        });
    }
    while let Some(ended) = senders.join_next().await {
        ended.unwrap();
    }
    for number in 0..INCIDENTS {
        let mut body = shape.clone();
        body["data"]["events"][0]["uuid"] = json!(format!("incident-{number}"));
        body["data"]["events"][0]["target"][0]["alternateId"] = json!(format!("user{:04}@example.com", number + 1));
        post(client, url, deliveries + number, &body).await;
    }
}

/// An event that nothing matches.
fn other(event: &Value, number: u64) -> Value {
    let mut event = event.clone();
    event["uuid"] = json!(format!("event-{number}"));
    event["eventType"] = json!("user.authentication.sso");
    event["target"][0]["alternateId"] = json!(format!("user{:04}@example.com", number * 7_919 % 10_000));
    event
}

async fn post(client: &Client, url: &str, number: u64, body: &Value) {
    let body = body.to_string();
    let headers =
        sign(SchemeName::StandardWebhooks, SECRET, &format!("msg_{number}"), body.as_bytes(), Timestamp::now());
    let request = client.post(format!("{url}/v1/alerts/okta")).header("content-type", "application/json");
    let headers = headers.expect("the test secret is good");
    let request = headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
    let answer = request.body(body).send().await.unwrap();
    assert_eq!(answer.status(), 202, "{}", answer.text().await.unwrap());
}

/// One of those that were opened, once all are carried out.
async fn contained(client: &Client, url: &str) -> String {
    loop {
        let answer = client.get(format!("{url}/v1/containments")).bearer_auth(TOKEN).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        let all = answer["containments"].as_array().expect("a list");
        if all.len() as u64 >= INCIDENTS {
            return all[0]["incident"].as_str().expect("an id").to_owned();
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn start(config: &Path) -> Server {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.arg("serve").arg("--config").arg(config);
    let log = fs::File::create(config.with_file_name("log")).unwrap();
    let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the server can be run");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("listening on ").expect("it listens").to_owned();
    Server { child, url }
}

/// Limits as high as they go, so that the work is measured and not the limit.
fn configure(folder: &Path, dingtalk: &str) -> PathBuf {
    for (name, secret) in [("okta", SECRET), ("app", APP_SECRET)] {
        fs::write(folder.join(name), secret).unwrap();
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let rules = folder.join("rules");
    copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &rules);
    let much = "{per_hour: 10000, per_day: 10000}";
    let crowd = "{accounts: 1000, within: 1d}";
    let limits = format!(
        "budgets: {{each_rule: {much}, each_source: {much}, organization: {much}}}\n\
         breakers: {{each_rule: {crowd}, each_source: {crowd}}}\n"
    );
    let text = fs::read_to_string(rules.join("guardrails.yml")).unwrap();
    fs::write(rules.join("guardrails.yml"), text + &limits).unwrap();
    let people: String = (1..=200).map(|number| format!("user{number:04}@example.com,user{number:04}\n")).collect();
    fs::write(rules.join("identities.csv"), format!("subject,user_id\n{people}")).unwrap();
    let digest = Digest::of(TOKEN.as_bytes());
    let path = folder.join("portcullis.toml");
    let text = format!(
        r#"[http]
listen = "127.0.0.1:0"
[rules]
folder = "rules"
[trail]
path = "trail"
[directory]
api_url = "{dingtalk}"
oapi_url = "{dingtalk}"
app_key = "{APP_KEY}"
app_secret_file = "app"
corp_id = "{CORP_ID}"
[[access.tokens]]
name = "bench"
role = "admin"
sha256 = "{digest}"
[intake]
per_address = {{ per_second = 1000000, burst = 1000000 }}
[intake.sources.okta]
kind = "okta-event-hook"
signature = "standard-webhooks"
rate = {{ per_second = 1000000, burst = 1000000 }}
secrets = [{{ name = "bench", file = "okta" }}]
"#
    );
    fs::write(&path, text).unwrap();
    path
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
