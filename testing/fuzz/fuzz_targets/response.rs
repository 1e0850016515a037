#![no_main]
//! See `src/buildkite/response.rs`.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| buildkite_audit_logs_fuzz::response::run(bytes));
