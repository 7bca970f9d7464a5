//! Whose certificates the port believes, and what those are worth beside a signature or a secret.

use rcgen::{ExtendedKeyUsagePurpose, date_time_ymd};
use rustls::HandshakeKind;

use super::{ASKING, NAME, PLAIN, Town, VERSIONS, health, refusals};
use crate::harness::{AUDITOR, Authority, Delivery, Dialer, Process, RawConnection, harmless};

#[tokio::test(flavor = "multi_thread")]
async fn a27_a_client_certificate_that_is_not_good_ends_the_handshake() {
    let town = Town::start(ASKING, |_| {}).await;
    let use_of = |usage| move |params: &mut rcgen::CertificateParams| params.extended_key_usages = vec![usage];
    // The clock of the tests stands in November 2026.
    let bad = [
        town.clients.issue(&[NAME], |params| params.not_after = date_time_ymd(2026, 11, 20)),
        town.clients.issue(&[NAME], |params| params.not_before = date_time_ymd(2026, 11, 22)),
        town.clients.issue(&[NAME], use_of(ExtendedKeyUsagePurpose::ServerAuth)),
        Authority::new("Test Authority of senders").for_client(NAME),
        town.own.for_client(NAME),
    ];
    for (number, shown) in bad.iter().enumerate() {
        for version in VERSIONS {
            let answered = match town.dialer(Some(shown), version).dial(&town.url()).await {
                // In TLS 1.3 a client learns of it only when it reads.
                Ok(stream) => {
                    let mut connection = RawConnection::over(stream);
                    connection.try_send(&town.paged("msg_1").bytes()).await;
                    connection.all().await
                }
                Err(_) => Vec::new(),
            };
            assert_eq!(String::from_utf8_lossy(&answered), "", "certificate {number}, {version:?}");
        }
    }
    assert_eq!(town.deliver(Some(&town.clients.for_client(NAME)), &town.paged("msg_1")).await.status, 202);
    let records = town.app.end_unharmed(1).await;
    assert_eq!(refusals(&records, "client_certificate"), 2 * bad.len() as u64, "and the operator can see it");
}

