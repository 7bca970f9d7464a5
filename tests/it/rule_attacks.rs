//! Section F of the attack list, through the door that rules come in by: a folder on disk is loaded,
//! or refused with what its author has to know. What needs a running server is in `guardrails`
//! (f09, f14) and `reload` (f01, f11); f12 is in `rule_signature`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use portcullis::rules::{self, RuleSet};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Delivery, Set, TestApp, copy_folder, edit};

const RULE: &str = "impossible-travel.yml";
/// Unoptimised and beside other tests; the program as it is shipped takes a fraction of a second.
const REFUSED_WITHIN: Duration = Duration::from_secs(20);

/// A copy of the shipped rules.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &place.path().join("rules"));
        Self(place)
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("rules")
    }

    fn with(self, file: &str, text: impl AsRef<[u8]>) -> Self {
        fs::write(self.path().join(file), text).unwrap();
        self
    }

    fn without(self, file: &str) -> Self {
        fs::remove_file(self.path().join(file)).unwrap();
        self
    }

    fn edited(self, old: &str, new: &str) -> Self {
        edit(&self.path(), RULE, old, new);
        self
    }

    fn load(&self) -> RuleSet {
        rules::load(&self.path()).unwrap_or_else(|errors| panic!("{errors}"))
    }

    /// What is wrong with it, without the way to the folder.
    fn refusal(&self) -> String {
        let errors = rules::load(&self.path()).expect_err("the folder is refused");
        errors.to_string().replace(&format!("{}/", self.path().display()), "")
    }

    fn assert_refused(&self, what: &str) {
        let refusal = self.refusal();
        assert!(refusal.contains(what), "{what:?} is not in:\n{refusal}");
    }
}

/// A rule that only detects, around the values of one search.
fn detecting(number: u32, search: &str) -> String {
    format!(
        "title: T{number}\nid: 00000000-0000-4000-8000-{number:012}\nlogsource: {{product: test}}\ndetection:\n  s: {search}\n  condition: s\n"
    )
}

fn titles(set: &RuleSet, event: &Value) -> Vec<String> {
    set.matching(event).iter().map(|rule| rule.reference.title.clone()).collect()
}

#[test]
fn f01_a_fault_is_named_with_file_line_and_column() {
    let known = fs::read_to_string(Folder::new().path().join(RULE)).unwrap();
    let line = |text: &str| known.lines().position(|line| line.starts_with(text)).unwrap() + 1;
    let (level, response) = (line("level:"), line("response:"));
    for (old, new, problem) in [
        ("level: high", "sevrity: high", format!("{RULE}:{level}:1: unknown key `sevrity`; Sigma calls it `level`")),
        ("level: high", "levle: high", format!("{RULE}:{level}:1: unknown key `levle`; did you mean `level`?")),
        (
            "response:\n",
            "response:\n    quota: 5\n",
            format!("{RULE}:{}:5: unknown key `quota` in response", response + 1),
        ),
        (
            "level: high\n",
            "level: high\nlevel: low\n",
            format!("{RULE}:{}:1: the key `level` is already in line {level}", level + 1),
        ),
    ] {
        Folder::new().edited(old, new).assert_refused(&problem);
    }
    let own_id = known.lines().find(|line| line.starts_with("id:")).unwrap();
    let twin = detecting(1, "{a: x}").replace("id: 00000000-0000-4000-8000-000000000001", own_id);
    Folder::new().with("a.yml", &twin).assert_refused(&format!("{RULE}:{}:5: the id `", line("id:")));
}

#[test]
fn f02_a_rule_that_matches_everything_is_refused() {
    for search in ["{}", "'*'", "[]"] {
        Folder::new().with("a.yml", detecting(1, search)).assert_refused("a.yml:5:");
    }
    Folder::new()
        .edited("condition: risk_event and high and far_away", "condition: not risk_event")
        .assert_refused("a rule with a response must not match the empty event");
    let detection = |text: &str| detecting(1, "{a: x}").replace("  condition: s\n", text);
    Folder::new().with("a.yml", detection("")).assert_refused("a.yml:5:3: detection needs the key `condition`");
}

#[test]
fn f03_a_bomb_is_refused_at_once() {
    let laughs = "a: &a [x,x]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b]\n".to_owned();
    let own_anchor = "a: &a [*a]\n".to_owned();
    let deep = format!("a: {}", "[".repeat(500_000));
    let wide = format!("a: [{}]", "x,".repeat(30_000));
    let huge = "#".repeat(50 * 1024 * 1024);
    for (name, text) in [("laughs", laughs), ("anchor", own_anchor), ("deep", deep), ("wide", wide), ("huge", huge)] {
        let folder = Folder::new().with("bomb.yml", text);
        let began = Instant::now();
        folder.assert_refused("bomb.yml");
        assert!(began.elapsed() < REFUSED_WITHIN, "{name} took {:?}", began.elapsed());
    }
}

