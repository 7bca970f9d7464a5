//! Loads a rules folder and says who vouches for it.

use std::path::Path;

use super::lint::LintLevel;
use super::load;
use super::problem::{LoadErrors, Problem};
use super::response::Mode;
use super::rule::{Rule, Statuses};
use super::rule_set::RuleSet;
use super::signature;
use super::signers::Signers;

/// A rule set, and who vouches for it.
#[derive(Debug)]
pub struct Vouched {
    /// The rules.
    pub set: RuleSet,
    /// The fingerprint of the key that signed them, when signatures are wanted and this one is good.
    pub signer: Option<String>,
    /// Why nobody is known to have signed them, when signatures are wanted.
    unsigned: Option<Problem>,
}

impl Vouched {
    /// Refuses a set that nobody signed where the one before it was signed: who may write the folder
    /// could otherwise put every rule out of force that acts, by rules that need no signature.
    ///
    /// # Errors
    /// What is wrong with the signature.
    pub fn after(self, was_signed: bool) -> Result<Self, LoadErrors> {
        match &self.unsigned {
            Some(problem) if was_signed => Err(LoadErrors::new(Some(self.set.digest()), vec![problem.clone()])),
            _ => Ok(self),
        }
    }
}

/// Loads the rules folder as [`load_with`](super::load_with) does. When signers are named, a set with a rule that acts has to
/// be signed by one of them; rules that only watch need none, unless [`Vouched::after`] asks for it.
///
/// # Errors
/// Every problem of every file, or of the signature.
pub fn load_signed(folder: &Path, signers: &Signers, statuses: Statuses) -> Result<Vouched, LoadErrors> {
    let (files, reports) = load::read(folder)?;
    let mut set = load::open(&load::shown(folder), &files, reports, statuses).finish(&files)?;
    if !signers.are_wanted() {
        return Ok(Vouched { set, signer: None, unsigned: None });
    }
    match signature::signer(folder, &signature::manifest(&files, set.digest()), signers) {
        Ok(signer) => Ok(Vouched { set, signer: Some(signer), unsigned: None }),
        Err(unsigned) => {
            let problem = unsigned_problem(folder, &unsigned);
            if acts(&set) {
                return Err(LoadErrors::new(Some(set.digest()), vec![problem]));
            }
            set.warn([problem.clone()]);
            Ok(Vouched { set, signer: None, unsigned: Some(problem) })
        }
    }
}

/// The bytes that a signer of the folder signs.
///
/// # Errors
/// A file cannot be read.
pub fn manifest(folder: &Path) -> Result<Vec<u8>, LoadErrors> {
    load::files(folder).map(|files| signature::manifest(&files, load::digest(&files)))
}

/// Whether a rule of the set acts on accounts.
fn acts(set: &RuleSet) -> bool {
    let enforces = |rule: &Rule| rule.response.as_ref().is_some_and(|response| response.mode == Mode::Enforce);
    set.all_rules().any(enforces)
}

fn unsigned_problem(folder: &Path, unsigned: &signature::Unsigned) -> Problem {
    let advice = "rules that act must be signed here, and any in place of signed ones; sign what `portcullis rules \
                  manifest` prints with `ssh-keygen -Y sign -n portcullis-rules`";
    let file = folder.join(signature::FILE).display().to_string();
    Problem {
        file,
        at: None,
        what: unsigned.to_string(),
        advice: Some(advice.to_owned()),
        lint: None,
        level: LintLevel::Error,
        excerpt: None,
    }
}
