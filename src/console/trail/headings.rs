//! What the columns of reports are headed with: each name of a member, and the key of its heading.

const HEADINGS: [(&str, &str); 32] = [
    ("account", "heading-account"),
    ("actor", "heading-actor"),
    ("after_s", "heading-after-s"),
    ("asked_by", "heading-asked-by"),
    ("assurance", "heading-assurance"),
    ("at", "heading-at"),
    ("became", "heading-became"),
    ("by", "heading-by"),
    ("commit", "heading-commit"),
    ("contained_at", "heading-contained-at"),
    ("count", "heading-count"),
    ("enabled_by_others_at", "heading-enabled-by-others-at"),
    ("from", "heading-from"),
    ("given_back_at", "heading-given-back-at"),
    ("held_at", "heading-held-at"),
    ("incident", "heading-incident"),
    ("ms", "heading-ms"),
    ("of", "heading-of"),
    ("reason", "heading-reason"),
    ("received_at", "heading-received-at"),
    ("record", "heading-record"),
    ("rule", "heading-rule"),
    ("rules", "heading-rules"),
    ("seconds", "heading-seconds"),
    ("signer", "heading-signer"),
    ("source", "heading-source"),
    ("until", "heading-until"),
    ("user_id", "heading-user-id"),
    ("version", "heading-version"),
    ("waited", "heading-waited"),
    ("what", "heading-what"),
    ("why", "heading-why"),
];

/// The key of the heading; the name itself, where there is none, which a test does not let happen.
pub(super) fn heading(name: &'static str) -> &'static str {
    HEADINGS.iter().find(|(own, _)| *own == name).map_or(name, |(_, key)| key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trail::reports::Report;

    #[test]
    fn every_column_of_every_report_has_a_heading() {
        for column in Report::ALL.iter().flat_map(|report| report.columns()) {
            assert_ne!(heading(column.name), column.name);
        }
    }
}
