#![no_main]
//! See `src/checkpoint/mod.rs`.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| buildkite_audit_logs_fuzz::checkpoint::run(bytes));
