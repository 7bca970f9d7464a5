//! The page of a pack: one file without scripts, that loads nothing, for light and dark and for narrow screens. All text
//! in it is others' and shown as what it is.

use std::fmt::Write as _;

use super::Kept;
use crate::incident::IncidentId;
use crate::trail::export::{Facts, Sense, inert};

const STYLE: &str = "
:root { color-scheme: light dark; --line: #d0d4da; --soft: #5b6470; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --line: #3a4048; --soft: #a2abb6; --bad: #ff8a80; } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
h1 { font-size: 1.25rem; overflow-wrap: anywhere; }
ol { list-style: none; padding: 0; }
li { border-top: 1px solid var(--line); padding: .75rem 0; }
time, dt, .note { color: var(--soft); font-size: .875rem; }
.high { color: var(--bad); font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 .75rem; margin: .25rem 0; }
dd { margin: 0; overflow-wrap: anywhere; }
pre { font-size: .8125rem; overflow-wrap: anywhere; white-space: pre-wrap; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .25rem; } }
@media print { details { display: none; } }
";

/// The page.
pub(super) fn html(incident: &IncidentId, kept: &[Kept], checkpoint: &str) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{id}</title><style>{STYLE}</style></head><body>\n<h1>Incident {id}</h1>\n\
         <p class=\"note\">{count} records of the trail, in order; times are UTC. How to check them is in README.txt.</p>\n<ol>\n",
        id = escaped(incident.as_str()),
        count = kept.len(),
    );
    kept.iter().for_each(|kept| entry(&mut page, kept));
    let _ = write!(page, "</ol>\n<h2>Checkpoint</h2>\n<pre>{}</pre>\n</body></html>\n", lines(checkpoint));
    page
}

fn entry(page: &mut String, Kept { record, proof }: &Kept) {
    let (sense, facts) = (Sense::of(&record.event), Facts::of(&record.event));
    let class = if sense.severity == crate::trail::export::Severity::High { " class=\"high\"" } else { "" };
    let rules = facts.rules.into_iter().map(|(id, title)| title.map_or(id.clone(), |title| format!("{title} ({id})")));
    let rules = Some(rules.collect::<Vec<_>>().join(", ")).filter(|rules| !rules.is_empty());
    // Writing to a text cannot fail.
    let _ = write!(
        page,
        "<li id=\"r{seq}\"><time datetime=\"{at:.3}\">{at:.3}</time> \u{b7} record {seq}<br><span{class}>{says}</span>\n<dl>",
        seq = record.seq,
        at = record.at,
        says = escaped(sense.says),
    );
    for (name, value) in [
        ("event", Some(record.event.kind().to_owned())),
        ("by", facts.actor),
        ("reason", facts.reason),
        ("outcome", facts.outcome),
        ("step", facts.step.map(|step| (u32::from(step) + 1).to_string())),
        ("attempt", facts.attempt.map(|attempt| attempt.to_string())),
        ("account", facts.user_id),
        ("source", facts.source),
        ("alert", facts.alert),
        ("rules", rules),
    ] {
        if let Some(value) = value {
            let _ = write!(page, "<dt>{name}</dt><dd>{}</dd>", escaped(&value));
        }
    }
    let text = escaped(&String::from_utf8_lossy(&proof.record));
    let _ = writeln!(page, "</dl><details><summary>record</summary><pre>{text}</pre></details></li>");
}

fn lines(text: &str) -> String {
    text.lines().map(escaped).collect::<Vec<_>>().join("\n")
}

/// As text and as the value of an attribute.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in inert(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}
