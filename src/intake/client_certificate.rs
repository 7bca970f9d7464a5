//! The certificate that the other side of a connection has shown, and how operators name those of a source.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};
use x509_cert::certificate::{CertificateInner, Rfc5280, TbsCertificateInner};
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::Any;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::{DirectoryString, GeneralName};

use crate::incident::{Digest, Timestamp};

/// The most alternative names of a certificate that count; the first ones.
const NAMES_MAX: usize = 64;
/// The longest name that can be listed, in bytes.
const NAME_BYTES_MAX: usize = 255;
/// What comes before a fingerprint.
const FINGERPRINT_PREFIX: &str = "sha256:";
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// A client certificate that was checked when its connection was made: its chain, its dates then, its use, and that
/// the other side has its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    fingerprint: Digest,
    names: Vec<(Form, String)>,
    not_before_s: i64,
    not_after_s: i64,
}

/// A certificate as an operator lists it: one of its names, or `sha256:` and the digest of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedCertificate(Listed);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Listed {
    Fingerprint(Digest),
    Name(Form, String),
}

/// What sort of name it is: who may have one of a sort need not be who has the same letters as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Dns,
    Mail,
    Uri,
    Common,
}

impl ClientCertificate {
    /// The one in DER, of which TLS has proven all of the above; every claim of that goes through here. `None` if
    /// its names or dates cannot be read.
    #[must_use]
    pub fn assertion(der: &[u8]) -> Option<Self> {
        let certificate = CertificateInner::<Rfc5280>::from_der(der).ok()?;
        let certificate = certificate.tbs_certificate();
        let seconds =
            |time: x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
        let validity = certificate.validity();
        Some(Self {
            fingerprint: Digest::of(der),
            names: names(certificate)?,
            not_before_s: seconds(validity.not_before),
            not_after_s: seconds(validity.not_after),
        })
    }

    /// Whether it is valid still: a connection can outlive the certificate that it began with.
    pub(super) fn is_valid_at(&self, now: Timestamp) -> bool {
        (self.not_before_s..=self.not_after_s).contains(&now.as_second())
    }
}

impl ListedCertificate {
    /// Whether this is the certificate, or one of those, that are meant.
    pub(super) fn is_met_by(&self, certificate: &ClientCertificate) -> bool {
        match &self.0 {
            Listed::Fingerprint(digest) => *digest == certificate.fingerprint,
            Listed::Name(form, name) => certificate.names.iter().any(|(own, text)| match own {
                Form::Common => text == name,
                Form::Dns => *form == Form::Dns && text.eq_ignore_ascii_case(name),
                Form::Mail | Form::Uri => form == own && text == name,
            }),
        }
    }
}

impl FromStr for ListedCertificate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(digits) = text.strip_prefix(FINGERPRINT_PREFIX) {
            let digest = digits.parse().map_err(|_| "after `sha256:` there must be 64 hex digits")?;
            return Ok(Self(Listed::Fingerprint(digest)));
        }
        if text.is_empty() || text.len() > NAME_BYTES_MAX || text.trim() != text || text.chars().any(char::is_control) {
            return Err("expected a name of a certificate, or `sha256:` and the digest of one");
        }
        if text.contains('*') {
            return Err("a certificate's name is listed as it is; `*` stands for nothing");
        }
        // Neither host names nor mail addresses have a colon, and host names have no `@`.
        let form = if text.contains(':') {
            Form::Uri
        } else if text.contains('@') {
            Form::Mail
        } else {
            Form::Dns
        };
        Ok(Self(Listed::Name(form, text.to_owned())))
    }
}

impl fmt::Display for ListedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Listed::Fingerprint(digest) => write!(f, "{FINGERPRINT_PREFIX}{digest}"),
            Listed::Name(_, name) => f.write_str(name),
        }
    }
}

impl<'de> Deserialize<'de> for ListedCertificate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Its alternative names; its common name only where there is no list of those, not even one of other sorts.
fn names(certificate: &TbsCertificateInner<Rfc5280>) -> Option<Vec<(Form, String)>> {
    let Some((_, SubjectAltName(names))) = certificate.get_extension::<SubjectAltName>().ok()? else {
        return Some(common_name(certificate).into_iter().collect());
    };
    let names = names.iter().take(NAMES_MAX).filter_map(|name| match name {
        GeneralName::DnsName(name) => Some((Form::Dns, name.to_string())),
        GeneralName::Rfc822Name(name) => Some((Form::Mail, name.to_string())),
        GeneralName::UniformResourceIdentifier(name) => Some((Form::Uri, name.to_string())),
        _ => None,
    });
    Some(names.collect())
}

