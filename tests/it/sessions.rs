//! Signing in on the pages, and what sessions, cookies and forms are held to (attacks.md section I).

use std::time::Duration;

use portcullis::access::Role;
use portcullis::config::Config;
use portcullis::console::{Gate, ROUTES, Route};
use portcullis::incident::{Status, Timestamp};

use crate::harness::{ADMIN, AUDITOR, Delivery, ENGINEER, Page, Process, RESPONDER, Set, TestApp, Visitor};

const SESSION: &str = "__Host-portcullis-session";
const TOKENS: [(Role, &str); 4] =
    [(Role::Auditor, AUDITOR), (Role::Engineer, ENGINEER), (Role::Responder, RESPONDER), (Role::Admin, ADMIN)];

/// The route's path, with something in its parts.
pub(crate) fn filled(route: &Route, incident: &str) -> String {
    let id = if route.path == "/rules/{id}" { "5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c11" } else { incident };
    let path = route.path.replace("{id}", id).replace("{reason}", "account-takeover").replace("{secret}", "none");
    let name = if path.starts_with("/sources") { "github" } else { "held" };
    path.replace("{seq}", "0").replace("{name}", name)
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

fn is_shown(page: &Page) -> bool {
    page.text.contains("inc_") || page.text.contains("zhangsan")
}

#[tokio::test(flavor = "multi_thread")]
async fn i01_every_page_sends_strangers_to_sign_in_and_shows_nothing() {
    let app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let before = app.records().len();
    let mut stranger = Visitor::of(&app);
    for cookie in ["", "nobody", &"a".repeat(64)] {
        stranger.cookies.insert(SESSION.to_owned(), cookie.to_owned());
        for route in ROUTES {
            let path = filled(route, incident.as_str());
            let answer = match route.method {
                "GET" => stranger.get(&path).await,
                _ => stranger.send(&path, &FIELDS).await,
            };
            let fits = match (route.gate, route.path) {
                (Gate::Open, "/sign-in/first/{secret}" | "/sign-in/first") => answer.status == 404,
                // There is no identity provider.
                (Gate::Open, "/sign-in/oidc" | "/sign-in/callback") => answer.status == 404,
                (Gate::Open, "/sign-in") if route.method == "POST" => answer.status == 401,
                (Gate::Open, "/preferences") if route.method == "POST" => answer.status == 303,
                (Gate::Open, _) => answer.status == 200,
                _ => answer.status == 303 && answer.location().starts_with("/sign-in?to="),
            };
            assert!(fits && !is_shown(&answer), "{route:?}: {} {}", answer.status, answer.text);
        }
    }
    assert_eq!(app.records().len(), before, "and nothing is recorded");
    app.end().await;
}

/// Whatever any form wants to be there.
const FIELDS: [(&str, &str); 15] = [
    ("csrf", "none"),
    ("reason", "a drill"),
    ("token", "none"),
    ("to", "/"),
    ("secret", "none"),
    ("language", "en"),
    ("zone", "UTC"),
    ("minutes", "10"),
    ("name", "exporter"),
    ("role", "auditor"),
    ("days", "30"),
    ("hours", "8"),
    ("kind", "user_id"),
    ("value", "nobody"),
    ("confirm", "nobody"),
];

#[tokio::test(flavor = "multi_thread")]
async fn i02_each_role_sees_and_sends_what_the_matrix_says() {
    let app = TestApp::start().await;
    app.until_sealed(1).await;
    let unknown = "inc_0123456789abcdef";
    for (role, token) in TOKENS {
        let mut visitor = Visitor::with(&app, token).await;
        for route in ROUTES {
            let Gate::Session(permission) = route.gate else { continue };
            let path = filled(route, unknown);
            let answer = match route.method {
                "GET" => visitor.get(&path).await,
                _ => visitor.send_from("/preferences", &path, &FIELDS[1..]).await,
            };
            let allowed = match route.path {
                "/pause" | "/resume" | "/sources/{name}/test" | "/settings/tokens/revoke" => 303,
                "/breaker/release" => 422,
                // One may be under way.
                "/rules/backtest" if route.method == "POST" => {
                    if answer.status == 409 {
                        409
                    } else {
                        303
                    }
                }
                // Nothing is kept on nobody.
                "/trail/person/erase" => 404,
                path if path.starts_with("/incidents/{id}") => 404,
                _ => 200,
            };
            let expected = if role.may(permission) { allowed } else { 403 };
            assert_eq!(answer.status, expected, "{role:?} {route:?}: {}", answer.text);
        }
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i10_the_cookie_is_of_this_host_alone_and_out_of_reach_of_scripts() {
    let app = TestApp::start().await;
    let mut visitor = Visitor::of(&app);
    let answer = visitor.send("/sign-in", &[("token", AUDITOR), ("to", "/incidents/x")]).await;
    assert_eq!((answer.status, answer.location()), (303, "/incidents/x"));
    let cookie = answer.headers["set-cookie"].to_str().unwrap().to_owned();
    for part in [&format!("{SESSION}="), "; HttpOnly", "; SameSite=Lax", "; Secure", "; Path=/"] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    assert!(!cookie.contains("Domain") && !cookie.contains(AUDITOR), "{cookie}");
    let page = visitor.get("/").await;
    assert!(page.status == 200 && page.text.contains("Sign out auditor"), "{}", page.text);
    let out = visitor.send_from("/", "/sign-out", &[]).await;
    let gone = out.headers["set-cookie"].to_str().unwrap();
    assert!(out.location() == "/sign-in" && gone.contains("Max-Age=0") && gone.contains("; Secure"), "{gone}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i09_a_session_is_over_when_it_is_signed_out_idle_or_too_old_and_nobody_chooses_its_secret() {
    let app = TestApp::start().await;
    let mut visitor = Visitor::with(&app, AUDITOR).await;
    let stolen = visitor.cookies.clone();
    assert_eq!(visitor.send_from("/", "/sign-out", &[]).await.status, 303);
    visitor.cookies = stolen.clone();
    assert_eq!(visitor.get("/").await.location(), "/sign-in?to=%2F", "signed out");

    // One that somebody else has put there is not taken up.
    let answer = visitor.send("/sign-in", &[("token", AUDITOR), ("to", "/")]).await;
    assert_eq!(answer.status, 303);
    assert_ne!(visitor.cookies, stolen);
    let first = visitor.cookies.clone();
    let answer = visitor.send("/sign-in", &[("token", AUDITOR), ("to", "/")]).await;
    assert_eq!(answer.status, 303);
    let second = std::mem::replace(&mut visitor.cookies, first);
    assert_eq!(visitor.get("/").await.status, 303, "the one from before");
    visitor.cookies = second;

    app.advance(minutes(29));
    assert_eq!(visitor.get("/").await.status, 200);
    app.advance(minutes(30));
    assert_eq!(visitor.get("/").await.status, 303, "idle");
    let mut visitor = Visitor::with(&app, AUDITOR).await;
    for _ in 0..(12 * 60 / 20 - 1) {
        app.advance(minutes(20));
        assert_eq!(visitor.get("/").await.status, 200);
    }
    app.advance(minutes(20));
    assert_eq!(visitor.get("/").await.status, 303, "too old");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i04_i05_a_token_that_is_over_ends_what_was_begun_with_it() {
    let adjust = |config: &mut Config| {
        let over: Timestamp = "2026-11-21T03:10:00Z".parse().unwrap();
        let tokens = &mut config.access.tokens;
        tokens.iter_mut().filter(|token| token.name == "auditor").for_each(|token| token.expires = Some(over));
    };
    let app = TestApp::start_with(Set { adjust, ..Set::default() }).await;
    let mut visitor = Visitor::with(&app, AUDITOR).await;
    assert_eq!(app.get("/v1/trail", AUDITOR).await.status, 200);
    app.advance(minutes(10));
    assert_eq!(visitor.get("/").await.location(), "/sign-in?to=%2F");
    assert_eq!(app.get("/v1/trail", AUDITOR).await.status, 401);
    let refused = visitor.send("/sign-in", &[("token", AUDITOR), ("to", "/")]).await;
    assert!(refused.status == 401 && refused.text.contains("That is no token"), "{}", refused.text);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i08_signing_in_leads_to_our_pages_only() {
    let app = TestApp::start().await;
    for to in
        ["//evil.example", "/\\evil.example", "https:evil.example", "https://evil.example/", "/v1/trail", "/pause"]
    {
        let mut visitor = Visitor::of(&app);
        let answer = visitor.send("/sign-in", &[("token", AUDITOR), ("to", to)]).await;
        assert_eq!((answer.status, answer.location()), (303, "/"), "{to}");
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("to", to).finish();
        assert_eq!(visitor.get(&format!("/sign-in?{query}")).await.location(), "/", "{to}");
        assert_eq!(Visitor::of(&app).get(&format!("/sign-in?{query}")).await.field("to"), "/", "{to}");
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i11_nothing_is_changed_that_another_site_or_another_session_sends() {
    let app = TestApp::start().await;
    let mut visitor = Visitor::with(&app, RESPONDER).await;
    let own = visitor.get("/").await.field("csrf");
    let others = Visitor::with(&app, RESPONDER).await.get("/").await.field("csrf");
    let before = app.records().len();
    let ours = visitor.says.clone();
    let foreign = |site: &str, origin: &str| vec![("sec-fetch-site", site.to_owned()), ("origin", origin.to_owned())];
    let url = app.app.url();
    for (csrf, says) in [
        ("", ours.clone()),
        ("none", ours.clone()),
        (others.as_str(), ours.clone()),
        (own.as_str(), foreign("cross-site", "https://evil.example")),
        (own.as_str(), foreign("same-site", &url)),
        (own.as_str(), foreign("same-origin", "null")),
        (own.as_str(), vec![("origin", "null".to_owned())]),
        (own.as_str(), vec![]),
    ] {
        visitor.says = says;
        for path in ["/pause", "/resume", "/sign-out", "/incidents/inc_0123456789abcdef/dismiss", "/sign-in/again"] {
            let fields = [("csrf", csrf), ("reason", "a drill"), ("token", RESPONDER)];
            let answer = visitor.send(path, &fields).await;
            assert_eq!(answer.status, 403, "{path} {csrf} {:?}: {}", visitor.says, answer.text);
        }
    }
    visitor.says = foreign("cross-site", "https://evil.example");
    for path in ["/sign-in", "/sign-in/first", "/preferences"] {
        assert_eq!(visitor.send(path, &FIELDS).await.status, 403, "{path}");
    }
    assert_eq!(app.records().len(), before);
    visitor.says = ours;
    assert_eq!(visitor.send("/pause", &[("csrf", &own), ("reason", "a drill")]).await.status, 303);
    assert_eq!(app.records_of("responder.paused").len(), 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i12_pages_answer_their_methods_and_name_them_to_the_others() {
    let app = TestApp::start().await;
    for route in ROUTES {
        let path = filled(route, "inc_0123456789abcdef");
        let own: Vec<&str> = ROUTES.iter().filter(|one| one.path == route.path).map(|one| one.method).collect();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            if own.contains(&method) {
                continue;
            }
            let url = format!("{}{path}", app.app.url());
            let answer = app.client.request(method.parse().unwrap(), url).send().await.unwrap();
            assert_eq!(answer.status().as_u16(), 405, "{method} {route:?}");
            assert_eq!(answer.headers()["allow"], own.join(", "), "{method} {route:?}");
        }
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i14_every_page_says_what_browsers_are_to_keep_to() {
    let app = TestApp::start().await;
    let mut visitor = Visitor::with(&app, AUDITOR).await;
    for route in ROUTES.iter().filter(|route| route.method == "GET") {
        let answer = visitor.get(&filled(route, "inc_0123456789abcdef")).await;
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
            assert!(policy.contains(part) && !policy.contains("unsafe"), "{route:?}: {policy}");
        }
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.headers[name], value, "{route:?}");
        }
        assert!(!answer.headers.contains_key("server"), "{route:?}");
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_responder_approves_and_releases_on_the_pages_and_the_trail_says_who_and_why() {
    let app = TestApp::start().await;
    let mut visitor = Visitor::with(&app, RESPONDER).await;
    let paused = visitor.send_from("/", "/pause", &[("reason", "a drill")]).await;
    assert_eq!((paused.status, paused.location()), (303, "/"));
    let held = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until(&held, |incident| matches!(incident.status, Status::Held(_))).await;
    let page = visitor.get("/").await;
    assert!(page.text.contains("Actions are paused") && page.text.contains("action=\"/resume\""), "{}", page.text);
    let resumed = visitor.send_from("/", "/resume", &[("reason", "the drill is over")]).await;
    assert_eq!(resumed.status, 303);

    let path = format!("/incidents/{held}");
    let plan = visitor.get(&path).await.field("plan");
    let approve = format!("{path}/approve");
    let refused = visitor.send_from(&path, &approve, &[("reason", " "), ("plan", &plan)]).await;
    assert!(refused.status == 422 && refused.text.contains("A reason has to say something"), "{}", refused.text);
    let approved = visitor.send_from(&path, &approve, &[("reason", "it is real"), ("plan", &plan)]).await;
    assert_eq!((approved.status, approved.location()), (303, path.as_str()), "{}", approved.text);
    app.until_contained(&held).await;
    let late = visitor.send_from("/", &format!("{path}/dismiss"), &[("reason", "too late")]).await;
    assert!(late.status == 409 && late.text.contains("state does not allow this"), "{}", late.text);

    let released = visitor.send_from(&path, &format!("{path}/release"), &[("reason", "it was a drill")]).await;
    assert_eq!((released.status, released.location()), (303, path.as_str()), "{}", released.text);
    app.until(&held, |incident| matches!(incident.status, Status::Closed(_))).await;
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    let said = |kind: &str| {
        let record = app.records_of(kind).pop().unwrap();
        let event = serde_json::to_value(&record.event).unwrap();
        (event["actor"].as_str().unwrap().to_owned(), event["reason"].as_str().unwrap().to_owned())
    };
    for (kind, reason) in [
        ("responder.paused", "a drill"),
        ("responder.resumed", "the drill is over"),
        ("incident.approved", "it is real"),
        ("incident.released", "it was a drill"),
    ] {
        assert_eq!(said(kind), ("responder".to_owned(), reason.to_owned()), "{kind}");
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i19_who_gives_an_account_back_has_to_have_shown_a_moment_ago_who_they_are() {
    let app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let mut visitor = Visitor::with(&app, RESPONDER).await;
    app.advance(minutes(5));
    let (path, release) = (format!("/incidents/{incident}"), format!("/incidents/{incident}/release"));
    assert!(visitor.get(&path).await.text.contains("asked first to show once more"));
    let asked = visitor.send_from(&path, &release, &[("reason", "a drill")]).await;
    let again = format!("/sign-in/again?to=%2Fincidents%2F{incident}");
    assert_eq!((asked.status, asked.location()), (303, again.as_str()));
    assert!(app.records_of("incident.released").is_empty());
    let (none, other) = ("That is no token that may sign in", "it is somebody else’s");
    for (token, says) in [("", none), ("nobody", none), (AUDITOR, other)] {
        let refused = visitor.send_from(&again, "/sign-in/again", &[("token", token), ("to", &path)]).await;
        assert!(refused.status == 401 && refused.text.contains(says), "{token}: {}", refused.text);
    }
    let before = visitor.cookies.clone();
    let shown = visitor.send_from(&again, "/sign-in/again", &[("token", RESPONDER), ("to", &path)]).await;
    assert_eq!((shown.status, shown.location()), (303, path.as_str()));
    assert_ne!(visitor.cookies, before, "another session");
    let released = visitor.send_from(&path, &release, &[("reason", "a drill"), ("false_alarm", "yes")]).await;
    assert_eq!(released.status, 303, "{}", released.text);
    assert_eq!(app.records_of("incident.released").len(), 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_could_sign_in_as_an_administrator_a_link_does_once() {
    let adjust = |config: &mut Config| config.access.tokens.clear();
    let app = TestApp::start_with(Set { adjust, ..Set::default() }).await;
    let link = app.app.first_sign_in().unwrap().expect("a link");
    let path = link.strip_prefix(&app.app.url()).unwrap();
    let mut visitor = Visitor::of(&app);
    // Whatever opens links before people do uses none up.
    assert_eq!(Visitor::of(&app).get(path).await.status, 200);
    let secret = visitor.get(path).await.field("secret");
    let signed_in = visitor.send("/sign-in/first", &[("secret", &secret)]).await;
    assert_eq!((signed_in.status, signed_in.location()), (303, "/"));
    assert!(visitor.get("/").await.text.contains("Sign out first-admin"));
    assert_eq!(Visitor::of(&app).send("/sign-in/first", &[("secret", &secret)]).await.status, 404);
    assert_eq!(Visitor::of(&app).get(path).await.status, 404);
    // They have no token to show again: they give one out however long that takes, and go on as whoever has it.
    app.advance(Duration::from_secs(20 * 60));
    let wanted = [("name", "me"), ("role", "admin"), ("user_id", ""), ("days", "30"), ("reason", "the first")];
    let given = visitor.send_from("/settings", "/settings/tokens", &wanted).await;
    let token = given.text.split("<pre tabindex=\"0\">").nth(1).unwrap_or_else(|| panic!("{}", given.text));
    let token = token.split('<').next().unwrap().to_owned();
    let again = [("token", token.as_str()), ("to", "/trail/person")];
    let shown = visitor.send_from("/sign-in/again", "/sign-in/again", &again).await;
    assert_eq!((shown.status, shown.location()), (303, "/trail/person"), "{}", shown.text);
    assert!(visitor.get("/").await.text.contains("Sign out me"));
    let other = visitor.send_from("/sign-in/again", "/sign-in/again", &[("token", AUDITOR), ("to", "/")]).await;
    assert!(other.status == 401 && other.text.contains("That is no token that may sign in"), "{}", other.text);
    app.end().await;

    let app = TestApp::start().await;
    assert_eq!(app.app.first_sign_in().unwrap(), None, "there is an administrator");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_read_in_the_readers_language_and_time_zone() {
    let app = TestApp::start().await;
    let mut visitor = Visitor::with(&app, AUDITOR).await;
    let page = visitor.get("/").await;
    assert!(
        page.text.contains("<html lang=\"en\">") && page.text.contains("Nov 21, 2026, 03:00:00 UTC"),
        "{}",
        page.text
    );
    let chosen = visitor.send("/preferences", &[("language", "zh-CN"), ("zone", "Asia/Shanghai")]).await;
    assert_eq!((chosen.status, chosen.location()), (303, "/"));
    let page = visitor.get("/").await;
    for part in
        ["<html lang=\"zh-CN\">", "处置正常运行", "2026年11月21日", "11:00:00", "title=\"2026-11-21 03:00:00 UTC\""]
    {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    for zone in ["Nowhere/Land", "../../etc/passwd", &"x".repeat(7_000)] {
        let refused = visitor.send("/preferences", &[("language", "zh-CN"), ("zone", zone)]).await;
        assert_eq!(refused.status, 422, "{zone}");
    }
    let mut stranger = Visitor::of(&app);
    stranger.cookies.insert("portcullis-language".to_owned(), "../en".to_owned());
    stranger.cookies.insert("portcullis-zone".to_owned(), "x".repeat(5_000));
    assert!(stranger.get("/sign-in").await.text.contains("<html lang=\"en\">"), "i23: what is none counts nothing");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_is_printed_where_no_token_is_an_administrators() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("new");
    Process::run(&["init", "--sandbox", folder.to_str().unwrap()]).await.well();
    let path = folder.join("portcullis.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (without, _) = text.split_once("\n[[access.tokens]]\nname = \"admin\"").unwrap();
    std::fs::write(&path, without).unwrap();
    let environment = [("PORTCULLIS_HTTP__LISTEN", "127.0.0.1:0"), ("PORTCULLIS_TRAIL__BALLAST_BYTES", "0")];
    let mut server = Process::spawn(&["serve", "--config", path.to_str().unwrap()], &environment);
    let url = server.url().await.expect("it starts");
    let ended = server.stop().await;
    let link = format!("no token is an admin's; sign in once as one at {url}/sign-in/first/");
    assert!(ended.stdout.iter().any(|line| line.contains(&link)), "{ended:?}");
    assert_eq!(ended.code, Some(0));
}
