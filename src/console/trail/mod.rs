//! The way *Trail*, for auditors: searching, one record, reports, files to take away, and how to check all of it.

mod export;
mod record;
mod reports;
mod search;
mod verify;

use maud::{Markup, html};

pub(super) use export::export;
pub(super) use record::{bytes, proof, record};
pub(super) use reports::{report, reports};
pub(super) use search::search;
pub(super) use verify::verify;

use super::reader::Reader;

/// Where the way begins.
pub(super) const PATH: &str = "/trail";
/// The pages of the way.
const PAGES: [(&str, &str); 3] =
    [(PATH, "trail-search"), ("/trail/reports", "trail-reports"), ("/trail/verify", "trail-verify")];

/// The ways to the others of them, `here` being one.
fn pages(reader: &Reader, here: &str) -> Markup {
    html! {
        nav aria-label=(reader.say("trail-pages")) {
            ul.choices {
                @for (path, key) in PAGES {
                    li { a href=(path) aria-current=[(path == here).then_some("page")] { (reader.say_either(key, "", key)) } }
                }
            }
        }
    }
}
