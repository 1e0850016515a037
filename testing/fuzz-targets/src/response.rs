//! Fuzzes one answer, as [`exchange`] parses it: what it means, what `check` reports, and what a sync does with it.

use buildkite_audit_logs::ask::{Ask, Target};
use buildkite_audit_logs::buildkite::answer::{Page, What, answer};
use buildkite_audit_logs::buildkite::response::Response;
use buildkite_audit_logs::source::Checked;
use buildkite_audit_logs::text::time::{HOUR_MS, Millis};
use kit::configure;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{exchange, heap, promises};

/// Maximum number of events in one answer: twice the largest page.
const ROWS_MAX: usize = 1_000;

/// Asserts that any answer is interpreted in bounded memory and without showing the token, and that a sync survives it.
pub fn run(bytes: &[u8]) {
    let now = Millis::new(promises::NOW_MS);
    let response = exchange::read(bytes).response;
    let mut source = configure(promises::SETTINGS, None, now).expect("valid settings");
    for after in [None, Some("c1".to_owned())] {
        let ask = Ask { target: Target::Gap(0), after, first: 500, ..Ask::check() };
        let exchange = Ok(response.clone());
        let meant = heap::bounded(bytes.len(), || answer(source.config(), &ask, exchange, now));
        match meant.map(|answer| answer.what) {
            Ok(What::Page(page)) => is_page(&page, &response),
            Ok(What::Smaller(error)) => promises::is_fit(&error.to_string()),
            Ok(What::BadCursor(said)) => promises::is_fit(&said),
            Ok(What::UnknownTypes(_)) => panic!("no type is requested"),
            Ok(What::Later(later)) => assert!((1_000..=HOUR_MS).contains(&later.wait_ms)),
            Err(refusal) => promises::is_fit(&refusal.error.to_string()),
        }
    }
    let (probe, exchange) = (source.check(), Ok(response.clone()));
    let checked = heap::bounded(bytes.len(), || probe.receive(exchange, now));
    let Checked::Report(findings) = checked else { panic!("no type is requested") };
    assert_eq!(findings.len(), 12);
    findings.iter().for_each(|finding| promises::is_fit(&finding.message));
    for _ in 0..2 {
        let _ = promises::call(&mut source, 2, now, |_| Ok(response.clone()));
    }
    promises::come_to_rest(source, now);
}

/// Characters that some readers treat as the end of a line.
const LINE_BREAKS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// Asserts that each record is one line of JSON, not larger than its answer, and equal to its node.
fn is_page(page: &Page, response: &Response) {
    assert_eq!(response.status, 200);
    assert!(page.rows.len() <= ROWS_MAX);
    let rows = || page.rows.iter().flatten();
    // An escaped line break takes at most three times the bytes.
    assert!(rows().map(|row| row.payload.len()).sum::<usize>() <= 3 * response.body.len());
    for row in rows() {
        assert!(!row.payload.contains(LINE_BREAKS), "{:?}", row.payload);
        let parsed = serde_json::from_str::<&RawValue>(&row.payload);
        assert!(parsed.is_ok(), "{:?}", row.payload);
    }
    // `Value` refuses some valid numbers and lone surrogates; then there is nothing to compare with.
    let Ok(body) = serde_json::from_slice::<Value>(&response.body) else { return };
    let edges = body["data"]["organization"]["auditEvents"]["edges"].as_array();
    let edges = edges.expect("a page has edges");
    // A second node in an edge is a row of its own.
    assert!(edges.len() <= page.rows.len());
    if edges.len() < page.rows.len() {
        return;
    }
    for (edge, row) in edges.iter().zip(&page.rows) {
        let node = &edge["node"];
        if let Ok(row) = row {
            says(&row.payload, node);
        }
    }
}

/// Asserts that a record equals its node, except that `data` may be the value that the text parses to.
fn says(payload: &str, node: &Value) {
    let Ok(mut record) = serde_json::from_str::<Value>(payload) else { return };
    let data = record["data"].take();
    let is_unfolded = || {
        let inner = node["data"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        inner.as_ref() == Some(&data)
    };
    assert!(data == node["data"] || is_unfolded(), "{payload}");
    let mut node = node.clone();
    node["data"].take();
    assert_eq!(record, node);
}

/// Interprets an answer, and asserts that this takes at most `most` bytes of memory besides the answer itself.
pub fn in_memory(bytes: &[u8], most: usize) {
    let now = Millis::new(promises::NOW_MS);
    let exchange = Ok(exchange::read(bytes).response);
    let source = configure(promises::SETTINGS, None, now).expect("valid settings");
    let ask = Ask::check();
    let peak = allocation_counter::measure(|| {
        let _ = answer(source.config(), &ask, exchange, now);
    });
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(120)]);
    assert!(peak.bytes_max as usize <= most, "{} bytes of memory: {shown}", peak.bytes_max);
}
