//! The one thread that writes the file with the data keys: as many new keys as wait share one sync.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;

use tokio::sync::watch;

use super::file::KeyFile;
use super::key::KeyId;
use super::line::{Line, Says};
use crate::trail::store::StoreError;

/// What is to go from the file.
pub(super) enum Goes {
    /// The keys, and all that is said of them.
    Keys(BTreeSet<KeyId>),
    /// That they are condemned.
    Condemnations(BTreeSet<KeyId>),
}

impl Goes {
    fn is(&self, line: &Line) -> bool {
        match self {
            Self::Keys(ids) => ids.contains(&line.id),
            Self::Condemnations(ids) => ids.contains(&line.id) && matches!(line.says, Says::Condemned(_)),
        }
    }
}

/// How far the file is durable.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    /// The last line that is.
    pub(super) line: u64,
    /// Why nothing more will be.
    pub(super) failure: Option<String>,
}

/// Who writes the file.
pub(super) struct Keeper {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    waiting: Mutex<Waiting>,
    comes: Condvar,
    progress: watch::Sender<Progress>,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    /// The number of the last of them.
    last: u64,
    goes: Vec<(Goes, mpsc::Sender<Result<(), StoreError>>)>,
    is_over: bool,
    has_failed: bool,
}

impl Keeper {
    /// Starts the thread on a file whose last line has this number.
    pub(super) fn start(file: KeyFile, last: u64) -> io::Result<Self> {
        let waiting = Mutex::new(Waiting { last, ..Waiting::default() });
        let progress = watch::Sender::new(Progress { line: last, failure: None });
        let shared = Arc::new(Shared { waiting, comes: Condvar::new(), progress });
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("subject-keys".to_owned()).spawn(move || of_thread.run(file))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// How far it is durable.
    pub(super) fn progress(&self) -> watch::Receiver<Progress> {
        self.shared.progress.subscribe()
    }

    /// Has a line written that was given this number, the one after the last.
    pub(super) fn put(&self, line: &str, number: u64) {
        let mut waiting = self.shared.locked();
        waiting.lines.extend_from_slice(line.as_bytes());
        waiting.last = number;
        self.shared.comes.notify_one();
    }

    /// Has the file written anew, and waits for it. Blocks.
    pub(super) fn rewrite(&self, goes: Goes) -> Result<(), StoreError> {
        let (done, wait) = mpsc::channel();
        {
            let mut waiting = self.shared.locked();
            if waiting.has_failed {
                return Err(StoreError::Failed("the data keys can no longer be written".to_owned()));
            }
            waiting.goes.push((goes, done));
        }
        self.shared.comes.notify_one();
        wait.recv().unwrap_or_else(|_| Err(StoreError::Failed("nobody writes the data keys any more".to_owned())))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.shared.locked().is_over = true;
        self.shared.comes.notify_one();
        if let Some(thread) = self.thread.take() {
            // It has told of its failure already.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn locked(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what waits until it is over. After a failed write or sync nothing is tried again: only the next start
    /// shows what is there.
    fn run(&self, mut file: KeyFile) {
        while let Some((lines, last, goes)) = self.next() {
            let mut result = if lines.is_empty() { Ok(()) } else { file.append(&lines) };
            if result.is_ok() {
                self.progress.send_modify(|progress| progress.line = last);
            }
            for (goes, done) in goes {
                if result.is_ok() {
                    result = file.rewrite(|line| goes.is(line));
                }
                // Whoever asked may have gone.
                let _ = done.send(result.as_ref().map(|&()| ()).map_err(failed));
            }
            if let Err(error) = result {
                tracing::error!(%error, "the file with the data keys can no longer be written");
                self.progress.send_modify(|progress| progress.failure = Some(error.to_string()));
                let mut waiting = self.locked();
                waiting.has_failed = true;
                // Whoever waits for these hears of it by that.
                waiting.goes.clear();
                return;
            }
        }
    }

    fn next(&self) -> Option<Work> {
        let mut waiting = self.locked();
        while waiting.lines.is_empty() && waiting.goes.is_empty() {
            if waiting.is_over {
                return None;
            }
            waiting = self.comes.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        let (lines, goes) = (std::mem::take(&mut waiting.lines), std::mem::take(&mut waiting.goes));
        Some((lines, waiting.last, goes))
    }
}

/// Lines, the number of the last, and what is to go.
type Work = (Vec<u8>, u64, Vec<(Goes, mpsc::Sender<Result<(), StoreError>>)>);

fn failed(error: &io::Error) -> StoreError {
    StoreError::Failed(format!("the data keys: {error}"))
}
