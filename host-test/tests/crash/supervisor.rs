//! Runs the command under ptrace and interferes at a given system call that writes.

use super::call::{Call, Kind, fail};
use host_kit::{PATIENCE, World, host};
use nix::errno::Errno;
use nix::libc::{PTRACE_SYSCALL_INFO_ENTRY, PTRACE_SYSCALL_INFO_EXIT};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::collections::HashMap;
use std::io::{Read, Seek};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};

/// What happens at the chosen call that writes.
#[derive(Debug, Clone, Copy)]
pub enum Strike {
    /// Sends SIGKILL after it.
    Kill,
    /// Sends SIGKILL after it has written half of its bytes.
    Tear,
    /// Sends SIGTERM after it.
    Terminate,
    /// From this call on, makes all calls of a kind fail with this error.
    Fail(Kind, Errno),
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code, or `None` after a signal.
    pub code: Option<i32>,
    /// Number of calls that wrote.
    pub calls: u64,
    /// Whether the strike hit.
    pub struck: bool,
    /// Everything on standard error.
    pub stderr: String,
}

struct Supervisor {
    main: Pid,
    folder: PathBuf,
    at: u64,
    strike: Strike,
    calls: u64,
    struck: bool,
    /// Threads inside a call, with what to do when it returns.
    pending: HashMap<Pid, Strike>,
}

/// Runs a command line, and strikes at call number `at`, from 1. With 0, it only counts the calls.
pub fn supervise(world: &World, line: &str, at: u64, strike: Strike) -> Ended {
    let mut log = tempfile::tempfile().unwrap();
    // The shell waits, so that the command is watched from its start.
    let mut child = Command::new("sh")
        .args(["-c", "read _; exec \"$@\"", "sh", &host()])
        .args(line.split_whitespace())
        .current_dir(world.folder.path())
        .env_remove("RUST_LOG")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(log.try_clone().unwrap())
        .spawn()
        .unwrap();
    let main = Pid::from_raw(child.id().cast_signed());
    let folder = world.folder.path().canonicalize().unwrap();
    let pending = HashMap::new();
    let mut supervisor = Supervisor { main, folder, at, strike, calls: 0, struck: false, pending };
    supervisor.seize(&mut child);
    let code = supervisor.watch_with_patience(child);
    let mut stderr = String::new();
    log.rewind().unwrap();
    log.read_to_string(&mut stderr).unwrap();
    Ended { code, calls: supervisor.calls, struck: supervisor.struck, stderr }
}

impl Supervisor {
    fn seize(&self, child: &mut Child) {
        let options = Options::PTRACE_O_TRACESYSGOOD
            | Options::PTRACE_O_TRACECLONE
            | Options::PTRACE_O_EXITKILL;
        let seized = ptrace::seize(self.main, options).and_then(|()| ptrace::interrupt(self.main));
        if let Err(error) = seized {
            let _ = child.kill();
            let _ = child.wait();
            panic!("ptrace is not permitted here ({error}); the crash matrix needs it");
        }
    }

    /// Like [`Supervisor::watch`], but kills a command that hangs and fails the test.
    fn watch_with_patience(&mut self, child: Child) -> Option<i32> {
        let main = self.main;
        let (ended, is_ended) = channel::<()>();
        let watchdog = std::thread::spawn(move || {
            let hangs = is_ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout);
            if hangs {
                let _ = kill(main, Signal::SIGKILL);
            }
            hangs
        });
        let code = self.watch(child);
        drop(ended);
        assert!(!watchdog.join().unwrap(), "the command did not end");
        code
    }

    /// Lets the command run from stop to stop, and returns its exit code.
    fn watch(&mut self, mut child: Child) -> Option<i32> {
        // Only this thread's children: other tests wait for theirs.
        let flags = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
        // Bounded by the lifetime of the command, which the watchdog bounds.
        loop {
            let (thread, signal) = match waitpid(None, Some(flags)).unwrap() {
                WaitStatus::Exited(thread, code) if thread == self.main => return Some(code),
                WaitStatus::Signaled(thread, ..) if thread == self.main => return None,
                WaitStatus::PtraceSyscall(thread) => {
                    self.at_call(thread);
                    (thread, None)
                }
                WaitStatus::Stopped(thread, signal) => (thread, Some(signal)),
                WaitStatus::PtraceEvent(thread, ..) => {
                    // From the first stop on, every call is seen, so the shell may continue.
                    drop(child.stdin.take());
                    (thread, None)
                }
                _ => continue,
            };
            // A thread that was killed in the meantime no longer exists.
            let _ = ptrace::syscall(thread, signal);
        }
    }

    fn at_call(&mut self, thread: Pid) {
        match ptrace::syscall_info(thread).map(|info| info.op) {
            Ok(PTRACE_SYSCALL_INFO_ENTRY) => self.before(thread),
            Ok(PTRACE_SYSCALL_INFO_EXIT) => self.after(thread),
            _ => {}
        }
    }

    fn before(&mut self, thread: Pid) {
        let Some(call) = Call::of(thread, &self.folder) else { return };
        self.calls += 1;
        let is_meant = match self.strike {
            Strike::Fail(kind, _) => self.at > 0 && self.calls >= self.at && call.kind == kind,
            _ => self.calls == self.at,
        };
        if !is_meant {
            return;
        }
        self.struck = true;
        self.pending.insert(thread, self.strike);
        match self.strike {
            Strike::Tear => call.halve(thread),
            Strike::Fail(..) => call.suppress(thread),
            Strike::Kill | Strike::Terminate => {}
        }
    }

    fn after(&mut self, thread: Pid) {
        let signal = match self.pending.remove(&thread) {
            None => return,
            Some(Strike::Kill | Strike::Tear) => Signal::SIGKILL,
            Some(Strike::Terminate) => Signal::SIGTERM,
            Some(Strike::Fail(_, error)) => return fail(thread, error),
        };
        kill(self.main, signal).unwrap();
    }
}
