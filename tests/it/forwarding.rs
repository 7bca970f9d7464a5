//! Records that are sent on to receivers of syslog: in order, without gaps, over connections that break off, hang or prove
//! to be somebody else's.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use portcullis::incident::ChannelName;
use portcullis::trail::ReceiverSettings;
use portcullis::trail::export::Message;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::harness::{AUDITOR, Authority, Delivery, Kept, Set, TestApp, harmless};

/// A receiver that keeps what it gets.
struct Receiver {
    address: String,
    messages: Arc<Mutex<Vec<String>>>,
    /// After how many messages it breaks a connection off; then never again.
    breaks: Arc<Mutex<Option<usize>>>,
}

impl Receiver {
    async fn start(tls: Option<TlsAcceptor>, breaks: Option<usize>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let own = Self { address, messages: Arc::default(), breaks: Arc::new(Mutex::new(breaks)) };
        let (messages, breaks) = (own.messages.clone(), own.breaks.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, messages, breaks) = (tls.clone(), messages.clone(), breaks.clone());
                tokio::spawn(async move {
                    match tls {
                        None => keep(stream, &messages, &breaks).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                keep(stream, &messages, &breaks).await;
                            }
                        }
                    }
                });
            }
        });
        own
    }

    fn settings(&self) -> ReceiverSettings {
        ReceiverSettings {
            address: self.address.clone(),
            ca_file: None,
            message: Message::Cef,
            host: "portcullis.test".to_owned(),
            from_the_first: true,
        }
    }

    fn numbers(&self) -> Vec<u64> {
        self.messages.lock().unwrap().iter().map(|message| number(message)).collect()
    }
}

/// Reads frames by their lengths (RFC 5425 section 4.3).
async fn keep(mut stream: impl AsyncRead + Unpin, messages: &Mutex<Vec<String>>, breaks: &Mutex<Option<usize>>) {
    let (mut bytes, mut room) = (Vec::new(), [0; 4096]);
    while let Ok(length @ 1..) = stream.read(&mut room).await {
        bytes.extend_from_slice(&room[..length]);
        while let Some(space) = bytes.iter().position(|byte| *byte == b' ') {
            let length: usize = std::str::from_utf8(&bytes[..space]).unwrap().parse().unwrap();
            if bytes.len() < space + 1 + length {
                break;
            }
            let rest = bytes.split_off(space + 1 + length);
            let mut messages = messages.lock().unwrap();
            messages.push(String::from_utf8(bytes[space + 1..].to_vec()).unwrap());
            bytes = rest;
            let mut breaks = breaks.lock().unwrap();
            if breaks.is_some_and(|after| messages.len() >= after) {
                *breaks = None;
                return;
            }
        }
    }
}

