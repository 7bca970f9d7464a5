//! Where browsers keep a session, and an administrator's first one.

use portcullis::config::Config;

use super::axe;
use super::every_page::{Seen, inspect};
use super::person::Person;
use crate::harness::{RESPONDER, Set, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_kept_without_tls_on_the_machine_itself_only() {
    let app = TestApp::start().await;
    let url = app.app.url();
    for (host, kept) in [("127.0.0.1", true), ("localhost", true), ("soc.example", false)] {
        let person = Person::at_url(url.replace("127.0.0.1", host)).await;
        person.open("/").await;
        person.fill("Token", RESPONDER).await;
        person.click("Sign in").await;
        person.arrives(if kept { "/" } else { "/sign-in" }).await;
        let cookies = person.tab.get_all_cookies().await.unwrap();
        let is_there = cookies.iter().any(|cookie| cookie.name() == "__Host-portcullis-session");
        assert_eq!((is_there, person.path().await == "/"), (kept, kept), "{host}: {}", person.text().await);
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_administrator_signs_in_by_a_click_on_a_page_that_all_can_use() {
    let adjust = |config: &mut Config| config.access.tokens.clear();
    let app = TestApp::start_with(Set { adjust, ..Set::default() }).await;
    let link = app.app.first_sign_in().unwrap().expect("a link");
    let path = link.strip_prefix(&app.app.url()).unwrap().to_owned();
    let person = Person::at(&app).await;
    let page = Seen { path, name: "sign-in-first".to_owned(), status: 200 };
    let (_, wrong) = inspect(&person, &page, "en", &axe::source()).await;
    assert_eq!(wrong, Vec::<String>::new());
    person.click("Sign in").await;
    person.reads("Sign out first-admin").await;
    app.end().await;
}
