//! Whatever is sent, nothing panics, and nothing is taken that proves nothing: for a source of every kind and every
//! known way to sign. The same laws as those of `fuzz/`.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

const SOURCE: &str = "fuzzed";

struct Door {
    settings: SourceSettings,
    secret: String,
    intake: Intake,
}

/// One for each sort of source that needs no keys from elsewhere.
static DOORS: LazyLock<Vec<Door>> = LazyLock::new(|| {
    let kinds = SourceKind::ALL.iter().map(|kind| SourceSettings::of(*kind, Vec::new()));
    let signing = SchemeName::ALL.into_iter().map(|name| SourceSettings {
        signature: Some(name.into()),
        ..SourceSettings::of(SourceKind::Generic, Vec::new())
    });
    kinds.chain(signing).filter_map(door).collect()
});

fn door(mut settings: SourceSettings) -> Option<Door> {
    let mut setup = Setup::empty();
    settings.allow_unsigned = true;
    let random: [u8; SECRET_BYTES] = std::array::from_fn(|place| u8::try_from(place * 37 % 251).unwrap() ^ 0x5a);
    let secret = settings.new_secret(&random).ok()??;
    settings.secrets = vec![setup.secret(SOURCE, "only", &secret)];
    setup.settings.sources.insert(SourceName::parse(SOURCE).unwrap(), settings.clone());
    Some(Door { settings, secret, intake: setup.build() })
}

/// JSON of some sort, or anything.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let json = prop_oneof![
        Just(r#"{"alerts":[{}],"data":{"events":[{"uuid":"e"}]},"event":{"id":7},"value":[{"clientState":null}]}"#),
        Just(r#"[{"id":"e","eventType":"x"},[],{"log_id":"1","data":{"type":"a"}}]"#),
        Just("{\"log_id\":\"1\",\"data\":{\"type\":\"a\"}}\n\n{\"log_id\":\"1\"}\n"),
        Just(r#"{"type":"url_verification","challenge":"\u0000"}"#),
    ];
    let spoilt = (json, any::<prop::sample::Index>(), any::<u8>()).prop_map(|(text, at, byte)| {
        let mut bytes = text.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes
    });
    prop_oneof![spoilt, proptest::collection::vec(any::<u8>(), 0..200), "\\PC{0,200}".prop_map(String::into_bytes)]
}

proptest! {
    #[test]
    fn whatever_is_proven_is_read_or_refused_and_nothing_panics(at in any::<prop::sample::Index>(), body in body()) {
        let Door { settings, secret, intake } = at.get(&DOORS);
        let outgoing = Sender::new(settings, secret).unwrap().prove("id", &body, now()).unwrap();
        let (in_path, query) = match outgoing.path.split_at_checked(1) {
            Some(("/", secret)) => (Some(secret.to_owned()), String::new()),
            Some((_, query)) => (None, query.to_owned()),
            None => (None, String::new()),
        };
        let request = Request { secret: in_path, query, ..Request::unsigned(SOURCE, &body) };
        let request = outgoing.headers.iter().fold(request, |request, (name, value)| request.with(name, value));
        match request.send(intake) {
            Ok(Received::Understood(delivery)) => prop_assert!(!delivery.get().alerts.is_empty()),
            Ok(Received::NotUnderstood(_) | Received::Handshake(_) | Received::Tried) => {}
            // In the body it is not proven yet.
            Err(refusal) => prop_assert!(refusal.is_authentication(), "{refusal:?}"),
        }
    }

    #[test]
    fn whatever_proves_nothing_is_refused(
        at in any::<prop::sample::Index>(),
        body in body(),
        query in "[a-z=&%]{0,20}",
        secret in proptest::option::of("[!-~]{0,40}"),
        values in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 3),
    ) {
        let Door { intake, .. } = at.get(&DOORS);
        let mut request = Request { secret, query, ..Request::unsigned(SOURCE, &body) };
        let names = ["webhook-id", "webhook-timestamp", "webhook-signature", "authorization", "x-hub-signature-256", "stripe-signature"];
        for (name, value) in names.iter().zip(values.iter().cycle()) {
            request = request.with(name, value);
        }
        prop_assert!(request.refusal(intake).is_some_and(|refusal| refusal.is_authentication()));
    }
}
