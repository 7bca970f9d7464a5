//! Arbitrary bytes as a JSON Web Key Set: what of it is usable may verify, and nothing is forged with it.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, reason = "the other targets have the other laws")]
#[path = "../readers.rs"]
mod readers;

fuzz_target!(|bytes: &[u8]| {
    readers::judge_jwks(bytes);
});
