//! `portcullis directory`: what it prints of the simulated organization, and how it ends.

use std::fs;
use std::path::Path;

use portcullis::sandbox::{self, Api, CORP_ID, FOREIGN_CORP_ID, Fault, FaultKind, Running};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Ended, Process, configure, copy_folder, edit};

/// A configuration for a simulated DingTalk.
struct Place {
    sandbox: Running,
    folder: TempDir,
}

impl Place {
    async fn start() -> Self {
        let listen = ([127, 0, 0, 1], 0).into();
        let settings = sandbox::Settings { listen, calls_per_second: 0, ..sandbox::Settings::default() };
        let sandbox = sandbox::start(settings).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let rules = folder.path().join("rules");
        copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &rules);
        edit(
            &rules,
            "guardrails.yml",
            "protected: []\n",
            "protected:\n  - user_id: wangwu\n    why: test\n  - {email: user0001@example.com, why: test}\n",
        );
        configure(folder.path(), &sandbox.url(), "");
        Self { sandbox, folder }
    }

    async fn run(&self, arguments: &[&str]) -> Ended {
        let config = self.folder.path().join("portcullis.toml");
        Process::run(&[&["directory"], arguments, &["--config", config.to_str().unwrap()]].concat()).await
    }

    async fn show(&self, arguments: &[&str]) -> Ended {
        self.run(&[&["show"], arguments].concat()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_shown_with_what_decides_about_it() {
    let place = Place::start().await;
    assert_eq!(
        place.show(&["owner01"]).await.well().stdout,
        [
            "owner01",
            "  kind                 Enterprise Account, signs in at the organization's identity provider",
            "  owner                this organization",
            "  state                enabled",
            "  roles                none",
            "  departments          311",
            "  owned organizations  dingownedcorp0003 (海外分部), dingownedcorp0004 (创业项目)",
            "  protected            no",
        ]
    );
    assert_eq!(
        place.show(&["admin02"]).await.well().stdout[4..],
        [
            "  roles                administrator, 子管理员",
            "  departments          311",
            "  owned organizations  none",
            "  protected            yes: DingTalk says the account is an administrator, the boss or a senior",
        ]
    );
    let foreign = place.show(&["foreign01"]).await.well().said();
    for line in [
        "another organization, dingforeigncorp0002",
        "  state                not told",
        "  owned organizations  not told: exclusive.account.limit",
        "yes: the account belongs to another organization",
    ] {
        assert!(foreign.contains(line), "{foreign}");
    }
    let listed = place.show(&["wangwu"]).await.well().said();
    assert!(listed.contains("  state                disabled"), "{listed}");
    assert!(listed.contains("yes: the account is on the list of protected accounts"), "{listed}");
    let by_address = place.show(&["user0001"]).await.well().said();
    assert!(by_address.contains("yes: the account is on the list of protected accounts"), "{by_address}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_shown_by_each_of_its_names_and_nothing_is_done_to_it() {
    let place = Place::start().await;
    for (by, name) in [
        ("user_id", "lisi"),
        ("login_id", "lisi@sandbox"),
        ("mobile", "10000000002"),
        ("union_id", "sandboxunionlisi"),
        ("dingtalk_id", "dtlisi"),
        ("name", "李四"),
        ("name", " 李"),
    ] {
        let ended = place.show(&[name, "--by", by]).await.well();
        assert_eq!(ended.stdout[0], "lisi", "{by}");
        assert!(!ended.said().contains("10000000002") && !ended.said().contains("李四"), "{}", ended.said());
    }
    let orders = [Api::SignOut, Api::Disable, Api::Enable, Api::ChangeDingtalkId];
    assert!(orders.iter().all(|api| place.sandbox.state().received(*api) == 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_and_departments_are_listed_with_progress_apart() {
    let place = Place::start().await;
    let admins = place.run(&["admins"]).await.well();
    assert_eq!(admins.stdout, ["admin01  main administrator", "admin02  sub-administrator"]);
    assert_eq!(admins.stderr, "2 administrators\n");

    let departments = place.run(&["departments"]).await.well();
    assert_eq!(departments.stdout.len(), 7);
    assert_eq!(
        (departments.stdout[0].as_str(), departments.stdout[6].as_str()),
        ("1  沙盒科技", "311  海外小组, below 31")
    );
    assert_eq!(departments.stderr, "7 departments\n");

    let roles = place.run(&["roles"]).await.well();
    assert_eq!(roles.stdout, ["2062489174  主管理员", "2062489175  子管理员", "2062490001  值班"]);
    assert_eq!(roles.stderr, "3 roles\n");
    let holders = place.run(&["roles", "--users"]).await.well();
    assert!(holders.stdout.ends_with(&["  user0001", "  user0002", "  user0003"].map(str::to_owned)));
    assert!(holders.stderr.contains("role 2062490001: 3 users so far\n"), "{}", holders.stderr);

    let users = place.run(&["departments", "--users"]).await.well();
    assert!(users.stdout.ends_with(&["311  海外小组, below 31".into(), "  admin02".into(), "  owner01".into()]));
    assert!(users.stderr.contains("department 31: 100 users so far\ndepartment 31: 102 users so far\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_are_given_the_same_as_json_a_line_for_each() {
    let place = Place::start().await;
    for (arguments, count, last) in [
        (&["admins", "--json"][..], 2, json!({"user_id": "admin02", "level": "sub"})),
        (&["departments", "--json"], 7, json!({"id": 311, "name": "海外小组", "parent": 31, "users": null})),
        (
            &["departments", "--users", "--json"],
            7,
            json!({"id": 311, "name": "海外小组", "parent": 31, "users": ["admin02", "owner01"]}),
        ),
        (&["roles", "--json"], 3, json!({"id": 2_062_490_001, "name": "值班", "users": null})),
    ] {
        let listed = place.run(arguments).await.well().stdout;
        let lines: Vec<Value> = listed.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((lines.len(), lines.last()), (count, Some(&last)), "{arguments:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_shown_to_scripts_as_json() {
    let place = Place::start().await;
    let shown = |ended: Ended| serde_json::from_str::<Value>(&ended.well().stdout.join("\n")).unwrap();
    let owner = shown(place.show(&["owner01", "--json"]).await);
    assert_eq!(
        (&owner["user_id"], &owner["disabled"], &owner["departments"]),
        (&json!("owner01"), &json!(false), &json!([311]))
    );
    assert_eq!(owner["owned_organizations"][0], json!({"corp_id": "dingownedcorp0003", "name": "海外分部"}));
    assert_eq!((&owner["enterprise_account"], &owner["protected"]), (&json!(true), &Value::Null));
    let admin = shown(place.show(&["admin02", "--json"]).await);
    let told = (&admin["admin"], &admin["roles"], &admin["protected"]);
    assert_eq!(told, (&json!(true), &json!(["子管理员"]), &json!("protected_live")));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_shares_a_name_is_named_and_the_first_is_not_taken_for_the_only_one() {
    let place = Place::start().await;
    let said = async |name: &str| {
        let ended = place.show(&[name, "--by", "name"]).await;
        assert!(ended.code == Some(1) && ended.stdout.is_empty(), "{ended:?}");
        ended.stderr
    };
    assert!(said("管理员").await.contains("several accounts answer to that name: admin01, admin02"));
    // Two pages: whom the second lists is among them.
    let two_pages = said("用户00").await + &said("用户01").await;
    assert!(two_pages.contains("user0001, ") && two_pages.contains("user0199"), "{two_pages}");
    assert!(said("没有").await.contains("DingTalk knows no such account"));

    let state = place.sandbox.state();
    state.change("lisi", |account| account.name = "用户".to_owned());
    place.sandbox.state().inject(Fault::new(FaultKind::Busy).on(Api::UserSearch)).unwrap();
    assert!(said("用户").await.contains("DingTalk could not be read"));
    assert!(said("用户").await.contains("several accounts answer to that name: lisi, user0001, "), "five pages");
    assert_eq!(state.received(Api::UserGet), 0, "nobody was read");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_each_call_serves_both_families() {
    for (name, api) in
        [("access_token", Api::AccessToken), ("corp_token", Api::CorpToken), ("legacy_token", Api::LegacyToken)]
    {
        let place = Place::start().await;
        let corp_id = format!("corp_id = \"{CORP_ID}\"");
        edit(place.folder.path(), "portcullis.toml", &corp_id, &format!("{corp_id}\ntoken_call = \"{name}\""));
        assert_eq!(place.show(&["lisi", "--by", "dingtalk_id"]).await.code, Some(1), "nobody has that one");
        assert_eq!(place.show(&["dtlisi", "--by", "dingtalk_id"]).await.well().stdout[0], "lisi", "{name}");
        let state = place.sandbox.state();
        let received =
            [Api::AccessToken, Api::CorpToken, Api::LegacyToken].map(|call| (call == api, state.received(call)));
        assert!(received.iter().all(|(is_it, count)| *count == if *is_it { 2 } else { 0 }), "{name}: {received:?}");
        assert!(state.received(Api::UserByDingtalkId) == 2 && state.received(Api::UserGet) == 1, "{name}");

        fs::write(place.folder.path().join("app-secret"), "test-secret-of-no-app").unwrap();
        let refused = place.run(&["admins"]).await;
        assert_eq!(refused.code, Some(2), "{name}: {refused:?}");
        assert!(!refused.stderr.contains("test-secret"), "{name}: {refused:?}");
        assert_eq!(state.received(Api::UserListAdmin), 0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_that_has_not_let_the_app_in_gives_it_no_token() {
    let place = Place::start().await;
    let corp_id = format!("corp_id = \"{CORP_ID}\"");
    for (other, code, said) in [
        (FOREIGN_CORP_ID, 2, "unauthorized.client"),
        ("dingnobody", 1, "unknownError"),
        ("a/../b", 2, "`corp_id` must be"),
    ] {
        let before = fs::read_to_string(place.folder.path().join("portcullis.toml")).unwrap();
        let wanted = format!("corp_id = \"{other}\"\ntoken_call = \"corp_token\"");
        edit(place.folder.path(), "portcullis.toml", &corp_id, &wanted);
        let ended = place.run(&["admins"]).await;
        assert_eq!(ended.code, Some(code), "{other}: {ended:?}");
        assert!(ended.stderr.contains(said), "{other}: {ended:?}");
        fs::write(place.folder.path().join("portcullis.toml"), before).unwrap();
    }
    assert_eq!(place.sandbox.state().received(Api::UserListAdmin), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_shown_ends_with_the_exit_code_of_its_cause() {
    let place = Place::start().await;
    for (arguments, code, said) in [
        (&["show", "nobody"][..], 1, "DingTalk knows no such account"),
        (&["show", "nobody", "--by", "dingtalk_id"], 1, "DingTalk knows no such account"),
        (&["show", "1x", "--by", "mobile"], 2, "the mobile is not usable"),
        (&["show", " ", "--by", "name"], 2, "the name is not usable"),
        (&["show", "a\nb", "--by", "name"], 2, "the name is not usable"),
        (&["show", "zhang san"], 2, "the user_id is not usable"),
        (&["show", "zhangsan", "--by", "email"], 2, "invalid value"),
        (&["show"], 2, "ACCOUNT"),
    ] {
        let ended = place.run(arguments).await;
        assert_eq!(ended.code, Some(code), "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains(said) && ended.stdout.is_empty(), "{arguments:?}: {ended:?}");
    }
    for (kind, api, arguments, code) in [
        (FaultKind::Busy, Api::UserListAdmin, &["admins"][..], 1),
        (FaultKind::PermissionDenied, Api::UserListAdmin, &["admins"], 2),
        (FaultKind::Busy, Api::DepartmentListSub, &["departments"], 1),
        (FaultKind::PermissionDenied, Api::RoleList, &["roles"], 2),
        (FaultKind::EmptyObject, Api::RoleSimplelist, &["roles", "--users"], 1),
        (FaultKind::EmptyObject, Api::UserList, &["departments", "--users"], 1),
        (FaultKind::ResetBeforeWork, Api::OwnedOrganizations, &["show", "zhangsan"], 1),
        (FaultKind::Throttled, Api::UserGet, &["show", "zhangsan"], 1),
    ] {
        place.sandbox.state().inject(Fault::new(kind).on(api)).unwrap();
        let ended = place.run(arguments).await;
        assert_eq!(ended.code, Some(code), "{kind:?} on {api:?}: {ended:?}");
        assert!(ended.stderr.contains("DingTalk could not be read"), "{ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_is_wrong_is_refused_before_dingtalk_is_asked() {
    let place = Place::start().await;
    fs::write(place.folder.path().join("rules/guardrails.yml"), "protected: nobody\n").unwrap();
    assert_eq!(place.show(&["zhangsan"]).await.code, Some(2));
    assert_eq!(place.sandbox.state().received(Api::AccessToken), 0);
    fs::remove_file(place.folder.path().join("app-secret")).unwrap();
    assert_eq!(place.run(&["admins"]).await.code, Some(2));
    assert_eq!(place.sandbox.state().received(Api::AccessToken), 0);
}
