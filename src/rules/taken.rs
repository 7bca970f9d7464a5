//! A set of numbers that says yes to some it does not have, and never no to one it has: a mark at a
//! place that is hashed from the number. A mark is a byte of its own, as reading one bit of many takes
//! longer than all the rest; most sets still fit into the processor's first cache, all into its second.

/// Places for each number, so that few are taken.
const PLACES_PER_NUMBER: usize = 32;

/// The set, as large as it has to be.
pub(super) enum Taken {
    /// Nothing.
    None,
    Few(Box<Places<4_096>>),
    Some(Box<Places<16_384>>),
    Many(Box<Places<65_536>>),
    Most(Box<Places<262_144>>),
}

/// So many places, a power of two.
pub(super) struct Places<const COUNT: usize>([u8; COUNT]);

impl Taken {
    /// Of these numbers.
    pub(super) fn of(numbers: impl ExactSizeIterator<Item = u64>) -> Self {
        match numbers.len() * PLACES_PER_NUMBER {
            0 => Self::None,
            1..=4_096 => Self::Few(Places::of(numbers)),
            4_097..=16_384 => Self::Some(Places::of(numbers)),
            16_385..=65_536 => Self::Many(Places::of(numbers)),
            _ => Self::Most(Places::of(numbers)),
        }
    }
}

impl<const COUNT: usize> Places<COUNT> {
    const SHIFT: u32 = u64::BITS - COUNT.trailing_zeros();

    fn of(numbers: impl Iterator<Item = u64>) -> Box<Self> {
        let mut places = Box::new(Self([0; COUNT]));
        for number in numbers {
            if let Some(place) = places.0.get_mut(Self::place(number)) {
                *place = 1;
            }
        }
        places
    }

    /// 1 if it may have the number, 0 if it has not.
    #[inline]
    pub(super) fn has(&self, number: u64) -> u8 {
        self.0.get(Self::place(number)).copied().unwrap_or(0)
    }

    /// Multiplicative hashing (Knuth, volume 3, section 6.4).
    #[inline]
    fn place(number: u64) -> usize {
        (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> Self::SHIFT) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_has_it_never_denies_and_most_of_the_rest_it_does() {
        for count in [1_u64, 60, 500, 4_000, 20_000] {
            let numbers: Vec<u64> = (0..count).map(|number| number.wrapping_mul(0xD134_2543_DE82_EF95)).collect();
            let taken = Taken::of(numbers.iter().copied());
            let has = |number: u64| match &taken {
                Taken::None => 0,
                Taken::Few(places) => places.has(number),
                Taken::Some(places) => places.has(number),
                Taken::Many(places) => places.has(number),
                Taken::Most(places) => places.has(number),
            };
            assert!(numbers.iter().all(|number| has(*number) == 1), "{count}");
            let others = (1..=10_000_u64).map(|number| number.wrapping_mul(0x2545_F491_4F6C_DD1D));
            let wrong = others.filter(|number| has(*number) == 1).count();
            assert!(wrong < 1_500, "{count}: {wrong}");
        }
        assert!(matches!(Taken::of([].into_iter()), Taken::None));
    }
}
