//! What holds for every text and every event.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::super::capture::Capture;
use super::super::step::{Read, Select, Step};
use super::*;

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]", "[a-c'.|\\[\\]=$é ]{0,4}"]
}

fn expression() -> impl Strategy<Value = String> {
    prop_oneof![Just("([a-c]+)".to_owned()), Just("'(.)|x".to_owned()), Just(r#""a":"([^"]*)""#.to_owned())]
}

fn select() -> impl Strategy<Value = Step> {
    let select = prop_oneof![
        name().prop_map(Select::Member),
        (0..3_usize).prop_map(Select::Index),
        Just(Select::Every),
        (prop::collection::vec(name(), 1..3), name()).prop_map(|(members, equals)| Select::Where { members, equals }),
    ];
    select.prop_map(Step::Select)
}

fn read() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Read(Read::Json)),
        Just(Step::Read(Read::Base64)),
        Just(Step::Read(Read::Lines)),
        Just(Step::Read(Read::Lower)),
        Just(Step::Read(Read::Text)),
        expression().prop_map(|text| Step::Read(Read::Capture(Capture::compile(&text).unwrap()))),
        Just(Step::First),
    ]
}

/// Steps as a path may have them: after a text comes no part of it.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let steps = prop::collection::vec(prop_oneof![3 => select(), 2 => read()], 0..=STEPS_MAX);
    steps.prop_map(|mut steps| {
        let mut is_text = false;
        steps.retain(|step| {
            let keeps = !(is_text && matches!(step, Step::Select(_)));
            is_text = match step {
                Step::Read(read) => read.gives_text(),
                Step::First | Step::Select(_) => is_text,
            };
            keeps
        });
        steps
    })
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn written(steps: &[Step]) -> String {
    match steps.split_first() {
        Some((Step::Select(Select::Member(name)), rest)) => quoted(name) + &behind(rest),
        _ => format!("${}", behind(steps)),
    }
}

/// The steps as they are written behind something else.
fn behind(steps: &[Step]) -> String {
    let written = |step: &Step| match step {
        Step::Select(Select::Member(name)) => format!(".{}", quoted(name)),
        Step::Select(Select::Index(index)) => format!("[{index}]"),
        Step::Select(Select::Every) => "[*]".to_owned(),
        Step::Select(Select::Where { members, equals }) => {
            let members: Vec<String> = members.iter().map(|name| quoted(name)).collect();
            format!("[{}={}]", members.join("."), quoted(equals))
        }
        Step::Read(Read::Json) => "|json".to_owned(),
        Step::Read(Read::Base64) => "|base64".to_owned(),
        Step::Read(Read::Lines) => "|lines".to_owned(),
        Step::Read(Read::Lower) => "|lower".to_owned(),
        Step::Read(Read::Text) => "|text".to_owned(),
        Step::Read(Read::Capture(capture)) => format!("|capture({})", quoted(&capture.text)),
        Step::First => "|first".to_owned(),
    };
    steps.iter().map(written).collect()
}

/// Events in which texts often are what some step reads.
fn event() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        Just(Value::from(1.5)),
        "[a-c]{0,3}(\n[a-c])*".prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 200, 80, |inner| {
        let inner = prop_oneof![
            3 => inner.clone(),
            1 => inner.clone().prop_map(|value| Value::from(value.to_string())),
            1 => inner.prop_map(|value| Value::from(STANDARD.encode(value.to_string()))),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..80).prop_map(Value::from),
            prop::collection::btree_map("[a-c]", inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_what_is_read(steps in steps()) {
        let text = written(&steps);
        let Ok(path) = text.parse::<Path>() else { return Err(TestCaseError::fail(text)) };
        prop_assert_eq!(path.as_str(), &text);
        prop_assert_eq!(path.steps, steps);
    }

    #[test]
    fn no_text_panics_the_parser(text in prop_oneof![".{0,40}", r"[ab.|'\[\]=*$()1 ]{0,40}", r"a\|[a-z0-9]{0,8}(\('.{0,12}'\))?"]) {
        if let Ok(path) = text.parse::<Path>() {
            prop_assert_eq!(path.as_str(), &text);
            prop_assert!(path.steps.len() <= STEPS_MAX);
            // And what was taken can be written plainly and is the same path.
            prop_assert_eq!(parsed(&written(&path.steps)).steps, path.steps);
        } else {
            let problem = text.parse::<Path>().unwrap_err();
            prop_assert!(problem.at <= text.len() && text.is_char_boundary(problem.at));
        }
    }

    #[test]
    fn what_is_taken_is_what_is_reached(steps in steps(), event in event()) {
        let path = parsed(&written(&steps));
        prop_assert_eq!(path.take(event.clone(), VALUES_MAX), path.values(&event));
    }

    #[test]
    fn no_event_panics_and_the_bounds_hold(steps in steps(), event in event()) {
        let path = parsed(&written(&steps));
        let mut decoder = Decoder::new(VALUES_MAX);
        let mut here = vec![Cow::Borrowed(&event)];
        for step in &path.steps {
            here = step.apply(here, &mut decoder);
            prop_assert!(here.len() <= VALUES_MAX + 1);
            if here.len() > VALUES_MAX {
                break;
            }
        }
        match path.values(&event) {
            Reached::All(values) => prop_assert!(values == here && !decoder.has_unread),
            Reached::Part(values) => prop_assert!(values == here && decoder.has_unread),
            Reached::TooMany => prop_assert!(here.len() > VALUES_MAX || decoder.is_spent),
        }
    }

    /// Whether a value lies open or in a text makes no difference to what is reached in it.
    #[test]
    fn json_in_a_text_is_the_same_as_the_value(event in event(), steps in prop::collection::vec(select(), 0..4)) {
        let path = parsed(&written(&steps));
        let text = event.to_string();
        // Not all that a value can be is taken from a text.
        prop_assume!(crate::incident::json::parse(text.as_bytes()).is_ok() && text.len() < DECODED_BYTES_MAX / 3);
        let hidden = Value::from(STANDARD.encode(text));
        let within = parsed(&format!("$|base64|json{}", behind(&steps)));
        prop_assert_eq!(path.values(&event), within.values(&hidden));
    }
}
