//! A small wasmtime host for source components of the world `etl:connector/source-plugin`.
//!
//! ```text
//! config ──► guest ── records ──► run ──► output: records, durable
//!             ▲ │                  │
//!    answers  │ ▼ requests         └────► state: the checkpoint that covers them, stored after them
//!            egress ══ remote
//! ```
//!
//! [`guest`] decides which components may be loaded, and calls them within limits. [`tenants`] runs many sources side
//! by side. Each command is a module of [`commands`].
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod cli;
#[allow(clippy::disallowed_methods, reason = "commands use files, clocks and variables")]
pub mod commands;
pub mod config;
pub mod credential;
pub mod egress;
pub mod exit;
pub mod guest;
pub mod limits;
#[allow(clippy::disallowed_methods, reason = "resolves symbolic links")]
pub mod names;
#[allow(clippy::disallowed_methods, reason = "writes files")]
pub mod output;
#[allow(clippy::disallowed_methods, reason = "measures time and reads RUST_LOG")]
pub mod run;
#[allow(clippy::disallowed_methods, reason = "stores checkpoints in files")]
pub mod state;
#[allow(clippy::disallowed_methods, reason = "reads folders and measures time")]
pub mod tenants;
