//! Arbitrary bytes as a certificate of Amazon SNS and of a client: nothing is forged with its key, and it is itself
//! and no other.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, reason = "the other targets have the other laws")]
#[path = "../readers.rs"]
mod readers;

fuzz_target!(|bytes: &[u8]| {
    readers::judge_certificate(bytes);
});
