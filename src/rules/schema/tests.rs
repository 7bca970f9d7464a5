//! The schema agrees with the loader, and the copy beside the rules with the code.

mod agreement;

use std::path::{Path, PathBuf};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};

use super::super::problem::Report;
use super::super::{correlation, document, lint, own_tests, repeated, response, step, yaml};
use super::*;

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")
}

/// The schema under a validator that is not ours.
struct Judge {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Judge {
    fn new() -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.enable_format_assertions();
        compiler.add_resource("urn:portcullis:rule", schema()).unwrap();
        let index = compiler.compile("urn:portcullis:rule", &mut schemas).unwrap();
        Self { schemas, index }
    }

    fn takes(&self, document: &Value) -> Result<(), String> {
        self.schemas.validate(document, self.index).map_err(|error| format!("{error:#}"))
    }
}

fn documents(text: &str) -> Vec<Value> {
    yaml::documents(text, &mut Report::about("")).iter().map(yaml::Node::to_json).collect()
}

#[test]
fn every_shipped_rule_is_what_the_schema_says_and_names_it() {
    let judge = Judge::new();
    let files = super::super::rule_files(&shipped()).unwrap();
    assert!(!files.is_empty());
    for file in files {
        let text = String::from_utf8(file.bytes).unwrap();
        for document in documents(&text) {
            judge.takes(&document).unwrap_or_else(|error| panic!("{}: {error}", file.name));
        }
        let up = "../".repeat(file.name.matches('/').count());
        let modeline = format!("# yaml-language-server: $schema={up}schema.json");
        assert_eq!(text.lines().next(), Some(modeline.as_str()), "{}", file.name);
    }
}

#[test]
fn the_copy_beside_the_rules_is_current() {
    let copy = std::fs::read_to_string(shipped().join("schema.json")).unwrap();
    let current = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    assert!(copy == current, "run `cargo run -- rules schema > rules/schema.json`");
}

/// The keys that a part of the schema has, sorted.
fn keys(part: &Value) -> Vec<&str> {
    part["properties"].as_object().unwrap().keys().map(String::as_str).collect()
}

fn sorted<const N: usize>(mut keys: [&str; N]) -> Vec<&str> {
    keys.sort_unstable();
    keys.to_vec()
}

#[test]
fn each_key_that_the_loader_takes_is_in_the_schema() {
    let schema = schema();
    let of = |path: &str| schema.pointer(path).unwrap_or_else(|| panic!("{path}"));
    assert_eq!(keys(&schema), sorted(document::KEYS));
    assert_eq!(keys(of("/properties/response")), sorted(response::KEYS));
    assert_eq!(keys(of("/properties/response/properties/account")), sorted(response::KINDS.map(|kind| kind.as_str())));
    let steps = of("/properties/response/properties/steps/items/anyOf").as_array().unwrap();
    let mut names: Vec<&str> = steps.iter().filter_map(|step| step["required"][0].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, sorted(step::STEPS));
    assert_eq!(keys(&steps[0]["properties"]["sign_out"]), sorted(step::SIGN_OUT_KEYS));
    assert_eq!(keys(&steps[1]["properties"]["disable"]), sorted(step::DISABLE_KEYS));
    let repeated = &steps[1]["properties"]["disable"]["properties"]["repeated"];
    assert_eq!(keys(repeated), sorted(repeated::KEYS));
    assert_eq!(keys(&steps[2]["properties"]["change_dingtalk_id"]), sorted(step::CHANGE_DINGTALK_ID_KEYS));
    assert_eq!(keys(&steps[3]["properties"]["notify"]), sorted(step::NOTIFY_KEYS));
    assert_eq!(keys(of("/properties/tests/items/anyOf/0")), sorted(own_tests::KEYS));
    assert_eq!(keys(of("/properties/tests/items/anyOf/0/properties/expect/anyOf/1")), sorted(own_tests::EXPECT_KEYS));
    let row = of("/properties/tests/items/anyOf/1");
    assert_eq!(keys(row), sorted(correlation::own_tests::KEYS));
    assert_eq!(keys(&row["properties"]["alerts"]["items"]), sorted(correlation::own_tests::ALERT_KEYS));
    assert_eq!(keys(of("/properties/correlation")), sorted(correlation::KEYS));
    assert_eq!(keys(of("/properties/lint")), sorted(lint::allow::KEYS));
}

/// What the loader refuses and a schema can see is marked in the editor, too.
#[test]
fn mistakes_are_marked() {
    let judge = Judge::new();
    let good = super::super::tests::ACTING;
    let check = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        judge.takes(&documents(&good.replace(from, to))[0])
    };
    assert_eq!(check("title: T", "title: T"), Ok(()));
    for (from, to) in [
        ("owner: test-team\n", ""),
        ("id: 1", "id: x"),
        ("title: T\n", ""),
        ("mode: enforce", "mode: enforced"),
        ("expires_in: 8h", "expires_in: 8 hours"),
        (", expires_in: 8h", ""),
        ("expires_in: 8h", "expires_in: 8h, permanent: true"),
        ("{email: who}", "{mail: who}"),
        ("{email: who}", "{email: who, mobile: who}"),
        ("{a: x}", "{a|contain: x}"),
        ("  condition: selection\n", ""),
        ("expect: {account", "expect: {acount"),
        ("steps: [sign_out, disable]", "steps: [signout]"),
        ("{product: test}", "{}"),
        ("owner:", "level: severe\nowner:"),
        ("owner:", "lint: {allow: [no-such-lint], reason: r}\nowner:"),
        ("owner:", "lint: {allow: [old-date]}\nowner:"),
        ("owner:", "filter: {}\nowner:"),
    ] {
        assert!(check(from, to).is_err(), "{from} -> {to}");
    }
    for (from, to) in [
        ("{a: x}", "{a|re|i: x, b: [1, null], 'c|all|contains': [x, y], d: true}"),
        ("{a: x}", "[word, {a: x}]"),
        ("expires_in: 8h", "permanent: true"),
        ("owner:", "my_own: [1]\nowner:"),
        ("owner:", "lint: {allow: [old-date], reason: r}\nowner:"),
    ] {
        assert_eq!(check(from, to), Ok(()), "{from} -> {to}");
    }
    let filter = "title: F\nlogsource: {product: p}\nfilter:\n  rules: any\n  s: {a: x}\n  condition: not s\n";
    assert_eq!(judge.takes(&documents(filter)[0]), Ok(()));
    assert!(judge.takes(&json!({ "title": "T" })).is_err());
}
