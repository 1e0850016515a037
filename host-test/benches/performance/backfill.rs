//! Measures a whole backfill to disk through the real command, compared with a plain Python script, and how the cost
//! grows with the number of events.

use crate::pages::Remote;
use crate::process::{Taken, watch};
use crate::report::{Plot, Section};
use serde_json::json;
use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

/// Number of events that the command and the script read.
const EVENTS: u64 = 100_000;
/// Numbers of events for which the cost is measured.
const SCALE: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];

fn lines(path: &Path) -> u64 {
    use std::io::{BufRead, BufReader};
    BufReader::new(File::open(path).unwrap()).lines().count() as u64
}

fn ours(remote: &Remote, events: u64, output: &str) -> Taken {
    run(remote, events, output, &[])
}

/// Runs the command until everything is read, with additional environment variables. Flags may follow the output.
pub fn run(remote: &Remote, events: u64, output: &str, variables: &[(&str, &OsStr)]) -> Taken {
    let folder = tempfile::tempdir().unwrap();
    let config = json!({
        "settings": {"org_slug": "acme-inc", "endpoint": remote.endpoint,
                     "backfill_start_time": "2000-01-01T00:00:00Z"},
        "secrets": {"api_token": {"file": "token"}},
    });
    std::fs::write(folder.path().join("c.json"), config.to_string()).unwrap();
    std::fs::write(folder.path().join("token"), "bkua_bench_0123456789").unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_host-test"))
        .args(["run", "--config", "c.json", "--until-idle", "--output"])
        .args(output.split(' '))
        .current_dir(folder.path())
        .envs(variables.iter().copied())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let taken = watch(child);
    if output.starts_with("o.ndjson") {
        assert_eq!(lines(&folder.path().join("o.ndjson")), events);
    }
    taken
}

/// Runs the Python script with a JSON library. Returns `None` if Python or the library is missing.
fn python(remote: &Remote, library: &str) -> Option<Taken> {
    let test = Command::new("python3").args(["-c", &format!("import {library}")]).output().ok()?;
    if !test.status.success() {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("o.ndjson");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/baseline/page_and_print.py");
    let child = Command::new("python3")
        .args([script, &remote.endpoint, "acme-inc", "bkua_bench_0123456789", library])
        .stdout(File::create(&output).unwrap())
        .spawn()
        .ok()?;
    let taken = watch(child);
    assert_eq!(lines(&output), EVENTS);
    Some(taken)
}

fn words(taken: &Taken, events: u64) -> String {
    format!(
        "{:.0} events/s, {:.2} s of CPU time, {} MiB peak",
        events as f64 / taken.time.as_secs_f64(),
        taken.cpu.as_secs_f64(),
        taken.memory >> 20
    )
}

/// The figures at each number of events.
#[derive(Default)]
struct Curves {
    /// CPU time per event, in microseconds.
    cpu: Vec<(f64, f64)>,
    /// Peak resident memory, in MiB.
    memory: Vec<(f64, f64)>,
    /// Resident memory of the longest backfill over time.
    flat: Vec<(f64, f64)>,
}

/// Compares file, SQLite and the Python script.
fn compare(remote: &Remote, file: &Taken) -> Vec<[String; 3]> {
    let sqlite = ours(remote, EVENTS, "sqlite:o.sqlite");
    let mut rows = vec![
        [format!("{EVENTS} events to a file"), words(file, EVENTS), String::new()],
        [format!("{EVENTS} events to SQLite"), words(&sqlite, EVENTS), String::new()],
    ];
    for library in ["json", "orjson"] {
        let Some(script) = python(remote, library) else { continue };
        let name = format!("Python script with `{library}`");
        let ratio = |taken: &Taken| {
            let time = script.time.as_secs_f64() / taken.time.as_secs_f64();
            let cpu = script.cpu.as_secs_f64() / taken.cpu.as_secs_f64();
            format!("{time:.1} ({cpu:.1} by CPU time)")
        };
        let goal = |time: u32| match library {
            "json" => format!("≥ {time} (≥ 3 by CPU time)"),
            _ => String::new(),
        };
        rows.push([name.clone(), words(&script, EVENTS), String::new()]);
        rows.push([format!("file / {name}: throughput"), ratio(file), goal(6)]);
        rows.push([format!("SQLite / {name}: throughput"), ratio(&sqlite), goal(5)]);
    }
    rows
}

fn plots(curves: Curves) -> Vec<Plot> {
    vec![
        Plot {
            file: "backfill-memory.svg",
            title: "Resident memory of a backfill of 1,000,000 events",
            across: "seconds",
            up: "MiB",
            is_logarithmic: false,
            lines: vec![("host-test run", curves.flat)],
        },
        Plot {
            file: "backfill-scale.svg",
            title: "Cost per event, by length of the backfill",
            across: "events",
            up: "CPU time in µs; peak memory in MiB",
            is_logarithmic: true,
            lines: vec![("CPU time per event, µs", curves.cpu), ("memory, MiB", curves.memory)],
        },
    ]
}

/// Returns the rows that show whether the cost depends on the number of events.
fn growth(curves: &Curves) -> [[String; 3]; 2] {
    let listed = |points: &[(f64, f64)]| {
        points.iter().map(|(_, value)| format!("{value:.0}")).collect::<Vec<_>>().join(", ")
    };
    let sizes = "1,000, 10,000, 100,000 and 1,000,000 events";
    let cpu = format!("{} µs (including startup)", listed(&curves.cpu));
    let memory = format!("{} MiB", listed(&curves.memory));
    [
        [format!("CPU time per event, at {sizes}"), cpu, "flat".into()],
        [format!("peak memory, at {sizes}"), memory, "flat".into()],
    ]
}

pub fn section() -> Section {
    let mut rows = Vec::new();
    let mut curves = Curves::default();
    // The first start compiles the component; later ones use the cached code.
    drop(ours(&Remote::start(1), 1, "o.ndjson"));
    for events in SCALE {
        let remote = Remote::start(events);
        let file = ours(&remote, events, "o.ndjson");
        if events == EVENTS {
            rows.extend(compare(&remote, &file));
        }
        if events == SCALE[3] {
            let peak = format!("{} MiB peak", file.memory >> 20);
            let name = format!("{events} events: resident memory");
            rows.push([name, peak, "≤ 100 MB, flat".into()]);
            curves.flat = file.curve.iter().step_by(10).copied().collect();
        }
        let cpu_us = 1e6 * file.cpu.as_secs_f64() / events as f64;
        curves.cpu.push((events as f64, cpu_us));
        curves.memory.push((events as f64, file.memory as f64 / (1 << 20) as f64));
    }
    rows.extend(growth(&curves));
    Section {
        title: "A backfill, end to end",
        about: "`host-test run` reads pre-rendered pages of 500 events on loopback, and makes records and checkpoints \
                durable while it reads on. The script in `host-test/benches/baseline/` stores only its output.",
        rows,
        plots: plots(curves),
    }
}
