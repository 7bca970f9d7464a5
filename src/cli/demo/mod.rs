//! `portcullis demo`: the whole job on this machine, shown stage by stage and checked.

mod delivery;
mod screen;
mod stage;
mod story;

use std::path::PathBuf;

use clap::Args;

use self::screen::Screen;
use self::stage::Stage;
use super::signals;

/// What `demo` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The rules folder.
    #[arg(long, default_value = "rules", value_name = "FOLDER")]
    rules: PathBuf,
    /// Leave everything running until Ctrl-C, and say how to reach it.
    #[arg(long)]
    keep: bool,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let screen = Screen::of_this_terminal();
    let stage = Stage::set(&arguments.rules).await?;
    let told = story::tell(&stage, &screen).await;
    if arguments.keep && told.is_ok() {
        stage.say_how_to_reach(&screen)?;
        signals::stop_asked()?.await;
    }
    let cleared = stage.clear().await;
    told.and(cleared)
}
