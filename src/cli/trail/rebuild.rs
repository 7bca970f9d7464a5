//! `portcullis trail rebuild`: makes a damaged store anew from the log and what lies beside its records.

use std::path::Path;

use clap::Args;

use super::super::output;
use super::verify::bar;
use crate::incident::{Clock as _, SystemClock};
use crate::trail::{self, Consent, Salvage, SledStore};

/// What `trail rebuild` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: super::Place,
    /// Who has it done, for the record.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Also where something that was acknowledged may be lost.
    #[arg(long)]
    accept_loss: bool,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { place, by, reason, accept_loss } = arguments;
    let settings = super::settings(place.config.as_deref(), place.folder.as_deref())?;
    anyhow::ensure!(settings.path.is_dir(), "there is no trail in {}", settings.path.display());
    let (found, settings) = tokio::task::spawn_blocking(move || {
        let bar = bar();
        let found = trail::rebuild(
            &settings,
            |salvage| match accept_loss || salvage.loses_nothing() {
                true => Consent::recorded(salvage, Some((&by, &reason)), SystemClock.now()),
                false => Consent::Refused,
            },
            |done, of| {
                bar.set_length(of);
                bar.set_position(done);
            },
        );
        bar.finish_and_clear();
        (found, settings)
    })
    .await?;
    let Some(salvage) = found? else {
        output::line(
            "Nothing is damaged: what the store has can be read and is as it was hashed. Whether the log is as it was signed \
             `portcullis trail verify` says.",
        )?;
        return output::flush();
    };
    tell(&salvage, &settings.path)?;
    anyhow::ensure!(
        accept_loss || salvage.loses_nothing(),
        "nothing was changed; --accept-loss has it made anew from what there is"
    );
    // Which records that it was made anew.
    tokio::task::spawn_blocking(move || SledStore::open(&settings)).await??;
    output::line("It was made anew; what it was before is in the folder `damaged` of the trail.")?;
    output::flush()
}

fn tell(salvage: &Salvage, trail: &Path) -> anyhow::Result<()> {
    let Salvage { first, sealed, size, is_whole, has_all_beside } = salvage;
    output::line(format_args!("The epoch of record {first} in {} is damaged.", trail.display()))?;
    output::line(format_args!("{sealed} records are sealed in the log, {size} can be had in all."))?;
    if !is_whole {
        output::line(
            "Records may be lost that were made after the newest checkpoint: what was acknowledged then is not known any more.",
        )?;
    }
    if !has_all_beside {
        output::line(
            "What lies beside some records is lost: names, bodies, and what alerts are known by, so that one may be taken a second time.",
        )?;
    }
    Ok(())
}
