//! A disk that loses its power: what was synced is there afterwards, and of what was not, any 4 KiB parts and any
//! first entries of a folder are. `sync_file_range` syncs nothing: it leaves the disk's own cache as it is.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::trace::Call;

/// What a disk writes at once.
const PART: usize = 4096;
/// What alerts' ids begin with.
const ALERT: &[u8] = b"alr_";
/// How long they are.
pub(super) const ID_BYTES: usize = 36;

/// What happened in a folder that was empty at first.
#[derive(Debug, Default)]
pub(super) struct Disk {
    root: PathBuf,
    files: Vec<Contents>,
    /// Changes of entries, by folder.
    folders: BTreeMap<PathBuf, Entries>,
    /// What is there as the process sees it.
    now: HashMap<PathBuf, usize>,
    open: HashMap<i64, Open>,
}

#[derive(Debug, Default)]
struct Contents {
    writes: Vec<Write>,
    syncs: Vec<(usize, usize)>,
    length: u64,
}

#[derive(Debug)]
struct Write {
    begin: usize,
    end: Option<usize>,
    what: What,
}

#[derive(Debug)]
enum What {
    Bytes(u64, Vec<u8>),
    Length(u64),
}

impl Contents {
    /// Whether all that was written to it before `moment` was durable then.
    fn is_synced(&self, moment: usize) -> bool {
        let written = self.writes.iter().filter(|write| write.begin < moment);
        written.map(|write| write.end).all(|end| is_covered(&self.syncs, end, moment))
    }
}

impl What {
    fn length_after(&self, length: u64) -> u64 {
        match self {
            Self::Bytes(at, bytes) => length.max(at + bytes.len() as u64),
            Self::Length(length) => *length,
        }
    }
}

#[derive(Debug, Default)]
struct Entries {
    changes: Vec<Change>,
    syncs: Vec<(usize, usize)>,
}

#[derive(Debug)]
struct Change {
    begin: usize,
    end: usize,
    /// Each name, and what it stands for from now on.
    names: Vec<(PathBuf, Option<Is>)>,
}

#[derive(Debug, Clone, Copy)]
enum Is {
    File(usize),
    Folder,
}

#[derive(Debug, Clone)]
enum Open {
    File { file: usize, at: u64, appends: bool },
    Folder(PathBuf),
}

impl Disk {
    /// What these calls made of `root`, had those that `ignored` names not been.
    pub(super) fn of(root: &Path, calls: &[Call], ignored: &[&str]) -> Self {
        let mut disk = Self { root: root.to_owned(), ..Self::default() };
        let mut calls: Vec<&Call> = calls.iter().filter(|call| !ignored.contains(&call.name.as_str())).collect();
        calls.sort_by_key(|call| call.effect());
        calls.into_iter().for_each(|call| disk.take(call));
        disk
    }

    /// Whether the entries of a folder, as they were at `begin`, were durable at `end`.
    pub(super) fn is_listed(&self, folder: &Path, begin: usize, end: usize) -> bool {
        self.folders.get(folder).is_none_or(|entries| {
            let changed = entries.changes.iter().filter(|change| change.begin < begin);
            changed.into_iter().all(|change| is_covered(&entries.syncs, Some(change.end), end))
        })
    }

    /// What below `folder` was there at `moment` and not durable by then: files, and lists of what is in folders.
    pub(super) fn unsynced_below(&self, folder: &Path, moment: usize) -> Vec<PathBuf> {
        let mut unsynced = Vec::new();
        for (path, entries) in self.folders.range(folder.to_owned()..).take_while(|(path, _)| path.starts_with(folder))
        {
            let mut there: BTreeMap<&Path, usize> = BTreeMap::new();
            for (name, is) in
                entries.changes.iter().filter(|change| change.begin < moment).flat_map(|change| &change.names)
            {
                match is {
                    Some(Is::File(file)) => drop(there.insert(name, *file)),
                    Some(Is::Folder) => {}
                    None => drop(there.remove(name.as_path())),
                }
            }
            // The log's own folder lists what takes its name just then; what lists a folder that is gone is gone with it.
            if path != folder && self.is_there(path, moment) && !self.is_listed(path, moment, moment) {
                unsynced.push(path.clone());
            }
            let files = there.into_iter().filter(|(_, file)| !self.files[*file].is_synced(moment));
            unsynced.extend(files.map(|(name, _)| name.to_owned()));
        }
        unsynced
    }

