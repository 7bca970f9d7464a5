//! The tools of those who write rules, as they are called.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::harness::{Ended, Process, copy_folder, edit};

const RULE: &str = "impossible-travel.yml";

/// A copy of the shipped rules.
fn rules() -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let rules = place.path().join("rules");
    copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &rules);
    (place, rules)
}

async fn tool(arguments: &[&str], rules: &Path) -> Ended {
    let arguments: Vec<&str> = ["rules"].iter().chain(arguments).copied().collect();
    let arguments: Vec<&str> = arguments
        .into_iter()
        .map(|argument| if argument == "RULES" { rules.to_str().unwrap() } else { argument })
        .collect();
    Process::run(&arguments).await
}

#[tokio::test]
async fn the_shipped_rules_pass_their_tests_and_leave_nothing_open() {
    let (place, rules) = rules();
    let report = place.path().join("report.xml");
    let ended = tool(&["test", "RULES", "--no-gaps", "--junit", report.to_str().unwrap()], &rules).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.last().unwrap().ends_with(" 0 failed, 0 left open, 100 % held"), "{ended:?}");
    let report = fs::read_to_string(report).unwrap();
    assert_eq!(report.matches("<testsuite ").count(), report.matches("</testsuite>").count());
    assert!(report.contains("classname=\"impossible-travel.yml\"") && !report.contains("<failure"), "{report}");
    let suites = report.matches("<testsuite ").count();
    assert_eq!(report.matches("<property name=\"coverage.percent\" value=\"100\"/>").count(), suites, "{report}");
}

#[tokio::test]
async fn a_folder_without_rules_is_doubtful_and_one_that_is_not_there_has_one_problem() {
    let (place, rules) = rules();
    let ended = tool(&["check", "impossible-travel"], &rules).await;
    assert_eq!((ended.code, ended.stdout.len()), (Some(2), 1), "{ended:?}");
    assert!(ended.stdout[0].starts_with("impossible-travel: cannot be read"), "{ended:?}");
    let empty = place.path().join("empty");
    copy_folder(&rules.join("reasons"), &empty.join("reasons"));
    fs::copy(rules.join("guardrails.yml"), empty.join("guardrails.yml")).unwrap();
    fs::copy(rules.join(RULE), empty.join("impossible-travel.yml.bak")).unwrap();
    let ended = tool(&["check", empty.to_str().unwrap()], &rules).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let warning = format!("warning[no-rules]: {}: there is no rule in this folder; check that", empty.display());
    assert!(ended.stdout[0].starts_with(&warning), "{ended:?}");
    assert!(ended.stdout[1].starts_with("0 rules are good, 1 warning; rule set "), "{ended:?}");
    fs::copy(rules.join(RULE), empty.join(RULE)).unwrap();
    let ended = tool(&["check", empty.to_str().unwrap()], &rules).await;
    assert!(ended.stdout.last().unwrap().starts_with("1 rule is good; rule set "), "{ended:?}");
}

#[tokio::test]
async fn what_is_wrong_is_underlined_for_people_and_has_an_end_for_machines() {
    let (_place, rules) = rules();
    edit(&rules, RULE, "level: high\n", "sevrity: high\n");
    let ended = tool(&["check", "RULES"], &rules).await;
    let [problem, line, mark] = &ended.stdout[..] else { panic!("{ended:?}") };
    assert!(problem.contains("impossible-travel.yml:") && problem.contains("unknown key `sevrity`"), "{ended:?}");
    let number: usize = line.trim_start().split(' ').next().unwrap().parse().unwrap();
    assert!(problem.contains(&format!("impossible-travel.yml:{number}:1: ")), "{ended:?}");
    assert!(line.ends_with(" | sevrity: high") && mark.ends_with(" | ^^^^^^^"), "{ended:?}");
    let ended = tool(&["check", "RULES", "--json"], &rules).await;
    let report: serde_json::Value = serde_json::from_str(&ended.stdout.join("\n")).unwrap();
    let found = &report["findings"][0];
    let place = ["line", "column", "end_line", "end_column"].map(|name| found[name].as_u64().unwrap());
    assert_eq!(place, [number as u64, 1, number as u64, 8], "{report}");
}

