//! Keys, signed notes and checkpoints: what is taken, what is passed over, and what is refused.

use super::*;
use crate::trail::audit::{InvalidCheckpoint, InvalidKey, InvalidKeys, InvalidNote};

const ROOT: Hash = [7; 32];

fn good() -> String {
    owner().checkpoint(12, &ROOT, SIGNED_AT)
}

fn open(note: &str) -> Result<Checkpoint, InvalidCheckpoint> {
    Checkpoint::open(note.as_bytes(), &keys())
}

fn check_refused(note: &str, expected: InvalidNote) {
    assert_eq!(open(note), Err(InvalidCheckpoint::Note(expected)), "{note:?}");
}

/// A note with this text, signed.
fn signed(text: &str) -> String {
    format!("{text}\n{}", owner().line(text))
}

fn text() -> String {
    writer::text(&owner().origin, 12, &ROOT)
}

#[test]
fn a_checkpoint_says_size_root_and_time() {
    let checkpoint = open(&good()).unwrap();
    assert_eq!((checkpoint.size(), checkpoint.root().0), (12, ROOT));
    assert_eq!(checkpoint.at(), Some(Timestamp::from_second(SIGNED_AT as i64).unwrap()));
    assert_eq!(open(&signed(&text())).unwrap().at(), None);
    assert_eq!(open(&signed(&format!("{}extension\n", text()))).unwrap().size(), 12);
}

#[test]
fn h06_an_unknown_key_is_ignored_and_alone_refused() {
    let stranger = Owner::new(&owner().origin, 2);
    let other_name = Owner::new("other.example/log", 1);
    for other in [&stranger, &other_name] {
        check_refused(&format!("{}\n{}", text(), other.line(&text())), InvalidNote::NotSigned);
        let both = format!("{}\n{}{}", text(), other.line("something else\n"), owner().line(&text()));
        assert_eq!(open(&both).unwrap().size(), 12);
    }
}

#[test]
fn h06_a_wrong_origin_is_refused() {
    let note = signed(&writer::text("other.example/log", 12, &ROOT));
    assert_eq!(open(&note), Err(InvalidCheckpoint::Origin("other.example/log".to_owned())));
}

#[test]
fn h06_two_signatures_of_a_rotation_are_accepted_with_either_key() {
    let (before, after) = (owner(), Owner::new(&owner().origin, 2));
    let note = format!("{}\n{}{}", text(), after.line(&text()), before.line(&text()));
    let both = format!("{}\n{}\n", after.vkey(), before.vkey());
    for keys in [before.vkey(), after.vkey(), both.clone()] {
        assert_eq!(Checkpoint::open(note.as_bytes(), &Keys::parse(&keys).unwrap()).unwrap().size(), 12);
    }
    // Of before the rotation, with the keys of after it.
    assert_eq!(Checkpoint::open(good().as_bytes(), &Keys::parse(&both).unwrap()).unwrap().size(), 12);
    let wrong = format!("{}\n{}{}", text(), after.line("other\n"), before.line(&text()));
    let refused = Checkpoint::open(wrong.as_bytes(), &Keys::parse(&both).unwrap());
    assert_eq!(refused, Err(InvalidCheckpoint::Note(InvalidNote::WrongSignature(1))));
}

#[test]
fn h06_a_wrong_signature_of_a_known_key_refuses_the_whole_note() {
    let (line, wrong) = (owner().line(&text()), owner().line("other\n"));
    check_refused(&format!("{}\n{line}{wrong}", text()), InvalidNote::WrongSignature(2));
    let late = owner().timestamped_line("other\n", SIGNED_AT);
    check_refused(&format!("{}\n{line}{late}", text()), InvalidNote::WrongSignature(2));
    let never = owner().timestamped_line(&text(), u64::MAX);
    check_refused(&format!("{}\n{line}{never}", text()), InvalidNote::WrongSignature(2));
    let far = owner().timestamped_line(&text(), i64::MAX as u64);
    assert_eq!(open(&format!("{}\n{line}{far}", text())), Err(InvalidCheckpoint::Time));
    // When is no word that it was signed.
    let when = owner().timestamped_line(&text(), SIGNED_AT);
    check_refused(&format!("{}\n{when}", text()), InvalidNote::NotSigned);
}

#[test]
fn only_the_one_form_of_a_note_is_taken() {
    let (good, line) = (signed(&text()), owner().line(&text()));
    for bad in ["", "\n", "\n\n", &text(), &line, &format!("{}{line}", text()), good.trim_end(), &format!("{good}\n")] {
        check_refused(bad, InvalidNote::Shape);
    }
    for bad in [good.replace('\n', "\r\n"), good.replace("test", "te\tst"), format!("{good}\0")] {
        check_refused(&bad, InvalidNote::Control);
    }
    let bytes = [good.as_bytes(), b"\xff\n"].concat();
    assert_eq!(Checkpoint::open(&bytes, &keys()), Err(InvalidCheckpoint::Note(InvalidNote::NotText)));
    let tail = line.strip_prefix("— ").unwrap();
    for bad in [
        format!("- {tail}"),
        format!("—{tail}"),
        format!("—  {tail}"),
        line.replace("=\n", "\n"),
        line.replace('\n', " \n"),
        line.replace('\n', "=\n"),
        "— name AAAA\n".to_owned(),
        "— na+me AAAAAAAA\n".to_owned(),
        "— name\u{a0}x AAAAAAAA\n".to_owned(),
        "— name A?AAAAAA\n".to_owned(),
        // Bits that no byte has: another text of the same bytes.
        "— name AAAAAAB=\n".to_owned(),
        "name\n".to_owned(),
    ] {
        check_refused(&format!("{}\n{line}{bad}", text()), InvalidNote::SignatureLine(2));
    }
}

