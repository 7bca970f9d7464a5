//! The way *Trail*, for auditors: searching, one record, reports, files to take away, how to check
//! all of it, and what is kept on a person.

mod export;
mod headings;
mod person;
mod record;
mod reports;
mod search;
mod verify;

use maud::{Markup, html};

pub(super) use export::export;
pub(super) use person::{ask, erase, find};
pub(super) use record::{bytes, proof, record};
pub(super) use reports::{report, reports};
pub(super) use search::search;
pub(super) use verify::verify;

use super::reader::Reader;
use crate::access::Permission;

/// Where the way begins.
pub(super) const PATH: &str = "/trail";
/// The pages of the way.
const PAGES: [(&str, &str, Permission); 4] = [
    (PATH, "trail-search", Permission::ReadTrail),
    ("/trail/reports", "trail-reports", Permission::ReadTrail),
    ("/trail/verify", "trail-verify", Permission::ReadTrail),
    (person::PATH, "trail-person", Permission::ReadPersonal),
];

/// The ways to the others of them, `here` being one.
fn pages(reader: &Reader, here: &str) -> Markup {
    let may = |permission| reader.actor.as_ref().is_some_and(|actor| actor.role.may(permission));
    html! {
        nav aria-label=(reader.say("trail-pages")) {
            ul.choices {
                @for (path, key, _) in PAGES.iter().copied().filter(|(.., permission)| may(*permission)) {
                    li { a href=(path) aria-current=[(path == here).then_some("page")] { (reader.say_either(key, "", key)) } }
                }
            }
        }
    }
}
