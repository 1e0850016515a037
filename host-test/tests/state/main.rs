//! What happens to states and their outputs between runs and beside them: backups put back, files lost, moved or locked.
#![allow(clippy::unwrap_used, clippy::panic)]

mod aliases;
mod database;
mod file;
mod locked;
mod refused;
