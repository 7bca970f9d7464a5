//! What an alert says is read and never followed.

use std::net::TcpListener;

use crate::harness::{Delivery, TestApp, high_risk};

#[tokio::test(flavor = "multi_thread")]
async fn g01_an_address_in_an_alert_is_never_fetched() {
    let app = TestApp::start().await;
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let own = format!("http://{}/", trap.local_addr().unwrap());
    let others = ["http://169.254.169.254/latest", "file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO"];
    let mut events = Vec::new();
    for (number, url) in [own.as_str()].into_iter().chain(others).enumerate() {
        let mut event = high_risk("zhang.san@example.com", &format!("msg_{number}"));
        for field in ["url", "href", "callback", "icon"] {
            event[field] = url.into();
        }
        event["target"][0]["displayName"] = url.into();
        events.push(event);
    }
    let incident = app.open(&Delivery::of_events("msg_urls", &events, app.now())).await;
    app.until_contained(&incident).await;
    let caught = trap.accept().map(|(_, from)| from);
    assert_eq!(caught.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    app.end().await;
}
