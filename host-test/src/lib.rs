//! A small wasmtime host for source components of the world `etl:connector/source-plugin`.
//!
//! The way of a record: [`component`] (what may be loaded) → [`source`] (typed calls within limits,
//! through [`egress`]) → [`run`] (the loop) → [`output`] (durable) → [`state`] (the checkpoint).
//! [`config`] says what the operator wants; [`commands`] is what the operator types.

mod bypass;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod component;
pub mod config;
pub mod database;
mod dialect;
mod dialer;
pub mod egress;
pub mod engine;
mod environment;
pub mod estimate;
pub mod exit;
mod failures;
mod fence;
pub mod guard;
mod handshake;
mod hide;
mod json;
mod keys;
pub mod lag;
pub mod ledger;
pub mod limits;
pub mod listen;
pub mod lock;
mod locked;
pub mod mark;
mod mask;
pub mod metrics;
pub mod names;
pub mod nat64;
pub mod network;
pub mod notes;
pub mod origin;
pub mod outbound;
mod outgoing;
pub mod output;
mod pair;
mod patience;
pub mod pipeline;
pub mod progress;
pub mod prohibited;
pub mod proxy;
pub mod reach;
pub mod resolve;
pub mod retry;
pub mod run;
mod scripted;
mod secret;
mod sent;
pub mod signals;
pub mod source;
pub mod state;
pub mod tally;
pub mod tenants;
mod text;
mod tls;
pub mod token;
mod tunnel;
pub mod variables;
mod watched;
