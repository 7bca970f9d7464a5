//! The directory index: read from the simulated organization, kept, cut off and gone on with, brought up to date.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use portcullis::directory::index::Settings;
use portcullis::directory::{DepartmentId, DingTalk};
use portcullis::incident::{AccountKind, AccountRef, Clock, Event, HandSetClock, SyncedDirectory, SystemClock, UserId};
use portcullis::roster::{Changed, Roster, RosterError, Synced, TooOld, forget};
use portcullis::sandbox::{self, Api, Fault, FaultKind, Running};
use portcullis::trail::{Area, MemoryStore, Row, Store, Trail};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{
    AUDITOR, ENGINEER, Ended, Kept, Process, RESPONDER, Set, TestApp, Witness, configure, copy_folder,
};

/// A client, its DingTalk, and a store that outlives each opening of the index.
pub(crate) struct Place {
    pub(crate) dingtalk: DingTalk,
    pub(crate) sandbox: Running,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: Arc<HandSetClock>,
    _folder: TempDir,
}

impl Place {
    pub(crate) async fn start() -> Self {
        Self::of(200, false).await
    }

    pub(crate) async fn of(people: u32, stringly: bool) -> Self {
        let listen = ([127, 0, 0, 1], 0).into();
        let settings =
            sandbox::Settings { listen, calls_per_second: 0, stringly, people, ..sandbox::Settings::default() };
        let sandbox = sandbox::start(settings).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut config = configure(folder.path(), &sandbox.url(), "");
        (config.directory.calls_per_second, config.directory.burst) = (20, 1);
        let secret = config.directory.read_secret(&config.base).unwrap();
        let dingtalk = DingTalk::new(&config.directory, secret, Arc::new(SystemClock)).unwrap();
        let clock = Arc::new(HandSetClock::at("2026-11-21T03:00:00Z".parse().unwrap()));
        Self { dingtalk, sandbox, store: Arc::default(), clock, _folder: folder }
    }

    pub(crate) async fn roster(&self) -> Arc<Roster> {
        let trail = Trail::open(self.store.clone()).unwrap();
        Roster::open(trail, self.clock.clone(), Settings::default()).await.unwrap()
    }

    /// What is kept, but for how far it was read.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let mut rows = self.store.kept(Area::Directory, None, usize::MAX).unwrap();
        rows.retain(|row| row.key[0] != b'r');
        rows
    }

    fn lists(&self) -> u64 {
        self.sandbox.state().received(Api::UserList)
    }
}

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

fn dept(id: i64) -> DepartmentId {
    DepartmentId::new(id)
}

fn found(roster: &Roster, kind: AccountKind, value: &str) -> Result<Vec<String>, TooOld> {
    let found = roster.find(&AccountRef::parse(kind, value).unwrap())?;
    Ok(found.into_iter().map(|found| found.user_id.into()).collect())
}

