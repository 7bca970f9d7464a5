//! The log of a program that has worked: judged by ours and by others, and its proofs with it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis::trail::audit::{self, Keys};

use super::verifier::{Verdict, Verifier};
use crate::harness::{Delivery, Process, TestApp, harmless};

async fn deliver(app: &TestApp, name: &str, count: usize) {
    let events: Vec<_> = (0..count).map(|number| harmless(&format!("{name}-{number}"))).collect();
    assert_eq!(app.deliver(&Delivery::of_events(name, &events, app.now())).await.status, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn h07_everybody_agrees_on_a_log_that_grew_over_restarts() {
    let mut app = TestApp::start().await;
    let kept = tempfile::tempdir().unwrap();
    let mut older = Vec::new();
    for (round, count) in [1, 250, 3, 600].into_iter().enumerate() {
        deliver(&app, &format!("round-{round}"), count).await;
        app = app.restart().await;
        let path = kept.path().join(round.to_string());
        std::fs::copy(app.folder().join("trail/log/checkpoint"), &path).unwrap();
        older.push(path);
    }
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let folder = app.leave().await;
    let log = folder.path().join("trail/log");
    let keys = Keys::parse(&std::fs::read_to_string(log.join("vkey")).unwrap()).unwrap();
    let open = |path: &std::path::PathBuf| audit::Checkpoint::open(&std::fs::read(path).unwrap(), &keys).unwrap();
    let checkpoints: Vec<_> = older.iter().map(open).collect();
    let report = audit::verify(&log, &keys, &checkpoints, |_| ()).unwrap();
    assert_eq!((report.older, report.size > 860), (4, true));
    let older: Vec<_> = older.iter().map(|path| path.as_path()).collect();
    for verifier in Verifier::ALL {
        let verdict = verifier.judge_against(&log, &log.join("vkey"), &older);
        assert_eq!(
            verdict,
            Verdict::Agrees { size: report.size, root: STANDARD.encode(report.root.0) },
            "{verifier:?}"
        );
    }
    proofs_hold(&log, incident.as_str()).await;
}

/// Those of an incident, by the command line alone.
async fn proofs_hold(log: &std::path::Path, incident: &str) {
    let out = tempfile::tempdir().unwrap();
    let (log, to) = (log.to_str().unwrap(), out.path().to_str().unwrap());
    let said = Process::run(&["trail", "prove", "--log", log, "--incident", incident, "--out", to]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    let records: Vec<_> = std::fs::read_dir(out.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let records: Vec<_> = records.iter().filter(|path| path.extension().is_some_and(|kind| kind == "json")).collect();
    assert!(records.len() >= 6, "{records:?}");
    let vkey = std::fs::read_to_string(std::path::Path::new(log).join("vkey")).unwrap();
    for record in records {
        let proof = record.with_extension("tlog-proof");
        let words = ["trail", "check-proof", record.to_str().unwrap(), proof.to_str().unwrap(), "--key", vkey.trim()];
        let said = Process::run(&words).await;
        assert_eq!(said.code, Some(0), "{said:?}");
    }
    let none = Process::run(&["trail", "prove", "--log", log, "--incident", "inc_0123456789abcdef", "--out", to]).await;
    assert_eq!(none.code, Some(1), "{none:?}");
}
