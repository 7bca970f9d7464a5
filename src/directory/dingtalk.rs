//! The real DingTalk: waits its turn, carries a valid token, sends, and believes only what was
//! proven.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;
use serde_json::Value;

use super::answer::Success;
use super::api::Api;
use super::call::Call;
use super::circuit::{Circuits, Outages};
use super::classes::{is_unknown_department, is_unknown_role, is_unknown_user};
use super::contacts::{Admin, Department, DepartmentId, Member, MemberPage, PageFrom};
use super::error::SetupError;
use super::limits::{Limits, WAIT_MAX};
use super::message::{self, Message, Reach, Told};
use super::model::{Account, BoxFuture, Directory, Done, Greeting, Lookup, Matches, MayLeave, Order, Organization};
use super::quota::{Quota, Usage};
use super::roles::{HolderPage, RoleId, RolePage};
use super::settings::{App, Checked, Settings};
use super::token::{Issued, Token, Tokens};
use super::wire::Wire;
use super::{listing, lookup, roles, search};
use crate::incident::{Clock, Failure, FailureClass, Timestamp, Urgency, UserId};

/// One organization's DingTalk, called as one app.
///
/// A call makes at most four exchanges (token, call, and both again when the token was refused),
/// each bounded by `timeout_ms` and each after at most ten seconds of waiting for its turn.
pub struct DingTalk {
    wire: Wire,
    tokens: Tokens,
    limits: Limits,
    quota: Quota,
    circuits: Circuits,
    clock: Arc<dyn Clock>,
    app: App,
    app_secret: SecretString,
}

impl DingTalk {
    /// Checks the settings and builds the client; nothing is sent yet. `clock` tells when the
    /// access token expires.
    ///
    /// # Errors
    /// A setting cannot work, or the HTTP client cannot be built.
    pub fn new(settings: &Settings, secret: SecretString, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        let settings = settings.check()?;
        let limits = Limits::new(settings.calls_per_second, settings.burst, WAIT_MAX);
        Self::with_limits(settings, limits, secret, clock)
    }