#[test]
fn a_note_has_limits() {
    let stranger = Owner::new("other.example/log", 2).line("x\n");
    let many = |count: usize| format!("{}\n{}{}", text(), owner().line(&text()), stranger.repeat(count));
    assert_eq!(open(&many(63)).unwrap().size(), 12);
    check_refused(&many(64), InvalidNote::TooManySignatures);
    let large = signed(&format!("{}{}\n", text(), "x".repeat(256 * 1024)));
    assert_eq!(open(&large), Err(InvalidCheckpoint::Note(InvalidNote::TooLarge)));
}

#[test]
fn only_the_one_form_of_a_checkpoint_is_taken() {
    let origin = owner().origin;
    let root = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
    assert_eq!(text(), format!("{origin}\n12\n{root}\n"));
    for size in ["012", "+12", "-1", "12 ", "0x1", "18446744073709551616", "１２"] {
        assert_eq!(open(&signed(&format!("{origin}\n{size}\n{root}\n"))), Err(InvalidCheckpoint::Size), "{size}");
    }
    // The last has bits that no byte has.
    for bad in ["", "BwcH", &root[..43], &root.replace('=', ""), &root.replace("wc=", "wd=")] {
        let expected = if bad.is_empty() { InvalidCheckpoint::Lines } else { InvalidCheckpoint::Root };
        assert_eq!(open(&signed(&format!("{origin}\n12\n{bad}\n"))), Err(expected), "{bad}");
    }
    for bad in [format!("{origin}\n12\n"), format!("{origin}\n"), format!("{origin}\n12\n{root}\n\nx\n")] {
        assert_eq!(open(&signed(&bad)), Err(InvalidCheckpoint::Lines), "{bad:?}");
    }
}

#[test]
fn keys_are_read_in_their_only_form() {
    let (key, other) = (owner().vkey(), Owner::new(&owner().origin, 2).vkey());
    assert_eq!(Keys::parse(&format!("{key}\n")).unwrap().origin(), "test.example/trail-test");
    assert_eq!(Keys::parse(&format!("{key}\n{other}\n")).unwrap().to_string().matches("trail-test+").count(), 2);
    assert_eq!(Keys::parse(""), Err(InvalidKeys::None));
    assert_eq!(Keys::parse("\n"), Err(InvalidKeys::None));
    assert_eq!(Keys::parse(&format!("{key}\n").repeat(65)), Err(InvalidKeys::TooMany));
    let (name, rest) = key.split_once('+').unwrap();
    let (id, encoded) = rest.split_once('+').unwrap();
    let typed = |kind: u8| {
        use base64::Engine as _;
        let engine = base64::engine::general_purpose::STANDARD;
        let bytes = engine.decode(encoded).unwrap();
        engine.encode([&[kind], &bytes[1..]].concat())
    };
    let weak = "AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for (line, expected) in [
        (name.to_owned(), InvalidKey::Shape),
        (format!("{name}+{id}"), InvalidKey::Shape),
        (format!("+{id}+{encoded}"), InvalidKey::Name),
        (format!("a b+{id}+{encoded}"), InvalidKey::Name),
        (format!("{name}+{}+{encoded}", &id[1..]), InvalidKey::Id),
        (format!("{name}+{}+{encoded}", "ABCDEF01"), InvalidKey::Id),
        (format!("{name}+{id}+{encoded}="), InvalidKey::Base64),
        (format!("{name}+{id}+{encoded}\r"), InvalidKey::Base64),
        (format!("{name}+{id}+"), InvalidKey::Key),
        (format!("{name}+{id}+AQ=="), InvalidKey::Key),
        (format!("{name}+{id}+{weak}"), InvalidKey::Key),
        (format!("{name}+{id}+{}", typed(2)), InvalidKey::Type(2)),
        (format!("{name}+{id}+{}", typed(4)), InvalidKey::Type(4)),
        (format!("{name}x+{id}+{encoded}"), InvalidKey::OtherId),
        (format!("{name}+00000000+{encoded}"), InvalidKey::OtherId),
    ] {
        assert_eq!(Keys::parse(&line), Err(InvalidKeys::Line { line: 1, why: expected }), "{line}");
    }
    let strangers = Owner::new("other.example/log", 2).vkey();
    let refused = Err(InvalidKeys::Line { line: 2, why: InvalidKey::OtherName });
    assert_eq!(Keys::parse(&format!("{key}\n{strangers}")), refused);
    assert!(Keys::parse(&format!("{key}\n\n{other}")).is_err());
}
