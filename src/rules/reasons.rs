//! The employee's texts: one file for each of DingTalk's 15 locales, complete for every reason code.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::incident::{Digest, ReasonCode, Timestamp};

use super::guardrails::{CONTACT_CHARS_MAX, Guardrails};
use super::lint::Lint;
use super::local_time;
use super::problem::{Place, Report};
use super::reader::{self, Fields};
use super::source::{self, SourceFile};
use super::spelling;
use super::template::{Template, Variable};
use super::time_zones::TimeZones;
use super::yaml;

/// The locales of DingTalk's `reasonI18nForEmployee`, as its documentation lists them.
pub const LOCALES: [&str; 15] = [
    "zh_CN", "zh_HK", "zh_TW", "en_US", "ja_JP", "vi_VN", "fr_FR", "ru_RU", "ko_KR", "es_LA", "tr_TR", "pt_BR",
    "ms_MY", "id_ID", "th_TH",
];
/// The folder they are in.
pub(super) const FOLDER: &str = "reasons/";
/// The most characters of a rendered text; our own limit, DingTalk documents none.
pub const EMPLOYEE_TEXT_CHARS_MAX: usize = 200;
/// The most reason codes.
const CODES_MAX: usize = 200;
/// Stands for an incident where a text is only looked at; as long as every id.
pub const SAMPLE_INCIDENT: &str = "inc_0123456789abcdef";

/// The catalogue of employee reasons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reasons {
    wordings: BTreeMap<ReasonCode, Wording>,
    zones: TimeZones,
}

/// The texts of one code.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wording {
    /// In the order of [`LOCALES`].
    texts: Vec<Template>,
    /// Without the contact.
    digest: Digest,
}

/// What an employee's text may be filled in with.
#[derive(Debug, Clone, Copy)]
pub struct EmployeeValues<'v> {
    /// The incident's id, to be quoted to the help desk.
    pub incident_id: &'v str,
    /// Whom to contact.
    pub contact: &'v str,
    /// When it happened.
    pub at: Timestamp,
}

impl Reasons {
    /// The text of `code` in `locale` as it was written.
    #[must_use]
    pub fn text(&self, code: &ReasonCode, locale: &str) -> Option<&str> {
        self.template(code, locale).map(Template::as_str)
    }

    /// The text of `code` in `locale`, filled in.
    #[must_use]
    pub fn render(&self, code: &ReasonCode, locale: &str, values: &EmployeeValues<'_>) -> Option<String> {
        let value_of = |variable| match variable {
            Variable::IncidentId => Cow::Borrowed(values.incident_id),
            Variable::Contact => Cow::Borrowed(values.contact),
            Variable::Time => Cow::Owned(local_time::written(values.at, self.zones.of(locale), locale)),
            // Not allowed in these texts; refused at load.
            Variable::RuleTitle | Variable::RuleId | Variable::AlertSource => Cow::Borrowed(""),
        };
        self.template(code, locale).map(|template| template.render(value_of))
    }

    /// The 15 locales of every code.
    #[must_use]
    pub fn locales(&self) -> &'static [&'static str; 15] {
        &LOCALES
    }

    /// Whether there is a wording for `code`, which then is complete.
    #[must_use]
    pub fn has(&self, code: &ReasonCode) -> bool {
        self.wordings.contains_key(code)
    }

    /// The codes there are, sorted.
    pub fn codes(&self) -> impl Iterator<Item = &ReasonCode> {
        self.wordings.keys()
    }

    /// The zone in which the text of `code` in `locale` tells its time, if it tells one.
    #[must_use]
    pub fn time_zone(&self, code: &ReasonCode, locale: &str) -> Option<&str> {
        self.template(code, locale).filter(|text| text.has(Variable::Time))?;
        self.zones.of(locale).iana_name()
    }

    /// SHA-256 over all that every incident's texts of `code` have in common: the wording in all locales, before
    /// filling in, the contact, and where a text tells the time the way it is written. A code that is not in the
    /// catalogue has no wording; a loaded rule never has one.
    #[must_use]
    pub fn wording_digest(&self, code: &ReasonCode, contact: &str) -> Digest {
        let with_contact = |wording: &Wording| Digest::of_parts(&[b"contact", &wording.digest.0, contact.as_bytes()]);
        self.wordings.get(code).map_or_else(|| Digest::of_parts(&[]), with_contact)
    }

    fn template(&self, code: &ReasonCode, locale: &str) -> Option<&Template> {
        let index = LOCALES.iter().position(|known| *known == locale)?;
        self.wordings.get(code)?.texts.get(index)
    }

    /// Reads the files of the `reasons` folder; the guardrails say in which zones texts tell a time.
    pub(super) fn read(
        files: &[&SourceFile],
        folder: &str,
        guardrails: &Guardrails,
        reports: &mut Vec<Report>,
    ) -> Self {
        let mut locales: BTreeMap<&str, Texts> = BTreeMap::new();
        for file in files {
            let mut report = Report::about(format!("{folder}{}", file.name));
            if let Some(locale) = locale_of(file, &mut report) {
                locales.insert(locale, read_locale(file, locale, &mut report).unwrap_or_default());
            }
            reports.push(report);
        }
        let codes: Vec<ReasonCode> = {
            let all: std::collections::BTreeSet<_> = locales.values().flat_map(|texts| texts.keys().cloned()).collect();
            all.into_iter().collect()
        };
        for locale in LOCALES {
            let mut report = Report::about(format!("{folder}{FOLDER}{locale}.yml"));
            check_complete(locales.get(locale), &codes, &mut report);
            reports.push(report);
        }
        let zones = guardrails.time_zones().clone();
        let wording = |code: &ReasonCode| {
            let texts = LOCALES.iter().filter_map(|locale| locales.get(locale)?.get(code)?.clone());
            (code.clone(), Wording::of(texts.collect(), &zones))
        };
        Self { wordings: codes.iter().map(wording).collect(), zones }
    }
}

