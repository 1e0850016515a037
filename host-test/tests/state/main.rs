//! What happens to states and outputs between and during runs: files restored from backups, lost, moved or locked.
#![allow(clippy::unwrap_used, clippy::panic)]

mod aliases;
mod database;
mod file;
mod locked;
mod refused;
