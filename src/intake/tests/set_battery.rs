//! Security event tokens as transmitters send them, and as attackers would: one table, each row a SET that differs
//! from a good one in the thing its name says.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::set_sender::Becomes::{self, EventOf, EventOfNobody, NeedsKeys, Refused, StreamUpdated, Verification};
use super::set_sender::{CAEP, HEADER, ISSUER, RISC, STREAM_TOKEN, Sent, TWICE, by_hmac, rules, stranger, written};
use super::signers::{ed25519, jwks, keys, p256, rsa};
use super::{NOW_S, now};
use crate::intake::Headers;
use crate::intake::set::{SET_BYTES_MAX, SetRules};

pub(super) type Change = fn(&mut Sent);

const ACCEPTED: &[(&str, Change, Becomes)] = &[
    ("Shared Signals with an email", |_| {}, EventOf("email:zhang.san@example.com")),
    (
        "several audiences, one of them ours",
        |s| s.claims["aud"] = json!(["other", "second"]),
        EventOf("email:zhang.san@example.com"),
    ),
    ("a type in capitals", |s| s.header["typ"] = "SecEvent+JWT".into(), EventOf("email:zhang.san@example.com")),
    (
        "a type with application/",
        |s| s.header["typ"] = "application/secevent+jwt".into(),
        EventOf("email:zhang.san@example.com"),
    ),
    (
        "a media type in capitals",
        |s| s.content_type = vec!["Application/SecEvent+JWT"],
        EventOf("email:zhang.san@example.com"),
    ),
    (
        "the stream token's scheme in small letters",
        |s| s.authorization = vec!["bearer test-only stream token"],
        EventOf("email:zhang.san@example.com"),
    ),
    ("signed with ES256", |s| s.signed_by(p256(), "p256-1"), EventOf("email:zhang.san@example.com")),
    ("an algorithm by its new name", |s| s.header["alg"] = "Ed25519".into(), EventOf("email:zhang.san@example.com")),
    ("an iat with a fraction", |s| s.claims["iat"] = json!(1_699_999_999.25), EventOf("email:zhang.san@example.com")),
    ("an iat a little ahead of ours", |s| s.claims["iat"] = json!(NOW_S + 60), EventOf("email:zhang.san@example.com")),
    ("issued years ago", |s| s.claims["iat"] = json!(1_508_184_845), EventOf("email:zhang.san@example.com")),
    ("an exp that is not over", |s| s.claims["exp"] = json!(NOW_S + 1), EventOf("email:zhang.san@example.com")),
    (
        "CAEP of a session, complex with user, session and tenant",
        |s| {
            let user = json!({"format": "iss_sub", "iss": ISSUER, "sub": "99beb27c-c1c2"});
            let session = json!({"format": "opaque", "id": "dMTlD|1600802906337.16|16008.16"});
            let tenant = json!({"format": "opaque", "id": "123456789"});
            s.claims["sub_id"] = json!({"format": "complex", "user": user, "session": session, "tenant": tenant});
        },
        EventOf("email:99beb27c-c1c2"),
    ),
    (
        "CAEP of a device, complex with user and device",
        |s| {
            let part = |sub: &str| json!({"format": "iss_sub", "iss": ISSUER, "sub": sub});
            s.claims["sub_id"] =
                json!({"format": "complex", "user": part("jane@example.com"), "device": part("e9297990")});
        },
        EventOf("email:jane@example.com"),
    ),
    (
        "CAEP of a device alone",
        |s| {
            s.claims["sub_id"] = json!({"format": "complex", "device": {"format": "opaque", "id": "laptop-1"}});
        },
        EventOfNobody,
    ),
    (
        "CAEP credential-change with iss_sub",
        |s| {
            s.claims["sub_id"] = json!({"format": "iss_sub", "iss": ISSUER, "sub": "jane.smith@example.com"});
            s.claims["txn"] = "8675309".into();
            s.event(
                &format!("{CAEP}credential-change"),
                json!({"credential_type": "fido2-roaming", "change_type": "create"}),
            );
        },
        EventOf("email:jane.smith@example.com"),
    ),
    (
        "CAEP risk-level-change about a name of another issuer",
        |s| {
            s.claims["sub_id"] =
                json!({"format": "iss_sub", "iss": "https://other.example.com/", "sub": "jane.doe@example.com"});
            s.event(&format!("{CAEP}risk-level-change"), json!({"current_level": "HIGH", "principal": "USER"}));
        },
        EventOfNobody,
    ),
    (
        "RISC account-disabled for hijacking",
        |s| {
            s.claims["sub_id"] = json!({"format": "iss_sub", "iss": ISSUER, "sub": "7375626A656374"});
            s.event(&format!("{RISC}account-disabled"), json!({"reason": "hijacking"}));
        },
        EventOf("email:7375626a656374"),
    ),
    (
        "RISC credential-compromise about a telephone",
        |s| {
            s.claims["sub_id"] = json!({"format": "phone_number", "phone_number": "+8613800000001"});
            s.event(&format!("{RISC}credential-compromise"), json!({"credential_type": "password"}));
        },
        EventOf("mobile:+8613800000001"),
    ),
    (
        "an account",
        |s| s.claims["sub_id"] = json!({"format": "account", "uri": "acct:li.si@example.com"}),
        EventOf("email:li.si@example.com"),
    ),
    ("an opaque name", |s| s.claims["sub_id"] = json!({"format": "opaque", "id": "00u-1"}), EventOf("email:00u-1")),
    (
        "aliases, of which the address counts",
        |s| {
            let names = json!([{"format": "opaque", "id": "x"}, {"format": "email", "email": "a@example.com"}]);
            s.claims["sub_id"] = json!({"format": "aliases", "identifiers": names});
        },
        EventOf("email:a@example.com"),
    ),
    (
        "aliases with two addresses, which may be two people",
        |s| {
            s.aliases(
                json!([{"format": "email", "email": "a@example.com"}, {"format": "email", "email": "b@example.com"}]),
            )
        },
        EventOfNobody,
    ),
    (
        "aliases with one address twice",
        |s| {
            s.aliases(json!([{"format": "email", "email": "a@example.com"}, {"format": "account", "uri": "acct:A@example.com"}]))
        },
        EventOf("email:a@example.com"),
    ),
    (
        "aliases with one address and two names at one issuer",
        |s| {
            let at_issuer = |name: &str| json!({"format": "iss_sub", "iss": ISSUER, "sub": name});
            s.aliases(json!([{"format": "email", "email": "a@example.com"}, at_issuer("1"), at_issuer("2")]));
        },
        EventOfNobody,
    ),
    (
        "more aliases than are read",
        |s| s.aliases(json!(vec![json!({"format": "email", "email": "a@example.com"}); 17])),
        EventOfNobody,
    ),
    (
        "a decentralized identifier",
        |s| s.claims["sub_id"] = json!({"format": "did", "url": "did:example:1"}),
        EventOfNobody,
    ),
    ("a subject that is none", |s| s.claims["sub_id"] = json!("zhang"), EventOfNobody),
    ("no subject at all", |s| s.without("sub_id"), EventOfNobody),
    (
        "Okta session-revoked: subject inside, milliseconds",
        |s| {
            s.without("sub_id");
            let subject = json!({"format": "iss_sub", "iss": ISSUER, "sub": "okta-user-id1"});
            s.event(
                &format!("{CAEP}session-revoked"),
                json!({"subject": subject, "event_timestamp": 1_615_304_991_643_i64}),
            );
        },
        EventOf("email:okta-user-id1"),
    ),
    (
        "Okta credential-change of all factors",
        |s| {
            s.without("sub_id");
            let subject = json!({"format": "iss_sub", "iss": ISSUER, "sub": "okta-user-id1"});
            s.event(
                &format!("{CAEP}credential-change"),
                json!({"subject": subject, "credential_type": "ALL_FACTORS", "change_type": "revoke"}),
            );
        },
        EventOf("email:okta-user-id1"),
    ),
    (
        "an older draft with subject_type iss-sub",
        |s| {
            s.without("sub_id");
            let subject = json!({"subject_type": "iss-sub", "iss": ISSUER, "sub": "7375"});
            s.event(&format!("{RISC}account-disabled"), json!({"subject": subject, "reason": "bulk-account"}));
        },
        EventOf("email:7375"),
    ),
    (
        "an older draft with subject_type phone",
        |s| {
            s.without("sub_id");
            s.event(
                &format!("{RISC}sessions-revoked"),
                json!({"subject": {"subject_type": "phone", "phone": "+12065550100"}}),
            );
        },
        EventOf("mobile:+12065550100"),
    ),
    (
        "the first draft of CAEP, parts without a format",
        |s| {
            s.without("sub_id");
            let user = json!({"format": "email", "email": "a@example.com"});
            s.event(&format!("{CAEP}session-revoked"), json!({"subject": {"user": user}}));
        },
        EventOf("email:a@example.com"),
    ),
    (
        "the same subject beside and inside",
        |s| {
            let subject = s.claims["sub_id"].clone();
            s.event(&format!("{CAEP}session-revoked"), json!({"subject": subject}));
        },
        EventOf("email:zhang.san@example.com"),
    ),
    (
        "two subjects that differ",
        |s| {
            s.event(
                &format!("{CAEP}session-revoked"),
                json!({"subject": {"format": "email", "email": "b@example.com"}}),
            );
        },
        EventOfNobody,
    ),
    (
        "verification",
        |s| {
            s.claims["sub_id"] = json!({"format": "opaque", "id": "f67e39a0"});
            s.event("https://schemas.openid.net/secevent/ssf/event-type/verification", json!({"state": "VGhpcw=="}));
        },
        Verification,
    ),
    (
        "verification of an older draft, unasked",
        |s| {
            s.without("sub_id");
            s.event("https://schemas.openid.net/secevent/sse/event-type/verification", json!({}));
        },
        Verification,
    ),
    (
        "stream-updated",
        |s| {
            s.claims["sub_id"] = json!({"format": "opaque", "id": "f67e39a0"});
            s.event(
                "https://schemas.openid.net/secevent/ssf/event-type/stream-updated",
                json!({"status": "paused", "reason": "Internal error"}),
            );
        },
        StreamUpdated,
    ),
];

