//! Writes a time as the readers of a locale do: in its form and calendar, and with the offset of the zone,
//! so that nobody takes it for another's time.

use std::collections::HashMap;
use std::sync::LazyLock;

use icu_datetime::fieldsets::YMD;
use icu_datetime::fieldsets::zone::LocalizedOffsetShort;
use icu_datetime::input::{Date, Time, UtcOffset, ZonedDateTime};
use icu_datetime::{DateTimeFormatter, DateTimeFormatterPreferences};
use icu_locale_core::Locale;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

use super::language::languages;

/// No clock of ours says less. Before 2000 there are offsets with seconds, which nothing here counts with.
const SECOND_MIN: i64 = 946_684_800;
/// The year of the times by which a form is known.
const SAMPLE_YEAR: i16 = 2026;
/// The last whole year there is; in Thailand it has five digits.
const LAST_YEAR: i16 = 9998;
/// No offset is longer when it is written.
const LONGEST_OFFSET_S: i32 = -(11 * 3_600 + 44 * 60);

/// For each locale the most characters of a time, whatever the time and the zone.
static LONGEST: LazyLock<HashMap<&'static str, usize>> =
    LazyLock::new(|| languages().map(|(locale, _)| (locale, longest(locale))).collect());

/// The time `at` in `zone`, for the readers of `locale`.
pub(super) fn written(at: Timestamp, zone: &TimeZone, locale: &str) -> String {
    let at = Timestamp::from_second(SECOND_MIN).map_or(at, |min| at.max(min)).to_zoned(zone.clone());
    localized(&at, locale).unwrap_or_else(|| at.strftime("%Y-%m-%d %H:%M %:z").to_string())
}

/// The most characters that [`written`] gives for `locale`.
pub(super) fn chars_max(locale: &str) -> usize {
    LONGEST.get(locale).copied().unwrap_or_default()
}

/// What tells this form and zone from every other: its name, and a time of each month and of every other hour
/// as it would be written.
pub(super) fn form(zone: &TimeZone, locale: &str) -> Vec<String> {
    let name = zone.iana_name().unwrap_or_default().to_owned();
    let sample = |month: i8| Some(at(SAMPLE_YEAR, month, month * 2 - 1, &TimeZone::UTC)?.timestamp());
    let written = (1..=12).filter_map(sample).map(|sample| written(sample, zone, locale));
    std::iter::once(name).chain(written).collect()
}

/// `None` where the locale is not known.
fn localized(at: &Zoned, locale: &str) -> Option<String> {
    let (_, language) = languages().find(|(known, _)| *known == locale)?;
    let preferences = DateTimeFormatterPreferences::from(&language.tag.parse::<Locale>().ok()?);
    let fields = YMD::medium().with_time_hm().with_zone(LocalizedOffsetShort);
    let formatter = DateTimeFormatter::try_new(preferences, fields).ok()?;
    let part = |number: i8| u8::try_from(number).ok();
    let date = Date::try_new_iso(at.year().into(), part(at.month())?, part(at.day())?).ok()?;
    let time = Time::try_new(part(at.hour())?, part(at.minute())?, 0, 0).ok()?;
    let zone = UtcOffset::try_from_seconds(at.offset().seconds()).ok()?;
    Some(formatter.format(&ZonedDateTime { date, time, zone }).to_string())
}

/// Day, year and offset at their longest; the longest month, and with it the longest hour.
fn longest(locale: &str) -> usize {
    let zone = Offset::from_seconds(LONGEST_OFFSET_S).map_or(TimeZone::UTC, TimeZone::fixed);
    let chars = |month: i8, hour: i8| {
        let written = localized(&at(LAST_YEAR, month, hour, &zone)?, locale)?;
        Some((written.chars().count(), month))
    };
    let month = (1..=12).filter_map(|month| chars(month, 0)).max().map_or(1, |(_, month)| month);
    (0..24).filter_map(|hour| chars(month, hour)).max().map_or(0, |(chars, _)| chars)
}