#[test]
fn f03_ten_thousand_rules_are_refused() {
    let many = |files: u32, each: u32| {
        let folder = Folder::new();
        for file in 0..files {
            let rules: Vec<String> = (file * each..(file + 1) * each).map(|n| detecting(n, "{a: x}")).collect();
            fs::write(folder.path().join(format!("many-{file}.yml")), rules.join("---\n")).unwrap();
        }
        folder
    };
    for (folder, problem) in [
        (many(10_000, 1), "holds more than 8000 files or 67108864 bytes; remove some"),
        (many(100, 100), "is where the folder comes to more than 8000 rules or 2000000 values; remove some"),
    ] {
        let began = Instant::now();
        folder.assert_refused(problem);
        assert!(began.elapsed() < REFUSED_WITHIN, "{problem}: {:?}", began.elapsed());
    }
}

#[test]
fn f04_texts_stay_texts_and_merge_keys_are_refused() {
    let values = "[no, off, Yes, 012, 1_000, 2026-11-21, 1:30, 0b1]";
    let set = Folder::new().with("a.yml", detecting(1, &format!("{{a: {values}}}"))).load();
    for text in ["no", "off", "yes", "012", "1_000", "2026-11-21", "1:30", "0b1"] {
        assert_eq!(titles(&set, &json!({ "a": text })), ["T1"], "{text}");
    }
    for other in [json!(false), json!(true), json!(12), json!(10), json!(1000), json!(90), json!(1)] {
        assert_eq!(titles(&set, &json!({ "a": other })), [""; 0], "{other}");
    }
    Folder::new()
        .with("a.yml", detecting(1, "{<<: {a: x}}"))
        .assert_refused("a.yml:5:7: merge keys are not allowed; write the values out");
    for refused in [".inf", ".nan", "1e999"] {
        Folder::new().with("a.yml", detecting(1, &format!("{{a: {refused}}}"))).assert_refused("a.yml:5:10:");
    }
}

#[test]
fn f05_an_expression_takes_linear_time_and_bounded_memory() {
    let set = Folder::new().with("a.yml", detecting(1, "{a|re: '^(a+)+$'}")).load();
    let began = Instant::now();
    assert_eq!(titles(&set, &json!({ "a": "a".repeat(100 * 1024) })), ["T1"]);
    assert_eq!(titles(&set, &json!({ "a": format!("{}b", "a".repeat(100 * 1024)) })), [""; 0]);
    assert!(began.elapsed() < REFUSED_WITHIN, "{:?}", began.elapsed());
    Folder::new()
        .with("a.yml", detecting(1, r"{a|re: '(\w{50}){20}'}"))
        .assert_refused("a.yml:5:13: the expression is too large once compiled");
    Folder::new()
        .with("a.yml", detecting(1, r"{a|re: '(\w{50}){50}{50}'}"))
        .assert_refused("a.yml:5:13: the expression repeats more than 1000 times");
}

#[test]
fn f06_an_expression_that_looks_like_an_exact_match_is_warned_of() {
    let folder = Folder::new().with("a.yml", detecting(1, "{a|re: admin, b|re: '^admin$', c|re: 'adm.n'}"));
    let shown: Vec<String> = folder.load().warnings().iter().map(ToString::to_string).collect();
    let ours: Vec<&String> = shown.iter().filter(|warning| warning.contains("a.yml")).collect();
    let [warning] = ours[..] else { panic!("{shown:?}") };
    let expected = "a.yml:5:13: `admin` is found anywhere in a value, also within a longer word; leave `re` out for the whole value, or write `contains`";
    assert!(warning.ends_with(expected), "{warning}");
}

#[tokio::test(flavor = "multi_thread")]
async fn f07_values_are_filled_in_once_as_text() {
    let rules = |rules: &Path| {
        edit(rules, "guardrails.yml", "contact: ", "contact: '%(incident.id)s $x <b>&'\n# ");
        edit(rules, RULE, "title: Impossible travel on an Enterprise Account", "title: '{{ rule.id }} <i>报警</i>'");
    };
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let notice = app.dingtalk().account("zhangsan").unwrap().last_sign_out.unwrap();
    assert!(notice.texts.values().all(|text| text.contains("%(incident.id)s $x <b>&")), "{:?}", notice.texts);
    assert!(notice.reason.unwrap().contains("{{ rule.id }} <i>报警</i>"));
    let page = app.get("/", crate::harness::AUDITOR).await.body.as_str().unwrap().to_owned();
    assert!(page.contains("&lt;i&gt;报警&lt;/i&gt;") && !page.contains("<i>"), "{page}");
    app.end().await;
}

