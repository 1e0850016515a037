//! Runs the command and counts its system calls that change a file, over all of its threads; at a chosen one it sends a
//! signal. So a process can be stopped between any two steps that another process could ever see.

use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::collections::HashMap;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Every call by which Rust's library or SQLite changes what is on disk, or makes it durable.
const WRITING: &[i64] = &[
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_pwrite64,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_ftruncate,
    libc::SYS_unlinkat,
    libc::SYS_renameat2,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_unlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rename,
];

/// How a traced run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Writing calls that were made.
    pub writes: u64,
    /// The exit code; none: it was killed.
    pub code: Option<i32>,
}

/// Runs a command to its end, and waits for it as its tracer. After its `at`-th writing call it is sent the signal.
#[allow(clippy::zombie_processes)] // `follow` waits, for all threads.
pub fn trace(mut command: Command, at: Option<(u64, Signal)>) -> Ended {
    // Between fork and exec: one system call, which allocates nothing.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(|| ptrace::traceme().map_err(std::io::Error::from));
    }
    let child = command.spawn().expect("this machine lets a process trace its child");
    let child = Pid::from_raw(child.id().cast_signed());
    let first = waitpid(child, None).expect("the child");
    assert!(matches!(first, WaitStatus::Stopped(_, Signal::SIGTRAP)), "{first:?}");
    let options =
        Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_TRACECLONE | Options::PTRACE_O_EXITKILL;
    ptrace::setoptions(child, options).expect("tracing is allowed");
    ptrace::syscall(child, None).expect("a stopped child");
    follow(child, at)
}

/// Lets all threads go on from stop to stop. Ends with the process, which ends by itself or by the signal.
fn follow(child: Pid, at: Option<(u64, Signal)>) -> Ended {
    // Threads within a call, by its number.
    let mut inside: HashMap<Pid, i64> = HashMap::new();
    let mut writes = 0;
    // This thread's children alone: other tests wait for theirs.
    let all = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
    loop {
        let status = waitpid(Pid::from_raw(-1), Some(all)).expect("a traced thread");
        let (thread, signal) = match status {
            WaitStatus::Exited(pid, code) if pid == child => {
                return Ended { writes, code: Some(code) };
            }
            WaitStatus::Signaled(pid, ..) if pid == child => return Ended { writes, code: None },
            WaitStatus::PtraceSyscall(thread) => {
                match inside.remove(&thread) {
                    None => drop(inside.insert(thread, number(thread))),
                    Some(call) if WRITING.contains(&call) => {
                        writes += 1;
                        if let Some((_, signal)) = at.filter(|(at, _)| *at == writes) {
                            kill(child, signal).expect("the child");
                        }
                    }
                    Some(_) => {}
                }
                (thread, None)
            }
            // A new thread begins with a SIGSTOP of the tracer's own.
            WaitStatus::Stopped(thread, Signal::SIGSTOP) | WaitStatus::PtraceEvent(thread, ..) => {
                (thread, None)
            }
            WaitStatus::Stopped(thread, signal) => (thread, Some(signal)),
            _ => continue,
        };
        // One that was killed meanwhile is waited for in the next round.
        let _ = ptrace::syscall(thread, signal);
    }
}

/// The number of the call that a thread has just begun.
fn number(thread: Pid) -> i64 {
    match ptrace::syscall_info(thread) {
        #[allow(unsafe_code)] // A union of C; at the entry this is its member.
        Ok(info) if info.op == libc::PTRACE_SYSCALL_INFO_ENTRY => unsafe {
            info.u.entry.nr.cast_signed()
        },
        _ => -1,
    }
}
