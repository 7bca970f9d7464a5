//! What employees read: as DingTalk receives it, as `rules reasons` prints it and as the page shows it.

use std::fs;
use std::path::{Path, PathBuf};

use portcullis::incident::{Action, Event, IncidentId, ReasonCode, Timestamp};
use portcullis::rules::{self, EmployeeValues, LOCALES};
use tempfile::TempDir;

use crate::harness::{
    AUDITOR, Delivery, ENGINEER, Ended, Process, RESPONDER, Set, TestApp, Visitor, copy_folder, edit,
};

/// The reason of the shipped rule that these tests trigger.
const REASON: &str = "impossible-travel";
/// Its text in every locale, where a test has one that tells the time.
const TELLING: &str = "DingTalk {{ time }}: {{ contact }} ({{ incident.id }}).";

/// Has the text tell the time in every locale.
fn tell_the_time(rules: &Path) {
    for locale in LOCALES {
        rewrite(rules, locale, &format!("{REASON}: \"{TELLING}\""));
    }
}

/// Puts `line` in place of the reason's own in the file of a locale.
fn rewrite(rules: &Path, locale: &str, line: &str) {
    let path = rules.join(format!("reasons/{locale}.yml"));
    let text = fs::read_to_string(&path).unwrap();
    let own = text.lines().find(|line| line.starts_with(REASON)).unwrap();
    fs::write(path, text.replace(own, line)).unwrap();
}

/// A copy of the shipped rules.
fn shipped() -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let rules = place.path().join("rules");
    copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &rules);
    (place, rules)
}

async fn reasons(rules: &Path, arguments: &[&str]) -> Ended {
    let folder = ["rules", "reasons", "--folder", rules.to_str().unwrap()];
    Process::run(&[&folder, arguments].concat()).await
}

/// The wording on the trail of the incident's sign-out, and when it was planned.
fn wording(app: &TestApp, incident: &IncidentId) -> (String, Timestamp) {
    let incident = app.incident(incident);
    let wording = incident.plan.actions.iter().find_map(|action| match action {
        Action::SignOut { employee_reason, wording, .. } if employee_reason.as_str() == REASON => Some(*wording),
        _ => None,
    });
    (wording.unwrap().to_string(), incident.opened_at)
}

#[tokio::test(flavor = "multi_thread")]
async fn dingtalk_receives_the_time_in_the_form_and_the_zone_of_each_locale() {
    let app = TestApp::start_with(Set { rules: tell_the_time, ..Set::default() }).await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let texts = app.dingtalk().account("zhangsan").unwrap().last_sign_out.unwrap().texts;
    let read = |locale: &str| texts[locale].split_once(": ").unwrap().0.replace('\u{202f}', " ");
    for (locale, expected) in [
        ("zh_CN", "DingTalk 2026年11月21日 GMT+8 11:00"),
        ("en_US", "DingTalk Nov 21, 2026, 3:00 AM GMT+0"),
        ("ja_JP", "DingTalk 2026/11/21 12:00 GMT+9"),
        ("fr_FR", "DingTalk 21 nov. 2026, 04:00 UTC+1"),
        ("pt_BR", "DingTalk 21 de nov. de 2026, 00:00 -3 GMT"),
        ("th_TH", "DingTalk 21 พ.ย. 2569 10:00 GMT+7"),
    ] {
        assert_eq!(read(locale), expected);
    }

    // What was read can be made again of the record and the rules.
    let (wording, at) = wording(&app, &incident);
    let set = app.app.rules().now();
    let (reasons, code) = (set.set.reasons(), ReasonCode::parse(REASON).unwrap());
    let values = EmployeeValues { incident_id: incident.as_str(), contact: set.set.guardrails().contact(), at };
    let again = LOCALES.map(|locale| (locale.to_owned(), reasons.render(&code, locale, &values).unwrap()));
    assert_eq!(texts.into_iter().collect::<Vec<_>>(), sorted(again.to_vec()));
    assert_eq!(wording, set.set.wording_of(&code).to_string());
    let opened = app.records().into_iter().any(|record| {
        let Event::AlertAdmitted { .. } = record.event else { return false };
        serde_json::to_string(&record.event).unwrap().contains(&wording)
    });
    assert!(opened, "the wording stands in the record");
    app.end().await;
}

