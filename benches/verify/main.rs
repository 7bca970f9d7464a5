//! Measures what judging one delivery costs at the door, kind by kind: proof, parsing, splitting and keys, without
//! any network, rules or store.
//!
//! ```text
//! cargo bench --bench verify                about half a minute
//! cargo bench --bench verify -- --rounds 9  as many rounds; figures are their medians
//! ```
//!
//! Every kind judges the sample that `portcullis send` would send, and a copy with one byte changed. `ratio` is to
//! the SHA-256 of the same body alone, taken in the same round: what nobody who signs can leave out. The kinds take
//! turns within each round, so that whatever else the machine does strikes all of them; only ratios count.

// A benchmark may fail loudly; the program may not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::fs;
use std::future::Future;
use std::hint::black_box;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use portcullis::incident::{Digest, SourceName, Timestamp};
use portcullis::intake::{
    Intake, RateSettings, Received, Refusal, Request, SECRET_BYTES, SchemeName, SecretSettings, Sender, Settings,
    SourceKind, SourceSettings,
};

const SOURCE: &str = "bench";
/// Deliveries judged in one round.
const EACH: u32 = 2_000;

/// One kind, with what its sender would send.
struct Case {
    name: String,
    intake: Intake,
    body: String,
    headers: Vec<(String, String)>,
    path: String,
}

/// Nanoseconds for each delivery, of every round.
#[derive(Default)]
struct Times {
    digest: Vec<f64>,
    good: Vec<f64>,
    bad: Vec<f64>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let rounds = arguments.iter().position(|argument| argument == "--rounds");
    let rounds: usize = rounds.map_or(5, |at| arguments[at + 1].parse().expect("a number of rounds"));
    let now = Timestamp::now();
    let cases: Vec<Case> = settings().into_iter().filter_map(|(name, settings)| case(name, settings, now)).collect();
    let mut times: Vec<Times> = cases.iter().map(|_| Times::default()).collect();
    for _ in 0..rounds {
        for (case, times) in cases.iter().zip(&mut times) {
            let changed = case.body.replacen('{', "{ ", 1);
            times.digest.push(nanoseconds(|| {
                black_box(Digest::of(black_box(case.body.as_bytes())));
            }));
            times
                .good
                .push(nanoseconds(|| assert!(matches!(judge(case, &case.body, now), Ok(Received::Understood(_))))));
            times.bad.push(nanoseconds(|| {
                let _ = black_box(judge(case, &changed, now));
            }));
        }
    }
    println!("{:<28}{:>8}{:>12}{:>8}{:>14}{:>8}", "", "bytes", "taken ns", "ratio", "changed ns", "ratio");
    for (case, times) in cases.iter().zip(times) {
        let ratio = |of: &[f64]| median(of.iter().zip(&times.digest).map(|(one, digest)| one / digest).collect());
        println!(
            "{:<28}{:>8}{:>12.0}{:>8.1}{:>14.0}{:>8.1}",
            case.name,
            case.body.len(),
            median(times.good.clone()),
            ratio(&times.good),
            median(times.bad.clone()),
            ratio(&times.bad)
        );
    }
}

/// Every kind that needs no keys from elsewhere, and every known way to sign.
fn settings() -> Vec<(String, SourceSettings)> {
    let kinds = SourceKind::ALL.iter().map(|kind| (kind.as_str().to_owned(), SourceSettings::of(*kind, Vec::new())));
    let signing = SchemeName::ALL.into_iter().map(|name| {
        let settings =
            SourceSettings { signature: Some(name.into()), ..SourceSettings::of(SourceKind::Generic, Vec::new()) };
        (format!("generic, {}", name.as_str()), settings)
    });
    kinds.chain(signing).collect()
}

fn case(name: String, mut settings: SourceSettings, now: Timestamp) -> Option<Case> {
    settings.allow_unsigned = true;
    let much = std::num::NonZeroU32::new(Settings::RATE_MAX)?;
    settings.rate = RateSettings { per_second: much, burst: much };
    let random: [u8; SECRET_BYTES] = std::array::from_fn(|place| u8::try_from(place * 37 % 251).unwrap() ^ 0x5a);
    let secret = settings.new_secret(&random).ok()??;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    fs::write(&file, &secret).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    settings.secrets = vec![SecretSettings { name: "bench".to_owned(), file, aes_key_file: None }];
    let sender = Sender::new(&settings, &secret).unwrap();
    let body = settings.kind.sample("bench", sender.secret(), now);
    let outgoing = sender.prove("bench", body.as_bytes(), now).unwrap();
    let sources = [(SourceName::parse(SOURCE).unwrap(), settings)].into();
    let intake = Intake::new(&Settings { sources, ..Settings::default() }, folder.path()).unwrap();
    Some(Case { name, intake, body, headers: outgoing.headers, path: outgoing.path })
}

fn judge(case: &Case, body: &str, now: Timestamp) -> Result<Received, Refusal> {
    let headers = case.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let request = Request {
        source: SOURCE,
        secret: case.path.strip_prefix('/'),
        query: case.path.strip_prefix('?').unwrap_or_default(),
        headers: headers.chain([("content-type", &b"application/json"[..])]).collect(),
        peer: IpAddr::from([192, 0, 2, 1]),
        certificate: None,
        body: body.as_bytes(),
    };
    match pin!(case.intake.receive(&request, now)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(judged) => judged,
        Poll::Pending => unreachable!("nothing is fetched"),
    }
}

fn nanoseconds(mut work: impl FnMut()) -> f64 {
    let began = Instant::now();
    (0..EACH).for_each(|_| work());
    began.elapsed().as_secs_f64() * 1e9 / f64::from(EACH)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
