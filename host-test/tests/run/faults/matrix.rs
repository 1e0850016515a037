//! Runs every row of the table, a few at a time, and checks all of them by the same rules.

use super::rows::{End, Row, rows};
use fake_buildkite::{Fault, Options, Seen};
use host_kit::{Running, World};
use serde_json::json;
use std::collections::HashMap;
use std::io::Read;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

const RUN: &str = "run --config c.json --output o.ndjson --until-idle";

/// Three pages, the last of them short.
const EVENTS: u64 = 250;

/// Number of rows that run concurrently. They mostly wait.
const AT_ONCE: usize = 6;

/// Maximum resident memory of a run, in MiB, whatever the remote sends.
const PEAK_MIB_MAX: u64 = 300;

/// The result of a row.
#[derive(Default)]
struct Sum {
    faults: u64,
    lost: usize,
    repeated: usize,
    peak_mib: u64,
}

#[test]
fn whatever_goes_wrong_every_event_arrives_once() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let rows = rows(elsewhere.local_addr().unwrap());
    let (left, sum) = (Mutex::new(rows.into_iter()), Mutex::new(Sum::default()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            // Ends with the list of rows.
            scope.spawn(|| {
                while let Some(row) = { left.lock().unwrap().next() } {
                    let one = meet(&row);
                    let mut sum = sum.lock().unwrap();
                    sum.faults += one.faults;
                    sum.lost += one.lost;
                    sum.repeated += one.repeated;
                    sum.peak_mib = sum.peak_mib.max(one.peak_mib);
                }
            });
        }
    });
    let Sum { faults, lost, repeated, peak_mib } = sum.into_inner().unwrap();
    println!("{faults} faults injected, lost {lost}, repeated {repeated}; peak {peak_mib} MiB");
    assert_eq!((lost, repeated), (0, 0));
    let error = elsewhere.accept().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock, "a redirect was followed");
}

/// Runs until everything is read: once, or a second time after the failure that the row expects.
fn meet(row: &Row) -> Sum {
    let (world, faults) = world(row);
    let name = row.name;
    let mut peak_mib = 0;
    let mut run = |code: i32, says: &str| {
        let (got, message, peak) = watch(&world);
        peak_mib = peak_mib.max(peak);
        assert_eq!(got, Some(code), "{name}: {message}");
        assert!(message.contains(says), "{name}: {says:?} is not in: {message}");
        assert!(!message.contains(host_kit::TOKEN), "{name}");
    };
    match row.end {
        End::Same(says) => run(0, says),
        End::Exit(code, says) => {
            run(code, says);
            configure(&world, None);
            run(0, "");
        }
    }
    assert!(peak_mib < PEAK_MIB_MAX, "{name}: {peak_mib} MiB");
    let seen = world.fake.requests();
    assert_waits(row, &seen);
    let (lost, repeated) = compare(&world.in_file("o.ndjson"), &world.truth());
    let faults = faults.load(Ordering::Relaxed);
    assert_eq!(faults, row.faults.len() as u64, "{name}: not every fault occurred");
    println!(
        "{name:<40} {:>3} requests, {} events, lost {lost}, repeated {repeated}, {peak_mib} MiB",
        seen.len(),
        world.truth().len(),
    );
    Sum { faults, lost, repeated, peak_mib }
}

/// Returns a remote with the faults of a row, and a counter of those that occurred.
fn world(row: &Row) -> (World, Arc<AtomicU64>) {
    let met = Arc::new(AtomicU64::new(0));
    let (count, faults) = (Arc::clone(&met), row.faults.clone());
    let fault = move |number: u64, _: &serde_json::Value| match faults.get(&number) {
        Some(fault) => {
            count.fetch_add(1, Ordering::Relaxed);
            fault.clone()
        }
        None => Fault::None,
    };
    let world =
        World::with(Options { events: EVENTS, fault: Some(Arc::new(fault)), ..Options::default() });
    configure(&world, row.call_seconds);
    (world, met)
}

fn configure(world: &World, call_seconds: Option<u64>) {
    let settings = json!({
        "org_slug": fake_buildkite::SLUG, "endpoint": world.fake.endpoint(),
        "backfill_start_time": "2024-12-31T00:00:00Z", "page_size": 100,
    });
    let limits = call_seconds.map_or(json!({}), |seconds| json!({"call_seconds": seconds}));
    let secrets = json!({"api_token": {"file": "token"}});
    world.whole_config(&json!({"settings": settings, "secrets": secrets, "limits": limits}));
}

/// Runs to the end. Returns the exit code, the log, and the peak of resident memory in MiB.
fn watch(world: &World) -> (Option<i32>, String, u64) {
    let mut running = Running::start(world.command(RUN));
    let status = format!("/proc/{}/status", running.0.id());
    let mut peak = 0;
    let mut code = None;
    host_kit::until("the end of a run", || {
        // The peak never shrinks. Only Linux has this file; on other systems, the peak is not checked.
        peak = peak.max(peak_kib(&status));
        code = running.0.try_wait().unwrap();
        code.is_some()
    });
    let mut message = String::new();
    running.0.stderr.take().unwrap().read_to_string(&mut message).unwrap();
    (code.unwrap().code(), message, peak / 1024)
}

fn peak_kib(status: &str) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()).map_or(0, |kib| kib.parse().unwrap())
}

/// Asserts that no request follows a 429 before the time that it names.
fn assert_waits(row: &Row, seen: &[Seen]) {
    for pair in seen.windows(2).filter(|pair| pair[0].status == 429) {
        let waited = pair[1].at_ms - pair[0].at_ms;
        assert!(waited >= row.wait_seconds * 1_000, "{}: asked after {waited} ms", row.name);
    }
}

/// Returns how many are missing, and how many are repeats.
fn compare(got: &[String], wanted: &[String]) -> (usize, usize) {
    let mut count: HashMap<&str, usize> = HashMap::new();
    got.iter().for_each(|uuid| *count.entry(uuid).or_default() += 1);
    let lost = wanted.iter().filter(|uuid| !count.contains_key(uuid.as_str())).count();
    (lost, got.len() - count.len())
}
