//! Detects audit events that an earlier run wrote to a file.

use serde::Deserialize;
use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Maximum number of bytes read at either end: enough for many records of a few kilobytes.
const LOOK_BYTES: u64 = 1 << 20;

/// Fields that every audit event has and that few other records have: as the source writes it, as OCSF, and as ECS. A
/// file with records of another source is appended to, like the file of any other program.
#[derive(Deserialize)]
#[serde(untagged)]
#[allow(dead_code)] // Only their presence matters.
enum Record<'a> {
    #[serde(rename_all = "camelCase")]
    Raw {
        #[serde(borrow)]
        uuid: Cow<'a, str>,
        #[serde(borrow)]
        occurred_at: Cow<'a, str>,
    },
    Ocsf {
        class_uid: u32,
        metadata: Metadata,
    },
    Ecs {
        #[serde(rename = "@timestamp", borrow)]
        timestamp: Cow<'a, str>,
        event: Event,
    },
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Metadata {
    uid: String,
    product: Product,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Product {
    vendor_name: Vendor,
}

#[derive(Deserialize)]
enum Vendor {
    Buildkite,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Event {
    id: String,
    dataset: Dataset,
}

#[derive(Deserialize)]
enum Dataset {
    #[serde(rename = "buildkite.audit")]
    Audit,
}

/// Returns whether a complete line between `from` and `to` is a record. Reads only [`LOOK_BYTES`]
/// at either end.
///
/// # Errors
///
/// Returns an error if the file cannot be read.
pub fn has_record(file: &File, from: u64, to: u64) -> io::Result<bool> {
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
    fn a_record_is_found_among_other_lines() {
        let mut file = tempfile::tempfile().unwrap();
        let theirs = "# a log\n{\"uuid\":\"x\"}\n\n[1]\n";
        let ours =
            "{\"id\":\"a\",\"uuid\":\"b\",\"occurredAt\":\"2025-01-01T00:00:00Z\",\"x\":{}}\n";
        write!(file, "{theirs}{ours}").unwrap();
        let (between, end) = (theirs.len() as u64, (theirs.len() + ours.len()) as u64);
        for transformed in [
            r#"{"class_uid":3004,"metadata":{"uid":"b","product":{"vendor_name":"Buildkite"}}}"#,
            r#"{"@timestamp":"2025-01-01T00:00:00Z","event":{"id":"b","dataset":"buildkite.audit"}}"#,
        ] {
            assert!(is_record(transformed.as_bytes()), "{transformed}");
            let other = transformed.replace("Buildkite", "Other").replace("buildkite", "other");
            assert!(!is_record(other.as_bytes()), "{other}");
        }
        assert!(has_record(&file, 0, end).unwrap() && has_record(&file, between, end).unwrap());
        assert!(!has_record(&file, 0, between).unwrap());
        // Neither part of a record nor an empty range counts.
        assert!(
            !has_record(&file, between + 1, end).unwrap() && !has_record(&file, end, end).unwrap()
        );
    }
}
