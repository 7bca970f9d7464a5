//! What Sigma says, point by point: one search and one event for each, under the name that the point
//! has in our conformance list. `Refused` means that the rule must not load.
//!
//! Two further runs over somebody else's data are asked for with `--run-ignored only` (of nextest; of
//! `cargo test`, `-- --ignored`) and named in the environment: `SIGMA_PROBES` (JSON: a list of `{name,
//! detection, event, expect}`), and `SIGMA_RULES` (a folder), `SIGMA_EVENTS` (NDJSON) and
//! `SIGMA_VERDICTS` (lines of event number, tab, rule id) together. With `--no-capture` they name each probe.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Match,
    Miss,
    Refused,
}
use Expected::{Match, Miss, Refused};

/// Name, search, event, and what comes of it.
type Point = (&'static str, &'static str, Value, Expected);

fn verdict(rule: &str, event: &Value) -> Expected {
    match load_rule(rule) {
        Err(_) => Refused,
        Ok(set) if set.evaluate(&alert(event.clone())).matches.is_empty() => Miss,
        Ok(_) => Match,
    }
}

fn check(points: Vec<Point>, head: &str) {
    for (name, search, event, expected) in points {
        let rule = format!("{head}{}", detecting(&format!("  s: {search}\n  condition: s\n")));
        let problem = load_rule(&rule).map_or_else(|errors| errors.to_string(), |_| String::new());
        assert_eq!(verdict(&rule, &event), expected, "{name}: {search} on {event} {problem}");
    }
}

