//! Asks DingTalk what shows each permission that is needed, by calls that change nothing.

use super::examined::Examined;
use super::judge;
use super::needs::Needs;
use crate::directory::{Account, Admin, AdminLevel, DepartmentId, Directory, Lookup, PageFrom};
use crate::incident::{AccountKind, AccountRef, Check, Diagnosis, Failure, FailureClass, UserId};

/// A number that is nobody's: no mobile number of China begins like this.
const NOBODYS_NUMBER: &str = "10000000000";
/// The most administrators that are read until one shows which organization this is.
const ADMINS_READ_MAX: usize = 3;
/// The permissions, in the order in which they are told.
const PERMISSIONS: [Check; 7] = [
    Check::ContainAccounts,
    Check::ChangeDingTalkIds,
    Check::ReadAccounts,
    Check::ReadMobiles,
    Check::ReadDepartments,
    Check::ReadDepartmentMembers,
    Check::SendRobotMessages,
];

/// Reads DingTalk.
pub struct Prober<'a> {
    /// DingTalk.
    pub directory: &'a dyn Directory,
    /// What is to be shown.
    pub needs: &'a Needs,
    /// The organization that is configured.
    pub own_corp_id: &'a str,
    /// An account that may be read; an administrator's, unless there is one.
    pub canary: Option<&'a UserId>,
}

/// What DingTalk has shown.
#[derive(Debug)]
pub struct Probe {
    /// Of each thing that was asked.
    pub examined: Vec<Examined>,
    /// The canary, if there is one and it could be read.
    pub canary: Option<Account>,
    /// Whether accounts could be read at all.
    pub is_read: bool,
}

/// The accounts that were read to show something.
struct Seen {
    permission: Diagnosis,
    code: Option<String>,
    accounts: Vec<Account>,
}

