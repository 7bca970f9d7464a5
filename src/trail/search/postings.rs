//! The places of a term within a segment, as bytes: few as they are, many as a bitmap.

use roaring::RoaringBitmap;

/// As many places are cheaper by themselves than in a bitmap with its heads.
const FEW_MAX: usize = 8;
const FEW: u8 = 0;
const MANY: u8 = 1;

/// The places as bytes.
pub(super) fn encode(places: &RoaringBitmap) -> Vec<u8> {
    if places.len() <= FEW_MAX as u64 {
        let each = places.iter().flat_map(|place| u16::try_from(place).unwrap_or(u16::MAX).to_be_bytes());
        return std::iter::once(FEW).chain(each).collect();
    }
    let mut bytes = Vec::with_capacity(1 + places.serialized_size());
    bytes.push(MANY);
    // A vector takes whatever is written.
    let _ = places.serialize_into(&mut bytes);
    bytes
}

/// The places, unless these bytes are none.
pub(super) fn decode(bytes: &[u8]) -> Option<RoaringBitmap> {
    match bytes.split_first()? {
        (&FEW, each) if each.len() % 2 == 0 => {
            let places = each.chunks_exact(2).filter_map(|place| place.first_chunk().copied());
            Some(places.map(|place| u32::from(u16::from_be_bytes(place))).collect())
        }
        (&MANY, bitmap) => {
            let places = RoaringBitmap::deserialize_from(bitmap).ok()?;
            places.max().is_none_or(|last| last <= u32::from(u16::MAX)).then_some(places)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn places_come_back_as_they_were(places in proptest::collection::btree_set(any::<u16>(), 0..40)) {
            let places: RoaringBitmap = places.into_iter().map(u32::from).collect();
            prop_assert_eq!(decode(&encode(&places)), Some(places));
        }

        #[test]
        fn bytes_of_any_kind_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = decode(&bytes);
        }
    }

    #[test]
    fn what_is_beyond_a_segment_is_no_place() {
        let beyond: RoaringBitmap = (60_000..70_000).collect();
        assert_eq!(decode(&encode(&beyond)), None);
        assert_eq!(decode(&[]), None);
        assert_eq!(decode(&[FEW, 1]), None);
    }
}
