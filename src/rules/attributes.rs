//! Checks what a document says of itself in Sigma's own forms: dates, tags, and the rules it is related to.
//! Nothing of it decides anything here, but other tools refuse a document in which it is wrong.

use jiff::civil::Date;

use crate::incident::RuleId;

use super::lint;
use super::problem::{Place, Report};
use super::reader::{self, Fields};
use super::yaml::{Node, Yaml};

/// How one rule can be related to another; the last is from before Sigma 2.
const RELATIONS: [(&str, ()); 7] = [
    ("correlation", ()),
    ("derived", ()),
    ("merged", ()),
    ("obsolete", ()),
    ("renamed", ()),
    ("similar", ()),
    ("obsoletes", ()),
];

/// Reports what has another form than Sigma gives it.
pub(super) fn check(fields: &Fields<'_>, report: &mut Report) {
    for key in ["date", "modified"] {
        if let Some(node) = fields.get(key) {
            check_date(node, key, report);
        }
    }
    if let Some(node) = fields.get("related") {
        reader::list(node, "related", report).iter().for_each(|item| check_related(item, report));
    }
    // What is no list of texts is told of where the tags are read.
    if let Some(Node { value: Yaml::List(tags), .. }) = fields.get("tags") {
        for (at, tag) in tags.iter().filter_map(text).filter(|(_, tag)| !is_tag(tag)) {
            let advice = "write it like `attack.t1078` or `cve.2021-44228`, or with a namespace of your own";
            report.error_with(at, format!("the tag `{tag}` has no namespace"), advice);
        }
    }
}

fn text(node: &Node) -> Option<(Place, &str)> {
    match &node.value {
        Yaml::Text(text) => Some((node.at, text)),
        _ => None,
    }
}

fn check_date(node: &Node, key: &str, report: &mut Report) {
    let Some(text) = reader::text(node, key, report) else { return };
    if !is_date(text) && !lint::today(text).is_some_and(|today| is_date(&today)) {
        report.error_with(node.at, format!("`{key}` is no date: `{text}`"), "write it like 2026-01-31");
    }
}

/// A day of the calendar, in the one form that says which number is what.
fn is_date(text: &str) -> bool {
    text.len() == "2026-01-31".len() && text.parse::<Date>().is_ok()
}

fn check_related(item: &Node, report: &mut Report) {
    let Some(fields) = Fields::of(item, "an entry of `related`", report) else { return };
    fields.only(&["id", "type"], report);
    if let Some(node) = fields.need("id", report)
        && let Some(id) = reader::text(node, "id", report)
        && RuleId::parse(id).is_err()
    {
        report.error(node.at, format!("`{id}` is no id of a rule"));
    }
    if let Some(node) = fields.need("type", report) {
        reader::choice(node, "type of a relation", &RELATIONS, report);
    }
}

fn is_tag(tag: &str) -> bool {
    tag.split_once('.').is_some_and(|(namespace, name)| !namespace.is_empty() && !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{detecting, load_rule};

    fn problem(head: &str) -> String {
        let rule = format!("{}{head}\n", detecting("  s: {a: 1}\n  condition: s\n"));
        load_rule(&rule).map_or_else(|errors| errors.to_string(), |_| String::new())
    }

    #[test]
    fn what_sigma_gives_a_form_has_it() {
        let id = "929a690e-bef0-4204-a928-ef5e620d6fcc";
        for good in [
            "date: 2026-01-31\nmodified: '2026/1/31'".to_owned(),
            "date: 2024-02-29".to_owned(),
            format!("related:\n  - {{id: {id}, type: obsolete}}\n  - {{id: {id}, type: obsoletes}}"),
            "tags: [attack.t1078.004, tlp.amber, my.own]".to_owned(),
        ] {
            assert_eq!(problem(&good), "", "{good}");
        }
    }

    #[test]
    fn what_other_tools_refuse_is_refused() {
        let id = "929a690e-bef0-4204-a928-ef5e620d6fcc";
        for (bad, wanted) in [
            ("date: 31.12.2026", "x.yml:7:7: `date` is no date: `31.12.2026`; write it like 2026-01-31"),
            ("modified: nonsense", "x.yml:7:11: `modified` is no date: `nonsense`"),
            ("date: 2026-02-30", "`date` is no date: `2026-02-30`"),
            ("date: 2026/13/01", "`date` is no date: `2026/13/01`"),
            ("date: 2026-01-31T00:00:00Z", "`date` is no date"),
            ("date: 20260131", "`date` must be a text, not a number"),
            ("related: [{id: x, type: derived}]", "x.yml:7:16: `x` is no id of a rule"),
            ("related: [{type: derived}]", "an entry of `related` needs the key `id`"),
            (&format!("related: [{{id: {id}}}]"), "needs the key `type`"),
            (
                &format!("related: [{{id: {id}, type: derivd}}]"),
                "`derivd` is no type of a relation; did you mean `derived`?",
            ),
            (&format!("related: [{id}]"), "an entry of `related` must be a mapping, not a text"),
            (&format!("related: {{id: {id}, type: derived}}"), "`related` must be a list, not a mapping"),
            ("tags: [foo]", "x.yml:7:8: the tag `foo` has no namespace"),
            ("tags: [attack., .x]", "the tag `.x` has no namespace"),
        ] {
            assert!(problem(bad).contains(wanted), "{bad}: {}", problem(bad));
        }
    }
}
