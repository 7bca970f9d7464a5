//! The rules that come with the program.

use std::path::Path;

use super::super::budgets::Budgets;
use super::super::{Detector, Mode, Rule, StepTemplate, load, source};
use super::*;
use crate::incident::{AccountKind, AccountRef, RuleId, SourceName, UserId};

const CODES: [&str; 7] = [
    "account-takeover",
    "impossible-travel",
    "leaked-credential",
    "suspicious-activity",
    "policy-breach",
    "device-lost",
    "left-organization",
];

fn shipped() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")
}

/// The rules that act from the start. The others watch until somebody has read their verdicts.
const ACTING: [&str; 4] = [
    "entra/confirmed-compromised.yml",
    "generic/confirmed-compromise.yml",
    "impossible-travel.yml",
    "leaked-credential.yml",
];

#[test]
fn the_shipped_rules_load() {
    let set = load(&shipped()).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(set.warnings(), []);
}

/// The same with a catalogue of the test's own, so that a translation cannot hide a broken rule.
#[test]
fn the_shipped_rules_are_good_by_themselves() {
    let set = shipped_set();
    let is_acting = |rule: &&Rule| rule.response.as_ref().is_some_and(|response| response.mode == Mode::Enforce);
    let acting: Vec<&str> = set.all_rules().filter(is_acting).map(|rule| rule.file.as_str()).collect();
    assert_eq!(acting, ACTING);
    let zhang = AccountRef::parse(AccountKind::Email, "Zhang.San@example.com").unwrap();
    assert_eq!(set.identities().user_for(&zhang).map(UserId::as_str), Some("zhangsan"));
    assert_eq!(set.identities().len(), 10);
}

#[test]
fn every_shipped_rule_says_what_people_need_to_know_of_it() {
    for Detector { rule, .. } in shipped_set().detectors() {
        let file = rule.file.as_str();
        assert!(rule.level.is_some() && rule.status.is_some(), "{file}");
        assert!(rule.author.is_some() && rule.owner.is_some() && rule.description.is_some(), "{file}");
        assert!(!rule.false_positives.is_empty(), "{file}");
        assert!(rule.tags.iter().any(|tag| tag.starts_with("attack.t")), "{file}");
        assert!(
            !rule.references.is_empty() && rule.references.iter().all(|page| page.starts_with("https://")),
            "{file}"
        );
    }
}

/// No rule locks anybody out for good, and each shows an event that matches and one that nearly does.
#[test]
fn every_shipped_rule_has_an_end_and_tests_of_match_and_near_miss() {
    let set = shipped_set();
    for Detector { rule, .. } in set.detectors() {
        let text = std::fs::read_to_string(shipped().join(&rule.file)).unwrap();
        assert!(text.contains("expect: none"), "{}", rule.file);
        let Some(response) = &rule.response else {
            assert!(text.contains("expect: match"), "{}", rule.file);
            continue;
        };
        assert!(text.contains("expect: { "), "{}", rule.file);
        let has_end = |step: &StepTemplate| !matches!(step, StepTemplate::Disable { expires_in: None, .. });
        assert!(response.steps.iter().all(has_end), "{}", rule.file);
    }
}

#[test]
fn the_readme_lists_every_shipped_rule_with_its_mode() {
    let readme = include_str!("../../../rules/README.md");
    let set = shipped_set();
    // Rules that are only counted stand in the row of their correlation.
    for rule in set.all_rules().filter(|rule| !set.is_silent(&rule.reference.id)) {
        let row = readme.lines().find(|line| line.starts_with(&format!("| `{}` |", rule.file)));
        let row = row.unwrap_or_else(|| panic!("{} is not in rules/README.md", rule.file));
        let mode = match rule.response.as_ref().map(|response| response.mode) {
            Some(Mode::Enforce) => "| enforce |",
            Some(Mode::Shadow) => "| shadow |",
            None => "| records |",
        };
        assert!(row.ends_with(mode), "{row}");
    }
}

