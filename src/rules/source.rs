//! Reads a rules folder from disk: the only place of this module that touches files.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::identities::IDENTITIES_BYTES_MAX;
use super::lint::Lint;
use super::opened::{self, Opened, State, Unreadable};
use super::problem::{Place, Report};
use crate::incident::is_unseen;

/// The largest rule file, in bytes.
pub(super) const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// The most files in one folder.
pub(super) const FILES_MAX: usize = 8_000;
/// The most bytes of one folder's files together.
pub(super) const FOLDER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The deepest nesting of folders.
const FOLDER_DEPTH_MAX: usize = 8;
/// The most folders, the first included.
const FOLDERS_MAX: usize = 1_000;

/// One file of a rules folder, read whole.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its path below the folder, with `/` between names: `okta/impossible-travel.yml`.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Reads every `.yml`, `.yaml` and `.csv` file of `folder`, whatever the case of its ending, sorted by
/// name. Names that begin with a dot are passed over: editors and container volumes keep their own
/// things there. Links are followed as long as they stay within the folder. Of a folder that is too
/// large nothing is given.
pub(super) fn read(folder: &Path, reports: &mut Vec<Report>) -> Vec<SourceFile> {
    let root = match folder.canonicalize() {
        Ok(root) => root,
        Err(error) => {
            let mut report = Report::about(folder.display().to_string());
            report.file_error(format!("cannot be read: {error}"), "check path and permissions");
            reports.push(report);
            return Vec::new();
        }
    };
    let mut reader = Reader {
        folder,
        root,
        owners: opened::owners(folder),
        folders: HashSet::new(),
        files: Vec::new(),
        states: Vec::new(),
        bytes: 0,
        is_full: false,
        reports,
    };
    reader.folder(folder, "", 0);
    reader.changed();
    if reader.is_full {
        // A folder that is refused for its size must not cost its size.
        return Vec::new();
    }
    let mut files = reader.files;
    files.sort_by(|left, right| left.name.cmp(&right.name));
    files
}

/// Replaces the file `name` of `folder` in one step: a server that loads the folder meanwhile sees the
/// old text or the new one.
///
/// # Errors
/// It cannot be written; then it is as it was.
pub fn write(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let path = folder.join(name);
    let last = name.rsplit('/').next().unwrap_or(name);
    // A name that begins with a dot is passed over by whoever reads the folder.
    let draft = path.with_file_name(format!(".{last}.new"));
    fs::write(&draft, text)?;
    fs::metadata(&path).and_then(|about| fs::set_permissions(&draft, about.permissions()))?;
    fs::rename(&draft, &path)
}

struct Reader<'f> {
    folder: &'f Path,
    root: PathBuf,
    /// Who may own the files.
    owners: Vec<u32>,
    /// The folders that were read, as they are without links.
    folders: HashSet<PathBuf>,
    files: Vec<SourceFile>,
    /// Each file that was read, as it was then.
    states: Vec<(PathBuf, State)>,
    bytes: usize,
    is_full: bool,
    reports: &'f mut Vec<Report>,
}