#[test]
fn texts_numbers_and_absence() {
    check(
        vec![
            ("case/insensitive", "{f: 'ÄRGER'}", json!({"f": "ärger"}), Match),
            ("case/cased", "{f|cased: Root}", json!({"f": "root"}), Miss),
            ("case/cyrillic", "{f: КОРЕНЬ}", json!({"f": "корень"}), Match),
            ("case/greek-sigma-in-context", "{f|contains: ΟΔΟΣ}", json!({"f": "ΟΔΟΣΑΣ"}), Match),
            ("case/turkish-dotless", "{f: I}", json!({"f": "ı"}), Miss),
            ("case/kelvin", "{f: k}", json!({"f": "\u{212a}"}), Match),
            ("case/sharp-s", "{f: ss}", json!({"f": "ß"}), Miss),
            ("case/field-name-sensitive", "{User: a}", json!({"user": "a"}), Miss),
            ("wild/star", "{f: 'x*z'}", json!({"f": "xyyz"}), Match),
            ("wild/star-newline", "{f: 'x*z'}", json!({"f": "x\r\nz"}), Match),
            ("wild/question-astral", "{f: 'x?z'}", json!({"f": "x\u{1f600}z"}), Match),
            ("wild/question-mandatory", "{f: 'x?z'}", json!({"f": "xz"}), Miss),
            ("wild/whole-value", "{f: xyz}", json!({"f": "wxyz"}), Miss),
            ("wild/backslash-star-literal", r"{f: 'D:\x\*'}", json!({"f": r"D:\x\y"}), Miss),
            ("wild/double-backslash-star", r"{f: 'D:\x\\*'}", json!({"f": r"D:\x\y"}), Match),
            ("wild/contains-trailing-backslash", r"{f|contains: '\x\'}", json!({"f": r"D:\x\y"}), Match),
            ("wild/backtracking", "{f: '*xy*xyz'}", json!({"f": "xyxyzxyxyz"}), Match),
            ("wild/only-star-null", "{f: '*'}", json!({"f": null}), Miss),
            ("wild/question-only", "{f: '?*'}", json!({"f": ""}), Miss),
            ("null/missing", "{f: null}", json!({}), Match),
            ("null/empty-string-is-not-null", "{f: null}", json!({"f": ""}), Miss),
            ("empty/null", "{f: ''}", json!({"f": null}), Miss),
            ("exists/null-counts", "{f|exists: true}", json!({"f": null}), Match),
            ("exists/empty-array-counts", "{f|exists: true}", json!({"f": []}), Match),
            ("exists/false", "{f|exists: false}", json!({"f": 0}), Miss),
            ("exists/false-missing", "{f|exists: false}", json!({"g": 0}), Match),
            ("exists/text", "{f|exists: 'true'}", json!({"f": 0}), Refused),
            ("exists/with-another", "{f|exists|neq: true}", json!({"f": 0}), Refused),
            ("exists/list", "{f|exists: [true, false]}", json!({"f": 0}), Refused),
            ("num/string-vs-int", "{f: '22'}", json!({"f": 22}), Match),
            ("num/int-vs-string", "{f: 22}", json!({"f": "22"}), Match),
            ("num/sign-as-written", "{f: +8613800000001}", json!({"f": "+8613800000001"}), Match),
            ("num/sign-is-no-part-of-a-number", "{f: +8613800000001}", json!({"f": 8_613_800_000_001_u64}), Match),
            ("num/sign-is-a-part-of-a-text", "{f: +8613800000001}", json!({"f": "8613800000001"}), Miss),
            ("num/leading-zero-differs", "{f: '022'}", json!({"f": 22}), Miss),
            ("num/big-int-exact", "{f: 9007199254740993}", json!({"f": 9_007_199_254_740_992_u64}), Miss),
            ("num/gt-string-number", "{f|gt: 3}", json!({"f": "3.5"}), Match),
            ("num/lt-missing", "{f|lt: 3}", json!({}), Miss),
            ("num/gte-array", "{f|gte: 3}", json!({"f": [1, 3]}), Match),
            ("num/lte-text", "{f|lte: '3'}", json!({"f": 3}), Refused),
            ("num/contains-number", "{f|contains: 3}", json!({"f": "3"}), Refused),
            ("bool/true-is-not-1", "{f: true}", json!({"f": 1}), Miss),
            ("bool/text", "{f: 'true'}", json!({"f": true}), Match),
            ("neq/missing", "{f|neq: a}", json!({}), Match),
            ("neq/none-of", "{f|neq: [a, b]}", json!({"f": "B"}), Miss),
            ("neq/array-any", "{f|neq: a}", json!({"f": ["a", "b"]}), Miss),
            ("neq/contains", "{f|contains|neq: a}", json!({"f": "xyz"}), Match),
            ("neq/null", "{f|neq: null}", json!({"f": "x"}), Match),
            ("fieldref/neq", "{f|fieldref|neq: g}", json!({"f": "a", "g": "b"}), Match),
            ("fieldref/neq-same", "{f|fieldref|neq: g}", json!({"f": "a", "g": "A"}), Miss),
            ("fieldref/neq-other-missing", "{f|fieldref|neq: g}", json!({"f": "a"}), Miss),
            ("fieldref/neq-missing", "{f|fieldref|neq: g}", json!({"g": "a"}), Miss),
            ("fieldref/neq-null", "{f|fieldref|neq: g}", json!({"f": "a", "g": null}), Miss),
            ("fieldref/neq-none-of", "{f|fieldref|neq: [g, h]}", json!({"f": "a", "g": "b", "h": "c"}), Match),
            ("fieldref/neq-one-of-them-missing", "{f|fieldref|neq: [g, h]}", json!({"f": "a", "g": "b"}), Miss),
            ("fieldref/neq-contains-missing", "{f|fieldref|contains|neq: g}", json!({"f": "a"}), Miss),
            ("list/empty-list", "{f: []}", json!({}), Match),
            ("list/all", "{f|contains|all: [a, b]}", json!({"f": "ab"}), Match),
            ("list/all-single", "{f|all: a}", json!({"f": "a"}), Match),
            ("val/nested-map-rejected", "{f: {g: a}}", json!({"f": {"g": "a"}}), Refused),
            ("mod/unknown-rejected", "{f|begins: a}", json!({"f": "a"}), Refused),
        ],
        "",
    );
}

