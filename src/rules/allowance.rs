//! What all rules of a folder may come to once they are compiled, counted while they are read: each of
//! them may keep within its own limits and all together still take more memory than there is.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::problem::{Place, Report};

/// The most characters of texts with placeholders, written out.
const EXPANDED_CHARS_MAX: usize = 8_000_000;
/// The most bytes of compiled expressions.
const EXPRESSION_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The most parts of conditions, selectors written out, and those of a filter once for each rule it
/// narrows.
const CONDITION_PARTS_MAX: usize = 4_000_000;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cost {
    ExpandedChars,
    ExpressionBytes,
    ConditionParts,
}

/// What was spent so far, by all threads that read rules.
#[derive(Debug, Default)]
pub(super) struct Allowance {
    expanded_chars: AtomicUsize,
    expression_bytes: AtomicUsize,
    condition_parts: AtomicUsize,
}

impl Allowance {
    /// Takes `amount`. What does not fit is an error at `at`, and from then on nothing fits any more, not
    /// even nothing: who asks for that before a costly step need not take it. Which of several threads is
    /// the one to go beyond is chance; that one does is not.
    pub(super) fn spend(&self, cost: Cost, amount: usize, at: Place, report: &mut Report) -> Option<()> {
        let (spent, most, what) = match cost {
            Cost::ExpandedChars => (&self.expanded_chars, EXPANDED_CHARS_MAX, "characters of values with placeholders"),
            Cost::ExpressionBytes => (&self.expression_bytes, EXPRESSION_BYTES_MAX, "bytes of compiled expressions"),
            Cost::ConditionParts => (&self.condition_parts, CONDITION_PARTS_MAX, "parts of conditions"),
        };
        if spent.fetch_add(amount, Ordering::Relaxed).saturating_add(amount) > most {
            report.error_with(at, format!("all rules together come to more than {most} {what}"), "remove some");
            return None;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_ends_the_allowance() {
        let (allowance, mut report) = (Allowance::default(), Report::about("x"));
        let mut spend =
            |amount| allowance.spend(Cost::ConditionParts, amount, Place { line: 1, column: 1 }, &mut report);
        assert_eq!(spend(CONDITION_PARTS_MAX - 1), Some(()));
        assert_eq!(spend(1), Some(()));
        assert_eq!(spend(0), Some(()));
        assert_eq!(spend(1), None);
        assert_eq!(spend(0), None);
        assert_eq!(allowance.spend(Cost::ExpandedChars, 1, Place { line: 1, column: 1 }, &mut report), Some(()));
        assert_eq!(report.errors(), 2);
    }
}
