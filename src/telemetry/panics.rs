//! What the log says of a panic: where, and nothing that the program was at work on.

use std::panic::{self, PanicHookInfo};

/// From here on each panic is one line of the log. A message that was made while the program ran may hold anything, so
/// only one that was written into the program is said.
pub(super) fn log_each() {
    panic::set_hook(Box::new(|info| {
        let at = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(panic.at = at, panic.says = says(info), "a part of the program panicked; this is a bug");
    }));
}

fn says(info: &PanicHookInfo<'_>) -> &'static str {
    info.payload().downcast_ref::<&'static str>().copied().unwrap_or("(not said, as it may name somebody)")
}
