#![no_main]
//! See `src/settings/mod.rs`.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| buildkite_audit_logs_fuzz::settings::run(bytes));
