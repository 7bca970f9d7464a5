//! SIGHUP to the real program has its own certificate read anew, and no connection is lost for it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use rustls::pki_types::CertificateDer;

use super::site::{PATIENCE, Site};
use crate::harness::{Authority, Dialer, Issued, RawConnection, request};

/// Where the pair lies.
struct Place {
    certificate: PathBuf,
    key: PathBuf,
}

impl Place {
    fn put(&self, issued: &Issued) {
        self.write(&issued.pem(), &issued.key_pem());
    }

    fn write(&self, certificate: &str, key: &str) {
        for (path, content) in [(&self.certificate, certificate), (&self.key, key)] {
            fs::write(path, content).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}

/// What the program shows whoever connects now.
async fn shown(dialer: &Dialer, url: &str) -> CertificateDer<'static> {
    let stream = dialer.dial(url).await.unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
}

async fn until_shown(dialer: &Dialer, url: &str, wanted: &Issued) {
    let mut looks = tokio::time::interval(Duration::from_millis(10));
    let waited = tokio::time::timeout(PATIENCE, async {
        while shown(dialer, url).await != wanted.der {
            looks.tick().await;
        }
    });
    assert!(waited.await.is_ok(), "it was never shown");
}

async fn is_served(connection: &mut RawConnection) {
    connection.send(&request("GET", "/healthz", &[], None)).await;
    assert_eq!(connection.answer().await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_renews_the_certificate_and_no_connection_ends() {
    let site = Site::new().await;
    let authority = Authority::new("Test Authority");
    let place = Place { certificate: site.path("own.pem"), key: site.path("own-key.pem") };
    let [first, second, third] = [(); 3].map(|()| authority.for_server());
    place.put(&first);
    let program = site
        .start_with(&[
            ("PORTCULLIS_HTTP__TLS__CERTIFICATE_FILE", "own.pem"),
            ("PORTCULLIS_HTTP__TLS__KEY_FILE", "own-key.pem"),
        ])
        .await;
    let (_, url) = program.door();
    let mut dialer = Dialer::new(&authority, None);
    // A session that is resumed shows the certificate it began with.
    dialer.0.resumption = rustls::client::Resumption::disabled();
    assert_eq!(shown(&dialer, &url).await, first.der);
    let mut open = dialer.open(&url).await;
    is_served(&mut open).await;

    place.put(&second);
    assert_eq!(shown(&dialer, &url).await, first.der, "nobody has said so yet");
    program.hang_up();
    until_shown(&dialer, &url, &second).await;
    is_served(&mut open).await;

    // Half a change; the signal may come to the program with the next one, which undoes it.
    place.write(&third.pem(), &second.key_pem());
    program.hang_up();
    assert_eq!(shown(&dialer, &url).await, second.der);
    place.put(&third);
    program.hang_up();
    until_shown(&dialer, &url, &third).await;
    is_served(&mut open).await;
    drop(open);
    program.stop().await;
}
