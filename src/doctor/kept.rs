//! Whether the trail verifies from its first record on, and takes records.

use super::examined::Examined;
use crate::incident::{Check, Diagnosis};
use crate::trail::{Store, verify};

/// Reads every record; blocks as long as that takes. Also good beside a server that writes: what comes meanwhile is
/// left for the next time.
#[must_use]
pub fn verified(store: &dyn Store) -> Examined {
    if let Some(failure) = store.failure().borrow().as_ref() {
        return Examined::with(Check::Trail, Diagnosis::TrailUnusable, failure.to_string());
    }
    match verify(store, |_| {}) {
        Ok(report) => Examined::with(Check::Trail, Diagnosis::Good, format!("{} records", report.size)),
        Err(fault) => Examined::with(Check::Trail, Diagnosis::TrailDamaged, fault.to_string()),
    }
}
