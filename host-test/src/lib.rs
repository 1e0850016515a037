//! A small wasmtime host for source components of the world `etl:connector/source-plugin`.
//!
//! ```text
//! config ──► guest ── records ──► run ──► output: records, durable
//!             ▲ │                  │
//!    answers  │ ▼ requests         └────► state: the checkpoint that covers them, stored after them
//!            egress ══ remote
//! ```
//!
//! [`guest`] decides what may be loaded, and calls it within limits. [`tenants`] runs many sources side by side, and
//! [`commands`] has the commands.

pub mod cli;
pub mod commands;
pub mod config;
pub mod egress;
pub mod exit;
pub mod guest;
pub mod names;
pub mod output;
pub mod run;
pub mod state;
pub mod tenants;
