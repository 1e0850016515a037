//! Fuzzes a whole sync: the bytes choose each answer, each restart, and how time passes.

use arbitrary::{Result, Unstructured};
use buildkite_audit_logs::buildkite::record::Row;
use buildkite_audit_logs::source::Source;
use buildkite_audit_logs::text::time::{HOUR_MS, Millis};
use kit::configure;

use crate::pages::{Chosen, EVENTS};
use crate::promises;

/// Maximum number of calls per run.
const CALLS_MAX: usize = 64;
/// Small pages, so that a few events fill many pages.
const SETTINGS: [&str; 2] = [
    r#"{"org_slug": "acme-inc", "page_size": 5, "exclude_event_types": ["Y"], "backfill_start_time": "2026-11-22T09:00:00Z"}"#,
    r#"{"org_slug": "acme-inc", "page_size": 5, "exclude_event_types": ["Y"]}"#,
];
/// Maximum size of a checkpoint without its uuids, in bytes: a dozen times, two buckets, 17 gaps with short cursors.
const REST_BYTES: usize = 8 * 1024;
/// Size of one uuid in the checkpoint, in bytes: 22, encoded as base64.
const UUID_BYTES: usize = 30;

/// The host, its sink, and what it has stored.
struct Host {
    settings: &'static str,
    source: Source,
    now: Millis,
    /// Uuids that were written.
    sink: Vec<u128>,
    /// How many of them the stored checkpoint covers.
    covered: usize,
    stored: Option<String>,
    /// Whether every page so far was newest first, as the API promises. Then no event may be delivered twice.
    is_sorted: bool,
}

/// Asserts that, whatever the remote answers and whenever the host restarts, each call keeps its promises, no event of
/// a sorted listing is delivered twice, and the source becomes idle in the end.
pub fn run(bytes: &[u8]) {
    let mut choices = Unstructured::new(bytes);
    let settings = SETTINGS[usize::from(choices.arbitrary::<bool>().unwrap_or_default())];
    let now = Millis::new(promises::NOW_MS);
    let source = configure(settings, None, now).expect("valid settings");
    let mut host =
        Host { settings, source, now, sink: vec![], covered: 0, stored: None, is_sorted: true };
    for _ in 0..CALLS_MAX {
        if choices.is_empty() || host.step(&mut choices).is_err() {
            break;
        }
    }
    promises::come_to_rest(host.source, host.now);
}

impl Host {
    /// Makes one call, and does what the host does after it.
    fn step(&mut self, choices: &mut Unstructured) -> Result<()> {
        let max_records = *choices.choose(&[1_000, 1, 2, 3, 0])?;
        let chosen = Chosen::choose(choices)?;
        self.is_sorted &= chosen.is_sorted();
        let batch = promises::call(&mut self.source, max_records, self.now, |ask| {
            chosen.exchange(ask, self.now)
        });
        if let Ok(batch) = batch {
            self.write(&batch.rows);
        }
        if choices.ratio(3, 4)? {
            self.store();
        }
        if choices.ratio(1, 4)? {
            self.restart();
        }
        let seconds = *choices.choose(&[0, 1, 61, 301, 3_601, -30, -7_200])?;
        // Within a day of the log, and never before the backfill start, which would be refused as a time in the future.
        let passed_ms = self.now.plus(seconds * 1_000).get() - promises::NOW_MS;
        let passed_ms = passed_ms.clamp(-HOUR_MS / 2, 24 * HOUR_MS);
        self.now = Millis::new(promises::NOW_MS + passed_ms);
        Ok(())
    }

    fn write(&mut self, rows: &[Row]) {
        assert!(rows.iter().all(|row| row.kind != "Y"), "an excluded event");
        assert!(!self.is_sorted || rows.is_sorted_by_key(|row| row.at), "not oldest first");
        for row in rows {
            let is_twice = self.is_sorted && self.sink.contains(&row.uuid);
            assert!(!is_twice, "{:x} at {:?} was delivered twice", row.uuid, row.at);
            self.sink.push(row.uuid);
        }
    }

    fn store(&mut self) {
        let text = promises::checkpoint(&self.source);
        let bytes_max = REST_BYTES + UUID_BYTES * EVENTS;
        assert!(text.len() <= bytes_max, "a checkpoint of {} bytes", text.len());
        (self.stored, self.covered) = (Some(text), self.sink.len());
    }

    /// Simulates a crash: what was written after the last checkpoint is lost.
    fn restart(&mut self) {
        self.sink.truncate(self.covered);
        self.source =
            configure(self.settings, self.stored.as_deref(), self.now).expect("a valid checkpoint");
    }
}
