//! Bytes of any kind in the place of each thing that is read: an answer comes, and never a panic.

use proptest::prelude::*;

use super::*;
use crate::incident::Digest;
use crate::trail::audit::{check_consistency, check_proof};

/// Bytes, and what is nearly right: `good` with a piece of it replaced.
fn nearly(good: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let bytes = || prop_oneof![any::<Vec<u8>>(), "[\\n —=+a-zA-Z0-9./]{0,80}".prop_map(String::into_bytes)];
    let spliced = (any::<prop::sample::Index>(), 0..40_usize, bytes()).prop_map(move |(at, length, piece)| {
        let from = at.index(good.len() + 1);
        let to = (from + length).min(good.len());
        [&good[..from], &piece, &good[to..]].concat()
    });
    prop_oneof![bytes(), spliced]
}

fn note() -> Vec<u8> {
    owner().checkpoint(12, &[7; 32], SIGNED_AT).into_bytes()
}

fn proof_text() -> Vec<u8> {
    let note = String::from_utf8(note()).unwrap();
    format!("c2sp.org/tlog-proof@v1\nextra AAAA\nindex 3\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n{note}")
        .into_bytes()
}

/// Puts bytes in the place of a file of a good log: whatever is not what it was is a fault.
fn in_place_of(name: &str, width: usize, bytes: &[u8]) -> Result<(), TestCaseError> {
    let log = Log::of(width);
    let good = fs::read(log.file(name)).unwrap();
    fs::write(log.file(name), bytes).unwrap();
    prop_assert_eq!(log.verify().is_ok(), bytes == good, "{}", name);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn keys_of_any_kind(bytes in nearly(owner().vkey().into_bytes())) {
        let text = String::from_utf8_lossy(&bytes);
        let read = Keys::parse(&text);
        prop_assert_eq!(read.is_ok(), text.strip_suffix('\n').unwrap_or(&text) == owner().vkey());
    }

    #[test]
    fn notes_of_any_kind(bytes in nearly(note())) {
        if let Ok(checkpoint) = Checkpoint::open(&bytes, &keys()) {
            prop_assert_eq!((checkpoint.size(), checkpoint.root()), (12, Digest([7; 32])));
        }
    }

    #[test]
    fn proofs_of_any_kind(bytes in nearly(proof_text()), record in any::<Vec<u8>>()) {
        prop_assert!(check_proof(&record, &bytes, &keys()).is_err());
        prop_assert!(check_proof(&super::record(3, "x"), &bytes, &keys()).is_err());
    }

    #[test]
    fn consistency_of_any_kind(sizes in any::<(u32, u32)>(), bits in 0..64_u32, hashes in prop::collection::vec(any::<[u8; 32]>(), 0..70)) {
        let checkpoint = |size: u64| {
            let note = owner().checkpoint(size as usize, &[7; 32], SIGNED_AT);
            Checkpoint::open(note.as_bytes(), &keys()).unwrap()
        };
        let (old, new) = (u64::from(sizes.0) << (bits / 2), u64::from(sizes.1).rotate_right(bits));
        let hashes: Vec<_> = hashes.into_iter().map(Digest).collect();
        let is_same = old == new && old > 0 && hashes.is_empty();
        prop_assert_eq!(check_consistency(&checkpoint(old), &checkpoint(new), &hashes).is_ok(), is_same);
    }

    #[test]
    fn bundles_of_any_kind(bytes in nearly(writer::bundle(&records(5)))) {
        in_place_of("tile/entries/000.p/5", 5, &bytes)?;
    }

    #[test]
    fn tiles_of_any_kind(bytes in nearly(writer::leaves(&records(5)).concat())) {
        in_place_of("tile/0/000.p/5", 5, &bytes)?;
    }

    #[test]
    fn histories_of_any_kind(bytes in nearly([note(), b"\n".to_vec(), note()].concat())) {
        let log = Log::of(1);
        fs::create_dir(log.file("checkpoints")).unwrap();
        fs::write(log.file("checkpoints/2023-11-14"), &bytes).unwrap();
        let _ = log.verify();
    }
}
