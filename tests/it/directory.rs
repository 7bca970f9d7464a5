//! The real client against the simulated DingTalk: every call that reads the organization, in both forms of answers,
//! and whichever fault strikes it.

use std::sync::Arc;

use portcullis::directory::{
    AdminLevel, DepartmentId, DingTalk, Directory, DryRun, Lookup, Order, PageFrom, RoleId, SignIn, departments,
    holders, members, roles,
};
use portcullis::incident::{
    AccountKind, AccountRef, ChosenDingTalkId, DingTalkId, Failure, FailureClass, SystemClock, UserId,
};
use portcullis::sandbox::{self, Api, CORP_ID, Fault, FaultKind, ON_CALL, OWNED_CORP_ID, Running};
use tempfile::TempDir;

use crate::harness::configure;

/// A client and its DingTalk.
struct Place {
    dingtalk: DingTalk,
    sandbox: Running,
    _folder: TempDir,
}

impl Place {
    async fn start() -> Self {
        Self::answering(false).await
    }

    /// Answers as DingTalk sends them, or as its documents print them.
    async fn answering(stringly: bool) -> Self {
        Self::of(sandbox::Settings { stringly, ..sandbox::Settings::default() }).await
    }

    /// So many people beside those who have names.
    async fn with(people: u32) -> Self {
        Self::of(sandbox::Settings { people, ..sandbox::Settings::default() }).await
    }

    async fn of(settings: sandbox::Settings) -> Self {
        let listen = ([127, 0, 0, 1], 0).into();
        let settings = sandbox::Settings { listen, calls_per_second: 0, ..settings };
        let sandbox = sandbox::start(settings).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let config = configure(folder.path(), &sandbox.url(), "");
        let secret = config.directory.read_secret(&config.base).unwrap();
        let dingtalk = DingTalk::new(&config.directory, secret, Arc::new(SystemClock)).unwrap();
        Self { dingtalk, sandbox, _folder: folder }
    }
}

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

fn on_call() -> RoleId {
    RoleId::new(i64::try_from(ON_CALL).unwrap())
}

