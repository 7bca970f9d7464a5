//! Everything the calls read and change, behind one lock: accounts, token, faults, limits, calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::incident::{Clock, Timestamp};

use super::accounts::AccountState;
use super::answer::Document;
use super::calls::CallLog;
use super::catalogue::{Api, Family};
use super::fault_rules::Faults;
use super::faults::FaultKind;
use super::gateway;
use super::legacy::mobile_digits;
use super::messages::Messages;
use super::request::Request;
use super::seed;
use super::settings::Settings;
use super::throttle::Throttle;
use super::tokens::Tokens;

/// The state of the simulated organization.
pub(super) struct World {
    pub(super) accounts: BTreeMap<String, AccountState>,
    pub(super) tokens: Tokens,
    pub(super) faults: Faults,
    pub(super) throttle: Throttle,
    pub(super) calls: CallLog,
    people: u32,
    pub(super) messages: Messages,
    calls_per_second: u32,
    as_documented: bool,
}

impl World {
    pub(super) fn new(settings: &Settings, clock: Arc<dyn Clock>) -> Self {
        Self {
            accounts: seed::accounts(settings.people),
            people: settings.people,
            tokens: Tokens::new(settings.token_life_s),
            faults: Faults::default(),
            throttle: Throttle::new(settings.calls_per_second, clock),
            calls: CallLog::default(),
            messages: Messages::default(),
            calls_per_second: settings.calls_per_second,
            as_documented: settings.stringly,
        }
    }

    /// Back to the start, but for the token and the sequence numbers: clients that hold a token keep
    /// working.
    pub(super) fn reset(&mut self, clock: Arc<dyn Clock>) {
        self.accounts = seed::accounts(self.people);
        self.faults.clear();
        self.throttle = Throttle::new(self.calls_per_second, clock);
        self.calls.clear();
        self.messages.clear();
    }

    /// Writes a call down and chooses the fault that strikes it.
    pub(super) fn receive(&mut self, request: &Request, api: Api, now: Timestamp) -> (u64, Option<FaultKind>) {
        let user_id = self.user_named_by(request);
        if let Some(account) = user_id.as_ref().and_then(|id| self.accounts.get_mut(id)) {
            account.calls = account.calls.saturating_add(1);
        }
        let fault = self.faults.strike(api, user_id.as_deref());
        (self.calls.receive(request, api, user_id, fault, now), fault)
    }

    /// Does what the call asks for, and gives the document to answer with.
    pub(super) fn work(&mut self, sequence: u64, request: &Request, api: Api, now: Timestamp) -> Document {
        let answer = gateway::dispatch(self, request, api, now);
        if answer.is_success() {
            self.calls.work_done(sequence);
        }
        answer.document(Family::of_path(&request.path), sequence, self.as_documented)
    }

    /// The document a fault puts in place of the work.
    pub(super) fn faulty(&self, sequence: u64, request: &Request, api: Api, fault: FaultKind) -> Option<Document> {
        let family = Family::of_path(&request.path);
        Some(fault.answer(api, family)?.document(family, sequence, self.as_documented))
    }

    /// Whether legacy calls are answered as the documentation prints them.
    pub(super) fn answers_as_documented(&self) -> bool {
        self.as_documented
    }

    /// The account a call is about, however it names it; an id that nobody has is kept as it is.
    fn user_named_by(&self, request: &Request) -> Option<String> {
        let field = |name| {
            let text = request.json(name).and_then(|value| value.as_str()).or_else(|| request.form(name));
            text.or_else(|| request.query(name)).filter(|text| !text.is_empty())
        };
        if let Some(id) = field("userId") {
            return Some(id.to_owned());
        }
        if let Some(login_id) = field("login_id") {
            return self.find(|account| account.login_id.as_deref() == Some(login_id));
        }
        if let Some(mobile) = field("mobile") {
            let digits = mobile_digits(mobile);
            return self.find(|account| Some(&account.mobile) == digits.as_ref());
        }
        if let Some(union_id) = field("unionid") {
            return self.find(|account| account.union_id == union_id);
        }
        if let Some(dingtalk_id) = field("dingtalkId") {
            return self.find(|account| account.dingtalk_id == dingtalk_id);
        }
        field("userid").map(str::to_owned)
    }

    fn find(&self, wanted: impl Fn(&AccountState) -> bool) -> Option<String> {
        self.accounts.values().find(|account| wanted(account)).map(|account| account.user_id.clone())
    }
}
