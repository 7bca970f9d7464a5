//! The pages of deploy/senders as their readers use them: every configuration starts, every line that adds a source
//! adds the one that is shown, every rule loads, and every delivery names whom the page says, to a rule that is shown
//! or linked there.

use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::LazyLock;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis::config::{self, Config};
use portcullis::incident::path::{Path as Place, Reached};
use portcullis::incident::{AccountRef, Alert, SourceName, Timestamp};
use portcullis::intake::{
    DINGTALK_BYTES, Holds, Intake, Recall, Received, Request, SECRET_BYTES, Sender, SourceKind, SourceSettings,
    TokenSigner, new_dingtalk_secret,
};
use portcullis::rules::{self, Named, RuleSet, Statuses};
use rustls_pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};

use crate::harness::*;

/// When the deliveries of the pages come.
const NOW: &str = "2026-11-20T21:58:30Z";
const DIRECTORY: &str =
    "[directory]\npreset = \"io\"\napp_key = \"key\"\napp_secret_file = \"app\"\ncorp_id = \"ding1\"\n";
/// What stands in a sample where the sender would show the source's secret.
const SECRET_OF_SAMPLES: &str = "the test value of the secret";
/// What senders show that make the secret: "test value that the sender has made", as those write it who write base64.
const MADE_BY_THE_SENDER: &str = "whsec_dGVzdCB2YWx1ZSB0aGF0IHRoZSBzZW5kZXIgaGFzIG1hZGU=";
/// The private key of every sender that publishes the other half.
static PKCS8: LazyLock<Vec<u8>> =
    LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap().as_ref().to_vec());

/// One page.
struct Page {
    name: String,
    text: String,
    blocks: Vec<Block>,
}

/// What stands between two fences, and what comes behind.
struct Block {
    language: String,
    text: String,
    next_line: String,
}

fn pages() -> Vec<Page> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/senders");
    let mut pages: Vec<Page> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            Page { name, blocks: blocks(&text), text }
        })
        .collect();
    pages.sort_by(|left, right| left.name.cmp(&right.name));
    pages
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.by_ref().find(|line| line.starts_with("```")) {
        let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let next_line = lines.clone().find(|line| !line.is_empty()).unwrap_or_default();
        let language = line.trim_start_matches('`').to_owned();
        blocks.push(Block { language, text: text.join("\n") + "\n", next_line: next_line.to_owned() });
    }
    blocks
}

impl Page {
    fn blocks_in(&self, language: &str) -> impl Iterator<Item = (usize, &Block)> {
        self.blocks.iter().enumerate().filter(move |(_, block)| block.language == language)
    }

    fn configurations(&self) -> impl Iterator<Item = (usize, &Block)> {
        self.blocks_in("toml").filter(|(_, block)| block.text.contains("[intake.sources."))
    }

    /// The rules that the page tells whole.
    fn rules(&self) -> impl Iterator<Item = (usize, &Block)> {
        self.blocks_in("yaml").filter(|(_, block)| block.text.contains("\nlogsource:"))
    }

    /// The lines that add a source, in words.
    fn additions(&self) -> Vec<Vec<&str>> {
        let lines = self.blocks.iter().flat_map(|block| block.text.lines());
        let told = lines.filter_map(|line| line.strip_prefix("portcullis source add "));
        told.map(|line| line.split_whitespace().collect()).collect()
    }

    /// The sources that the page shows, as `source add` writes them.
    fn sources(&self) -> Vec<(SourceName, SourceSettings)> {
        let folder = tempfile::tempdir().unwrap();
        let as_written = |block: &Block| -> String {
            block.text.lines().filter(|line| !line.contains("# to be added")).map(|line| format!("{line}\n")).collect()
        };
        let read = self.configurations().map(|(_, block)| configured(folder.path(), &as_written(block)).intake.sources);
        read.flatten().collect()
    }
}