fn at(year: i16, month: i8, hour: i8, zone: &TimeZone) -> Option<Zoned> {
    jiff::civil::DateTime::new(year, month, 22, hour, 44, 0, 0).ok()?.to_zoned(zone.clone()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::reasons::LOCALES;
    use super::super::time_zones::database;
    use super::*;
    use crate::incident::is_direction_mark;

    #[test]
    fn each_locale_writes_the_time_in_its_own_way() {
        let at = "2026-11-21T16:03:00Z".parse().unwrap();
        let shanghai = database().get("Asia/Shanghai").unwrap();
        let expected = [
            ("zh_CN", "2026年11月22日 GMT+8 00:03"),
            ("zh_HK", "2026年11月22日 凌晨12:03 GMT+8"),
            ("zh_TW", "2026年11月22日 凌晨12:03 GMT+8"),
            ("en_US", "Nov 22, 2026, 12:03\u{202f}AM GMT+8"),
            ("ja_JP", "2026/11/22 0:03 GMT+8"),
            ("vi_VN", "00:03 GMT+8 22 thg 11, 2026"),
            ("fr_FR", "22 nov. 2026, 00:03 UTC+8"),
            ("ru_RU", "22 нояб. 2026\u{202f}г., 00:03 GMT+8"),
            ("ko_KR", "2026/11/22 오전 12:03 GMT+8"),
            ("es_LA", "22 nov 2026, 12:03\u{202f}a.m. GMT+8"),
            ("tr_TR", "22 Kas 2026 00:03 GMT+8"),
            ("pt_BR", "22 de nov. de 2026, 00:03 +8 GMT"),
            ("ms_MY", "22 Nov 2026, 12:03\u{202f}PG GMT+8"),
            ("id_ID", "22 Nov 2026, 00.03 GMT+8"),
            ("th_TH", "22 พ.ย. 2569 00:03 GMT+8"),
        ];
        assert_eq!(
            LOCALES.map(|locale| (locale, written(at, &shanghai, locale))),
            expected.map(|(l, t)| (l, t.into()))
        );
    }

    #[test]
    fn the_offset_is_that_of_the_day() {
        let paris = database().get("Europe/Paris").unwrap();
        for (at, expected) in [
            ("2026-03-29T00:59:00Z", "29 mars 2026, 01:59 UTC+1"),
            ("2026-03-29T01:00:00Z", "29 mars 2026, 03:00 UTC+2"),
            ("2026-10-25T00:30:00Z", "25 oct. 2026, 02:30 UTC+2"),
            ("2026-10-25T01:30:00Z", "25 oct. 2026, 02:30 UTC+1"),
        ] {
            assert_eq!(written(at.parse().unwrap(), &paris, "fr_FR"), expected);
        }
        let kathmandu = database().get("Asia/Kathmandu").unwrap();
        let at = "2026-11-21T18:20:00Z".parse().unwrap();
        assert_eq!(written(at, &kathmandu, "en_US"), "Nov 22, 2026, 12:05\u{202f}AM GMT+5:45");
    }

    #[test]
    fn a_form_is_known_by_its_zone_its_summer_time_and_its_locale() {
        let zone = |name: &str| database().get(name).unwrap();
        let of = |name: &str, locale: &str| form(&zone(name), locale);
        assert_eq!(of("Europe/Paris", "fr_FR"), of("Europe/Paris", "fr_FR"));
        assert_eq!(of("Europe/Paris", "fr_FR").len(), 13);
        assert_ne!(of("Europe/Paris", "fr_FR"), of("Europe/Paris", "en_US"));
        assert_ne!(of("Europe/Paris", "fr_FR")[1..], of("Africa/Algiers", "fr_FR")[1..]);
        assert_ne!(of("Europe/Paris", "fr_FR"), of("Europe/Berlin", "fr_FR"));
    }

    proptest! {
        #[test]
        fn any_time_in_any_zone_is_short_and_plain(
            second in Timestamp::MIN.as_second()..=Timestamp::MAX.as_second(),
            near in 946_684_800_i64..4_102_444_800,
            zone in 0_usize..1000,
        ) {
            let names: Vec<_> = database().available().map(|name| name.to_string()).collect();
            let zone = database().get(&names[zone % names.len()]).unwrap();
            for at in [second, near].map(|second| Timestamp::from_second(second).unwrap()) {
                for locale in LOCALES {
                    let text = written(at, &zone, locale);
                    let chars = text.chars().count();
                    prop_assert!((15..=chars_max(locale)).contains(&chars), "{locale}: {text}");
                    prop_assert!(!text.chars().any(|c| c.is_control() || is_direction_mark(c)), "{locale}: {text:?}");
                }
            }
        }
    }
}
