//! Each lint with rules that have it and rules that nearly do, and the promises about all of them.

mod correlations;

use std::path::Path;

use super::super::tests::{ACTING, folder};
use super::*;

/// A rule that nothing is wrong with, to be varied.
fn clean() -> String {
    let near_miss = "  - name: nearly\n    alert: {a: y, who: a@example.com}\n    expect: none\n";
    let words = "description: Because.\nfalsepositives:\n  - A test.\n";
    format!("{}{words}", ACTING.replace("owner:", &format!("{near_miss}owner:")))
}

/// For a clean rule whose tests are taken away.
const UNTESTED: &str = "lint: {allow: [untested-account-path], reason: made up}\n";

fn with(from: &str, to: &str) -> String {
    let rule = clean();
    assert!(rule.contains(from), "{from}");
    rule.replace(from, to)
}

fn linted(rules: &[(&str, &str)]) -> Linted {
    lint_files("", &folder(rules), Vec::new(), Statuses::default()).unwrap_or_else(|errors| panic!("{errors}"))
}

/// What is found in one rule, as `line id level`.
fn found(rule: &str) -> Vec<String> {
    shown(&linted(&[("x.yml", rule)]))
}

fn shown(linted: &Linted) -> Vec<String> {
    let line = |found: &Problem| {
        format!("{}:{} {} {}", found.file, found.at.unwrap().line, found.lint.unwrap().id(), found.level.as_str())
    };
    linted.findings.iter().map(line).collect()
}

#[test]
fn the_clean_rule_is_clean() {
    assert_eq!(found(&clean()), [""; 0]);
}

#[test]
fn a_log_source_that_is_nearly_a_known_one_or_has_wildcards_is_told() {
    for (log_source, expected) in [
        ("{product: otka}", "x.yml:3 unknown-product warning"),
        ("{product: Oktaa}", "x.yml:3 unknown-product warning"),
        ("{product: crowdstrke}", "x.yml:3 unknown-product warning"),
        ("{product: '*'}", "x.yml:3 unknown-product warning"),
        ("{product: test, service: 'a?'}", "x.yml:3 unknown-product warning"),
        ("{category: 'auth*'}", "x.yml:3 unknown-product warning"),
        ("{product: test}", ""),
        ("{product: Siem}", ""),
        ("{product: acme-siem}", ""),
        ("{product: ssh}", ""),
        ("{category: otka}", ""),
        ("{product: test, definition: 'all of *'}", ""),
    ] {
        assert_eq!(found(&with("{product: test}", log_source)).join(", "), expected, "{log_source}");
    }
    let advice = &linted(&[("x.yml", &with("{product: test}", "{product: otka}"))]).findings[0].advice;
    assert_eq!(advice.as_deref(), Some("did you mean `okta`?"));
}

