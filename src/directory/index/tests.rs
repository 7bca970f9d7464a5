//! The index: look-ups, counts, the tree, and rows that put it together again.

use proptest::prelude::*;

use super::*;
use crate::directory::contacts::Member;
use crate::directory::model::Account;
use crate::directory::names::Names;

/// The longest row a store takes (`trail::AREA_VALUE_BYTES_MAX`); this floor cannot name it.
const ROW_BYTES_MAX: usize = 6 * 1024;

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

fn dept(id: i64) -> DepartmentId {
    DepartmentId::new(id)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn member(id: &str) -> Member {
    let account = Account {
        user_id: user(id),
        enterprise_account: None,
        owner_corp_id: None,
        disabled: None,
        admin: None,
        boss: None,
        senior: None,
        sign_in: None,
        active: None,
        departments: Some(vec![dept(1)]),
        roles: None,
        names: Names::default(),
    };
    let (union_id, login_id, name, mobile) = (None, None, None, None);
    Member { account, union_id, login_id, name, mobile, email: None, org_email: None, job_number: None }
}

fn in_departments(id: &str, ids: &[i64]) -> Member {
    let mut member = member(id);
    member.account.departments = Some(ids.iter().copied().map(dept).collect());
    member
}

fn person(member: &Member) -> Fact {
    Fact::Person(Box::new(Person::of(member, at(10))))
}

fn index(facts: impl IntoIterator<Item = Fact>) -> Index {
    let mut index = Index::default();
    facts.into_iter().for_each(|fact| index.apply(fact).unwrap());
    index
}

fn ids(people: Vec<&Person>) -> Vec<&str> {
    let mut ids: Vec<&str> = people.into_iter().map(|person| person.user_id.as_str()).collect();
    ids.sort_unstable();
    ids
}

fn find<'i>(index: &'i Index, kind: AccountKind, value: &str) -> Vec<&'i str> {
    ids(index.find(&AccountRef::parse(kind, value).unwrap()).unwrap())
}

/// 1 ─ 3 ─ 31 ─ 311, 1 ─ 2
fn tree() -> Vec<Fact> {
    [(1, None), (2, Some(1)), (3, Some(1)), (31, Some(3)), (311, Some(31))]
        .map(|(id, parent)| Fact::Department { id: dept(id), parent: parent.map(dept) })
        .to_vec()
}

#[test]
fn people_are_found_by_their_names_as_references_are_written() {
    let mut zhang = member("zhang");
    zhang.email = Some(" Zhang.San@Example.com ".to_owned());
    zhang.org_email = Some("zhang@corp.example.com".to_owned());
    zhang.job_number = Some("J7".to_owned());
    let mut li = member("li");
    (li.job_number, li.email) = (Some("J7".to_owned()), Some("李@example.com".to_owned()));
    let index = index([person(&zhang), person(&li)]);
    assert_eq!(find(&index, AccountKind::Email, "ZHANG.san@example.COM"), ["zhang"]);
    assert_eq!(find(&index, AccountKind::Email, "zhang@corp.example.com"), ["zhang"]);
    assert_eq!(find(&index, AccountKind::Email, "zhang.san@example.co"), [""; 0]);
    assert_eq!(find(&index, AccountKind::JobNumber, "J7"), ["li", "zhang"]);
    assert_eq!(find(&index, AccountKind::JobNumber, "j7"), [""; 0], "only addresses are folded");
    assert!(index.find(&AccountRef::parse(AccountKind::Mobile, "10000000001").unwrap()).is_none());
    assert!(!format!("{:?}", index.person(&user("zhang"))).contains("example"));
}

