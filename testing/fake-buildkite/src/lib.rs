//! A fake Buildkite on loopback: audit events over real HTTP, answered by a real GraphQL engine
//! over the audit part of Buildkite's own schema.
//!
//! ```text
//! request ──► http ──► posted ──► engine ──► resolve ──► filter ──► store ◄── synth (a seed)
//!                                                          │
//! response ◄── breach, flow ◄── answer ◄── limits ◄────────┘
//! ```
//!
//! | file | decides |
//! |---|---|
//! | `options`, `fault` | what can be configured, and what can go wrong |
//! | `server`, `http`, `admin`, `grants`, `posted`, `answer` | sockets, routes, statuses, headers |
//! | `damage`, `breach`, `flow` | connections that end early, bodies that are slow or endless |
//! | `engine`, `documents`, `complexity`, `schema` | whether a query is valid, and what it costs |
//! | `resolve`, `resolved`, `connection`, `node` | the GraphQL objects |
//! | `filter`, `key`, `store`, `limits` | which events to return, in what order, for how many points |
//! | `synth`, `event`, `data`, `words` | the events, generated from a seed |
//! | `accounts`, `tokens`, `jwt` | which credentials are accepted, and which tokens they get |
//! | `truth`, `seen` | what should have been delivered, and what was requested |
//!
//! Nothing here was measured at the real Buildkite. It follows the public documentation; where that
//! is silent, [`Quirks`] has a switch.
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod accounts;
mod admin;
mod answer;
mod breach;
mod complexity;
mod connection;
mod damage;
mod data;
mod documents;
mod engine;
mod event;
mod fault;
mod filter;
mod flow;
mod grants;
mod http;
mod jwt;
mod key;
mod limits;
mod lock;
mod node;
mod options;
mod posted;
mod resolve;
mod resolved;
mod schema;
mod seen;
mod server;
mod store;
mod synth;
mod tokens;
mod truth;
mod words;
mod world;

pub use accounts::{Accounts, Application, PortalSecret, PublicKey, VerifyingKey};
pub use fault::{Fault, FaultHook};
pub use options::{
    Clock, Denied, FULL_PAGE_ROWS_MIN, Limits, Options, PORTAL, QUERY, Quirks, SLUG, TOKEN,
};
pub use schema::SDL;
pub use seen::{Authorization, Seen};
pub use server::FakeBuildkite;
pub use truth::Truth;
