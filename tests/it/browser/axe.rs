//! axe-core, as `tests/browser/install` puts it there: what it finds against WCAG 2.2, levels A and AA.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::MISSING;
use super::person::Person;

/// Runs it in the page. Everything is on the page already, so that it need not load anything, which the policy would
/// refuse it.
const RUN: &str = "
    const done = arguments[arguments.length - 1];
    const values = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa'];
    axe.run(document, { runOnly: { type: 'tag', values }, resultTypes: ['violations'], preload: false }).then(
        found => done({
            passes: found.passes.map(one => one.id),
            doubtful: found.incomplete.map(one => one.id),
            violations: found.violations.map(one => ({
                id: one.id, help: one.help, at: one.nodes.map(node => `${node.html}: ${node.failureSummary}`),
            })),
        }),
        failed => done({ failed: String(failed) }),
    );";

/// What it says about a page.
#[derive(Debug)]
pub(super) struct Report {
    /// The rules that the page keeps to.
    pub(super) passes: Value,
    /// The rules about which a human has to judge.
    pub(super) doubtful: Value,
    /// What is against a rule: its id, what it asks for, and where.
    pub(super) violations: Vec<Value>,
}

/// Its text, which is run in every page.
pub(super) fn source() -> String {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/package-lock.json");
    // Cargo puts its `tmp` for tests right into the target folder.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("browser");
    assert!(fs::read(folder.join("installed")).ok() == fs::read(list).ok(), "{MISSING} ({})", folder.display());
    fs::read_to_string(folder.join("node_modules/axe-core/axe.min.js")).expect(MISSING)
}

impl Person {
    /// What is wrong with the page as it is shown now. `source` has to have been run in it.
    pub(super) async fn report(&self) -> Report {
        let mut found = self.tab.execute_async(RUN, Vec::new()).await.unwrap();
        let mut take = |part: &str| found[part].take();
        let (passes, doubtful) = (take("passes"), take("doubtful"));
        let violations = match take("violations") {
            Value::Array(violations) => violations,
            other => panic!("axe-core did not look: {other} {found}"),
        };
        assert!(passes.as_array().is_some_and(|rules| rules.len() > 5), "it has looked at the page: {passes}");
        Report { passes, doubtful, violations }
    }
}
