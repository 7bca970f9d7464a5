//! Proofs that stand alone, made by recursion and checked by the algorithms of RFC 9162.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::incident::Digest;
use crate::trail::audit::proof::root_by_inclusion;
use crate::trail::audit::{InvalidProof, check_consistency, check_proof};

fn digests(hashes: &[Hash]) -> Vec<Digest> {
    hashes.iter().copied().map(Digest).collect()
}

fn proof(index: impl std::fmt::Display, path: &[Hash], note: &str) -> String {
    let path: String = path.iter().map(|hash| format!("{}\n", STANDARD.encode(hash))).collect();
    format!("c2sp.org/tlog-proof@v1\nindex {index}\n{path}\n{note}")
}

fn note(leaves: &[Hash]) -> String {
    owner().checkpoint(leaves.len(), &writer::root(leaves), SIGNED_AT)
}

#[test]
fn h07_every_record_of_a_log_of_1_000_proves_its_inclusion() {
    let records = records(1000);
    let leaves = writer::leaves(&records);
    let (root, note) = (writer::root(&leaves), note(&leaves));
    for (index, record) in records.iter().enumerate() {
        let path = writer::inclusion(index, &leaves);
        assert_eq!(root_by_inclusion(leaves[index], index as u64, 1000, &path), Ok(root), "{index}");
        if index % 100 == 99 {
            let included = check_proof(record, proof(index, &path, &note).as_bytes(), &keys()).unwrap();
            assert_eq!((included.seq, included.checkpoint.size()), (index as u64, 1000));
        }
    }
}

#[test]
fn h07_inclusion_at_every_size_at_the_edges() {
    let all = records(600);
    for size in [1, 2, 3, 255, 256, 257, 511, 512, 513, 600] {
        let leaves = writer::leaves(&all[..size]);
        let note = note(&leaves);
        for index in [0, 1, size / 2, size - 1].into_iter().filter(|index| *index < size) {
            let text = proof(index, &writer::inclusion(index, &leaves), &note);
            check_proof(&all[index], text.as_bytes(), &keys()).unwrap();
        }
    }
}

#[test]
fn h02_a_proof_that_was_changed_anywhere_proves_nothing() {
    let records = records(7);
    let leaves = writer::leaves(&records);
    for index in [0, 3, 6] {
        let path = writer::inclusion(index, &leaves);
        let good = proof(index, &path, &note(&leaves));
        let before = check_proof(&records[index], good.as_bytes(), &keys()).unwrap().checkpoint;
        for place in (0..good.len()).step_by(5) {
            let mut bytes = good.clone().into_bytes();
            bytes[place] ^= 1;
            // Whose line says when is not signed; the time is all that is lost with it.
            if let Ok(included) = check_proof(&records[index], &bytes, &keys()) {
                let after = included.checkpoint;
                assert!(after.at().is_none() && after.root() == before.root(), "{index}: {place}");
            }
        }
        let longer = [&path[..], &[[0; 32]]].concat();
        let refused =
            |path: &[Hash]| check_proof(&records[index], proof(index, path, &note(&leaves)).as_bytes(), &keys());
        assert_eq!(refused(&longer), Err(InvalidProof::Length));
        assert_eq!(refused(&path[1..]), Err(InvalidProof::Length));
        assert_eq!(refused(&[[0; 32]; 65]), Err(InvalidProof::Length));
    }
}

#[test]
fn a_proof_of_another_record_or_behind_the_checkpoint_proves_nothing() {
    let records = records(7);
    let leaves = writer::leaves(&records);
    let path = writer::inclusion(3, &leaves);
    let refused = |record: &[u8], index: usize, size: usize| {
        check_proof(record, proof(index, &path, &note(&leaves[..size])).as_bytes(), &keys()).unwrap_err()
    };
    assert_eq!(refused(&records[4], 3, 7), InvalidProof::OtherRecord { index: 3, seq: 4 });
    assert_eq!(refused(&records[3], 3, 3), InvalidProof::Beyond { seq: 3, size: 3 });
    assert_eq!(refused(&records[3], 3, 0), InvalidProof::Beyond { seq: 3, size: 0 });
    assert_eq!(refused(&record(3, "forged"), 3, 7), InvalidProof::OtherRoot);
    assert!(matches!(refused(b"{}", 3, 7), InvalidProof::NotARecord(_)));
}

