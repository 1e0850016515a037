//! Tests that events with an unreadable time do not pile up in the checkpoint, however many there are.

use buildkite_audit_logs::source::Source;
use buildkite_audit_logs::text::time::Millis;
use kit::page::{Row, page};
use kit::response::{date, response};
use kit::{configure, read};

/// Number of polls: more than the number of UUIDs that are ever kept.
const POLLS: i64 = 10_100;
const BEGIN_MS: i64 = 1_767_225_600_000;

/// Polls at this time if a poll is due, and returns the number of events.
fn poll(source: &mut Source, number: i64, occurred_at: &str, now_ms: i64) -> usize {
    let event = Row::Event { number: number as u64, kind: "X", at: occurred_at.to_owned() };
    let headers = vec![date(now_ms * 1_000)];
    let answer = response(200, headers, page([event], false, None));
    let batch = read(source, 100, Millis::new(now_ms), |_| Ok(answer));
    batch.expect("a batch").rows.len()
}

#[test]
fn a_change_of_the_time_format_hides_nothing_that_follows() {
    let settings = r#"{"org_slug":"acme-inc","backfill_start_time":"2026-01-01T00:00:00Z"}"#;
    let mut source = configure(settings, None, Millis::new(BEGIN_MS)).expect("good settings");
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
