//! What employees are told: the form and the zone of a time, and the wording that says which it was.

use std::path::Path;

use super::super::{EMPLOYEE_TEXT_CHARS_MAX, EmployeeValues, SAMPLE_INCIDENT, source};
use super::*;
use crate::incident::ReasonCode;

/// The good folder with a text that tells the time, and these zones.
fn telling_the_time(zones: &str) -> Vec<SourceFile> {
    let mut files = folder(&[]);
    files.retain(|file| !file.name.starts_with("reasons/") && file.name != "guardrails.yml");
    files.push(file("guardrails.yml", &format!("protected: []\n{zones}")));
    let text = "account-takeover: 'Since {{ time }}: {{ contact }}, {{ incident.id }}.'\n";
    files.extend(LOCALES.iter().map(|locale| file(&format!("reasons/{locale}.yml"), text)));
    files
}

#[test]
fn a_time_is_told_in_the_form_and_the_zone_of_the_locale() {
    let at = "2026-11-21T16:03:00Z".parse().unwrap();
    let values = EmployeeValues { incident_id: "inc_1", contact: "desk", at };
    let code = ReasonCode::parse("account-takeover").unwrap();
    let read = |zones: &str, locale: &str| {
        let set = compile(&telling_the_time(zones)).unwrap();
        let zone = set.reasons().time_zone(&code, locale).unwrap().to_owned();
        (set.reasons().render(&code, locale, &values).unwrap(), zone)
    };
    let zones = "time_zones: {default: America/Bogota, zh_CN: asia/shanghai}\n";
    let expected = [
        ("", "zh_CN", "Since 2026年11月21日 GMT+0 16:03: desk, inc_1.", "UTC"),
        (zones, "zh_CN", "Since 2026年11月22日 GMT+8 00:03: desk, inc_1.", "Asia/Shanghai"),
        (zones, "es_LA", "Since 21 nov 2026, 11:03\u{202f}a.m. GMT-5: desk, inc_1.", "America/Bogota"),
    ];
    for (zones, locale, text, zone) in expected {
        assert_eq!(read(zones, locale), (text.to_owned(), zone.to_owned()));
    }
    assert_eq!(load_rule(ACTING).unwrap().reasons().time_zone(&code, "zh_CN"), None, "it tells no time");
}

#[test]
fn the_wording_tells_how_a_time_is_written_where_one_is() {
    let code = ReasonCode::parse("account-takeover").unwrap();
    let of = |files: &[SourceFile]| compile(files).unwrap().wording_of(&code);
    let told = |zones: &str| of(&telling_the_time(zones));
    assert_eq!(told("time_zones: {fr_FR: Europe/Paris}\n"), told("time_zones: {fr_FR: europe/paris, default: UTC}\n"));
    for zones in ["", "time_zones: {fr_FR: Europe/Berlin}\n", "time_zones: {default: Europe/Paris}\n"] {
        assert_ne!(told(zones), told("time_zones: {fr_FR: Europe/Paris}\n"), "{zones}");
    }
    let mut untold = folder(&[]);
    let before = of(&untold);
    untold.retain(|file| file.name != "guardrails.yml");
    untold.push(file("guardrails.yml", "protected: []\ntime_zones: {default: Europe/Paris}\n"));
    assert_eq!(of(&untold), before, "no text tells a time");
}

#[test]
fn the_wording_tells_whom_employees_are_told_to_contact() {
    let code = ReasonCode::parse("account-takeover").unwrap();
    let with = |contact: &str| {
        let mut files = folder(&[]);
        files.retain(|file| file.name != "guardrails.yml");
        files.push(file("guardrails.yml", &format!("protected: []\n{contact}")));
        compile(&files).unwrap()
    };
    let (usual, other) = (with(""), with("contact: 'ext. 4400'\n"));
    assert_eq!(usual.wording_of(&code), with("contact: IT Service Desk\n").wording_of(&code), "as it is without one");
    assert_ne!(usual.wording_of(&code), other.wording_of(&code));
    assert_eq!(usual.reasons().wording_digest(&code, "ext. 4400"), other.wording_of(&code), "looked at beforehand");
    assert_eq!(usual.wordings(), [(code.as_str(), usual.wording_of(&code))].into());
}

#[test]
fn a_contact_is_read_as_it_is_written() {
    let with = |contact: &str| {
        let mut files = folder(&[]);
        files.retain(|file| file.name != "guardrails.yml");
        files.push(file("guardrails.yml", &format!("contact: \"{contact}\"\nprotected: []\n")));
        compile(&files).map(|set| set.guardrails().contact().to_owned()).map_err(|errors| errors.to_string())
    };
    let brace = "`contact` has a brace; nothing is filled in there, and employees would read it";
    for (contact, problem) in [
        ("{{ time }}", brace),
        ("desk {1", brace),
        ("desk 1}", brace),
        ("a\\tb", "`contact` must be one line without control characters"),
        ("a\\u2066b", "`contact` must be one line without control characters"),
        ("a\\u200fb", "`contact` has characters that are not shown"),
        ("a\\u200bb", "`contact` has characters that are not shown"),
        ("\\u200b", "`contact` shows nothing"),
        (&"台".repeat(41), "`contact` is longer than 40 characters"),
    ] {
        assert_eq!(with(contact).unwrap_err(), format!("guardrails.yml:1:10: {problem}"), "{contact}");
    }
    for contact in ["IT Service Desk, ext. 4400", &"台".repeat(40)] {
        assert_eq!(with(contact).as_deref(), Ok(contact));
    }
}

