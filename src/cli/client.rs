//! How commands reach a server: whose certificates they believe, and what they show themselves.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Identity, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;

use super::output;
use super::refused::refused;

/// How long a server may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long what is read piece by piece may take.
const LONG: Duration = Duration::from_secs(24 * 3600);

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

/// Which server, and with which token.
#[derive(Debug, Args)]
pub(super) struct Server {
    /// The server.
    #[arg(long, value_name = "URL")]
    pub(super) server: String,
    /// A file with a token.
    #[arg(long, value_name = "FILE")]
    pub(super) token_file: PathBuf,
    #[command(flatten)]
    pub(super) trust: Trust,
}

/// A server that runs, or the configuration of one that does not.
#[derive(Debug, Args)]
pub(super) struct Whereabouts {
    /// The configuration file of a server that does not run, or is to.
    #[arg(long, env = "PORTCULLIS_CONFIG", value_name = "FILE", required_unless_present = "server")]
    config: Option<PathBuf>,
    /// The server that runs.
    #[arg(long, value_name = "URL", requires = "token_file")]
    server: Option<String>,
    /// A file with a token for it.
    #[arg(long, value_name = "FILE", requires = "server")]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    trust: Trust,
}

/// Where something is done.
pub(super) enum Place {
    /// There.
    Server(Server),
    /// Here, as this file says.
    Here(PathBuf),
}

impl Whereabouts {
    /// The server if one is named, also where the environment has a configuration.
    pub(super) fn place(self) -> anyhow::Result<Place> {
        match self {
            Self { server: Some(server), token_file: Some(token_file), trust, .. } => {
                Ok(Place::Server(Server { server, token_file, trust }))
            }
            Self { config: Some(file), .. } => Ok(Place::Here(file)),
            Self { .. } => Err(refused(anyhow::anyhow!("name the configuration file, or the server that runs"))),
        }
    }
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

impl Server {
    /// What it answers, to be read piece by piece however long that takes; what it refuses is an error with its own words.
    pub(super) async fn fetch(&self, path: &str) -> anyhow::Result<Response> {
        let answer =
            self.request(Method::GET, path)?.timeout(LONG).send().await.context("the server does not answer")?;
        let (status, is_ours) = (answer.status(), is_ours(&answer));
        match (status, is_ours) {
            (StatusCode::OK, true) => Ok(answer),
            (StatusCode::OK, false) => Err(not_ours()),
            _ => Err(refusal(status, &answer.text().await?)),
        }
    }

    /// What it answers; what it refuses is an error with its own words.
    pub(super) async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        serde_json::from_str(&self.read(method, path, body).await?).map_err(|_| not_ours())
    }

    /// The same, of what may take long.
    pub(super) async fn ask_patiently(&self, method: Method, path: &str, body: Value) -> anyhow::Result<Value> {
        let request = with_body(self.request(method, path)?.timeout(LONG), Some(body));
        serde_json::from_str(&answered(request).await?).map_err(|_| not_ours())
    }

    /// The same to the byte, for what a `Value` would write anew.
    pub(super) async fn read(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<String> {
        answered(with_body(self.request(method, path)?, body)).await
    }

    fn request(&self, method: Method, path: &str) -> anyhow::Result<RequestBuilder> {
        let token = fs::read_to_string(&self.token_file)
            .with_context(|| format!("{} cannot be read", self.token_file.display()))
            .map_err(refused)?;
        let is_address = self.server.starts_with("http://") || self.server.starts_with("https://");
        if !is_address {
            return Err(refused(anyhow::anyhow!("--server is written like https://soc.example:8443")));
        }
        let url = format!("{}{path}", self.server.trim_end_matches('/'));
        Ok(self.trust.client()?.request(method, url).bearer_auth(token.trim()))
    }
}

fn with_body(request: RequestBuilder, body: Option<Value>) -> RequestBuilder {
    match body {
        Some(body) => request.header("content-type", "application/json").body(body.to_string()),
        None => request,
    }
}

async fn answered(request: RequestBuilder) -> anyhow::Result<String> {
    let answer = request.send().await.context("the server does not answer")?;
    let (status, is_ours) = (answer.status(), is_ours(&answer));
    let text = answer.text().await?;
    match (status, is_ours) {
        (StatusCode::OK, true) => Ok(text),
        (StatusCode::OK, false) => Err(not_ours()),
        _ => Err(refusal(status, &text)),
    }
}

/// Whether a server of ours says so. A sign-in page of a proxy says 200 as well, and nobody is to believe that somebody was
/// given back because of that.
fn is_ours(answer: &Response) -> bool {
    answer.headers().contains_key("x-request-id")
}

fn not_ours() -> anyhow::Error {
    refused(anyhow::anyhow!("that is no answer of a Portcullis server: look at --server, and at what stands before it"))
}

fn refusal(status: StatusCode, text: &str) -> anyhow::Error {
    let body: Value = serde_json::from_str(text).unwrap_or_default();
    let title = body.get("title").and_then(Value::as_str).unwrap_or("the server refuses");
    let detail = body.get("detail").and_then(Value::as_str).map(|detail| format!(" {}.", output::visible(detail)));
    let next = match status {
        StatusCode::UNAUTHORIZED => " Look at --token-file: the token may be over or taken back.",
        _ => "",
    };
    let error = anyhow::anyhow!("{} ({status}){}{next}", output::visible(title), detail.unwrap_or_default());
    if status.is_client_error() { refused(error) } else { error }
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("{} cannot be read", file.display())).map_err(refused)
}

fn unusable(file: &Path) -> anyhow::Error {
    refused(anyhow::anyhow!("{} holds no certificate in PEM, or its key does not", file.display()))
}
