//! Requests byte by byte over a socket, because an HTTP library would repair them.

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::aftermath::assert_fixed;
use super::app::{TestApp, patiently};

/// What bytes go over: a socket, or TLS on one.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// One connection to the app.
pub(crate) struct RawConnection {
    stream: Box<dyn Stream>,
    /// What was read and belongs to no answer yet.
    rest: Vec<u8>,
}

/// One answer, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    /// Status line and headers, line by line.
    pub(crate) head: Vec<String>,
    pub(crate) body: String,
}

/// A request with a host and, for a body, its length.
pub(crate) fn request(method: &str, path: &str, headers: &[(String, String)], body: Option<&[u8]>) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(body) = body {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    [format!("{head}\r\n").as_bytes(), body.unwrap_or_default()].concat()
}

impl RawConnection {
    pub(crate) async fn open(app: &TestApp) -> Self {
        Self::to(&app.app.url()).await
    }

    /// To a program that says it listens there.
    pub(crate) async fn to(url: &str) -> Self {
        let (_, address) = url.split_once("://").unwrap();
        Self::over(TcpStream::connect(address).await.unwrap())
    }

    /// Over what is open already.
    pub(crate) fn over(stream: impl Stream + 'static) -> Self {
        Self { stream: Box::new(stream), rest: Vec::new() }
    }

    /// Sends the same again and again and reads nothing, until the other side closes.
    pub(crate) async fn flood_without_reading(&mut self, bytes: &[u8]) {
        patiently(async { while self.stream.write_all(bytes).await.is_ok() {} }).await;
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Sends what the other side may not take any more.
    pub(crate) async fn try_send(&mut self, bytes: &[u8]) {
        if self.stream.write_all(bytes).await.is_ok() {
            let _ = self.stream.flush().await;
        }
    }

    /// The first byte that comes.
    pub(crate) async fn first(&mut self) -> u8 {
        assert!(patiently(self.read()).await > 0, "closed");
        self.rest[0]
    }

    /// The next whole answer.
    pub(crate) async fn answer(&mut self) -> RawAnswer {
        patiently(async {
            loop {
                if let Some((answer, length)) = parse(&self.rest) {
                    self.rest.drain(..length);
                    assert_fixed(answer.status, &answer.body);
                    return answer;
                }
                assert!(self.read().await > 0, "closed after {:?}", String::from_utf8_lossy(&self.rest));
            }
        })
        .await
    }

    /// Waits until the other side closes, and fails if it says anything more.
    pub(crate) async fn closed(&mut self) {
        patiently(async { while self.read().await > 0 {} }).await;
        assert_eq!(String::from_utf8_lossy(&self.rest), "");
    }

    /// All that comes until the other side closes.
    pub(crate) async fn all(mut self) -> Vec<u8> {
        patiently(async { while self.read().await > 0 {} }).await;
        self.rest
    }

    async fn read(&mut self) -> usize {
        let mut room = [0; 4096];
        // A reset is an end, too.
        let length = self.stream.read(&mut room).await.unwrap_or(0);
        self.rest.extend_from_slice(&room[..length]);
        length
    }
}

impl RawAnswer {
    /// The value of a header, if it is there.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let pairs = self.head.iter().filter_map(|line| line.split_once(": "));
        pairs.into_iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The answer without what differs by design: the date, our id of the request, and the order of
    /// the headers, which the server's map of headers leaves to chance.
    pub(crate) fn without_date_and_id(mut self) -> Self {
        let differs = |line: &String| line.starts_with("date: ") || line.starts_with("x-request-id: ");
        self.head.retain(|line| !differs(line));
        self.head.sort_unstable();
        self
    }
}

/// The answer that `bytes` begin with and its length, once it is whole.
fn parse(bytes: &[u8]) -> Option<(RawAnswer, usize)> {
    let head_length = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head: Vec<String> =
        String::from_utf8_lossy(&bytes[..head_length - 4]).split("\r\n").map(str::to_owned).collect();
    let status = head[0].split(' ').nth(1)?.parse().ok()?;
    let mut answer = RawAnswer { status, head, body: String::new() };
    let length: usize = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
    let body = bytes.get(head_length..head_length + length)?;
    answer.body = String::from_utf8_lossy(body).into_owned();
    Some((answer, head_length + length))
}
