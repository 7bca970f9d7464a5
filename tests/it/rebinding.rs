//! A name whose address is turned to a machine inside: whoever answers there has no certificate for it, and is told
//! nothing.

use std::sync::Arc;

use portcullis::directory::{DingTalk, Directory as _, Order};
use portcullis::incident::{FailureClass, SystemClock, UserId};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::harness::{Authority, configure};

#[tokio::test(flavor = "multi_thread")]
async fn g04_a_name_that_leads_to_another_machine_is_told_nothing() {
    let inside = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = inside.local_addr().unwrap().port();
    let issued = Authority::new("Authority of nobody").issue(&["localhost"], |_| ());
    let config =
        ServerConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions();
    let config =
        config.unwrap().with_no_client_auth().with_single_cert(vec![issued.der.clone()], issued.key()).unwrap();
    let answering = tokio::spawn(async move {
        let (stream, _) = inside.accept().await.unwrap();
        TlsAcceptor::from(Arc::new(config)).accept(stream).await.is_ok()
    });

    let folder = tempfile::tempdir().unwrap();
    let settings = configure(folder.path(), &format!("https://localhost:{port}"), "").directory;
    let secret = settings.read_secret(folder.path()).unwrap();
    let dingtalk = DingTalk::new(&settings, secret, Arc::new(SystemClock)).unwrap();
    let order = Order::Enable { user_id: UserId::parse("zhangsan").unwrap() };
    assert_eq!(dingtalk.act(&order, &|| Ok(())).await.unwrap_err().class, FailureClass::NotSent);
    assert!(!answering.await.unwrap(), "it speaks to whoever answers");
}
