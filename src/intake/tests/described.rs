//! A sender that no table knows, described in the configuration.

use serde_json::{Value, json};

use super::super::scheme::{Piece, Scheme};
use super::super::sign::{By, sign_by};
use super::*;
use crate::incident::Assurance;

/// `hmac.new(SECRET_GITHUB, b"{}", "sha512")`, computed by Python, in base64url.
const HMAC_SHA512: &str = "ba6bJhN-BWR2PDmuW7OEttb7-Z40FYgFCD814zKstztofPOa-qtJw4TXKRipZEtb7o6C98UPsc0BiGd5EldzTQ==";
/// `hmac.new(SECRET_GITHUB, b'1700000000:{"type":"x"}', "sha256")`, computed by Python.
const HMAC_SHA256: &str = "c59fcf977908faccc3a079e09d62e7cd063c18cb6e7e4d6869f02b54c6e229fd";

/// `hmac.new(SECRET_TIME_FIRST, b"2021-02-25T15:02:10Z" + BODY_TIME_FIRST, "sha256")`, computed by Python.
const HMAC_TIME_FIRST: &str = "f660eb6b26483cfe1feac9dd1ace9123bbe9e94142bc701cd2b033f1ad42633e";
const SECRET_TIME_FIRST: &str = "Caprice_of_the_Leaves_0123456789";
const BODY_TIME_FIRST: &str = r#"{"alert":"impossible_travel","user":"jane.smith@example.com"}"#;

fn read(description: Value) -> Result<Scheme, String> {
    let settings: SignatureSettings = serde_json::from_value(description).map_err(|error| error.to_string())?;
    settings.scheme()
}

/// As Grafana signs, with a time.
fn described() -> Value {
    json!({
        "header": "X-Signature",
        "prefix": "s=",
        "encoding": "hex",
        "algorithm": "hmac-sha256",
        "content": "{header:X-Time}:{body}",
        "secret": "utf8",
        "timestamp": { "header": "x-time", "format": "unix", "tolerance_s": 60 },
    })
}

fn with(changes: Value) -> Value {
    let mut description = described();
    for (key, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(description.as_object_mut().unwrap().remove(key)),
            value => description[key] = value.clone(),
        }
    }
    description
}

#[test]
fn a_described_sender_is_verified_by_its_description() {
    let mut setup = Setup::usual();
    setup.settings_of(GITHUB).signature = serde_json::from_value(described()).unwrap();
    let intake = setup.build();
    let body = r#"{"type":"x"}"#;
    let good = Request::unsigned(GITHUB, body)
        .with("x-time", NOW_S.to_string())
        .with("x-signature", format!("s={HMAC_SHA256}"));
    let delivery = good.delivery(&intake);
    assert_eq!((delivery.assurance, delivery.id), (Assurance::A, None));
    assert_eq!(good.clone().with_body("{}").refusal(&intake), Some(Refusal::SignatureWrong));
    assert_eq!(good.clone().with("x-signature", HMAC_SHA256).refusal(&intake), Some(Refusal::SignatureMalformed));
    assert_eq!(good.clone().without("x-time").refusal(&intake), Some(Refusal::TimestampMissing));
    assert_eq!(good.send_at(&intake, at(NOW_S + 61)).err(), Some(Refusal::TimestampStale));
}

/// As one receiver of CrowdStrike's has it: the time first, in hex, and nothing between it and the body.
fn time_first() -> Value {
    json!({
        "header": "x-cs-primary-signature", "encoding": "hex", "algorithm": "hmac-sha256", "secret": "utf8",
        "content": "{header:x-cs-delivery-timestamp}{body}",
        "timestamp": { "header": "x-cs-delivery-timestamp", "format": "rfc3339", "tolerance_s": 600 },
    })
}

