//! People sign in with a real identity provider (npm's oidc-provider), and what it does not prove is refused
//! (attacks.md I07 and I08).

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};
use std::time::Duration;

use portcullis::access::Role;
use portcullis::config::Config;
use portcullis::incident::{AccessEvent, Event, SignInWay, Timestamp};
use reqwest::header::{LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;

use crate::harness::{Page, RESPONDER, Set, TestApp, Visitor};
use crate::real_senders::installed::javascript;

/// Where people come back to, as the provider knows it. Nobody listens there: the tests walk the last step themselves.
const BACK: &str = "https://soc.example/sign-in/callback";
/// Of no provider but the one that these tests start.
const SECRET: &str = "test-only-secret-of-an-oidc-client-0001";

/// The provider, which ends with the test.
struct Provider {
    child: Child,
    /// It ends when nobody hears it any more.
    _said: BufReader<ChildStdout>,
    issuer: String,
}

impl Provider {
    fn start() -> Self {
        let mut command = javascript("oidc.js");
        command.args([BACK, SECRET]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("node is there");
        let mut issuer = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut issuer).unwrap();
        Self { child, _said: said, issuer: issuer.trim().to_owned() }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
}

/// An app whose people sign in with this provider, at the time it really is: the provider has no other.
async fn start(provider: &Provider, more: &str) -> TestApp {
    let config = format!(
        "[notices]\npublic_url = \"https://soc.example\"\n[access.oidc]\nissuer = \"{}\"\nclient_id = \"portcullis\"\n\
         client_secret_file = \"oidc\"\nname = \"Company login\"\nroles = {{ soc = \"responder\", audit = \"auditor\" }}\n{more}",
        provider.issuer
    );
    let config: &'static str = config.leak();
    let adjust: fn(&mut Config) = |_| {};
    let app =
        TestApp::start_with(Set { config, adjust, files: vec![("oidc", SECRET.to_owned())], ..Set::default() }).await;
    app.advance_to(Timestamp::now());
    app
}

/// Somebody's other tab, at the provider: signs in there by the name, and gives where it sends them back to.
async fn at_provider(url: &str, name: &str) -> String {
    let client = reqwest::Client::builder().no_proxy().redirect(Policy::none()).timeout(Duration::from_secs(20));
    let client = client.build().unwrap();
    let base = reqwest::Url::parse(url).unwrap();
    let mut cookies = BTreeMap::<String, String>::new();
    let mut request = client.get(url);
    for _ in 0..20 {
        let shown: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header("cookie", shown.join("; ")).send().await.unwrap();
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            cookies.insert(name.to_owned(), value.to_owned());
        }
        if let Some(next) = answer.headers().get(LOCATION) {
            let next = base.join(next.to_str().unwrap()).unwrap();
            if next.as_str().starts_with(BACK) {
                return next.as_str().strip_prefix("https://soc.example").unwrap().to_owned();
            }
            request = client.get(next);
            continue;
        }
        let page = Page { status: 200, headers: answer.headers().clone(), text: answer.text().await.unwrap() };
        let (_, action) = page.text.split_once("action=\"").unwrap_or_else(|| panic!("no form: {}", page.text));
        let action = base.join(action.split('"').next().unwrap()).unwrap();
        let prompt = page.field("prompt");
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("prompt", prompt.as_str()), ("login", name), ("password", "any")])
            .finish();
        request = client.post(action).header("content-type", "application/x-www-form-urlencoded").body(body);
    }
    panic!("it sends nobody back");
}

