//! What the log says and does not say (attacks.md section J), of the program as people run it.

use std::fs;
use std::path::PathBuf;

use portcullis::sandbox::{self, APP_SECRET, Running};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Delivery, Process, Set, TestApp};

/// A server that `init` has made, at the sandbox, with a log for collectors.
struct Served {
    above: TempDir,
    token: String,
    url: String,
    server: Process,
    dingtalk: Running,
    client: Client,
}

impl Served {
    async fn start(filter: &str) -> Self {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("try");
        let init = ["init", "--sandbox", "--user-id", "plain01", folder.to_str().unwrap()];
        let said = Process::run(&init).await.well().said();
        let token = said.lines().find_map(|line| line.split_once("shown this once: ")).expect("a token").1.to_owned();
        let add = said.lines().find_map(|line| line.trim().strip_prefix("portcullis source add ")).expect("a command");
        Process::run(&["source", "add"].into_iter().chain(add.split(' ')).collect::<Vec<_>>()).await.well();
        let settings = sandbox::Settings { listen: ([127, 0, 0, 1], 0).into(), ..sandbox::Settings::default() };
        let dingtalk = sandbox::start(settings).await.unwrap();
        let environment = [
            ("PORTCULLIS_HTTP__LISTEN", "127.0.0.1:0"),
            ("PORTCULLIS_TRAIL__BALLAST_BYTES", "0"),
            ("PORTCULLIS_DIRECTORY__API_URL", &dingtalk.url()),
            ("PORTCULLIS_DIRECTORY__OAPI_URL", &dingtalk.url()),
            ("PORTCULLIS_TELEMETRY__FORMAT", "json"),
            ("PORTCULLIS_TELEMETRY__FILTER", filter),
        ];
        let config = folder.join("portcullis.toml");
        let mut server = Process::spawn(&["serve", "--config", config.to_str().unwrap()], &environment);
        let url = server.url().await.expect("it starts");
        let client = Client::builder().no_proxy().build().unwrap();
        Self { above, token, url, server, dingtalk, client }
    }

    fn config(&self) -> PathBuf {
        self.above.path().join("try/portcullis.toml")
    }

    async fn send(&self, event: &Value) {
        let file = self.above.path().join("event.json");
        fs::write(&file, event.to_string()).unwrap();
        let config = self.config();
        let send = ["send", "siem", "--config", config.to_str().unwrap(), "--server", &self.url];
        Process::run(&[&send[..], &["--file", file.to_str().unwrap()]].concat()).await.well();
    }

    /// Waits until the account is disabled.
    async fn contained(&self, user_id: &str) {
        let disabled = async {
            let mut looks = tokio::time::interval(std::time::Duration::from_millis(10));
            while !self.dingtalk.state().account(user_id).unwrap().disabled {
                looks.tick().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), disabled).await.expect("it is disabled");
    }

    /// All that it has logged until its end.
    async fn log(self) -> String {
        let ended = self.server.stop().await;
        self.dingtalk.stop().await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended.stderr
    }
}

fn confirmed(person: &str) -> Value {
    json!({ "type": "account.compromised", "verdict": "confirmed", "user": person, "confirmed_by": "soc.lead@example.com" })
}

