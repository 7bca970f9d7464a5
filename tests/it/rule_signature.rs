//! F12: where signers are named, rules that act are loaded only with a signature that one of them made
//! over exactly these rules. Signed with OpenSSH's own tool.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis::incident::Event;
use portcullis::rules::{self, LoadErrors, Signers, Statuses};
use serde_json::json;
use tempfile::TempDir;

use crate::harness::{AUDITOR, Answer, ENGINEER, Process, Set, TestApp, copy_folder, edit};

const RULE: &str = "impossible-travel.yml";
const TITLE: &str = "title: Impossible travel on an Enterprise Account";
/// The shipped rules that act.
const ACTING: [&str; 4] =
    [RULE, "leaked-credential.yml", "entra/confirmed-compromised.yml", "generic/confirmed-compromise.yml"];
const NAMESPACE: &str = "portcullis-rules";

/// A copy of the shipped rules, and two people's keys beside it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &place.rules());
        for name in ["ann", "bob"] {
            let key = place.0.path().join(name);
            keygen(&["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key.to_str().unwrap()], b"");
        }
        place
    }

    fn rules(&self) -> PathBuf {
        self.0.path().join("rules")
    }

    /// A line as in an allowed_signers file or in authorized_keys.
    fn key(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(format!("{name}.pub"))).unwrap().trim().to_owned()
    }

    /// Ann may sign.
    fn signers(&self) -> Signers {
        Signers::parse(&[self.key("ann")]).unwrap()
    }

    fn sign(&self, who: &str, namespace: &str) {
        let signature = self.signature(who, namespace);
        fs::write(self.rules().join("rules.sig"), signature).unwrap();
    }

    fn signature(&self, who: &str, namespace: &str) -> Vec<u8> {
        let manifest = rules::manifest(&self.rules()).unwrap();
        let key = self.0.path().join(who);
        keygen(&["-Y", "sign", "-n", namespace, "-f", key.to_str().unwrap()], &manifest)
    }

    /// The fingerprint of the key that vouches for the rules.
    fn load(&self) -> Result<Option<String>, LoadErrors> {
        rules::load_signed(&self.rules(), &self.signers(), Statuses::default()).map(|vouched| vouched.signer)
    }

    fn assert_refused(&self, what: &str) {
        let refusal = self.load().expect_err(what).to_string();
        assert!(refusal.contains(&format!("rules.sig: {what}")), "{what:?} is not in {refusal}");
        assert!(refusal.contains("ssh-keygen -Y sign -n portcullis-rules"), "it says what to do: {refusal}");
    }
}

/// Runs OpenSSH's tool on these bytes, and gives what it prints.
fn keygen(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new("ssh-keygen");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("ssh-keygen is there; Debian has it in openssh-client");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    ended.stdout
}

fn only_watching(rules: &Path) {
    ACTING.iter().for_each(|file| edit(rules, file, "mode: enforce", "mode: shadow"));
}

#[test]
fn f12_signed_rules_load_and_name_their_signer() {
    let place = Place::new();
    let before = rules::load(&place.rules()).unwrap().digest();
    place.sign("ann", NAMESPACE);
    let listed = keygen(&["-l", "-f", place.0.path().join("ann.pub").to_str().unwrap()], b"");
    let listed = String::from_utf8(listed).unwrap();
    let signer = place.load().unwrap().unwrap();
    assert_eq!(listed.split(' ').nth(1), Some(signer.as_str()), "the fingerprint is OpenSSH's");
    assert_eq!(rules::load(&place.rules()).unwrap().digest(), before, "the signature does not alter what it signs");
}

/// As OpenSSL makes it, for those whose keys are not OpenSSH's.
#[test]
fn f12_plain_ed25519_over_the_manifest_is_a_signature_too() {
    let place = Place::new();
    let path = |name: &str| place.0.path().join(name).to_str().unwrap().to_owned();
    let openssl = |arguments: &[&str]| {
        let ended = Command::new("openssl").args(arguments).output().expect("openssl is there");
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        ended.stdout
    };
    fs::write(path("manifest"), rules::manifest(&place.rules()).unwrap()).unwrap();
    openssl(&["genpkey", "-algorithm", "ed25519", "-out", &path("key")]);
    let public = openssl(&["pkey", "-in", &path("key"), "-pubout", "-outform", "DER"]);
    let signature = openssl(&["pkeyutl", "-sign", "-rawin", "-inkey", &path("key"), "-in", &path("manifest")]);
    // Of the encoded key the last 32 bytes are the key.
    let signers = Signers::parse(&[STANDARD.encode(&public[public.len() - 32..])]).unwrap();
    fs::write(place.rules().join("rules.sig"), STANDARD.encode(&signature) + "\n").unwrap();
    let signer = rules::load_signed(&place.rules(), &signers, Statuses::default()).unwrap().signer.unwrap();
    assert!(signer.starts_with("SHA256:"), "{signer}");
    edit(&place.rules(), RULE, TITLE, "title: Changed after signing");
    let refusal = rules::load_signed(&place.rules(), &signers, Statuses::default()).unwrap_err().to_string();
    assert!(refusal.contains("does not sign these rules"), "{refusal}");
}

