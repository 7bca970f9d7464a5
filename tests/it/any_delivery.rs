//! Whatever is sent, nothing panics, and nothing is taken that proves nothing: for a source of every kind and every
//! known way to sign. The same laws as those of `fuzz/`, over the same doors.

use std::net::IpAddr;
use std::sync::LazyLock;

use doors::{Door, SOURCE, doors, request};
use portcullis::incident::Timestamp;
use portcullis::intake::{Received, Refusal, Request};
use proptest::prelude::*;

#[path = "../../fuzz/doors.rs"]
mod doors;

static NOW: LazyLock<Timestamp> = LazyLock::new(|| Timestamp::from_second(1_700_000_000).unwrap());
/// One for each sort of source.
static DOORS: LazyLock<Vec<Door>> = LazyLock::new(|| doors(*NOW));

/// The keys are there, and newer ones are not asked for so soon: nothing leaves this process.
fn judge(door: &Door, request: &Request<'_>) -> Result<Received, Refusal> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(door.intake.receive(request, *NOW))
}

/// JSON of some sort, or anything.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let json = prop_oneof![
        Just(r#"{"alerts":[{}],"data":{"events":[{"uuid":"e"}]},"event":{"id":7},"value":[{"clientState":null}]}"#),
        Just(r#"[{"id":"e","eventType":"x"},[],{"log_id":"1","data":{"type":"a"}}]"#),
        Just("{\"log_id\":\"1\",\"data\":{\"type\":\"a\"}}\n\n{\"log_id\":\"1\"}\n"),
        Just(r#"{"type":"url_verification","challenge":"\u0000"}"#),
    ];
    let spoilt = (json, any::<prop::sample::Index>(), any::<u8>()).prop_map(|(text, at, byte)| {
        let mut bytes = text.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes
    });
    prop_oneof![spoilt, proptest::collection::vec(any::<u8>(), 0..200), "\\PC{0,200}".prop_map(String::into_bytes)]
}

proptest! {
    #[test]
    fn whatever_is_proven_is_read_or_refused_and_nothing_panics(at in any::<prop::sample::Index>(), body in body()) {
        let door = at.get(&DOORS);
        // Whoever signs member by member cannot sign anything else.
        let Ok(outgoing) = door.sender.prove("id", &body, *NOW) else { return Ok(()) };
        match judge(door, &request(&outgoing)) {
            Ok(Received::Understood(delivery)) => prop_assert!(!delivery.get().alerts.is_empty()),
            Ok(Received::NotUnderstood(_) | Received::Handshake(_) | Received::Stream(_)) => {}
            // In the body it is not proven yet.
            Err(refusal) => prop_assert!(refusal.is_authentication(), "{refusal:?}"),
        }
    }

    #[test]
    fn whatever_proves_nothing_is_refused(
        at in any::<prop::sample::Index>(),
        body in body(),
        query in "[a-z=&%]{0,20}",
        secret in proptest::option::of("[!-~]{0,40}"),
        values in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 3),
    ) {
        let names = ["webhook-id", "webhook-timestamp", "webhook-signature", "authorization", "x-hub-signature-256", "stripe-signature"];
        let headers = names.into_iter().zip(values.iter().cycle().map(Vec::as_slice));
        for media in ["application/json", "application/secevent+jwt"] {
            let headers = headers.clone().chain([("content-type", media.as_bytes())]).collect();
            let (secret, peer) = (secret.as_deref(), IpAddr::from([192, 0, 2, 1]));
            let request = Request { source: SOURCE, secret, query: &query, headers, peer, certificate: None, body: &body };
            let refusal = judge(at.get(&DOORS), &request).err();
            let refused = refusal.is_some_and(|refusal| refusal.is_authentication() || refusal == Refusal::ContentType);
            prop_assert!(refused, "{refusal:?}");
        }
    }
}
