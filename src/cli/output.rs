//! Where commands print. A reader who has seen enough (`| head`) ends nothing: the command goes on
//! unheard and ends as it would have. Whatever else keeps it from printing is a failure.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use crate::incident::is_direction_mark;

/// Whether somebody still reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Reads,
    IsGone,
}

/// Prints one line on standard output.
pub(super) fn line(text: impl Display) -> anyhow::Result<()> {
    write(&mut io::stdout().lock(), &text)
}

/// Prints bytes on standard output as they are; says whether there is a use in more.
pub(super) fn bytes(bytes: &[u8]) -> anyhow::Result<Reader> {
    heard(io::stdout().lock().write_all(bytes))
}

/// Prints what is printed and not yet on its way.
pub(super) fn flush() -> anyhow::Result<()> {
    heard(io::stdout().flush()).map(drop)
}

/// Says one line on standard error. If nobody hears that, there is nobody to tell.
pub(super) fn note(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// `1 rule`, `2 rules`.
pub(super) fn counted(count: impl Display, what: &str) -> String {
    let count = count.to_string();
    let ending = if count == "1" { "" } else { "s" };
    format!("{count} {what}{ending}")
}

/// A line of what others have written, without what turns or clears a terminal's text.
pub(super) fn visible(line: &str) -> String {
    let escaped = |c: char| match c {
        c if c.is_control() || is_direction_mark(c) => c.escape_unicode().to_string(),
        c => c.to_string(),
    };
    line.chars().map(escaped).collect()
}

fn write(to: &mut impl Write, text: &dyn Display) -> anyhow::Result<()> {
    heard(writeln!(to, "{text}").and_then(|()| to.flush())).map(drop)
}

fn heard(written: io::Result<()>) -> anyhow::Result<Reader> {
    match written {
        Ok(()) => Ok(Reader::Reads),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::IsGone),
        Err(error) => Err(anyhow::Error::new(error).context("standard output cannot be written")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_reading_is_no_failure_and_a_full_disk_is_one() {
        assert!(write(&mut Broken(ErrorKind::BrokenPipe), &"x").is_ok());
        assert_eq!(heard(Err(ErrorKind::BrokenPipe.into())).unwrap(), Reader::IsGone);
        let failure = write(&mut Broken(ErrorKind::StorageFull), &"x").unwrap_err().to_string();
        assert_eq!(failure, "standard output cannot be written");
        let mut line = Vec::new();
        write(&mut line, &"x").unwrap();
        assert_eq!(line, b"x\n");
    }

    #[test]
    fn what_others_wrote_does_not_turn_the_text() {
        assert_eq!(visible("a\u{202e}b\u{1b}[2J é 张"), "a\\u{202e}b\\u{1b}[2J é 张");
    }

    #[test]
    fn one_is_not_several() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "rule")), ["0 rules", "1 rule", "2 rules"]);
    }
}
