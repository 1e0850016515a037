#![no_main]
//! See `src/headers.rs`.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| buildkite_audit_logs_fuzz::headers::run(bytes));
