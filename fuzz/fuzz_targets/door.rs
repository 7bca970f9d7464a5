//! Arbitrary requests at a door with a source of every sort: nothing panics, nothing that proves nothing is taken,
//! and what is taken is what one of the known secrets has proven. The first byte chooses the source and whether
//! what follows is proven; the rest is the query, the headers and the body, parted by lines.

#![no_main]

use std::future::Future;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use libfuzzer_sys::fuzz_target;
use portcullis::incident::Timestamp;
use portcullis::intake::{Method, Received, Request, Sender};
use portcullis_fuzz::door::{Door, SOURCE, doors};

static DOORS: LazyLock<Vec<Door>> = LazyLock::new(doors);
const NOW_S: i64 = 1_700_000_000;

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let door = &DOORS[usize::from(first & 0x3f) % DOORS.len()];
    let mut parts = rest.splitn(3, |byte| *byte == b'\n');
    let (query, headers, body) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
    let now = Timestamp::from_second(NOW_S).unwrap();
    let query = query.and_then(|query| std::str::from_utf8(query).ok()).unwrap_or_default();
    let mut named: Vec<(String, Vec<u8>)> = vec![("content-type".to_owned(), b"application/json".to_vec())];
    for header in headers.unwrap_or_default().split(|byte| *byte == b'\t') {
        let mut header = header.splitn(2, |byte| *byte == b':');
        let name = header.next().and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default();
        named.push((name.to_owned(), header.next().unwrap_or_default().to_vec()));
    }
    let is_proven = first & 0x40 != 0;
    let mut path = String::new();
    if is_proven {
        // Whatever the body is, its sender has proven it.
        let sender = Sender::new(&door.settings, &door.secret).unwrap();
        let outgoing = sender.prove("id", body, now).unwrap();
        named.truncate(1);
        named.extend(outgoing.headers.into_iter().map(|(name, value)| (name, value.into_bytes())));
        path = outgoing.path;
    }
    let (secret, query) = match path.split_at_checked(1) {
        Some(("/", secret)) => (Some(secret), query),
        Some((_, query)) => (None, query),
        None => (None, query),
    };
    let request = Request {
        source: SOURCE,
        secret,
        query,
        headers: named.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect(),
        peer: IpAddr::from([192, 0, 2, 1]),
        certificate: None,
        body,
    };
    for method in [Method::Get, Method::Options, Method::Post] {
        let _ = door.intake.greet(method, &request);
    }
    // Nothing here is fetched, so whatever is judged is judged at once.
    let Poll::Ready(judged) = pin!(door.intake.receive(&request, now)).poll(&mut Context::from_waker(Waker::noop())) else {
        return;
    };
    match judged {
        Ok(Received::Understood(delivery)) => {
            let delivery = delivery.into_inner();
            assert!(!delivery.alerts.is_empty());
            assert!(is_proven || contains(data, door.secret.as_bytes()), "taken without a proof");
        }
        Ok(_) => assert!(is_proven || contains(data, door.secret.as_bytes()), "answered without a proof"),
        Err(_) => {}
    }
});

fn contains(data: &[u8], part: &[u8]) -> bool {
    data.windows(part.len()).any(|window| window == part)
}
