//! Somebody before a real browser: opens pages, signs in, clicks what has a name, types, reads.

use std::time::Duration;

use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::{Client, Locator};
use serde_json::Value;

use super::driver::{Beside, Driver};
use crate::harness::TestApp;

/// What can be clicked or filled in.
const CONTROLS: &str = "a, button, summary, input, select, textarea";

/// How long a page may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// The keys without a letter, as WebDriver has them.
pub(super) const TAB: char = '\u{e004}';
pub(super) const ENTER: char = '\u{e007}';

/// A person and their browser, which is closed when they are dropped.
pub(super) struct Person {
    pub(super) tab: Client,
    url: String,
    _driver: Driver,
}

impl Person {
    /// Has opened nothing yet.
    pub(super) async fn at(app: &TestApp) -> Self {
        Self::at_url(app.app.url()).await
    }

    /// The same, where the app is known by another address.
    pub(super) async fn at_url(url: String) -> Self {
        let driver = Driver::start();
        Self { tab: driver.browser().await, url, _driver: driver }
    }

    /// Has signed in with the token, by clicking.
    pub(super) async fn signed_in(app: &TestApp, token: &str) -> Self {
        let person = Self::at(app).await;
        person.sign_in(token).await;
        person
    }

    /// Goes to a page as if its address had been typed.
    pub(super) async fn open(&self, path: &str) {
        self.tab.goto(&format!("{}{path}", self.url)).await.unwrap();
    }

    /// From the first page, which leads those who have not to where one signs in.
    pub(super) async fn sign_in(&self, token: &str) {
        self.open("/").await;
        self.fill("Token", token).await;
        self.click("Sign in").await;
        self.arrives("/").await;
    }

    /// Waits until the browser is there: what a click leads to may take a moment.
    pub(super) async fn arrives(&self, path: &str) {
        let there = async { while self.path().await != path {} };
        if tokio::time::timeout(PATIENCE, there).await.is_err() {
            panic!("is on {} instead of {path}: {}", self.path().await, self.text().await);
        }
    }

    /// Where the browser is.
    pub(super) async fn path(&self) -> String {
        self.tab.current_url().await.unwrap().path().to_owned()
    }

    /// Everything that can be read on the page now.
    pub(super) async fn text(&self) -> String {
        let read = async {
            loop {
                // Between two pages there is none.
                let text = self.tab.execute("return document.body.innerText", Vec::new()).await;
                if let Some(text) = text.ok().as_ref().and_then(Value::as_str) {
                    return text.to_owned();
                }
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("there is no page")
    }

    /// Fails the test with the page's own words unless it says this.
    pub(super) async fn reads(&self, wanted: &str) {
        let said = async { while !self.text().await.contains(wanted) {} };
        if tokio::time::timeout(PATIENCE, said).await.is_err() {
            panic!("{wanted} is not on {}: {}", self.path().await, self.text().await);
        }
    }

    /// The one thing that assistive technology calls this.
    async fn named(&self, name: &str) -> Element {
        let mut found = self.all_named(name).await;
        let only = found.pop().unwrap();
        assert!(found.is_empty(), "several things are called {name}");
        only
    }

    /// All that are called so, in the order of the page; one at the least.
    pub(super) async fn all_named(&self, name: &str) -> Vec<Element> {
        let (mut found, mut others) = (Vec::new(), Vec::new());
        for element in self.tab.find_all(Locator::Css(CONTROLS)).await.unwrap() {
            match self.name_of(&element).await {
                own if own != name => others.push(own),
                // What is folded away cannot be clicked.
                _ if element.is_displayed().await.unwrap() => found.push(element),
                _ => {}
            }
        }
        assert!(!found.is_empty(), "nothing is called {name}, there is {others:?}");
        found
    }

    /// What assistive technology calls it.
    pub(super) async fn name_of(&self, element: &Element) -> String {
        let answer = self.tab.issue_cmd(Beside::name_of(&element.element_id())).await.unwrap();
        answer.as_str().unwrap_or_default().to_owned()
    }

    /// Clicks it; where that leads to a page, it has loaded then.
    pub(super) async fn click(&self, name: &str) {
        self.named(name).await.click().await.unwrap();
    }

    /// Types into a field.
    pub(super) async fn fill(&self, name: &str, text: &str) {
        let field = self.named(name).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Gives the reason in the form of this button, and presses it.
    pub(super) async fn decide(&self, button: &str, reason: &str) {
        self.decide_with(&self.named(button).await, reason).await;
    }

    /// The same, with the button at hand.
    pub(super) async fn decide_with(&self, button: &Element, reason: &str) {
        let form = button.find(Locator::XPath("ancestor::form")).await.unwrap();
        form.find(Locator::Css("input[name=reason]")).await.unwrap().send_keys(reason).await.unwrap();
        button.click().await.unwrap();
    }

    /// Presses one key, wherever the focus is.
    pub(super) async fn press(&self, key: char) {
        let keys = KeyActions::new("keyboard".to_owned());
        let keys = keys.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key });
        self.tab.perform_actions(keys).await.unwrap();
    }

    /// Types wherever the focus is.
    pub(super) async fn type_in(&self, text: &str) {
        self.tab.active_element().await.unwrap().send_keys(text).await.unwrap();
    }

    /// Runs a script in the page.
    pub(super) async fn run(&self, script: &str) -> Value {
        self.tab.execute(script, Vec::new()).await.unwrap()
    }

    /// What the browser's console has said since it was last asked: errors, and what the policy has kept from loading.
    pub(super) async fn complaints(&self) -> Vec<String> {
        let said = self.tab.issue_cmd(Beside::console()).await.unwrap();
        let entries = said.as_array().cloned().unwrap_or_default();
        entries.iter().map(|entry| format!("{}: {}", entry["level"], entry["message"])).collect()
    }
}
