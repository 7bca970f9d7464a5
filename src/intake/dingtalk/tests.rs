//! Published examples of callbacks, opened and made again byte for byte, and envelopes broken in every way.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::*;
use crate::incident::Timestamp;
use crate::intake::SecretProblem;

struct Vector {
    token: &'static str,
    aes_key: &'static str,
    owner: &'static str,
    timestamp: &'static str,
    nonce: &'static str,
    signature: &'static str,
    encrypted: &'static str,
    message: &'static str,
}

const SUITE: &str =
    r#"{"EventType":"check_create_suite_url","Random":"LPIdSnlF","TestSuiteKey":"suite4xxxxxxxxxxxxxxx"}"#;

/// The first is of a community's library, the others of DingTalk's own pages and libraries.
const VECTORS: [Vector; 5] = [
    Vector {
        token: "123456",
        aes_key: "4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ij",
        owner: "suite4xxxxxxxxxxxxxxx",
        timestamp: "1445827045067",
        nonce: "nEXhMP4r",
        signature: "bcf6dcefa4ce2dbaf7b0666c7264d46fd9aad4bd",
        encrypted: "5DJFWzjRNOQk+5GSZxW+VrFMDWCIidPjEjg3//gm5x556BedVi62rDj1F9uXU97a4jw1R4FACUv9RCpoDobNqxhxRB2YtW901k4KHbP1/wpFJ3xdLG0n0A8U1VhENg80zKJd+YROR0YMGum4WYuoXJ6J98vt0ihYeIFoapNddLML5MyNAGM9saSpkouDMSvD+iU14i7V8ix1ia1Tb9ogog==",
        message: SUITE,
    },
    Vector {
        token: "123456",
        aes_key: "4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ij",
        owner: "suite4xxxxxxxxxxxxxxx",
        timestamp: "1445827045067",
        nonce: "nEXhMP4r",
        signature: "5a65ceeef9aab2d149439f82dc191dd6c5cbe2c0",
        encrypted: "1a3NBxmCFwkCJvfoQ7WhJHB+iX3qHPsc9JbaDznE1i03peOk1LaOQoRz3+nlyGNhwmwJ3vDMG+OzrHMeiZI7gTRWVdUBmfxjZ8Ej23JVYa9VrYeJ5as7XM/ZpulX8NEQis44w53h1qAgnC3PRzM7Zc/D6Ibr0rgUathB6zRHP8PYrfgnNOS9PhSBdHlegK+AGGanfwjXuQ9+0pZcy0w9lQ==",
        message: SUITE,
    },
    Vector {
        token: "mryue",
        aes_key: "Yue0EfdN5900c1ce5cf6A152c63DDe1808a60c5ecd7",
        owner: "ding6ccabc44d2c8d38b",
        timestamp: "1608001896814",
        nonce: "WL4PK6yA",
        signature: "03044561471240d4a14bb09372dfcfd4fd0e40cb",
        encrypted: "0vJiX6vliEpwG3U45CtXqi+m8PXbQRARJ8p8BbDuD1EMTDf0jKpQ79QS93qEk7XHpP6u+oTTrd15NRPvNvmBKyDCYxxOK+HZeKju4yhELOFchzNukR+t8SB/qk4ROMu3",
        message: r#"{"EventType":"check_url"}"#,
    },
    Vector {
        token: "tokenxxxx",
        aes_key: "o1w0aum42yaptlz8alnhwikjd3jenzt9cb9wmzptgus",
        owner: "dingxxxxxx",
        timestamp: "1605695694141",
        nonce: "WelUQl6bCqcBa2fM",
        signature: "f36f4ba5337d426c7d4bca0dbcb06b3ddc1388fc",
        encrypted: "X1VSe9cTJUMZu60d3kyLYTrBq5578ZRJtteU94wG0Q4Uk6E/wQYeJRIC0/UFW5Wkya1Ihz9oXAdLlyC9TRaqsQ==",
        message: "success",
    },
    Vector {
        token: "123456",
        aes_key: "1234567890123456789012345678901234567890123",
        owner: "dingsnotzck6pm5veliw",
        timestamp: "1614767836",
        nonce: "A7Co0cJLMzIDtMMI",
        signature: "9a95a004dd16f5c307e849b994173f76aa26e5eb",
        encrypted: "YvkvaGe4hQxd3VxRmEty0dVlnCOAqwf56xwTRHDHoOURqhalbmBJQk5FNcRk42Gl5T0YQXZNwpwWSm1xAFJ5ZA==",
        message: "success",
    },
];

