//! Packs, judged by the verifier that shares nothing with what writes the log.

use std::io::Read as _;

use super::*;
use crate::incident::{Event, Timestamp};
use crate::trail::audit::{Checkpoint, Keys, check_proof};
use crate::trail::samples::{self, wait};
use crate::trail::tlog::{self, Sealer};
use crate::trail::{Append, Entry, MemoryStore, Store};

const HOSTILE: &str = "</script><script>alert(1)</script>\u{1b}[2J\u{202e}\"'&";

/// A sealed log with an incident among others, and its records.
fn site() -> (tempfile::TempDir, IncidentId, Vec<u64>) {
    let (folder, store) = (tempfile::tempdir().unwrap(), MemoryStore::default());
    let incident = samples::incident(1);
    let dismissed =
        Event::IncidentDismissed { incident: incident.clone(), actor: HOSTILE.to_owned(), reason: HOSTILE.to_owned() };
    let others = (0..300).map(|number| samples::entry(&number.to_string()));
    let own = samples::events().into_iter().chain([dismissed]).map(|event| Entry {
        key: None,
        also: Vec::new(),
        at: Timestamp::from_second(1_700_000_000).unwrap(),
        incidents: event.incidents().into_iter().cloned().collect(),
        event: serde_json::to_vec(&event).unwrap(),
        private: None,
        behind: false,
    });
    let entries = others.chain(own).collect();
    wait(store.append(Append { deliveries: Vec::new(), entries })).unwrap();
    let key = folder.path().join("signing.key");
    let mut sealer = Sealer::open(folder.path(), &key, "test.example", &store).unwrap();
    sealer.seal(&store, Timestamp::from_second(1_700_000_040).unwrap()).unwrap();
    let records = store.of_incident(&incident, PACK_RECORDS_MAX).unwrap();
    (folder, incident, records)
}

fn files(pack: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = zip::ZipArchive::new(Cursor::new(pack)).unwrap();
    let count = zip.len();
    let file = |index| {
        let mut file = zip.by_index(index).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        (file.name().unwrap().into_owned(), bytes)
    };
    (0..count).map(file).collect::<Vec<_>>()
}

fn file<'f>(files: &'f [(String, Vec<u8>)], name: &str) -> &'f [u8] {
    &files.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("{name} is missing")).1
}

#[test]
fn every_record_of_a_pack_is_proven_by_what_is_in_it_alone() {
    let (folder, incident, records) = site();
    assert!(records.len() > 10, "{records:?}");
    let made = pack(&tlog::folder(folder.path()), &incident, &records).unwrap();
    let files = files(&made);
    assert_eq!(files.len(), 4 + 2 * records.len());
    let keys = Keys::parse(std::str::from_utf8(file(&files, "vkey")).unwrap()).unwrap();
    let signed = Checkpoint::open(file(&files, "checkpoint"), &keys).unwrap();
    for seq in &records {
        let (record, proof) = (format!("records/{seq}.json"), format!("records/{seq}.tlog-proof"));
        let (record, proof) = (file(&files, &record), file(&files, &proof));
        let included = check_proof(record, proof, &keys).unwrap();
        assert_eq!((included.seq, &included.checkpoint), (*seq, &signed), "all under the one checkpoint");
        let mut forged = record.to_vec();
        *forged.last_mut().unwrap() ^= 1;
        assert!(check_proof(&forged, proof, &keys).is_err());
    }
    assert_eq!(
        made,
        pack(&tlog::folder(folder.path()), &incident, &records).unwrap(),
        "the same pack is the same bytes"
    );
    let readme = String::from_utf8(file(&files, "README.txt").to_vec()).unwrap();
    assert!(readme.contains(&format!("records/{}.tlog-proof --key vkey", records[0])), "{readme}");
}

#[test]
fn h21_the_page_of_a_pack_shows_hostile_text_as_text_and_runs_and_loads_nothing() {
    let (folder, incident, records) = site();
    let files = files(&pack(&tlog::folder(folder.path()), &incident, &records).unwrap());
    let page = String::from_utf8(file(&files, "timeline.html").to_vec()).unwrap();
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;\\u{1b}[2J\\u{202e}&quot;&#39;&amp;"));
    for barred in ["<script", "javascript:", "http://", "https://", "src=", "url(", "onload", "\u{1b}", "\u{202e}"] {
        assert!(!page.contains(barred), "{barred}");
    }
    for wanted in ["default-src 'none'", "width=device-width", "prefers-color-scheme: dark", "lang=\"en\""] {
        assert!(page.contains(wanted), "{wanted}");
    }
    assert_eq!(page.matches("<li ").count(), records.len());
    assert_eq!(page.matches("<li ").count(), page.matches("</li>").count());
}

#[test]
fn what_cannot_be_proven_is_in_no_pack() {
    let (folder, incident, records) = site();
    let log = tlog::folder(folder.path());
    assert!(matches!(pack(&log, &incident, &[]), Err(PackError::Nothing)));
    let beyond = [records[0], 1_000_000];
    assert!(matches!(
        pack(&log, &incident, &beyond),
        Err(PackError::Log(ProofError::NotSealed { seq: 1_000_000, .. }))
    ));
    assert!(pack(folder.path(), &incident, &records).is_err(), "there is no log");
    std::fs::remove_file(log.join("vkey")).unwrap();
    assert!(matches!(pack(&log, &incident, &records), Err(PackError::NoKey)));
}
