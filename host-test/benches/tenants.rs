//! What an idle tenant costs: many of them in one process, each polled once a minute against the made-up Buildkite.
//! Prints memory above that of a single tenant, CPU time a poll, and whether every poll was made.
//!
//! `cargo bench -p host-test --bench tenants`; `TENANTS` (10000) and `MINUTES` (3) may be set.
#![allow(missing_docs, clippy::unwrap_used)]

use fake_buildkite::{FakeBuildkite, Options, SLUG};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Clock ticks in a second of `/proc/PID/stat`. Source: proc_pid_stat(5); it is 100 on every Linux of today.
const TICKS: f64 = 100.0;

/// A poll may be late by this much: turns wait in one line.
const LATE: Duration = Duration::from_secs(5);

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// The command over so many tenants.
struct Run {
    folder: TempDir,
    child: Child,
}

impl Run {
    fn start(fake: &FakeBuildkite, tenants: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (dir, out) = (folder.path().join("dir"), folder.path().join("out"));
        std::fs::create_dir(&dir).unwrap();
        std::fs::create_dir(&out).unwrap();
        let config = json!({
            "settings": {"org_slug": SLUG, "endpoint": fake.endpoint()},
            "secrets": {"api_token": {"file": "token"}},
        });
        for number in 0..tenants {
            let tenant = dir.join(format!("tenant-{number}"));
            std::fs::create_dir(&tenant).unwrap();
            std::fs::write(tenant.join("config.json"), config.to_string()).unwrap();
            std::fs::write(tenant.join("token"), fake.token()).unwrap();
        }
        let child = Command::new(env!("CARGO_BIN_EXE_host-test"))
            .arg("tenants")
            .arg("--dir")
            .arg(dir)
            .arg("--output-dir")
            .arg(out)
            .args(["--allow-host", &fake.endpoint().replace("/v1", "")])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { folder, child }
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("dir.state.sqlite")
    }

    /// Resident memory, in bytes.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// CPU time so far.
    fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        let ticks = |at: usize| fields[at].parse::<f64>().unwrap();
        Duration::from_secs_f64((ticks(11) + ticks(12)) / TICKS)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How many tenants are idle, and how long ago the one polled longest ago was polled, in seconds.
fn idle(state: &Path) -> Option<(u64, f64)> {
    let database = rusqlite::Connection::open(state).ok()?;
    database.busy_timeout(Duration::from_secs(10)).ok()?;
    let sql = "SELECT count(*), max(unixepoch('now', 'subsec') - unixepoch(stored_at, 'subsec')) \
               FROM tenant WHERE state = 'idle'";
    database.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).ok()
}

/// Waits until all have been polled once.
fn settle(run: &Run, tenants: u64) {
    while idle(&run.state()).is_none_or(|(count, _)| count < tenants) {
        std::thread::sleep(Duration::from_millis(500));
    }
}

fn main() {
    let (tenants, minutes) = (number("TENANTS", 10_000), number("MINUTES", 3));
    let runtime = Runtime::new().unwrap();
    let fake = runtime.block_on(FakeBuildkite::start(Options::default())).unwrap();
    let one = Run::start(&fake, 1);
    settle(&one, 1);
    let base = one.memory();
    drop(one);
    let began = Instant::now();
    let run = Run::start(&fake, tenants);
    settle(&run, tenants);
    println!("{tenants} tenants, each polled once after {:.1} s", began.elapsed().as_secs_f64());
    let asked = || fake.requests().last().map_or(0, |seen| seen.number);
    let (asked_before, cpu_before, since) = (asked(), run.cpu(), Instant::now());
    let mut memory = 0;
    let mut oldest = 0.0_f64;
    while since.elapsed() < Duration::from_secs(60 * minutes) {
        std::thread::sleep(Duration::from_secs(5));
        memory = memory.max(run.memory());
        let (count, age) = idle(&run.state()).unwrap();
        assert_eq!(count, tenants, "all are idle between their polls");
        oldest = oldest.max(age);
    }
    let polls = asked() - asked_before;
    let cpu = (run.cpu() - cpu_before).as_secs_f64();
    let seconds = since.elapsed().as_secs_f64();
    let each = (memory.saturating_sub(base)) as f64 / tenants as f64;
    println!(
        "memory: {} MiB with one, {} MiB at most with all, {:.1} kB each",
        base >> 20,
        memory >> 20,
        each / 1e3
    );
    println!(
        "polls: {polls} in {seconds:.0} s, {:.2} a minute each",
        polls as f64 * 60.0 / seconds / tenants as f64
    );
    println!("the longest time since a poll: {oldest:.1} s");
    println!(
        "CPU: {:.2} ms a poll, {:.0} % of one core",
        cpu * 1e3 / polls as f64,
        100.0 * cpu / seconds
    );
    assert!(oldest <= 60.0 + LATE.as_secs_f64(), "a poll was missed");
}
