//! What every call promises, whatever the remote answers, and that a source comes to rest once the remote behaves.

use std::collections::BTreeMap;

use buildkite_audit_logs::ask::Ask;
use buildkite_audit_logs::buildkite::response::Exchange;
use buildkite_audit_logs::checkpoint::{CHECKPOINT_BYTES_MAX, decode, encode};
use buildkite_audit_logs::error::Error;
use buildkite_audit_logs::source::{Batch, Next, Source, Turn};
use buildkite_audit_logs::text::time::{HOUR_MS, Millis};
use kit::TOKEN;
use kit::page::page;
use kit::response::response;
use serde_json::Value;

use crate::heap;

/// 2026-11-22T10:00:00Z, as in the fixtures.
pub const NOW_MS: i64 = 1_795_341_600_000;
/// The settings of all targets but one.
pub const SETTINGS: &str =
    r#"{"org_slug": "acme-inc", "backfill_start_time": "2026-11-22T09:00:00Z"}"#;

/// Calls until a source is idle that gets nothing but empty last pages: 17 gaps, an hour of live polls while an old gap
/// waits for points, and as much again.
const CALLS_MAX: usize = 200;
/// Longest message, in bytes: a quotation of 300 letters, a list of types cut to 200, and our own words.
const MESSAGE_BYTES_MAX: usize = 4 * 1024;

/// A message is one line of bounded length without the token, though the remote quotes it.
pub fn is_fit(message: &str) {
    assert!(!message.contains(TOKEN), "a message shows the token: {message:?}");
    assert!(!message.contains(|letter: char| letter.is_control()), "controls in {message:?}");
    assert!(message.len() <= MESSAGE_BYTES_MAX, "a message of {} bytes", message.len());
}

/// A checkpoint decodes, comes back unchanged and is bounded. Gives it.
pub fn checkpoint(source: &Source) -> String {
    let text = source.checkpoint();
    assert!(text.len() <= CHECKPOINT_BYTES_MAX, "a checkpoint of {} bytes", text.len());
    let state = decode(&text).expect("a checkpoint of our own");
    assert_eq!(encode(&state), text);
    text
}

/// The members of a checkpoint but for the rest of gaps.
fn but_for_rest(checkpoint: &str) -> BTreeMap<String, Value> {
    let mut members: BTreeMap<String, Value> = serde_json::from_str(checkpoint).expect("JSON");
    members.retain(|name, _| !["rest_until", "rest_failures", "must_poll"].contains(&&**name));
    members
}

/// One call of `read-batch`, with the answer that its request gets, and everything that it promises.
///
/// # Errors
///
/// As the call itself; its checkpoint then covers what it covered.
pub fn call(
    source: &mut Source,
    max_records: u32,
    now: Millis,
    answer: impl FnOnce(&Ask) -> Exchange,
) -> Result<Batch, Error> {
    let result = match source.read_batch(max_records, now) {
        Turn::Done(batch) => Ok(batch),
        Turn::Send(call) => {
            let ask = call.ask();
            assert!(max_records > 0, "a request for no records");
            assert!((1..=500).contains(&ask.first), "a page of {}", ask.first);
            let exchange = answer(ask);
            let bytes = exchange.as_ref().map_or(0, |response| response.body.len());
            let before = call.source().checkpoint();
            let bytes = bytes + before.len(); // What is kept may be copied, too.
            let result = heap::bounded(bytes, || call.receive(exchange, now));
            // Only how soon gaps are asked again may differ.
            let is_unmoved = || but_for_rest(&source.checkpoint()) == but_for_rest(&before);
            assert!(result.is_ok() || is_unmoved(), "a failed call moved it");
            result
        }
    };
    match &result {
        Ok(batch) => {
            assert!(batch.rows.len() <= max_records as usize);
            assert!(batch.stats.points <= 1_000_000 && batch.stats.requests <= 1);
            batch.stats.notes.iter().for_each(|note| is_fit(note));
            match batch.next {
                Next::Ready => {}
                Next::Idle(wait_ms) => assert!((1..=24 * HOUR_MS as u64).contains(&wait_ms)),
                Next::Throttled(wait_ms) => assert!((1..=HOUR_MS as u64).contains(&wait_ms)),
            }
        }
        Err(error) => {
            is_fit(&error.to_string());
            assert!(!matches!(error, Error::InvalidCheckpoint(_)), "{error}");
        }
    }
    checkpoint(source);
    result
}

/// From now on the remote has nothing more to tell: the source becomes idle in a bounded number of calls, with nothing
/// left open.
pub fn come_to_rest(mut source: Source, mut now: Millis) {
    let last_page = response(200, vec![], page([], false, None));
    for _ in 0..CALLS_MAX {
        let batch =
            call(&mut source, 1_000, now, |_| Ok(last_page.clone())).expect("a good answer");
        match batch.next {
            Next::Ready => {}
            Next::Throttled(wait_ms) => now = now.plus(wait_ms as i64),
            Next::Idle(_) => {
                let state = decode(&source.checkpoint()).expect("a checkpoint of our own");
                let gaps = state.walk.gaps();
                assert!(gaps.is_empty(), "idle with {} gaps", gaps.len());
                return;
            }
        }
    }
    panic!("not idle after {CALLS_MAX} calls: {}", source.checkpoint());
}
