//! Keys fetched from a server of the test's own: what is bounded, and what a delivery becomes of it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::Notify;

use super::renewal::poll_once;
use super::set_sender::{Sent, rules};
use super::signers::{ed25519, jwks, new_ed25519};
use super::stub::{Reply, Stub, plain_http};
use super::{NOW_S, at, now};
use crate::intake::Headers;
use crate::intake::address::Address;
use crate::intake::fetch::{Fetcher, Unavailable};
use crate::intake::issue::TokenSigner;
use crate::intake::keys::source::{KEY_BOUNDS, KeySource};
use crate::intake::prove::NotProven;
use crate::intake::set::SetRules;
use crate::intake::set::event::SetOutcome;
use crate::intake::set::refusal::SetRefusal;
use crate::intake::shelf::Why;

fn source(stub: &Stub) -> KeySource {
    KeySource::published(stub.at("/keys"), Fetcher::new().unwrap(), KEY_BOUNDS)
}

fn signed_by(signer: &TokenSigner) -> Vec<u8> {
    let sent = Sent::good();
    signer.set(&sent.claims).unwrap().into_bytes()
}

/// What becomes of a SET that arrives `second`s later.
async fn prove(source: &KeySource, body: &[u8], second: i64) -> Result<SetOutcome, NotProven<SetRefusal>> {
    let headers: Headers<'_> = [("content-type", "application/secevent+jwt".as_bytes())].into_iter().collect();
    let rules = SetRules { authorizations: Vec::new(), ..rules() };
    let now = at(NOW_S + second);
    source.prove(now, |keys| rules.verify(&headers, body, keys, now)).await
}

fn unavailable(reason: Unavailable) -> NotProven<SetRefusal> {
    NotProven::Unavailable(reason)
}

#[tokio::test]
async fn a_set_is_proven_with_keys_that_are_fetched_when_they_are_needed() {
    let stub = Stub::start(Reply::ok(&jwks(&[ed25519()]))).await;
    let source = source(&stub);
    assert!(source.now(now()).is_none(), "nothing is fetched before");
    assert!(prove(&source, &signed_by(ed25519()), 0).await.is_ok());
    assert!(prove(&source, &signed_by(ed25519()), 30).await.is_ok());
    assert_eq!(stub.asked(), ["GET /keys HTTP/1.1"]);
}

#[tokio::test]
async fn a_new_key_under_a_new_or_an_old_name_is_found() {
    for kid in ["ed-2", "ed-1"] {
        let stub = Stub::start(Reply::ok(&jwks(&[ed25519()]))).await;
        let source = source(&stub);
        prove(&source, &signed_by(ed25519()), 0).await.unwrap();
        let new = new_ed25519(kid);
        let early = prove(&source, &signed_by(&new), 10).await;
        assert_eq!(early.unwrap_err(), unavailable(Unavailable::TooSoon { retry_after_s: 50 }), "to be sent again");
        stub.reply(Reply::ok(&jwks(&[&new])));
        assert!(prove(&source, &signed_by(&new), 60).await.is_ok());
        assert_eq!(stub.asked().len(), 2);
    }
}

#[tokio::test]
async fn what_the_newest_keys_do_not_prove_is_refused() {
    let stub = Stub::start(Reply::ok(&jwks(&[ed25519()]))).await;
    let source = source(&stub);
    for (second, kid, code) in [(0, "ed-1", "token_signature"), (60, "ed-2", "token_unknown_key")] {
        let refused = prove(&source, &signed_by(&new_ed25519(kid)), second).await.unwrap_err();
        assert!(matches!(refused, NotProven::Refused(reason) if reason.name() == code), "{refused:?}");
    }
    assert_eq!(stub.asked().len(), 2);
}

#[tokio::test]
async fn a_server_that_fails_is_no_reason_to_refuse_a_set() {
    let redirect = "302 Found\r\nlocation: /elsewhere";
    let oversized = Reply::ok(&[b' '; 64 * 1024 + 1]);
    let cut = Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec());
    let announced = Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n".to_vec());
    for (reply, reason) in [
        (Reply::status("500 X"), Unavailable::Status(500)),
        (Reply::status("204 X"), Unavailable::Status(204)),
        (Reply::status(redirect), Unavailable::Status(302)),
        (oversized, Unavailable::TooLarge),
        (announced, Unavailable::TooLarge),
        (Reply::Endless, Unavailable::TooLarge),
        (cut, Unavailable::Lost),
        (Reply::ok(b"{}"), Unavailable::Unusable),
        (Reply::ok(json!({"keys": []}).to_string().as_bytes()), Unavailable::Unusable),
    ] {
        let stub = Stub::start(reply).await;
        let source = source(&stub);
        assert_eq!(prove(&source, &signed_by(ed25519()), 0).await.unwrap_err(), unavailable(reason));
        assert_eq!(stub.asked().len(), 1, "{reason:?}: no redirect is followed, nothing is tried twice");
        let again = prove(&source, &signed_by(ed25519()), 1).await.unwrap_err();
        assert_eq!(again, unavailable(Unavailable::TooSoon { retry_after_s: 59 }));
        stub.reply(Reply::ok(&jwks(&[ed25519()])));
        assert!(prove(&source, &signed_by(ed25519()), 60).await.is_ok());
    }
}

