//! Fills in reasons: the plain one for the admin console, and the employee's in all 15 locales.

use std::collections::BTreeMap;

use crate::incident::{Alert, Digest, IncidentId, ReasonCode, RuleRef, Timestamp, is_direction_mark};
use crate::rules::{EMPLOYEE_TEXT_CHARS_MAX, EmployeeValues, LOCALES, RuleSet, Template, Variable};

/// The longest plain reason, in characters; our own limit, DingTalk documents none.
const REASON_CHARACTERS_MAX: usize = 500;

/// Locale (`zh_CN` …) to the text an employee reads.
pub type EmployeeTexts = BTreeMap<String, String>;

/// The plain reason of a step.
pub(super) fn plain(template: &Template, rule: &RuleRef, incident: &IncidentId, alert: &Alert) -> String {
    let rendered = template.render(|variable| match variable {
        Variable::RuleTitle => rule.title.as_str(),
        Variable::RuleId => rule.id.as_str(),
        Variable::IncidentId => incident.as_str(),
        Variable::AlertSource => alert.summary.source.as_str(),
        // Not allowed in these texts; refused at load.
        Variable::Contact | Variable::Time => "",
    });
    cut(&rendered, REASON_CHARACTERS_MAX)
}

/// The employee's texts for `code`; nothing about the alert goes in.
pub(super) fn for_employee(rules: &RuleSet, code: &ReasonCode, incident: &IncidentId, now: Timestamp) -> EmployeeTexts {
    let values = EmployeeValues { incident_id: incident.as_str(), contact: rules.guardrails().contact(), at: now };
    let reasons = rules.reasons();
    let text = |locale: &&str| {
        let rendered = reasons.render(code, locale, &values)?;
        // Checked when the catalogue is loaded; cutting here is the last resort.
        Some((String::from(*locale), cut(&rendered, EMPLOYEE_TEXT_CHARS_MAX)))
    };
    reasons.locales().iter().filter_map(text).collect()
}

/// What the sender would have the employee read, for the locales that its language tags mean: the same rules hold
/// as for our own texts, and what breaks one is left out, so that ours is read there.
pub(super) fn by_sender(said: &BTreeMap<String, String>) -> EmployeeTexts {
    let mut texts = EmployeeTexts::new();
    // The more exact tag last, so that it stands.
    let mut tagged: Vec<(&String, &String)> = said.iter().filter(|(_, text)| is_readable(text)).collect();
    tagged.sort_by_key(|(tag, _)| (tag.len(), *tag));
    for (tag, text) in tagged {
        if let Some(locale) = locale_of(tag) {
            texts.insert(locale.to_owned(), text.clone());
        }
    }
    texts
}

/// The wording's digest, when these texts stand in place of some of its own.
pub(super) fn digest_with(own: Digest, senders: &EmployeeTexts) -> Digest {
    if senders.is_empty() {
        return own;
    }
    let texts = senders.iter().flat_map(|(locale, text)| [locale.as_bytes(), text.as_bytes()]);
    let parts: Vec<&[u8]> = std::iter::once(&own.0[..]).chain(texts).collect();
    Digest::of_parts(&parts)
}

fn is_readable(text: &str) -> bool {
    let is_hidden = |character: char| character.is_control() || is_direction_mark(character);
    (1..=EMPLOYEE_TEXT_CHARS_MAX).contains(&text.chars().count())
        && !text.trim().is_empty()
        && !text.chars().any(is_hidden)
}

/// DingTalk's locale for a language tag: that of the same name, else the one of its language.
fn locale_of(tag: &str) -> Option<&'static str> {
    let tag = tag.to_ascii_lowercase().replace('-', "_");
    let known = LOCALES.iter().find(|locale| locale.eq_ignore_ascii_case(&tag));
    known.copied().or_else(|| match tag.as_str() {
        traditional if traditional.starts_with("zh_hant_hk") => Some("zh_HK"),
        traditional if traditional.starts_with("zh_hant") => Some("zh_TW"),
        "zh" => Some("zh_CN"),
        simplified if simplified.starts_with("zh_hans") => Some("zh_CN"),
        // Another region's Chinese may be written in either way.
        chinese if chinese.starts_with("zh_") => None,
        other => {
            let language = other.split('_').next().unwrap_or(other);
            LOCALES.into_iter().find(|locale| locale.split('_').next() == Some(language))
        }
    })
}

fn cut(text: &str, characters_max: usize) -> String {
    text.chars().take(characters_max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_sender_of(said: &[(&str, &str)]) -> Vec<(String, String)> {
        let said = said.iter().map(|(tag, text)| ((*tag).to_owned(), (*text).to_owned())).collect();
        by_sender(&said).into_iter().collect()
    }

    fn texts(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(locale, text)| ((*locale).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_language_tag_means_a_locale_of_dingtalk_or_none() {
        for (tag, locale) in [
            ("en", Some("en_US")),
            ("en-GB", Some("en_US")),
            ("zh", Some("zh_CN")),
            ("zh-CN", Some("zh_CN")),
            ("zh-Hans", Some("zh_CN")),
            ("zh-Hant", Some("zh_TW")),
            ("zh-Hant-HK", Some("zh_HK")),
            ("zh-hk", Some("zh_HK")),
            ("zh-SG", None),
            ("es", Some("es_LA")),
            ("pt-PT", Some("pt_BR")),
            ("de", None),
            ("und", None),
            ("", None),
        ] {
            assert_eq!(locale_of(tag), locale, "{tag}");
        }
    }

    #[test]
    fn the_more_exact_tag_stands_and_what_cannot_be_read_is_left_out() {
        assert_eq!(by_sender_of(&[("en", "plain"), ("en-US", "exact")]), texts(&[("en_US", "exact")]));
        let long = "x".repeat(201);
        let hidden = [("en", "a\u{202e}b"), ("fr", "a\nb"), ("ja", " "), ("ko", ""), ("th", long.as_str())];
        assert_eq!(by_sender_of(&hidden), []);
    }

    #[test]
    fn the_digest_says_which_words_were_read() {
        let own = Digest::of(b"own");
        let words = |text: &str| by_sender_of(&[("en", text)]).into_iter().collect();
        assert_eq!(digest_with(own, &EmployeeTexts::new()), own);
        assert_ne!(digest_with(own, &words("a")), digest_with(own, &words("b")));
    }
}
