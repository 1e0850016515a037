//! Makes a disk slow for one program. Loaded with `LD_PRELOAD`, it replaces the C library's `fsync`
//! and `fdatasync`: each call first waits for the number of milliseconds in `SLOW_DISK_MS`, and
//! appends a byte to the file that `SLOW_DISK_COUNT` names.
#![expect(unsafe_code, reason = "replaces functions of the C library")]

use libc::{SYS_fdatasync, SYS_fsync, c_int, c_long, syscall};
use std::env::{var, var_os};
use std::fs::OpenOptions;
use std::io::Write;
use std::time::Duration;

/// Replaces fsync(2).
#[unsafe(no_mangle)]
pub extern "C" fn fsync(file: c_int) -> c_int {
    flush(SYS_fsync, file)
}

/// Replaces fdatasync(2).
#[unsafe(no_mangle)]
pub extern "C" fn fdatasync(file: c_int) -> c_int {
    flush(SYS_fdatasync, file)
}

fn flush(call: c_long, file: c_int) -> c_int {
    if let Some(count) = var_os("SLOW_DISK_COUNT") {
        // A count that is wrong is noticed by whoever reads it; the program must not fail because of it.
        let opened = OpenOptions::new().create(true).append(true).open(count);
        let _ = opened.and_then(|mut count| count.write_all(b"."));
    }
    if let Some(ms) = var("SLOW_DISK_MS").ok().and_then(|ms| ms.parse().ok()) {
        std::thread::sleep(Duration::from_millis(ms));
    }
    // SAFETY: these system calls take a file descriptor, and touch no memory of this process.
    let result = unsafe { syscall(call, file) };
    c_int::try_from(result).unwrap_or(-1)
}
