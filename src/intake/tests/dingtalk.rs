//! DingTalk's callbacks through the door: what is believed, what is not, and what is answered.

use serde_json::{Value, json};

use super::*;
use crate::intake::dingtalk::SUCCESS;

const SOURCE: &str = "source";
const OWNER: &str = "dingtestonlyappkey01";
/// Tokens and AES keys as the console takes them, each of which says what it is.
const TOKEN: &str = "testonly7yQm4vTzKc1tokenA";
const TOKEN_NEW: &str = "testonly9wPn2xRbLd8tokenB";
const AES_KEY: &str = "testonly7yQm4vTzKc1AesKeyOfNobodyAtAll00001";
const AES_KEY_NEW: &str = "testonly9wPn2xRbLd8AesKeyOfNobodyAtAll00002";
const EVENT: &str =
    r#"{"EventType":"user_leave_org","EventTime":1699999990000,"eventId":"c7c7","timeStamp":"1699999991000"}"#;

fn key() -> DingTalkKey {
    DingTalkKey::new(TOKEN, AES_KEY, OWNER).unwrap()
}

fn fresh() -> Fresh {
    Fresh { bytes: *b"1234567890123456", nonce: "nEXhMP4r".to_owned() }
}

/// Settings with one source of this kind.
pub(super) fn setup() -> Setup {
    with_secrets(&[("only", TOKEN, AES_KEY)])
}

fn with_secrets(secrets: &[(&str, &str, &str)]) -> Setup {
    let mut setup = Setup::empty();
    let secret = |(name, token, aes_key): &(&str, &str, &str)| {
        let aes_key = setup.secret(SOURCE, &format!("{name}-aes-key"), aes_key).file;
        SecretSettings { aes_key_file: Some(aes_key), ..setup.secret(SOURCE, name, token) }
    };
    let secrets = secrets.iter().map(secret).collect();
    let dingtalk = serde_json::from_value(json!({ "owner": OWNER })).unwrap();
    let source = SourceSettings { dingtalk, ..SourceSettings::of(SourceKind::DingtalkEvents, secrets) };
    setup.settings.sources.insert(SourceName::parse(SOURCE).unwrap(), source);
    setup
}

/// What DingTalk sends now.
pub(super) fn pushed(message: &str) -> Request {
    pushed_by(&key(), message.as_bytes(), now())
}

fn pushed_by(key: &DingTalkKey, message: &[u8], sent_at: Timestamp) -> Request {
    let Push { query, body } = key.push(message, sent_at, &fresh());
    Request { query, ..Request::unsigned(SOURCE, body) }
}

impl Request {
    fn with_query(self, change: impl FnOnce(String) -> String) -> Self {
        Self { query: change(self.query), ..self }
    }
}

fn read(answer: Option<&Answer>) -> String {
    let document = answer.unwrap().document(now(), &fresh());
    String::from_utf8(key().read_answer(&document).unwrap()).unwrap()
}

#[test]
fn an_event_is_a_whole_alert_and_answered_with_success() {
    let delivery = pushed(EVENT).delivery(&setup().build());
    let [alert] = &delivery.alerts[..] else { panic!("one alert") };
    assert_eq!(alert.event, serde_json::from_str::<Value>(EVENT).unwrap(), "as DingTalk wrote it");
    assert_eq!((alert.key.as_str(), alert.summary.secret.as_str()), ("c7c7", "only"));
    assert_eq!(alert.summary.assurance, crate::incident::Assurance::A);
    assert_eq!(alert.summary.occurred_at, Some(at(1_699_999_990)));
    assert_eq!(alert.summary.body_digest, crate::incident::Digest::of(EVENT.as_bytes()), "of what was encrypted");
    assert_eq!(read(delivery.answer.as_ref()), SUCCESS);
}

#[test]
fn all_spellings_of_the_parameters_are_taken_also_together() {
    let intake = setup().build();
    let request = pushed(EVENT);
    let signature = request.query.split(['=', '&']).nth(1).unwrap().to_owned();
    for query in [
        request.query.replace("msg_signature=", "signature="),
        request.query.replace("timestamp=", "timeStamp="),
        request.query.replace("msg_signature=", "signature=").replace("timestamp=", "timeStamp="),
        format!("signature={signature}&{}&timeStamp={}000", request.query, NOW_S),
        format!("{}&corpId=x&corpId=y", request.query),
    ] {
        assert_eq!(request.clone().with_query(|_| query).refusal(&intake), None);
    }
}

