//! A door for each sort of source, with secrets that say that they are for tests.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use portcullis::incident::SourceName;
use portcullis::intake::{Intake, SECRET_BYTES, SchemeName, SecretSettings, Settings, SourceKind, SourceSettings};

/// One source behind a door of its own.
pub struct Door {
    pub settings: SourceSettings,
    pub secret: String,
    pub intake: Intake,
}

/// The name of the source, whichever it is.
pub const SOURCE: &str = "fuzzed";

/// One for every kind that needs no keys from elsewhere, and one for every known way to sign.
pub fn doors() -> Vec<Door> {
    let kinds = SourceKind::ALL.iter().map(|kind| SourceSettings::of(*kind, Vec::new()));
    let signing = SchemeName::ALL.into_iter().map(|name| SourceSettings {
        signature: Some(name.into()),
        ..SourceSettings::of(SourceKind::Generic, Vec::new())
    });
    kinds.chain(signing).filter_map(door).collect()
}

fn door(mut settings: SourceSettings) -> Option<Door> {
    settings.allow_unsigned = true;
    let random: [u8; SECRET_BYTES] = std::array::from_fn(|place| (place * 37 % 251) as u8 ^ 0x5a);
    let secret = settings.new_secret(&random).ok()??;
    let file = std::env::temp_dir().join(format!("portcullis-fuzz-{}", std::process::id()));
    fs::write(&file, &secret).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    settings.secrets = vec![SecretSettings { name: "test".to_owned(), file: file.clone(), aes_key_file: None }];
    let sources = [(SourceName::parse(SOURCE).unwrap(), settings.clone())].into();
    let intake = Intake::new(&Settings { sources, ..Settings::default() }, Path::new("/")).unwrap();
    fs::remove_file(file).unwrap();
    Some(Door { settings, secret, intake })
}
