//! JUnit's XML: a suite for each rule, a case for each test, and how much the tests hold.

use std::fmt::Write as _;

use crate::rules::{Coverage, Gap, TestedRule};

/// The report of all rules.
pub(super) fn report(rules: &[TestedRule]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"rules\">\n");
    for rule in rules {
        let failures = rule.tests.iter().filter(|test| test.difference.is_some()).count();
        // Writing to a String cannot fail.
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\">",
            escaped(&rule.rule.title),
            rule.tests.len()
        );
        let gaps: Vec<String> = rule.gaps.iter().map(Gap::text).collect();
        properties(&mut xml, rule.coverage, &gaps);
        for test in &rule.tests {
            let (name, file) = (escaped(&test.name), escaped(&rule.file));
            let head =
                format!("    <testcase name=\"{name}\" classname=\"{file}\" file=\"{file}\" line=\"{}\"", test.line);
            let _ = match &test.difference {
                None => writeln!(xml, "{head}/>"),
                Some(difference) => {
                    writeln!(xml, "{head}><failure message=\"{}\"/></testcase>", escaped(difference))
                }
            };
        }
        xml.push_str("  </testsuite>\n");
    }
    // The format has properties of suites only, so the whole is one without tests.
    xml.push_str("  <testsuite name=\"all rules\" tests=\"0\" failures=\"0\">\n");
    let all = rules.iter().fold(Coverage::default(), |all, rule| all.and(rule.coverage));
    properties(&mut xml, all, &[]);
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

/// How much the tests hold, and what they leave open.
fn properties(xml: &mut String, coverage: Coverage, gaps: &[String]) {
    xml.push_str("    <properties>\n");
    let percent = ("coverage.percent", coverage.percent().to_string());
    let gaps = gaps.iter().map(|gap| ("coverage.left_open", gap.clone()));
    for (name, value) in std::iter::once(percent).chain(gaps) {
        // Writing to a String cannot fail.
        let _ = writeln!(xml, "      <property name=\"{name}\" value=\"{}\"/>", escaped(&value));
    }
    xml.push_str("    </properties>\n");
}

/// Characters that mean something in XML, and those that it cannot have at all.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(' '),
            other if other.is_control() => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{Digest, RuleId, RuleRef};
    use crate::rules::TestOutcome;

    #[test]
    fn a_hostile_name_stays_text() {
        let id = RuleId::parse("11111111-1111-4111-8111-111111111111").unwrap();
        let rule = RuleRef { id, title: "<a & \"b\">".to_owned(), version: Digest::of(b"") };
        let outcome = |name: &str, difference: Option<&str>| TestOutcome {
            name: name.to_owned(),
            line: 7,
            difference: difference.map(str::to_owned),
        };
        let tests = vec![outcome("good", None), outcome("bad\u{1}", Some("1 < 2\nand so on"))];
        let gaps = vec![Gap::NeverFails("a < b".to_owned())];
        let coverage = Coverage { reached: 2, wanted: 3 };
        let xml = report(&[TestedRule { rule, file: "x.yml".to_owned(), tests, gaps, coverage }]);
        assert_eq!(xml.matches("<property name=\"coverage.percent\" value=\"66\"/>").count(), 2, "{xml}");
        assert!(xml.contains("<property name=\"coverage.left_open\" value=\"`a &lt; b` fails in no test\"/>"), "{xml}");
        assert!(xml.contains("<testsuite name=\"&lt;a &amp; &quot;b&quot;&gt;\" tests=\"2\" failures=\"1\">"), "{xml}");
        assert!(xml.contains("<testcase name=\"good\" classname=\"x.yml\" file=\"x.yml\" line=\"7\"/>"), "{xml}");
        assert!(xml.contains("name=\"bad\u{fffd}\""), "{xml}");
        assert!(xml.contains("<failure message=\"1 &lt; 2 and so on\"/>"), "{xml}");
    }
}
