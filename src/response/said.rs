//! Finds what a sender would have the employee read, for each locale of DingTalk: the text whose language tag fits best,
//! as RFC 4647 looks it up, and beyond that one of another region.

use std::collections::BTreeMap;

use super::EmployeeTexts;
use crate::incident::is_readable_line;
use crate::rules::{EMPLOYEE_TEXT_CHARS_MAX, languages};

/// DingTalk's locale of Latin America has the tag of a country in Asia.
const LATIN_AMERICA: (&str, &str) = ("es-la", "es-419");
/// Regions in which Chinese is written in one way. Another's may be written in either, so that its tag means no locale
/// unless it has the script.
const SCRIPTS: [(&str, &str); 3] = [("cn", "hans"), ("tw", "hant"), ("hk", "hant")];

/// The sender's texts, for the locales that their language tags (BCP 47) mean. The same rules hold as for our own
/// texts, and what breaks one is left out, so that ours is read there.
pub(super) fn by_sender(said: &BTreeMap<String, String>) -> EmployeeTexts {
    let said: Vec<(Vec<String>, &String)> =
        said.iter().filter(|(_, text)| is_readable(text)).map(|(tag, text)| (subtags(tag), text)).collect();
    let text_for = |tag: &str| {
        let wanted = subtags(tag);
        let fitting = said.iter().filter_map(|(tag, text)| Some((fit(tag, &wanted)?, tag, *text)));
        fitting.min_by_key(|(fit, tag, _)| (*fit, *tag)).map(|(_, _, text)| text.clone())
    };
    languages().filter_map(|(locale, language)| Some((locale.to_owned(), text_for(language.tag)?))).collect()
}

fn is_readable(text: &str) -> bool {
    is_readable_line(text) && text.chars().count() <= EMPLOYEE_TEXT_CHARS_MAX
}

/// How a tag fits a locale, best first. Of several that fit alike, the first in the alphabet stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// It is the locale's, or what is left when so many subtags are taken off its end: 0 is exact.
    Lookup(usize),
    /// It says more of the locale's own region.
    OwnRegion,
    /// It is of another region of the language, in the locale's script.
    OtherRegion,
}

fn fit(tag: &[String], wanted: &[String]) -> Option<Fit> {
    // Without more, Chinese is written in simplified characters.
    let is_traditional = wanted.get(1).is_some_and(|script| script == "hant");
    let is_chinese = wanted.first().is_some_and(|language| language == "zh");
    let alike = if is_chinese { 2 } else { 1 };
    if wanted.starts_with(tag) {
        let is_other_script = is_traditional && tag.len() < alike;
        return (!is_other_script).then(|| Fit::Lookup(wanted.len() - tag.len()));
    }
    if tag.starts_with(wanted) {
        return Some(Fit::OwnRegion);
    }
    (tag.get(..alike)? == wanted.get(..alike)?).then_some(Fit::OtherRegion)
}

/// The tag in small letters, part by part; Chinese with its script, where the region tells it.
fn subtags(tag: &str) -> Vec<String> {
    let tag = tag.to_ascii_lowercase().replace('_', "-");
    let tag = if tag == LATIN_AMERICA.0 { LATIN_AMERICA.1 } else { &tag };
    let mut subtags: Vec<String> = tag.split('-').map(str::to_owned).collect();
    if let [language, region, ..] = subtags.as_slice()
        && language == "zh"
        && let Some((_, script)) = SCRIPTS.into_iter().find(|(known, _)| known == region)
    {
        subtags.insert(1, script.to_owned());
    }
    subtags
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each tag with its own name for a text.
    fn read(tags: &[&str]) -> Vec<(String, String)> {
        by_sender(&tags.iter().map(|tag| ((*tag).to_owned(), (*tag).to_owned())).collect()).into_iter().collect()
    }

    fn texts(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(locale, text)| ((*locale).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_language_tag_means_locales_of_dingtalk_or_none() {
        for (tag, locales) in [
            ("en", vec!["en_US"]),
            ("EN-us", vec!["en_US"]),
            ("en-GB", vec!["en_US"]),
            ("zh", vec!["zh_CN"]),
            ("zh-CN", vec!["zh_CN"]),
            ("zh_CN", vec!["zh_CN"]),
            ("zh-Hans", vec!["zh_CN"]),
            ("zh-Hans-SG", vec!["zh_CN"]),
            ("zh-Hant", vec!["zh_HK", "zh_TW"]),
            ("zh-hk", vec!["zh_HK", "zh_TW"]),
            ("zh-SG", vec![]),
            ("zh-MO", vec![]),
            ("zhx", vec![]),
            ("es", vec!["es_LA"]),
            ("es-419", vec!["es_LA"]),
            ("es-LA", vec!["es_LA"]),
            ("pt-PT", vec!["pt_BR"]),
            ("de", vec![]),
            ("und", vec![]),
            ("-", vec![]),
            ("", vec![]),
        ] {
            let expected: Vec<(&str, &str)> = locales.into_iter().map(|locale| (locale, tag)).collect();
            assert_eq!(read(&[tag]), texts(&expected), "{tag}");
        }
    }

    #[test]
    fn the_tag_that_fits_best_stands_however_long_another_is() {
        for (tags, expected) in [
            (&["en", "en-US"][..], &[("en_US", "en-US")][..]),
            (&["en", "en-GB"], &[("en_US", "en")]),
            (&["en-US", "en-GB-oed"], &[("en_US", "en-US")]),
            (&["en", "en-US-x-plain"], &[("en_US", "en")]),
            (&["en-AU", "en-US-x-plain"], &[("en_US", "en-US-x-plain")]),
            (&["en-GB", "en-AU", "en-ZA"], &[("en_US", "en-AU")]),
            (&["es", "es-419", "es-MX"], &[("es_LA", "es-419")]),
            (&["zh", "zh-Hans", "zh-CN"], &[("zh_CN", "zh-CN")]),
            (&["zh", "zh-Hans"], &[("zh_CN", "zh-Hans")]),
            (&["zh", "zh-Hant"], &[("zh_CN", "zh"), ("zh_HK", "zh-Hant"), ("zh_TW", "zh-Hant")]),
            (&["zh-TW", "zh-Hant-HK"], &[("zh_HK", "zh-Hant-HK"), ("zh_TW", "zh-TW")]),
        ] {
            assert_eq!(read(tags), texts(expected), "{tags:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        let long = "x".repeat(EMPLOYEE_TEXT_CHARS_MAX + 1);
        for text in ["a\u{202e}b", "a\nb", " ", "", "\u{200b}", "\u{2060} \u{feff}", &long] {
            let said = [("en-US", text), ("en", "plain")].map(|(tag, text)| (tag.to_owned(), text.to_owned()));
            let read: Vec<_> = by_sender(&said.into()).into_iter().collect();
            assert_eq!(read, texts(&[("en_US", "plain")]), "{}", text.escape_unicode());
        }
    }
}
