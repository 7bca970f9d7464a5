//! A folded text with room behind it, so that searching it by blocks needs no special end.

use super::fold;

/// The zeros behind the text.
pub(super) const BEHIND: usize = 72;
/// So many bytes are folded together.
const BLOCK: usize = 32;

/// A buffer for one folded text after the other.
#[derive(Debug, Default)]
pub(super) struct Folded {
    /// The text, `BEHIND` zeros, and what is left of longer texts.
    bytes: Vec<u8>,
    length: usize,
    /// Whether the text is of ASCII alone.
    is_ascii: bool,
}

impl Folded {
    /// Holds this text from now on, folded.
    pub(super) fn set(&mut self, text: &str) {
        self.set_ascii(text.as_bytes());
        // Most writing outside ASCII has no cases at all.
        let changes = |character: char| !character.is_ascii() && fold::fold(character) != character;
        if !self.is_ascii && text.chars().any(changes) {
            self.bytes.clear();
            let mut utf8 = [0; 4];
            for character in text.chars() {
                self.bytes.extend_from_slice(fold::fold(character).encode_utf8(&mut utf8).as_bytes());
            }
            self.length = self.bytes.len();
            self.bytes.resize(self.length + BEHIND, 0);
        }
    }

    /// Holds this text with only the letters of ASCII folded.
    fn set_ascii(&mut self, text: &[u8]) {
        const { assert!(BLOCK <= BEHIND) };
        self.length = text.len();
        let end = self.length + BEHIND;
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        let (blocks, rest) = text.as_chunks::<BLOCK>();
        let (into, _) = self.bytes.as_chunks_mut::<BLOCK>();
        let mut into = into.iter_mut();
        // Whole blocks, the last one with zeros behind its text, are what compilers do well.
        let mut last = [0; BLOCK];
        last.get_mut(..rest.len()).into_iter().for_each(|last| last.copy_from_slice(rest));
        let mut all = 0;
        for (from, to) in blocks.iter().chain([&last]).zip(&mut into) {
            all = from.iter().fold(all, |all, byte| all | byte);
            *to = *from;
            to.make_ascii_lowercase();
        }
        if let Some(behind) = self.bytes.get_mut(self.length..end) {
            behind.fill(0);
        }
        self.is_ascii = all.is_ascii();
    }

    /// The text.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// So many bytes from one of the text on, zeros where the text has ended.
    #[inline]
    pub(super) fn block<const BYTES: usize>(&self, from: usize) -> Option<&[u8; BYTES]> {
        const { assert!(BYTES <= BEHIND) };
        self.bytes.get(from..self.length + BEHIND)?.first_chunk()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_folded_and_followed_by_zeros_and_forgets_the_last_one() {
        let mut folded = Folded::default();
        let long = "x".repeat(BLOCK + BEHIND);
        for text in [&long, "AbC", "A text with letters of more cases, ΣΑΣ", "密码 IS NOT 口令", "", "ÜΣς", "ſ\u{212a}"]
        {
            folded.set(text);
            let expected = fold::folded(text);
            assert_eq!(folded.bytes(), expected.as_bytes());
            let block: &[u8; BEHIND] = folded.block(0).unwrap();
            let first = expected.bytes().chain([0; BEHIND]).take(BEHIND);
            assert!(block.iter().copied().eq(first), "{text}");
        }
    }
}
