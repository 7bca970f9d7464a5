//! Reads a rules folder from disk: the only place of this module that touches files.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::identities::IDENTITIES_BYTES_MAX;
use super::problem::{Place, Report};

/// The largest rule file, in bytes.
pub(super) const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// The most files in one folder.
pub(super) const FILES_MAX: usize = 8_000;
/// The most bytes of one folder's files together.
pub(super) const FOLDER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The deepest nesting of folders.
const FOLDER_DEPTH_MAX: usize = 8;

/// One file of a rules folder, read whole.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its path below the folder, with `/` between names: `okta/impossible-travel.yml`.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Reads every `.yml`, `.yaml` and `.csv` file of `folder`, sorted by name. Names that begin with a
/// dot are passed over: editors and container volumes keep their own things there.
pub(super) fn read(folder: &Path, reports: &mut Vec<Report>) -> Vec<SourceFile> {
    let mut reader = Reader {
        folder,
        root: folder.canonicalize().ok(),
        owners: owners(folder),
        files: Vec::new(),
        bytes: 0,
        is_full: false,
        reports,
    };
    reader.folder(folder, "", 0);
    let mut files = reader.files;
    files.sort_by(|left, right| left.name.cmp(&right.name));
    files
}

struct Reader<'f> {
    folder: &'f Path,
    root: Option<PathBuf>,
    /// Who may own the files.
    owners: Vec<u32>,
    files: Vec<SourceFile>,
    bytes: usize,
    is_full: bool,
    reports: &'f mut Vec<Report>,
}

impl Reader<'_> {
    fn folder(&mut self, path: &Path, name: &str, depth: usize) {
        if depth > FOLDER_DEPTH_MAX {
            return self.problem(path, format!("folders are nested deeper than {FOLDER_DEPTH_MAX}"), "move it up");
        }
        if fs::metadata(path).is_ok_and(|about| is_world_writable(&about)) {
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
        let full_name = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            self.folder(&path, &full_name, depth + 1);
        } else if is_ours(&name) {
            self.file(&path, full_name);
        }
    }

    fn file(&mut self, path: &Path, name: String) {
        if self.files.len() >= FILES_MAX || self.bytes >= FOLDER_BYTES_MAX {
            if !std::mem::replace(&mut self.is_full, true) {
                let what = format!("holds more than {FILES_MAX} files or {FOLDER_BYTES_MAX} bytes");
                self.problem(self.folder, what, "remove some");
            }
            return;
        }
        // A link may stay within the folder (container volumes swap whole sets that way), not leave it.
        let inside =
            path.canonicalize().ok().zip(self.root.as_ref()).is_some_and(|(real, root)| real.starts_with(root));
        if !inside {
            return self.problem(path, "it leads out of the rules folder", "copy the file into the folder");
        }
        match read_file(path, bytes_max(&name), &self.owners) {
            Ok(bytes) => {
                self.bytes += bytes.len();
                self.files.push(SourceFile { name, bytes });
            }
            Err(Unreadable(what, advice)) => self.problem(path, what, advice),
        }
    }

    fn problem(&mut self, path: &Path, what: impl Into<String>, advice: &str) {
        let mut report = Report::about(path.display().to_string());
        report.file_error(what, advice);
        self.reports.push(report);
    }
}

/// What is wrong with a file, and what to do.
struct Unreadable(String, &'static str);

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self(format!("cannot be read: {error}"), "check the file's permissions")
    }
}

/// Reads one file through one handle, so that what was checked is what is read.
fn read_file(path: &Path, bytes_max: u64, owners: &[u32]) -> Result<Vec<u8>, Unreadable> {
    let file = fs::File::open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(Unreadable("is not a regular file".to_owned(), "remove it"));
    }
    if is_world_writable(&about) {
        return Err(Unreadable("everybody may write to this file".to_owned(), "chmod o-w"));
    }
    if !owners.contains(&owner(&about)) {
        let advice = "chown it to the folder's owner, if it belongs here";
        return Err(Unreadable("belongs to somebody else than the folder".to_owned(), advice));
    }
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(Unreadable(format!("is larger than {bytes_max} bytes"), "split it"));
    }
    if bytes.len() as u64 != about.len() {
        return Err(Unreadable("changed while it was read".to_owned(), "load again when it is written"));
    }
    Ok(bytes)
}

