//! Tests the rate limit in virtual time: a backfill leaves the reserve to others, never waits without reason, and keeps
//! live polls going.
#![allow(clippy::panic)] // A test fails by a panic.

use buildkite_audit_logs::buildkite::response::Response;
use buildkite_audit_logs::source::{Next, Source, Turn};
use buildkite_audit_logs::text::time::Millis;
use serde_json::{Value, json};

const LIMIT: i64 = 5_000;
const WINDOW_MS: i64 = 300_000;

/// A remote with one event per second before `NOW`, and one bucket.
struct Remote {
    now_ms: i64,
    begun_ms: i64,
    remaining: i64,
    lowest: i64,
    asked_ms: Vec<i64>,
}

const NOW_MS: i64 = 1_767_225_600_000;

impl Remote {
    fn answer(&mut self, body: &str) -> Response {
        if self.now_ms - self.begun_ms >= WINDOW_MS {
            (self.begun_ms, self.remaining) = (self.now_ms, LIMIT);
        }
        self.asked_ms.push(self.now_ms);
        let request: Value = serde_json::from_str(body).expect("JSON");
        let variables = &request["variables"];
        let time = |name: &str| variables[name].as_str().and_then(Millis::parse_rfc3339);
        let newest = time("to").map_or(NOW_MS, |to| to.get()).min(NOW_MS) / 1_000;
        let newest = variables["after"]
            .as_str()
            .map_or(newest, |after| after.parse::<i64>().expect("a cursor"));
        let oldest = time("from").map_or(0, |from| (from.get() + 999) / 1_000);
        let first = variables["first"].as_i64().expect("first");
        let count = (newest - oldest + 1).clamp(0, first);
        let edges: Vec<Value> = (0..count).map(|back| event(newest - back)).collect();
        let cost = 6 + 4 * count;
        self.remaining -= cost;
        self.lowest = self.lowest.min(self.remaining);
        let seconds = (self.begun_ms + WINDOW_MS - self.now_ms) / 1_000;
        let date = std::time::UNIX_EPOCH + std::time::Duration::from_millis(self.now_ms as u64);
        let headers = [
            ("date", httpdate::fmt_http_date(date)),
            ("ratelimit-user-limit", LIMIT.to_string()),
            ("ratelimit-user-remaining", self.remaining.to_string()),
            ("ratelimit-user-reset", seconds.to_string()),
            ("ratelimit-complexity-actual", cost.to_string()),
        ];
        let body = json!({"data": {"organization": {
            "permissions": {"auditEventsView": {"allowed": true, "code": null, "message": null}},
            "auditEvents": {
                "pageInfo": {"hasNextPage": newest - count >= oldest, "endCursor": (newest - count).to_string()},
                "edges": edges,
            },
        }}});
        Response {
            status: if self.remaining + cost <= 0 { 429 } else { 200 },
            headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
            body: body.to_string().into_bytes(),
            elapsed_ms: 0,
        }
    }
}

fn event(second: i64) -> Value {
    let at = Millis::new(second * 1_000).to_string();
    let uuid = format!("00000000-0000-4000-8000-{second:012x}");
    json!({"node": {"uuid": uuid, "type": "X", "occurredAt": at}})
}

/// Runs until the first `idle`. Returns the remote, the number of events delivered, and the time it took.
fn backfill(events: i64) -> (Remote, usize, i64) {
    let start = Millis::new(NOW_MS - events * 1_000 + 1);
    let settings = format!(r#"{{"org_slug":"acme","backfill_start_time":"{start}"}}"#);
    let secrets = [("api_token".to_owned(), "bkua_0123456789abcdef".to_owned())];
    let mut remote = Remote {
        now_ms: NOW_MS,
        begun_ms: NOW_MS,
        remaining: LIMIT,
        lowest: LIMIT,
        asked_ms: vec![],
    };
    let mut source =
        Source::configure(&settings, &secrets, None, Millis::new(NOW_MS)).expect("good settings");
    let mut delivered = 0;
    for _ in 0..1_000 {
        let now = Millis::new(remote.now_ms);
        let batch = match source.read_batch(1_000, now) {
            Turn::Done(batch) => batch,
            Turn::Send(call) => {
                let response = remote.answer(&call.request().body);
                assert_eq!(response.status, 200, "the bucket was emptied");
                call.receive(Ok(response), now).expect("a batch")
            }
        };
        delivered += batch.rows.len();
        match batch.next {
            Next::Ready => remote.now_ms += 200,
            Next::Idle(_) => {
                let took_ms = remote.now_ms - NOW_MS;
                return (remote, delivered, took_ms);
            }
            Next::Throttled(wait_ms) => {
                assert!(wait_ms <= 3_600_000);
                remote.now_ms += wait_ms as i64;
            }
        }
    }
    panic!("no end: {delivered} events at {} ms", remote.now_ms - NOW_MS);
}

#[test]
fn a_backfill_leaves_the_reserve_to_others() {
    let (remote, delivered, _) = backfill(6_000);
    assert_eq!(delivered, 6_000);
    assert!(remote.lowest >= LIMIT / 4, "{} points were left", remote.lowest);
}

#[test]
fn a_backfill_takes_as_few_windows_as_the_reserve_allows() {
    // 3,750 points per window are ours, for some 920 events, so 6,000 events take seven windows, six of them whole.
    let (_, _, took_ms) = backfill(6_000);
    let windows = took_ms / WINDOW_MS + 1;
    assert!(windows <= 7, "{windows} windows");
}

#[test]
fn live_polls_continue_while_history_waits() {
    let (remote, _, took_ms) = backfill(3_000);
    let longest_ms = remote.asked_ms.windows(2).map(|pair| pair[1] - pair[0]).max();
    assert!(longest_ms.expect("some requests") <= 61_000, "{longest_ms:?} ms without a live poll");
    assert!(took_ms > WINDOW_MS);
}
