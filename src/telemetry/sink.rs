//! Where log lines go on their way to standard error: through a queue of their own, because whoever works
//! must never wait for whoever reads the log. A line too many is lost, counted, and told of.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The most bytes of lines that wait.
const BYTES_MAX: usize = 1024 * 1024;
/// How long the end of the program waits for the last lines to be read.
const FLUSH_MAX: Duration = Duration::from_secs(2);

/// Takes lines without ever waiting; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Sink(Arc<Shared>);

/// Held as long as the program logs; waits for the last lines when it is dropped, but not for ever.
#[derive(Debug)]
#[must_use = "the last lines are lost with it"]
pub struct Logging(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    /// Signalled when a line comes, and when the last one is written.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    /// Lines that found no room since that was told last.
    lost: u64,
    is_writing: bool,
}

/// Begins to write to `to`, on a thread of its own; `tell` is called there when lines were lost.
///
/// # Errors
/// There can be no thread more.
pub(super) fn open(
    mut to: impl Write + Send + 'static,
    tell: impl Fn(u64) + Send + 'static,
) -> io::Result<(Sink, Logging)> {
    let shared = Arc::new(Shared::default());
    let writing = Arc::clone(&shared);
    thread::Builder::new().name("log".to_owned()).spawn(move || {
        loop {
            let line = writing.next();
            // There is nobody to tell that the log cannot be written.
            let _ = to.write_all(&line);
            let lost = writing.written();
            if lost > 0 {
                tell(lost);
            }
        }
    })?;
    Ok((Sink(Arc::clone(&shared)), Logging(shared)))
}

impl Write for Sink {
    /// Takes one line whole, or loses it whole.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut queue = self.0.queue();
        if queue.bytes + line.len() > BYTES_MAX {
            queue.lost += 1;
        } else {
            queue.bytes += line.len();
            queue.lines.push_back(line.to_vec());
            self.0.changed.notify_all();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next line.
    fn next(&self) -> Vec<u8> {
        let mut queue = self.queue();
        loop {
            if let Some(line) = queue.lines.pop_front() {
                queue.is_writing = true;
                queue.bytes -= line.len();
                return line;
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Notes that the line is written; gives how many were lost, once there is room to tell of it.
    fn written(&self) -> u64 {
        let mut queue = self.queue();
        queue.is_writing = false;
        self.changed.notify_all();
        if queue.bytes > BYTES_MAX / 2 { 0 } else { std::mem::take(&mut queue.lost) }
    }
}

impl Drop for Logging {
    fn drop(&mut self) {
        let is_busy = |queue: &mut Queue| queue.is_writing || !queue.lines.is_empty();
        drop(self.0.changed.wait_timeout_while(self.0.queue(), FLUSH_MAX, is_busy));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Writes a line when it is let.
    struct Pipe {
        may_write: mpsc::Receiver<()>,
        written: mpsc::Sender<String>,
    }

    impl Write for Pipe {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.may_write.recv().map_err(io::Error::other)?;
            self.written.send(String::from_utf8_lossy(line).into_owned()).map_err(io::Error::other)?;
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn e14_a_blocked_reader_keeps_nobody_waiting_and_what_is_lost_is_counted() {
        let (let_write, may_write) = mpsc::channel();
        let (written, lines) = mpsc::channel();
        let (told, losses) = mpsc::channel();
        let (mut sink, logging) = open(Pipe { may_write, written }, move |lost| told.send(lost).unwrap()).unwrap();
        let line = |number: usize| format!("{number:0>1024}");
        // Nothing is written yet, and still every one of these returns at once.
        let sent = 3 * BYTES_MAX / 1024;
        (0..sent).for_each(|number| sink.write_all(line(number).as_bytes()).unwrap());
        (0..sent).for_each(|_| let_write.send(()).unwrap());
        let lost = usize::try_from(losses.recv().unwrap()).unwrap();
        let kept: Vec<String> = lines.iter().take(sent - lost).collect();
        let mut whole = (0..sent).map(line);
        assert!(kept.iter().all(|one| whole.any(|line| line == *one)), "whole lines, in order, none twice");
        // One more than there is room for may be in the writer's hands.
        assert!((sent - lost).abs_diff(BYTES_MAX / 1024) <= 1, "{lost} of {sent}");
        sink.write_all(b"room again").unwrap();
        drop(logging);
        assert_eq!(lines.try_recv().as_deref(), Ok("room again"), "the end waits for the last line");
    }
}
