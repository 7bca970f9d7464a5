//! Tells of changes of a folder as it is found by its path: of its files, and of another folder that
//! takes its place, which is how deployments swap a whole set.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf, absolute};

use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

/// The most links on the way to a folder that are watched; as many as Linux follows.
const LINKS_MAX: usize = 40;

/// A folder that is watched, once that has begun.
pub(super) struct FolderWatch {
    folder: PathBuf,
    told: mpsc::Sender<()>,
    watcher: Option<RecommendedWatcher>,
}

impl FolderWatch {
    /// Tells `told` of changes from the first [`FolderWatch::renew`] on.
    pub(super) fn new(folder: &Path, told: mpsc::Sender<()>) -> Self {
        Self { folder: absolute(folder).unwrap_or_else(|_| folder.to_owned()), told, watcher: None }
    }

    /// Watches what the path leads to now. The system watches folders, not paths, so this is needed
    /// whenever another one may have taken the place; what is read afterwards is watched while it is.
    ///
    /// # Errors
    /// The system does not tell of changes in the folder. Whether it gets a successor is then told as
    /// far as can be.
    pub(super) fn renew(&mut self) -> notify::Result<()> {
        let places = places(&self.folder);
        let (folder, told, known) = (self.folder.clone(), self.told.clone(), places.clone());
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // A full channel has a change in it already, which is all there is to say.
            if event.map_or(true, |event| is_change(event.kind) && is_ours(&event.paths, &folder, &known)) {
                let _ = told.try_send(());
            }
        })?;
        for above in places.iter().filter_map(|place| place.parent()).collect::<BTreeSet<_>>() {
            // A folder above that may not be read costs only that a swap is noticed by looking.
            let _ = watcher.watch(above, RecursiveMode::NonRecursive);
        }
        let watched = watcher.watch(&self.folder, RecursiveMode::Recursive);
        self.watcher = Some(watcher);
        watched
    }
}

/// What another folder can take the place of by a single change: the folder itself and each link on
/// the way to it.
fn places(folder: &Path) -> BTreeSet<PathBuf> {
    let (mut places, mut links) = (BTreeSet::from([folder.to_owned()]), BTreeSet::new());
    let mut ways = vec![folder.to_owned()];
    while let Some(way) = ways.pop() {
        for link in way.ancestors() {
            let Ok(target) = fs::read_link(link) else { continue };
            if links.len() < LINKS_MAX && links.insert(link.to_owned()) {
                // What a link leads to can be replaced as well as the link.
                let target = link.parent().map_or_else(|| target.clone(), |above| above.join(&target));
                places.extend([link.to_owned(), target.clone()]);
                ways.push(target);
            }
        }
    }
    places
}

/// Reading is none, or a load would be told of itself.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    }
}

