//! Fuzzes headers: answers as [`exchange`] parses them, separated by empty lines, each with the same valid body. A
//! whole source processes them: rate limits, `Date`, resets and waits.

use buildkite_audit_logs::budget::bucket::Bucket;
use buildkite_audit_logs::buildkite::response::Response;
use buildkite_audit_logs::checkpoint::decode;
use buildkite_audit_logs::source::{Next, Source};
use buildkite_audit_logs::text::time::{HOUR_MS, Millis};
use kit::configure;
use kit::page::{Row, page};

use crate::{exchange, promises};

/// Maximum number of answers per run. More would only make it slower.
const ANSWERS_MAX: usize = 16;

/// Asserts that whatever the headers say, waits are bounded, an empty bucket is left alone, and the source becomes idle
/// in the end.
pub fn run(bytes: &[u8]) {
    let mut now = Millis::new(promises::NOW_MS);
    let mut source = configure(promises::SETTINGS, None, now).expect("valid settings");
    let mut rest = bytes;
    for number in 0..ANSWERS_MAX {
        let (text, after) = exchange::split(rest, b"\n\n");
        rest = after;
        let told = exchange::read(text);
        let status = told.response.status;
        let before = buckets(&source);
        let mut was_asked = false;
        let batch = promises::call(&mut source, 1_000, now, |_| {
            was_asked = true;
            Ok(Response { body: body(number, now), ..told.response })
        });
        if let Ok(batch) = batch {
            if was_asked && status == 429 {
                assert!(matches!(batch.next, Next::Throttled(wait_ms) if wait_ms >= 1_000));
            }
            let after = buckets(&source);
            let ends_within_an_hour = |bucket: &Bucket| bucket.resets.since(now) <= HOUR_MS;
            let mut seen = after.iter().filter(|bucket| !before.contains(bucket));
            assert!(
                seen.all(ends_within_an_hour),
                "a window that would be treated as a clock jump"
            );
            let is_empty = |bucket: &Bucket| {
                bucket.remaining <= 0 && (1..=HOUR_MS).contains(&bucket.resets.since(now))
            };
            if after.iter().any(is_empty) {
                assert_ne!(batch.next, Next::Ready, "a request although no points are left");
            }
        }
        // At most a day, in either direction.
        now = now.plus(told.then_ms.clamp(-24 * HOUR_MS, 24 * HOUR_MS));
    }
    promises::come_to_rest(source, now);
}

/// Returns a page of one event that promises another page.
fn body(number: usize, now: Millis) -> Vec<u8> {
    let at = now.plus(-1_000 * number as i64);
    let row = Row::Event { number: number as u64, kind: "X", at: at.to_string() };
    page([row], true, Some(&format!("c{number}"))).into_bytes()
}

fn buckets(source: &Source) -> Vec<Bucket> {
    let state = decode(&source.checkpoint()).expect("a valid checkpoint");
    state.pace.budget().buckets().all().into_iter().flatten().cloned().collect()
}
