//! Counts the flushes of a backfill, and measures how much a slow disk costs.

use crate::backfill::run;
use crate::pages::Remote;
use crate::process::Taken;
use crate::report::Section;
use std::ffi::OsStr;

/// Number of events that a run reads.
const EVENTS: u64 = 100_000;
/// Number of events on a page.
const PAGE: u64 = 500;
/// How long each flush of the slow disk takes, in milliseconds: about as long as on a hard disk.
const DELAYS: [u32; 2] = [0, 20];

/// Runs a backfill on a disk that delays each flush. Returns the number of flushes too.
fn delayed(remote: &Remote, output: &str, ms: u32) -> (Taken, u64) {
    let folder = tempfile::tempdir().unwrap();
    let count = folder.path().join("count");
    // Cargo puts it beside this program.
    let library = std::env::current_exe().unwrap().with_file_name("libslow_disk.so");
    assert!(library.exists(), "{} was not built", library.display());
    let ms = ms.to_string();
    let variables: [(&str, &OsStr); 3] = [
        ("LD_PRELOAD", library.as_os_str()),
        ("SLOW_DISK_COUNT", count.as_os_str()),
        ("SLOW_DISK_MS", OsStr::new(&ms)),
    ];
    let taken = run(remote, EVENTS, output, &variables);
    (taken, count.metadata().unwrap().len())
}

pub fn section() -> Section {
    let remote = Remote::start(EVENTS);
    let mut rows = Vec::new();
    for (name, output) in [("a file", "o.ndjson"), ("SQLite", "sqlite:o.sqlite")] {
        for ms in DELAYS {
            let (taken, flushes) = delayed(&remote, output, ms);
            let what = format!("{EVENTS} events to {name}, each flush delayed by {ms} ms");
            let measured = format!(
                "{:.2} flushes per page, {:.0} events/s",
                flushes as f64 / (EVENTS / PAGE) as f64,
                EVENTS as f64 / taken.time.as_secs_f64()
            );
            rows.push([what, measured, String::new()]);
        }
    }
    Section {
        title: "A slow disk",
        about: "A library that is loaded before the C library counts the calls of `fsync` and `fdatasync`, and delays \
                each. The slower the disk, the more pages become durable together.",
        rows,
        plots: Vec::new(),
    }
}
