//! `portcullis directory show`: one account, as the server would find it before it acts.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use serde_json::json;

use super::{Place, client, failed};
use crate::access::Tokens;
use crate::cli::output;
use crate::cli::refused::refused;
use crate::config::Config;
use crate::directory::{Account, Ancestry, DingTalk, Directory as _, Lookup, Matches, Organization, Role, SignIn};
use crate::incident::{
    AccountKind, AccountRef, Clock as _, DepartmentId, DingTalkId, Failure, FailureClass, HoldReason, SystemClock,
    UserId,
};
use crate::response::{Facts, protection};
use crate::rules::{self, Responders, RuleSet};

/// The longest name of a person that is searched for.
const NAME_CHARS_MAX: usize = 64;

/// What `directory show` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The account.
    #[arg(value_name = "ACCOUNT")]
    account: String,
    /// By which of its names.
    #[arg(long, value_enum, default_value = "user_id", value_name = "NAME")]
    by: By,
    /// Print JSON; what DingTalk does not tell is null.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// The names by which DingTalk finds an account.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum By {
    UserId,
    LoginId,
    Mobile,
    UnionId,
    DingtalkId,
    /// The person's own, or part of it.
    Name,
}

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let asked = Asked::of(arguments).map_err(refused)?;
    let config = arguments.place.config()?;
    let dingtalk = client(&config)?;
    let mut rules =
        rules::load_with(&config.resolve(&config.rules.folder), config.rules.statuses()).map_err(refused)?;
    rules.protect_responders(&Arc::new(Responders::of(Tokens::new(&config.access)?.responders())));
    let user_id = only(&dingtalk, &asked).await?;
    let account = dingtalk.account(&user_id).await.map_err(|failure| failed(&failure))?;
    let account = account.context("DingTalk knows no such account")?;
    let owned = dingtalk.owned_organizations(&user_id).await;
    if let Err(failure) = &owned
        && failure.class != FailureClass::Permanent
    {
        return Err(failed(failure));
    }
    let named = match &asked {
        Asked::Look(Lookup::LoginId(named) | Lookup::Mobile(named) | Lookup::UnionId(named)) => named.clone(),
        _ => AccountRef::parse(AccountKind::UserId, user_id.as_str())?,
    };
    let own = account.departments.as_deref().filter(|_| rules.guardrails().groups().have_departments());
    let departments = match own {
        // What cannot be told counts as protected, here as in the guard layer.
        Some(own) => Ancestry::default().of(&dingtalk, own, SystemClock.now()).await.ok(),
        None => None,
    };
    let protected = protected(&named, &account, departments.as_ref(), &rules, &config);
    if arguments.json {
        return output::line(as_json(&account, &owned, protected));
    }
    show(&account, &owned, &config)?;
    row("protected", protected.map_or("no".to_owned(), |reason| format!("yes: {}", reason.text())))
}

/// For programs.
fn as_json(
    account: &Account,
    owned: &Result<Vec<Organization>, Failure>,
    protected: Option<HoldReason>,
) -> serde_json::Value {
    let organization = |one: &Organization| json!({ "corp_id": one.corp_id, "name": one.name });
    let owned = owned.as_ref().ok().map(|owned| owned.iter().map(organization).collect::<Vec<_>>());
    let names = |roles: &Vec<Role>| roles.iter().map(|role| role.name.clone()).collect::<Vec<_>>();
    json!({
        "user_id": account.user_id,
        "enterprise_account": account.enterprise_account,
        "owner_corp_id": account.owner_corp_id,
        "disabled": account.disabled,
        "admin": account.admin,
        "boss": account.boss,
        "senior": account.senior,
        "roles": account.roles.as_ref().map(names),
        "departments": account.departments,
        "owned_organizations": owned,
        "protected": protected,
    })
}

/// Who is asked for.
enum Asked {
    /// The id itself.
    Given(UserId),
    /// What DingTalk has to be asked.
    Look(Lookup),
    /// A person's name, which others may have.
    Named(String),
}

impl Asked {
    fn of(arguments: &Arguments) -> anyhow::Result<Self> {
        let text = arguments.account.as_str();
        let reference = |kind| AccountRef::parse(kind, text);
        Ok(match arguments.by {
            By::UserId => Self::Given(UserId::parse(text)?),
            By::LoginId => Self::Look(Lookup::LoginId(reference(AccountKind::LoginId)?)),
            By::Mobile => Self::Look(Lookup::Mobile(reference(AccountKind::Mobile)?)),
            By::UnionId => Self::Look(Lookup::UnionId(reference(AccountKind::UnionId)?)),
            By::DingtalkId => Self::Look(Lookup::DingTalkId(DingTalkId::parse(text)?)),
            By::Name => Self::Named(name(text)?),
        })
    }
}

