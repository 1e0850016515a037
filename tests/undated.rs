//! Tests that events with an unreadable time do not pile up in the checkpoint, however many there are.

use buildkite_audit_logs::buildkite::response::Response;
use buildkite_audit_logs::source::{Source, Turn};
use buildkite_audit_logs::text::time::Millis;

/// Number of polls: more than the number of UUIDs that are ever kept.
const POLLS: i64 = 10_100;
const BEGIN_MS: i64 = 1_767_225_600_000;

fn answer(number: i64, occurred_at: &str, now_ms: i64) -> Response {
    let date = std::time::UNIX_EPOCH + std::time::Duration::from_millis(now_ms as u64);
    let body = format!(
        r#"{{"data":{{"organization":{{"auditEvents":{{"pageInfo":{{"hasNextPage":false}},"edges":[{{"node":{{"uuid":"00000000-0000-4000-8000-{number:012x}","type":"X","occurredAt":"{occurred_at}"}}}}]}}}}}}}}"#
    );
    Response {
        status: 200,
        headers: vec![("date".to_owned(), httpdate::fmt_http_date(date))],
        body: body.into_bytes(),
        elapsed_ms: 0,
    }
}

/// Polls at this time if a poll is due, and returns the number of events.
fn poll(source: &mut Source, number: i64, occurred_at: &str, now_ms: i64) -> usize {
    match source.read_batch(100, Millis::new(now_ms)) {
        Turn::Done(batch) => batch.rows.len(),
        Turn::Send(call) => {
            let exchange = Ok(answer(number, occurred_at, now_ms));
            let batch = call.receive(exchange, Millis::new(now_ms)).expect("a batch");
            batch.rows.len()
        }
    }
}

#[test]
fn a_change_of_the_time_format_hides_nothing_that_follows() {
    let secrets = [("api_token".to_owned(), "bkua_0123456789abcdef".to_owned())];
    let settings = r#"{"org_slug":"acme-inc","backfill_start_time":"2026-01-01T00:00:00Z"}"#;
    let mut source =
        Source::configure(settings, &secrets, None, Millis::new(BEGIN_MS)).expect("good settings");
    let mut delivered = 0;
    for number in 1..=POLLS {
        // Each event is read twice, like the events of an overlap.
        let shown = (number + 1) / 2;
        delivered += poll(&mut source, shown, "new format", BEGIN_MS + number * 60_000);
    }
    assert_eq!(delivered as i64, POLLS / 2);
    let now_ms = BEGIN_MS + (POLLS + 1) * 60_000;
    let occurred_at = Millis::new(now_ms - 5_000).to_string();
    assert_eq!(poll(&mut source, POLLS + 1, &occurred_at, now_ms), 1);
    assert!(source.checkpoint().len() < 50_000, "{} bytes", source.checkpoint().len());
}
