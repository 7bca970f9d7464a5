//! Senders as operators see them: added, listed, rotated, tried out, sent for.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use portcullis::config;
use portcullis::incident::Timestamp;
use serde_json::json;

use crate::harness::*;

/// A configuration in a folder of its own, with nothing in it but what must be.
fn configured(folder: &Path) -> String {
    let text = "# A comment that stays.\n[directory]\npreset = \"io\"\napp_key = \"key\"\napp_secret_file = \"app\"\n\
                corp_id = \"ding1\"\n";
    let path = folder.join("portcullis.toml");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_of_every_kind_is_added_with_a_secret_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let config = configured(folder.path());
    let add = async |kind: &str, more: &[&str]| {
        Process::run(&[&["source", "add", kind, "--config", &config][..], more].concat()).await
    };
    for kind in ["github", "grafana", "keycloak", "crowdstrike"] {
        let ended = add(kind, &["--url", "https://portcullis.example.com"]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.said().contains(&format!("https://portcullis.example.com/v1/alerts/{kind}")), "{ended:?}");
        assert!(ended.said().contains("curl -sS"), "{ended:?}");
    }
    let handed_over = add("github", &["--name", "handed-over", "--systemd"]).await;
    assert!(handed_over.said().contains("systemctl restart"), "{handed_over:?}");
    let text = fs::read_to_string(&config).unwrap();
    let (before, block) = text.split_once("\n\n[intake.sources.handed-over]").unwrap();
    assert!(block.contains("file = \"/run/credentials/portcullis.service/secret_handed-over-"), "{block}");
    fs::write(&config, before).unwrap();
    let unsigned = add("alertmanager", &[]).await;
    assert_eq!(unsigned.code, Some(2));
    assert!(unsigned.stderr.contains("--allow-unsigned"), "{unsigned:?}");
    let listed = add("alertmanager", &["--allow-unsigned", "--address", "192.0.2.0/24"]).await;
    assert!(listed.said().contains("assurance C") && listed.said().contains("Bearer "), "{listed:?}");
    let url = add("splunk", &["--allow-unsigned", "--name", "search"]).await;
    assert!(url.said().contains("assurance D") && url.said().contains("/v1/alerts/search/"), "{url:?}");
    let shown = add("pagerduty", &[]).await;
    assert!(shown.code == Some(2) && shown.stderr.contains("--secret-stdin"), "{shown:?}");
    let unsaid = add("generic", &[]).await;
    assert!(unsaid.code == Some(2) && unsaid.stderr.contains("--signature"), "{unsaid:?}");
    assert_eq!(add("generic", &["--signature", "standard-webhooks", "--name", "siem"]).await.code, Some(0));
    assert!(shown.stderr.contains("https://your-host/v1/alerts/pagerduty"), "{shown:?}");
    for url in ["not a url", "example.com", "ftp://example.com", "https://a.example.com/?b=c", ""] {
        let ended = add("github", &["--name", "other", "--url", url]).await;
        assert!(ended.code == Some(2) && ended.stderr.contains("--url"), "{ended:?}");
    }
    let again = add("github", &[]).await;
    assert!(again.code == Some(2) && again.stderr.contains("already"), "{again:?}");
    let nothing = add("nothing", &[]).await;
    assert!(nothing.code == Some(2) && nothing.stderr.contains("the kinds are"), "{nothing:?}");

    let read = config::load(Path::new(&config), &[]).unwrap();
    let names: Vec<&str> = read.intake.sources.keys().map(|name| name.as_str()).collect();
    assert_eq!(names, ["alertmanager", "crowdstrike", "github", "grafana", "keycloak", "search", "siem"]);
    assert!(fs::read_to_string(&config).unwrap().starts_with("# A comment that stays.\n"));
    let secrets: Vec<_> = fs::read_dir(folder.path().join("secrets")).unwrap().map(Result::unwrap).collect();
    assert_eq!(secrets.len(), 8, "what was refused has left nothing");
    for secret in secrets {
        assert_eq!(secret.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert!(portcullis::intake::Intake::new(&read.intake, &read.base).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_cannot_sign_is_not_given_the_secret_of_what_signs_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = configured(folder.path());
    let signed = ["--signature", "standard-webhooks"];
    for kind in ["auth0", "splunk", "sentinel"] {
        let ended = Process::run(&[&["source", "add", kind, "--config", &config][..], &signed].concat()).await.well();
        let said = ended.said();
        let (before, steps) = said.split_once("At the sender, with a URL and a secret of what signs:").unwrap();
        let steps = steps.split_once("A running server takes it over").unwrap().0;
        assert!(before.contains(&format!("https://your-host/v1/alerts/{kind}")) && before.contains("whsec_"), "{said}");
        assert!(!steps.contains("whsec_") && !steps.contains("your-host"), "{said}");
        assert!(steps.contains(&format!("deploy/senders/{kind}.md")), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_publishes_its_keys_is_added_with_what_it_is_known_by() {
    let folder = tempfile::tempdir().unwrap();
    let config = configured(folder.path());
    let add = async |kind: &str, more: &[&str]| {
        Process::run(&[&["source", "add", kind, "--config", &config][..], more].concat()).await
    };
    let audience = ["--audience", "https://portcullis.example.com"];
    let okta = ["--issuer", "https://acme.okta.com"];
    let topic = ["--topic", "arn:aws:sns:eu-central-1:123456789012:findings"];
    let email = ["--email", "push@acme.iam.gserviceaccount.com", "--allow-unsigned"];
    for (kind, needs) in [
        ("okta-ssf", &[&okta[..], &audience].concat()[..]),
        (
            "ssf",
            &[&["--issuer", "https://idp.example.com", "--jwks", "https://idp.example.com/jwks"][..], &audience]
                .concat(),
        ),
        ("sns", &topic),
        ("google-pubsub", &[&email[..], &audience].concat()),
    ] {
        let bare = add(kind, &[]).await;
        assert!(bare.code == Some(2) && bare.stderr.contains(&format!("{kind} needs --")), "{bare:?}");
        let ended = add(kind, needs).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.said().contains(&format!("/v1/alerts/{kind}")) && !ended.said().contains("curl"), "{ended:?}");
    }
    for wrong in [["--topic", "a"], ["--signature", "svix"], ["--owner", "a"]] {
        let ended = add("okta-ssf", &[&okta[..], &audience, &wrong, &["--name", "b"]].concat()).await;
        assert!(ended.code == Some(2) && ended.stderr.contains(&format!("takes no {}", wrong[0])), "{ended:?}");
    }
    let read = config::load(Path::new(&config), &[]).unwrap();
    assert_eq!(read.intake.sources.len(), 4);
    assert!(fs::read_to_string(&config).unwrap().contains("https://acme.okta.com/oauth2/v1/keys"));
    assert!(portcullis::intake::Intake::new(&read.intake, &read.base).is_ok());
    // Of a signature by a key pair the secret here is the public half.
    let key = folder.path().join("key");
    fs::write(&key, "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=").unwrap();
    let asked = ["--signature", "standard-webhooks-v1a", "--name", "pair", "--secret-stdin"];
    let words = [&["source", "add", "generic", "--config", &config][..], &asked].concat();
    let pair = Process::spawn_under(&format!("exec < {}", key.display()), &words, &[]).ended().await.well();
    assert!(
        pair.said().contains("/v1/alerts/pair") && pair.said().contains("portcullis send pair --config"),
        "{pair:?}"
    );
    let read = config::load(Path::new(&config), &[]).unwrap();
    assert_eq!(read.intake.sources.len(), 5);
    assert!(portcullis::intake::Intake::new(&read.intake, &read.base).is_ok());
    // One that is no such key leaves nothing.
    fs::write(&key, "whsec_test-value-that-is-no-key").unwrap();
    let words = words.iter().map(|word| if *word == "pair" { "other" } else { *word }).collect::<Vec<_>>();
    let other = Process::spawn_under(&format!("exec < {}", key.display()), &words, &[]).ended().await;
    assert_eq!((other.code, config::load(Path::new(&config), &[]).unwrap().intake.sources.len()), (Some(2), 5));
    let rotated = Process::run(&["source", "rotate", "sns", "--config", &config]).await;
    assert!(rotated.code == Some(2) && rotated.stderr.contains("the sender's alone"), "{rotated:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dingtalks_callbacks_are_added_and_rotated_with_a_token_and_an_aes_key() {
    let folder = tempfile::tempdir().unwrap();
    let config = configured(folder.path());
    let added =
        Process::run(&["source", "add", "dingtalk-events", "--owner", "dingtestonlyapp", "--config", &config]).await;
    assert_eq!(added.code, Some(0), "{added:?}");
    let rotated = Process::run(&["source", "rotate", "dingtalk-events", "--config", &config]).await;
    assert_eq!(rotated.code, Some(0), "{rotated:?}");
    let files: Vec<_> = fs::read_dir(folder.path().join("secrets")).unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 4);
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let text = fs::read_to_string(file.path()).unwrap();
        assert!((added.said() + &rotated.said()).contains(text.trim()), "each is shown once");
    }
    let read = config::load(Path::new(&config), &[]).unwrap();
    assert!(portcullis::intake::Intake::new(&read.intake, &read.base).is_ok());
    assert_eq!(added.said().matches("msg_signature=").count(), 1, "a delivery to try it with: {added:?}");
}

/// What only its sender can sign is sent with a key of one's own, from a source that is set up for that.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_signed_by_published_keys_is_sent_with_a_key_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key.pem");
    let key = key.to_str().unwrap();
    let made = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key];
    assert!(std::process::Command::new("openssl").args(made).status().unwrap().success());
    let shown = Process::run(&["send", "any", "--config", "none", "--key", key, "--kid", "ours", "--jwks"]).await;
    assert!(shown.code == Some(0) && !shown.said().contains("\"d\""), "{shown:?}");
    let jwks = publish(shown.said()).await;
    let keys = folder.path().join("jwks.json");
    fs::write(&keys, shown.said()).unwrap();
    let config = format!(
        r#"[intake]
test_only_plain_http = true
[intake.sources.idp]
kind = "ssf"
set = {{ issuer = "https://idp.example.com", audience = ["us"], jwks = "{jwks}", algorithms = ["ES256"] }}
[intake.sources.pushed]
kind = "google-pubsub"
allow_unsigned = true
[intake.sources.pushed.jwt]
issuer = "https://accounts.google.com"
audience = ["us"]
keys_file = "{}"
algorithms = ["ES256"]
claims = [{{ name = "email", value = "push@acme.example" }}]
[intake.sources.hashed]
kind = "generic"
[intake.sources.hashed.jwt]
header = "x-signature"
secret_file = "next-secret"
algorithms = ["HS256"]
body_hash = {{ claim = "request_body_sha256", encoding = "base64" }}
[intake.sources.dingtalk]
kind = "dingtalk-events"
dingtalk = {{ owner = "dingtestonlyapp", tolerance_s = 3600 }}
secrets = [{{ name = "test", file = "dingtalk-token", aes_key_file = "dingtalk-aes-key" }}]
"#,
        keys.display()
    );
    let app = TestApp::start_with(Set { config: Box::leak(config.into_boxed_str()), ..Set::default() }).await;
    // What is signed says when, and the app's clock stands on its own day.
    app.clock.set(Timestamp::now());
    let config = app.folder().join("portcullis.toml");
    let (config, url) = (config.to_str().unwrap(), app.app.url().to_owned());
    let send = async |source: &str, more: &[&str]| {
        Process::run(&[&["send", source, "--config", config, "--server", &url][..], more].concat()).await
    };
    let own = ["--key", key, "--kid", "ours"];
    for (source, with, status) in
        [("idp", &own[..], "202"), ("pushed", &own, "202"), ("hashed", &[], "202"), ("dingtalk", &[], "200")]
    {
        let sent = send(source, with).await;
        assert!(sent.code == Some(0) && sent.said().contains(status), "{source}: {sent:?}");
    }
    let admitted = app.records_of("alert.admitted").len();
    assert_eq!(admitted, 4);
    let needs = send("idp", &[]).await;
    assert!(needs.code == Some(2) && needs.stderr.contains("--key"), "{needs:?}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b24_b25_a_secret_is_rotated_in_two_steps_and_comments_stay() {
    let folder = tempfile::tempdir().unwrap();
    let config = configured(folder.path());
    assert_eq!(Process::run(&["source", "add", "github", "--config", &config]).await.code, Some(0));
    let text = fs::read_to_string(&config).unwrap().replace("kind = ", "# Ours.\nkind = ");
    fs::write(&config, text).unwrap();
    let secrets = || {
        let config = config::load(Path::new(&config), &[]).unwrap();
        config.intake.sources.into_values().next().unwrap().secrets
    };
    let before = secrets();
    let ended = Process::run(&["source", "rotate", "github", "--config", &config]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let both = secrets();
    assert_eq!((both.len(), &both[1]), (2, &before[0]));
    assert!(both[0].name != both[1].name && both[0].file != both[1].file);
    let new = fs::read_to_string(folder.path().join(&both[0].file)).unwrap();
    assert!(ended.said().contains(new.trim()), "shown once");
    let ended = Process::run(&["source", "rotate", "github", "--config", &config, "--finish"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(secrets(), both[..1]);
    let text = fs::read_to_string(&config).unwrap();
    assert!(text.contains("# A comment that stays.") && text.contains("# Ours."), "{text}");
    let handed_over = text.replace("\"secrets/", "\"/run/credentials/portcullis.service/secret_");
    fs::write(&config, handed_over).unwrap();
    let ended = Process::run(&["source", "rotate", "github", "--config", &config]).await;
    assert!(ended.code == Some(0) && ended.said().contains("systemctl restart"), "{ended:?}");
    let rotated = secrets();
    assert_eq!(rotated.len(), 2);
    assert!(rotated.iter().all(|secret| secret.file.starts_with("/run/credentials/portcullis.service")), "{rotated:?}");
    let unknown = Process::run(&["source", "rotate", "okta", "--config", &config]).await;
    assert!(unknown.code == Some(2) && unknown.stderr.contains("no source is called okta"), "{unknown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_for_a_source_is_taken_and_listed() {
    let app = TestApp::start_with(Set { kept: Kept::BySled, ..Set::default() }).await;
    let config = app.folder().join("portcullis.toml");
    let token = app.folder().join("token");
    fs::write(&token, AUDITOR).unwrap();
    let (config, token, url) = (config.to_str().unwrap(), token.to_str().unwrap(), app.app.url().to_owned());
    // The app's clock stands on its own day, so only what signs no time is taken there.
    let sent = Process::run(&["send", "github", "--config", config, "--server", &url]).await;
    assert!(sent.code == Some(0) && sent.said().contains("202"), "{sent:?}");
    let stale = Process::run(&["send", "okta", "--config", config, "--server", &url]).await;
    assert!(stale.code == Some(2) && stale.said().contains("401"), "{stale:?}");
    let printed = Process::run(&["send", "okta", "--config", config, "--print"]).await;
    assert!(printed.said().contains("webhook-signature: v1,"), "{printed:?}");

    let broken = Delivery::signed(&OKTA, "msg_broken", b"{".to_vec(), app.now());
    assert_eq!(app.deliver(&broken).await.status, 400);
    let listed = Process::run(&["source", "list", "--server", &url, "--token-file", token]).await;
    assert_eq!(listed.code, Some(0), "{listed:?}");
    for said in ["github  okta-event-hook  assurance B", "okta  okta-event-hook  assurance A", "json_syntax"] {
        assert!(listed.said().contains(said), "{said}: {}", listed.said());
    }
    let answer = app.get("/v1/sources/github", AUDITOR).await;
    assert_eq!(answer.body["secrets"]["test"], answer.body["alert_at"], "{}", answer.body);
    assert!(answer.body["alert_at"].is_string());
    assert_eq!(app.get("/v1/sources/nobody", AUDITOR).await.status, 404);

    // A repeat makes no alert, and is heard all the same.
    let (risk, start) = (Delivery::of_high_risk("zhang.san@example.com", 1, app.now()), app.now());
    assert_eq!(app.deliver(&risk).await.status, 202);
    app.advance(Duration::from_secs(60));
    assert_eq!(app.deliver(&risk).await.status, 200);
    assert_eq!(app.deliver(&risk.clone().with("webhook-id", "other")).await.status, 401);
    let heard = app.get("/v1/sources/okta", AUDITOR).await.body;
    assert_eq!((&heard["alert_at"], &heard["secrets"]["test"]), (&json!(start), &json!(start)), "{heard}");
    let refused = json!({"at": app.now(), "reason": "signature_wrong"});
    let later = json!({"at": app.now(), "secrets": {"test": app.now()}, "refused": refused});
    assert_eq!(heard["since_start"], later, "of a stranger there is only why it was refused");
    assert_eq!(heard["refused"], refused, "at once, not when its minute is summed up");
    // The same as before makes no other record.
    app.advance(Duration::from_secs(60));
    assert_eq!(app.deliver(&Delivery::signed(&OKTA, "msg_broken", b"{".to_vec(), app.now())).await.status, 400);
    let heard = app.get("/v1/sources/okta", AUDITOR).await.body;
    assert_eq!(heard["refused"], json!({"at": app.now(), "reason": "json_syntax"}), "{heard}");
    let listed = Process::run(&["source", "list", "--server", &url, "--token-file", token]).await.well();
    assert!(listed.said().contains("last heard") && listed.said().contains("since the start"), "{listed:?}");
    app.end().await;
}

/// Dropping what the sender still uses would lock it out.
#[tokio::test(flavor = "multi_thread")]
async fn b25_secrets_are_not_dropped_before_the_newest_is_used_where_a_server_can_tell() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let config = configured(folder.path());
    let token = app.folder().join("token");
    fs::write(&token, AUDITOR).unwrap();
    let (url, token) = (app.app.url(), token.to_str().unwrap());
    for (name, secret) in [("a", "test-secret-one-7yQm4vTzKc1"), ("b", "test-secret-two-7yQm4vTzKc1")] {
        let path = folder.path().join(name);
        fs::write(&path, secret).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let newest = |name: &str| {
        let secrets = "secrets = [{ name = \"NEWEST\", file = \"a\" }, { name = \"former\", file = \"b\" }]\n";
        let source = format!("[intake.sources.github]\nkind = \"github\"\n{}", secrets.replace("NEWEST", name));
        fs::write(&config, format!("{}{source}", fs::read_to_string(configured(folder.path())).unwrap())).unwrap();
    };
    let finish = async |more: &[&str]| {
        let words = ["source", "rotate", "github", "--config", &config, "--finish"];
        Process::run(&[&words[..], more].concat()).await
    };
    let has_both = || fs::read_to_string(&config).unwrap().contains("former");
    let server = ["--server", &url, "--token-file", token];
    newest("test");
    let unused = finish(&server).await;
    assert!(unused.code == Some(2) && unused.stderr.contains("--force") && has_both(), "{unused:?}");
    let forced = finish(&[&server[..], &["--force"]].concat()).await.well();
    assert!(forced.said().contains("former is to be dropped") && !has_both(), "{forced:?}");
    newest("test");
    let unasked = finish(&[]).await.well();
    assert!(unasked.said().contains("No server was asked whether test is used") && !has_both(), "{unasked:?}");
    newest("test");
    let used = Delivery::signed(&GITHUB, "", hook(&[harmless("a")]), app.now());
    assert_eq!(app.deliver(&used).await.status, 202);
    finish(&server).await.well();
    assert!(!has_both());
    app.end().await;
}

/// Sources that are read anew are others from then on; with one fault none is, and whoever watches is told.
#[tokio::test(flavor = "multi_thread")]
async fn sources_are_read_anew_as_a_whole_or_not_at_all() {
    let app = TestApp::start().await;
    let path = app.folder().join("portcullis.toml");
    let before = fs::read_to_string(&path).unwrap();
    let opened = app.post("/v1/sources/okta/test", ENGINEER, &json!({"reason": "set-up", "minutes": 5})).await;
    assert_eq!(opened.status, 200, "{}", opened.body);

    let added = "[intake.sources.added]\nkind = \"github\"\nsecrets = [{ name = \"one\", file = \"next-secret\" }]\n";
    let next = Source { name: "added", secret: "test-secret-for-what-comes-next-1", ..GITHUB };
    let push = |app: &TestApp| Delivery::signed(&next, "", br#"{"action":"created"}"#.to_vec(), app.now());
    assert_eq!(app.deliver(&push(&app)).await.status, 401);
    fs::write(&path, format!("{before}{}", added.replace("next-secret", "no-secret"))).unwrap();
    app.app.renew_sources().await;
    assert_eq!(app.get("/readyz", "").await.body["sources"], "stale");
    assert_eq!(app.deliver(&push(&app)).await.status, 401, "one fault, and nothing has changed");
    fs::write(&path, format!("{before}{added}")).unwrap();
    app.app.renew_sources().await;
    assert_eq!(app.get("/readyz", "").await.body["sources"], "current");
    assert_eq!(app.deliver(&push(&app)).await.status, 202);

    let risk = Delivery::of_high_risk("zhang.san@example.com", 1, app.now());
    assert_eq!((app.deliver(&risk).await.status, app.dingtalk().calls().len()), (202, 0), "it is still tried out");
    fs::write(&path, before.replace("[intake.sources.github]", "[intake.sources.gone]")).unwrap();
    app.app.renew_sources().await;
    let gone = Delivery::signed(&GITHUB, "", hook(&[harmless("d")]), app.now());
    assert_eq!(app.deliver(&gone).await.status, 401, "whoever is not configured any more is a stranger");
    app.end().await;
}