fn name(text: &str) -> anyhow::Result<String> {
    let is_usable = (1..=NAME_CHARS_MAX).contains(&text.trim().chars().count()) && !text.chars().any(char::is_control);
    anyhow::ensure!(is_usable, "the name is not usable: it has 1 to {NAME_CHARS_MAX} characters that can be seen");
    Ok(text.trim().to_owned())
}

/// The one account that is meant.
async fn only(dingtalk: &DingTalk, asked: &Asked) -> anyhow::Result<UserId> {
    let found = match asked {
        Asked::Given(user_id) => return Ok(user_id.clone()),
        Asked::Look(lookup) => dingtalk.find(lookup).await.map(|user_ids| Matches { user_ids, has_more: false }),
        Asked::Named(name) => dingtalk.search(name).await,
    };
    let Matches { user_ids, has_more } = found.map_err(|failure| failed(&failure))?;
    let ids: Vec<&str> = user_ids.iter().map(UserId::as_str).collect();
    match (user_ids.as_slice(), has_more) {
        ([], false) => bail!("DingTalk knows no such account"),
        ([one], false) => Ok(one.clone()),
        (_, false) => bail!("several accounts answer to that name: {}", ids.join(", ")),
        (_, true) => bail!("more accounts answer to that name than are listed: {}", listed(ids.into_iter(), "none")),
    }
}

fn show(account: &Account, owned: &Result<Vec<Organization>, Failure>, config: &Config) -> anyhow::Result<()> {
    output::line(&account.user_id)?;
    row("kind", kind(account))?;
    row("owner", owner(account, &config.directory.corp_id))?;
    row("state", account.disabled.map_or("not told", |disabled| if disabled { "disabled" } else { "enabled" }))?;
    row("roles", listed(roles(account), "none"))?;
    let departments = account.departments.as_ref();
    row("departments", departments.map_or("not told".to_owned(), |ids| listed(ids.iter(), "none")))?;
    row("owned organizations", owns(owned))
}

fn row(name: &str, value: impl std::fmt::Display) -> anyhow::Result<()> {
    output::line(format_args!("  {name:<20} {value}"))
}

/// What protects the account, then the roles of the organization's own.
fn roles(account: &Account) -> impl Iterator<Item = String> {
    let ranks = [(account.admin, "administrator"), (account.boss, "boss"), (account.senior, "senior")];
    let ranks = ranks.into_iter().filter(|(held, _)| *held == Some(true)).map(|(_, rank)| rank.to_owned());
    ranks.chain(account.roles.iter().flatten().map(|role| output::visible(&role.name)))
}

fn kind(account: &Account) -> &'static str {
    match (account.enterprise_account, account.sign_in) {
        (Some(true), Some(SignIn::Sso)) => "Enterprise Account, signs in at the organization's identity provider",
        (Some(true), Some(SignIn::DingTalk)) => "Enterprise Account, its password is kept by DingTalk",
        (Some(true), None) => "Enterprise Account",
        (Some(false), _) => "a person's own account, not an Enterprise Account",
        (None, _) => "not told",
    }
}

fn owner(account: &Account, own_corp_id: &str) -> String {
    match account.owner_corp_id.as_deref() {
        Some(corp_id) if corp_id == own_corp_id => "this organization".to_owned(),
        Some(corp_id) => format!("another organization, {}", output::visible(corp_id)),
        None => "not told".to_owned(),
    }
}

/// DingTalk tells it of the organization's own Enterprise Accounts only.
fn owns(owned: &Result<Vec<Organization>, Failure>) -> String {
    match owned {
        Ok(owned) => {
            let named = |organization: &Organization| match &organization.name {
                Some(name) => format!("{} ({})", organization.corp_id, output::visible(name)),
                None => organization.corp_id.clone(),
            };
            listed(owned.iter().map(named), "none")
        }
        Err(failure) => format!("not told: {}", failure.code),
    }
}

fn listed<T: ToString>(values: impl Iterator<Item = T>, none: &str) -> String {
    let all: Vec<String> = values.map(|value| value.to_string()).collect();
    if all.is_empty() { none.to_owned() } else { all.join(", ") }
}

/// What the guard layer says of the account itself, apart from the alert, the rule and the moment.
fn protected(
    named: &AccountRef,
    account: &Account,
    departments: Option<&BTreeSet<DepartmentId>>,
    rules: &RuleSet,
    config: &Config,
) -> Option<HoldReason> {
    let facts = Facts::of_account((named, &account.user_id), departments, rules);
    protection(&facts, account, &config.directory.corp_id).err()
}
