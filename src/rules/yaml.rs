//! Reads one YAML file into a small tree that knows the place of everything, strictly.
//!
//! YAML 1.2 core scalars, no tags, no anchors, no merge keys, no duplicate keys, and a
//! limit on everything. The parser underneath gives events; only what is understood gets through.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use super::lint::Lint;
use super::problem::{Place, Report};
use super::scalar::{self, Number, NumberValue, Scalar};

/// The deepest nesting of lists and mappings.
const DEPTH_MAX: usize = 32;
/// The most nodes in one file.
const NODES_MAX: usize = 20_000;

/// A value and where it begins.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) at: Place,
    pub(super) value: Yaml,
}

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Yaml {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// One key of a mapping with its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) at: Place,
    pub(super) key: String,
    pub(super) value: Node,
}

impl Node {
    /// The value's kind with its article, for messages.
    pub(super) fn what(&self) -> &'static str {
        match self.value {
            Yaml::Null => "null",
            Yaml::Bool(_) => "true or false",
            Yaml::Number(_) => "a number",
            Yaml::Text(_) => "a text",
            Yaml::List(_) => "a list",
            Yaml::Map(_) => "a mapping",
        }
    }

    /// Whether both say the same. The order of a mapping's own keys says nothing; that of keys further
    /// below does, as an author chose it.
    pub(super) fn says_same(&self, other: &Self) -> bool {
        let (Yaml::Map(left), Yaml::Map(right)) = (&self.value, &other.value) else { return self.equals(other) };
        let has = |entry: &Entry| right.iter().any(|other| entry.key == other.key && entry.value.equals(&other.value));
        left.len() == right.len() && left.iter().all(has)
    }

    fn equals(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Yaml::Null, Yaml::Null) => true,
            (Yaml::Bool(left), Yaml::Bool(right)) => left == right,
            (Yaml::Number(left), Yaml::Number(right)) => left.text == right.text && left.value == right.value,
            (Yaml::Text(left), Yaml::Text(right)) => left == right,
            (Yaml::List(left), Yaml::List(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.equals(right))
            }
            (Yaml::Map(left), Yaml::Map(right)) => {
                let is_same =
                    |(left, right): (&Entry, &Entry)| left.key == right.key && left.value.equals(&right.value);
                left.len() == right.len() && left.iter().zip(right).all(is_same)
            }
            _ => false,
        }
    }

    /// The same value as JSON, for the events of rule tests.
    pub(super) fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Yaml::Null => serde_json::Value::Null,
            Yaml::Bool(value) => (*value).into(),
            Yaml::Number(number) => number_to_json(number),
            Yaml::Text(text) => text.as_str().into(),
            Yaml::List(items) => items.iter().map(Self::to_json).collect(),
            Yaml::Map(entries) => entries.iter().map(|e| (e.key.clone(), e.value.to_json())).collect(),
        }
    }
}

fn number_to_json(number: &Number) -> serde_json::Value {
    match number.value {
        NumberValue::Integer(value) => match (i64::try_from(value), u64::try_from(value)) {
            (Ok(signed), _) => signed.into(),
            (_, Ok(unsigned)) => unsigned.into(),
            _ => serde_json::Value::Null,
        },
        NumberValue::Float(value) => value.into(),
    }
}

/// The most documents in one file.
const DOCUMENTS_MAX: usize = 100;

/// Parses the text of a file with one document. Problems go to `report`; `None` when there is no tree
/// to go on with.
pub(super) fn parse(text: &str, report: &mut Report) -> Option<Node> {
    let mut documents = documents(text, report).into_iter();
    let root = documents.next()?;
    if let Some(second) = documents.next() {
        report.error(second.at, "this file can have one document only");
        return None;
    }
    Some(root)
}

/// Parses the text of a file with several documents. Problems go to `report`; then there are none.
pub(super) fn documents(text: &str, report: &mut Report) -> Vec<Node> {
    let mut builder = Builder { parser: Parser::new_from_str(text), report, nodes: 0 };
    let documents = builder.documents().unwrap_or_default();
    let nodes = builder.nodes;
    report.note_values(nodes);
    documents
}