#[tokio::test]
async fn machines_are_told_of_every_rule_test_and_gap() {
    let (place, rules) = rules();
    edit(
        &rules,
        "siem/datadog-contain.yml",
        "            - critical\n",
        "            - critical\n            - fatal\n",
    );
    let report = place.path().join("report.xml");
    let ended = tool(&["test", "RULES", "--json", "--no-gaps", "--junit", report.to_str().unwrap()], &rules).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    let outcome: serde_json::Value = serde_json::from_str(&ended.stdout.join("\n")).unwrap();
    assert_eq!((&outcome["failed"], &outcome["left_open"], &outcome["percent"]), (&0.into(), &1.into(), &99.into()));
    let of_rule = |rule: &&serde_json::Value| rule["file"] == "siem/datadog-contain.yml";
    let rule = outcome["rules"].as_array().unwrap().iter().find(of_rule).unwrap();
    let gap = "`serious: severity is 'fatal'` passes in no test";
    assert_eq!((&rule["left_open"], &rule["percent"]), (&serde_json::json!([gap]), &93.into()));
    let first = &rule["tests"][0];
    assert_eq!((&first["passed"], first["line"].is_u64()), (&true.into(), true), "{first}");
    assert!(
        fs::read_to_string(report)
            .unwrap()
            .contains(&format!("<property name=\"coverage.left_open\" value=\"{gap}\"/>"))
    );
}

#[tokio::test]
async fn a_test_that_fails_is_named_with_what_differs() {
    let (place, rules) = rules();
    edit(&rules, RULE, "Anomalous Geo-Distance'\n    condition", "Something else'\n    condition");
    let report = place.path().join("report.xml");
    let ended = tool(&["test", "RULES", "--junit", report.to_str().unwrap()], &rules).await;
    assert_eq!(ended.code, Some(2));
    let line = ended.stdout.iter().find(|line| line.contains("✗")).unwrap();
    assert!(line.contains("a high risk with an impossible distance is contained (line "), "{line}");
    assert!(line.contains("expected a match, but 2 of 3 tests passed"), "{line}");
    assert!(fs::read_to_string(report).unwrap().contains("<failure message=\"expected a match"));
}

#[tokio::test]
async fn what_the_tests_leave_open_is_said() {
    let (_place, rules) = rules();
    edit(
        &rules,
        RULE,
        "condition: risk_event and high",
        "known: { x: y }\n    condition: risk_event and not known and high",
    );
    let ended = tool(&["test", "RULES"], &rules).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains(&"  ? `known` passes in no test".to_owned()), "{ended:?}");
    assert_eq!(tool(&["test", "RULES", "--no-gaps"], &rules).await.code, Some(2));
}

#[tokio::test]
async fn a_rule_explains_what_it_makes_of_an_event() {
    let (place, rules) = rules();
    let event = place.path().join("event.json");
    let text = |risk: &str| {
        format!(
            r#"{{"eventType":"user.risk.detect","target":[{{"type":"User","alternateId":"zhang.san@example.com"}}],"debugContext":{{"debugData":{{"risk":"{risk}"}}}}}}"#
        )
    };
    fs::write(&event, text("{reasons=New City, level=HIGH}")).unwrap();
    let arguments = ["explain", "impossible travel", event.to_str().unwrap(), "--folder", "RULES"];
    let ended = tool(&arguments, &rules).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.iter().any(|line| line.starts_with("    ✗ far_away")), "{ended:?}");
    assert!(ended.stdout.iter().any(|line| line.ends_with("saw \"user.risk.detect\"")), "{ended:?}");
    assert_eq!(ended.stdout.last().unwrap(), "It does not match.");

    fs::write(&event, text("{reasons=Anomalous Geo-Distance, level=HIGH}")).unwrap();
    let ended = tool(&["explain", RULE, event.to_str().unwrap(), "--folder", "RULES"], &rules).await;
    assert_eq!(
        ended.stdout.last().unwrap(),
        "It matches: sign_out, disable on the account zhang.san@example.com (enforce)."
    );
    let ended = tool(&["explain", RULE, event.to_str().unwrap(), "--folder", "RULES", "--json"], &rules).await;
    let explained: serde_json::Value = serde_json::from_str(&ended.stdout.join("\n")).unwrap();
    assert_eq!(explained["passes"], true);

    edit(&rules, RULE, "id: ", "name: far_apart\nid: ");
    fs::write(&event, format!("\u{feff}{}", text("\u{202e}"))).unwrap();
    let ended = tool(&["explain", "far_apart", event.to_str().unwrap(), "--folder", "RULES"], &rules).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.stdout.join("\n").contains('\u{202e}'), "{ended:?}");
    let ended = tool(&["explain", " ", event.to_str().unwrap(), "--folder", "RULES"], &rules).await;
    assert!(ended.stderr.contains("no rule is named; give its id"), "{ended:?}");

    for (rule, file) in [("nothing like it", event.to_str().unwrap()), ("okta", "/nonexistent"), (RULE, "/dev/null")] {
        let ended = tool(&["explain", rule, file, "--folder", "RULES"], &rules).await;
        assert_eq!(ended.code, Some(2), "{rule} {file}: {ended:?}");
    }
}

