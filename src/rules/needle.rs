//! A folded text to be found in others, by its byte that is the rarest in paths, names and prose: few
//! texts have it, so most are done with at the speed of `memchr`.

use std::sync::LazyLock;

use super::fold;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Needle {
    text: Box<str>,
    /// Where in the text its rarest byte stands.
    rare_at: usize,
}

impl Needle {
    /// A text that is folded already.
    pub(super) fn of(text: Box<str>) -> Self {
        let bytes = text.bytes().enumerate();
        let rare_at = bytes.min_by_key(|(_, byte)| commonness(*byte)).map_or(0, |(at, _)| at);
        Self { text, rare_at }
    }

    /// The folded text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it occurs in `text`, in whatever case.
    pub(super) fn is_in(&self, text: &str) -> bool {
        if !text.is_ascii() {
            return fold::contains(&self.text, text);
        }
        let (text, rare) = (text.as_bytes(), self.rare());
        let is_at =
            |from: usize| self.bytes_at(text, from).is_some_and(|it| it.eq_ignore_ascii_case(self.text.as_bytes()));
        memchr::memchr2_iter(rare, rare.to_ascii_uppercase(), self.places(text)).any(is_at) || self.text.is_empty()
    }

    /// Whether it occurs in these bytes, which are folded.
    pub(super) fn is_in_folded(&self, text: &[u8]) -> bool {
        let is_at = |from: usize| self.bytes_at(text, from) == Some(self.text.as_bytes());
        memchr::memchr_iter(self.rare(), self.places(text)).any(is_at) || self.text.is_empty()
    }

    fn rare(&self) -> u8 {
        self.text.as_bytes().get(self.rare_at).copied().unwrap_or_default()
    }

    /// Where the rare byte can stand, so that there is room for the rest on both sides.
    fn places<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let behind = self.text.len() - self.rare_at;
        let last = text.len().checked_sub(behind);
        last.and_then(|last| text.get(self.rare_at..=last)).unwrap_or_default()
    }

    /// As many bytes of `text` as it has, from one on.
    fn bytes_at<'t>(&self, text: &'t [u8], from: usize) -> Option<&'t [u8]> {
        text.get(from..from + self.text.len())
    }
}

/// How common a folded byte is, more or less.
pub(super) fn commonness(byte: u8) -> usize {
    static OF_BYTE: LazyLock<[u8; 256]> = LazyLock::new(|| {
        const COMMONEST_LAST: &[u8] = b"k/ 3210_-yvxbfgwh.\\updmlcrantsoie";
        let mut of_byte = [0; 256];
        for (rank, byte) in (1..).zip(COMMONEST_LAST) {
            of_byte.get_mut(usize::from(*byte)).into_iter().for_each(|of_byte| *of_byte = rank);
        }
        of_byte
    });
    OF_BYTE.get(usize::from(byte)).copied().map_or(0, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_found_wherever_folding_both_sides_finds_it(wanted in "[aAkKsSſK.ςΣ]{0,5}", text in "[aAkKsSſK.ςΣ]{0,12}") {
            let (needle, both) = (Needle::of(fold::folded(&wanted).into()), fold::folded(&text));
            let is_there = both.contains(needle.text());
            prop_assert_eq!(needle.is_in(&text), is_there);
            prop_assert_eq!(needle.is_in_folded(both.as_bytes()), is_there);
        }
    }
}
