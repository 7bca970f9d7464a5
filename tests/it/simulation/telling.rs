//! Records in short, without what is random in them, so that the same run tells the same tale.

use portcullis::incident::Event;
use serde_json::Value;

pub(super) fn of(event: &Event) -> String {
    match event {
        Event::AlertAdmitted { alert, verdict, opened, .. } => {
            let opened: Vec<_> = opened.iter().map(|one| (one.plan.incident.to_string(), one.held)).collect();
            format!("alert.admitted {} {:?} {opened:?}", alert.id, verdict.kind)
        }
        event => {
            let mut told = serde_json::to_value(event).unwrap();
            if let Value::Object(members) = &mut told {
                for random in ["private", "failure", "evidence", "request_id"] {
                    members.remove(random);
                }
            }
            told.to_string()
        }
    }
}
