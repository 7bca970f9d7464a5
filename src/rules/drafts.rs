//! Reads the rule files of a folder: what each of them says, and whether they go together.

use std::collections::HashMap;
use std::iter;
use std::sync::mpsc;
use std::thread;

use crate::incident::{ReasonCode, RuleId};

use super::allowance::Allowance;
use super::correlation::{self, Correlation, CorrelationDraft};
use super::detector::Draft;
use super::document::{self, Document};
use super::fed;
use super::filter::Filter;
use super::lists::Lists;
use super::problem::{Place, Report};
use super::reasons::Reasons;
use super::rule::Statuses;
use super::source::SourceFile;
use super::spelling;

/// The most rules and filters of one folder.
const DOCUMENTS_MAX: usize = 8_000;
/// The most values in all files of one folder.
pub(super) const VALUES_MAX: usize = 2_000_000;
/// Fewer files than this are not worth a thread.
const FILES_EACH_MIN: usize = 32;
/// About so many files are read ahead of what is gathered.
const FILES_AHEAD: usize = 128;

/// Each with the index of its file's report.
pub(super) type Reported<V> = (usize, V);

/// The rules and correlations of a folder.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    pub(super) rules: Vec<Reported<Draft>>,
    pub(super) correlations: Vec<Reported<Correlation>>,
}

impl Drafts {
    /// Reads rule files, narrows rules by filters, and checks each and all together.
    pub(super) fn read(
        files: &[&SourceFile],
        folder: &str,
        (lists, reasons, statuses): (&Lists, &Reasons, Statuses),
        reports: &mut Vec<Report>,
    ) -> Self {
        let mut gathered = Gathered::default();
        let read = |file: &SourceFile| document::read(file, folder, lists, statuses);
        let threads = thread::available_parallelism().map_or(1, usize::from);
        each_read(files, threads, read, |files| gathered.take_all(files, reasons, reports));
        let Gathered { mut rules, filters, correlations, .. } = gathered;
        let is_correlation = |name: &str| correlations.iter().any(|(_, draft)| draft.is_called(name));
        apply_filters(&filters, &mut rules, &is_correlation, lists.allowance(), reports);
        let correlations = correlation::link(correlations, &rules, reports);
        fed::check(&rules, &correlations, reports);
        check_each(&rules, reports);
        Self { rules, correlations }
    }
}

/// What a file holds, and what is wrong with it.
type Read = (Vec<Document>, Report);

/// Gives `gather` what each file holds, in their order. Many are read by up to `threads` threads, a
/// little ahead of what is gathered.
fn each_read(
    files: &[&SourceFile],
    threads: usize,
    read: impl Fn(&SourceFile) -> Read + Sync,
    gather: impl FnOnce(&mut dyn Iterator<Item = Read>),
) {
    let threads = threads.min(files.len() / FILES_EACH_MIN);
    if threads < 2 {
        return gather(&mut files.iter().map(|file| read(file)));
    }
    thread::scope(|scope| {
        let read = &read;
        let reader = |first: usize| -> Box<dyn FnMut() -> Option<Read> + '_> {
            let (sender, receiver) = mpsc::sync_channel(FILES_AHEAD / threads);
            let own = || files.iter().skip(first).step_by(threads).map(|file| read(file));
            // Nobody receives any more when a folder is refused for its size.
            let mut ahead = own();
            let work = move || ahead.try_for_each(|file| sender.send(file).map_err(drop)).is_ok();
            match thread::Builder::new().spawn_scoped(scope, work) {
                Ok(_) => Box::new(move || receiver.recv().ok()),
                // No thread is to be had: these are read when it is their turn.
                Err(_) => {
                    let mut here = own();
                    Box::new(move || here.next())
                }
            }
        };
        let mut readers: Vec<_> = (0..threads).map(reader).collect();
        let mut turns = (0..threads).cycle();
        gather(&mut iter::from_fn(|| readers.get_mut(turns.next()?).and_then(|reader| reader())));
    });
}

/// What was read so far.
#[derive(Default)]
struct Gathered {
    rules: Vec<Reported<Draft>>,
    filters: Vec<Reported<Filter>>,
    correlations: Vec<Reported<CorrelationDraft>>,
    unique: Unique,
}

impl Gathered {
    fn take_all(&mut self, files: &mut dyn Iterator<Item = Read>, reasons: &Reasons, reports: &mut Vec<Report>) {
        let mut values = Report::values(reports);
        for (documents, mut report) in files {
            documents.into_iter().for_each(|document| self.take(document, reports.len(), reasons, &mut report));
            let count = self.rules.len() + self.filters.len() + self.correlations.len();
            let is_full = count > DOCUMENTS_MAX || values > VALUES_MAX;
            if is_full {
                let limits = format!("{DOCUMENTS_MAX} rules or {VALUES_MAX} values");
                report.file_error(format!("is where the folder comes to more than {limits}"), "remove some");
            }
            values += Report::values(std::slice::from_ref(&report));
            reports.push(report);
            if is_full {
                // A folder that is refused for its size must not cost its size.
                break;
            }
        }
    }

