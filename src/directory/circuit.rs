//! Leaves DingTalk alone while it is down: after some failures in a row nothing is sent but one call now and then, to
//! see whether it is back.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::api::{Api, Charge, Family};
use super::ban::{self, Ban};
use crate::incident::{Digest, Failure, FailureClass, Timestamp};

/// So many failures in a row mean that DingTalk is down.
const FAILURES_MAX: u32 = 5;
const FIRST_WAIT_MS: u64 = 1_000;
/// No longer than an incident waits between two attempts, or the two would wait for each other.
const LONGEST_WAIT_MS: u64 = 60_000;

/// Since when nothing is sent to one of DingTalk's hosts, and when it is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// When it was given up.
    pub since: Timestamp,
    /// When the next call may leave.
    pub until: Timestamp,
}

impl Outage {
    /// Both of two: since the first, until the last.
    fn and(self, other: Self) -> Self {
        Self { since: self.since.min(other.since), until: self.until.max(other.until) }
    }
}

/// What is known of DingTalk's two hosts. One that bars our address bars it from both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outages {
    /// Of the host that takes orders.
    pub api: Option<Outage>,
    /// Of the host of the contact book.
    pub oapi: Option<Outage>,
}

impl Outages {
    /// Until when nothing leaves for one of them; `None` when both take calls at `now`.
    #[must_use]
    pub fn until(&self, now: Timestamp) -> Option<Timestamp> {
        [self.api, self.oapi].into_iter().flatten().map(|outage| outage.until).filter(|until| *until > now).max()
    }

    /// Until when no order leaves.
    #[must_use]
    pub fn orders_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.api.map(|outage| outage.until).filter(|until| *until > now)
    }

    /// Whether both are believed to work.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.api.is_none() && self.oapi.is_none()
    }
}

/// The circuits of both hosts, and what both say of our address.
pub(super) struct Circuits {
    api: Mutex<Circuit>,
    oapi: Mutex<Circuit>,
    ban: Mutex<Ban>,
    /// How long a probe may be under way.
    probe_max: Duration,
}

impl Circuits {
    pub(super) fn new(probe_max: Duration) -> Self {
        Self { api: Mutex::default(), oapi: Mutex::default(), ban: Mutex::default(), probe_max }
    }

    /// Whether a call may leave now.
    pub(super) fn pass(&self, api: Api, now: Timestamp) -> Result<(), Failure> {
        let refused = |code| Err(Failure::local(FailureClass::Unreachable, code));
        if !self.of(api, |circuit| circuit.pass(now, may_probe(api), self.probe_max)) {
            return refused("circuit_open");
        }
        if !self.ban().pass(now, may_probe(api), self.probe_max) {
            return refused("address_blocked");
        }
        Ok(())
    }

    /// Learns from how a call ended.
    pub(super) fn ended(&self, api: Api, failure: Option<&Failure>, now: Timestamp) {
        // What containment can do without must not keep it from coming: an odd answer to it alone is no ban.
        let about_address = may_probe(api).then(|| self.ban().ended(failure, now)).flatten();
        match about_address {
            Some(ban::Changed::Barred) => {
                tracing::error!("DingTalk bars this machine's address; nothing is sent for five minutes");
            }
            Some(ban::Changed::Lifted) => tracing::info!("DingTalk hears this machine's address again"),
            None => {}
        }
        let changed = self.of(api, |circuit| circuit.ended(sign(failure), now));
        let host = api.family();
        match changed {
            Some(Changed::Opened) => {
                tracing::error!(dingtalk.host = %host, "DingTalk is down; calls wait until it is back");
            }
            Some(Changed::Closed) => tracing::info!(dingtalk.host = %host, "DingTalk is back"),
            None => {}
        }
    }

    pub(super) fn outages(&self) -> Outages {
        let ban = self.ban().outage();
        let of = |circuit: &Mutex<Circuit>| {
            let outage = circuit.lock().unwrap_or_else(PoisonError::into_inner).outage();
            [ban, outage].into_iter().flatten().reduce(Outage::and)
        };
        Outages { api: of(&self.api), oapi: of(&self.oapi) }
    }

    fn ban(&self) -> MutexGuard<'_, Ban> {
        self.ban.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of<T>(&self, api: Api, act: impl FnOnce(&mut Circuit) -> T) -> T {
        let circuit = match api.family() {
            Family::New => &self.api,
            Family::Legacy => &self.oapi,
        };
        act(&mut circuit.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "api",
            Self::Legacy => "oapi",
        })
    }
}

/// What containment can do without is given up by those who wait for it, so that nobody would learn how it ended.
fn may_probe(api: Api) -> bool {
    api.charge() != Charge::Look
}

