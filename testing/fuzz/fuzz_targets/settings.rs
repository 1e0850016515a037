#![no_main]
//! See `testing/fuzz-targets/src/settings.rs`.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::settings::run(bytes));