#[tokio::test(flavor = "multi_thread")]
async fn j01_what_an_alert_says_forges_no_line_of_the_log() {
    let served = Served::start("trace").await;
    let mut event = confirmed("zhang.san@example.com");
    let hostile = "x\r\n{\"level\":\"ERROR\",\"forged\":true}\n\u{1b}[31mred\u{2028}\u{85}\"},{\"forged\":1";
    event["type"] = json!(hostile);
    event[hostile] = json!(hostile);
    served.send(&event).await;
    let unknown = format!("{}/v1/alerts/%0d%0a%1b%5b31mforged", served.url);
    let answer =
        served.client.post(unknown).header("content-type", "application/json").body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let log = served.log().await;
    assert!(log.lines().count() > 10, "{log}");
    for line in log.lines() {
        let entry: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line:?}"));
        assert!(entry["level"].is_string() && entry.get("forged").is_none(), "{line}");
        assert!(!line.contains(['\u{1b}', '\u{2028}', '\u{85}', '\r']), "{line:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn j02_the_log_has_no_secret_and_nobodys_name_whatever_is_logged() {
    let served = Served::start("portcullis=trace,info").await;
    served.send(&confirmed("zhang.san@example.com")).await;
    served.contained("zhangsan").await;
    let signed_in = served.client.post(format!("{}/sign-in", served.url)).header("origin", &served.url);
    let signed_in = signed_in.header("content-type", "application/x-www-form-urlencoded");
    let signed_in = signed_in.body(format!("token={}&to=%2F", served.token)).send().await.unwrap();
    let cookie = signed_in.headers().get("set-cookie").map(|cookie| cookie.to_str().unwrap().to_owned());
    for path in
        ["/", "/v1/containments", "/v1/trail", "/v1/trail/search?account=email:zhang.san@example.com", "/v1/nothing"]
    {
        let asked = served.client.get(format!("{}{path}", served.url)).bearer_auth(&served.token);
        asked.send().await.unwrap();
    }
    served.client.get(format!("{}/v1/trail", served.url)).bearer_auth("a-wrong-test-token").send().await.unwrap();
    let forged = served.client.post(format!("{}/v1/alerts/siem", served.url)).body("{\"user\":\"li.si@example.com\"}");
    forged.header("content-type", "application/json").header("webhook-signature", "v1,Zm9yZ2Vk").send().await.unwrap();
    let account = served.dingtalk.state().account("zhangsan").unwrap();
    let secrets = fs::read_dir(served.above.path().join("try/secrets")).unwrap();
    let secrets: Vec<String> = secrets
        .filter_map(|file| fs::read_to_string(file.unwrap().path()).ok())
        .map(|text| text.trim().to_owned())
        .collect();
    let mut unsaid = vec![served.token.clone(), APP_SECRET.to_owned(), "a-wrong-test-token".to_owned()];
    unsaid
        .extend(["zhang.san@example.com", "li.si@example.com", "soc.lead@example.com", "Zm9yZ2Vk"].map(str::to_owned));
    unsaid.extend([account.name, account.mobile, account.union_id]);
    unsaid.extend(cookie.and_then(|cookie| Some(cookie.split_once('=')?.1.split(';').next()?.to_owned())));
    unsaid.extend(secrets.into_iter().filter(|secret| !secret.is_empty()));
    assert!(unsaid.len() > 10, "{unsaid:?}");
    let log = served.log().await;
    assert!(log.contains("listening") && log.lines().count() > 10, "{log}");
    for text in unsaid {
        assert!(!log.contains(&text), "{text} is in {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn j03_no_label_of_a_metric_is_what_a_stranger_says() {
    let config = "[telemetry]\nmetrics_listen = \"127.0.0.1:0\"\n";
    let app = TestApp::start_with(Set { config, ..Set::default() }).await;
    let metrics = app.app.metrics_url().unwrap();
    let lines = async || app.client.get(&metrics).send().await.unwrap().text().await.unwrap();
    let mut first = None;
    for round in 0..3 {
        for number in 0..50 {
            let mut delivery = Delivery::of_high_risk("zhang.san@example.com", number, app.now());
            delivery.source = format!("stranger-{round}-{number}");
            assert_eq!(app.deliver(&delivery).await.status, 401);
        }
        let page = lines().await;
        assert!(!page.contains("stranger") && !page.contains("zhang"), "{page}");
        let count = page.lines().count();
        assert_eq!(*first.get_or_insert(count), count, "as many as before");
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j05_a_flood_of_the_same_failure_is_a_few_lines_of_the_log() {
    let served = Served::start("info").await;
    for _ in 0..1_000 {
        let forged =
            served.client.post(format!("{}/v1/alerts/siem", served.url)).header("content-type", "application/json");
        let status =
            forged.header("webhook-signature", "v1,Zm9yZ2Vk").body("{}").send().await.unwrap().status().as_u16();
        assert!([401, 429].contains(&status), "{status}");
    }
    let log = served.log().await;
    assert!(log.lines().count() < 60, "{} lines: {log}", log.lines().count());
}

#[tokio::test(flavor = "multi_thread")]
async fn j06_a_trace_context_that_is_none_is_passed_over() {
    let app = TestApp::start().await;
    let contexts =
        ["garbage", "00-zz-zz-zz", "00-00000000000000000000000000000000-0000000000000000-00", &"0".repeat(4_096)];
    for (number, context) in (0..).zip(contexts) {
        let mut delivery = Delivery::of_high_risk("zhang.san@example.com", number, app.now());
        delivery.headers.push(("traceparent".to_owned(), context.to_owned()));
        delivery.headers.push(("tracestate".to_owned(), context.to_owned()));
        assert_eq!(app.deliver(&delivery).await.status, 202, "{number}");
    }
    assert_eq!(app.end().await.iter().filter(|record| record.event.kind() == "alert.admitted").count(), 4);
}