fn shipped_set() -> RuleSet {
    let mut files = source::read(&shipped(), &mut Vec::new());
    files.retain(|file| !file.name.starts_with("reasons/"));
    files.extend(reasons(&CODES));
    compile(&files).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn what_the_readme_teaches_loads() {
    let readme = include_str!("../../../rules/README.md");
    let blocks = readme.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let blocks: Vec<&str> = blocks.collect();
    let whole: Vec<&str> = blocks.iter().copied().filter(|block| block.starts_with("title:")).collect();
    assert_eq!(whole.len(), 3, "a rule, a filter and a correlation");
    let with_shipped = |taught: &str| {
        let mut files = source::read(&shipped(), &mut Vec::new());
        // The first rule of the page is one of those that are shipped, told in short.
        files.retain(|file| !file.name.starts_with("reasons/") && file.name != "impossible-travel.yml");
        files.extend(reasons(&CODES));
        files.extend(folder(&[("readme.yml", taught)]).into_iter().filter(|file| file.name == "readme.yml"));
        compile(&files).unwrap_or_else(|errors| panic!("{errors}"))
    };
    assert_eq!(with_shipped(&whole.join("---\n")).warnings(), []);
    for part in blocks.iter().filter(|block| !whole.contains(block)) {
        let text = match part.split(':').next() {
            Some("sigma-version") => format!("title: T\nlogsource: {{product: test}}\n{part}"),
            Some("lint") => format!("{}{part}", whole[0]),
            Some("budgets") => {
                check_budgets(part);
                continue;
            }
            Some("approval") => {
                let mode = "  mode: shadow";
                assert_eq!(whole[0].matches(mode).count(), 1, "{}", whole[0]);
                whole[0].replace(mode, &format!("  {part}{mode}"))
            }
            Some("breakers") => {
                check_breakers(part);
                continue;
            }
            _ => panic!("no test knows what to make of\n{part}"),
        };
        with_shipped(&text);
    }
}

#[test]
fn the_rule_that_the_page_of_paths_shows_loads_without_a_warning() {
    let page = include_str!("../../../rules/PATHS.md");
    let blocks = page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let [rule] = *blocks.collect::<Vec<_>>() else { panic!("one rule") };
    assert_eq!(load_rule(rule).unwrap_or_else(|errors| panic!("{errors}")).warnings(), []);
}

#[test]
fn the_budgets_that_guardrails_yml_shows_are_the_defaults() {
    let shown = std::fs::read_to_string(shipped().join("guardrails.yml")).unwrap();
    let (_, budgets) = shown.split_once("# budgets:\n").unwrap();
    let lines = budgets.lines().map(|line| line.strip_prefix("# ").unwrap());
    check_budgets(&format!("budgets:\n{}\n", lines.collect::<Vec<_>>().join("\n")));
}

#[test]
fn the_breakers_that_guardrails_yml_shows_are_the_defaults() {
    let shown = std::fs::read_to_string(shipped().join("guardrails.yml")).unwrap();
    let (_, breakers) = shown.split_once("# breakers:\n").unwrap();
    let lines = breakers.lines().map_while(|line| line.strip_prefix("#   "));
    check_breakers(&format!("breakers:\n  {}\n", lines.collect::<Vec<_>>().join("\n  ")));
}

/// It says all there is, and that as it is without it.
fn check_breakers(breakers: &str) {
    let read = |text: &str| {
        let files = [file("guardrails.yml", text)].into_iter().chain(reasons(&CODES));
        compile(&files.collect::<Vec<_>>()).unwrap_or_else(|errors| panic!("{errors}")).guardrails().breakers()
    };
    assert_eq!(read(&format!("protected: []\n{breakers}")), read("protected: []\n"));
    assert_eq!(breakers.matches("within:").count(), 2, "{breakers}");
}

/// With the shipped rules: it loads, and what holds for all is as it is without it.
fn check_budgets(budgets: &str) {
    let mut files = source::read(&shipped(), &mut Vec::new());
    files.retain(|file| !file.name.starts_with("reasons/") && file.name != "guardrails.yml");
    files.extend(reasons(&CODES));
    files.push(file("guardrails.yml", &format!("protected: []\n{budgets}")));
    let set = compile(&files).unwrap_or_else(|errors| panic!("{errors}"));
    let (told, usual) = (set.guardrails().budgets(), Budgets::default());
    let rule = RuleId::parse("00000000-0000-4000-8000-000000000001").unwrap();
    let source = SourceName::parse("another").unwrap();
    assert_eq!(
        (told.organization(), told.of_source(&source), told.of_rule(&rule)),
        (usual.organization(), usual.of_source(&source), usual.of_rule(&rule))
    );
    assert_ne!(told, &usual, "it names a source and a rule");
    // A correlation is a rule, too.
    let correlation = &set.correlations()[0].rule.reference.id;
    files.retain(|file| file.name != "guardrails.yml");
    let budgets = format!("protected: []\nbudgets: {{rules: {{{correlation}: {{per_hour: 1}}}}}}\n");
    files.push(file("guardrails.yml", &budgets));
    assert_eq!(compile(&files).unwrap().budget_of(correlation, None).per_hour, 1);
}
