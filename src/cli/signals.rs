//! Waits for the operator to end the program.

use tokio::signal::unix::{SignalKind, signal};

/// Begins to listen for SIGINT (Ctrl-C) and SIGTERM, which from here on no longer end the process on
/// their own. What is given resolves on the first of them, also if it came before anybody waited.
///
/// # Errors
/// The process cannot listen for signals.
pub(super) fn stop_asked() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// The same for a command at a terminal, which also ends when that is closed (SIGHUP).
///
/// # Errors
/// The process cannot listen for signals.
pub(super) fn leave_asked() -> std::io::Result<impl Future<Output = ()>> {
    let stop = stop_asked()?;
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            () = stop => {}
            _ = hangup.recv() => {}
        }
    })
}
