//! Commands that run while a test runs.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// Maximum time that a test waits for anything. Most waits end in well under a second.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `is_true` returns `true`.
///
/// # Panics
///
/// Panics after [`PATIENCE`], with `what` it waited for.
pub fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_true() {
        assert!(Instant::now() < end, "timed out waiting for: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A child process that is killed when this value is dropped.
pub struct Running(pub Child);

impl Running {
    /// Starts a command.
    pub fn start(mut command: Command) -> Self {
        Self(command.spawn().unwrap())
    }

    /// Sends a signal by name and waits for the process to end. Returns its exit code.
    pub fn signal(mut self, name: &str) -> Option<i32> {
        let id = self.0.id().to_string();
        Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap();
        self.0.wait().unwrap().code()
    }

    /// Waits for a line of standard error that contains `text`.
    pub fn says(&mut self, text: &str) {
        let lines = BufReader::new(self.0.stderr.take().unwrap());
        let mut lines = lines.lines();
        // Bounded by the lifetime of the child.
        while let Some(Ok(line)) = lines.next() {
            if line.contains(text) {
                // Keeps reading, since the child would block on a full pipe.
                std::thread::spawn(move || lines.for_each(drop));
                return;
            }
        }
        panic!("the command ended without printing: {text}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