impl Vector {
    fn key(&self) -> DingTalkKey {
        DingTalkKey::new(self.token, self.aes_key, self.owner).unwrap()
    }
}

#[test]
fn published_callbacks_are_known_by_their_signature_and_opened() {
    for vector in &VECTORS {
        let Vector { timestamp, nonce, encrypted, .. } = *vector;
        let key = vector.key();
        let signature = key.signature(timestamp, nonce, encrypted);
        assert_eq!(hex::encode(signature), vector.signature);
        assert!(key.has_signed(signature, timestamp, nonce, encrypted));
        assert!(!key.has_signed(signature, timestamp, nonce, &encrypted.replacen('1', "2", 1)));
        assert_eq!(key.open(encrypted).as_deref(), Some(vector.message.as_bytes()));
    }
}

#[test]
fn published_callbacks_are_made_again_byte_for_byte() {
    for vector in &VECTORS {
        let key = vector.key();
        let chance = *key.open_raw(vector.encrypted).first_chunk().unwrap();
        assert_eq!(key.seal(vector.message.as_bytes(), chance), vector.encrypted);

        let now = Timestamp::from_millisecond(vector.timestamp.parse().unwrap()).unwrap();
        let fresh = Fresh { bytes: chance, nonce: vector.nonce.to_owned() };
        let made = Answer::new(std::sync::Arc::new(vector.key()), vector.message.to_owned()).document(now, &fresh);
        assert_eq!(key.read_answer(&made).as_deref(), Some(vector.message.as_bytes()));
        let push = key.push(vector.message.as_bytes(), now, &fresh);
        assert_eq!(push.body, json!({"encrypt": vector.encrypted}).to_string().into_bytes());
        // One example has its time in seconds, which we never write.
        if vector.timestamp.len() == 13 {
            assert_eq!(
                made,
                json!({
                    "msg_signature": vector.signature, "timeStamp": vector.timestamp,
                    "nonce": vector.nonce, "encrypt": vector.encrypted,
                })
            );
            let Vector { signature, timestamp, nonce, .. } = vector;
            assert_eq!(push.query, format!("msg_signature={signature}&timestamp={timestamp}&nonce={nonce}"));
        }
    }
}

/// What is encrypted, with everything that can be wrong with it.
struct Parts {
    length: u32,
    owner: &'static str,
    padding: Vec<u8>,
}

fn sealed(key: &DingTalkKey, parts: &Parts) -> String {
    let text = [&[7; 16][..], &parts.length.to_be_bytes(), b"message", parts.owner.as_bytes(), &parts.padding];
    key.seal_raw(text.concat())
}

#[test]
fn what_is_encrypted_is_believed_only_if_all_of_it_fits() {
    let key = DingTalkKey::new("token", VECTORS[2].aes_key, "owner").unwrap();
    // 16 of chance, 4 of length, 7 of message and 5 of owner are 32: a whole block is padding.
    let good = || Parts { length: 7, owner: "owner", padding: vec![32; 32] };
    let open = |parts: Parts| key.open(&sealed(&key, &parts));
    assert_eq!(open(good()).as_deref(), Some(&b"message"[..]));
    assert_eq!(open(Parts { length: 0, owner: "owner", padding: vec![32; 32] }), None, "the message is not the owner");

    for length in [8, 12, 13, u32::MAX, i32::MIN.cast_unsigned(), 6] {
        assert_eq!(open(Parts { length, ..good() }), None, "{length}");
    }
    for owner in ["Owner", "owne2", "other"] {
        assert_eq!(open(Parts { owner, ..good() }), None, "{owner}");
    }
    let mut uneven = vec![32; 32];
    uneven[0] = 31;
    for padding in [vec![0; 32], vec![33; 48], vec![33; 32], vec![255; 32], uneven, Vec::new()] {
        assert_eq!(open(Parts { padding: padding.clone(), ..good() }), None, "{padding:?}");
    }
    for count in 1..=32_u8 {
        let filler = vec![b'm'; 64 - 25 - usize::from(count)];
        let length = u32::try_from(filler.len()).unwrap().to_be_bytes();
        let text = [&[7; 16][..], &length, &filler, b"owner", &vec![count; usize::from(count)]].concat();
        assert_eq!(key.open(&key.seal_raw(text)), Some(filler), "padding of {count}");
    }
    let too_much_padding = key.seal_raw(vec![17; 16]);
    assert_eq!(key.open(&too_much_padding), None, "more padding than there is text");
}

