//! Rules and events from a seed, in the proportions of SigmaHQ's rules (of 47,391 tests: parts of
//! values 62 %, ends 20 %, whole values 10 %, starts 2 %, numbers 2 %, keywords 1.5 %, the rest
//! networks, inner wildcards, expressions and nulls) and of Windows events with about 30 fields.

use serde_json::{Map, Value, json};

/// A fixed sequence of numbers (xorshift64*, Vigna 2016): the benchmark needs repetition, not quality.
pub(crate) struct Seed(u64);

impl Seed {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    fn word(&mut self) -> String {
        const PARTS: [&str; 24] = [
            "ab", "cor", "dump", "ex", "fil", "get", "hash", "in", "ker", "lo", "min", "net", "obj", "pow", "que",
            "reg", "svc", "tok", "upd", "vol", "win", "xor", "yar", "zip",
        ];
        (0..3 + self.below(3)).map(|_| PARTS[self.below(PARTS.len())]).collect()
    }
}

/// Fields of which many rules test one.
const BUSY: [&str; 8] =
    ["Image", "CommandLine", "ParentImage", "OriginalFileName", "TargetObject", "TargetFilename", "Details", "Hashes"];
/// Fields that events have and few rules test.
const QUIET: [&str; 14] = [
    "User",
    "LogonId",
    "IntegrityLevel",
    "Company",
    "Product",
    "Description",
    "CurrentDirectory",
    "ProcessGuid",
    "SourceName",
    "Hostname",
    "UtcTime",
    "RuleName",
    "ParentUser",
    "Message",
];
/// What the log sources of rules and events say.
const SYSMON: [(i64, &str); 6] = [
    (1, "process_creation"),
    (10, "process_access"),
    (7, "image_load"),
    (13, "registry_set"),
    (11, "file_event"),
    (22, "dns_query"),
];

/// So many rule files.
pub(crate) fn rules(seed: &mut Seed, count: usize) -> Vec<String> {
    (0..count).map(|number| rule(seed, number)).collect()
}

fn rule(seed: &mut Seed, number: usize) -> String {
    let (_, category) = SYSMON[seed.below(SYSMON.len())];
    let mut text = format!(
        "title: Made rule {number}\nid: 00000000-0000-4000-8000-{number:012}\nstatus: test\nlevel: medium\n\
         logsource:\n    product: windows\n    category: {category}\ndetection:\n"
    );
    let searches = 1 + seed.below(3);
    for search in 0..searches {
        text.push_str(&format!("    selection_{search}:\n"));
        text.extend(items(seed));
    }
    let has_filter = seed.below(3) == 0;
    if has_filter {
        // That a field is missing is asked by filters, as good as never by what a rule looks for.
        let test = match seed.below(10) {
            0 => "Image: null".to_owned(),
            _ => format!("Image|endswith: '\\{}.exe'", seed.word()),
        };
        text.push_str(&format!("    filter_main:\n        {test}\n"));
    }
    let wanted = seed.one(&["all of selection_*", "1 of selection_*"]);
    let but = if has_filter { " and not filter_main" } else { "" };
    text.push_str(&format!("    condition: {wanted}{but}\n"));
    text
}

/// The tests of one search, no key twice.
fn items(seed: &mut Seed) -> Vec<String> {
    let first = seed.below(BUSY.len());
    let mut items: Vec<String> = Vec::new();
    for item in 0..1 + seed.below(3) {
        let next = test(seed, BUSY[(first + item) % BUSY.len()]);
        let key = |item: &str| item.split(':').next().map(str::to_owned);
        if items.iter().all(|item| key(item) != key(&next)) {
            items.push(next);
        }
    }
    items
}

fn test(seed: &mut Seed, field: &str) -> String {
    let several = |seed: &mut Seed, make: &dyn Fn(&mut Seed) -> String| -> String {
        let lines = (0..1 + seed.below(8)).map(|_| format!("\n            - '{}'", make(seed)));
        lines.collect()
    };
    match seed.below(100) {
        0..62 => {
            let part = |seed: &mut Seed| format!("{}{}", seed.one(&["", " -", "\\"]), seed.word());
            let all = if seed.below(5) == 0 { "|all" } else { "" };
            format!("        {field}|contains{all}:{}\n", several(seed, &part))
        }
        62..82 => format!("        {field}|endswith:{}\n", several(seed, &|seed| format!("\\{}.exe", seed.word()))),
        82..92 => format!("        {field}:{}\n", several(seed, &|seed| format!("{}.exe", seed.word()))),
        92..94 => format!("        {field}|startswith: 'C:\\{}\\'\n", seed.word()),
        94..96 => format!("        EventID: {}\n", seed.below(5000)),
        96 => format!("        {field}: '*\\{}*{}*'\n", seed.word(), seed.word()),
        97 => format!("        {field}|re: '{}[0-9]{{1,4}}\\.(exe|dll)$'\n", seed.word()),
        _ => format!("        DestinationIp|cidr: '10.{}.0.0/16'\n", seed.below(256)),
    }
}

/// So many events, one JSON object each.
pub(crate) fn events(seed: &mut Seed, count: usize) -> Vec<String> {
    (0..count).map(|_| event(seed).to_string()).collect()
}

fn event(seed: &mut Seed) -> Value {
    let (number, _) = SYSMON[seed.below(SYSMON.len())];
    let mut event = Map::new();
    event.insert("Channel".to_owned(), json!("Microsoft-Windows-Sysmon/Operational"));
    event.insert("EventID".to_owned(), json!(number));
    for field in BUSY {
        if seed.below(4) > 0 {
            event.insert(field.to_owned(), json!(busy(seed, field)));
        }
    }
    for field in QUIET {
        event.insert(field.to_owned(), json!((0..4).map(|_| seed.word()).collect::<Vec<_>>().join(" ")));
    }
    for number in 0..8 {
        event.insert(format!("Number{number}"), json!(seed.next()));
    }
    event.insert("DestinationIp".to_owned(), json!(format!("10.{}.{}.7", seed.below(256), seed.below(256))));
    event.insert("CallTrace".to_owned(), json!((0..12).map(|_| path(seed)).collect::<Vec<_>>().join("|")));
    Value::Object(event)
}

fn busy(seed: &mut Seed, field: &str) -> String {
    match field {
        "CommandLine" => format!("{} -{} /{} {}", path(seed), seed.word(), seed.word(), path(seed)),
        "OriginalFileName" => format!("{}.exe", seed.word()),
        _ => path(seed),
    }
}

fn path(seed: &mut Seed) -> String {
    format!("C:\\{}\\{}\\{}.exe", seed.word(), seed.word(), seed.word())
}
