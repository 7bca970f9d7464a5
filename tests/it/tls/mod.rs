//! The port in TLS: what it speaks and with whom, whose certificates it believes, and what those are worth.

mod clients;
mod settings;

use std::time::{Duration, Instant};

use portcullis::config::Config;
use portcullis::incident::{Event, SenderEvent};
use portcullis::trail::Record;
use rcgen::date_time_ymd;
use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};

use crate::harness::{
    Authority, Delivery, Dialer, GITHUB, Issued, RawAnswer, RawConnection, Set, Source, TestApp, harmless, hook,
    request,
};

const PLAIN: &str = "[http.tls]\ncertificate_file = \"own.pem\"\nkey_file = \"own-key.pem\"\n";
const ASKING: &str = r#"
[http.tls]
certificate_file = "own.pem"
key_file = "own-key.pem"
client_ca_file = "clients.pem"
[intake.sources.pager]
kind = "okta-event-hook"
signature = "github-hmac"
client_certificates = ["webhooks.pager.example.com"]
secrets = [{ name = "test", file = "next-secret" }]
[intake.sources.alerts]
kind = "alertmanager"
allow_unsigned = true
client_certificates = ["webhooks.pager.example.com"]
secrets = [{ name = "test", file = "slow-secret" }]
"#;
/// Signs, and shows a certificate.
const PAGER: Source = Source { name: "pager", secret: "test-secret-for-what-comes-next-1", ..GITHUB };
const NAME: &str = "webhooks.pager.example.com";
const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

/// An app that speaks TLS, and both authorities: its own and that of its senders.
struct Town {
    app: TestApp,
    own: Authority,
    clients: Authority,
}

impl Town {
    async fn start(config: &'static str, adjust: fn(&mut Config)) -> Self {
        let (own, clients) = (Authority::new("Test Authority"), Authority::new("Test Authority of senders"));
        let mut app = TestApp::start_with(Set { config, files: files(&own, &clients), adjust, ..Set::default() }).await;
        app.client = client(&own);
        Self { app, own, clients }
    }

    fn url(&self) -> String {
        self.app.app.url()
    }

    fn dialer(&self, shown: Option<&Issued>, version: &'static SupportedProtocolVersion) -> Dialer {
        Dialer::of_versions(&self.own, shown, &[version])
    }

    /// What a delivery is answered over a connection that has shown this.
    async fn deliver(&self, shown: Option<&Issued>, delivery: &Delivery) -> RawAnswer {
        let mut connection = Dialer::new(&self.own, shown).open(&self.url()).await;
        connection.send(&delivery.bytes()).await;
        connection.answer().await
    }

    /// A delivery of the source that has to show a certificate.
    fn paged(&self, id: &str) -> Delivery {
        Delivery::signed(&PAGER, id, hook(&[harmless(id)]), self.app.now())
    }
}

fn files(own: &Authority, clients: &Authority) -> Vec<(&'static str, String)> {
    let issued = own.for_server();
    vec![("own.pem", issued.pem()), ("own-key.pem", issued.key_pem()), ("clients.pem", clients.pem())]
}

/// As the harness' own, for a server whose authority it believes.
fn client(believed: &Authority) -> reqwest::Client {
    let root = reqwest::Certificate::from_pem(believed.pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).timeout(Duration::from_secs(20));
    client.tls_certs_only([root]).build().unwrap()
}

fn refusals(records: &[Record], wanted: &str) -> u64 {
    let counts = records.iter().filter_map(|record| match &record.event {
        Event::Sender(SenderEvent::Refused { reason, count, .. }) if reason == wanted => Some(*count),
        _ => None,
    });
    counts.sum()
}

