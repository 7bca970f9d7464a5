//! The zone in which each locale's readers are told a time: `time_zones` of `guardrails.yml`. DingTalk tells
//! no zone of an employee.

use std::collections::BTreeMap;

use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::problem::Report;
use super::reader::{self, Fields};
use super::reasons::LOCALES;
use super::spelling;
use super::yaml::Node;

/// The key of all locales that have none of their own.
const DEFAULT: &str = "default";

/// The zone of each locale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TimeZones {
    default: TimeZone,
    own: BTreeMap<&'static str, TimeZone>,
}

impl Default for TimeZones {
    fn default() -> Self {
        Self { default: TimeZone::UTC, own: BTreeMap::new() }
    }
}

impl TimeZones {
    /// The zone of `locale`'s readers.
    pub(super) fn of(&self, locale: &str) -> &TimeZone {
        self.own.get(locale).unwrap_or(&self.default)
    }

    pub(super) fn read(node: &Node, report: &mut Report) -> Option<Self> {
        let fields = Fields::of(node, "time_zones", report)?;
        let known: Vec<&str> = [DEFAULT].into_iter().chain(LOCALES).collect();
        fields.only(&known, report);
        let default = match fields.get(DEFAULT) {
            Some(node) => read_zone(node, DEFAULT, report),
            None => Some(TimeZone::UTC),
        };
        let own = LOCALES.into_iter().filter_map(|locale| Some((locale, fields.get(locale)?)));
        let own = own.filter_map(|(locale, node)| Some((locale, read_zone(node, locale, report)?))).collect();
        Some(Self { default: default?, own })
    }
}

/// The zones there are: those of the program, so that no machine has others.
pub(super) fn database() -> TimeZoneDatabase {
    TimeZoneDatabase::bundled()
}

fn read_zone(node: &Node, name: &str, report: &mut Report) -> Option<TimeZone> {
    let text = reader::line(node, name, report)?;
    let database = database();
    let zone = database.get(text).ok().filter(|zone| !zone.is_unknown() && zone.iana_name().is_some());
    if zone.is_none() {
        let names: Vec<String> = database.available().map(|name| name.to_string()).collect();
        let advice = spelling::closest(text, names.iter().map(String::as_str)).map_or_else(
            || "write an IANA name such as `Asia/Shanghai` or `UTC`".to_owned(),
            |meant| format!("did you mean `{meant}`?"),
        );
        report.error_with(node.at, format!("`{text}` is no time zone"), advice);
    }
    zone
}
