//! What the guard layer lets pass, and why it holds the rest.

use proptest::prelude::*;

use super::*;
use crate::directory::{Names, Role};
use crate::incident::{Budget, Spent};
use crate::rules::{LOCALES, SourceFile, compile};

const CORP: &str = "dingsandboxcorp0001";

fn account() -> Account {
    Account {
        user_id: UserId::parse("zhangsan").unwrap(),
        enterprise_account: Some(true),
        owner_corp_id: Some(CORP.into()),
        disabled: Some(false),
        admin: Some(false),
        boss: Some(false),
        senior: Some(false),
        sign_in: None,
        active: None,
        departments: None,
        roles: None,
        names: Names::shown(vec![AccountRef::parse(AccountKind::Email, "zhang.san@example.com").unwrap()]),
    }
}

fn ask(change: impl FnOnce(&mut Facts<'_>, &mut Option<Account>)) -> Result<Approved, HoldReason> {
    ask_for(&[], change)
}

/// For a plan that draws so much.
fn ask_for(draws: &[Draw], change: impl FnOnce(&mut Facts<'_>, &mut Option<Account>)) -> Result<Approved, HoldReason> {
    ask_to(ActionKind::Disable, draws, change)
}

/// For a step of this kind.
fn ask_to(
    action: ActionKind,
    draws: &[Draw],
    change: impl FnOnce(&mut Facts<'_>, &mut Option<Account>),
) -> Result<Approved, HoldReason> {
    let guardrails = Guardrails::protecting(&[("user_id", "listed01"), ("email", "chief@example.com")]);
    let email = AccountRef::parse(AccountKind::Email, "zhang.san@example.com").unwrap();
    let user_id = UserId::parse("zhangsan").unwrap();
    let identities = Identities::default();
    let mut live = Some(account());
    let mut facts = Facts {
        paused: false,
        rule_off: false,
        assurance: Assurance::A,
        assurance_floor: Assurance::B,
        disables: true,
        gives_back: true,
        confirmed: false,
        account: &email,
        user_id: Some(&user_id),
        guardrails: &guardrails,
        identities: &identities,
        draws,
        beyond_budget: false,
        breaker_tripped: false,
        dingtalk_id_changed: false,
        touches: true,
        approval_wanted: false,
        departments: None,
    };
    change(&mut facts, &mut live);
    at_dispatch(&facts, action, live.as_ref(), CORP)
}

fn refusal(change: impl FnOnce(&mut Facts<'_>, &mut Option<Account>)) -> HoldReason {
    ask(change).expect_err("the guard layer should have refused")
}

#[test]
fn an_ordinary_own_account_passes() {
    assert_eq!(ask(|_, _| {}).unwrap().user_id().as_str(), "zhangsan");
}

#[test]
fn each_guardrail_refuses_with_its_own_reason() {
    assert_eq!(refusal(|facts, _| facts.paused = true), HoldReason::Paused);
    assert_eq!(refusal(|facts, _| facts.assurance = Assurance::C), HoldReason::AssuranceTooLow);
    assert_eq!(refusal(|_, live| live.as_mut().unwrap().admin = Some(true)), HoldReason::ProtectedLive);
    assert_eq!(refusal(|_, live| live.as_mut().unwrap().boss = Some(true)), HoldReason::ProtectedLive);
    assert_eq!(refusal(|_, live| live.as_mut().unwrap().senior = Some(true)), HoldReason::ProtectedLive);
    assert_eq!(refusal(|_, live| *live = None), HoldReason::AccountNotFound);
    assert_eq!(
        refusal(|_, live| live.as_mut().unwrap().enterprise_account = Some(false)),
        HoldReason::NotEnterpriseAccount
    );
    assert_eq!(
        refusal(|_, live| live.as_mut().unwrap().owner_corp_id = Some("dingforeigncorp0002".into())),
        HoldReason::ForeignOrganization
    );
}

#[test]
fn whose_department_or_role_is_protected_is_left_alone_and_whose_is_not_known() {
    let guarded = |text: &str| -> &'static Guardrails {
        let file = |name: String, text: &str| SourceFile { name, bytes: text.as_bytes().to_vec() };
        let words = "a: 'Ask {{ contact }} about {{ incident.id }}.'\n";
        let reasons = LOCALES.iter().map(|locale| file(format!("reasons/{locale}.yml"), words));
        let files: Vec<_> = reasons.chain([file("guardrails.yml".to_owned(), text)]).collect();
        let guardrails = compile(&files).unwrap_or_else(|errors| panic!("{errors}")).guardrails().clone();
        Box::leak(Box::new(guardrails))
    };
    let (by_department, by_role) = (
        guarded("protected: []\nprotected_departments: [{id: 3, why: a}]\n"),
        guarded("protected: []\nprotected_roles: [{id: 77, why: a}, {name: soc, why: b}]\n"),
    );
    let departments = |ids: &[i64]| -> &'static BTreeSet<DepartmentId> {
        Box::leak(Box::new(ids.iter().map(|id| DepartmentId::new(*id)).collect()))
    };
    let (inside, outside) = (departments(&[1, 3, 31]), departments(&[1, 4]));
    for (known, expected) in [
        (None, Err(HoldReason::ProtectionUnknown)),
        (Some(inside), Err(HoldReason::ProtectedGroup)),
        (Some(outside), Ok(())),
    ] {
        let asked = ask(|facts, _| (facts.guardrails, facts.departments) = (by_department, known));
        assert_eq!(asked.map(drop), expected, "{known:?}");
    }
    let role = |id, name: &str| Some(vec![Role { id, name: name.to_owned() }]);
    for (roles, expected) in [
        (None, Err(HoldReason::ProtectionUnknown)),
        (role(Some(77), "x"), Err(HoldReason::ProtectedGroup)),
        (role(None, "soc"), Err(HoldReason::ProtectedGroup)),
        (role(Some(7), "x"), Ok(())),
        (Some(vec![]), Ok(())),
    ] {
        let asked = ask(|facts, live| {
            facts.guardrails = by_role;
            live.as_mut().unwrap().roles.clone_from(&roles);
        });
        assert_eq!(asked.map(drop), expected, "{roles:?}");
    }
    let given_back = ask_to(ActionKind::Enable, &[], |facts, _| facts.guardrails = by_department);
    assert!(given_back.is_ok(), "who is protected gets their account back all the same");
}

/// A budget of two for an hour and three for a day.
fn draw(hour: u32, day: u32, used_up: HoldReason) -> Draw {
    Draw {
        spent: Spent { hour, day },
        budget: Budget { per_hour: 2, per_day: 3 },
        used_up,
        department: None,
        people: None,
    }
}

#[test]
fn a_budget_that_is_used_up_holds_unless_a_human_said_so() {
    let within = draw(2, 3, HoldReason::RuleBudget);
    for over in [draw(3, 3, HoldReason::SourceBudget), draw(1, 4, HoldReason::SourceBudget)] {
        let draws = [within, over, draw(9, 9, HoldReason::OrganizationBudget)];
        assert_eq!(ask_for(&draws, |_, _| {}).unwrap_err(), HoldReason::SourceBudget);
        assert!(ask_for(&draws, |facts, _| facts.beyond_budget = true).is_ok());
        let protected = |facts: &mut Facts<'_>, live: &mut Option<Account>| {
            facts.beyond_budget = true;
            live.as_mut().unwrap().admin = Some(true);
        };
        assert_eq!(ask_for(&draws, protected).unwrap_err(), HoldReason::ProtectedLive, "and for nothing else");
    }
    assert!(ask_for(&[within], |_, _| {}).is_ok());
}

#[test]
fn what_only_shows_a_secret_disables_nobody_without_a_human_whatever_a_rule_accepts() {
    let weak = |facts: &mut Facts<'_>| (facts.assurance, facts.assurance_floor) = (Assurance::D, Assurance::D);
    assert_eq!(refusal(|facts, _| weak(facts)), HoldReason::UnconfirmedDisable);
    let asked = ask(|facts, _| {
        weak(facts);
        assert_eq!(at_planning(facts), Err(HoldReason::UnconfirmedDisable));
        facts.confirmed = true;
    });
    assert!(asked.is_ok());
    assert!(
        ask(|facts, _| {
            weak(facts);
            facts.disables = false;
        })
        .is_ok(),
        "signing out alone can be undone by the person"
    );
    assert!(ask(|facts, _| (facts.assurance, facts.assurance_floor) = (Assurance::C, Assurance::C)).is_ok());
    assert_eq!(
        refusal(|facts, _| {
            facts.assurance = Assurance::D;
            facts.confirmed = true;
        }),
        HoldReason::AssuranceTooLow
    );
}

/// What a rule asks for may undo what somebody did on purpose.
#[test]
fn an_enable_that_gives_nothing_back_passes_through_all_that_a_disable_does() {
    type Change = fn(&mut Facts<'_>, &mut Option<Account>);
    let changes: [Change; 8] = [
        |facts, _| facts.paused = true,
        |facts, _| facts.rule_off = true,
        |facts, _| facts.assurance = Assurance::C,
        |facts, _| facts.breaker_tripped = true,
        |facts, _| facts.approval_wanted = true,
        |_, live| live.as_mut().unwrap().admin = Some(true),
        |_, live| live.as_mut().unwrap().boss = None,
        |_, live| live.as_mut().unwrap().enterprise_account = Some(false),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let asked = |action, gives_back| {
            let made = |facts: &mut Facts<'_>, live: &mut Option<Account>| {
                facts.gives_back = gives_back;
                change(facts, live);
            };
            ask_to(action, &[], made).err()
        };
        let refused = asked(ActionKind::Disable, false);
        assert!(refused.is_some(), "{number}");
        assert_eq!(asked(ActionKind::Enable, false), refused, "{number}");
        assert_eq!(asked(ActionKind::Enable, true).is_some(), [0, 7].contains(&number), "{number}");
    }
    for gives_back in [false, true] {
        assert!(ask_to(ActionKind::Enable, &[], |facts, _| facts.gives_back = gives_back).is_ok());
    }
}

#[test]
fn giving_an_account_back_draws_on_no_budget() {
    let draws = [draw(9, 9, HoldReason::RuleBudget)];
    assert!(ask_to(ActionKind::Enable, &draws, |_, _| {}).is_ok());
    for action in [ActionKind::SignOut, ActionKind::Disable] {
        let asked = ask_to(action, &draws, |facts, _| {
            assert_eq!(at_planning(facts), Err(HoldReason::RuleBudget));
        });
        assert_eq!(asked.unwrap_err(), HoldReason::RuleBudget);
    }
}

#[test]
fn what_dingtalk_does_not_say_counts_as_protected() {
    assert_eq!(refusal(|_, live| live.as_mut().unwrap().admin = None), HoldReason::ProtectionUnknown);
    assert_eq!(refusal(|_, live| live.as_mut().unwrap().senior = None), HoldReason::ProtectionUnknown);
    assert_eq!(refusal(|_, live| live.as_mut().unwrap().owner_corp_id = None), HoldReason::ForeignOrganization);
    assert_eq!(refusal(|_, live| live.as_mut().unwrap().enterprise_account = None), HoldReason::NotEnterpriseAccount);
}

#[test]
fn a_listed_account_is_protected_by_every_name_it_has() {
    let chief = AccountRef::parse(AccountKind::Email, "Chief@example.com").unwrap();
    let listed = UserId::parse("listed01").unwrap();
    let guardrails = Guardrails::protecting(&[("user_id", "listed01"), ("email", "chief@example.com")]);
    let other = AccountRef::parse(AccountKind::Mobile, "13800000000").unwrap();
    let identities = Identities::default();
    let base = Facts {
        paused: false,
        rule_off: false,
        disables: true,
        gives_back: true,
        confirmed: false,
        assurance: Assurance::A,
        assurance_floor: Assurance::B,
        account: &chief,
        user_id: None,
        guardrails: &guardrails,
        identities: &identities,
        draws: &[],
        beyond_budget: false,
        breaker_tripped: false,
        dingtalk_id_changed: false,
        touches: true,
        approval_wanted: false,
        departments: None,
    };
    assert_eq!(at_planning(&base), Err(HoldReason::ProtectedListed));
    let by_id = Facts { account: &other, user_id: Some(&listed), ..base };
    assert_eq!(at_planning(&by_id), Err(HoldReason::ProtectedListed));
}

#[test]
fn whoever_has_a_listed_name_is_protected_and_who_may_have_it() {
    fn named(kind: AccountKind, name: &str) -> AccountRef {
        AccountRef::parse(kind, name).unwrap()
    }
    let listed = [("email", "chief@example.com"), ("job_number", "J1")];
    let guardrails: &'static Guardrails = Box::leak(Box::new(Guardrails::protecting(&listed)));
    let shown = |email: &str, job_number: &str| {
        Names::shown(vec![named(AccountKind::Email, email), named(AccountKind::JobNumber, job_number)])
    };
    let only_an_address = Names::shown(vec![named(AccountKind::Email, "zhang.san@example.com")]);
    for (names, admin, refused) in [
        (shown("chief@example.com", "J2"), false, Some(HoldReason::ProtectedListed)),
        (shown("chief@example.com", "J2"), true, Some(HoldReason::ProtectedListed)),
        (shown("zhang.san@example.com", "J1"), false, Some(HoldReason::ProtectedListed)),
        (shown("zhang.san@example.com", "J2"), false, None),
        (only_an_address.clone(), false, Some(HoldReason::ProtectionUnknown)),
        (only_an_address, true, Some(HoldReason::ProtectedLive)),
        (Names::default(), false, Some(HoldReason::ProtectionUnknown)),
    ] {
        let asked = |action| {
            ask_to(action, &[], |facts, live| {
                facts.guardrails = guardrails;
                let live = live.as_mut().unwrap();
                (live.names, live.admin) = (names.clone(), Some(admin));
            })
        };
        assert_eq!(asked(ActionKind::Disable).err(), refused, "{names:?}");
        assert!(asked(ActionKind::Enable).is_ok(), "giving back needs no protection: {names:?}");
    }
}

#[test]
fn what_is_shown_as_protected_is_what_dispatch_refuses() {
    let guardrails = Guardrails::protecting(&[("user_id", "listed01")]);
    let identities = Identities::default();
    let flags = [None, Some(false), Some(true)];
    for (user_id, owner) in
        [("zhangsan", Some(CORP)), ("zhangsan", Some("dingother")), ("zhangsan", None), ("listed01", Some(CORP))]
    {
        for change in 0..81_usize {
            let flag = |place: u32| flags[change / 3_usize.pow(place) % 3];
            let live = Account {
                user_id: UserId::parse(user_id).unwrap(),
                enterprise_account: flag(0),
                owner_corp_id: owner.map(str::to_owned),
                admin: flag(1),
                boss: flag(2),
                senior: flag(3),
                ..account()
            };
            let named = AccountRef::parse(AccountKind::UserId, user_id).unwrap();
            let facts = Facts {
                paused: false,
                rule_off: false,
                assurance: Assurance::A,
                assurance_floor: Assurance::A,
                disables: true,
                gives_back: false,
                confirmed: false,
                account: &named,
                user_id: Some(&live.user_id),
                guardrails: &guardrails,
                identities: &identities,
                draws: &[],
                beyond_budget: false,
                breaker_tripped: false,
                dingtalk_id_changed: false,
                touches: true,
                approval_wanted: false,
                departments: None,
            };
            let refused = at_dispatch(&facts, ActionKind::Disable, Some(&live), CORP).map(drop);
            assert_eq!(protection(&facts, &live, CORP), refused, "{live:?}");
        }
    }
}

fn flag() -> impl Strategy<Value = Option<bool>> {
    prop_oneof![Just(None), Just(Some(true)), Just(Some(false))]
}

proptest! {
    #[test]
    fn only_an_account_known_to_be_ordinary_and_ours_is_ever_approved(
        enterprise in flag(), admin in flag(), boss in flag(), senior in flag(), own in any::<bool>(), paused in any::<bool>(),
        spent in 0..5_u32,
    ) {
        let draws = [draw(spent, spent, HoldReason::RuleBudget)];
        let result = ask_for(&draws, |facts, live| {
            facts.paused = paused;
            let live = live.as_mut().unwrap();
            (live.enterprise_account, live.admin, live.boss, live.senior) = (enterprise, admin, boss, senior);
            if !own {
                live.owner_corp_id = Some("dingforeigncorp0002".into());
            }
        });
        let ordinary = [admin, boss, senior] == [Some(false); 3];
        prop_assert_eq!(result.is_ok(), !paused && own && ordinary && enterprise == Some(true) && spent <= 2);
    }
}