#[test]
fn expressions_networks_and_encodings() {
    check(
        vec![
            ("re/search", r"{f|re: '\d{3}'}", json!({"f": "ab123c"}), Match),
            ("re/case", "{f|re: ABC}", json!({"f": "abc"}), Miss),
            ("re/i", "{f|re|i: ABC}", json!({"f": "abc"}), Match),
            ("re/ims", "{f|re|i|m|s: '^B.C$'}", json!({"f": "x\nb\nc"}), Match),
            ("re/number", "{f|re: '^4.5$'}", json!({"f": 465}), Match),
            ("re/contains", "{f|re|contains: 'b'}", json!({"f": "abc"}), Match),
            ("re/keyword", "{'|re': 'x{3}'}", json!({"a": {"b": "wxxxz"}}), Match),
            ("re/lookbehind-rejected", "{f|re: '(?<!a)b'}", json!({"f": "b"}), Refused),
            ("re/backreference-rejected", r"{f|re: '(a)\1'}", json!({"f": "aa"}), Refused),
            ("re/after-contains-rejected", "{f|contains|re: a}", json!({"f": "a"}), Refused),
            ("cidr/v4", "{f|cidr: 192.168.0.0/16}", json!({"f": "192.168.7.7"}), Match),
            ("cidr/mapped", "{f|cidr: 192.168.0.0/16}", json!({"f": "::ffff:192.168.7.7"}), Match),
            ("cidr/v6", "{f|cidr: 'fe80::/10'}", json!({"f": "FE80::1"}), Match),
            ("cidr/not-an-address", "{f|cidr: 192.168.0.0/16}", json!({"f": "192.168.7.7:80"}), Miss),
            ("cidr/host-bits-rejected", "{f|cidr: 192.168.0.1/16}", json!({"f": "192.168.0.1"}), Refused),
            ("cidr/neq", "{f|cidr|neq: 192.168.0.0/16}", json!({"f": "10.0.0.1"}), Match),
            ("b64/contains", "{f|base64|contains: bar}", json!({"f": "xxYmFyxx"}), Match),
            ("b64/case", "{f|base64|contains: bar}", json!({"f": "xxymfyxx"}), Match),
            ("b64/cased", "{f|base64|contains|cased: bar}", json!({"f": "xxymfyxx"}), Miss),
            ("b64/escaped-star-bytes", r"{f|base64: 'x\*y'}", json!({"f": "eCp5"}), Match),
            ("b64/wildcard-rejected", "{f|base64: 'x*y'}", json!({"f": "x"}), Refused),
            ("b64/after-contains-rejected", "{f|contains|base64: x}", json!({"f": "x"}), Refused),
            ("b64offset/1", "{f|base64offset|contains: whoami}", json!({"f": "eHdob2FtaQ=="}), Match),
            (
                "b64offset/all",
                "{f|base64offset|contains|all: [foobar, whoami]}",
                json!({"f": "Zm9vYmFyd2hvYW1p"}),
                Match,
            ),
            ("b64/utf16le", "{f|utf16le|base64offset|contains: calc}", json!({"f": "YwBhAGwAYwA="}), Match),
            ("b64/wide-after-rejected", "{f|base64|wide: calc}", json!({"f": "x"}), Refused),
            ("windash/slash", "{f|windash|contains: ' -enc '}", json!({"f": "p.exe /enc x"}), Match),
            ("windash/inner-dash-kept", "{f|windash|contains: '-no-exit'}", json!({"f": "/no/exit"}), Miss),
            ("all/windash-or-inside", "{f|windash|contains|all: [' -a', ' -b']}", json!({"f": "x /a –b"}), Match),
            ("fieldref/same", "{f|fieldref: g}", json!({"f": "Abc", "g": "aBC"}), Match),
            ("fieldref/cased", "{f|fieldref|cased: g}", json!({"f": "Abc", "g": "aBC"}), Miss),
            ("fieldref/contains", "{f|fieldref|contains: g}", json!({"f": "xabcx", "g": "ABC"}), Match),
            ("fieldref/value-has-star", "{f|fieldref: g}", json!({"f": "abc", "g": "a*"}), Miss),
            ("fieldref/missing-both", "{f|fieldref: g}", json!({}), Miss),
            ("fieldref/null-both", "{f|fieldref: g}", json!({"f": null, "g": null}), Miss),
            ("fieldref/num-vs-string", "{f|fieldref: g}", json!({"f": 7, "g": "7"}), Match),
            ("fieldref/neq", "{f|fieldref|neq: g}", json!({"f": 7, "g": 8}), Match),
            ("time/offset-not-converted", "{t|hour: 4}", json!({"t": "2026-02-03T04:05:06+08:00"}), Match),
            ("time/hour-gte", "{t|hour|gte: 22}", json!({"t": "2026-02-03T23:05:06Z"}), Match),
            ("time/week", "{t|week: 53}", json!({"t": "2027-01-01"}), Match),
            ("time/no-date", "{t|day: 3}", json!({"t": "3"}), Miss),
            ("time/text-rejected", "{t|day: '3'}", json!({"t": "2026-02-03"}), Refused),
            ("re/class-operator-rejected", "{f|re: '[;|&&]'}", json!({"f": "a;b&&c|d"}), Refused),
            ("re/angle-border-rejected", r"{f|re: '\<script'}", json!({"f": "my script"}), Refused),
            ("re/nested-class-rejected", "{f|re: '[a[b]]'}", json!({"f": "a]"}), Refused),
            ("re/class-escaped", r"{f|re: '^[;|\&\&]$'}", json!({"f": "&"}), Match),
            ("re/repeated-too-often-rejected", "{f|re: 'a{1001}'}", json!({"f": "a"}), Refused),
            ("expand/unresolved-rejected", "{f|expand: '%admins%'}", json!({"f": "%admins%"}), Refused),
            ("expand/literal-percent", "{f: '%admins%'}", json!({"f": "%admins%"}), Match),
        ],
        "",
    );
}

