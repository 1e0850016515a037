//! A small wasmtime host for source components of the world `etl:connector/source-plugin`.
//!
//! The path of a record: [`guest`] (what may be loaded; typed calls within limits, whose requests go out through
//! [`egress`]) → [`run`] (the loop) → [`output`] (makes it durable) → [`state`] (the checkpoint). [`config`] holds what
//! the operator configures, [`tenants`] runs many sources side by side, and [`commands`] has the commands.

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