    /// Whether the folder was there at `moment`.
    fn is_there(&self, folder: &Path, moment: usize) -> bool {
        let entries = folder.parent().and_then(|parent| self.folders.get(parent));
        let changes = entries.into_iter().flat_map(|entries| &entries.changes).filter(|change| change.begin < moment);
        let mut named = changes.flat_map(|change| &change.names).filter(|(name, _)| name == folder);
        named.next_back().is_some_and(|(_, is)| is.is_some())
    }

    /// Every alert's id that was written to a file, and when the first write with it ended.
    pub(super) fn ids_written(&self, path: &Path) -> HashMap<String, Option<usize>> {
        let mut ids = HashMap::new();
        let writes = self.now.get(path).map(|file| self.files[*file].writes.as_slice()).unwrap_or_default();
        for write in writes {
            let What::Bytes(_, bytes) = &write.what else { continue };
            for at in memchr::memmem::find_iter(bytes, ALERT) {
                let id = bytes.get(at..at + ID_BYTES).and_then(|id| String::from_utf8(id.to_vec()).ok());
                if let Some(id) = id {
                    ids.entry(id).or_insert(write.end);
                }
            }
        }
        ids
    }

    /// The syncs of a file that were begun after one place and done before the other.
    pub(super) fn synced_between(&self, path: &Path, from: usize, to: usize) -> bool {
        let file = self.now.get(path).map(|file| &self.files[*file]);
        file.is_some_and(|file| file.syncs.iter().any(|(begin, end)| *begin > from && *end < to))
    }

    /// Each time something took the name `path`: when, and what was in it.
    pub(super) fn put_in_place(&self, path: &Path) -> Vec<(usize, usize, Vec<u8>)> {
        let parent = path.parent().expect("a file has a folder");
        let changes = self.folders.get(parent).map(|entries| entries.changes.as_slice()).unwrap_or_default();
        let put = changes.iter().filter_map(|change| {
            let (_, is) = change.names.iter().find(|(name, _)| name == path)?;
            let Some(Is::File(file)) = is else { return None };
            Some((change.begin, change.end, self.contents(*file, change.begin, &mut |_| 1.0)))
        });
        put.collect()
    }

    /// Writes what is left at `target` when the power goes at `moment`. `chance` gives numbers from 0 to below 1: how
    /// much is left of what was not synced.
    pub(super) fn after_power_cut(&self, moment: usize, target: &Path, chance: &mut impl FnMut() -> f64) {
        fs::create_dir_all(target).unwrap();
        let mut names: BTreeMap<&Path, Is> = BTreeMap::new();
        for entries in self.folders.values() {
            let is_durable = |change: &Change| is_covered(&entries.syncs, Some(change.end), moment);
            let durable = entries.changes.iter().rposition(is_durable).map_or(0, |last| last + 1);
            let begun = entries.changes.iter().take_while(|change| change.begin < moment).count();
            let left = (durable + share(chance(), begun.saturating_sub(durable))).min(begun);
            for (name, is) in entries.changes[..left].iter().flat_map(|change| &change.names) {
                match is {
                    Some(is) => drop(names.insert(name, *is)),
                    None => drop(names.remove(name.as_path())),
                }
            }
        }
        // A folder sorts before what is in it. What is in none that is left is gone.
        for (name, is) in names {
            let path = target.join(name.strip_prefix(&self.root).unwrap());
            match is {
                _ if !path.parent().unwrap().exists() => {}
                Is::Folder => fs::create_dir_all(path).unwrap(),
                Is::File(file) => {
                    fs::write(&path, self.contents(file, moment, &mut |_| chance())).unwrap();
                    // As the program makes its files; keys that others can read are refused.
                    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
                }
            }
        }
    }

