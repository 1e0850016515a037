#![no_main]
//! See `src/sync.rs`.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| buildkite_audit_logs_fuzz::sync::run(bytes));