#[test]
fn a_rule_that_acts_and_that_no_event_can_match_is_told() {
    let untested = clean();
    let (head, rest) = untested.split_once("tests:").unwrap();
    let (_, tail) = rest.split_once("owner:").unwrap();
    let rule = format!("{head}owner:{tail}name: n\n{UNTESTED}");
    let never = |searches: &str, condition: &str, more: &[(&str, &str)]| {
        let own = format!("{searches}\n  condition: {condition}\n");
        let rule = rule.replace("  selection: {a: x}\n  condition: selection\n", &own);
        assert!(rule.contains(&own));
        let told = shown(&linted(&[&[("x.yml", rule.as_str())], more].concat()));
        told.iter().any(|told| told == "x.yml:4 never-matches warning")
    };
    for (searches, condition, expected) in [
        ("  s: {a: x}\n  t: {a: x}", "s and not t", true),
        ("  s: {a: x}\n  t: {a: [x, y]}", "s and not t", true),
        ("  s: {a: x, b: y}\n  t: {b: y}", "s and not t", true),
        ("  s: {a: x}\n  t: {b: y}\n  u: {a: x}", "s and not (t or u)", true),
        ("  s: {a: x, b: y}\n  t: {a: x}\n  u: {b: y}", "s and not (t and u)", true),
        ("  s: {a: [x, y]}\n  t: {a: x}", "s and not t", false),
        ("  s: {a: x}\n  t: {a: x, b: y}", "s and not t", false),
        ("  s: {a: x}\n  t: {a|cased: x}", "s and not t", false),
        ("  s: {a: x}\n  t: {b: x}", "s and not t", false),
        ("  s: {a: x}\n  t: {a: x}\n  u: {b: y}", "u or (u and s and not t)", false),
        ("  s: {a: x}\n  t: {a: x}", "s and not not t", false),
    ] {
        assert_eq!(never(searches, condition, &[]), expected, "{searches} {condition}");
    }
    let filter = |search: &str| {
        format!("title: F\nlogsource: {{product: test}}\nfilter: {{rules: [n], f: {search}, condition: not f}}\n")
    };
    for (search, expected) in [("{a: x}", true), ("{a: x, b: y}", false), ("{a: z}", false)] {
        let filter = filter(search);
        assert_eq!(never("  s: {a: x}", "s", &[("y.yml", &filter)]), expected, "{search}");
    }
}

#[test]
fn every_product_of_a_shipped_rule_is_a_known_one() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let linted = lint(&shipped, Statuses::default()).unwrap();
    for detector in linted.set.detectors() {
        let product = detector.log_source.product.as_deref().unwrap();
        assert!(super::super::carried::products().any(|known| known == product), "{product}");
    }
}

#[test]
fn a_rule_that_acts_on_what_strangers_choose_is_told_so() {
    let tests = |event: &str| {
        clean().replace("  selection: {a: x}", &format!("  selection: {event}")).replace("alert: {a: x,", "alert: {")
    };
    // The tests of the rule do not come out any more, so they go.
    let detecting = |detection: &str| {
        let rule = tests(detection);
        let (head, rest) = rule.split_once("tests:").unwrap();
        let (_, tail) = rest.split_once("owner:").unwrap();
        shown(&linted(&[("x.yml", &format!("{head}owner:{tail}{UNTESTED}"))]))
            .into_iter()
            .filter(|found| !found.contains("-test "))
            .collect::<Vec<_>>()
    };
    let attacker = ["x.yml:4 attacker-controlled-only warning"];
    let everyone = ["x.yml:4 can-hit-everyone warning"];
    for detection in [
        "{client.userAgent.rawUserAgent|contains: sqlmap}",
        "{actor.displayName: evil}",
        "{client_ip|cidr: 10.0.0.0/8}",
        "{Subject: Invoice}",
        "[evil, worse]",
        "{eventType: user.session.start, userAgent: curl}",
        "[{eventType: user.risk.detect}, {message: evil}]",
    ] {
        assert_eq!(detecting(detection), attacker, "{detection}");
    }
    // What any value at all passes does not load, so there is nothing to tell of it.
    for detection in [
        "{eventType: user.session.start}",
        "{eventType|startswith: 'user.'}",
        "{outcome.result: [SUCCESS, FAILURE]}",
        "{risk|gte: 1}",
        "{actor.displayName: '*@*'}",
        "{ip|cidr: 128.0.0.0/1}",
        "{a|re: '^[a-zA-Z].*$'}",
        "{a: 'u*', b|exists: true}",
        "[{a: x}, {outcome: success}]",
    ] {
        assert_eq!(detecting(detection), everyone, "{detection}");
    }
    for detection in [
        "{eventType: user.risk.detect}",
        "{eventType: user.session.start, risk: high}",
        "{userAgent: curl, verdict: confirmed}",
        "{outcome|contains|all: [success, stolen]}",
        "{risk|gte: 5000}",
        "[{a: x}, {a: y}]",
    ] {
        assert_eq!(detecting(detection), [""; 0], "{detection}");
    }
}