impl Reader<'_> {
    fn folder(&mut self, path: &Path, name: &str, depth: usize) {
        if depth > FOLDER_DEPTH_MAX {
            return self.problem(path, format!("folders are nested deeper than {FOLDER_DEPTH_MAX}"), "move it up");
        }
        let real = match path.canonicalize() {
            Ok(real) => real,
            Err(error) => return self.problem(path, format!("cannot be read: {error}"), "check path and permissions"),
        };
        // A link may stay within the folder (container volumes swap whole sets that way), not leave it.
        if !real.starts_with(&self.root) {
            return self.problem(path, "it leads out of the rules folder", "copy the folder into the rules folder");
        }
        if self.folders.len() >= FOLDERS_MAX {
            return self.problem(path, format!("is one of more than {FOLDERS_MAX} folders"), "remove some");
        }
        // Also the end of links that lead in a circle.
        if !self.folders.insert(real) {
            return self.problem(path, "the same folder is already read under another name", "remove the link");
        }
        if fs::metadata(path).is_ok_and(|about| opened::is_world_writable(&about)) {
            self.problem(path, "everybody may write to this folder", "chmod o-w");
        }
        let entries = match fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(entries) => entries,
            Err(error) => return self.problem(path, format!("cannot be read: {error}"), "check path and permissions"),
        };
        for entry in entries {
            self.entry(&entry, name, depth);
        }
    }

    fn entry(&mut self, entry: &fs::DirEntry, folder: &str, depth: usize) {
        let path = entry.path();
        let Ok(name) = entry.file_name().into_string() else {
            return self.problem(&path, "the name is not UTF-8", "rename it");
        };
        if name.starts_with('.') {
            return;
        }
        // A line break would make two files of one in the list that signers read.
        if name.chars().any(|character| character.is_control() || is_unseen(character)) {
            return self.problem(&path, "the name has characters that nobody sees", "rename it");
        }
        let full_name = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        // Asked through links: a container volume lays a subfolder out as a link into the set in force.
        match fs::metadata(&path) {
            Ok(about) if about.is_dir() => self.folder(&path, &full_name, depth + 1),
            _ if is_ours(&name) => self.file(&path, full_name),
            Err(_) if entry.file_type().is_ok_and(|kind| kind.is_symlink()) => {
                self.problem(&path, "the link leads nowhere", "remove it, or put back the rules it led to");
            }
            _ => {}
        }
    }

    fn file(&mut self, path: &Path, name: String) {
        if self.is_full || self.files.len() >= FILES_MAX || self.bytes >= FOLDER_BYTES_MAX {
            if !std::mem::replace(&mut self.is_full, true) {
                let what = format!("holds more than {FILES_MAX} files or {FOLDER_BYTES_MAX} bytes");
                self.problem(self.folder, what, "remove some");
            }
            return;
        }
        match Opened::read(path, &self.root, bytes_max(&name), &self.owners) {
            Ok(Opened { bytes, state }) => {
                self.bytes += bytes.len();
                self.states.push((path.to_owned(), state));
                self.files.push(SourceFile { name, bytes });
            }
            Err(Unreadable(what, advice)) => self.problem(path, what, advice),
        }
    }

    /// Files that changed after they were read: the rest of the set may be newer than they are.
    fn changed(&mut self) {
        let states = std::mem::take(&mut self.states);
        for (path, _) in states.iter().filter(|(path, state)| !state.is_that_of(path)) {
            let Unreadable(what, advice) = opened::changed();
            self.problem(path, what, advice);
        }
    }

    fn problem(&mut self, path: &Path, what: impl Into<String>, advice: &str) {
        let mut report = Report::about(path.display().to_string());
        report.file_error(what, advice);
        self.reports.push(report);
    }
}

pub(super) fn bytes_max(name: &str) -> u64 {
    if is_csv(name) { IDENTITIES_BYTES_MAX } else { FILE_BYTES_MAX }
}

pub(super) fn is_ours(name: &str) -> bool {
    is_csv(name) || ends_in(name, "yml") || ends_in(name, "yaml")
}

fn is_csv(name: &str) -> bool {
    ends_in(name, "csv")
}

/// Whatever the case: a rule called `X.YML` that is passed over is a rule that somebody relies on.
fn ends_in(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|own| own.eq_ignore_ascii_case(extension))
}

/// A file's bytes as text: UTF-8 with or without a byte order mark, and no control character. What
/// readers do not see, or what turns the reading direction, is warned of, so that a reviewer sees what is
/// loaded.
pub(super) fn decode<'b>(bytes: &'b [u8], report: &mut Report) -> Option<&'b str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        report.file_error("is not UTF-8 text", "save it as UTF-8");
        return None;
    };
    for (line, content) in (1..).zip(text.split('\n')) {
        if content.bytes().all(is_plain) {
            continue;
        }
        let mut before = ' ';
        for (column, character) in (1..).zip(content.chars()) {
            let is_unseen = is_unseen(character) && !shapes_symbol(before, character);
            before = character;
            let what = || format!("the invisible character U+{:04X}", u32::from(character));
            if is_hidden(character) {
                report.error_with(Place { line, column }, what(), "remove it, or write an escape in double quotes");
                return None;
            }
            if is_unseen {
                report.warn(
                    Lint::HiddenCharacter,
                    Place { line, column },
                    what(),
                    "write an escape in double quotes, so that readers see it",
                );
            }
        }
    }
    Some(text)
}

/// Of ASCII, and seen.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\r')
}

