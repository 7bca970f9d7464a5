//! Has a server look at everything, and waits for what it finds.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use crate::cli::client::Server;

/// How often it is asked whether it is done.
const EVERY: Duration = Duration::from_secs(1);

/// The page that says what was found.
pub(super) async fn examine(server: &Server, send: bool) -> anyhow::Result<Value> {
    let path = if send { "/v1/doctor/run?send=true" } else { "/v1/doctor/run" };
    let mut page = server.ask(Method::POST, path, None).await?;
    let mut ticks = tokio::time::interval(EVERY);
    while page.get("is_pending") == Some(&Value::Bool(true)) {
        ticks.tick().await;
        page = server.ask(Method::GET, "/v1/doctor", None).await?;
    }
    Ok(page)
}
