//! Measures the memory and CPU time of a child process while it runs.

use std::process::Child;
use std::time::{Duration, Instant};

/// Clock ticks per second in `/proc/PID/stat`. Source: proc_pid_stat(5); it is 100 on every current Linux.
const TICKS: f64 = 100.0;

/// Interval at which a running child is measured.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What a child that has ended used.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    pub time: Duration,
    pub cpu: Duration,
    /// Peak resident memory, in bytes.
    pub memory: u64,
    /// Resident memory over time: seconds, MiB.
    pub curve: Vec<(f64, f64)>,
}

/// Returns the resident memory in bytes, or `None` if the child has ended.
pub fn memory(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
}

/// Returns the CPU time so far, or `None` if the child has ended.
pub fn cpu(id: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit(") ").next()?.split(' ').collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some(Duration::from_secs_f64((ticks(11)? + ticks(12)?) / TICKS))
}

/// Watches a child until it ends.
///
/// # Panics
///
/// Panics if the child fails.
pub fn watch(mut child: Child) -> Taken {
    let began = Instant::now();
    let mut taken = Taken::default();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if let Some(bytes) = memory(child.id()) {
            taken.memory = taken.memory.max(bytes);
            taken.curve.push((began.elapsed().as_secs_f64(), bytes as f64 / (1 << 20) as f64));
        }
        taken.cpu = cpu(child.id()).unwrap_or(taken.cpu);
        std::thread::sleep(LOOK_EVERY);
    };
    taken.time = began.elapsed();
    assert!(status.success(), "{status}");
    taken
}