    /// What is in a file: each part has what was synced, and the first of what else was written to it.
    fn contents(&self, file: usize, moment: usize, chance: &mut dyn FnMut(usize) -> f64) -> Vec<u8> {
        let file = &self.files[file];
        let begun: Vec<&Write> = file.writes.iter().take_while(|write| write.begin < moment).collect();
        let is_durable = |write: &&Write| is_covered(&file.syncs, write.end, moment);
        let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, write) in begun.iter().enumerate() {
            match &write.what {
                What::Bytes(at, bytes) => {
                    let (at, end) = (*at as usize, *at as usize + bytes.len());
                    (at / PART..end.div_ceil(PART)).for_each(|part| parts.entry(part).or_default().push(index));
                }
                What::Length(_) => parts.values_mut().for_each(|writes| writes.push(index)),
            }
        }
        let mut found: Vec<u8> = Vec::new();
        for (part, writes) in parts {
            let durable = writes.iter().rposition(|index| is_durable(&begun[*index])).map_or(0, |last| last + 1);
            let left = (durable + share(chance(part), writes.len() - durable)).min(writes.len());
            writes[..left].iter().for_each(|index| put(&mut found, part, &begun[*index].what));
        }
        let durable = begun.iter().rposition(is_durable).map_or(0, |last| last + 1);
        let left = (durable + share(chance(0), begun.len() - durable)).min(begun.len());
        let length = begun[..left].iter().fold(0, |length, write| write.what.length_after(length));
        found.resize(usize::try_from(length).unwrap(), 0);
        found
    }

    fn take(&mut self, call: &Call) {
        match call.name.as_str() {
            "openat" => self.opened(call),
            "close" => drop(call.number(0).and_then(|number| self.open.remove(&number))),
            "dup" | "fcntl" if call.name == "dup" || call.arguments.contains("F_DUPFD") => {
                let open = call.number(0).and_then(|number| self.open.get(&number)).cloned();
                drop(call.result.zip(open).map(|(number, open)| self.open.insert(number, open)));
            }
            "fsync" | "fdatasync" if call.is_done() => self.synced(call),
            "write" | "writev" | "pwrite64" | "ftruncate" => self.wrote(call),
            "lseek" if call.is_done() => {
                let open = call.number(0).and_then(|number| self.open.get_mut(&number));
                if let (Some(Open::File { at, .. }), Some(place)) = (open, call.result) {
                    *at = u64::try_from(place).unwrap();
                }
            }
            "fallocate" | "sync_file_range" | "lseek" | "fsync" | "fdatasync" | "sendto" | "fcntl" => {}
            _ if !call.is_done() => {}
            "mkdir" => self.change(call, vec![(call.path(0), Some(Is::Folder))]),
            "mkdirat" => self.change(call, vec![(self.at(call), Some(Is::Folder))]),
            "unlink" | "rmdir" => self.change(call, vec![(call.path(0), None)]),
            "unlinkat" => self.change(call, vec![(self.at(call), None)]),
            "rename" | "renameat" | "renameat2" => {
                let (from, to) = (call.path(0), call.path(1));
                if let Some(file) = self.now.get(&from).copied() {
                    self.change(call, vec![(from, None), (to, Some(Is::File(file)))]);
                }
            }
            other => panic!("the model does not know {other}"),
        }
    }

    /// The first path of a call that may be told in relation to an open folder.
    fn at(&self, call: &Call) -> PathBuf {
        match call.number(0).and_then(|number| self.open.get(&number)) {
            Some(Open::Folder(folder)) => folder.join(call.path(0)),
            _ => call.path(0),
        }
    }

    fn change(&mut self, call: &Call, names: Vec<(PathBuf, Option<Is>)>) {
        let Some(folder) = names.first().and_then(|(name, _)| name.parent()).map(Path::to_owned) else { return };
        let is_ours = |name: &Path| name.starts_with(&self.root) && name != self.root;
        if !names.iter().all(|(name, _)| is_ours(name)) {
            return;
        }
        for (name, is) in &names {
            match is {
                Some(Is::File(file)) => drop(self.now.insert(name.clone(), *file)),
                Some(Is::Folder) => {}
                None => drop(self.now.remove(name)),
            }
        }
        let end = call.end.unwrap_or(usize::MAX);
        self.folders.entry(folder).or_default().changes.push(Change { begin: call.effect(), end, names });
    }

    fn opened(&mut self, call: &Call) {
        let (path, Some(number)) = (self.at(call), call.result.filter(|number| *number >= 0)) else { return };
        let flags = &call.arguments;
        self.open.remove(&number);
        if !path.starts_with(&self.root) {
            return;
        }
        if !self.now.contains_key(&path) {
            if !flags.contains("O_CREAT") {
                self.open.insert(number, Open::Folder(path));
                return;
            }
            self.files.push(Contents::default());
            self.change(call, vec![(path.clone(), Some(Is::File(self.files.len() - 1)))]);
        }
        let file = self.now[&path];
        if flags.contains("O_TRUNC") && self.files[file].length > 0 {
            self.write(call, file, What::Length(0));
        }
        self.open.insert(number, Open::File { file, at: 0, appends: flags.contains("O_APPEND") });
    }

    fn wrote(&mut self, call: &Call) {
        let Some(number) = call.number(0) else { return };
        let Some(Open::File { file, at, appends }) = self.open.get(&number).cloned() else { return };
        if call.result.is_some_and(|result| result < 0) {
            return;
        }
        if call.name == "ftruncate" {
            let length = call.number(1).expect("a length");
            return self.write(call, file, What::Length(length as u64));
        }
        let bytes = call.texts.concat();
        let done = call.result.map_or(bytes.len(), |result| result as usize);
        let bytes = bytes[..done].to_vec();
        let is_placed = call.name == "pwrite64";
        let offset = match (is_placed, appends) {
            (true, _) => call.number(3).expect("an offset") as u64,
            (false, true) => self.files[file].length,
            (false, false) => at,
        };
        if !is_placed {
            self.open.insert(number, Open::File { file, at: offset + done as u64, appends });
        }
        self.write(call, file, What::Bytes(offset, bytes));
    }

    fn write(&mut self, call: &Call, file: usize, what: What) {
        let file = &mut self.files[file];
        file.length = what.length_after(file.length);
        file.writes.push(Write { begin: call.effect(), end: call.end, what });
    }

    fn synced(&mut self, call: &Call) {
        let Some(end) = call.end else { return };
        match call.number(0).and_then(|number| self.open.get(&number)) {
            Some(Open::File { file, .. }) => self.files[*file].syncs.push((call.begin, end)),
            Some(Open::Folder(path)) => {
                self.folders.entry(path.clone()).or_default().syncs.push((call.begin, end));
            }
            None => {}
        }
    }
}

