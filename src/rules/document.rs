//! Reads one rule file: what Sigma says of a rule, its detection, its response and its own tests.

use serde_json::Value;

use crate::incident::{Digest, LogSource, ReasonCode, RuleId, RuleRef};

use super::detection::Detection;
use super::evaluate::Nearness;
use super::log_source;
use super::own_tests::{self, OwnTest};
use super::problem::{Place, Report};
use super::reader::{self, Fields};
use super::response::{Mode, Response};
use super::source::{self, SourceFile};
use super::spelling;
use super::yaml::{self, Node, Yaml};

/// The longest title, in characters (Sigma specification 2.1).
const TITLE_CHARS_MAX: usize = 256;

/// The keys of a rule: Sigma's, ours (`response`, `tests`, `owner`) and two that SigmaHQ's rules have.
const KEYS: [&str; 25] = [
    "title",
    "id",
    "name",
    "related",
    "taxonomy",
    "status",
    "description",
    "license",
    "author",
    "references",
    "date",
    "modified",
    "logsource",
    "detection",
    "fields",
    "falsepositives",
    "level",
    "tags",
    "scope",
    "sigma-version",
    "response",
    "tests",
    "owner",
    "regression_tests_path",
    "simulation",
];
/// Words that authors write where Sigma has another, and what to write.
const OTHER_WORDS: [(&str, &str); 9] = [
    ("severity", "Sigma calls it `level`"),
    ("condition", "it belongs into `detection`"),
    ("timeframe", "it is old Sigma and not supported"),
    ("action", "it is old Sigma; put each rule into a file of its own"),
    ("actions", "what is to be done stands in `response`"),
    ("steps", "it belongs into `response`"),
    ("mode", "it belongs into `response`"),
    ("correlation", "correlations are not supported yet"),
    ("filter", "filters are not supported yet"),
];

/// How sure the authors are of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuleStatus {
    /// Proven in use.
    Stable,
    /// Nearly so.
    Test,
    /// New.
    Experimental,
}

/// How serious a match is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// For information.
    Informational,
    /// Of little weight.
    Low,
    /// Worth a look.
    Medium,
    /// To be dealt with.
    High,
    /// To be dealt with at once.
    Critical,
}

impl Level {
    /// The level's name in rule files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// One rule, compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Id, title and the digest of its file.
    pub reference: RuleRef,
    /// Its file below the rules folder.
    pub file: String,
    /// How sure its authors are of it.
    pub status: Option<RuleStatus>,
    /// How serious a match is.
    pub level: Option<Level>,
    /// What it detects and why, for people.
    pub description: Option<String>,
    /// Who wrote it. Operator messages name the author, as the Detection Rule License asks.
    pub author: Option<String>,
    /// Who keeps it here.
    pub owner: Option<String>,
    /// What to read about it.
    pub references: Vec<String>,
    /// What else may look like it.
    pub false_positives: Vec<String>,
    /// ATT&CK techniques and other tags.
    pub tags: Vec<String>,
    /// The events it is for, in lower case.
    pub log_source: LogSource,
    /// What is to be done on a match; `None` for a rule that only detects.
    pub response: Option<Response>,
    detection: Detection,
}

impl Rule {
    pub(super) fn matches(&self, event: &Value) -> bool {
        self.detection.matches(event)
    }

    pub(super) fn matched(&self, event: &Value) -> Vec<String> {
        self.detection.matched(event)
    }

    pub(super) fn nearness(&self, event: &Value) -> Nearness<'_> {
        self.detection.nearness(event)
    }
}

/// A rule with what must be checked once the whole set is known.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) rule: Rule,
    pub(super) name: Option<(Place, String)>,
    pub(super) id_at: Place,
    pub(super) codes: Vec<(Place, ReasonCode)>,
    pub(super) tests: Vec<OwnTest>,
}

/// Reads a rule file; `None` when it has a problem that leaves no rule.
pub(super) fn read(file: &SourceFile, report: &mut Report) -> Option<Draft> {
    let root = yaml::parse(source::decode(&file.bytes, report)?, report)?;
    let fields = Fields::of(&root, "a rule", report)?;
    check_keys(&fields, report);
    check_versions(&fields, report);
    let id = read_id(&fields, report);
    let title = read_title(&fields, report);
    let status = read_status(&fields, report);
    let level = read_level(&fields, report);
    let log_source = fields.need("logsource", report).and_then(|node| log_source::read(node, report));
    let detection = fields.need("detection", report).and_then(|node| Detection::read(node, report));
    let name = fields.get("name").and_then(|node| Some((node.at, reader::line(node, "name", report)?.to_owned())));
    let texts = Texts::read(&fields, report);
    let mut codes = Vec::new();
    let response = match fields.get("response") {
        Some(node) => Response::read(node, title.unwrap_or_default(), &mut codes, report).map(Some),
        None => Some(None),
    };
    // Tests are read last: what they may expect depends on the response.
    let tests = match (fields.get("tests"), &response) {
        (Some(node), Some(response)) => own_tests::read(node, response.as_ref(), report),
        _ => Vec::new(),
    };
    let (id_at, id) = id?;
    let rule = Rule {
        reference: RuleRef { id, title: title?.to_owned(), version: Digest::of(&file.bytes) },
        file: file.name.clone(),
        status,
        level,
        description: texts.description,
        author: texts.author,
        owner: texts.owner,
        references: texts.references,
        false_positives: texts.false_positives,
        tags: texts.tags,
        log_source: log_source?,
        response: response?,
        detection: detection?,
    };
    check_safety(&rule, &fields, &tests, report);
    Some(Draft { rule, name, id_at, codes, tests })
}