#[test]
fn only_rules_that_act_are_told() {
    let rule = "title: T\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {product: test}\ndetection:\n  s: {message|re: 'ev.l'}\n  condition: s\n";
    assert_eq!(found(rule), [""; 0]);
}

#[test]
fn an_expression_that_is_found_anywhere_is_told() {
    let loose = with("  selection: {a: x}", "  selection: {a|re: ['^x$', xyz]}");
    assert_eq!(found(&loose), ["x.yml:5 unanchored-regex warning"]);
    assert_eq!(found(&with("  selection: {a: x}", "  selection: {a|re: '^(x|z)$'}")), [""; 0]);
}

#[test]
fn what_has_no_end_no_words_or_no_tests_is_told() {
    assert_eq!(found(&with("expires_in: 8h", "permanent: true")), ["x.yml:12 permanent-disable warning"]);
    for short in ["expires_in: 59m", "expires_in: 1m"] {
        assert_eq!(found(&with("expires_in: 8h", short)), ["x.yml:12 cooldown-outlasts-disable warning"]);
    }
    assert_eq!(found(&with("expires_in: 8h", "expires_in: 1h")), [""; 0]);
    let changed = with("expires_in: 8h}\n", "expires_in: 8h}\n    - change_dingtalk_id: {prefix: sec}\n");
    let changed = changed.replace("steps: [sign_out, disable]", "steps: [sign_out, disable, change_dingtalk_id]");
    assert_eq!(found(&changed), ["x.yml:13 change-not-undone warning"]);
    let for_good = changed.replace("expires_in: 8h", "permanent: true");
    assert_eq!(found(&for_good), ["x.yml:12 permanent-disable warning"]);
    assert_eq!(found(&with("description: Because.\n", "")), ["x.yml:1 missing-description warning"]);
    assert_eq!(found(&with("falsepositives:\n  - A test.\n", "")), ["x.yml:1 missing-falsepositives warning"]);
    assert_eq!(found(&with("alert: {a: y,", "alert: {a: y, b: 1,")), [""; 0]);
    let near_miss = "  - name: nearly\n    alert: {a: y, who: a@example.com}\n    expect: none\n";
    assert_eq!(found(&with(near_miss, "")), ["x.yml:13 missing-near-miss-test warning"]);
    let rule = clean();
    let (head, rest) = rule.split_once("tests:").unwrap();
    let (_, tail) = rest.split_once("owner:").unwrap();
    let untested = format!("{head}owner:{tail}");
    assert_eq!(found(&format!("{untested}{UNTESTED}")), ["x.yml:1 missing-match-test warning"]);
    assert_eq!(
        found(&untested.replace("enforce", "shadow")),
        ["x.yml:1 missing-match-test warning", "x.yml:1 missing-near-miss-test warning"]
    );
}

#[test]
fn old_dates_tags_operators_and_values_are_told_and_mended() {
    let old = with("owner:", "date: 2023/01/02\ntags: [attack.T1078, attack.initial-access, cve.2021.44228]\nowner:")
        .replace("condition: selection", "condition: selection AND NOT other")
        .replace("detection:\n", "detection:\n  other: {b: 012, c|contains|all: z}\n");
    let expected = [
        "x.yml:5 single-value-all warning",
        "x.yml:5 unquoted-zero warning",
        "x.yml:7 shouting-operator warning",
        "x.yml:21 old-date info",
        "x.yml:22 old-tag info",
        "x.yml:22 old-tag info",
    ];
    let mut told = found(&old);
    told.sort_by_key(|told| expected.iter().position(|expected| expected == told));
    assert_eq!(told, expected);
    let mended = mend::mended_files(&folder(&[("x.yml", &old)]), Statuses::default()).unwrap();
    let ([Mended { after, .. }], []) = (mended.files.as_slice(), mended.left.as_slice()) else { panic!("{mended:?}") };
    assert_eq!(found(after), [""; 0]);
    assert_eq!(after.lines().count(), old.lines().count());
    assert!(
        after.contains("c|contains: z")
            && after.contains("tags: [attack.t1078, attack.initial-access, cve.2021-44228]")
    );
    let again = mend::mended_files(&folder(&[("x.yml", after)]), Statuses::default()).unwrap();
    assert_eq!((again.files, again.left), (Vec::new(), Vec::new()));
}

