//! Deliveries that are spoiled one way each, judged by us and by the official libraries. Where we differ, we differ on
//! purpose.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use hmac::{Hmac, KeyInit as _, Mac as _};
use portcullis::incident::Timestamp;
use sha2::Sha256;

use super::installed::Oracle::{self, JavaScript, Python};
use super::official::{ALL, Official, Package, ask, start};
use crate::harness::*;

/// One way to spoil a delivery, and who takes it then.
type Row = (&'static str, fn(&mut Sent), Taken);

/// Who takes a delivery.
enum Taken {
    ByAll,
    ByNone,
    /// These libraries do and we do not, because.
    NotByUs(&'static [Oracle], &'static str),
    /// Svix's libraries do and we do not, because.
    NotByUsButSvix(&'static str),
    /// We do and these libraries do not, because.
    NotBy(&'static [Oracle], &'static str),
}
use Taken::{ByAll, ByNone, NotBy, NotByUs, NotByUsButSvix};

const BOTH: &[Oracle] = &[Python, JavaScript];

/// The parts of a delivery, as they are sent.
struct Sent {
    package: Package,
    now: i64,
    /// The names of its headers begin like this package's.
    names: Package,
    id: Option<String>,
    time: Option<String>,
    signature: Option<String>,
    body: Vec<u8>,
}

impl Sent {
    fn new(package: Package, number: usize, now: i64) -> Self {
        let (id, body) = (Some(format!("msg_{number}")), r#"{"type":"user.created","é":"ü"}"#.as_bytes().to_vec());
        let mut sent = Self { package, now, names: package, id, time: Some(now.to_string()), signature: None, body };
        sent.sign();
        sent
    }

    /// Signs what is there.
    fn sign(&mut self) {
        let signature = self.mac("new", &self.body);
        self.set(&signature);
    }

    /// Base64 of the signature by one of the package's secrets over id, time and a body.
    fn mac(&self, secret: &str, body: &[u8]) -> String {
        let (id, time) = (self.id.as_deref().unwrap_or_default(), self.time.as_deref().unwrap_or_default());
        self.tag(secret, &[format!("{id}.{time}.").as_bytes(), body])
    }

    fn tag(&self, secret: &str, pieces: &[&[u8]]) -> String {
        let secret = self.package.secret(secret);
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        pieces.iter().for_each(|piece| mac.update(piece));
        STANDARD.encode(mac.finalize().into_bytes())
    }

    /// The signature that is there, in base64.
    fn base64(&self) -> String {
        self.signature.as_deref().and_then(|all| all.strip_prefix("v1,")).unwrap().to_owned()
    }

    fn bytes(&self) -> Vec<u8> {
        STANDARD.decode(self.base64()).unwrap()
    }

    fn set(&mut self, base64: &str) {
        self.signature = Some(format!("v1,{base64}"));
    }

    /// Another time, over which it is signed.
    fn at(&mut self, time: i64) {
        self.time = Some(time.to_string());
        self.sign();
    }

    /// More beside what is there.
    fn among(&mut self, all: fn(String) -> String) {
        self.signature = self.signature.take().map(all);
    }

    fn delivery(&self) -> Delivery {
        let prefix = self.names.prefix();
        let parts = [("id", &self.id), ("timestamp", &self.time), ("signature", &self.signature)];
        let headers = parts.into_iter().filter_map(|(name, value)| Some((format!("{prefix}-{name}"), value.clone()?)));
        Delivery { source: self.package.name().to_owned(), headers: headers.collect(), body: self.body.clone() }
    }
}

// Why we differ, where it is for one reason in several rows.
const ONE_SPELLING: &str = "only the text that was signed is taken, not what a number is made of";
const ONE_BASE64: &str = "a signature has one spelling";
const JUNK: &str = "an entry that we cannot read may be of a version to come, and is passed over";

const TIMES: &[Row] = &[
    ("nearly five minutes old", |sent| sent.at(sent.now - 270), ByAll),
    ("nearly five minutes ahead", |sent| sent.at(sent.now + 270), ByAll),
    ("too old", |sent| sent.at(sent.now - 330), ByNone),
    ("too far ahead", |sent| sent.at(sent.now + 330), ByNone),
    ("in milliseconds", |sent| sent.at(sent.now * 1_000), ByNone),
    ("before 1970", |sent| sent.at(-sent.now), ByNone),
    ("another than was signed", |sent| sent.time = Some((sent.now - 1).to_string()), ByNone),
    ("none", |sent| sent.time = None, ByNone),
    ("an empty one", |sent| sent.time = Some(String::new()), ByNone),
    ("a word", |sent| sent.time = Some("abc".to_owned()), ByNone),
    ("no number", |sent| sent.time = Some("nan".to_owned()), ByNone),
    ("thirty digits", |sent| sent.time = Some("1".repeat(30)), ByNone),
    ("a digit more", |sent| sent.time = Some(format!("{}0", sent.now)), ByNone),
    ("hexadecimal", |sent| sent.time = Some(format!("{:#x}", sent.now)), ByNone),
    ("a sign before it", |sent| sent.time = Some(format!("+{}", sent.now)), NotByUs(BOTH, ONE_SPELLING)),
    ("a zero before it", |sent| sent.time = Some(format!("0{}", sent.now)), NotByUs(BOTH, ONE_SPELLING)),
    ("a fraction", |sent| sent.time = Some(format!("{}.5", sent.now)), NotByUs(BOTH, ONE_SPELLING)),
    ("letters behind it", |sent| sent.time = Some(format!("{}abc", sent.now)), NotByUs(&[JavaScript], ONE_SPELLING)),
    ("an exponent", |sent| sent.time = Some(format!("{}e0", sent.now)), NotByUs(BOTH, ONE_SPELLING)),
    (
        "digits in groups",
        |sent| {
            let digits = sent.now.to_string();
            sent.time = Some(format!("{}_{}", &digits[..1], &digits[1..]));
        },
        NotByUs(&[Python], ONE_SPELLING),
    ),
];

const IDS: &[Row] = &[
    ("as it was signed", |_| (), ByAll),
    ("another than was signed", |sent| sent.id = Some("msg_other".to_owned()), ByNone),
    ("none", |sent| sent.id = None, ByNone),
    ("an empty one", |sent| sent.id = Some(String::new()), ByNone),
    (
        "a dot in it",
        |sent| {
            sent.id = Some(format!("msg.{}", sent.now));
            sent.sign();
        },
        NotByUs(BOTH, "the end of such an id could pass for the beginning of a time"),
    ),
    (
        "a blank in it",
        |sent| {
            sent.id = Some("msg 1".to_owned());
            sent.sign();
        },
        NotByUs(BOTH, "an id has a narrow alphabet"),
    ),
    (
        "129 bytes",
        |sent| {
            sent.id = Some("m".repeat(129));
            sent.sign();
        },
        NotByUs(BOTH, "everything has a limit"),
    ),
];

const BODIES: &[Row] = &[
    ("a byte more", |sent| sent.body.push(b' '), ByNone),
    ("a byte less", |sent| _ = sent.body.pop(), ByNone),
    ("another byte", |sent| sent.body[3] ^= 1, ByNone),
    ("none", |sent| sent.body.clear(), ByNone),
    ("a blank before it", |sent| sent.body.insert(0, b' '), ByNone),
    ("a mark of its encoding before it", |sent| _ = sent.body.splice(0..0, *b"\xef\xbb\xbf"), ByNone),
    (
        "no UTF-8, and signed so",
        |sent| {
            sent.body = b"{\"type\":\"\xff\"}".to_vec();
            sent.sign();
        },
        NotBy(BOTH, "a signature is over bytes; what they say is asked afterwards"),
    ),
    (
        "no UTF-8 in place of the sign for it, which was signed",
        |sent| {
            let signature = sent.mac("new", "{\"type\":\"\u{fffd}\"}".as_bytes());
            sent.body = b"{\"type\":\"\xff\"}".to_vec();
            sent.set(&signature);
        },
        NotByUs(&[JavaScript], "a signature is over bytes, and other bytes are another body"),
    ),
];

const SIGNATURES: &[Row] = &[
    ("none", |sent| sent.signature = None, ByNone),
    ("an empty header", |sent| sent.signature = Some(String::new()), ByNone),
    ("an empty one", |sent| sent.set(""), ByNone),
    ("the version alone", |sent| sent.signature = Some("v1".to_owned()), ByNone),
    ("without its version", |sent| sent.signature = Some(sent.base64()), ByNone),
    ("half of it", |sent| sent.set(&STANDARD.encode(&sent.bytes()[..16])), ByNone),
    ("half of it, cut", |sent| sent.set(&sent.base64()[..22]), ByNone),
    ("two bytes more", |sent| sent.set(&STANDARD.encode([&sent.bytes()[..], &[0, 0]].concat())), ByNone),
    ("twice in one", |sent| sent.set(&sent.base64().repeat(2)), NotByUs(&[Python], ONE_BASE64)),
    ("another byte", |sent| sent.set(&STANDARD.encode([&[sent.bytes()[0] ^ 1], &sent.bytes()[1..]].concat())), ByNone),
    ("in hexadecimal", |sent| sent.set(&hex::encode(sent.bytes())), ByNone),
    ("in the alphabet of URLs", url_safe, ByNone),
    ("without its padding", |sent| sent.set(sent.base64().trim_end_matches('=')), ByNone),
    ("bits behind its end", stray_bits, NotByUs(&[Python], ONE_BASE64)),
    ("a stranger in it", |sent| sent.set(&sent.base64().replacen('=', "!=", 1)), NotByUs(&[Python], ONE_BASE64)),
    ("more behind a comma", |sent| sent.set(&format!("{},x", sent.base64())), NotByUs(&[JavaScript], ONE_BASE64)),
    ("a version to come", |sent| sent.signature = Some(format!("v2,{}", sent.base64())), ByNone),
    ("the version of another algorithm", |sent| sent.signature = Some(format!("v1a,{}", sent.base64())), ByNone),
    ("a version in capitals", |sent| sent.signature = Some(format!("V1,{}", sent.base64())), ByNone),
    ("with another secret", |sent| sent.set(&sent.mac("next", &sent.body)), ByNone),
    ("over the body alone", |sent| sent.set(&sent.tag("new", &[&sent.body])), ByNone),
    ("twice", |sent| sent.among(|ours| format!("{ours} {ours}")), ByAll),
    ("behind another version's", |sent| sent.among(|ours| format!("v1a,AAAA {ours}")), ByAll),
    ("behind a wrong one", |sent| sent.among(|ours| format!("v1,{} {ours}", STANDARD.encode([0; 32]))), ByAll),
    ("behind junk", |sent| sent.among(|ours| format!("garbage {ours}")), NotBy(&[Python], JUNK)),
    ("behind junk with commas", |sent| sent.among(|ours| format!("v1,x,y {ours}")), NotBy(&[Python], JUNK)),
    (
        "ninth of nine",
        |sent| sent.among(|ours| format!("{}{ours}", "v2,AAAA ".repeat(8))),
        NotByUs(BOTH, "everything has a limit"),
    ),
    (
        "under the names of the general headers or of Svix's",
        |sent| {
            let other = if sent.names == Package::Svix { Package::StandardWebhooks } else { Package::Svix };
            sent.names = other;
        },
        NotByUsButSvix("a source has one set of headers, and what it does not name decides nothing"),
    ),
];

/// Base64 whose two alphabets differ.
fn url_safe(sent: &mut Sent) {
    for number in 0.. {
        if sent.base64().contains(['+', '/']) {
            break;
        }
        sent.id = Some(format!("msg_url_{number}"));
        sent.sign();
    }
    sent.set(&URL_SAFE.encode(sent.bytes()));
}

/// The last digit before the padding stands for four bits, and has room for six.
fn stray_bits(sent: &mut Sent) {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let base64 = sent.base64();
    let (rest, last) = base64.trim_end_matches('=').split_at(base64.len() - 2);
    let next = DIGITS.find(last).unwrap() + 1;
    sent.set(&format!("{rest}{}=", &DIGITS[next..=next]));
}

fn rows() -> impl Iterator<Item = (String, &'static Row)> {
    let parts: [(&str, &'static [Row]); 4] =
        [("time", TIMES), ("id", IDS), ("body", BODIES), ("signature", SIGNATURES)];
    parts.into_iter().flat_map(|(part, rows)| rows.iter().map(move |row| (format!("{part}: {}", row.0), row)))
}

impl Taken {
    fn why(&self) -> &'static str {
        match self {
            ByAll | ByNone => "on which all agree",
            NotByUs(_, why) | NotByUsButSvix(why) | NotBy(_, why) => why,
        }
    }

    fn by_us(&self) -> bool {
        matches!(self, ByAll | NotBy(..))
    }

    fn by(&self, official: Official) -> bool {
        match self {
            ByAll => true,
            ByNone => false,
            NotByUs(takers, _) => takers.contains(&official.language),
            NotByUsButSvix(_) => official.package == Package::Svix,
            NotBy(refusers, _) => !refusers.contains(&official.language),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b05_b10_b11_b12_b14_b15_b16_what_the_official_libraries_refuse_we_refuse_but_for_what_we_differ_in_on_purpose()
{
    let app = start().await;
    // The libraries know no time but the machine's.
    let now = Timestamp::now();
    app.clock.set(now);
    let sent = |number: usize, row: &Row, package: Package| {
        let mut sent = Sent::new(package, number, now.as_second());
        row.1(&mut sent);
        sent.delivery()
    };
    let mut wrong = Vec::new();
    let mut cases = Vec::new();
    for (number, (name, row)) in rows().enumerate() {
        for package in [Package::StandardWebhooks, Package::Svix] {
            let delivery = sent(number, row, package);
            cases.extend(
                ALL.into_iter().filter(|official| official.package == package).map(|o| (o.verify(&delivery), number)),
            );
            let status = app.deliver(&delivery.and("content-type", "application/json")).await.status;
            let expected: &[u16] = if row.2.by_us() { &[202, 400] } else { &[401] };
            if !expected.contains(&status) {
                wrong.push(format!("{name}: we answer {status} to {package:?}, {}", row.2.why()));
            }
        }
    }
    let rows: Vec<_> = rows().collect();
    let (cases, numbers): (Vec<_>, Vec<usize>) = cases.into_iter().unzip();
    for (((official, _), number), outcome) in cases.iter().zip(numbers).zip(ask(&cases)) {
        let (name, row) = &rows[number];
        if row.2.by(*official) != outcome.is_null() {
            wrong.push(format!("{name}: {official:?} says {outcome}, {}", row.2.why()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    app.end().await;
}
