//! What becomes of an alert: each verdict, how several rules share one plan, and that the same
//! inputs give the same result.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::incident::{
    Action, ActionKind, AlertId, AlertSummary, Digest, Extent, LogSource, Pause, PauseScope, Plan, SourceName,
};
use crate::response::targets;
use crate::rules::{LOCALES, SourceFile, compile};
use crate::trail::Pseudonyms;

const CONTAIN: &str = "
    - sign_out: {reason: '{{ rule.title }} {{ incident.id }}', employee_reason: account-takeover}
    - disable: {reason: '{{ alert.source }}', expires_in: 8h}";
const DISABLE: &str = "
    - disable: {reason: 'second', permanent: true}";

fn rule(number: u32, level: &str, response: &str, steps: &str) -> SourceFile {
    let text = format!(
        "title: Rule {number}
id: 00000000-0000-4000-8000-00000000000{number}
level: {level}
owner: tests
logsource: {{product: test}}
detection:
  selection: {{a: x}}
  condition: selection
response:
  account: {{email: who}}
  cooldown: 1h
  {response}
  steps:{steps}
lint: {{allow: [untested-account-path], reason: made up}}
"
    );
    file(&format!("rule-{number}.yml"), &text)
}

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile { name: name.to_owned(), bytes: text.as_bytes().to_vec() }
}

fn rule_set(rules: Vec<SourceFile>) -> RuleSet {
    let text = "account-takeover: 'Ask {{ contact }} about {{ incident.id }}.'\n";
    let mut files: Vec<_> = LOCALES.iter().map(|locale| file(&format!("reasons/{locale}.yml"), text)).collect();
    files.push(file("guardrails.yml", "protected:\n  - {email: chief@example.com, why: test}\n"));
    files.extend(rules);
    compile(&files).unwrap_or_else(|errors| panic!("{errors}"))
}

fn alert(event: Value) -> Alert {
    let source = SourceName::parse("test").unwrap();
    let summary = AlertSummary {
        id: AlertId::derive(&source, "key"),
        source,
        assurance: Assurance::B,
        event_type: None,
        occurred_at: None,
        received_at: Timestamp::UNIX_EPOCH,
        body_digest: Digest::of(b""),
        event_digest: None,
        delivery_hints: [].into(),
        secret: "test".to_owned(),
    };
    let log_source = LogSource { product: Some("test".to_owned()), ..LogSource::default() };
    Alert {
        summary,
        key: "key".to_owned(),
        next_key: None,
        by_content: Vec::new(),
        log_sources: Arc::from([log_source]),
        person: None,
        reason_user: [].into(),
        event,
    }
}

fn about(person: &str) -> Alert {
    alert(json!({"a": "x", "who": person}))
}

fn decided(rules: &RuleSet, alert: &Alert, standing: &Standing) -> Decided {
    decided_after(&mut Ledger::default(), rules, alert, standing)
}

/// As after the plans that the ledger knows.
fn decided_after(ledger: &mut Ledger, rules: &RuleSet, alert: &Alert, standing: &Standing) -> Decided {
    let evaluation = rules.evaluate(alert);
    let targets = targets(alert, evaluation.matches, &Pseudonyms::new(&[1; 32]));
    decide(
        alert,
        targets,
        evaluation.nearest.and_then(|nearest| nearest.miss(&alert.event)),
        standing,
        ledger,
        rules,
        Timestamp::from_second(1_000_000).unwrap(),
    )
}

fn kinds(plan: &Plan) -> Vec<ActionKind> {
    plan.actions.iter().map(Action::kind).collect()
}

/// A cover of `seconds` ago for the account of `person` under rule 1.
fn covered(person: &str, seconds: i64, live: bool) -> Standing {
    let account = AccountRef::parse(crate::incident::AccountKind::Email, person).unwrap();
    let rule = RuleId::parse("00000000-0000-4000-8000-000000000001").unwrap();
    let cover = Cover {
        incident: IncidentId::parse("inc_0123456789abcdef").unwrap(),
        opened_at: Timestamp::from_second(1_000_000 - seconds).unwrap(),
        live,
        held: None,
        extent: Extent { kinds: [ActionKind::SignOut, ActionKind::Disable].into(), disabled_s: Some(8 * 3_600) },
        departments: Vec::new(),
        user_id: None,
    };
    let covers = [((rule, Pseudonyms::new(&[1; 32]).of(&account)), cover)].into();
    Standing { covers, ..Standing::default() }
}

