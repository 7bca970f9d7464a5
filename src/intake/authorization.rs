//! Reads the value of an `Authorization` header, whose scheme is the same in any case (RFC 9110, section 11.1).

/// What the scheme `Bearer` says before the token.
const BEARER: &[u8] = b"Bearer ";

/// What stands behind `Bearer `, or the whole where nothing like that begins it.
pub(super) fn token(shown: &[u8]) -> &[u8] {
    match shown.split_at_checked(BEARER.len()) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(BEARER) => token,
        _ => shown,
    }
}

/// The value's scheme in small letters, if it has one, and all behind it as it is: so two compare as they are meant.
pub(super) fn folded(value: &[u8]) -> (Vec<u8>, &[u8]) {
    let end = value.iter().position(|byte| *byte == b' ').unwrap_or_default();
    let (scheme, shown) = value.split_at(end);
    (scheme.to_ascii_lowercase(), shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_the_same_in_any_case() {
        for shown in ["Bearer a.B.c", "bearer a.B.c", "BEARER a.B.c", "bEaReR a.B.c", "a.B.c"] {
            assert_eq!(token(shown.as_bytes()), b"a.B.c", "{shown}");
        }
        for whole in ["", "Bearer", "Bearera.B.c", "Basic a.B.c", " Bearer a.B.c"] {
            assert_eq!(token(whole.as_bytes()), whole.as_bytes(), "{whole}");
        }
    }

    #[test]
    fn what_is_shown_keeps_its_case() {
        for (value, expected) in [
            ("Bearer aBc", "bearer aBc"),
            ("bearer aBc", "bearer aBc"),
            ("GenieKey aBc dEf", "geniekey aBc dEf"),
            ("aBc", "aBc"),
            ("", ""),
        ] {
            let (scheme, shown) = folded(value.as_bytes());
            assert_eq!([&scheme, shown].concat(), expected.as_bytes());
        }
    }
}