/// Whether what ended at `end` was synced by a sync that was begun afterwards and done at `moment`.
fn is_covered(syncs: &[(usize, usize)], end: Option<usize>, moment: usize) -> bool {
    end.is_some_and(|end| syncs.iter().any(|(begin, done)| *begin > end && *done < moment))
}

/// So many of `all`; each is as likely.
fn share(chance: f64, all: usize) -> usize {
    (chance * (all + 1) as f64) as usize
}

/// Puts what falls into one part where it belongs.
fn put(found: &mut Vec<u8>, part: usize, what: &What) {
    let (first, last) = (part * PART, (part + 1) * PART);
    match what {
        What::Bytes(at, bytes) => {
            let at = *at as usize;
            let (from, to) = (at.max(first), (at + bytes.len()).min(last));
            found.resize(found.len().max(to), 0);
            found[from..to].copy_from_slice(&bytes[from - at..to - at]);
        }
        What::Length(length) => {
            let end = last.min(found.len());
            found[(*length as usize).clamp(first.min(end), end)..end].fill(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::trace;
    use super::*;

    /// `/d/a`, and what is written to it: two parts of which one is synced, then a rename to `/d/b`.
    const CALLS: &str = concat!(
        "7 openat(AT_FDCWD, \"\\x2f\\x64\\x2f\\x61\", O_WRONLY|O_CREAT, 0600) = 3\n",
        "7 openat(AT_FDCWD, \"\\x2f\\x64\", O_RDONLY) = 4\n",
        "7 write(3, \"\\x31\", 1) = 1\n",
        "7 sync_file_range(3, 0, 1, SYNC_FILE_RANGE_WRITE) = 0\n",
        "7 fdatasync(3) = 0\n",
        "7 fsync(4) = 0\n",
        "7 pwrite64(3, \"\\x32\", 1, 4096) = 1\n",
        "7 sync_file_range(3, 4096, 1, SYNC_FILE_RANGE_WRITE) = 0\n",
        "7 fsync(3) = -1 EIO (Input/output error)\n",
        "7 rename(\"\\x2f\\x64\\x2f\\x61\", \"\\x2f\\x64\\x2f\\x62\") = 0\n",
    );

    /// The names that are left, and how long their files are, when the power goes before a call.
    fn left(moment: usize, chance: f64) -> Vec<(String, u64)> {
        let disk = Disk::of(Path::new("/d"), &trace::parse(CALLS), &[]);
        let image = tempfile::tempdir().unwrap();
        disk.after_power_cut(moment, image.path(), &mut || chance);
        let entries = fs::read_dir(image.path()).unwrap().map(Result::unwrap);
        entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len())).collect()
    }

    #[test]
    fn h11_what_was_synced_is_left_and_what_was_not_may_be() {
        let named = |name: &str, length| vec![(name.to_owned(), length)];
        assert_eq!((left(5, 0.0), left(5, 0.9)), (Vec::new(), named("a", 1)), "its entry is not durable");
        assert_eq!((left(6, 0.0), left(6, 0.9)), (named("a", 1), named("a", 1)), "all of it is durable");
        assert_eq!((left(9, 0.0), left(9, 0.9)), (named("a", 1), named("a", 4097)), "the failed sync was none");
        assert_eq!((left(10, 0.0), left(10, 0.9)), (named("a", 1), named("b", 4097)), "nor is the rename durable");
    }
}
