//! Lints on what Sigma once wrote otherwise.

use super::super::problem::Report;
use super::super::yaml::{Node, Yaml};
use super::catalogue::Lint;
use super::subject::{Subject, items};

pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
    for key in ["date", "modified"] {
        let value = subject.entry(key).map(|entry| &entry.value);
        if let Some((node, new)) = value.and_then(text).and_then(|(node, text)| Some((node, date(text)?))) {
            report.warn(
                Lint::OldDate,
                node.at,
                format!("`{key}` is written as before Sigma 2"),
                format!("write {new}"),
            );
        }
    }
    let tags = subject.entry("tags").map(|entry| items(&entry.value)).unwrap_or_default();
    for (node, tag) in tags.iter().filter_map(text) {
        if let Some(new) = tag_of_today(tag) {
            let what = format!("the tag `{tag}` is written as before Sigma 2");
            report.warn(Lint::OldTag, node.at, what, format!("write `{new}`"));
        }
    }
}

fn text(node: &Node) -> Option<(&Node, &str)> {
    match &node.value {
        Yaml::Text(text) => Some((node, text)),
        _ => None,
    }
}

/// The date as ISO 8601 has it, if it is an old one.
pub(in crate::rules) fn date(old: &str) -> Option<String> {
    let parts: Vec<&str> = old.split('/').collect();
    let [year, month, day] = parts.as_slice() else { return None };
    let is_number =
        |part: &str, longest| (1..=longest).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let is_date = year.len() == 4 && is_number(year, 4) && is_number(month, 2) && is_number(day, 2);
    is_date.then(|| format!("{year}-{month:0>2}-{day:0>2}"))
}

/// The tag as Sigma 2 has it, if it is an old one. Other namespaces are their owners' matter.
pub(super) fn tag_of_today(old: &str) -> Option<String> {
    let (namespace, name) = old.split_once('.')?;
    let new = match namespace.to_ascii_lowercase().as_str() {
        "attack" => format!("attack.{}", name.to_ascii_lowercase().replace('_', "-")),
        "cve" => format!("cve.{}", name.to_ascii_lowercase().trim_start_matches("cve-").replace(['.', '_'], "-")),
        _ => return None,
    };
    (new != old).then_some(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_dates_and_tags_have_one_new_form() {
        assert_eq!(date("2023/01/02").as_deref(), Some("2023-01-02"));
        assert_eq!(date("2023/1/2").as_deref(), Some("2023-01-02"));
        for other in ["2023-01-02", "23/01/02", "2023/01", "2023/01/02/03", "2023/xx/01", ""] {
            assert_eq!(date(other), None, "{other}");
        }
        assert_eq!(tag_of_today("attack.credential_access").as_deref(), Some("attack.credential-access"));
        assert_eq!(tag_of_today("attack.T1078.004").as_deref(), Some("attack.t1078.004"));
        assert_eq!(tag_of_today("cve.2021.44228").as_deref(), Some("cve.2021-44228"));
        for today in ["attack.t1078.004", "attack.initial-access", "cve.2021-44228", "my.own_Tag", "tlp"] {
            assert_eq!(tag_of_today(today), None, "{today}");
        }
    }
}