#[test]
fn what_cannot_be_mended_is_left_and_keeps_nothing_else() {
    let plain = "title: T\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {product: test}\ndetection:\n";
    let first = format!("{plain}  s: {{f|all: a, f: b}}\n  u: {{g|all: x, h: 012}}\n  condition: s AND u\n");
    let second = plain.replace("1111-4111", "2222-4111") + "  s: {'|all': [x], f: 012}\n  condition: \"s \\x41ND s\"\n";
    let files = folder(&[("x.yml", &first), ("y.yml", &second)]);
    let Mends { files, left } = mend::mended_files(&files, Statuses::default()).unwrap();
    let after: Vec<&str> = files.iter().map(|file| file.after.as_str()).collect();
    assert_eq!(
        after,
        [first.replace("g|all", "g").replace("012", "'012'").replace("AND", "and"), second.replace("012", "'012'"),]
    );
    let left = left.iter().map(|left| (left.found.at.unwrap().line, left.found.lint.unwrap(), left.why.to_string()));
    let left: Vec<_> = left.collect();
    let spelling = WhyUnmended::Spelling.to_string();
    let breaks = "the rules would not load any more: x.yml:5:13: the key `f` is already in line 5; \
                  a reader would keep only one of the two";
    assert_eq!(
        left,
        [
            (5, Lint::SingleValueAll, breaks.to_owned()),
            (5, Lint::SingleValueAll, spelling.clone()),
            (6, Lint::ShoutingOperator, spelling),
        ]
    );
}

#[test]
fn what_is_allowed_is_not_told_and_needs_a_reason() {
    let endless = with("expires_in: 8h", "permanent: true");
    let allowed = format!("{endless}lint: {{allow: [permanent-disable], reason: left for good}}\n");
    let linted = linted(&[("x.yml", &allowed)]);
    assert_eq!((shown(&linted), linted.allowed), (Vec::new(), 1));
    let needless = format!("{}lint: {{allow: [permanent-disable], reason: left for good}}\n", clean());
    assert_eq!(found(&needless), ["x.yml:24 unused-allowance info"]);
    for (lint, problem) in [
        ("{allow: [permanent-disable]}", "x.yml:24:7: lint needs the key `reason`"),
        ("{allow: [permanent-disable], reason: ''}", "x.yml:24:44: `reason` is empty"),
        (
            "{allow: [permanent-disabled], reason: r}",
            "x.yml:24:16: `permanent-disabled` is no lint; did you mean `permanent-disable`?",
        ),
        ("{allow: [missing-locale], reason: r}", "x.yml:24:16: `missing-locale` is an error and cannot be allowed"),
        ("{allow: [xyzzy], reason: r}", "x.yml:24:16: `xyzzy` is no lint; see `portcullis rules check --list-lints`"),
        ("{deny: [old-date], reason: r}", "x.yml:24:7: lint needs the key `allow`"),
        ("[old-date]", "x.yml:24:7: lint must be a mapping, not a list"),
    ] {
        let rule = format!("{}lint: {lint}\n", clean());
        let errors = lint_files("", &folder(&[("x.yml", &rule)]), Vec::new(), Statuses::default()).unwrap_err();
        assert_eq!(errors.to_string().lines().next().unwrap(), problem, "{lint}");
    }
}

const OTHER: &str = "22222222-2222-4222-8222-222222222222";
const FIRST: &str = "11111111-1111-4111-8111-111111111111";

/// What is found in the clean rule beside a second one.
fn beside(second: &str) -> Vec<String> {
    shown(&linted(&[("a.yml", &clean()), ("b.yml", &second.replace(FIRST, OTHER))]))
}

