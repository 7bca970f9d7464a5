//! What was received and what was answered: a bounded list, and counts per API.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::incident::Timestamp;

use super::answer::Document;
use super::catalogue::Api;
use super::faults::FaultKind;
use super::request::Request;

/// The most calls kept; the oldest go first.
const CALLS_MAX: usize = 10_000;

/// One call that was received.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Counts up from 1 over the sandbox's life; also in the request ids of the answer.
    pub sequence: u64,
    /// When it arrived.
    pub at: Timestamp,
    /// The HTTP method.
    pub method: String,
    /// The path, at most 256 characters.
    pub path: String,
    /// The API called.
    pub api: Api,
    /// The account it names, also when it names it by login name, mobile number, union id or
    /// DingTalk ID.
    pub user_id: Option<String>,
    /// The query, secrets and tokens left out.
    pub query: Value,
    /// The body as JSON, secrets and tokens left out; null when there is none that can be read.
    pub body: Value,
    /// The fault it met.
    pub fault: Option<FaultKind>,
    /// Whether what it asks for was carried out, which can be so without an answer.
    pub work_done: bool,
    /// The answer's HTTP status; `None` while, or because, it was not answered.
    pub status: Option<u16>,
    /// The answer's error code (`code`, `sub_code` or `errcode`); `None` for success.
    pub code: Option<String>,
}

/// The list of calls.
#[derive(Debug, Default)]
pub(super) struct CallLog {
    last: u64,
    kept: VecDeque<Call>,
    received: BTreeMap<Api, u64>,
}

impl CallLog {
    /// Writes down a call that has just come in, and gives its sequence number.
    pub(super) fn receive(
        &mut self,
        request: &Request,
        api: Api,
        user_id: Option<String>,
        fault: Option<FaultKind>,
        at: Timestamp,
    ) -> u64 {
        self.last = self.last.saturating_add(1);
        *self.received.entry(api).or_default() += 1;
        if self.kept.len() >= CALLS_MAX {
            self.kept.pop_front();
        }
        self.kept.push_back(Call {
            sequence: self.last,
            at,
            method: request.method.clone(),
            path: request.recorded_path(),
            api,
            user_id,
            query: request.recorded_query(),
            body: request.recorded_body(),
            fault,
            work_done: false,
            status: None,
            code: None,
        });
        self.last
    }

    /// Notes that the work of a call was done.
    pub(super) fn work_done(&mut self, sequence: u64) {
        if let Some(call) = self.find(sequence) {
            call.work_done = true;
        }
    }

    /// Notes what a call was answered with.
    pub(super) fn answered(&mut self, sequence: u64, document: &Document) {
        if let Some(call) = self.find(sequence) {
            call.status = Some(document.status);
            call.code.clone_from(&document.code);
        }
    }

    /// The calls kept, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Call> {
        self.kept.iter()
    }

    /// How many calls of an API were received, also those no longer kept.
    pub(super) fn received(&self, api: Api) -> u64 {
        self.received.get(&api).copied().unwrap_or(0)
    }

    /// The newest sequence number.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Forgets all calls. Sequence numbers go on, or an answer still under way would be noted at the
    /// wrong call.
    pub(super) fn clear(&mut self) {
        self.kept.clear();
        self.received.clear();
    }

    fn find(&mut self, sequence: u64) -> Option<&mut Call> {
        let first = self.kept.front()?.sequence;
        self.kept.get_mut(usize::try_from(sequence.checked_sub(first)?).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::Content;
    use super::*;

    fn receive(log: &mut CallLog) -> u64 {
        let request = Request {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            query: Vec::new(),
            token_header: None,
            content: Content::Nothing,
        };
        log.receive(&request, Api::SignOut, None, None, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn the_list_is_bounded_and_the_count_is_not() {
        let mut log = CallLog::default();
        for _ in 0..CALLS_MAX + 5 {
            receive(&mut log);
        }
        assert_eq!(log.iter().count(), CALLS_MAX);
        assert_eq!(log.received(Api::SignOut), CALLS_MAX as u64 + 5);
        log.work_done(6);
        assert_eq!(log.iter().filter(|call| call.work_done).map(|call| call.sequence).collect::<Vec<_>>(), [6]);
        log.work_done(5);
        assert_eq!(log.iter().filter(|call| call.work_done).count(), 1, "a call no longer kept is nobody's");
    }

    #[test]
    fn an_answer_from_before_a_clear_is_not_noted_at_another_call() {
        let mut log = CallLog::default();
        let old = receive(&mut log);
        log.clear();
        let new = receive(&mut log);
        assert_ne!(old, new);
        log.work_done(old);
        assert!(log.iter().all(|call| !call.work_done));
    }
}
