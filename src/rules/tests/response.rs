//! On whom a rule acts, and what an employee reads.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::{EmployeeValues, Guardrails, Mode, Named, StepTemplate};
use super::*;
use crate::incident::{AccountKind, AccountRef, ActionKind, Budget, ReasonCode};

fn named(account: &str, event: Value) -> Named {
    let rule = ACTING.replace("{email: who}", account);
    let set = load_rule(&without_tests(&rule)).unwrap();
    set.detectors()[0].rule.response.as_ref().unwrap().account_of(&alert(event))
}

fn without_tests(rule: &str) -> String {
    let (before, tests) = rule.split_once("tests:").unwrap();
    let (_, owner) = tests.split_once("owner:").unwrap();
    format!("{before}owner:{owner}lint: {{allow: [untested-account-path], reason: made up}}\n")
}

fn one(kind: AccountKind, value: &str) -> Named {
    Named::One(AccountRef::parse(kind, value).unwrap())
}

#[test]
fn a_path_names_exactly_one_account_or_says_why_not() {
    let path = "{email: 'target[type=User].alternateId'}";
    let target = |people: &[Value]| json!({"target": people.iter().map(|p| json!({"type": "User", "alternateId": p})).collect::<Vec<_>>()});
    let ann = one(AccountKind::Email, "ann@example.com");
    for (people, expected) in [
        (vec![json!("Ann@example.com")], ann.clone()),
        (vec![json!("ann@example.com"), json!("ANN@example.com"), json!(null)], ann),
        (vec![], Named::None),
        (vec![json!(null)], Named::None),
        (vec![json!("ann@example.com"), json!("bob@example.com")], Named::Several),
        (vec![json!("ann@example.com"), json!("аnn@example.com")], Named::Invalid),
        (vec![json!("")], Named::Invalid),
        (vec![json!({})], Named::Invalid),
        (vec![json!(true)], Named::Invalid),
        (vec![json!("ann@example.com"); 64], one(AccountKind::Email, "ann@example.com")),
        (vec![json!("ann@example.com"); 65], Named::Several),
    ] {
        assert_eq!(named(path, target(&people)), expected, "{people:?}");
    }
    assert_eq!(named("{job_number: n}", json!({"n": 4711})), one(AccountKind::JobNumber, "4711"));
    assert_eq!(named("{job_number: n}", json!({"n": 47.5})), Named::Invalid);
}