#[test]
fn fields_and_keywords() {
    check(
        vec![
            ("nest/dotted", "{a.b: x}", json!({"a": {"b": "x"}}), Match),
            ("nest/flat-wins", "{a.b: y}", json!({"a.b": "x", "a": {"b": "y"}}), Miss),
            ("nest/partly-flat", "{a.b.c: x}", json!({"a.b": {"c": "x"}}), Match),
            ("nest/array-of-objects", "{a.b: x}", json!({"a": [{"b": "y"}, {"b": "x"}]}), Match),
            ("nest/two-fields-of-two-elements", "{a.b: x, a.c: y}", json!({"a": [{"b": "x"}, {"c": "y"}]}), Match),
            ("nest/array-null", "{f: null}", json!({"f": [null]}), Match),
            ("nest/array-empty-is-not-null", "{f: null}", json!({"f": []}), Miss),
            ("nest/brackets-are-literal", "{'a[any]': x}", json!({"a[any]": "x"}), Match),
            ("kw/substring", "[needle]", json!({"a": {"b": ["hay NEEDLE hay"]}}), Match),
            ("kw/not-keys", "[needle]", json!({"needle": "hay"}), Miss),
            ("kw/across-fields", "[needle]", json!({"a": "nee", "b": "dle"}), Miss),
            ("kw/all-different-values", "{'|all': [nee, dle]}", json!({"a": "nee", "b": "dle"}), Match),
            ("kw/scalar", "needle", json!({"a": "needles"}), Match),
            ("kw/number", "[404]", json!({"a": 14041}), Match),
            ("kw/list-mixed-with-map", "[needle, {f: x}]", json!({"f": "x"}), Match),
            ("kw/exists-rejected", "{'|exists': true}", json!({"f": "x"}), Refused),
            ("kw/everything-rejected", "['*']", json!({"f": "x"}), Refused),
        ],
        "",
    );
}