pub(super) fn bytes_max(name: &str) -> u64 {
    if is_csv(name) { IDENTITIES_BYTES_MAX } else { FILE_BYTES_MAX }
}

pub(super) fn is_ours(name: &str) -> bool {
    is_csv(name) || Path::new(name).extension().is_some_and(|e| e == "yml" || e == "yaml")
}

fn is_csv(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|e| e == "csv")
}

#[cfg(unix)]
fn is_world_writable(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    about.permissions().mode() & 0o002 != 0
}

#[cfg(not(unix))]
fn is_world_writable(_about: &fs::Metadata) -> bool {
    false
}

/// The administrator, the owner of the folder, and who runs this: whoever else put a file here did
/// so behind their backs.
fn owners(folder: &Path) -> Vec<u32> {
    // On Linux this folder belongs to the process; elsewhere there is none, and one owner less.
    let places = [folder, Path::new("/proc/self")];
    let known = places.iter().filter_map(|place| fs::metadata(place).ok()).map(|about| owner(&about));
    std::iter::once(0).chain(known).collect()
}

#[cfg(unix)]
fn owner(about: &fs::Metadata) -> u32 {
    use std::os::unix::fs::MetadataExt;
    about.uid()
}

#[cfg(not(unix))]
fn owner(_about: &fs::Metadata) -> u32 {
    0
}

/// A file's bytes as text: UTF-8 with or without a byte order mark, and no control character. Marks
/// that turn the reading direction are warned of, so that a reviewer sees what is loaded.
pub(super) fn decode<'b>(bytes: &'b [u8], report: &mut Report) -> Option<&'b str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        report.file_error("is not UTF-8 text", "save it as UTF-8");
        return None;
    };
    for (line, content) in (1..).zip(text.split('\n')) {
        for (column, character) in (1..).zip(content.chars()) {
            let what = || format!("the invisible character U+{:04X}", u32::from(character));
            if is_hidden(character) {
                report.error_with(Place { line, column }, what(), "remove it, or write an escape in double quotes");
                return None;
            }
            if is_direction_mark(character) {
                report.warn(Place { line, column }, what(), "write an escape in double quotes, so that readers see it");
            }
        }
    }
    Some(text)
}

/// Outside YAML's printable characters, or a byte order mark that does not begin the file.
fn is_hidden(character: char) -> bool {
    let control = character.is_control() && !matches!(character, '\t' | '\n' | '\r' | '\u{85}');
    control || matches!(character, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Embeds, overrides or isolates text direction, so that text reads otherwise than it is.
pub(super) fn is_direction_mark(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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
    fn a_file_that_anybody_may_change_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.yml");
        fs::write(&file, "x").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        let (names, problems) = read_all(folder.path());
        assert!(names.is_empty());
        assert!(problems.ends_with("a.yml: everybody may write to this file; chmod o-w"), "{problems}");
    }

    #[test]
    fn a_folder_that_anybody_may_change_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(read_all(folder.path()).1.contains("everybody may write to this folder"));
    }

    #[test]
    fn a_link_may_not_lead_out_of_the_folder() {
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
    fn a_file_beyond_its_size_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.yml"), vec![b'#'; FILE_BYTES_MAX as usize + 1]).unwrap();
        assert!(read_all(folder.path()).1.contains("is larger than 1048576 bytes"));
    }

    #[test]
    fn a_folder_with_too_many_files_is_refused_once() {
        let folder = tempfile::tempdir().unwrap();
        (0..FILES_MAX + 3).for_each(|n| fs::write(folder.path().join(format!("{n}.yml")), "").unwrap());
        let (names, problems) = read_all(folder.path());
        assert_eq!(names.len(), FILES_MAX);
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
    }
}