/// What a path could not read may have named somebody else; alone, it has named nobody.
#[test]
fn what_a_path_could_not_read_spoils_the_rest() {
    let path = "{email: logs|lines|json.user}";
    let ann = one(AccountKind::Email, "ann@example.com");
    for (logs, expected) in [
        (r#"{"user":"ann@example.com"}"#, ann.clone()),
        ("{\"user\":\"ann@example.com\"}\n\n{\"user\":\"ANN@example.com\"}\n", ann),
        ("{\"user\":\"ann@example.com\"}\n{\"us", Named::Invalid),
        ("{\"user\":\"ann@example.com\"}\n{\"user\":\"x\",\"user\":\"bob@example.com\"}", Named::Invalid),
        ("{\"user\":\"ann@example.com\"}\n{\"user\":\"bob@example.com\"}", Named::Several),
        ("no json", Named::None),
        ("", Named::None),
    ] {
        assert_eq!(named(path, json!({ "logs": logs })), expected, "{logs}");
    }
    let numbers = |ids: Value| named("{job_number: 'ids[*]|text'}", json!({ "ids": ids }));
    assert_eq!(numbers(json!([4711, "4711", null])), one(AccountKind::JobNumber, "4711"));
    assert_eq!(numbers(json!([4711, 47.5])), Named::Invalid);
    let long = format!("{{\"user\":\"ann@example.com\"}}\n{}", " ".repeat(512 * 1024));
    assert_eq!(named(path, json!({ "logs": long })), Named::Several);
}

/// Each unreadable account holds a rule that may act on several people, too.
#[test]
fn what_a_path_could_not_read_spoils_several_too() {
    let rule = ACTING
        .replace("{email: who}", "{email: logs|lines|json.user}")
        .replace("  steps:", "  each: true\n  limit: 3\n  steps:");
    let set = load_rule(&without_tests(&rule)).unwrap();
    let response = set.detectors()[0].rule.response.as_ref().unwrap();
    let two = "{\"user\":\"ann@example.com\"}\n{\"user\":\"bob@example.com\"}";
    let all = |logs: &str| response.accounts_of_match(&alert(json!({ "logs": logs })), None).map(|all| all.len());
    assert_eq!(all(two), Ok(2));
    assert_eq!(all(&format!("{two}\nno json")), Err(Named::Invalid));
}

/// A second person whom the path did not get to is a second person.
#[test]
fn accounts_beyond_what_a_path_looks_at_are_several() {
    let target = |before: Option<&str>, count: usize, behind: &str| {
        let user = |name: &str| json!({"type": "User", "alternateId": name});
        let others = std::iter::repeat_n(json!({"type": "User"}), count);
        let all = before.map(user).into_iter().chain(others).chain([user(behind)]);
        json!({"target": all.collect::<Vec<_>>()})
    };
    let path = "{email: 'target[type=User].alternateId'}";
    assert_eq!(named(path, target(Some("a@example.com"), 62, "b@example.com")), Named::Several);
    assert_eq!(named(path, target(Some("a@example.com"), 63, "b@example.com")), Named::Several);
    assert_eq!(named(path, target(None, 64, "b@example.com")), Named::Several);
    assert_eq!(named(path, target(None, 63, "b@example.com")), one(AccountKind::Email, "b@example.com"));
}

#[test]
fn without_a_path_the_source_names_the_person() {
    let rule = ACTING.replace("  account: {email: who}\n", "").replace("account: A@example.com, ", "");
    let rule = rule.replace("{product: test}", "{product: okta}");
    let set = load_rule(&rule).unwrap();
    let response = set.detectors()[0].rule.response.as_ref().unwrap();
    let person = AccountRef::parse(AccountKind::Email, "a@example.com").unwrap();
    assert_eq!(response.account_of(&alert(json!({"who": "b@example.com"}))), Named::None);
    assert_eq!(response.account_of(&Alert { person: Some(person.clone()), ..alert(json!({})) }), Named::One(person));
}

#[test]
fn a_response_has_careful_defaults() {
    let set = load_rule(&ACTING.replace("  mode: enforce\n", "")).unwrap();
    let response = set.detectors()[0].rule.response.as_ref().unwrap();
    assert_eq!((response.mode, response.cooldown), (Mode::Shadow, Duration::from_secs(3600)));
    assert_eq!(response.assurance, Assurance::B);
    assert_eq!(
        response.steps.iter().map(StepTemplate::kind).collect::<Vec<_>>(),
        [ActionKind::SignOut, ActionKind::Disable]
    );
    let StepTemplate::Disable { expires_in, .. } = &response.steps[1] else { panic!("no disable") };
    assert_eq!(*expires_in, Some(Duration::from_secs(8 * 3600)));
}

#[test]
fn a_rule_that_acts_without_tests_is_warned_of() {
    let set = load_rule(&without_tests(ACTING)).unwrap();
    assert!(set.warnings()[0].to_string().contains("the rule acts but has no tests"));
}

#[test]
fn an_employee_reads_the_filled_in_text_of_a_locale() {
    let set = load_rule(ACTING).unwrap();
    let code = ReasonCode::parse("account-takeover").unwrap();
    let values = EmployeeValues { incident_id: "inc_1", contact: "{{ time }}", at: Timestamp::UNIX_EPOCH };
    let reasons = set.reasons();
    assert_eq!(reasons.render(&code, "ja_JP", &values).as_deref(), Some("Ask {{ time }} about inc_1."));
    assert_eq!(reasons.render(&code, "ja-JP", &values), None);
    assert_eq!(reasons.text(&code, "th_TH"), Some("Ask {{ contact }} about {{ incident.id }}."));
    assert_eq!(reasons.codes().collect::<Vec<_>>(), [&code]);
}

#[test]
fn digests_tell_every_change() {
    let base = folder(&[("x.yml", ACTING)]);
    let code = ReasonCode::parse("account-takeover").unwrap();
    let set = compile(&base).unwrap();
    for at in 0..base.len() {
        let mut changed = base.clone();
        changed[at].bytes.extend(b"# more\n");
        assert_ne!(compile(&changed).unwrap().digest(), set.digest(), "{}", changed[at].name);
    }
    let mut reversed = base.clone();
    reversed.reverse();
    assert_eq!(compile(&reversed).unwrap().digest(), set.digest());
    let mut reworded = base;
    reworded[3].bytes = b"account-takeover: 'Call {{ contact }} about {{ incident.id }}.'\n".to_vec();
    let reworded = compile(&reworded).unwrap();
    assert_ne!(reworded.wording_of(&code), set.wording_of(&code));
    assert_eq!(reworded.detectors()[0].rule.reference, set.detectors()[0].rule.reference);
}

#[test]
fn an_account_is_protected_under_the_names_listed() {
    let guardrails = Guardrails::protecting(&[("user_id", "boss01"), ("email", "Boss@example.com")]);
    let is_protected = |kind, value: &str| guardrails.is_protected(&AccountRef::parse(kind, value).unwrap());
    assert!(is_protected(AccountKind::UserId, "boss01") && is_protected(AccountKind::Email, "boss@EXAMPLE.com"));
    assert!(!is_protected(AccountKind::UserId, "Boss01") && !is_protected(AccountKind::LoginId, "boss01"));
}

#[test]
fn acting_on_each_needs_a_limit() {
    let with = |lines: &str| load_rule(&ACTING.replace("  mode: enforce\n", &format!("  mode: enforce\n{lines}")));
    assert_eq!(
        with("  each: true\n  limit: 3\n").unwrap().detectors()[0].rule.response.as_ref().unwrap().each,
        Some(3)
    );
    assert_eq!(with("  each: false\n").unwrap().detectors()[0].rule.response.as_ref().unwrap().each, None);
    for (lines, problem) in [
        ("  each: true\n", "needs a limit"),
        ("  limit: 3\n", "belongs to `each: true`"),
        ("  each: true\n  limit: 21\n", "a number from 1 to 20"),
        ("  each: true\n  limit: 0\n", "a number from 1 to 20"),
        ("  each: all\n", "true or false"),
    ] {
        let said = with(lines).unwrap_err().to_string();
        assert!(said.contains(problem), "{lines}: {said}");
    }
}

#[test]
fn a_rule_may_narrow_its_budget_and_never_widen_it() {
    let budget = |lines: &str, guardrails: &str| {
        let text = ACTING.replace("  mode: enforce\n", &format!("  mode: enforce\n{lines}"));
        let mut files = folder(&[("a.yml", &text)]);
        files.retain(|file| file.name != "guardrails.yml");
        files.push(file("guardrails.yml", &format!("protected: []\n{guardrails}")));
        compile(&files)
            .map(|set| set.budget_of(&set.detectors()[0].rule.reference.id, Some(200)))
            .map_err(|e| e.to_string())
    };
    let of = |per_hour, per_day| Ok(Budget { per_hour, per_day });
    assert_eq!(budget("", ""), of(10, 30));
    assert_eq!(budget("  budget: {per_hour: 3}\n", ""), of(3, 30));
    assert_eq!(budget("  budget: {per_hour: 99, per_day: 99}\n", ""), of(10, 30));
    assert_eq!(budget("  budget: {percent_per_day: 1.5}\n", ""), of(10, 3));
    assert_eq!(budget("", "budgets: {each_rule: {percent_per_hour: 1}}\n"), of(2, 30));
    assert_eq!(budget("  budget: {per_day: 7}\n", "budgets: {each_rule: {per_hour: 5}}\n"), of(5, 7));
    let named = "budgets: {rules: {11111111-1111-4111-8111-111111111111: {per_hour: 20, per_day: 20}}}\n";
    assert_eq!(budget("", named), of(20, 20));
    let unknown = named.replace("1111: {per", "1112: {per");
    let refused =
        "guardrails.yml:2:19: no rule has the id `11111111-1111-4111-8111-111111111112`; remove it, or correct the id";
    assert_eq!(budget("", &unknown).unwrap_err(), refused);
    assert!(budget("  budget: {per_hour: many}\n", &unknown).unwrap_err().contains("`per_hour` is a number from 0"));
}
