//! What strangers try at the pages and the API as a whole (attacks.md section I): ways around paths, other sites, secrets too
//! long, and what answers give away.

use portcullis::{api, console};

use crate::harness::{AUDITOR, RESPONDER, RawConnection, TestApp, Visitor, request};

/// Every path there is, with something in its parts.
fn paths() -> Vec<(String, &'static str)> {
    let filled = |path: &str| {
        let path = path.replace("{id}", "inc_0123456789abcdef").replace("{reason}", "x").replace("{secret}", "x");
        path.replace("{source}", "okta")
            .replace("{seq}", "0")
            .replace("{name}", "held")
            .replace("{file}*", "checkpoint")
    };
    let of_api = api::ROUTES.iter().map(|route| (filled(route.path), route.methods));
    of_api.chain(console::ROUTES.iter().map(|route| (filled(route.path), route.method))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn i13_no_way_of_writing_a_path_gets_around_the_proof_of_a_form() {
    let app = TestApp::start().await;
    let mut visitor = Visitor::with(&app, RESPONDER).await;
    let before = app.records().len();
    for path in [
        "/pause",
        "//pause",
        "/pause/",
        "/./pause",
        "/v1/alerts/../../pause",
        "/v1/alerts/okta/../../../pause",
        "/%70ause",
        "/PAUSE",
        "/pause?csrf=1",
        "/pause;/v1/alerts/okta",
        "/v1/pause",
    ] {
        // As raw bytes: a client would mend the path.
        let cookies: Vec<String> = visitor.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers: Vec<(String, String)> = [
            ("cookie", cookies.join("; ").as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "same-origin"),
            ("connection", "close"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        let mut connection = RawConnection::open(&app).await;
        connection.send(&request("POST", path, &headers, Some(b"reason=a+drill"))).await;
        let answer = String::from_utf8(connection.all().await).unwrap();
        let status = answer.split(' ').nth(1).unwrap();
        assert!(["400", "401", "403", "404", "405", "415"].contains(&status), "{path}: {status}");
    }
    assert_eq!(app.records().len(), before);
    // With it, it goes.
    assert_eq!(visitor.send_from("/", "/pause", &[("reason", "a drill")]).await.status, 303);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i16_no_other_site_reads_anything_of_ours() {
    let app = TestApp::start().await;
    let own = app.app.url();
    for (path, methods) in paths() {
        for origin in ["https://evil.example", "null", &format!("{own}.evil.example")] {
            for method in ["OPTIONS", methods.split(", ").next().unwrap()] {
                let request = app.client.request(method.parse().unwrap(), format!("{own}{path}"));
                let request = request.header("origin", origin).bearer_auth(AUDITOR);
                let request = request.header("access-control-request-method", "POST");
                let answer = request.send().await.unwrap();
                let named = answer.headers().keys().find(|name| name.as_str().starts_with("access-control-"));
                assert_eq!(named, None, "{method} {path} {origin}");
            }
        }
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i06_whatever_is_shown_in_place_of_a_token_is_refused_in_the_same_words() {
    let app = TestApp::start().await;
    let mut visitor = Visitor::of(&app);
    let mut words = None;
    for token in ["", "x", "\0", &"a".repeat(64), &RESPONDER[1..], &"b".repeat(1_025), "令牌"] {
        for _ in 0..15 {
            let answer = visitor.send("/sign-in", &[("token", token), ("to", "/")]).await;
            assert_eq!(answer.status, 401, "{token:?}");
            assert_eq!(&answer.text, words.get_or_insert_with(|| answer.text.clone()), "{token:?}");
        }
    }
    let long = visitor.send("/sign-in", &[("token", &"c".repeat(1024 * 1024)), ("to", "/")]).await;
    assert_eq!(long.status, 400);
    assert!(visitor.cookies.is_empty());
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_form_of_ours_is_refused_in_words_of_ours() {
    let app = TestApp::start().await;
    let mut visitor = Visitor::with(&app, RESPONDER).await;
    for route in console::ROUTES.iter().filter(|route| route.method == "POST") {
        let path = route.path.replace("{id}", "inc_0123456789abcdef");
        let answer = visitor.send(&path, &[("nothing", "of that")]).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.text);
        for parsers in ["missing field", "Parse", "serde", "deserialize", "payload"] {
            assert!(!answer.text.contains(parsers), "{path}: {}", answer.text);
        }
    }
    let query = visitor.get("/sign-in/oidc?again=perhaps").await;
    assert!(query.status == 400 && query.text.contains("not what a page of ours sends"), "{}", query.text);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i21_i24_nothing_for_those_who_run_it_is_shown_outside_nor_what_it_is_and_of_which_version() {
    let app = TestApp::start().await;
    for path in ["/metrics", "/debug", "/debug/pprof", "/server-status", "/actuator/health", "/.env", "/.git/config"] {
        assert_eq!(app.get(path, "").await.status, 404, "{path}");
    }
    let version = env!("CARGO_PKG_VERSION");
    let others = ["/nothing", "/healthz", "/readyz", "/console.css"].map(|path| (path.to_owned(), "GET"));
    for (path, methods) in paths().into_iter().chain(others) {
        let method = methods.split(", ").next().unwrap();
        let answer =
            app.client.request(method.parse().unwrap(), format!("{}{path}", app.app.url())).send().await.unwrap();
        let headers = format!("{:?}", answer.headers());
        for name in ["server", "x-powered-by", "via"] {
            assert!(!answer.headers().contains_key(name), "{path}: {headers}");
        }
        let text = answer.text().await.unwrap();
        for told in [version, "actix", "Rust", "rustls"] {
            assert!(!headers.contains(told) && !text.contains(told), "{path}: {told}: {text}");
        }
    }
    app.end().await;
}
