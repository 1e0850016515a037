//! Whether part of a file holds audit events, such as an earlier run wrote.

use serde::Deserialize;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// So much is looked at, at the end and at the beginning: many records, each of some kilobytes.
const LOOK_BYTES: u64 = 1 << 20;

/// What every audit event has, and hardly anything else. Lines of another source's records are not
/// known by it; a file of those is appended to, as one of somebody else.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)] // That they are there is what matters.
struct Record<'a> {
    #[serde(borrow)]
    uuid: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    occurred_at: std::borrow::Cow<'a, str>,
}

/// Whether a whole line between `from` and `to` is a record.
///
/// # Errors
///
/// When the file cannot be read.
pub fn hold(file: &File, from: u64, to: u64) -> io::Result<bool> {
    let size = LOOK_BYTES.min(to.saturating_sub(from));
    for at in [to - size, from] {
        let mut bytes = vec![0; size as usize];
        file.read_exact_at(&mut bytes, at)?;
        if bytes.split(|byte| *byte == b'\n').any(is_record) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_record(line: &[u8]) -> bool {
    serde_json::from_slice::<Record<'_>>(line).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_record_is_found_among_other_lines_and_other_lines_are_none() {
        let mut file = tempfile::tempfile().unwrap();
        let theirs = "# a log\n{\"uuid\":\"x\"}\n\n[1]\n";
        let ours =
            "{\"id\":\"a\",\"uuid\":\"b\",\"occurredAt\":\"2025-01-01T00:00:00Z\",\"x\":{}}\n";
        write!(file, "{theirs}{ours}").unwrap();
        let (between, end) = (theirs.len() as u64, (theirs.len() + ours.len()) as u64);
        assert!(hold(&file, 0, end).unwrap() && hold(&file, between, end).unwrap());
        assert!(!hold(&file, 0, between).unwrap());
        // Half a record is none, nor is nothing.
        assert!(!hold(&file, between + 1, end).unwrap() && !hold(&file, end, end).unwrap());
    }
}
