//! Asserts what every call promises, whatever the remote answers, and that a source becomes idle once the remote
//! behaves.

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
/// The settings that most targets use.
pub const SETTINGS: &str =
    r#"{"org_slug": "acme-inc", "backfill_start_time": "2026-11-22T09:00:00Z"}"#;

/// Maximum number of calls until a source that gets only empty last pages is idle: 17 gaps, an hour of live polls while
/// an old gap waits for points, and as much again.
const CALLS_MAX: usize = 200;
/// Maximum length of a message, in bytes: a quotation of 300 characters, a list of types cut to 200, and our own text.
const MESSAGE_BYTES_MAX: usize = 4 * 1024;

/// Asserts that a message is one line of bounded length without the token, even if the remote quotes the token.
pub fn is_fit(message: &str) {
    assert!(!message.contains(TOKEN), "a message shows the token: {message:?}");
    assert!(
        !message.contains(|letter: char| letter.is_control()),
        "control characters in {message:?}"
    );
    assert!(message.len() <= MESSAGE_BYTES_MAX, "a message of {} bytes", message.len());
}

/// Returns the checkpoint, after asserting that it is bounded and survives a round trip.
pub fn checkpoint(source: &Source) -> String {
    let text = source.checkpoint();
    assert!(text.len() <= CHECKPOINT_BYTES_MAX, "a checkpoint of {} bytes", text.len());
    let state = decode(&text).expect("a valid checkpoint");
    assert_eq!(encode(&state), text);
    text
}

/// Returns the members of a checkpoint, except those for the pause of the gaps.
fn but_for_rest(checkpoint: &str) -> BTreeMap<String, Value> {
    let mut members: BTreeMap<String, Value> = serde_json::from_str(checkpoint).expect("JSON");
    members.retain(|name, _| !["rest_until", "rest_failures", "must_poll"].contains(&&**name));
    members
}

/// Makes one call of `read-batch` with the answer to its request, and asserts everything that the call promises.
///
/// # Errors
///
/// Returns the error of the call. The checkpoint then covers what it covered before.
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
            // Only the pause of the gaps may differ.
            let is_unmoved = || but_for_rest(&source.checkpoint()) == but_for_rest(&before);
            assert!(result.is_ok() || is_unmoved(), "a failed call moved the state");
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

/// Asserts that once the remote has nothing more to return, the source becomes idle within a bounded number of calls,
/// with no gap left open.
pub fn come_to_rest(mut source: Source, mut now: Millis) {
    let last_page = response(200, vec![], page([], false, None));
    for _ in 0..CALLS_MAX {
        let batch =
            call(&mut source, 1_000, now, |_| Ok(last_page.clone())).expect("a valid answer");
        match batch.next {
            Next::Ready => {}
            Next::Throttled(wait_ms) => now = now.plus(wait_ms as i64),
            Next::Idle(_) => {
                let state = decode(&source.checkpoint()).expect("a valid checkpoint");
                let gaps = state.walk.gaps();
                assert!(gaps.is_empty(), "idle with {} gaps", gaps.len());
                return;
            }
        }
    }
    panic!("not idle after {CALLS_MAX} calls: {}", source.checkpoint());
}
