//! A door for each sort of source, with whoever may send to it: for the fuzz target, for the property tests of
//! `tests/it/any_delivery.rs` and for `benches/verify`. Keys and secrets are made here, and are good for tests only.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::thread;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use portcullis::incident::{SourceName, Timestamp};
use portcullis::intake::{
    DINGTALK_BYTES, DingTalkKey, Holds, Intake, Outgoing, RateSettings, Received, Request, SECRET_BYTES, SchemeName,
    SecretSettings, Sender, Settings, SourceKind, SourceSettings, TokenSigner, new_dingtalk_secret,
};
use serde_json::{Value, json};

/// One source behind a door of its own.
pub(crate) struct Door {
    /// The kind, and the way to prove where it is not the kind's.
    pub(crate) name: String,
    /// What it is.
    pub(crate) settings: SourceSettings,
    /// Whoever may send to it.
    pub(crate) sender: Sender,
    /// The door.
    pub(crate) intake: Intake,
}

/// The name of the source, whichever it is.
pub(crate) const SOURCE: &str = "behind-the-door";
/// The topic of the sample.
const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:test";
const OWNER: &str = "dingtestonlyappkey01";

/// One for every kind, one for every known way to sign, and one for each way that few kinds have. Those whose keys
/// are published have fetched them at `now`, so that judging at that time waits for nothing.
pub(crate) fn doors(now: Timestamp) -> Vec<Door> {
    let folder = tempfile::tempdir().unwrap();
    let published = Published::new();
    let kinds = SourceKind::ALL.iter().map(|kind| (kind.as_str().to_owned(), of_kind(*kind, &published)));
    let signing = SchemeName::ALL.into_iter().map(|name| {
        (format!("generic, {}", name.as_str()), of(json!({ "kind": "generic", "signature": name.as_str() })))
    });
    let hash = json!({ "claim": "body", "encoding": "hex" });
    let bound = json!({ "issuer": "https://idp.example.com", "audience": ["us"], "jwks": published.jwks,
        "algorithms": ["ES256"], "body_hash": hash });
    let more = [
        ("generic, jwt over the body", of(json!({ "kind": "generic", "jwt": bound }))),
        ("ssf, ES256", of(json!({ "kind": "ssf", "set": published.set("ES256") }))),
    ];
    let more = more.map(|(name, settings)| (name.to_owned(), settings));
    let all = kinds.chain(signing).chain(more);
    all.filter_map(|(name, settings)| door(name, settings, folder.path(), &published, now)).collect()
}

impl Door {
    /// A harmless delivery, as its sender would send it; another one for every `id`.
    pub(crate) fn good(&self, id: &str, now: Timestamp) -> Outgoing {
        let body = self.sender.sample(self.settings.kind, id, now);
        self.sender.prove(id, body.as_bytes(), now).unwrap()
    }
}

/// What comes over the wire.
pub(crate) fn request(outgoing: &Outgoing) -> Request<'_> {
    let headers = outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    Request {
        source: SOURCE,
        secret: outgoing.path.strip_prefix('/'),
        query: outgoing.path.strip_prefix('?').unwrap_or_default(),
        headers: headers.chain([("content-type", outgoing.content_type.as_bytes())]).collect(),
        peer: IpAddr::from([192, 0, 2, 1]),
        certificate: None,
        body: &outgoing.body,
    }
}

/// Keys, and where they are found on this machine.
struct Published {
    rsa: Vec<u8>,
    p256: Vec<u8>,
    jwks: String,
    certificate: String,
}

impl Published {
    fn new() -> Self {
        let rsa = KeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap().as_ref().to_vec();
        let p256 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let p256 = p256.as_ref().to_vec();
        let signers = [TokenSigner::new("RS256", &rsa).unwrap(), TokenSigner::new("ES256", &p256).unwrap()];
        let keys: Vec<Value> = signers.iter().map(TokenSigner::jwk).collect();
        let jwks = publish(json!({ "keys": keys }).to_string());
        let pair = rcgen::KeyPair::try_from(rsa.as_slice()).unwrap();
        let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&pair).unwrap();
        let certificate = publish(pem(certificate.der()));
        Self {
            rsa,
            p256,
            jwks: format!("{jwks}/jwks"),
            certificate: format!("{certificate}/SimpleNotificationService-1.pem"),
        }
    }

    fn set(&self, algorithm: &str) -> Value {
        json!({ "issuer": "https://idp.example.com", "audience": ["us"], "jwks": self.jwks, "algorithms": [algorithm] })
    }

    /// Who signs by the algorithm that the settings name, if they name one.
    fn signer(&self, settings: &SourceSettings) -> Option<TokenSigner> {
        let said = format!("{:?}{:?}", settings.set, settings.jwt);
        let is_published = settings.set.is_some() || settings.jwt.is_some() || settings.sns.is_some();
        is_published.then(|| match said.contains("Es256") {
            true => TokenSigner::new("ES256", &self.p256).unwrap(),
            false => TokenSigner::new("RS256", &self.rsa).unwrap(),
        })
    }
}