/// A configuration in `folder`, with a value in every file that it names.
fn configured(folder: &Path, sources: &str) -> Config {
    let path = folder.join("portcullis.toml");
    let listening = "[intake]\ntest_only_plain_http = true\n";
    fs::write(&path, format!("{listening}{sources}{DIRECTORY}")).unwrap();
    let mut config = config::load(&path, &[]).unwrap_or_else(|error| panic!("{error} in\n{sources}"));
    config.intake.listening_on = vec![IpAddr::from([127, 0, 0, 1])];
    for settings in config.intake.sources.values() {
        for (place, secret) in settings.secrets.iter().enumerate() {
            let seed = format!("{place} {}", secret.file.display());
            let (text, aes_key) = if settings.dingtalk.is_some() {
                let (token, aes_key) = new_dingtalk_secret(&made_of::<DINGTALK_BYTES>(&seed));
                (token, Some(aes_key))
            } else {
                let text = settings.new_secret(&made_of::<SECRET_BYTES>(&seed)).unwrap();
                (text.unwrap_or_else(|| format!("Bearer test-value-{}", seed.len())), None)
            };
            write(&folder.join(&secret.file), &text);
            if let (Some(file), Some(aes_key)) = (&secret.aes_key_file, aes_key) {
                write(&folder.join(file), &aes_key);
            }
        }
    }
    config
}

