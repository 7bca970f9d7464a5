//! The JSON API: who may do what, how refusals look, and that reading is itself on the trail.

use std::collections::BTreeSet;
use std::time::Duration;

use portcullis::access::Role;
use portcullis::api::{Gate, ROUTES, Route};
use portcullis::incident::{Event, IncidentId, Status};
use serde_json::json;

use crate::harness::{
    ADMIN, AUDITOR, Answer, CONTAINED, Delivery, ENGINEER, RESPONDER, RawAnswer, RawConnection, Set, TestApp, Visitor,
    harmless, request,
};

const TOKENS: [(Role, &str); 4] =
    [(Role::Auditor, AUDITOR), (Role::Engineer, ENGINEER), (Role::Responder, RESPONDER), (Role::Admin, ADMIN)];

#[tokio::test(flavor = "multi_thread")]
async fn i01_no_route_is_open_that_should_not_be() {
    let app = TestApp::start().await;
    for route in ROUTES {
        let path = filled(route, "inc_0123456789abcdef");
        for method in route.methods.split(", ") {
            let answer = send(&app, method, &path, &[]).await;
            let expected = if route.gate == Gate::Open { 200 } else { 401 };
            assert_eq!(answer.status, expected, "{method} {route:?}");
        }
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i05_only_the_whole_token_in_the_one_header_opens_a_route() {
    let app = TestApp::start().await;
    let mut first: Option<RawAnswer> = None;
    let bearer = |token: &str| header("authorization", &format!("Bearer {token}"));
    let bad: Vec<Vec<(String, String)>> = vec![
        vec![bearer(&ADMIN[..ADMIN.len() - 1])],
        vec![bearer(&format!("{ADMIN}0"))],
        vec![bearer(&ADMIN.to_uppercase())],
        vec![bearer("")],
        vec![bearer(&"a".repeat(100_000))],
        vec![header("authorization", ADMIN)],
        vec![header("authorization", &format!("Basic {ADMIN}"))],
        vec![header("authorization", &format!("Bearer  {ADMIN}"))],
        vec![bearer(ADMIN), bearer(ADMIN)],
        vec![header("x-api-key", ADMIN), header("cookie", &format!("token={ADMIN}"))],
    ];
    for route in ROUTES.iter().filter(|route| matches!(route.gate, Gate::Token(_))) {
        for headers in &bad {
            let answer = call(&app, route, "inc_0123456789abcdef", headers).await.without_date_and_id();
            assert_eq!(answer.status, 401, "{route:?} {headers:?}");
            assert_eq!(&answer, first.get_or_insert_with(|| answer.clone()), "{route:?} {headers:?}");
        }
        let query = format!("access_token={ADMIN}&token={ADMIN}&authorization=Bearer%20{ADMIN}");
        let path = filled(route, "inc_0123456789abcdef");
        let path = format!("{path}{}{query}", if path.contains('?') { '&' } else { '?' });
        let answer = send(&app, route.methods, &path, &[]).await;
        assert_eq!(answer.status, 401, "{route:?} with the token in the query");
    }
    let records = app.end().await;
    let kinds: Vec<_> = records.iter().map(|record| record.event.kind()).collect();
    assert_eq!(kinds, ["system.started", "rules.loaded", "rules.watched", "system.stopped"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn i02_each_role_may_do_what_the_matrix_says_and_nothing_else() {
    let app = TestApp::start_with(Set { config: "[directory.index]\n", ..Set::default() }).await;
    // Held again after each approval, because it is an administrator's.
    let incident = app.open(&Delivery::of_high_risk("admin.one@example.com", 1, app.now())).await;
    let held = |times: usize| {
        let (app, incident) = (&app, &incident);
        async move {
            let count = || app.story(incident).iter().filter(|words| *words == "held: protected_live").count();
            app.until(incident, |_| count() == times).await;
        }
    };
    held(1).await;
    let mut approved = 1;
    for route in ROUTES {
        let Gate::Token(permission) = route.gate else { continue };
        for (role, token) in TOKENS {
            let bearer = header("authorization", &format!("Bearer {token}"));
            // Nothing is to come of these: the incident is to be held to the end.
            let ends_it = ["/dismiss", "/hold", "/release"].iter().any(|end| route.path.ends_with(end));
            let id = if ends_it { "inc_0123456789abcdef" } else { incident.as_str() };
            let answer = call(&app, route, id, &[bearer]).await;
            let allowed = match route.path {
                "/v1/breaker/release" => 422,
                // Nothing says by what.
                "/v1/directory/people" => 422,
                // The body says nothing of whom.
                "/v1/incidents" => 400,
                path if path.starts_with("/v1/subjects/") => 400,
                // Nor of when.
                "/v1/trail/prune" => 400,
                // Nor until when.
                "/v1/incidents/{id}/extend" => 400,
                // Nor for whom.
                "/v1/tokens/issue" => 400,
                // Nobody was given one of that name.
                "/v1/tokens/{name}/revoke" => 404,
                // The id is an incident's, so no rule has it.
                path if ends_it || path.starts_with("/v1/rules/{id}") => 404,
                _ => 200,
            };
            let expected = if role.may(permission) { allowed } else { 403 };
            assert_eq!(answer.status, expected, "{role:?} {route:?}: {}", answer.body);
            if route.path.ends_with("/approve") && expected == 200 {
                approved += 1;
                held(approved).await;
            }
        }
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i12_every_route_answers_its_methods_and_names_them_to_the_others() {
    let app = TestApp::start().await;
    for route in ROUTES {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            if route.methods.split(", ").any(|own| own == method) {
                continue;
            }
            let path = filled(route, "inc_0123456789abcdef");
            let bearer = header("authorization", &format!("Bearer {ADMIN}"));
            let answer = send(&app, method, &path, &[bearer]).await;
            assert_eq!((answer.status, answer.header("allow")), (405, Some(route.methods)), "{method} {route:?}");
        }
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i14_every_answer_has_the_security_headers_and_every_problem_the_same_shape() {
    let app = TestApp::start().await;
    let contained = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&contained).await;
    let approve = format!("/v1/incidents/{contained}/approve");
    let other = Delivery::of_events("msg_1", &[harmless("b")], app.now());
    let why = json!({ "reason": "a drill" });
    let answers = [
        (200, "", app.get("/healthz", "").await),
        (200, "", app.get("/v1/trail", AUDITOR).await),
        (200, "", app.get("/", AUDITOR).await),
        (200, "", app.get("/console.css", "").await),
        (400, "bad_request", app.get("/v1/trail?limit=-1", AUDITOR).await),
        (401, "unauthenticated", app.get("/v1/trail", "nobody").await),
        (403, "forbidden", app.get("/v1/trail", ENGINEER).await),
        (404, "not_found", app.get("/nowhere", AUDITOR).await),
        (404, "not_found", app.get("/v1/incidents/inc_0123456789abcdef", AUDITOR).await),
        (405, "method_not_allowed", app.get("/v1/pause", ADMIN).await),
        (409, "conflict", app.deliver(&other).await),
        (409, "wrong_state", app.post(&approve, RESPONDER, &why).await),
        (415, "wrong_media_type", app.deliver(&other.clone().without("content-type")).await),
        (422, "wrong_schema", app.post("/v1/pause", RESPONDER, &json!({ "reason": " " })).await),
    ];
    let mut ids = BTreeSet::new();
    for (status, code, answer) in answers {
        assert_eq!((answer.status, answer.code()), (status, code));
        assert_secure(&answer);
        assert!(ids.insert(answer.header("x-request-id").to_owned()), "an id of its own");
        if status >= 400 {
            assert_eq!(answer.header("content-type"), "application/problem+json");
            let members: Vec<&String> = answer.body.as_object().unwrap().keys().collect();
            assert_eq!(members, ["code", "status", "title", "type"]);
            assert_eq!(
                (&answer.body["status"], answer.body["type"].as_str().unwrap()),
                (&json!(status), format!("urn:portcullis:problem:{code}").as_str())
            );
        }
    }
    app.end().await;
}

fn assert_secure(answer: &Answer) {
    let policy = answer.header("content-security-policy");
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cache-control", "no-store"),
        // I24 and I16: nothing about what runs here, and nobody else's pages may read.
        ("server", ""),
        ("x-powered-by", ""),
        ("access-control-allow-origin", ""),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_is_shown_with_its_steps_and_records_and_the_reading_is_recorded() {
    let app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let path = format!("/v1/incidents/{incident}");
    let shown = app.get(&path, ENGINEER).await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.body["id"], incident.as_str());
    assert_eq!((&shown.body["status"], &shown.body["contained"]), (&json!("open"), &json!(true)));
    assert_eq!(
        (&shown.body["account"]["kind"], &shown.body["account"]["user_id"]),
        (&json!("email"), &json!("zhangsan"))
    );
    let states: Vec<&str> =
        shown.body["steps"].as_array().unwrap().iter().map(|step| step["is"]["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["claimed", "verified", "pending"]);
    assert_eq!(shown.body["records"].as_array().unwrap().len(), CONTAINED.len());
    assert!(!shown.body.to_string().contains("zhang.san@example.com"), "the address lies beside the trail");
    let text = app.client.get(format!("{}{path}", app.app.url())).bearer_auth(ENGINEER).send().await.unwrap();
    let text = text.text().await.unwrap();
    for record in app.app.trail().incident(&incident).unwrap().unwrap().1 {
        let record = String::from_utf8(record.record).unwrap();
        assert!(text.contains(&record), "byte for byte: {record}");
    }

    let Event::TrailRead { actor, count, incident: of, .. } = &app.records().pop().unwrap().event else {
        panic!("the reading was not recorded")
    };
    assert_eq!((actor.as_str(), *count, of.as_ref()), ("engineer", 7, Some(&incident)));
    for id in ["inc_0123456789abcdef", "inc_", "INC_0123456789ABCDEF", "%2e%2e%2ftrail", "a%00b"] {
        assert_eq!(app.get(&format!("/v1/incidents/{id}"), ADMIN).await.status, 404, "{id}");
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_responder_has_to_say_why_in_plain_words() {
    let app = TestApp::start().await;
    let long = "a".repeat(501);
    for (body, status) in [
        (json!({ "reason": "" }), 422),
        (json!({ "reason": " \t" }), 422),
        (json!({ "reason": long }), 422),
        (json!({ "reason": "a\u{1b}[2Jb" }), 422),
        (json!({ "reason": 5 }), 400),
        (json!({}), 400),
        (json!({ "reason": "a drill", "until": "noon" }), 400),
        (json!({ "reason": "a".repeat(5_000) }), 413),
    ] {
        assert_eq!(app.post("/v1/pause", RESPONDER, &body).await.status, status, "{body}");
    }
    let as_form = app.client.post(format!("{}/v1/pause", app.app.url())).bearer_auth(RESPONDER).body("reason=x");
    assert_eq!(as_form.send().await.unwrap().status(), 415, "a form, as another site could send it");
    assert!(app.app.trail().board(|board| board.pauses().of_all().is_none()));

    let taken = app.post("/v1/pause", RESPONDER, &json!({ "reason": "\u{6f14}\u{7ec3}" })).await;
    assert_eq!((taken.status, taken.body), (200, json!({ "paused": true, "sources": [], "rules": [], "tripped": [] })));
    let Event::ResponderPaused { actor, reason, .. } = &app.records().pop().unwrap().event else { panic!() };
    assert_eq!((actor.as_str(), reason.as_str()), ("responder", "\u{6f14}\u{7ec3}"));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i18_only_what_is_held_can_be_approved() {
    let app = TestApp::start().await;
    let open = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&open).await;
    let approve = |incident: IncidentId| {
        let app = &app;
        async move {
            let path = format!("/v1/incidents/{incident}/approve");
            app.post(&path, RESPONDER, &json!({ "reason": "a drill" })).await.status
        }
    };
    assert_eq!(approve(open.clone()).await, 409);
    assert_eq!(approve(IncidentId::parse("inc_0123456789abcdef").unwrap()).await, 404);
    app.advance(Duration::from_secs(8 * 3600));
    app.until(&open, |state| matches!(state.status, Status::Closed(_))).await;
    assert_eq!(approve(open).await, 409, "closed is closed");
    app.end().await;
}

async fn call(app: &TestApp, route: &Route, incident: &str, headers: &[(String, String)]) -> RawAnswer {
    send(app, route.methods, &filled(route, incident), headers).await
}

/// The path of a route with something that is there in place of its parts.
fn filled(route: &Route, incident: &str) -> String {
    let query = if route.path.ends_with("/consistency") { "?from=0" } else { "" };
    let path = route.path.replace("{id}", incident).replace("{source}", "okta");
    path.replace("{seq}", "0").replace("{name}", "held").replace("{file}*", "checkpoint") + query
}

async fn send(app: &TestApp, method: &str, path: &str, headers: &[(String, String)]) -> RawAnswer {
    let mut headers = headers.to_vec();
    headers.push(header("content-type", "application/json"));
    let mut connection = RawConnection::open(app).await;
    connection.send(&request(method, path, &headers, Some(br#"{"reason":"a drill"}"#))).await;
    connection.answer().await
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// One installation is one organization's. Two of them share nothing: neither tokens that were given out, nor ids, nor
/// cursors, nor sessions of one open anything of the other.
#[tokio::test(flavor = "multi_thread")]
async fn i03_what_is_another_installations_opens_and_shows_nothing() {
    let (ours, theirs) = (TestApp::start().await, TestApp::start().await);
    let incident = theirs.open(&Delivery::of_high_risk("zhang.san@example.com", 1, theirs.now())).await;
    theirs.until_contained(&incident).await;
    for path in [format!("/v1/incidents/{incident}"), format!("/v1/incidents/{incident}/pack")] {
        assert_eq!(theirs.get(&path, AUDITOR).await.status, 200, "{path}");
        assert_eq!(ours.get(&path, AUDITOR).await.status, 404, "{path}");
    }
    let found = ours.get(&format!("/v1/trail/search?incident={incident}"), AUDITOR).await;
    assert_eq!((found.status, &found.body["records"]), (200, &json!([])), "{}", found.body);
    let page = theirs.get("/v1/trail/search?limit=1", AUDITOR).await;
    let cursor = page.body["next"].as_str().unwrap_or_else(|| panic!("{}", page.body));
    let taken = ours.get(&format!("/v1/trail/search?limit=1&cursor={cursor}"), AUDITOR).await;
    // It is a place in a search, and what is there is ours.
    assert!(taken.status == 200 && !taken.body.to_string().contains("zhangsan"), "{}", taken.body);
    let exported = ours.get("/v1/trail/export?format=jsonl", AUDITOR).await;
    assert!(!exported.body.to_string().contains(incident.as_str()));

    let wanted = json!({"name": "exporter", "role": "admin", "days": 1, "reason": "a drill"});
    let issued = theirs.post("/v1/tokens/issue", ADMIN, &wanted).await;
    let token = issued.body["token"].as_str().unwrap_or_else(|| panic!("{}", issued.body));
    assert_eq!(theirs.get("/v1/trail", token).await.status, 200);
    assert_eq!(ours.get("/v1/trail", token).await.status, 401);
    let mut visitor = Visitor::with(&ours, AUDITOR).await;
    assert_eq!(visitor.get("/trail").await.status, 200);
    visitor.cookies = Visitor::with(&theirs, AUDITOR).await.cookies;
    assert_eq!(visitor.get("/trail").await.status, 303);
    ours.end().await;
    theirs.end().await;
}
