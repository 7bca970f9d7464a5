//! Somebody with a browser: keeps cookies, follows nothing by itself, and sends forms as a browser does.

use std::collections::BTreeMap;

use reqwest::header::{HeaderMap, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;

use super::app::{PATIENCE, TestApp};

/// What came back.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// A browser, as far as the server sees one.
pub(crate) struct Visitor {
    client: reqwest::Client,
    url: String,
    pub(crate) cookies: BTreeMap<String, String>,
    /// What the browser says of each form it sends.
    pub(crate) says: Vec<(&'static str, String)>,
}

impl Visitor {
    /// Has not signed in.
    pub(crate) fn of(app: &TestApp) -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(Policy::none()).pool_max_idle_per_host(0);
        let url = app.app.url();
        let says = vec![("sec-fetch-site", "same-origin".to_owned()), ("origin", url.clone())];
        Self { client: client.timeout(PATIENCE).build().unwrap(), url, cookies: BTreeMap::new(), says }
    }

    /// Has signed in with the token.
    pub(crate) async fn with(app: &TestApp, token: &str) -> Self {
        let mut visitor = Self::of(app);
        let answer = visitor.send("/sign-in", &[("token", token), ("to", "/")]).await;
        assert_eq!((answer.status, answer.location()), (303, "/"), "{}", answer.text);
        visitor
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        let request = self.client.get(format!("{}{path}", self.url));
        self.ask(request).await
    }

    /// Sends a form as it stands, without what the session's pages put into theirs.
    pub(crate) async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let mut request = self.client.post(format!("{}{path}", self.url)).body(body.finish());
        request = request.header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in &self.says {
            request = request.header(*name, value);
        }
        self.ask(request).await
    }

    /// Loads the page `on`, and sends from it: with what it puts into its forms.
    pub(crate) async fn send_from(&mut self, on: &str, path: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.get(on).await;
        let csrf = page.field("csrf");
        self.send(path, &[&[("csrf", csrf.as_str())], fields].concat()).await
    }

    async fn ask(&mut self, mut request: reqwest::RequestBuilder) -> Page {
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", cookies.join("; "));
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Page { status, headers, text: response.text().await.unwrap() }
    }
}

impl Page {
    /// Where it sends the browser.
    pub(crate) fn location(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    /// What the first hidden field of this name holds.
    pub(crate) fn field(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.text.split_once(&start).unwrap_or_else(|| panic!("no {name}: {}", self.text));
        rest.split('"').next().unwrap().to_owned()
    }
}
