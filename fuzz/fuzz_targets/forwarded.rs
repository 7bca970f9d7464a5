//! Arbitrary lines of `X-Forwarded-For` behind a peer: nobody says who asks whom a trusted proxy has not heard.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, reason = "the other targets have the other laws")]
#[path = "../readers.rs"]
mod readers;

fuzz_target!(|bytes: &[u8]| {
    readers::judge_forwarded(bytes);
});