/// Bytes that look random and are the same every time.
fn made_of<const N: usize>(seed: &str) -> [u8; N] {
    let mut state = seed.bytes().fold(7_u32, |state, byte| state.wrapping_mul(31).wrapping_add(u32::from(byte)));
    std::array::from_fn(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
}

fn write(path: &Path, secret: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, secret).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn every_page_is_that_of_a_kind_and_in_the_table_and_shows_a_delivery() {
    let pages = pages();
    let table = &pages.iter().find(|page| page.name == "README").unwrap().text;
    for page in &pages {
        let file = format!("{}.md", page.name);
        let is_of_a_kind = SourceKind::ALL.iter().any(|kind| kind.page() == file);
        assert!(is_of_a_kind || page.name == "README", "{file}");
        assert!(table.contains(&format!(" ([how]({file})) |")) || page.name == "README", "{file}");
    }
    let bare: Vec<&str> =
        pages.iter().filter(|page| page.blocks_in("json").next().is_none()).map(|page| page.name.as_str()).collect();
    assert_eq!(bare, ["README", "dingtalk-events", "generic", "okta-event-hook"], "they do without");
}

#[test]
fn every_configuration_of_the_pages_starts() {
    for page in pages() {
        for (number, block) in page.configurations() {
            let folder = tempfile::tempdir().unwrap();
            let mut config = configured(folder.path(), &block.text);
            // Whether that is so, another part of the configuration says.
            config.intake.asks_for_certificates = true;
            let started = Intake::new(&config.intake, &config.base);
            assert!(started.is_ok(), "{} {number}: {started:?}", page.name);
            for (name, source) in &config.intake.sources {
                assert!(Recall::of(name, source).is_ok(), "{} {number}: {name}", page.name);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_that_adds_a_source_adds_the_one_that_is_shown() {
    let mut count = 0;
    for page in pages() {
        for words in page.additions() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("portcullis.toml");
            fs::write(&path, DIRECTORY).unwrap();
            let told = path.to_str().unwrap();
            let words: Vec<&str> =
                words.iter().map(|word| if *word == "portcullis.toml" { told } else { *word }).collect();
            // What the sender has made is piped in from a file.
            let (arguments, piped) = words.split_at(words.iter().position(|word| *word == "<").unwrap_or(words.len()));
            write(&folder.path().join("piped"), MADE_BY_THE_SENDER);
            let first =
                if piped.is_empty() { ":".to_owned() } else { format!("exec < {}/piped", folder.path().display()) };
            let arguments = [&["source", "add"], arguments].concat();
            Process::spawn_under(&first, &arguments, &[]).ended().await.well();
            let config = config::load(&path, &[]).unwrap();
            let (name, added) = config.intake.sources.first_key_value().unwrap();
            let sources = page.sources();
            let shown = sources.iter().find(|(shown, _)| shown == name);
            let (_, shown) = shown.unwrap_or_else(|| panic!("{} does not show {name}", page.name));
            // What is found where, for which rules, and how much may come, is added by hand.
            let (secrets, mapping) = (added.secrets.clone(), added.mapping.clone());
            let shown = SourceSettings { secrets, mapping, log_source: Vec::new(), rate: added.rate, ..shown.clone() };
            assert_eq!(&shown, added, "{}", page.name);
            assert!(Intake::new(&config.intake, &config.base).is_ok(), "{}", page.name);
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
}

/// The shipped folder without its rules, or with them, and the rules of the pages.
fn rules_folder(folder: &Path, with_shipped: bool) {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    if with_shipped {
        copy_folder(&shipped, folder);
    } else {
        copy_folder(&shipped.join("reasons"), &folder.join("reasons"));
        for file in ["guardrails.yml", "identities.csv"] {
            fs::copy(shipped.join(file), folder.join(file)).unwrap();
        }
    }
    fs::create_dir(folder.join("pages")).unwrap();
    for page in pages() {
        for (number, block) in page.rules() {
            fs::write(folder.join(format!("pages/{}.{number}.yml", page.name)), &block.text).unwrap();
        }
    }
}

#[test]
fn every_rule_of_the_pages_loads_and_nothing_is_doubtful_in_it() {
    let folder = tempfile::tempdir().unwrap();
    rules_folder(folder.path(), false);
    let linted = rules::lint(folder.path(), Statuses::default()).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(format!("{:?}", linted.findings), "[]");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_delivery_of_the_pages_names_whom_they_say() {
    let folder = tempfile::tempdir().unwrap();
    rules_folder(folder.path(), true);
    let rules = rules::load(folder.path()).unwrap_or_else(|errors| panic!("{errors}"));
    let mut count = 0;
    for page in pages() {
        for (number, sample) in page.blocks_in("json") {
            let before = page.configurations().filter(|(place, _)| *place < number).last();
            let (_, configuration) = before.unwrap_or_else(|| panic!("{}: no source for sample {number}", page.name));
            let (source, alert) = received(&configuration.text, &sample.text).await;
            let told: Vec<&str> = sample.next_line.split('`').collect();
            match told[..] {
                ["It names ", name, ", at ", place, ..] => {
                    assert_eq!(value_at(place, &alert.event), name, "{} {number}", page.name);
                    judge(&page, &source, &alert, name, &rules);
                }
                [said, ..] if said.starts_with("It names nobody: ") => {
                    assert!(alert.person.is_none(), "{} {number}", page.name);
                }
                _ => panic!("{} {number}: whom it names is not told by {:?}", page.name, sample.next_line),
            }
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
}

/// Sends the sample as the source's sender would; the one alert that comes of it.
async fn received(configuration: &str, sample: &str) -> (SourceSettings, Alert) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = configured(folder.path(), configuration);
    let (name, settings) = config.intake.sources.first_key_value().unwrap();
    let (name, mut settings) = (name.clone(), settings.clone());
    let holds = published(&mut settings, folder.path()).await;
    config.intake.sources = [(name.clone(), settings.clone())].into();
    let sender = Sender::holding(&settings, holds).unwrap();
    let now: Timestamp = NOW.parse().unwrap();
    let body = sample.replace(SECRET_OF_SAMPLES, sender.secret());
    let outgoing = sender.prove("test-id-1", body.as_bytes(), now).unwrap();
    let listed = settings.addresses.first().map_or("192.0.2.1".to_owned(), ToString::to_string);
    let headers = outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let request = Request {
        source: name.as_str(),
        secret: outgoing.path.strip_prefix('/'),
        query: outgoing.path.strip_prefix('?').unwrap_or_default(),
        headers: headers.chain([("content-type", outgoing.content_type.as_bytes())]).collect(),
        peer: listed.split('/').next().unwrap().parse().unwrap(),
        certificate: None,
        body: &outgoing.body,
    };
    let intake = Intake::new(&config.intake, &config.base).unwrap();
    match intake.receive(&request, now).await {
        Ok(Received::Understood(delivery)) => {
            let delivery = delivery.into_inner();
            let [alert] = <[Alert; 1]>::try_from(delivery.alerts).unwrap_or_else(|all| panic!("{} alerts", all.len()));
            (settings, alert)
        }
        other => panic!("{other:?} of\n{sample}"),
    }
}

/// What the sender proves itself with; of one that publishes a key, ours is published instead.
async fn published(settings: &mut SourceSettings, folder: &Path) -> Holds {
    let signer = TokenSigner::new("test-key", &PKCS8).unwrap();
    let jwks = json!({ "keys": [signer.jwk()] }).to_string();
    let mut certificate = None;
    if let Some(set) = &mut settings.set {
        set.jwks = publish(jwks).await;
    } else if let Some(jwt) = &mut settings.jwt {
        jwt.jwks = Some(publish(jwks).await);
    } else if settings.sns.is_some() {
        certificate = Some(publish(certificate_of(&PKCS8)).await.replace("/jwks", "/SimpleNotificationService.pem"));
    } else {
        return Holds::Secret(fs::read_to_string(folder.join(&settings.secrets[0].file)).unwrap());
    }
    let secret = settings.secrets.first();
    let authorization = secret.map(|secret| fs::read_to_string(folder.join(&secret.file)).unwrap());
    Holds::Key { signer: Box::new(signer), authorization, certificate }
}

fn certificate_of(pkcs8: &[u8]) -> String {
    let der = PrivatePkcs8KeyDer::from(pkcs8.to_vec());
    let pair = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&der, &rcgen::PKCS_RSA_SHA256).unwrap();
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
    (parameters.not_before, parameters.not_after) =
        (rcgen::date_time_ymd(2026, 1, 1), rcgen::date_time_ymd(2027, 1, 1));
    let der = STANDARD.encode(parameters.self_signed(&pair).unwrap().der());
    format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n")
}

fn value_at(place: &str, event: &Value) -> String {
    let path: Place = place.parse().unwrap_or_else(|error| panic!("{place}: {error}"));
    let Reached::All(values) = path.values(event) else { panic!("{place} reaches too much") };
    let [only] = &values[..] else { panic!("{place} reaches {} values", values.len()) };
    only.as_str().unwrap().to_owned()
}

/// A rule of the page, or one that it links, acts on that account; one of its own also on what this source proves.
fn judge(page: &Page, source: &SourceSettings, alert: &Alert, name: &str, rules: &RuleSet) {
    let matches = rules.evaluate(alert).matches;
    let own = format!("pages/{}.", page.name);
    let told = matches
        .iter()
        .map(|found| found.rule)
        .find(|rule| rule.file.starts_with(&own) || page.text.contains(&format!("](../../rules/{})", rule.file)));
    let files: Vec<&str> = matches.iter().map(|found| found.rule.file.as_str()).collect();
    let rule = told.unwrap_or_else(|| panic!("{}: no rule of the page matches, but {files:?}", page.name));
    let response = rule.response.as_ref().unwrap();
    let Named::One(account) = response.account_of(alert) else { panic!("{}: {} names none", page.name, rule.file) };
    assert_eq!(Ok(account.clone()), AccountRef::parse(account.kind(), name), "{}: {}", page.name, rule.file);
    let is_enough = source.assurance().meets(response.assurance);
    assert!(is_enough || !rule.file.starts_with(&own), "{}: the rule asks for more than is proven", page.name);
}
