//! A rule: what Sigma says of it, its detection, its response and its own tests.

use serde_json::Value;

use crate::incident::{Digest, LogSource, ReasonCode, RuleId, RuleRef};

use super::attributes;
use super::behaviour;
use super::carried;
use super::detection::Detection;
use super::document::Origin;
use super::evaluate::Nearness;
use super::lint::Lint;
use super::lists::{Context, Lists};
use super::log_source;
use super::own_tests::{self, OwnTest};
use super::problem::{Place, Report};
use super::reader::{self, Fields};
use super::response::{Mode, Response};
use super::version::SigmaVersion;
use super::yaml::{Node, Yaml};

/// The longest title, in characters (Sigma specification 2.1).
const TITLE_CHARS_MAX: usize = 256;

/// The statuses by their names.
pub(super) const STATUSES: [(&str, RuleStatus); 5] = [
    ("stable", RuleStatus::Stable),
    ("test", RuleStatus::Test),
    ("experimental", RuleStatus::Experimental),
    ("deprecated", RuleStatus::Deprecated),
    ("unsupported", RuleStatus::Unsupported),
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
    /// Given up, mostly for another; loaded only when asked for.
    Deprecated,
    /// Cannot be used as it is; loaded only when asked for.
    Unsupported,
}

/// Which statuses are loaded beside the usual ones. The default is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statuses {
    /// `deprecated`.
    pub deprecated: bool,
    /// `unsupported`.
    pub unsupported: bool,
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
    /// Every level, lightest first.
    pub const ALL: [Self; 5] = [Self::Informational, Self::Low, Self::Medium, Self::High, Self::Critical];

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
    /// What it detects and would do, whatever its mode and its texts are.
    pub behaviour: Digest,
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
    pub(super) detection: Detection,
    /// How many filters narrow it.
    pub(super) filters: usize,
}

impl Rule {
    /// Narrows the rule to what passes the filter `called` so, too.
    pub(super) fn narrow(&mut self, filter: &Detection, called: &str, version: Digest) {
        self.detection.narrow(filter, called);
        self.filters += 1;
        self.reference.version = Digest::of_parts(&[&self.reference.version.0, &version.0]);
        self.behaviour = Digest::of_parts(&[&self.behaviour.0, &version.0]);
    }

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
    /// Where the whole of the rule, and its `detection`, begin.
    pub(super) at: Place,
    pub(super) detection_at: Place,
    /// Where it says how its account is found.
    account_at: Place,
    pub(super) tests: Vec<OwnTest>,
}

impl Draft {
    /// Reads a rule; `None` when it has a problem that leaves no rule.
    pub(super) fn read(fields: &Fields<'_>, origin: &Origin<'_>, lists: &Lists, report: &mut Report) -> Option<Self> {
        let acts = fields.get("response").is_some();
        let context = SigmaVersion::read(fields, report).map(|version| Context::new(lists, version, acts));
        let log_source = fields.need("logsource", report).and_then(|node| log_source::read(node, report));
        let detection = fields.need("detection", report).zip(context.as_ref());
        let detection = detection.and_then(|(node, context)| Detection::read(node, context, report));
        let mut codes = Vec::new();
        let lists = context.map(|context| context.digests());
        let head = Head::read(fields, origin, lists.as_deref().unwrap_or_default(), &mut codes, report);
        // Tests are read last: what they may expect depends on the response.
        let tests = match (fields.get("tests"), &head) {
            (Some(node), Some((_, response))) => own_tests::read(node, response.as_ref(), report),
            _ => Vec::new(),
        };
        let (head, response) = lists.and(head)?;
        if let (Some(log_source), Some(response)) = (&log_source, &response) {
            carried::check(log_source, response, carried::place(fields), report);
        }
        let (name, id_at) = (head.name.clone(), head.id_at);
        let rule = head.rule(log_source?, detection?, response);
        let detection_at = fields.entry("detection").map_or(fields.at, |entry| entry.at);
        let account_at = carried::place(fields);
        Some(Self { rule, name, id_at, codes, at: fields.at, detection_at, account_at, tests })
    }

    /// Whether `name` is its id or its name.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.rule.reference.id.as_str() == name || self.name.as_ref().is_some_and(|(_, own)| own == name)
    }

    /// Whether it matches nothing but what it asks for, filters being part of it.
    pub(super) fn is_anchored(&self) -> bool {
        !self.rule.matches(&Value::Object(serde_json::Map::new())) && self.rule.detection.is_anchored()
    }

    /// A rule that acts must not act on whatever comes along; filters are part of it.
    pub(super) fn check(&self, report: &mut Report) {
        let Some(response) = &self.rule.response else { return };
        let advice = "add a search that the event must pass; that a field is there is not enough";
        if self.rule.matches(&Value::Object(serde_json::Map::new())) {
            report.error_with(self.detection_at, "a rule with a response must not match the empty event", advice);
        } else if !self.rule.detection.is_anchored() {
            let what = "a rule with a response needs a positive test that every match passes";
            report.error_with(self.detection_at, what, advice);
        }
        if self.rule.owner.is_none() {
            let advice = "add `owner`: the team or person to ask when it has locked somebody out";
            report.error_with(self.at, "a rule with a response needs an owner", advice);
        }
        warn_of_no_tests(response, self.tests.len(), self.at, report);
        // What is wrong with a test that would show it is told first.
        if report.errors() == 0 {
            carried::check_shown(&self.rule, &self.tests, self.account_at, report);
        }
    }
}

