#![no_main]
//! See `testing/fuzz-targets/src/response.rs`.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::response::run(bytes));