#[test]
fn what_is_no_whole_blocks_or_no_base64_is_not_opened() {
    let key = VECTORS[3].key();
    let good = VECTORS[3].encrypted;
    let bytes = STANDARD.decode(good).unwrap();
    for cut in [1, 15, 16, 17, bytes.len() - 1, bytes.len()] {
        assert_eq!(key.open(&STANDARD.encode(&bytes[..bytes.len() - cut])), None, "{cut}");
        assert_eq!(key.open(&STANDARD.encode(&bytes[cut..])), None, "{cut}");
    }
    for bad in ["", "=", "*", &good.replace("==", ""), &good.replace("Q==", "R=="), &format!("{good}\n")] {
        assert_eq!(key.open(bad), None, "{bad}");
    }
    let of_others = [
        DingTalkKey::new("tokenxxxx", VECTORS[2].aes_key, "dingxxxxxx"),
        DingTalkKey::new("tokenxxxx", VECTORS[3].aes_key, "dingxxxxxy"),
    ];
    for other in of_others {
        assert_eq!(other.unwrap().open(good), None);
    }
}

#[test]
fn every_message_comes_out_as_it_went_in() {
    let key = VECTORS[4].key();
    for length in 0..100 {
        let message: Vec<u8> = (0..length).collect();
        assert_eq!(key.open(&key.seal(&message, [length; 16])), Some(message));
    }
}

#[test]
fn an_answer_is_read_by_whom_it_is_for_and_only_unchanged() {
    let key = VECTORS[3].key();
    let fresh = Fresh::random().unwrap();
    let document = Answer::new(std::sync::Arc::new(VECTORS[3].key()), SUCCESS.to_owned()).document(now(), &fresh);
    assert_eq!(key.read_answer(&document).as_deref(), Some(SUCCESS.as_bytes()));
    assert_eq!(VECTORS[2].key().read_answer(&document), None);
    for member in ["msg_signature", "timeStamp", "nonce", "encrypt"] {
        let mut changed = document.clone();
        changed[member] = "00".into();
        assert_eq!(key.read_answer(&changed), None, "{member}");
        changed.as_object_mut().unwrap().remove(member);
        assert_eq!(key.read_answer(&changed), None, "no {member}");
    }
    assert_ne!(fresh, Fresh::random().unwrap());
}

#[test]
fn keys_are_written_as_the_console_has_them() {
    let of = |token: &str, aes_key: &str| DingTalkKey::new(token, aes_key, "owner").map(drop);
    let aes_key = VECTORS[0].aes_key;
    for token in ["", "ab", "with blank", "token-", "tokün", &"x".repeat(33)] {
        assert_eq!(of(token, aes_key), Err(SecretProblem::NotDingTalkToken), "{token}");
    }
    for bad in ["", &aes_key[1..], &format!("{aes_key}a"), &aes_key.replace('q', "+"), &aes_key.replace("qx", "ü")] {
        assert_eq!(of("token", bad), Err(SecretProblem::NotDingTalkAesKey), "{bad}");
    }
    let printed = format!("{:?}", VECTORS[0].key().named("2026-11"));
    assert!(printed.contains("2026-11") && !printed.contains("4g5j") && !printed.contains("123456"), "{printed}");
}

fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap()
}
