//! Test support for `host-test`. A test runs the real command on a real folder against a fake Buildkite on
//! loopback, and compares what was written with the events that the fake has.
//!
//! ```text
//! World: config, token ──► host-test (a process of its own) ◄── HTTP on loopback ──► fake-buildkite
//!                              │                                                           │
//!                              └──► output ──► uuids ──► assert_same ◄── truth ────────────┘
//! ```
//!
//! | module | contents |
//! |---|---|
//! | `world` | a folder with a config, and the command in it |
//! | `tenants` | folders of tenants, and the command over them |
//! | `running` | a command that runs while the test runs, and functions that wait for it |
//! | `keys` | key pairs |
//! | `compare` | the UUIDs in an output, and the differences between two lists |
//! | `scripted` | response bodies for tests that call the library without a network |
#![allow(clippy::unwrap_used, clippy::panic)] // A failed test panics.

pub mod compare;
pub mod keys;
pub mod running;
pub mod scripted;
pub mod tenants;
pub mod world;

pub use compare::{assert_same, difference, uuids};
pub use running::{PATIENCE, Running, until};
pub use tenants::Tenants;
pub use world::{TOKEN, World, all_files, copy, host, put_back, stderr, stdout};
