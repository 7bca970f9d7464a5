//! Counts the calls that DingTalk's monthly quota pays for, and keeps the last of it for containment.
//!
//! Counted in a file of its own: the trail has the intents of steps and not the reads between them, and commands that
//! look things up are processes of their own. What other apps of the organization call is in nobody's count but
//! DingTalk's, so containment is never refused here: only DingTalk knows that nothing is left. People without whom
//! nobody would be contained may be told with the first half of what is kept, and no more: a flood of what waits for
//! them must not leave nothing to contain anybody with.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::tz::{self, TimeZone};

use super::api::{Api, Charge};
use crate::incident::{Clock, Failure, FailureClass, Timestamp};

/// The file's name, in the trail's folder.
pub const CALLS_FILE: &str = "dingtalk-calls";
/// People are told when so much of the quota is used, in percent.
const TOLD_AT_PERCENT: u64 = 80;
/// DingTalk's own wall time is eight hours before UTC; where its month begins is not documented otherwise.
const DINGTALKS_OFFSET_H: i8 = 8;

/// What of the month's quota is used, as far as we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Calls in this month that count.
    pub calls: u32,
    /// How many there may be.
    pub quota: u32,
    /// How many of them are kept for containment.
    pub reserve: u32,
}

impl Usage {
    /// Whether so much is used that people should know.
    #[must_use]
    pub fn is_low(&self) -> bool {
        u64::from(self.calls) * 100 >= u64::from(self.quota) * TOLD_AT_PERCENT
    }

    /// Whether only containment may call.
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        self.has_left_only(self.reserve)
    }

    fn has_left_only(&self, kept: u32) -> bool {
        self.calls >= self.quota.saturating_sub(kept)
    }
}

/// The count of the month.
pub(super) struct Quota {
    monthly: u32,
    reserve: u32,
    clock: Arc<dyn Clock>,
    file: Option<PathBuf>,
    /// Whether nothing that is called here contains anybody.
    only_looks: bool,
    tally: Mutex<Tally>,
}

impl Quota {
    pub(super) fn new(monthly: u32, reserve: u32, clock: Arc<dyn Clock>) -> Self {
        Self { monthly, reserve, clock, file: None, only_looks: false, tally: Mutex::default() }
    }

    /// Kept over restarts, and shared with whoever counts in the same file.
    pub(super) fn counting_in(self, file: PathBuf) -> Self {
        let counting = Self { file: Some(file), ..self };
        counting.change(|_| ());
        counting
    }

    /// Leaves the reserve alone, whatever is called.
    pub(super) fn only_looking(self) -> Self {
        Self { only_looks: true, ..self }
    }

    /// Counts a call that is about to leave, or refuses it for containment's sake.
    pub(super) fn take(&self, charge: Charge) -> Result<(), Failure> {
        // How much of the quota has to stay.
        let kept = match charge {
            Charge::Free => return Ok(()),
            Charge::Containment if !self.only_looks => None,
            Charge::Alarm if !self.only_looks => Some(self.reserve / 2),
            Charge::Containment | Charge::Alarm | Charge::Look => Some(self.reserve),
        };
        self.change(|tally| {
            let before = self.usage_of(*tally);
            if kept.is_some_and(|kept| before.has_left_only(kept)) {
                return Err(Failure::local(FailureClass::QuotaExhausted, Failure::RESERVED_FOR_CONTAINMENT));
            }
            tally.calls = tally.calls.saturating_add(1);
            let after = self.usage_of(*tally);
            if after.is_low() && !before.is_low() {
                tracing::warn!(
                    dingtalk.calls = after.calls,
                    dingtalk.quota = after.quota,
                    "most of DingTalk's monthly quota is used"
                );
            }
            Ok(())
        })
    }

    /// Takes back what DingTalk does not count, and believes it when it says that nothing is left.
    pub(super) fn ended(&self, api: Api, failure: Option<&Failure>) {
        let (Some(failure), false) = (failure, api.charge() == Charge::Free) else { return };
        match failure.class {
            FailureClass::NotSent | FailureClass::Throttled | FailureClass::ThrottledMinute => {
                self.change(|tally| tally.calls = tally.calls.saturating_sub(1));
            }
            FailureClass::QuotaExhausted => self.change(|tally| tally.calls = tally.calls.max(self.monthly)),
            _ => {}
        }
    }