fn sorted(mut texts: Vec<(String, String)>) -> Vec<(String, String)> {
    texts.sort();
    texts
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preview_shows_what_is_sent_and_the_wording_that_is_recorded() {
    let app = TestApp::start_with(Set { rules: tell_the_time, ..Set::default() }).await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let texts = app.dingtalk().account("zhangsan").unwrap().last_sign_out.unwrap().texts;
    let (wording, at) = wording(&app, &incident);
    app.end().await;

    let (_place, rules) = shipped();
    tell_the_time(&rules);
    let ended = reasons(&rules, &[REASON, "--time", &at.to_string()]).await;
    assert_eq!((ended.code, ended.stdout.len()), (Some(0), 16), "{ended:?}");
    assert_eq!(ended.stdout[0], format!("{REASON}  wording {wording}"));
    for (locale, line) in LOCALES.into_iter().zip(&ended.stdout[1..]) {
        let sent = texts[locale].replace(incident.as_str(), "inc_0123456789abcdef");
        let (shown, zone) = line.strip_suffix(']').unwrap().rsplit_once(" [").unwrap();
        assert_eq!(shown, format!("  {locale} {:>4}  {sent}", sent.chars().count()));
        assert_eq!(zone == "UTC", ["en_US", "es_LA"].contains(&locale), "{line}");
    }
}

/// The texts are the same; what is filled in for all is not.
#[tokio::test(flavor = "multi_thread")]
async fn another_contact_is_another_wording_on_the_trail_in_the_preview_and_wherever_it_is_in_force() {
    let rules = |rules: &Path| edit(rules, "guardrails.yml", "contact: IT Service Desk", "contact: 'IT 柜台 4400'");
    let mut wordings = Vec::new();
    for set in [Set::default(), Set { rules, ..Set::default() }] {
        let app = TestApp::start_with(set).await;
        let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
        app.until_contained(&incident).await;
        let (wording, _) = wording(&app, &incident);
        for token in [AUDITOR, ENGINEER] {
            assert_eq!(app.get("/v1/rules", token).await.body["wordings"][REASON], wording.as_str());
        }
        let page = app.get(&format!("/rules/reasons/{REASON}"), AUDITOR).await;
        assert!(page.body.as_str().unwrap().contains(&wording));
        wordings.push(wording);
        app.end().await;
    }
    assert_ne!(wordings[0], wordings[1]);

    let (_place, folder) = shipped();
    let first = |ended: Ended| ended.stdout[0].clone();
    let shown = |number: usize| format!("{REASON}  wording {}", wordings[number]);
    assert_eq!(first(reasons(&folder, &[REASON]).await), shown(0));
    assert_eq!(first(reasons(&folder, &[REASON, "--contact", "IT 柜台 4400"]).await), shown(1));
    rules(&folder);
    assert_eq!(first(reasons(&folder, &[REASON]).await), shown(1));
    let ended = Process::run(&["check", "--json", folder.to_str().unwrap()]).await;
    let report: serde_json::Value = serde_json::from_str(&ended.said()).unwrap();
    assert_eq!(report["wordings"][REASON], wordings[1].as_str(), "{ended:?}");
}

#[tokio::test]
async fn f08_a_text_of_ones_own_without_whom_to_ask_is_refused() {
    let (_place, rules) = shipped();
    rewrite(&rules, "fr_FR", &format!("{REASON}: \"Votre session est close ({{{{ incident.id }}}}).\""));
    let ended = Process::run(&["check", rules.to_str().unwrap()]).await;
    let problem = format!("the text for `{REASON}` in fr_FR lacks `{{{{ contact }}}}`");
    assert!(ended.code == Some(2) && ended.said().contains(&problem), "{ended:?}");
}

#[tokio::test]
async fn the_preview_shows_every_reason_in_every_language_or_what_is_asked_for() {
    let (_place, rules) = shipped();
    let set = rules::load(&rules).unwrap();
    let codes: Vec<&str> = set.reasons().codes().map(ReasonCode::as_str).collect();
    for needed in [
        "account-takeover",
        "leaked-credential",
        "impossible-travel",
        "policy-breach",
        "device-lost",
        "left-organization",
    ] {
        assert!(codes.contains(&needed), "{needed}");
    }
    let ended = reasons(&rules, &[]).await;
    assert_eq!((ended.code, ended.stdout.len()), (Some(0), codes.len() * 16), "{ended:?}");
    let titles: Vec<&str> = ended.stdout.iter().filter_map(|line| Some(line.split_once("  wording ")?.0)).collect();
    assert_eq!(titles, codes);
    let ended = reasons(&rules, &["device-lost", "--locale", "es_LA", "--contact", "mesa 4400"]).await;
    assert_eq!((ended.code, ended.stdout.len()), (Some(0), 2), "{ended:?}");
    let text = "Se reportó la pérdida de un dispositivo suyo; por eso cerramos su sesión de DingTalk. Para ingresar de \
                nuevo, contacte a mesa 4400 (caso inc_0123456789abcdef).";
    assert_eq!(ended.stdout[1], format!("  es_LA  {}  {text}", text.chars().count()));
}

#[tokio::test]
async fn f08_the_preview_of_an_incomplete_catalogue_is_refused() {
    let (_place, rules) = shipped();
    edit(&rules, "reasons/ms_MY.yml", "device-lost:", "device-gone:");
    fs::remove_file(rules.join("reasons/th_TH.yml")).unwrap();
    for tool in ["reasons", "check"] {
        let ended = match tool {
            "check" => Process::run(&["check", rules.to_str().unwrap()]).await,
            _ => reasons(&rules, &[]).await,
        };
        let said = ended.said() + &ended.stderr;
        assert_eq!(ended.code, Some(2), "{said}");
        for problem in [
            "reasons/th_TH.yml: is missing",
            "reasons/ms_MY.yml: has no text for `device-lost`",
            "reasons/fr_FR.yml: has no text for `device-gone`",
        ] {
            assert!(said.contains(problem), "{tool}: {said}");
        }
    }
}

#[tokio::test]
async fn the_preview_says_what_cannot_be_shown() {
    let (_place, rules) = shipped();
    for (arguments, problem) in [
        (vec!["stolen"], "there is no reason `stolen`; known are account-takeover, device-lost, "),
        (vec!["\u{202e}x"], "there is no reason `\\u{202e}x`"),
        (vec!["--locale", "de_DE"], "invalid value 'de_DE' for '--locale <LOCALE>'"),
        (vec!["--time", "soon"], "invalid value 'soon' for '--time <TIME>'"),
        (vec!["--contact", " "], "`contact` is empty"),
        (vec!["--contact", "a\u{1b}[2J"], "`contact` must be one line without control characters"),
        (vec!["--contact", "{{ time }}"], "`contact` has a brace"),
        (vec!["--contact", "\u{200b}"], "`contact` shows nothing"),
        (vec!["--contact", &"x".repeat(41)], "`contact` is longer than 40 characters"),
    ] {
        let ended = reasons(&rules, &arguments).await;
        assert_eq!((ended.code, ended.stdout.len()), (Some(2), 0), "{ended:?}");
        assert!(ended.stderr.contains(problem), "{arguments:?}: {ended:?}");
    }
}

#[tokio::test]
async fn a_zone_that_is_none_is_refused_with_its_place() {
    let (_place, rules) = shipped();
    edit(&rules, "guardrails.yml", "Europe/Paris", "Europe/Pariss");
    let ended = Process::run(&["check", rules.to_str().unwrap()]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    let problem = "`Europe/Pariss` is no time zone; did you mean `Europe/Paris`?";
    assert!(ended.said().contains(problem) && ended.said().contains("fr_FR: Europe/Pariss"), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_a_reason_in_every_language_to_whoever_may_see_rules() {
    let app = TestApp::start_with(Set { rules: tell_the_time, ..Set::default() }).await;
    let path = format!("/rules/reasons/{REASON}");
    for path in ["/rules/reasons", &path, "/rules/reasons/stolen"] {
        let answer = Visitor::of(&app).get(path).await;
        assert_eq!((answer.status, answer.text.contains("DingTalk")), (303, false), "{path}");
    }
    assert!(app.get("/rules", AUDITOR).await.body.as_str().unwrap().contains("<a href=\"/rules/reasons\">"));
    for token in [AUDITOR, ENGINEER, RESPONDER] {
        let answer = app.get(&path, token).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"));
        assert!(answer.header("content-security-policy").contains("default-src 'none'"));
        let page = answer.body.as_str().unwrap();
        let loaded = app.app.rules().now();
        let (reasons, code) = (loaded.set.reasons(), ReasonCode::parse(REASON).unwrap());
        let contact = loaded.set.guardrails().contact();
        let values = EmployeeValues { incident_id: "inc_0123456789abcdef", contact, at: app.now() };
        for (locale, language) in rules::languages() {
            let text = reasons.render(&code, locale, &values).unwrap();
            let cell = format!("<td class=\"read\" lang=\"{}\" dir=\"ltr\">{text}</td>", language.tag);
            assert!(page.contains(&cell), "{cell} is not in {page}");
        }
        assert!(page.contains(&loaded.set.wording_of(&code).to_string()), "{page}");
        assert!(page.contains(&format!("<a href=\"{path}\" aria-current=\"page\">{REASON}</a>")), "{page}");
        assert!(!page.contains("<script") && !page.contains(" style="), "{page}");
    }
    let first = app.get("/rules/reasons", AUDITOR).await;
    assert!(first.body.as_str().unwrap().contains("<h2>account-takeover</h2>"));
    for path in ["/rules/reasons/stolen", "/rules/reasons/%3Cb%3E", "/rules/reasons/a/b"] {
        let answer = app.get(path, AUDITOR).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.body.to_string().contains("<b>"), "{path}");
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i15_a_hostile_contact_and_a_hostile_text_are_shown_as_text() {
    let rules = |rules: &Path| {
        edit(rules, "guardrails.yml", "contact: ", "contact: '</td><script>alert(1)</script>'\n# ");
        rewrite(
            rules,
            "fr_FR",
            &format!("{REASON}: \"<img src=x onerror=alert(1)> {{{{ contact }}}} {{{{ incident.id }}}}\""),
        );
    };
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let answer = app.get(&format!("/rules/reasons/{REASON}"), AUDITOR).await;
    let page = answer.body.as_str().unwrap();
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt; &lt;/td&gt;&lt;script&gt;"), "{page}");
    assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
    app.end().await;
}
