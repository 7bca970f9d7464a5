//! `portcullis init`: what it writes starts, receives an alert and contains somebody.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use portcullis::config;
use portcullis::sandbox;
use serde_json::json;

use crate::harness::Process;

/// What hangs is ended then.
const PATIENCE: Duration = Duration::from_secs(20);

async fn init(arguments: &[&str]) -> crate::harness::Ended {
    Process::run(&[&["init"][..], arguments].concat()).await
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_starts_and_contains_the_first_account() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("try");
    let said = init(&["--sandbox", "--user-id", "plain01", folder.to_str().unwrap()]).await.well().said();
    let token = said.lines().find_map(|line| line.split_once("shown this once: ")).expect("a token").1.to_owned();
    for secret in ["dingtalk-app-secret", "trail-master-key"] {
        assert_eq!(mode(&folder.join("secrets").join(secret)), 0o600, "{secret}");
    }
    assert_eq!(mode(&folder.join("secrets")), 0o700);
    assert_eq!(fs::read_dir(above.path()).unwrap().count(), 1, "nothing is left beside it");
    let path = folder.join("portcullis.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("# Who may send.") && text.contains("calls_per_second = 10           #"), "{text}");
    assert!(!text.contains(&token) && !text.contains("[intake.sources.okta]"), "{text}");

    // As it says itself.
    let path = path.to_str().unwrap();
    let add = said.lines().find_map(|line| line.trim().strip_prefix("portcullis source add ")).expect("a command");
    let add: Vec<&str> = ["source", "add"].into_iter().chain(add.split(' ')).collect();
    Process::run(&add).await.well();
    let check = folder.join("rules");
    Process::run(&["check", check.to_str().unwrap()]).await.well();
    let settings = sandbox::Settings { listen: ([127, 0, 0, 1], 0).into(), ..sandbox::Settings::default() };
    let dingtalk = sandbox::start(settings).await.unwrap();
    let environment = [
        ("PORTCULLIS_HTTP__LISTEN", "127.0.0.1:0"),
        ("PORTCULLIS_TRAIL__BALLAST_BYTES", "0"),
        ("PORTCULLIS_DIRECTORY__API_URL", &dingtalk.url()),
        ("PORTCULLIS_DIRECTORY__OAPI_URL", &dingtalk.url()),
    ];
    let mut server = Process::spawn(&["serve", "--config", path], &environment);
    let url = server.url().await.expect("it starts");
    let event = json!({"type": "account.compromised", "verdict": "confirmed", "user": "zhang.san@example.com",
        "confirmed_by": "soc.lead@example.com"});
    let file = above.path().join("event.json");
    fs::write(&file, event.to_string()).unwrap();
    let send = ["send", "siem", "--config", path, "--server", &url, "--file", file.to_str().unwrap()];
    assert!(Process::run(&send).await.well().said().contains("202"));
    let contained = async {
        let mut looks = tokio::time::interval(Duration::from_millis(10));
        while !dingtalk.state().account("zhangsan").unwrap().disabled {
            looks.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, contained).await.expect("the account is disabled");
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let shown = client.get(format!("{url}/v1/containments")).bearer_auth(&token).send().await.unwrap();
    assert_eq!(shown.status(), 200);
    assert_eq!(server.stop().await.code, Some(0));
    dingtalk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_overwritten_and_what_is_missing_is_named() {
    let above = tempfile::tempdir().unwrap();
    let (folder, kept) = (above.path().join("new"), above.path().join("kept"));
    fs::create_dir(&kept).unwrap();
    fs::write(kept.join("mine"), "mine").unwrap();
    let refused = init(&["--sandbox", kept.to_str().unwrap()]).await;
    assert!(refused.code == Some(2) && refused.stderr.contains("is there already"), "{refused:?}");
    let secret = above.path().join("secret");
    fs::write(&secret, "test-only-secret").unwrap();
    let all = ["--dingtalk", "com", "--corp-id", "dingtest", "--app-key", "key", "--app-secret-file"];
    for missing in [1, 3, 5, 7] {
        let said: Vec<&str> = all.iter().copied().take(missing - 1).chain([folder.to_str().unwrap()]).collect();
        let refused = init(&said).await;
        assert!(refused.code == Some(2) && refused.stderr.contains(all[missing - 1]), "{refused:?}");
        assert!(!folder.exists());
    }
    let said = [&all[..], &[secret.to_str().unwrap(), folder.to_str().unwrap()]].concat();
    init(&said).await.well();
    let config = config::load(&folder.join("portcullis.toml"), &[]).unwrap();
    assert_eq!((config.directory.app_key.as_str(), config.directory.corp_id.as_str()), ("key", "dingtest"));
    assert_eq!(fs::read_to_string(folder.join("secrets/dingtalk-app-secret")).unwrap().trim(), "test-only-secret");
    let people = fs::read_to_string(folder.join("rules/identities.csv")).unwrap();
    assert_eq!(people.lines().last(), Some("subject,user_id"), "nobody of the simulator");
    let path = folder.join("portcullis.toml");
    Process::run(&["serve", "--check-config", "--config", path.to_str().unwrap()]).await.well();
    let again = init(&said).await;
    assert_eq!(again.code, Some(2), "{again:?}");
}

#[test]
fn whoever_sits_before_a_terminal_is_asked() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("asked");
    let program = format!("{} init {}", env!("CARGO_BIN_EXE_portcullis"), folder.display());
    let mut terminal = Command::new("script")
        .args(["--quiet", "--return", "--flush", "--command", &program, "/dev/null"])
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut keys = terminal.stdin.take().unwrap();
    let mut screen = terminal.stdout.take().unwrap();
    let mut shown = String::new();
    for (prompt, typed) in [
        ("international", "\x1b[B\r"),
        ("CorpId", "dingasked\r"),
        ("Client ID", "keyasked\r"),
        ("Client Secret", "test-only-secret\r"),
    ] {
        let mut part = [0; 1024];
        while !shown.contains(prompt) {
            let read = screen.read(&mut part).unwrap();
            assert_ne!(read, 0, "{prompt} is not asked for: {shown}");
            shown += &String::from_utf8_lossy(&part[..read]);
        }
        keys.write_all(typed.as_bytes()).unwrap();
    }
    screen.read_to_string(&mut shown).unwrap();
    assert!(terminal.wait().unwrap().success(), "{shown}");
    assert!(!shown.contains("test-only-secret"), "{shown}");
    let config = config::load(&folder.join("portcullis.toml"), &[]).unwrap_or_else(|error| panic!("{error}: {shown}"));
    assert_eq!((config.directory.app_key.as_str(), config.directory.corp_id.as_str()), ("keyasked", "dingasked"));
    let secret = fs::read_to_string(folder.join("secrets/dingtalk-app-secret")).unwrap();
    assert_eq!(secret.trim(), "test-only-secret");
}
