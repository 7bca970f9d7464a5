//! Forged, broken, replayed and shifted signatures.

use proptest::prelude::*;

use super::*;

const BODY: &str = r#"{"type":"login.risk","user":"zhang.wei@example.com"}"#;
const SIGNATURE: &str = "webhook-signature";
const SIGNATURE_GITHUB: &str = "x-hub-signature-256";

/// The tag of a request, without its version.
fn tag(request: &Request) -> String {
    match request.source.as_str() {
        GITHUB => request.value(SIGNATURE_GITHUB).replacen("sha256=", "", 1),
        _ => request.value(SIGNATURE).replacen("v1,", "", 1),
    }
}

/// The one source `official`, with a published secret.
fn official(scheme: SchemeName, secret: &str) -> Intake {
    let mut setup = Setup::empty();
    setup.source("official", SourceKind::Generic, scheme, &[("published", secret.to_owned())]);
    setup.build()
}

#[test]
fn the_vectors_of_standard_webhooks_verify() {
    for (secret, id, sent_s, body, signature) in [
        (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
        (
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1_649_367_553,
            r#"{"email":"test@example.com","username":"test_user"}"#,
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
        ),
    ] {
        let intake = official(SchemeName::StandardWebhooks, secret);
        let request = Request::unsigned("official", body)
            .with("webhook-id", id)
            .with("webhook-timestamp", sent_s.to_string())
            .with(SIGNATURE, signature);
        assert!(matches!(request.send_at(&intake, at(sent_s)), Ok(Received::Understood(_))), "{id}");
        let other = request.with_body(format!("{body} "));
        assert_eq!(other.send_at(&intake, at(sent_s)).err(), Some(Refusal::SignatureWrong));
    }
}

#[test]
fn the_vector_of_github_verifies() {
    let intake = official(SchemeName::GithubHmac, "It's a Secret to Everybody");
    let request = Request::unsigned("official", "Hello, World!")
        .with(SIGNATURE_GITHUB, "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
    assert_eq!(request.unreadable(&intake), Unreadable::JsonSyntax, "authentic, though no JSON");
    assert_eq!(request.with_body("Hello, World?").refusal(&intake), Some(Refusal::SignatureWrong));
}

#[test]
fn b01_a_good_signature_is_taken_with_the_level_its_scheme_proves() {
    let intake = Setup::usual().build();
    for (source, assurance, id) in
        [(SIEM, crate::incident::Assurance::A, Some("msg_1")), (GITHUB, crate::incident::Assurance::B, None)]
    {
        let delivery = Request::signed(source, BODY).delivery(&intake);
        assert_eq!(delivery.source.as_str(), source);
        assert_eq!(delivery.assurance, assurance);
        assert_eq!(delivery.id, id.map(|id| id.to_owned()));
        assert_eq!(delivery.body_digest, crate::incident::Digest::of(BODY.as_bytes()));
        assert_eq!(delivery.received_at, now());
    }
}

#[test]
fn b02_a_missing_empty_or_blank_signature_is_refused() {
    let intake = Setup::usual().build();
    for (source, header) in [(SIEM, SIGNATURE), (GITHUB, SIGNATURE_GITHUB)] {
        let request = Request::signed(source, BODY);
        check_refusals(
            &intake,
            [
                (request.clone().without(header), Refusal::SignatureMissing),
                (request.clone().with(header, ""), Refusal::SignatureMissing),
                (request.clone().with(header, "   "), Refusal::SignatureMalformed),
                (request.clone().with(header, "v1,"), Refusal::SignatureMalformed),
                (request.with(header, "sha256="), Refusal::SignatureMalformed),
            ],
        );
    }
}

#[test]
fn b03_b04_other_bytes_than_the_signed_ones_are_refused() {
    let intake = Setup::usual().build();
    for source in [SIEM, GITHUB] {
        let request = Request::signed(source, BODY);
        let reordered = r#"{"user":"zhang.wei@example.com","type":"login.risk"}"#;
        let spaced = BODY.replace(':', ": ");
        for other in [reordered, &spaced, "", &BODY.to_uppercase(), &format!("{BODY}\n")] {
            assert_eq!(request.clone().with_body(other).refusal(&intake), Some(Refusal::SignatureWrong), "{other}");
        }
    }
}

#[test]
fn b05_a_hex_signature_has_64_lower_case_digits() {
    let intake = Setup::usual().build();
    let request = Request::signed(GITHUB, BODY);
    let tag = tag(&request);
    let with = |value: String| request.clone().with(SIGNATURE_GITHUB, format!("sha256={value}"));
    for length in 0..64 {
        let cut = with(tag[..length].to_owned());
        assert_eq!(cut.refusal(&intake), Some(Refusal::SignatureMalformed), "{length} digits");
    }
    let bytes = hex::decode(&tag).unwrap();
    for other in [
        format!("{tag}00"),
        format!("{tag}0"),
        tag.to_uppercase(),
        STANDARD.encode(&bytes),
        format!("{tag}="),
        format!(" {tag}"),
        format!("{tag} "),
        format!("0x{tag}"),
        format!("{tag},{tag}"),
    ] {
        assert_eq!(with(other.clone()).refusal(&intake), Some(Refusal::SignatureMalformed), "{other}");
    }
    assert_eq!(with(tag).refusal(&intake), None);
}

#[test]
fn b05_a_base64_signature_is_padded_standard_base64_of_32_bytes() {
    let intake = Setup::usual().build();
    let request = Request::signed(SIEM, BODY);
    let tag = tag(&request);
    let with = |value: String| request.clone().with(SIGNATURE, format!("v1,{value}"));
    for length in 0..tag.len() {
        let cut = with(tag[..length].to_owned());
        assert_eq!(cut.refusal(&intake), Some(Refusal::SignatureMalformed), "{length} characters");
    }
    let bytes = STANDARD.decode(&tag).unwrap();
    for other in [
        format!("{tag}="),
        format!("{tag}AA"),
        STANDARD.encode([bytes.as_slice(), &[0, 0]].concat()),
        STANDARD.encode(&bytes[..16]),
        hex::encode(&bytes),
        format!("{tag},{tag}"),
    ] {
        assert_eq!(with(other.clone()).refusal(&intake), Some(Refusal::SignatureMalformed), "{other}");
    }
    assert_eq!(with(tag).refusal(&intake), None);
}

#[test]
fn b06_the_key_of_another_source_does_not_fit() {
    let intake = Setup::usual().build();
    for (victim, other) in [(SIEM, OKTA), (OKTA, SIEM)] {
        let request = Request { source: victim.to_owned(), ..Request::signed(other, BODY) };
        assert_eq!(request.refusal(&intake), Some(Refusal::SignatureWrong));
    }
}

#[test]
fn b07_a18_an_unknown_source_is_refused_however_it_is_written() {
    let intake = Setup::usual().build();
    let long = "a".repeat(300);
    for source in ["nobody", "", "../etc", "a\0b", "a\r\nb", "\u{fffd}", "SIEM", "siem ", "siem/", &long] {
        let request = Request { source: source.to_owned(), ..Request::signed(SIEM, BODY) };
        assert_eq!(request.refusal(&intake), Some(Refusal::UnknownSource), "{source:?}");
        assert_eq!(intake.configured(source), None);
    }
    assert_eq!(intake.configured(SIEM).map(SourceName::as_str), Some(SIEM));
}

#[test]
fn b07_a_stranger_cannot_sign_with_the_key_that_stands_in() {
    let intake = Setup::usual().build();
    let secret = format!("whsec_{}", STANDARD.encode([0; 32]));
    let request = Request::signed_by("nobody", SchemeName::StandardWebhooks, &secret, "msg_1", BODY, now());
    assert_eq!(request.refusal(&intake), Some(Refusal::UnknownSource));
}

#[test]
fn b09_b20_the_window_is_300_seconds_either_way() {
    let intake = Setup::usual().build();
    for (age_ms, expected) in [
        (0, None),
        (300_000, None),
        (300_001, Some(Refusal::TimestampStale)),
        (301_000, Some(Refusal::TimestampStale)),
        (-300_000, None),
        (-300_001, Some(Refusal::TimestampFuture)),
        (-301_000, Some(Refusal::TimestampFuture)),
    ] {
        let received = Timestamp::from_millisecond(NOW_S * 1_000 + age_ms).unwrap();
        assert_eq!(Request::signed(SIEM, BODY).send_at(&intake, received).err(), expected, "{age_ms} ms");
    }
}

#[test]
fn b10_a_timestamp_is_canonical_digits() {
    let intake = Setup::usual().build();
    let request = Request::signed(SIEM, BODY);
    for text in [
        "-1",
        "+1700000000",
        "1e9",
        " 1700000000",
        "1700000000 ",
        "1700000000.5",
        "1700000000000",
        "01700000000",
        "00",
        "0x1",
        "abc",
        "1700000000abc",
        "17000000001700000000",
        "999999999999999999999999999999",
        "١٧٠٠٠٠٠٠٠٠",
        "1,700,000,000",
    ] {
        let request = request.clone().with("webhook-timestamp", text);
        assert_eq!(request.refusal(&intake), Some(Refusal::TimestampMalformed), "{text:?}");
    }
    check_refusals(
        &intake,
        [
            (request.clone().with("webhook-timestamp", ""), Refusal::TimestampMissing),
            (request.without("webhook-timestamp"), Refusal::TimestampMissing),
            (Request::signed_at(SIEM, BODY, at(0)), Refusal::TimestampStale),
            (Request::signed_at(SIEM, BODY, at(253_402_207_200)), Refusal::TimestampFuture),
        ],
    );
}

#[test]
fn b11_the_timestamp_is_the_signed_one() {
    let intake = Setup::usual().build();
    let stale = Request::signed_at(SIEM, BODY, at(NOW_S - 1_000));
    assert_eq!(stale.refusal(&intake), Some(Refusal::TimestampStale));
    let refreshed = stale.with("webhook-timestamp", NOW_S.to_string());
    assert_eq!(refreshed.refusal(&intake), Some(Refusal::SignatureWrong));
}

#[test]
fn b12_an_id_cannot_slide_into_the_timestamp() {
    let intake = Setup::usual().build();
    let request =
        |id: &str| Request::signed_by(SIEM, SchemeName::StandardWebhooks, &whsec(SECRET_SIEM), id, BODY, now());
    let long = "a".repeat(129);
    for id in ["a.1", ".", "a b", "a/b", "ä", "a\tb", "a,b", &long] {
        assert_eq!(request(id).refusal(&intake), Some(Refusal::IdMalformed), "{id}");
    }
    for id in ["a", "A-z_0", &long[1..]] {
        assert_eq!(request(id).delivery(&intake).id, Some(id.to_owned()));
    }
    check_refusals(
        &intake,
        [
            (request("").clone(), Refusal::IdMissing),
            (request("a").without("webhook-id"), Refusal::IdMissing),
            (request("a").with("webhook-id", "b"), Refusal::SignatureWrong),
        ],
    );
}

#[test]
fn b13_a_repeated_header_is_refused_in_either_order() {
    let intake = Setup::usual().build();
    for (source, names) in
        [(SIEM, vec![SIGNATURE, "webhook-id", "webhook-timestamp"]), (GITHUB, vec![SIGNATURE_GITHUB])]
    {
        for header in names {
            let request = Request::signed(source, BODY);
            let good = request.value(header);
            for (first, second) in [(good.as_str(), "bad"), ("bad", &good), (&good, &good)] {
                let request = request.clone().with(header, first).and(header, second);
                assert_eq!(request.refusal(&intake), Some(Refusal::HeaderRepeated));
            }
            let mixed = request.clone().and(&header.to_uppercase(), &good);
            assert_eq!(mixed.refusal(&intake), Some(Refusal::HeaderRepeated), "also in another case");
        }
    }
}

#[test]
fn b14_one_good_signature_of_eight_is_enough() {
    let intake = Setup::usual().build();
    let request = Request::signed(SIEM, BODY);
    let good = request.value(SIGNATURE);
    let bad = format!("v1,{}", STANDARD.encode([7; 32]));
    let with = |items: &[&str]| request.clone().with(SIGNATURE, items.join(" ")).refusal(&intake);
    for junk in ["", "garbage", "v1", "v1,", "v1,x,y", "v2,x", "v1a,x", "=", ",", "v1,\u{e4}"] {
        assert_eq!(with(&[junk, &good, junk]), None, "{junk:?}");
    }
    assert_eq!(with(&[&bad, &good]), None);
    assert_eq!(with(&[&bad, &bad, &bad, &bad, &bad, &bad, &bad, &good]), None);
    let nine = [&bad, &bad, &bad, &bad, &bad, &bad, &bad, &bad, &good].map(String::as_str);
    assert_eq!(with(&nine), Some(Refusal::SignatureMalformed));
    assert_eq!(with(&[&bad, &bad]), Some(Refusal::SignatureWrong));
    let comma = request.clone().with(SIGNATURE, format!("{bad},{good}"));
    assert_eq!(comma.refusal(&intake), Some(Refusal::SignatureMalformed), "only blanks separate");
}

#[test]
fn b15_b16_b17_no_other_version_is_tried() {
    let intake = Setup::usual().build();
    let request = Request::signed(SIEM, BODY);
    let tag = tag(&request);
    let ed25519 = STANDARD.encode([7; 64]);
    for value in [
        format!("v2,{tag}"),
        format!("v1a,{tag}"),
        format!("V1,{tag}"),
        format!("v11,{tag}"),
        format!("v1={tag}"),
        format!("v1;{tag}"),
        tag.clone(),
        format!("v1,{ed25519}"),
        format!("v1a,{ed25519}"),
        format!("v1a,{}", STANDARD.encode([0; 64])),
    ] {
        let request = request.clone().with(SIGNATURE, &value);
        assert_eq!(request.refusal(&intake), Some(Refusal::SignatureMalformed), "{value}");
    }
}

#[test]
fn b18_the_prefix_must_be_the_schemes_own() {
    let intake = Setup::usual().build();
    let request = Request::signed(GITHUB, BODY);
    let tag = tag(&request);
    for value in [
        tag.clone(),
        format!("sha1={}", &tag[..40]),
        format!("sha1={tag}"),
        format!("SHA256={tag}"),
        format!("sha256:{tag}"),
        format!("v0={tag}"),
        format!("sha256=sha256={tag}"),
        format!("sha1={} sha256={tag}", &tag[..40]),
    ] {
        let request = request.clone().with(SIGNATURE_GITHUB, &value);
        assert_eq!(request.refusal(&intake), Some(Refusal::SignatureMalformed), "{value}");
    }
    let old_header = request.without(SIGNATURE_GITHUB).with("x-hub-signature", format!("sha256={tag}"));
    assert_eq!(old_header.refusal(&intake), Some(Refusal::SignatureMissing));
}

#[test]
fn a12_bytes_that_are_not_ascii_are_refused() {
    let intake = Setup::usual().build();
    let request = Request::signed(SIEM, BODY);
    check_refusals(
        &intake,
        [
            (request.clone().with(SIGNATURE, b"v1,\xff\xfe"), Refusal::SignatureMalformed),
            (request.clone().with("webhook-id", b"msg\xff"), Refusal::IdMalformed),
            (request.with("webhook-timestamp", b"17\xff"), Refusal::TimestampMalformed),
        ],
    );
}

#[test]
fn an_endless_header_is_refused() {
    let intake = Setup::usual().build();
    let request = Request::signed(SIEM, BODY);
    let good = request.value(SIGNATURE);
    let padded = |bytes: usize| format!("{good} {}", "x".repeat(bytes - good.len() - 1));
    assert_eq!(request.clone().with(SIGNATURE, padded(4_096)).refusal(&intake), None);
    assert_eq!(request.with(SIGNATURE, padded(4_097)).refusal(&intake), Some(Refusal::SignatureMalformed));
}

#[test]
fn a_body_need_not_be_text_to_be_authentic() {
    let intake = Setup::usual().build();
    for source in [SIEM, GITHUB] {
        assert_eq!(Request::signed(source, b"\xff\x00\xfe").unreadable(&intake), Unreadable::JsonSyntax);
    }
}

#[test]
fn b30_an_empty_body_is_never_an_alert() {
    let intake = Setup::usual().build();
    for source in [SIEM, GITHUB, OKTA] {
        assert_eq!(Request::signed(source, "").unreadable(&intake), Unreadable::JsonSyntax);
    }
}

#[test]
fn what_an_unsigned_body_says_is_never_looked_at() {
    let intake = Setup::usual().build();
    let request = Request::signed(SIEM, BODY).with_body("not json");
    assert_eq!(request.refusal(&intake), Some(Refusal::SignatureWrong));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Body, signature, id and timestamp: there is no bit in them that does not count.
    #[test]
    fn b03_every_single_bit_counts(
        source in prop_oneof![Just(SIEM), Just(GITHUB)],
        body in prop::collection::vec(any::<u8>(), 1..128),
        place in any::<prop::sample::Index>(),
        bit in 0..8_u32,
    ) {
        let intake = Setup::usual().build();
        let good = Request::signed(source, body);
        prop_assert!(good.send(&intake).is_ok());
        let headers = 1..good.headers.len();
        for part in headers.map(Some).chain([None]) {
            let mut bad = good.clone();
            let bytes = match part {
                Some(header) => &mut bad.headers[header].1,
                None => &mut bad.body,
            };
            let at = place.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let refusal = bad.refusal(&intake);
            prop_assert!(refusal.is_some_and(|refusal| refusal.is_authentication()), "{part:?} {refusal:?}");
        }
    }

    #[test]
    fn k13_arbitrary_headers_never_panic_and_never_pass(
        signature in prop::collection::vec(any::<u8>(), 0..200),
        id in prop::collection::vec(any::<u8>(), 0..20),
        timestamp in prop::collection::vec(any::<u8>(), 0..20),
        list in "[v12a, =A-Z]{0,120}",
        content_type in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let intake = Setup::usual().build();
        let request = Request::signed(SIEM, BODY).with("webhook-id", id).with("webhook-timestamp", timestamp);
        prop_assert!(request.clone().with(SIGNATURE, &signature).send(&intake).is_err());
        prop_assert!(request.with(SIGNATURE, list.as_bytes()).send(&intake).is_err());
        prop_assert!(Request::signed(SIEM, BODY).with(SIGNATURE, list.as_bytes()).send(&intake).is_err());
        prop_assert!(Request::signed(GITHUB, BODY).with(SIGNATURE_GITHUB, &signature).send(&intake).is_err());
        let _ = Request::signed(GITHUB, BODY).with("content-type", content_type).send(&intake);
    }
}