#[test]
fn f12_what_is_not_signed_by_a_signer_for_these_rules_is_refused() {
    let place = Place::new();
    place.assert_refused("is missing");
    place.sign("ann", "git");
    place.assert_refused("is for `git`, not for `portcullis-rules`");
    place.sign("bob", NAMESPACE);
    place.assert_refused("is by the key SHA256:");

    place.sign("ann", NAMESPACE);
    let of_the_old = fs::read(place.rules().join("rules.sig")).unwrap();
    edit(&place.rules(), RULE, TITLE, "title: Changed after signing");
    place.assert_refused("does not sign these rules");
    place.sign("ann", NAMESPACE);
    assert!(place.load().is_ok());
    fs::write(place.rules().join("rules.sig"), of_the_old).unwrap();
    place.assert_refused("does not sign these rules");
}

/// Not only rules: a list, a text or a protected account taken away changes what is signed.
#[test]
fn f12_a_change_of_any_file_breaks_the_signature() {
    for file in ["guardrails.yml", "identities.csv", "reasons/fr_FR.yml"] {
        let place = Place::new();
        place.sign("ann", NAMESPACE);
        let text = fs::read_to_string(place.rules().join(file)).unwrap();
        fs::write(place.rules().join(file), text + "\n").unwrap();
        place.assert_refused("does not sign these rules");
    }
    let place = Place::new();
    place.sign("ann", NAMESPACE);
    fs::rename(place.rules().join("okta/session-moved.yml"), place.rules().join("okta/moved.yml")).unwrap();
    place.assert_refused("does not sign these rules");
}

#[test]
fn f12_a_signature_that_is_cut_off_or_stuffed_is_refused() {
    let place = Place::new();
    let whole = place.signature("ann", NAMESPACE);
    let file = place.rules().join("rules.sig");
    for length in [0, 1, 10, 31, 60, 100, 200, whole.len() - 40, whole.len() - 2] {
        fs::write(&file, &whole[..length]).unwrap();
        place.assert_refused("is neither an OpenSSH signature nor one of 64 bytes in base64");
    }
    for at in (32..whole.len() - 32).step_by(23) {
        let mut spoilt = whole.clone();
        spoilt[at] = if spoilt[at] == b'A' { b'B' } else { b'A' };
        fs::write(&file, spoilt).unwrap();
        assert!(place.load().is_err(), "byte {at}");
    }
    fs::write(&file, [whole.as_slice(), &[b'\n'; 8 * 1024]].concat()).unwrap();
    place.assert_refused("is larger than 8192 bytes");
    fs::write(&file, [whole.as_slice(), whole.as_slice()].concat()).unwrap();
    place.assert_refused("is neither");
    fs::remove_file(&file).unwrap();
    let elsewhere = place.0.path().join("elsewhere.sig");
    fs::write(&elsewhere, whole).unwrap();
    std::os::unix::fs::symlink(elsewhere, &file).unwrap();
    place.assert_refused("it leads out of the rules folder");
}

#[test]
fn f12_rules_that_only_watch_need_no_signature() {
    let place = Place::new();
    only_watching(&place.rules());
    assert_eq!(place.load().unwrap(), None);
    let set = rules::load_signed(&place.rules(), &place.signers(), Statuses::default()).unwrap().set;
    assert!(set.warnings().iter().any(|warning| warning.to_string().contains("rules.sig: is missing")));
    edit(&place.rules(), RULE, "mode: shadow", "mode: enforce");
    place.assert_refused("is missing");
    assert!(
        rules::load_signed(&place.rules(), &Signers::default(), Statuses::default()).is_ok(),
        "without signers nothing is asked for"
    );
}

#[tokio::test]
async fn f12_what_the_tool_prints_is_what_is_signed() {
    let place = Place::new();
    let ended = Process::run(&["rules", "manifest", place.rules().to_str().unwrap()]).await.well();
    let printed = ended.stdout.join("\n") + "\n";
    assert_eq!(printed.as_bytes(), rules::manifest(&place.rules()).unwrap());
    assert_eq!(ended.stdout[0], "portcullis rules 1");
    assert_eq!(ended.stdout[1], rules::load(&place.rules()).unwrap().digest().to_string());
    assert!(ended.stdout[2..].is_sorted_by_key(|line| line.split_once("  ").unwrap().1), "{printed}");
    fs::write(place.rules().join("a\nb.yml"), "x").unwrap();
    let ended = Process::run(&["rules", "manifest", place.rules().to_str().unwrap()]).await;
    assert_eq!((ended.code, ended.stdout.len()), (Some(2), 0), "{ended:?}");
}

