//! What formatting does, and that it never changes what a rule says.

use proptest::prelude::*;

use super::*;

fn check(before: &str, after: &str) {
    assert_eq!(formatted(before).as_deref(), Ok(after), "{before}");
    assert_eq!(formatted(after).as_deref(), Ok(after), "again");
}

#[test]
fn keys_come_in_sigmas_order_with_their_comments() {
    check(
        "# The file.\nlevel: high\nx_own: 1\n# Why.\n# More.\ndetection:\n    s: {a: 1}\n    # Inside.\n    condition: s\ntitle: T\n# The end.\n",
        "# The file.\ntitle: T\n# Why.\n# More.\ndetection:\n    s: {a: 1}\n    # Inside.\n    condition: s\nlevel: high\nx_own: 1\n# The end.\n",
    );
}

#[test]
fn lines_are_indented_by_four_and_end_with_their_text() {
    check(
        "title: T  \r\ntags:\r\n- a\r\n-   b\r\ndetection:\r\n  s:\r\n    f|contains:\r\n    # Note.\r\n    - x  # why\r\n    -  y\r\n\r\n\r\n    g: 1\r\n  condition: s",
        "title: T\ntags:\n    - a\n    - b\ndetection:\n    s:\n        f|contains:\n            # Note.\n            - x  # why\n            - y\n\n        g: 1\n    condition: s\n",
    );
    check(
        "tests:\n- name: n\n  alert:\n     a:\n     - { t: 1,\n         u: 2 }\n     - b:\n         c: d\n  expect: none\n",
        "tests:\n    - name: n\n      alert:\n          a:\n              - { t: 1,\n                  u: 2 }\n              - b:\n                    c: d\n      expect: none\n",
    );
}

#[test]
fn texts_over_several_lines_keep_their_shape() {
    check(
        "description: |\n  One  \n\n    two\n  \n  # no comment\ntitle: >-\n T\nauthor: 'a\n  b'\n",
        "title: >-\n    T\ndescription: |\n    One  \n\n      two\n\n    # no comment\nauthor: 'a\n  b'\n",
    );
    check("a:\n  - |\n    x\n     y\n  - >-\n   z\n", "a:\n    - |\n        x\n         y\n    - >-\n        z\n");
}

#[test]
fn each_document_is_formatted_by_itself() {
    check(
        "---\nid: 1\ntitle: T\n\n---\n# Second.\ntitle: U\n---\n",
        "---\ntitle: T\nid: 1\n---\n# Second.\ntitle: U\n---\n",
    );
}

#[test]
fn what_cannot_be_formatted_safely_is_left_alone() {
    for (text, why) in [
        ("title: [", Unformatted::Unreadable),
        ("", Unformatted::Unreadable),
        ("- a\n", Unformatted::Unreadable),
        ("{title: T, id: 1}\n", Unformatted::Crowded(1)),
        ("--- {title: T}\n", Unformatted::Crowded(1)),
        ("title: T\n---\n  id: 1\n", Unformatted::Crowded(3)),
        ("title: T\n...\n", Unformatted::Crowded(2)),
        ("description: |+\n    a\n\n\ntitle: T\n", Unformatted::WouldChange),
        ("description: |2\n     a\ntitle: T\n", Unformatted::WouldChange),
    ] {
        assert_eq!(formatted(text), Err(why), "{text}");
    }
}

/// YAML of a few shapes, indented one way or another.
fn documents() -> impl Strategy<Value = String> {
    let keys = Just(vec!["title", "id", "status", "detection", "tags", "level", "tests", "own"]).prop_shuffle();
    let values = prop::collection::vec((0..9_usize, 1..5_usize, any::<bool>()), 8);
    (keys, values).prop_map(|(keys, values)| {
        let pairs = keys.into_iter().zip(values);
        pairs.map(|(key, (shape, step, has_comment))| section(key, shape, &" ".repeat(step), has_comment)).collect()
    })
}

