//! Reads what rules and correlations have in common: id, title, the texts for people, and the response.

use crate::incident::{Digest, ReasonCode, RuleId, RuleRef};

use super::attributes;
use super::behaviour;
use super::document::Origin;
use super::lint::Lint;
use super::problem::{Place, Report};
use super::reader::{self, Fields};
use super::response::{Mode, Response};
use super::rule::{Level, Rule, RuleStatus, STATUSES, Statuses};
use super::yaml::{Node, Yaml};

/// The longest title, in characters (Sigma specification 2.1).
const TITLE_CHARS_MAX: usize = 256;

/// What a document says of itself as a rule, and where others find it.
pub(super) struct Head {
    pub(super) rule: Rule,
    pub(super) name: Option<(Place, String)>,
    pub(super) id_at: Place,
    /// The reasons that its response names.
    pub(super) codes: Vec<(Place, ReasonCode)>,
}

impl Head {
    /// Reads it; of a document that depends on these lists.
    pub(super) fn read(
        fields: &Fields<'_>,
        origin: &Origin<'_>,
        lists: &[(String, Digest)],
        report: &mut Report,
    ) -> Option<Self> {
        check_taxonomy(fields, report);
        let title = read_title(fields, report);
        let status = read_status(fields, origin.statuses, report);
        let level = read_level(fields, report);
        let name = read_name(fields, report);
        let texts = Texts::read(fields, report);
        let mut codes = Vec::new();
        let response = read_response(fields, title.unwrap_or_default(), &mut codes, report);
        let (id_at, id) = read_id(fields, origin, report)?;
        let Texts { description, author, owner, references, false_positives, tags } = texts;
        let rule = Rule {
            reference: RuleRef { id, title: title?.to_owned(), version: origin.version(lists) },
            behaviour: behaviour::of(fields, lists),
            name: name.as_ref().map(|(_, name)| name.clone()),
            file: origin.file.name.clone(),
            status,
            level,
            description,
            author,
            owner,
            references,
            false_positives,
            tags,
            tests: Vec::new(),
            response: response?,
        };
        Some(Self { rule, name, id_at, codes })
    }
}

/// The response, if there is one; then somebody has to answer for it.
fn read_response(
    fields: &Fields<'_>,
    title: &str,
    codes: &mut Vec<(Place, ReasonCode)>,
    report: &mut Report,
) -> Option<Option<Response>> {
    let Some(node) = fields.get("response") else { return Some(None) };
    if fields.get("owner").is_none() {
        let advice = "add `owner`: the team or person to ask when it has locked somebody out";
        report.error_with(fields.at, "a rule with a response needs an owner", advice);
    }
    Response::read(node, title, codes, report).map(Some)
}

/// Said at every load: it acts on nothing but its author's word.
pub(super) fn warn_of_no_tests(response: &Response, tests: usize, at: Place, report: &mut Report) {
    if response.mode == Mode::Enforce && tests == 0 {
        let advice = "add `tests` with an event that matches and one that nearly does";
        report.warn(Lint::MissingMatchTest, at, "the rule acts but has no tests", advice);
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
            let small = reader::text(node, "id", report)?.to_ascii_lowercase();
            match RuleId::parse(&small) {
                Ok(_) => report.error_with(node.at, "`id` has capital letters", format!("write `{small}`")),
                Err(_) => report.error(node.at, format!("`id` is {problem}")),
            }
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
