//! Rules that name the account each in another way.

use std::fs;
use std::path::Path;

/// One rule for each way to name an account, told apart by the event's type: `test.` and the way.
pub(crate) fn rules_by_way(folder: &Path, ways: &[&str]) {
    for (number, way) in ways.iter().enumerate() {
        let rule = format!(
            "title: Look up by {way}
id: 00000000-0000-4000-8000-00000000000{number}
level: high
owner: tests
logsource: {{ product: okta }}
detection:
  selection: {{ eventType: test.{way} }}
  condition: selection
response:
  mode: enforce
  account: {{ {way}: who }}
  steps:
    - disable: {{ reason: test, permanent: true }}
tests:
  - name: it matches
    alert: {{ eventType: test.{way}, who: '13800000000' }}
    expect: {{ account: '13800000000', steps: [disable] }}
  - name: another does not
    alert: {{ eventType: test.other, who: '13800000000' }}
    expect: none
lint: {{ allow: [unknown-account-path], reason: the events are made up }}
"
        );
        fs::write(folder.join(format!("look-up-{way}.yml")), rule).unwrap();
    }
}
