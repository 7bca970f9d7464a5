//! A hand in the folder: what it changed is named.

use super::*;

fn changed(seq: u64) -> Result<Report, Fault> {
    Err(Fault::Changed { seq })
}

/// Where record `seq` begins in its bundle, with its length.
fn offset(log: &Log, seq: usize) -> usize {
    log.records[seq / 256 * 256..seq].iter().map(|record| record.len() + 2).sum()
}

#[test]
fn h01_a_flipped_byte_in_a_record_names_the_record() {
    for seq in [0, 255, 256, 300, 767, 768, 899] {
        let log = Log::of(SIZE);
        let name =
            if seq < 768 { format!("tile/entries/00{}", seq / 256) } else { "tile/entries/003.p/132".to_owned() };
        log.flip(&name, offset(&log, seq) + 40);
        assert_eq!(log.verify(), changed(seq as u64));
        assert_eq!(log.verify().unwrap_err().seq(), Some(seq as u64));
    }
}

#[test]
fn h01_a_flipped_byte_in_a_length_names_the_record() {
    for (seq, expected) in [(0, 0), (300, 300), (899, 899)] {
        let log = Log::of(SIZE);
        let name =
            if seq < 768 { format!("tile/entries/00{}", seq / 256) } else { "tile/entries/003.p/132".to_owned() };
        let (low, high) = (offset(&log, seq) + 1, offset(&log, seq));
        log.flip(&name, low);
        assert_eq!(log.verify().unwrap_err().seq(), Some(expected), "{seq}");
        log.flip(&name, low);
        log.flip(&name, high);
        assert_eq!(log.verify().unwrap_err().seq(), Some(expected), "{seq}");
        log.flip(&name, high);
        log.verify().unwrap();
    }
}

#[test]
fn h01_of_several_changed_records_the_first_is_named() {
    let log = Log::of(SIZE);
    for seq in [700, 301, 800, 300, 500] {
        let name =
            if seq < 768 { format!("tile/entries/00{}", seq / 256) } else { "tile/entries/003.p/132".to_owned() };
        log.flip(&name, offset(&log, seq) + 40);
    }
    assert_eq!(log.verify(), changed(300));
    log.remove("tile/entries/000");
    assert_eq!(log.verify(), Err(Fault::Missing { seq: 0 }));
}

#[test]
fn h02_a_flipped_byte_in_a_tile_names_the_tile() {
    let tiles = [
        ("tile/0/000", 32 * 7, 7, 7),
        ("tile/0/002", 8191, 767, 767),
        ("tile/0/003.p/132", 32 * 131, 899, 899),
        ("tile/1/000.p/3", 0, 0, 255),
        ("tile/1/000.p/3", 32 * 3 - 1, 512, 767),
    ];
    for (path, at, first, last) in tiles {
        let log = Log::of(SIZE);
        log.flip(path, at);
        assert_eq!(log.verify(), Err(Fault::TileDiffers { path: path.to_owned(), first, last }));
    }
}

#[test]
fn h02_a_tile_that_is_gone_or_has_another_length_is_named() {
    for path in ["tile/0/001", "tile/0/003.p/132", "tile/1/000.p/3"] {
        let log = Log::of(SIZE);
        let good = fs::read(log.file(path)).unwrap();
        for bytes in [&good[1..], &good[..good.len() - 32], &[&good[..], &[0; 32]].concat(), &[]] {
            fs::write(log.file(path), bytes).unwrap();
            let fault = log.verify().unwrap_err();
            let is_named =
                matches!(&fault, Fault::TileLength { path: named, bytes: had } if named == path && *had == bytes.len());
            assert!(is_named || matches!(&fault, Fault::Unreadable { path: named, .. } if named == path), "{fault}");
        }
        log.remove(path);
        assert_eq!(log.verify(), Err(Fault::TileMissing { path: path.to_owned() }));
    }
}

/// Names and ids of keys are not signed: a line with others is that of a stranger. If that is the line that says when,
/// the time is not known, and nothing else is lost.
#[test]
fn h02_a_flipped_byte_anywhere_in_the_checkpoint_is_found_or_takes_the_time_away() {
    let log = Log::of(3);
    let good = fs::read_to_string(log.file("checkpoint")).unwrap();
    let last_line = good.rfind('—').unwrap();
    let signature = good.rfind(' ').unwrap() + 1;
    for at in 0..good.len() {
        log.flip("checkpoint", at);
        let found = log.verify();
        let in_name_or_id = (last_line..signature + 6).contains(&at);
        match &found {
            Err(fault) => assert!(matches!(fault, Fault::Checkpoint(_)), "{at}: {fault}"),
            Ok(report) => assert!(in_name_or_id && report.checkpoint_at.is_none(), "{at}: {report:?}"),
        }
        log.flip("checkpoint", at);
    }
    log.remove("checkpoint");
    assert_eq!(log.verify(), Err(Fault::NoCheckpoint));
}

#[test]
fn h03_a_deleted_record_is_named() {
    for seq in [0, 300, 767, 800, 899] {
        let log = Log::of(SIZE);
        let (from, to) = (seq / 256 * 256, (seq / 256 * 256 + 256).min(SIZE));
        let mut bundle = log.records[from..to].to_vec();
        bundle.remove(seq - from);
        log.put_bundle(seq / 256, &bundle);
        let missing = seq == to - 1;
        let expected = if missing { Err(Fault::Missing { seq: seq as u64 }) } else { changed(seq as u64) };
        assert_eq!(log.verify(), expected);
    }
}