    /// As it was at the last change: whoever asks, strangers among them, opens no file.
    pub(super) fn usage(&self) -> Usage {
        let tally = *self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        self.usage_of(tally.in_month(Month::of(self.clock.now())))
    }

    fn usage_of(&self, tally: Tally) -> Usage {
        Usage { calls: tally.calls, quota: self.monthly, reserve: self.reserve }
    }

    /// Without the file it goes on with what this process has counted.
    fn change<T>(&self, change: impl FnOnce(&mut Tally) -> T) -> T {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let month = Month::of(self.clock.now());
        let mut open = None;
        match self.file.as_deref().map(open_locked) {
            None => {}
            Some(Ok((file, written))) => {
                *tally = written.unwrap_or(*tally);
                open = Some(file);
            }
            // Commands may run where no server does.
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => {}
            Some(Err(error)) => tracing::warn!(%error, "the count of DingTalk calls cannot be read"),
        }
        *tally = tally.in_month(month);
        let before = *tally;
        let result = change(&mut tally);
        if let Some(file) = open
            && *tally != before
            && let Err(error) = write(file, *tally)
        {
            tracing::warn!(%error, "the count of DingTalk calls cannot be written");
        }
        result
    }
}

/// How many calls there were in which month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    month: Month,
    calls: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Month {
    year: i16,
    month: i8,
}

impl Month {
    fn of(now: Timestamp) -> Self {
        let there = now.to_zoned(TimeZone::fixed(tz::offset(DINGTALKS_OFFSET_H)));
        Self { year: there.year(), month: there.month() }
    }
}

/// Always of the same length, so that writing over it leaves no half of it.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:04}-{:02} {:010}", self.month.year, self.month.month, self.calls)
    }
}

impl Tally {
    /// Nothing, when its month is over.
    fn in_month(self, month: Month) -> Self {
        if self.month == month { self } else { Self { month, calls: 0 } }
    }

    fn parse(text: &str) -> Option<Self> {
        let (month, calls) = text.trim_end().split_once(' ')?;
        let (year, month) = month.split_once('-')?;
        Some(Self { month: Month { year: year.parse().ok()?, month: month.parse().ok()? }, calls: calls.parse().ok()? })
    }
}

/// Held until it is closed; others hold it as briefly.
fn open_locked(path: &Path) -> io::Result<(File, Option<Tally>)> {
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    file.lock()?;
    let mut bytes = Vec::new();
    (&mut file).take(64).read_to_end(&mut bytes)?;
    Ok((file, std::str::from_utf8(&bytes).ok().and_then(Tally::parse)))
}

