//! `portcullis serve`: receives alerts and acts on them until it is told to stop.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;

use super::handed_over;
use super::output;
use super::refused::refused;
use super::signals;
use crate::rules::LoadErrors;
use crate::server::{App, Hangups, Parts, Reread};
use crate::{config, telemetry};

/// What `serve` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration file.
    #[arg(long, env = "PORTCULLIS_CONFIG", value_name = "FILE")]
    config: PathBuf,
    /// Listen here instead of where the configuration says.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Only read the configuration, the secrets and the rules, say whether they are good, and end.
    #[arg(long)]
    check_config: bool,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    // Before anything that takes time: a SIGHUP during the start asks for another load, and must not
    // end the program.
    let hangups = Hangups::listen()?;
    let flags: Vec<(&str, String)> = arguments.listen.map(|listen| ("http.listen", listen)).into_iter().collect();
    let reread: Reread = Arc::new(move || Ok(config::load(&arguments.config, &flags)?));
    let mut config = reread().map_err(refused)?;
    if arguments.check_config {
        handed_over::find(&mut config);
    }
    let telemetry = config.telemetry().map_err(refused)?;
    // Read a second time by the start itself: what is wrong is told before anything is opened, and as
    // the operator's to mend.
    let doubts = App::check(&config).map_err(|error| refused(handed_over::advice(error)))?;
    if arguments.check_config {
        doubts.iter().try_for_each(|doubt| output::line(format_args!("warning: {doubt}")))?;
        return output::line("The configuration is good.");
    }
    // Held to the end, so that the last lines are written.
    let _logging = telemetry::start(&telemetry).map_err(refused)?;
    // Before the trail is opened: a stop that is asked for during the start is kept until it can be
    // carried out in order.
    let stop_asked = signals::stop_asked()?;
    let parts = {
        let config = config.clone();
        tokio::task::spawn_blocking(move || Parts::real(&config, hangups, reread)).await??
    };
    // Only with the trail can it be told which rules nobody has let act.
    let is_mendable = |error: &anyhow::Error| error.is::<LoadErrors>();
    let app =
        App::start(&config, parts).await.map_err(|error| if is_mendable(&error) { refused(error) } else { error })?;
    // Nothing to stop for: the log says it, too.
    if let Err(error) = output::line(format_args!("listening on {}", app.url())) {
        tracing::warn!(error = format!("{error:#}"), "the address cannot be printed");
    }
    if let Some(link) = app.first_sign_in().context("no link can be made for the first sign-in")? {
        // On the screen only: the log is kept.
        output::line(format_args!("no token is an admin's; sign in once as one at {link}"))?;
    }
    tokio::select! {
        () = stop_asked => {}
        () = app.failed() => anyhow::bail!("the trail can no longer be written; start the program again"),
    }
    app.stop().await
}
