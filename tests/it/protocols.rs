//! What the program does not speak, and what it makes of whoever tries: TLS on its plain port, HTTP/2, other hosts' names,
//! expectations, heads in bare lines.

use portcullis::config;

use crate::harness::{Delivery, RawConnection, TestApp, harmless, request};

/// The first bytes of a handshake with an offer of this version: record, ClientHello, random.
fn client_hello(version: u8) -> Vec<u8> {
    let body = [&[3, version][..], &[7; 32], &[0, 0, 2, 0x00, 0x0a, 1, 0]].concat();
    let hello = [&[1, 0, 0, u8::try_from(body.len()).unwrap()][..], &body].concat();
    [&[0x16, 3, 1, 0, u8::try_from(hello.len()).unwrap()][..], &hello].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a10_a_head_in_bare_lines_is_the_same_head_and_never_another_body() {
    let app = TestApp::start().await;
    // The HTTP library takes bare line feeds, and the proxy in front writes the head anew. What matters
    // here: body and signature are the same, and what follows is a request of its own.
    let bare = |delivery: &Delivery| {
        let bytes = delivery.bytes();
        let head = bytes.len() - delivery.body.len();
        let lines = String::from_utf8(bytes[..head].to_vec()).unwrap().replace("\r\n", "\n");
        [lines.as_bytes(), &delivery.body].concat()
    };
    let good = Delivery::of_events("msg_1", &[harmless("a")], app.now());
    let mut spoilt = Delivery::of_events("msg_2", &[harmless("b")], app.now());
    spoilt.body.push(b'\n');
    let mut connection = RawConnection::open(&app).await;
    connection.send(&[bare(&good), bare(&spoilt), bare(&good)].concat()).await;
    let statuses = [connection.answer().await, connection.answer().await, connection.answer().await];
    assert_eq!(statuses.map(|answer| answer.status), [202, 401, 200]);
    // Both kinds of line in one head, so that two readers could see its end in different places.
    let mixed = format!("POST {} HTTP/1.1\r\nhost: a\ncontent-length: 2\n\r\n{{}}", good.path());
    let mut connection = RawConnection::open(&app).await;
    connection.send(&[mixed.as_bytes(), &request("GET", "/v1/trail", &[], None)].concat()).await;
    let statuses = [connection.answer().await.status, connection.answer().await.status];
    assert_eq!(statuses, [415, 401], "each on its own merits");
    app.end_unharmed(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a13_another_hosts_name_in_the_request_line_opens_nothing() {
    let app = TestApp::start().await;
    let delivery = Delivery::of_events("msg_1", &[harmless("a")], app.now());
    for host in ["http://evil.example", "https://localhost:1", "ftp://evil.example", "https://localhost"] {
        let mut connection = RawConnection::open(&app).await;
        let path = format!("{host}{}", delivery.path());
        connection.send(&request("POST", &path, &delivery.headers, Some(&delivery.body))).await;
        let status = connection.answer().await.status;
        assert!([400, 404].contains(&status), "{host}: {status}");
    }
    let mut connection = RawConnection::open(&app).await;
    connection.send(&request("GET", "http://LOCALHOST/healthz", &[], None)).await;
    assert_eq!(connection.answer().await.status, 200, "the host that is also in the header");
    app.end_unharmed(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a20_an_expectation_nobody_knows_keeps_nobody_waiting() {
    let app = TestApp::start().await;
    for (number, expectation) in ["200-maybe", "100-continue", "", "100-continue, 200-maybe"].into_iter().enumerate() {
        let id = format!("msg_{number}");
        let delivery = Delivery::of_events(&id, &[harmless(&id)], app.now()).and("expect", expectation);
        let mut connection = RawConnection::open(&app).await;
        connection.send(&delivery.bytes()).await;
        let mut answer = connection.answer().await;
        if answer.status == 100 {
            answer = connection.answer().await;
        }
        assert_eq!(answer.status, 202, "{expectation:?}");
    }
    app.end_unharmed(4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a26_nothing_but_its_settings_makes_the_program_speak_tls_and_nothing_makes_it_redirect() {
    let app = TestApp::start().await;
    for table in ["tls", "tls_key = \"x\"", "require_tls = true"] {
        let path = app.folder().join("with-tls.toml");
        let text = if table == "tls" { "[http.tls]\n".to_owned() } else { format!("[http]\n{table}\n") };
        std::fs::write(&path, text).unwrap();
        let refused = config::load(&path, &[]).map(drop).unwrap_err();
        assert!(format!("{refused:#}").contains("tls"), "{table}: {refused:#}");
    }
    // Nobody outside reaches it unless that is set.
    let listen = portcullis::api::Settings::default().listen;
    assert!(listen.ip().is_loopback(), "{listen}");
    for (name, value) in [("x-forwarded-proto", "http"), ("forwarded", "proto=http"), ("x-forwarded-ssl", "off")] {
        let delivery = Delivery::of_events(name, &[harmless(name)], app.now()).and(name, value);
        let answer = app.deliver(&delivery).await;
        assert_eq!((answer.status, answer.header("location")), (202, ""), "{name}");
    }
    app.end_unharmed(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a27_a_tls_handshake_on_the_plain_port_is_refused_as_no_request() {
    let app = TestApp::start().await;
    for version in [0, 1, 2, 3, 4] {
        let mut connection = RawConnection::open(&app).await;
        connection.send(&client_hello(version)).await;
        let answer = connection.answer().await;
        assert_eq!((answer.status, answer.body.as_str()), (400, ""), "TLS 1.{version}");
        connection.closed().await;
    }
    app.end_unharmed(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a28_neither_its_preface_nor_an_upgrade_brings_http_2_about() {
    let app = TestApp::start().await;
    // The preface with an empty SETTINGS frame, as a client with prior knowledge sends it.
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let mut connection = RawConnection::open(&app).await;
    connection.send(preface).await;
    assert_eq!(connection.answer().await.status, 400);
    connection.closed().await;

    let upgrade = Delivery::of_events("msg_1", &[harmless("a")], app.now())
        .and("connection", "Upgrade, HTTP2-Settings")
        .and("upgrade", "h2c")
        .and("http2-settings", "AAMAAABkAAQAAP__");
    let mut connection = RawConnection::open(&app).await;
    connection.send(&[upgrade.bytes(), preface.to_vec()].concat()).await;
    let answer = connection.answer().await;
    assert_eq!((answer.status, answer.header("upgrade")), (202, None), "{answer:?}");
    assert!(answer.head[0].starts_with("HTTP/1.1 "), "{answer:?}");
    assert_eq!(connection.answer().await.status, 400, "the preface behind it is no request");
    connection.closed().await;
    app.end_unharmed(1).await;
}
