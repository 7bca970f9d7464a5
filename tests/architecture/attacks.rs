//! The referee of the attack suite: every case of the checklist is carried by the name of a test.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::source::{self, Token};

/// The chapters of the checklist that are kept whole, with the number of their last case: A framing and
/// transport, B signatures and replay, C bodies, D idempotency, concurrency and crashes, E limits and exhaustion, F
/// rules, G outbound calls, H the audit trail, I the console and the API, J logs.
const CHAPTERS: [(char, u8); 10] =
    [('a', 28), ('b', 30), ('c', 28), ('d', 15), ('e', 14), ('f', 15), ('g', 13), ('h', 24), ('i', 24), ('j', 6)];

/// The tests that carry each id. A name carries an id as one of its words: `b19_b20_a_replay_…`.
fn carriers<'f>(tree: impl Iterator<Item = &'f (String, String)>) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in tree {
        let tokens = source::tokens(text);
        for name in tests(&tokens) {
            for id in name.split('_').filter(|word| cases().contains(*word)) {
                found.entry(id.to_owned()).or_default().push(format!("{path}: {name}"));
            }
        }
    }
    found
}

/// The names of the functions that are run as tests.
fn tests(tokens: &[Token]) -> Vec<&str> {
    let functions = tokens.windows(2).enumerate().filter(|(_, two)| two.first().is_some_and(|t| t.text == "fn"));
    let runs = |at: usize| {
        let before = tokens.iter().take(at).rev().take_while(|t| !matches!(t.text.as_str(), "{" | "}" | ";"));
        let words: Vec<&str> = before.map(|t| t.text.as_str()).collect();
        words.contains(&"test") && !words.contains(&"ignore")
    };
    functions.filter(|(at, _)| runs(*at)).filter_map(|(_, two)| two.get(1)).map(|t| t.text.as_str()).collect()
}

/// All ids.
fn cases() -> BTreeSet<String> {
    CHAPTERS.iter().flat_map(|(chapter, last)| (1..=*last).map(move |n| format!("{chapter}{n:02}"))).collect()
}

#[test]
fn every_case_of_the_checklist_has_a_test_that_carries_its_id() -> io::Result<()> {
    let tree = super::read(&["src", "tests"])?;
    let found = carriers(tree.iter());
    let missing: Vec<String> = cases().into_iter().filter(|id| !found.contains_key(id)).collect();
    assert!(missing.is_empty(), "no test carries {missing:?}");
    Ok(())
}

#[test]
fn only_what_is_run_as_a_test_carries_an_id() {
    let text = "#[test]\nfn a01_a02_two() {}\n\
        /// Helper.\nfn a03_helper() {}\n\
        #[tokio::test(flavor = \"multi_thread\")]\nasync fn b04_other() { f(); }\n\
        #[test]\n#[ignore = \"slow\"]\nfn c05_ignored() {}\n\
        #[test]\nfn tells_e99_and_a1_and_e06x_and_data() {}\n\
        // #[test] fn c06_comment() {}\nconst S: &str = \"#[test] fn c07_text() {}\";\n\
        proptest! {\n    #[test]\n    fn c08_property(x in 0..1) {}\n}\n";
    let file = ("tests/x.rs".to_owned(), text.to_owned());
    let found: Vec<String> = carriers(std::iter::once(&file)).into_keys().collect();
    assert_eq!(found, ["a01", "a02", "b04", "c08"]);
    assert_eq!(cases().len(), 197);
}
