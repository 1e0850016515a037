#![no_main]
//! See `testing/fuzz-targets/src/headers.rs`.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::headers::run(bytes));