/// Serves one document to whoever asks, as long as the process runs; says where.
fn publish(document: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let _ = stream.read(&mut [0; 4_096]);
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", document.len());
            let _ = stream.write_all((head + &document).as_bytes());
        }
    });
    url
}

fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

fn of(settings: Value) -> SourceSettings {
    serde_json::from_value(settings).unwrap()
}

fn of_kind(kind: SourceKind, published: &Published) -> SourceSettings {
    let name = kind.as_str();
    match kind {
        SourceKind::Ssf | SourceKind::OktaSsf => of(json!({ "kind": name, "set": published.set("RS256") })),
        SourceKind::GooglePubsub => {
            let jwt = json!({ "issuer": "https://accounts.google.com", "audience": ["us"], "jwks": published.jwks });
            of(json!({ "kind": name, "jwt": jwt }))
        }
        SourceKind::Sns => of(json!({ "kind": name, "sns": { "topics": [TOPIC] } })),
        SourceKind::DingtalkEvents => of(json!({ "kind": name, "dingtalk": { "owner": OWNER } })),
        _ => SourceSettings::of(kind, Vec::new()),
    }
}

/// `None` for what has no secret that can be made here.
fn door(
    name: String,
    mut settings: SourceSettings,
    folder: &Path,
    published: &Published,
    now: Timestamp,
) -> Option<Door> {
    settings.allow_unsigned = true;
    let much = std::num::NonZeroU32::new(Settings::RATE_MAX)?;
    settings.rate = RateSettings { per_second: much, burst: much };
    let holds = match published.signer(&settings) {
        Some(signer) => {
            let certificate = Some(published.certificate.clone());
            Holds::Key { signer: Box::new(signer), authorization: None, certificate }
        }
        None => secret(&mut settings, folder)?,
    };
    let sender = Sender::holding(&settings, holds).ok()?;
    let sources = [(SourceName::parse(SOURCE).ok()?, settings.clone())].into();
    let listening_on = vec![IpAddr::from([127, 0, 0, 1])];
    let all = Settings { sources, listening_on, test_only_plain_http: true, ..Settings::default() };
    let door = Door { name, settings, sender, intake: Intake::new(&all, folder).unwrap() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let received = runtime.block_on(door.intake.receive(&request(&door.good("first", now)), now));
    assert!(matches!(received, Ok(Received::Understood(_))), "{}: {received:?}", door.name);
    Some(door)
}

/// A secret in a file, and what its sender holds.
fn secret(settings: &mut SourceSettings, folder: &Path) -> Option<Holds> {
    let write = |name: &str, text: &str| {
        let file = folder.join(name);
        let _ = fs::remove_file(&file);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        file
    };
    let byte = |place: usize| u8::try_from(place * 37 % 251).unwrap_or_default() ^ 0x5a;
    let (holds, secret, aes_key) = if let Some(dingtalk) = &settings.dingtalk {
        let (token, aes_key) = new_dingtalk_secret(&std::array::from_fn::<_, DINGTALK_BYTES, _>(byte));
        let key = DingTalkKey::new(&token, &aes_key, &dingtalk.owner).unwrap();
        (Holds::DingTalk(Box::new(key)), token, Some(aes_key))
    } else {
        let secret = settings.new_secret(&std::array::from_fn::<_, SECRET_BYTES, _>(byte)).ok()??;
        (Holds::Secret(secret.clone()), secret, None)
    };
    settings.secrets = vec![SecretSettings {
        name: "test".to_owned(),
        file: write("secret", &secret),
        aes_key_file: aes_key.map(|aes_key| write("aes-key", &aes_key)),
    }];
    Some(holds)
}
