//! Looks for itself, where no server is asked: at the files, the trail if nobody has it open, and DingTalk.

use std::sync::Arc;

use crate::cli::handed_over;
use crate::config::Config;
use crate::directory::{CALLS_FILE, DingTalk, Directory};
use crate::doctor::{Examined, Needs, Prober, of_disk, verified};
use crate::incident::{Check, Diagnosis, DiskRoom, SystemClock};
use crate::notices::Post;
use crate::rules;
use crate::server::{Opened, checkup, open_store};
use crate::trail::{OpenError, free_bytes, tlog};

/// Looks at everything that can be told without a server.
pub(super) async fn examine(config: &Config, send: bool) -> anyhow::Result<Vec<Examined>> {
    let mut config = config.clone();
    handed_over::find(&mut config);
    let mut examined = checkup::of_files(&config);
    examined.push(trail(&config).await?);
    examined.push(disk(&config));
    let directory = directory(&config);
    examined.extend(dingtalk(&config, directory.as_deref()).await);
    examined.push(channels(&config, directory.as_deref(), send).await);
    let ask = |check, is_there| {
        let found = if is_there { Diagnosis::ServerNeeded } else { Diagnosis::NotConfigured };
        Examined::of(check, found)
    };
    examined.push(ask(Check::Log, tlog::folder(&config.resolve(&config.trail.path)).exists()));
    examined.push(ask(Check::Sources, !config.intake.sources.is_empty()));
    examined.push(ask(Check::Canary, config.doctor.canary.is_some()));
    examined.sort_by_key(|one| one.check);
    Ok(examined)
}

/// A trail that was never begun is no fault, and is not begun here.
async fn trail(config: &Config) -> anyhow::Result<Examined> {
    if !config.resolve(&config.trail.path).is_dir() {
        return Ok(Examined::with(Check::Trail, Diagnosis::NotConfigured, "no server has begun one yet"));
    }
    let config = config.clone();
    let looked = tokio::task::spawn_blocking(move || match open_store(&config) {
        Ok(Opened { store, .. }) => verified(store.as_ref()),
        Err(error) => match error.downcast_ref::<OpenError>() {
            Some(OpenError::InUse(_)) => Examined::of(Check::Trail, Diagnosis::ServerHasIt),
            Some(OpenError::Damaged { .. }) => {
                Examined::with(Check::Trail, Diagnosis::TrailDamaged, format!("{error:#}"))
            }
            _ => Examined::with(Check::Trail, Diagnosis::TrailUnusable, format!("{error:#}")),
        },
    });
    Ok(looked.await?)
}

/// The disk that has the trail's folder, or will have it.
fn disk(config: &Config) -> Examined {
    let folder = config.resolve(&config.trail.path);
    let is_there = folder.ancestors().find(|ancestor| ancestor.is_dir());
    match is_there.map(free_bytes) {
        Some(Ok(free)) => of_disk(config.trail.disk.room(DiskRoom::Ample, free), Some(free)),
        Some(Err(error)) => Examined::with(Check::Disk, Diagnosis::TrailUnusable, error.to_string()),
        None => Examined::of(Check::Disk, Diagnosis::NotConfigured),
    }
}

/// Without the secret there is nothing to ask with; the configuration's check has said so.
fn directory(config: &Config) -> Option<Arc<dyn Directory>> {
    let secret = config.directory.read_secret(&config.base).ok()?;
    let client = DingTalk::new(&config.directory, secret, Arc::new(SystemClock)).ok()?;
    let calls = config.resolve(&config.trail.path).join(CALLS_FILE);
    Some(Arc::new(client.counting_in(calls).only_looking()))
}

async fn dingtalk(config: &Config, directory: Option<&dyn Directory>) -> Vec<Examined> {
    let loaded = rules::load_with(&config.resolve(&config.rules.folder), config.rules.statuses());
    let (Some(directory), Ok(rules)) = (directory, loaded) else {
        return Prober::unreached();
    };
    let needs = Needs::of(&rules, config.directory.index.is_some(), checkup::writes_one_to_one(config));
    let canary = config.doctor.canary.as_ref();
    let own_corp_id = config.directory.corp_id.as_str();
    Prober { directory, needs: &needs, own_corp_id, canary }.run().await.examined
}

async fn channels(config: &Config, directory: Option<&dyn Directory>, send: bool) -> Examined {
    let (Some(directory), true) = (directory, send) else { return checkup::of_channels(config) };
    match Post::new(&config.notices) {
        Ok(post) => checkup::send_trials(config, directory, &post, &SystemClock).await,
        Err(error) => Examined::with(Check::Channels, Diagnosis::ChannelRefused, error.to_string()),
    }
}
