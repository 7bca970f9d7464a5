//! The steps beside containing and giving back: a DingTalk ID that is changed, and people who are told.

use super::{ACTING, load_rule, problems};
use crate::incident::{ActionKind, Approval, Lapse};

const DISABLE: &str = "    - disable: {reason: r, expires_in: 8h}\n";
const EXPECTED: &str = "steps: [sign_out, disable]";

/// A rule with these steps behind the others.
fn with(steps: &[&str], expected: &str) -> String {
    let more: String = steps.iter().map(|step| format!("    - {step}\n")).collect();
    let rule = ACTING.replace(DISABLE, &format!("{DISABLE}{more}"));
    rule.replace(EXPECTED, &format!("steps: [sign_out, disable{expected}]"))
}

fn refused(step: &str, problem: &str) {
    let found = problems(&with(&[step], ""));
    assert!(found.starts_with(problem), "{step}: {found}");
}

#[test]
fn a_change_is_always_approved_and_never_for_want_of_an_answer() {
    let rule = with(&["change_dingtalk_id: {prefix: sec}"], ", change_dingtalk_id");
    let approval = |rule: &str| load_rule(rule).unwrap().detectors()[0].rule.response.as_ref().unwrap().approval;
    assert_eq!(approval(&rule), Some(Approval { people: 1, within_s: 86_400, otherwise: Lapse::Drop }));
    let asking = |approval: &str| rule.replace("  steps:\n", &format!("  approval: {approval}\n  steps:\n"));
    let two = approval(&asking("{people: 2, within: 1h, otherwise: drop}"));
    assert_eq!(two, Some(Approval { people: 2, within_s: 3_600, otherwise: Lapse::Drop }));
    assert_eq!(
        problems(&asking("{people: 2, within: 1h, otherwise: act}")),
        "x.yml:10:13: `change_dingtalk_id` is never done unless somebody says yes: nothing undoes it for a year; \
         write `otherwise: drop`"
    );
}

#[test]
fn a_change_that_has_no_form_is_refused() {
    for (step, problem) in [
        ("change_dingtalk_id", "x.yml:13:7: `change_dingtalk_id` needs settings"),
        ("change_dingtalk_id: {}", "x.yml:13:27: change_dingtalk_id needs the key `prefix`"),
        (
            "change_dingtalk_id: {to: zhang2027}",
            "x.yml:13:27: change_dingtalk_id needs the key `prefix`\nx.yml:13:28: unknown key `to`",
        ),
        ("change_dingtalk_id: {prefix: 1sec}", "x.yml:13:36: the DingTalk ID is not usable: a prefix has 1 to 8"),
        ("change_dingtalk_id: {prefix: sec123456}", "x.yml:13:36: the DingTalk ID is not usable: a prefix has 1 to 8"),
        ("change_dingtalk_id: {prefix: a-b}", "x.yml:13:36: the DingTalk ID is not usable: a prefix has 1 to 8"),
        ("change_dingtalk_id: {prefix: ''}", "x.yml:13:36: "),
    ] {
        refused(step, problem);
    }
    let twice = with(&["change_dingtalk_id: {prefix: a}", "change_dingtalk_id: {prefix: b}"], "");
    assert_eq!(problems(&twice), "x.yml:14:7: the step `change_dingtalk_id` is there twice");
}

#[test]
fn a_notice_is_short_and_says_nothing_of_the_alert() {
    let text = |text: &str| format!("notify: {{channel: soc, text: '{text}'}}");
    for (step, problem) in [
        ("notify".to_owned(), "x.yml:13:7: `notify` needs settings"),
        ("notify: {channel: soc}".to_owned(), "x.yml:13:15: notify needs the key `text`"),
        ("notify: {text: t}".to_owned(), "x.yml:13:15: notify needs the key `channel`"),
        ("notify: {channel: 'So C', text: t}".to_owned(), "x.yml:13:25: `channel` is "),
        ("notify: {channel: soc, text: t, to: lisi}".to_owned(), "x.yml:13:39: unknown key `to` in notify"),
        (text("{{ user.email }}"), "x.yml:13:36: `{{ user.email }}` cannot be used here; known are rule.title"),
        (text("{{ contact }}"), "x.yml:13:36: `{{ contact }}` cannot be used here"),
        (text("{% if x %}"), "x.yml:13:36: `{%` means nothing here"),
        (text(&"x".repeat(201)), "x.yml:13:36: the text may become 201 characters long; shorten it to 200"),
        (text(&format!("{}{{{{ alert.source }}}}", "x".repeat(137))), "x.yml:13:36: the text may become 201"),
    ] {
        refused(&step, problem);
    }
}

#[test]
fn a_rule_tells_two_channels_each_once() {
    let notify = |channel: &str| format!("notify: {{channel: {channel}, text: '{{{{ incident.id }}}}'}}");
    let (one, two, three) = (notify("a"), notify("b"), notify("c"));
    let set = load_rule(&with(&[&one, &two], ", notify, notify")).unwrap();
    let response = set.detectors()[0].rule.response.as_ref().unwrap();
    let kinds: Vec<_> = response.steps.iter().map(super::super::StepTemplate::kind).collect();
    assert_eq!(kinds[2..], [ActionKind::Notify; 2]);
    for steps in [vec![one.as_str(), one.as_str()], vec![&one, &two, &three]] {
        let found = problems(&with(&steps, ""));
        assert!(found.contains(": `notify` tells up to 2 channels, each once"), "{found}");
    }
}
