//! What `source` writes and says where a configuration, a sender or a service unit is not the simplest one.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::Path;

use crate::harness::*;

const DIRECTORY: &str =
    "# Ours.\n[directory]\npreset = \"io\"\napp_key = \"key\"\napp_secret_file = \"app\"\ncorp_id = \"ding1\"\n";
const MADE_BY_THE_SENDER: &str = "whsec_dGVzdCB2YWx1ZSB0aGF0IHRoZSBzZW5kZXIgaGFzIG1hZGU=";

fn configured(folder: &Path) -> String {
    let path = folder.join("portcullis.toml");
    fs::write(&path, DIRECTORY).unwrap();
    path.to_str().unwrap().to_owned()
}

async fn source(words: &[&str]) -> Ended {
    Process::run(&[&["source"][..], words].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn b24_no_secret_is_made_up_for_a_sender_that_makes_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let config = configured(folder.path());
    let piped = folder.path().join("piped");
    fs::write(&piped, MADE_BY_THE_SENDER).unwrap();
    let reading = format!("exec < {}", piped.display());
    for kind in ["slack", "pagerduty", "sentry", "stripe-style", "svix", "standard-webhooks"] {
        // One source for each, as no two may have the same secret.
        let one = tempfile::tempdir().unwrap();
        let config = configured(one.path());
        let add = ["source", "add", kind, "--secret-stdin", "--config", &config];
        Process::spawn_under(&reading, &add, &[]).ended().await.well();
        let before = fs::read_to_string(&config).unwrap();
        let made_up = source(&["rotate", kind, "--config", &config]).await;
        assert_eq!(made_up.code, Some(2), "{kind}: {made_up:?}");
        assert!(made_up.stderr.contains("--secret-stdin"), "{made_up:?}");
        assert!(made_up.stderr.contains(&format!("/v1/alerts/{kind}")), "with the steps: {made_up:?}");
        assert_eq!(fs::read_to_string(&config).unwrap(), before);
        assert_eq!(fs::read_dir(one.path().join("secrets")).unwrap().count(), 1, "{kind}: nothing is left");
        fs::write(&piped, MADE_BY_THE_SENDER.replace("dGVzdCB2", "dGVzdCB3")).unwrap();
        let rotate = ["source", "rotate", kind, "--secret-stdin", "--config", &config];
        let rotated = Process::spawn_under(&reading, &rotate, &[]).ended().await.well();
        assert!(!rotated.said().contains("give the sender"), "{rotated:?}");
        fs::write(&piped, MADE_BY_THE_SENDER).unwrap();
    }
    // What a gateway signs with is ours to make.
    let gateway = ["add", "slack", "--signature", "github-hmac", "--config", &config];
    source(&gateway).await.well();
    source(&["rotate", "slack", "--config", &config]).await.well();
}

#[tokio::test(flavor = "multi_thread")]
async fn k10_a_configuration_stays_a_link_and_whose_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let managed = folder.path().join("managed");
    fs::create_dir(&managed).unwrap();
    let (file, link) = (managed.join("ours"), folder.path().join("portcullis.toml"));
    fs::write(&file, DIRECTORY).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("managed/ours", &link).unwrap();
    // Only root can give a file away.
    let owner = if fs::metadata(&file).unwrap().uid() == 0 {
        (4711, 4712)
    } else {
        (fs::metadata(&file).unwrap().uid(), fs::metadata(&file).unwrap().gid())
    };
    chown(&file, Some(owner.0), Some(owner.1)).unwrap();
    // Somebody else's files, by the names that were once used.
    for taken in [managed.join("ours.toml.new"), folder.path().join("portcullis.toml.new")] {
        fs::write(&taken, "somebody else's").unwrap();
    }
    let config = link.to_str().unwrap();
    source(&["add", "github", "--config", config]).await.well();
    source(&["rotate", "github", "--config", config]).await.well();
    source(&["rotate", "github", "--config", config, "--finish"]).await.well();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let metadata = fs::metadata(&file).unwrap();
    assert_eq!((metadata.uid(), metadata.gid(), metadata.mode() & 0o7777), (owner.0, owner.1, 0o640));
    assert!(fs::read_to_string(&file).unwrap().contains("[intake.sources.github]"));
    let names = |folder: &Path| {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(names(&managed), ["ours", "ours.toml.new"].map(str::to_owned).into());
    let expected = ["managed", "portcullis.toml", "portcullis.toml.new", "secrets"].map(str::to_owned);
    assert_eq!(names(folder.path()), expected.into());
    assert_eq!(fs::read_to_string(folder.path().join("portcullis.toml.new")).unwrap(), "somebody else's");
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_are_those_of_how_it_is_signed() {
    let folder = tempfile::tempdir().unwrap();
    let config = configured(folder.path());
    let grafana = source(&["add", "grafana", "--signature", "grafana-timestamp", "--config", &config]).await.well();
    assert!(!grafana.said().contains("Better: "), "{grafana:?}");
    assert!(grafana.said().contains("Timestamp header, beside the signature: X-Grafana-Alerting-Timestamp"));
    let plain = source(&["add", "grafana", "--name", "plain", "--config", &config]).await.well();
    assert!(plain.said().contains("Better: "), "{plain:?}");
    // What GitHub signs it signs in its own way, whatever a gateway does.
    let github = source(&["add", "github", "--signature", "standard-webhooks", "--config", &config]).await.well();
    let steps = github.said().split_once("At the sender, with a URL and a secret of what signs:").unwrap().1.to_owned();
    let steps = steps.split_once("A running server").unwrap().0;
    assert!(!steps.contains("whsec_") && !steps.contains("/v1/alerts/"), "{steps}");
    assert!(steps.contains("Payload URL: <the URL of what signs>"), "{steps}");
    assert!(steps.contains("Secret: <the secret of what signs>"), "{steps}");
    let apprise = source(&["add", "apprise", "--allow-unsigned", "--config", &config]).await.well();
    assert!(apprise.said().contains("?+Authorization=Bearer%20"), "{apprise:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_systemd_has_not_handed_over_yet_is_read_where_it_takes_it_from() {
    let folder = tempfile::tempdir().unwrap();
    let config = configured(folder.path());
    source(&["add", "keycloak", "--systemd", "--config", &config]).await.well();
    assert!(fs::read_to_string(&config).unwrap().contains("/run/credentials/portcullis.service/secret_keycloak-"));
    let send = ["send", "keycloak", "--print", "--config", &config];
    let printed = Process::run(&send).await.well();
    assert!(printed.said().contains("x-keycloak-signature: "), "{printed:?}");
    // Without it, what to do is said.
    for file in fs::read_dir(folder.path().join("secrets")).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    let check = ["serve", "--check-config", "--config", &config];
    for words in [&send[..], &check] {
        let missing = Process::run(words).await;
        assert_eq!(missing.code, Some(2), "{missing:?}");
    }
    let missing = Process::run(&send).await;
    assert!(missing.stderr.contains("systemctl restart portcullis"), "{missing:?}");
}

/// What is written where a source is added and rotated.
struct Written {
    folder: tempfile::TempDir,
    config: String,
}

impl Written {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = configured(folder.path());
        Self { folder, config }
    }

    /// `source` with these words and a secret on its standard input.
    async fn piping(&self, secret: &str, words: &[&str]) -> Ended {
        let piped = self.folder.path().join("piped");
        fs::write(&piped, secret).unwrap();
        let words = [&["source"][..], words, &["--secret-stdin", "--config", &self.config]].concat();
        Process::spawn_under(&format!("exec < {}", piped.display()), &words, &[]).ended().await
    }

    /// The configuration, and the names of all secret files.
    fn state(&self) -> (String, Vec<String>) {
        let files = fs::read_dir(self.folder.path().join("secrets")).into_iter().flatten();
        let mut files: Vec<_> = files.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        files.sort_unstable();
        (fs::read_to_string(&self.config).unwrap(), files)
    }

    fn refused(&self, before: &(String, Vec<String>), ended: &Ended, words: &[&str]) {
        assert_eq!(ended.code, Some(2), "{ended:?}");
        for word in words.iter().chain(&["nothing is written"]) {
            assert!(ended.stderr.contains(word), "{word}: {ended:?}");
        }
        assert_eq!(&self.state(), before, "nothing is left");
    }

    /// Whether a server would take the sources as they are.
    fn is_taken(&self) -> bool {
        let config = portcullis::config::load(Path::new(&self.config), &[]).unwrap();
        portcullis::intake::Intake::new(&config.intake, &config.base).is_ok()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b27_a_secret_that_a_source_has_is_not_taken_again() {
    let at = Written::new();
    let nothing = at.state();
    at.refused(&nothing, &at.piping("too short", &["add", "slack"]).await, &["less than 24 bytes"]);
    assert!(!at.folder.path().join("secrets").exists(), "not even a folder is made for what is refused");
    at.piping(MADE_BY_THE_SENDER, &["add", "svix", "--name", "m"]).await.well();
    let before = at.state();
    // Whichever comes first by its name, and in whatever form the value is written.
    for name in ["a", "z"] {
        let ended = at.piping(MADE_BY_THE_SENDER, &["add", "standard-webhooks", "--name", name]).await;
        at.refused(&before, &ended, &["source m has this secret already", "make another one"]);
        let ended = at.piping(MADE_BY_THE_SENDER, &["add", "slack", "--name", name]).await;
        at.refused(&before, &ended, &["source m has this secret already"]);
    }
    let ended = at.piping(MADE_BY_THE_SENDER, &["rotate", "m"]).await;
    at.refused(&before, &ended, &["m has this very secret already", "make another one"]);
    let next = MADE_BY_THE_SENDER.replace("dGVzdCB2", "dGVzdCB3");
    at.piping(&next, &["add", "svix", "--name", "a"]).await.well();
    let before = at.state();
    at.refused(&before, &at.piping(&next, &["rotate", "m"]).await, &["source a has this secret already"]);
    at.piping(&next.replace("dGVzdCB3", "dGVzdCB4"), &["rotate", "m"]).await.well();
    assert!(at.is_taken());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_source_is_changed_where_a_server_would_not_start_afterwards() {
    let at = Written::new();
    source(&["add", "github", "--config", &at.config]).await.well();
    source(&["rotate", "github", "--config", &at.config]).await.well();
    let good = fs::read_to_string(&at.config).unwrap();
    fs::write(&at.config, format!("{good}\n[intake.sources.other]\nkind = \"slack\"\n")).unwrap();
    let before = at.state();
    for words in [&["add", "keycloak"][..], &["rotate", "github"], &["rotate", "github", "--finish"]] {
        let ended = source(&[words, &["--config", &at.config]].concat()).await;
        at.refused(&before, &ended, &["source other", "that is so already", "mend it first"]);
        assert!(!ended.said().contains("is to be dropped"), "{ended:?}");
    }
    fs::write(&at.config, good).unwrap();
    // What finishing leaves is judged as well: the newest file may be gone.
    let newest = at.state().1.into_iter().max_by_key(String::len).unwrap();
    fs::remove_file(at.folder.path().join("secrets").join(newest)).unwrap();
    let before = at.state();
    let ended = source(&["rotate", "github", "--finish", "--config", &at.config]).await;
    at.refused(&before, &ended, &["cannot be read"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_table_can_be_added_to_is_said_and_left_alone() {
    for sources in ["[intake]\nsources = {}\n", "[intake]\nsources = { }\n", "intake = { sources = {} }\n"] {
        let at = Written::new();
        let good = fs::read_to_string(&at.config).unwrap();
        // A key at the top stands before all tables.
        fs::write(&at.config, if sources.starts_with('[') { good + sources } else { sources.to_owned() + &good })
            .unwrap();
        let before = at.state();
        let ended = source(&["add", "github", "--config", &at.config]).await;
        at.refused(&before, &ended, &["in braces", "a table of its own"]);
    }
    let at = Written::new();
    fs::write(&at.config, "[intake\n").unwrap();
    let before = at.state();
    for words in [&["add", "github"][..], &["rotate", "github"], &["rotate", "github", "--finish"]] {
        let ended = source(&[words, &["--config", &at.config]].concat()).await;
        assert_eq!((ended.code, at.state()), (Some(2), before.clone()), "{ended:?}");
        assert!(ended.stderr.contains("TOML"), "{ended:?}");
    }
}

/// Relative paths start from where the configuration is named, through a link or not: whoever adds, rotates and serves
/// by one name has one place.
#[tokio::test(flavor = "multi_thread")]
async fn secrets_lie_beside_the_configuration_as_it_is_named() {
    let at = Written::new();
    let managed = at.folder.path().join("managed");
    fs::create_dir(&managed).unwrap();
    fs::rename(&at.config, managed.join("ours")).unwrap();
    symlink("managed/ours", &at.config).unwrap();
    source(&["add", "github", "--config", &at.config]).await.well();
    let added = source(&["rotate", "github", "--config", &at.config]).await.well();
    assert_eq!(at.state().1.len(), 2);
    let secrets = at.folder.path().join("secrets");
    assert!(added.said().contains(secrets.to_str().unwrap()), "{added:?}");
    assert!(!managed.join("secrets").exists() && at.is_taken());
    // By another name they are looked for elsewhere, and that is found out before anything is written.
    let target = managed.join("ours");
    let ended = source(&["rotate", "github", "--config", target.to_str().unwrap()]).await;
    at.refused(&at.state(), &ended, &["cannot be read", "managed/secrets"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_only_shows_a_secret_is_added_with_its_place() {
    let at = Written::new();
    let add = async |name: &str, more: &[&str]| {
        source(&[&["add", "generic", "--name", name, "--config", &at.config][..], more].concat()).await
    };
    for (name, place, assurance) in
        [("a", "header:x-token", "assurance D"), ("b", "query:code", "assurance D"), ("c", "path", "assurance D")]
    {
        let unsaid = add(name, &["--secret-in", place]).await;
        assert!(unsaid.code == Some(2) && unsaid.stderr.contains("--allow-unsigned"), "{unsaid:?}");
        let added = add(name, &["--secret-in", place, "--allow-unsigned"]).await.well();
        assert!(added.said().contains(assurance), "{added:?}");
    }
    let listed = ["--secret-in", "member:token", "--allow-unsigned", "--address", "192.0.2.0/24"];
    assert!(add("d", &listed).await.well().said().contains("assurance C"));
    let text = fs::read_to_string(&at.config).unwrap();
    for line in ["secret_in = { header = \"x-token\" }", "secret_in = \"path\"", "secret_in = { member = \"token\" }"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(at.is_taken());
    let before = at.state();
    for wrong in ["header", "header:", "cookie:a", "path:a", ""] {
        let ended = add("e", &["--secret-in", wrong, "--allow-unsigned"]).await;
        assert!(ended.code == Some(2) && ended.stderr.contains("member:NAME"), "{wrong}: {ended:?}");
    }
    let both = add("e", &["--secret-in", "path", "--signature", "github-hmac"]).await;
    assert_eq!(both.code, Some(2), "{both:?}");
    at.refused(&before, &add("e", &["--secret-in", "header:host", "--allow-unsigned"]).await, &["says something else"]);
    let sns = source(&["add", "sns", "--secret-in", "path", "--config", &at.config]).await;
    assert!(sns.code == Some(2) && sns.stderr.contains("takes no --secret-in"), "{sns:?}");
    assert_eq!(at.state(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn b24_what_a_stream_shows_beside_its_tokens_is_rotated_in_words_of_its_own() {
    let at = Written::new();
    let known = ["--issuer", "https://idp.example.com", "--jwks", "https://idp.example.com/jwks", "--audience", "us"];
    at.piping("Bearer test-value-one-7yQm4vTzKc1", &[&["add", "ssf"][..], &known].concat()).await.well();
    let before = at.state();
    let unpiped = source(&["rotate", "ssf", "--config", &at.config]).await;
    assert!(unpiped.code == Some(2) && unpiped.stderr.contains("--secret-stdin"), "{unpiped:?}");
    assert!(unpiped.stderr.contains("`Authorization`") && at.state() == before, "{unpiped:?}");
    let rotated = at.piping("Bearer test-value-two-7yQm4vTzKc1", &["rotate", "ssf"]).await.well();
    assert!(rotated.said().contains("authorization_header") && !rotated.said().contains("is used:"), "{rotated:?}");
    let finish = ["rotate", "ssf", "--finish", "--config", &at.config];
    let token = at.folder.path().join("piped");
    let asked = ["--server", "http://127.0.0.1:1", "--token-file", token.to_str().unwrap()];
    let unknown = source(&[&finish[..], &asked].concat()).await;
    assert!(unknown.code == Some(2) && unknown.stderr.contains("no server notes"), "{unknown:?}");
    let finished = source(&finish).await.well();
    assert!(finished.said().contains("is refused from here on") && at.is_taken(), "{finished:?}");
}
