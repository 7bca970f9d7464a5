//! A real Alertmanager, set up as `source add` says, and what becomes of its alerts.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use portcullis::incident::{Event, IncidentId, SenderEvent, VerdictKind};
use portcullis::sandbox::Api;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::installed::MISSING;
use crate::harness::*;

/// Nothing here takes longer; it only ends what hangs.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a condition is looked at that only polling can show.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// What Alertmanager counts.
const REQUESTS: &str = "alertmanager_notification_requests_total";
const REQUESTS_FAILED: &str = "alertmanager_notification_requests_failed_total";
const FAILED: &str = "alertmanager_notifications_failed_total";

/// Contains whoever is in an alert that fires; what Alertmanager sends is not signed.
const RULE: &str = "\
title: Impossible travel, as Prometheus sees it
id: 0b9d2f5e-6f0e-4c6e-9a57-2a7f3a3f1c55
level: high
owner: identity-security
logsource: { product: alertmanager }
detection:
  selection: { status: firing, labels.alertname: ImpossibleTravel }
  condition: selection
response:
  mode: enforce
  assurance: C
  account: { email: labels.user }
  steps:
    - sign_out: { reason: '{{ rule.title }}', employee_reason: account-takeover }
    - disable: { reason: '{{ rule.title }}', expires_in: 8h }
tests:
  - name: an alert that fires is acted on
    alert: { status: firing, labels: { alertname: ImpossibleTravel, user: zhang.san@example.com } }
    expect: { account: zhang.san@example.com, steps: [sign_out, disable] }
  - name: one that is resolved is not
    alert: { status: resolved, labels: { alertname: ImpossibleTravel, user: zhang.san@example.com } }
    expect: none
";

fn acts(rules: &Path) {
    fs::write(rules.join("siem/alertmanager-test.yml"), RULE).unwrap();
}

/// What `source add` wrote and said.
struct Added {
    folder: TempDir,
    /// The source, for the configuration of a server elsewhere.
    source: String,
    /// The line for Alertmanager's configuration.
    receivers: String,
    /// What Alertmanager is to show.
    credentials: String,
}

impl Added {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("portcullis.toml");
        let before =
            "[directory]\npreset = \"io\"\napp_key = \"key\"\napp_secret_file = \"app\"\ncorp_id = \"ding1\"\n";
        fs::write(&config, before).unwrap();
        let (config, url) = (config.to_str().unwrap(), "http://portcullis.test");
        let allowed = ["--allow-unsigned", "--address", "127.0.0.0/8"];
        let arguments = [&["source", "add", "alertmanager", "--config", config, "--url", url][..], &allowed].concat();
        let said = Process::run(&arguments).await.well().stdout;
        let step = |begins: &str| said.iter().find_map(|line| line.trim().strip_prefix(begins)).unwrap().to_owned();
        let text = fs::read_to_string(config).unwrap();
        let (_, source) = text.split_once("[intake.sources.alertmanager]").unwrap();
        let shown = step("In the webhook_config: ");
        let here = format!("file = \"{}/secrets/", folder.path().display());
        Self {
            source: format!("[intake.sources.alertmanager]{}", source.replace("file = \"secrets/", &here)),
            receivers: format!("receivers: {}", step("receivers: ").replace("}]}]", &format!(", {shown}}}]}}]"))),
            credentials: step("FILE holds: "),
            folder,
        }
    }

    async fn app(&self) -> TestApp {
        let config = Box::leak(self.source.clone().into_boxed_str());
        TestApp::start_with(Set { config, rules: acts, ..Set::default() }).await
    }
}

/// A running Alertmanager. Killed when dropped.
struct Alertmanager {
    child: Child,
    url: String,
    client: reqwest::Client,
}

impl Alertmanager {
    /// Set up as the guide says, with these credentials and times of its route.
    async fn start(added: &Added, app: &TestApp, credentials: &str, times: &str) -> Self {
        let folder = added.folder.path();
        let (config, secret, storage) =
            (folder.join("alertmanager.yml"), folder.join("credentials"), folder.join("data"));
        fs::write(&secret, credentials).unwrap();
        let receivers = added.receivers.replace("http://portcullis.test", &app.app.url());
        let receivers = receivers.replace("FILE", secret.to_str().unwrap());
        fs::write(&config, format!("route: {{receiver: portcullis, group_by: [alertname], {times}}}\n{receivers}\n"))
            .unwrap();
        let mut command = Command::new("prometheus-alertmanager");
        command.arg(format!("--config.file={}", config.display())).arg(format!("--storage.path={}", storage.display()));
        // Alone, and on this machine only.
        command.args(["--web.listen-address=127.0.0.1:0", "--cluster.listen-address="]);
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect(MISSING);
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, mut lines) = mpsc::unbounded_channel();
        // Read to the end also when nobody listens any more, or it would stall.
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let mut alertmanager = Self { child, url: String::new(), client };
        alertmanager.url = listening(&mut lines).await;
        alertmanager
    }

    /// What Prometheus posts while an alert fires, and once more when it has ended.
    async fn alert(&self, user: &str, ends_at: Option<&str>) {
        let labels = json!({"alertname": "ImpossibleTravel", "severity": "critical", "user": user});
        let mut alert =
            json!({"labels": labels, "annotations": {"summary": "两国登录"}, "startsAt": "2026-11-20T21:58:23.424Z"});
        if let Some(ends_at) = ends_at {
            alert["endsAt"] = ends_at.into();
        }
        let answer =
            self.client.post(format!("{}/api/v2/alerts", self.url)).json(&json!([alert])).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }

    /// How many it counts for its webhooks.
    async fn count(&self, name: &str) -> u64 {
        let text = self.client.get(format!("{}/metrics", self.url)).send().await.unwrap().text().await.unwrap();
        let ours = text.lines().filter(|line| line.starts_with(&format!("{name}{{")) && line.contains("\"webhook\""));
        ours.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
    }

    /// Waits until it counts so many.
    async fn until(&self, name: &str, least: u64) {
        eventually(name, async || (self.count(name).await >= least).then_some(())).await;
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        // Both fail only when it is gone already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until it says where it listens.
async fn listening(lines: &mut mpsc::UnboundedReceiver<String>) -> String {
    let mut said = Vec::new();
    while let Ok(Some(line)) = tokio::time::timeout(PATIENCE, lines.recv()).await {
        if let Some((_, address)) = line.split_once("msg=\"Listening on\" address=") {
            return format!("http://{}", address.trim());
        }
        said.push(line);
    }
    panic!("Alertmanager does not listen: {said:#?}");
}

/// Looks until there is what is waited for.
async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let found = async {
        loop {
            looks.tick().await;
            if let Some(found) = look().await {
                return found;
            }
        }
    };
    tokio::time::timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("it never came: {what}"))
}

