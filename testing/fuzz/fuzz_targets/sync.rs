#![no_main]
//! See `testing/fuzz-targets/src/sync.rs`.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::sync::run(bytes));
