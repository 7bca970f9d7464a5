//! What DingTalk's locales are called elsewhere: by BCP 47, and by people.

use super::reasons::LOCALES;

/// A locale's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language {
    /// Its BCP 47 tag: `zh-CN`. DingTalk's `es_LA` is no region; Latin America is `es-419`.
    pub tag: &'static str,
    /// Its English name.
    pub name: &'static str,
}

/// In the order of [`LOCALES`].
const LANGUAGES: [Language; LOCALES.len()] = [
    Language { tag: "zh-CN", name: "Chinese, simplified" },
    Language { tag: "zh-HK", name: "Chinese, Hong Kong" },
    Language { tag: "zh-TW", name: "Chinese, Taiwan" },
    Language { tag: "en-US", name: "English" },
    Language { tag: "ja-JP", name: "Japanese" },
    Language { tag: "vi-VN", name: "Vietnamese" },
    Language { tag: "fr-FR", name: "French" },
    Language { tag: "ru-RU", name: "Russian" },
    Language { tag: "ko-KR", name: "Korean" },
    Language { tag: "es-419", name: "Spanish, Latin America" },
    Language { tag: "tr-TR", name: "Turkish" },
    Language { tag: "pt-BR", name: "Portuguese, Brazil" },
    Language { tag: "ms-MY", name: "Malay" },
    Language { tag: "id-ID", name: "Indonesian" },
    Language { tag: "th-TH", name: "Thai" },
];

/// Every locale with its language, in the order of [`LOCALES`].
pub fn languages() -> impl Iterator<Item = (&'static str, Language)> {
    LOCALES.into_iter().zip(LANGUAGES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_locale_has_its_own_tag() {
        for (locale, language) in languages() {
            let tag = if locale == "es_LA" { "es-419".to_owned() } else { locale.replace('_', "-") };
            assert_eq!(language.tag, tag);
        }
    }
}