#[test]
fn array_blocks_of_version_three() {
    let okta = json!({"target": [
        {"type": "AppInstance", "alternateId": "Mail"},
        {"type": "User", "alternateId": "zhang.san@example.com", "roles": ["a", "b"]},
    ]});
    let named = |name: &'static str, search: &'static str, expected| (name, search, okta.clone(), expected);
    check(
        vec![
            named("any/one-element", "{'target[any]': {type: User, alternateId|startswith: zhang}}", Match),
            named(
                "any/two-elements-do-not-add-up",
                "{'target[any]': {type: AppInstance, alternateId|startswith: zhang}}",
                Miss,
            ),
            named("any/list-is-or", "{'target[any]': [{type: Group}, {type: User}]}", Match),
            named(
                "any/with-condition",
                "{'target[any]': {u: {type: User}, m: {alternateId: Mail}, condition: u and not m}}",
                Match,
            ),
            named("any/nested", "{'target[any]': {type: User, 'roles[any]': a}}", Match),
            named("any/element-itself", "{'target[any]': {type: User, 'roles[all]': {.|re: '^[ab]$'}}}", Match),
            named("all/not-all", "{'target[all]': {type: User}}", Miss),
            named("all/all", "{'target[all]': {alternateId: '*'}}", Match),
            named("none/none", "{'target[none]': {type: Group}}", Match),
            named("none/one", "{'target[none]': {type: User}}", Miss),
            named("position/first", "{'target[0].type': AppInstance}", Match),
            named("position/last", "{'target[-1].type': User}", Match),
            named("position/beyond", "{'target[2].type': '*'}", Miss),
            named("value/quantified", "{'target[1].roles[all]|contains': a}", Miss),
            named("fieldref/within-the-element", "{'target[any]': {type|fieldref: alternateId}}", Miss),
            ("all/empty", "{'f[all]': {a: 1}}", json!({"f": []}), Miss),
            ("all-or-empty/empty", "{'f[all_or_empty]': {a: 1}}", json!({"f": []}), Match),
            ("none/missing", "{'f[none]': {a: 1}}", json!({}), Match),
            ("brackets/escaped", r"{'f\[any\]': x}", json!({"f[any]": "x"}), Match),
            ("any/list-of-both-rejected", "{'f[any]': [{t: x}, admin]}", json!({"f": ["superadministrator"]}), Refused),
            ("any/list-of-values-is-whole", "{'f[any]': [admin]}", json!({"f": ["superadministrator"]}), Miss),
            ("any/list-of-both-as-advised", "{'f[any]': [{t: x}, {.: admin}]}", json!({"f": ["Admin"]}), Match),
            ("any/as-advised-is-whole", "{'f[any]': [{t: x}, {.: admin}]}", json!({"f": ["superadministrator"]}), Miss),
            ("brackets/unknown-word-rejected", "{'f[some]': {a: 1}}", json!({}), Refused),
            ("brackets/modifiers-with-a-body-rejected", "{'f[any]|contains': {a: b}}", json!({}), Refused),
        ],
        "sigma-version: 3\n",
    );
}

#[test]
fn versions_are_known_by_their_major_number() {
    let rule = |version: &str| format!("sigma-version: {version}\n{}", detecting("  s: {a: 1}\n  condition: s\n"));
    for (version, expected) in [
        ("2", Match),
        ("'2.1.0'", Match),
        ("3", Match),
        ("3.0", Match),
        ("4", Refused),
        ("x", Refused),
        ("[2]", Refused),
    ] {
        assert_eq!(verdict(&rule(version), &json!({"a": 1})), expected, "{version}");
    }
}

#[test]
fn lists_stand_for_their_values() {
    let rule = detecting("  s: {f|expand|startswith: '%team%-x'}\n  condition: s\n");
    let with = |list: &str| {
        let mut files = folder(&[("x.yml", rule.as_str())]);
        files.push(file("lists/team.yml", list));
        compile(&files)
    };
    let set = with("[red, 'bl*', 7]").unwrap();
    for (value, expected) in
        [("RED-x1", true), ("blue-x", true), ("7-x", true), ("green-x", false), ("%team%-x", false)]
    {
        assert_eq!(!set.evaluate(&alert(json!({"f": value}))).matches.is_empty(), expected, "{value}");
    }
    let other = with("[red]").unwrap();
    assert_ne!(
        set.detectors()[0].rule.reference.version,
        other.detectors()[0].rule.reference.version,
        "a list is a part of its rules"
    );
    for (list, problem) in [
        ("[]", "lists/team.yml:1:1: a list needs 1 to 10000 values"),
        ("[null]", "lists/team.yml:1:2: null cannot be a value of a list"),
        ("a: b", "lists/team.yml:1:1: `a list of values` must be a list, not a mapping"),
    ] {
        assert!(with(list).unwrap_err().to_string().contains(problem), "{}", with(list).unwrap_err());
    }
    let refused = load_rule(&rule).unwrap_err().to_string();
    assert!(refused.contains("there is no list for `%team%`; put its values into lists/team.yml"), "{refused}");
}