#[test]
fn an_enforcing_rule_is_planned_with_everything_rendered() {
    let rules = rule_set(vec![rule(1, "high", "mode: enforce", CONTAIN)]);
    let decided = decided(&rules, &about("zhang.san@example.com"), &Standing::default());
    assert_eq!(decided.verdict.kind, VerdictKind::Planned);
    let [Opened { plan, held: None }] = decided.opened.as_slice() else { panic!("{:?}", decided.opened) };
    assert_eq!(kinds(plan), [ActionKind::SignOut, ActionKind::Disable, ActionKind::Enable]);
    let mut wanted = String::from("Rule 1 ");
    write!(wanted, "{}", plan.incident).unwrap();
    assert!(matches!(&plan.actions[0], Action::SignOut { reason, .. } if *reason == wanted));
    assert!(matches!(&plan.actions[1], Action::Disable { reason } if reason == "test"));
    assert_eq!(plan.actions[2], Action::Enable { after_s: 8 * 3600 });
    let texts = &decided.subjects[&plan.incident].texts[&0];
    assert_eq!(texts.len(), 15);
    assert_eq!(texts["ja_JP"], format!("Ask {} about {}.", rules.guardrails().contact(), plan.incident));
}

#[test]
fn nothing_personal_is_in_what_is_recorded_in_the_clear() {
    let rules = rule_set(vec![rule(1, "high", "mode: enforce", CONTAIN)]);
    let decided = decided(&rules, &about("zhang.san@example.com"), &Standing::default());
    let recorded = serde_json::to_string(&(&decided.verdict, &decided.opened)).unwrap();
    assert!(!recorded.contains("zhang"), "{recorded}");
}

#[test]
fn a_rule_without_a_word_on_its_mode_only_watches() {
    let rules = rule_set(vec![rule(1, "high", "assurance: B", CONTAIN)]);
    let decided = decided(&rules, &about("zhang.san@example.com"), &Standing::default());
    assert_eq!((decided.verdict.kind, decided.opened.len()), (VerdictKind::Shadow, 0));
}

#[test]
fn a_sign_out_again_is_the_last_of_what_several_rules_take() {
    let again = &format!("{CONTAIN}\n    - sign_out");
    let plan_of = |first: &str, second: &str| {
        let rules = vec![rule(1, "critical", "mode: enforce", first), rule(2, "low", "mode: enforce", second)];
        let decided = decided(&rule_set(rules), &about("zhang.san@example.com"), &Standing::default());
        let [Opened { plan, .. }] = decided.opened.as_slice() else { panic!("{:?}", decided.opened) };
        let agains = (0..plan.actions.len()).filter(|index| plan.is_again(*index)).collect::<Vec<_>>();
        (kinds(plan), agains)
    };
    let sign_out = "\n    - sign_out: {reason: r, employee_reason: account-takeover}";
    let whole = [ActionKind::SignOut, ActionKind::Disable, ActionKind::SignOut];
    assert_eq!(plan_of(sign_out, again), ([&whole[..], &[ActionKind::Enable]].concat(), vec![2]));
    assert_eq!(plan_of(again, DISABLE), (whole.to_vec(), vec![2]), "for good is longest");
    let other_way_round = plan_of(DISABLE, again);
    assert_eq!(other_way_round, (vec![ActionKind::Disable, ActionKind::SignOut], vec![]), "it is after it already");
}

#[test]
fn several_rules_on_one_account_share_one_plan_led_by_the_gravest() {
    let rules = rule_set(vec![
        rule(1, "low", "mode: enforce", CONTAIN),
        rule(2, "critical", "mode: enforce", DISABLE),
        rule(3, "critical", "mode: shadow", CONTAIN),
    ]);
    let decided = decided(&rules, &about("zhang.san@example.com"), &Standing::default());
    let [Opened { plan, .. }] = decided.opened.as_slice() else { panic!("{:?}", decided.opened) };
    assert_eq!(plan.rules.iter().map(|rule| rule.title.as_str()).collect::<Vec<_>>(), ["Rule 2", "Rule 1"]);
    assert_eq!(kinds(plan), [ActionKind::Disable, ActionKind::SignOut], "a permanent disable is not undone");
    assert!(decided.subjects[&plan.incident].texts.contains_key(&1), "texts go with their step");
    let verdicts: Vec<_> = decided.verdict.decisions.iter().map(|decision| decision.kind).collect();
    assert_eq!(verdicts, [VerdictKind::Planned, VerdictKind::Planned, VerdictKind::Shadow]);
}

#[test]
fn what_the_source_does_not_prove_is_not_acted_on() {
    let rules = rule_set(vec![
        rule(1, "high", "mode: enforce\n  assurance: A", CONTAIN),
        rule(2, "low", "mode: enforce", DISABLE),
    ]);
    let decided = decided(&rules, &about("zhang.san@example.com"), &Standing::default());
    let [Opened { plan, held: None }] = decided.opened.as_slice() else { panic!("{:?}", decided.opened) };
    assert_eq!(kinds(plan), [ActionKind::Disable], "the rule that is content with B goes on alone");
    let refused = decided.verdict.decisions.iter().find(|decision| decision.kind == VerdictKind::Held).unwrap();
    assert_eq!((refused.reason, &refused.incident), (Some(HoldReason::AssuranceTooLow), &None));
}

