//! What the pages say, in each language there is: Fluent catalogues (<https://projectfluent.org>), kept complete by tests.

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use maud::{Markup, PreEscaped, Render as _};

/// A language that the pages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::console) enum Tongue {
    /// English.
    English,
    /// Simplified Chinese.
    Chinese,
}

/// What stands for a piece of markup while its sentence is put together: private use, so in nobody's words.
const MARKS: (char, char) = ('\u{e000}', '\u{e001}');

static ENGLISH: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::of(Tongue::English));
static CHINESE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::of(Tongue::Chinese));

/// All messages of a language.
struct Catalogue(FluentBundle<FluentResource>);

impl Tongue {
    /// All of them.
    pub(in crate::console) const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// Its BCP 47 tag.
    pub(in crate::console) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    /// Its name in itself.
    pub(in crate::console) fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Chinese => "简体中文",
        }
    }

    /// The language of a tag, whatever its region: `en-GB` is English, `zh-TW` is better read in Chinese than not.
    pub(in crate::console) fn of(tag: &str) -> Option<Self> {
        let language = tag.split('-').next().unwrap_or(tag);
        Self::ALL.into_iter().find(|tongue| tongue.tag().split('-').next() == Some(language))
    }

    fn catalogue(self) -> &'static Catalogue {
        match self {
            Self::English => &ENGLISH,
            Self::Chinese => &CHINESE,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::English => include_str!("en.ftl"),
            Self::Chinese => include_str!("zh-CN.ftl"),
        }
    }

    /// The message, with its variables. One that is missing is its key, which a test does not let happen.
    pub(in crate::console) fn say(self, key: &str, with: &[(&str, FluentValue<'_>)]) -> String {
        let Some((text, is_whole)) = self.form(key, with) else { return key.to_owned() };
        debug_assert!(is_whole, "a variable of {key} is not given: {text}");
        text
    }

    /// The message, if there is one.
    pub(in crate::console) fn find(self, key: &str, with: &[(&str, FluentValue<'_>)]) -> Option<String> {
        Some(self.form(key, with)?.0)
    }

    /// The message, and whether every variable in it was given.
    fn form(self, key: &str, with: &[(&str, FluentValue<'_>)]) -> Option<(String, bool)> {
        let bundle = &self.catalogue().0;
        let pattern = bundle.get_message(key)?.value()?;
        let mut arguments = FluentArgs::new();
        for (name, value) in with {
            arguments.set(*name, value.clone());
        }
        let mut missing = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&arguments), &mut missing).into_owned();
        Some((text, missing.is_empty()))
    }

    /// The message, with markup for its variables.
    pub(in crate::console) fn rich(self, key: &str, with: &[(&str, Markup)]) -> Markup {
        let mark = |index: usize| format!("{}{index}{}", MARKS.0, MARKS.1);
        let marks: Vec<(&str, FluentValue<'_>)> =
            with.iter().enumerate().map(|(index, (name, _))| (*name, mark(index).into())).collect();
        let mut text = self.say(key, &marks).as_str().render().into_string();
        for (index, (_, markup)) in with.iter().enumerate() {
            text = text.replace(&mark(index), &markup.0);
        }
        PreEscaped(text)
    }
}

impl Catalogue {
    fn of(tongue: Tongue) -> Self {
        let language = tongue.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // Both are written from left to right, as are the ids and names that are put in.
        bundle.set_use_isolating(false);
        // What cannot be read of a catalogue is left out here, and found by a test.
        let resource = FluentResource::try_new(tongue.text().to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
        Self(bundle)
    }
}
