#![no_main]
//! See `testing/fuzz-targets/src/checkpoint.rs`.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::checkpoint::run(bytes));