fn by_email(roster: &Roster, address: &str) -> Vec<String> {
    found(roster, AccountKind::Email, address).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_organization_is_read_kept_and_found_in_both_forms_of_answers() {
    for stringly in [false, true] {
        let place = Place::of(200, stringly).await;
        let roster = place.roster().await;
        assert_eq!(found(&roster, AccountKind::Email, "zhang.san@example.com"), Err(TooOld), "nothing was read yet");
        assert_eq!(roster.sync(&place.dingtalk).await.unwrap(), Synced { people: 210, departments: 7 });
        drop(roster);
        let roster = place.roster().await;
        assert_eq!(by_email(&roster, "Zhang.San@EXAMPLE.com"), ["zhangsan"]);
        assert_eq!(by_email(&roster, "nobody@example.com"), [""; 0]);
        let shared = place.sandbox.state().account("user0200").unwrap().job_number;
        assert_eq!(found(&roster, AccountKind::JobNumber, &shared).unwrap(), ["user0199", "user0200"]);
        roster.index(|index| {
            assert_eq!([1, 3, 31, 32, 311].map(|id| index.people_in(dept(id))), [210, 204, 104, 100, 2]);
            assert_eq!(index.departments_above(dept(311)), [dept(31), dept(3), dept(1)]);
        });
        let events: Vec<Event> =
            Trail::open(place.store.clone()).unwrap().read(0, 9).unwrap().into_iter().map(|r| r.event).collect();
        let began_at = place.clock.now();
        assert_eq!(events, [Event::DirectorySynced(SyncedDirectory { people: 210, departments: 7, began_at })]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_are_read_in_pages_and_again_without_writing_what_is_the_same() {
    let place = Place::of(3_000, false).await;
    let roster = place.roster().await;
    assert_eq!(roster.sync(&place.dingtalk).await.unwrap().people, 3_010);
    let (rows, lists) = (place.rows(), place.lists());
    assert_eq!(lists, 36, "16 pages of 31, 15 of 32 and one of each other department");
    place.clock.advance(Duration::from_secs(3_600));
    place.sandbox.state().change("user0007", |account| account.email = "seven@example.com".to_owned());
    roster.sync(&place.dingtalk).await.unwrap();
    let again = place.rows();
    let other: Vec<&Row> = again.iter().filter(|row| !rows.contains(row)).collect();
    assert_eq!(other.len(), 1, "the time of reading is in each row, so none of the others was written");
    assert_eq!(other[0].key, b"puser0007");
    assert_eq!(
        (by_email(&roster, "user0007@example.com"), by_email(&roster, "seven@example.com")),
        (vec![], vec!["user0007".to_owned()])
    );
    assert_eq!(place.sandbox.state().received(Api::UserGet), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_moved_or_joined_is_known_after_the_next_run() {
    let place = Place::start().await;
    let roster = place.roster().await;
    roster.sync(&place.dingtalk).await.unwrap();
    let state = place.sandbox.state();
    state.remove("user0001");
    state.change("user0003", |account| account.departments = vec![4]);
    state.change("zhangsan", |account| account.departments = vec![3]);
    roster.sync(&place.dingtalk).await.unwrap();
    roster.index(|index| {
        assert!(index.person(&user("user0001")).is_none());
        assert_eq!(index.person(&user("user0003")).unwrap().departments(), [dept(4)]);
        assert_eq!((index.people(), index.people_in(dept(4)), index.people_in(dept(31))), (209, 3, 101));
    });
    assert_eq!(by_email(&roster, "user0001@example.com"), [""; 0]);
    assert!(state.received(Api::UserGet) <= 3, "only who is not where they were is read alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cut_off_anywhere_goes_on_where_it_was() {
    let whole = {
        let place = Place::start().await;
        place.roster().await.sync(&place.dingtalk).await.unwrap();
        place.lists()
    };
    for (api, from) in [
        (Api::DepartmentGet, 1),
        (Api::DepartmentListSub, 3),
        (Api::UserList, 1),
        (Api::UserList, 4),
        (Api::UserList, whole),
    ] {
        let place = Place::start().await;
        let from = u32::try_from(from).unwrap();
        place.sandbox.state().inject(Fault { from, ..Fault::new(FaultKind::PermissionDenied).on(api) }).unwrap();
        let roster = place.roster().await;
        let cut_off = roster.sync(&place.dingtalk).await.unwrap_err();
        assert!(matches!(cut_off, RosterError::Directory(_)), "{cut_off}");
        assert!(roster.is_due() && found(&roster, AccountKind::Email, "zhang.san@example.com").is_err());
        assert!(roster.failure().is_some());
        drop(roster);
        // As after a kill: nothing but the store is left.
        let roster = place.roster().await;
        place.clock.advance(Duration::from_secs(60));
        assert_eq!(roster.sync(&place.dingtalk).await.unwrap().people, 210, "{api:?} {from}");
        // The page that failed, and of a department with two at most the first, are read again.
        assert!(place.lists() <= whole + 2, "{api:?} {from}: {}", place.lists());
        assert_eq!(
            place.rows().len(),
            225,
            "people, departments, roles and five who have one, and no trace of the run"
        );
        assert!(!roster.is_due() && roster.failure().is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_cut_off_long_ago_is_begun_anew() {
    let place = Place::start().await;
    let roster = place.roster().await;
    let fault = Fault { from: 4, ..Fault::new(FaultKind::Busy).on(Api::UserList) };
    place.sandbox.state().inject(fault).unwrap();
    roster.sync(&place.dingtalk).await.unwrap_err();
    place.clock.advance(Duration::from_secs(25 * 3_600));
    let lists = place.lists();
    roster.sync(&place.dingtalk).await.unwrap();
    assert_eq!(place.lists() - lists, 8);
    assert_eq!(roster.index(|index| index.reading().at()), Some(place.clock.now()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_is_asked_until_it_is_too_old_and_read_again_when_it_is_due() {
    let place = Place::start().await;
    let roster = place.roster().await;
    assert!(roster.is_due());
    roster.sync(&place.dingtalk).await.unwrap();
    assert!(!roster.is_due());
    roster.ask();
    assert!(roster.is_due());
    roster.sync(&place.dingtalk).await.unwrap();
    place.clock.advance(Duration::from_secs(24 * 3_600));
    assert!(roster.is_due());
    place.clock.advance(Duration::from_secs(6 * 24 * 3_600));
    assert_eq!(by_email(&roster, "zhang.san@example.com"), ["zhangsan"]);
    place.clock.advance(Duration::from_secs(1));
    assert_eq!(found(&roster, AccountKind::Email, "zhang.san@example.com"), Err(TooOld));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_cannot_be_read_are_thrown_away_and_read_anew() {
    let place = Place::start().await;
    place.roster().await.sync(&place.dingtalk).await.unwrap();
    let other = portcullis::trail::Change::put(b"r".to_vec(), br#"{"v":2}"#.to_vec());
    place.store.keep(Area::Directory, vec![other]).await.unwrap();
    let roster = place.roster().await;
    assert_eq!((place.rows().len(), roster.index(|index| index.people())), (0, 0));
    assert!(roster.is_due());
    assert_eq!(roster.sync(&place.dingtalk).await.unwrap().people, 210);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_dingtalk_says_has_changed_is_read_at_once_and_kept_waiting_while_it_cannot_be() {
    let place = Place::start().await;
    let roster = place.roster().await;
    roster.sync(&place.dingtalk).await.unwrap();
    let state = place.sandbox.state();
    state.change("user0001", |account| account.email = "new@example.com".to_owned());
    state.remove("user0002");
    let people = vec![user("user0001"), user("user0002"), user("nobody")];
    let departments = vec![dept(31), dept(999)];
    roster.notice(Changed { people, departments });
    state.inject(Fault::new(FaultKind::Busy).on(Api::UserGet)).unwrap();
    assert!(roster.read_noticed(&place.dingtalk).await.is_err());
    roster.read_noticed(&place.dingtalk).await.unwrap();
    assert_eq!(
        (by_email(&roster, "new@example.com"), by_email(&roster, "user0002@example.com")),
        (vec!["user0001".to_owned()], vec![])
    );
    assert_eq!(roster.index(|index| index.people()), 209);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_anybody_is_on_the_trail() {
    let app = TestApp::start_with(Set { config: "[directory.index]\n", ..Set::default() }).await;
    until_read(&app).await;
    let records = app.records_of("directory.synced");
    assert_eq!(records.len(), 1);
    let said = format!("{:?}", app.records());
    assert!(!said.contains("example.com") && !said.contains("user0001"), "{said}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_never_shown_keeps_no_other_from_being_read_and_its_name_from_being_anothers_alone() {
    let place = Place::start().await;
    let roster = place.roster().await;
    roster.sync(&place.dingtalk).await.unwrap();
    let state = place.sandbox.state();
    for left in ["user0002", "user0199"] {
        state.remove(left);
    }
    let hiding = Witness::hiding(place.dingtalk, place.store, user("user0199"));
    let people = vec![user("user0199"), user("user0002")];
    roster.notice(Changed { people, departments: vec![] });
    roster.read_noticed(&hiding).await.unwrap();
    assert_eq!(by_email(&roster, "user0002@example.com"), [""; 0]);
    roster.sync(&hiding).await.unwrap();
    let shared = state.account("user0200").unwrap().job_number;
    assert_eq!(found(&roster, AccountKind::JobNumber, &shared).unwrap(), ["user0199", "user0200"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_department_that_dingtalk_says_has_moved_or_is_gone_is_read_at_once() {
    let place = Place::start().await;
    place.roster().await.sync(&place.dingtalk).await.unwrap();
    // As if the index had read them before.
    let row = |id: i64, parent: &str| {
        portcullis::trail::Change::put([b"d", &id.to_be_bytes()[..]].concat(), parent.as_bytes().to_vec())
    };
    place.store.keep(Area::Directory, vec![row(31, "4"), row(999, "1")]).await.unwrap();
    let roster = place.roster().await;
    let below = |id| roster.index(|index| index.departments_below(dept(id)));
    assert_eq!((below(4), below(1).contains(&dept(999))), (vec![dept(4), dept(31), dept(311)], true));
    roster.notice(Changed { people: vec![], departments: vec![dept(31), dept(999), dept(1000)] });
    roster.read_noticed(&place.dingtalk).await.unwrap();
    assert_eq!((below(4), below(1).contains(&dept(999))), (vec![dept(4)], false));
    assert_eq!(below(3), [dept(3), dept(31), dept(32), dept(311)]);
}

/// Waits until the server has read the organization, and gives what it says of that.
async fn until_read(app: &TestApp) -> Value {
    let read = async {
        loop {
            let answer = app.get("/v1/directory", AUDITOR).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            if answer.body["is_pending"] == false {
                return answer.body;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("it never came")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_reads_the_organization_when_it_is_due_and_when_it_is_asked() {
    let set = Set { config: "[directory.index]\n", kept: Kept::BySled, ..Set::default() };
    let app = TestApp::start_with(set).await;
    let page = until_read(&app).await;
    assert_eq!((&page["people"], &page["departments"]), (&json!(210), &json!(7)));
    let app = app.restart().await;
    assert_eq!(until_read(&app).await, page, "what was read is kept, and not due again");
    assert_eq!(app.post("/v1/directory/sync", RESPONDER, &json!({})).await.status, 403);
    app.dingtalk().remove("user0001");
    app.advance(Duration::from_secs(60));
    let asked = app.post("/v1/directory/sync", ENGINEER, &json!({})).await;
    assert_eq!((asked.status, &asked.body["is_pending"]), (200, &json!(true)));
    assert_eq!(until_read(&app).await["people"], 209);
    assert_eq!(app.records_of("directory.synced").len(), 2);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_index_nobody_is_read_and_nothing_is_there_to_be_asked() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/v1/directory", AUDITOR).await.status, 404);
    assert_eq!(app.post("/v1/directory/sync", ENGINEER, &json!({})).await.status, 404);
    assert_eq!(app.dingtalk().received(Api::UserList), 0);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_is_erased_by_a_server_that_keeps_no_index() {
    let place = Place::start().await;
    place.roster().await.sync(&place.dingtalk).await.unwrap();
    let trail = Trail::open(place.store.clone()).unwrap();
    assert!(forget(&trail).await.unwrap());
    assert_eq!(place.store.kept(Area::Directory, None, 1), Ok(vec![]));
    assert!(!forget(&trail).await.unwrap());

    let set = Set { config: "[directory.index]\n", kept: Kept::BySled, ..Set::default() };
    let mut app = TestApp::start_with(set).await;
    until_read(&app).await;
    app.config.directory.index = None;
    let app = app.restart().await;
    assert_eq!(app.app.trail().store().kept(Area::Directory, None, 1), Ok(vec![]));
    assert_eq!(app.records_of("directory.synced").len(), 1, "the trail has what it had");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_is_killed_goes_on_where_it_was() {
    let (sandbox, folder) = on_disk("[directory.index]\n").await;
    let state = sandbox.state();
    for (from, seen) in [(2, 2), (3, 5)] {
        let hang = Fault { from, ..Fault::new(FaultKind::HangBeforeWork).on(Api::UserList) };
        state.inject(hang).unwrap();
        let config = folder.path().join("portcullis.toml");
        let running = Process::spawn(&["directory", "sync", "--config", config.to_str().unwrap()], &[]);
        tokio::time::timeout(Duration::from_secs(20), state.wait_for(Api::UserList, seen))
            .await
            .expect("it never came");
        running.kill();
        state.release_hangs();
        state.clear_faults();
    }
    assert_eq!(sync(&folder).await.well().stdout, ["The directory index knows 210 people in 7 departments."]);
    assert!(state.received(Api::UserList) <= 8 + 2 + 2, "{}", state.received(Api::UserList));
    assert_eq!(state.received(Api::DepartmentGet), 1, "the departments are known since the first run");
}

/// A configuration on disk for a simulated DingTalk.
async fn on_disk(more: &str) -> (Running, TempDir) {
    let listen = ([127, 0, 0, 1], 0).into();
    let settings = sandbox::Settings { listen, calls_per_second: 0, ..sandbox::Settings::default() };
    let sandbox = sandbox::start(settings).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &folder.path().join("rules"));
    configure(folder.path(), &sandbox.url(), more);
    (sandbox, folder)
}

async fn sync(folder: &TempDir) -> Ended {
    let config = folder.path().join("portcullis.toml");
    Process::run(&["directory", "sync", "--config", config.to_str().unwrap()]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_reads_into_the_store_of_a_server_that_does_not_run() {
    let (sandbox, folder) = on_disk("[directory.index]\n").await;
    let ended = sync(&folder).await.well();
    assert_eq!(ended.stdout, ["The directory index knows 210 people in 7 departments."]);
    assert_eq!(ended.stderr, "", "nobody sits before it");
    sandbox.state().remove("user0001");
    assert_eq!(sync(&folder).await.well().stdout, ["The directory index knows 209 people in 7 departments."]);
    let config = folder.path().join("portcullis.toml");
    let verified = Process::run(&["trail", "verify", "--store", "--config", config.to_str().unwrap()]).await.well();
    assert!(verified.said().contains("2 records"), "{}", verified.said());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_goes_on_after_what_waiting_mends_and_says_what_does_not() {
    let (sandbox, folder) = on_disk("[directory.index]\n").await;
    sandbox.state().inject(Fault::new(FaultKind::Busy).on(Api::UserList)).unwrap();
    let ended = sync(&folder).await.well();
    assert!(ended.stderr.contains("going on in 1 s"), "{}", ended.stderr);
    sandbox.state().inject(Fault::new(FaultKind::PermissionDenied).on(Api::UserList)).unwrap();
    let refused = sync(&folder).await;
    assert_eq!(refused.code, Some(2), "{}", refused.said());
    let (_sandbox, folder) = on_disk("").await;
    let refused = sync(&folder).await;
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("[directory.index]"), "{}", refused.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_runs_has_to_be_asked_and_does_it() {
    let set = Set { config: "[directory.index]\n", kept: Kept::BySled, ..Set::default() };
    let app = TestApp::start_with(set).await;
    until_read(&app).await;
    let config = app.folder().join("portcullis.toml");
    let refused = Process::run(&["directory", "sync", "--config", config.to_str().unwrap()]).await;
    assert_eq!(refused.code, Some(2), "{}", refused.said());
    assert!(refused.stderr.contains("--server"), "{}", refused.stderr);
    let token = app.folder().join("token");
    std::fs::write(&token, ENGINEER).unwrap();
    let url = app.app.url();
    let asked = ["directory", "sync", "--server", &url, "--token-file", token.to_str().unwrap()];
    let ended = Process::run(&asked).await.well();
    assert_eq!(ended.stdout, ["The directory index knows 210 people in 7 departments."]);
    assert_eq!(app.records_of("directory.synced").len(), 2);
    app.end().await;
}