#[test]
fn what_a_person_was_is_forgotten_when_they_change_or_go() {
    let mut old = in_departments("a", &[2]);
    (old.email, old.job_number) = (Some("a@example.com".to_owned()), Some("1".to_owned()));
    let mut index = index(tree().into_iter().chain([person(&old), person(&in_departments("b", &[3]))]));
    assert_eq!(index.people_in(dept(2)), 1);
    let mut new = in_departments("a", &[31]);
    new.email = Some("other@example.com".to_owned());
    index.apply(person(&new)).unwrap();
    assert_eq!(find(&index, AccountKind::Email, "a@example.com"), [""; 0]);
    assert_eq!(find(&index, AccountKind::JobNumber, "1"), [""; 0]);
    assert_eq!(find(&index, AccountKind::Email, "other@example.com"), ["a"]);
    assert_eq!((index.people_in(dept(2)), index.people()), (0, 2));
    for _ in 0..2 {
        index.apply(Fact::Gone(user("a"))).unwrap();
        assert_eq!((index.people(), index.people_in(dept(1))), (1, 1));
    }
    index.apply(person(&in_departments("c", &[2]))).unwrap();
    assert_eq!((index.people(), ids(index.in_department(dept(2)))), (2, vec!["c"]));
}

#[test]
fn departments_count_those_below_them_and_nobody_twice() {
    let people = [("a", &[1][..]), ("b", &[3, 31]), ("c", &[311]), ("d", &[2, 311])];
    let index = index(tree().into_iter().chain(people.map(|(id, ids)| person(&in_departments(id, ids)))));
    let counts = [1, 2, 3, 31, 311, 99].map(|id| index.people_in(dept(id)));
    assert_eq!((counts, index.people()), ([4, 1, 3, 3, 2, 0], 4));
    assert_eq!(ids(index.in_department(dept(3))), ["b"]);
    assert_eq!(ids(index.below(dept(3))), ["b", "c", "d"]);
    assert_eq!(index.departments_above(dept(311)), [dept(31), dept(3), dept(1)]);
    assert_eq!(index.departments_above(dept(1)), []);
    assert_eq!(index.departments_above(dept(99)), []);
    assert_eq!(index.departments_below(dept(3)), [dept(3), dept(31), dept(311)]);
    assert_eq!(ids(index.adrift()), [""; 0]);
}

#[test]
fn a_tree_that_bends_back_on_itself_is_walked_once() {
    let pairs = [(1, Some(3)), (2, Some(1)), (3, Some(2))];
    let index = index(pairs.map(|(id, parent)| Fact::Department { id: dept(id), parent: parent.map(dept) }));
    assert_eq!(index.departments_above(dept(1)), [dept(3), dept(2)]);
    assert_eq!(index.departments_below(dept(1)), [dept(1), dept(2), dept(3)]);
}

#[test]
fn a_department_moves_with_everybody_in_it_and_one_that_is_gone_leaves_them_adrift() {
    let mut index = index(tree().into_iter().chain([person(&in_departments("a", &[311]))]));
    index.apply(Fact::Department { id: dept(31), parent: Some(dept(2)) }).unwrap();
    assert_eq!((index.people_in(dept(2)), index.people_in(dept(3))), (1, 0));
    index.apply(Fact::NoDepartment(dept(311))).unwrap();
    assert_eq!((ids(index.adrift()), index.people_in(dept(2))), (vec!["a"], 0));
}

#[test]
fn a_list_that_does_not_say_the_departments_is_still_one_of_a_department() {
    let listed = Person::of(&member("a"), at(2));
    let mut mute = member("a");
    mute.account.departments = None;
    let placed = Person::of(&mute, at(3)).also_in(dept(7), Some(&listed));
    assert_eq!(placed.departments(), [dept(1), dept(7)]);
}

fn role(id: i64, name: &str) -> Fact {
    Fact::Role { id: RoleId::new(id), name: name.to_owned() }
}

fn holds(id: i64, who: &str) -> Fact {
    Fact::Holds(RoleId::new(id), user(who))
}

fn with_role<'i>(index: &'i Index, name: &str) -> Vec<&'i str> {
    index.with_role(name).into_iter().map(UserId::as_str).collect()
}

