//! The data keys through the door of the module: kept, shared, torn, refused, destroyed.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;

const AT: Timestamp = Timestamp::UNIX_EPOCH;

fn files(folder: &TempDir) -> KeyFiles {
    let path = |name| folder.path().join(name);
    KeyFiles { keys: path("subjects.keys"), master: path("master.key") }
}

fn open(folder: &TempDir) -> Arc<Subjects> {
    Subjects::open(&files(folder), || Ok(false)).unwrap()
}

fn refused(folder: &TempDir) -> String {
    Subjects::open(&files(folder), || Ok(true)).expect_err("it opens").to_string()
}

fn person(n: u8) -> Mark {
    Mark([n; Mark::BYTES])
}

fn about(people: &[u8]) -> About {
    people.iter().map(|n| person(*n)).collect()
}

/// Encrypts, and waits until it may be appended.
async fn kept(subjects: &Subjects, people: &[u8], content: &[u8]) -> (Digest, Vec<u8>) {
    let (digest, sealed) = subjects.seal(&about(people), AT, content).unwrap();
    subjects.admit([&sealed].into_iter()).await.unwrap();
    (digest, sealed.into_bytes())
}

fn read(subjects: &Subjects, (digest, sealed): &(Digest, Vec<u8>)) -> Unsealed {
    subjects.unseal(sealed, digest)
}

fn content(text: &str) -> Unsealed {
    Unsealed::Content(text.as_bytes().to_vec())
}

async fn destroy(subjects: &Subjects, people: &[u8]) {
    let people: Vec<Mark> = people.iter().map(|n| person(*n)).collect();
    let keys = subjects.keys_of(&people);
    subjects.condemn(&keys, Mark([0xee; Mark::BYTES])).await.unwrap();
    subjects.destroy(&keys).unwrap();
}

fn append(path: &Path, bytes: &[u8]) {
    let mut all = fs::read(path).unwrap();
    all.extend(bytes);
    fs::write(path, all).unwrap();
}

#[tokio::test]
async fn h17_what_is_about_several_is_unreadable_once_one_of_them_is_erased() {
    let folder = tempfile::tempdir().unwrap();
    let subjects = open(&folder);
    let (both, other) = (kept(&subjects, &[1, 2], b"both").await, kept(&subjects, &[2], b"two").await);
    assert_eq!((read(&subjects, &both), read(&subjects, &other)), (content("both"), content("two")));
    destroy(&subjects, &[1]).await;
    assert_eq!((read(&subjects, &both), read(&subjects, &other)), (Unsealed::Erased, content("two")));
    assert!(subjects.keys_of([&person(1)]).is_empty());
    // And after the next start, and by no byte that is left in the folder.
    drop(subjects);
    assert_eq!(fs::read_to_string(files(&folder).keys).unwrap().lines().count(), 2, "the title and one key");
    let again = open(&folder);
    assert_eq!((read(&again, &both), read(&again, &other)), (Unsealed::Erased, content("two")));
    // Whoever comes again is somebody new.
    let new = kept(&again, &[1], b"new").await;
    assert_eq!((read(&again, &new), read(&again, &both)), (content("new"), Unsealed::Erased));
}

#[tokio::test]
async fn keys_are_kept_over_a_start_and_many_new_ones_share_syncs() {
    let folder = tempfile::tempdir().unwrap();
    let subjects = open(&folder);
    let parts: Vec<_> = (0..200).map(|n| subjects.seal(&about(&[n]), AT, b"x").unwrap()).collect();
    subjects.admit(parts.iter().map(|(_, part)| part)).await.unwrap();
    let again = subjects.seal(&about(&[7]), AT, b"y").unwrap();
    assert_eq!((subjects.count(), again.1.line), (200, parts[7].1.line), "nobody has two keys");
    drop(subjects);
    let subjects = open(&folder);
    for (digest, part) in parts {
        assert_eq!(subjects.unseal(&part.into_bytes(), &digest), content("x"));
    }
}

#[tokio::test]
async fn what_is_about_nobody_lies_under_the_key_of_its_day() {
    let subjects = Subjects::in_memory();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let seal = |text| subjects.seal(&About::nobody(), at(text), b"body").unwrap();
    let (one, two) = (seal("2026-11-21T23:59:59Z"), seal("2026-11-22T00:00:00Z"));
    assert_eq!(subjects.count(), 2);
    let old = subjects.keys_of_days_before(at("2026-11-22T12:00:00Z"));
    assert_eq!(old.len(), 1);
    subjects.destroy(&old).unwrap();
    assert_eq!(subjects.unseal(&one.1.into_bytes(), &one.0), Unsealed::Erased);
    assert_eq!(subjects.unseal(&two.1.into_bytes(), &two.0), content("body"));
}

