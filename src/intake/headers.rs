//! A request's headers as the intake sees them: in order, raw, with repetitions visible.

use super::Refusal;

/// The longest value of any header the intake reads, in bytes.
const VALUE_BYTES_MAX: usize = 4 * 1024;

/// The headers of one request. The caller gives all of them; the server bounds how many there are.
#[derive(Debug, Clone, Default)]
pub struct Headers<'a>(Vec<(&'a str, &'a [u8])>);

/// Names in any case, values as they came over the wire.
impl<'a> FromIterator<(&'a str, &'a [u8])> for Headers<'a> {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a [u8])>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl<'a> Headers<'a> {
    /// The value of a header that decides, byte for byte. `None` when it is missing or empty.
    ///
    /// # Errors
    /// It is there twice: which one counts would be a matter of taste, and the sender's other half
    /// may have another. Or it is too long, which is `too_long`.
    pub(super) fn deciding(&self, name: &str, too_long: Refusal) -> Result<Option<&'a [u8]>, Refusal> {
        let mut values = self.all(name);
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(Refusal::HeaderRepeated);
        }
        if value.len() > VALUE_BYTES_MAX {
            return Err(too_long);
        }
        Ok((!value.is_empty()).then_some(value))
    }

    /// Every value of a header, in order.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deciding(values: &[&'static [u8]]) -> Result<Option<&'static [u8]>, Refusal> {
        let headers: Headers<'static> = values.iter().map(|value| ("X-Name", *value)).collect();
        headers.deciding("x-name", Refusal::SignatureMalformed)
    }

    #[test]
    fn a_header_is_found_whatever_its_case() {
        assert_eq!(deciding(&[b" value"]), Ok(Some(b" value".as_slice())));
        assert_eq!(deciding(&[]), Ok(None));
        assert_eq!(deciding(&[b""]), Ok(None));
    }

    #[test]
    fn b13_a_repeated_header_is_refused_even_when_both_are_equal() {
        assert_eq!(deciding(&[b"a", b"a"]), Err(Refusal::HeaderRepeated));
    }

    #[test]
    fn an_endless_value_is_refused() {
        static LONG: [u8; 4097] = [b'a'; 4097];
        assert_eq!(deciding(&[&LONG]), Err(Refusal::SignatureMalformed));
        assert!(deciding(&[LONG.split_last().unwrap().1]).is_ok());
    }
}
