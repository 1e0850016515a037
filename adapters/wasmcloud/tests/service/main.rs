//! Service and source, composed and unmodified, on real sockets and a bucket on disk: what arrives, what a crash, a fault
//! or a second service does to it, and what the component imports.
#![allow(missing_docs, unsafe_code, clippy::unwrap_used, clippy::panic)] // Code for the generated bindings; tests.

#[allow(clippy::all)]
mod bindings;
mod crashes;
mod egress;
mod engine;
mod faults;
mod host;
mod imports;
mod kept;
mod messaging;
mod receiver;
mod service;
mod sync;
mod time;
mod two;
mod world;
