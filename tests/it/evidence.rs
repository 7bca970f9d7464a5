//! Evidence packs through the doors that people use, judged by the commands and the verifier of whoever gets one.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read as _};
use std::time::Duration;

use portcullis::incident::{Event, ExportForm, IncidentId};
use portcullis::trail::audit::{Keys, check_proof};

use crate::harness::{AUDITOR, CONTAINED, Delivery, ENGINEER, Kept, Process, Set, TestApp};

pub(crate) fn files(pack: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut zip = zip::ZipArchive::new(Cursor::new(pack)).unwrap();
    let count = zip.len();
    let file = |index| {
        let mut file = zip.by_index(index).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        (file.name().unwrap().into_owned(), bytes)
    };
    (0..count).map(file).collect()
}

/// The pack, once all of the incident is sealed.
async fn pack(app: &TestApp, incident: &IncidentId) -> Vec<u8> {
    let url = format!("{}/v1/incidents/{incident}/pack", app.app.url());
    let asked = async {
        loop {
            let answer = app.client.get(&url).bearer_auth(AUDITOR).send().await.unwrap();
            match answer.status().as_u16() {
                200 => return answer.bytes().await.unwrap().to_vec(),
                status => assert_eq!(status, 503, "it is not sealed yet"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), asked).await.expect("it never came")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_proves_every_record_of_an_incident_without_us_and_who_took_it_is_on_the_trail() {
    let app = TestApp::start_with(Set { kept: Kept::BySled, ..Set::default() }).await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let made = pack(&app, &incident).await;
    let files = files(&made);
    let keys = Keys::parse(str::from_utf8(&files["vkey"]).unwrap()).unwrap();
    let records: Vec<_> = files.keys().filter_map(|name| name.strip_suffix(".json")).collect();
    assert_eq!(records.len(), CONTAINED.len());
    for name in records {
        let proof = &files[&format!("{name}.tlog-proof")];
        check_proof(&files[&format!("{name}.json")], proof, &keys).unwrap();
    }
    let page = String::from_utf8(files["timeline.html"].clone()).unwrap();
    assert!(page.contains("An account is disabled") && !page.contains("zhang.san@example.com"), "{page}");
    let Event::TrailExported(taken) = &app.records_of("trail.exported")[0].event else { panic!() };
    assert_eq!(
        (taken.actor.as_str(), taken.form, taken.incident.as_ref()),
        ("auditor", ExportForm::Pack, Some(&incident))
    );
    for (path, token, status) in [
        (format!("/v1/incidents/{incident}/pack"), ENGINEER, 403),
        (format!("/v1/incidents/{incident}/pack"), "nobody", 401),
        ("/v1/incidents/inc_0123456789abcdef/pack".to_owned(), AUDITOR, 404),
        ("/v1/incidents/%2e%2e/pack".to_owned(), AUDITOR, 404),
    ] {
        assert_eq!(app.get(&path, token).await.status, status, "{path}");
    }

    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(file("token"), AUDITOR).unwrap();
    let (url, token, trail) = (app.app.url(), file("token"), app.config.resolve(&app.config.trail.path));
    let (from_server, from_folder) = (file("server.zip"), file("folder.zip"));
    let ways = [
        (vec!["--server", &url, "--token-file", &token], &from_server),
        (vec!["--folder", trail.to_str().unwrap()], &from_folder),
    ];
    for (place, out) in ways {
        let asked = [&["incident", "pack", incident.as_str(), "--out", out], &place[..]].concat();
        Process::run(&asked).await.well();
        let files = self::files(&fs::read(out).unwrap());
        let (name, _) = files.iter().find(|(name, _)| name.starts_with("records/")).unwrap();
        let name = name.strip_suffix(".json").unwrap();
        for (put, from) in
            [("r", format!("{name}.json")), ("p", format!("{name}.tlog-proof")), ("k", "vkey".to_owned())]
        {
            fs::write(file(put), &files[&from]).unwrap();
        }
        let (record, proof, key) = (file("r"), file("p"), file("k"));
        Process::run(&["trail", "check-proof", &record, &proof, "--key", &key]).await.well();
    }
    let unknown = ["incident", "pack", "inc_0123456789abcdef", "--folder", trail.to_str().unwrap()];
    assert_eq!(Process::run(&unknown).await.code, Some(1));
    app.end().await;
}