struct Builder<'s, 'r> {
    parser: Parser<'s, StrInput<'s>>,
    report: &'r mut Report,
    nodes: usize,
}

impl<'s> Builder<'s, '_> {
    fn documents(&mut self) -> Option<Vec<Node>> {
        let mut documents = Vec::new();
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing, _) => {}
                (Event::StreamEnd, span) => {
                    // A separator at the end of a file begins a document without anything in it.
                    documents.retain(|document: &Node| !matches!(document.value, Yaml::Null));
                    if documents.is_empty() {
                        self.report.error(place(span), "the file is empty");
                    }
                    return Some(documents);
                }
                (_, span) if documents.len() >= DOCUMENTS_MAX => {
                    self.report.error(place(span), format!("more than {DOCUMENTS_MAX} documents in one file"));
                    return None;
                }
                (event, span) => documents.push(self.node(event, span, 0)?),
            }
        }
    }

    fn next(&mut self) -> Option<(Event<'s>, Span)> {
        match self.parser.next_event()? {
            Ok(event) => Some(event),
            Err(problem) => {
                let at = Place { line: problem.marker().line(), column: problem.marker().col() + 1 };
                self.report.error(at, format!("not valid YAML: {}", problem.info()));
                None
            }
        }
    }

    fn node(&mut self, event: Event<'s>, span: Span, depth: usize) -> Option<Node> {
        let at = place(span);
        self.nodes += 1;
        if depth > DEPTH_MAX {
            self.report.error(at, format!("nested deeper than {DEPTH_MAX} levels"));
            return None;
        }
        if self.nodes > NODES_MAX {
            self.report.error(at, format!("more than {NODES_MAX} values in one file"));
            return None;
        }
        let value = match event {
            Event::Scalar(text, style, 0, None) => self.scalar(&text, style, at),
            Event::SequenceStart(0, None) => Yaml::List(self.list(depth)?),
            Event::MappingStart(0, None) => Yaml::Map(self.map(depth)?),
            _ => {
                self.report.error_with(at, "tags, anchors and aliases are not allowed", "write the value out");
                return None;
            }
        };
        Some(Node { at, value })
    }

    fn list(&mut self, depth: usize) -> Option<Vec<Node>> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Some(items),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Option<Vec<Entry>> {
        let mut entries = Vec::new();
        let mut seen = HashMap::new();
        loop {
            let (at, key) = match self.next()? {
                (Event::MappingEnd, _) => return Some(entries),
                (Event::Scalar(text, style, 0, None), span) => (place(span), self.key(&text, style, place(span))?),
                (_, span) => {
                    self.report.error(place(span), "a key must be a plain text, without tag, anchor or alias");
                    return None;
                }
            };
            if let Some(first) = seen.insert(key.clone(), at.line) {
                let advice = "a reader would keep only one of the two";
                self.report.error_with(at, format!("the key `{key}` is already in line {first}"), advice);
            }
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            entries.push(Entry { at, key, value });
        }
    }

    fn key(&mut self, text: &str, style: ScalarStyle, at: Place) -> Option<String> {
        if style == ScalarStyle::Plain && text == "<<" {
            self.report.error_with(at, "merge keys are not allowed", "write the values out");
            return None;
        }
        Some(text.to_owned())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, at: Place) -> Yaml {
        if style != ScalarStyle::Plain {
            return Yaml::Text(text.to_owned());
        }
        match scalar::resolve(text) {
            Scalar::Null => Yaml::Null,
            Scalar::Bool(value) => Yaml::Bool(value),
            Scalar::Number(number) => Yaml::Number(number),
            Scalar::OtherBase(number) => {
                let what = format!("`{text}` without quotes is the number {}", number.text);
                self.report.warn(Lint::UnquotedNumber, at, what, "quote it if the text is meant");
                Yaml::Number(number)
            }
            Scalar::Text => Yaml::Text(text.to_owned()),
            Scalar::LeadingZero => {
                let what = format!("`{text}` without quotes is taken as a text");
                self.report.warn(Lint::UnquotedZero, at, what, "quote it; to some YAML readers it is an octal number");
                Yaml::Text(text.to_owned())
            }
            Scalar::Refused(why) => {
                let advice = "write a number that can be compared, or quote it where a text is meant";
                self.report.error_with(at, format!("`{text}` without quotes: {why}"), advice);
                Yaml::Text(text.to_owned())
            }
        }
    }
}