#[test]
fn a_second_rule_of_the_same_kind_is_told() {
    let twin = with("selection", "chosen").replace("title: T", "title: Other");
    assert_eq!(beside(&twin), ["b.yml:1 duplicate-rule warning"]);
    // A rule without response is told softly, and is no copy of one that acts.
    let detecting = |id: &str| {
        format!("title: T\nid: {id}\nlogsource: {{product: test}}\ndetection:\n  s: {{a: x}}\n  condition: s\n")
    };
    let both = linted(&[("a.yml", &detecting(FIRST)), ("b.yml", &detecting(OTHER))]);
    assert_eq!(shown(&both), ["b.yml:1 duplicate-rule info"]);
    assert_eq!(beside(&detecting(OTHER)), [""; 0]);
}

#[test]
fn a_rule_that_another_forestalls_is_told() {
    let shadowed = ["b.yml:1 shadowed-rule warning"];
    let narrow = with("selection: {a: x}", "selection: {a: x, b: y}").replace("alert: {a: x,", "alert: {a: x, b: y,");
    assert_eq!(beside(&narrow), shadowed);
    let except = with("condition: selection", "condition: selection and not known")
        .replace("detection:\n", "detection:\n  known: {k: 1}\n");
    assert_eq!(beside(&except), shadowed);
    assert_eq!(beside(&narrow.replace("8h", "4h")), shadowed);
    assert_eq!(beside(&narrow.replace("product: test", "product: test, service: s")), shadowed);
    // Harder, elsewhere, on somebody else, on weaker proof, or sooner again: it has its own work to do.
    for (from, to) in [
        ("8h", "9h"),
        ("product: test", "product: other"),
        ("email: who", "user_id: who"),
        ("  mode: enforce", "  mode: enforce\n  assurance: C"),
        ("  mode: enforce", "  mode: enforce\n  cooldown: 1m"),
        ("b: y", "a|neq: q"),
    ] {
        let other = narrow.replace(from, to);
        let other = if from == "email: who" {
            other.replace("a@example.com", "a").replace("A@example.com", "a")
        } else {
            other
        };
        let expected: &[&str] = if to == "a|neq: q" { &shadowed } else { &[] };
        assert_eq!(beside(&other), expected, "{to}");
    }
    let wider = with("selection: {a: x}", "selection: {a: [x, z]}");
    assert_eq!(beside(&wider), ["a.yml:1 shadowed-rule warning"]);
    let watching = with("mode: enforce", "mode: shadow");
    assert_eq!(beside(&watching), ["b.yml:1 shadowed-rule warning"]);
}

#[test]
fn errors_of_the_catalogue_have_their_ids() {
    let id = |rule: &str| {
        let errors = lint_files("", &folder(&[("x.yml", rule)]), Vec::new(), Statuses::default()).unwrap_err();
        errors.problems()[0].lint.map(Lint::id)
    };
    assert_eq!(id(&with("title: T", "title: T\nstatus: unsupported")), Some("unsupported-status"));
    assert_eq!(id(&with("condition: selection", "condition: selection | count() > 5")), Some("old-aggregation"));
    assert_eq!(id(&with("detection:\n", "detection:\n  timeframe: 5m\n")), Some("old-aggregation"));
    assert_eq!(id(&with("title: T", "titel: T")), None);
    let mut files = folder(&[("x.yml", &clean())]);
    files.retain(|file| file.name != "reasons/th_TH.yml");
    let errors = lint_files("", &files, Vec::new(), Statuses::default()).unwrap_err();
    assert_eq!(errors.problems()[0].lint, Some(Lint::MissingLocale));
    assert!(errors.problems().iter().all(|problem| problem.level == LintLevel::Error));
}

#[test]
fn the_shipped_rules_are_clean() {
    let linted = lint(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), Statuses::default())
        .unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(shown(&linted), [""; 0]);
}
