//! Tables: a title, columns, rows up to a limit, and how many there are beyond it. On a phone each row is a list.

use maud::{Markup, html};

use super::reader::Reader;

/// The most rows of one table.
pub(super) const ROWS_MAX: usize = 200;

/// A table of rows that are made one by one. `columns` are the keys of their names.
pub(super) fn table<T>(
    reader: &Reader,
    title: &str,
    columns: &[&str],
    rows: &[T],
    row: impl Fn(&T) -> Markup,
) -> Markup {
    html! {
        @if rows.is_empty() {
            p.quiet { (reader.say("none")) }
        } @else {
            div.table tabindex="0" role="region" aria-label=(title) {
                table {
                    thead { tr { @for column in columns { th scope="col" { (reader.say_either(column, "", column)) } } } }
                    tbody { @for one in rows.iter().take(ROWS_MAX) { (row(one)) } }
                }
            }
            @if rows.len() > ROWS_MAX {
                p.quiet { (reader.count("more", (rows.len() - ROWS_MAX) as u64)) }
            }
        }
    }
}
