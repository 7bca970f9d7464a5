//! What rules may come to together, however small each of them is.

use super::*;

/// Many small parts of rules must not add up to more than there is room for.
#[test]
fn f03_what_rules_stand_for_is_bounded() {
    let with_lists = |value: &str| {
        let mut files = folder(&[("x.yml", &detecting(&format!("  s: {{f|expand: '{value}'}}\n  condition: s\n")))]);
        let many = (0..1_000).map(|n| format!("- v{n}\n")).collect::<String>();
        files.extend([file("lists/many.yml", &many), file("lists/long.yml", &format!("- {}\n", "x".repeat(1_000)))]);
        compile(&files).map_or_else(|errors| errors.to_string(), |_| String::new())
    };
    assert!(with_lists(&format!("%many%{}", "%long%".repeat(100))).contains("more than 1000000 characters"));
    assert!(with_lists("%many%%long%").contains("the value stands for texts of more than 1000000 characters"));
    assert!(with_lists("%many%%many%").contains("the value stands for more than 10000 texts"));
    assert_eq!(with_lists(&"%long%".repeat(100)), "");
    let texts = "'%many%', ".repeat(200);
    let too_many = detecting(&format!("  s: {{f|expand: [{texts}x]}}\n  condition: s\n"));
    let mut files = folder(&[("x.yml", &too_many)]);
    files.push(file("lists/many.yml", &(0..10_000).map(|n| format!("- v{n}\n")).collect::<String>()));
    let errors = compile(&files).unwrap_err().to_string();
    assert!(errors.contains("all rules together come to more than 8000000 characters of values"), "{errors}");
    let many = (0..20).map(|n| format!("'\\w{{60}}{n}', ")).collect::<String>();
    let expressions = problems(&detecting(&format!("  s: {{f|re: [{many}x]}}\n  condition: s\n")));
    assert!(expressions.contains("all rules together come to more than 67108864 bytes of compiled"), "{expressions}");
    let searches = (0..99).map(|n| format!("  s{n}: {{f: x}}\n")).collect::<String>();
    let long = ["1 of them"; 300].join(" or ");
    let conditions = problems(&detecting(&format!("{searches}  condition: {long}\n")));
    assert!(conditions.contains("the condition has more than 10000 parts"), "{conditions}");
    let list = "\n    - 1 of them".repeat(200);
    assert!(problems(&detecting(&format!("{searches}  condition:{list}\n"))).contains("more than 10000 parts"));
}

/// A filter is a part of each rule it narrows, so its size counts as often.
#[test]
fn f03_filters_over_many_rules_are_bounded() {
    let rule = |n: usize| {
        detecting("  s: {a: 1}\n  condition: s\n")
            .replace("id: 11111111-1111-4111-8111-111111111111\n", "")
            .replace(": T", &format!(": T{n}"))
    };
    let rules = (0..60).map(rule).collect::<Vec<_>>().join("---\n");
    let searches = (0..90).map(|n| format!("  s{n}: {{f: x}}\n")).collect::<String>();
    let condition = ["1 of them"; 100].join(" and not ");
    let head = "title: F\nlogsource: {product: test}\nfilter:\n  rules: any\n";
    let filter = format!("{head}{searches}  condition: not {condition}\n");
    let load = |count: usize| {
        let filters = vec![filter.as_str(); count].join("---\n");
        compile(&folder(&[("a.yml", &rules), ("f.yml", &filters)]))
            .map_or_else(|errors| errors.to_string(), |_| String::new())
    };
    assert_eq!(load(1), "");
    assert!(load(8).contains("all rules together come to more than 4000000 parts of conditions"));
}

/// Finding out that an expression is too large takes as long as compiling the largest that is not.
#[test]
fn f03_expressions_that_are_refused_for_their_size_cost_it() {
    let many = (0..200).map(|n| format!("'[\\p{{L}}\\p{{N}}]{{1,500}}{n}', ")).collect::<String>();
    let load = compile(&folder(&[("x.yml", &detecting(&format!("  s: {{f|re: [{many}x]}}\n  condition: s\n")))]));
    let refused = load.unwrap_err();
    let tried = refused.problems().iter().filter(|problem| problem.what.contains("too large once compiled")).count();
    assert!((1..=16).contains(&tried), "{tried} were tried");
    let last = refused.problems().last().unwrap();
    assert!(last.what.contains("all rules together come to more than 67108864 bytes of compiled"), "{last}");
}