#[test]
fn f07_what_an_employee_must_not_read_cannot_be_written() {
    let text = |text: &str| format!("account-takeover: \"{text}\"\n");
    for (bad, problem) in [
        ("{{ user }}", "`{{ user }}` cannot be used here"),
        ("{{ rule.title }}", "`{{ rule.title }}` cannot be used here"),
        ("{% if x %}", "`{%` means nothing here"),
        ("a\\nb", "must be one line without control characters"),
        ("a\\u202eb", "must be one line without control characters"),
    ] {
        Folder::new().with("reasons/fr_FR.yml", text(bad)).assert_refused(problem);
    }
    let contact = "contact: '{{ incident.id }}'\nprotected: []\n";
    Folder::new().with("guardrails.yml", contact).assert_refused("guardrails.yml:1:10: `contact` has a brace");
    let long = text(&"é".repeat(10 * 1024));
    Folder::new().with("reasons/fr_FR.yml", long).assert_refused("the text may become 10240 characters long");
}

/// There is no fallback, because there is nothing to fall back from: every locale has every text.
#[test]
fn f08_every_locale_has_every_text_and_none_is_empty() {
    Folder::new().without("reasons/ms_MY.yml").assert_refused("reasons/ms_MY.yml: is missing");
    let empty = "account-takeover: ''\n";
    Folder::new()
        .with("reasons/fr_FR.yml", empty)
        .assert_refused("reasons/fr_FR.yml:1:19: `account-takeover` is empty");
    Folder::new().with("reasons/fr_FR.yml", "{}\n").assert_refused("reasons/fr_FR.yml: has no text for `");
    Folder::new().with("reasons/xx_XX.yml", "{}\n").assert_refused("reasons/xx_XX.yml: is not the file of a locale");
}

#[test]
fn f10_what_others_may_write_and_what_leads_elsewhere_is_refused() {
    let open = |file: &str, mode: u32| {
        let folder = Folder::new();
        fs::set_permissions(folder.path().join(file), fs::Permissions::from_mode(mode)).unwrap();
        folder
    };
    open(RULE, 0o666).assert_refused("impossible-travel.yml: everybody may write to this file; chmod o-w");
    open("okta", 0o777).assert_refused("okta: everybody may write to this folder; chmod o-w");
    let outside = Folder::new();
    let folder = Folder::new().without(RULE);
    symlink(outside.path().join(RULE), folder.path().join(RULE)).unwrap();
    folder.assert_refused("impossible-travel.yml: it leads out of the rules folder");
    let folder = Folder::new();
    symlink(outside.path().join("okta"), folder.path().join("more")).unwrap();
    folder.assert_refused("more: it leads out of the rules folder");
}

/// One that ends with a whole line before its response is another good rule: files are replaced
/// whole, or signed (f12).
#[test]
fn f10_a_file_that_is_half_written_is_refused() {
    let whole = fs::read(Folder::new().path().join(RULE)).unwrap();
    let text = String::from_utf8(whole.clone()).unwrap();
    let keys = ["logsource:", "detection:", "response:", "steps:", "owner:"];
    for at in keys.map(|key| text.find(key).unwrap() + 4) {
        let folder = Folder::new().with(RULE, &whole[..at]);
        assert!(rules::load(&folder.path()).is_err(), "cut off behind {:?}", &text[at - 8..at]);
    }
    Folder::new().with(RULE, [&whole[..200], &[0; 56]].concat()).assert_refused("the invisible character U+0000");
}

#[test]
fn f13_nothing_in_a_rule_reaches_another_place() {
    for name in ["../guardrails", "/etc/passwd", "sub/list"] {
        Folder::new()
            .with("a.yml", detecting(1, &format!("{{a|expand: '%{name}%'}}")))
            .assert_refused(&format!("a.yml:5:17: `%{name}%` is no name of a list"));
    }
    Folder::new()
        .with("a.yml", detecting(1, "{a|expand: '%passwd%'}"))
        .assert_refused("there is no list for `%passwd%`");
    Folder::new().with("a.yml", detecting(1, "{a: !include ../x.yml}")).assert_refused("tags, anchors and aliases");
    Folder::new()
        .edited("employee_reason: impossible-travel", "employee_reason: ../impossible-travel")
        .assert_refused("is not a valid reason code");
}

#[test]
fn f15_the_order_of_files_and_documents_decides_nothing() {
    let rules = ["{a: x}", "{a: ['x', y]}", "{b: z}", "{a|contains: x}"];
    let rules: Vec<String> = (1..).zip(rules).map(|(n, search)| detecting(n, search)).collect();
    let matched = |folder: Folder| {
        let mut found = titles(&folder.load(), &json!({ "a": "x" }));
        found.sort();
        found
    };
    let reversed: Vec<String> = rules.iter().rev().cloned().collect();
    for rules in [&rules, &reversed] {
        assert_eq!(matched(Folder::new().with("a.yml", rules.join("---\n"))), ["T1", "T2", "T4"]);
        let mut folder = Folder::new();
        for (number, rule) in rules.iter().enumerate() {
            folder = folder.with(&format!("{number}.yml"), rule);
        }
        assert_eq!(matched(folder), ["T1", "T2", "T4"]);
    }
}
