//! What does not load, and what the author is told.

use super::super::{LoadErrors, load};
use super::*;

/// `ACTING` with one part replaced gives exactly this problem.
fn check(from: &str, to: &str, problem: &str) {
    assert!(ACTING.contains(from), "{from}");
    assert_eq!(problems(&ACTING.replace(from, to)), problem, "{from} -> {to}");
}

#[test]
fn the_good_rule_loads() {
    assert_eq!(problems(ACTING), "");
}

#[test]
fn advice_leads_to_what_loads() {
    check(
        "{a: x}",
        "{a: 1e999}",
        "x.yml:5:18: `1e999` without quotes: the number is too large; write a number that can be compared, or quote it where a text is meant",
    );
    let capitals = "id: AAAAAAAA-0000-4000-8000-000000000000";
    check(
        "id: 11111111-1111-4111-8111-111111111111",
        capitals,
        "x.yml:2:5: `id` has capital letters; write `aaaaaaaa-0000-4000-8000-000000000000`",
    );
}

#[test]
fn f01_a_misspelt_key_is_named_with_its_place_and_advice() {
    check(
        "title: T",
        "titel: T",
        "x.yml:1:1: a rule needs the key `title`\nx.yml:1:1: unknown key `titel`; did you mean `title`?",
    );
    check("tests:", "sevrity: high\ntests:", "x.yml:13:1: unknown key `sevrity`; Sigma calls it `level`");
    check(
        "tests:",
        "correlation: {}\ntests:",
        "x.yml:1:1: a document cannot have both `detection` and `correlation`; put each into a document of its own",
    );
    check("  mode: enforce", "  moed: enforce", "x.yml:8:3: unknown key `moed` in response; did you mean `mode`?");
    check(
        "expires_in: 8h",
        "expires: 8h",
        "x.yml:12:16: disable must say how long; give one of `expires_in: 8h` and `permanent: true`\nx.yml:12:28: unknown key `expires` in disable; known are reason, expires_in, permanent, repeated",
    );
    check(
        "  - name: matches",
        "  - nmae: matches",
        "x.yml:14:5: a test needs the key `name`\nx.yml:14:5: unknown key `nmae` in a test; did you mean `name`?",
    );
    check(
        "{product: test}",
        "{produkt: test}",
        "x.yml:3:12: logsource needs one of category, product, service; name the events it is for, or it would be put to the events of every product\nx.yml:3:13: unknown key `produkt` in logsource; did you mean `product`?",
    );
    check("title: T", "title: T\nteam_code: 7\nx_ticket: [1, 2]", "");
}

#[test]
fn f02_a_rule_that_would_match_too_much_is_refused() {
    let empty = "x.yml:4:1: a rule with a response must not match the empty event; add a search that the event must pass; that a field is there is not enough";
    check("condition: selection", "condition: not selection", empty);
    check("{a: x}", "{a: [x, null]}", empty);
    let negative = "x.yml:4:1: a rule with a response needs a positive test that every match passes; add a search that the event must pass; that a field is there is not enough";
    check(
        "  condition: selection",
        "  other: {b: null}\n  unwanted: {c: x}\n  condition: (selection or not other) and not unwanted",
        negative,
    );
    check("{a: x}", "{}", "x.yml:5:14: an empty search matches everything");
    check("{a: x}", "['*']", "x.yml:5:15: this keyword matches everything");
    check("  selection: {a: x}\n", "", "x.yml:5:3: detection needs at least one search identifier beside `condition`");
    check("  condition: selection\n", "", "x.yml:5:3: detection needs the key `condition`");
}

/// Whatever passes when something is not there cannot be all that a rule acts on.
#[test]
fn a_rule_that_acts_on_what_is_missing_is_refused() {
    let refused = |search: &str, head: &str| {
        let rule =
            format!("{head}{}", ACTING.replace("{a: x}", search).replace("alert: {a: x,", "alert: {a: x, f: [],"));
        let problems = problems(&rule);
        problems.contains("must not match the empty event") || problems.contains("needs a positive test")
    };
    for search in ["{a|neq: y}", "{b|exists: false}", "{a|contains|neq: y}", "{a: [x, null]}"] {
        assert!(refused(search, ""), "{search}");
    }
    for search in ["{'f[none]': {a: 1}}", "{'f[all_or_empty]': {a: 1}}", "{'f[any]': {a|neq: 1}}"] {
        assert!(refused(search, "sigma-version: 3\n"), "{search}");
    }
    // What excludes the empty event is not what the rule is for.
    let excluded = "{'f[none]': {a: 1}}\n  other: {b: null}\n  condition: selection and not other\nfields: []\n#";
    let rule = format!("sigma-version: 3\n{}", ACTING.replace("{a: x}\n  condition: selection", excluded));
    assert!(problems(&rule).contains("needs a positive test"), "{}", problems(&rule));
    assert!(!refused("{a: x, b|exists: false, c|neq: y}", ""));
}

