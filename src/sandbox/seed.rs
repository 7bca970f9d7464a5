//! The accounts every sandbox starts with. Ids and values are fixed: people and tests rely on them.

use std::collections::BTreeMap;

use super::accounts::{AccountKind, AccountState, LOCALES, Rank};
use super::organization::{ON_CALL, ROOT};

/// How many ordinary Enterprise Accounts there are beside the named ones, unless it is said: `user0001` and on.
pub(super) const MANY: u32 = 200;

/// Mobile numbers start here. No Chinese mobile number begins with 100.
const MOBILE_NAMED: u64 = 10_000_000_000;
const MOBILE_MANY: u64 = 10_000_010_000;

/// The first so many of those are on call.
const ON_CALL_MANY: u32 = 3;

struct Named {
    user_id: &'static str,
    name: &'static str,
    email: &'static str,
    kind: AccountKind,
    rank: Rank,
    departments: &'static [u64],
    languages: &'static [&'static str],
    sessions: u32,
}

const NAMED: [Named; 10] = [
    Named {
        user_id: "zhangsan",
        name: "张三",
        email: "zhang.san@example.com",
        kind: AccountKind::Sso,
        rank: Rank::Employee,
        departments: &[3, 31],
        languages: &["zh_CN"],
        sessions: 2,
    },
    Named {
        user_id: "lisi",
        name: "李四",
        email: "li.si@example.com",
        kind: AccountKind::DingtalkBuilt,
        rank: Rank::Employee,
        departments: &[4],
        languages: &["en_US"],
        sessions: 1,
    },
    Named {
        user_id: "wangwu",
        name: "王五",
        email: "wang.wu@example.com",
        kind: AccountKind::Sso,
        rank: Rank::Employee,
        departments: &[31],
        languages: &["zh_CN"],
        sessions: 0,
    },
    Named {
        user_id: "admin01",
        name: "管理员一",
        email: "admin.one@example.com",
        kind: AccountKind::Sso,
        rank: Rank::Admin,
        departments: &[2],
        languages: &["zh_CN", "en_US"],
        sessions: 2,
    },
    Named {
        user_id: "boss01",
        name: "老板一",
        email: "boss.one@example.com",
        kind: AccountKind::Sso,
        rank: Rank::Boss,
        departments: &[ROOT],
        languages: &["zh_TW"],
        sessions: 1,
    },
    Named {
        user_id: "senior01",
        name: "高管一",
        email: "senior.one@example.com",
        kind: AccountKind::Sso,
        rank: Rank::Senior,
        departments: &[ROOT],
        languages: &["ja_JP"],
        sessions: 1,
    },
    Named {
        user_id: "foreign01",
        name: "外部一",
        email: "foreign.one@example.com",
        kind: AccountKind::Foreign,
        rank: Rank::Employee,
        departments: &[2],
        languages: &["zh_CN"],
        sessions: 1,
    },
    Named {
        user_id: "plain01",
        name: "普通一",
        email: "plain.one@example.com",
        kind: AccountKind::Ordinary,
        rank: Rank::Employee,
        departments: &[4],
        languages: &["zh_CN"],
        sessions: 1,
    },
    Named {
        user_id: "owner01",
        name: "创办人一",
        email: "owner.one@example.com",
        kind: AccountKind::Sso,
        rank: Rank::Employee,
        departments: &[311],
        languages: &["zh_CN"],
        sessions: 1,
    },
    Named {
        user_id: "admin02",
        name: "管理员二",
        email: "admin.two@example.com",
        kind: AccountKind::Sso,
        rank: Rank::SubAdmin,
        departments: &[311],
        languages: &["zh_CN"],
        sessions: 1,
    },
];

/// All accounts by `userid`, as they are at the start, `many` of them beside the named ones.
pub(super) fn accounts(many: u32) -> BTreeMap<String, AccountState> {
    let named = (1..).zip(&NAMED).map(|(number, seed)| named(number, seed));
    let many = (1..=many).map(|number| one_of_many(number, many));
    named.chain(many).map(|account| (account.user_id.clone(), account)).collect()
}