    pub(super) fn with_limits(
        settings: Checked,
        limits: Limits,
        app_secret: SecretString,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SetupError> {
        let wire = Wire::new(&settings)?;
        let quota = Quota::new(settings.monthly_quota, settings.monthly_reserve, Arc::clone(&clock));
        let circuits = Circuits::new(settings.timeout);
        let tokens = Tokens::new(Arc::clone(&clock));
        Ok(Self { wire, tokens, limits, quota, circuits, clock, app: settings.app, app_secret })
    }

    /// Keeps the count of the month's calls in `file`, over restarts and together with others.
    #[must_use]
    pub fn counting_in(self, file: PathBuf) -> Self {
        Self { quota: self.quota.counting_in(file), ..self }
    }

    /// Leaves what is kept of the month's quota to those who contain accounts.
    #[must_use]
    pub fn only_looking(self) -> Self {
        Self { quota: self.quota.only_looking(), ..self }
    }

    /// Makes a call; when its token is refused, once more with a new one.
    async fn call(&self, call: &Call) -> Result<Success, Failure> {
        self.call_if(call, &|| Ok(())).await
    }

    /// The same, if it may still leave when token and turn are there.
    async fn call_if(&self, call: &Call, may_leave: MayLeave<'_>) -> Result<Success, Failure> {
        let token = self.token().await?;
        match self.attempt(call, Some(&token), may_leave).await {
            Err(failure) if failure.class == FailureClass::TokenRefused => {
                self.tokens.forget(&token).await;
                let token = self.token().await?;
                self.attempt(call, Some(&token), may_leave).await
            }
            outcome => outcome,
        }
    }

    async fn token(&self) -> Result<Token, Failure> {
        self.tokens.current(|| self.fetch_token()).await
    }

    async fn fetch_token(&self) -> Result<Issued, Failure> {
        let call = Call::token(&self.app, &self.app_secret);
        let success = self.attempt(&call, None, &|| Ok(())).await?;
        Issued::read(&success).ok_or_else(|| success.unexpected())
    }

    /// One exchange in its turn, with its one line in the log.
    async fn attempt(&self, call: &Call, token: Option<&Token>, may_leave: MayLeave<'_>) -> Result<Success, Failure> {
        self.attempt_dated(call, token, may_leave).await.map(|(success, _)| success)
    }

    /// The same, with what time it was at DingTalk.
    async fn attempt_dated(
        &self,
        call: &Call,
        token: Option<&Token>,
        may_leave: MayLeave<'_>,
    ) -> Result<(Success, Option<Timestamp>), Failure> {
        self.limits.wait_turn(call.api).await?;
        // Behind the last wait, and before circuit and quota, for which a call that does not leave is none.
        may_leave()?;
        self.circuits.pass(call.api, self.clock.now())?;
        self.quota.take(call.charge)?;
        let outcome = self.exchange(call, token).await;
        self.circuits.ended(call.api, outcome.as_ref().err(), self.clock.now());
        self.quota.ended(call.api, outcome.as_ref().err());
        outcome
    }

    async fn exchange(&self, call: &Call, token: Option<&Token>) -> Result<(Success, Option<Timestamp>), Failure> {
        let (said_at, outcome) = match self.wire.exchange(call, token.map(|token| &token.text)).await {
            Ok(answer) => (answer.said_at(), answer.judge(call.api)),
            Err(no_answer) => {
                log(call, Err(&no_answer.failure), &no_answer.cause);
                return Err(no_answer.failure);
            }
        };
        log(call, outcome.as_ref(), "");
        Ok((outcome?, said_at))
    }

    /// The token goes to nobody: the one that is kept stays good, as DingTalk gives the same one until it ends.
    async fn greeted(&self) -> Result<Greeting, Failure> {
        let call = Call::token(&self.app, &self.app_secret);
        let asked_at = self.clock.now();
        let (success, said_at) = self.attempt_dated(&call, None, &|| Ok(())).await?;
        let heard_at = self.clock.now();
        if Issued::read(&success).is_none() {
            return Err(success.unexpected());
        }
        Ok(Greeting { asked_at, heard_at, said_at })
    }

    async fn find_all(&self, lookup: &Lookup) -> Result<Vec<UserId>, Failure> {
        match self.call(&Call::find(lookup)).await {
            Ok(success) => lookup::user_ids(lookup, &success),
            Err(failure) if is_unknown_user(&failure) => Ok(Vec::new()),
            Err(failure) => Err(failure),
        }
    }

    async fn read_account(&self, user_id: &UserId) -> Result<Option<Account>, Failure> {
        match self.call(&Call::account(user_id)).await {
            Ok(success) => lookup::account(user_id, &success).map(Some),
            Err(failure) if is_unknown_user(&failure) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn read_member(&self, user_id: &UserId) -> Result<Option<Member>, Failure> {
        match self.call(&Call::account(user_id)).await {
            Ok(success) => listing::asked_member(user_id, &success).map(Some),
            Err(failure) if is_unknown_user(&failure) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn read_status(&self, user_id: &UserId) -> Result<bool, Failure> {
        let success = self.call(&Call::status(user_id)).await?;
        success.body.get("disable").and_then(Value::as_bool).ok_or_else(|| success.unexpected())
    }

    async fn read_department(&self, id: DepartmentId) -> Result<Option<Department>, Failure> {
        match self.call(&Call::department(Api::Department, id)).await {
            Ok(success) => listing::department(id, &success).map(Some),
            Err(failure) if is_unknown_department(&failure) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn read_holders(&self, id: RoleId, from: PageFrom) -> Result<Option<HolderPage>, Failure> {
        match self.call(&Call::holders(id, from)).await {
            Ok(success) => roles::holders(from, &success).map(Some),
            Err(failure) if is_unknown_role(&failure) => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

impl Directory for DingTalk {
    fn greet(&self) -> BoxFuture<'_, Result<Greeting, Failure>> {
        Box::pin(self.greeted())
    }

    fn find<'a>(&'a self, lookup: &'a Lookup) -> BoxFuture<'a, Result<Vec<UserId>, Failure>> {
        Box::pin(self.find_all(lookup))
    }

    fn account<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<Option<Account>, Failure>> {
        Box::pin(self.read_account(user_id))
    }

    fn member<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<Option<Member>, Failure>> {
        Box::pin(self.read_member(user_id))
    }

    fn is_disabled<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<bool, Failure>> {
        Box::pin(self.read_status(user_id))
    }

    fn owned_organizations<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<Vec<Organization>, Failure>> {
        Box::pin(async { lookup::organizations(&self.call(&Call::owned_organizations(user_id)).await?) })
    }

    fn search<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Matches, Failure>> {
        Box::pin(search::all(async |offset| lookup::matches(&self.call(&Call::search(name, offset)).await?)))
    }

    fn admins(&self) -> BoxFuture<'_, Result<Vec<Admin>, Failure>> {
        Box::pin(async { listing::admins(&self.call(&Call::admins()).await?) })
    }

    fn department(&self, id: DepartmentId) -> BoxFuture<'_, Result<Option<Department>, Failure>> {
        Box::pin(self.read_department(id))
    }

    fn sub_departments(&self, id: DepartmentId) -> BoxFuture<'_, Result<Vec<Department>, Failure>> {
        let call = Call::department(Api::SubDepartments, id);
        Box::pin(async move { listing::sub_departments(id, &self.call(&call).await?) })
    }

    fn sub_department_ids(&self, id: DepartmentId) -> BoxFuture<'_, Result<Vec<DepartmentId>, Failure>> {
        let call = Call::department(Api::SubDepartmentIds, id);
        Box::pin(async move { listing::sub_department_ids(&self.call(&call).await?) })
    }

    fn members(&self, id: DepartmentId, from: PageFrom) -> BoxFuture<'_, Result<MemberPage, Failure>> {
        let call = Call::members(id, from);
        Box::pin(async move { listing::members(from, &self.call(&call).await?) })
    }

    fn roles(&self, from: PageFrom) -> BoxFuture<'_, Result<RolePage, Failure>> {
        let call = Call::roles(from);
        Box::pin(async move { roles::roles(from, &self.call(&call).await?) })
    }

    fn holders(&self, id: RoleId, from: PageFrom) -> BoxFuture<'_, Result<Option<HolderPage>, Failure>> {
        Box::pin(self.read_holders(id, from))
    }

    fn tell<'a>(&'a self, message: &'a Message, urgency: Urgency) -> BoxFuture<'a, Result<Told, Failure>> {
        let call = Call::message(message).with_urgency(urgency);
        Box::pin(async move { message::told(message, &self.call(&call).await?) })
    }

    fn reach(&self, agent_id: i64, task: i64, urgency: Urgency) -> BoxFuture<'_, Result<Option<Reach>, Failure>> {
        let call = Call::work_notice_result(agent_id, task).with_urgency(urgency);
        Box::pin(async move { message::reach(&self.call(&call).await?) })
    }

    fn act<'a>(&'a self, order: &'a Order, may_leave: MayLeave<'a>) -> BoxFuture<'a, Result<Done, Failure>> {
        Box::pin(async move {
            let success = self.call_if(&Call::order(order), may_leave).await?;
            Ok(Done { request_id: success.request_id })
        })
    }

    fn usage(&self) -> Option<Usage> {
        Some(self.quota.usage())
    }

    fn outages(&self) -> Outages {
        self.circuits.outages()
    }
}

/// Without key, secret or token.
impl fmt::Debug for DingTalk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DingTalk").field("hosts", self.wire.hosts()).finish_non_exhaustive()
    }
}

/// Says what was called and how it ended; never tokens, names, numbers, bodies or URLs.
fn log(call: &Call, outcome: Result<&Success, &Failure>, cause: &str) {
    let api = call.api.path();
    match outcome {
        Ok(success) => tracing::debug!(
            dingtalk.api = api,
            dingtalk.http_status = success.status,
            dingtalk.request_id = success.request_id,
            "DingTalk did it"
        ),
        Err(failure) => tracing::debug!(
            dingtalk.api = api,
            dingtalk.class = ?failure.class,
            dingtalk.code = failure.code,
            dingtalk.http_status = failure.http_status,
            dingtalk.request_id = failure.request_id,
            dingtalk.cause = cause,
            "DingTalk did not do it"
        ),
    }
}
