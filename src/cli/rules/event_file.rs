//! Reads events that people have in files, as strictly as those that senders send: what the server
//! would not take must not be judged here.

use std::fmt::Display;
use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::intake;

/// The most events of one file; more of them are for a backtest.
const EVENTS_MAX: usize = 1_000;
/// Some programs write this mark of the encoding first, which is no part of the JSON.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The events of a file, one after the other; of standard input if the path is `-`.
pub(super) fn read_all(path: &Path) -> anyhow::Result<Vec<Value>> {
    let (text, name) = (text(path)?, path.display().to_string());
    let values =
        serde_json::Deserializer::from_slice(without_mark(&text)).into_iter::<&RawValue>().take(EVENTS_MAX + 1);
    let values: Vec<&RawValue> = values.collect::<Result<_, _>>().with_context(|| format!("{name} is not JSON"))?;
    anyhow::ensure!(!values.is_empty(), "{name} has no event");
    anyhow::ensure!(values.len() <= EVENTS_MAX, "{name} has more than {EVENTS_MAX} events");
    values.into_iter().map(|value| parse(value.get().as_bytes(), &name)).collect()
}

/// The JSON of a file, or of standard input if the path is `-`.
pub(super) fn read(path: &Path) -> anyhow::Result<Value> {
    parse(&text(path)?, &path.display())
}

/// The one document in these bytes, which messages call `name`.
pub(super) fn parse(bytes: &[u8], name: &dyn Display) -> anyhow::Result<Value> {
    let bytes = without_mark(bytes);
    intake::strict_json(bytes).map_err(|problem| match serde_json::from_slice::<IgnoredAny>(bytes) {
        // Of what is no JSON at all the parser says more than the intake.
        Err(error) => anyhow::Error::new(error).context(format!("{name} is not JSON")),
        Ok(_) => anyhow::Error::new(problem).context(format!("the server would not take {name}")),
    })
}

fn text(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut text = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_end(&mut text).context("standard input cannot be read")?;
    } else {
        text = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    }
    Ok(text)
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_as_the_server_reads_it() {
        assert_eq!(parse(b"\xef\xbb\xbf{\"a\": 1}", &"x").unwrap()["a"], 1);
        for (text, said) in [
            (&b"{\"a\": 1, \"a\": 2}"[..], "an object has the same name twice"),
            (b"{\"a\": 18446744073709551616}", "a number is out of the exact range"),
            (b"{\"a\": 1} {}", "trailing characters at line 1 column 10"),
            (b"{\"a\": \"\xff\"}", "not one JSON document"),
            (b"", "x is not JSON: EOF"),
        ] {
            let error = format!("{:#}", parse(text, &"x").unwrap_err());
            assert!(error.contains(said), "{error}");
        }
    }
}
