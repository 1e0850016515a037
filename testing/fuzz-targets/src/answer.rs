//! Fuzzes the scan of an answer's body, and compares it with `serde_json`.

use buildkite_audit_logs::ask::Ask;
use buildkite_audit_logs::buildkite::answer::answer;
use buildkite_audit_logs::buildkite::response::Response;
use buildkite_audit_logs::text::scan::cursor::Cursor;
use buildkite_audit_logs::text::scan::line::Line;
use buildkite_audit_logs::text::scan::unescape::unescape;
use buildkite_audit_logs::text::time::Millis;
use kit::configure;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::promises;

/// Asserts that the scan accepts what `serde_json` accepts, refuses the rest at the same place, and copies the value.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut line = String::new();
    let scanned = Cursor::new(text).whole(&mut Line::to(&mut line, 0));
    let scanned = scanned.map(|_| ()).map_err(|stop| stop.line_and_column(text));
    let read = serde_json::from_str::<&RawValue>(text);
    assert_eq!(scanned, read.map(|_| ()).map_err(|why| (why.line(), why.column())), "{text:?}");
    match scanned {
        Ok(()) => is_copy(&line, text),
        Err(_) => is_refused(text),
    }
    is_unescaped(text);
}

/// Asserts that a copy is one line of the same value, and that copying it again changes nothing.
fn is_copy(line: &str, text: &str) {
    assert!(!line.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']), "{line:?}");
    let mut again = String::new();
    assert!(Cursor::new(line).whole(&mut Line::to(&mut again, 0)).is_ok(), "{line:?}");
    assert_eq!(again, line);
    // `Value` refuses some valid numbers and lone surrogates.
    let value = |json: &str| serde_json::from_str::<Value>(json).ok();
    assert_eq!(value(line), value(text), "{text:?}");
}

/// Asserts that an answer with this body is refused.
fn is_refused(text: &str) {
    let now = Millis::new(promises::NOW_MS);
    let source = configure(promises::SETTINGS, None, now).expect("valid settings");
    let body = text.as_bytes().to_vec();
    let response = Response { status: 200, headers: Vec::new(), body, elapsed_ms: 0 };
    let refusal = answer(source.config(), &Ask::check(), Ok(response), now).expect_err("no JSON");
    assert!(refusal.error.to_string().contains("not a JSON object"), "{}", refusal.error);
}

/// Asserts that a string has the text that `serde_json` reads.
fn is_unescaped(text: &str) {
    let mut out = String::new();
    let end = text.starts_with('"').then(|| unescape(text, 1, &mut out)).flatten();
    if let Ok(expected) = serde_json::from_str::<String>(text.trim_end()) {
        if text.starts_with('"') {
            assert_eq!((end, &out), (Some(text.trim_end().len()), &expected));
        }
    } else if let Some(end) = end {
        assert!(serde_json::from_str::<String>(&text[..end]).is_ok_and(|text| text == out));
    }
}
