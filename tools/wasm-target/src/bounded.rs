//! Runs a command with a time limit.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Time between two checks of whether the command has ended.
const CHECK_EVERY: Duration = Duration::from_millis(20);

/// Maximum number of bytes that are kept of its standard error.
const STDERR_MAX: u64 = 64 * 1024;

/// How a command ended.
pub enum Ended {
    /// It succeeded.
    Succeeded,
    /// It failed, with this line of its standard error.
    Failed(String),
    /// It reached the time limit and was stopped.
    TimedOut,
}

/// Runs a command, and stops it after `limit`.
pub fn run(mut command: Command, limit: Duration) -> std::io::Result<Ended> {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let stderr = child.stderr.take();
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        // If reading fails, what was read so far is used.
        let _ = stderr.map(|stderr| stderr.take(STDERR_MAX).read_to_end(&mut text));
        String::from_utf8_lossy(&text).into_owned()
    });
    let end = Instant::now() + limit;
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if Instant::now() >= end => {
                child.kill()?;
                child.wait()?;
                // The reader is not joined: a grandchild may keep its pipe open.
                return Ok(Ended::TimedOut);
            }
            None => std::thread::sleep(CHECK_EVERY),
        }
    };
    if status.success() {
        return Ok(Ended::Succeeded);
    }
    let text = reader.join().unwrap_or_default();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let error = lines.clone().find(|line| line.starts_with("error")).or(lines.next_back());
    Ok(Ended::Failed(error.map_or_else(|| status.to_string(), str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_hangs_is_stopped() {
        let mut command = Command::new("sleep");
        command.arg("600");
        let ended = run(command, Duration::from_millis(1)).expect("it starts");
        assert!(matches!(ended, Ended::TimedOut));
    }
}
