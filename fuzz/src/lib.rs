//! What the fuzz targets share: a folder around one rule file, and the laws that hold for whatever
//! loads.

use portcullis::rules::{LOCALES, LoadErrors, RuleSet, SourceFile, compile};
use serde_json::{Value, json};

/// What employees read.
const TEXT: &[u8] = b"account-takeover: 'Ask {{ contact }} about {{ incident.id }}.'\n";

/// A complete folder with one rule file of these bytes.
pub fn folder(rule: &[u8]) -> Vec<SourceFile> {
    let file = |name: &str, bytes: &[u8]| SourceFile { name: name.to_owned(), bytes: bytes.to_vec() };
    let reasons = LOCALES.iter().map(|locale| file(&format!("reasons/{locale}.yml"), TEXT));
    let mut files: Vec<SourceFile> = reasons.collect();
    files.push(file("guardrails.yml", b"protected: []\n"));
    files.push(file("lists/team.yml", b"[ann, 'b*b']\n"));
    files.push(file("x.yml", rule));
    files
}

/// Loads it, and checks what must hold whether it loads or not.
pub fn load(rule: &[u8]) -> Result<RuleSet, LoadErrors> {
    let result = compile(&folder(rule));
    match &result {
        Ok(set) => {
            for detector in set.detectors().iter().filter(|detector| detector.rule.response.is_some()) {
                assert!(!detector.explain(&json!({})).passes, "a rule that acts matches the empty event");
            }
        }
        Err(errors) => {
            let lines = rule.iter().filter(|byte| **byte == b'\n').count() + 1;
            assert!(!errors.problems().is_empty(), "refused without a problem");
            for problem in errors.problems() {
                // Other line breaks than \n (CR alone, NEL) count as well, hence the generous bound.
                let line = problem.at.map_or(1, |at| at.line);
                assert!(line >= 1 && line <= lines + rule.len(), "{problem} of {lines} lines");
            }
        }
    }
    result
}

/// The index finds exactly what a walk of every rule finds.
pub fn assert_index_walks(set: &RuleSet, event: &Value) {
    let found: Vec<_> = set.matching(event).iter().map(|rule| rule.reference.id.clone()).collect();
    let walked = set.detectors().iter().filter(|detector| detector.explain(event).passes);
    let walked: Vec<_> = walked.map(|detector| detector.rule.reference.id.clone()).collect();
    assert_eq!(found, walked, "{event}");
}
