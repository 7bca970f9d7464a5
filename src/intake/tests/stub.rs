//! A web server of raw sockets that publishes keys, and misbehaves in every way a peer can.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::intake::address::{Address, PlainHttp};

/// How the stub answers.
#[derive(Clone)]
pub(super) enum Reply {
    /// Bytes as they are, then the end.
    Raw(Vec<u8>),
    /// A head without a length, then a body without end.
    Endless,
    /// Nothing, ever.
    Hang,
    /// The bytes, once the gate is opened.
    Gated(Arc<Notify>, Vec<u8>),
}

impl Reply {
    pub(super) fn ok(body: &[u8]) -> Self {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        Self::Raw([head.as_bytes(), body].concat())
    }

    pub(super) fn status(head: &str) -> Self {
        Self::Raw(format!("HTTP/1.1 {head}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").into_bytes())
    }
}

/// A listening stub; it lives as long as the test's runtime.
pub(super) struct Stub {
    address: SocketAddr,
    reply: Arc<Mutex<Reply>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    pub(super) async fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stub = Self { address, reply: Arc::new(Mutex::new(reply)), asked: Arc::default() };
        let (reply, asked) = (Arc::clone(&stub.reply), Arc::clone(&stub.asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&reply), Arc::clone(&asked)));
            }
        });
        stub
    }

    /// From now on it answers so.
    pub(super) fn reply(&self, reply: Reply) {
        *self.reply.lock().unwrap() = reply;
    }

    /// The first lines of all requests so far.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    pub(super) fn text(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn at(&self, path: &str) -> Address {
        Address::parse(&self.text(path), plain_http()).unwrap()
    }
}

/// What a server that listens on loopback only may be permitted.
pub(super) fn plain_http() -> PlainHttp {
    PlainHttp::on_loopback(&["127.0.0.1".parse().unwrap()]).unwrap()
}

async fn serve(mut stream: TcpStream, reply: Arc<Mutex<Reply>>, asked: Arc<Mutex<Vec<String>>>) {
    let mut request = Vec::new();
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let request = String::from_utf8(request).unwrap();
    asked.lock().unwrap().push(request.lines().next().unwrap().to_owned());
    let reply = reply.lock().unwrap().clone();
    match reply {
        Reply::Raw(bytes) => drop(stream.write_all(&bytes).await),
        Reply::Endless => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await;
            while stream.write_all(&[b' '; 4_096]).await.is_ok() {}
        }
        Reply::Hang => std::future::pending().await,
        Reply::Gated(gate, bytes) => {
            gate.notified().await;
            drop(stream.write_all(&bytes).await);
        }
    }
}