/// Not synced: a power cut costs a few calls of the count.
fn write(mut file: File, tally: Tally) -> io::Result<()> {
    file.rewind()?;
    file.write_all(tally.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::HandSetClock;
    use proptest::prelude::*;

    fn clock(at: &str) -> Arc<HandSetClock> {
        Arc::new(HandSetClock::at(at.parse().unwrap()))
    }

    fn quota(monthly: u32, reserve: u32) -> Quota {
        Quota::new(monthly, reserve, clock("2026-11-21T03:00:00Z"))
    }

    fn busy(class: FailureClass) -> Failure {
        Failure::local(class, "test")
    }

    #[test]
    fn when_only_the_reserve_is_left_nothing_but_containment_may_call() {
        let quota = quota(10, 3);
        for _ in 0..7 {
            quota.take(Api::OwnedOrganizations.charge()).unwrap();
        }
        for look in [Api::OwnedOrganizations, Api::UserSearch] {
            let refused = quota.take(look.charge()).unwrap_err();
            assert_eq!(refused, Failure::local(FailureClass::QuotaExhausted, Failure::RESERVED_FOR_CONTAINMENT));
        }
        for containing in [Api::SignOut, Api::Disable, Api::Enable, Api::ChangeDingTalkId, Api::Status] {
            quota.take(containing.charge()).unwrap();
        }
        assert_eq!(quota.usage().calls, 12, "only DingTalk knows that nothing is left");
    }

    #[test]
    fn who_has_to_act_is_told_with_half_of_what_is_kept() {
        let quota = quota(10, 5);
        for _ in 0..5 {
            quota.take(Charge::Look).unwrap();
        }
        assert!(quota.take(Charge::Look).is_err());
        for _ in 0..3 {
            quota.take(Charge::Alarm).unwrap();
        }
        let refused = quota.take(Charge::Alarm).unwrap_err();
        assert_eq!(refused, Failure::local(FailureClass::QuotaExhausted, Failure::RESERVED_FOR_CONTAINMENT));
        quota.take(Charge::Containment).unwrap();
        assert_eq!(quota.usage().calls, 9);
    }

    #[test]
    fn tokens_and_contacts_are_not_counted() {
        let quota = quota(10, 3);
        for api in Api::ALL.into_iter().filter(|api| api.charge() == Charge::Free) {
            quota.take(api.charge()).unwrap();
            quota.ended(api, Some(&busy(FailureClass::NotSent)));
        }
        assert_eq!(quota.usage(), Usage { calls: 0, quota: 10, reserve: 3 });
    }

    #[test]
    fn who_only_looks_leaves_the_reserve_alone_whatever_is_called() {
        let quota = quota(1, 1).only_looking();
        assert!(quota.take(Charge::Alarm).is_err());
        assert!(quota.take(Api::UserByDingTalkId.charge()).is_err() && quota.take(Api::User.charge()).is_ok());
    }

    #[test]
    fn what_dingtalk_does_not_count_is_taken_back_and_its_no_is_believed() {
        let quota = quota(10, 3);
        for class in [FailureClass::NotSent, FailureClass::Throttled, FailureClass::ThrottledMinute] {
            quota.take(Api::Disable.charge()).unwrap();
            quota.ended(Api::Disable, Some(&busy(class)));
        }
        assert_eq!(quota.usage().calls, 0);
        for outcome in [None, Some(busy(FailureClass::Busy)), Some(busy(FailureClass::Unknown))] {
            quota.take(Api::Disable.charge()).unwrap();
            quota.ended(Api::Disable, outcome.as_ref());
        }
        assert_eq!(quota.usage().calls, 3);
        quota.ended(Api::Disable, Some(&busy(FailureClass::QuotaExhausted)));
        assert!(quota.usage().calls == 10 && quota.usage().is_low() && quota.take(Api::UserSearch.charge()).is_err());
    }

    #[test]
    fn a_month_is_dingtalks_and_begins_anew() {
        let clock = clock("2026-11-30T15:59:59Z");
        let quota = Quota::new(10, 3, clock.clone());
        quota.take(Api::Disable.charge()).unwrap();
        assert_eq!(quota.usage().calls, 1);
        clock.advance(std::time::Duration::from_secs(1));
        assert_eq!(quota.usage().calls, 0, "in China it is December");
    }

    #[test]
    fn the_count_outlives_the_process_and_is_shared() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(CALLS_FILE);
        let one = quota(10, 3).counting_in(file.clone());
        let other = quota(10, 3).counting_in(file.clone());
        one.take(Api::Disable.charge()).unwrap();
        other.take(Api::Enable.charge()).unwrap();
        one.take(Api::Disable.charge()).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "2026-11 0000000003\n");
        assert_eq!(quota(10, 3).counting_in(file.clone()).usage().calls, 3);
        std::fs::write(&file, "2026-10 0000000009\n").unwrap();
        assert_eq!(quota(10, 3).counting_in(file).usage().calls, 0, "last month's");
    }

    #[test]
    fn a_file_that_cannot_be_used_leaves_the_count_of_this_process() {
        let folder = tempfile::tempdir().unwrap();
        for file in [folder.path().join("missing").join(CALLS_FILE), folder.path().to_owned()] {
            let quota = quota(10, 3).counting_in(file);
            quota.take(Api::Disable.charge()).unwrap();
            assert_eq!(quota.usage().calls, 1);
        }
        let file = folder.path().join(CALLS_FILE);
        for damaged in ["", "2026-11", "2026-11 many\n", "\u{0}\u{0}"] {
            std::fs::write(&file, damaged).unwrap();
            let quota = quota(10, 3).counting_in(file.clone());
            quota.take(Api::Disable.charge()).unwrap();
            assert_eq!(quota.usage().calls, 1, "{damaged:?}");
        }
    }

    proptest! {
        #[test]
        fn looks_never_use_what_is_kept(monthly in 1_u32..50, reserve in 0_u32..60, calls in prop::collection::vec(any::<bool>(), 0..120)) {
            let quota = quota(monthly, reserve);
            for is_look in calls {
                let before = quota.usage();
                let taken = quota.take(if is_look { Charge::Look } else { Charge::Containment }).is_ok();
                prop_assert_eq!(taken, !is_look || !before.is_reserved());
                prop_assert_eq!(quota.usage().calls, before.calls + u32::from(taken));
            }
        }
    }
}
