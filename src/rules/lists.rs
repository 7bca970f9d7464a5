//! Lists beside the rules, `lists/<name>.yml`: what `%name%` stands for in a value with `expand`.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use super::allowance::Allowance;
use super::drafts::VALUES_MAX as FOLDER_VALUES_MAX;
use super::problem::Report;
use super::reader;
use super::source::{self, SourceFile};
use super::version::SigmaVersion;
use super::yaml::{self, Node, Yaml};
use crate::incident::Digest;

/// The folder of the lists.
pub(super) const FOLDER: &str = "lists/";
/// The most values in one list.
const VALUES_MAX: usize = 10_000;
/// The longest value, in bytes.
const VALUE_BYTES_MAX: usize = 1_024;

/// All lists of a folder, and what the rules that use them may come to.
#[derive(Debug, Default)]
pub(super) struct Lists {
    by_name: BTreeMap<String, List>,
    allowance: Allowance,
}

/// One list.
#[derive(Debug)]
struct List {
    values: Vec<String>,
    digest: Digest,
}

/// What reading a detection needs to know beside its text.
#[derive(Debug)]
pub(super) struct Context<'l> {
    lists: &'l Lists,
    /// The Sigma it is written in.
    pub(super) version: SigmaVersion,
    /// Whether somebody may be acted on by what is read, so that what is doubtful is refused.
    pub(super) acts: bool,
    used: RefCell<BTreeSet<String>>,
    /// How many array blocks there are around what is read.
    blocks: Cell<usize>,
}

impl Lists {
    /// Reads the files of the lists.
    pub(super) fn read(files: &[&SourceFile], folder: &str, reports: &mut Vec<Report>) -> Self {
        let mut lists = BTreeMap::new();
        for file in files {
            let mut report = Report::about(format!("{folder}{}", file.name));
            if let Some((name, list)) = read(file, &mut report)
                && lists.insert(name, list).is_some()
            {
                report.file_error("is a second list of this name", "give each list its own name");
            }
            let is_full = Report::values(reports) > FOLDER_VALUES_MAX;
            if is_full {
                report.file_error(
                    format!("is where the folder comes to more than {FOLDER_VALUES_MAX} values"),
                    "remove some",
                );
            }
            reports.push(report);
            if is_full {
                break;
            }
        }
        Self { by_name: lists, allowance: Allowance::default() }
    }

    /// What all rules together may come to.
    pub(super) fn allowance(&self) -> &Allowance {
        &self.allowance
    }

    /// The names of all lists.
    pub(super) fn names(&self) -> Vec<&str> {
        self.by_name.keys().map(String::as_str).collect()
    }
}

impl<'l> Context<'l> {
    /// For one document.
    pub(super) fn new(lists: &'l Lists, version: SigmaVersion, acts: bool) -> Self {
        Self { lists, version, acts, used: RefCell::default(), blocks: Cell::default() }
    }

    /// Reads the body of an array block.
    pub(super) fn within_block<T>(&self, read: impl FnOnce() -> T) -> T {
        self.blocks.set(self.blocks.get() + 1);
        let body = read();
        self.blocks.set(self.blocks.get() - 1);
        body
    }

    /// Whether there is an element that is tested.
    pub(super) fn is_within_block(&self) -> bool {
        self.blocks.get() > 0
    }

    /// What all rules together may come to.
    pub(super) fn allowance(&self) -> &'l Allowance {
        self.lists.allowance()
    }

    /// The values of the list; the detection depends on it from now on.
    pub(super) fn list(&self, name: &str) -> Option<&'l [String]> {
        let list = self.lists.by_name.get(name)?;
        self.used.borrow_mut().insert(name.to_owned());
        Some(&list.values)
    }

    /// The names of all lists, for advice.
    pub(super) fn list_names(&self) -> Vec<&'l str> {
        self.lists.names()
    }

    /// Names and digests of the lists that were used: a part of what the rule is.
    pub(super) fn digests(&self) -> Vec<(String, Digest)> {
        let used = self.used.borrow();
        used.iter().filter_map(|name| Some((name.clone(), self.lists.by_name.get(name)?.digest))).collect()
    }
}

/// Whether a list can be called so. Letters and digits are those of any script, as in Python's `\w`.
pub(super) fn is_name(text: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '.');
    !text.is_empty() && text.chars().all(is_part)
}

fn read(file: &SourceFile, report: &mut Report) -> Option<(String, List)> {
    let stem = file.name.strip_prefix(FOLDER).and_then(|name| name.rsplit_once('.')).map(|(stem, _)| stem)?;
    if !is_name(stem) {
        report.file_error("is no name of a list", "use letters, digits, `_`, `-` and `.`");
        return None;
    }
    let root = yaml::parse(source::decode(&file.bytes, report)?, report)?;
    let items = reader::list(&root, "a list of values", report);
    if items.is_empty() || items.len() > VALUES_MAX {
        report.error(root.at, format!("a list needs 1 to {VALUES_MAX} values"));
        return None;
    }
    let values: Vec<Option<String>> = items.iter().map(|item| value(item, report)).collect();
    let values = values.into_iter().collect::<Option<Vec<_>>>()?;
    Some((stem.to_owned(), List { values, digest: Digest::of(&file.bytes) }))
}

fn value(node: &Node, report: &mut Report) -> Option<String> {
    let text = match &node.value {
        Yaml::Text(text) => text.clone(),
        Yaml::Number(number) => number.text.clone(),
        Yaml::Bool(value) => value.to_string(),
        Yaml::Null | Yaml::List(_) | Yaml::Map(_) => {
            report.error(node.at, format!("{} cannot be a value of a list", node.what()));
            return None;
        }
    };
    if text.is_empty() || text.len() > VALUE_BYTES_MAX {
        report.error(node.at, format!("a value of a list has 1 to {VALUE_BYTES_MAX} bytes"));
        return None;
    }
    Some(text)
}