#[test]
fn a_parameter_that_is_missing_repeated_or_misspelled_is_refused() {
    let intake = setup().build();
    let request = pushed(EVENT);
    let query = request.query.clone();
    let cases = [
        (query.replace("msg_signature", "Signature"), Refusal::SignatureMissing),
        (query.replace("msg_signature=", "msg_signature=&x="), Refusal::SignatureMalformed),
        (format!("{query}&msg_signature={}", &query[14..54]), Refusal::SignatureMalformed),
        (format!("{query}&signature={}", "0".repeat(40)), Refusal::SignatureMalformed),
        (format!("{query}&signature="), Refusal::SignatureMalformed),
        (
            format!("{}{}", query[..54].to_uppercase().replace("MSG_SIGNATURE", "msg_signature"), &query[54..]),
            Refusal::SignatureMalformed,
        ),
        (format!("{}{}", &query[..53], &query[54..]), Refusal::SignatureMalformed),
        (format!("{}0{}", &query[..54], &query[54..]), Refusal::SignatureMalformed),
        (query.replace("timestamp", "TimeStamp"), Refusal::TimestampMissing),
        (format!("{query}&timestamp={NOW_S}000"), Refusal::TimestampMalformed),
        (format!("{query}&timeStamp={NOW_S}001"), Refusal::TimestampMalformed),
        (query.replace("timestamp=", "timestamp=0"), Refusal::TimestampMalformed),
        (query.replace("nonce", "Nonce"), Refusal::SignatureMalformed),
        (format!("{query}&nonce=nEXhMP4r"), Refusal::SignatureMalformed),
        (query.replace("nonce=", "nonce=%2B"), Refusal::SignatureMalformed),
        (String::new(), Refusal::SignatureMissing),
    ];
    check_refusals(&intake, cases.map(|(query, refusal)| (request.clone().with_query(|_| query), refusal)));
}