fn section(key: &str, shape: usize, step: &str, has_comment: bool) -> String {
    let comment = if has_comment { "# About it.\n" } else { "" };
    let value = match shape {
        0 => " x  \n".to_owned(),
        1 => format!("\n{step}a: 1\n{step}b:\n{step}{step}c: 2\n{step}{step}# Note.\n{step}{step}d: 'e  '\n"),
        2 => format!("\n- a\n-{step}b: 1\n {step}c: 2\n"),
        3 => format!("\n{step}- a\n\n\n{step}-{step}- b\n{step}- c:\n{step}   {step}d: 1\n"),
        4 => format!(" |\n{step}a\n{step}  b \n\n{step}# c\n"),
        5 => format!(" >-\n{step}a\n{step}b\n\n"),
        6 => format!(" {{a: 1,\n{step}b: [2,\n{step}{step}3]}}\n"),
        7 => format!(" 'a\n\n{step}b # c'\n"),
        _ => format!("\n{step}a: |\n{step}{step}x\n{step}{step}  y\n{step}b: 2  # why\n{step}# End.\n"),
    };
    format!("{comment}{key}:{value}")
}

proptest! {
    #[test]
    fn formatting_says_the_same_once_and_for_all(text in documents()) {
        let once = formatted(&text).map_err(|why| TestCaseError::fail(format!("{why}\n{text}")))?;
        prop_assert_eq!(formatted(&once), Ok(once.clone()));
        prop_assert_eq!(once.matches('#').count(), text.matches('#').count());
        prop_assert!(once.ends_with('\n') && !once.contains("\n\n\n"));
    }

    #[test]
    fn no_text_makes_the_formatter_panic(text in "[-a-c:{}\\[\\]|>'\"#0-9 \n\r\t.]{0,60}") {
        let _ = formatted(&text);
    }
}

/// The same with its keys turned round, twice as deep, with spaces behind dashes and keys. Descriptions
/// are text blocks, in which spaces mean something.
fn mangled(text: &str) -> String {
    text.split("---\n").map(mangled_document).collect::<Vec<_>>().join("---\n")
}

fn mangled_document(text: &str) -> String {
    let mut sections: Vec<String> = Vec::new();
    for line in text.lines() {
        let depth = line.len() - line.trim_start().len();
        match sections.last_mut() {
            Some(section) if depth > 0 && section.starts_with("description:") => section.push_str(line),
            Some(section) if depth > 0 => {
                let said = line.trim_start().replacen(
                    "- ",
                    if line.trim_start().starts_with("- ") { "-   " } else { "- " },
                    1,
                );
                section.push_str(&format!(
                    "{}{said}{}",
                    " ".repeat(2 * depth),
                    if said.ends_with(':') { "  " } else { "" }
                ));
            }
            _ => sections.push(line.to_owned()),
        }
        sections.last_mut().unwrap().push('\n');
    }
    sections.reverse();
    sections.join("\n")
}

#[test]
fn the_shipped_rules_are_in_the_common_form_and_find_their_way_back_to_it() {
    let shipped = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let files = super::super::source::read(&shipped, &mut Vec::new());
    let rules = super::super::rule_files(&shipped).unwrap();
    let mut again = files.clone();
    for file in &rules {
        let text = std::str::from_utf8(&file.bytes).unwrap();
        assert_eq!(formatted(text).as_deref(), Ok(text), "{}", file.name);
        let mangled = mangled(text);
        let back = formatted(&mangled).unwrap_or_else(|why| panic!("{}: {why}\n{mangled}", file.name));
        assert_ne!(mangled, text);
        again.iter_mut().find(|other| other.name == file.name).unwrap().bytes = back.into_bytes();
    }
    let rules = |files: &[super::super::SourceFile]| {
        let set = super::super::compile(files).unwrap_or_else(|errors| panic!("{errors}"));
        let mut detectors = set.detectors().to_vec();
        detectors.iter_mut().for_each(|one| one.rule.reference.version = crate::incident::Digest::of(b""));
        detectors
    };
    assert_eq!(rules(&again), rules(&files), "only the digests differ");
}
