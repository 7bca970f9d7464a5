//! Arbitrary requests at a door with a source of every sort: nothing panics, nothing that proves nothing is taken,
//! and what is taken is what one of the known secrets has proven. The first byte chooses the source, the second
//! whether what follows is proven; the rest is the query, the headers and the body, parted by lines.

#![no_main]

use std::net::IpAddr;
use std::sync::LazyLock;

use doors::{Door, SOURCE, doors, request};
use libfuzzer_sys::fuzz_target;
use portcullis::incident::Timestamp;
use portcullis::intake::{Method, Received, Refusal, Request};
use tokio::runtime::{Builder, Runtime};

#[path = "../doors.rs"]
mod doors;

static NOW: LazyLock<Timestamp> = LazyLock::new(|| Timestamp::from_second(1_700_000_000).unwrap());
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().build().unwrap());
static DOORS: LazyLock<Vec<Door>> = LazyLock::new(|| doors(*NOW));

fuzz_target!(|data: &[u8]| {
    let [which, proven, rest @ ..] = data else { return };
    let door = &DOORS[usize::from(*which) % DOORS.len()];
    let mut parts = rest.splitn(3, |byte| *byte == b'\n');
    let (query, headers, body) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
    if proven & 1 != 0 {
        // Whatever the body is, its sender has proven it, if such a sender could.
        let Ok(outgoing) = door.sender.prove("id", body, *NOW) else { return };
        let _ = judge(door, &request(&outgoing));
        return;
    }
    let query = query.and_then(|query| std::str::from_utf8(query).ok()).unwrap_or_default();
    let media = if proven & 2 != 0 { &b"application/secevent+jwt"[..] } else { b"application/json" };
    let mut named: Vec<(&str, &[u8])> = vec![("content-type", media)];
    for header in headers.unwrap_or_default().split(|byte| *byte == b'\t') {
        let mut header = header.splitn(2, |byte| *byte == b':');
        let name = header.next().and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default();
        named.push((name, header.next().unwrap_or_default()));
    }
    let headers = named.into_iter().collect();
    let peer = IpAddr::from([192, 0, 2, 1]);
    let request = Request { source: SOURCE, secret: None, query, headers, peer, certificate: None, body };
    for method in [Method::Get, Method::Options, Method::Post] {
        let _ = door.intake.greet(method, &request, *NOW);
    }
    assert!(judge(door, &request).is_err(), "taken without a proof");
});

/// The keys are there, and newer ones are not asked for so soon: nothing leaves this process.
fn judge(door: &Door, request: &Request<'_>) -> Result<Received, Refusal> {
    let judged = RUNTIME.block_on(door.intake.receive(request, *NOW));
    if let Ok(Received::Understood(delivery)) = &judged {
        assert!(!delivery.get().alerts.is_empty());
    }
    judged
}
