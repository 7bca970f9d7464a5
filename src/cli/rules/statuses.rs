//! Which statuses of rules are loaded beside the usual ones: as the server's configuration says it.

use clap::Args;

use crate::rules::Statuses;

/// As in `[rules]` of the configuration.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct StatusArguments {
    /// Load rules of the status `deprecated`, as a server does with `enable_deprecated = true`.
    #[arg(long)]
    enable_deprecated: bool,
    /// Load rules of the status `unsupported`, as a server does with `enable_unsupported = true`.
    #[arg(long)]
    enable_unsupported: bool,
}

impl StatusArguments {
    pub(super) fn statuses(self) -> Statuses {
        Statuses { deprecated: self.enable_deprecated, unsupported: self.enable_unsupported }
    }
}
