//! `portcullis sandbox`: the DingTalk simulator on its own.

use std::net::SocketAddr;

use clap::Args;

use super::output;
use super::signals;
use crate::sandbox;

/// What `sandbox` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where to listen; only this machine's own addresses are taken, the credentials being public.
    #[arg(long, default_value = "127.0.0.1:7790", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let settings = sandbox::Settings { listen: arguments.listen, ..sandbox::Settings::default() };
    let stop_asked = signals::stop_asked()?;
    let running = sandbox::start(settings).await?;
    output::line(running.banner())?;
    stop_asked.await;
    running.stop().await;
    Ok(())
}
