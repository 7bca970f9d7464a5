//! What must hold after every attack, whatever it was: the answer says nothing of its own, nobody was
//! called, nothing was recorded for a stranger, and the process is ready and no larger than before.

use std::fs;

use portcullis::api::Problem;
use portcullis::incident::DeliveryId;
use portcullis::trail::Record;
use serde_json::{Value, json};

use super::app::TestApp;

/// So much a run of attacks may leave behind in memory, in KiB.
const GROWTH_KIB_MAX: u64 = 16 * 1024;
/// What the program records of itself, and the count of what it refused.
const OWN: [&str; 5] = ["system.started", "rules.loaded", "rules.watched", "deliveries.refused", "system.stopped"];
/// All that whoever delivers can be told.
const PROBLEMS: [Problem; 12] = [
    Problem::Unauthenticated,
    Problem::Forbidden,
    Problem::NotFound,
    Problem::MethodNotAllowed("POST"),
    Problem::BodyTimeout,
    Problem::BadRequest,
    Problem::BadJson,
    Problem::WrongSchema,
    Problem::Conflict,
    Problem::TooLarge,
    Problem::WrongMediaType,
    Problem::Unavailable { retry_after_s: 1 },
];

/// Fails if an error is not one of the fixed documents, to the letter.
pub(super) fn assert_fixed(status: u16, body: &str) {
    // The HTTP library itself refuses without a word what it cannot read as a request.
    if status < 400 || body.is_empty() {
        return;
    }
    let mut told: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{status} says {body:?}"));
    // What is recorded all the same is named.
    if ["bad_json", "wrong_schema"].map(Value::from).contains(&told["code"])
        && let Some(named) = told.as_object_mut().and_then(|told| told.remove("delivery"))
    {
        assert!(named.as_str().is_some_and(|named| DeliveryId::parse(named).is_ok()), "{status} names {named}");
    }
    let too_many = Problem::TooMany { retry_after_s: 1 };
    let known = PROBLEMS.iter().chain([&too_many]).map(|problem| document(*problem));
    // Transmitters of security event tokens are told in their own way, RFC 8935.
    let is_of_tokens = told.as_object().is_some_and(|told| told.keys().eq(["description", "err"]));
    assert!(is_of_tokens || known.into_iter().any(|known| known == told), "{status} says {told}");
    assert!(is_of_tokens || told["status"] == status, "{status} says {told}");
}

fn document(problem: Problem) -> Value {
    let (code, title) = problem.code_and_title();
    let kind = format!("urn:portcullis:problem:{code}");
    json!({ "type": kind, "title": title, "status": problem.status().as_u16(), "code": code })
}

impl TestApp {
    /// Stops all after attacks that had no effect but for `admitted` alerts about nobody, and gives the
    /// whole trail, which verifies.
    pub(crate) async fn end_unharmed(self, admitted: usize) -> Vec<Record> {
        let ready = self.get("/readyz", "").await;
        let says = |of: &str| ready.body[of].as_str().unwrap_or_default().to_owned();
        assert_eq!((ready.status, says("status"), says("rules")), (200, "ready".to_owned(), "current".to_owned()));
        assert_eq!(self.dingtalk().calls(), [], "nobody was called");
        let grown = resident_kib().saturating_sub(self.resident_kib);
        assert!(grown <= GROWTH_KIB_MAX || !is_alone(), "it grew by {grown} KiB");
        let records = self.end().await;
        let kinds = || records.iter().map(|record| record.event.kind());
        assert_eq!(kinds().filter(|kind| *kind == "alert.admitted").count(), admitted);
        let others: Vec<_> = kinds().filter(|kind| *kind != "alert.admitted" && !OWN.contains(kind)).collect();
        assert_eq!(others, Vec::<&str>::new(), "nothing of its own is recorded for a stranger");
        records
    }
}

/// The memory this process has, in KiB; 0 where the system cannot tell (no `/proc`).
pub(super) fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Whether no other test shares the process, as nextest has it.
fn is_alone() -> bool {
    std::env::var_os("NEXTEST").is_some()
}