/// A sign-in in Okta that comes to nothing, or to something.
fn sign_in(result: &str, reason: &str) -> String {
    serde_json::json!({
        "eventType": "user.session.start",
        "actor": { "type": "User", "alternateId": "zhang.san@example.com" },
        "outcome": { "result": result, "reason": reason },
        "client": { "ipAddress": "203.0.113.7" },
    })
    .to_string()
}

#[tokio::test]
async fn a_correlation_explains_what_events_add_to_it() {
    let (place, rules) = rules();
    let event = place.path().join("events.ndjson");
    let (wrong, right) = (sign_in("FAILURE", "INVALID_CREDENTIALS"), sign_in("SUCCESS", ""));
    let explain = async |rule: &str, lines: Vec<String>, more: &[&str]| {
        fs::write(&event, lines.join("\n")).unwrap();
        let arguments = ["explain", rule, event.to_str().unwrap(), "--folder", "RULES"];
        tool(&[&arguments, more].concat(), &rules).await
    };
    let counting = "343f078c-49cf-471d-98e0-f7fc320a3c8f";
    let acting = "283fa88f-b141-433c-ba85-7597a4dc7387";
    let counted =
        "Counted for actor.alternateId = zhang.san@example.com, client.ipAddress = 203.0.113.7, which comes to ";

    let ended = explain(counting, vec![wrong.clone()], &[]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout[1].starts_with("  ✓ event_count gte 10 within "), "{ended:#?}");
    assert!(ended.stdout.iter().any(|line| line == "    ✓ counts `Failed sign-in in Okta`"), "{ended:#?}");
    assert_eq!(*ended.stdout.last().unwrap(), format!("{counted}1; it does not match yet."));
    let ended = explain(counting, vec![right.clone()], &[]).await;
    assert_eq!(ended.stdout.last().unwrap(), "It adds nothing.");

    let all: Vec<String> = std::iter::repeat_n(wrong.clone(), 11).chain([right]).collect();
    let ended = explain(counting, all.clone(), &[]).await;
    let outcomes: Vec<&str> = ended.stdout.iter().filter_map(|line| line.strip_prefix(counted)).collect();
    assert_eq!(
        outcomes[8..],
        [
            "9; it does not match yet.",
            "10; it matches; the correlation only records that.",
            "11; it still holds, and has matched before."
        ]
    );
    assert_eq!(ended.stdout.last().unwrap(), "It adds nothing.");
    let ended = explain(acting, all.clone(), &[]).await;
    let last = ended.stdout.last().unwrap();
    assert!(last.contains("it matches: sign_out, disable on the account zhang.san@example.com (shadow"), "{last}");

    let ended = explain(acting, all, &["--json"]).await;
    let told: serde_json::Value = serde_json::from_str(&ended.stdout.join("\n")).unwrap();
    assert_eq!(told[11]["windows"][0]["state"], "fired", "{told:#}");
    assert_eq!(told[11]["windows"][0]["group"][0], "zhang.san@example.com");
    assert_eq!(told[0]["passes"], true);

    let ended = explain("correlations/failed-sign-ins-then-success.yml", vec![wrong.clone()], &[]).await;
    assert!(ended.code == Some(2) && ended.stderr.contains("is several rules: "), "{ended:?}");
    for (lines, said) in [(vec![], "has no event"), (vec![wrong.clone(), "{".to_owned()], "is not JSON")] {
        let ended = explain(counting, lines, &[]).await;
        assert!(ended.code == Some(2) && ended.stderr.contains(said), "{ended:?}");
    }
    let ended = explain(counting, vec!["{}".to_owned(); 1_001], &[]).await;
    assert!(ended.code == Some(2) && ended.stderr.contains("more than 1000 events"), "{ended:?}");
}

