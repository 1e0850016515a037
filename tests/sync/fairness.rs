//! Tests that fresh events and history get their share even when one of them is slow or fails.

use buildkite_audit_logs::error::Error;
use buildkite_audit_logs::source::{Batch, Next, Turn};
use buildkite_audit_logs::text::time::Millis;
use kit::response::response;
use kit::{Asked, NOW_MS, Points, Remote, configure};

#[derive(Default)]
struct Seen {
    live: u32,
    history: u32,
    /// Maximum number of consecutive errors.
    errors: u32,
}

/// Runs for a day of virtual time or 5,000 calls, with one event per second. Each answer takes `slow_ms`. With `fails`,
/// a page of history fails.
fn run(rest: &str, slow_ms: i64, fails: bool) -> Seen {
    let settings = format!(
        r#"{{"org_slug":"acme","page_size":50,"backfill_start_time":"2025-01-01T00:00:00Z"{rest}}}"#
    );
    let mut remote = Remote::new(1_000, Points::plenty());
    let mut source = configure(&settings, None, Millis::new(NOW_MS)).expect("good settings");
    let (mut now_ms, mut seen, mut errors) = (NOW_MS, Seen::default(), 0);
    for _ in 0..5_000 {
        let batch: Result<Batch, Error> = match source.read_batch(500, Millis::new(now_ms)) {
            Turn::Done(batch) => Ok(batch),
            Turn::Send(call) => {
                now_ms += slow_ms;
                let asked = Asked::read(&call.request().body);
                let is_live = asked.is_live();
                seen.live += u32::from(is_live);
                seen.history += u32::from(!is_live);
                let response = match fails && !is_live {
                    true => response(500, vec![], []),
                    false => remote.answer(&asked, Millis::new(now_ms)),
                };
                call.receive(Ok(response), Millis::new(now_ms))
            }
        };
        match batch {
            Ok(batch) => {
                errors = 0;
                now_ms += match batch.next {
                    Next::Ready => 10,
                    Next::Idle(wait_ms) | Next::Throttled(wait_ms) => wait_ms as i64,
                };
            }
            Err(Error::Transient(_)) => {
                errors += 1;
                seen.errors = seen.errors.max(errors);
                now_ms += 1_000;
            }
            Err(other) => panic!("{other}"),
        }
        if now_ms > NOW_MS + 86_400_000 {
            break;
        }
    }
    seen
}

#[test]
fn a_cap_as_slow_as_the_polls_leaves_history_a_quarter() {
    for rest in [
        r#","rate_limit":{"rate":1,"unit":"minute"}"#,
        r#","rate_limit":{"rate":10,"unit":"hour"}"#,
    ] {
        let seen = run(rest, 200, false);
        let all = seen.live + seen.history;
        assert!(seen.history * 5 > all && seen.live * 2 > all, "{} of {all}", seen.history);
    }
}

#[test]
fn a_remote_slower_than_the_polls_leaves_history_a_quarter() {
    let seen = run(r#","poll_interval_seconds":1"#, 1_200, false);
    assert!(seen.history * 5 > seen.live + seen.history, "{} of {}", seen.history, seen.live);
}

#[test]
fn a_failing_history_page_never_ends_a_run_whose_polls_succeed() {
    for rest in ["", r#","poll_interval_seconds":3600"#] {
        let seen = run(rest, 200, true);
        assert_eq!(
            seen.errors, 1,
            "the next call must succeed, so that a host's retry count starts over"
        );
        assert!(seen.live > 24 && seen.history > 24, "{} {}", seen.live, seen.history);
    }
}
