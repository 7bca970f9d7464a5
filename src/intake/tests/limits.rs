//! Who knocks too often waits, and nobody else does.

use std::num::NonZeroU32;

use super::*;

const ONE_PER_SECOND: RateSettings = RateSettings { per_second: NonZeroU32::MIN, burst: NonZeroU32::MIN };
/// More requests than a slow machine makes in a second would be needed to keep within the rate.
const FLOOD: usize = 200;

fn slow_siem() -> Intake {
    let mut setup = Setup::usual();
    setup.settings_of(SIEM).rate = ONE_PER_SECOND;
    setup.build()
}

#[test]
fn e01_a_source_above_its_rate_waits_and_others_do_not() {
    let intake = slow_siem();
    let flood: Vec<_> = (0..FLOOD).filter_map(|_| Request::signed(SIEM, "{}").refusal(&intake)).collect();
    assert!(flood.contains(&Refusal::RateLimitedSource { retry_after_s: 1 }));
    assert!(flood.iter().all(|refusal| !refusal.is_authentication()));
    assert_eq!(Request::signed(GITHUB, "{}").refusal(&intake), None);
}

#[test]
fn e04_forgeries_do_not_use_up_the_rate_of_the_source_they_name() {
    let intake = slow_siem();
    for _ in 0..FLOOD {
        let forged = Request::signed(SIEM, "{}").with_body("[]");
        assert_eq!(forged.refusal(&intake), Some(Refusal::SignatureWrong));
    }
    assert_eq!(Request::signed(SIEM, "{}").refusal(&intake), None);
}

#[test]
fn e02_an_address_above_its_rate_waits_and_others_do_not() {
    let mut setup = Setup::usual();
    setup.settings.per_address = ONE_PER_SECOND;
    let intake = setup.build();
    let flood: Vec<_> = (0..FLOOD).filter_map(|_| intake.admit_address([192, 0, 2, 1].into()).err()).collect();
    assert!(flood.contains(&Refusal::RateLimitedAddress { retry_after_s: 1 }));
    assert_eq!(intake.admit_address([192, 0, 2, 2].into()), Ok(()));
}

#[test]
fn e01_a_sender_above_the_rate_of_its_address_is_told_to_come_again_as_one_that_is_known() {
    let mut setup = Setup::usual();
    setup.settings.per_address = ONE_PER_SECOND;
    let intake = setup.build();
    let request = Request::signed(SIEM, "{}");
    let peer = request.peer;
    let forged = Request::signed(SIEM, "{}").with_body("[]");
    assert!(forged.refusal(&intake).is_some());
    let flood = || (0..FLOOD).filter_map(|_| intake.admit_address(peer).err()).collect::<Vec<_>>();
    assert!(flood().contains(&Refusal::RateLimitedAddress { retry_after_s: 1 }), "nothing is proven");
    assert_eq!(request.refusal(&intake), None);
    assert!(flood().iter().all(|refusal| *refusal == Refusal::RateLimitedSender { retry_after_s: 1 }));
}