#[tokio::test]
async fn rules_that_were_given_up_are_looked_at_when_that_is_asked_for() {
    let (_place, rules) = rules();
    edit(&rules, RULE, "status: stable", "status: deprecated");
    for (arguments, asked) in [(["check", "RULES"], "--enable-deprecated"), (["test", "RULES"], "--enable-deprecated")]
    {
        let ended = tool(&arguments, &rules).await;
        let said = format!("{}{}", ended.stdout.join("\n"), ended.stderr);
        assert_eq!(ended.code, Some(2), "{said}");
        assert!(said.contains("deprecated rules are loaded only when that is asked for"), "{said}");
        let other = tool(&[&arguments[..], &["--enable-unsupported"]].concat(), &rules).await;
        assert_eq!(other.code, Some(2), "{other:?}");
        let ended = tool(&[&arguments[..], &[asked]].concat(), &rules).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
}

#[tokio::test]
async fn doubts_are_told_counted_and_denied_on_demand() {
    let (_place, rules) = rules();
    let ended = tool(&["check", "RULES", "--deny", "info"], &rules).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    edit(&rules, RULE, "expires_in: 8h", "permanent: true");
    let ended = tool(&["check", "RULES"], &rules).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let told = ended.stdout.iter().find(|line| line.starts_with("warning[permanent-disable]: ")).unwrap();
    assert!(told.contains("impossible-travel.yml:"), "{told}");
    assert!(ended.stdout.last().unwrap().contains(" rules are good, 1 warning; rule set "), "{ended:?}");
    assert_eq!(tool(&["check", "RULES", "--deny", "warnings"], &rules).await.code, Some(2));
    let ended = tool(&["check", "RULES", "--lint-level", "error", "--json"], &rules).await;
    let report: serde_json::Value = serde_json::from_str(&ended.stdout.join("\n")).unwrap();
    assert_eq!((&report["loads"], &report["findings"]), (&true.into(), &serde_json::json!([])));
    let ended = tool(&["check", "RULES", "--json"], &rules).await;
    let report: serde_json::Value = serde_json::from_str(&ended.stdout.join("\n")).unwrap();
    let found = &report["findings"][0];
    assert_eq!((&found["lint"], &found["level"]), (&"permanent-disable".into(), &"warning".into()), "{report}");
    assert!(found["line"].is_u64() && found["advice"].is_string(), "{report}");
    let ended = tool(&["check", "--list-lints"], &rules).await;
    assert!(ended.stdout.iter().any(|line| line.starts_with("permanent-disable ")), "{ended:?}");
}

#[tokio::test]
async fn a_dry_run_shows_what_fix_then_does() {
    let (_place, rules) = rules();
    edit(&rules, RULE, "date: 2026-11-20", "date: 2026/11/20   # the first");
    edit(&rules, RULE, "condition: risk_event and high", "condition: risk_event AND high");
    let kept = "title: T\nlogsource: {product: test}\ndetection:\n  s: {f|all: a, f: b}\n  condition: s\n";
    fs::write(rules.join("kept.yml"), kept).unwrap();
    let before = fs::read_to_string(rules.join(RULE)).unwrap();
    let ended = tool(&["check", "RULES", "--fix", "--dry-run", "--deny", "info"], &rules).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("\n- date: 2026/11/20   # the first\n"), "{ended:?}");
    assert!(ended.stderr.contains("\n+ date: 2026-11-20   # the first\n"), "{ended:?}");
    assert_eq!(fs::read_to_string(rules.join(RULE)).unwrap(), before);
    let ended = tool(&["check", "RULES", "--fix"], &rules).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("kept.yml:4:14: [single-value-all] is left as it is: the rules would not load"));
    assert!(ended.stderr.ends_with("\n1 file mended, 1 finding left\n"), "{ended:?}");
    let after = fs::read_to_string(rules.join(RULE)).unwrap();
    assert_eq!(after, before.replace("2026/11/20", "2026-11-20").replace(" AND ", " and "));
    assert!(!rules.join(".impossible-travel.yml.new").exists());
}

