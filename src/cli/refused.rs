//! What the operator has to change before trying again, told apart from other failures by the exit
//! code: a supervisor need not start the program again.

use std::process::ExitCode;

/// The exit code of a wrong command line, as clap has it, and of everything else that only the
/// operator can mend.
const REFUSED: u8 = 2;

/// The exit codes, for `--help`.
pub(super) const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed: the trail, the disk, the network or DingTalk; trying again may help
  2  refused: the command line, the configuration, a secret or a rule is wrong; nothing was opened";

/// A configuration, secret or rule that is not taken. Reads as what is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("{0:#}")]
struct Refused(anyhow::Error);

/// Marks an error as one for the operator to mend.
pub(super) fn refused(error: impl Into<anyhow::Error>) -> anyhow::Error {
    Refused(error.into()).into()
}

/// How the process ends after `error`.
pub(super) fn exit_code(error: &anyhow::Error) -> ExitCode {
    if error.is::<Refused>() { ExitCode::from(REFUSED) } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_words_and_has_its_own_exit_code() {
        let cause = || anyhow::anyhow!("not text").context("the secret is refused");
        assert_eq!(refused(cause()).to_string(), "the secret is refused: not text");
        assert_eq!(exit_code(&refused(cause())), ExitCode::from(2));
        assert_eq!(exit_code(&refused(cause()).context("while starting")), ExitCode::from(2));
        assert_eq!(exit_code(&cause()), ExitCode::from(1));
    }
}
