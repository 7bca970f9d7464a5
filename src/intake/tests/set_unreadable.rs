//! Security event tokens that are their transmitter's, for us, and say nothing that anybody can read.

use serde_json::json;

use super::set_battery::{Change, check};
use super::set_sender::Becomes::{self, Refused, Unreadable};
use super::set_sender::{HEADER, ISSUER, Sent, written};

/// With these `events`, as they are written here.
fn signed(sent: &mut Sent, events: &str) {
    let claims = format!(r#"{{"iss":"{ISSUER}","aud":"second","jti":"756e6971","iat":1699999999,"events":{events}}}"#);
    written(sent, HEADER, claims.leak());
}

/// What is the transmitter's, and read by nobody.
const UNREADABLE: &[(&str, Change, Becomes)] = &[
    ("no jti", |s| s.without("jti"), Unreadable("set_id")),
    ("an empty jti", |s| s.claims["jti"] = "".into(), Unreadable("set_id")),
    ("a jti with a line break", |s| s.claims["jti"] = "a\nb".into(), Unreadable("set_id")),
    ("no iat", |s| s.without("iat"), Unreadable("set_issued_at_missing")),
    ("an iat in text", |s| s.claims["iat"] = "1700000000".into(), Unreadable("set_issued_at_missing")),
    ("a negative iat", |s| s.claims["iat"] = json!(-1), Unreadable("set_issued_at_missing")),
    ("a sub", |s| s.claims["sub"] = "zhang".into(), Unreadable("set_subject_claim")),
    ("no events", |s| s.without("events"), Unreadable("set_events")),
    ("a list of events", |s| s.claims["events"] = json!([{}]), Unreadable("set_events")),
    ("no event among the events", |s| s.claims["events"] = json!({}), Unreadable("set_events")),
    ("two events", |s| s.claims["events"]["urn:second"] = json!({}), Unreadable("set_events")),
    ("an event that is no object", |s| s.event("urn:a", json!("x")), Unreadable("set_events")),
    ("an event with a blank in its name", |s| s.event("urn: a", json!({})), Unreadable("set_events")),
    ("an event twice", |s| signed(s, r#"{"urn:a":{},"urn:a":{"x":1}}"#), Unreadable("json_duplicate_key")),
    (
        "an event that is too deep",
        |s| signed(s, &format!(r#"{{"urn:a":{}0{}}}"#, "[".repeat(40), "]".repeat(40))),
        Unreadable("json_limits"),
    ),
    (
        "an event that is deeper than any reader goes",
        |s| signed(s, &format!(r#"{{"urn:a":{}0{}}}"#, "[".repeat(4_000), "]".repeat(4_000))),
        Unreadable("json_limits"),
    ),
    ("a number beyond 64 bits", |s| signed(s, r#"{"urn:a":{"n":18446744073709551616}}"#), Unreadable("json_number")),
];

/// What is as unreadable, and nobody can tell whose or for whom it is.
const REFUSED: &[(&str, Change, Becomes)] = &[
    (
        "an unreadable event for another",
        |s| {
            written(
                s,
                HEADER,
                r#"{"iss":"https://idp.example.com/","aud":"third","jti":"a","iat":1,"events":1,"events":2}"#,
            )
        },
        Refused("set_audience", "invalid_audience"),
    ),
    (
        "an audience twice",
        |s| {
            written(
                s,
                HEADER,
                r#"{"iss":"https://idp.example.com/","aud":"third","aud":"second","jti":"a","iat":1,"events":{}}"#,
            )
        },
        Refused("token_claims", "invalid_request"),
    ),
    (
        "an unreadable event from the future",
        |s| {
            written(
                s,
                HEADER,
                r#"{"iss":"https://idp.example.com/","aud":"second","jti":"a","iat":1700009999,"events":1,"events":2}"#,
            )
        },
        Refused("set_future", "invalid_request"),
    ),
    (
        "a list that cannot be read",
        |s| written(s, HEADER, r#"["https://idp.example.com/","second","a",1,null,{"a":1,"a":2}]"#),
        Refused("token_claims", "invalid_request"),
    ),
    (
        "a list of what a SET claims that cannot be read",
        |s| written(s, HEADER, r#"["https://idp.example.com/","second",{"a":1,"a":2},1,null]"#),
        Refused("token_claims", "invalid_request"),
    ),
    (
        "an audience in a name of our own parser",
        |s| {
            written(
                s,
                HEADER,
                r#"{"iss":"https://idp.example.com/","aud":{"$serde_json::private::RawValue":"\"second\""},"jti":"a","iat":1,"events":1}"#,
            )
        },
        Refused("token_claims", "invalid_request"),
    ),
];

#[test]
fn what_nobody_can_read_in_a_set_is_its_transmitters_all_the_same() {
    check(UNREADABLE);
}

#[test]
fn what_is_not_known_for_ours_is_refused_as_unreadable_as_it_is() {
    check(REFUSED);
}