/// Whoever has several has none: it could be any of them.
fn common_name(certificate: &TbsCertificateInner<Rfc5280>) -> Option<(Form, String)> {
    let mut found = certificate.subject().iter().filter(|attribute| attribute.oid == COMMON_NAME);
    let (Some(first), None) = (found.next(), found.next()) else { return None };
    let text = |value: &Any| value.decode_as::<DirectoryString>().ok().map(|text| text.value().into_owned());
    text(&first.value).map(|text| (Form::Common, text))
}

#[cfg(test)]
pub(super) mod tests {
    use rcgen::string::Ia5String;
    use rcgen::{CertificateParams, DnType, DnValue, KeyPair, SanType, date_time_ymd};

    use super::*;

    fn ia5(text: &str) -> Ia5String {
        text.try_into().unwrap()
    }

    /// One of these names, valid from 2023 to 2026, and its DER.
    pub(in crate::intake) fn certificate(common_names: &[&str], names: Vec<SanType>) -> (ClientCertificate, Vec<u8>) {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        for name in common_names {
            params.distinguished_name.push(DnType::CommonName, DnValue::Utf8String((*name).to_owned()));
        }
        params.subject_alt_names = names;
        params.not_before = date_time_ymd(2023, 1, 1);
        params.not_after = date_time_ymd(2026, 12, 31);
        let der = params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec();
        (ClientCertificate::assertion(&der).unwrap(), der)
    }

    fn listed(text: &str) -> ListedCertificate {
        text.parse().unwrap()
    }

    #[test]
    fn a_name_counts_as_the_sort_that_it_is() {
        let names = vec![
            SanType::DnsName(ia5("Webhooks.pagerduty.com")),
            SanType::Rfc822Name(ia5("Alerts@example.com")),
            SanType::URI(ia5("spiffe://example.com/Alerts")),
            SanType::DnsName(ia5("mail@in.a.host.name")),
            SanType::Rfc822Name(ia5("only.mail.example.com")),
        ];
        let (certificate, _) = certificate(&["common.example.com"], names);
        for (text, expected) in [
            ("webhooks.PagerDuty.com", true),
            ("Alerts@example.com", true),
            ("spiffe://example.com/Alerts", true),
            ("alerts@example.com", false),
            ("spiffe://example.com/alerts", false),
            ("pagerduty.com", false),
            ("a.webhooks.pagerduty.com", false),
            ("webhooks.pagerduty.com.evil.example", false),
            ("mail@in.a.host.name", false),
            ("only.mail.example.com", false),
            ("common.example.com", false),
        ] {
            assert_eq!(listed(text).is_met_by(&certificate), expected, "{text}");
        }
    }

    #[test]
    fn a_common_name_counts_where_there_is_no_other_name_and_no_second_one() {
        let (alone, _) = certificate(&["PagerDuty Webhooks"], Vec::new());
        assert!(listed("PagerDuty Webhooks").is_met_by(&alone));
        assert!(!listed("pagerduty webhooks").is_met_by(&alone));
        let (beside_an_address, _) =
            certificate(&["PagerDuty Webhooks"], vec![SanType::IpAddress([192, 0, 2, 1].into())]);
        assert!(!listed("PagerDuty Webhooks").is_met_by(&beside_an_address));
        let (none, _) = certificate(&[], Vec::new());
        assert!(!listed("PagerDuty Webhooks").is_met_by(&none));
    }

    #[test]
    fn a_fingerprint_is_of_the_whole_certificate() {
        let (own, der) = certificate(&["a"], Vec::new());
        let (other, _) = certificate(&["a"], Vec::new());
        let text = format!("sha256:{}", Digest::of(&der));
        assert!(listed(&text).is_met_by(&own));
        assert!(listed(&format!("sha256:{}", text[7..].to_uppercase())).is_met_by(&own));
        assert!(!listed(&text).is_met_by(&other));
        assert_eq!(listed(&text).to_string(), text);
    }

    #[test]
    fn a_certificate_ends_with_its_dates() {
        let (certificate, _) = certificate(&["a"], Vec::new());
        for (at, expected) in [
            ("2022-12-31T23:59:59Z", false),
            ("2023-01-01T00:00:00Z", true),
            ("2026-12-31T00:00:00Z", true),
            ("2026-12-31T00:00:01Z", false),
        ] {
            assert_eq!(certificate.is_valid_at(at.parse().unwrap()), expected, "{at}");
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_name() {
        let (_, der) = certificate(&["a"], Vec::new());
        for bad in [&[][..], b"test", &der[..der.len() - 1], &[&der[..], &[0]].concat()] {
            assert_eq!(ClientCertificate::assertion(bad), None);
        }
    }

    #[test]
    fn k02_what_names_no_certificate_is_refused() {
        let long = "a".repeat(256);
        let short = format!("sha256:{}", "0".repeat(63));
        for bad in ["", " a.example", "a.example ", "a\nb", "*.example.com", "*", "sha256:", &short, &long, "sha256:x"]
        {
            assert!(bad.parse::<ListedCertificate>().is_err(), "{bad}");
        }
    }
}
