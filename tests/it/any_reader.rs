//! Whatever strangers publish as keys, show as certificates or write into `X-Forwarded-For`, nothing panics and nothing
//! is believed that must not be. The same laws as those of `fuzz/`, from the same seeds.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;

#[path = "../../fuzz/readers.rs"]
mod readers;

use readers::{judge_certificate, judge_forwarded, judge_jwks};

/// The readers, each with its seeds and their names.
static READERS: LazyLock<[Reader; 3]> = LazyLock::new(|| {
    [
        Reader { judge: judge_jwks, seeds: seeds("jwks") },
        Reader { judge: judge_certificate, seeds: seeds("certificate") },
        Reader { judge: judge_forwarded, seeds: seeds("forwarded") },
    ]
});

struct Reader {
    judge: fn(&[u8]) -> bool,
    seeds: Vec<(String, Vec<u8>)>,
}

fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|file| (file.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(file).unwrap())).collect()
}

/// What a seed becomes at some place: another byte, an end, or a second half of itself.
#[derive(Debug, Clone)]
enum Spoilt {
    Byte(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Doubled(prop::sample::Index),
}

fn spoilt() -> impl Strategy<Value = Spoilt> {
    let place = any::<prop::sample::Index>;
    prop_oneof![
        4 => (place(), any::<u8>()).prop_map(|(at, byte)| Spoilt::Byte(at, byte)),
        1 => place().prop_map(Spoilt::Cut),
        1 => place().prop_map(Spoilt::Doubled),
    ]
}

impl Spoilt {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match self {
            Self::Byte(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            Self::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Self::Doubled(at) => bytes.extend_from_within(at.index(bytes.len())..),
        }
    }
}

#[test]
fn every_seed_is_read_or_not_as_it_is_called() {
    for Reader { judge, seeds } in READERS.iter() {
        for (name, bytes) in seeds {
            assert_eq!(judge(bytes), name.starts_with("good-"), "{name}");
        }
        assert!(seeds.iter().any(|(name, _)| name.starts_with("bad-")));
    }
}

proptest! {
    #[test]
    fn whatever_becomes_of_a_seed_keeps_the_laws(
        reader in 0..3_usize,
        seed in any::<prop::sample::Index>(),
        spoilt in proptest::collection::vec(spoilt(), 1..4),
    ) {
        let Reader { judge, seeds } = &READERS[reader];
        let mut bytes = seed.get(seeds).1.clone();
        spoilt.iter().for_each(|spoilt| spoilt.apply(&mut bytes));
        judge(&bytes);
    }

    #[test]
    fn a24_whatever_stands_in_the_header_keeps_the_laws(
        peer in "10\\.0\\.0\\.[1-9]|192\\.0\\.2\\.1|2001:db8::[1-9]|::ffff:10\\.0\\.0\\.1",
        lines in proptest::collection::vec("((10|192|::)[.:0-9a-f]{0,12}|[ ,\t]|[!-~]{0,3}){0,6}", 0..4),
        bytes in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        let is_read = judge_forwarded(format!("{peer}\n{}", lines.join("\n")).as_bytes());
        prop_assert!(is_read);
        judge_forwarded(&[format!("{peer}\n").as_bytes(), &bytes].concat());
    }

    #[test]
    fn bytes_that_are_nothing_keep_the_laws(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for Reader { judge, .. } in READERS.iter() {
            judge(&bytes);
        }
    }
}
