//! Prints the demo for a person: bold headings on a terminal, plain text elsewhere.

use std::fmt::Display;
use std::io::{self, IsTerminal as _};

use crate::cli::output;

/// Where the demo is shown.
pub(super) struct Screen {
    is_coloured: bool,
}

impl Screen {
    /// Standard output, coloured if it is a terminal and NO_COLOR (no-color.org) is not set.
    pub(super) fn of_this_terminal() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { is_coloured: io::stdout().is_terminal() && !refused }
    }

    /// A new stage of the story.
    pub(super) fn heading(&self, text: impl Display) {
        self.plain(format_args!("\n{}", self.styled("1", &text)));
    }

    /// One line of it.
    pub(super) fn line(&self, text: impl Display) {
        self.plain(format_args!("   {text}"));
    }

    /// A name and what belongs to it, in two columns.
    pub(super) fn pair(&self, name: &str, value: impl Display) {
        self.plain(format_args!("   {name:<18} {value}"));
    }

    /// Something that had to be true, and whether it is.
    pub(super) fn check(&self, is_true: bool, text: &str) {
        let mark = if is_true { self.styled("32", &"✓") } else { self.styled("1;31", &"✗ NOT TRUE:") };
        self.plain(format_args!("   {mark} {text}"));
    }

    /// As it is.
    #[expect(clippy::unused_self, reason = "what is shown goes through the screen")]
    pub(super) fn plain(&self, text: impl Display) {
        // The demo is what happens; where nobody can look on, it goes on to its end all the same.
        let _ = output::line(text);
    }

    fn styled(&self, code: &str, text: &dyn Display) -> String {
        if self.is_coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }
}