#[test]
fn a_time_right_before_the_body_is_verified() {
    let mut setup = Setup::empty();
    let secrets = [("only", SECRET_TIME_FIRST.to_owned())];
    setup.source(GITHUB, SourceKind::Crowdstrike, SchemeName::Crowdstrike, &secrets);
    setup.settings_of(GITHUB).signature = serde_json::from_value(time_first()).unwrap();
    let intake = setup.build();
    let good = Request::unsigned(GITHUB, BODY_TIME_FIRST)
        .with("x-cs-delivery-timestamp", "2021-02-25T15:02:10Z")
        .with("x-cs-primary-signature", HMAC_TIME_FIRST);
    let judged = |request: &Request| request.send_at(&intake, at(1_614_265_330)).err();
    assert_eq!(judged(&good), None);
    assert!(matches!(good.send_at(&intake, at(1_614_265_330)), Ok(Received::Understood(_))));
    assert_eq!(judged(&good.clone().with_body("{}")), Some(Refusal::SignatureWrong));
    let later = good.clone().with("x-cs-delivery-timestamp", "2021-02-25T15:02:11Z");
    assert_eq!(judged(&later), Some(Refusal::SignatureWrong));
    assert_eq!(judged(&good.clone().without("x-cs-delivery-timestamp")), Some(Refusal::TimestampMissing));
    assert_eq!(good.send_at(&intake, at(1_614_265_931)).err(), Some(Refusal::TimestampStale));
}

/// The same bytes, cut at every place: only as they were signed are they taken.
#[test]
fn b12_no_other_time_and_body_make_up_what_was_signed() {
    const TIME: &str = "2023-11-14T22:13:20";
    let times = ["Z", ".5Z", ".55Z", ".123456789Z"].map(|part| format!("{TIME}{part}"));
    let bodies = ["{}", "", "Z", "Z{}", ".5Z{}", "5Z", "0", "{}.5Z", "{}2", "{}202"].map(str::to_owned);
    let bodies: Vec<String> = bodies
        .into_iter()
        .chain(times.iter().flat_map(|time| [format!("{time}{{}}"), format!("{{}}{time}")]))
        .collect();
    for content in ["{header:x-cs-delivery-timestamp}{body}", "{body}{header:x-cs-delivery-timestamp}"] {
        let mut setup = Setup::usual();
        let mut description = time_first();
        description["content"] = json!(content);
        let settings: SignatureSettings = serde_json::from_value(description).unwrap();
        let scheme = settings.scheme().unwrap();
        setup.settings_of(GITHUB).signature = Some(settings);
        let intake = setup.build();
        let is_first = content.ends_with("{body}");
        for (time, body) in times.iter().flat_map(|time| bodies.iter().map(move |body| (time, body))) {
            let signed = if is_first { format!("{time}{body}") } else { format!("{body}{time}") };
            let only_body = Scheme { content: vec![Piece::Body], timestamp: None, ..scheme.clone() };
            let headers = sign_by(&only_body, By::Secret(SECRET_GITHUB), "", signed.as_bytes(), now()).unwrap();
            let taken: Vec<(&str, &str)> = (0..=signed.len())
                .map(|cut| signed.split_at(cut))
                .map(|(left, right)| if is_first { (left, right) } else { (right, left) })
                .filter(|(time, body)| {
                    let request = Request::unsigned(GITHUB, body).with("x-cs-delivery-timestamp", time);
                    request.with(&headers[0].0, &headers[0].1).send(&intake).is_ok()
                })
                .collect();
            assert_eq!(taken, [(time.as_str(), body.as_str())], "{content}");
        }
    }
}