#[test]
fn people_are_found_by_the_names_of_their_roles() {
    let facts = [role(7, "on call"), role(8, "on call"), role(9, "finance"), role(10, "")];
    let holders = [holds(7, "b"), holds(7, "a"), holds(8, "b"), holds(9, "a"), holds(10, "c"), holds(11, "d")];
    let mut index = index(facts.into_iter().chain(holders));
    assert_eq!(with_role(&index, "on call"), ["a", "b"], "two roles of one name, and nobody twice");
    assert_eq!(with_role(&index, "finance"), ["a"]);
    for nobodys in ["", "On call", "on cal", "nobody"] {
        assert_eq!(with_role(&index, nobodys), [""; 0], "{nobodys}");
    }
    assert_eq!(index.roles_of(&user("a")).map(RoleId::number).collect::<Vec<_>>(), [7, 9]);

    index.apply(role(9, "on call")).unwrap();
    assert_eq!((with_role(&index, "finance").len(), index.roles().count()), (0, 4));
    index.apply(Fact::HoldsNot(RoleId::new(7), user("a"))).unwrap();
    assert_eq!(with_role(&index, "on call"), ["a", "b"]);
    for _ in 0..2 {
        index.apply(Fact::HoldsNot(RoleId::new(9), user("a"))).unwrap();
        index.apply(Fact::NoRole(RoleId::new(8))).unwrap();
        assert_eq!(with_role(&index, "on call"), ["b"]);
    }
    assert_eq!(index.roles_of(&user("a")).count(), 0);
    assert!(index.has_room_for(HOLDINGS_MAX - 4) && !index.has_room_for(HOLDINGS_MAX));
}

#[test]
fn a_name_that_nobody_could_ask_for_is_no_name() {
    assert_eq!(role_name(" 值班 "), "值班");
    for name in ["", " ", "a\nb", &"x".repeat(129)] {
        assert_eq!(role_name(name), "", "{name:?}");
    }
}