fn health(scheme: &str) -> Vec<u8> {
    request("GET", &format!("{scheme}/healthz"), &[], None)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_over_tls_is_one() {
    let town = Town::start(PLAIN, |_| {}).await;
    assert!(town.url().starts_with("https://127.0.0.1:"), "{}", town.url());
    for (number, version) in VERSIONS.into_iter().enumerate() {
        let id = format!("msg_{number}");
        let mut connection = town.dialer(None, version).open(&town.url()).await;
        connection.send(&Delivery::of_events(&id, &[harmless(&id)], town.app.now()).bytes()).await;
        assert_eq!(connection.answer().await.status, 202, "{version:?}");
    }
    let incident = town.app.open(&Delivery::of_high_risk("zhang.san@example.com", 3, town.app.now())).await;
    town.app.until_contained(&incident).await;
    town.app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a13_a_whole_url_in_the_request_line_is_of_what_is_spoken() {
    let town = Town::start(PLAIN, |_| {}).await;
    for (scheme, status) in [("https://localhost", 200), ("http://localhost", 400), ("https://evil.example", 400)] {
        let mut connection = Dialer::new(&town.own, None).open(&town.url()).await;
        connection.send(&health(scheme)).await;
        assert_eq!(connection.answer().await.status, status, "{scheme}");
    }
    town.app.end_unharmed(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a26_plain_http_where_tls_is_spoken_is_no_request_and_is_sent_nowhere_else() {
    let town = Town::start(PLAIN, |_| {}).await;
    let delivery = Delivery::of_high_risk("zhang.san@example.com", 1, town.app.now());
    let page = request("GET", "/", &[], None);
    let forwarded = delivery.clone().and("x-forwarded-proto", "https");
    for bytes in
        [delivery.bytes(), forwarded.bytes(), page, b"GET / HTTP/1.0\r\n\r\n".to_vec(), b"\r\n\r\n\r\n".to_vec()]
    {
        let mut connection = RawConnection::to(&town.url()).await;
        connection.send(&bytes).await;
        let said = connection.all().await;
        // A fatal alert of TLS at most.
        assert!(said.is_empty() || (said.len() == 7 && said[0] == 0x15 && said[5] == 2), "{said:?}");
    }
    let records = town.app.end_unharmed(0).await;
    assert!(records.iter().all(|record| record.event.kind() != "deliveries.refused"), "it was no delivery");
}

/// The first bytes of a handshake with an offer of this version and a cipher.
fn client_hello(version: u8, cipher: [u8; 2]) -> Vec<u8> {
    // Groups and signatures as anybody offers them, so that only version and cipher are wrong.
    let extensions = [&[0, 10, 0, 4, 0, 2, 0, 23][..], &[0, 13, 0, 4, 0, 2, 4, 3]].concat();
    let length = u8::try_from(extensions.len()).unwrap();
    let body = [&[3, version][..], &[7; 32], &[0, 0, 2], &cipher, &[1, 0, 0, length], &extensions].concat();
    let hello = [&[1, 0, 0, u8::try_from(body.len()).unwrap()][..], &body].concat();
    [&[0x16, 3, 1, 0, u8::try_from(hello.len()).unwrap()][..], &hello].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a27_old_versions_and_weak_ciphers_find_nobody() {
    const PROTOCOL_VERSION: u8 = 70;
    const HANDSHAKE_FAILURE: u8 = 40;
    const ECDSA_AES_128_CBC_SHA: [u8; 2] = [0xc0, 0x09];
    let town = Town::start(PLAIN, |_| {}).await;
    let gcm = [0xc0, 0x2b];
    for (hello, alert) in [
        // SSL 3, TLS 1.0 and 1.1.
        (client_hello(0, ECDSA_AES_128_CBC_SHA), PROTOCOL_VERSION),
        (client_hello(1, ECDSA_AES_128_CBC_SHA), PROTOCOL_VERSION),
        (client_hello(2, gcm), PROTOCOL_VERSION),
        // TLS 1.2 with CBC, 3DES, RC4, no key exchange of its own, no encryption, nobody's proof.
        (client_hello(3, ECDSA_AES_128_CBC_SHA), HANDSHAKE_FAILURE),
        (client_hello(3, [0xc0, 0x08]), HANDSHAKE_FAILURE),
        (client_hello(3, [0xc0, 0x07]), HANDSHAKE_FAILURE),
        (client_hello(3, [0x00, 0x9c]), HANDSHAKE_FAILURE),
        (client_hello(3, [0xc0, 0x06]), HANDSHAKE_FAILURE),
        (client_hello(3, [0xc0, 0x18]), HANDSHAKE_FAILURE),
    ] {
        let mut connection = RawConnection::to(&town.url()).await;
        connection.send(&hello).await;
        let said = connection.all().await;
        assert!(said.len() == 7 && said[0] == 0x15 && said[5..] == [2, alert], "{hello:?}: {said:?}");
    }
    // The same hello with nothing wrong in it is answered with one.
    let mut connection = RawConnection::to(&town.url()).await;
    connection.send(&client_hello(3, gcm)).await;
    assert_eq!(connection.first().await, 0x16);
    drop(connection);
    town.app.end_unharmed(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a28_only_http_1_is_offered_inside() {
    let town = Town::start(PLAIN, |_| {}).await;
    let offering = |protocols: &[&str]| {
        let mut dialer = Dialer::new(&town.own, None);
        dialer.0.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        dialer
    };
    let stream = offering(&["h2", "http/1.1"]).dial(&town.url()).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    drop(stream);
    assert!(offering(&["h2"]).dial(&town.url()).await.is_err(), "nothing in common");
    // And whoever speaks it all the same is not understood.
    let mut connection = offering(&[]).open(&town.url()).await;
    connection.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    assert_eq!(connection.answer().await.status, 400);
    connection.closed().await;
    town.app.end_unharmed(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e05_a_handshake_that_does_not_go_on_is_ended() {
    // The HTTP library knows the time to half a second.
    let town = Town::start(PLAIN, |config| config.http.head_timeout_ms = 1_000).await;
    let hello = client_hello(3, [0xc0, 0x2b]);
    let begun = Instant::now();
    let mut waiting = Vec::new();
    for length in [0, 1, 6, hello.len() - 1, hello.len()] {
        let mut connection = RawConnection::to(&town.url()).await;
        connection.send(&hello[..length]).await;
        waiting.push((length, connection));
    }
    // When the handshake is done, the request has as long.
    let done = Dialer::new(&town.own, None).open(&town.url()).await;
    for (length, connection) in waiting {
        let said = connection.all().await;
        assert!(length == hello.len() || said.is_empty(), "{length}: {said:?}");
    }
    assert!(begun.elapsed() >= Duration::from_millis(950), "they had their time");
    done.all().await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    town.app.end_unharmed(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e05_a_crowd_of_handshakes_that_do_not_go_on_keeps_nobody_out() {
    // More than the 256 for each worker that the library lets in unless told otherwise.
    const CROWD: usize = 600;
    let town = Town::start(PLAIN, |config| config.http.head_timeout_ms = 15_000).await;
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        crowd.push(RawConnection::to(&town.url()).await);
    }
    let begun = Instant::now();
    let delivery = Delivery::of_events("msg_1", &[harmless("a")], town.app.now());
    assert_eq!(town.app.deliver(&delivery).await.status, 202);
    assert!(begun.elapsed() < Duration::from_secs(10));
    drop(crowd);
    town.app.end_unharmed(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e06_whoever_never_reads_is_cut_off_in_tls_too() {
    let town = Town::start(PLAIN, |config| config.http.write_timeout_ms = 500).await;
    let mut deaf = Dialer::new(&town.own, None).open(&town.url()).await;
    deaf.flood_without_reading(&health("").repeat(16)).await;
    let delivery = Delivery::of_events("msg_1", &[harmless("a")], town.app.now());
    assert_eq!(town.app.deliver(&delivery).await.status, 202);
    town.app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_say_how_long_our_own_certificate_is_good() {
    const SHOWN: &str = "[telemetry]\nmetrics_listen = \"127.0.0.1:0\"\n\
        [http.tls]\ncertificate_file = \"own.pem\"\nkey_file = \"own-key.pem\"\n";
    let own = Authority::new("Test Authority");
    let issued = own.issue(&["127.0.0.1"], |params| params.not_after = date_time_ymd(2026, 11, 22));
    let files = vec![("own.pem", issued.pem()), ("own-key.pem", issued.key_pem())];
    let mut app = TestApp::start_with(Set { config: SHOWN, files, ..Set::default() }).await;
    app.client = client(&own);
    let seen = async || {
        let page = reqwest::get(app.app.metrics_url().unwrap()).await.unwrap().text().await.unwrap();
        let line = page.lines().find_map(|line| line.strip_prefix("portcullis_tls_certificate_expires_seconds "));
        line.unwrap().parse::<f64>().unwrap()
    };
    assert_eq!(seen().await, 21.0 * 3_600.0);
    app.advance(Duration::from_hours(22));
    assert_eq!(seen().await, -3_600.0);
    app.end().await;
}