/// Whatever else lies beside the folder is none of our business.
fn is_ours(paths: &[PathBuf], folder: &Path, places: &BTreeSet<PathBuf>) -> bool {
    // Without a path the system says that it has forgotten what happened.
    paths.is_empty() || paths.iter().any(|path| path.starts_with(folder) || places.contains(path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::time::Duration;

    use super::*;
    use notify::event::{CreateKind, ModifyKind, RemoveKind};

    /// A change is told of sooner; this only ends what hangs.
    const PATIENCE: Duration = Duration::from_secs(20);

    struct Told {
        watch: FolderWatch,
        changes: mpsc::Receiver<()>,
    }

    impl Told {
        fn of(folder: &Path) -> Self {
            let (told, changes) = mpsc::channel(1);
            Self { watch: FolderWatch::new(folder, told), changes }
        }

        /// As the loop does it: from a change on, what is there by then is watched.
        async fn is_told(&mut self, what: &str) {
            let told = tokio::time::timeout(PATIENCE, self.changes.recv()).await;
            assert_eq!(told, Ok(Some(())), "{what}");
            let _ = self.watch.renew();
            while self.changes.try_recv().is_ok() {}
        }
    }

    fn folder_of(root: &Path, name: &str) -> PathBuf {
        let folder = root.join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("a.yml"), name).unwrap();
        folder
    }

    #[tokio::test]
    async fn what_takes_the_place_of_the_folder_is_watched_in_turn() {
        let root = tempfile::tempdir().unwrap();
        let rules = folder_of(root.path(), "rules");
        let mut told = Told::of(&rules);
        told.watch.renew().unwrap();
        for round in 0..3 {
            let next = folder_of(root.path(), &format!("next{round}"));
            fs::rename(&rules, root.path().join(format!("old{round}"))).unwrap();
            fs::rename(next, &rules).unwrap();
            told.is_told("the swap").await;
            told.watch.renew().unwrap();
            while told.changes.try_recv().is_ok() {}
            fs::write(rules.join("a.yml"), "edited").unwrap();
            told.is_told("a change in what was swapped in").await;
        }
    }

    #[tokio::test]
    async fn a_link_that_is_turned_is_told_of() {
        let root = tempfile::tempdir().unwrap();
        for release in ["1", "2", "3"] {
            folder_of(root.path(), &format!("releases/{release}/rules"));
        }
        let current = root.path().join("current");
        symlink("releases/1", &current).unwrap();
        let mut told = Told::of(&current.join("rules"));
        told.watch.renew().unwrap();
        for release in ["2", "3"] {
            let turned = root.path().join("turned");
            symlink(format!("releases/{release}"), &turned).unwrap();
            fs::rename(turned, &current).unwrap();
            told.is_told("the link").await;
            fs::write(root.path().join(format!("releases/{release}/rules/a.yml")), "edited").unwrap();
            told.is_told("a change behind the link").await;
        }
    }

    #[tokio::test]
    async fn a_folder_that_comes_back_is_told_of() {
        let root = tempfile::tempdir().unwrap();
        let rules = folder_of(root.path(), "rules");
        let mut told = Told::of(&rules);
        told.watch.renew().unwrap();
        fs::rename(&rules, root.path().join("away")).unwrap();
        told.is_told("its going").await;
        assert!(told.watch.renew().is_err(), "there is nothing to watch");
        fs::rename(root.path().join("away"), &rules).unwrap();
        told.is_told("its coming").await;
        fs::write(rules.join("a.yml"), "edited").unwrap();
        told.is_told("a change in it").await;
    }

    #[test]
    fn the_links_on_the_way_and_what_they_lead_to_are_places() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        folder_of(&root, "releases/1/rules");
        symlink("releases/1", root.join("next")).unwrap();
        symlink("next", root.join("current")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        let of = |folder: &str| places(&root.join(folder));
        let expected = ["current", "current/rules", "next", "releases/1"];
        assert_eq!(of("current/rules"), expected.iter().map(|place| root.join(place)).collect());
        assert_eq!(of("loop"), BTreeSet::from([root.join("loop")]));
    }

    #[test]
    fn writing_is_a_change_and_reading_is_none() {
        let read = [AccessKind::Any, AccessKind::Open(AccessMode::Any), AccessKind::Close(AccessMode::Read)];
        assert!(read.into_iter().all(|kind| !is_change(EventKind::Access(kind))));
        let written = [
            EventKind::Access(AccessKind::Close(AccessMode::Write)),
            EventKind::Create(CreateKind::File),
            EventKind::Modify(ModifyKind::Any),
            EventKind::Remove(RemoveKind::File),
            EventKind::Any,
        ];
        assert!(written.into_iter().all(is_change));
    }

    #[test]
    fn what_lies_beside_the_folder_is_none_of_our_business() {
        let (folder, places) = (Path::new("/srv/rules"), BTreeSet::from([PathBuf::from("/srv/rules")]));
        let is_ours = |paths: &[&str]| is_ours(&paths.iter().map(PathBuf::from).collect::<Vec<_>>(), folder, &places);
        assert!(is_ours(&["/srv/rules/okta/a.yml"]) && is_ours(&["/srv/old", "/srv/rules"]) && is_ours(&[]));
        assert!(!is_ours(&["/srv/rules.log"]) && !is_ours(&["/srv"]));
    }
}
