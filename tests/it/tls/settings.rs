//! What is refused before anything is listened on.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use portcullis::config;
use portcullis::server::App;

use rcgen::date_time_ymd;

use super::{ASKING, PLAIN, files};
use crate::harness::{Authority, configure, copy_folder};

type Spoil = fn(&Path, &Authority);

fn write(folder: &Path, name: &str, content: &str) {
    let path = folder.join(name);
    let _ = fs::remove_file(&path);
    fs::write(&path, content).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

/// What is said of the settings with these files, once they are spoilt.
fn said(config: &str, spoil: Spoil) -> anyhow::Result<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &folder.path().join("rules"));
    let authority = Authority::new("Test Authority");
    for (name, content) in files(&authority, &authority) {
        write(folder.path(), name, &content);
    }
    spoil(folder.path(), &authority);
    App::check(&configure(folder.path(), "http://127.0.0.1:1", config))
}

#[test]
fn k02_a_certificate_that_cannot_be_used_is_named_before_anything_is_opened() {
    assert_eq!(said(ASKING, |_, _| {}).unwrap(), Vec::<String>::new());
    let cases: [(Spoil, &str, &str); 12] = [
        (|folder, by| write(folder, "own-key.pem", &by.for_server().key_pem()), "own-key.pem", "is not that of"),
        (|folder, by| write(folder, "own.pem", &by.pem()), "own-key.pem", "is not that of"),
        (|folder, _| write(folder, "own.pem", ""), "own.pem", "no certificate"),
        (|folder, by| write(folder, "own.pem", &by.for_server().key_pem()), "own.pem", "no certificate"),
        (|folder, _| write(folder, "own-key.pem", ""), "own-key.pem", "no private key"),
        (|folder, by| write(folder, "own-key.pem", &by.pem()), "own-key.pem", "no private key"),
        (|folder, _| fs::remove_file(folder.join("own.pem")).unwrap(), "own.pem", "cannot be read"),
        (|folder, _| fs::remove_file(folder.join("own-key.pem")).unwrap(), "own-key.pem", "cannot be read"),
        (|folder, _| write(folder, "clients.pem", "no PEM"), "clients.pem", "no certificate"),
        (|folder, _| fs::remove_file(folder.join("clients.pem")).unwrap(), "clients.pem", "cannot be read"),
        (
            |folder, _| fs::set_permissions(folder.join("own-key.pem"), Permissions::from_mode(0o640)).unwrap(),
            "own-key.pem",
            "others than its owner",
        ),
        (
            |folder, _| write(folder, "own.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            "own.pem",
            "no certificate",
        ),
    ];
    for (number, (spoil, file, problem)) in cases.into_iter().enumerate() {
        let refused = format!("{:#}", said(ASKING, spoil).unwrap_err());
        assert!(refused.contains("[http.tls]") && refused.contains(file), "case {number}: {refused}");
        assert!(refused.contains(problem) && !refused.contains("BEGIN"), "case {number}: {refused}");
    }
}

#[test]
fn k02_a_certificate_out_of_its_dates_is_warned_of() {
    let dated = |spoil: Spoil| said(PLAIN, spoil).unwrap().concat();
    let expired = dated(|folder, by| {
        let issued = by.issue(&["localhost"], |params| params.not_after = date_time_ymd(2020, 1, 1));
        write(folder, "own.pem", &issued.pem());
        write(folder, "own-key.pem", &issued.key_pem());
    });
    assert!(expired.contains("expired at 2020-01-01"), "{expired}");
    let early = dated(|folder, by| {
        let issued = by.issue(&["localhost"], |params| params.not_before = date_time_ymd(4000, 1, 1));
        write(folder, "own.pem", &issued.pem());
        write(folder, "own-key.pem", &issued.key_pem());
    });
    assert!(early.contains("not valid before 4000-01-01"), "{early}");
}

#[test]
fn k02_certificates_that_nobody_is_asked_for_are_refused() {
    let unasked = ASKING.replace("client_ca_file", "# client_ca_file");
    let refused = format!("{:#}", said(&unasked, |_, _| {}).unwrap_err());
    assert!(refused.contains("client_ca_file") && refused.contains("alerts"), "{refused}");
}

#[test]
fn k02_half_a_pair_unknown_keys_and_wrong_names_are_no_settings() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), "http://127.0.0.1:1", "");
    let path = folder.path().join("portcullis.toml");
    let text = fs::read_to_string(&path).unwrap();
    for (more, named) in [
        (PLAIN.replace("key_file", "# key_file"), "key_file"),
        (PLAIN.replace("certificate_file", "# certificate_file"), "certificate_file"),
        (format!("{PLAIN}redirect = true\n"), "redirect"),
        (ASKING.replace("[\"webhooks", "[\"*.webhooks"), "client_certificates"),
        (ASKING.replace("[\"webhooks", "[\"sha256:webhooks"), "client_certificates"),
    ] {
        fs::write(&path, format!("{text}\n{more}")).unwrap();
        let refused = config::load(&path, &[]).map(drop).unwrap_err().to_string();
        assert!(refused.contains(named), "{named}: {refused}");
    }
}