fn place(span: Span) -> Place {
    Place { line: span.start.line(), column: span.start.col() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(text: &str) -> Result<serde_json::Value, String> {
        let mut report = Report::about("x");
        let node = parse(text, &mut report);
        let mut errors = Vec::new();
        report.hand_over(&mut errors, &mut Vec::new());
        match errors.first() {
            Some(first) => Err(first.to_string()),
            None => Ok(node.unwrap().to_json()),
        }
    }

    #[test]
    fn a_file_becomes_a_tree() {
        let text = "a: 1\r\nb: [x, 'true', yes, 2020-01-01, null, 1.5]\r\nc:\r\n  - d: ~\r\n    e: 012\r\n";
        let expected =
            json!({"a": 1, "b": ["x", "true", "yes", "2020-01-01", null, 1.5], "c": [{"d": null, "e": "012"}]});
        assert_eq!(check(text), Ok(expected));
        assert_eq!(check("18446744073709551615"), Ok(json!(u64::MAX)));
    }

    #[test]
    fn places_are_lines_and_columns_from_one() {
        let node = parse("a:\n  - ä: b\n", &mut Report::about("x")).unwrap();
        let Yaml::Map(entries) = node.value else { panic!("no mapping") };
        assert_eq!(entries[0].at, Place { line: 1, column: 1 });
        let Yaml::List(items) = &entries[0].value.value else { panic!("no list") };
        let Yaml::Map(inner) = &items[0].value else { panic!("no mapping") };
        assert_eq!(inner[0].value.at, Place { line: 2, column: 8 });
    }

    #[test]
    fn what_is_not_plain_is_refused_with_its_place() {
        for (text, message) in [
            ("", "x:1:1: the file is empty"),
            (
                "a: 1\nb:\n  c: 1\n  c: 2\n",
                "x:4:3: the key `c` is already in line 3; a reader would keep only one of the two",
            ),
            ("a: &x 1", "x:1:4: tags, anchors and aliases are not allowed; write the value out"),
            ("a: !!str 1", "x:1:4: tags, anchors and aliases are not allowed; write the value out"),
            ("a: ! 1", "x:1:4: tags, anchors and aliases are not allowed; write the value out"),
            ("&k a: 1", "x:1:1: a key must be a plain text, without tag, anchor or alias"),
            ("<<: {a: 1}", "x:1:1: merge keys are not allowed; write the values out"),
            ("[a]: 1", "x:1:1: a key must be a plain text, without tag, anchor or alias"),
            ("a: 1\n---\nb: 1", "x:3:1: this file can have one document only"),
            ("---\n---\n", "x:3:1: the file is empty"),
        ] {
            assert_eq!(check(text), Err(message.to_owned()), "{text}");
        }
        for text in ["a: *x", "a: [", "a: b: c", "a:\n\tb: 1", "a: 'x", "a: .inf"] {
            assert!(check(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn f03_bombs_are_refused_by_their_limits() {
        let deep_flow = "[".repeat(100_000);
        let deep_block = (0..200).map(|n| format!("{}a:\n", " ".repeat(n))).collect::<String>();
        let many = "- a\n".repeat(NODES_MAX + 1);
        let laughs = "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n";
        for text in [&deep_flow, &deep_block, &many, laughs] {
            assert!(check(text).is_err());
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "[-a-c:{}\\[\\],&*!|>'\"%@`#?0-9 \n\t.~<]{0,60}") {
            let _ = parse(&text, &mut Report::about("x"));
        }
    }
}
