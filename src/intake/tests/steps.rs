//! What an operator is told to do at a sender, done as it is told: the delivery that comes of it is taken.

use super::*;
use crate::intake::shared::SecretPlace;

const SOURCE: &str = "source";
const ADDRESS: &str = "https://portcullis.example.com/v1/alerts/source";
/// Those that are known by something else than a secret or signature that could be said.
const KNOWN_OTHERWISE: [SourceKind; 5] =
    [SourceKind::Ssf, SourceKind::OktaSsf, SourceKind::GooglePubsub, SourceKind::Sns, SourceKind::DingtalkEvents];

/// What somebody does who does what the steps say.
#[derive(Debug, Default)]
struct Done {
    url: String,
    headers: Vec<(String, String)>,
    members: Vec<(String, String)>,
    /// Lines that have the secret or a half of it, and nobody knows what for.
    unread: Vec<String>,
}

impl Done {
    fn by(steps: &str, secret: &str) -> Self {
        let mut done = Self::default();
        let credentials = secret.strip_prefix("Bearer ").unwrap_or(secret);
        let mut scheme = None;
        for step in steps.lines() {
            let mut rest = step;
            while let Some((_, url)) = rest.split_once(ADDRESS) {
                let end = url.find(|end: char| end.is_whitespace() || "\"<,".contains(end)).unwrap_or(url.len());
                let url = format!("{ADDRESS}{}", &url[..end]);
                assert!(done.url.is_empty() || done.url == url, "two URLs: {steps}");
                (done.url, rest) = (url, &rest[rest.find(ADDRESS).unwrap() + ADDRESS.len() + end..]);
            }
            let step = step.replace(&done.url, "");
            if let Some((_, said)) = step.split_once("authorization: {type: ") {
                scheme = said.split(',').next().map(str::to_owned);
            } else if let Some((_, said)) = step.split_once("Authorization Header - Scheme: ") {
                scheme = Some(said.to_owned());
            } else if step.contains(credentials) {
                done.read(&step, secret, scheme.as_deref());
            }
        }
        done
    }

    /// One step with the secret or the half of it that stands behind the scheme.
    fn read(&mut self, step: &str, secret: &str, scheme: Option<&str>) {
        let in_url = secret.replace(' ', "%20");
        let whole = |text: &str| text.replace("%20", " ");
        for before in ["FILE holds: ", "Authorization Header - Credentials: "] {
            if let (Some(half), Some(scheme)) = (step.strip_prefix(before), scheme) {
                return self.headers.push(("authorization".to_owned(), format!("{scheme} {half}")));
            }
        }
        for before in ["Authorization Header: ", "Authorization token: "] {
            if let Some(said) = step.strip_prefix(before) {
                return self.headers.push(("authorization".to_owned(), said.to_owned()));
            }
        }
        // Where a header's name and its value stand apart.
        for (before, between) in [
            ("\"header\": \"", "\", \"value\": \""),
            ("\"headerKey\": \"", "\", \"headerValue\": \""),
            ("Header Name: ", ", Header Value: "),
        ] {
            if let Some((name, said)) = step.split_once(before).and_then(|(_, said)| said.split_once(between)) {
                let said = said.split('"').next().unwrap();
                return self.headers.push((name.to_ascii_lowercase(), said.to_owned()));
            }
        }
        let Some(at) = step.find(secret).or_else(|| step.find(&in_url)) else {
            return self.unread.push(step.to_owned());
        };
        let before =
            step[..at].trim_end_matches('"').trim_end_matches("{secrets: [").trim_end_matches([' ', ':', '=', '"']);
        let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        let name: String = before.chars().rev().take_while(|letter| is_of_name(*letter)).collect();
        let name: String = name.chars().rev().collect();
        let name = name.trim_start_matches('-').to_owned();
        let before = before.strip_suffix(&name).unwrap();
        let end = step[at..].find(|end: char| "\",}".contains(end)).map_or(step.len(), |end| at + end);
        let said = (name.to_ascii_lowercase(), whole(&step[at..end]));
        if before.ends_with("?-") {
            self.url = format!("{}?{name}={}", self.url, &step[at..end]);
        } else if before.ends_with("?:")
            || ["also: ", "also: \"", "add \"", "posts \"", "member \""].iter().any(|end| before.ends_with(end))
        {
            self.members.push((name, said.1));
        } else {
            self.headers.push(said);
        }
    }
}