#[tokio::test]
async fn a_part_is_opened_only_by_the_digest_of_its_own_record() {
    let subjects = Subjects::in_memory();
    let (one, two) = (kept(&subjects, &[1], b"one").await, kept(&subjects, &[1], b"two").await);
    assert_eq!(subjects.unseal(&one.1, &two.0), Unsealed::Changed, "a part that lies beside another record");
    let mut changed = one.1.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(subjects.unseal(&changed, &one.0), Unsealed::Changed);
    assert_eq!(subjects.unseal(&changed, &Digest::of(&changed)), Unsealed::Changed, "also by whoever fits the digest");
}

#[tokio::test]
async fn a_part_whose_key_is_destroyed_before_it_is_appended_is_not_appended() {
    let subjects = Subjects::in_memory();
    let (_, late) = subjects.seal(&about(&[1]), AT, b"late").unwrap();
    let keys = subjects.keys_of([&person(1)]);
    subjects.condemn(&keys, person(9)).await.unwrap();
    assert_eq!(subjects.admit([&late].into_iter()).await.unwrap_err(), StoreError::Busy, "condemned");
    subjects.destroy(&keys).unwrap();
    assert_eq!(subjects.admit([&late].into_iter()).await.unwrap_err(), StoreError::Busy, "destroyed");
}

#[tokio::test]
async fn an_erasure_that_was_cut_short_is_known_to_the_next_start_and_can_be_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let subjects = open(&folder);
    let part = kept(&subjects, &[1], b"x").await;
    let keys = subjects.keys_of([&person(1)]);
    subjects.condemn(&keys, person(9)).await.unwrap();
    let meanwhile = kept(&subjects, &[1], b"y").await;
    drop(subjects);
    let subjects = open(&folder);
    assert_eq!(subjects.condemned(), [(person(9), keys.clone())]);
    assert_eq!(read(&subjects, &part), content("x"));
    subjects.reprieve(&keys).unwrap();
    assert_eq!((subjects.condemned(), subjects.keys_of([&person(1)]).len()), (Vec::new(), 2));
    drop(subjects);
    let subjects = open(&folder);
    assert_eq!((subjects.condemned(), subjects.keys_of([&person(1)]).len()), (Vec::new(), 2));
    destroy(&subjects, &[1]).await;
    assert_eq!((read(&subjects, &part), read(&subjects, &meanwhile)), (Unsealed::Erased, Unsealed::Erased));
}

#[tokio::test]
async fn another_master_key_is_refused_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(&folder);
    let part = kept(&open(&folder), &[1], b"x").await;
    let (keys, master) = (fs::read(&files.keys).unwrap(), fs::read(&files.master).unwrap());
    fs::write(&files.master, [5; 32]).unwrap();
    assert!(refused(&folder).contains("does not open with the master key"), "{}", refused(&folder));
    assert!(Subjects::look(&files).is_err());
    fs::write(&files.master, b"short").unwrap();
    assert!(refused(&folder).contains("cannot be used"));
    fs::remove_file(&files.master).unwrap();
    assert!(refused(&folder).contains("the master key"), "{}", refused(&folder));
    assert!(!files.master.exists(), "none is made that opens nothing");
    assert_eq!(fs::read(&files.keys).unwrap(), keys);
    durable_write(&files.master, &master);
    assert_eq!(read(&open(&folder), &part), content("x"));
}

/// As the key is made: for its owner only.
fn durable_write(path: &Path, bytes: &[u8]) {
    crate::trail::durable::replace(path, bytes).unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_master_key_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder));
    fs::set_permissions(files(&folder).master, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(refused(&folder).contains("by others than its owner"), "{}", refused(&folder));
}

#[tokio::test]
async fn missing_keys_are_refused_where_something_was_encrypted() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder));
    fs::remove_file(files(&folder).keys).unwrap();
    assert!(refused(&folder).contains("is missing, although"), "{}", refused(&folder));
    assert!(!files(&folder).keys.exists());
    drop(open(&folder));
}

