//! The rules that decided then, by their digest: from the folder, or as Git has them at the commit that the trail names.

use std::path::Path;

use super::recorded::{Recorded, last_before};
use crate::incident::Event;
use crate::rules::{self, RuleSet, Statuses};
use crate::trail::Store;

/// Rules with the digest that is on the record.
pub(super) struct RulesThen {
    pub(super) set: RuleSet,
    /// Where they were found.
    pub(super) from: String,
}

impl RulesThen {
    /// Finds them, or says why nobody can know what they would decide.
    pub(super) fn find(
        store: &dyn Store,
        recorded: &Recorded,
        folder: &Path,
        statuses: Statuses,
    ) -> anyhow::Result<Self> {
        let wanted = recorded.rules;
        let here = match rules::load_with(folder, statuses) {
            Ok(set) if set.digest() == wanted => return Ok(Self { set, from: folder.display().to_string() }),
            Ok(set) => format!("{} has the rules {}", folder.display(), set.digest()),
            Err(errors) => format!("the rules in {} are refused: {errors}", folder.display()),
        };
        let commit = last_before(store, recorded.seq, |event| match event {
            Event::RulesLoaded { rules, commit, .. } if *rules == wanted => Some(commit.clone()),
            _ => None,
        })?;
        let missing = "it cannot be known what would be decided: the rules of then";
        let Some(commit) = commit.flatten() else {
            anyhow::bail!("{missing} ({wanted}) are not there, and the trail names no commit that had them; {here}");
        };
        let committed = rules::committed(folder, &commit)
            .map_err(|error| anyhow::anyhow!("{missing} ({wanted}, commit {commit}) are not there: {error}; {here}"))?;
        match rules::compile_with(&committed.files, statuses) {
            Ok(set) if set.digest() == wanted => Ok(Self { set, from: format!("the commit {}", committed.commit) }),
            Ok(set) => anyhow::bail!(
                "{missing} ({wanted}) are not there: the commit {commit} has {}, so files were changed and not committed",
                set.digest()
            ),
            Err(errors) => anyhow::bail!("{missing} ({wanted}, commit {commit}) are refused today:\n{errors}"),
        }
    }
}