#[test]
fn an_account_that_cannot_be_told_is_held() {
    let rules = rule_set(vec![rule(1, "high", "mode: enforce", CONTAIN)]);
    for (event, reason) in [
        (json!({"a": "x"}), HoldReason::AccountNotNamed),
        (json!({"a": "x", "who": "not an address\u{202e}"}), HoldReason::AccountNotNamed),
    ] {
        let decided = decided(&rules, &alert(event), &Standing::default());
        assert_eq!((decided.verdict.kind, decided.opened.len()), (VerdictKind::Held, 0));
        assert_eq!(decided.verdict.decisions[0].reason, Some(reason));
    }
}

fn all_paused() -> Pauses {
    let mut pauses = Pauses::default();
    let pause = Pause { actor: "a".to_owned(), reason: "b".to_owned(), at: Timestamp::UNIX_EPOCH };
    pauses.begin(PauseScope::All, pause);
    pauses
}

#[test]
fn a_pause_and_a_protected_account_open_a_held_incident() {
    let rules = rule_set(vec![rule(1, "high", "mode: enforce", CONTAIN)]);
    let paused =
        decided(&rules, &about("zhang.san@example.com"), &Standing { pauses: all_paused(), ..Standing::default() });
    assert_eq!(paused.opened[0].held, Some(HoldReason::Paused));
    assert_eq!(paused.verdict.decisions[0].kind, VerdictKind::Held);
    let chief = decided(&rules, &about("Chief@example.com"), &Standing::default());
    assert_eq!(chief.opened[0].held, Some(HoldReason::ProtectedListed));
}

#[test]
fn an_account_that_is_covered_is_left_alone_until_the_cooldown_has_passed() {
    let rules = rule_set(vec![rule(1, "high", "mode: enforce", CONTAIN)]);
    let person = "zhang.san@example.com";
    let kind = |standing: Standing| decided(&rules, &about(person), &standing).verdict.kind;
    assert_eq!(kind(covered(person, 3_599, false)), VerdictKind::Suppressed);
    assert_eq!(kind(covered(person, 3_600, false)), VerdictKind::Planned);
    assert_eq!(kind(covered(person, 86_400, true)), VerdictKind::Suppressed, "a live incident covers at any age");
    assert_eq!(kind(covered("li.si@example.com", 1, true)), VerdictKind::Planned);
}

#[test]
fn nothing_matched_names_the_nearest_miss() {
    let rules = rule_set(vec![rule(1, "high", "mode: enforce", CONTAIN)]);
    let decided = decided(&rules, &alert(json!({"a": "y"})), &Standing::default());
    assert_eq!(decided.verdict.kind, VerdictKind::Unmatched);
    assert_eq!(decided.verdict.nearest.unwrap().field, "a");
}

#[test]
fn the_same_inputs_give_the_same_result_to_the_letter() {
    let rules = rule_set(vec![rule(1, "low", "mode: enforce", CONTAIN), rule(2, "critical", "mode: enforce", DISABLE)]);
    let once = || format!("{:?}", decided(&rules, &about("zhang.san@example.com"), &Standing::default()));
    assert_eq!(once(), once());
}

#[test]
fn each_of_several_accounts_is_an_incident_up_to_the_limit() {
    let text = String::from_utf8(rule(1, "high", "each: true\n  limit: 2\n  mode: enforce", CONTAIN).bytes).unwrap();
    let rules = rule_set(vec![file("rule-1.yml", &text.replace("email: who", "email: 'who[*]'"))]);
    let people = |names: &[&str]| alert(json!({"a": "x", "who": names}));
    let accounts = |alert: &Alert| {
        let decided = decided(&rules, alert, &Standing::default());
        let mut accounts: Vec<String> =
            decided.subjects.values().map(|subject| subject.account.value().to_owned()).collect();
        accounts.sort();
        (decided.verdict.kind, accounts)
    };
    assert_eq!(
        accounts(&people(&["b@example.com", "a@example.com", "A@example.com"])),
        (VerdictKind::Planned, vec!["a@example.com".to_owned(), "b@example.com".to_owned()])
    );
    for held in [&["a@example.com", "b@example.com", "c@example.com"][..], &["a@example.com", "no address"]] {
        assert_eq!(accounts(&people(held)), (VerdictKind::Held, vec![]), "{held:?}");
    }
}