#[test]
fn a_description_says_the_same_as_the_row_of_a_known_sender() {
    let presets = [
        (
            SchemeName::StandardWebhooks,
            json!({
                "header": "webhook-signature", "grammar": "list", "separator": " ", "prefix": "v1,",
                "encoding": "base64", "algorithm": "hmac-sha256", "secret": "whsec", "id_header": "webhook-id",
                "content": "{header:webhook-id}.{header:webhook-timestamp}.{body}",
                "timestamp": { "header": "webhook-timestamp", "format": "unix" },
            }),
        ),
        (
            SchemeName::StandardWebhooksV1a,
            json!({
                "header": "webhook-signature", "grammar": "list", "separator": " ", "prefix": "v1a,",
                "encoding": "base64", "algorithm": "ed25519", "secret": "whpk", "id_header": "webhook-id",
                "content": "{header:webhook-id}.{header:webhook-timestamp}.{body}",
                "timestamp": { "header": "webhook-timestamp", "format": "unix" },
            }),
        ),
        (
            SchemeName::Stripe,
            json!({
                "header": "stripe-signature", "grammar": "key-value", "keys": ["v1"], "encoding": "hex",
                "algorithm": "hmac-sha256", "secret": "utf8", "content": "{item:t}.{body}",
                "timestamp": { "item": "t", "format": "unix" },
            }),
        ),
        (
            SchemeName::Slack,
            json!({
                "header": "x-slack-signature", "prefix": "v0=", "encoding": "hex", "algorithm": "hmac-sha256",
                "secret": "utf8", "content": "v0:{header:x-slack-request-timestamp}:{body}",
                "timestamp": { "header": "x-slack-request-timestamp", "format": "unix" },
            }),
        ),
        (
            SchemeName::Crowdstrike,
            json!({
                "header": "x-cs-primary-signature", "encoding": "base64", "algorithm": "hmac-sha256",
                "secret": "utf8", "content": "{body}{header:x-cs-delivery-timestamp}",
                "timestamp": { "header": "x-cs-delivery-timestamp", "format": "rfc3339", "tolerance_s": 600 },
            }),
        ),
        (
            SchemeName::KeycloakSha1,
            json!({
                "header": "x-keycloak-signature", "encoding": "hex", "algorithm": "hmac-sha1", "secret": "utf8",
                "content": "{body}",
            }),
        ),
    ];
    for (name, description) in presets {
        assert_eq!(read(description).unwrap(), name.row(), "{name:?}");
    }
}

#[test]
fn a_description_that_would_let_somebody_in_is_refused() {
    for (changes, flaw) in [
        (json!({ "content": "{header:x-time}:" }), "`content` must have `{body}` in it, once"),
        (json!({ "content": "{header:x-time}:{body}:{body}" }), "`content` must have `{body}` in it, once"),
        (json!({ "content": "{body}" }), "the id and the time must be in `content`"),
        (json!({ "id_header": "x-id" }), "the id and the time must be in `content`"),
        (json!({ "timestamp": null }), "of headers and items only the id and the time may be in `content`"),
        (json!({ "content": "{header:x-time}{body}" }), "there must be a text that tells where one ends"),
        (json!({ "content": "{body}{header:x-time}" }), "there must be a text that tells where one ends"),
        (
            json!({ "content": "{header:x-time}{body}", "timestamp": { "header": "x-time", "format": "unix-ms" } }),
            "only a time as `rfc3339` needs none",
        ),
        (
            json!({
                "content": "{header:x-id}{header:x-time}{body}", "id_header": "x-id",
                "timestamp": { "header": "x-time", "format": "rfc3339" },
            }),
            "there must be a text that tells where one ends",
        ),
        (
            json!({
                "content": "{header:x-time}{header:x-id}{body}", "id_header": "x-id",
                "timestamp": { "header": "x-time", "format": "rfc3339" },
            }),
            "there must be a text that tells where one ends",
        ),
        (
            json!({
                "content": "{body}{header:x-time}{header:x-id}", "id_header": "x-id",
                "timestamp": { "header": "x-time", "format": "rfc3339" },
            }),
            "there must be a text that tells where one ends",
        ),
        (
            json!({ "content": "{header:x-id}{header:x-time}.{body}", "id_header": "x-id" }),
            "there must be a text that tells where one ends",
        ),
        (json!({ "content": "{header:x-time}:{body" }), "has a `{` without a `}`"),
        (json!({ "content": "{header:x time}:{body}" }), "`x time` is no name of a header"),
        (json!({ "content": "{path}:{body}" }), "`{path}` is none of"),
        (json!({ "content": "{item:t}.{body}", "timestamp": { "item": "t", "format": "unix" } }), "is for `key-value`"),
        (json!({ "header": "" }), "`` is no name of a header"),
        (json!({ "grammar": "key-value", "prefix": "" }), "`key-value` needs `keys`"),
        (json!({ "keys": ["v1"] }), "`keys` are for `key-value`"),
        (json!({ "grammar": "list", "separator": "." }), "`separator` is a comma, a blank or a semicolon"),
        (json!({ "algorithm": "ed25519" }), "takes a public key"),
        (json!({ "secret": "whpk" }), "takes a public key"),
        (
            json!({ "timestamp": { "header": "x-time", "format": "unix", "tolerance_s": 0 } }),
            "`tolerance_s` is 1 to 3600",
        ),
        (json!({ "timestamp": { "header": "x-time", "format": "unix", "tolerance_s": 3601 } }), "is 1 to 3600"),
        (json!({ "timestamp": { "format": "unix" } }), "`timestamp` needs `header` or `item`"),
        (json!({ "algorithm": "none" }), "unknown variant `none`"),
        (json!({ "algorithm": "md5" }), "unknown variant `md5`"),
        (json!({ "encryption": "none" }), "unknown field `encryption`"),
        (json!({ "encoding": null }), "missing field `encoding`"),
    ] {
        let said = read(with(changes.clone())).unwrap_err();
        assert!(said.contains(flaw), "{changes}: {said}");
    }
    assert!(read(json!("nothing")).unwrap_err().contains("unknown variant `nothing`"));
    assert!(read(json!(5)).unwrap_err().contains("the name of a signature or a table that describes one"));
}

