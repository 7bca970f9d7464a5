//! The roles in the directory index: read, kept, brought up to date, and people looked up by them and by all else.

use std::path::Path;
use std::time::Duration;

use portcullis::directory::RoleId;
use portcullis::directory::index::RolesRead;
use portcullis::incident::UserId;
use portcullis::roster::{By, Changed, Roster, TooOld};
use portcullis::sandbox::{self, Api, Fault, FaultKind, ON_CALL};
use portcullis::trail::{Area, Change, Row, Store};
use serde_json::{Value, json};

use crate::directory_index::Place;
use crate::harness::{
    ADMIN, AUDITOR, Answer, ENGINEER, Ended, Kept, Process, RESPONDER, Set, TestApp, configure, copy_folder,
};

impl Place {
    fn received(&self, api: Api) -> u64 {
        self.sandbox.state().received(api)
    }

    /// Has so many people, from the first, have the role.
    fn on_call(&self, count: u32) {
        for number in 1..=200 {
            let roles = if number <= count { vec![ON_CALL] } else { vec![] };
            self.sandbox.state().change(&format!("user{number:04}"), |account| account.roles = roles);
        }
    }
}

fn with_role(roster: &Roster, name: &str) -> Result<Vec<String>, TooOld> {
    let people = roster.people_by(&By::parse("role", name).ok().unwrap())?;
    Ok(people.into_iter().map(String::from).collect())
}