/// Outside YAML's printable characters, or a byte order mark that does not begin the file.
fn is_hidden(character: char) -> bool {
    let control = character.is_control() && !matches!(character, '\t' | '\n' | '\r' | '\u{85}');
    control || matches!(character, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Says how the symbol before it is to look, as in most emoji: it is seen by that.
fn shapes_symbol(before: char, character: char) -> bool {
    matches!(character, '\u{fe0e}' | '\u{fe0f}' | '\u{200d}') && !before.is_ascii() && !before.is_alphanumeric()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn read_all(folder: &Path) -> (Vec<String>, String) {
        let mut reports = Vec::new();
        let names = read(folder, &mut reports).into_iter().map(|file| file.name).collect();
        let mut errors = Vec::new();
        reports.into_iter().for_each(|report| report.hand_over(&mut errors, &mut Vec::new()));
        (names, errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn files_are_found_in_subfolders_and_sorted() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("okta")).unwrap();
        for name in ["okta/b.yml", "okta/a.yaml", "z.yml", ".hidden.yml", "README.md", "identities.csv"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let (names, problems) = read_all(folder.path());
        assert_eq!(names, ["identities.csv", "okta/a.yaml", "okta/b.yml", "z.yml"]);
        assert_eq!(problems, "");
    }

    #[test]
    fn endings_may_have_any_case() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["A.YML", "b.Yaml", "c.CSV", "d.YMLX"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        assert_eq!(read_all(folder.path()), (vec!["A.YML".into(), "b.Yaml".into(), "c.CSV".into()], String::new()));
    }

    /// As Kubernetes lays out a volume of a ConfigMap with paths.
    #[test]
    fn a_link_to_a_folder_within_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("..2026_11_21/okta")).unwrap();
        fs::write(folder.path().join("..2026_11_21/okta/a.yml"), "x").unwrap();
        symlink("..2026_11_21", folder.path().join("..data")).unwrap();
        symlink("..data/okta", folder.path().join("okta")).unwrap();
        assert_eq!(read_all(folder.path()), (vec!["okta/a.yml".into()], String::new()));
    }

    #[test]
    fn f10_a_link_to_a_folder_may_not_lead_out_nowhere_or_back() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("a.yml"), "x").unwrap();
        symlink(outside.path(), folder.path().join("out")).unwrap();
        symlink("gone", folder.path().join("nowhere")).unwrap();
        symlink(".", folder.path().join("back")).unwrap();
        fs::create_dir(folder.path().join("inner")).unwrap();
        symlink("..", folder.path().join("inner/up")).unwrap();
        let (names, problems) = read_all(folder.path());
        assert!(names.is_empty(), "{names:?}");
        for problem in [
            "out: it leads out of the rules folder",
            "nowhere: the link leads nowhere",
            "back: the same folder is already read under another name",
            "up: the same folder is already read under another name",
        ] {
            assert!(problems.contains(problem), "{problems}");
        }
        assert_eq!(problems.lines().count(), 4);
    }

    #[test]
    fn f10_a_file_that_anybody_may_change_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.yml");
        fs::write(&file, "x").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        let (names, problems) = read_all(folder.path());
        assert!(names.is_empty());
        assert!(problems.ends_with("a.yml: everybody may write to this file; chmod o-w"), "{problems}");
    }

    #[test]
    fn f10_a_folder_that_anybody_may_change_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(read_all(folder.path()).1.contains("everybody may write to this folder"));
    }

    #[test]
    fn f10_a_link_may_not_lead_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("a.yml"), "x").unwrap();
        fs::create_dir(folder.path().join("..data")).unwrap();
        fs::write(folder.path().join("..data/b.yml"), "x").unwrap();
        symlink(outside.path().join("a.yml"), folder.path().join("a.yml")).unwrap();
        symlink(folder.path().join("..data/b.yml"), folder.path().join("b.yml")).unwrap();
        let (names, problems) = read_all(folder.path());
        assert_eq!(names, ["b.yml"]);
        assert!(problems.contains("a.yml: it leads out of the rules folder"), "{problems}");
    }

    #[test]
    fn f03_a_file_beyond_its_size_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.yml"), vec![b'#'; FILE_BYTES_MAX as usize + 1]).unwrap();
        assert!(read_all(folder.path()).1.contains("is larger than 1048576 bytes"));
    }

    #[test]
    fn f03_a_folder_with_too_many_files_is_refused_once() {
        let folder = tempfile::tempdir().unwrap();
        (0..FILES_MAX + 3).for_each(|n| fs::write(folder.path().join(format!("{n}.yml")), "").unwrap());
        let (names, problems) = read_all(folder.path());
        assert_eq!(names, [""; 0]);
        assert!(problems.ends_with("holds more than 8000 files or 67108864 bytes; remove some"), "{problems}");
        assert_eq!(problems.lines().count(), 1);
    }

    #[test]
    fn f10_a_file_of_another_user_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.yml");
        fs::write(&file, "a: 1").unwrap();
        if std::os::unix::fs::chown(&file, Some(65_533), None).is_err() {
            println!("not run: only the administrator can give a file away");
            return;
        }
        assert!(read_all(folder.path()).1.contains("belongs to somebody else than the folder"));
        std::os::unix::fs::chown(folder.path(), Some(65_533), None).unwrap();
        assert_eq!(read_all(folder.path()).1, "");
    }

    #[test]
    fn f10_a_file_that_changes_after_it_was_read_is_a_problem() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::write(folder.join("a.yml"), "a: 1").unwrap();
        fs::write(folder.join("b.yml"), "b: 1").unwrap();
        let mut reports = Vec::new();
        let mut reader = Reader {
            folder,
            root: folder.canonicalize().unwrap(),
            owners: opened::owners(folder),
            folders: HashSet::new(),
            files: Vec::new(),
            states: Vec::new(),
            bytes: 0,
            is_full: false,
            reports: &mut reports,
        };
        reader.folder(folder, "", 0);
        fs::write(folder.join("b.yml"), "b: 1, more").unwrap();
        reader.changed();
        let mut errors = Vec::new();
        reports.into_iter().for_each(|report| report.hand_over(&mut errors, &mut Vec::new()));
        let shown: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(shown.len(), 1, "{shown:?}");
        assert!(shown[0].ends_with("b.yml: changed while it was read; load again when it is written"), "{shown:?}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_a_problem() {
        assert!(read_all(Path::new("/nonexistent/rules")).1.contains("cannot be read"));
    }

    #[test]
    fn what_a_reviewer_cannot_see_is_refused() {
        for hidden in ["a\0b", "a\u{7f}", "a\u{9f}", "a\u{feff}"] {
            let mut report = Report::about("x");
            assert_eq!(decode(hidden.as_bytes(), &mut report), None, "{hidden:?}");
            assert_eq!(report.errors(), 1);
        }
        assert_eq!(decode(b"\xff\xfe", &mut Report::about("x")), None);
        assert_eq!(decode("\u{feff}a\r\nb\t\u{e9}".as_bytes(), &mut Report::about("x")), Some("a\r\nb\té"));
    }

    #[test]
    fn a_mark_that_turns_the_reading_direction_is_shown() {
        let mut report = Report::about("x");
        assert_eq!(decode("a\nb\u{202e}c".as_bytes(), &mut report), Some("a\nb\u{202e}c"));
        let mut warnings = Vec::new();
        report.hand_over(&mut Vec::new(), &mut warnings);
        let shown = "x:2:2: the invisible character U+202E; write an escape in double quotes, so that readers see it";
        assert_eq!(warnings.iter().map(ToString::to_string).collect::<Vec<_>>(), [shown]);
        for unseen in ['\u{200b}', '\u{ad}', '\u{2060}', '\u{200d}', '\u{fe0f}', '\u{e0061}', '\u{115f}'] {
            let mut report = Report::about("x");
            assert!(decode(format!("who{unseen}: y").as_bytes(), &mut report).is_some());
            let mut warnings = Vec::new();
            report.hand_over(&mut Vec::new(), &mut warnings);
            assert_eq!(warnings.len(), 1, "{}", unseen.escape_unicode());
        }
        for symbol in ["\u{26a0}\u{fe0f} careful", "\u{2764}\u{fe0f}\u{200d}\u{1f525}"] {
            let mut report = Report::about("x");
            assert!(decode(symbol.as_bytes(), &mut report).is_some());
            let mut warnings = Vec::new();
            report.hand_over(&mut Vec::new(), &mut warnings);
            assert!(warnings.is_empty(), "{warnings:?}");
        }
    }
}
