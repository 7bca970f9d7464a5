//! A keep-alive HTTP/1.1 client that does as little as possible, so that the servers get the processor:
//! requests are ready-made bytes, one at a time, and of an answer only status and length are read.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longer answers than this are none we measure.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// One connection.
pub(crate) struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, answer: Vec::with_capacity(4 * 1024) })
    }

    /// Sends a request, waits for the whole answer and gives its status.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if let Some(status) = status_when_whole(&self.answer)? {
                return Ok(status);
            }
        }
    }
}

/// The status, once all of the answer is there.
fn status_when_whole(answer: &[u8]) -> io::Result<Option<u16>> {
    let Some(head) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
        return if answer.len() > ANSWER_BYTES_MAX { Err(ErrorKind::InvalidData.into()) } else { Ok(None) };
    };
    let text = std::str::from_utf8(&answer[..head]).map_err(|_| ErrorKind::InvalidData)?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).ok_or(ErrorKind::InvalidData)?;
    let length = |line: &str| {
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") { value.trim().parse::<usize>().ok() } else { None }
    };
    let length = lines.find_map(length).ok_or(ErrorKind::InvalidData)?;
    Ok((answer.len() >= head + 4 + length).then_some(status))
}
