//! What is a path and what is none, and what is wrong with it.

use serde_json::json;

use super::*;

fn problem(path: &str) -> String {
    match path.parse::<Path>() {
        Ok(_) => panic!("{path} was taken"),
        Err(problem) => problem.to_string(),
    }
}

#[test]
fn a_bad_path_says_where() {
    for bad in ["", ".", "a.", "a[", "a[x]", "a[b=c", "a]b", "'a", "a[1", &"a.".repeat(20)] {
        problem(bad);
    }
    assert_eq!(problem("a[x]"), "at character 3: expected a number, `*` or `name=value`");
}

#[test]
fn a_bad_step_says_where() {
    for (bad, what) in [
        ("a|", "at character 2: expected `json`, `base64`, "),
        ("a|josn.b", "at character 2: expected `json`, `base64`, "),
        ("a|JSON", "at character 2: expected `json`, "),
        ("a| json", "at character 2: expected `json`, "),
        ("a|json2", "at character 2: expected `json`, "),
        ("a||json", "at character 2: expected `json`, "),
        ("|json", "at character 0: expected a name"),
        ("a|json ", "at character 6: expected `.`, `[` or `|`"),
        ("a|json()", "at character 6: expected `.`, `[` or `|`"),
        ("a|json'b'", "at character 6: expected `.`, `[` or `|`"),
        ("a|json.", "at character 7: expected a name"),
        ("a.b|c", "at character 4: expected `json`, "),
        // A text has no parts. Whoever forgot `|json` would never reach anything.
        ("a|base64.b", "at character 8: a text has no parts"),
        ("a|lines[0]", "at character 7: a text has no parts"),
        ("a|lower|first.b", "at character 13: a text has no parts"),
        ("a|text.b", "at character 6: a text has no parts"),
        ("a|capture('(x)')[0]", "at character 16: a text has no parts"),
    ] {
        assert!(problem(bad).starts_with(what), "{bad}: {}", problem(bad));
    }
    for good in ["a|json|json", "a|lines|json[0]", "a|base64|json.b", "a|first.b", "a|json|first|text|lower"] {
        parsed(good);
    }
}

#[test]
fn an_expression_has_exactly_one_group_and_a_bounded_size() {
    for (bad, what) in [
        ("a|capture", "at character 9: expected `('…')`"),
        ("a|capture()", "at character 10: expected the expression in quotes"),
        ("a|capture(x)", "at character 10: expected the expression in quotes"),
        ("a|capture('(x)'", "at character 15: expected `)`"),
        ("a|capture('(x)", "at character 11: not closed"),
        ("a|capture('(it's)')", "at character 15: expected `)`; a quote in the expression is written twice"),
        ("a|capture('')", "at character 10: the expression needs exactly one group"),
        ("a|capture('x')", "at character 10: the expression needs exactly one group"),
        ("a|capture('(x)(y)')", "at character 10: the expression needs exactly one group"),
        ("a|capture('((x))')", "at character 10: the expression needs exactly one group"),
        ("a|capture('(?:x)')", "at character 10: the expression needs exactly one group"),
        ("a|capture('(x')", "at character 10: not an expression: unclosed group"),
        (r"a|capture('(x)\1')", "at character 10: not an expression: backreferences are not supported"),
        ("a|capture('(?=x)(y)')", "at character 10: not an expression: look-around"),
        (r"a|capture('(\w{200})')", "at character 10: the expression is too large once compiled"),
        ("a|capture('((?:x{1000}){1000})')", "at character 10: the expression is too large once compiled"),
    ] {
        assert!(problem(bad).starts_with(what), "{bad}: {}", problem(bad));
    }
    for good in [r"([\w.+-]+@[\w.-]+)", "(?P<name>x)", "(?i)user=(?:[a-z]+/)?([^,}]+)", r"\b([A-Z]{2}\d{1,4})\b"] {
        parsed(&format!("a|capture('{good}')"));
    }
}