#[test]
fn only_the_one_form_of_a_proof_is_taken() {
    let records = records(7);
    let leaves = writer::leaves(&records);
    let good = proof(3, &writer::inclusion(3, &leaves), &note(&leaves));
    let check = |text: &str| check_proof(&records[3], text.as_bytes(), &keys());
    check(&good.replace("index", "extra dGVzdCBvbmx5\nindex")).unwrap();
    for bad in [
        String::new(),
        good.replace("@v1", "@v2"),
        good.replace('\n', "\r\n"),
        good.replace("index 3", "index 03"),
        good.replace("index 3", "index +3"),
        good.replace("index 3\n", ""),
        good.replace("index 3", "index 3\nextra dGVzdCBvbmx5"),
        good.replace("index", "extra ?\nindex"),
        good.replace("index", "extra dGVzdCBvbmx5\nextra dGVzdCBvbmx5\nindex"),
        good.replacen("=\n", "\n", 1),
        good.replacen("\n\n", "\n", 1),
        format!(" {good}"),
        good.repeat(2000),
    ] {
        assert!(matches!(check(&bad), Err(InvalidProof::Shape(_))), "{bad:.200}");
    }
}

#[test]
fn h07_consistency_between_every_pair_of_50_checkpoints() {
    let log = Log::of(700);
    let leaves = log.leaves();
    let edges = [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 700];
    let sizes: Vec<usize> = edges.into_iter().chain((1..40).map(|n| n * 17 + 3)).collect();
    let checkpoints: Vec<_> = sizes.iter().map(|size| log.checkpoint_at(*size)).collect();
    assert_eq!(checkpoints.len(), 50);
    for old in &checkpoints {
        for new in &checkpoints {
            if old.size() > new.size() {
                let refused = check_consistency(old, new, &[]);
                assert_eq!(refused, Err(InvalidProof::Shrunk { old: old.size(), new: new.size() }));
                continue;
            }
            let hashes = digests(&writer::consistency(old.size() as usize, &leaves[..new.size() as usize]));
            let pair = format!("{} to {}", old.size(), new.size());
            assert_eq!(check_consistency(old, new, &hashes), Ok(()), "{pair}");
            let longer = [&hashes[..], &[Digest([0; 32])]].concat();
            assert_eq!(check_consistency(old, new, &longer), Err(InvalidProof::Length), "{pair}");
            if let Some(shorter) = hashes.get(1..) {
                assert!(check_consistency(old, new, shorter).is_err(), "{pair}");
            }
            for place in 0..hashes.len() {
                let mut wrong = hashes.clone();
                wrong[place].0[0] ^= 1;
                assert!(check_consistency(old, new, &wrong).is_err(), "{pair}");
            }
        }
    }
}

#[test]
fn h05_no_proof_leads_from_an_older_checkpoint_to_a_rewritten_log() {
    let good = Log::of(300);
    let mut forged = good.records.clone();
    forged[9] = record(9, "forged");
    let forged = Log::written(forged);
    for (from, to) in [(10, 300), (256, 300), (300, 300), (128, 256)] {
        let hashes = digests(&writer::consistency(from, &forged.leaves()[..to]));
        let refused = check_consistency(&good.checkpoint_at(from), &forged.checkpoint_at(to), &hashes);
        assert!(
            matches!(refused, Err(InvalidProof::OtherOldRoot | InvalidProof::OtherRoot)),
            "{from} to {to}: {refused:?}"
        );
    }
    let nothing = owner().checkpoint(0, &[1; 32], SIGNED_AT);
    let nothing = Checkpoint::open(nothing.as_bytes(), &keys()).unwrap();
    assert_eq!(check_consistency(&nothing, &good.checkpoint_at(1), &[]), Err(InvalidProof::OtherOldRoot));
}
