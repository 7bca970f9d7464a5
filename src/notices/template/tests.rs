//! Tests of texts in the operator's own words.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::incident::{Digest, IncidentId};

const PUBLIC_URL: &str = "https://p.example.com";
const TOPICS: [Topic; 17] = {
    let mut all = [Topic::RuleNotice; 17];
    let mut index = 0;
    while index < Topic::ALL.len() {
        all[index] = Topic::ALL[index];
        index += 1;
    }
    all
};

fn parse(topic: Topic, text: &str) -> Result<Template, String> {
    Template::parse(text, topic, Some(PUBLIC_URL))
}

fn incident(number: u64, title: &str) -> AboutIncident {
    AboutIncident {
        id: IncidentId::parse(&format!("inc_{number:016x}")).unwrap(),
        rule: Some(title.to_owned()),
        reason: Some("it wants to be approved first"),
        plan: Some(Digest::of(&number.to_be_bytes())),
    }
}

fn told(topic: Topic, incidents: Vec<AboutIncident>) -> Told {
    Told {
        id: "ntc_0".to_owned(),
        topic,
        at: "2026-11-21T03:00:00Z".parse().unwrap(),
        record: 17,
        more: 0,
        incidents,
        facts: Vec::new(),
        public_url: Some(PUBLIC_URL.to_owned()),
    }
}

#[test]
fn every_name_is_filled_in_once_and_what_there_is_not_is_a_dash() {
    let text = "R7: {{ rule.title }} waits, {{reason}} ({{ failure }})\n{{ link }}, record {{ record }}, {{ time }}\n";
    let template = parse(Topic::IncidentHeld, text).unwrap();
    let told = told(Topic::IncidentHeld, vec![incident(1, "{{ link }}\n\u{202e}x")]);
    let expected = "R7: {{ link }}  x waits, it wants to be approved first (-)\n\
        https://p.example.com/incidents/inc_0000000000000001, record 17, 2026-11-21 03:00:00 UTC";
    assert_eq!(template.fill(&told, Language::En).unwrap(), expected);
}

#[test]
fn several_incidents_stand_below_each_other_and_the_rest_is_counted() {
    let template = parse(Topic::ApprovalWanted, "{{ incident.id }} {{ plan }} {{ link }}").unwrap();
    let told = Told { more: 2, ..told(Topic::ApprovalWanted, (0..5).map(|number| incident(number, "x")).collect()) };
    let text = template.fill(&told, Language::En).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    for (line, number) in lines.iter().zip(0_u64..3) {
        let (id, plan) = (format!("inc_{number:016x}"), Digest::of(&number.to_be_bytes()));
        assert_eq!(*line, format!("{id} {plan} {PUBLIC_URL}/incidents/{id}"));
    }
    assert_eq!(lines[3], "And 4 more of the same kind.");
}

#[test]
fn what_names_nobody_is_told_in_our_words() {
    let told = told(Topic::IncidentHeld, vec![incident(1, "x")]).in_numbers();
    assert_eq!(parse(Topic::IncidentHeld, "{{ incident.id }}").unwrap().fill(&told, Language::En), None);
    let told = Told { topic: Topic::ActionsPaused, ..told };
    assert_eq!(parse(Topic::ActionsPaused, "Paused: {{ scope }}").unwrap().fill(&told, Language::En), None);
}

#[test]
fn f07_what_cannot_be_meant_is_refused() {
    let long = "x".repeat(JSON_BYTES_MAX - MORE_BYTES + 1);
    let quotes = "\"".repeat(JSON_BYTES_MAX / 2);
    let titles = "{{ rule.title }}".repeat(5);
    for (topic, text, problem) in [
        (Topic::Contained, "", "must be visible text"),
        (Topic::Contained, " \n", "must be visible text"),
        (Topic::Contained, "a\tb", "must be visible text"),
        (Topic::Contained, "turned \u{202e}", "must be visible text"),
        (Topic::Contained, "{{ link", "not closed"),
        (Topic::Contained, "{% if link %}", "`{%`, which means nothing here"),
        (Topic::Contained, "{{ titel }}", "it has incident.id, rule.title, link, record, time"),
        (Topic::Contained, "{{ plan }}", "which this topic does not have"),
        (Topic::Contained, "{{ account }}", "which this topic does not have"),
        (Topic::ActionsPaused, "{{ incident.id }}", "which this topic does not have"),
        (Topic::ApprovalWanted, "Approve {{ link }}", "leaves out `{{ plan }}`"),
        (Topic::ApprovalWanted, "Approve {{ plan }}", "leaves out `{{ link }}`"),
        (Topic::RuleNotice, "Read {{ link }}", "leaves out `{{ text }}`"),
        (Topic::Contained, &long, "may come to 1921 bytes"),
        (Topic::Contained, &quotes, "may come to 2000 bytes"),
        (Topic::Contained, &titles, "may come to 2400 bytes"),
    ] {
        let refused = parse(topic, text).expect_err(text);
        assert!(refused.contains(problem), "{text}: {refused}");
    }
    let refused = Template::parse("{{ link }}", Topic::Contained, None).unwrap_err();
    assert!(refused.contains("takes `public_url`"), "{refused}");
}

proptest! {
    #[test]
    fn any_text_that_is_taken_fits_and_keeps_what_it_must(
        topic in proptest::sample::select(TOPICS.to_vec()),
        pieces in proptest::collection::vec((0_usize..8, "\\PC{0,80}"), 0..12),
        titles in proptest::collection::vec(proptest::collection::vec(any::<char>(), 0..200), 1..6),
        fact in proptest::collection::vec(any::<char>(), 0..900),
        more: u64,
    ) {
        let names = names(topic);
        let name = |name: &Name| format!("{{{{ {} }}}}", name.as_str());
        let mut text: String = wanted(topic).iter().map(name).collect();
        for (index, piece) in &pieces {
            text.push_str(&piece.replace(['{', '}'], ""));
            text.extend(names.get(*index).map(name));
        }
        let Ok(template) = parse(topic, &text) else { return Ok(()) };
        let facts = names.iter().filter_map(|name| match name {
            Name::Fact(known) => Some((*known, fact.iter().collect())),
            _ => None,
        });
        let titled = |(number, title): (u64, &Vec<char>)| incident(number, &title.iter().collect::<String>());
        let base = told(topic, (0..).zip(&titles).map(titled).collect());
        let told = Told { facts: facts.collect(), more: more / 2, ..base };
        let text = template.fill(&told, Language::Zh).unwrap_or_default();
        prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
        let message = json!({ "msgtype": "text", "text": { "content": text } }).to_string();
        prop_assert!(message.len() <= 2_048, "{}", message.len());
        if topic == Topic::ApprovalWanted {
            prop_assert!(text.contains(&Digest::of(&0_u64.to_be_bytes()).to_string()));
            prop_assert!(text.contains("https://p.example.com/incidents/inc_0000000000000000"));
        }
    }
}