/// Who may write the folder could otherwise take every rule out of force that acts.
#[tokio::test(flavor = "multi_thread")]
async fn f12_a_signed_set_gives_way_to_signed_ones_only() {
    let keys = Place::new();
    let config = format!("[rules]\nsigners = [\"{}\"]\n", keys.key("ann"));
    let app = TestApp::start_with(Set { config: config.leak(), rules: only_watching, ..Set::default() }).await;
    let rules = app.config.resolve(&app.config.rules.folder);
    let reload = async || app.post("/v1/rules/reload", ENGINEER, &json!({})).await;
    edit(&rules, RULE, TITLE, "title: Unsigned as before");
    assert_eq!(reload().await.status, 200, "what only watches needs no signature");

    let manifest = rules::manifest(&rules).unwrap();
    let key = keys.0.path().join("ann");
    let signature = keygen(&["-Y", "sign", "-n", NAMESPACE, "-f", key.to_str().unwrap()], &manifest);
    fs::write(rules.join("rules.sig"), signature).unwrap();
    assert_eq!(reload().await.status, 200);
    assert!(app.get("/v1/rules", ENGINEER).await.body["signer"].is_string());
    edit(&rules, RULE, "title: Unsigned as before", TITLE);
    let problem = |answer: Answer| answer.body["refused"]["problems"][0].as_str().unwrap_or_default().to_owned();
    let refused = problem(reload().await);
    assert!(refused.contains("rules.sig: does not sign these rules"), "{refused}");
    fs::remove_file(rules.join("rules.sig")).unwrap();
    let refused = problem(reload().await);
    assert!(
        refused.contains("rules.sig: is missing; rules that act must be signed here, and any in place"),
        "{refused}"
    );
    let refused = app.cannot_restart().await;
    assert!(refused.contains("rules.sig: is missing"), "also after a restart: {refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn f12_a_running_server_takes_only_signed_rules_and_says_who_signed() {
    let keys = Place::new();
    let config = format!("[rules]\nsigners = [\"{}\", \"{}\"]\n", keys.key("ann"), keys.key("bob"));
    let app = TestApp::start_with(Set { config: config.leak(), rules: only_watching, ..Set::default() }).await;
    let rules = app.config.resolve(&app.config.rules.folder);
    let before = app.get("/v1/rules", ENGINEER).await;
    assert_eq!(before.body["signer"], json!(null));

    edit(&rules, RULE, "mode: shadow", "mode: enforce");
    let answer = app.post("/v1/rules/reload", ENGINEER, &json!({})).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    let problem = answer.body["refused"]["problems"][0].as_str().unwrap();
    assert!(problem.contains("rules.sig: is missing; rules that act must be signed"), "{problem}");
    assert_eq!(app.get("/v1/rules", ENGINEER).await.body["digest"], before.body["digest"]);

    let manifest = rules::manifest(&rules).unwrap();
    let sign = |who: &str| {
        let key = keys.0.path().join(who);
        let signature = keygen(&["-Y", "sign", "-n", NAMESPACE, "-f", key.to_str().unwrap()], &manifest);
        fs::write(rules.join("rules.sig"), signature).unwrap();
    };
    sign("ann");
    let answer = app.post("/v1/rules/reload", ENGINEER, &json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let page = app.get("/v1/rules", ENGINEER).await;
    let signer = page.body["signer"].as_str().unwrap().to_owned();
    assert!(signer.starts_with("SHA256:"));
    assert_ne!(page.header("etag"), before.header("etag"));
    assert!(app.get("/rules", AUDITOR).await.body.as_str().unwrap().contains(&signer));
    sign("bob");
    let answer = app.post("/v1/rules/reload", ENGINEER, &json!({})).await;
    // The watch over the folder may have been first.
    assert_eq!(answer.status, 200, "{}", answer.body);
    let ann = signer;
    let signer = app.get("/v1/rules", ENGINEER).await.body["signer"].as_str().unwrap().to_owned();
    assert_ne!(signer, ann, "the same rules, but another vouches for them");
    let records = app.end().await;
    let last = records.iter().rev().find_map(|record| match &record.event {
        Event::RulesLoaded { signer, .. } => Some(signer.clone()),
        _ => None,
    });
    assert_eq!(last, Some(Some(signer)));
}
