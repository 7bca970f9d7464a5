//! Rate limits at the door: one for each address, before anything is read, and one for each source,
//! after it has proven itself. Both go by the monotonic clock, which no operator can set back.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

use governor::clock::{Clock, DefaultClock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed, keyed::DashMapStateStore};
use governor::{NotUntil, Quota, RateLimiter};

use super::settings::RateSettings;

/// The most addresses that are told apart at once.
const ADDRESSES_MAX: usize = 65_536;
/// How often the addresses are counted and old ones forgotten, in requests.
const HOUSEKEEPING_REQUESTS: usize = 1_024;

/// "Not now", and when to come back: in whole seconds, rounded up, at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany {
    pub retry_after_s: u64,
}

/// How many deliveries a source may make.
pub(super) struct SourceLimiter<C: Clock = DefaultClock> {
    rate: RateSettings,
    limiter: RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<C::Instant>>,
}

impl<C: Clock> SourceLimiter<C> {
    pub(super) fn new(rate: RateSettings, clock: C) -> Self {
        Self { rate, limiter: RateLimiter::direct_with_clock(quota(rate), clock) }
    }

    /// What it allows.
    pub(super) fn rate(&self) -> RateSettings {
        self.rate
    }

    pub(super) fn check(&self) -> Result<(), TooMany> {
        self.limiter.check().map_err(|refused| too_many(&refused, self.limiter.clock()))
    }
}

/// How many requests an address may make. An IPv6 network of 64 bits counts as one address, because
/// one customer has that many to choose from.
///
/// When more than [`ADDRESSES_MAX`] are active at once, which is an attack, addresses are told apart
/// by their first bits only, so that memory stays bounded and the limit stays a limit.
pub(super) struct AddressLimiter<C: Clock = DefaultClock> {
    rate: RateSettings,
    limiter: RateLimiter<Neighbourhood, DashMapStateStore<Neighbourhood>, C, NoOpMiddleware<C::Instant>>,
    addresses_max: usize,
    requests: AtomicUsize,
    crowded: AtomicBool,
    /// Where authentic deliveries have come from.
    proven: RwLock<HashSet<Neighbourhood>>,
}

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Neighbourhood {
    /// One IPv4 address or one IPv6 /64.
    Own(IpAddr),
    /// An IPv4 /8 (256 of them) or an IPv6 /12 (4,096 of them).
    Crowd(IpAddr),
}

impl<C: Clock> AddressLimiter<C> {
    pub(super) fn new(rate: RateSettings, clock: C) -> Self {
        Self::with_addresses_max(rate, clock, ADDRESSES_MAX)
    }

    fn with_addresses_max(rate: RateSettings, clock: C, addresses_max: usize) -> Self {
        Self {
            rate,
            limiter: RateLimiter::dashmap_with_clock(quota(rate), clock),
            addresses_max,
            requests: AtomicUsize::new(0),
            crowded: AtomicBool::new(false),
            proven: RwLock::default(),
        }
    }

    /// What it allows each of them.
    pub(super) fn rate(&self) -> RateSettings {
        self.rate
    }

    pub(super) fn check(&self, peer: IpAddr) -> Result<(), TooMany> {
        if self.requests.fetch_add(1, Ordering::Relaxed).is_multiple_of(HOUSEKEEPING_REQUESTS) {
            self.keep_house();
        }
        let neighbourhood = Neighbourhood::of(peer, self.crowded.load(Ordering::Relaxed));
        self.limiter.check_key(&neighbourhood).map_err(|refused| too_many(&refused, self.limiter.clock()))
    }

    /// Notes that an authentic delivery has come from there. Of too many all are forgotten, and prove themselves again.
    pub(super) fn prove(&self, peer: IpAddr) {
        if self.is_proven(peer) {
            return;
        }
        let mut proven = self.proven.write().unwrap_or_else(PoisonError::into_inner);
        if proven.len() >= self.addresses_max {
            proven.clear();
        }
        proven.insert(Neighbourhood::own(peer));
    }

    /// Whether an authentic delivery has come from there: many senders give up what is answered 429, and not 503.
    pub(super) fn is_proven(&self, peer: IpAddr) -> bool {
        self.proven.read().unwrap_or_else(PoisonError::into_inner).contains(&Neighbourhood::own(peer))
    }

    fn keep_house(&self) {
        if self.limiter.len() >= self.addresses_max {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.crowded.store(self.limiter.len() >= self.addresses_max, Ordering::Relaxed);
    }
}

impl Neighbourhood {
    /// The smallest that one sender cannot change at will.
    pub(super) fn own(peer: IpAddr) -> Self {
        Self::of(peer, false)
    }