/// `a-1.{}` would be the id `a` and the body `1.{}` as well as the id `a-1`, were a dash what parts them.
#[test]
fn b12_a_text_tells_where_an_id_or_a_time_ends_by_what_cannot_be_in_it() {
    let description = |content: &str, format: &str| {
        with(json!({
            "content": content, "id_header": "x-id", "timestamp": { "header": "x-time", "format": format },
        }))
    };
    let (id, time) = ("{header:x-id}", "{header:x-time}");
    for (content, formats) in [
        (format!("{id}.{time}.{{body}}"), &["unix", "unix-ms", "rfc3339"][..]),
        (format!("v0:{time}:{id}:{{body}}"), &["unix", "unix-ms", "rfc3339"]),
        (format!("{time}-{id}-v.{{body}}"), &["unix", "unix-ms", "rfc3339"]),
        (format!("{time}x{{body}}:{id}"), &["unix", "unix-ms", "rfc3339"]),
        (format!("{{body}}:{id}T{time}"), &["unix", "unix-ms", "rfc3339"]),
        (format!("{id}.{{body}}{time}"), &["rfc3339"]),
        (format!("{time}0{id}.{{body}}"), &["rfc3339"]),
        (format!("{id}-{time}.{{body}}"), &[]),
        (format!("{time}.{id}_{{body}}"), &[]),
        (format!("{time}.{id}id{{body}}"), &[]),
        (format!("{{body}}-{id}.{time}"), &[]),
    ] {
        for format in ["unix", "unix-ms", "rfc3339"] {
            let taken = read(description(&content, format));
            assert_eq!(taken.is_ok(), formats.contains(&format), "{content} with {format}: {taken:?}");
        }
    }
}

#[test]
fn an_intake_with_a_flawed_description_does_not_start() {
    let mut setup = Setup::usual();
    setup.settings_of(GITHUB).signature = serde_json::from_value(with(json!({ "content": "x" }))).unwrap();
    let refused = setup.try_build().unwrap_err().to_string();
    assert_eq!(refused, "source github: signature: `content` must have `{body}` in it, once");
}

#[test]
fn secrets_are_typed_and_never_guessed() {
    for (format, secret) in [
        ("base64", STANDARD.encode(SECRET_GITHUB)),
        ("hex", hex::encode(SECRET_GITHUB)),
        ("whsec", whsec(SECRET_GITHUB)),
        ("utf8", SECRET_GITHUB.to_owned()),
    ] {
        let mut setup = Setup::empty();
        setup.source(GITHUB, SourceKind::Generic, SchemeName::Grafana, &[("only", secret)]);
        let description = |secret: &str| {
            json!({
                "header": "x-signature", "encoding": "base64url", "algorithm": "hmac-sha512", "content": "{body}",
                "secret": secret,
            })
        };
        setup.settings_of(GITHUB).signature = serde_json::from_value(description(format)).unwrap();
        let request = Request::unsigned(GITHUB, "{}").with("x-signature", HMAC_SHA512);
        assert_eq!(request.delivery(&setup.build()).assurance, Assurance::B, "{format}");
        let others = ["base64", "hex", "whsec"].into_iter().filter(|other| *other != format);
        for other in others {
            setup.settings_of(GITHUB).signature = serde_json::from_value(description(other)).unwrap();
            let taken = setup.try_build().is_ok_and(|intake| request.refusal(&intake).is_none());
            assert!(!taken, "{format} as {other}");
        }
    }
}