fn number(message: &str) -> u64 {
    let (_, rest) = message.split_once(" externalId=").unwrap_or_else(|| panic!("{message}"));
    rest.split(' ').next().unwrap().parse().unwrap()
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// What the app says of its only receiver, once it is as wanted.
async fn state(app: &TestApp, is_wanted: impl Fn(&Value) -> bool) -> Value {
    let asked = async {
        loop {
            let state = app.get("/v1/trail/forwards", AUDITOR).await.body["forwards"][0].clone();
            if is_wanted(&state) {
                return state;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), asked).await.expect("it never is")
}

async fn deliver(app: &TestApp, name: &str, count: usize) {
    let events: Vec<_> = (0..count).map(|number| harmless(&format!("{name}-{number}"))).collect();
    assert_eq!(app.deliver(&Delivery::of_events(name, &events, app.now())).await.status, 202);
}

/// Every test has an app of its own process state, so what is adjusted is handed over here.
fn forwarding(settings: &ReceiverSettings) -> String {
    let ca = settings.ca_file.as_ref().map_or_else(String::new, |file| format!("ca_file = \"{}\"\n", file.display()));
    format!(
        "[trail.forward.siem]\naddress = \"{}\"\n{ca}host = \"{}\"\nfrom_the_first = {}\n",
        settings.address, settings.host, settings.from_the_first
    )
}

async fn app(settings: &ReceiverSettings, files: Vec<(&'static str, String)>) -> TestApp {
    let config: &'static str = Box::leak(forwarding(settings).into_boxed_str());
    TestApp::start_with(Set { config, files, kept: Kept::BySled, ..Set::default() }).await
}

/// Every record from the first on at least once, and each new one right behind those before it.
fn assert_without_gap(numbers: &[u64], size: usize) {
    let mut next = 0;
    for number in numbers {
        assert!(*number <= next, "{next} is missing before {number}: {numbers:?}");
        next = next.max(number + 1);
    }
    assert_eq!(next, size as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_record_is_sent_in_order_and_not_again_after_a_restart() {
    let receiver = Receiver::start(None, None).await;
    let app = app(&receiver.settings(), Vec::new()).await;
    deliver(&app, "first", 300).await;
    let size = app.records().len();
    until("all are there", || receiver.numbers().len() >= size).await;
    assert_eq!(receiver.numbers(), (0..size as u64).collect::<Vec<_>>());
    let first = receiver.messages.lock().unwrap()[0].clone();
    assert!(first.starts_with("<110>1 2026-11-21T03:00:00.000Z portcullis.test portcullis - "), "{first}");
    assert!(first.contains(" - CEF:0|Portcullis|Portcullis|"), "{first}");
    state(&app, |state| state["next"].as_u64() >= Some(size as u64)).await;
    assert_eq!(app.get("/readyz", "").await.body["forwards"], "current");
    let app = app.restart().await;
    let size = app.records().len();
    until("the rest is there", || receiver.numbers().last() >= Some(&(size as u64 - 1))).await;
    assert_without_gap(&receiver.numbers(), size);
    assert!(receiver.numbers().len() < size + 10, "what has settled is not sent again");
    let begun = app.records_of("trail.exported");
    assert_eq!(begun.len(), 2, "each start is on the trail");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_breaks_off_or_is_away_misses_nothing() {
    let receiver = Receiver::start(None, Some(100)).await;
    let app = app(&receiver.settings(), Vec::new()).await;
    deliver(&app, "first", 300).await;
    let size = app.records().len();
    until("all are there", || receiver.numbers().iter().max() >= Some(&(size as u64 - 1))).await;
    assert_without_gap(&receiver.numbers(), size);
    assert!(receiver.numbers().len() > size, "what had not settled came again");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listening_holds_nothing_up_and_is_said() {
    let settings = {
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
        ReceiverSettings {
            address: gone.local_addr().unwrap().to_string(),
            ..Receiver::start(None, None).await.settings()
        }
    };
    let app = app(&settings, Vec::new()).await;
    deliver(&app, "first", 3).await;
    let state = state(&app, |state| state["failure"].is_string()).await;
    assert_eq!((&state["name"], &state["next"]), (&"siem".into(), &0.into()));
    app.advance(Duration::from_secs(301));
    assert_eq!(app.get("/readyz", "").await.body["forwards"], "late");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_only_whoever_has_the_right_certificate_is_told_anything() {
    let (good, other) = (Authority::new("test authority"), Authority::new("another authority"));
    let acceptor = |authority: &Authority| {
        let issued = authority.for_server();
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        TlsAcceptor::from(Arc::new(builder.with_single_cert(vec![issued.der.clone()], issued.key()).unwrap()))
    };
    let believed = || vec![("siem-ca.pem", good.pem())];
    let receiver = Receiver::start(Some(acceptor(&good)), None).await;
    let settings = ReceiverSettings { ca_file: Some("siem-ca.pem".into()), ..receiver.settings() };
    let told = app(&settings, believed()).await;
    deliver(&told, "first", 10).await;
    let size = told.records().len();
    until("all are there", || receiver.numbers().len() >= size).await;
    told.end().await;
    let stranger = Receiver::start(Some(acceptor(&other)), None).await;
    let settings = ReceiverSettings { ca_file: Some("siem-ca.pem".into()), ..stranger.settings() };
    let silent = app(&settings, believed()).await;
    deliver(&silent, "first", 10).await;
    let state = state(&silent, |state| state["failure"].is_string()).await;
    assert!(state["failure"].as_str().unwrap().contains("certificate"), "{state}");
    assert_eq!(stranger.numbers(), Vec::<u64>::new());
    silent.end().await;
}

#[test]
fn the_name_of_a_receiver_is_that_of_a_channel() {
    assert!(ChannelName::parse("siem").is_ok() && ChannelName::parse("../siem").is_err());
}
