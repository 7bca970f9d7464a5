//! Tests of the module as a whole: files in, a rule set or every problem out, alerts put to it.

mod bounds;
mod cause;
mod conformance;
mod correlations;
mod cover;
mod coverage;
mod further_steps;
mod fuzzed;
mod language;
mod law;
mod reasons;
mod refusals;
mod response;
mod shipped;
mod statuses;
mod synthesised;
mod telling;
mod windows;

use std::sync::Arc;

use serde_json::Value;

use super::{LOCALES, LoadErrors, RuleSet, SourceFile, compile};
use crate::incident::{Alert, AlertId, AlertSummary, Assurance, Digest, LogSource, SourceName, Timestamp};

/// A catalogue with one line of each of these codes in every locale.
fn reasons(codes: &[&str]) -> Vec<SourceFile> {
    let lines: String =
        codes.iter().map(|code| format!("{code}: 'Ask {{{{ contact }}}} about {{{{ incident.id }}}}.'\n")).collect();
    LOCALES.iter().map(|locale| file(&format!("reasons/{locale}.yml"), &lines)).collect()
}

pub(super) fn file(name: &str, text: &str) -> SourceFile {
    SourceFile { name: name.to_owned(), bytes: text.as_bytes().to_vec() }
}

/// A complete folder with these rule files.
pub(super) fn folder(rules: &[(&str, &str)]) -> Vec<SourceFile> {
    let mut files = reasons(&["account-takeover"]);
    files.push(file("guardrails.yml", "protected: []\n"));
    files.extend(rules.iter().map(|(name, text)| file(name, text)));
    files
}

pub(super) fn load_rule(rule: &str) -> Result<RuleSet, LoadErrors> {
    compile(&folder(&[("x.yml", rule)]))
}

/// The problems of a rule, one per line.
fn problems(rule: &str) -> String {
    load_rule(rule).map_or_else(|errors| errors.to_string(), |_| String::new())
}

/// A rule without response around a `detection` (indented by two).
pub(super) fn detecting(detection: &str) -> String {
    format!("title: T\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {{product: test}}\ndetection:\n{detection}")
}

/// A good rule with a response, to be varied.
pub(super) const ACTING: &str = "title: T
id: 11111111-1111-4111-8111-111111111111
logsource: {product: test}
detection:
  selection: {a: x}
  condition: selection
response:
  mode: enforce
  account: {email: who}
  steps:
    - sign_out: {reason: '{{ rule.title }} {{ incident.id }}', employee_reason: account-takeover}
    - disable: {reason: r, expires_in: 8h}
tests:
  - name: matches
    alert: {a: x, who: a@example.com}
    expect: {account: A@example.com, steps: [sign_out, disable]}
owner: test-team
";

fn alert(event: Value) -> Alert {
    alert_from(event, &[log_source(Some("test"), None)])
}

fn alert_from(event: Value, log_sources: &[LogSource]) -> Alert {
    let source = SourceName::parse("test").unwrap();
    Alert {
        summary: AlertSummary {
            id: AlertId::derive(&source, "key"),
            source,
            assurance: Assurance::A,
            event_type: None,
            occurred_at: None,
            received_at: Timestamp::UNIX_EPOCH,
            body_digest: Digest::of(b""),
            event_digest: None,
            delivery_hints: [].into(),
            secret: "test".to_owned(),
        },
        key: "key".to_owned(),
        next_key: None,
        by_content: Vec::new(),
        log_sources: Arc::from(log_sources),
        person: None,
        reason_user: [].into(),
        event,
    }
}

fn log_source(product: Option<&str>, service: Option<&str>) -> LogSource {
    LogSource { category: None, product: product.map(str::to_owned), service: service.map(str::to_owned) }
}
