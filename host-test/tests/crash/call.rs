//! The system calls that write to files, and how to change one before the kernel sees it.

use nix::errno::Errno;
use nix::libc::{self, user_regs_struct};
use nix::sys::ptrace;
use nix::unistd::Pid;
use std::path::Path;

/// What a call does to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Opens a file for writing, or creates it.
    Open,
    /// Writes bytes.
    Bytes,
    /// Makes earlier writes durable.
    Sync,
    /// Changes a length or a name.
    Other,
}

/// A call that is about to be made.
pub struct Call {
    pub kind: Kind,
    regs: user_regs_struct,
}

impl Call {
    /// Returns the call that a thread is about to make, if it writes to a file below `folder`. Also returns `None` if
    /// the thread has just been killed.
    pub fn of(thread: Pid, folder: &Path) -> Option<Self> {
        let regs = ptrace::getregs(thread).ok()?;
        let kind = kind(&regs)?;
        // Names are in the process's memory and are not checked: the command creates, renames and removes no other
        // files.
        let by_name = kind == Kind::Open || names_a_file(&regs);
        let call = Self { kind, regs };
        (by_name || call.file_is_below(thread, folder)).then_some(call)
    }

    fn file_is_below(&self, thread: Pid, folder: &Path) -> bool {
        let link = format!("/proc/{thread}/fd/{}", self.regs.rdi);
        std::fs::read_link(link).is_ok_and(|file| file.starts_with(folder))
    }

    /// Shortens a write to half of its bytes. Leaves other kinds unchanged.
    pub fn halve(mut self, thread: Pid) {
        if self.kind == Kind::Bytes {
            self.regs.rdx /= 2;
            let _ = ptrace::setregs(thread, self.regs);
        }
    }

    /// Replaces the call with one that does not exist, so that it does nothing.
    pub fn suppress(mut self, thread: Pid) {
        self.regs.orig_rax = u64::MAX;
        let _ = ptrace::setregs(thread, self.regs);
    }
}

/// Makes the call that a thread has just returned from look as if it had failed.
pub fn fail(thread: Pid, error: Errno) {
    if let Ok(mut regs) = ptrace::getregs(thread) {
        regs.rax = i64::from(-(error as i32)).cast_unsigned();
        let _ = ptrace::setregs(thread, regs);
    }
}

fn kind(regs: &user_regs_struct) -> Option<Kind> {
    // System call numbers are small, so a number that does not fit is not one.
    match i64::try_from(regs.orig_rax).ok()? {
        libc::SYS_write | libc::SYS_pwrite64 => Some(Kind::Bytes),
        libc::SYS_fsync | libc::SYS_fdatasync => Some(Kind::Sync),
        libc::SYS_ftruncate | libc::SYS_unlink | libc::SYS_rename => Some(Kind::Other),
        libc::SYS_openat if regs.rdx & u64::from(libc::O_CREAT.unsigned_abs()) != 0 => {
            Some(Kind::Open)
        }
        _ => None,
    }
}

fn names_a_file(regs: &user_regs_struct) -> bool {
    [libc::SYS_unlink, libc::SYS_rename].map(i64::cast_unsigned).contains(&regs.orig_rax)
}
