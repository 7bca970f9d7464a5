//! Puts a secret into every event of a body, where its source looks for it.

use serde_json::{Map, Value};

use super::super::SourceKind;
use super::super::documents::Documents;
use super::super::kind::Events;
use super::super::mapping::Mapping;

/// The body with `secret` as `member` of each event; `None` where there is no event in it.
pub(super) fn shown(
    body: &[u8],
    kind: SourceKind,
    mapping: &Mapping,
    (member, secret): (&str, &str),
) -> Option<Vec<u8>> {
    let documents = mapping.documents(body).ok().filter(|documents| documents.flaws == 0)?;
    let lines = documents.read.into_iter().map(|document| {
        let (mut document, events) = in_place(document, kind, mapping)?;
        put(&mut document, &events, member, secret);
        serde_json::to_vec(&document).ok()
    });
    Some(lines.collect::<Option<Vec<_>>>()?.join(&b'\n'))
}

/// The document with its events. An event by itself, as it is kept, is put where the kind has its own.
fn in_place(document: Value, kind: SourceKind, mapping: &Mapping) -> Option<(Value, Vec<Value>)> {
    let events_of = |document: &Value| Some(mapping.events(Documents::of(document.clone())).ok()?.read);
    if let Some(events) = events_of(&document) {
        return Some((document, events));
    }
    let (Events::At(path) | Events::In(path)) = kind.row().events else { return None };
    let list = Value::Array(vec![document]);
    let document = path.rsplit('.').fold(list, |inner, name| Value::Object(Map::from_iter([(name.to_owned(), inner)])));
    let events = events_of(&document)?;
    Some((document, events))
}

/// Whatever path the mapping has found them by: where they stand in the document, they are equal to what it found.
fn put(here: &mut Value, events: &[Value], member: &str, secret: &str) {
    if events.contains(here)
        && let Value::Object(members) = here
    {
        members.insert(member.to_owned(), secret.into());
        return;
    }
    match here {
        Value::Object(members) => members.values_mut().for_each(|value| put(value, events, member, secret)),
        Value::Array(values) => values.iter_mut().for_each(|value| put(value, events, member, secret)),
        _ => {}
    }
}
