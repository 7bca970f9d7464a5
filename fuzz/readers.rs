//! The laws of the readers of what strangers publish, show or write into a header, with the seeds to begin at: for the
//! fuzz targets and for the property tests of `tests/it/any_reader.rs`. Each says whether anything was read.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis::api::behind;
use portcullis::incident::Digest;
use portcullis::intake::readers::{is_listed, jwks, sns_certificate};
use portcullis::intake::{ClientCertificate, ListedCertificate, Network, strict_json};
use serde_json::Value;

/// The most keys in one set, and its most bytes.
const KEYS_MAX: usize = 32;
const JWKS_BYTES_MAX: usize = 64 * 1024;
/// Of the sizes that signatures have, and made by nobody.
const FORGED: [&[u8]; 4] = [&[], &[0; 64], &[0; 256], &[1; 256]];
/// Whom nobody trusts to say who asks.
const STRANGER: &str = "203.0.113.9";

/// A JWKS: the usable keys are among those that are published for signatures, and none of them is forged with.
pub(crate) fn judge_jwks(document: &[u8]) -> bool {
    let mut read = false;
    for (signature, kid) in FORGED.into_iter().flat_map(|signature| [(signature, None), (signature, Some("a"))]) {
        let Some((keys, has_signed)) = jwks(document, kid, signature) else { continue };
        assert!(!has_signed, "a signature that nobody made");
        assert!((1..=KEYS_MAX).contains(&keys) && document.len() <= JWKS_BYTES_MAX);
        let set = strict_json(document).expect("a set is strict JSON");
        let published = set["keys"].as_array().expect("a set has keys");
        let may_verify = |key: &&Value| key["kty"] != "oct" && key.get("d").is_none() && key["use"] != "enc";
        assert!(published.iter().filter(may_verify).count() >= keys, "a key that must not verify was taken");
        read = true;
    }
    read
}

/// A certificate, as Amazon's in PEM and as a client's in DER: nothing is forged with its key, and it is itself and no
/// other.
pub(crate) fn judge_certificate(bytes: &[u8]) -> bool {
    let wrapped = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(bytes));
    let mut read = false;
    for signature in FORGED {
        for pem in [bytes, wrapped.as_bytes()] {
            let has_signed = sns_certificate(pem, signature);
            assert_ne!(has_signed, Some(true), "a signature that nobody made");
            read |= has_signed.is_some();
        }
    }
    let Some(certificate) = ClientCertificate::assertion(bytes) else { return read };
    let listed = |digest: Digest| format!("sha256:{digest}").parse::<ListedCertificate>().expect("a fingerprint");
    assert!(is_listed(&listed(Digest::of(bytes)), &certificate), "it is itself");
    assert!(!is_listed(&listed(Digest::of(b"")), &certificate), "it is no other");
    let longer = [bytes, &[0]].concat();
    assert_eq!(ClientCertificate::assertion(&longer), None, "something stands behind it");
    true
}

/// Lines of `X-Forwarded-For` behind a first line with the peer: nobody says who asks whom a trusted proxy has not
/// heard.
pub(crate) fn judge_forwarded(bytes: &[u8]) -> bool {
    let trusted: Vec<Network> =
        ["10.0.0.0/8", "2001:db8::/32"].iter().map(|network| network.parse().expect("a network")).collect();
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\n');
    let Some(peer) = lines.next().and_then(|line| line.trim().parse::<IpAddr>().ok()) else { return false };
    let values: Vec<&str> = lines.collect();
    let seen = behind(peer, &values, &trusted);
    assert_eq!(behind(peer, &[values.join(",").as_str()], &trusted), seen, "in one line or in several");
    assert!(is_trusted(peer) || seen == peer.to_canonical(), "a stranger is who it is");
    let said = values.iter().flat_map(|value| value.split(',')).filter_map(|item| item.trim().parse::<IpAddr>().ok());
    let mut known = said.chain([peer]).map(|address| address.to_canonical());
    assert!(known.any(|address| address == seen), "somebody whom nobody has named");
    let lied = behind(peer, &[&[STRANGER][..], &values].concat(), &trusted);
    assert!(lied == seen || is_trusted(seen), "what stands left of a stranger counts");
    true
}