/// Waits until so many alerts are on the trail; gives whether a rule plans for each, and what it opened.
async fn admitted(app: &TestApp, least: usize) -> Vec<(bool, Vec<IncidentId>)> {
    let look = async || Some(app.records_of("alert.admitted")).filter(|records| records.len() >= least);
    let told = eventually("alert.admitted", look).await.into_iter().map(|record| match record.event {
        Event::AlertAdmitted { verdict, opened, .. } => {
            (verdict.kind == VerdictKind::Planned, opened.into_iter().map(|opened| opened.plan.incident).collect())
        }
        other => panic!("{}", other.kind()),
    });
    told.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_of_a_real_alertmanager_is_acted_on_once_however_often_it_comes_until_it_is_resolved() {
    let added = Added::new().await;
    let app = added.app().await;
    let times = "group_wait: 0s, group_interval: 200ms, repeat_interval: 100ms";
    let alertmanager = Alertmanager::start(&added, &app, &added.credentials, times).await;
    alertmanager.alert("zhang.san@example.com", None).await;
    let first = admitted(&app, 1).await;
    assert!(first[0].0, "the rule plans");
    app.until_contained(&first[0].1[0]).await;
    alertmanager.until(REQUESTS, 4).await;
    assert_eq!(admitted(&app, 1).await, first, "the same again is known");

    alertmanager.alert("zhang.san@example.com", Some("2026-11-20T22:10:00Z")).await;
    let both = admitted(&app, 2).await;
    assert_eq!(both[1], (false, Vec::new()), "that it is resolved is recorded, and opens nothing");
    assert_eq!((alertmanager.count(REQUESTS_FAILED).await, alertmanager.count(FAILED).await), (0, 0));
    let dingtalk = app.dingtalk();
    assert_eq!((dingtalk.received(Api::SignOut), dingtalk.received(Api::Disable)), (1, 1));
    drop(alertmanager);
    app.end().await;
}

/// So long between two rounds that what comes again comes in the same round.
const ONE_ROUND: &str = "group_wait: 0s, group_interval: 1h, repeat_interval: 1h";

#[tokio::test(flavor = "multi_thread")]
async fn a_real_alertmanager_with_other_credentials_is_refused_and_does_not_try_again() {
    let added = Added::new().await;
    let app = added.app().await;
    let other = "test-only-credentials-of-somebody-else-0000000000000000";
    let alertmanager = Alertmanager::start(&added, &app, other, ONE_ROUND).await;
    alertmanager.alert("zhang.san@example.com", None).await;
    // The round is over with one request.
    alertmanager.until(FAILED, 1).await;
    assert_eq!((alertmanager.count(REQUESTS).await, alertmanager.count(REQUESTS_FAILED).await), (1, 1));
    assert_eq!(app.dingtalk().calls(), []);
    drop(alertmanager);
    // Refusals are counted, and recorded at the latest by the end.
    let events: Vec<Event> = app.end().await.into_iter().map(|record| record.event).collect();
    assert!(!events.iter().any(|event| event.kind() == "alert.admitted"));
    let refused = events.into_iter().find_map(|event| match event {
        Event::Sender(SenderEvent::Refused { source, reason, count, .. }) => Some((source.unwrap(), reason, count)),
        _ => None,
    });
    let (source, reason, count) = refused.unwrap();
    assert_eq!((source.as_str(), reason.as_str(), count), ("alertmanager", "secret_wrong", 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_alertmanager_comes_again_at_once_when_nothing_could_be_recorded() {
    let added = Added::new().await;
    let app = added.app().await;
    let alertmanager = Alertmanager::start(&added, &app, &added.credentials, ONE_ROUND).await;
    app.refuse_appends(true);
    alertmanager.alert("zhang.san@example.com", None).await;
    alertmanager.until(REQUESTS_FAILED, 1).await;
    assert_eq!(app.records_of("alert.admitted"), []);
    app.refuse_appends(false);
    let admitted = admitted(&app, 1).await;
    app.until_contained(&admitted[0].1[0]).await;
    alertmanager.until(REQUESTS, 2).await;
    let requests = alertmanager.count(REQUESTS).await;
    assert_eq!(alertmanager.count(REQUESTS_FAILED).await, requests - 1, "the last was taken");
    assert_eq!(alertmanager.count(FAILED).await, 0, "all in one round");
    assert_eq!(app.dingtalk().received(Api::SignOut), 1);
    drop(alertmanager);
    app.end().await;
}
