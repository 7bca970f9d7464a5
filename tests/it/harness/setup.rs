//! What a test sets before the start, and the folder an app is started from.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use portcullis::config::{self, Config};
use portcullis::incident::Digest;
use portcullis::sandbox::{self, APP_KEY, APP_SECRET, CORP_ID};

use super::delivery::{GITHUB, OKTA, SIEM, SLOW};

/// Test tokens, one for each role.
pub(crate) const AUDITOR: &str = "test-token-auditor-00000000000000000000";
pub(crate) const ENGINEER: &str = "test-token-engineer-0000000000000000000";
pub(crate) const DEPUTY: &str = "test-token-deputy-000000000000000000000";
pub(crate) const RESPONDER: &str = "test-token-responder-000000000000000000";
pub(crate) const ADMIN: &str = "test-token-admin-0000000000000000000000";

/// What DingTalk's callbacks are signed and encrypted with, where a test configures them.
pub(crate) const DINGTALK_TOKEN: &str = "testonly7yQm4vTzKc1tokenA";
pub(crate) const DINGTALK_AES_KEY: &str = "testonly7yQm4vTzKc1AesKeyOfNobodyAtAll00001";

/// Which store keeps the trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    InMemory,
    BySled,
}

/// What a test sets before the start.
pub(crate) struct Set {
    /// More lines for the configuration.
    pub(crate) config: &'static str,
    /// More files beside it, which only we may read.
    pub(crate) files: Vec<(&'static str, String)>,
    /// Changes to what was read from it.
    pub(crate) adjust: fn(&mut Config),
    /// Changes to a copy of the shipped rules folder.
    pub(crate) rules: fn(&Path),
    /// The sandbox.
    pub(crate) sandbox: sandbox::Settings,
    /// The store.
    pub(crate) kept: Kept,
    /// The account at whose sight our own code fails.
    pub(crate) poison: Option<&'static str>,
}

impl Default for Set {
    fn default() -> Self {
        let listen = ([127, 0, 0, 1], 0).into();
        let sandbox = sandbox::Settings { listen, calls_per_second: 0, ..sandbox::Settings::default() };
        Self {
            config: "",
            files: Vec::new(),
            adjust: |_| {},
            rules: |_| {},
            sandbox,
            kept: Kept::InMemory,
            poison: None,
        }
    }
}

/// Puts `new` in place of `old` in a file of the rules folder; `old` must be there. At one stroke, as a server
/// may be reading.
pub(crate) fn edit(rules: &Path, file: &str, old: &str, new: &str) {
    let path = rules.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(old), "{file} does not have {old:?}");
    let beside = rules.with_extension("edited");
    fs::write(&beside, text.replace(old, new)).unwrap();
    fs::rename(beside, path).unwrap();
}

/// Allows as much as can be allowed, for tests about something else that act on many people.
pub(crate) fn allow_much(rules: &Path) {
    let much = "{per_hour: 10000, per_day: 10000}";
    let crowd = "{accounts: 1000, within: 1d}";
    let budgets = format!(
        "budgets: {{each_rule: {much}, each_source: {much}, organization: {much}}}\n\
         breakers: {{each_rule: {crowd}, each_source: {crowd}}}\n"
    );
    let path = rules.join("guardrails.yml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains("\nbudgets:"), "there are budgets already");
    fs::write(path, text + &budgets).unwrap();
}

/// Writes the configuration and its secrets into `folder`, and reads them as the server does.
pub(crate) fn configure(folder: &Path, sandbox: &str, more: &str) -> Config {
    write_secret(&folder.join("app-secret"), APP_SECRET);
    for source in [OKTA, GITHUB, SIEM] {
        write_secret(&folder.join(format!("{}-secret", source.name)), source.secret);
    }
    // Told apart from the others, as two sources may not share a secret.
    write_secret(&folder.join("slow-secret"), SLOW.secret);
    write_secret(&folder.join("next-secret"), "test-secret-for-what-comes-next-1");
    write_secret(&folder.join("dingtalk-token"), DINGTALK_TOKEN);
    write_secret(&folder.join("dingtalk-aes-key"), DINGTALK_AES_KEY);
    let path = folder.join("portcullis.toml");
    fs::write(&path, text(sandbox, more)).unwrap();
    let mut config = config::load(&path, &[]).unwrap();
    // Nothing is kept in reserve but by tests of that: each would take as much of the disk.
    config.trail.ballast_bytes = 0;
    config
}

fn text(sandbox: &str, more: &str) -> String {
    let tokens = [
        ("auditor", "auditor", AUDITOR),
        ("engineer", "engineer", ENGINEER),
        ("responder", "responder", RESPONDER),
        ("deputy", "responder", DEPUTY),
        ("admin", "admin", ADMIN),
    ];
    let tokens = tokens.map(|(name, role, token)| {
        let sha256 = Digest::of(token.as_bytes());
        // The administrator's own account is not known.
        let own = if name == "admin" { String::new() } else { format!("user_id = \"{}\"\n", own_account(name)) };
        format!("[[access.tokens]]\nname = \"{name}\"\nrole = \"{role}\"\nsha256 = \"{sha256}\"\n{own}")
    });
    let source = |name: &str, kind: &str, signature: &str| {
        format!(
            r#"[intake.sources.{name}]
kind = "{kind}"
signature = "{signature}"
rate = {{ per_second = 100000, burst = 100000 }}
secrets = [{{ name = "test", file = "{name}-secret" }}]
"#
        )
    };
    format!(
        r#"[http]
listen = "127.0.0.1:0"
workers = 2
trusted_proxies = ["127.0.0.9"]
[directory]
api_url = "{sandbox}"
oapi_url = "{sandbox}"
app_key = "{APP_KEY}"
app_secret_file = "app-secret"
corp_id = "{CORP_ID}"
calls_per_second = 10
burst = 11
timeout_ms = 1000
connect_timeout_ms = 500
{}{}{}{}{more}
"#,
        source("okta", "okta-event-hook", "standard-webhooks"),
        source("github", "okta-event-hook", "github-hmac"),
        source("siem", "generic", "standard-webhooks"),
        tokens.concat(),
    )
}

/// The accounts of those who have tokens, which are there.
fn own_account(name: &str) -> &'static str {
    match name {
        "responder" => "user0197",
        "deputy" => "user0198",
        _ => "user0199",
    }
}

pub(super) fn write_secret(path: &Path, secret: &str) {
    fs::write(path, secret).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// A folder with everything in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
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
