//! Fuzzes checkpoints: the bytes are the text.

use buildkite_audit_logs::checkpoint::{decode, encode};
use buildkite_audit_logs::error::Error;
use buildkite_audit_logs::text::time::Millis;
use kit::configure;

use crate::{heap, promises};

/// Asserts that any text is either refused with a message or is a state that survives a round trip, and that a sync
/// that continues from it becomes idle.
pub fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match heap::bounded(text.len(), || decode(&text)) {
        Ok(state) => {
            let again = encode(&state);
            assert_eq!(decode(&again).as_ref(), Ok(&state), "{again}");
        }
        Err(Error::InvalidCheckpoint(_)) => {}
        Err(other) => panic!("{other}"),
    }
    let now = Millis::new(promises::NOW_MS);
    if let Ok(source) = configure(promises::SETTINGS, Some(&text), now) {
        promises::checkpoint(&source);
        promises::come_to_rest(source, now);
    }
}