/// A placeholder that is taken for text matches nobody, and who was to be left alone no longer is.
#[test]
fn a_placeholder_is_resolved_or_refused_whatever_its_name() {
    let load = |value: &str| {
        let rule =
            detecting(&format!("  s: {{a: 1}}\n  known: {{u|expand: '{value}'}}\n  condition: s and not known\n"));
        let mut files = folder(&[("x.yml", &rule)]);
        files.push(file("lists/白名单.yml", "[admin]"));
        compile(&files).map_err(|errors| errors.to_string())
    };
    let set = load("%白名单%").unwrap();
    assert!(set.evaluate(&alert(json!({"a": 1, "u": "Admin"}))).matches.is_empty());
    assert!(!set.evaluate(&alert(json!({"a": 1, "u": "%白名单%"}))).matches.is_empty());
    assert!(load("%黑名单%").unwrap_err().contains("there is no list for `%黑名单%`"));
    for value in ["%Admin Users%", "100% of 5%"] {
        let refused = load(value).unwrap_err();
        assert!(refused.contains("is no name of a list; write `\\%` for a percent sign"), "{refused}");
    }
    assert!(load(r"100\% of 5\%").is_ok());
}

#[test]
fn filters_narrow_the_rules_they_name() {
    let rule =
        format!("{}\n", detecting("  s: {a: 1}\n  condition: 1 of them\n").replace("title: T", "title: T\nname: base"));
    let filter = |rules: &str, condition: &str| {
        format!(
            "{rule}---\ntitle: F\nlogsource: {{product: test}}\nfilter:\n  rules: {rules}\n  s: {{user: admin}}\n  condition: {condition}\n"
        )
    };
    let matched = |text: &str, event: Value| !load_rule(text).unwrap().evaluate(&alert(event)).matches.is_empty();
    for rules in ["[base]", "base", "[11111111-1111-4111-8111-111111111111]", "any"] {
        let text = filter(rules, "not s");
        assert!(matched(&text, json!({"a": 1, "user": "x"})), "{rules}");
        assert!(!matched(&text, json!({"a": 1, "user": "admin"})), "{rules}");
        // `1 of them` of the rule does not choose the filter's search.
        assert!(!matched(&text, json!({"user": "admin"})), "{rules}");
    }
    // A search of the rule may have the same name.
    let both = load_rule(&filter("any", "s")).unwrap();
    let matched = both.evaluate(&alert(json!({"a": 1, "user": "admin"}))).matches.remove(0).matched;
    assert_eq!(matched, ["s", "filter F: s"], "each is known by its owner");
    let keeps = load_rule(&filter("any", "s")).unwrap();
    assert!(keeps.warnings()[0].to_string().contains("keeps only the events that match it"), "{:?}", keeps.warnings());
    let unknown = load_rule(&filter("[renamed]", "not s")).unwrap_err().to_string();
    assert!(unknown.contains("no rule is called `renamed`"), "{unknown}");
    let elsewhere = filter("[base]", "not s")
        .replace("title: F\nlogsource: {product: test}", "title: F\nlogsource: {product: other}");
    assert!(load_rule(&elsewhere).unwrap_err().to_string().contains("is for another log source"));
    let nothing = load_rule(&elsewhere.replace("[base]", "any")).unwrap_err().to_string();
    assert!(nothing.contains("the filter narrows no rule: none is for its log source; give it the log"), "{nothing}");
    let version = |text: &str| load_rule(text).unwrap().detectors()[0].rule.reference.version;
    assert_ne!(version(&rule), version(&filter("any", "not s")), "a filter is a part of what its rules are");
    let correlation = "---\ntitle: C\nname: many\ncorrelation:\n  type: event_count\n  rules: [base]\n  timespan: 5m\n  condition: {gte: 3}\n";
    let of_a_correlation = load_rule(&format!("{}{correlation}", filter("[many]", "not s"))).unwrap_err().to_string();
    assert!(
        of_a_correlation.contains("`many` is a correlation; a filter narrows rules; name the rules"),
        "{of_a_correlation}"
    );
    for broken in [
        "title: F\nlogsource: {product: test}\nfilter: {s: {a: 1}, condition: not s}\n",
        "title: F\nfilter: {rules: any}\n",
    ] {
        assert!(load_rule(broken).is_err(), "{broken}");
    }
}

