//! A small wasmtime host for source components of the world `etl:connector/source-plugin`.
//!
//! The way of a record: [`guest`] (what may be loaded; typed calls within limits, whose requests leave by [`egress`]) →
//! [`run`] (the loop) → [`output`] (durable) → [`state`] (the checkpoint). [`config`] says what the operator wants,
//! [`tenants`] runs many sources side by side; [`commands`] is what the operator types.

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
