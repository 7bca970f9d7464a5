//! The intake tested through its door: requests go in, verified deliveries or refusals come out.
//! Tests named after an attack (`b03_…`, `c10_…`) are the executable form of that attack.

mod body;
mod confirming;
mod described;
mod dingtalk;
mod fetching;
mod generic;
mod handshakes;
mod keys;
mod kinds;
mod known_by;
mod limits;
mod mapping;
mod okta;
mod origin;
mod presets;
mod published;
mod renewal;
mod rotation;
mod set_battery;
mod set_reading;
mod set_sender;
mod set_unreadable;
mod setup;
mod signature;
mod signers;
mod sns;
mod sns_version_1;
mod steps;
mod stub;
mod succession;
mod tokens;
mod unsigned;

use std::net::IpAddr;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use super::*;
use crate::incident::{SourceName, Timestamp};

/// The moment at which all tests take place.
const NOW_S: i64 = 1_700_000_000;
/// Sends Okta event hooks, signed as Standard Webhooks have it, with two live secrets.
const OKTA: &str = "okta-prod";
/// Sends anything, signed as Standard Webhooks have it.
const SIEM: &str = "siem";
/// Sends anything, signed as GitHub does.
const GITHUB: &str = "github";
const SECRET_OKTA: &str = "test-only old secret of okta-prod";
const SECRET_OKTA_NEW: &str = "test-only new secret of okta-prod";
const SECRET_SIEM: &str = "test-only secret of siem, not real";
const SECRET_GITHUB: &str = "test-only secret of github, not real";

/// What is proven without asking anybody is proven at once.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn now() -> Timestamp {
    at(NOW_S)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A secret as Standard Webhooks write it.
fn whsec(material: &str) -> String {
    format!("whsec_{}", STANDARD.encode(material))
}

/// Settings under construction, with their secret files.
struct Setup {
    directory: TempDir,
    settings: Settings,
}

impl Setup {
    fn empty() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), settings: Settings::default() }
    }

    /// The three sources that most tests use.
    fn usual() -> Self {
        let mut setup = Self::empty();
        let okta = [("old", whsec(SECRET_OKTA)), ("new", whsec(SECRET_OKTA_NEW))];
        setup.source(OKTA, SourceKind::OktaEventHook, SchemeName::StandardWebhooks, &okta);
        setup.source(SIEM, SourceKind::Generic, SchemeName::StandardWebhooks, &[("only", whsec(SECRET_SIEM))]);
        setup.source(GITHUB, SourceKind::Generic, SchemeName::GithubHmac, &[("only", SECRET_GITHUB.to_owned())]);
        setup
    }

    fn source(&mut self, name: &str, kind: SourceKind, signature: SchemeName, secrets: &[(&str, String)]) {
        let secrets = secrets.iter().map(|(secret, value)| self.secret(name, secret, value)).collect();
        let source = SourceSettings { signature: Some(signature.into()), ..SourceSettings::of(kind, secrets) };
        self.settings.sources.insert(SourceName::parse(name).unwrap(), source);
    }

    fn secret(&self, source: &str, name: &str, value: &str) -> SecretSettings {
        let file = format!("{source}-{name}");
        write_private(&self.directory.path().join(&file), value);
        SecretSettings { name: name.to_owned(), file: file.into(), aes_key_file: None }
    }

    fn settings_of(&mut self, name: &str) -> &mut SourceSettings {
        self.settings.sources.get_mut(&SourceName::parse(name).unwrap()).unwrap()
    }

    fn try_build(&self) -> Result<Intake, SetupError> {
        Intake::new(&self.settings, self.directory.path())
    }

    fn build(&self) -> Intake {
        self.try_build().unwrap()
    }
}

fn write_private(path: &Path, content: &str) {
    std::fs::write(path, content).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// A request under construction.
#[derive(Debug, Clone)]
struct Request {
    source: String,
    secret: Option<String>,
    query: String,
    headers: Vec<(String, Vec<u8>)>,
    peer: IpAddr,
    certificate: Option<ClientCertificate>,
    body: Vec<u8>,
}

impl Request {
    fn unsigned(source: &str, body: impl AsRef<[u8]>) -> Self {
        let (source, body) = (source.to_owned(), body.as_ref().to_vec());
        let peer = IpAddr::from([192, 0, 2, 7]);
        Self { source, secret: None, query: String::new(), headers: Vec::new(), peer, certificate: None, body }
            .with("content-type", "application/json")
    }

    /// What the source would send now, under the id `msg_1`.
    fn signed(source: &str, body: impl AsRef<[u8]>) -> Self {
        Self::signed_at(source, body, now())
    }

    fn signed_at(source: &str, body: impl AsRef<[u8]>, sent_at: Timestamp) -> Self {
        let (scheme, secret) = match source {
            OKTA => (SchemeName::StandardWebhooks, whsec(SECRET_OKTA)),
            SIEM => (SchemeName::StandardWebhooks, whsec(SECRET_SIEM)),
            GITHUB => (SchemeName::GithubHmac, SECRET_GITHUB.to_owned()),
            other => panic!("no secret of {other}"),
        };
        Self::signed_by(source, scheme, &secret, "msg_1", body, sent_at)
    }

    fn signed_by(
        source: &str,
        scheme: SchemeName,
        secret: &str,
        id: &str,
        body: impl AsRef<[u8]>,
        sent_at: Timestamp,
    ) -> Self {
        let headers = sign(scheme, secret, id, body.as_ref(), sent_at).unwrap();
        headers.iter().fold(Self::unsigned(source, body), |request, (name, value)| request.with(name, value))
    }

    /// Replaces a header.
    fn with(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.without(name).and(name, value)
    }

    /// Adds a header, also if it is there already.
    fn and(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    fn with_body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    fn value(&self, name: &str) -> String {
        let (_, value) = self.headers.iter().find(|(other, _)| other == name).unwrap();
        String::from_utf8(value.clone()).unwrap()
    }

    fn send_at(&self, intake: &Intake, now: Timestamp) -> Result<Received, Refusal> {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        let request = crate::intake::Request {
            source: &self.source,
            secret: self.secret.as_deref(),
            query: &self.query,
            headers,
            peer: self.peer,
            certificate: self.certificate.as_ref(),
            body: &self.body,
        };
        block_on(intake.receive(&request, now))
    }

    fn send(&self, intake: &Intake) -> Result<Received, Refusal> {
        self.send_at(intake, now())
    }

    fn refusal(&self, intake: &Intake) -> Option<Refusal> {
        self.send(intake).err()
    }

    fn delivery(&self, intake: &Intake) -> Delivery {
        match self.send(intake) {
            Ok(Received::Understood(delivery)) => delivery.into_inner(),
            other => panic!("not understood: {other:?}"),
        }
    }

    fn unreadable(&self, intake: &Intake) -> Unreadable {
        match self.send(intake) {
            Ok(Received::NotUnderstood(delivery)) => delivery.get().reason,
            other => panic!("{:?}: {other:?}", String::from_utf8_lossy(&self.body)),
        }
    }
}

/// What becomes of variations of one request.
fn check_refusals(intake: &Intake, cases: impl IntoIterator<Item = (Request, Refusal)>) {
    for (request, refusal) in cases {
        assert_eq!(request.refusal(intake), Some(refusal), "{request:?}");
        assert!(refusal.is_authentication());
    }
}