/// What a filter says of itself is read as strictly as what a rule says.
#[test]
fn every_key_of_a_filter_is_checked() {
    let with = |head: &str, condition: &str| {
        let rule = detecting("  s: {a: 1}\n  condition: s\n").replace("title: T", "title: T\nname: base");
        let body = "logsource: {product: test}\nfilter:\n  rules: any\n  ok: {user: admin}\n";
        compile(&folder(&[("a.yml", &rule), ("f.yml", &format!("{head}\n{body}  condition: {condition}\n"))]))
    };
    let own = "22222222-1111-4111-8111-111111111111";
    assert_eq!(with(&format!("title: F\nid: {own}\nname: f\nstatus: test"), "not(ok)").unwrap().warnings(), []);
    for (head, problem) in [
        ("title: F\nstatus: deprecated", "f.yml:2:9: deprecated rules are loaded only when that is asked for"),
        ("title: F\nstatus: unsupported", "f.yml:2:9: unsupported rules are loaded only when that is asked for"),
        ("title: F\nstatus: tset", "f.yml:2:9: `tset` is no status; did you mean `test`?"),
        ("title: F\nid: [not, an, id]", "f.yml:2:5: `id` must be a text, not a list"),
        ("title: F\nid: 1-2", "f.yml:2:5: `id` is not a valid rule id"),
        ("title: F\nid: 11111111-1111-4111-8111-111111111111", "is already that of a.yml; give each rule its own"),
        ("title: F\nname: base", "f.yml:2:7: the name `base` is already that of a.yml"),
        ("title: F\nname: {a: 1}", "f.yml:2:7: `name` must be a text, not a mapping"),
        ("title: F\ntaxonomy: ecs", "f.yml:2:11: the taxonomy `ecs` is not known"),
        ("title: F\nlevel: 7", "f.yml:2:8: `level` must be a text, not a number"),
        ("title: F\nowner: 5", "f.yml:2:8: `owner` must be a text, not a number"),
        ("title: F\ntests: []", "f.yml:2:1: a filter has no tests of its own; write them in the rules it narrows"),
        ("description: F", "f.yml:1:1: a filter needs the key `title`"),
    ] {
        let refused = with(head, "not ok").unwrap_err().to_string();
        assert!(refused.contains(problem), "{head}: {refused}");
    }
    let warnings = with("title: F", "[not ok, ok]").unwrap().warnings().to_vec();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].to_string().starts_with("f.yml:6:23: this filter keeps only the events that match it"));
    let neq = "not 1 of them\n  other: {user|neq: admin}";
    for (condition, warns) in [("(not ok)", 0), ("not ok", 0), ("ok and not ok", 1), (neq, 1), ("ok", 1)] {
        assert_eq!(with("title: F", condition).unwrap().warnings().len(), warns, "{condition}");
    }
}

#[test]
fn a_file_may_hold_several_documents() {
    let two = format!(
        "{}---\n{}---\n",
        detecting("  s: {a: 1}\n  condition: s\n"),
        detecting("  s: {b: 1}\n  condition: s\n").replace("4111-8111-111111111111", "4111-8111-222222222222")
    );
    let set = load_rule(&two).unwrap();
    assert_eq!(set.detectors().len(), 2);
    assert_ne!(set.detectors()[0].rule.reference.version, set.detectors()[1].rule.reference.version);
    let twice = format!("{0}---\n{0}", detecting("  s: {a: 1}\n  condition: s\n"));
    assert!(load_rule(&twice).unwrap_err().to_string().contains("is already that of x.yml"));
    let both = format!("{}filter: {{}}\n", detecting("  s: {a: 1}\n  condition: s\n"));
    assert!(load_rule(&both).unwrap_err().to_string().contains("cannot have both `detection` and `filter`"));
    let nameless = detecting("  s: {a: 1}\n  condition: s\n").replace("id: 11111111-1111-4111-8111-111111111111\n", "");
    let id = |text: &str| load_rule(text).unwrap().detectors()[0].rule.reference.id.clone();
    assert_eq!(id(&nameless), id(&format!("{nameless}\n")), "an id that was left out does not change with the text");
}