#[tokio::test(flavor = "multi_thread")]
async fn b29_signature_and_certificate_stand_for_each_other_in_neither_way() {
    let town = Town::start(ASKING, |_| {}).await;
    let (listed, other) = (town.clients.for_client(NAME), town.clients.for_client("other.pager.example.com"));
    let good = town.paged("msg_1");
    let mut spoilt = good.clone();
    spoilt.body.push(b' ');
    let mut refused = Vec::new();
    for (shown, delivery) in
        [(None, &good), (Some(&other), &good), (Some(&listed), &spoilt), (None, &spoilt), (Some(&other), &spoilt)]
    {
        refused.push(town.deliver(shown, delivery).await.without_date_and_id());
    }
    refused.push(town.deliver(Some(&listed), &good.clone().to("nobody")).await.without_date_and_id());
    assert_eq!(refused[0].status, 401);
    assert!(refused.iter().all(|answer| *answer == refused[0]), "one answer for all of them: {refused:?}");
    assert_eq!(town.deliver(Some(&listed), &good).await.status, 202);
    // Whoever has no need of one is not asked for it, nor harmed by one.
    let free = Delivery::of_events("msg_2", &[harmless("b")], town.app.now());
    assert_eq!(town.deliver(None, &free).await.status, 202);
    assert_eq!(town.deliver(Some(&other), &free).await.status, 200);
    let records = town.app.end_unharmed(2).await;
    assert_eq!(refusals(&records, "certificate_not_listed"), 4);
    assert_eq!(refusals(&records, "signature_wrong"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn b29_a_certificate_makes_a_shown_secret_worth_a_c_and_does_not_stand_for_it() {
    let town = Town::start(ASKING, |_| {}).await;
    let listed = town.clients.for_client(NAME);
    let alert = br#"{"alerts": [{"status": "firing", "labels": {"alertname": "a"}, "startsAt": "2026-11-21T02:59:00Z", "fingerprint": "f1"}]}"#;
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let bare = Delivery { source: "alerts".to_owned(), headers, body: alert.to_vec() };
    let good = bare.clone().and("authorization", "test-secret-for-the-slow-source-0");
    assert_eq!(town.deliver(Some(&listed), &bare).await.status, 401);
    assert_eq!(town.deliver(None, &good).await.status, 401);
    assert_eq!(town.deliver(Some(&listed), &good).await.status, 202);
    assert_eq!(town.app.get("/v1/sources/alerts", AUDITOR).await.body["assurance"], "C");
    town.app.end_unharmed(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_counts_for_every_request_of_its_connection_and_for_no_other() {
    let town = Town::start(ASKING, |_| {}).await;
    let listed = town.clients.for_client(NAME);
    let (mut with, mut without) = (
        Dialer::new(&town.own, Some(&listed)).open(&town.url()).await,
        Dialer::new(&town.own, None).open(&town.url()).await,
    );
    for number in 0..3 {
        let delivery = town.paged(&format!("msg_{number}")).bytes();
        without.send(&delivery).await;
        assert_eq!(without.answer().await.status, 401);
        with.send(&delivery).await;
        assert_eq!(with.answer().await.status, 202);
    }
    town.app.end_unharmed(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_not_resumed_where_certificates_are_shown() {
    for (config, expected) in [(ASKING, HandshakeKind::Full), (PLAIN, HandshakeKind::Resumed)] {
        let town = Town::start(config, |_| {}).await;
        let listed = town.clients.for_client(NAME);
        for version in VERSIONS {
            // The dialer keeps what it could resume.
            let dialer = town.dialer(Some(&listed), version);
            let mut kinds = Vec::new();
            for number in 0..2 {
                let stream = dialer.dial(&town.url()).await.unwrap();
                kinds.push(stream.get_ref().1.handshake_kind().unwrap());
                let mut connection = RawConnection::over(stream);
                let id = format!("msg_{version:?}_{number}").replace(['(', ')', '.'], "");
                let asked = if config == ASKING { town.paged(&id).bytes() } else { health("") };
                connection.send(&asked).await;
                let status = connection.answer().await.status;
                assert_eq!(status, if config == ASKING { 202 } else { 200 }, "{version:?}");
            }
            assert_eq!(kinds, [HandshakeKind::Full, expected], "{version:?}");
        }
        town.app.end_unharmed(if config == ASKING { 4 } else { 0 }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b29_send_shows_a_certificate_and_believes_who_it_is_told_to() {
    let town = Town::start(ASKING, |_| {}).await;
    let shown = town.clients.for_client(NAME);
    let file = |name: &str, content: String| {
        let path = town.app.folder().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let config = town.app.folder().join("portcullis.toml").to_str().unwrap().to_owned();
    let (url, ca) = (town.url(), file("own-ca.pem", town.own.pem()));
    let (certificate, key) = (file("shown.pem", shown.pem()), file("shown-key.pem", shown.key_pem()));
    let send = ["send", "pager", "--config", &config, "--server", &url];
    let believing = [&send[..], &["--ca", &ca]].concat();
    let showing = [&believing[..], &["--client-certificate", &certificate, "--client-key", &key]].concat();
    let stranger = Process::run(&send).await;
    assert_eq!(stranger.code, Some(1), "nobody this machine knows has signed the server's: {stranger:?}");
    let bare = Process::run(&believing).await;
    assert!(bare.code == Some(2) && bare.said().contains("401"), "{bare:?}");
    assert!(Process::run(&showing).await.well().said().contains("202"));
    let printed = Process::run(&[&showing[..], &["--print"]].concat()).await.well().said();
    assert!(printed.ends_with(&format!(" --cacert '{ca}' --cert '{certificate}' --key '{key}'")), "{printed}");
    let half = Process::run(&[&believing[..], &["--client-certificate", &certificate]].concat()).await;
    assert_eq!(half.code, Some(2));
    let wrong = Process::run(&[&send[..], &["--ca", &key]].concat()).await;
    assert!(wrong.code == Some(2) && wrong.stderr.contains("shown-key.pem"), "{wrong:?}");
    town.app.end_unharmed(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_shows_a_certificate_is_added_where_one_is_asked_for() {
    let add = async |config: &'static str| {
        let town = Town::start(config, |_| {}).await;
        let path = town.app.folder().join("portcullis.toml");
        let arguments = ["source", "add", "alertmanager", "--allow-unsigned", "--config", path.to_str().unwrap()];
        let names = ["--client-certificate", NAME, "--client-certificate", "The \"Pager\""];
        let ended = Process::run(&[&arguments[..], &names].concat()).await;
        let listed = portcullis::config::load(&path, &[]).unwrap();
        let listed = listed.intake.sources.into_iter().find(|(name, _)| name.as_str() == "alertmanager");
        town.app.end_unharmed(0).await;
        (ended, listed.map(|(_, source)| source.client_certificates))
    };
    let (ended, listed) = add(ASKING).await;
    assert!(ended.well().said().contains("assurance C"));
    assert_eq!(listed.unwrap(), [NAME, "The \"Pager\""].map(|name| name.parse().unwrap()));
    let (refused, none) = add(PLAIN).await;
    assert!(refused.code == Some(2) && refused.stderr.contains("client_ca_file") && none.is_none(), "{refused:?}");
}

/// What a start would refuse is not taken by SIGHUP either, or the next start would find out.
#[tokio::test(flavor = "multi_thread")]
async fn sources_that_show_certificates_are_refused_anew_when_none_will_be_asked_for() {
    let town = Town::start(ASKING, |_| {}).await;
    let path = town.app.folder().join("portcullis.toml");
    let before = std::fs::read_to_string(&path).unwrap();
    for (text, said) in
        [(before.replace("client_ca_file = \"clients.pem\"\n", ""), "stale"), (before.clone(), "current")]
    {
        std::fs::write(&path, text).unwrap();
        town.app.app.renew_sources().await;
        assert_eq!(town.app.get("/readyz", "").await.body["sources"], said);
    }
    town.app.end().await;
}