#[tokio::test]
async fn rules_are_formatted_or_named_or_left_alone() {
    let (_place, rules) = rules();
    assert_eq!(tool(&["fmt", "--check", "RULES"], &rules).await.code, Some(0));
    let before = fs::read_to_string(rules.join(RULE)).unwrap();
    edit(
        &rules,
        RULE,
        "author: Portcullis\nowner: identity-security\n",
        "owner: identity-security  \nauthor: Portcullis\n",
    );
    fs::write(rules.join("okta/crowded.yml"), "{title: T, id: 1}\n").unwrap();
    let ended = tool(&["fmt", "--check", "RULES"], &rules).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stdout.iter().any(|line| line.ends_with("impossible-travel.yml is not in the common form")));
    assert!(ended.stdout.iter().any(|line| line.contains("crowded.yml is left alone: line 1: ")), "{ended:?}");
    let file = rules.join(RULE);
    let ended = tool(&["fmt", file.to_str().unwrap()], &rules).await;
    assert_eq!((ended.code, ended.stdout.last().unwrap().as_str()), (Some(0), "1 file, 1 formatted"));
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    assert_eq!(tool(&["fmt", "--check", "RULES"], &rules).await.code, Some(0));
}

#[tokio::test]
async fn a_rule_begins_from_the_event_of_a_file() {
    let (place, rules) = rules();
    let event = place.path().join("event.json");
    fs::write(&event, r#"{"type":"mailbox.rule.created","severity":"high","user":"Anna.Berg@corp.example"}"#).unwrap();
    let output = rules.join("siem/mailbox-rule.yml");
    let arguments =
        ["new", "--event", event.to_str().unwrap(), "--folder", "RULES", "--output", output.to_str().unwrap()];
    let ended = tool(&arguments, &rules).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(tool(&["check", "RULES", "--deny", "info"], &rules).await.code, Some(0));
    assert_eq!(tool(&["test", "RULES", "--no-gaps"], &rules).await.code, Some(0));
    fs::write(&event, r#"{"outcome":"success"}"#).unwrap();
    let ended = tool(&["new", "--event", event.to_str().unwrap(), "--folder", "RULES"], &rules).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stdout.is_empty() && ended.stderr.contains("no field that tells it from others"), "{ended:?}");
}

/// What the hooks and the page tell pipelines to run is there, and passes on the shipped rules.
#[tokio::test]
async fn what_pipelines_are_told_to_run_is_good() {
    let (_place, rules) = rules();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| fs::read_to_string(root.join(file)).unwrap();
    let (hooks, page) = (read(".pre-commit-hooks.yaml"), read("rules/README.md"));
    // The hooks give the folder as an argument of its own.
    assert_eq!(hooks.matches("  args: [rules]\n").count(), hooks.matches("- id: ").count());
    let told = |text: &str, marks: &[&str]| {
        let behind = |line: &str| marks.iter().find_map(|mark| Some(line.split_once(mark)?.1.to_owned()));
        text.lines().filter_map(behind).filter(|told| told.starts_with("portcullis rules ")).collect::<Vec<_>>()
    };
    let mut commands: Vec<String> = told(&hooks, &["entry: "]).iter().map(|entry| format!("{entry} rules")).collect();
    assert_eq!(commands.len(), 3);
    commands.extend(told(&page, &["entry: ", "run: "]));
    assert_eq!(commands.len(), 8, "{commands:?}");
    for command in commands {
        let words = command.split(" --junit").next().unwrap().trim_end_matches('}').split_whitespace().skip(2);
        let words: Vec<&str> = words.map(|word| if word == "rules" { "RULES" } else { word }).collect();
        let ended = tool(&words, &rules).await;
        assert_eq!(ended.code, Some(0), "{command}: {ended:?}");
    }
}