fn first(count: u32) -> Vec<String> {
    (1..=count).map(|number| format!("user{number:04}")).collect()
}

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_which_role_is_read_kept_and_found_in_both_forms_of_answers() {
    for stringly in [false, true] {
        let place = Place::of(200, stringly).await;
        place.on_call(120);
        let roster = place.roster().await;
        assert_eq!(with_role(&roster, "值班"), Err(TooOld), "nothing was read yet");
        roster.sync(&place.dingtalk).await.unwrap();
        drop(roster);
        let roster = place.roster().await;
        assert_eq!(with_role(&roster, "值班").unwrap(), first(120), "two pages of them");
        assert_eq!(with_role(&roster, "子管理员").unwrap(), ["admin02"]);
        assert_eq!(with_role(&roster, "nobody's").unwrap(), [""; 0]);
        assert_eq!((place.received(Api::RoleList), place.received(Api::RoleSimplelist)), (1, 4));
        assert_eq!(place.received(Api::UserGet), 0, "nobody is read alone for it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_that_come_and_go_are_known_after_the_next_run_and_nothing_else_is_written() {
    let place = Place::start().await;
    let roster = place.roster().await;
    roster.sync(&place.dingtalk).await.unwrap();
    let before = place.rows();
    let state = place.sandbox.state();
    state.change("user0001", |account| account.roles = vec![]);
    state.change("lisi", |account| account.roles = vec![ON_CALL]);
    state.remove("user0003");
    place.clock.advance(Duration::from_secs(3_600));
    roster.sync(&place.dingtalk).await.unwrap();
    assert_eq!(with_role(&roster, "值班").unwrap(), ["lisi", "user0002"]);
    let after = place.rows();
    let new: Vec<&Row> = after.iter().filter(|row| !before.contains(row)).collect();
    assert_eq!(new.len(), 1, "who has a role anew");
    assert_eq!(before.iter().filter(|row| !after.contains(row)).count(), 3, "two who had one, one of whom is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_at_one_account_shows_its_roles_and_a_list_of_users_takes_none_away() {
    let place = Place::start().await;
    let roster = place.roster().await;
    roster.sync(&place.dingtalk).await.unwrap();
    let state = place.sandbox.state();
    state.change("lisi", |account| account.roles = vec![ON_CALL]);
    state.change("user0001", |account| account.roles = vec![]);
    state.remove("user0002");
    let people = ["lisi", "user0001", "user0002"].map(user).to_vec();
    roster.notice(Changed { people, departments: vec![] });
    roster.read_noticed(&place.dingtalk).await.unwrap();
    assert_eq!(with_role(&roster, "值班").unwrap(), ["lisi", "user0003"]);
    // The roles cannot be read in this run, and the lists of users it reads show none.
    state.inject(Fault { times: None, ..Fault::new(FaultKind::Busy).on(Api::RoleList) }).unwrap();
    roster.sync(&place.dingtalk).await.unwrap_err();
    assert_eq!(with_role(&roster, "值班").unwrap(), ["lisi", "user0003"]);
    drop(roster);
    assert_eq!(with_role(&*place.roster().await, "值班").unwrap(), ["lisi", "user0003"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cut_off_at_a_role_goes_on_there() {
    for (api, from, again) in [(Api::RoleList, 1, 2), (Api::RoleSimplelist, 1, 4), (Api::RoleSimplelist, 3, 4)] {
        let place = Place::start().await;
        place.sandbox.state().inject(Fault { from, ..Fault::new(FaultKind::Busy).on(api) }).unwrap();
        let roster = place.roster().await;
        roster.sync(&place.dingtalk).await.unwrap_err();
        assert!(roster.is_due() && with_role(&roster, "值班").is_err());
        drop(roster);
        // As after a kill: nothing but the store is left.
        let roster = place.roster().await;
        let lists = place.received(Api::UserList);
        roster.sync(&place.dingtalk).await.unwrap();
        assert_eq!(with_role(&roster, "值班").unwrap(), first(3), "{api:?} {from}");
        assert_eq!((place.received(api), place.received(Api::UserList) - lists), (again, 0), "{api:?} {from}");
        assert!(place.rows().iter().all(|row| !matches!(row.key[0], b'v' | b'w')), "no trace of the run");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_roles_are_not_shown_people_are_known_all_the_same_and_nobody_is_found_by_a_role() {
    let place = Place::start().await;
    let roster = place.roster().await;
    roster.sync(&place.dingtalk).await.unwrap();
    for (api, kind) in [
        (Api::RoleList, FaultKind::PermissionDenied),
        (Api::RoleSimplelist, FaultKind::PermissionDenied),
        (Api::RoleList, FaultKind::EmptyObject),
        (Api::RoleSimplelist, FaultKind::ResultFalse),
    ] {
        let refused = Fault { times: None, ..Fault::new(kind).on(api) };
        place.sandbox.state().inject(refused).unwrap();
        assert_eq!(roster.sync(&place.dingtalk).await.unwrap().people, 210);
        assert!(!roster.is_due(), "asking again mends nothing");
        assert_eq!(with_role(&roster, "值班"), Err(TooOld), "{kind:?} on {api:?}: what was known may be wrong");
        assert_eq!(roster.index(|index| index.reading().roles()), Some(RolesRead::Refused));
        let by_email = roster.people_by(&By::parse("email", "zhang.san@example.com").ok().unwrap()).unwrap();
        assert_eq!(by_email, [user("zhangsan")]);
        place.sandbox.state().clear_faults();
        roster.sync(&place.dingtalk).await.unwrap();
        assert_eq!(with_role(&roster, "值班").unwrap(), first(3));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_gone_or_renamed_is_so_here_and_one_deleted_meanwhile_stops_nothing() {
    let place = Place::start().await;
    place.roster().await.sync(&place.dingtalk).await.unwrap();
    // As if the index had read them before.
    let row = |kind: u8, id: i64, rest: &[u8]| [&[kind][..], &id.to_be_bytes(), rest].concat();
    let on_call = i64::try_from(ON_CALL).unwrap();
    let changes = vec![
        Change::put(row(b'o', 999, b""), br#""former""#.to_vec()),
        Change::put(row(b'h', 999, b"lisi"), vec![]),
        Change::put(row(b'o', on_call, b""), br#""stand-by""#.to_vec()),
    ];
    place.store.keep(Area::Directory, changes).await.unwrap();
    let roster = place.roster().await;
    assert_eq!(
        (with_role(&roster, "former").unwrap(), with_role(&roster, "stand-by").unwrap()),
        (vec!["lisi".to_owned()], first(3))
    );
    roster.sync(&place.dingtalk).await.unwrap();
    assert_eq!((with_role(&roster, "former").unwrap(), with_role(&roster, "stand-by").unwrap()), (vec![], vec![]));
    assert_eq!(with_role(&roster, "值班").unwrap(), first(3));
    assert_eq!(roster.index(|index| index.roles_of(&user("lisi")).count()), 0);

    // The run knows of a role that is deleted before its turn comes.
    let fault = Fault { from: 1, ..Fault::new(FaultKind::Busy).on(Api::RoleSimplelist) };
    place.sandbox.state().inject(fault).unwrap();
    roster.sync(&place.dingtalk).await.unwrap_err();
    let changes =
        vec![Change::put(row(b'o', 999, b""), br#""former""#.to_vec()), Change::put(row(b'h', 999, b"lisi"), vec![])];
    place.store.keep(Area::Directory, changes).await.unwrap();
    let roster = place.roster().await;
    roster.sync(&place.dingtalk).await.unwrap();
    assert_eq!(with_role(&roster, "former").unwrap(), [""; 0]);
    assert_eq!(roster.index(|index| index.role(RoleId::new(999)).map(str::to_owned)), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_before_the_roles_is_opened_asked_and_due() {
    let place = Place::start().await;
    place.roster().await.sync(&place.dingtalk).await.unwrap();
    let mut changes: Vec<Change> = Vec::new();
    for row in place.rows() {
        match row.key[0] {
            b'o' | b'h' => changes.push(Change::remove(row.key)),
            b'p' => {
                let mut person: Value = serde_json::from_slice(&row.value).unwrap();
                person["r"] = json!([{ "id": 7, "name": "of before" }]);
                changes.push(Change::put(row.key, person.to_string().into_bytes()));
            }
            _ => {}
        }
    }
    changes.push(Change::put(b"r".to_vec(), br#"{"v":1,"at":"2026-11-21T03:00:00Z"}"#.to_vec()));
    place.store.keep(Area::Directory, changes).await.unwrap();
    let roster = place.roster().await;
    let by_email = roster.people_by(&By::parse("email", "zhang.san@example.com").ok().unwrap()).unwrap();
    assert_eq!((by_email, with_role(&roster, "值班")), (vec![user("zhangsan")], Err(TooOld)));
    assert!(roster.is_due(), "its roles were never read");
    roster.sync(&place.dingtalk).await.unwrap();
    assert_eq!((with_role(&roster, "值班").unwrap(), roster.is_due()), (first(3), false));
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_asked_for_until_they_are_too_old() {
    let place = Place::start().await;
    let roster = place.roster().await;
    roster.sync(&place.dingtalk).await.unwrap();
    place.clock.advance(Duration::from_secs(7 * 24 * 3_600));
    assert_eq!(with_role(&roster, "值班").unwrap(), first(3));
    place.clock.advance(Duration::from_secs(1));
    assert_eq!(with_role(&roster, "值班"), Err(TooOld));
    let department = By::parse("department", "311").ok().unwrap();
    assert_eq!(roster.people_by(&department), Err(TooOld));
}

async fn people(app: &TestApp, query: &str, token: &str) -> Answer {
    app.get(&format!("/v1/directory/people{query}"), token).await
}

/// A server that has read the organization.
async fn that_has_read() -> TestApp {
    let app = TestApp::start_with(Set { config: "[directory.index]\n", kept: Kept::BySled, ..Set::default() }).await;
    let read = async {
        while app.get("/v1/directory", AUDITOR).await.body["is_pending"] != false {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("it never came");
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_says_who_has_a_role_to_those_who_act_on_people_and_nothing_else_of_anybody() {
    let app = that_has_read().await;
    let page = app.get("/v1/directory", AUDITOR).await.body;
    assert_eq!((&page["roles"], &page["roles_read_at"]), (&json!(3), &page["read_at"]));
    for (query, expected) in [
        ("?role=%E5%80%BC%E7%8F%AD", json!(["user0001", "user0002", "user0003"])),
        ("?role=nobody", json!([])),
        ("?department=311", json!(["admin02", "owner01"])),
        ("?email=Li.Si%40example.com", json!(["lisi"])),
        ("?job_number=J0001", json!(["zhangsan"])),
    ] {
        let answer = people(&app, query, RESPONDER).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        let total = expected.as_array().unwrap().len();
        assert_eq!(answer.body, json!({ "people": expected, "total": total }), "{query}");
    }
    for query in ["", "?", "?role=", "?role=a&role=b", "?role=a&department=1", "?mobile=10000000001", "?department=x"] {
        assert_eq!(people(&app, query, ADMIN).await.status, 422, "{query}");
    }
    for token in [AUDITOR, ENGINEER] {
        assert_eq!(people(&app, "?role=a", token).await.status, 403);
    }
    app.end().await;

    let without = TestApp::start().await;
    assert_eq!(people(&without, "?role=a", ADMIN).await.status, 404, "there is no index");
    without.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_know_says_to_come_again_and_never_that_there_is_nobody() {
    let app = that_has_read().await;
    let fault = Fault { times: None, ..Fault::new(FaultKind::PermissionDenied).on(Api::RoleList) };
    app.dingtalk().inject(fault).unwrap();
    app.advance(Duration::from_secs(60));
    let seen = app.dingtalk().received(Api::RoleList);
    assert_eq!(app.post("/v1/directory/sync", ENGINEER, &json!({})).await.status, 200);
    app.dingtalk().wait_for(Api::RoleList, seen + 1).await;
    let until = async {
        while people(&app, "?role=nobody", RESPONDER).await.status == 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), until).await.expect("it never came");
    let unknown = people(&app, "?role=nobody", RESPONDER).await;
    assert_eq!((unknown.status, unknown.header("retry-after")), (503, "60"));
    assert_eq!(people(&app, "?department=311", RESPONDER).await.body["total"], 2);
    app.end().await;
}

async fn command(arguments: &[&str], place: &[&str]) -> Ended {
    Process::run(&[&["directory", "people"], arguments, place].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_looks_people_up_where_a_server_runs_and_where_none_does() {
    let app = that_has_read().await;
    let token = app.folder().join("token");
    std::fs::write(&token, RESPONDER).unwrap();
    let (url, config) = (app.app.url(), app.folder().join("portcullis.toml"));
    let server = ["--server", &url, "--token-file", token.to_str().unwrap()];
    let found = command(&["--role", "值班"], &server).await.well();
    assert_eq!((found.stdout.join(" "), found.stderr.as_str()), ("user0001 user0002 user0003".to_owned(), "3 found\n"));
    let nobody = command(&["--role", "a&b=c#d"], &server).await.well();
    assert_eq!((nobody.stdout.len(), nobody.stderr.as_str()), (0, "0 found\n"));
    let in_use = command(&["--role", "值班"], &["--config", config.to_str().unwrap()]).await;
    assert!(in_use.code == Some(2) && in_use.stderr.contains("--server"), "{in_use:?}");
    std::fs::write(&token, ENGINEER).unwrap();
    assert_eq!(command(&["--role", "值班"], &server).await.code, Some(2), "an engineer may not");
    app.end().await;

    let listen = ([127, 0, 0, 1], 0).into();
    let settings = sandbox::Settings { listen, calls_per_second: 0, people: 1_100, ..sandbox::Settings::default() };
    let sandbox = sandbox::start(settings).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &folder.path().join("rules"));
    configure(folder.path(), &sandbox.url(), "[directory.index]\n");
    let config = folder.path().join("portcullis.toml");
    let here = ["--config", config.to_str().unwrap()];
    let unread = command(&["--department", "1"], &here).await;
    assert!(unread.code == Some(1) && unread.stderr.contains("the directory index is too old"), "{unread:?}");
    Process::run(&[&["directory", "sync"], &here[..]].concat()).await.well();
    let all = command(&["--department", "1"], &here).await.well();
    assert_eq!((all.stdout.len(), all.stderr.as_str()), (1_000, "1110 found, the first 1000 are listed\n"));
    let shared = command(&["--job-number", "J11099"], &here).await.well();
    assert_eq!(shared.stdout, ["user1099", "user1100"]);
    for wrong in [&[][..], &["--role", " "], &["--department", "x"], &["--role", "a", "--email", "a@example.com"]] {
        assert_eq!(command(wrong, &here).await.code, Some(2), "{wrong:?}");
    }
}
