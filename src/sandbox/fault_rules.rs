//! The rules in force, asked in order which of them strikes a call.

use super::catalogue::Api;
use super::faults::{Fault, FaultKind};

/// The most rules in force at a time.
const FAULTS_MAX: usize = 1000;

/// A rule more than there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are already {FAULTS_MAX} faults; clear them first")]
pub struct TooManyFaults;

/// The rules in force.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    fault: Fault,
    seen: u32,
}

impl Faults {
    pub(super) fn inject(&mut self, fault: Fault) -> Result<(), TooManyFaults> {
        if self.0.len() >= FAULTS_MAX {
            return Err(TooManyFaults);
        }
        self.0.push(Rule { fault, seen: 0 });
        Ok(())
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn list(&self) -> Vec<Fault> {
        self.0.iter().map(|rule| rule.fault.clone()).collect()
    }

    /// The fault that strikes this call.
    pub(super) fn strike(&mut self, api: Api, user_id: Option<&str>) -> Option<FaultKind> {
        let matching = self.0.iter_mut().filter(|rule| rule.fault.matches(api, user_id));
        let kind = matching.map(Rule::see).find_map(|struck| struck);
        self.0.retain(|rule| !rule.is_over());
        kind
    }
}

impl Rule {
    fn see(&mut self) -> Option<FaultKind> {
        self.seen = self.seen.saturating_add(1);
        (self.seen >= self.fault.from && !self.is_used_up_before_this()).then_some(self.fault.kind)
    }

    fn is_used_up_before_this(&self) -> bool {
        self.fault.times.is_some_and(|times| self.seen >= self.end(times))
    }

    fn is_over(&self) -> bool {
        self.fault.times.is_some_and(|times| self.seen.saturating_add(1) >= self.end(times))
    }

    /// The first matching call past the rule.
    fn end(&self, times: u32) -> u32 {
        self.fault.from.max(1).saturating_add(times)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn strikes(faults: &mut Faults, api: Api, user_id: &str, calls: u32) -> Vec<Option<FaultKind>> {
        (0..calls).map(|_| faults.strike(api, Some(user_id))).collect()
    }

    #[test]
    fn a_rule_strikes_from_the_nth_matching_call_and_is_gone_after_its_times() {
        let mut faults = Faults::default();
        faults.inject(Fault::new(FaultKind::Busy).on(Api::Disable).from_call(2).times(2)).unwrap();
        assert_eq!(faults.strike(Api::SignOut, None), None, "another API is not counted");
        let busy = Some(FaultKind::Busy);
        assert_eq!(strikes(&mut faults, Api::Disable, "a", 5), [None, busy, busy, None, None]);
        assert!(faults.list().is_empty());
    }

    #[test]
    fn rules_for_the_same_calls_make_a_queue() {
        let mut faults = Faults::default();
        faults.inject(Fault::new(FaultKind::Busy).times(2)).unwrap();
        faults.inject(Fault::new(FaultKind::ExpiredToken)).unwrap();
        let (busy, expired) = (Some(FaultKind::Busy), Some(FaultKind::ExpiredToken));
        assert_eq!(strikes(&mut faults, Api::Status, "a", 4), [busy, busy, expired, None]);
    }

    #[test]
    fn a_rule_about_an_account_leaves_others_alone() {
        let mut faults = Faults::default();
        faults.inject(Fault::new(FaultKind::Busy).about("zhangsan").until_cleared()).unwrap();
        assert_eq!(strikes(&mut faults, Api::SignOut, "lisi", 2), [None, None]);
        assert_eq!(faults.strike(Api::SignOut, None), None);
        assert_eq!(strikes(&mut faults, Api::SignOut, "zhangsan", 50), [Some(FaultKind::Busy); 50]);
        faults.clear();
        assert_eq!(faults.strike(Api::SignOut, Some("zhangsan")), None);
    }

    #[test]
    fn a_rule_of_no_times_never_strikes() {
        let mut faults = Faults::default();
        faults.inject(Fault::new(FaultKind::Busy).times(0)).unwrap();
        assert_eq!(strikes(&mut faults, Api::SignOut, "a", 2), [None, None]);
    }

    #[test]
    fn the_number_of_rules_is_limited() {
        let mut faults = Faults::default();
        for _ in 0..FAULTS_MAX {
            faults.inject(Fault::new(FaultKind::Busy)).unwrap();
        }
        assert_eq!(faults.inject(Fault::new(FaultKind::Busy)), Err(TooManyFaults));
    }

    proptest! {
        #[test]
        fn a_rule_strikes_exactly_its_stretch_of_calls(from in 0_u32..20, times in 0_u32..20, calls in 0_u32..50) {
            let mut faults = Faults::default();
            faults.inject(Fault::new(FaultKind::Busy).from_call(from).times(times)).unwrap();
            let first = from.max(1);
            for (call, struck) in (1..).zip(strikes(&mut faults, Api::Disable, "a", calls)) {
                prop_assert_eq!(struck.is_some(), (first..first + times).contains(&call), "call {}", call);
            }
        }
    }
}
