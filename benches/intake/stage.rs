//! What portcullis needs around it: the sandbox as DingTalk, and the files an operator would write.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use portcullis::incident::{Clock, Timestamp};
use portcullis::sandbox::{self, APP_KEY, APP_SECRET, CORP_ID};

use crate::alerts::{ACCOUNTS, SECRET};

/// The sandbox, on a thread of its own so that calls are stamped when they come, not when the load
/// driver has time.
pub(crate) struct Sandbox {
    pub(crate) state: sandbox::Sandbox,
    url: String,
}

/// Finer than the program's own clock, which counts in milliseconds.
struct FineClock;

impl Clock for FineClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

impl Sandbox {
    /// Starts it; it runs until the process ends.
    pub(crate) fn start() -> Self {
        let (sender, started) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                let settings = sandbox::Settings { listen, calls_per_second: 0, ..sandbox::Settings::default() };
                let running = sandbox::start_with_clock(settings, Arc::new(FineClock)).await.unwrap();
                sender.send(Self { state: running.state().clone(), url: running.url() }).unwrap();
                std::future::pending::<()>().await;
            });
        });
        started.recv().expect("the sandbox starts")
    }

    /// Writes configuration, secrets and rules into `folder`, and gives the configuration's path.
    pub(crate) fn configure(&self, folder: &Path, workers: usize) -> PathBuf {
        write_secret(&folder.join("okta"), SECRET);
        write_secret(&folder.join("app"), APP_SECRET);
        copy_rules(&folder.join("rules"));
        let url = &self.url;
        // Limits as high as they go, so that the work is measured and not the limit; DingTalk's own
        // limit stays.
        let text = format!(
            r#"[http]
listen = "127.0.0.1:0"
workers = {workers}
[rules]
folder = "rules"
[trail]
path = "trail"
[directory]
api_url = "{url}"
oapi_url = "{url}"
app_key = "{APP_KEY}"
app_secret_file = "app"
corp_id = "{CORP_ID}"
calls_per_second = 16
burst = 5
[intake]
per_address = {{ per_second = 1000000, burst = 1000000 }}
[intake.sources.okta]
kind = "okta-event-hook"
signature = "standard-webhooks"
rate = {{ per_second = 1000000, burst = 1000000 }}
secrets = [{{ name = "bench", file = "okta" }}]
"#
        );
        let path = folder.join("portcullis.toml");
        fs::write(&path, text).unwrap();
        path
    }
}

/// The shipped rules, with the sandbox's many accounts as the people who are known.
fn copy_rules(to: &Path) {
    copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), to);
    // What is measured is acting, and not waiting for a human.
    let much = "{per_hour: 10000, per_day: 10000}";
    let crowd = "{accounts: 1000, within: 1d}";
    let budgets = format!(
        "budgets: {{each_rule: {much}, each_source: {much}, organization: {much}}}\n\
         breakers: {{each_rule: {crowd}, each_source: {crowd}}}\n"
    );
    let guardrails = to.join("guardrails.yml");
    let text = fs::read_to_string(&guardrails).unwrap();
    fs::write(guardrails, text + &budgets).unwrap();
    let people: String =
        (1..=ACCOUNTS).map(|number| format!("user{number:04}@example.com,user{number:04}\n")).collect();
    fs::write(to.join("identities.csv"), format!("subject,user_id\n{people}")).unwrap();
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

fn write_secret(path: &Path, secret: &str) {
    fs::write(path, secret).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}
