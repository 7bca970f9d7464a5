//! The catalogues are complete: each language says all that the others say, with the same variables, and all that the
//! pages ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::console::reader::reason_code;
use crate::incident::HoldReason;
use crate::trail::reports::{Column, Report};

/// Each message's variables, by its key.
fn messages(tongue: Tongue) -> BTreeMap<String, BTreeSet<String>> {
    let text = tongue.text();
    FluentResource::try_new(text.to_owned()).unwrap_or_else(|(_, errors)| panic!("{}: {errors:?}", tongue.tag()));
    let mut found = BTreeMap::<String, BTreeSet<String>>::new();
    let mut key = None;
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        if let Some((name, _)) = line.split_once('=').filter(|_| !line.starts_with([' ', '}'])) {
            let name = name.trim().to_owned();
            assert!(found.insert(name.clone(), BTreeSet::new()).is_none(), "{}: {name} twice", tongue.tag());
            key = Some(name);
        }
        let variables = line.split('$').skip(1).map(|rest| {
            rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default().to_owned()
        });
        found.get_mut(key.as_ref().expect("a key")).unwrap().extend(variables);
    }
    found
}

/// What the program says itself in English, and every other language in its catalogue: codes of closed lists.
const OF_CODES: [&str; 4] = ["hold-", "event-", "report-", "means-"];

fn is_of_code(key: &str) -> bool {
    OF_CODES.iter().any(|begin| key.starts_with(begin))
}

#[test]
fn every_language_says_everything_with_the_same_variables() {
    let english = messages(Tongue::English);
    for tongue in Tongue::ALL {
        let mut own = messages(tongue);
        let codes: BTreeSet<String> = own.keys().filter(|key| is_of_code(key)).cloned().collect();
        if tongue != Tongue::English {
            assert_eq!(codes, expected(&codes), "{}", tongue.tag());
        }
        own.retain(|key, _| !codes.contains(key));
        let keys = |all: &BTreeMap<String, BTreeSet<String>>| all.keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&own), keys(&english), "{}", tongue.tag());
        for (key, variables) in &own {
            assert_eq!(variables, &english[key], "{}: {key}", tongue.tag());
            assert!(tongue.find(key, &[]).is_some_and(|text| !text.trim().is_empty()), "{}: {key}", tongue.tag());
        }
    }
}

/// Every code there is. A column's meaning may be said for all reports, or for one of them.
fn expected(said: &BTreeSet<String>) -> BTreeSet<String> {
    let key = |begin: &str, code: &str| format!("{begin}{}", code.replace(['_', '.'], "-"));
    let holds = HoldReason::ALL.iter().map(|reason| key("hold-", &reason_code(*reason)));
    let events = kinds().into_iter().map(|kind| key("event-", &kind));
    let steps = ["event-step-given-up", "event-step-disabled"].map(str::to_owned);
    let reports = Report::ALL.map(|report| key("report-", report.as_str()));
    let columns = Report::ALL.into_iter().flat_map(|report| {
        let column = move |column: &Column| {
            let own = key("means-", &format!("{}-{}", report.as_str(), column.name));
            if said.contains(&own) { own } else { key("means-", column.name) }
        };
        report.columns().iter().map(column).collect::<Vec<_>>()
    });
    holds.chain(events).chain(steps).chain(reports).chain(columns).collect()
}

/// Every kind of record, by the sources that name them: `=> "step.started",`.
fn kinds() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/incident");
    let sources = walk(&folder.join("event")).into_iter().chain([folder.join("notice.rs")]);
    let named = sources.flat_map(|path| {
        let text = fs::read_to_string(path).unwrap();
        let arms = text.lines().filter_map(|line| line.split_once("=> \"")?.1.strip_suffix("\","));
        arms.filter(|name| name.contains('.')).map(str::to_owned).collect::<Vec<_>>()
    });
    named.collect()
}

#[test]
fn nothing_is_asked_for_that_nobody_says_and_nothing_is_said_that_nobody_asks_for() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/console");
    let sources: Vec<String> = walk(&folder).iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let said = messages(Tongue::English);
    for call in ["say(\"", "say_of(\"", "rich(\"", "count(\""] {
        for key in
            sources.iter().flat_map(|source| source.split(call).skip(1).filter_map(|rest| rest.split('"').next()))
        {
            assert!(said.contains_key(key), "{key} is said in no catalogue");
        }
    }
    for key in said.keys() {
        let named = format!("\"{key}\"");
        assert!(sources.iter().any(|source| source.contains(&named)), "{key} is asked for nowhere");
    }
}

/// The program's own files, not its tests.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found = entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] });
    found.filter(|path| path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("tests.rs")).collect()
}

#[test]
fn markup_is_put_into_a_sentence_and_text_is_escaped() {
    let markup = maud::html! { strong { "<now>" } };
    let said = Tongue::English.rich("now-signed-in", &[("name", markup)]);
    assert_eq!(said.0, "Signed in as <strong>&lt;now&gt;</strong>.");
}

#[test]
fn every_tag_of_a_language_is_that_language() {
    for (tag, tongue) in
        [("en-GB", Some(Tongue::English)), ("zh", Some(Tongue::Chinese)), ("zh-Hant-TW", Some(Tongue::Chinese))]
    {
        assert_eq!(Tongue::of(tag), tongue);
    }
    for tag in ["", "fr", "english", "*", "../en"] {
        assert_eq!(Tongue::of(tag), None, "{tag}");
    }
}
