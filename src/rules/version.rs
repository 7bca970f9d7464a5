//! Which Sigma a document is written in (SigmaHQ's proposal #213: only the major number counts).

use super::problem::Report;
use super::reader::Fields;
use super::yaml::Yaml;

/// A version of the specification.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum SigmaVersion {
    /// What a document without a word about it is written in.
    #[default]
    Two,
    /// With array blocks (proposal #212).
    Three,
}

impl SigmaVersion {
    /// Reads `sigma-version`.
    pub(super) fn read(fields: &Fields<'_>, report: &mut Report) -> Option<Self> {
        let Some(node) = fields.get("sigma-version") else { return Some(Self::default()) };
        let text = match &node.value {
            Yaml::Number(number) => number.text.as_str(),
            Yaml::Text(text) => text.as_str(),
            _ => "",
        };
        match text.split('.').next() {
            Some("2") => Some(Self::Two),
            Some("3") => Some(Self::Three),
            _ => {
                report.error_with(node.at, "this Sigma version is not known", "leave it out, or write 2 or 3");
                None
            }
        }
    }

    /// Whether `field[any]` selects elements of an array, and is no name with brackets.
    pub(super) fn has_array_blocks(self) -> bool {
        self == Self::Three
    }
}
