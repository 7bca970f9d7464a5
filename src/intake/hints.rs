//! What a request says beside its body and nobody has signed: kept on the record for whoever compares it with the
//! sender's own list of deliveries, and never part of what is decided or known.

use std::collections::BTreeMap;

use super::Headers;

/// The longest hint, in bytes; longer ones are left out.
const HINT_BYTES_MAX: usize = 128;

/// These headers, of each its only value, if that is plain.
pub(super) fn of(headers: &Headers<'_>, names: &[&str]) -> BTreeMap<String, String> {
    let named = names.iter().filter_map(|name| Some(((*name).to_owned(), plain(headers, name)?)));
    named.collect()
}

fn plain(headers: &Headers<'_>, name: &str) -> Option<String> {
    let mut values = headers.all(name);
    let value = values.next().filter(|value| (1..=HINT_BYTES_MAX).contains(&value.len()))?;
    let is_plain = value.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':'));
    (is_plain && values.next().is_none()).then(|| String::from_utf8_lossy(value).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_short_and_plain_and_there_once() {
        let read = |values: &[&'static [u8]]| {
            let headers = values.iter().map(|value| ("X-GitHub-Delivery", *value)).collect();
            of(&headers, &["x-github-delivery", "request-id"]).remove("x-github-delivery")
        };
        let uuid = b"72d3162e-cc78-11e3-81ab-4c9367dc0958";
        assert_eq!(read(&[uuid]).as_deref(), std::str::from_utf8(uuid).ok());
        for bad in [&b""[..], b"a b", b"<b>", b"a\x1b[0m", b"\xff", "账号".as_bytes(), b"a\nb", &[b'a'; 129]] {
            assert_eq!(read(&[bad]), None, "{bad:?}");
        }
        assert_eq!(read(&[&[b'a'; 128]]).map(|hint| hint.len()), Some(128));
        assert_eq!(read(&[b"a", b"a"]), None);
        assert_eq!(read(&[]), None);
    }
}
