//! Sealed records as a file, given out piece by piece.

use super::flow::{Flow, Source};
use super::{Inspection, InspectionError};
use crate::trail::export::{Export, ExportError, Format, Selection};

/// A file that is being given out.
pub struct Given {
    /// The first record.
    pub from: u64,
    /// The one behind the last.
    pub to: u64,
    /// The checkpoint that they are under.
    pub checkpoint: String,
    /// What the file is called.
    pub name: String,
    /// Its content.
    pub flow: Flow,
}

impl Inspection {
    /// Records in one of the formats, from the first there is unless said.
    ///
    /// # Errors
    /// There are no such records, or the trail cannot be written.
    pub async fn export(&self, actor: &str, format: Format, wanted: Selection) -> Result<Given, InspectionError> {
        let from = wanted.from.unwrap_or_else(|| self.trail.store().first());
        self.refuse_pruned(from)?;
        if from > self.trail.head().size {
            // Whoever has seen more than there is has seen another trail.
            return Err(InspectionError::Unknown);
        }
        let selection = Selection { from: Some(from), ..wanted };
        let (mut source, flow) = self.flows.begin()?;
        let folder = self.log.folder.clone();
        let (export, first) = aside(move || {
            let mut export = Export::begin(&folder, format, selection)?;
            // Looked at before anything is answered, so that what is not there is said and not broken off.
            let first = export.more()?;
            Ok((export, first))
        })
        .await?;
        self.trail.record(self.clock.now(), vec![export.event(actor.to_owned())]).await?;
        let ((from, to), checkpoint, head) = (export.range(), export.checkpoint().to_owned(), export.head());
        tokio::spawn(async move {
            // Whoever does not read on has what they wanted, or sees that it was broken off.
            if source.give(head).await.is_ok() {
                give(source, export, first).await;
            }
        });
        let name = format!("trail-{from}-{to}.{}", extension(format));
        Ok(Given { from, to, checkpoint, name, flow })
    }
}

async fn give(mut source: Source, mut export: Export, first: Option<Vec<u8>>) {
    let mut piece = first;
    while let Some(bytes) = piece {
        if source.give(bytes).await.is_err() {
            return;
        }
        let read = aside(move || {
            let next = export.more()?;
            Ok((export, next))
        });
        match read.await {
            Ok((on, next)) => (export, piece) = (on, next),
            // Told where it was found; the reader sees that it is not whole.
            Err(_) => return,
        }
    }
    source.end().await;
}

async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ExportError> + Send + 'static,
) -> Result<T, InspectionError> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|_| InspectionError::Failed)?;
    done.map_err(|error| {
        tracing::warn!(%error, "records could not be exported");
        match error {
            ExportError::Log(error) => error.into(),
            ExportError::Pruned { first } => InspectionError::Pruned { first },
            ExportError::Record { .. } => InspectionError::Failed,
        }
    })
}

fn extension(format: Format) -> &'static str {
    match format {
        Format::JsonLines => "jsonl",
        Format::Csv => "csv",
        Format::Ocsf => "ocsf.jsonl",
    }
}