#[test]
fn a_row_of_before_the_roles_is_read() {
    let old = Fact::of_row(b"pa", br#"{"u":"a","j":"7","r":[{"id":7,"name":"on call"}],"t":"2026-11-21T03:00:00Z"}"#);
    let Ok(Fact::Person(person)) = old else { panic!("{old:?}") };
    assert_eq!(person.job_number.as_deref(), Some("7"));
    let read = br#"{"v":1,"at":"2026-11-21T03:00:00Z","run":{"began_at":"2026-11-21T03:00:00Z","has_tree":true}}"#;
    let Ok(Fact::Read { run: Some(run), roles, .. }) = Fact::of_row(b"r", read) else { panic!("it is one") };
    assert_eq!((run.has_roles, roles), (false, None));
}

#[test]
fn a_live_account_bears_a_name_or_does_not() {
    let mut live = member("a");
    live.email = Some("A@example.com".to_owned());
    live.job_number = Some("7".to_owned());
    let has = |live: &Member, kind, value: &str| bears(live, &AccountRef::parse(kind, value).unwrap());
    assert!(has(&live, AccountKind::Email, "a@EXAMPLE.com") && has(&live, AccountKind::JobNumber, "7"));
    assert!(!has(&live, AccountKind::Email, "b@example.com") && !has(&live, AccountKind::JobNumber, "8"));
    assert!(has(&live, AccountKind::Mobile, "10000000001"), "a number that is not shown contradicts nothing");
    live.mobile = Some("10000000001".to_owned());
    assert!(has(&live, AccountKind::Mobile, "+86-10000000001"));
    assert!(!has(&live, AccountKind::Mobile, "10000000002") && !has(&live, AccountKind::Mobile, "00001"));
    (live.email, live.job_number) = (None, None);
    assert!(!has(&live, AccountKind::Email, "a@example.com") && !has(&live, AccountKind::JobNumber, "7"));
}

#[test]
fn how_far_it_was_read_says_how_old_what_it_says_is() {
    let mut index = index([person(&member("a"))]);
    let seen = |index: &Index| index.seen_at(index.person(&user("a")).unwrap());
    assert_eq!((index.reading().at(), seen(&index)), (None, at(10)));
    let run = Run { began_at: at(60), has_tree: true, has_roles: false };
    index.apply(Fact::Read { at: Some(at(50)), run: Some(run), roles: None }).unwrap();
    index.apply(Fact::Walked(dept(1))).unwrap();
    assert_eq!((seen(&index), index.reading().run()), (at(50), Some(run)));
    assert!(index.reading().has_walked(dept(1)) && !index.reading().has_walked(dept(2)));
    index.apply(Fact::NotWalked(dept(1))).unwrap();
    assert!(!index.reading().has_walked(dept(1)));
}

#[test]
fn a_row_that_is_none_of_the_index_is_refused() {
    let (key, value) = person(&member("a")).row().unwrap();
    let value = value.unwrap();
    assert!(Fact::of_row(&key, &value).is_ok());
    let other = person(&member("b")).row().unwrap().0;
    for (key, value) in [
        (&b""[..], &b""[..]),
        (b"x", b""),
        (&key, b"{}"),
        (&other, &value),
        (b"d123", b"null"),
        (b"w1", b""),
        (b"o1234567", b"\"x\""),
        (b"o12345678", b"7"),
        (b"h12345678", b""),
        (b"h12345678a b", b""),
        (b"v1", b""),
        (b"r", br#"{"v":2}"#),
    ] {
        assert_eq!(Fact::of_row(key, value), Err(InvalidFact));
    }
}

fn any_member() -> impl Strategy<Value = Member> {
    let text = || proptest::option::of(proptest::collection::vec(any::<char>(), 0..300).prop_map(String::from_iter));
    let ascii = || proptest::option::of("[!-~]{0,260}");
    let departments = proptest::collection::vec(any::<i64>(), 0..120);
    (ascii(), text(), ascii(), ascii(), ascii(), departments).prop_map(|(a, b, c, d, e, departments)| {
        let mut member = member("someone-with-an-id");
        (member.email, member.org_email, member.job_number, member.login_id, member.union_id) = (a, b, c, d, e);
        member.account.departments = Some(departments.into_iter().map(dept).collect());
        member
    })
}

proptest! {
    #[test]
    fn any_person_is_a_row_that_fits_and_comes_back(member in any_member()) {
        let fact = person(&member);
        let (key, value) = fact.row().unwrap();
        let value = value.unwrap();
        prop_assert!(value.len() <= ROW_BYTES_MAX, "{}", value.len());
        prop_assert_eq!(Fact::of_row(&key, &value), Ok(fact));
    }

    #[test]
    fn an_index_of_any_history_is_that_of_its_rows(
        history in proptest::collection::vec((0..6_u8, 0..4_u8, proptest::collection::vec(0..4_i64, 0..3), 0..9_u8), 0..40)
    ) {
        let mut rows = std::collections::BTreeMap::new();
        let mut grown = Index::default();
        for (who, number, departments, what) in history {
            let mut member = in_departments(&format!("u{who}"), &departments);
            member.job_number = Some(number.to_string());
            let fact = match what {
                0 => Fact::Gone(member.account.user_id),
                1 => Fact::Department { id: dept(i64::from(who)), parent: Some(dept(i64::from(number))) },
                2 => Fact::NoDepartment(dept(i64::from(who))),
                3 => role(i64::from(number), &format!("r{}", who % 2)),
                4 => Fact::NoRole(RoleId::new(i64::from(number))),
                5 => holds(i64::from(number), &format!("u{who}")),
                6 => Fact::HoldsNot(RoleId::new(i64::from(number)), user(&format!("u{who}"))),
                _ => person(&member),
            };
            let (key, value) = fact.row().unwrap();
            match value {
                Some(value) => rows.insert(key, value),
                None => rows.remove(&key),
            };
            grown.apply(fact).unwrap();
        }
        let read = index(rows.iter().map(|(key, value)| Fact::of_row(key, value).unwrap()));
        for number in 0..4 {
            let number = number.to_string();
            prop_assert_eq!(
                find(&read, AccountKind::JobNumber, &number),
                find(&grown, AccountKind::JobNumber, &number)
            );
        }
        for id in 0..6 {
            prop_assert_eq!(ids(read.below(dept(id))), ids(grown.below(dept(id))));
            prop_assert_eq!(read.departments_below(dept(id)), grown.departments_below(dept(id)));
        }
        for name in ["r0", "r1"] {
            prop_assert_eq!(with_role(&read, name), with_role(&grown, name));
        }
        for who in 0..6 {
            let who = user(&format!("u{who}"));
            prop_assert!(read.roles_of(&who).eq(grown.roles_of(&who)));
        }
        prop_assert_eq!((read.people(), ids(read.adrift())), (grown.people(), ids(grown.adrift())));
    }
}
