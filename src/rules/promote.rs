//! Lets a rule act: finds it in its file and turns its mode from `shadow` to `enforce`, and nothing
//! else. Also says which rules act without having been let.

use std::path::Path;

use super::document;
use super::lint::LintLevel;
use super::load::{self, compile_with};
use super::problem::{LoadErrors, Place, Problem};
use super::reader::Fields;
use super::response::Mode;
use super::rule::{Rule, Statuses};
use super::source::SourceFile;
use super::yaml::{Entry, Yaml};

/// A rule that is about to act.
#[derive(Debug)]
pub struct Promotion {
    /// The rule, as it still watches.
    pub rule: Rule,
    /// Its file with the mode turned.
    pub content: Vec<u8>,
}

/// Why no file can be made that lets the rule act.
#[derive(Debug, thiserror::Error)]
pub enum NotPromoted {
    /// The folder does not load, before the change or after it.
    #[error("{0}")]
    Refused(#[from] LoadErrors),
    /// No rule is called so, or several are.
    #[error("`{0}` is not the id, the file or the whole title of exactly one rule")]
    NoSuchRule(String),
    /// There is nothing to turn.
    #[error("the rule does not only watch: it has {0}")]
    NotWatching(&'static str),
    /// The mode is written in a way that is not changed by a program.
    #[error("{0} cannot be edited safely; write `mode: enforce` into its response yourself")]
    NotEditable(String),
}

/// Prepares to let the rule called `name` (id, file or title) act. Nothing is written.
///
/// # Errors
/// Why not.
pub fn promotion(folder: &Path, name: &str, statuses: Statuses) -> Result<Promotion, NotPromoted> {
    let mut files = load::files(folder)?;
    let set = compile_with(&files, statuses)?;
    let is_called = |rule: &&Rule| {
        let Rule { reference, file, .. } = rule;
        reference.id.as_str() == name || file == name || reference.title == name
    };
    let mut called = set.all_rules().filter(is_called);
    let (Some(rule), None) = (called.next(), called.next()) else {
        return Err(NotPromoted::NoSuchRule(name.to_owned()));
    };
    match rule.response.as_ref().map(|response| response.mode) {
        Some(Mode::Shadow) => {}
        Some(Mode::Enforce) => return Err(NotPromoted::NotWatching("`mode: enforce`")),
        None => return Err(NotPromoted::NotWatching("no response")),
    }
    let not_editable = || NotPromoted::NotEditable(rule.file.clone());
    let file = files.iter_mut().find(|file| file.name == rule.file).ok_or_else(not_editable)?;
    file.bytes = turned(file, rule.reference.id.as_str()).ok_or_else(not_editable)?;
    let content = file.bytes.clone();
    let after = compile_with(&files, statuses)?;
    if is_only_that(rule, &set.all_rules().collect::<Vec<_>>(), &after.all_rules().collect::<Vec<_>>()) {
        Ok(Promotion { rule: rule.clone(), content })
    } else {
        Err(not_editable())
    }
}

/// The rules that act without having been let, as the reason to refuse the set.
#[must_use]
pub fn refuse_unpromoted(folder: &Path, rules: &[&Rule]) -> LoadErrors {
    let problem = |rule: &&Rule| Problem {
        file: folder.join(&rule.file).display().to_string(),
        at: None,
        what: format!("the rule `{}` acts, but nobody has let it act as it is", rule.reference.title),
        advice: Some("set it to `mode: shadow` and use `portcullis rules promote`".to_owned()),
        lint: None,
        level: LintLevel::Error,
        excerpt: None,
    };
    LoadErrors::new(None, rules.iter().map(problem).collect())
}

/// Whether the edit did what it should: this rule acts and does the same, and no other has changed.
fn is_only_that(promoted: &Rule, before: &[&Rule], after: &[&Rule]) -> bool {
    before.len() == after.len()
        && before.iter().zip(after).all(|(before, after)| {
            let is_it = before.reference.id == promoted.reference.id;
            let mode = |rule: &Rule| rule.response.as_ref().map(|response| response.mode);
            let wanted = if is_it { Some(Mode::Enforce) } else { mode(before) };
            before.reference.id == after.reference.id && before.behaviour == after.behaviour && mode(after) == wanted
        })
}

/// The file's bytes with the mode of the rule `id` turned.
fn turned(file: &SourceFile, id: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(&file.bytes).ok()?;
    let (mark, text) = text.strip_prefix('\u{feff}').map_or(("", text), |rest| ("\u{feff}", rest));
    let roots = document::trees(text)?;
    let root = match roots.as_slice() {
        [root] => root,
        several => several.iter().find(|root| document::has_id(root, id))?,
    };
    let mut unheard = super::problem::Report::about("");
    let fields = Fields::of(root, "", &mut unheard)?;
    let response = fields.get("response")?;
    let Yaml::Map(entries) = &response.value else { return None };
    let edited = match entries.iter().find(|entry| entry.key == "mode") {
        Some(mode) => replaced(text, mode)?,
        None => inserted(text, response.at, entries.first()?)?,
    };
    Some(format!("{mark}{edited}").into_bytes())
}

/// In the place of the word that is there.
fn replaced(text: &str, mode: &Entry) -> Option<String> {
    let (before, behind) = text.split_at_checked(offset(text, mode.value.at)?)?;
    let quote = behind.chars().next().filter(|first| matches!(first, '\'' | '"')).map(String::from).unwrap_or_default();
    let behind = behind.strip_prefix(&format!("{quote}shadow{quote}"))?;
    Some(format!("{before}enforce{behind}"))
}

/// Before the first key of the response: on a line of its own, or within the braces.
fn inserted(text: &str, response: Place, first: &Entry) -> Option<String> {
    let is_flow = text.get(offset(text, response)?..)?.starts_with('{');
    let (before, behind) = text.split_at_checked(offset(text, first.at)?)?;
    if is_flow {
        return Some(format!("{before}mode: enforce, {behind}"));
    }
    let line_break = if before.contains("\r\n") { "\r\n" } else { "\n" };
    let indent = before.rsplit('\n').next().filter(|indent| indent.chars().all(|character| character == ' '))?;
    Some(format!("{before}mode: enforce{line_break}{indent}{behind}"))
}

/// Where a place is, in bytes.
fn offset(text: &str, at: Place) -> Option<usize> {
    let line_start = match at.line.checked_sub(2) {
        None => 0,
        Some(breaks_before) => text.match_indices('\n').nth(breaks_before)?.0 + 1,
    };
    let line = text.get(line_start..)?;
    let column = line.char_indices().map(|(index, _)| index).nth(at.column.checked_sub(1)?)?;
    Some(line_start + column)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "title: T
id: 11111111-1111-4111-8111-111111111111
owner: o
lint: {allow: [untested-account-path], reason: made up}
logsource: {product: test}
detection:
  s: {a: x}   # why: ä
  condition: s
";
    const BLOCK: &str = "response:
  # watch first
  MODEaccount: {email: who}
  steps: [{disable: {reason: r, expires_in: 1h}}]
";
    const FLOW: &str = "response: { MODEaccount: {email: who}, steps: [{disable: {reason: r, expires_in: 1h}}] }\n";

    fn folder(rule: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("reasons")).unwrap();
        let text = "a: 'Ask {{ contact }} about {{ incident.id }}.'\n";
        for locale in super::super::LOCALES {
            std::fs::write(folder.path().join(format!("reasons/{locale}.yml")), text).unwrap();
        }
        std::fs::write(folder.path().join("guardrails.yml"), "protected: []\n").unwrap();
        std::fs::write(folder.path().join("x.yml"), rule).unwrap();
        folder
    }

    fn edited(rule: &str) -> String {
        let folder = folder(rule);
        let promotion =
            promotion(folder.path(), "T", Statuses::default()).unwrap_or_else(|error| panic!("{error}:\n{rule}"));
        String::from_utf8(promotion.content).unwrap()
    }

    #[test]
    fn only_the_mode_is_turned() {
        let with = |response: &str, mode: &str| format!("{RULE}{}# end\n", response.replace("MODE", mode));
        let block = |mode: &str| with(BLOCK, mode);
        assert_eq!(edited(&block("mode: shadow  # for now\n  ")), block("mode: enforce  # for now\n  "));
        assert_eq!(edited(&block("mode: 'shadow'\n  ")), block("mode: enforce\n  "));
        assert_eq!(edited(&block("")), block("mode: enforce\n  "));
        assert_eq!(edited(&with(FLOW, "mode: shadow, ")), with(FLOW, "mode: enforce, "));
        assert_eq!(edited(&with(FLOW, "")), with(FLOW, "mode: enforce, "));
        let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
        assert_eq!(edited(&windows(&block(""))), windows(&block("mode: enforce\n  ")));
    }

    #[test]
    fn of_several_documents_only_the_one_that_is_meant_is_edited() {
        let other = RULE.replace("title: T", "title: Other").replace("8111-111111111111", "8111-111111111112");
        let response = BLOCK.replace("MODE", "mode: shadow\n  ");
        let file = |mode: &str| format!("{other}{response}---\n{RULE}{}", response.replace("shadow", mode));
        assert_eq!(edited(&file("shadow")), file("enforce"));
    }

    #[test]
    fn what_does_not_only_watch_is_not_promoted() {
        for (rule, why) in [
            (RULE.to_owned(), "no response"),
            (format!("{RULE}{}", BLOCK.replace("MODE", "mode: enforce\n  ")), "`mode: enforce`"),
        ] {
            let refused = promotion(folder(&rule).path(), "T", Statuses::default()).unwrap_err().to_string();
            assert_eq!(refused, format!("the rule does not only watch: it has {why}"));
        }
        let watching = format!("{RULE}{}", BLOCK.replace("MODE", ""));
        assert!(matches!(
            promotion(folder(&watching).path(), "U", Statuses::default()),
            Err(NotPromoted::NoSuchRule(_))
        ));
        assert!(matches!(promotion(folder("title: [").path(), "T", Statuses::default()), Err(NotPromoted::Refused(_))));
    }

    #[test]
    fn what_a_rule_does_is_the_same_whatever_is_written_for_people() {
        let load = |text: &str| {
            let files = load::files(folder(text).path()).unwrap();
            load::compile(&files).unwrap().detectors()[0].rule.behaviour
        };
        let rule = |text: &str| format!("{text}{}", BLOCK.replace("MODE", "mode: shadow\n  "));
        let known = load(&rule(RULE));
        for same in [
            rule(RULE).replace("shadow", "enforce"),
            rule(RULE).replace("owner: o", "owner: other\ndescription: d\nlevel: low"),
            rule(RULE).replace("# why: ä", ""),
            rule(RULE).replace("{a: x}", "{\"a\": 'x'}"),
        ] {
            assert_eq!(load(&same), known, "{same}");
        }
        for other in [
            rule(RULE).replace("{a: x}", "{a: y}"),
            rule(RULE).replace("{a: x}", "{a: 5}"),
            rule(RULE).replace("{a: x}", "{a: [x]}"),
            rule(RULE).replace("product: test", "product: other"),
            rule(RULE).replace("1h", "2h"),
            rule(RULE).replace("email: who", "email: whom"),
        ] {
            assert_ne!(load(&other), known, "{other}");
        }
        assert_ne!(load(&rule(RULE).replace("{a: x}", "{a: 5}")), load(&rule(RULE).replace("{a: x}", "{a: '5'}")));
    }
}