#[test]
fn a_body_without_exactly_one_text_that_is_encrypted_is_refused() {
    let intake = setup().build();
    let request = pushed(EVENT);
    let body = String::from_utf8(request.body.clone()).unwrap();
    let twice = body.replace('}', &format!(",{}", &body[1..]));
    let bodies =
        ["", "{}", "[]", "{", r#"{"encrypt":7}"#, r#"{"encrypt":null}"#, r#"{"Encrypt":"AAAA"}"#, EVENT, &twice];
    check_refusals(&intake, bodies.map(|body| (request.clone().with_body(body), Refusal::SignatureMalformed)));
    let beside = body.replace('}', r#","corpId":{"a":1}}"#);
    assert_eq!(request.with_body(beside).refusal(&intake), None, "what stands beside it is not looked at");
}

#[test]
fn what_is_signed_otherwise_or_changed_is_refused() {
    let intake = setup().build();
    let request = pushed(EVENT);
    let wrong = |request: Request| (request, Refusal::SignatureWrong);
    let other_token = DingTalkKey::new(TOKEN_NEW, AES_KEY, OWNER).unwrap();
    let other = pushed(&EVENT.replace("c7c7", "c8c8"));
    let first = request.query.chars().nth(14).unwrap();
    let altered = request.query.replacen(&format!("={first}"), if first == '0' { "=1" } else { "=0" }, 1);
    check_refusals(
        &intake,
        [
            wrong(request.clone().with_query(|_| altered)),
            wrong(request.clone().with_query(|query| query.replace("nEXhMP4r", "nEXhMP4s"))),
            wrong(request.clone().with_query(|query| query.replace("1700000000000", "1700000000001"))),
            wrong(request.clone().with_body(other.body)),
            wrong(pushed_by(&other_token, EVENT.as_bytes(), now())),
        ],
    );
}

#[test]
fn where_one_signed_text_ends_and_the_next_begins_makes_no_other_moment() {
    let intake = setup().build();
    let sent_at = Timestamp::from_millisecond(NOW_S * 1_000 + 999).unwrap();
    // Of these chances one makes what is encrypted stand last, so that time and nonce are neighbours.
    let last = |first: &u8| {
        let push = key().push(EVENT.as_bytes(), sent_at, &Fresh { bytes: [*first; 16], ..fresh() });
        let is_last = push.body.starts_with(br#"{"encrypt":"z"#);
        is_last.then(|| Request { query: push.query, ..Request::unsigned(SOURCE, push.body) })
    };
    let request = (0..=255).find_map(|first| last(&first)).unwrap();
    let shifted = |from: &str, to: &str| request.clone().with_query(|query| query.replace(from, to));
    assert_eq!(shifted("999&nonce=", "&nonce=999").refusal(&intake), None, "it fits, and the time is the same");
    for (from, to) in [("99&nonce=", "&nonce=99"), ("9&nonce=", "&nonce=9"), ("0999&nonce=", "&nonce=0999")] {
        assert_eq!(shifted(from, to).refusal(&intake), Some(Refusal::TimestampMalformed), "{to}");
    }
}

#[test]
fn what_is_encrypted_otherwise_or_for_another_owner_is_refused() {
    let intake = setup().build();
    let of_others = [(AES_KEY_NEW, OWNER), (AES_KEY, "dingtestonlyappkey02"), (AES_KEY, ""), (AES_KEY, "owner")];
    let of_others = of_others.map(|(aes_key, owner)| DingTalkKey::new(TOKEN, aes_key, owner).unwrap());
    let requests = of_others.map(|key| (pushed_by(&key, EVENT.as_bytes(), now()), Refusal::EnvelopeWrong));
    check_refusals(&intake, requests);
}

#[test]
fn a_callback_is_taken_only_about_when_it_was_sent() {
    let intake = setup().build();
    for (age_s, refusal) in [
        (0, None),
        (300, None),
        (-300, None),
        (301, Some(Refusal::TimestampStale)),
        (-301, Some(Refusal::TimestampFuture)),
        (86_400 * 365, Some(Refusal::TimestampStale)),
    ] {
        assert_eq!(pushed_by(&key(), EVENT.as_bytes(), at(NOW_S - age_s)).refusal(&intake), refusal, "{age_s}");
    }
}

#[test]
fn an_authentic_callback_that_cannot_be_read_is_kept_opened_and_answered() {
    let intake = setup().build();
    for (message, reason) in [
        (&b"{"[..], Unreadable::JsonSyntax),
        (b"", Unreadable::JsonSyntax),
        (b"\xff\xfe{}", Unreadable::JsonSyntax),
        (b"[]", Unreadable::SchemaObject),
        (br#"{"EventType":"a","EventType":"b"}"#, Unreadable::JsonDuplicateKey),
        (br#"{"EventType":"a","EventTime":"yesterday"}"#, Unreadable::SchemaTime),
    ] {
        match pushed_by(&key(), message, now()).send(&intake) {
            Ok(Received::NotUnderstood(delivery)) => {
                let NotUnderstood { reason: found, proven, answer, .. } = delivery.get();
                assert_eq!((*found, proven.as_deref()), (reason, Some(message)));
                assert_eq!(read(answer.as_deref()), SUCCESS);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_asks_only_whether_we_are_there_is_answered_and_is_no_alert() {
    let intake = setup().build();
    for (message, expected) in [
        (json!({"EventType": "check_url"}), SUCCESS),
        (json!({"eventType": "check_url"}), SUCCESS),
        (json!({"EventType": "check_create_suite_url", "Random": "LPIdSnlF"}), "LPIdSnlF"),
        (json!({"EventType": "check_update_suite_url", "random": "Aedr5LMW"}), "Aedr5LMW"),
    ] {
        match pushed(&message.to_string()).send(&intake) {
            Ok(Received::Handshake(reply)) => {
                let Reply::Sealed(answer) = reply.get() else { panic!("{reply:?}") };
                assert_eq!(read(Some(answer)), expected);
            }
            other => panic!("{other:?}"),
        }
    }
    for message in [
        json!({"EventType": "check_create_suite_url"}),
        json!({"EventType": "check_create_suite_url", "Random": ""}),
        json!({"EventType": "check_create_suite_url", "Random": "a\nb"}),
        json!({"EventType": "check_update_suite_url", "Random": "x".repeat(129)}),
        json!({"EventType": "user_add_org", "Random": "a"}),
    ] {
        assert_eq!(pushed(&message.to_string()).delivery(&intake).alerts.len(), 1, "{message}");
    }
}

#[test]
fn the_same_event_sent_again_is_the_same_and_with_another_content_it_is_not() {
    let intake = setup().build();
    let content = |message: &str| {
        let delivery = pushed(message).delivery(&intake);
        assert_eq!(delivery.id, Some("c7c7".to_owned()));
        delivery.content
    };
    assert_eq!(content(EVENT), content(&EVENT.replace("1699999991000", "1699999999000")), "stamped again");
    assert_eq!(content(EVENT), content(&EVENT.replace("eventId", "EventID").replace("EventID", "eventId")));
    assert_ne!(content(EVENT), content(&EVENT.replace("user_leave_org", "user_add_org")));
    assert_ne!(content(EVENT), content(&EVENT.replace("1699999990000", "1699999990001")));
}

#[test]
fn an_event_without_an_id_is_known_by_what_it_says_whatever_it_is_encrypted_with() {
    let intake = setup().build();
    let message = br#"{"EventType":"user_add_org","TimeStamp":"1699999990","UserId":["a"]}"#;
    let known = |request: Request, now: Timestamp| match request.send_at(&intake, now) {
        Ok(Received::Understood(delivery)) => delivery.into_inner().alerts.remove(0).key,
        other => panic!("{other:?}"),
    };
    let first = pushed_by(&key(), message, now());
    let replayed = known(first.clone(), at(NOW_S + 299));
    let Push { query, body } = key().push(message, at(NOW_S + 30), &Fresh::random().unwrap());
    let again = Request { query, ..Request::unsigned(SOURCE, body) };
    assert_eq!(known(first, now()), replayed, "a replay is the same alert, so no nonces are remembered");
    assert_eq!(known(again, at(NOW_S + 30)), replayed);
}

#[test]
fn two_pairs_are_live_while_either_half_is_replaced() {
    for pairs in [
        [("old", TOKEN, AES_KEY), ("new", TOKEN_NEW, AES_KEY_NEW)],
        [("old", TOKEN, AES_KEY), ("new", TOKEN, AES_KEY_NEW)],
        [("old", TOKEN, AES_KEY), ("new", TOKEN_NEW, AES_KEY)],
    ] {
        let intake = with_secrets(&pairs).build();
        for (name, token, aes_key) in pairs {
            let key = DingTalkKey::new(token, aes_key, OWNER).unwrap();
            let delivery = pushed_by(&key, EVENT.as_bytes(), now()).delivery(&intake);
            assert_eq!(delivery.alerts[0].summary.secret, name);
            let answer = delivery.answer.unwrap().document(now(), &fresh());
            assert_eq!(key.read_answer(&answer).as_deref(), Some(SUCCESS.as_bytes()), "by whoever sent it");
        }
    }
    let intake = with_secrets(&[("old", TOKEN, AES_KEY), ("new", TOKEN_NEW, AES_KEY_NEW)]).build();
    let crossed = DingTalkKey::new(TOKEN, AES_KEY_NEW, OWNER).unwrap();
    let refusal = pushed_by(&crossed, EVENT.as_bytes(), now()).refusal(&intake);
    assert_eq!(refusal, Some(Refusal::EnvelopeWrong), "a token goes with its own AES key");
}

#[test]
fn secrets_that_protect_nothing_or_are_there_twice_do_not_start() {
    use SecretProblem::{DingTalkTokenTooShort, Guessable, NotDingTalkAesKey, NotDingTalkToken};
    for (token, aes_key, expected) in [
        ("testonly7yQm4vT", AES_KEY, DingTalkTokenTooShort),
        ("testonly7yQm4vTzKc1tokenA00000000", AES_KEY, NotDingTalkToken),
        ("testonly-yQm4vTzKc1tokenA", AES_KEY, NotDingTalkToken),
        ("aaaaaaaaaaaaaaaaaaaa", AES_KEY, Guessable),
        ("abcdefghabcdefgh", AES_KEY, Guessable),
        (TOKEN, &AES_KEY[1..], NotDingTalkAesKey),
        (TOKEN, "1234567890123456789012345678901234567890123", Guessable),
    ] {
        let error = with_secrets(&[("only", token, aes_key)]).try_build().unwrap_err();
        assert!(matches!(&error, SetupError::Secret { problem, .. } if *problem == expected), "{token}: {error:?}");
        assert!(!format!("{error} {error:?}").contains(token));
    }
    let twice = with_secrets(&[("a", TOKEN, AES_KEY), ("b", TOKEN, AES_KEY)]).try_build().unwrap_err();
    assert!(matches!(twice, SetupError::SecretShared { .. }), "{twice}");

    let mut setup = setup();
    let mut other = setup.settings_of(SOURCE).clone();
    other.secrets[0].file = setup.secret("other", "token", TOKEN_NEW).file;
    setup.settings.sources.insert(SourceName::parse("zother").unwrap(), other);
    let shared = setup.try_build().unwrap_err();
    assert!(matches!(shared, SetupError::SecretShared { .. }), "the AES key is another source's: {shared}");
}

/// A change to settings, and what is said of it.
type Case = (fn(&mut SourceSettings), &'static str);

#[test]
fn settings_that_do_not_fit_together_do_not_start() {
    let cases: [Case; 8] = [
        (|source| source.dingtalk = None, "needs `dingtalk"),
        (|source| source.dingtalk.as_mut().unwrap().owner.clear(), "`owner` is"),
        (|source| source.dingtalk.as_mut().unwrap().owner = "corp id".to_owned(), "`owner` is"),
        (|source| source.dingtalk.as_mut().unwrap().tolerance_s = 59, "`tolerance_s` is"),
        (|source| source.dingtalk.as_mut().unwrap().tolerance_s = 3_601, "`tolerance_s` is"),
        (|source| source.secrets[0].aes_key_file = None, "needs `aes_key_file`"),
        (|source| source.signature = Some(SchemeName::GithubHmac.into()), "`dingtalk` is for"),
        (
            |source| {
                source.signature = Some(SchemeName::GithubHmac.into());
                source.dingtalk = None;
            },
            "needs no `aes_key_file`",
        ),
    ];
    for (change, said) in cases {
        let mut setup = setup();
        change(setup.settings_of(SOURCE));
        let error = setup.try_build().unwrap_err().to_string();
        assert!(error.contains(said), "{said}: {error}");
    }
}

#[test]
fn a_gateway_may_open_callbacks_and_sign_what_was_in_them() {
    let mut setup = setup();
    let settings = setup.settings_of(SOURCE);
    *settings = SourceSettings {
        signature: Some(SchemeName::GithubHmac.into()),
        dingtalk: None,
        secrets: vec![SecretSettings { aes_key_file: None, ..settings.secrets.remove(0) }],
        ..settings.clone()
    };
    let request = Request::signed_by(SOURCE, SchemeName::GithubHmac, TOKEN, "", EVENT, now());
    let delivery = request.delivery(&setup.build());
    assert_eq!(delivery.alerts[0].key, "c7c7");
    assert!(delivery.answer.is_none());
}

/// The page's example is settings that start.
#[test]
fn the_example_on_the_page_is_good() {
    use figment::providers::Format as _;
    let page = include_str!("../../../deploy/senders/dingtalk-events.md");
    let [_, example] = page.split("```toml\n").collect::<Vec<_>>()[..] else { panic!("one example") };
    let text = example.split("```").next().unwrap();
    let settings: Value = figment::Figment::from(figment::providers::Toml::string(text)).extract().unwrap();
    let source: SourceSettings = serde_json::from_value(settings["intake"]["sources"]["dingtalk"].clone()).unwrap();
    assert_eq!(crate::intake::dingtalk::flaw(&source, true), None);
    assert_eq!((source.kind, source.addresses.len()), (SourceKind::DingtalkEvents, 4));
}