/// Sigma allows keys of one's own. One that looks like a known key misspelt would silently lose its
/// part of the rule, so it is an error.
fn check_keys(fields: &Fields<'_>, report: &mut Report) {
    for entry in fields.entries().iter().filter(|entry| !KEYS.contains(&entry.key.as_str())) {
        let others = OTHER_WORDS.iter().map(|(word, _)| *word);
        let Some(meant) = spelling::closest(&entry.key, KEYS.into_iter().chain(others)) else { continue };
        let other = OTHER_WORDS.iter().find(|(word, _)| *word == meant);
        let advice = other.map_or_else(|| format!("did you mean `{meant}`?"), |(_, advice)| (*advice).to_owned());
        report.error_with(entry.at, format!("unknown key `{}`", entry.key), advice);
    }
}

/// Version 3 changes what brackets in field names mean; another taxonomy changes the names.
fn check_versions(fields: &Fields<'_>, report: &mut Report) {
    if let Some(node) = fields.get("sigma-version") {
        let is_known =
            matches!(&node.value, Yaml::Number(number) if number.text == "2" || number.text.starts_with("2."));
        if !is_known {
            report.error_with(node.at, "this Sigma version is not supported yet", "leave it out or write 2");
        }
    }
    if let Some(taxonomy) = fields.line("taxonomy", report).filter(|taxonomy| *taxonomy != "sigma") {
        let at = fields.get("taxonomy").map_or(fields.at, |node| node.at);
        report.error_with(
            at,
            format!("the taxonomy `{taxonomy}` is not supported yet"),
            "use the event's own field names",
        );
    }
}

fn read_id(fields: &Fields<'_>, report: &mut Report) -> Option<(Place, RuleId)> {
    let Some(node) = fields.get("id") else {
        let advice = "add a new UUID; the trail names rules by it";
        report.error_with(fields.at, "a rule needs the key `id`", advice);
        return None;
    };
    match RuleId::parse(reader::text(node, "id", report)?) {
        Ok(id) => Some((node.at, id)),
        Err(problem) => {
            report.error(node.at, format!("`id` is {problem}"));
            None
        }
    }
}

fn read_title<'n>(fields: &Fields<'n>, report: &mut Report) -> Option<&'n str> {
    let node = fields.need("title", report)?;
    let title = reader::line(node, "title", report)?;
    if title.chars().count() > TITLE_CHARS_MAX {
        report.error(node.at, format!("`title` is longer than {TITLE_CHARS_MAX} characters"));
        return None;
    }
    Some(title)
}

fn read_status(fields: &Fields<'_>, report: &mut Report) -> Option<RuleStatus> {
    let node = fields.get("status")?;
    let statuses = [
        ("stable", Some(RuleStatus::Stable)),
        ("test", Some(RuleStatus::Test)),
        ("experimental", Some(RuleStatus::Experimental)),
        ("deprecated", None),
        ("unsupported", None),
    ];
    let status = reader::choice(node, "status", &statuses, report)?;
    if status.is_none() {
        report.error_with(node.at, "deprecated and unsupported rules are not loaded", "remove the file");
    }
    status
}

fn read_level(fields: &Fields<'_>, report: &mut Report) -> Option<Level> {
    let levels = [Level::Informational, Level::Low, Level::Medium, Level::High, Level::Critical];
    let words = levels.map(|level| (level.as_str(), level));
    fields.get("level").and_then(|node| reader::choice(node, "level", &words, report))
}

/// The parts of a rule that are for people.
struct Texts {
    description: Option<String>,
    author: Option<String>,
    owner: Option<String>,
    references: Vec<String>,
    false_positives: Vec<String>,
    tags: Vec<String>,
}

impl Texts {
    fn read(fields: &Fields<'_>, report: &mut Report) -> Self {
        let mut list = |key: &str| match fields.get(key) {
            // Sigma's rules sometimes write a single text where the specification has a list.
            Some(node @ Node { value: Yaml::Text(_), .. }) => {
                reader::line(node, key, report).map(str::to_owned).into_iter().collect()
            }
            Some(node) => reader::lines(node, key, report),
            None => Vec::new(),
        };
        let (references, false_positives, tags) = (list("references"), list("falsepositives"), list("tags"));
        let description = fields.get("description").and_then(|node| reader::text(node, "description", report));
        Self {
            description: description.map(|text| text.trim_end().to_owned()),
            author: fields.line("author", report).map(str::to_owned),
            owner: fields.line("owner", report).map(str::to_owned),
            references,
            false_positives,
            tags,
        }
    }
}

/// A rule that acts must not act on whatever comes along.
fn check_safety(rule: &Rule, fields: &Fields<'_>, tests: &[OwnTest], report: &mut Report) {
    let Some(response) = &rule.response else { return };
    let at = fields.entry("detection").map_or(fields.at, |entry| entry.at);
    let advice = "add a search that the event must pass";
    if rule.matches(&Value::Object(serde_json::Map::new())) {
        report.error_with(at, "a rule with a response must not match the empty event", advice);
    } else if !rule.detection.is_anchored() {
        report.error_with(at, "a rule with a response needs a positive test that every match passes", advice);
    }
    if response.mode == Mode::Enforce && tests.is_empty() {
        report.warn(
            fields.at,
            "the rule acts but has no tests",
            "add `tests` with an event that matches and one that nearly does",
        );
    }
}
