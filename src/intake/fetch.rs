//! Fetches the public documents of senders, keys and certificates: bounded in time and size, no redirects, no
//! proxy, no retries, and only from addresses that were checked.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode, redirect, retry};

use super::address::Address;

/// How long a whole fetch may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Why a document is not there. The sender's delivery may be good: it is to be asked to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub(super) enum Unavailable {
    /// Fetched, or tried, so short a time ago that it is not fetched again yet.
    #[error("it was asked for a short time ago")]
    TooSoon {
        /// When it will be fetched again, in whole seconds from now, at least 1.
        retry_after_s: u64,
    },
    /// No connection, or none that proves whom it leads to.
    #[error("no connection could be made")]
    NotConnected,
    /// Not within the time limit.
    #[error("the answer took too long")]
    TimedOut,
    /// The connection broke in the middle.
    #[error("the connection was lost")]
    Lost,
    /// Another status than 200, redirects among them.
    #[error("the status is {0} and not 200")]
    Status(u16),
    /// Larger than a document of its kind may be.
    #[error("the document is too large")]
    TooLarge,
    /// The document is there, but it is none of its kind or of no use.
    #[error("the document is of no use")]
    Unusable,
}

impl Unavailable {
    /// The reason's stable name, for logs and metrics.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::TooSoon { .. } => "too_soon",
            Self::NotConnected => "not_connected",
            Self::TimedOut => "timed_out",
            Self::Lost => "lost",
            Self::Status(_) => "status",
            Self::TooLarge => "too_large",
            Self::Unusable => "unusable",
        }
    }
}

/// Asks addresses for documents. One for all sources; a copy shares its connections.
#[derive(Clone)]
pub(super) struct Fetcher(Client);

impl Fetcher {
    /// Connects nowhere yet.
    ///
    /// # Errors
    /// The machine's trusted certificates cannot be read.
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        Self::with_timeout(TIMEOUT)
    }

    pub(super) fn with_timeout(timeout: Duration) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .user_agent("portcullis")
            .timeout(timeout)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            // Fetches are hours apart.
            .pool_max_idle_per_host(0)
            // Also from the environment: whoever answers here says which tokens we believe.
            .no_proxy();
        Ok(Self(client.build()?))
    }

    /// The document at `address`, if it has at most `bytes_max`.
    ///
    /// # Errors
    /// There is none, or it does not come within five seconds.
    pub(super) async fn get(&self, address: &Address, bytes_max: usize) -> Result<Vec<u8>, Unavailable> {
        let request = self.0.get(address.url().clone()).header(reqwest::header::ACCEPT, "*/*");
        let response = request.send().await.map_err(|error| reason(&error))?;
        if response.status() != StatusCode::OK {
            return Err(Unavailable::Status(response.status().as_u16()));
        }
        read_bounded(response, bytes_max).await
    }
}

async fn read_bounded(mut response: Response, bytes_max: usize) -> Result<Vec<u8>, Unavailable> {
    let announced = response.content_length().unwrap_or_default();
    if usize::try_from(announced).map_or(true, |bytes| bytes > bytes_max) {
        return Err(Unavailable::TooLarge);
    }
    let mut document = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| reason(&error))? {
        if document.len().saturating_add(chunk.len()) > bytes_max {
            return Err(Unavailable::TooLarge);
        }
        document.extend_from_slice(&chunk);
    }
    Ok(document)
}

fn reason(error: &reqwest::Error) -> Unavailable {
    if error.is_timeout() {
        Unavailable::TimedOut
    } else if error.is_connect() {
        Unavailable::NotConnected
    } else {
        Unavailable::Lost
    }
}