/// Each under its name, in the shapes that others test engines with.
#[test]
fn every_point_of_the_list_holds() {
    let mut wrong = Vec::new();
    for line in include_str!("points.txt").lines().filter(|line| !line.starts_with('#')) {
        // Modifiers have a bar, too, but no spaces around it; a condition may have them in quotes.
        let (name, rest) = line.split_once(" | ").unwrap();
        let (rest, expected) = rest.rsplit_once(" | ").unwrap();
        let (detection, event) = rest.rsplit_once(" | ").unwrap();
        let lines = match detection.starts_with(['{', '[']) {
            true => format!("  s: {detection}\n  condition: s\n"),
            false => detection.split("; ").map(|line| format!("  {line}\n")).collect(),
        };
        let found = match verdict(&detecting(&lines), &serde_json::from_str(event).unwrap()) {
            Match => "match",
            Miss => "miss",
            Refused => "refused",
        };
        println!("{name}: {found}");
        if found != expected {
            wrong.push(format!("{line}, but found {found}; {}", problems(&detecting(&lines))));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

fn named_path(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("set {variable}"))
}

#[test]
#[ignore = "needs SIGMA_PROBES, the path of somebody else's probes"]
fn somebody_elses_probes_agree() {
    let probes: Vec<Value> = serde_json::from_slice(&std::fs::read(named_path("SIGMA_PROBES")).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for probe in &probes {
        let head = "title: T\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {product: test}\n";
        let rule = format!("{head}detection: {}\n", probe["detection"]);
        let expected = match &probe["expect"] {
            Value::Bool(true) => Match,
            Value::Bool(false) => Miss,
            _ => Refused,
        };
        let found = verdict(&rule, &probe["event"]);
        let name = probe["name"].as_str().unwrap_or_default();
        println!("{} {name}: {found:?}", if found == expected { "ok" } else { "WRONG" });
        if found != expected {
            wrong.push(format!("{}: expected {expected:?}, found {found:?}; {}", probe["name"], problems(&rule)));
        }
    }
    println!("{} probes", probes.len());
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
#[ignore = "needs SIGMA_RULES, SIGMA_EVENTS and SIGMA_VERDICTS, the paths of somebody else's corpus"]
fn somebody_elses_verdicts_agree() {
    let [rules, events, verdicts] = ["SIGMA_RULES", "SIGMA_EVENTS", "SIGMA_VERDICTS"].map(named_path);
    let mut files = reasons(&["account-takeover"]);
    files.push(file("guardrails.yml", "protected: []\n"));
    let mut unread = Vec::new();
    files.extend(super::super::source::read(Path::new(&rules), &mut unread));
    assert!(unread.is_empty(), "{unread:?}");
    let began = std::time::Instant::now();
    let set = compile(&files).unwrap_or_else(|errors| panic!("{errors}"));
    println!("{} rules, loaded in {:?}, {} warnings", set.detectors().len(), began.elapsed(), set.warnings().len());
    let expected: BTreeSet<String> = std::fs::read_to_string(verdicts).unwrap().lines().map(str::to_owned).collect();
    let mut found = BTreeSet::new();
    for (number, line) in std::fs::read_to_string(events).unwrap().lines().enumerate() {
        let event: Value = serde_json::from_str(line).unwrap();
        let hits = set.matching(&event);
        found.extend(hits.into_iter().map(|rule| format!("{number}\t{}", rule.reference.id)));
    }
    println!("{} matches", found.len());
    assert_eq!(found.symmetric_difference(&expected).collect::<Vec<_>>(), Vec::<&String>::new());
}
