//! A chart of what there was in each hour, drawn here: bars of equal width, and everything they show also in words.

use maud::{Markup, html};

use super::reader::Reader;
use crate::incident::Timestamp;
use crate::trail::{Activity, Hour};

/// How many hours are shown.
const HOURS: u16 = 24;
/// Of a bar and the gap behind it, in units of the drawing.
const STEP: u64 = 10;
const BAR: u64 = 8;
/// Of the whole drawing.
const HEIGHT: u64 = 40;

/// One of the three lines of the chart: the key of its name, and what it shows of an hour.
type Line = (&'static str, fn(&Hour) -> u64);

const LINES: [Line; 3] = [
    ("chart-alerts", |hour| hour.alerts),
    ("chart-matched", |hour| hour.matched),
    ("chart-actions", |hour| hour.actions),
];

/// Alerts, matches and actions of the last day.
pub(super) fn chart(reader: &Reader, activity: &Activity, now: Timestamp) -> Markup {
    let hours = activity.hours(now, HOURS);
    html! {
        h2 { (reader.say("chart-title")) }
        div.chart {
            @for (key, of) in LINES {
                @let values: Vec<(Timestamp, u64)> = hours.iter().map(|(begins, hour)| (*begins, of(hour))).collect();
                (line(reader, key, &values))
            }
            @if let (Some((first, _)), Some((last, _))) = (hours.first(), hours.last()) {
                p.quiet { (reader.rich("chart-span", &[("first", reader.time(*first)), ("last", reader.time(*last))])) }
            }
        }
    }
}

/// A number for each time, as bars.
pub(super) fn line(reader: &Reader, key: &str, values: &[(Timestamp, u64)]) -> Markup {
    let most = values.iter().map(|(_, value)| *value).max().unwrap_or_default();
    let sum: u64 = values.iter().map(|(_, value)| value).sum();
    let written = |number: u64| reader.number(number).into();
    let says = reader.say_of(key, &[("sum", written(sum)), ("most", written(most))]);
    let width = STEP * values.len() as u64;
    html! {
        figure {
            figcaption { (says) }
            svg viewBox={ "0 0 " (width) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-label=(says) {
                @for (index, (begins, value)) in values.iter().enumerate() {
                    @let height = height(*value, most);
                    rect x=(STEP * index as u64) y=(HEIGHT - height) width=(BAR) height=(height) {
                        title { (begins.strftime("%Y-%m-%d %H:%M UTC")) ": " (value) }
                    }
                }
            }
        }
    }
}

/// Whatever there is can be seen.
fn height(value: u64, most: u64) -> u64 {
    if value == 0 { 0 } else { (value.saturating_mul(HEIGHT) / most.max(1)).max(1) }
}
