//! Tests the request that is sent: its headers, and a document and variables that are JSON whatever the settings
//! contain.

#![allow(clippy::panic)] // A test fails by panicking.
use buildkite_audit_logs::buildkite::query::Request;
use buildkite_audit_logs::source::Turn;
use buildkite_audit_logs::text::time::Millis;
use kit::{TOKEN, configure};

fn request(settings: &str) -> Request {
    let now = Millis::parse_rfc3339("2026-11-22T10:00:00Z").expect("a time");
    let mut source = configure(settings, None, now).expect("good settings");
    match source.read_batch(10, now) {
        Turn::Send(call) => call.request().clone(),
        Turn::Done(batch) => panic!("no request: {batch:?}"),
    }
}

#[test]
fn the_headers_ask_for_plain_json() {
    let request = request(r#"{"org_slug": "acme"}"#);
    let length = request.body.len().to_string();
    let headers: Vec<(&str, &str)> =
        request.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(
        headers,
        [
            ("accept", "application/json"),
            ("accept-encoding", "identity"),
            ("content-length", length.as_str()),
            ("content-type", "application/json"),
            ("user-agent", concat!("buildkite-audit-logs/", env!("CARGO_PKG_VERSION"))),
        ]
    );
}

#[test]
fn the_request_does_not_contain_the_token() {
    let request = request(r#"{"org_slug": "acme", "event_types": ["USER_UPDATED"]}"#);
    assert!(!format!("{request:?}").contains(TOKEN));
}

#[test]
fn the_variables_contain_the_settings() {
    let settings = r#"{"org_slug": "acme", "event_types": ["B", "A"], "page_size": 7,
                       "backfill_start_time": "2026-11-22T09:00:00+01:00"}"#;
    let body: serde_json::Value = serde_json::from_str(&request(settings).body).expect("JSON");
    let wanted = serde_json::json!({
        "slug": "acme", "first": 7, "from": "2026-11-22T07:59:58.999Z", "types": ["A", "B"],
    });
    assert_eq!(body["variables"], wanted);
}