#[tokio::test]
async fn a_second_process_is_refused_and_may_look() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(&folder);
    let part = kept(&first, &[1], b"x").await;
    assert!(refused(&folder).contains("another process has"), "{}", refused(&folder));
    assert!(Subjects::rewrap(&files(&folder), &folder.path().join("new")).is_err());
    let looks = Subjects::look(&files(&folder)).unwrap();
    assert_eq!(read(&looks, &part), content("x"));
    assert!(looks.seal(&about(&[2]), AT, b"y").is_err(), "whoever only looks encrypts nothing new");
}

#[tokio::test]
async fn h24_after_a_rotation_of_the_master_key_all_is_found_and_only_by_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let part = kept(&open(&folder), &[1], b"x").await;
    let old = files(&folder);
    let new = KeyFiles { master: folder.path().join("new.key"), ..old.clone() };
    assert_eq!(Subjects::rewrap(&old, &new.master).unwrap(), 1);
    assert!(refused(&folder).contains("does not open"));
    let subjects = Subjects::open(&new, || Ok(true)).unwrap();
    assert_eq!((read(&subjects, &part), subjects.keys_of([&person(1)]).len()), (content("x"), 1));
}

#[tokio::test]
async fn a_torn_end_is_cut_off_wherever_the_power_went() {
    let folder = tempfile::tempdir().unwrap();
    let path = files(&folder).keys;
    let first = kept(&open(&folder), &[1], b"one").await;
    let good = fs::read(&path).unwrap();
    let second = kept(&open(&folder), &[2], b"two").await;
    let whole = fs::read(&path).unwrap();
    for length in good.len()..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let subjects = open(&folder);
        assert_eq!((read(&subjects, &first), subjects.count()), (content("one"), 1), "{length}");
        assert_eq!(read(&subjects, &second), Unsealed::Erased);
        drop(subjects);
        assert_eq!(fs::read(&path).unwrap(), good, "{length}");
    }
    // The file had grown, and its new block never came.
    fs::write(&path, &good).unwrap();
    append(&path, &vec![0; 300]);
    assert_eq!(open(&folder).count(), 1);
    assert_eq!(fs::read(&path).unwrap(), good);
}

/// Several lines of one write lie in two blocks, of which only the later came.
#[tokio::test]
async fn a_torn_middle_of_what_was_not_durable_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let (files, wrap) = (files(&folder), Wrap::by(&[3; 32]).unwrap());
    durable_write(&files.master, &[3; 32]);
    let line = |number, durable| {
        let says = Says::Is(Owner::Day(i64::try_from(number).unwrap()), DataKey::random().unwrap());
        wrap.write(&Line { id: KeyId::random().unwrap(), says, number, durable }).unwrap()
    };
    let title = wrap.title().unwrap();
    let lost = "\0".repeat(158);
    fs::write(&files.keys, [&title, &line(1, 0), &lost, &line(3, 1)].map(String::as_str).concat()).unwrap();
    assert_eq!(open(&folder).count(), 1);
    // The same where line 2 was durable before line 3 was made.
    fs::write(&files.keys, [&title, &line(1, 0), &lost, &line(3, 2)].map(String::as_str).concat()).unwrap();
    assert!(refused(&folder).starts_with("line 3 of "), "{}", refused(&folder));
}

#[tokio::test]
async fn damage_anywhere_else_is_refused_with_its_line_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = files(&folder).keys;
    for n in 1..4 {
        kept(&open(&folder), &[n], b"x").await;
    }
    let whole = fs::read(&path).unwrap();
    let title = whole.iter().position(|byte| *byte == b'\n').unwrap();
    for (at, says) in [
        (3, "does not open"),
        (title - 1, "does not open"),
        (title + 40, "line 2 of"),
        (title + 200, "line 3 of"),
        (whole.len() - 9, "line 4 of"),
    ] {
        let mut damaged = whole.clone();
        damaged[at] = if damaged[at] == b'A' { b'B' } else { b'A' };
        fs::write(&path, &damaged).unwrap();
        assert!(refused(&folder).contains(says), "{at}: {}", refused(&folder));
        assert_eq!(fs::read(&path).unwrap(), damaged, "{at}");
    }
    // Lines in another order, twice, or taken out and put behind are not as they were written either.
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    for order in [[0, 2, 1, 3], [0, 1, 3, 2], [0, 1, 1, 2]] {
        fs::write(&path, order.map(|n: usize| lines[n]).concat()).unwrap();
        assert!(refused(&folder).contains("is damaged"), "{order:?}: {}", refused(&folder));
    }
}