impl Prober<'_> {
    /// What is said where nothing can be asked.
    #[must_use]
    pub fn unreached() -> Vec<Examined> {
        let asked = [Check::Token, Check::Clock, Check::Organization].into_iter().chain(PERMISSIONS);
        asked.chain([Check::Quota]).map(|check| Examined::of(check, Diagnosis::Unreached)).collect()
    }

    /// Asks one thing after the other. Without a token nothing else is asked.
    pub async fn run(&self) -> Probe {
        let greeting = match again(|| self.directory.greet()).await {
            Ok(greeting) => greeting,
            Err(failure) => return unreached(&failure),
        };
        let drift = judge::drift(&greeting);
        let clock = Examined::with(Check::Clock, judge::of_drift(drift), judge::told(drift));
        let seen = self.accounts().await;
        let canary = seen.accounts.iter().find(|account| Some(&account.user_id) == self.canary).cloned();
        let mut examined = vec![Examined::of(Check::Token, Diagnosis::Good), clock, self.organization(&seen)];
        for permission in PERMISSIONS {
            examined.push(self.permission(permission, &seen).await);
        }
        let quota = judge::of_usage(self.directory.usage());
        let used = self.directory.usage().map(|usage| format!("{} of {} calls are used", usage.calls, usage.quota));
        examined.push(Examined { check: Check::Quota, found: quota, detail: used });
        Probe { examined, canary, is_read: seen.permission == Diagnosis::Good }
    }

    async fn permission(&self, permission: Check, seen: &Seen) -> Examined {
        if !self.needs.has(permission) {
            return Examined::of(permission, Diagnosis::NotNeeded);
        }
        let root = DepartmentId::ROOT;
        match permission {
            Check::ReadAccounts => Examined { check: permission, found: seen.permission, detail: seen.code.clone() },
            Check::ReadMobiles => of_read(permission, Diagnosis::Good, again(|| self.find_nobody()).await),
            Check::ReadDepartments => {
                of_read(permission, Diagnosis::Good, again(|| self.directory.department(root)).await)
            }
            Check::ReadDepartmentMembers => {
                let page = again(|| self.directory.members(root, PageFrom::START)).await;
                of_read(permission, Diagnosis::Good, page)
            }
            Check::ContainAccounts => match seen.accounts.first() {
                None => Examined::of(permission, Diagnosis::NothingToShow),
                Some(account) => {
                    let state = again(|| self.directory.is_disabled(&account.user_id)).await;
                    of_read(permission, Diagnosis::Allowed, state)
                }
            },
            // Neither has a read that needs it.
            Check::ChangeDingTalkIds => Examined::of(permission, Diagnosis::Unprovable),
            _ => Examined::of(permission, Diagnosis::NotSent),
        }
    }

    async fn find_nobody(&self) -> Result<Vec<UserId>, Failure> {
        let number = AccountRef::parse(AccountKind::Mobile, NOBODYS_NUMBER);
        let number = number.map_err(|_| Failure::local(FailureClass::Permanent, "unusable_number"))?;
        self.directory.find(&Lookup::Mobile(number)).await
    }

    /// The canary, or those who administer the organization: they are there in every one.
    async fn accounts(&self) -> Seen {
        let listed = match (self.canary, again(|| self.directory.admins()).await) {
            (_, Err(failure)) => return Seen::none(&failure),
            (Some(canary), Ok(_)) => vec![canary.clone()],
            (None, Ok(admins)) => first_of(admins),
        };
        let mut accounts = Vec::new();
        for user_id in listed {
            match again(|| self.directory.account(&user_id)).await {
                Ok(account) => accounts.extend(account),
                Err(failure) => return Seen::none(&failure),
            }
            if accounts.last().is_some_and(|account| self.is_own(account)) {
                accounts.rotate_right(1);
                break;
            }
        }
        Seen { permission: Diagnosis::Good, code: None, accounts }
    }

    /// An Enterprise Account says whose it is.
    fn organization(&self, seen: &Seen) -> Examined {
        let enterprise = || seen.accounts.iter().filter(|account| account.enterprise_account == Some(true));
        let found = if seen.permission != Diagnosis::Good {
            Diagnosis::Unreached
        } else if enterprise().any(|account| self.is_own(account)) {
            Diagnosis::Good
        } else if enterprise().next().is_some() {
            Diagnosis::OtherOrganization
        } else {
            Diagnosis::NothingToShow
        };
        Examined::of(Check::Organization, found)
    }

    fn is_own(&self, account: &Account) -> bool {
        account.enterprise_account == Some(true) && account.owner_corp_id.as_deref() == Some(self.own_corp_id)
    }
}

impl Seen {
    fn none(failure: &Failure) -> Self {
        let code = Some(failure.code.clone());
        Self { permission: judge::of_failure(failure), code, accounts: Vec::new() }
    }
}

/// A busy moment is no diagnosis: what was harmless is asked once more.
async fn again<T, F>(ask: impl Fn() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    match ask().await {
        Err(failure) if failure.class == FailureClass::Busy => ask().await,
        answered => answered,
    }
}

fn of_read<T>(permission: Check, if_read: Diagnosis, read: Result<T, Failure>) -> Examined {
    match read {
        Ok(_) => Examined::of(permission, if_read),
        Err(failure) if judge::is_answer(&failure) => Examined::of(permission, if_read),
        Err(failure) => Examined::failed(permission, &failure),
    }
}

/// Main administrators before the others.
fn first_of(mut admins: Vec<Admin>) -> Vec<UserId> {
    admins.sort_by_key(|admin| admin.level != AdminLevel::Main);
    admins.into_iter().map(|admin| admin.user_id).take(ADMINS_READ_MAX).collect()
}

fn unreached(failure: &Failure) -> Probe {
    let mut examined = Prober::unreached();
    examined.retain(|one| one.check != Check::Token);
    examined.push(Examined::failed(Check::Token, failure));
    Probe { examined, canary: None, is_read: false }
}
