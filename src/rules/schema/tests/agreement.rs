//! Documents of both verdicts: what a schema can see, it says as the loader does.

use super::super::super::tests::{ACTING, folder};
use super::super::super::{compile, problem::LoadErrors};
use super::*;

/// The rule that filters narrow and correlations count.
const COUNTED: &str = "title: A\nid: 00000000-0000-4000-8000-000000000001\nname: a\nlogsource: {product: test}\ndetection:\n  s: {k: a}\n  condition: s\n";

const FILTER: &str = "title: F\nlogsource: {product: test}\nfilter:\n  rules: [a]\n  s: {b: y}\n  condition: not s\n";

const COUNTING: &str = "title: C
id: 00000000-0000-4000-8000-000000000009
correlation:
  type: event_count
  rules: [a]
  group-by: [who]
  timespan: 1h
  condition: {gte: 2}
tests:
  - {name: n, alerts: [{after: 1s, times: 2, alert: {k: a, who: x}}], expect: match}
";

const ANSWER: &str = "owner: me\nresponse:\n  account: {email: who}\n  steps:\n    - sign_out: {reason: r, employee_reason: account-takeover}\n";

/// What both say to each change of a document that both take.
fn agree(good: &str, changes: &[(&str, &str)], is_taken: bool) {
    let judge = Judge::new();
    let loads =
        |text: &str| -> Result<(), LoadErrors> { compile(&folder(&[("a.yml", COUNTED), ("x.yml", text)])).map(drop) };
    let mut wrong = Vec::new();
    for (from, to) in changes {
        assert!(good.contains(from), "{from}");
        let text = good.replace(from, to);
        let (loaded, marked) = (loads(&text), judge.takes(&documents(&text)[0]));
        if loaded.is_ok() != is_taken {
            wrong.push(format!(
                "the loader, {from:?} -> {to:?}: {}",
                loaded.map_or_else(|e| e.to_string(), |()| "taken".to_owned())
            ));
        }
        if marked.is_ok() != is_taken {
            wrong.push(format!(
                "the schema, {from:?} -> {to:?}: {}",
                marked.map_or_else(|e| e, |()| "taken".to_owned())
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const RULES_REFUSED: &[(&str, &str)] = &[
    ("title: T\n", ""),
    ("title: T", "title: ''"),
    ("title: T", "title: T\nstatus: new"),
    ("title: T", "title: T\nlevel: severe"),
    ("title: T", "title: T\ntaxonomy: ecs"),
    ("title: T", "title: T\nfilter: {rules: any, s: {a: x}, condition: not s}"),
    ("title: T", "title: T\ncorrelation: {type: event_count, rules: [a], timespan: 1h, condition: {gte: 2}}"),
    ("title: T", "title: T\nlint: {allow: [missing-locale], reason: r}"),
    ("title: T", "title: T\nlint: {allow: [old-date]}"),
    ("id: 11111111-1111-4111-8111-111111111111\n", ""),
    ("id: 1", "id: x"),
    ("owner: test-team\n", ""),
    ("logsource: {product: test}\n", ""),
    ("{product: test}", "{definition: x}"),
    ("  condition: selection\n", ""),
    ("  selection: {a: x}\n", ""),
    ("{a: x}", "{a|contain: x}"),
    ("{a: x}", "{}"),
    ("{a: x}", "[]"),
    ("mode: enforce", "mode: on"),
    ("mode: enforce", "assurance: E"),
    ("mode: enforce", "cooldown: long"),
    ("mode: enforce", "each: true"),
    ("mode: enforce", "limit: 3"),
    ("mode: enforce", "each: false\n  limit: 3"),
    ("mode: enforce", "each: true\n  limit: 0"),
    ("mode: enforce", "each: true\n  limit: 300"),
    ("mode: enforce", "each: yes\n  limit: 3"),
    ("mode: enforce", "budget: {}"),
    ("mode: enforce", "budget: 5"),
    ("mode: enforce", "budget: {per_hour: -1}"),
    ("mode: enforce", "budget: {per_hour: 10001}"),
    ("mode: enforce", "budget: {per_week: 1}"),
    ("mode: enforce", "accounts: x"),
    ("{email: who}", "{}"),
    ("{email: who}", "{mail: who}"),
    ("{email: who}", "{email: who, mobile: who}"),
    (", employee_reason: account-takeover", ""),
    ("expires_in: 8h", "expires_in: 8h, permanent: true"),
    ("expires_in: 8h", "permanent: false"),
    (", expires_in: 8h", ""),
    ("    - disable: {reason: r, expires_in: 8h}\n", "    - enable\n"),
    (
        "    - disable: {reason: r, expires_in: 8h}\n",
        "    - sign_out: {reason: r, employee_reason: account-takeover}\n",
    ),
    ("    - disable: {reason: r, expires_in: 8h}\n", "    - delete: {reason: r}\n"),
    (
        "    - disable: {reason: r, expires_in: 8h}\n",
        "    - sign_out: {reason: r, employee_reason: account-takeover}\n    - disable: {reason: r, expires_in: 8h}\n",
    ),
    (
        "    - disable: {reason: r, expires_in: 8h}\n",
        "    - disable: {reason: r, expires_in: 8h}\n    - disable: {reason: r, expires_in: 8h}\n",
    ),
    (
        "    - disable: {reason: r, expires_in: 8h}\n",
        "    - disable: {reason: r, expires_in: 8h}\n    - sign_out\n    - sign_out\n",
    ),
    ("    - disable: {reason: r, expires_in: 8h}\n", "    - sign_out\n    - disable: {reason: r, expires_in: 8h}\n"),
    (
        "    - disable: {reason: r, expires_in: 8h}\n",
        "    - disable: {reason: r, expires_in: 8h}\n    - sign_out: {reason: r, employee_reason: account-takeover}\n",
    ),
    ("    - disable: {reason: r, expires_in: 8h}\n", "    - change_dingtalk_id\n"),
    ("    - disable: {reason: r, expires_in: 8h}\n", "    - change_dingtalk_id: {prefix: 1a}\n"),
    ("    - disable: {reason: r, expires_in: 8h}\n", "    - change_dingtalk_id: {prefix: abcdefghi}\n"),
    (
        "    - disable: {reason: r, expires_in: 8h}\n",
        "    - change_dingtalk_id: {prefix: a}\n    - change_dingtalk_id: {prefix: b}\n",
    ),
    ("    - disable: {reason: r, expires_in: 8h}\n", "    - notify: {channel: soc}\n"),
    ("    - disable: {reason: r, expires_in: 8h}\n", "    - notify: {channel: So C, text: t}\n"),
    (
        "    - disable: {reason: r, expires_in: 8h}\n",
        "    - notify: {channel: a, text: t}\n    - notify: {channel: b, text: t}\n    - notify: {channel: c, text: t}\n",
    ),
    ("    - disable: {reason: r, expires_in: 8h}\n", "    - enable\n    - notify: {channel: soc, text: t}\n"),
    ("  - name: matches\n    alert", "  - alert"),
    ("expect: {account: A@example.com, steps: [sign_out, disable]}", "expect: match"),
    ("expect: {account: A@example.com, steps: [sign_out, disable]}", "expect: {steps: [sign_out, disable]}"),
    ("expect: {account: A@example.com, steps: [sign_out, disable]}", "expect: {account: A@example.com}"),
    (
        "expect: {account: A@example.com, steps: [sign_out, disable]}",
        "expect: {account: A@example.com, steps: [signout]}",
    ),
    ("  account: {email: who}\n", ""),
    ("    alert: {a: x, who: a@example.com}", "    alert: [x]"),
    ("    alert: {a: x, who: a@example.com}", "    alerts: [{alert: {a: x, who: a@example.com}}]"),
];

#[test]
fn on_rules() {
    let taken = [
        ("title: T", "title: T"),
        ("title: T", "title: T\nmy_own: [1]"),
        ("title: T", "title: T\nstatus: test\nlevel: high"),
        ("title: T", "title: T\nsigma-version: 3"),
        ("mode: enforce", "mode: shadow"),
        ("mode: enforce", "assurance: A"),
        ("mode: enforce", "each: true\n  limit: 3"),
        ("mode: enforce", "each: false"),
        ("mode: enforce", "budget: {per_hour: 0}"),
        ("mode: enforce", "budget: {per_hour: 3, per_day: 10000}"),
        ("expires_in: 8h", "permanent: true"),
        (
            "expires_in: 8h}\ntests:\n  - name: matches\n    alert: {a: x, who: a@example.com}\n    expect: {account: A@example.com, steps: [sign_out, disable]}",
            "expires_in: 8h}\n    - sign_out\ntests:\n  - name: matches\n    alert: {a: x, who: a@example.com}\n    expect: {account: A@example.com, steps: [sign_out, disable, sign_out]}",
        ),
        (
            "expires_in: 8h}\ntests:\n  - name: matches\n    alert: {a: x, who: a@example.com}\n    expect: {account: A@example.com, steps: [sign_out, disable]}",
            "expires_in: 8h}\n    - sign_out\n    - change_dingtalk_id: {prefix: sec}\n    - notify: {channel: soc, text: t}\n    - notify: {channel: duty, text: t}\ntests:\n  - name: matches\n    alert: {a: x, who: a@example.com}\n    expect: {account: A@example.com, steps: [sign_out, disable, sign_out, change_dingtalk_id, notify, notify]}",
        ),
        ("{a: x}", "{a: [x, 5, true]}"),
        ("{a: x}", "[{a: x}, {a: y}]"),
        (
            "expect: {account: A@example.com, steps: [sign_out, disable]}",
            "expect: {account: a@example.com, steps: [sign_out, disable]}",
        ),
        ("title: T", "title: T\nlint: {allow: [old-date], reason: r}"),
    ];
    agree(ACTING, &taken, true);
    agree(ACTING, RULES_REFUSED, false);
    let only_detects = format!(
        "{}tests:\n  - {{name: n, alert: {{k: a}}, expect: match}}\n",
        COUNTED.replace("title: A\nid: 0", "title: B\nid: 1").replace("name: a\n", "")
    );
    agree(
        &only_detects,
        &[
            ("title: B", "title: B"),
            ("logsource: {product: test}", "logsource: {category: c, service: s}"),
            ("{k: a}, expect: match", "{k: b}, expect: none"),
        ],
        true,
    );
    agree(&only_detects, &[("expect: match", "expect: {steps: []}"), ("expect: match", "expect: hit")], false);
}

#[test]
fn on_filters() {
    let taken = [
        ("title: F", "title: F"),
        ("title: F", "title: F\nid: 22222222-2222-4222-8222-222222222222\nname: f"),
        ("rules: [a]", "rules: a"),
        ("rules: [a]", "rules: any"),
    ];
    agree(FILTER, &taken, true);
    let refused = [
        ("title: F", "title: F\ntests: []"),
        ("title: F", "title: F\ntests:\n  - {name: n, alert: {b: y}, expect: none}"),
        ("title: F", "title: F\nid: 22222222-2222-4222-8222-222222222222\nowner: o\nresponse: {steps: [enable]}"),
        ("title: F\n", ""),
        ("title: F", "title: F\ndetection: {s: {a: x}, condition: s}"),
        ("title: F", "title: F\ncorrelation: {type: event_count, rules: [a], timespan: 1h, condition: {gte: 2}}"),
        ("logsource: {product: test}\n", ""),
        ("  rules: [a]\n", ""),
        ("rules: [a]", "rules: []"),
        ("rules: [a]", "rules: {a: b}"),
        ("  s: {b: y}\n  condition: not s\n", "  s: {b: y}\n"),
        ("  s: {b: y}\n", ""),
    ];
    agree(FILTER, &refused, false);
}

const CORRELATIONS_REFUSED: &[(&str, &str)] = &[
    ("title: C\n", ""),
    ("title: C", "title: C\nlogsource: {product: test}"),
    ("title: C", "title: C\ndetection: {s: {a: x}, condition: s}"),
    ("title: C", "title: C\nfilter: {rules: any, s: {a: x}, condition: not s}"),
    ("type: event_count", "type: event_counts"),
    ("  type: event_count\n", ""),
    ("type: event_count", "type: event_count\n  field: x"),
    ("type: event_count", "type: event_count\n  percentile: 5"),
    ("type: event_count", "type: event_count\n  window: 5"),
    ("type: event_count", "type: value_count"),
    ("type: event_count", "type: value_sum\n  field: [x, y]"),
    ("type: event_count", "type: value_percentile\n  field: x"),
    ("type: event_count", "type: value_percentile\n  field: x\n  percentile: 101"),
    ("type: event_count", "type: event_count\n  generate: maybe"),
    ("type: event_count", "type: event_count\n  aliases: [x]"),
    ("type: event_count", "type: event_count\n  aliases: {x: y}"),
    ("rules: [a]", "rules: []"),
    ("rules: [a]", "rules: [a, a]"),
    ("  rules: [a]\n", ""),
    ("group-by: [who]", "group-by: [a, b, c, d, e, f, g, h, i]"),
    ("group-by: [who]", "group-by: {a: b}"),
    ("group-by: [who]", "group-by: [who, who]"),
    ("title: C", "title: C\ngenerate: true"),
    ("title: C", "title: C\ncondition: {gte: 2}"),
    ("timespan: 1h", "timespan: 1 hour"),
    ("timespan: 1h", "timespan: 60"),
    ("timespan: 1h", "timespan: 1H"),
    ("  timespan: 1h\n", ""),
    ("  condition: {gte: 2}\n", ""),
    ("{gte: 2}", "a"),
    ("{gte: 2}", "{}"),
    ("{gte: 2}", "{gte: 2, gt: 3}"),
    ("{gte: 2}", "{gte: 2, eq: 3}"),
    ("{gte: 2}", "{gte: 2, lt: 3, lte: 4}"),
    ("{gte: 2}", "{more: 2}"),
    ("{gte: 2}", "{gte: two}"),
    ("{gte: 2}", "{gte: 2, field: x}"),
    ("expect: match", "expect: {steps: [sign_out]}"),
    ("alerts: [{after: 1s, times: 2, alert: {k: a, who: x}}]", "alert: {k: a, who: x}"),
    ("after: 1s", "after: soon"),
    ("[{after: 1s, times: 2, alert: {k: a, who: x}}]", "[]"),
    ("times: 2", "times: 0"),
    ("times: 2", "times: 2.5"),
    ("times: 2", "times: 201"),
    ("alert: {k: a, who: x}", "alert: [x]"),
    ("name: n, ", ""),
];

#[test]
fn on_correlations() {
    let answer = &format!("title: C\n{ANSWER}");
    let taken = [
        ("title: C", "title: C"),
        ("title: C", answer.trim_end()),
        ("rules: [a]", "rules: a"),
        ("group-by: [who]", "group-by: who"),
        ("  group-by: [who]\n", ""),
        ("{gte: 2}", "{gte: 2, lt: 9}"),
        ("{gte: 2}", "{eq: 2}\n  generate: true"),
        ("timespan: 1h", "timespan: 2w"),
        ("timespan: 1h", "timespan: 1M"),
        ("times: 2, ", "times: 3, "),
        ("after: 1s, times: 2, alert: {k: a, who: x}}]", "alert: {k: a, who: x}}, {alert: {k: a, who: x}}]"),
    ];
    let untested = COUNTING.split_once("tests:").unwrap().0;
    agree(COUNTING, &taken, true);
    let more = [
        (
            "type: event_count\n  rules: [a]\n  group-by: [who]\n  timespan: 1h\n  condition: {gte: 2}",
            "type: temporal\n  rules: [a]\n  timespan: 1h",
        ),
        (
            "type: event_count\n  rules: [a]\n  group-by: [who]\n  timespan: 1h\n  condition: {gte: 2}",
            "type: temporal\n  rules: [a]\n  timespan: 1h\n  condition: a",
        ),
        (
            "type: event_count\n  rules: [a]\n  group-by: [who]\n  timespan: 1h\n  condition: {gte: 2}",
            "type: temporal_ordered\n  rules: [a]\n  timespan: 1h\n  condition: {gte: 1}",
        ),
        ("type: event_count", "type: value_count\n  field: [x, y]"),
        ("event_count", "value_sum\n  field: x"),
        ("{gte: 2}", "{gte: 2}\n  aliases: {who: {a: user}}"),
    ];
    agree(untested, &more, true);
    for (sort, condition) in [
        ("value_avg", "field: x, gt: 1"),
        ("value_percentile", "field: [x], gt: 1, percentile: 95"),
        ("value_median", "field: x, lt: 1.5"),
        ("value_count", "field: [x, y], gte: 3"),
    ] {
        let text = untested.replace("event_count", sort).replace("gte: 2", condition);
        agree(&text, &[("title: C", "title: C")], true);
    }
    agree(COUNTING, CORRELATIONS_REFUSED, false);
    let acting = format!("{COUNTING}{ANSWER}");
    let refused = [
        ("owner: me\n", ""),
        ("id: 00000000-0000-4000-8000-000000000009\n", ""),
        ("  account: {email: who}\n", ""),
        ("  group-by: [who]\n", ""),
        ("response:\n", "response:\n  each: true\n  limit: 2\n"),
        ("{gte: 2}", "{lt: 2}"),
        ("{gte: 2}", "{eq: 2}"),
        ("{gte: 2}", "{neq: 2}"),
        ("{gte: 2}", "{gte: 2, lte: 9}"),
        ("{gte: 2}", "{gte: 0}"),
        ("{gte: 2}", "{gt: -1}"),
    ];
    agree(&acting, &refused, false);
    agree(&acting, &[("{gte: 2}", "{gt: 0}"), ("{gte: 2}", "{gte: 1}")], true);
}
