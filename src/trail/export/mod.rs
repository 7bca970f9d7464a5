//! What leaves the trail for other programs: each record in one of a closed list of forms. Pure: a record goes in, bytes
//! come out, and a new event does not compile before it is said what it is there.

mod cef;
mod columns;
mod csv;
mod facts;
mod inert;
mod ocsf;
mod select;
mod sense;
mod syslog;

#[cfg(test)]
mod tests;

pub use columns::COLUMNS;
pub(super) use csv::row;
pub use facts::Facts;
pub use inert::inert;
pub use select::{Export, ExportError, Selection};
pub use sense::{Activity, Class, Sense, Severity};
pub use syslog::{Message, frame, is_host};

use super::record::{InvalidRecord, Record};
use crate::incident::ExportForm;

/// As what records are written to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// The exact bytes, one record a line.
    JsonLines,
    /// RFC 4180, one record a line, with what a spreadsheet would run made harmless.
    Csv,
    /// Events of the Open Cybersecurity Schema Framework 1.7.0, one a line, each with its record as `raw_data`.
    Ocsf,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::JsonLines, Self::Csv, Self::Ocsf];

    /// The format of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }

    /// Its name in commands and addresses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
            Self::Ocsf => "ocsf",
        }
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::JsonLines | Self::Ocsf => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    /// What the trail calls it.
    #[must_use]
    pub fn form(self) -> ExportForm {
        match self {
            Self::JsonLines => ExportForm::JsonLines,
            Self::Csv => ExportForm::Csv,
            Self::Ocsf => ExportForm::Ocsf,
        }
    }

    /// What a file begins with.
    #[must_use]
    pub fn head(self) -> Vec<u8> {
        match self {
            Self::JsonLines | Self::Ocsf => Vec::new(),
            Self::Csv => csv::head(),
        }
    }

    /// Adds one record to `out`, with what ends it.
    ///
    /// # Errors
    /// The bytes are not a record; JSON Lines take any.
    pub fn write(self, record: &[u8], out: &mut Vec<u8>) -> Result<(), InvalidRecord> {
        match self {
            Self::JsonLines => {
                out.extend_from_slice(record);
                out.push(b'\n');
            }
            Self::Csv => csv::line(&Record::decode(record)?, record, out),
            Self::Ocsf => {
                out.extend_from_slice(ocsf::event(&Record::decode(record)?, record).to_string().as_bytes());
                out.push(b'\n');
            }
        }
        Ok(())
    }
}
