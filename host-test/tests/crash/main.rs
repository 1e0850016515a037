//! The crash matrix: the command is killed or asked to stop after requests, at system calls that write and at random
//! moments, and its disk fails. Afterward, the output holds every event exactly once.
//!
//! By default the matrix is short. `KILLS=100 cargo test -p host-test --test crash -- --nocapture` makes a hundred
//! kills of each kind for each output, and prints the figures.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod matrix;
mod requests;

// Stopping a process at a system call depends on Linux and on the registers of one processor.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod call;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod calls;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod disk;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod supervisor;
