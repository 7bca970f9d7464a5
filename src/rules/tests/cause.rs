//! What is told first is what to mend first: tests that fail because of something else are not told.

use super::*;

#[test]
fn own_tests_are_run_once_nothing_else_is_wrong() {
    let rule = format!("name: base\n{}", ACTING.replace("alert: {a: x,", "alert: {a: y,"));
    let filter = |name: &str| {
        format!(
            "title: F\nlogsource: {{product: test}}\nfilter:\n  rules: [{name}]\n  s: {{user: admin}}\n  condition: not s\n"
        )
    };
    let told = |name: &str| {
        let errors = compile(&folder(&[("a.yml", &rule), ("f.yml", &filter(name))])).unwrap_err();
        errors.problems().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(told("renamed"), ["f.yml:4:11: no rule is called `renamed`; write its id or its name"]);
    let failing = told("base");
    assert!(
        matches!(&failing[..], [only] if only.starts_with("a.yml:15:5: the test `matches` fails: ")),
        "{failing:?}"
    );
}
