//! Parses an HTTP answer from the text of a corpus file: a line with the status and, optionally, the milliseconds that
//! it took and those that pass after it; then headers, an empty line and the body. Missing parts are zero or empty.

use buildkite_audit_logs::buildkite::response::Response;

/// An answer, and the time that passes after it.
pub struct Told {
    /// The answer.
    pub response: Response,
    /// The milliseconds that pass after it.
    pub then_ms: i64,
}

/// Parses an answer. Any bytes are valid.
pub fn read(bytes: &[u8]) -> Told {
    let (head, body) = split(bytes, b"\n\n");
    let head = String::from_utf8_lossy(head);
    let (first, lines) = head.split_once('\n').unwrap_or((&head, ""));
    let mut numbers = first.split(' ');
    let status = numbers.next().and_then(|word| word.parse().ok()).unwrap_or(200);
    let mut number = || numbers.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    let (elapsed_ms, then_ms) = (number(), number());
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        (name.to_owned(), value.to_owned())
    };
    let headers = lines.lines().map(header).collect();
    Told { response: Response { status, headers, body: body.to_vec(), elapsed_ms }, then_ms }
}

/// Returns what is before and after the first `mark`.
pub fn split<'a>(bytes: &'a [u8], mark: &[u8]) -> (&'a [u8], &'a [u8]) {
    match bytes.windows(mark.len()).position(|part| part == mark) {
        Some(at) => (&bytes[..at], &bytes[at + mark.len()..]),
        None => (bytes, &[]),
    }
}
