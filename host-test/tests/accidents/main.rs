//! What happens to states and outputs between and during runs: backups restored, files lost, moved or locked, logs
//! rotated, and environments that refuse something.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;

mod database;
mod environment;
mod file;
mod locked;
mod modes;
mod rotation;
mod tenants;

use common::World;
use std::fs;

/// Copies a file of the world, as a backup does.
pub fn copy(world: &World, from: &str, to: &str) {
    fs::copy(world.path(from), world.path(to)).unwrap();
}

/// Replaces a file by a copy: another inode with the same content.
pub fn put_back(world: &World, copy: &str, name: &str) {
    fs::rename(world.path(copy), world.path(name)).unwrap();
}
