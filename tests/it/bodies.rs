//! Bodies that are no plain JSON: nothing decodes them, nothing reads them, and nothing that could is linked.

use std::path::Path;

use crate::harness::{Delivery, OKTA, RawConnection, TestApp, hook};

/// Crates that would decode or read something else than JSON.
const NOT_LINKED: [&str; 11] = [
    "brotli",
    "flate2",
    "zstd",
    "quick-xml",
    "roxmltree",
    "xml-rs",
    "xmlparser",
    "multer",
    "actix-multipart",
    "prost",
    "protobuf",
];

/// A valid gzip of zeros that is a hundred times and more what it is packed in.
fn bomb(bytes: usize) -> Vec<u8> {
    let mut bits = Bits::default();
    // The last block, with fixed codes; a zero, then 258 more of what was before again and again.
    bits.push(1, 1);
    bits.push(1, 2);
    bits.push_code(0b0011_0000, 8);
    for _ in 0..bytes / 258 {
        bits.push_code(0b1100_0101, 8);
        bits.push_code(0, 5);
    }
    bits.push_code(0, 7);
    // A decoder finds out at the very end that the check sum is wrong, when it has unpacked everything.
    [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff][..], &bits.bytes, &[0; 8]].concat()
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    /// Lowest bit first, as numbers are written.
    fn push(&mut self, value: u32, length: usize) {
        for at in 0..length {
            if self.count.is_multiple_of(8) {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().unwrap() |= u8::from(value >> at & 1 == 1) << (self.count % 8);
            self.count += 1;
        }
    }

    /// Highest bit first, as codes are written.
    fn push_code(&mut self, code: u32, length: usize) {
        (0..length).rev().for_each(|at| self.push(code >> at & 1, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c02_a_bomb_is_refused_as_it_is_packed() {
    let app = TestApp::start().await;
    let packed = bomb(32 * 1024 * 1024);
    assert!(packed.len() < 256 * 1024, "it is below the limit of a body: {}", packed.len());
    for number in 0..3 {
        let bomb = Delivery::signed(&OKTA, &format!("msg_{number}"), packed.clone(), app.now());
        let mut connection = RawConnection::open(&app).await;
        connection.send(&bomb.clone().with("content-encoding", "gzip").bytes()).await;
        assert_eq!(connection.answer().await.status, 415);
        let bare = bomb.with("content-type", "application/gzip");
        assert_eq!(app.deliver(&bare).await.status, 415);
    }
    app.end_unharmed(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c27_what_is_no_json_is_refused_by_what_it_calls_itself() {
    let app = TestApp::start().await;
    let entity = "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>";
    let part = "--x\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n{}\r\n--x--\r\n";
    let json = String::from_utf8(hook(&[])).unwrap();
    for (kind, body) in [
        ("application/xml", entity),
        ("text/xml", entity),
        ("application/soap+xml", entity),
        ("multipart/form-data; boundary=x", part),
        ("multipart/mixed; boundary=x", part),
        ("application/x-protobuf", "\u{8}\u{1}"),
        ("application/grpc", "\0\0\0\0\0"),
        ("application/xml", json.as_str()),
    ] {
        let delivery = Delivery::signed(&OKTA, "msg_1", body.as_bytes().to_vec(), app.now());
        let answer = app.deliver(&delivery.with("content-type", kind)).await;
        assert_eq!((answer.status, answer.code()), (415, "wrong_media_type"), "{kind}");
    }
    app.end_unharmed(0).await;
}

#[test]
fn c01_c27_nothing_is_linked_that_could_decode_or_read_another_format() {
    let lock = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    let linked = NOT_LINKED.iter().filter(|name| lock.contains(&format!("\nname = \"{name}\"\n")));
    assert_eq!(linked.collect::<Vec<_>>(), Vec::<&&str>::new());
    assert!(lock.contains("\nname = \"serde_json\"\n"), "the file is read as it is written");
}
