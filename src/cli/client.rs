//! How commands reach a server: whose certificates they believe, and what they show themselves.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Identity};

use super::refused::refused;

/// How long a server may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Whom to believe, for all who ask a server.
#[derive(Debug, Clone, Args)]
pub(super) struct Trust {
    /// Believe only servers whose certificates those in this file (PEM) have signed; those that the machine
    /// believes, unless said.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// What senders show beside.
#[derive(Debug, Args)]
pub(super) struct Shown {
    /// Show this certificate (PEM, with those between it and its root).
    #[arg(long, value_name = "FILE", requires = "client_key")]
    client_certificate: Option<PathBuf>,
    /// The key of that certificate (PEM).
    #[arg(long, value_name = "FILE", requires = "client_certificate")]
    client_key: Option<PathBuf>,
}

impl Trust {
    /// A client that follows nobody elsewhere.
    pub(super) fn client(&self) -> anyhow::Result<Client> {
        self.client_that_shows(&Shown { client_certificate: None, client_key: None })
    }

    /// One that shows a certificate, if there is one.
    pub(super) fn client_that_shows(&self, shown: &Shown) -> anyhow::Result<Client> {
        let mut client = Client::builder().timeout(TIMEOUT).redirect(Policy::none());
        if let Some(file) = &self.ca {
            let roots = Certificate::from_pem_bundle(&read(file)?).map_err(|_| unusable(file))?;
            anyhow::ensure!(!roots.is_empty(), unusable(file));
            client = client.tls_certs_only(roots);
        }
        if let (Some(certificate), Some(key)) = (&shown.client_certificate, &shown.client_key) {
            let pem = [read(certificate)?, b"\n".to_vec(), read(key)?].concat();
            client = client.identity(Identity::from_pem(&pem).map_err(|_| unusable(certificate))?);
        }
        client.build().context("the HTTP client cannot be built")
    }

    /// The same as options of `curl`.
    pub(super) fn curl(&self, shown: &Shown) -> String {
        let options = [("cacert", &self.ca), ("cert", &shown.client_certificate), ("key", &shown.client_key)];
        let said = options.into_iter().filter_map(|(option, file)| Some((option, file.as_ref()?)));
        said.map(|(option, file)| format!(" --{option} '{}'", file.display().to_string().replace('\'', "'\\''")))
            .collect()
    }
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("{} cannot be read", file.display())).map_err(refused)
}

fn unusable(file: &Path) -> anyhow::Error {
    refused(anyhow::anyhow!("{} holds no certificate in PEM, or its key does not", file.display()))
}