/// A test that any value passes asks for nothing, so a rule must not act on it alone.
#[test]
fn a_rule_that_acts_on_whatever_is_there_is_refused() {
    let load = |search: &str| {
        let rule = ACTING.replace("selection: {a: x}\n  condition: selection", search).replace("enforce", "shadow");
        let (head, rest) = rule.split_once("tests:\n").unwrap();
        problems(&format!(
            "sigma-version: 3\n{head}{}",
            rest.split_once("owner").map(|(_, owner)| format!("owner{owner}")).unwrap()
        ))
    };
    let alone = |search: &str| load(&format!("s: {search}\n  condition: s"));
    for search in [
        "['?']",
        "['??', '*?*']",
        "{'|all': ['?', '??']}",
        "{'|re': ''}",
        "{'|re': '.*'}",
        "{'|re|i': 'x?'}",
        "{who: '*'}",
        "{who: '?*'}",
        "{who: ['*', x]}",
        "{who: '*', other: '?*'}",
        "{who|re: ''}",
        "{who|re: '^.*$'}",
        "{who|re: '.+'}",
        "{who|contains: ''}",
        "{who|startswith: ''}",
        "{who|contains|all: ['', '?']}",
        "{who|exists: true}",
        "{who|cidr: 0.0.0.0/0}",
        "{who|cidr: '::/0'}",
        "{who|fieldref: who}",
        "[{who: '*'}, {a: x}]",
        "{'f[any]': {a: '*'}}",
        "{'f[all]|contains': ''}",
        "{'f[any]': {s: {a: '*'}, t: {b: null}, condition: s and not t}}",
    ] {
        let refused = alone(search);
        assert!(refused.contains("needs a positive test that every match passes"), "{search}: {refused}");
    }
    for search in [
        "{a: x, who: '*'}",
        "{who: '*@example.com'}",
        "{who|re: '@'}",
        "{who|contains|all: ['', x]}",
        "{who|cidr: 10.0.0.0/8}",
        "{who|fieldref: other}",
        "['?x']",
        "{'f[any]': {a: '*', b: x}}",
    ] {
        assert_eq!(alone(search), "", "{search}");
    }
    let searches =
        |condition: &str| load(&format!("p: {{who: '*'}}\n  t: {{a: x}}\n  u: {{b: y}}\n  condition: {condition}"));
    for condition in ["p or t", "p and not t", "not (p and not t)", "(p or t) and (p or u)", "[t, p]", "1 of them"] {
        assert!(
            searches(condition).contains("needs a positive test") || searches(condition).contains("empty event"),
            "{condition}"
        );
    }
    for condition in ["p and t", "t or u", "(p or t) and u", "not (not p or not t)", "all of them"] {
        assert_eq!(searches(condition), "", "{condition}");
    }
}

/// Behind a search identifier a modifier is a part of the name, and `all` would silently be `any`.
#[test]
fn a_modifier_on_a_search_identifier_is_refused_where_a_rule_acts() {
    let to = "selection|all: [x, z]\n  condition: 1 of selection*";
    let rule = ACTING.replace("selection: {a: x}\n  condition: selection", to);
    let refused =
        "x.yml:5:3: the bar in `selection|all` is taken as a part of the name; modifiers belong to the fields below it";
    assert_eq!(problems(&rule), refused);
    let watching = detecting("  s|all: [x, z]\n  condition: 1 of s*\n");
    assert!(load_rule(&watching).unwrap().warnings()[0].to_string().contains("the bar in `s|all`"));
}

#[test]
fn a_rule_that_acts_has_an_owner() {
    let problem = "x.yml:1:1: a rule with a response needs an owner; add `owner`: the team or person to ask when it has locked somebody out";
    check("owner: test-team\n", "", problem);
}