#[tokio::test]
async fn old_keys_serve_when_there_are_no_others() {
    let stub = Stub::start(Reply::ok(&jwks(&[ed25519()]))).await;
    let source = source(&stub);
    prove(&source, &signed_by(ed25519()), 0).await.unwrap();
    stub.reply(Reply::status("500 X"));
    let day_s = 86_400;
    assert!(prove(&source, &signed_by(ed25519()), day_s).await.is_ok());
    let unknown = prove(&source, &signed_by(&new_ed25519("ed-2")), day_s + 1).await;
    assert_eq!(unknown.unwrap_err(), unavailable(Unavailable::TooSoon { retry_after_s: 59 }));
    let ended = prove(&source, &signed_by(ed25519()), 7 * day_s).await;
    assert_eq!(ended.unwrap_err(), unavailable(Unavailable::Status(500)));
}

#[tokio::test]
async fn a_stranger_who_asks_and_leaves_does_not_stop_the_fetch() {
    let gate = Arc::new(Notify::new());
    let Reply::Raw(answer) = Reply::ok(&jwks(&[ed25519()])) else { panic!() };
    let stub = Stub::start(Reply::Gated(Arc::clone(&gate), answer)).await;
    let source = source(&stub);
    poll_once(source.renewed(None, Why::NoneFresh, now())).await;
    gate.notify_one();
    let waited = source.renewed(None, Why::NoneFresh, now()).await;
    assert_eq!(waited.unwrap().document.len(), 1);
    assert_eq!(stub.asked().len(), 1);
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for() {
    let stub = Stub::start(Reply::Hang).await;
    let fetcher = Fetcher::with_timeout(Duration::from_millis(50)).unwrap();
    assert_eq!(fetcher.get(&stub.at("/"), 10).await, Err(Unavailable::TimedOut));
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nobody = Address::parse(&format!("http://{free}/"), plain_http()).unwrap();
    assert_eq!(fetcher.get(&nobody, 10).await, Err(Unavailable::NotConnected));
}

#[tokio::test]
async fn a_document_of_just_the_size_is_taken() {
    let stub = Stub::start(Reply::ok(b"0123456789")).await;
    let fetcher = Fetcher::new().unwrap();
    assert_eq!(fetcher.get(&stub.at("/"), 10).await.unwrap(), b"0123456789");
    assert_eq!(fetcher.get(&stub.at("/"), 9).await, Err(Unavailable::TooLarge));
    // Without a length, it is counted as it comes.
    stub.reply(Reply::Raw(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n0123456789".to_vec()));
    assert_eq!(fetcher.get(&stub.at("/"), 10).await.unwrap(), b"0123456789");
    assert_eq!(fetcher.get(&stub.at("/"), 9).await, Err(Unavailable::TooLarge));
}

#[tokio::test]
async fn keys_of_a_file_are_all_there_are() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), jwks(&[ed25519()])).unwrap();
    let source = KeySource::from_file(file.path()).unwrap();
    assert!(prove(&source, &signed_by(ed25519()), 0).await.is_ok());
    let refused = prove(&source, &signed_by(&new_ed25519("ed-2")), 0).await.unwrap_err();
    assert!(matches!(refused, NotProven::Refused(reason) if reason.name() == "token_unknown_key"));
}

#[test]
fn every_failure_has_a_name_of_its_own() {
    use Unavailable::{Lost, NotConnected, Status, TimedOut, TooLarge, TooSoon, Unusable};
    let all = [TooSoon { retry_after_s: 1 }, NotConnected, TimedOut, Lost, Status(500), TooLarge, Unusable];
    let codes = ["too_soon", "not_connected", "timed_out", "lost", "status", "too_large", "unusable"];
    assert_eq!(all.map(Unavailable::code), codes);
}
