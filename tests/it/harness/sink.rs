//! A listener on this machine that takes what people are told by other ways than DingTalk's API, and answers as a test
//! wants it to.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::app::patiently;

/// How one request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answered {
    /// With a status, a header and a body.
    With(u16, &'static str, &'static str),
    /// Never; the connection stays.
    Not,
    /// The connection ends without a byte.
    Cut,
}

/// A robot's yes, which any webhook takes for one, too.
pub(crate) const YES: Answered = Answered::With(200, "", r#"{"errcode":0,"errmsg":"ok"}"#);

/// One request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Posted {
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Posted {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// What a group reads.
    pub(crate) fn text(&self) -> String {
        self.json()["text"]["content"].as_str().unwrap().to_owned()
    }

    /// The id under which it is the same message.
    pub(crate) fn id(&self) -> String {
        let header = self.headers.iter().find(|(name, _)| name == "webhook-id").map(|(_, value)| value.clone());
        header.unwrap_or_else(|| self.json()["msgUuid"].as_str().unwrap().to_owned())
    }
}

/// The listener; it ends with the test's runtime.
pub(crate) struct Sink {
    url: String,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    posted: Mutex<Vec<Posted>>,
    answers: Mutex<VecDeque<Answered>>,
    count: watch::Sender<usize>,
}

impl Sink {
    /// Takes what comes, first with these answers, then with a yes each.
    pub(crate) async fn start(answers: &[Answered]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State { answers: Mutex::new(answers.iter().copied().collect()), ..State::default() });
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(take(stream, shared.clone()));
            }
        });
        Self { url, state }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What came so far.
    pub(crate) fn posted(&self) -> Vec<Posted> {
        self.state.posted.lock().unwrap().clone()
    }

    /// Waits until so many came.
    pub(crate) async fn received(&self, count: usize) -> Vec<Posted> {
        let mut counted = self.state.count.subscribe();
        patiently(counted.wait_for(|so_far| *so_far >= count)).await.unwrap();
        self.posted()
    }
}

async fn take(mut stream: TcpStream, state: Arc<State>) {
    let Some(posted) = read(&mut stream).await else { return };
    let answer = state.answers.lock().unwrap().pop_front().unwrap_or(YES);
    state.posted.lock().unwrap().push(posted);
    state.count.send_modify(|count| *count += 1);
    match answer {
        Answered::With(status, header, body) => {
            let header = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
            let length = body.len();
            let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n{header}content-length: {length}\r\n\r\n");
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            let _ = stream.shutdown().await;
        }
        Answered::Not => {
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
        Answered::Cut => {}
    }
}

async fn read(stream: &mut TcpStream) -> Option<Posted> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break String::from_utf8(bytes.drain(..end + 4).collect()).unwrap();
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let mut lines = head.lines();
    let target = lines.next()?.split(' ').nth(1)?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(Ok(0), |(_, length)| length.parse()).ok()?;
    while bytes.len() < length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    Some(Posted { path: path.to_owned(), query, headers, body: String::from_utf8(bytes).unwrap() })
}