impl Wording {
    fn of(texts: Vec<Template>, zones: &TimeZones) -> Self {
        let mut parts: Vec<Cow<'_, str>> = Vec::new();
        for (locale, text) in LOCALES.into_iter().zip(&texts) {
            parts.extend([Cow::Borrowed(locale), Cow::Borrowed(text.as_str())]);
            if text.has(Variable::Time) {
                parts.extend(local_time::form(zones.of(locale), locale).into_iter().map(Cow::Owned));
            }
        }
        let digest = Digest::of_parts(&parts.iter().map(|part| part.as_bytes()).collect::<Vec<_>>());
        Self { texts, digest }
    }
}

/// The texts of one locale; `None` for one that is there but not usable.
type Texts = BTreeMap<ReasonCode, Option<Template>>;

fn locale_of<'f>(file: &'f SourceFile, report: &mut Report) -> Option<&'f str> {
    let name = file.name.strip_prefix(FOLDER).unwrap_or(&file.name);
    let locale = name.strip_suffix(".yml").filter(|locale| LOCALES.contains(locale));
    if locale.is_none() {
        let stem = name.split('.').next().unwrap_or(name);
        report.file_error("is not the file of a locale, `<locale>.yml`", spelling::advice(stem, &LOCALES));
    }
    locale
}

fn read_locale(file: &SourceFile, locale: &str, report: &mut Report) -> Option<Texts> {
    let root = yaml::parse(source::decode(&file.bytes, report)?, report)?;
    let fields = Fields::of(&root, "a file of reasons", report)?;
    if fields.entries().len() > CODES_MAX {
        report.error(root.at, format!("more than {CODES_MAX} reason codes"));
        return None;
    }
    let mut texts = BTreeMap::new();
    for entry in fields.entries() {
        match ReasonCode::parse(&entry.key) {
            Ok(code) => {
                let text = read_text(entry, locale, report);
                texts.insert(code, text);
            }
            Err(problem) => report.error(entry.at, format!("`{}` is {problem}", entry.key)),
        }
    }
    Some(texts)
}

fn read_text(entry: &yaml::Entry, locale: &str, report: &mut Report) -> Option<Template> {
    let node = &entry.value;
    let text = reader::line(node, &entry.key, report)?;
    let template = Template::parse(text, &Variable::OF_AN_EMPLOYEE_REASON, node.at, report)?;
    let chars = template.chars_max(|variable| match variable {
        Variable::Contact => CONTACT_CHARS_MAX,
        Variable::Time => local_time::chars_max(locale),
        _ => SAMPLE_INCIDENT.len(),
    });
    if chars > EMPLOYEE_TEXT_CHARS_MAX {
        let what = format!("the text may become {chars} characters long");
        report.error_with(node.at, what, format!("shorten it to {EMPLOYEE_TEXT_CHARS_MAX}"));
    }
    check_said(&template, (&entry.key, locale), node.at, report);
    Some(template)
}

/// Whoever reads it has to see words, and whom to ask about what.
fn check_said(template: &Template, (code, locale): (&str, &str), at: Place, report: &mut Report) {
    for needed in Variable::OF_EVERY_EMPLOYEE_REASON.into_iter().filter(|needed| !template.has(*needed)) {
        let what = format!("the text for `{code}` in {locale} lacks `{{{{ {} }}}}`", needed.as_str());
        report.error_with(at, what, "add it: every text says whom to ask, and about what");
    }
    if !template.has_words() {
        report.error(at, format!("the text for `{code}` in {locale} shows nothing but what is filled in"));
    }
}

fn check_complete(texts: Option<&Texts>, codes: &[ReasonCode], report: &mut Report) {
    let Some(texts) = texts else {
        report.file_error("is missing", "every locale needs a file with every reason code");
        return report.last_error_is(Lint::MissingLocale);
    };
    for code in codes.iter().filter(|code| !texts.contains_key(code)) {
        report.file_error(format!("has no text for `{}`", code.as_str()), "add it: every locale has every code");
        report.last_error_is(Lint::MissingLocale);
    }
}
