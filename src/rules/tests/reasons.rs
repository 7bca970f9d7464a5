//! What employees are told: the form and the zone of a time, and the wording that says which it was.

use super::super::EmployeeValues;
use super::*;
use crate::incident::ReasonCode;

/// The good folder with a text that tells the time, and these zones.
fn telling_the_time(zones: &str) -> Vec<SourceFile> {
    let mut files = folder(&[]);
    files.retain(|file| !file.name.starts_with("reasons/") && file.name != "guardrails.yml");
    files.push(file("guardrails.yml", &format!("protected: []\n{zones}")));
    let text = "account-takeover: 'Since {{ time }}.'\n";
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
        ("", "zh_CN", "Since 2026年11月21日 GMT+0 16:03.", "UTC"),
        (zones, "zh_CN", "Since 2026年11月22日 GMT+8 00:03.", "Asia/Shanghai"),
        (zones, "es_LA", "Since 21 nov 2026, 11:03\u{202f}a.m. GMT-5.", "America/Bogota"),
    ];
    for (zones, locale, text, zone) in expected {
        assert_eq!(read(zones, locale), (text.to_owned(), zone.to_owned()));
    }
    assert_eq!(load_rule(ACTING).unwrap().reasons().time_zone(&code, "zh_CN"), None, "it tells no time");
}

#[test]
fn the_wording_tells_how_a_time_is_written_where_one_is() {
    let code = ReasonCode::parse("account-takeover").unwrap();
    let of = |files: &[SourceFile]| compile(files).unwrap().reasons().wording_digest(&code);
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
