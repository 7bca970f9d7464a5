//! Wrong settings: one message that says which, exit code 2, and nothing was touched. Other failures
//! have exit code 1, because another try may go better.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use super::site::Site;
use crate::harness::{Process, edit};

/// Somebody whose private key was thrown away.
const SIGNERS: &str =
    "[rules]\nsigners = [\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEttgRk+jbQ6JagkxCmZxNft4LQ2/o9u5YMH6ntQ067t\"]\n";

/// Spoils a site's configuration.
type Spoil = fn(&Site);

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_setting_ends_the_start_with_code_2_before_anything_is_touched() {
    let spoils: [(&str, Spoil, &[&str]); 16] = [
        ("no such file", |site| remove(site, "portcullis.toml"), &["no configuration file", "portcullis.toml"]),
        ("not TOML", |site| append(site, "portcullis.toml", "[http\n"), &["portcullis.toml"]),
        ("unknown table", |site| append(site, "portcullis.toml", "[htpp]\n"), &["htpp", "portcullis.toml"]),
        ("unknown key", |site| append(site, "portcullis.toml", "[trail]\npaht = \"x\"\n"), &["paht", "trail"]),
        ("wrong type", |site| append(site, "portcullis.toml", "[executor]\nstop_ms = \"x\"\n"), &["executor.stop_ms"]),
        ("unknown log key", |site| append(site, "portcullis.toml", "[telemetry]\nformt = \"json\"\n"), &["formt"]),
        ("no app secret", |site| remove(site, "app-secret"), &["app-secret", "app_secret_file"]),
        ("no source secret", |site| remove(site, "okta-secret"), &["okta-secret", "cannot be read"]),
        ("app secret for all", |site| expose(site, "app-secret"), &["app-secret", "chmod 600"]),
        ("source secret for all", |site| expose(site, "okta-secret"), &["okta-secret", "0600"]),
        ("guessable secret", |site| write(site, "okta-secret", "whsec_changeme"), &["okta-secret"]),
        (
            "broken rule",
            |site| append(site, "rules/leaked-credential.yml", "titel: x\n"),
            &["leaked-credential.yml:65", "titel"],
        ),
        (
            "a rule that was given up",
            |site| deprecate(site),
            &["deprecated rules are loaded only when that is asked for", "enable_deprecated = true"],
        ),
        ("no rules", |site| fs::remove_dir_all(site.path("rules")).unwrap(), &["rules"]),
        ("unsigned rules", |site| append(site, "portcullis.toml", SIGNERS), &["rules.sig: is missing"]),
        ("two tokens in one", |site| append(site, "portcullis.toml", ADMIN_AGAIN), &["admin"]),
    ];
    for (what, spoil, words) in spoils {
        let site = Site::new().await;
        spoil(&site);
        for ended in [site.spawn_with(&[]).ended().await, check_config(&site).await] {
            assert_eq!((ended.code, ended.stdout.as_slice()), (Some(2), [].as_slice()), "{what}: {ended:?}");
            assert!(ended.stderr.starts_with("portcullis: "), "{what}: {}", ended.stderr);
            assert_eq!(ended.stderr.matches("portcullis: ").count(), 1, "{what}: {}", ended.stderr);
            assert!(words.iter().all(|word| ended.stderr.contains(word)), "{what}: {}", ended.stderr);
            assert!(!ended.stderr.contains("changeme"), "{what}: {}", ended.stderr);
        }
        assert!(!site.path("trail").exists(), "{what}: the trail was touched");
    }
}