    /// Takes a document; `index` is where its file's report will be.
    fn take(&mut self, document: Document, index: usize, reasons: &Reasons, report: &mut Report) {
        match document {
            Document::Rule(draft) => {
                let rule = &draft.detector.rule;
                let id = Some((draft.id_at, &rule.reference.id));
                self.unique.check(id, draft.name.as_ref(), &rule.file, report);
                check_codes(&draft.codes, reasons, report);
                self.rules.push((index, *draft));
            }
            Document::Filter(filter) => {
                let id = filter.id.as_ref().map(|(at, id)| (*at, id));
                self.unique.check(id, filter.name.as_ref(), &filter.file, report);
                self.filters.push((index, *filter));
            }
            Document::Correlation(draft) => {
                let id = Some((draft.id_at, &draft.rule.reference.id));
                self.unique.check(id, draft.name.as_ref(), &draft.rule.file, report);
                check_codes(&draft.codes, reasons, report);
                self.correlations.push((index, *draft));
            }
        }
    }
}

fn check_each(drafts: &[Reported<Draft>], reports: &mut [Report]) {
    for (index, draft) in drafts {
        if let Some(report) = reports.get_mut(*index) {
            draft.check(report);
        }
    }
}

fn apply_filters(
    filters: &[Reported<Filter>],
    drafts: &mut [Reported<Draft>],
    is_correlation: &dyn Fn(&str) -> bool,
    allowance: &Allowance,
    reports: &mut [Report],
) {
    for (index, filter) in filters {
        if let Some(report) = reports.get_mut(*index) {
            let mut drafts: Vec<&mut Draft> = drafts.iter_mut().map(|(_, draft)| draft).collect();
            filter.apply(&mut drafts, is_correlation, allowance, report);
        }
    }
}

fn check_codes(codes: &[(Place, ReasonCode)], reasons: &Reasons, report: &mut Report) {
    for (at, code) in codes.iter().filter(|(_, code)| reasons.codes().all(|known| known != code)) {
        let known: Vec<&str> = reasons.codes().map(ReasonCode::as_str).collect();
        let what = format!("the catalogue of reasons has no `{}`", code.as_str());
        report.error_with(*at, what, spelling::advice(code.as_str(), &known));
    }
}

/// Ids and names of rules and filters that were seen, each with what it was and the file that has it.
/// Filters call rules by either, so neither may be the other of another rule.
#[derive(Default)]
struct Unique {
    seen: HashMap<String, (&'static str, String)>,
}

impl Unique {
    fn check(&mut self, id: Option<(Place, &RuleId)>, name: Option<&(Place, String)>, file: &str, report: &mut Report) {
        if let Some((at, id)) = id {
            self.take("id", id.as_str(), at, file, report);
        }
        if let Some((at, name)) = name {
            self.take("name", name, *at, file, report);
        }
    }

    fn take(&mut self, what: &'static str, called: &str, at: Place, file: &str, report: &mut Report) {
        let Some((first, other)) = self.seen.get(called) else {
            self.seen.insert(called.to_owned(), (what, file.to_owned()));
            return;
        };
        let whose = if *first == what { "that" } else { "an id or a name" };
        report.error_with(at, format!("the {what} `{called}` is already {whose} of {other}"), "give each rule its own");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_gathered_in_their_order_by_however_many_threads() {
        let file = |number: usize| SourceFile { name: format!("{number}.yml"), bytes: Vec::new() };
        let files: Vec<SourceFile> = (0..10 * FILES_EACH_MIN + 3).map(file).collect();
        let files: Vec<&SourceFile> = files.iter().collect();
        let read = |file: &SourceFile| {
            let mut report = Report::about(&*file.name);
            report.file_error("is read", "");
            (Vec::new(), report)
        };
        let name = |(_, report): Read| {
            let mut errors = Vec::new();
            report.hand_over(&mut errors, &mut Vec::new());
            errors.remove(0).file
        };
        for count in [0, 1, 2 * FILES_EACH_MIN, files.len()] {
            let files = &files[..count];
            let expected: Vec<&String> = files.iter().map(|file| &file.name).collect();
            for threads in [1, 2, 3, 7] {
                each_read(files, threads, read, |gathered| {
                    let names: Vec<String> = gathered.map(name).collect();
                    assert_eq!(names.iter().collect::<Vec<_>>(), expected, "{count} by {threads}");
                });
                // Whoever stops waits for no thread that wants to tell more.
                each_read(files, threads, read, |gathered| assert_eq!(gathered.take(2).count(), count.min(2)));
            }
        }
    }
}