const REFUSED: &[(&str, Change, Becomes)] = &[
    (
        "alg none, without a signature",
        |s| {
            s.header["alg"] = "none".into();
            s.body = Box::new(|token| format!("{}.", token.rsplit_once('.').unwrap().0));
        },
        Refused("token_not_compact", "invalid_request"),
    ),
    ("alg none, with a signature", |s| s.header["alg"] = "none".into(), Refused("token_algorithm", "invalid_key")),
    (
        "HS256 with the public key as secret",
        |s| {
            let public = URL_SAFE_NO_PAD.decode(ed25519().jwk()["x"].as_str().unwrap()).unwrap();
            by_hmac(s, public);
        },
        Refused("token_algorithm", "invalid_key"),
    ),
    (
        "HS256 with the published set as secret",
        |s| by_hmac(s, jwks(&[ed25519()])),
        Refused("token_algorithm", "invalid_key"),
    ),
    (
        "an algorithm that the source does not allow",
        |s| s.header["alg"] = "RS384".into(),
        Refused("token_algorithm", "invalid_key"),
    ),
    ("an algorithm that does not fit the key", |s| s.header["alg"] = "ES256".into(), NeedsKeys("token_unknown_key")),
    (
        "no algorithm",
        |s| {
            s.header.as_object_mut().unwrap().remove("alg");
        },
        Refused("token_header", "invalid_request"),
    ),
    (
        "an embedded key",
        |s| {
            s.signer = stranger("ed-1");
            s.header["jwk"] = s.signer.jwk();
        },
        Refused("token_own_key", "invalid_key"),
    ),
    ("jku", |s| s.header["jku"] = "https://evil.example.com/jwks".into(), Refused("token_own_key", "invalid_key")),
    ("x5u", |s| s.header["x5u"] = "https://evil.example.com/cert".into(), Refused("token_own_key", "invalid_key")),
    (
        "an unknown extension is critical",
        |s| {
            s.header["crit"] = json!(["b64"]);
            s.header["b64"] = json!(false);
        },
        Refused("token_critical", "invalid_request"),
    ),
    ("crit, but empty", |s| s.header["crit"] = json!([]), Refused("token_critical", "invalid_request")),
    ("a stranger's key under a known name", |s| s.signer = stranger("ed-1"), NeedsKeys("token_signature")),
    ("a key that is not published", |s| s.signed_by(stranger("new"), "new"), NeedsKeys("token_unknown_key")),
    ("a key of RSA that is not published", |s| s.signed_by(rsa(), "rsa-1"), NeedsKeys("token_unknown_key")),
    ("a kid that is a number", |s| s.header["kid"] = json!(1), Refused("token_header", "invalid_request")),
    ("an endless kid", |s| s.header["kid"] = "k".repeat(257).into(), Refused("token_header", "invalid_request")),
    (
        "an altered event",
        |s| {
            s.body = Box::new(|token| {
                let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
                let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(&parts[1]).unwrap()).unwrap();
                parts[1] = URL_SAFE_NO_PAD.encode(claims.replace("Zhang.San", "Li.Si.Wang"));
                parts.join(".")
            })
        },
        NeedsKeys("token_signature"),
    ),
    (
        "an altered header",
        |s| {
            s.body = Box::new(|token| {
                format!("{}.{}", URL_SAFE_NO_PAD.encode(format!("{HEADER} ")), token.split_once('.').unwrap().1)
            })
        },
        NeedsKeys("token_signature"),
    ),
    (
        "half a signature",
        |s| s.body = Box::new(|token| token[..token.len() - 46].to_owned()),
        NeedsKeys("token_signature"),
    ),
    (
        "a signature with padding",
        |s| s.body = Box::new(|token| format!("{token}==")),
        Refused("token_not_compact", "invalid_request"),
    ),
    (
        "a line break at the end",
        |s| s.body = Box::new(|token| format!("{token}\n")),
        Refused("token_not_compact", "invalid_request"),
    ),
    (
        "four parts",
        |s| s.body = Box::new(|token| format!("{token}.e30")),
        Refused("token_not_compact", "invalid_request"),
    ),
    (
        "two parts",
        |s| s.body = Box::new(|token| token.rsplit_once('.').unwrap().0.to_owned()),
        Refused("token_not_compact", "invalid_request"),
    ),
    ("no body", |s| s.body = Box::new(|_| String::new()), Refused("token_not_compact", "invalid_request")),
    (
        "a body of plain JSON",
        |s| s.body = Box::new(|_| r#"{"iss":"a"}"#.to_owned()),
        Refused("token_not_compact", "invalid_request"),
    ),
    ("2 MiB", |s| s.body = Box::new(|token| token + &"a".repeat(2 << 20)), Refused("set_too_large", "invalid_request")),
    (
        "one byte too long",
        |s| s.body = Box::new(|_| "a".repeat(SET_BYTES_MAX + 1)),
        Refused("set_too_large", "invalid_request"),
    ),
    ("the type of an access token", |s| s.header["typ"] = "at+jwt".into(), Refused("set_type", "invalid_request")),
    ("the type JWT", |s| s.header["typ"] = "JWT".into(), Refused("set_type", "invalid_request")),
    (
        "no type",
        |s| {
            s.header.as_object_mut().unwrap().remove("typ");
        },
        Refused("set_type", "invalid_request"),
    ),
    (
        "the content type of JSON",
        |s| s.content_type = vec!["application/json"],
        Refused("set_content_type", "invalid_request"),
    ),
    ("no content type", |s| s.content_type.clear(), Refused("set_content_type", "invalid_request")),
    (
        "two content types",
        |s| s.content_type.push("application/secevent+jwt"),
        Refused("set_content_type", "invalid_request"),
    ),
    ("no stream token", |s| s.authorization.clear(), Refused("set_authorization", "authentication_failed")),
    (
        "a wrong stream token",
        |s| s.authorization = vec!["Bearer wrong"],
        Refused("set_authorization", "authentication_failed"),
    ),
    (
        "the stream token twice",
        |s| s.authorization.push(STREAM_TOKEN),
        Refused("set_authorization", "authentication_failed"),
    ),
    ("no issuer", |s| s.without("iss"), Refused("set_issuer", "invalid_issuer")),
    (
        "another issuer",
        |s| s.claims["iss"] = "https://evil.example.com/".into(),
        Refused("set_issuer", "invalid_issuer"),
    ),
    (
        "an issuer without its slash",
        |s| s.claims["iss"] = "https://idp.example.com".into(),
        Refused("set_issuer", "invalid_issuer"),
    ),
    ("a list of issuers", |s| s.claims["iss"] = json!([ISSUER]), Refused("set_issuer", "invalid_issuer")),
    ("no audience", |s| s.without("aud"), Refused("set_audience", "invalid_audience")),
    (
        "another audience",
        |s| s.claims["aud"] = "https://other.example.com/".into(),
        Refused("set_audience", "invalid_audience"),
    ),
    ("an empty list of audiences", |s| s.claims["aud"] = json!([]), Refused("set_audience", "invalid_audience")),
    ("an iat in the future", |s| s.claims["iat"] = json!(NOW_S + 61), Refused("set_future", "invalid_request")),
    ("an exp that is over", |s| s.claims["exp"] = json!(NOW_S), Refused("set_expired", "invalid_request")),
    ("a claim twice", |s| written(s, HEADER, TWICE), Refused("token_claims", "invalid_request")),
    ("claims that are a list", |s| written(s, HEADER, "[]"), Refused("token_claims", "invalid_request")),
    (
        "a header member twice",
        |s| written(s, r#"{"typ":"secevent+jwt","alg":"none","alg":"EdDSA"}"#, "{}"),
        Refused("token_header", "invalid_request"),
    ),
];

pub(super) fn check(rows: &[(&str, Change, Becomes)]) {
    let judged = |change: Change| {
        let mut sent = Sent::good();
        change(&mut sent);
        sent.judged()
    };
    let wrong: Vec<_> = rows
        .iter()
        .map(|(name, change, becomes)| (name, judged(*change), becomes))
        .filter(|(_, judged, becomes)| judged != *becomes)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_transmitters_send_is_taken() {
    check(ACCEPTED);
    assert!(ACCEPTED.len() >= 30, "the table is whole");
}

#[test]
fn what_is_wrong_with_a_set_is_found() {
    check(REFUSED);
    assert!(REFUSED.len() >= 30, "the table is whole");
}

#[test]
fn without_a_stream_token_of_ours_none_is_asked_for() {
    let sent = Sent::good();
    let rules = SetRules { authorizations: Vec::new(), ..rules() };
    let headers: Headers<'_> = [("content-type", "application/secevent+jwt".as_bytes())].into_iter().collect();
    assert!(rules.verify(&headers, &sent.body(), Some(&keys(&[ed25519()])), now()).is_ok());
}
