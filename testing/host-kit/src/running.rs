//! Commands that run beside a test.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// Longest wait for anything a test waits for. It is met in well under a second.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for something to come true.
pub fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_true() {
        assert!(Instant::now() < end, "timed out waiting for: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A child that is killed when the test forgets it.
pub struct Running(pub Child);

impl Running {
    /// Starts a command.
    pub fn start(mut command: Command) -> Self {
        Self(command.spawn().unwrap())
    }

    /// Sends a signal by name and waits for the end; returns the exit code.
    pub fn signal(mut self, name: &str) -> Option<i32> {
        let id = self.0.id().to_string();
        Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap();
        self.0.wait().unwrap().code()
    }

    /// Waits for a line of standard error that holds `text`.
    pub fn says(&mut self, text: &str) {
        let lines = BufReader::new(self.0.stderr.take().unwrap());
        let mut lines = lines.lines();
        // Bounded by the life of the child.
        while let Some(Ok(line)) = lines.next() {
            if line.contains(text) {
                // Read on, or the child blocks on a full pipe.
                std::thread::spawn(move || lines.for_each(drop));
                return;
            }
        }
        panic!("it ended without saying: {text}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
