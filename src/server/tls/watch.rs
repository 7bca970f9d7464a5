//! Has our own certificate read anew on SIGHUP.

use std::sync::Arc;

use super::OwnCertificate;
use crate::incident::{Clock, Timestamp};
use crate::server::Hangups;

/// Says what is doubtful about it, now and whenever it has changed. Runs until aborted.
pub(in crate::server) async fn run(own: Arc<OwnCertificate>, mut hangups: Hangups, clock: Arc<dyn Clock>) {
    tell(&own, clock.now());
    loop {
        hangups.next().await;
        let again = own.clone();
        let renewed = tokio::task::spawn_blocking(move || again.renew()).await;
        match renewed {
            Ok(Ok(())) => {
                tracing::info!(certificate.expires_at = %own.expires_at(), "our own certificate was read anew");
                tell(&own, clock.now());
            }
            Ok(Err(error)) => tracing::error!(%error, "our own certificate stays as it is"),
            Err(error) => tracing::error!(%error, "our own certificate could not be read anew"),
        }
    }
}

fn tell(own: &OwnCertificate, now: Timestamp) {
    if let Some(doubt) = own.doubt(now) {
        tracing::warn!("{doubt}");
    }
}
