//! Tests the rate limit in virtual time: a backfill leaves the reserve to others, never waits without reason, and keeps
//! live polls going.
#![allow(clippy::panic)] // A test fails by panicking.

use buildkite_audit_logs::source::Next;
use buildkite_audit_logs::text::time::Millis;
use kit::{NOW_MS, Points, Remote, configure, read};

const LIMIT: i64 = 5_000;
const WINDOW_MS: i64 = 300_000;

/// What a backfill took.
struct Backfill {
    delivered: usize,
    took_ms: i64,
    /// The fewest points that were left.
    lowest: i64,
    /// When requests were sent.
    asked_ms: Vec<i64>,
}

/// Runs until the first `idle`, with one event per second before `NOW_MS`.
fn backfill(events: i64) -> Backfill {
    let start = Millis::new(NOW_MS - events * 1_000 + 1);
    let settings = format!(r#"{{"org_slug":"acme","backfill_start_time":"{start}"}}"#);
    let mut remote = Remote::new(1_000, Points::new(LIMIT, 0));
    let mut source = configure(&settings, None, Millis::new(NOW_MS)).expect("good settings");
    let mut now_ms = NOW_MS;
    let mut run = Backfill { delivered: 0, took_ms: 0, lowest: LIMIT, asked_ms: vec![] };
    for _ in 0..1_000 {
        let now = Millis::new(now_ms);
        let batch = read(&mut source, 1_000, now, |asked| {
            let response = remote.answer(asked, now);
            assert_eq!(response.status, 200, "the bucket was emptied");
            run.lowest = run.lowest.min(remote.points.left());
            run.asked_ms.push(now_ms);
            Ok(response)
        });
        let batch = batch.expect("a batch");
        run.delivered += batch.rows.len();
        match batch.next {
            Next::Ready => now_ms += 200,
            Next::Idle(_) => {
                run.took_ms = now_ms - NOW_MS;
                return run;
            }
            Next::Throttled(wait_ms) => {
                assert!(wait_ms <= 3_600_000);
                now_ms += wait_ms as i64;
            }
        }
    }
    panic!("no end: {} events at {} ms", run.delivered, now_ms - NOW_MS);
}

#[test]
fn a_backfill_leaves_the_reserve_to_others() {
    let Backfill { delivered, lowest, .. } = backfill(6_000);
    assert_eq!(delivered, 6_000);
    assert!(lowest >= LIMIT / 4, "{lowest} points were left");
}

#[test]
fn a_backfill_takes_as_few_windows_as_the_reserve_allows() {
    // 3,750 points per window are ours, for some 920 events, so 6,000 events take seven windows, six of them in full.
    let windows = backfill(6_000).took_ms / WINDOW_MS + 1;
    assert!(windows <= 7, "{windows} windows");
}

#[test]
fn live_polls_continue_while_history_waits() {
    let Backfill { asked_ms, took_ms, .. } = backfill(3_000);
    let longest_ms = asked_ms.windows(2).map(|pair| pair[1] - pair[0]).max();
    assert!(longest_ms.expect("some requests") <= 61_000, "{longest_ms:?} ms without a live poll");
    assert!(took_ms > WINDOW_MS);
}
