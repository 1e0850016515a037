#![no_main]
//! See `testing/fuzz-targets/src/answer.rs`.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::answer::run(bytes));
