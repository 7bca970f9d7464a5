//! Which receivers of syslog the settings ask for.

use std::sync::Arc;

use anyhow::Context as _;

use crate::config::Config;
use crate::forwarders::{Forwarders, Forwarding, Receiver};
use crate::incident::Clock;
use crate::trail::Trail;

/// Begins to forward the records of a trail.
///
/// # Errors
/// A receiver cannot be set up, or it cannot be recorded that forwarding begins.
pub(super) async fn start(config: &Config, trail: &Arc<Trail>, clock: &Arc<dyn Clock>) -> anyhow::Result<Forwarding> {
    let (folder, all) = (config.resolve(&config.trail.path), all(config)?);
    let (trail, clock) = (trail.clone(), clock.clone());
    Ok(Forwarders { trail, folder, clock, all }.start().await?)
}

/// The receivers as they are set, nothing sent to any yet.
///
/// # Errors
/// One cannot be set up: an address, name or certificate is none.
pub(super) fn all(config: &Config) -> anyhow::Result<Vec<Receiver>> {
    let receiver = |(name, settings)| {
        Receiver::new(Clone::clone(name), settings, &config.base).with_context(|| format!("[trail.forward.{name}]"))
    };
    config.trail.forward.iter().map(receiver).collect()
}