#[test]
fn h03_a_bundle_that_is_gone_names_the_first_record_in_it() {
    for (name, seq) in [("tile/entries/000", 0), ("tile/entries/002", 512), ("tile/entries/003.p/132", 768)] {
        let log = Log::of(SIZE);
        log.remove(name);
        assert_eq!(log.verify(), Err(Fault::Missing { seq }));
        fs::write(log.file(name), b"").unwrap();
        assert_eq!(log.verify(), Err(Fault::Missing { seq }));
        fs::write(log.file(name), b"\0").unwrap();
        assert_eq!(log.verify(), Err(Fault::CutOff { seq }));
    }
}

#[test]
fn h03_an_inserted_record_is_named() {
    for (at, expected) in [(0, changed(256)), (9, changed(265)), (256, Err(Fault::Surplus { seq: 512 }))] {
        let log = Log::of(SIZE);
        let mut bundle = log.records[256..512].to_vec();
        bundle.insert(at, record(256 + at, "put in between"));
        log.put_bundle(1, &bundle);
        assert_eq!(log.verify(), expected);
    }
}

#[test]
fn h03_swapped_records_are_named() {
    let log = Log::of(SIZE);
    let mut bundle = log.records[256..512].to_vec();
    bundle.swap(10, 20);
    log.put_bundle(1, &bundle);
    assert_eq!(log.verify(), changed(266));
    let log = Log::of(SIZE);
    log.put_bundle(1, &log.records[512..768]);
    log.put_bundle(2, &log.records[256..512]);
    assert_eq!(log.verify(), changed(256));
}

#[test]
fn h03_a_duplicated_record_is_named() {
    let log = Log::of(SIZE);
    let mut bundle = log.records[256..512].to_vec();
    bundle[11] = bundle[10].clone();
    log.put_bundle(1, &bundle);
    assert_eq!(log.verify(), changed(267));
}

/// With the tiles made to fit, and the checkpoint left as it was.
#[test]
fn h03_records_and_tiles_that_fit_each_other_do_not_fit_the_checkpoint() {
    let log = Log::of(SIZE);
    let checkpoint = fs::read(log.file("checkpoint")).unwrap();
    let mut forged = log.records.clone();
    forged[300] = record(300, "forged");
    writer::write(log.path(), &owner(), &forged, SIGNED_AT);
    fs::write(log.file("checkpoint"), &checkpoint).unwrap();
    let fault = log.verify().unwrap_err();
    assert!(matches!(fault, Fault::RootDiffers { size: 900, .. }), "{fault}");
    // Only the lowest tile made to fit: the one above gives it away.
    let log = Log::of(SIZE);
    log.put_bundle(1, &forged[256..512]);
    fs::write(log.file("tile/0/001"), writer::leaves(&forged[256..512]).concat()).unwrap();
    let path = "tile/1/000.p/3".to_owned();
    assert_eq!(log.verify(), Err(Fault::TileDiffers { path, first: 256, last: 511 }));
}

/// Signed by the owner and yet no records: what is signed has to be read all the same.
#[test]
fn h03_signed_records_that_are_none_or_out_of_place_are_named() {
    let with = |seq: usize, record: Vec<u8>| {
        let mut records = records(SIZE);
        records[seq] = record;
        Log::written(records).verify()
    };
    assert_eq!(with(300, record(301, "x")), Err(Fault::OutOfPlace { seq: 300, says: 301 }));
    for bytes in [b"".to_vec(), b"{}".to_vec(), vec![0xff; 9]] {
        let found = with(899, bytes);
        assert!(matches!(found, Err(Fault::NotARecord { seq: 899, .. })), "{found:?}");
    }
}

#[test]
fn h04_a_log_rolled_back_to_an_older_copy_fails_against_a_kept_checkpoint_only() {
    let kept = Log::of(SIZE).checkpoint_at(SIZE);
    let older = Log::of(700);
    older.verify().unwrap();
    let fault = older.verify_against(&[older.checkpoint_at(100), kept]).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "the log was rolled back: the 2. checkpoint that was kept elsewhere has 900 records, and the log has 700"
    );
    assert_eq!(fault.code(), "rolled_back");
}

#[test]
fn h04_a_cut_tail_is_named_while_the_checkpoint_is_not_cut_with_it() {
    let log = Log::of(SIZE);
    log.put_bundle(3, &log.records[768..850]);
    assert_eq!(log.verify(), Err(Fault::Missing { seq: 850 }));
    log.remove("tile/entries/003.p/132");
    log.remove("tile/entries/002");
    assert_eq!(log.verify(), Err(Fault::Missing { seq: 512 }));
}

#[test]
fn h05_a_log_rewritten_and_signed_anew_passes_alone_and_fails_against_an_older_checkpoint() {
    let good = Log::of(SIZE);
    let mut forged = good.records.clone();
    forged[300] = record(300, "forged");
    let forged = Log::written(forged);
    forged.verify().unwrap();
    // What was signed before the forged record does not give it away, and everything behind it does.
    for size in [0, 1, 256, 300] {
        assert_eq!(forged.verify_against(&[good.checkpoint_at(size)]).unwrap().older, 1, "{size}");
    }
    for size in [301, 511, 512, 513, 899, 900] {
        let fault = forged.verify_against(&[good.checkpoint_at(100), good.checkpoint_at(size)]).unwrap_err();
        let named = matches!(&fault, Fault::Rewritten { whose, size: at, .. } if *at == size as u64 && whose.to_string().starts_with("the 2."));
        assert!(named, "{size}: {fault}");
    }
}

#[cfg(unix)]
#[test]
fn what_would_keep_an_auditor_waiting_is_named() {
    for name in ["tile/entries/000", "tile/0/001", "checkpoint", "checkpoints/2023-11-14"] {
        let log = Log::of(SIZE);
        let path = log.file(name);
        let _ = fs::remove_file(&path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
        assert!(matches!(log.verify(), Err(Fault::Unreadable { path, .. }) if path == name), "{name}");
    }
}
