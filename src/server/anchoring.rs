//! Which anchors the settings ask for.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use super::app::channels;
use crate::anchors::{Anchor, Anchoring, Anchors};
use crate::config::Config;
use crate::incident::{ChannelName, Clock};
use crate::notices::{Channel, Post, Way};
use crate::trail::tlog::Log;

/// Begins to anchor the checkpoints of a log.
///
/// # Errors
/// An anchor cannot be set up.
pub(super) fn start(config: &Config, log: Log, clock: &Arc<dyn Clock>) -> anyhow::Result<Anchoring> {
    let (post, every) = (Post::new(&config.notices)?, Duration::from_secs(config.trail.anchors.every_s));
    Ok(Anchors { log, post, clock: clock.clone(), every, all: all(config)? }.start())
}

/// The anchors as they are set, none of them at work yet.
///
/// # Errors
/// One cannot be set up: the channel is no webhook, the address or key is none.
pub(super) fn all(config: &Config) -> anyhow::Result<Vec<Anchor>> {
    let settings = &config.trail.anchors;
    anyhow::ensure!((1..=86_400).contains(&settings.every_s), "[trail.anchors] every_s is 1 to 86400");
    let mut all = Vec::new();
    all.extend(settings.log.then_some(Anchor::Log));
    all.extend(settings.file.as_ref().map(|file| Anchor::File(config.resolve(file))));
    let mut channels = if settings.webhooks.is_empty() { Vec::new() } else { channels(config)? };
    for name in &settings.webhooks {
        all.push(webhook(name, &mut channels)?);
    }
    for witness in &settings.witnesses {
        all.push(Anchor::witness(witness).with_context(|| format!("[[trail.anchors.witnesses]] {}", witness.url))?);
    }
    Ok(all)
}

fn webhook(name: &ChannelName, channels: &mut Vec<Channel>) -> anyhow::Result<Anchor> {
    let at = channels.iter().position(|channel| channel.name == *name);
    let channel = at.map(|at| channels.swap_remove(at));
    match channel.map(|channel| channel.way) {
        Some(Way::Webhook { url, secret }) => Ok(Anchor::Webhook { channel: name.clone(), url, secret }),
        Some(_) => anyhow::bail!("[trail.anchors] webhooks: {name} is no webhook"),
        None => anyhow::bail!("[trail.anchors] webhooks: there is no channel {name} in [notices]"),
    }
}
