//! Times and numbers as the readers of a language write them, by Unicode's data.

use icu_datetime::fieldsets::YMD;
use icu_datetime::fieldsets::zone::LocalizedOffsetShort;
use icu_datetime::input::{Date, DateTime, Time, UtcOffset, ZonedDateTime};
use icu_datetime::{DateTimeFormatter, DateTimeFormatterPreferences};
use icu_decimal::input::Decimal;
use icu_decimal::options::DecimalFormatterOptions;
use icu_decimal::{DecimalFormatter, DecimalFormatterPreferences};
use icu_locale_core::Locale;
use jiff::Zoned;
use jiff::tz::TimeZone;

use super::words::Tongue;
use crate::incident::Timestamp;

/// The time to the second, with the zone's offset.
pub(super) fn time(at: Timestamp, zone: &TimeZone, tongue: Tongue) -> String {
    let at = at.to_zoned(zone.clone());
    localized(&at, tongue).unwrap_or_else(|| at.strftime("%Y-%m-%d %H:%M:%S %:z").to_string())
}

/// The number, in groups.
pub(super) fn number(number: u64, tongue: Tongue) -> String {
    let formatter = locale(tongue).and_then(|locale| {
        let preferences = DecimalFormatterPreferences::from(&locale);
        DecimalFormatter::try_new(preferences, DecimalFormatterOptions::default()).ok()
    });
    formatter.map_or_else(|| number.to_string(), |formatter| formatter.format(&Decimal::from(number)).to_string())
}

fn locale(tongue: Tongue) -> Option<Locale> {
    // 24 hours: at three in the morning nobody is to think about noon.
    format!("{}-u-hc-h23", tongue.tag()).parse().ok()
}

/// UTC is called by its name, which is on everything that is not written for a reader.
fn localized(at: &Zoned, tongue: Tongue) -> Option<String> {
    let preferences = DateTimeFormatterPreferences::from(&locale(tongue)?);
    let fields = YMD::medium().with_time_hms();
    let part = |number: i8| u8::try_from(number).ok();
    let date = Date::try_new_iso(at.year().into(), part(at.month())?, part(at.day())?).ok()?;
    let time = Time::try_new(part(at.hour())?, part(at.minute())?, part(at.second())?, 0).ok()?;
    if *at.time_zone() == TimeZone::UTC {
        let formatter = DateTimeFormatter::try_new(preferences, fields).ok()?;
        return Some(format!("{} UTC", formatter.format(&DateTime { date, time })));
    }
    let formatter = DateTimeFormatter::try_new(preferences, fields.with_zone(LocalizedOffsetShort)).ok()?;
    let zone = UtcOffset::try_from_seconds(at.offset().seconds()).ok()?;
    Some(formatter.format(&ZonedDateTime { date, time, zone }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_numbers_are_written_in_the_readers_form_and_zone() {
        let at: Timestamp = "2026-11-21T16:04:05Z".parse().unwrap();
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let text = |zone: &TimeZone, tongue| time(at, zone, tongue).replace(['\u{202f}', '\u{a0}'], " ");
        assert_eq!(text(&TimeZone::UTC, Tongue::English), "Nov 21, 2026, 16:04:05 UTC");
        assert_eq!(text(&shanghai, Tongue::English), "Nov 22, 2026, 00:04:05 GMT+8");
        assert_eq!(text(&shanghai, Tongue::Chinese), "2026年11月22日 GMT+8 00:04:05");
        assert_eq!([number(1_234_567, Tongue::English), number(0, Tongue::Chinese)], ["1,234,567", "0"]);
    }
}