#[test]
fn a_path_has_limits() {
    let steps = |count: usize| format!("a{}", ".a".repeat(count - 1));
    parsed(&steps(STEPS_MAX));
    assert!(problem(&steps(STEPS_MAX + 1)).ends_with("more than 16 steps"));
    assert!(problem(&format!("a{}", "|first".repeat(STEPS_MAX))).ends_with("more than 16 steps"));
    // The document is no step.
    parsed(&format!("${}", "[0]".repeat(STEPS_MAX)));
    problem(&format!("${}", "[0]".repeat(STEPS_MAX + 1)));
    let names = |count: usize| format!("a[{}b=c]", "b.".repeat(count - 1));
    parsed(&names(STEPS_MAX));
    assert!(problem(&names(STEPS_MAX + 1)).ends_with("more than 16 names"));
    parsed(&"a".repeat(PATH_BYTES_MAX));
    assert_eq!(problem(&"a".repeat(PATH_BYTES_MAX + 1)), "at character 0: more than 4096 bytes");
}

#[test]
fn a_path_may_begin_at_the_document() {
    let list = json!([{"name": "a"}, {"name": "b"}]);
    check("$", &list, &json!([list]));
    check("$[1].name", &list, &json!(["b"]));
    check("$[name=a]|first.name|lower", &list, &json!(["a"]));
    check("$|json.a", &json!(r#"{"a":1}"#), &json!([1]));
    let odd = json!({"$": {"x": 1}, "$schema": 2});
    check("'$'.x", &odd, &json!([1]));
    check("$schema", &odd, &json!([2]));
    assert_eq!(problem("$.x"), "at character 1: leave `$.` out, or write `'$'.` for a member of that name");
    for bad in ["$'x'", "$]", "$=", "$|", "$["] {
        problem(bad);
    }
}

/// A quote in quotes is written twice, wherever they stand.
#[test]
fn quotes_keep_everything_that_would_end_a_name() {
    let event = json!({
        "a|json": 1, "it's": 2, "": {"": 3}, "a.b[0]='x'": 4,
        "list": [{"k.v": {"x|y": "A]b"}, "n": 5}, {"k.v": {"x|y": "'q'"}, "n": 6}, {"k.v": {"x|y": ""}, "n": 7}],
    });
    check("'a|json'", &event, &json!([1]));
    check("'it''s'", &event, &json!([2]));
    check("''.''", &event, &json!([3]));
    check("'a.b[0]=''x'''", &event, &json!([4]));
    check("list['k.v'.'x|y'='A]b'].n", &event, &json!([5]));
    // Between brackets only quotes and brackets end a name, as ever.
    check("list['k.v'.x|y='A]b'].n", &event, &json!([5]));
    check("list['k.v'.'x|y'='''q'''].n", &event, &json!([6]));
    check("list['k.v'.'x|y'=''].n", &event, &json!([7]));
    check("list['k.v'.'x|y'=].n", &event, &json!([7]));
    for bad in ["list['k.v'.='x']", "list[.k='x']", "list[k='x'y]", "list[k='x]", "list['k'v=x]", "list[a.1]"] {
        problem(bad);
    }
}

/// All that was a path before there were steps behind a `|` still is, and means what it did.
#[test]
fn what_was_a_path_before_still_is() {
    let event = json!({"evidence": [
        {"@odata.type": "#microsoft.graph.security.userEvidence", "userAccount": "a"},
        {"@odata.type": "#microsoft.graph.security.ipEvidence", "userAccount": "b"},
        {"k": " x | y ", "v": 1},
        {"k": "O'Brien", "v": 2},
        {"k": "a=b.c[", "v": 3},
    ]});
    check("evidence['@odata.type'=#microsoft.graph.security.userEvidence].userAccount", &event, &json!(["a"]));
    check("evidence[k= x | y ].v", &event, &json!([1]));
    check("evidence[k=O'Brien].v", &event, &json!([2]));
    check("evidence[k=a=b.c[].v", &event, &json!([3]));
    check("evidence['2'].v", &event, &json!([1]));
    check("evidence[02].v", &event, &json!([1]));
}
