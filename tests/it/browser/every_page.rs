//! Every page there is, in each language, both colour schemes and two widths: nothing is against WCAG 2.2 AA, nothing has
//! to be scrolled to sideways, the console says nothing, and a picture is kept of each.

use std::fs;

use portcullis::console::{Gate, ROUTES, Route};
use portcullis::incident::{IncidentId, Status};
use serde_json::{Value, json};

use super::axe;
use super::looks::{Look, Scheme, folder};
use super::person::Person;
use crate::harness::{ADMIN, Delivery, GITHUB, RESPONDER, TestApp, Visitor, high_risk, hook, reported};
use crate::sessions::filled;

/// A page, and what it is called in the names of pictures.
pub(super) struct Seen {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) status: u16,
}

/// An app with something on every page: a source that is paused and what it holds back, somebody contained, and what a
/// rule has watched.
async fn start() -> (TestApp, [(&'static str, IncidentId); 2]) {
    let app = TestApp::start().await;
    let contained = app.open(&Delivery::of_high_risk("li.si@example.com", 1, app.now())).await;
    app.until_contained(&contained).await;
    let paused = app.post("/v1/pause", RESPONDER, &json!({ "reason": "too many at once", "source": "github" })).await;
    assert_eq!(paused.status, 200);
    let body = hook(&[high_risk("zhang.san@example.com", "event-2")]);
    let held = app.open(&Delivery::signed(&GITHUB, "msg_2", body, app.now())).await;
    app.until(&held, |incident| matches!(incident.status, Status::Held(_))).await;
    let watched = Delivery::of_events("msg_3", &[reported("li.si@example.com", "event-3")], app.now());
    assert_eq!(app.deliver(&watched).await.status, 202);
    (app, [("contained", contained), ("held", held)])
}

/// What of these routes is a page: it answers with HTML, to whoever may see it. Every route that does is one.
async fn pages(visitor: &mut Visitor, wanted: impl Fn(Gate) -> bool, incidents: &[(&str, IncidentId)]) -> Vec<Seen> {
    let mut found = Vec::new();
    for route in ROUTES.iter().filter(|route| route.method == "GET" && wanted(route.gate)) {
        for (standing, incident) in incidents_of(route, incidents) {
            let path = filled(route, incident);
            assert!(!path.contains('{'), "say what is in the parts of {path}");
            let answer = visitor.get(&path).await;
            let kind = answer.headers.get("content-type").map_or("", |kind| kind.to_str().unwrap());
            if kind.starts_with("text/html") {
                let parts: Vec<_> = route.path.split(['/', '{', '}']).filter(|part| !part.is_empty()).collect();
                let name = [&parts[..], &[standing]].concat().join("-").trim_matches('-').to_owned();
                let name = if name.is_empty() { "now".to_owned() } else { name };
                found.push(Seen { path, name, status: answer.status });
            }
        }
    }
    found
}

/// A page about an incident is looked at with each of them.
fn incidents_of<'a>(route: &Route, incidents: &'a [(&str, IncidentId)]) -> Vec<(&'a str, &'a str)> {
    if route.path.contains("{id}") {
        incidents.iter().map(|(standing, incident)| (*standing, incident.as_str())).collect()
    } else {
        vec![("", incidents[0].1.as_str())]
    }
}

/// Looks at a page in every way, and gives axe-core's report and what is wrong.
pub(super) async fn inspect(person: &Person, page: &Seen, language: &str, axe: &str) -> (Vec<Value>, Vec<String>) {
    let (mut reports, mut wrong) = (Vec::new(), Vec::new());
    person.open(&page.path).await;
    let told = person.run("return document.documentElement.lang;").await;
    assert_eq!(told, language, "{}", page.path);
    let pictures: Vec<Look> = Look::all().collect();
    for look in &pictures {
        person.look(*look).await;
        person.keep_picture(&format!("{}-{language}-{}", page.name, look.name())).await;
    }
    // What is folded away belongs to the page too.
    person.run("document.querySelectorAll('details').forEach(one => one.open = true);").await;
    person.run(axe).await;
    for look in pictures {
        person.look(look).await;
        let here = format!("{} in {language}, {}", page.path, look.name());
        let wide = person.too_wide().await;
        wrong.extend(wide.into_iter().map(|one| format!("{here}: too wide: {one}")));
        let report = person.report().await;
        wrong.extend(report.violations.iter().map(|one| format!("{here}: {one:#}")));
        reports.push(json!({
            "page": page.path, "language": language, "look": look.name(),
            "violations": report.violations, "doubtful": report.doubtful, "passes": report.passes,
        }));
    }
    // That a page says that there is no such page is no complaint.
    let expected = format!("the server responded with a status of {}", page.status);
    let complaints = person.complaints().await.into_iter().filter(|one| !one.contains(&expected));
    wrong.extend(complaints.map(|one| format!("{} in {language}: {one}", page.path)));
    (reports, wrong)
}

/// Every page in one language, chosen on the page for that.
async fn walk(language: &str, choose: Option<(&str, &str)>) {
    let (app, incidents) = start().await;
    let axe = axe::source();
    let person = Person::at(&app).await;
    if let Some((name, save)) = choose {
        person.open("/preferences").await;
        person.click(name).await;
        person.click(save).await;
    }
    let mut visitor = Visitor::of(&app);
    let open = pages(&mut visitor, |gate| gate == Gate::Open, &incidents).await;
    let mut visitor = Visitor::with(&app, ADMIN).await;
    let signed_in = pages(&mut visitor, |gate| gate != Gate::Open, &incidents).await;
    assert!(open.len() >= 3 && signed_in.len() >= 6, "{} and {} pages", open.len(), signed_in.len());

    let (mut reports, mut wrong) = (Vec::new(), Vec::new());
    for page in &open {
        let (more, bad) = inspect(&person, page, language, &axe).await;
        reports.extend(more);
        wrong.extend(bad);
    }
    person.open("/sign-in").await;
    let field = person.tab.find(fantoccini::Locator::Css("#token")).await.unwrap();
    field.send_keys(&format!("{ADMIN}{}", super::person::ENTER)).await.unwrap();
    for page in &signed_in {
        let (more, bad) = inspect(&person, page, language, &axe).await;
        reports.extend(more);
        wrong.extend(bad);
    }
    let kept = folder().join(format!("axe-{language}.json"));
    fs::write(kept, serde_json::to_vec_pretty(&reports).unwrap()).unwrap();
    assert!(wrong.is_empty(), "{} things are wrong:\n{}", wrong.len(), wrong.join("\n"));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_in_english_is_accessible_narrow_and_quiet() {
    walk("en", None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_in_chinese_is_accessible_narrow_and_quiet() {
    walk("zh-CN", Some(("简体中文", "Save"))).await;
}

/// Otherwise the silence above would say nothing.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_page_is_found() {
    let app = TestApp::start().await;
    let person = Person::at(&app).await;
    person.open("/sign-in").await;
    person.look(Look { scheme: Scheme::Dark, width: 360 }).await;
    assert_eq!((person.too_wide().await, person.complaints().await), (vec![], vec![]));
    let spoil = "
        const picture = document.querySelector('main').appendChild(document.createElement('img'));
        picture.src = 'https://elsewhere.example/picture.png';
        document.querySelector('main p').style.width = '500px';
        document.querySelector('main h1').style.color = '#555';
        console.error('our own');";
    person.run(spoil).await;
    assert!(person.too_wide().await.iter().any(|one| one.contains("token-hint")));
    let said = person.complaints().await.concat();
    assert!(said.contains("Content Security Policy") && said.contains("our own"), "{said}");
    person.run(&axe::source()).await;
    let found = person.report().await.violations;
    let ids: Vec<&str> = found.iter().filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(ids, ["color-contrast", "image-alt"]);
    app.end().await;
}
