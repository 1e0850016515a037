//! A child's memory and CPU time, while it runs.

use std::process::Child;
use std::time::{Duration, Instant};

/// Clock ticks in a second of `/proc/PID/stat`. Source: proc_pid_stat(5); it is 100 on every Linux of today.
const TICKS: f64 = 100.0;

/// Between two looks at a child that is run to its end.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What a child that has ended took.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    pub time: Duration,
    pub cpu: Duration,
    /// Largest resident memory, in bytes.
    pub memory: u64,
    /// Resident memory over time: seconds, MiB.
    pub curve: Vec<(f64, f64)>,
}

/// Resident memory, in bytes; none when it has ended.
pub fn memory(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
}

/// CPU time so far; none when it has ended.
pub fn cpu(id: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit(") ").next()?.split(' ').collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some(Duration::from_secs_f64((ticks(11)? + ticks(12)?) / TICKS))
}

/// Watches a child to its end, which must be a good one.
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
