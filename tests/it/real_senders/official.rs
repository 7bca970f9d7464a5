//! The official libraries of Standard Webhooks and Svix, in two languages, and sources for what they sign.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis::intake::SchemeName;
use serde_json::{Value, json};

use super::installed::Oracle;
use crate::harness::*;

/// Every one of them.
pub(super) const ALL: [Official; 4] = [
    Official { language: Oracle::Python, package: Package::StandardWebhooks },
    Official { language: Oracle::Python, package: Package::Svix },
    Official { language: Oracle::JavaScript, package: Package::StandardWebhooks },
    Official { language: Oracle::JavaScript, package: Package::Svix },
];

/// One library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Official {
    pub(super) language: Oracle,
    pub(super) package: Package,
}

/// Its name in both registries, and that of our source and its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Package {
    StandardWebhooks,
    Svix,
}

impl Package {
    /// As `pip` and `npm` call it, and as its source is called here.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::StandardWebhooks => "standardwebhooks",
            Self::Svix => "svix",
        }
    }

    /// The beginning of its headers' names.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::StandardWebhooks => "webhook",
            Self::Svix => "svix",
        }
    }

    /// Our own name for how it signs.
    pub(super) fn scheme(self) -> SchemeName {
        match self {
            Self::StandardWebhooks => SchemeName::StandardWebhooks,
            Self::Svix => SchemeName::Svix,
        }
    }

    /// A secret of its source: `new` and `old` are live, any other is nobody's.
    pub(super) fn secret(self, which: &str) -> String {
        format!("whsec_{}", STANDARD.encode(format!("test-secret-of-{}-the-{which}-one", self.name())))
    }
}

impl Official {
    /// What it is asked to make the headers of a delivery.
    pub(super) fn sign(self, secrets: &[&str], id: &str, time: i64, body: &[u8]) -> (Self, Value) {
        let secrets: Vec<String> = secrets.iter().map(|which| self.package.secret(which)).collect();
        let body = STANDARD.encode(body);
        let package = self.package.name();
        (self, json!({"do": "sign", "package": package, "secrets": secrets, "id": id, "time": time, "body": body}))
    }

    /// What it is asked to judge a delivery of its source.
    pub(super) fn verify(self, delivery: &Delivery) -> (Self, Value) {
        self.verify_with(&self.package.secret("new"), delivery)
    }

    /// The same with any secret.
    pub(super) fn verify_with(self, secret: &str, delivery: &Delivery) -> (Self, Value) {
        let (package, headers, body) = (self.package.name(), &delivery.headers, STANDARD.encode(&delivery.body));
        (self, json!({"do": "verify", "package": package, "secret": secret, "headers": headers, "body": body}))
    }

    /// The delivery, with the headers that it made.
    pub(super) fn delivery(self, headers: Value, body: &[u8]) -> Delivery {
        let headers = serde_json::from_value(headers).expect("names and values");
        Delivery { source: self.package.name().to_owned(), headers, body: body.to_vec() }
            .and("content-type", "application/json")
    }
}

/// What all were asked, each language in one process, in order.
pub(super) fn ask(cases: &[(Official, Value)]) -> Vec<Value> {
    let mut outcomes = vec![Value::Null; cases.len()];
    for language in [Oracle::Python, Oracle::JavaScript] {
        let (places, asked): (Vec<usize>, Vec<Value>) = (cases.iter().enumerate())
            .filter(|(_, (official, _))| official.language == language)
            .map(|(place, (_, case))| (place, case.clone()))
            .unzip();
        for (place, outcome) in places.into_iter().zip(language.ask(&asked)) {
            outcomes[place] = outcome;
        }
    }
    outcomes
}

/// The app with a source for each package.
pub(super) async fn start() -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    let mut config = String::new();
    for package in [Package::StandardWebhooks, Package::Svix] {
        let kind = if package == Package::Svix { "svix" } else { "standard-webhooks" };
        let secrets = ["new", "old"].map(|which| {
            let file = folder.path().join(format!("{}-{which}", package.name()));
            fs::write(&file, package.secret(which)).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            format!("{{ name = \"{which}\", file = \"{}\" }}", file.display())
        });
        config += &format!(
            "[intake.sources.{}]\nkind = \"{kind}\"\nrate = {{ per_second = 100000, burst = 100000 }}\nsecrets = [{}]\n",
            package.name(),
            secrets.join(", ")
        );
    }
    // Secrets are read by the start, so their files may go after it.
    TestApp::start_with(Set { config: Box::leak(config.into_boxed_str()), ..Set::default() }).await
}
