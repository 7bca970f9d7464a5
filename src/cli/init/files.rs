//! The files that `init` writes, all of them or none.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::Context as _;

use crate::cli::random;
use crate::cli::refused::refused;

/// One file.
pub(super) struct Entry<'e> {
    /// Where, below the folder.
    pub(super) path: &'e str,
    pub(super) bytes: &'e [u8],
    pub(super) kind: Kind,
}

/// Who may read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whom the system lets.
    Open,
    /// Its owner alone, as its folder.
    Secret,
}

macro_rules! shipped {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_str!(concat!("../../../", $path)))),*]
    };
}

/// A first rule, with what every rules folder has.
const RULES: [(&str, &str); 18] = shipped![
    "rules/generic/confirmed-compromise.yml",
    "rules/guardrails.yml",
    "rules/schema.json",
    "rules/reasons/en_US.yml",
    "rules/reasons/es_LA.yml",
    "rules/reasons/fr_FR.yml",
    "rules/reasons/id_ID.yml",
    "rules/reasons/ja_JP.yml",
    "rules/reasons/ko_KR.yml",
    "rules/reasons/ms_MY.yml",
    "rules/reasons/pt_BR.yml",
    "rules/reasons/ru_RU.yml",
    "rules/reasons/th_TH.yml",
    "rules/reasons/tr_TR.yml",
    "rules/reasons/vi_VN.yml",
    "rules/reasons/zh_CN.yml",
    "rules/reasons/zh_HK.yml",
    "rules/reasons/zh_TW.yml",
];
/// The simulator's people.
const SANDBOX_PEOPLE: &str = include_str!("../../../rules/identities.csv");
const NO_PEOPLE: &str = "\
# One line for each name under which a sender may know somebody: a mail address or an identity provider's id, then the
# DingTalk userid. A name holds whatever kind of name an alert gives it as, but for `user_id`, which is looked up nowhere.
subject,user_id
";

/// The rules folder.
pub(super) fn rules<'e>(of_sandbox: bool) -> impl Iterator<Item = Entry<'e>> {
    let people = if of_sandbox { SANDBOX_PEOPLE } else { NO_PEOPLE };
    let all = RULES.into_iter().chain([("rules/identities.csv", people)]);
    all.map(|(path, text)| Entry { path, bytes: text.as_bytes(), kind: Kind::Open })
}

/// Nothing is written over anything.
///
/// # Errors
/// There is something already.
pub(super) fn refuse_taken(folder: &Path) -> anyhow::Result<()> {
    let is_empty = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(_) => fs::symlink_metadata(folder).is_err(),
    };
    anyhow::ensure!(
        is_empty,
        refused(anyhow::anyhow!(
            "{} is there already, and nothing in it is overwritten; name another",
            folder.display()
        ))
    );
    Ok(())
}

/// Beside where it is to be, and then there at one stroke.
///
/// # Errors
/// Something cannot be written; nothing is left then.
pub(super) fn write(folder: &Path, entries: &[Entry<'_>]) -> anyhow::Result<()> {
    let name = folder.file_name().with_context(|| format!("{} is no name of a folder", folder.display()))?;
    let beside = format!(".{}.{}.new", name.to_string_lossy(), hex::encode(random::bytes::<8>()?));
    let beside = folder.with_file_name(beside);
    let written = fill(&beside, entries).and_then(|()| {
        let renamed = fs::rename(&beside, folder);
        renamed.with_context(|| format!("{} cannot be made", folder.display()))
    });
    written.inspect_err(|_| _ = fs::remove_dir_all(&beside))
}

fn fill(folder: &Path, entries: &[Entry<'_>]) -> anyhow::Result<()> {
    for Entry { path, bytes, kind } in entries {
        let path = folder.join(path);
        let made = || format!("{} cannot be made", path.display());
        let (of_folder, of_file) = if *kind == Kind::Secret { (0o700, 0o600) } else { (0o777, 0o666) };
        let above = path.parent().with_context(made)?;
        fs::create_dir_all(folder).with_context(made)?;
        DirBuilder::new().recursive(true).mode(of_folder).create(above).with_context(made)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(of_file).open(&path).with_context(made)?;
        file.write_all(bytes).and_then(|()| file.sync_all()).with_context(made)?;
    }
    Ok(())
}