fn named(number: u64, seed: &Named) -> AccountState {
    AccountState {
        name: seed.name.to_owned(),
        email: seed.email.to_owned(),
        mobile: (MOBILE_NAMED + number).to_string(),
        job_number: format!("J{number:04}"),
        login_id: (seed.kind == AccountKind::DingtalkBuilt).then(|| format!("{}@sandbox", seed.user_id)),
        kind: seed.kind,
        rank: seed.rank,
        departments: seed.departments.to_vec(),
        languages: seed.languages.iter().map(|&language| language.to_owned()).collect(),
        sessions: seed.sessions,
        disabled: seed.user_id == "wangwu",
        ..blank(seed.user_id)
    }
}

fn one_of_many(number: u32, many: u32) -> AccountState {
    let user_id = format!("user{number:04}");
    let language = LOCALES.iter().cycle().nth(number as usize).copied().unwrap_or("zh_CN");
    AccountState {
        name: format!("用户{number:04}"),
        email: format!("{user_id}@example.com"),
        mobile: (MOBILE_MANY + u64::from(number)).to_string(),
        // The last two share their job number, which DingTalk allows.
        job_number: format!("J1{:03}", number.min(many.saturating_sub(1))),
        departments: vec![if number.is_multiple_of(2) { 32 } else { 31 }],
        roles: if number <= ON_CALL_MANY { vec![ON_CALL] } else { Vec::new() },
        languages: vec![language.to_owned()],
        ..blank(&user_id)
    }
}

fn blank(user_id: &str) -> AccountState {
    AccountState {
        user_id: user_id.to_owned(),
        name: String::new(),
        email: String::new(),
        mobile: String::new(),
        job_number: String::new(),
        union_id: format!("sandboxunion{user_id}"),
        login_id: None,
        dingtalk_id: format!("dt{user_id}"),
        dingtalk_id_changed_at: None,
        kind: AccountKind::Sso,
        rank: Rank::Employee,
        departments: Vec::new(),
        roles: Vec::new(),
        languages: Vec::new(),
        sessions: 1,
        disabled: false,
        hides_disabled: false,
        disable_reason: None,
        sign_outs: 0,
        last_sign_out: None,
        calls: 0,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn only_the_last_two_share_a_job_number_and_nothing_else_is_shared() {
        let accounts = accounts(MANY);
        assert_eq!(accounts.len(), 210);
        let distinct =
            |field: fn(&AccountState) -> &String| accounts.values().map(field).collect::<BTreeSet<_>>().len();
        assert_eq!(distinct(|a| &a.mobile), 210);
        assert_eq!(distinct(|a| &a.union_id), 210);
        assert_eq!(distinct(|a| &a.email), 210);
        assert_eq!(distinct(|a| &a.dingtalk_id), 210);
        assert_eq!(distinct(|a| &a.job_number), 209);
        assert_eq!(accounts["user0199"].job_number, accounts["user0200"].job_number);
    }

    #[test]
    fn the_documented_accounts_are_what_they_are_said_to_be() {
        let accounts = accounts(MANY);
        assert_eq!(accounts["zhangsan"].kind, AccountKind::Sso);
        assert_eq!(accounts["lisi"].login_id.as_deref(), Some("lisi@sandbox"));
        assert!(accounts["wangwu"].disabled && accounts.values().filter(|a| a.disabled).count() == 1);
        assert_eq!(accounts["admin01"].rank, Rank::Admin);
        assert_eq!(accounts["admin02"].rank, Rank::SubAdmin);
        assert_eq!(accounts["boss01"].rank, Rank::Boss);
        assert_eq!(accounts["senior01"].rank, Rank::Senior);
        assert_eq!(accounts["foreign01"].kind, AccountKind::Foreign);
        assert_eq!(accounts["plain01"].kind, AccountKind::Ordinary);
        assert_eq!(accounts["user0001"].email, "user0001@example.com");
        assert!(accounts.values().all(|a| a.mobile.len() == 11 && a.mobile.starts_with("100")));
    }
}