    fn of(peer: IpAddr, crowded: bool) -> Self {
        // An IPv4 peer on a socket for both is written as IPv6; all of them would share one /64.
        match (peer.to_canonical(), crowded) {
            (IpAddr::V4(address), false) => Self::Own(address.into()),
            (IpAddr::V6(address), false) => Self::Own(first_bits_v6(address, 64)),
            (IpAddr::V4(address), true) => Self::Crowd(Ipv4Addr::from_bits(address.to_bits() & 0xff00_0000).into()),
            (IpAddr::V6(address), true) => Self::Crowd(first_bits_v6(address, 12)),
        }
    }
}

fn first_bits_v6(address: Ipv6Addr, bits: u32) -> IpAddr {
    Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (128 - bits))).into()
}

fn quota(rate: RateSettings) -> Quota {
    Quota::per_second(rate.per_second).allow_burst(rate.burst)
}

fn too_many<C: Clock>(refused: &NotUntil<C::Instant>, clock: &C) -> TooMany
where
    C::Instant: Reference,
{
    let wait = refused.wait_time_from(clock.now());
    let whole = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    TooMany { retry_after_s: whole.max(1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use governor::clock::FakeRelativeClock;
    use std::num::NonZeroU32;
    use std::time::Duration;

    fn rate(per_second: u32, burst: u32) -> RateSettings {
        RateSettings { per_second: NonZeroU32::new(per_second).unwrap(), burst: NonZeroU32::new(burst).unwrap() }
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn e01_the_time_to_wait_is_true() {
        let clock = FakeRelativeClock::default();
        let limiter = SourceLimiter::new(rate(1, 3), clock.clone());
        for _ in 0..3 {
            assert_eq!(limiter.check(), Ok(()));
        }
        let TooMany { retry_after_s } = limiter.check().unwrap_err();
        assert_eq!(retry_after_s, 1);
        clock.advance(Duration::from_millis(999));
        assert!(limiter.check().is_err());
        clock.advance(Duration::from_millis(1));
        assert_eq!(limiter.check(), Ok(()));
    }

    #[test]
    fn e02_one_ipv6_network_counts_as_one_address() {
        let limiter = AddressLimiter::new(rate(1, 1), FakeRelativeClock::default());
        assert_eq!(limiter.check(ip("2001:db8:1:2::1")), Ok(()));
        assert!(limiter.check(ip("2001:db8:1:2:ffff::2")).is_err());
        assert_eq!(limiter.check(ip("2001:db8:1:3::1")), Ok(()));
    }

    #[test]
    fn e02_an_ipv4_peer_is_itself_however_it_is_written() {
        let limiter = AddressLimiter::new(rate(1, 1), FakeRelativeClock::default());
        assert_eq!(limiter.check(ip("192.0.2.1")), Ok(()));
        assert!(limiter.check(ip("::ffff:192.0.2.1")).is_err());
        assert_eq!(limiter.check(ip("::ffff:192.0.2.2")), Ok(()));
    }

    #[test]
    fn e03_where_authentic_deliveries_came_from_takes_bounded_memory() {
        let limiter = AddressLimiter::with_addresses_max(rate(1, 1), FakeRelativeClock::default(), 100);
        for number in 0..1_000 {
            limiter.prove(Ipv4Addr::from_bits(number).into());
            assert!(limiter.is_proven(Ipv4Addr::from_bits(number).into()));
            assert!(limiter.proven.read().unwrap().len() <= 100);
        }
        assert!(!limiter.is_proven(Ipv4Addr::from_bits(5_000).into()));
    }

    #[test]
    fn e03_a_crowd_of_addresses_takes_bounded_memory() {
        const MAX: usize = 5_000;
        let clock = FakeRelativeClock::default();
        let limiter = AddressLimiter::with_addresses_max(rate(1, 2), clock.clone(), MAX);
        let mut largest = 0;
        let mut refused = 0;
        for number in 0..200_000 {
            refused += usize::from(limiter.check(Ipv4Addr::from_bits(number).into()).is_err());
            largest = largest.max(if number % 997 == 0 { limiter.limiter.len() } else { 0 });
        }
        assert!(largest <= MAX + HOUSEKEEPING_REQUESTS + 256, "{largest}");
        assert!(refused > 180_000, "a crowd is still limited: {refused}");

        clock.advance(Duration::from_secs(60));
        for number in 0..=u32::try_from(HOUSEKEEPING_REQUESTS).unwrap() {
            let _ = limiter.check(Ipv4Addr::from_bits(0x0b00_0000 | number).into());
        }
        assert!(!limiter.crowded.load(Ordering::Relaxed), "once it is quiet, addresses are told apart again");
        assert!(limiter.limiter.len() < MAX);
    }
}
