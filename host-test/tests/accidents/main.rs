//! What happens to states and outputs between runs and beside them: backups put back, files lost,
//! moved or locked, logs rotated, and surroundings that refuse something.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod database;
mod environment;
mod file;
mod locked;
mod modes;
mod rotation;
mod tenants;