/// Said at every load: it acts on nothing but its author's word.
pub(super) fn warn_of_no_tests(response: &Response, tests: usize, at: Place, report: &mut Report) {
    if response.mode == Mode::Enforce && tests == 0 {
        let advice = "add `tests` with an event that matches and one that nearly does";
        report.warn(Lint::MissingMatchTest, at, "the rule acts but has no tests", advice);
    }
}

/// What rules and correlations have in common.
pub(super) struct Head {
    pub(super) name: Option<(Place, String)>,
    pub(super) id_at: Place,
    reference: RuleRef,
    behaviour: Digest,
    file: String,
    status: Option<RuleStatus>,
    level: Option<Level>,
    texts: Texts,
}

impl Head {
    /// Reads it, and the response; a document that depends on these lists.
    pub(super) fn read(
        fields: &Fields<'_>,
        origin: &Origin<'_>,
        lists: &[(String, Digest)],
        codes: &mut Vec<(Place, ReasonCode)>,
        report: &mut Report,
    ) -> Option<(Self, Option<Response>)> {
        check_taxonomy(fields, report);
        let title = read_title(fields, report);
        let status = read_status(fields, origin.statuses, report);
        let level = read_level(fields, report);
        let name = read_name(fields, report);
        let texts = Texts::read(fields, report);
        let response = match fields.get("response") {
            Some(node) => Response::read(node, title.unwrap_or_default(), codes, report).map(Some),
            None => Some(None),
        };
        let (id_at, id) = read_id(fields, origin, report)?;
        let reference = RuleRef { id, title: title?.to_owned(), version: origin.version(lists) };
        let behaviour = behaviour::of(fields, lists);
        let file = origin.file.name.clone();
        Some((Self { name, id_at, reference, behaviour, file, status, level, texts }, response?))
    }

    /// Whether it says whom to ask.
    pub(super) fn has_owner(&self) -> bool {
        self.texts.owner.is_some()
    }

    /// The rule with its other parts.
    pub(super) fn rule(self, log_source: LogSource, detection: Detection, response: Option<Response>) -> Rule {
        Rule {
            reference: self.reference,
            behaviour: self.behaviour,
            file: self.file,
            status: self.status,
            level: self.level,
            description: self.texts.description,
            author: self.texts.author,
            owner: self.texts.owner,
            references: self.texts.references,
            false_positives: self.texts.false_positives,
            tags: self.texts.tags,
            log_source,
            response,
            detection,
            filters: 0,
        }
    }
}

/// Checks what another document than a rule says of itself in the words of rules.
pub(super) fn check_words(fields: &Fields<'_>, origin: &Origin<'_>, report: &mut Report) {
    check_taxonomy(fields, report);
    read_title(fields, report);
    read_status(fields, origin.statuses, report);
    read_level(fields, report);
    Texts::read(fields, report);
}

/// The name that others call it by, and where it stands.
pub(super) fn read_name(fields: &Fields<'_>, report: &mut Report) -> Option<(Place, String)> {
    let node = fields.get("name")?;
    Some((node.at, reader::line(node, "name", report)?.to_owned()))
}

/// Another taxonomy changes the names of fields.
fn check_taxonomy(fields: &Fields<'_>, report: &mut Report) {
    if let Some(taxonomy) = fields.line("taxonomy", report).filter(|taxonomy| *taxonomy != "sigma") {
        let at = fields.get("taxonomy").map_or(fields.at, |node| node.at);
        let advice = "use the event's own field names";
        report.error_with(at, format!("the taxonomy `{taxonomy}` is not known"), advice);
    }
}

/// A rule that acts is named by its id on the trail, for ever, so it has one of its own. Others may go
/// without, as Sigma has it; then the id comes from their file's name and place.
fn read_id(fields: &Fields<'_>, origin: &Origin<'_>, report: &mut Report) -> Option<(Place, RuleId)> {
    let Some(node) = fields.get("id") else {
        if fields.get("response").is_none() {
            return Some((fields.at, origin.rule_id()?));
        }
        let advice = "add a new UUID; the trail names rules by it";
        report.error_with(fields.at, "a rule with a response needs the key `id`", advice);
        return None;
    };
    read_own_id(node, report)
}

/// An id that is written out, and where it stands.
pub(super) fn read_own_id(node: &Node, report: &mut Report) -> Option<(Place, RuleId)> {
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

fn read_status(fields: &Fields<'_>, loaded: Statuses, report: &mut Report) -> Option<RuleStatus> {
    let node = fields.get("status")?;
    let status = reader::choice(node, "status", &STATUSES, report)?;
    let (is_loaded, name) = match status {
        RuleStatus::Stable | RuleStatus::Test | RuleStatus::Experimental => return Some(status),
        RuleStatus::Deprecated => (loaded.deprecated, "deprecated"),
        RuleStatus::Unsupported => (loaded.unsupported, "unsupported"),
    };
    if !is_loaded {
        let advice = format!("remove it, or set `enable_{name} = true` in `[rules]` of the configuration");
        report.error_with(node.at, format!("{name} rules are loaded only when that is asked for"), advice);
        report.last_error_is(Lint::UnsupportedStatus);
    }
    Some(status)
}

fn read_level(fields: &Fields<'_>, report: &mut Report) -> Option<Level> {
    let words = Level::ALL.map(|level| (level.as_str(), level));
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
        attributes::check(fields, report);
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