/// A rule that its authors have given up.
fn deprecate(site: &Site) {
    edit(&site.path("rules"), "leaked-credential.yml", "status: test", "status: deprecated");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_were_given_up_are_served_and_loaded_again_when_that_is_asked_for() {
    let site = Site::new().await;
    deprecate(&site);
    append(&site, "portcullis.toml", "[rules]\nenable_deprecated = true\n");
    check_config(&site).await.well();
    let program = site.start().await;
    let before = program.get("/v1/rules").await;
    append(&site, "rules/leaked-credential.yml", "# another digest\n");
    program.hang_up();
    program.until_shown("/v1/rules", |rules: &Value| rules["digest"] != before["digest"]).await;
    program.stop().await;
}

/// That can be told only by the trail, so it is opened; nothing is recorded on it.
#[tokio::test(flavor = "multi_thread")]
async fn rules_that_nobody_let_act_end_the_start_with_code_2() {
    let site = Site::new().await;
    append(&site, "portcullis.toml", "[rules]\nrequire_promotion = true\n");
    let ended = site.spawn_with(&[]).ended().await;
    assert_eq!((ended.code, ended.stdout.as_slice()), (Some(2), [].as_slice()), "{ended:?}");
    let wanted =
        "impossible-travel.yml: the rule `Impossible travel on an Enterprise Account` acts, but nobody has let it";
    assert!(ended.stderr.contains(wanted), "{}", ended.stderr);
    assert_eq!(site.records().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_may_pass_ends_the_start_with_code_1() {
    let site = Site::new().await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let config = site.path("portcullis.toml");
    let ended = Process::run(&["serve", "--config", config.to_str().unwrap(), "--listen", &address]).await;
    assert_eq!((ended.code, ended.stdout.as_slice()), (Some(1), [].as_slice()), "{ended:?}");
    assert!(ended.stderr.contains(&format!("portcullis: {address} cannot be listened on")), "{}", ended.stderr);

    let site = Site::new().await;
    write(&site, "trail", "a file where the folder should be");
    let ended = site.spawn_with(&[]).ended().await;
    assert_eq!((ended.code, ended.stdout.as_slice()), (Some(1), [].as_slice()), "{ended:?}");
    assert!(ended.stderr.contains("trail"), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_commands_tell_a_refusal_by_the_same_code() {
    let site = Site::new().await;
    let rules = site.path("rules");
    let check = ["check", rules.to_str().unwrap()];
    Process::run(&check).await.well();
    append(&site, "rules/leaked-credential.yml", "titel: x\n");
    assert_eq!(Process::run(&check).await.code, Some(2));
    let missing = site.path("nothing.toml");
    let verify = Process::run(&["trail", "verify", "--config", missing.to_str().unwrap()]).await;
    assert_eq!(verify.code, Some(2), "{verify:?}");
    assert_eq!(Process::run(&["trail", "verify"]).await.code, Some(2), "the command line says no trail");
    let nothing = Process::run(&["trail", "verify", "--folder", site.path("nothing").to_str().unwrap()]).await;
    assert_eq!(nothing.code, Some(1), "{nothing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_configuration_is_said_to_be_good_without_touching_anything() {
    let site = Site::new().await;
    let ended = check_config(&site).await.well();
    assert_eq!(ended.stdout, ["The configuration is good."]);
    assert!(!site.path("trail").exists());
    let help = Process::run(&["--help"]).await.well();
    assert!(help.stdout.iter().any(|line| line.trim_start().starts_with("2  refused")), "{help:?}");
}

async fn check_config(site: &Site) -> crate::harness::Ended {
    let config = site.path("portcullis.toml");
    Process::run(&["serve", "--check-config", "--config", config.to_str().unwrap()]).await
}

fn append(site: &Site, file: &str, text: &str) {
    let before = fs::read_to_string(site.path(file)).unwrap();
    fs::write(site.path(file), before + text).unwrap();
}

fn write(site: &Site, file: &str, text: &str) {
    fs::write(site.path(file), text).unwrap();
}

fn remove(site: &Site, file: &str) {
    fs::remove_file(site.path(file)).unwrap();
}

/// Readable by everybody on the machine.
fn expose(site: &Site, file: &str) {
    fs::set_permissions(site.path(file), fs::Permissions::from_mode(0o644)).unwrap();
}

/// The name of another token.
const ADMIN_AGAIN: &str = "\
[[access.tokens]]
name = \"admin\"
role = \"auditor\"
sha256 = \"0000000000000000000000000000000000000000000000000000000000000000\"
";