#[test]
fn every_shipped_text_has_room_for_every_contact() {
    let mut files = source::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &mut Vec::new());
    files.retain(|file| file.name.starts_with("reasons/"));
    files.push(file("guardrails.yml", &format!("contact: {}\nprotected: []\n", "台".repeat(40))));
    let set = compile(&files).unwrap_or_else(|errors| panic!("{errors}"));
    let contact = set.guardrails().contact();
    let values = EmployeeValues { incident_id: SAMPLE_INCIDENT, contact, at: "2026-09-22T12:00:00Z".parse().unwrap() };
    for (code, locale) in set.reasons().codes().flat_map(|code| LOCALES.map(|locale| (code, locale))) {
        let text = set.reasons().render(code, locale, &values).unwrap();
        assert!(text.chars().count() <= EMPLOYEE_TEXT_CHARS_MAX, "{locale}: {text}");
    }
}

#[test]
fn every_text_says_whom_to_ask_about_what_and_shows_words() {
    let with = |text: &str| {
        let mut files = folder(&[]);
        files.retain(|file| file.name != "reasons/fr_FR.yml");
        files.push(file("reasons/fr_FR.yml", &format!("account-takeover: \"{text}\"\n")));
        compile(&files).map(|_| ()).map_err(|errors| errors.to_string())
    };
    let at = "reasons/fr_FR.yml:1:19: ";
    let lacks = |name: &str| {
        format!(
            "{at}the text for `account-takeover` in fr_FR lacks `{{{{ {name} }}}}`; add it: every text says whom to ask, and about what"
        )
    };
    let wordless = format!("{at}the text for `account-takeover` in fr_FR shows nothing but what is filled in");
    for (text, problems) in [
        ("Fermé.", vec![lacks("contact"), lacks("incident.id")]),
        ("Demandez à {{ contact }}.", vec![lacks("incident.id")]),
        ("Dossier {{ incident.id }}.", vec![lacks("contact")]),
        ("Dossier {{ incident.id }}, {{ time }}.", vec![lacks("contact")]),
        ("\\u200b{{ contact }}\\u2060 {{ incident.id }}", vec![wordless.clone()]),
        ("{{ contact }}{{ incident.id }}", vec![wordless]),
        ("\\u200b\\ufeff", vec![format!("{at}`account-takeover` shows nothing")]),
    ] {
        assert_eq!(with(text).unwrap_err(), problems.join("\n"), "{text}");
    }
    assert_eq!(with("{{ incident.id }}: {{ contact }}"), Ok(()));
}

#[test]
fn zones_are_read_strictly() {
    for (zones, problem) in [
        ("UTC", "guardrails.yml:2:13: time_zones must be a mapping, not a text"),
        (
            "{de_DE: Europe/Berlin}",
            "guardrails.yml:2:14: unknown key `de_DE` in time_zones; known are default, zh_CN, zh_HK, zh_TW, en_US, ja_JP, vi_VN, fr_FR, ru_RU, ko_KR, es_LA, tr_TR, pt_BR, ms_MY, id_ID, th_TH",
        ),
        ("{zh_CN: Asia/Shangai}", "guardrails.yml:2:21: `Asia/Shangai` is no time zone; did you mean `Asia/Shanghai`?"),
        (
            "{default: Beijing time}",
            "guardrails.yml:2:23: `Beijing time` is no time zone; write an IANA name such as `Asia/Shanghai` or `UTC`",
        ),
        (
            "{default: Etc/Unknown}",
            "guardrails.yml:2:23: `Etc/Unknown` is no time zone; write an IANA name such as `Asia/Shanghai` or `UTC`",
        ),
        (
            "{default: ../../etc/localtime}",
            "guardrails.yml:2:23: `../../etc/localtime` is no time zone; write an IANA name such as `Asia/Shanghai` or `UTC`",
        ),
        (
            "{default: +08:00}",
            "guardrails.yml:2:23: `+08:00` is no time zone; write an IANA name such as `Asia/Shanghai` or `UTC`",
        ),
        ("{default: 8}", "guardrails.yml:2:23: `default` must be a text, not a number; quote it"),
    ] {
        let errors = compile(&telling_the_time(&format!("time_zones: {zones}\n"))).unwrap_err();
        assert_eq!(errors.to_string(), problem, "{zones}");
    }
}