fn change(dingtalk_id: &str) -> Order {
    Order::ChangeDingTalkId { user_id: user("zhangsan"), dingtalk_id: ChosenDingTalkId::parse(dingtalk_id).unwrap() }
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_of_every_level_are_listed() {
    for stringly in [false, true] {
        let place = Place::answering(stringly).await;
        let admins = place.dingtalk.admins().await.unwrap();
        let levels: Vec<_> = admins.iter().map(|admin| (admin.user_id.as_str(), admin.level)).collect();
        assert_eq!(levels, [("admin01", AdminLevel::Main), ("admin02", AdminLevel::Sub)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_tree_and_everybody_in_it_is_read() {
    for stringly in [false, true] {
        let place = Place::answering(stringly).await;
        let all = departments(&place.dingtalk, |_| ()).await.unwrap();
        let tree: Vec<_> = all.iter().map(|d| (d.id.number(), d.parent.map(DepartmentId::number))).collect();
        let below = |id, parent| (id, Some(parent));
        let expected = [below(2, 1), below(3, 1), below(4, 1), below(31, 3), below(32, 3), below(311, 31)];
        assert_eq!(tree, [&[(1, None)][..], &expected].concat());
        let engineering = place.dingtalk.sub_department_ids(DepartmentId::new(3)).await.unwrap();
        assert_eq!(engineering, [DepartmentId::new(31), DepartmentId::new(32)]);

        let mut platform = Vec::new();
        members(&place.dingtalk, DepartmentId::new(31), |page| platform.extend(page)).await.unwrap();
        assert_eq!(platform.len(), 102, "a hundred, zhangsan and wangwu, on two pages");
        assert_eq!(place.sandbox.state().received(Api::UserList), 2);
        let zhangsan = platform.iter().find(|member| member.account.user_id == user("zhangsan")).unwrap();
        assert_eq!(zhangsan.email.as_deref(), Some("zhang.san@example.com"));
        assert_eq!(zhangsan.account.departments, Some(vec![DepartmentId::new(3), DepartmentId::new(31)]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_and_who_has_them_are_read_on_every_page() {
    for stringly in [false, true] {
        let place = Place::answering(stringly).await;
        let all = roles(&place.dingtalk).await.unwrap();
        let named: Vec<&str> = all.iter().map(|role| role.name.as_str()).collect();
        assert_eq!(named, ["主管理员", "子管理员", "值班"], "out of two groups");
        let state = place.sandbox.state();
        for number in 1..=120 {
            state.change(&format!("user{number:04}"), |account| account.roles = vec![ON_CALL]);
        }
        let mut pages = Vec::new();
        assert!(holders(&place.dingtalk, on_call(), |page| pages.push(page.len())).await.unwrap());
        assert_eq!(pages, [100, 20]);
        let mut nobody = |_| panic!("there is no such role");
        assert!(!holders(&place.dingtalk, RoleId::new(7), &mut nobody).await.unwrap());
        let read = place.dingtalk.account(&user("user0001")).await.unwrap().unwrap();
        assert_eq!(read.roles.unwrap()[0].id, Some(on_call().number()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_users_may_share_a_job_number() {
    let place = Place::start().await;
    let mut everybody = Vec::new();
    for id in [31, 32] {
        members(&place.dingtalk, DepartmentId::new(id), |page| everybody.extend(page)).await.unwrap();
    }
    let of = |id: &str| everybody.iter().find(|member| member.account.user_id == user(id)).unwrap().job_number.clone();
    assert!(of("user0199").is_some() && of("user0199") == of("user0200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_shows_roles_departments_and_how_it_signs_in() {
    for stringly in [false, true] {
        let place = Place::answering(stringly).await;
        let read = async |id: &str| place.dingtalk.account(&user(id)).await.unwrap().unwrap();
        let admin = read("admin02").await;
        assert_eq!((admin.admin, admin.sign_in, admin.active), (Some(true), Some(SignIn::Sso), Some(true)));
        assert_eq!(admin.departments, Some(vec![DepartmentId::new(311)]));
        assert_eq!(admin.roles.unwrap()[0].name, "子管理员");
        assert_eq!(read("lisi").await.sign_in, Some(SignIn::DingTalk));
        assert_eq!(read("plain01").await.sign_in, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_found_by_every_kind_of_name_and_by_the_dingtalk_id_of_now() {
    let place = Place::start().await;
    let reference = |kind, value: &str| AccountRef::parse(kind, value).unwrap();
    let by_dingtalk_id = |id: &str| Lookup::DingTalkId(DingTalkId::parse(id).unwrap());
    for (lookup, found) in [
        (Lookup::LoginId(reference(AccountKind::LoginId, "lisi@sandbox")), vec![user("lisi")]),
        (Lookup::LoginId(reference(AccountKind::LoginId, "nobody@sandbox")), vec![]),
        (Lookup::Mobile(reference(AccountKind::Mobile, "10000000001")), vec![user("zhangsan")]),
        (Lookup::Mobile(reference(AccountKind::Mobile, "10099999999")), vec![]),
        (Lookup::UnionId(reference(AccountKind::UnionId, "sandboxunionlisi")), vec![user("lisi")]),
        (Lookup::UnionId(reference(AccountKind::UnionId, "nobody")), vec![]),
        (by_dingtalk_id("dtzhangsan"), vec![user("zhangsan")]),
        (by_dingtalk_id("dtnobody"), vec![]),
    ] {
        assert_eq!(place.dingtalk.find(&lookup).await.unwrap(), found, "{lookup:?}");
    }
    place.dingtalk.act(&change("zhang2027"), &|| Ok(())).await.unwrap();
    assert_eq!(place.dingtalk.find(&by_dingtalk_id("dtzhangsan")).await.unwrap(), []);
    assert_eq!(place.dingtalk.find(&by_dingtalk_id("zhang2027")).await.unwrap(), [user("zhangsan")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dingtalk_id_is_changed_once_and_never_in_a_dry_run() {
    let place = Place::start().await;
    place.dingtalk.act(&change("zhang2027"), &|| Ok(())).await.unwrap();
    let again = place.dingtalk.act(&change("zhang2028"), &|| Ok(())).await.unwrap_err();
    assert_eq!((again.class, again.code.as_str()), (FailureClass::Permanent, "have.been.set"));
    let state = place.sandbox.state().clone();
    assert_eq!(state.received(Api::ChangeDingtalkId), 2);

    let dry_run = DryRun::new(Arc::new(place.dingtalk));
    let refused = dry_run.act(&change("zhang2029"), &|| Ok(())).await.unwrap_err();
    assert_eq!(refused.code, "dry_run");
    assert_eq!(dry_run.admins().await.unwrap().len(), 2, "a dry run reads");
    assert_eq!(state.received(Api::ChangeDingtalkId), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn owned_organizations_are_those_of_our_own_accounts_only() {
    let place = Place::start().await;
    let owned = async |id: &str| {
        let owned = place.dingtalk.owned_organizations(&user(id)).await.map_err(|failure| failure.code)?;
        Ok::<_, String>(owned.into_iter().map(|organization| organization.corp_id).collect::<Vec<_>>())
    };
    assert_eq!(owned("owner01").await.unwrap(), [OWNED_CORP_ID, "dingownedcorp0004"]);
    assert_eq!(owned("boss01").await.unwrap(), [CORP_ID]);
    assert_eq!(owned("zhangsan").await.unwrap(), [""; 0]);
    assert_eq!(owned("foreign01").await.unwrap_err(), "exclusive.account.limit");
    assert_eq!(owned("nobody").await.unwrap_err(), "employee.not.exist");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_for_a_name_goes_through_the_pages_and_says_when_there_are_more() {
    let place = Place::with(300).await;
    let searched = async |name: &str| {
        let before = place.sandbox.state().received(Api::UserSearch);
        let found = place.dingtalk.search(name).await.unwrap();
        (found.user_ids.len(), found.has_more, place.sandbox.state().received(Api::UserSearch) - before)
    };
    assert_eq!(searched("nobody").await, (0, false, 1));
    assert_eq!(searched("张").await, (1, false, 1));
    assert_eq!(searched("用户01").await, (100, false, 2));
    assert_eq!(searched("用户").await, (250, true, 5), "three hundred have it, and each page is a call of the month's");
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_fault_strikes_a_read_is_a_failure_that_says_what_to_do_and_the_next_is_well() {
    for (kind, class) in [
        (FaultKind::Busy, FailureClass::Busy),
        (FaultKind::Throttled, FailureClass::Throttled),
        (FaultKind::QuotaExhausted, FailureClass::QuotaExhausted),
        (FaultKind::PermissionDenied, FailureClass::OperatorNeeded),
        (FaultKind::AddressBlocked, FailureClass::AddressBlocked),
        (FaultKind::HtmlWith200, FailureClass::AddressBlocked),
        (FaultKind::EmptyObject, FailureClass::Busy),
        (FaultKind::ResultFalse, FailureClass::Busy),
        (FaultKind::ResetBeforeWork, FailureClass::Busy),
        (FaultKind::HangBeforeWork, FailureClass::Busy),
    ] {
        for api in READS {
            let place = Place::start().await;
            place.sandbox.state().inject(Fault::new(kind).on(api)).unwrap();
            let failure = read(&place.dingtalk, api).await.expect_err("the fault strikes");
            assert_eq!(failure.class, class, "{kind:?} on {api:?}: {failure:?}");
            let again = read(&place.dingtalk, api).await;
            // Once DingTalk says that nothing is left of the month, what containment can do without is not asked.
            let gives_way = [Api::OwnedOrganizations, Api::UserSearch].contains(&api);
            let is_reserved = kind == FaultKind::QuotaExhausted && gives_way;
            // And while it bars our address nothing is asked, unless containment can do without what said so.
            let is_barred = class == FailureClass::AddressBlocked && !gives_way;
            assert_eq!(again.is_err(), is_reserved || is_barred, "{kind:?} on {api:?}: {again:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_is_fetched_anew_for_every_read() {
    for api in READS {
        let place = Place::start().await;
        place.sandbox.state().inject(Fault::new(FaultKind::ExpiredToken).on(api)).unwrap();
        read(&place.dingtalk, api).await.unwrap();
        assert_eq!(place.sandbox.state().received(Api::AccessToken), 2, "{api:?}");
    }
}

/// The calls that read the organization.
const READS: [Api; 10] = [
    Api::RoleList,
    Api::RoleSimplelist,
    Api::OwnedOrganizations,
    Api::UserByDingtalkId,
    Api::UserSearch,
    Api::UserListAdmin,
    Api::UserList,
    Api::DepartmentListSub,
    Api::DepartmentListSubId,
    Api::DepartmentGet,
];

async fn read(dingtalk: &DingTalk, api: Api) -> Result<(), Failure> {
    let root = DepartmentId::ROOT;
    match api {
        Api::OwnedOrganizations => dingtalk.owned_organizations(&user("owner01")).await.map(drop),
        Api::UserByDingtalkId => {
            dingtalk.find(&Lookup::DingTalkId(DingTalkId::parse("dtlisi").unwrap())).await.map(drop)
        }
        Api::UserSearch => dingtalk.search("张").await.map(drop),
        Api::UserListAdmin => dingtalk.admins().await.map(drop),
        Api::UserList => dingtalk.members(root, PageFrom::START).await.map(drop),
        Api::RoleList => dingtalk.roles(PageFrom::START).await.map(drop),
        Api::RoleSimplelist => dingtalk.holders(on_call(), PageFrom::START).await.map(drop),
        Api::DepartmentListSub => dingtalk.sub_departments(root).await.map(drop),
        Api::DepartmentListSubId => dingtalk.sub_department_ids(root).await.map(drop),
        Api::DepartmentGet => dingtalk.department(root).await.map(drop),
        other => panic!("{other:?} is no read of the organization"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_without_an_answer_is_unknown_and_not_sent_again() {
    for kind in [FaultKind::ResetAfterWork, FaultKind::EmptyObject, FaultKind::ResultFalse] {
        let place = Place::start().await;
        place.sandbox.state().inject(Fault::new(kind).on(Api::ChangeDingtalkId)).unwrap();
        let failure = place.dingtalk.act(&change("zhang2027"), &|| Ok(())).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::Unknown, "{kind:?}");
        assert_eq!(place.sandbox.state().received(Api::ChangeDingtalkId), 1);
    }
}
