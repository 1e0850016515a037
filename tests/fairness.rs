//! Tests that fresh events and history get their share even when one of them is slow or fails.
#![allow(clippy::panic)] // A test fails by a panic.

use buildkite_audit_logs::buildkite::response::Response;
use buildkite_audit_logs::error::Error;
use buildkite_audit_logs::source::{Batch, Next, Source, Turn};
use buildkite_audit_logs::text::time::Millis;
use serde_json::{Value, json};

const NOW_MS: i64 = 1_767_225_600_000;

/// Answers from an endless past: every page is full and has a next one. With `fails`, a page of history fails instead.
fn answer(variables: &Value, now_ms: i64, fails: bool) -> Response {
    let time =
        |name: &str| variables[name].as_str().and_then(Millis::parse_rfc3339).map(Millis::get);
    let after = variables["after"].as_str().map(|after| after.parse::<i64>().expect("a cursor"));
    let top = after.or(time("to")).unwrap_or(now_ms).min(NOW_MS);
    if fails && (after.is_some() || time("to").is_some()) {
        return Response { status: 500, headers: vec![], body: vec![], elapsed_ms: 0 };
    }
    let floor = time("from").expect("from");
    let first = variables["first"].as_i64().expect("first");
    let node = |at: i64| {
        let uuid = format!("00000000-0000-4000-8000-{at:012x}");
        json!({"node": {"uuid": uuid, "type": "X", "occurredAt": Millis::new(at).to_string()}})
    };
    let times: Vec<i64> =
        (1..=first).map(|back| top - back * 1_000).filter(|at| *at >= floor).collect();
    let end = times.last().map(ToString::to_string);
    let page_info = json!({"hasNextPage": times.len() as i64 == first, "endCursor": end});
    let edges: Vec<Value> = times.into_iter().map(node).collect();
    let body = json!({"data": {"organization": {
        "permissions": null, "auditEvents": {"pageInfo": page_info, "edges": edges},
    }}});
    let date = std::time::UNIX_EPOCH + std::time::Duration::from_millis(now_ms as u64);
    let points = [("limit", "1000000"), ("remaining", "1000000"), ("reset", "300")];
    let mut headers = vec![("date".to_owned(), httpdate::fmt_http_date(date))];
    headers
        .extend(points.map(|(name, value)| (format!("ratelimit-user-{name}"), value.to_owned())));
    Response { status: 200, headers, body: body.to_string().into_bytes(), elapsed_ms: 0 }
}

#[derive(Default)]
struct Seen {
    live: u32,
    history: u32,
    /// Maximum number of consecutive errors.
    errors: u32,
}

/// Runs for a day of virtual time or 5,000 calls. Each answer takes `slow_ms`.
fn run(rest: &str, slow_ms: i64, fails: bool) -> Seen {
    let settings = format!(
        r#"{{"org_slug":"acme","page_size":50,"backfill_start_time":"2025-01-01T00:00:00Z"{rest}}}"#
    );
    let secrets = [("api_token".to_owned(), "bkua_0123456789abcdef".to_owned())];
    let mut source =
        Source::configure(&settings, &secrets, None, Millis::new(NOW_MS)).expect("good settings");
    let (mut now_ms, mut seen, mut errors) = (NOW_MS, Seen::default(), 0);
    for _ in 0..5_000 {
        let batch: Result<Batch, Error> = match source.read_batch(500, Millis::new(now_ms)) {
            Turn::Done(batch) => Ok(batch),
            Turn::Send(call) => {
                now_ms += slow_ms;
                let body: Value = serde_json::from_str(&call.request().body).expect("JSON");
                let variables = &body["variables"];
                let is_live = variables.get("to").is_none() && variables.get("after").is_none();
                seen.live += u32::from(is_live);
                seen.history += u32::from(!is_live);
                let response = answer(variables, now_ms, fails);
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
