//! Keeps one checkpoint in one place.

use std::sync::Arc;

use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{Anchor, Hand};
use crate::intake::{self, SchemeName};
use crate::trail::tlog::{self, AnchorFailure, Checkpoint, Witnessed};

/// How often a witness may send us back to what it has signed, for one checkpoint.
const WITNESS_TRIES: u32 = 3;

impl Hand {
    pub(super) async fn act(&mut self, checkpoint: &Arc<Checkpoint>) -> Result<(), AnchorFailure> {
        match &self.anchor {
            Anchor::Log => {
                let Checkpoint { size, root, note, .. } = checkpoint.as_ref();
                tracing::info!(checkpoint.size = size, checkpoint.root = %root, checkpoint.note = note, "checkpoint");
                Ok(())
            }
            Anchor::File(path) => {
                let (path, checkpoint) = (path.clone(), Arc::clone(checkpoint));
                aside(move || tlog::anchor(&path, &checkpoint).map_err(|error| error.to_string())).await
            }
            Anchor::Webhook { url, secret, .. } => {
                let Checkpoint { size, root, at, note } = checkpoint.as_ref();
                let body = json!({
                    "type": "portcullis.trail.checkpoint",
                    "timestamp": at.to_string(),
                    "data": { "size": size, "root": root, "checkpoint": note },
                });
                let (id, body) = (format!("checkpoint_{size}_{}", at.as_second()), body.to_string());
                let secret = secret.expose_secret();
                let headers =
                    intake::sign(SchemeName::StandardWebhooks, secret, &id, body.as_bytes(), self.clock.now());
                let headers = headers.map_err(|_| not_taken("secret_unusable"))?;
                self.post.webhook(url, &headers, body).await.map_err(|unsent| not_taken(&unsent.failure.code))
            }
            Anchor::Witness { .. } => self.witness(checkpoint).await,
        }
    }

    /// Has the checkpoint signed, from wherever the witness is.
    async fn witness(&mut self, checkpoint: &Arc<Checkpoint>) -> Result<(), AnchorFailure> {
        let Anchor::Witness { url, key } = &self.anchor else { return Ok(()) };
        for _ in 0..WITNESS_TRIES {
            let (folder, newest, old) = (self.log.folder.clone(), Arc::clone(checkpoint), self.known);
            let body =
                aside(move || tlog::add_checkpoint(&folder, old, &newest).map_err(|error| error.to_string())).await?;
            let answer = self.post.text(url, body).await;
            let (status, answer) = answer.map_err(|unsent| not_taken(&unsent.failure.code))?;
            match key.judge(checkpoint, status, &answer) {
                Witnessed::Signed(lines) => {
                    self.known = checkpoint.size;
                    let (folder, newest) = (self.log.folder.clone(), Arc::clone(checkpoint));
                    let name = key.name().to_owned();
                    let keep = move || tlog::keep_witnessed(&folder, &name, &newest, &lines);
                    return aside(move || keep().map_err(|error| error.to_string())).await;
                }
                Witnessed::Knows(size) => self.known = size,
                Witnessed::Contradicts(how) => return Err(AnchorFailure::Contradicts(how)),
                Witnessed::NotTaken(why) => return Err(AnchorFailure::NotTaken(why)),
            }
        }
        Err(not_taken("conflict"))
    }
}

/// Does what may wait for a disk.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, AnchorFailure> {
    let done = tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err("cut short".to_owned()));
    done.map_err(AnchorFailure::NotTaken)
}

fn not_taken(why: &str) -> AnchorFailure {
    AnchorFailure::NotTaken(why.to_owned())
}