#[test]
fn the_author_is_on_every_decision() {
    let long = "a".repeat(1_000);
    let text = |author: &str| {
        String::from_utf8(rule(1, "high", "mode: shadow", CONTAIN).bytes).unwrap() + "author: " + author + "\n"
    };
    for (author, recorded) in [("Ann Other", "Ann Other"), (long.as_str(), &long[..Decision::AUTHOR_CHARS_MAX])] {
        let rules = rule_set(vec![file("rule-1.yml", &text(author))]);
        let decided = decided(&rules, &about("zhang.san@example.com"), &Standing::default());
        assert_eq!(decided.verdict.decisions[0].author.as_deref(), Some(recorded));
    }
}

/// Everything that a rule may take, in each length.
const TAKING: [&str; 5] = [
    "\n    - sign_out: {reason: r, employee_reason: account-takeover}",
    "\n    - disable: {reason: r, expires_in: 1h}",
    "\n    - disable: {reason: r, expires_in: 9h}",
    CONTAIN,
    DISABLE,
];

#[test]
fn of_several_rules_each_gets_all_that_it_asks_for_and_for_as_long() {
    for first in TAKING {
        for second in TAKING {
            for third in TAKING {
                let rules = rule_set(vec![
                    rule(1, "critical", "mode: enforce", first),
                    rule(2, "high", "mode: enforce", second),
                    rule(3, "low", "mode: enforce", third),
                ]);
                let decided = decided(&rules, &about("zhang.san@example.com"), &Standing::default());
                let [Opened { plan, .. }] = decided.opened.as_slice() else { panic!("{:?}", decided.opened) };
                let asked: Vec<_> =
                    rules.all_rules().filter_map(|rule| Some(rule.response.as_ref()?.extent())).collect();
                assert!(
                    asked.iter().all(|extent| plan.extent().includes(extent)),
                    "{first} {second} {third}: {plan:?}"
                );
                let longest = asked.iter().map(|extent| extent.disabled_s).max().flatten();
                assert_eq!(plan.extent().disabled_s, longest, "and no longer");
            }
        }
    }
}

#[test]
fn a_cover_covers_no_more_than_it_takes() {
    let person = "zhang.san@example.com";
    let longer = CONTAIN.replace("8h", "9h");
    for (steps, kind) in [
        (CONTAIN, VerdictKind::Suppressed),
        (TAKING[0], VerdictKind::Suppressed),
        (TAKING[1], VerdictKind::Suppressed),
        (longer.as_str(), VerdictKind::Planned),
        (DISABLE, VerdictKind::Planned),
    ] {
        let rules = rule_set(vec![rule(1, "high", "mode: enforce", steps)]);
        for live in [true, false] {
            assert_eq!(decided(&rules, &about(person), &covered(person, 60, live)).verdict.kind, kind, "{steps}");
        }
    }
}

#[test]
fn what_waits_covers_only_what_would_have_to_wait_as_well() {
    let person = "zhang.san@example.com";
    let rules = rule_set(vec![rule(1, "high", "mode: enforce\n  assurance: D", CONTAIN)]);
    let held = |reason: HoldReason| {
        let mut standing = covered(person, 60, true);
        standing.covers.values_mut().for_each(|cover| cover.held = Some(reason));
        standing
    };
    let from = |assurance: Assurance| {
        let mut alert = about(person);
        alert.summary.assurance = assurance;
        alert
    };
    let kind = |alert: &Alert, standing: &Standing| decided(&rules, alert, standing).verdict.kind;
    let unconfirmed = held(HoldReason::UnconfirmedDisable);
    assert_eq!(kind(&from(Assurance::D), &unconfirmed), VerdictKind::Suppressed);
    assert_eq!(kind(&from(Assurance::C), &unconfirmed), VerdictKind::Planned, "it need not be confirmed");
    let paused = Standing { pauses: all_paused(), ..held(HoldReason::Paused) };
    assert_eq!(kind(&from(Assurance::A), &paused), VerdictKind::Suppressed);
    for (reason, kind_now) in [
        (HoldReason::Paused, VerdictKind::Planned),
        (HoldReason::BreakerTripped, VerdictKind::Planned),
        (HoldReason::SourceBudget, VerdictKind::Planned),
        (HoldReason::ApprovalWanted, VerdictKind::Planned),
        // What DingTalk did not do or say then it may do or say now.
        (HoldReason::OperatorNeeded, VerdictKind::Planned),
        (HoldReason::QuotaExhausted, VerdictKind::Planned),
        (HoldReason::AttemptsExhausted, VerdictKind::Planned),
        (HoldReason::ProtectionUnknown, VerdictKind::Planned),
        // What is so of the account is so for every alert.
        (HoldReason::ProtectedLive, VerdictKind::Suppressed),
        (HoldReason::AccountAmbiguous, VerdictKind::Suppressed),
        (HoldReason::Unverified, VerdictKind::Suppressed),
    ] {
        assert_eq!(kind(&from(Assurance::A), &held(reason)), kind_now, "{reason:?}");
    }
}