#[test]
fn what_sigma_has_and_we_do_not_is_refused() {
    check(
        "{a: x}",
        "{a|re: 'x('}",
        "x.yml:5:21: not an expression: unclosed group; see https://docs.rs/regex for what may be written",
    );
    check(
        "{a: x}",
        "{a|windash|base64offset|contains: ' -x'}",
        "x.yml:5:48: a text whose dashes or wildcards stand for several cannot be encoded; leave out `windash` and write one value for each dash; a wildcard is `\\*` or `\\?`",
    );
    check(
        "{a: x}",
        "{a|base64: 'a*b'}",
        "x.yml:5:25: a text with wildcards cannot be encoded; write `\\*` or `\\?` for the characters",
    );
    check("{a: x}", "{a|contains: 5}", "x.yml:5:27: the modifiers want a text, not a number; quote it");
    check("{a: x}", "{a|contains: null}", "x.yml:5:27: the modifiers want a text, not null; quote it");
    check("{a: x}", "{a|all: [x, null]}", "x.yml:5:22: `all` cannot be used with null");
    check(
        "{a: x}",
        "{a: {b: c}}",
        "x.yml:5:18: a mapping cannot be the value of a field; write the way to a value in the field's name: `field.part: value`, `field[0].part: value`",
    );
    check(
        "{a: x}",
        "{a: x}\n  timeframe: 5m",
        "x.yml:6:3: `timeframe` is old Sigma and not supported; time windows are correlations in today's Sigma",
    );
    check(
        "{a: x}",
        "{a: x}\n  and: {b: x}",
        "x.yml:6:3: `and` means something else in a condition; choose another name",
    );
    check(
        "condition: selection",
        "condition: selektion",
        "x.yml:6:14: the condition names `selektion`, which is no search identifier; did you mean `selection`?",
    );
    check(
        "title: T",
        "sigma-version: 4\ntitle: T",
        "x.yml:1:16: this Sigma version is not known; leave it out, or write 2 or 3",
    );
    check(
        "title: T",
        "status: deprecated\ntitle: T",
        "x.yml:1:9: deprecated rules are loaded only when that is asked for; remove it, or set `enable_deprecated = true` in `[rules]` of the configuration",
    );
    check("title: T", "level: hihg\ntitle: T", "x.yml:1:8: `hihg` is no level; did you mean `high`?");
    check(
        "id: 1",
        "id: X",
        "x.yml:2:5: `id` is not a valid rule id: a UUID such as 5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c11",
    );
    check(
        "id: 11111111-1111-4111-8111-111111111111\n",
        "",
        "x.yml:1:1: a rule with a response needs the key `id`; add a new UUID; the trail names rules by it",
    );
    check("title: T", "title: 5", "x.yml:1:8: `title` must be a text, not a number; quote it");
    check("title: T", "title: \"a\\nb\"", "x.yml:1:8: `title` must be one line without control characters");
}

#[test]
fn a_response_must_be_complete_and_possible() {
    check("mode: enforce", "mode: enforced", "x.yml:8:9: `enforced` is no mode; did you mean `enforce`?");
    check("{email: who}", "{mail: who}", "x.yml:9:13: unknown key `mail` in account; did you mean `email`?");
    check(
        "{email: who}",
        "{email: 'who['}",
        "x.yml:9:20: `who[` is no path: at character 4: expected a name; write it like `target[type=User].alternateId`",
    );
    check(
        "{email: who}",
        "{email: a, mobile: b}",
        "x.yml:9:12: account must say exactly one kind of name; give one of email, user_id, login_id, mobile, union_id, job_number with a path",
    );
    check(
        "expires_in: 8h",
        "expires_in: 8",
        "x.yml:12:40: `expires_in` is a length of time, not a number; write a number and s, m, h or d, such as `90s`, `15m`, `8h`, `2d`",
    );
    check(
        "expires_in: 8h",
        "expires_in: 30s",
        "x.yml:12:40: `expires_in` of 30s is out of bounds; it may be 1m to 365d",
    );
    check("expires_in: 8h", "permanent: true", "");
    check(
        "expires_in: 8h",
        "permanent: false",
        "x.yml:12:16: disable must say how long; give one of `expires_in: 8h` and `permanent: true`",
    );
    check(
        "expires_in: 8h",
        "expires_in: 8h, permanent: true",
        "x.yml:12:16: disable must say how long; give one of `expires_in: 8h` and `permanent: true`",
    );
    check(
        "    - disable: {reason: r, expires_in: 8h}",
        "    - enable",
        "x.yml:12:7: `enable` cannot be combined with other steps; give `disable` an `expires_in`, or write a rule of its own that enables",
    );
    check(
        "    - sign_out: {reason: '{{ rule.title }} {{ incident.id }}', employee_reason: account-takeover}\n    - disable: {reason: r, expires_in: 8h}",
        "    - enable: {reason: y}",
        "x.yml:11:16: unknown key `reason` in enable; enable takes no keys",
    );
    check("    - disable", "    - disabel", "x.yml:12:7: unknown step `disabel`; did you mean `disable`?");
    check(
        "reason: r",
        "reason: '{{ user }}'",
        "x.yml:12:25: `{{ user }}` cannot be used here; known are rule.title, rule.id, incident.id, alert.source",
    );
    check(
        "employee_reason: account-takeover",
        "employee_reason: acount-takeover",
        "x.yml:11:81: the catalogue of reasons has no `acount-takeover`; did you mean `account-takeover`?",
    );
}

