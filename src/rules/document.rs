//! What a file of the rules folder holds: one or more documents, each a rule, a correlation or a
//! filter.

use crate::incident::{Digest, RuleId};

use super::correlation::{self, CorrelationDraft};
use super::detector::Draft;
use super::filter::Filter;
use super::lint::allow;
use super::lists::Lists;
use super::problem::Report;
use super::reader::Fields;
use super::rule::Statuses;
use super::source::{self, SourceFile};
use super::spelling;
use super::yaml::{self, Node, Yaml};

/// The keys of documents: Sigma's, ours (`response`, `tests`, `owner`, `lint`) and two that SigmaHQ's rules have.
pub(super) const KEYS: [&str; 28] = [
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
    "lint",
    "correlation",
    "filter",
    "regression_tests_path",
    "simulation",
];
/// Words that authors write where Sigma has another, and what to write.
const OTHER_WORDS: [(&str, &str); 7] = [
    ("severity", "Sigma calls it `level`"),
    ("condition", "it belongs into `detection`"),
    ("timeframe", "it is old Sigma and not supported"),
    ("action", "it is old Sigma; put each rule into a file of its own"),
    ("actions", "what is to be done stands in `response`"),
    ("steps", "it belongs into `response`"),
    ("mode", "it belongs into `response`"),
];

/// One document, read.
#[derive(Debug)]
pub(super) enum Document {
    Rule(Box<Draft>),
    Filter(Box<Filter>),
    Correlation(Box<CorrelationDraft>),
}

/// Where a document comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'f> {
    pub(super) file: &'f SourceFile,
    /// Its place among the file's documents, from 0.
    pub(super) index: usize,
    /// Which statuses are loaded.
    pub(super) statuses: Statuses,
}

/// The sorts of documents, by the key that only they have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Rule,
    Correlation,
    Filter,
}

/// Reads the documents of a file of `folder`; those with a problem that leaves nothing are missing.
pub(super) fn read(file: &SourceFile, folder: &str, lists: &Lists, statuses: Statuses) -> (Vec<Document>, Report) {
    let mut report = Report::about(format!("{folder}{}", file.name));
    let text = source::decode(&file.bytes, &mut report);
    let roots = text.map_or(Vec::new(), |text| yaml::documents(text, &mut report));
    let origin = |index| Origin { file, index, statuses };
    let documents = (0..).zip(&roots);
    let read = documents.filter_map(|(index, root)| Document::read(root, &origin(index), lists, &mut report));
    (read.collect(), report)
}

/// The documents of a file's text as trees, if it is good YAML.
pub(super) fn trees(text: &str) -> Option<Vec<Node>> {
    let mut unheard = Report::about("");
    let roots = yaml::documents(text, &mut unheard);
    (unheard.errors() == 0).then_some(roots)
}

/// Whether a document says that this is its id.
pub(super) fn has_id(root: &Node, id: &str) -> bool {
    let Ok(id) = RuleId::parse(id) else { return false };
    let own = Fields::of(root, "", &mut Report::about("")).and_then(|fields| fields.get("id"));
    own.is_some_and(|node| matches!(&node.value, Yaml::Text(own) if RuleId::parse(own).as_ref() == Ok(&id)))
}

impl Document {
    fn read(root: &Node, origin: &Origin<'_>, lists: &Lists, report: &mut Report) -> Option<Self> {
        let mut fields = Fields::of(root, "a rule", report)?;
        check_keys(&fields, report);
        let acts = ["response", "filter"].iter().any(|key| fields.get(key).is_some());
        let allowed = allow::read(&fields, report);
        report.document(fields.at, acts, allowed);
        let sort = Sort::of(&fields, report)?;
        fields.name = sort.what();
        match sort {
            Sort::Rule => Draft::read(&fields, origin, lists, report).map(|draft| Self::Rule(Box::new(draft))),
            Sort::Filter => Filter::read(&fields, origin, lists, report).map(|filter| Self::Filter(Box::new(filter))),
            Sort::Correlation => CorrelationDraft::read(&fields, origin, report)
                .map(|correlation| Self::Correlation(Box::new(correlation))),
        }
    }
}

impl Origin<'_> {
    /// What identifies exactly this document with these lists.
    pub(super) fn version(&self, lists: &[(String, Digest)]) -> Digest {
        let file = Digest::of(&self.file.bytes);
        if lists.is_empty() && self.index == 0 {
            return file;
        }
        let index = self.index.to_be_bytes();
        let lists = lists.iter().flat_map(|(name, digest)| [name.as_bytes(), digest.0.as_slice()]);
        Digest::of_parts(&[file.0.as_slice(), &index].into_iter().chain(lists).collect::<Vec<_>>())
    }

    /// A UUID of its own making (version 8, RFC 9562) from the file's name and the document's place.
    pub(super) fn rule_id(&self) -> Option<RuleId> {
        let digest = Digest::of_parts(&[b"rule", self.file.name.as_bytes(), &self.index.to_be_bytes()]);
        let bytes = *digest.0.first_chunk()?;
        RuleId::parse(&uuid::Builder::from_custom_bytes(bytes).into_uuid().hyphenated().to_string()).ok()
    }
}

impl Sort {
    /// What a document of this sort is, for messages.
    fn what(self) -> &'static str {
        match self {
            Self::Rule => "a rule",
            Self::Correlation => "a correlation",
            Self::Filter => "a filter",
        }
    }

    fn of(fields: &Fields<'_>, report: &mut Report) -> Option<Self> {
        let sorts = [("detection", Self::Rule), ("correlation", Self::Correlation), ("filter", Self::Filter)];
        let mut found = sorts.into_iter().filter(|(key, _)| fields.get(key).is_some());
        match (found.next(), found.next()) {
            (Some((_, sort)), None) => Some(sort),
            (None, _) => {
                // A rule is what most people write; its missing parts are named one by one.
                Some(Self::Rule)
            }
            (Some((first, _)), Some((second, _))) => {
                let advice = "put each into a document of its own";
                report.error_with(fields.at, format!("a document cannot have both `{first}` and `{second}`"), advice);
                None
            }
        }
    }
}

/// Sigma allows keys of one's own. One that looks like a known key misspelt would silently lose its
/// part of the rule, so it is an error.
fn check_keys(fields: &Fields<'_>, report: &mut Report) {
    let counts = fields.get("correlation").is_some();
    for entry in fields.entries().iter().filter(|entry| !KEYS.contains(&entry.key.as_str())) {
        if counts && correlation::KEYS.contains(&entry.key.as_str()) {
            report.error_with(entry.at, format!("unknown key `{}`", entry.key), "it belongs into `correlation`");
            continue;
        }
        let others = OTHER_WORDS.iter().map(|(word, _)| *word);
        let Some(meant) = spelling::closest(&entry.key, KEYS.into_iter().chain(others)) else { continue };
        let other = OTHER_WORDS.iter().find(|(word, _)| *word == meant);
        let advice = other.map_or_else(|| format!("did you mean `{meant}`?"), |(_, advice)| (*advice).to_owned());
        report.error_with(entry.at, format!("unknown key `{}`", entry.key), advice);
    }
}
