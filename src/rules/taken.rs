//! A set of numbers that says yes to some it does not have, and never no to one it has: a bit at a
//! place that is hashed from the number. Small enough to stay in the processor's first cache.

/// Places for each number, so that few are taken.
const PLACES_PER_NUMBER: usize = 64;

/// The set, as large as it has to be.
pub(super) enum Taken {
    /// Nothing.
    None,
    Few(Box<Places<64>>),
    Some(Box<Places<512>>),
    Many(Box<Places<4096>>),
}

/// So many words of places; a power of two.
pub(super) struct Places<const WORDS: usize>([u64; WORDS]);

impl Taken {
    /// Of these numbers.
    pub(super) fn of(numbers: impl ExactSizeIterator<Item = u64>) -> Self {
        match numbers.len() * PLACES_PER_NUMBER / 64 {
            0 if numbers.len() == 0 => Self::None,
            0..=64 => Self::Few(Places::of(numbers)),
            65..=512 => Self::Some(Places::of(numbers)),
            _ => Self::Many(Places::of(numbers)),
        }
    }
}

impl<const WORDS: usize> Places<WORDS> {
    const SHIFT: u32 = u64::BITS - (WORDS * 64).trailing_zeros();

    fn of(numbers: impl Iterator<Item = u64>) -> Box<Self> {
        let mut places = Box::new(Self([0; WORDS]));
        for number in numbers {
            let place = Self::place(number);
            if let Some(word) = places.0.get_mut(place / 64) {
                *word |= 1 << (place % 64);
            }
        }
        places
    }

    /// 1 if it may have the number, 0 if it has not.
    #[inline]
    pub(super) fn has(&self, number: u64) -> u64 {
        let place = Self::place(number);
        self.0.get(place / 64).map_or(0, |word| word >> (place % 64) & 1)
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
            };
            assert!(numbers.iter().all(|number| has(*number) == 1), "{count}");
            let wrong: u64 = (1..=10_000_u64).map(|number| has(number.wrapping_mul(0x2545_F491_4F6C_DD1D))).sum();
            assert!(wrong < 1_500, "{count}: {wrong}");
        }
        assert!(matches!(Taken::of([].into_iter()), Taken::None));
    }
}