#[test]
fn a_reason_that_could_become_too_long_is_refused() {
    let long = format!("reason: '{}{{{{ alert.source }}}}'", "x".repeat(437));
    check("reason: r", &long, "x.yml:12:25: the reason may become 501 characters long; shorten it to 500");
}

#[test]
fn a_rule_whose_own_test_fails_is_refused() {
    check(
        "{a: x, who:",
        "{a: y, who:",
        "x.yml:14:5: the test `matches` fails: expected a match, but 0 of 1 tests passed; `a`: the event has it, but no value passes `equals`",
    );
    check(
        "account: A@example.com",
        "account: b@example.com",
        "x.yml:14:5: the test `matches` fails: expected the account b@example.com, but it names a@example.com",
    );
    check(
        "steps: [sign_out, disable]}",
        "steps: [disable]}",
        "x.yml:14:5: the test `matches` fails: expected the steps disable, but the rule asks for sign_out, disable",
    );
    check(
        "who: a@example.com",
        "who: [a@example.com]",
        "x.yml:14:5: the test `matches` fails: the path to the account reaches something that is no such name",
    );
    check(
        "{a: x, who: a@example.com}",
        "{a: x}",
        "x.yml:14:5: the test `matches` fails: the path to the account reaches nothing",
    );
    check(
        "owner: test-team",
        "  - {name: nearly, alert: {a: x, who: b@example.com}, expect: none}\nowner: test-team",
        "x.yml:17:5: the test `nearly` fails: expected none, but the rule matched (selection)",
    );
    check(
        "expect: {account: A@example.com, steps: [sign_out, disable]}",
        "expect: {steps: [sign_out]}",
        "x.yml:16:13: expect needs the account that the rule must find",
    );
}

#[test]
fn f01_ids_and_names_are_unique_over_the_set() {
    let rule = format!("name: n\n{ACTING}");
    let errors = compile(&folder(&[("a.yml", &rule), ("b.yml", &rule)])).unwrap_err().to_string();
    assert_eq!(
        errors,
        "b.yml:1:7: the name `n` is already that of a.yml; give each rule its own\n\
         b.yml:3:5: the id `11111111-1111-4111-8111-111111111111` is already that of a.yml; give each rule its own"
    );
}

/// A filter that names the id would narrow both rules, or the wrong one.
#[test]
fn a_name_is_no_other_rules_id() {
    let id = "11111111-1111-4111-8111-111111111111";
    let other = detecting("  s: {a: 1}\n  condition: s\n").replace("11111111-1", "22222222-1");
    let named = format!("name: {id}\n{other}");
    for (first, second) in [(ACTING, named.as_str()), (named.as_str(), ACTING)] {
        let errors = compile(&folder(&[("a.yml", first), ("b.yml", second)])).unwrap_err().to_string();
        assert!(errors.contains(&format!("`{id}` is already an id or a name of a.yml; give each rule")), "{errors}");
    }
}

#[test]
fn every_problem_of_every_file_is_told_at_once() {
    let mut files = folder(&[("a.yml", "title: [\n"), ("b.yml", &ACTING.replace("title: T", "titel: T"))]);
    files.push(file("okta/guardrails.yml", ""));
    files.push(file("Guardrails.YML", ""));
    files.push(file("people.CSV", ""));
    files.retain(|file| file.name != "guardrails.yml" && file.name != "reasons/th_TH.yml");
    files.push(file("reasons/xx_XX.yml", ""));
    files.push(file("reasons/zh_CN.yaml", ""));
    files.push(file("identities.csv", "subject,user_id\nx\n"));
    let errors = compile(&files).unwrap_err();
    let named: Vec<&str> = errors.problems().iter().map(|problem| problem.file.as_str()).collect();
    let expected = [
        "Guardrails.YML",
        "a.yml",
        "b.yml",
        "b.yml",
        "guardrails.yml",
        "identities.csv",
        "okta/guardrails.yml",
        "people.CSV",
        "reasons/th_TH.yml",
        "reasons/xx_XX.yml",
        "reasons/zh_CN.yaml",
    ];
    assert_eq!(named, expected, "{errors}");
    assert!(errors.to_string().contains("people.CSV: is neither a rule nor a file this program knows"), "{errors}");
}

