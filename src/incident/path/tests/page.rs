//! The page about paths tells the truth: every example on it is tried, and every step and limit is on it.

use serde_json::Value;

use super::*;

const PAGE: &str = include_str!("../../../../rules/PATHS.md");
/// What stands behind values beside which something could not be read.
const UNREAD: &str = ", and something unread";

/// The blocks of code, each with its language.
fn blocks() -> Vec<(&'static str, &'static str)> {
    let fenced = PAGE.split("\n```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').unwrap()).collect()
}

fn check_line(line: &str, event: &Value) {
    let (path, expected) = line.split_once('→').unwrap_or_else(|| panic!("{line}"));
    let (path, expected) = (path.trim(), expected.trim());
    let (values, is_part) = expected.strip_suffix(UNREAD).map_or((expected, false), |values| (values, true));
    let values = if values == "nothing" { "" } else { values };
    let values: Value =
        serde_json::from_str(&format!("[{values}]")).unwrap_or_else(|problem| panic!("{line}: {problem}"));
    assert_eq!(if is_part { part(path, event) } else { all(path, event) }, values, "{line}");
}

#[test]
fn every_example_reaches_what_the_page_says() {
    let mut event = Value::Null;
    let mut count = 0;
    for (language, text) in blocks() {
        match language {
            "json" => {
                event =
                    crate::incident::json::parse(text.as_bytes()).unwrap_or_else(|problem| panic!("{text}{problem}"))
            }
            "text" => text.lines().for_each(|line| {
                check_line(line, &event);
                count += 1;
            }),
            "yaml" => {}
            other => panic!("no test knows what to make of `{other}`"),
        }
    }
    assert!(count > 40, "only {count} examples were found");
}

#[test]
fn every_step_and_limit_is_on_the_page() {
    let words = parse::WORDS.map(|(word, _)| word);
    for step in words.into_iter().chain(["capture('x=(\\d+)')"]) {
        parsed(&format!("a|{step}"));
        let is_tried =
            blocks().iter().any(|(language, text)| *language == "text" && text.contains(&format!("|{}", &step[..4])));
        assert!(is_tried, "no example has {step}");
        assert!(PAGE.contains(&format!("\n| `\\|{step}` | ")), "the table lacks {step}");
    }
    let kib = DECODED_BYTES_MAX / 1024;
    let limits = [
        format!("{PATH_BYTES_MAX} bytes"),
        format!("{STEPS_MAX} steps"),
        format!("{VALUES_MAX} values"),
        format!("{kib} KiB"),
    ];
    let words = PAGE.split_whitespace().collect::<Vec<_>>().join(" ");
    for limit in limits {
        assert!(words.contains(&limit), "the page lacks {limit}");
    }
    assert!("message.data|base64.data".parse::<Path>().is_err());
}