/// What the end of a call says about DingTalk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// It answered, whatever it said.
    Alive,
    /// It did not, or said that it cannot.
    Down,
    /// The call did not get that far, or never will.
    Nothing,
}

fn sign(failure: Option<&Failure>) -> Sign {
    let Some(failure) = failure else { return Sign::Alive };
    match failure.class {
        FailureClass::Busy | FailureClass::Unknown | FailureClass::NotSent => Sign::Down,
        FailureClass::TokenRefused
        | FailureClass::Throttled
        | FailureClass::ThrottledMinute
        | FailureClass::QuotaExhausted
        | FailureClass::OperatorNeeded
        | FailureClass::Permanent
        | FailureClass::NotInEffect => Sign::Alive,
        FailureClass::AddressBlocked | FailureClass::Unreachable => Sign::Nothing,
    }
}

/// One host's circuit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Circuit {
    /// Failures in a row.
    failures: u32,
    open: Option<Open>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Open {
    since: Timestamp,
    until: Timestamp,
    /// Before jitter.
    wait_ms: u64,
    /// Whether the end of a probe is awaited. What left before is no probe.
    probing: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Changed {
    Opened,
    Closed,
}

impl Circuit {
    /// The first who may probe, does: for all others it is as if the wait had begun anew. So nothing is lost with a
    /// probe whose end nobody learns.
    fn pass(&mut self, now: Timestamp, may_probe: bool, probe_max: Duration) -> bool {
        let Some(open) = &mut self.open else { return true };
        if now < open.until || !may_probe {
            return false;
        }
        open.until = now.checked_add(probe_max).unwrap_or(Timestamp::MAX);
        open.probing = true;
        true
    }

    fn ended(&mut self, sign: Sign, now: Timestamp) -> Option<Changed> {
        match (sign, self.open) {
            (Sign::Nothing, _) | (Sign::Down, Some(Open { probing: false, .. })) => None,
            (Sign::Alive, open) => {
                *self = Self::default();
                open.map(|_| Changed::Closed)
            }
            (Sign::Down, open) => {
                self.failures = self.failures.saturating_add(1);
                if self.failures < FAILURES_MAX {
                    return None;
                }
                let wait_ms = open.map_or(FIRST_WAIT_MS, |open| open.wait_ms.saturating_mul(2).min(LONGEST_WAIT_MS));
                let until = now.checked_add(Duration::from_millis(shortened(wait_ms, now))).unwrap_or(Timestamp::MAX);
                self.open = Some(Open { since: open.map_or(now, |open| open.since), until, wait_ms, probing: false });
                open.is_none().then_some(Changed::Opened)
            }
        }
    }

    fn outage(&self) -> Option<Outage> {
        self.open.map(|open| Outage { since: open.since, until: open.until })
    }
}

/// By up to a quarter, so that many of us do not come back at once.
fn shortened(wait_ms: u64, now: Timestamp) -> u64 {
    let Digest(hash) = Digest::of_parts(&[&now.as_millisecond().to_be_bytes(), &wait_ms.to_be_bytes()]);
    let [a, b, ..] = hash;
    wait_ms - u64::from(u16::from_be_bytes([a, b])) % (wait_ms / 4).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PROBE_MAX: Duration = Duration::from_secs(5);

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_000_000_000 + ms).unwrap()
    }

    fn down(circuit: &mut Circuit, times: u32, ms: i64) {
        for _ in 0..times {
            circuit.ended(Sign::Down, at(ms));
        }
    }

    fn passes(circuit: &mut Circuit, ms: i64) -> bool {
        circuit.pass(at(ms), true, PROBE_MAX)
    }

    #[test]
    fn failures_in_a_row_open_it_and_an_answer_between_them_does_not() {
        let mut circuit = Circuit::default();
        down(&mut circuit, FAILURES_MAX - 1, 0);
        assert_eq!(circuit.ended(Sign::Alive, at(0)), None);
        down(&mut circuit, FAILURES_MAX - 1, 0);
        assert!(passes(&mut circuit, 0));
        assert_eq!(circuit.ended(Sign::Down, at(0)), Some(Changed::Opened));
        assert!(!passes(&mut circuit, 0) && !passes(&mut circuit, 700));
    }

    #[test]
    fn after_the_wait_one_call_passes_and_its_end_decides() {
        let mut circuit = Circuit::default();
        down(&mut circuit, FAILURES_MAX, 0);
        assert!(!circuit.pass(at(1_000), false, PROBE_MAX), "nobody would learn how it ended");
        assert!(passes(&mut circuit, 1_000));
        assert!(!passes(&mut circuit, 1_000) && !passes(&mut circuit, 5_999));
        assert_eq!(circuit.ended(Sign::Down, at(1_200)), None);
        assert!(!passes(&mut circuit, 2_600), "twice as long now");
        assert!(passes(&mut circuit, 3_200));
        assert_eq!(circuit.ended(Sign::Alive, at(3_300)), Some(Changed::Closed));
        assert_eq!(circuit, Circuit::default());
    }

    #[test]
    fn a_probe_whose_end_nobody_learns_makes_room_for_another() {
        let mut circuit = Circuit::default();
        down(&mut circuit, FAILURES_MAX, 0);
        assert!(passes(&mut circuit, 1_000));
        assert_eq!(circuit.ended(Sign::Nothing, at(1_100)), None);
        assert!(!passes(&mut circuit, 5_999) && passes(&mut circuit, 6_000));
    }

    #[test]
    fn calls_that_were_under_way_when_it_opened_do_not_lengthen_the_wait() {
        let mut circuit = Circuit::default();
        down(&mut circuit, FAILURES_MAX, 0);
        let opened = circuit;
        down(&mut circuit, 30, 100);
        assert_eq!(circuit, opened);
    }

    #[test]
    fn only_what_says_that_dingtalk_is_down_counts() {
        let of = |class| sign(Some(&Failure::local(class, "test")));
        for class in [FailureClass::Busy, FailureClass::Unknown, FailureClass::NotSent] {
            assert_eq!(of(class), Sign::Down, "{class:?}");
        }
        for class in [FailureClass::Throttled, FailureClass::Permanent, FailureClass::OperatorNeeded] {
            assert_eq!(of(class), Sign::Alive, "{class:?}");
        }
        assert_eq!((sign(None), of(FailureClass::AddressBlocked)), (Sign::Alive, Sign::Nothing));
    }

    #[test]
    fn an_address_that_one_host_bars_is_barred_from_both_and_heard_by_both_again() {
        let circuits = Circuits::new(PROBE_MAX);
        let barred = Failure::local(FailureClass::AddressBlocked, "test");
        circuits.ended(Api::User, Some(&barred), at(0));
        let refused = circuits.pass(Api::Disable, at(0)).unwrap_err();
        assert_eq!((refused.class, refused.code.as_str()), (FailureClass::Unreachable, "address_blocked"));
        let both = Outage { since: at(0), until: at(300_000) };
        assert_eq!(circuits.outages(), Outages { api: Some(both), oapi: Some(both) });
        circuits.pass(Api::User, at(300_000)).unwrap();
        circuits.ended(Api::User, None, at(300_100));
        circuits.pass(Api::Disable, at(300_100)).unwrap();
        assert!(circuits.outages().is_none());
    }

    #[test]
    fn one_host_that_is_down_keeps_nothing_from_the_other() {
        let circuits = Circuits::new(PROBE_MAX);
        let busy = Failure::local(FailureClass::Busy, "test");
        for _ in 0..FAILURES_MAX {
            circuits.ended(Api::User, Some(&busy), at(0));
        }
        assert_eq!(circuits.pass(Api::Members, at(0)).unwrap_err().class, FailureClass::Unreachable);
        circuits.pass(Api::Disable, at(0)).unwrap();
        let outages = circuits.outages();
        assert_eq!((outages.api, outages.until(at(0)).is_some(), outages.until(at(1_000))), (None, true, None));
    }

    proptest! {
        #[test]
        fn while_it_is_open_calls_are_rare_and_it_always_comes_back(
            steps in prop::collection::vec((0_i64..20_000, 0_u8..4), 1..200),
        ) {
            let (mut circuit, mut now, mut in_a_row) = (Circuit::default(), 0, 0);
            let mut last_passed_open: Option<i64> = None;
            for (wait, what) in steps {
                now += wait;
                let was_open = circuit.open;
                if !passes(&mut circuit, now) {
                    let open = was_open.unwrap();
                    prop_assert!(at(now) < open.until, "refused only while it has to wait");
                    prop_assert!(open.until <= at(now + 60_000), "and never for longer than a minute");
                    continue;
                }
                prop_assert_eq!(was_open.is_some(), in_a_row >= FAILURES_MAX);
                if was_open.is_some() {
                    prop_assert!(last_passed_open.is_none_or(|last| now - last >= 750), "one probe at a time");
                    last_passed_open = Some(now);
                }
                let sign = [Sign::Alive, Sign::Down, Sign::Down, Sign::Nothing][usize::from(what)];
                circuit.ended(sign, at(now));
                match sign {
                    Sign::Alive => (in_a_row, last_passed_open) = (0, None),
                    Sign::Down => in_a_row += 1,
                    Sign::Nothing => {}
                }
            }
        }
    }
}