/// Goes to the provider, signs in there, and gives the way back.
async fn go(visitor: &mut Visitor, from: &str, name: &str) -> String {
    let gone = visitor.get(from).await;
    assert_eq!(gone.status, 303, "{}", gone.text);
    at_provider(gone.location(), name).await
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_with_their_provider_and_have_the_role_of_their_groups() {
    let provider = Provider::start();
    let app = start(&provider, "user_id_claim = \"employee\"\n").await;
    let mut visitor = Visitor::of(&app);
    let form = visitor.get("/sign-in?to=%2Frules%2Freasons").await;
    assert!(form.text.contains("Sign in with Company login"), "{}", form.text);
    let asked = visitor.get("/sign-in/oidc?to=%2Frules%2Freasons").await;
    for part in ["code_challenge_method=S256", "code_challenge=", "nonce=", "state=", "response_type=code", "openid"] {
        assert!(asked.location().contains(part), "{part}: {}", asked.location());
    }
    let back = go(&mut visitor, "/sign-in/oidc?to=%2Frules%2Freasons", "li").await;
    let signed_in = visitor.get(&back).await;
    assert_eq!((signed_in.status, signed_in.location()), (303, "/rules/reasons"), "{}", signed_in.text);
    assert!(visitor.get("/").await.text.contains("Sign out li"));
    let records = app.records_of("access.signed_in");
    let Event::Access(AccessEvent::SignedIn { actor, role, way, user_id }) = &records[0].event else { panic!() };
    assert_eq!((actor.as_str(), *role, *way), ("li", Role::Responder, SignInWay::Oidc));
    assert_eq!(user_id.as_ref().unwrap().as_str(), "li01");
    let paused = visitor.send_from("/", "/pause", &[("reason", "a drill")]).await;
    assert_eq!(paused.status, 303);

    // Once more, before what cannot be taken back.
    app.advance_to(Timestamp::now() + Duration::from_secs(6 * 60));
    let back = go(&mut visitor, "/sign-in/oidc?again=true&to=%2F", "wang").await;
    assert_eq!(visitor.get(&back).await.status, 401, "somebody else");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i07_i08_nobody_comes_in_by_another_state_code_or_browser_twice_or_without_a_role() {
    let provider = Provider::start();
    let app = start(&provider, "").await;
    let mut visitor = Visitor::of(&app);
    let back = go(&mut visitor, "/sign-in/oidc", "li").await;
    let before = app.records().len();
    for other in [
        "/sign-in/callback".to_owned(),
        "/sign-in/callback?error=access_denied&state=x".to_owned(),
        back.replace("state=", "state=0"),
        format!("/sign-in/callback?state={}&code=x", "0".repeat(64)),
        format!("/sign-in/callback?state={}", "0".repeat(4_000)),
    ] {
        assert_eq!(visitor.get(&other).await.status, 401, "{other}");
    }
    // Somebody else's browser comes back with what was meant for this one; the state is used up by that.
    assert_eq!(Visitor::of(&app).get(&back).await.status, 401);
    assert_eq!(visitor.get(&back).await.status, 401);
    // Another code of the same provider, for another state.
    let mine = go(&mut visitor, "/sign-in/oidc", "wang").await;
    let code = |way: &str| way.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned();
    let mixed = mine.replace(&code(&mine), &code(&back));
    assert_eq!(visitor.get(&mixed).await.status, 401, "its proof key is another");
    for name in ["stranger", "doctor", "nobody"] {
        let back = go(&mut visitor, "/sign-in/oidc", name).await;
        let answer = visitor.get(&back).await;
        assert_eq!(answer.status, if name == "doctor" { 401 } else { 403 }, "{name}");
    }
    // Long ago.
    let back = go(&mut visitor, "/sign-in/oidc", "li").await;
    app.advance(Duration::from_secs(600));
    assert_eq!(visitor.get(&back).await.status, 401);
    assert_eq!(app.records().len(), before, "and nothing is recorded of them");
    for to in ["//evil.example", "https:evil", "/\\evil"] {
        let to: String = form_urlencoded::byte_serialize(to.as_bytes()).collect();
        let back = go(&mut visitor, &format!("/sign-in/oidc?to={to}"), "wang").await;
        app.advance_to(Timestamp::now());
        let answer = visitor.get(&back).await;
        assert_eq!((answer.status, answer.location()), (303, "/"), "{to}");
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_a_tokens_is_not_taken_for_its_holders() {
    let provider = Provider::start();
    let app = start(&provider, "").await;
    let mut visitor = Visitor::of(&app);
    // The harness has tokens of these very names.
    let back = go(&mut visitor, "/sign-in/oidc", "responder").await;
    assert_eq!(visitor.get(&back).await.status, 401);
    assert_eq!(Visitor::with(&app, RESPONDER).await.get("/").await.status, 200);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_provider_a_server_says_so_and_tokens_go_on() {
    let provider = Provider::start();
    let app = start(&provider, "").await;
    drop(provider);
    let mut visitor = Visitor::of(&app);
    assert_eq!(visitor.get("/sign-in/oidc").await.status, 503);
    assert_eq!(Visitor::with(&app, RESPONDER).await.get("/").await.status, 200);
    app.end().await;
}
