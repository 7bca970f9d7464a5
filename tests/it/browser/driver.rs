//! Starts Chromium's driver, which starts a Chromium of its own, and ends both, also when a test fails.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::{Method, Url};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::MISSING;

/// Neither takes longer to come or to go; it only ends what hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Chromium knows nobody but this machine, by its own names and by one of another's, asks nobody for updates, and shows colours as they are written. Tests run as
/// root in containers, where its own walls cannot stand.
const ARGUMENTS: [&str; 13] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP soc.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    "--lang=en",
    "--no-first-run",
];

/// The driver, and through it the browser. Both end when it is dropped.
pub(super) struct Driver {
    child: Child,
    port: u16,
    /// It would stall if nobody could hear it any more.
    _said: BufReader<ChildStdout>,
    /// Everything that either writes.
    folder: TempDir,
}

impl Driver {
    /// On a free port.
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").env("HOME", folder.path()).env("TMPDIR", folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect(MISSING);
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let port = loop {
            let mut line = String::new();
            assert!(said.read_line(&mut line).unwrap() > 0, "{MISSING}: the driver ends at once");
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim().trim_end_matches('.').parse().unwrap();
            }
        };
        Self { child, port, _said: said, folder }
    }

    /// A browser that nobody has used.
    pub(super) async fn browser(&self) -> Client {
        let profile = format!("--user-data-dir={}", self.folder.path().join("profile").display());
        let arguments: Vec<&str> = ARGUMENTS.into_iter().chain([profile.as_str()]).collect();
        let mut wanted = Capabilities::new();
        wanted.insert("goog:chromeOptions".to_owned(), json!({ "args": arguments }));
        // Whatever a page complains of is kept.
        wanted.insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }));
        let limits = json!({ "script": 60_000, "pageLoad": 60_000, "implicit": 0 });
        wanted.insert("timeouts".to_owned(), limits);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let begun = builder.capabilities(wanted).connect(&format!("http://127.0.0.1:{}", self.port)).await;
        begun.unwrap_or_else(|refused| panic!("{MISSING}: {refused}"))
    }

    /// Has it close its browser, without which that would live on.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        connection.set_read_timeout(Some(PATIENCE))?;
        let host = format!("127.0.0.1:{}", self.port);
        write!(connection, "GET /shutdown HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
        // Answered once the browser is closed.
        connection.read_to_end(&mut Vec::new()).map(drop)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // These fail only when it is gone already, which is what is wanted.
        let _ = self.shut_down();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command of the driver that is not of the standard.
#[derive(Debug)]
pub(super) struct Beside {
    method: Method,
    path: String,
    body: Option<Value>,
}

impl Beside {
    /// One of Chromium's own (DevTools).
    pub(super) fn of_chromium(command: &str, parameters: &Value) -> Self {
        let body = json!({ "cmd": command, "params": parameters });
        Self { method: Method::POST, path: "goog/cdp/execute".to_owned(), body: Some(body) }
    }

    /// What the console has said since it was last asked.
    pub(super) fn console() -> Self {
        Self { method: Method::POST, path: "se/log".to_owned(), body: Some(json!({ "type": "browser" })) }
    }

    /// What assistive technology calls an element.
    pub(super) fn name_of(element: &str) -> Self {
        Self { method: Method::GET, path: format!("element/{element}/computedlabel"), body: None }
    }
}

impl WebDriverCompatibleCommand for Beside {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, <Url as std::str::FromStr>::Err> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (self.method.clone(), self.body.as_ref().map(Value::to_string))
    }
}
