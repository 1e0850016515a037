//! Events as newline-delimited JSON.

use source_driver::Event;

/// Maximum size of a request body in bytes, unless a single event is larger. Common collectors accept a few megabytes.
const CHUNK_BYTES: usize = 1 << 20;

/// Splits events into bodies of newline-delimited JSON, in order.
pub fn chunks(events: &[Event]) -> Vec<String> {
    let mut chunks: Vec<String> = Vec::new();
    for Event { payload, .. } in events {
        match chunks.last_mut().filter(|chunk| chunk.len() + payload.len() < CHUNK_BYTES) {
            Some(chunk) => chunk.push_str(payload),
            None => chunks.push(payload.clone()),
        }
        if let Some(chunk) = chunks.last_mut() {
            chunk.push('\n');
        }
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_hold_whole_events_in_order() {
        let event = |payload: String| Event {
            id: String::new(),
            occurred_at: String::new(),
            kind: String::new(),
            payload,
        };
        let sizes = [10, CHUNK_BYTES * 2, CHUNK_BYTES / 2, CHUNK_BYTES / 2 - 2, 7, 8];
        let events: Vec<Event> = sizes.iter().map(|size| event("x".repeat(*size))).collect();
        let chunks = chunks(&events);
        let lines: Vec<usize> =
            chunks.iter().flat_map(|chunk| chunk.lines().map(str::len)).collect();
        assert_eq!(lines, sizes);
        assert!(chunks.iter().all(|chunk| chunk.ends_with('\n')));
        assert!(
            chunks.iter().all(|chunk| chunk.len() <= CHUNK_BYTES || chunk.lines().count() == 1)
        );
        assert!(chunks.len() < sizes.len());
    }
}