/// A source that shows its secret there, with a new one as it is made for it.
fn showing(kind: SourceKind, place: &SecretPlace, number: usize) -> (SourceSettings, String) {
    let byte = |place: usize| u8::try_from((place * 7 + number) % 251).unwrap() ^ 0x5a;
    let random: [u8; SECRET_BYTES] = std::array::from_fn(byte);
    let settings =
        SourceSettings { secret_in: Some(place.clone()), allow_unsigned: true, ..SourceSettings::of(kind, Vec::new()) };
    let secret = settings.new_secret(&random).unwrap().unwrap();
    (settings, secret)
}

#[test]
fn what_is_done_as_the_steps_say_is_taken_of_every_kind_and_from_every_place() {
    let header = |name: &str| SecretPlace::Header(name.to_owned());
    let member = |name: &str| SecretPlace::Member(name.to_owned());
    let places = [
        header("authorization"),
        header("Authorization"),
        header("X-Token"),
        SecretPlace::Query("code".to_owned()),
        SecretPlace::Path,
        member("clientState"),
        member("token"),
    ];
    let kinds = SourceKind::ALL.iter().filter(|kind| !KNOWN_OTHERWISE.contains(kind));
    let all = kinds.flat_map(|kind| places.iter().map(|place| (*kind, place)));
    let mut setup = Setup::empty();
    let (mut requests, mut wrong) = (Vec::new(), Vec::new());
    for (number, (kind, place)) in (0..).zip(all) {
        let (mut settings, secret) = showing(kind, place, number);
        let name = format!("s{number}");
        let steps = settings.steps(ADDRESS, &secret);
        let done = Done::by(&steps, &secret);
        let told = format!("{kind:?} {place:?}: {done:?} of\n{steps}");
        wrong.extend(flaw(&settings, place, &done, &steps, &secret).map(|why| format!("{why}: {told}")));
        settings.secrets = vec![setup.secret(&name, "only", &secret)];
        setup.settings.sources.insert(SourceName::parse(&name).unwrap(), settings);
        requests.push((Request { source: name, ..request(kind, &done) }, told));
    }
    let intake = setup.build();
    for (request, told) in requests {
        let answer = request.send(&intake);
        if !matches!(&answer, Ok(Received::Understood(delivery)) if delivery.get().alerts.len() == 1) {
            wrong.push(format!("{answer:?}: {told}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What is wrong with what such steps have somebody do.
fn flaw(
    settings: &SourceSettings,
    place: &SecretPlace,
    done: &Done,
    steps: &str,
    secret: &str,
) -> Option<&'static str> {
    let is = (done.headers.len(), done.members.len(), done.url.contains(secret));
    let (in_header, in_member) = (matches!(place, SecretPlace::Header(_)), matches!(place, SecretPlace::Member(_)));
    let names_it = matches!(place, SecretPlace::Header(name) if name.eq_ignore_ascii_case("authorization"));
    let values = ["{url}", "{address}", "{secret}", "{header}", "{member}", "{query}"];
    if !done.unread.is_empty() {
        Some("nobody knows what it is for")
    } else if is != (usize::from(in_header), usize::from(in_member), place.is_in_url()) {
        Some("it is not shown in its place alone")
    } else if !names_it && steps.contains("Authorization") {
        Some("another header is told of")
    } else if values.iter().any(|name| steps.contains(name)) {
        Some("a value is missing")
    } else if settings.sender_makes_secret() || settings.is_signed_for() {
        Some("it is not ours to give")
    } else {
        None
    }
}

/// What comes of a sender where that was done, with what its events say anyhow.
fn request(kind: SourceKind, done: &Done) -> Request {
    let (bare, _) = showing(kind, &SecretPlace::Path, 0);
    let body = Sender::new(&bare, "test-only value of nobody").unwrap().sample(kind, "one", now());
    let body = done.members.iter().fold(body.into_bytes(), |body, (name, value)| {
        let (settings, _) = showing(kind, &SecretPlace::Member(name.clone()), 0);
        Sender::new(&settings, value).unwrap().prove("one", &body, now()).unwrap().body
    });
    let behind = done.url.strip_prefix(ADDRESS).unwrap();
    let (secret, query) = match behind.split_at_checked(1) {
        Some(("/", secret)) => (Some(secret.to_owned()), String::new()),
        Some(("?", query)) => (None, query.to_owned()),
        _ => (None, String::new()),
    };
    let request = Request { secret, query, ..Request::unsigned(SOURCE, body) };
    done.headers.iter().fold(request, |request, (name, value)| request.with(name, value))
}

#[test]
fn whoever_signs_is_told_of_the_secret_or_the_public_key_and_of_no_other_place() {
    for kind in SourceKind::ALL.iter().filter(|kind| !KNOWN_OTHERWISE.contains(kind)) {
        let signing =
            |name: SchemeName| SourceSettings { signature: Some(name.into()), ..SourceSettings::of(*kind, Vec::new()) };
        let own = SourceSettings::of(*kind, Vec::new());
        if own.signature.is_none() && own.proof().is_ok() {
            let steps = own.steps(ADDRESS, "test-secret");
            assert_eq!(own.sender_makes_secret(), !steps.contains("test-secret"), "{kind:?}: {steps}");
        }
        let pair = signing(SchemeName::StandardWebhooksV1a);
        assert!(pair.sender_makes_secret() && pair.takes_public_key(), "{kind:?}");
        if !pair.is_signed_for() {
            let steps = pair.steps(ADDRESS, "whpk_test");
            assert!(!steps.contains("whsec_") && steps.contains("key"), "{kind:?}: {steps}");
        }
    }
    let script = SourceSettings {
        signature: Some(SchemeName::StandardWebhooks.into()),
        ..SourceSettings::of(SourceKind::Wazuh, Vec::new())
    };
    let steps = script.steps(ADDRESS, "whsec_test");
    assert!(steps.contains("whsec_test") && !steps.contains("Authorization") && !steps.contains("Better"), "{steps}");
}

#[test]
fn a_secret_that_its_sender_could_not_show_is_found() {
    for (kind, secret, is_fine) in [
        (SourceKind::Alertmanager, "Bearer test-only", true),
        (SourceKind::Alertmanager, "Basic test-only", true),
        (SourceKind::Alertmanager, "test-only", false),
        (SourceKind::Grafana, "test-only", false),
        (SourceKind::Falco, "test-only", true),
    ] {
        let (settings, _) = showing(kind, &SecretPlace::Header("authorization".to_owned()), 0);
        assert_eq!(settings.secret_flaw(secret).is_none(), is_fine, "{kind:?} {secret}");
    }
    let (settings, _) = showing(SourceKind::Alertmanager, &SecretPlace::Path, 0);
    assert_eq!(settings.secret_flaw("test-only"), None);
}

#[test]
fn a_kind_that_needs_more_says_how_to_begin() {
    for kind in SourceKind::ALL {
        let steps = kind.first_steps(ADDRESS);
        assert!(!steps.contains("<the secret>") || *kind == SourceKind::DingtalkEvents, "{kind:?}: {steps}");
        assert!(steps.contains(ADDRESS) || *kind == SourceKind::Apprise, "{kind:?}: {steps}");
    }
}

#[test]
fn whoever_would_call_its_json_something_else_is_told_to_call_it_json() {
    let places = [
        SecretPlace::Header("authorization".to_owned()),
        SecretPlace::Header("X-Token".to_owned()),
        SecretPlace::Query("code".to_owned()),
        SecretPlace::Path,
        SecretPlace::Member("token".to_owned()),
    ];
    for (kind, told) in [
        (SourceKind::Elastic, "Content-Type: application/json"),
        (SourceKind::GoogleSecops, "\"Content-Type\": \"application/json\""),
        (SourceKind::Github, "Content type: application/json"),
    ] {
        for (number, place) in (0..).zip(&places) {
            let (settings, secret) = showing(kind, place, number);
            let steps = settings.steps(ADDRESS, &secret);
            assert!(steps.contains(told), "{kind:?} {place:?}: {steps}");
        }
    }
    let signed = SourceSettings {
        signature: Some(SchemeName::StandardWebhooks.into()),
        ..SourceSettings::of(SourceKind::Elastic, Vec::new())
    };
    let steps = signed.steps(ADDRESS, "test-secret");
    assert!(steps.contains("Content-Type: application/json"), "{steps}");
}
