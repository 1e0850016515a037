//! A lock between all processes that use a toolchain.

use std::fs::{File, TryLockError};
use std::time::{Duration, Instant};

use crate::toolchain::Toolchain;

/// Longest wait for another process that installs: its own time limit and a little more.
const LIMIT: Duration = Duration::from_secs(150);

/// Time between two attempts.
const CHECK_EVERY: Duration = Duration::from_millis(100);

/// Locks the toolchain's own folder, so that no file is written. Returns `None` if the folder cannot be locked. Rustup
/// then has to handle parallel calls itself.
pub fn take(toolchain: &Toolchain) -> Result<Option<File>, String> {
    let Ok(folder) = File::open(toolchain.sysroot.join("lib/rustlib")) else { return Ok(None) };
    let end = Instant::now() + LIMIT;
    loop {
        match folder.try_lock() {
            Ok(()) => return Ok(Some(folder)),
            Err(TryLockError::Error(_)) => return Ok(None),
            Err(TryLockError::WouldBlock) if Instant::now() >= end => {
                return Err(format!(
                    "another build has been adding a target to {} for {} s; wait for it, or stop it",
                    toolchain.sysroot.display(),
                    LIMIT.as_secs()
                ));
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(CHECK_EVERY),
        }
    }
}