#[test]
fn f08_the_catalogue_of_reasons_must_be_complete_and_short() {
    let with = |name: &str, text: &str| {
        let mut files = folder(&[]);
        files.retain(|file| file.name != name);
        files.push(file(name, text));
        compile(&files).map_err(|errors| errors.to_string()).map(|_| ())
    };
    let name = "reasons/fr_FR.yml";
    // The longest time of France: `22 sept. 9998, 00:44 UTC-11:44`.
    let filled = "{{ time }}{{ contact }}{{ incident.id }}";
    let long = format!("account-takeover: '{}{filled}'\n", "é".repeat(111));
    for (text, problem) in [
        (
            "account-takeover: x\nmore: y\n",
            "reasons/en_US.yml: has no text for `more`; add it: every locale has every code\n",
        ),
        ("{}", "reasons/fr_FR.yml: has no text for `account-takeover`; add it: every locale has every code"),
        ("account-takeover: ''\n", "reasons/fr_FR.yml:1:19: `account-takeover` is empty"),
        (
            "account-takeover: '{{ rule.title }}'\n",
            "reasons/fr_FR.yml:1:19: `{{ rule.title }}` cannot be used here; known are incident.id, contact, time",
        ),
        (
            "account-takeover: \"a\\u0007\"\n",
            "reasons/fr_FR.yml:1:19: `account-takeover` must be one line without control characters",
        ),
        ("Account: x\n", "reasons/fr_FR.yml:1:1: `Account` is not a valid reason code: 1 to 64 of a-z 0-9 -"),
        (long.as_str(), "reasons/fr_FR.yml:1:19: the text may become 201 characters long; shorten it to 200"),
    ] {
        let found = with(name, text).unwrap_err();
        assert!(found.contains(problem), "{text}: {found}");
    }
    assert_eq!(with(name, &long.replacen('é', "", 1)), Ok(()));
}

#[test]
fn guardrails_are_read_strictly() {
    let with = |text: &str| {
        let mut files = folder(&[]);
        files.retain(|file| file.name != "guardrails.yml");
        files.push(file("guardrails.yml", text));
        compile(&files).map_err(|errors: LoadErrors| errors.to_string())
    };
    let set =
        with("contact: 柜台\nprotected:\n  - user_id: 0x1\n    why: safe\n  - {email: Boss@example.com, why: boss}\n")
            .unwrap();
    assert_eq!(set.guardrails().contact(), "柜台");
    assert_eq!(set.guardrails().protected()[1].account.value(), "boss@example.com");
    for (text, problem) in [
        ("contact: x\n", "guardrails.yml:1:1: guardrails.yml needs the key `protected`"),
        (
            "protected: []\nprotectd: []\n",
            "guardrails.yml:2:1: unknown key `protectd` in guardrails.yml; did you mean `protected`?",
        ),
        ("protected: [{user_id: a}]", "guardrails.yml:1:13: a protected account needs the key `why`"),
        (
            "protected: [{why: a}]",
            "guardrails.yml:1:13: a protected account has exactly one kind of name; write `user_id: …` (the surest) or one of email, login_id, mobile, union_id, job_number",
        ),
        (
            "protected: [{user_id: 'a b', why: x}]",
            "guardrails.yml:1:23: the user_id is not usable: only visible ASCII characters are allowed",
        ),
        ("protected: nobody", "guardrails.yml:1:12: `protected` must be a list, not a text"),
        ("contact: ' '\nprotected: []", "guardrails.yml:1:10: `contact` is empty"),
        (
            "contact: \"a\\u202eb\"\nprotected: []",
            "guardrails.yml:1:10: `contact` must be one line without control characters",
        ),
    ] {
        assert_eq!(with(text).unwrap_err(), problem, "{text}");
    }
}

#[test]
fn a_folder_that_is_not_there_does_not_load() {
    assert!(load(std::path::Path::new("/nonexistent/rules")).is_err());
}
