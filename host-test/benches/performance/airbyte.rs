//! Measures a sync of the Airbyte source, compared with a low-code connector for the same stream that Airbyte's CDK runs.

use crate::pages::Remote;
use crate::process::{Taken, watch};
use crate::report::Section;
use serde_json::json;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Number of events that both read.
const EVENTS: u64 = 100_000;

/// The low-code connector.
const MANIFEST: &str = "testing/conformance/platforms/clients/manifest.yaml";

/// Runs `read`, with more arguments at the end. Also returns the number of requests.
fn read(program: &Path, more: &[&Path]) -> (Taken, u64) {
    let remote = Remote::start(EVENTS);
    let folder = tempfile::tempdir().unwrap();
    let config = json!({
        "org_slug": "acme-inc", "endpoint": remote.endpoint, "api_token": "bkua_bench_0123456789",
        "backfill_start_time": "2000-01-01T00:00:00.000000Z",
    });
    let catalog = json!({"streams": [{
        "stream": {"name": "audit_events", "json_schema": {},
                   "supported_sync_modes": ["full_refresh", "incremental"]},
        "sync_mode": "incremental", "destination_sync_mode": "append",
    }]});
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    std::fs::write(folder.path().join("catalog.json"), catalog.to_string()).unwrap();
    let output = folder.path().join("messages");
    let child = Command::new(program)
        .args(["read", "--config", "config.json", "--catalog", "catalog.json"])
        .args(more)
        .current_dir(folder.path())
        .stdout(File::create(&output).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let taken = watch(child);
    let lines = BufReader::new(File::open(output).unwrap()).lines().map(Result::unwrap);
    let records = lines.filter(|line| line.contains(r#""type":"RECORD""#)).count() as u64;
    assert_eq!(records, EVENTS);
    (taken, remote.requests())
}

fn words((taken, requests): &(Taken, u64)) -> String {
    format!(
        "{:.0} events/s, {:.2} s of CPU time, {} MiB peak, {requests} requests",
        EVENTS as f64 / taken.time.as_secs_f64(),
        taken.cpu.as_secs_f64(),
        taken.memory >> 20
    )
}

/// Measures both. Without the CDK, there is nothing to compare with.
pub fn section() -> Section {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let ours = PathBuf::from(env!("CARGO_BIN_EXE_host-test"))
        .with_file_name("source-buildkite-audit-logs");
    let theirs = root.join("target/platforms/airbyte/bin/source-declarative-manifest");
    let mut rows = Vec::new();
    if theirs.exists() {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--locked", "--release", "-p", "source-buildkite-audit-logs"]);
        assert!(build.current_dir(&root).status().unwrap().success());
        // The first run compiles the component.
        read(&ours, &[]);
        let ours = read(&ours, &[]);
        let theirs = read(&theirs, &[Path::new("--manifest-path"), &root.join(MANIFEST)]);
        let ratio = |of: fn(&Taken) -> f64| format!("{:.1}", of(&theirs.0) / of(&ours.0));
        let row = |what: &str, measured: String| [what.to_owned(), measured, String::new()];
        rows = vec![
            row("this source", words(&ours)),
            row("low-code connector", words(&theirs)),
            row("low-code connector / this source: time", ratio(|it| it.time.as_secs_f64())),
            row("low-code connector / this source: CPU time", ratio(|it| it.cpu.as_secs_f64())),
            row("low-code connector / this source: memory", ratio(|it| it.memory as f64)),
        ];
    } else {
        eprintln!("skipped: testing/conformance/platforms/clients/run installs Airbyte's CDK");
    }
    Section {
        title: "As an Airbyte source",
        about: "`source-buildkite-audit-logs read` reads 100,000 events from the server that sends pre-rendered pages, and \
                writes messages to a file. The comparison is a low-code connector for the same stream, which Airbyte's CDK \
                runs (`testing/conformance/platforms/clients/manifest.yaml`).",
        rows,
        plots: Vec::new(),
    }
}
