//! The order of a document's keys: Sigma's own, with ours where a reader looks for them.

/// What it is and whose, what it looks for, what may look like it, what is done, what proves it.
const KEYS: [&str; 28] = [
    "title",
    "id",
    "name",
    "related",
    "sigma-version",
    "taxonomy",
    "status",
    "description",
    "license",
    "references",
    "author",
    "owner",
    "date",
    "modified",
    "tags",
    "scope",
    "logsource",
    "detection",
    "correlation",
    "filter",
    "fields",
    "falsepositives",
    "level",
    "response",
    "tests",
    "lint",
    "regression_tests_path",
    "simulation",
];

/// The key's place; keys that are not Sigma's come last.
pub(super) fn place(key: &str) -> usize {
    KEYS.iter().position(|known| *known == key).unwrap_or(KEYS.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_a_document_has_its_place() {
        let known = super::super::super::document::KEYS;
        let unplaced: Vec<&str> = known.into_iter().filter(|key| place(key) == KEYS.len()).collect();
        assert_eq!(unplaced, [""; 0]);
        assert_eq!(known.len(), KEYS.len());
    }
}
